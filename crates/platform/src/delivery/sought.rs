//! What does the menu know of the products and additions that an order names?

use crate::access::SourceId;
use crate::menu::{Product, addition_categories, product};
use crate::place::PlaceSettings;
use db::Tx;
use jiff::Timestamp;
use money::Amount;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};
use wire::Number;
use wire::admin::menu::MenuAddition;
use wire::delivery::CreateOrder;

/// Those products and additions of an order that the menu has, by id; the products of additions are among the products.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) products: HashMap<String, Product>,
    pub(super) additions: HashMap<String, KnownAddition>,
}

/// An addition of the menu.
#[derive(Debug, Clone)]
pub(super) struct KnownAddition {
    pub(super) title: String,
    /// One with VAT.
    pub(super) price: Amount,
    /// The product it is, if it is one.
    pub(super) product_id: Option<String>,
    /// A fraction; `None`: that of what it goes with.
    pub(super) vat_rate: Option<Number>,
    pub(super) vat_id: Option<Value>,
    pub(super) measure: String,
}

/// Looks up what the order names, as the place sells it now.
pub(super) fn sought(
    tx: &mut Tx<'_>,
    source: &SourceId,
    place: &PlaceSettings,
    body: &CreateOrder,
    now: Timestamp,
) -> Result<Known, db::Error> {
    let mut known = Known::default();
    let named: BTreeSet<&str> = body
        .items
        .iter()
        .flat_map(|item| &item.additions)
        .map(|addition| addition.addition_id.as_str())
        .collect();
    let mut product_ids: BTreeSet<String> = body.items.iter().map(|item| item.item_id.clone()).collect();
    if !named.is_empty() {
        let categories = addition_categories(tx, &source.merchant)?;
        let additions = categories.into_iter().flat_map(|category| category.additions);
        for addition in additions.filter(|addition| named.contains(addition.addition_id.as_str())) {
            product_ids.extend(addition.product_id.clone());
            known.additions.insert(addition.addition_id.clone(), known_addition(addition, place)?);
        }
    }
    for id in product_ids {
        if let Some(found) = product(tx, &source.merchant, &source.place, &id, place, now)? {
            known.products.insert(id, found);
        }
    }
    Ok(known)
}

fn known_addition(addition: MenuAddition, place: &PlaceSettings) -> Result<KnownAddition, db::Error> {
    // Set-up took no price that does not fit the currency.
    let price = addition
        .addition_price
        .amount(place.precision)
        .map_err(|error| db::Error::Parameter { statement: "addition_price", message: error.to_string() })?;
    Ok(KnownAddition {
        title: addition.title,
        price: price.amount,
        product_id: addition.product_id,
        vat_rate: addition.vat_rate,
        vat_id: addition.vat_id.map(|id| Value::Number(id.into())),
        measure: addition.measure.unwrap_or_else(|| "pcs".to_owned()),
    })
}
