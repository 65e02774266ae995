//! How do stored categories and products become the tree that is shown?

use super::moment::Moment;
use super::rows::{CategoryRow, ProductRow, Stored};
use jiff::Timestamp;
use std::collections::BTreeMap;
use wire::admin::menu::{MenuAddition, MenuAdditionCategory};
use wire::menu::{Addition, AdditionCategory, Category, MenuNode, PlaceValues, Product};

/// What a product shows of the places.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shown<'a> {
    /// What it is at this one: `placeValues`.
    One(&'a str),
    /// What it is at each of these: `placesValues`.
    Each(&'a [&'a str]),
    /// Neither.
    Nothing,
}

/// How deep the tree goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// To its end.
    Whole,
    /// So many levels of categories are opened; those below are shown empty.
    Levels(u32),
}

impl Depth {
    /// The depth below an opened category; `None` where it is not opened.
    fn below(self) -> Option<Self> {
        match self {
            Self::Whole => Some(Self::Whole),
            Self::Levels(levels) => levels.checked_sub(1).map(Self::Levels),
        }
    }
}

/// What stands in a category: first by order, categories before products, then by id.
#[derive(Default)]
struct Children<'a> {
    categories: Vec<&'a CategoryRow>,
    products: Vec<&'a ProductRow>,
}

/// The nodes of the menu below its root.
pub(super) fn nodes(stored: &Stored, shown: Shown<'_>, depth: Depth, now: Timestamp) -> Vec<MenuNode> {
    let mut children: BTreeMap<Option<&str>, Children<'_>> = BTreeMap::new();
    for category in &stored.categories {
        children.entry(category.parent_category_id.as_deref()).or_default().categories.push(category);
    }
    for product in &stored.products {
        children.entry(product.category_id.as_deref()).or_default().products.push(product);
    }
    let values = Values::new(stored, shown, now);
    below(&children, None, depth, &values)
}

fn below(
    children: &BTreeMap<Option<&str>, Children<'_>>,
    category: Option<&str>,
    depth: Depth,
    values: &Values<'_>,
) -> Vec<MenuNode> {
    let Some(here) = children.get(&category) else { return Vec::new() };
    let mut nodes: Vec<((i64, bool, &str), MenuNode)> =
        Vec::with_capacity(here.categories.len() + here.products.len());
    for category in &here.categories {
        let id = &category.category_id;
        let items = depth.below().map(|depth| below(children, Some(id), depth, values)).unwrap_or_default();
        let node = Category { category_id: id.clone(), name: category.name.clone(), items };
        nodes.push(((category.sequence, false, id), MenuNode::Category(node)));
    }
    for product in &here.products {
        let node = MenuNode::Product(Box::new(values.product(product)));
        nodes.push(((product.sequence, true, &product.product_id), node));
    }
    nodes.sort_by_key(|(key, _)| *key);
    nodes.into_iter().map(|(_, node)| node).collect()
}

/// What products show of the places at one instant.
pub(super) struct Values<'a> {
    stored: &'a Stored,
    shown: Shown<'a>,
    now: Timestamp,
}

impl<'a> Values<'a> {
    pub(super) fn new(stored: &'a Stored, shown: Shown<'a>, now: Timestamp) -> Self {
        Self { stored, shown, now }
    }

    /// A product as it is shown.
    pub(super) fn product(&self, product: &ProductRow) -> Product {
        let details = product.details.clone().unwrap_or_default();
        let at = |place: &str| self.at(place, product);
        let (place_values, places_values) = match self.shown {
            Shown::One(place) => (at(place), None),
            Shown::Each(places) => {
                let each = places.iter().filter_map(|place| Some(((*place).to_owned(), at(place)?)));
                (None, Some(each.collect()))
            }
            Shown::Nothing => (None, None),
        };
        Product {
            product_id: product.product_id.clone(),
            name: product.name.clone(),
            marketing_name: details.marketing_name,
            description: details.description,
            measure: product.measure.clone(),
            ean: product.ean.clone(),
            image_url: details.image_url,
            r#type: details.r#type,
            is_price_variable: product.is_price_variable,
            allergens: details.allergens,
            labels: details.labels,
            addition_category_ids: details.addition_category_ids,
            place_values,
            places_values,
        }
    }

    fn at(&self, place: &str, product: &ProductRow) -> Option<PlaceValues> {
        let zone = &self.stored.places.iter().find(|known| known.place == place)?.time_zone;
        let precision = self.stored.merchant.price_precision;
        Some(self.stored.sold(place, product).values(Moment { zone, precision, now: self.now }))
    }
}

/// What guests may choose, in its order.
pub(super) fn additions(stored: &Stored) -> Vec<AdditionCategory> {
    let mut sorted: Vec<&MenuAdditionCategory> = stored.addition_categories.iter().collect();
    sorted.sort_by_key(|category| (category.order, category.addition_category_id.as_str()));
    sorted.into_iter().map(addition_category).collect()
}

fn addition_category(category: &MenuAdditionCategory) -> AdditionCategory {
    AdditionCategory {
        addition_category_id: category.addition_category_id.clone(),
        title: category.title.clone(),
        min: category.min,
        max: category.max,
        show_in_pos: category.show_in_pos,
        additions: category.additions.iter().map(addition).collect(),
    }
}

fn addition(addition: &MenuAddition) -> Addition {
    Addition {
        addition_id: addition.addition_id.clone(),
        title: addition.title.clone(),
        addition_price: addition.addition_price,
        subtraction_price: addition.subtraction_price,
        product_id: addition.product_id.clone(),
        vat_rate: addition.vat_rate,
        vat_id: addition.vat_id,
        measure: addition.measure.clone().unwrap_or_else(|| "pcs".to_owned()),
    }
}
