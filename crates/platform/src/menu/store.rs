//! Where is the menu kept, and what does the till need of a product?

use super::moment::{Moment, Sellable};
use super::rows::{
    AdditionCategoryRow, ByPlace, CategoryRow, Details, MerchantRow, PlaceRow, ProductRow, RuleRow,
    SellableRow, StopRow, Stored, TimedItemRow, TimedMenuRow, ValuesRow,
};
use super::{LineCategory, LineProduct};
use crate::feed::many;
use crate::place::PlaceSettings;
use db::{Tx, json, params};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use money::{Amount, Precision};
use serde_json::Value;
use std::collections::BTreeMap;
use wire::Number;
use wire::admin::menu::{MenuAdditionCategory, MenuCategory, MenuProduct, PutPlaceValues};

db::row! {
    struct AmountRow {
        product_id: String,
        pieces: i64,
        reserved: i64,
    }
}
db::row! {
    struct NewestRow {
        menus: i64,
        newest: Option<Timestamp>,
    }
}
db::statement! {
    // Held to the commit: two menus set up at once are set up one after the other.
    TAKE_MERCHANT = "UPDATE platform_merchant SET updated_at = updated_at WHERE merchant = $1";
    MERCHANT -> MerchantRow = "SELECT currency_code, price_precision, created_at FROM platform_merchant WHERE merchant = $1";
    PLACES -> PlaceRow = "SELECT place, time_zone FROM platform_place WHERE merchant = $1 ORDER BY place";
    PLACE -> PlaceRow = "SELECT place, time_zone FROM platform_place WHERE merchant = $1 AND place = $2";
    CATEGORIES -> CategoryRow = "SELECT category_id, parent_category_id, name, sequence FROM platform_category
        WHERE merchant = $1 ORDER BY category_id";
    PRODUCTS -> ProductRow = "SELECT product_id, decoded_id, category_id, name, measure, ean, price, is_price_variable,
            vat_rate, vat_id, sequence, details
        FROM platform_product WHERE merchant = $1 AND removed = 0 ORDER BY product_id";
    ADDITION_CATEGORIES -> AdditionCategoryRow = "SELECT settings FROM platform_addition_category WHERE merchant = $1
        ORDER BY addition_category_id";
    VALUES -> ValuesRow = "SELECT place, product_id, place_values FROM platform_place_item WHERE merchant = $1";
    VALUES_AT -> ValuesRow = "SELECT place, product_id, place_values FROM platform_place_item
        WHERE merchant = $1 AND place = $2";
    TIMED_MENUS -> TimedMenuRow = "SELECT place, menu_id, menu_type, since, till FROM platform_timed_menu
        WHERE merchant = $1 AND till > $2 ORDER BY place, menu_id";
    TIMED_MENUS_AT -> TimedMenuRow = "SELECT place, menu_id, menu_type, since, till FROM platform_timed_menu
        WHERE merchant = $1 AND place = $2 AND till > $3 ORDER BY since, menu_id";
    TIMED_ITEMS -> TimedItemRow = "SELECT place, menu_id, product_id, sequence, since, till, pieces, reserved, price_levels
        FROM platform_timed_item WHERE merchant = $1 AND till > $2";
    TIMED_ITEMS_AT -> TimedItemRow = "SELECT place, menu_id, product_id, sequence, since, till, pieces, reserved, price_levels
        FROM platform_timed_item WHERE merchant = $1 AND place = $2 AND till > $3";
    STOPS -> StopRow = "SELECT place, product_id, stopped_at FROM platform_stop WHERE merchant = $1";
    STOPS_AT -> StopRow = "SELECT place, product_id, stopped_at FROM platform_stop WHERE merchant = $1 AND place = $2";
    IS_STOPPED -> Timestamp = "SELECT stopped_at FROM platform_stop WHERE merchant = $1 AND place = $2 AND product_id = $3";
    STOPPED_IDS -> String = "SELECT s.product_id FROM platform_stop s
        JOIN platform_product p ON p.merchant = $1 AND p.product_id = s.product_id
        WHERE s.merchant = $1 AND s.place = $2 AND p.removed = 0";
    AMOUNTS -> AmountRow = "SELECT t.product_id, t.pieces, t.reserved FROM platform_timed_item t
        JOIN platform_product p ON p.merchant = $1 AND p.product_id = t.product_id
        WHERE t.merchant = $1 AND t.place = $2 AND t.till > $3 AND t.since <= $3 AND t.pieces IS NOT NULL AND p.removed = 0";
    NEWEST_TIMED -> NewestRow = "SELECT CAST(COUNT(*) AS BIGINT) AS menus, MAX(updated_at) AS newest FROM platform_timed_menu
        WHERE merchant = $1 AND place = $2 AND till > $3";
    RULES -> RuleRow = "SELECT place, refuses FROM platform_menu_rule WHERE merchant = $1";
    // The menu for a time that is open at $4: no two that are open at once name a product.
    SELLABLE -> SellableRow = "SELECT p.product_id, p.decoded_id, p.category_id, p.name, p.measure, p.ean, p.price,
            p.is_price_variable, p.vat_rate, p.vat_id, p.sequence, p.details, v.place_values, t.menu_id,
            t.since AS menu_since, t.till AS menu_till, t.pieces, t.reserved, t.price_levels AS menu_price_levels,
            s.stopped_at
        FROM platform_product p
        LEFT JOIN platform_place_item v ON v.merchant = $1 AND v.place = $2 AND v.product_id = p.product_id
        LEFT JOIN platform_timed_item t ON t.merchant = $1 AND t.place = $2 AND t.product_id = p.product_id
            AND t.since <= $4 AND t.till > $4
        LEFT JOIN platform_stop s ON s.merchant = $1 AND s.place = $2 AND s.product_id = p.product_id
        WHERE p.merchant = $1 AND p.product_id = $3 AND p.removed = 0";
    // As SELLABLE, of 32 products; open at $3.
    SELLABLES -> SellableRow = "SELECT p.product_id, p.decoded_id, p.category_id, p.name, p.measure, p.ean, p.price,
            p.is_price_variable, p.vat_rate, p.vat_id, p.sequence, p.details, v.place_values, t.menu_id,
            t.since AS menu_since, t.till AS menu_till, t.pieces, t.reserved, t.price_levels AS menu_price_levels,
            s.stopped_at
        FROM platform_product p
        LEFT JOIN platform_place_item v ON v.merchant = $1 AND v.place = $2 AND v.product_id = p.product_id
        LEFT JOIN platform_timed_item t ON t.merchant = $1 AND t.place = $2 AND t.product_id = p.product_id
            AND t.since <= $3 AND t.till > $3
        LEFT JOIN platform_stop s ON s.merchant = $1 AND s.place = $2 AND s.product_id = p.product_id
        WHERE p.merchant = $1 AND p.removed = 0 AND p.product_id IN (
            $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
            $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35)";
    // Products of 32 ids.
    PRODUCTS_OF -> ProductRow = "SELECT product_id, decoded_id, category_id, name, measure, ean, price, is_price_variable,
            vat_rate, vat_id, sequence, details
        FROM platform_product WHERE merchant = $1 AND removed = 0 AND product_id IN (
            $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
            $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33)";
    // Categories of 32 ids.
    CATEGORIES_OF -> CategoryRow = "SELECT category_id, parent_category_id, name, sequence FROM platform_category
        WHERE merchant = $1 AND category_id IN (
            $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
            $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33)";
    // The depth ends a circle that set-up should never have let in.
    CATEGORY_AND_ABOVE -> LineCategory = "WITH RECURSIVE above (category_id, parent_category_id, name, depth) AS (
            SELECT category_id, parent_category_id, name, CAST(0 AS BIGINT)
            FROM platform_category WHERE merchant = $1 AND category_id = $2
            UNION ALL
            SELECT c.category_id, c.parent_category_id, c.name, above.depth + 1
            FROM platform_category c JOIN above ON c.category_id = above.parent_category_id
            WHERE c.merchant = $1 AND above.depth < 20
        )
        SELECT category_id, parent_category_id, name FROM above ORDER BY depth";
    PUT_CATEGORY = "INSERT INTO platform_category (merchant, category_id, parent_category_id, name, sequence, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (merchant, category_id) DO UPDATE SET parent_category_id = excluded.parent_category_id,
            name = excluded.name, sequence = excluded.sequence, updated_at = excluded.updated_at";
    REMOVE_CATEGORY = "DELETE FROM platform_category WHERE merchant = $1 AND category_id = $2";
    // The row of the merchant must be locked.
    NEXT_DECODED_ID -> i64 = "SELECT COALESCE(MAX(decoded_id), 0) + 1 FROM platform_product WHERE merchant = $1";
    PUT_PRODUCT = "INSERT INTO platform_product (merchant, product_id, decoded_id, category_id, name, measure, ean,
            price, is_price_variable, vat_rate, vat_id, sequence, details, removed, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, $14)
        ON CONFLICT (merchant, product_id) DO UPDATE SET category_id = excluded.category_id, name = excluded.name,
            measure = excluded.measure, ean = excluded.ean, price = excluded.price,
            is_price_variable = excluded.is_price_variable, vat_rate = excluded.vat_rate, vat_id = excluded.vat_id,
            sequence = excluded.sequence, details = excluded.details, removed = 0, updated_at = excluded.updated_at";
    REMOVE_PRODUCT = "UPDATE platform_product SET removed = 1, updated_at = $3 WHERE merchant = $1 AND product_id = $2";
    PUT_VALUES = "INSERT INTO platform_place_item (merchant, place, product_id, place_values, updated_at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (merchant, place, product_id) DO UPDATE SET place_values = excluded.place_values,
            updated_at = excluded.updated_at";
    REMOVE_VALUES = "DELETE FROM platform_place_item WHERE merchant = $1 AND place = $2 AND product_id = $3";
    REMOVE_STOP_OF = "DELETE FROM platform_stop WHERE merchant = $1 AND place = $2 AND product_id = $3";
    PUT_ADDITION_CATEGORY = "INSERT INTO platform_addition_category (merchant, addition_category_id, settings, updated_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (merchant, addition_category_id) DO UPDATE SET settings = excluded.settings,
            updated_at = excluded.updated_at";
    REMOVE_ADDITION_CATEGORY = "DELETE FROM platform_addition_category WHERE merchant = $1 AND addition_category_id = $2";
    PUT_RULE = "INSERT INTO platform_menu_rule (merchant, place, refuses) VALUES ($1, $2, $3)
        ON CONFLICT (merchant, place) DO UPDATE SET refuses = excluded.refuses";
}

/// Of which places a menu is read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Places<'a> {
    /// Of all that the merchant has.
    All,
    /// Of this one.
    One(&'a str),
}

/// Holds the merchant to the commit; false when nobody has set it up.
pub(super) fn take_merchant(tx: &mut Tx<'_>, merchant: &str) -> Result<bool, db::Error> {
    Ok(tx.execute(&TAKE_MERCHANT, params![merchant])? > 0)
}

/// The menu, without what has ended by `now`; `None` when nobody has set the merchant up.
pub(super) fn load(
    tx: &mut Tx<'_>,
    merchant: &str,
    which: Places<'_>,
    now: Timestamp,
) -> Result<Option<Stored>, db::Error> {
    let Some(settings) = tx.optional(&MERCHANT, params![merchant])? else { return Ok(None) };
    let (places, values, timed_menus, timed_items, stops) = match which {
        Places::All => (
            tx.query(&PLACES, params![merchant])?,
            tx.query(&VALUES, params![merchant])?,
            tx.query(&TIMED_MENUS, params![merchant, now])?,
            tx.query(&TIMED_ITEMS, params![merchant, now])?,
            tx.query(&STOPS, params![merchant])?,
        ),
        Places::One(place) => (
            tx.query(&PLACE, params![merchant, place])?,
            tx.query(&VALUES_AT, params![merchant, place])?,
            tx.query(&TIMED_MENUS_AT, params![merchant, place, now])?,
            tx.query(&TIMED_ITEMS_AT, params![merchant, place, now])?,
            tx.query(&STOPS_AT, params![merchant, place])?,
        ),
    };
    let mut stored = Stored {
        merchant: settings,
        places,
        categories: tx.query(&CATEGORIES, params![merchant])?,
        products: tx.query(&PRODUCTS, params![merchant])?,
        addition_categories: addition_categories(tx, merchant)?,
        values: ByPlace::new(),
        timed_menus,
        timed_items: ByPlace::new(),
        stops: ByPlace::new(),
        refuses: tx
            .query(&RULES, params![merchant])?
            .into_iter()
            .map(|row| (row.place, row.refuses))
            .collect(),
    };
    for row in values {
        stored.values.entry(row.place).or_default().insert(row.product_id, row.place_values);
    }
    for row in timed_items {
        let items = stored.timed_items.entry(row.place.clone()).or_default();
        items.entry(row.product_id.clone()).or_default().push(row);
    }
    for row in stops {
        stored.stops.entry(row.place).or_default().insert(row.product_id, row.stopped_at);
    }
    Ok(Some(stored))
}

/// How many menus for a time the place has that are not over, and when the newest of them was set up, in microseconds.
pub(super) fn newest_timed(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    now: Timestamp,
) -> Result<(i64, i64), db::Error> {
    let row = tx.optional(&NEWEST_TIMED, params![merchant, place, now])?;
    let newest = row.as_ref().and_then(|row| row.newest).map_or(0, |at| at.as_microsecond());
    Ok((row.map_or(0, |row| row.menus), newest))
}

/// A place with the precision of its merchant's prices; `None` when the merchant has no such place.
pub(super) fn place(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
) -> Result<Option<(PlaceRow, Precision)>, db::Error> {
    let place = tx.optional(&PLACE, params![merchant, place])?;
    let settings = tx.optional(&MERCHANT, params![merchant])?;
    Ok(place.zip(settings.map(|settings| settings.price_precision)))
}

/// What guests may choose with products.
pub(super) fn addition_categories(
    tx: &mut Tx<'_>,
    merchant: &str,
) -> Result<Vec<MenuAdditionCategory>, db::Error> {
    let rows = tx.query(&ADDITION_CATEGORIES, params![merchant])?;
    Ok(rows.into_iter().map(|row| row.settings).collect())
}

/// A product as a place sells it at one instant.
#[derive(Debug, Clone)]
pub(crate) struct Product {
    pub(crate) on_line: LineProduct,
    /// One unit with VAT, by level; the default is among them.
    pub(crate) price_levels: BTreeMap<String, Amount>,
    pub(crate) is_price_variable: bool,
    /// The addition categories of which something may go with it.
    pub(crate) addition_category_ids: Vec<String>,
    /// On the place's stop list.
    pub(super) is_stopped: bool,
    /// The menu for a time, open now, that says how many pieces may be sold.
    pub(super) limited_by: Option<String>,
}

#[cfg(test)]
impl Product {
    /// A product for tests of pure rules, sold without limit, with which additions of `ac:any` may go.
    pub(crate) fn sample(
        on_line: LineProduct,
        price_levels: BTreeMap<String, Amount>,
        is_price_variable: bool,
    ) -> Self {
        let addition_category_ids = vec!["ac:any".to_owned()];
        let is_stopped = false;
        Self { on_line, price_levels, is_price_variable, addition_category_ids, is_stopped, limited_by: None }
    }
}

impl Product {
    /// One unit with VAT at a level; `None` where the place has no such level.
    pub(crate) fn price(&self, level: &str) -> Option<Amount> {
        self.price_levels.get(level).copied()
    }
}

/// The product as the place sells it now, with its category and those above it; `None` when the menu does not have it.
pub(crate) fn product(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    product_id: &str,
    settings: &PlaceSettings,
    now: Timestamp,
) -> Result<Option<Product>, db::Error> {
    let Some(row) = tx.optional(&SELLABLE, params![merchant, place, product_id, now])? else {
        return Ok(None);
    };
    let sellable = Sellable::of(place, row);
    let at = Moment { zone: &settings.zone, precision: settings.precision, now };
    let levels = sellable.sold().price_levels(at).into_iter();
    let levels = levels.map(|(level, set)| Ok((level, minor_units(set.price, settings.precision)?)));
    Ok(Some(Product {
        on_line: on_line(tx, merchant, &sellable, &settings.zone, now)?,
        price_levels: levels.collect::<Result<_, db::Error>>()?,
        is_price_variable: sellable.product.is_price_variable,
        addition_category_ids: sellable.sold().addition_category_ids().to_vec(),
        is_stopped: sellable.is_stopped,
        limited_by: sellable.limited_by(now),
    }))
}

/// The product as the place sells it at `now`; `None` when the menu does not have it.
pub(super) fn sellable(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    product_id: &str,
    now: Timestamp,
) -> Result<Option<Sellable>, db::Error> {
    let row = tx.optional(&SELLABLE, params![merchant, place, product_id, now])?;
    Ok(row.map(|row| Sellable::of(place, row)))
}

/// Whether the place does not sell the product for now.
pub(super) fn is_stopped(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    product_id: &str,
) -> Result<bool, db::Error> {
    Ok(tx.optional(&IS_STOPPED, params![merchant, place, product_id])?.is_some())
}

/// The pieces left at a place, of products that have a limit or are stopped.
pub(super) fn amounts(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    now: Timestamp,
) -> Result<BTreeMap<String, i64>, db::Error> {
    let limited = tx.query(&AMOUNTS, params![merchant, place, now])?.into_iter();
    let mut amounts: BTreeMap<String, i64> =
        limited.map(|row| (row.product_id, row.pieces.saturating_sub(row.reserved).max(0))).collect();
    amounts.extend(tx.query(&STOPPED_IDS, params![merchant, place])?.into_iter().map(|id| (id, 0)));
    Ok(amounts)
}

/// A price of a place in minor units. Set-up took none that does not fit the currency.
fn minor_units(price: Number, precision: Precision) -> Result<Amount, db::Error> {
    match price.amount(precision) {
        Ok(rounded) if rounded.exact => Ok(rounded.amount),
        _ => Err(db::Error::Parameter {
            statement: "place_values",
            message: "a stored price does not fit the currency".to_owned(),
        }),
    }
}

/// Those of the products that the menu has, as the place sells them at `now`.
pub(super) fn sellables(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    product_ids: &[&str],
    now: Timestamp,
) -> Result<Vec<Sellable>, db::Error> {
    let mut found = Vec::new();
    many(tx, &SELLABLES, params![merchant, place, now], product_ids, |row| {
        found.push(Sellable::of(place, row));
    })?;
    Ok(found)
}

/// The products of these ids.
pub(super) fn products_of(
    tx: &mut Tx<'_>,
    merchant: &str,
    ids: &[&str],
    read: impl FnMut(ProductRow),
) -> Result<(), db::Error> {
    many(tx, &PRODUCTS_OF, params![merchant], ids, read)
}

/// The categories of these ids.
pub(super) fn categories_of(
    tx: &mut Tx<'_>,
    merchant: &str,
    ids: &[&str],
    read: impl FnMut(CategoryRow),
) -> Result<(), db::Error> {
    many(tx, &CATEGORIES_OF, params![merchant], ids, read)
}

/// What a line keeps of a product, with its category and those above it.
fn on_line(
    tx: &mut Tx<'_>,
    merchant: &str,
    sellable: &Sellable,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<LineProduct, db::Error> {
    let product = &sellable.product;
    let categories = match &product.category_id {
        Some(category_id) => tx.query(&CATEGORY_AND_ABOVE, params![merchant, category_id])?,
        None => Vec::new(),
    };
    let (vat_rate, vat_id) = sellable.sold().vat(zone, now);
    Ok(LineProduct {
        product_id: product.product_id.clone(),
        decoded_id: Some(product.decoded_id),
        category_id: product.category_id.clone(),
        name: product.name.clone(),
        measure: product.measure.clone(),
        ean: product.ean.clone(),
        vat_rate,
        vat_id: vat_id.map(|id| Value::Number(id.into())),
        categories,
    })
}

// The functions below write. Who hears of it is found out by `told`, which compares the menu before with the menu after:
// they run within `told::change` and nowhere else.

pub(super) fn put_category(
    tx: &mut Tx<'_>,
    merchant: &str,
    category: &MenuCategory,
    now: Timestamp,
) -> Result<(), db::Error> {
    let MenuCategory { category_id, parent_category_id, name, order } = category;
    tx.execute(
        &PUT_CATEGORY,
        params![merchant, category_id, parent_category_id.as_ref(), name, *order, now],
    )?;
    Ok(())
}

pub(super) fn remove_category(tx: &mut Tx<'_>, merchant: &str, id: &str) -> Result<(), db::Error> {
    tx.execute(&REMOVE_CATEGORY, params![merchant, id])?;
    Ok(())
}

/// Writes a product, priced in minor units. The merchant must be taken.
pub(super) fn put_product(
    tx: &mut Tx<'_>,
    merchant: &str,
    product: &MenuProduct,
    price: Amount,
    now: Timestamp,
) -> Result<(), db::Error> {
    let vat_id = product.vat_id.as_ref().map(|vat_id| json("vat_id", vat_id)).transpose()?;
    let decoded_id = tx.optional(&NEXT_DECODED_ID, params![merchant])?.unwrap_or(1);
    tx.execute(
        &PUT_PRODUCT,
        params![
            merchant,
            &product.product_id,
            decoded_id,
            product.category_id.as_ref(),
            &product.name,
            &product.measure,
            product.ean.as_ref(),
            price,
            product.is_price_variable,
            &product.vat_rate.to_string(),
            vat_id.as_ref(),
            product.order,
            &json("details", &Details::of(product))?,
            now
        ],
    )?;
    Ok(())
}

/// Removes a product with what the places made of it. Bills, checks and menus for a time keep its id.
pub(super) fn remove_product(
    tx: &mut Tx<'_>,
    merchant: &str,
    places: &[PlaceRow],
    id: &str,
    now: Timestamp,
) -> Result<(), db::Error> {
    tx.execute(&REMOVE_PRODUCT, params![merchant, id, now])?;
    for place in places {
        tx.execute(&REMOVE_VALUES, params![merchant, &place.place, id])?;
        tx.execute(&REMOVE_STOP_OF, params![merchant, &place.place, id])?;
    }
    Ok(())
}

/// Sets what a place sets otherwise for a product; `None` takes it away.
pub(super) fn put_values(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    product_id: &str,
    values: Option<&PutPlaceValues>,
    now: Timestamp,
) -> Result<(), db::Error> {
    match values {
        Some(values) => {
            let values = json("place_values", values)?;
            tx.execute(&PUT_VALUES, params![merchant, place, product_id, &values, now])?
        }
        None => tx.execute(&REMOVE_VALUES, params![merchant, place, product_id])?,
    };
    Ok(())
}

pub(super) fn put_addition_category(
    tx: &mut Tx<'_>,
    merchant: &str,
    category: &MenuAdditionCategory,
    now: Timestamp,
) -> Result<(), db::Error> {
    let settings = json("settings", category)?;
    let id = &category.addition_category_id;
    tx.execute(&PUT_ADDITION_CATEGORY, params![merchant, id, &settings, now])?;
    Ok(())
}

pub(super) fn remove_addition_category(tx: &mut Tx<'_>, merchant: &str, id: &str) -> Result<(), db::Error> {
    tx.execute(&REMOVE_ADDITION_CATEGORY, params![merchant, id])?;
    Ok(())
}

/// Sets whether a place refuses what is beyond its pieces.
pub(super) fn put_rule(tx: &mut Tx<'_>, merchant: &str, place: &str, refuses: bool) -> Result<(), db::Error> {
    tx.execute(&PUT_RULE, params![merchant, place, refuses])?;
    Ok(())
}
