//! What does the change feed send of the menu? (protocol.md §11.2)

use super::moment::{Moment, Sold};
use super::rows::{CategoryRow, PlaceRow, ProductRow};
use super::store;
use crate::feed::{Owner, Synchronized};
use db::Tx;
use jiff::Timestamp;
use money::Precision;
use serde::Serialize;
use std::collections::BTreeMap;
use wire::Number;
use wire::datasync::Domain;
use wire::menu::{PlaceValues, PriceLevel};

/// The domain `itemCategories`.
pub(crate) enum CategoryRecords {}

/// A category.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CategoryRecord {
    category_id: String,
    name: String,
    parent_category_id: Option<String>,
}

impl CategoryRecord {
    pub(super) fn of(row: &CategoryRow) -> Self {
        Self {
            category_id: row.category_id.clone(),
            name: row.name.clone(),
            parent_category_id: row.parent_category_id.clone(),
        }
    }
}

impl Synchronized for CategoryRecords {
    const DOMAIN: Domain = Domain::ItemCategories;
    type Record = CategoryRecord;

    fn load(
        tx: &mut Tx<'_>,
        owner: Owner<'_>,
        ids: &[&str],
    ) -> Result<BTreeMap<String, CategoryRecord>, db::Error> {
        let mut categories = BTreeMap::new();
        store::categories_of(tx, owner.merchant, ids, |row| {
            categories.insert(row.category_id.clone(), CategoryRecord::of(&row));
        })?;
        Ok(categories)
    }
}

/// The domain `items`: a product without its prices.
pub(crate) enum ItemRecords {}

/// A product.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ItemRecord {
    product_id: String,
    name: String,
    category_id: Option<String>,
    measure: String,
    ean: Option<String>,
    r#type: Option<String>,
    is_price_variable: bool,
    allergens: Vec<u8>,
    addition_category_ids: Vec<String>,
}

impl ItemRecord {
    pub(super) fn of(row: &ProductRow) -> Self {
        let details = row.details.clone().unwrap_or_default();
        Self {
            product_id: row.product_id.clone(),
            name: row.name.clone(),
            category_id: row.category_id.clone(),
            measure: row.measure.clone(),
            ean: row.ean.clone(),
            r#type: details.r#type,
            is_price_variable: row.is_price_variable,
            allergens: details.allergens,
            addition_category_ids: details.addition_category_ids,
        }
    }
}

impl Synchronized for ItemRecords {
    const DOMAIN: Domain = Domain::Items;
    type Record = ItemRecord;

    fn load(
        tx: &mut Tx<'_>,
        owner: Owner<'_>,
        ids: &[&str],
    ) -> Result<BTreeMap<String, ItemRecord>, db::Error> {
        let mut products = BTreeMap::new();
        store::products_of(tx, owner.merchant, ids, |row| {
            products.insert(row.product_id.clone(), ItemRecord::of(&row));
        })?;
        Ok(products)
    }
}

/// The domain `placeItems`: what a product is at one place.
pub(crate) enum PlaceItemRecords {}

/// A product at a place.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PlaceItemRecord {
    place_item_id: String,
    product_id: String,
    place_id: String,
    price_levels: BTreeMap<String, PriceLevel>,
    vat_rate: Number,
    show_in_pos: bool,
}

impl PlaceItemRecord {
    /// Its id among those of the place.
    pub(super) fn id(&self) -> &str {
        &self.place_item_id
    }

    pub(super) fn of(place: &PlaceRow, sold: Sold<'_>, precision: Precision, now: Timestamp) -> Self {
        let values = sold.values(Moment { zone: &place.time_zone, precision, now });
        let PlaceValues { price_levels, vat_rate, show_in_pos, .. } = values;
        let product_id = sold.product.product_id.clone();
        Self {
            place_item_id: place_item_id(&product_id, &place.place),
            product_id,
            place_id: place.place.clone(),
            price_levels,
            vat_rate,
            show_in_pos,
        }
    }
}

/// The id of a product at a place.
pub(super) fn place_item_id(product_id: &str, place: &str) -> String {
    format!("{product_id}@{place}")
}

impl Synchronized for PlaceItemRecords {
    const DOMAIN: Domain = Domain::PlaceItems;
    type Record = PlaceItemRecord;

    /// As they are by the newest of all changes there are so far.
    fn load(
        tx: &mut Tx<'_>,
        owner: Owner<'_>,
        ids: &[&str],
    ) -> Result<BTreeMap<String, PlaceItemRecord>, db::Error> {
        Self::load_at(tx, owner, ids, Timestamp::MAX)
    }

    fn load_at(
        tx: &mut Tx<'_>,
        owner: Owner<'_>,
        ids: &[&str],
        changed_at: Timestamp,
    ) -> Result<BTreeMap<String, PlaceItemRecord>, db::Error> {
        let Some((place, precision)) = store::place(tx, owner.merchant, owner.place)? else {
            return Ok(BTreeMap::new());
        };
        let suffix = place_item_id("", owner.place);
        let products: Vec<&str> = ids.iter().filter_map(|id| id.strip_suffix(&suffix)).collect();
        let found = store::sellables(tx, owner.merchant, owner.place, &products, changed_at)?;
        let records = found.iter().map(|sellable| {
            let record = PlaceItemRecord::of(&place, sellable.sold(), precision, changed_at);
            (record.place_item_id.clone(), record)
        });
        Ok(records.collect())
    }
}
