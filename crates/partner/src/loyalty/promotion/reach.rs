//! Which lines of a basket does a promotion reach?

use super::Scope;
use std::collections::HashSet;
use wire::loyalty::MenuProductDefinition;

/// The products and categories a promotion or a balance is limited to; with none, it reaches every line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Reach {
    products: HashSet<String>,
    categories: HashSet<String>,
}

impl Reach {
    /// The lines a promotion's scope names.
    pub(crate) fn of(scope: &Scope) -> Self {
        Self {
            products: scope.products.iter().cloned().collect(),
            categories: scope.categories.iter().cloned().collect(),
        }
    }

    /// Whether a product is reached: by its own id, or by the id or the parent's id of any of its categories.
    pub(crate) fn reaches(&self, product: &MenuProductDefinition) -> bool {
        if self.products.is_empty() && self.categories.is_empty() {
            return true;
        }
        self.products.contains(product.product_id.as_str())
            || product.categories.iter().any(|category| {
                self.categories.contains(category.category_id.as_str())
                    || category
                        .parent_category_id
                        .as_deref()
                        .is_some_and(|parent| self.categories.contains(parent))
            })
    }
}
