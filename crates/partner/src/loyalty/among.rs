//! Does a rule name a product, by its id or by one of its categories?

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use wire::loyalty::MenuProductDefinition;

/// Products and categories that a rule of the program names, by id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct Among {
    /// Product ids.
    pub(crate) products: Vec<String>,
    /// Category ids: a product's own or their parents'.
    pub(crate) categories: Vec<String>,
}

impl Among {
    /// Whether the product, or one of its categories or their parents, is named.
    pub(crate) fn names(&self, product_id: &str, categories: &BTreeSet<String>) -> bool {
        names(&self.products, &self.categories, product_id, categories.iter().map(String::as_str))
    }
}

/// Whether `product_id` stands in `products`, or one of the product's `own` category ids in `categories`.
fn names<'a>(
    products: &[String],
    categories: &[String],
    product_id: &str,
    mut own: impl Iterator<Item = &'a str>,
) -> bool {
    products.iter().any(|product| product == product_id)
        || (!categories.is_empty() && own.any(|id| categories.iter().any(|category| category == id)))
}

/// Whether a rule limited to these products and categories reaches a product of a report; with none, it reaches all.
pub(crate) fn reaches(
    (products, categories): (&[String], &[String]),
    product_id: &str,
    own: &BTreeSet<String>,
) -> bool {
    (products.is_empty() && categories.is_empty())
        || names(products, categories, product_id, own.iter().map(String::as_str))
}

/// Whether a rule limited to these products and categories reaches a product of a basket; with none, it reaches all.
pub(crate) fn reaches_product(
    (products, categories): (&[String], &[String]),
    product: &MenuProductDefinition,
) -> bool {
    let own = product.categories.iter().flat_map(|category| {
        std::iter::once(category.category_id.as_str()).chain(category.parent_category_id.as_deref())
    });
    (products.is_empty() && categories.is_empty()) || names(products, categories, &product.product_id, own)
}
