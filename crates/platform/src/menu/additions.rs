//! What goes with a product, and what is it sold as?

use super::product::LineProduct;
use super::store::addition_categories;
use db::Tx;
use money::{Amount, Precision};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};
use wire::Number;
use wire::admin::menu::MenuAddition;

/// An addition of the menu.
#[derive(Debug, Clone)]
pub(crate) struct Addition {
    /// The addition category that it stands in.
    pub(crate) category_id: String,
    /// How many of that category go with one product at most.
    pub(crate) category_max: Option<u32>,
    pub(crate) title: String,
    /// One with VAT.
    pub(crate) price: Amount,
    /// The product it is, if it is one.
    pub(crate) product_id: Option<String>,
    /// A fraction; `None`: that of what it goes with.
    pub(crate) vat_rate: Option<Number>,
    pub(crate) vat_id: Option<Value>,
    pub(crate) measure: String,
}

impl Addition {
    /// What an addition is sold as, under `id`, with `main`: under its product's id, or its own; taxed as the menu says of
    /// it, or as what it goes with.
    pub(crate) fn sold_as(&self, id: &str, main: &LineProduct) -> LineProduct {
        let own_rate = self.vat_rate.is_some();
        LineProduct {
            product_id: self.product_id.clone().unwrap_or_else(|| id.to_owned()),
            decoded_id: None,
            // An addition is in no category: that is how a bill's reader knows it (protocol.md §4.2).
            category_id: None,
            name: self.title.clone(),
            measure: self.measure.clone(),
            ean: None,
            vat_rate: self.vat_rate.unwrap_or(main.vat_rate),
            vat_id: if own_rate { self.vat_id.clone() } else { main.vat_id.clone() },
            categories: Vec::new(),
        }
    }
}

/// Those of the named additions that the menu has, by id.
pub(crate) fn additions(
    tx: &mut Tx<'_>,
    merchant: &str,
    named: &BTreeSet<&str>,
    precision: Precision,
) -> Result<HashMap<String, Addition>, db::Error> {
    let mut found = HashMap::new();
    if named.is_empty() {
        return Ok(found);
    }
    for category in addition_categories(tx, merchant)? {
        let (id, max) = (category.addition_category_id, category.max);
        for addition in category.additions {
            if named.contains(addition.addition_id.as_str()) {
                found.insert(addition.addition_id.clone(), addition_of(addition, &id, max, precision)?);
            }
        }
    }
    Ok(found)
}

fn addition_of(
    addition: MenuAddition,
    category_id: &str,
    category_max: Option<u32>,
    precision: Precision,
) -> Result<Addition, db::Error> {
    // Set-up took no price that does not fit the currency.
    let price = addition
        .addition_price
        .amount(precision)
        .map_err(|error| db::Error::Parameter { statement: "addition_price", message: error.to_string() })?;
    Ok(Addition {
        category_id: category_id.to_owned(),
        category_max,
        title: addition.title,
        price: price.amount,
        product_id: addition.product_id,
        vat_rate: addition.vat_rate,
        vat_id: addition.vat_id.map(|id| Value::Number(id.into())),
        measure: addition.measure.unwrap_or_else(|| "pcs".to_owned()),
    })
}
