//! What does the menu know of the products and additions that an order names?

use crate::access::SourceId;
use crate::menu::{Addition, Product, additions, product};
use crate::place::PlaceSettings;
use db::Tx;
use jiff::Timestamp;
use std::collections::{BTreeSet, HashMap};
use wire::delivery::CreateOrder;

/// Those products and additions of an order that the menu has, by id; the products of additions are among the products.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) products: HashMap<String, Product>,
    pub(super) additions: HashMap<String, Addition>,
}

/// Looks up what the order names, as the place sells it now.
pub(super) fn sought(
    tx: &mut Tx<'_>,
    source: &SourceId,
    place: &PlaceSettings,
    body: &CreateOrder,
    now: Timestamp,
) -> Result<Known, db::Error> {
    let named: BTreeSet<&str> = body
        .items
        .iter()
        .flat_map(|item| &item.additions)
        .map(|addition| addition.addition_id.as_str())
        .collect();
    let mut product_ids: BTreeSet<String> = body.items.iter().map(|item| item.item_id.clone()).collect();
    let additions = additions(tx, &source.merchant, &named, place.precision)?;
    product_ids.extend(additions.values().filter_map(|addition| addition.product_id.clone()));
    let mut known = Known { products: HashMap::new(), additions };
    for id in product_ids {
        if let Some(found) = product(tx, &source.merchant, &source.place, &id, place, now)? {
            known.products.insert(id, found);
        }
    }
    Ok(known)
}
