//! Which lines of a basket does a promotion reach?

use super::Scope;
use std::collections::HashSet;
use wire::loyalty::MenuProductDefinition;

/// The lines of a basket by what stands on them, so that a promotion of few products need not ask every line.
#[derive(Debug)]
pub(crate) struct Catalogue<'a> {
    lines: Vec<&'a MenuProductDefinition>,
    products: Vec<(&'a str, usize)>,
    categories: Vec<(&'a str, usize)>,
}

impl<'a> Catalogue<'a> {
    /// Of the products in the order of the lines.
    pub(crate) fn new(lines: impl Iterator<Item = &'a MenuProductDefinition>) -> Self {
        let lines: Vec<_> = lines.collect();
        let mut products = Vec::with_capacity(lines.len());
        let mut categories = Vec::with_capacity(2 * lines.len());
        for (line, product) in lines.iter().enumerate() {
            products.push((product.product_id.as_str(), line));
            for category in &product.categories {
                categories.push((category.category_id.as_str(), line));
                categories.extend(category.parent_category_id.as_deref().map(|parent| (parent, line)));
            }
        }
        products.sort_unstable();
        categories.sort_unstable();
        Self { lines, products, categories }
    }
}

fn mark(ids: &HashSet<String>, sorted: &[(&str, usize)], value: bool, marks: &mut [bool]) {
    for id in ids {
        let from = sorted.partition_point(|(other, _)| *other < id.as_str());
        for (_, line) in sorted[from..].iter().take_while(|(other, _)| *other == id) {
            marks[*line] = value;
        }
    }
}

/// The products and categories a promotion or a balance is limited to; with none, it reaches every line
/// but the excepted ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Reach {
    products: HashSet<String>,
    categories: HashSet<String>,
    except_products: HashSet<String>,
    except_categories: HashSet<String>,
}

impl Reach {
    /// The lines a promotion's scope names.
    pub(crate) fn of(scope: &Scope) -> Self {
        Self {
            except_products: scope.except_products.iter().cloned().collect(),
            except_categories: scope.except_categories.iter().cloned().collect(),
            ..Self::to(&scope.products, &scope.categories)
        }
    }

    /// The lines of these products and categories; with none, every line.
    pub(crate) fn to(products: &[String], categories: &[String]) -> Self {
        Self {
            products: products.iter().cloned().collect(),
            categories: categories.iter().cloned().collect(),
            ..Self::default()
        }
    }

    /// Which lines are reached, in their order.
    pub(crate) fn of_lines(&self, catalogue: &Catalogue<'_>) -> Vec<bool> {
        let ids = self.products.len() + self.categories.len();
        let excepted = self.except_products.len() + self.except_categories.len();
        if ids + excepted > 2 * catalogue.lines.len() {
            return catalogue.lines.iter().map(|product| self.reaches(product)).collect();
        }
        let mut marks = vec![ids == 0; catalogue.lines.len()];
        mark(&self.products, &catalogue.products, true, &mut marks);
        mark(&self.categories, &catalogue.categories, true, &mut marks);
        mark(&self.except_products, &catalogue.products, false, &mut marks);
        mark(&self.except_categories, &catalogue.categories, false, &mut marks);
        marks
    }

    /// Whether a product is reached: by its own id, or by the id or the parent's id of any of its categories,
    /// and not excepted in the same way.
    pub(crate) fn reaches(&self, product: &MenuProductDefinition) -> bool {
        let all = self.products.is_empty() && self.categories.is_empty();
        (all || names(&self.products, &self.categories, product))
            && !names(&self.except_products, &self.except_categories, product)
    }
}

fn names(products: &HashSet<String>, categories: &HashSet<String>, product: &MenuProductDefinition) -> bool {
    // an empty set would hash for nothing: the hot path has mostly those
    (!products.is_empty() && products.contains(product.product_id.as_str()))
        || (!categories.is_empty()
            && product.categories.iter().any(|category| {
                categories.contains(category.category_id.as_str())
                    || category
                        .parent_category_id
                        .as_deref()
                        .is_some_and(|parent| categories.contains(parent))
            }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::Extra;
    use wire::loyalty::ProductCategory;

    fn product(id: &str, category: &str) -> MenuProductDefinition {
        MenuProductDefinition {
            product_id: id.to_owned(),
            name: None,
            categories: vec![ProductCategory {
                category_id: category.to_owned(),
                parent_category_id: Some(format!("{category}-parent")),
                name: None,
                extra: Extra::new(),
            }],
            extra: Extra::new(),
        }
    }

    #[test]
    fn asking_the_lines_and_looking_the_ids_up_is_the_same() {
        let lines = [
            product("beer", "drinks"),
            product("cola", "drinks"),
            product("soup", "food"),
            product("beer", "x"),
        ];
        let few = Catalogue::new(lines.iter());
        let none: [&MenuProductDefinition; 0] = [];
        assert!(Reach::default().of_lines(&Catalogue::new(none.into_iter())).is_empty());
        for (products, categories, except_products, except_categories, reached) in [
            (vec![], vec![], vec![], vec![], [true, true, true, true]),
            (vec!["beer"], vec![], vec![], vec![], [true, false, false, true]),
            (vec![], vec!["drinks"], vec![], vec![], [true, true, false, false]),
            (vec!["soup"], vec!["drinks-parent"], vec![], vec![], [true, true, true, false]),
            (vec![], vec!["drinks"], vec!["beer"], vec![], [false, true, false, false]),
            (vec![], vec![], vec![], vec!["drinks-parent"], [false, false, true, true]),
        ] {
            let owned = |ids: Vec<&str>| ids.into_iter().map(str::to_owned).collect::<HashSet<_>>();
            let mut reach = Reach {
                products: owned(products),
                categories: owned(categories),
                except_products: owned(except_products),
                except_categories: owned(except_categories),
            };
            assert_eq!(reach.of_lines(&few), reached, "{reach:?}");
            assert_eq!(lines.each_ref().map(|line| reach.reaches(line)), reached, "{reach:?}");
            // so many ids that the lines are asked
            let many = (0..20).map(|n| format!("other-{n}"));
            if !reach.products.is_empty() {
                reach.products.extend(many);
                assert_eq!(reach.of_lines(&few), reached, "{reach:?}");
            }
        }
    }
}
