//! Where is it kept how much of an item each stock holds, and how is a page of a stock's items found?

use super::StockItemRecords;
use crate::api::unknown_cursor;
use crate::feed::{Changes, Owner, many};
use db::{Tx, TxError, params};
use door::ApiError;
use jiff::Timestamp;
use money::Millionths;
use std::collections::BTreeMap;
use wire::Number;
use wire::stocks::{MerchantStockItem, PutStockItem, StockAmount};

db::row! {
    struct ItemRow {
        item_id: String,
        category_id: Option<String>,
        name: String,
        measure: String,
        ean: Option<String>,
        vat_rate: Number,
        removed: bool,
    }
}
db::row! {
    struct AmountRow {
        item_id: String,
        stock_id: String,
        amount: Millionths,
        critical_amount: Option<Millionths>,
        optimal_amount: Option<Millionths>,
        price_without_vat: Millionths,
    }
}
db::row! {
    /// An item as one stock holds it.
    pub(super) struct KeptRow {
        pub(super) item_id: String,
        pub(super) category_id: Option<String>,
        pub(super) category_name: Option<String>,
        pub(super) name: String,
        pub(super) measure: String,
        pub(super) ean: Option<String>,
        pub(super) vat_rate: Number,
        pub(super) amount: Millionths,
        pub(super) critical_amount: Option<Millionths>,
        pub(super) optimal_amount: Option<Millionths>,
        pub(super) price_without_vat: Millionths,
        pub(super) removed: bool,
        pub(super) item_updated_at: Timestamp,
        pub(super) amount_updated_at: Timestamp,
        pub(super) category_updated_at: Option<Timestamp>,
    }
}
db::statement! {
    ANY_AMOUNT -> i64 = "SELECT 1 FROM platform_stock_amount WHERE merchant = $1 LIMIT 1";
    ANY_DOCUMENT -> i64 = "SELECT 1 FROM platform_stock_document WHERE merchant = $1 LIMIT 1";
    PUT_ITEM = "INSERT INTO platform_stock_item (merchant, item_id, category_id, name, measure, ean, vat_rate, removed, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8)
        ON CONFLICT (merchant, item_id) DO UPDATE SET category_id = excluded.category_id, name = excluded.name,
            measure = excluded.measure, ean = excluded.ean, vat_rate = excluded.vat_rate, removed = 0,
            updated_at = excluded.updated_at";
    REMOVE_ITEM = "UPDATE platform_stock_item SET removed = 1, updated_at = $3
        WHERE merchant = $1 AND item_id = $2 AND removed = 0";
    PUT_AMOUNT = "INSERT INTO platform_stock_amount (merchant, stock_id, item_id, version, amount, critical_amount, optimal_amount,
            price_without_vat, removed, updated_at)
        VALUES ($1, $2, $3, 1, $4, $5, $6, $7, 0, $8)
        ON CONFLICT (merchant, stock_id, item_id) DO UPDATE SET version = platform_stock_amount.version + 1,
            amount = excluded.amount, critical_amount = excluded.critical_amount,
            optimal_amount = excluded.optimal_amount, price_without_vat = excluded.price_without_vat, removed = 0,
            updated_at = excluded.updated_at";
    LEAVE_OUT_AMOUNT = "UPDATE platform_stock_amount SET version = version + 1, removed = 1, updated_at = $4
        WHERE merchant = $1 AND stock_id = $2 AND item_id = $3 AND removed = 0";
    ITEM -> ItemRow = "SELECT item_id, category_id, name, measure, ean, vat_rate, removed FROM platform_stock_item
        WHERE merchant = $1 AND item_id = $2";
    // Removed ones too.
    ALL_ITEMS -> ItemRow = "SELECT item_id, category_id, name, measure, ean, vat_rate, removed FROM platform_stock_item
        WHERE merchant = $1 ORDER BY item_id";
    ALL_AMOUNTS -> AmountRow = "SELECT item_id, stock_id, amount, critical_amount, optimal_amount, price_without_vat
        FROM platform_stock_amount WHERE merchant = $1 AND removed = 0 ORDER BY item_id, stock_id";
    RATE -> Number = "SELECT vat_rate FROM platform_stock_item WHERE merchant = $1 AND item_id = $2";
    AMOUNTS -> AmountRow = "SELECT item_id, stock_id, amount, critical_amount, optimal_amount, price_without_vat
        FROM platform_stock_amount WHERE merchant = $1 AND item_id = $2 AND removed = 0 ORDER BY stock_id";
    // Items of 32 ids, and what stocks hold of them.
    ITEMS_OF -> ItemRow = "SELECT item_id, category_id, name, measure, ean, vat_rate, removed FROM platform_stock_item
        WHERE merchant = $1 AND item_id IN (
            $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
            $24, $25, $26, $27, $28, $29, $30, $31, $32, $33)";
    AMOUNTS_OF -> AmountRow = "SELECT item_id, stock_id, amount, critical_amount, optimal_amount, price_without_vat
        FROM platform_stock_amount WHERE merchant = $1 AND removed = 0 AND item_id IN (
            $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
            $24, $25, $26, $27, $28, $29, $30, $31, $32, $33)
        ORDER BY item_id, stock_id";
    IN_CATEGORY -> String = "SELECT item_id FROM platform_stock_item
        WHERE merchant = $1 AND category_id = $2 AND removed = 0 ORDER BY item_id LIMIT 1";
    KEPT_IN -> KeptIn = "SELECT a.item_id, a.amount FROM platform_stock_amount a
        JOIN platform_stock_item i ON i.merchant = a.merchant AND i.item_id = a.item_id
        WHERE a.merchant = $1 AND i.merchant = $1 AND a.stock_id = $2 AND a.removed = 0 AND i.removed = 0
        ORDER BY a.item_id";
    // $4 says whether those that the stock keeps no more are shown.
    PAGE -> KeptRow = "SELECT i.item_id, i.category_id, c.name AS category_name, i.name, i.measure, i.ean, i.vat_rate, a.amount,
            a.critical_amount, a.optimal_amount, a.price_without_vat,
            CASE WHEN i.removed = 1 OR a.removed = 1 THEN 1 ELSE 0 END AS removed,
            i.updated_at AS item_updated_at, a.updated_at AS amount_updated_at, c.updated_at AS category_updated_at
        FROM platform_stock_amount a
        JOIN platform_stock_item i ON i.merchant = a.merchant AND i.item_id = a.item_id
        LEFT JOIN platform_stock_item_category c ON c.merchant = $1 AND c.category_id = i.category_id
        WHERE a.merchant = $1 AND i.merchant = $1 AND a.stock_id = $2 AND a.item_id > $3
            AND i.removed <= $4 AND a.removed <= $4
            AND (i.updated_at >= $5 OR a.updated_at >= $5 OR COALESCE(c.updated_at, 0) >= $5)
        ORDER BY a.item_id
        LIMIT $6";
}

db::row! {
    /// An item that a stock keeps, and how much of it is there.
    pub(super) struct KeptIn {
        pub(super) item_id: String,
        pub(super) amount: Millionths,
    }
}

/// Whether anything in the merchant's stocks has a price, so that its currency must stay.
pub(crate) fn any_price(tx: &mut Tx<'_>, merchant: &str) -> Result<bool, db::Error> {
    Ok(tx.optional(&ANY_AMOUNT, params![merchant])?.is_some()
        || tx.optional(&ANY_DOCUMENT, params![merchant])?.is_some())
}

/// What a stock holds of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) stock_id: String,
    pub(super) amount: Millionths,
    pub(super) critical_amount: Option<Millionths>,
    pub(super) optimal_amount: Option<Millionths>,
    pub(super) price_without_vat: Millionths,
}

/// An item with what stocks hold of it, a removed one too.
pub(super) fn item(
    tx: &mut Tx<'_>,
    merchant: &str,
    id: &str,
) -> Result<Option<MerchantStockItem>, db::Error> {
    let Some(row) = tx.optional(&ITEM, params![merchant, id])? else { return Ok(None) };
    let mut item = item_of(row);
    item.item.amounts = tx.query(&AMOUNTS, params![merchant, id])?.into_iter().map(amount_of).collect();
    Ok(Some(item))
}

/// The items by id with what stocks hold of them, removed ones too.
pub(super) fn all_items(tx: &mut Tx<'_>, merchant: &str) -> Result<Vec<MerchantStockItem>, db::Error> {
    let mut amounts: BTreeMap<String, Vec<StockAmount>> = BTreeMap::new();
    for row in tx.query(&ALL_AMOUNTS, params![merchant])? {
        amounts.entry(row.item_id.clone()).or_default().push(amount_of(row));
    }
    let mut items: Vec<MerchantStockItem> =
        tx.query(&ALL_ITEMS, params![merchant])?.into_iter().map(item_of).collect();
    for item in &mut items {
        item.item.amounts = amounts.remove(&item.item_id).unwrap_or_default();
    }
    Ok(items)
}

/// The VAT rate of an item, a removed one too, as a fraction.
pub(super) fn rate(tx: &mut Tx<'_>, merchant: &str, id: &str) -> Result<Option<Number>, db::Error> {
    tx.optional(&RATE, params![merchant, id])
}

/// The items of these ids with what stocks hold of them.
pub(super) fn items_of(
    tx: &mut Tx<'_>,
    owner: Owner<'_>,
    ids: &[&str],
) -> Result<BTreeMap<String, MerchantStockItem>, db::Error> {
    let mut items: BTreeMap<String, MerchantStockItem> = BTreeMap::new();
    many(tx, &ITEMS_OF, params![owner.merchant], ids, |row| {
        items.insert(row.item_id.clone(), item_of(row));
    })?;
    // Ids that fill a statement up come twice: each stock counts once.
    let mut amounts: BTreeMap<(String, String), StockAmount> = BTreeMap::new();
    many(tx, &AMOUNTS_OF, params![owner.merchant], ids, |row| {
        amounts.insert((row.item_id.clone(), row.stock_id.clone()), amount_of(row));
    })?;
    for ((item, _), amount) in amounts {
        if let Some(item) = items.get_mut(&item) {
            item.item.amounts.push(amount);
        }
    }
    Ok(items)
}

/// Writes an item, what stocks hold of it, and its entry in the feed; a stock that is not named keeps it no more. One that
/// was removed is there again.
pub(super) fn put_item(
    tx: &mut Tx<'_>,
    changes: &mut Changes,
    merchant: &str,
    id: &str,
    item: &PutStockItem,
    held: &[Held],
) -> Result<(), db::Error> {
    let now = changes.now();
    let PutStockItem { name, stock_item_category_id, measure, ean, vat_rate, .. } = item;
    let vat_rate = vat_rate.to_string();
    tx.execute(&PUT_ITEM, params![merchant, id, stock_item_category_id, name, measure, ean, &vat_rate, now])?;
    for before in tx.query(&AMOUNTS, params![merchant, id])? {
        if !held.iter().any(|held| held.stock_id == before.stock_id) {
            tx.execute(&LEAVE_OUT_AMOUNT, params![merchant, &before.stock_id, id, now])?;
        }
    }
    for held in held {
        tx.execute(
            &PUT_AMOUNT,
            params![
                merchant,
                &held.stock_id,
                id,
                held.amount,
                held.critical_amount,
                held.optimal_amount,
                held.price_without_vat,
                now
            ],
        )?;
    }
    changes.put::<StockItemRecords>(id);
    Ok(())
}

/// Removes an item; false when the merchant has none that stands.
pub(super) fn remove_item(
    tx: &mut Tx<'_>,
    changes: &mut Changes,
    merchant: &str,
    id: &str,
) -> Result<bool, db::Error> {
    let removed = tx.execute(&REMOVE_ITEM, params![merchant, id, changes.now()])? > 0;
    if removed {
        changes.removed::<StockItemRecords>(id);
    }
    Ok(removed)
}

/// An item that stands in the category, if there is any.
pub(super) fn item_in(tx: &mut Tx<'_>, merchant: &str, category: &str) -> Result<Option<String>, db::Error> {
    tx.optional(&IN_CATEGORY, params![merchant, category])
}

/// The items that a stock keeps, by id.
pub(super) fn kept_in(tx: &mut Tx<'_>, merchant: &str, stock: &str) -> Result<Vec<KeptIn>, db::Error> {
    tx.query(&KEPT_IN, params![merchant, stock])
}

/// A stock keeps an item no more. Whoever says so writes the item's entry in the feed.
pub(super) fn leave_out(
    tx: &mut Tx<'_>,
    changes: &Changes,
    merchant: &str,
    stock: &str,
    item: &str,
) -> Result<(), db::Error> {
    tx.execute(&LEAVE_OUT_AMOUNT, params![merchant, stock, item, changes.now()])?;
    Ok(())
}

/// The first `most` items of a stock behind `after`, by id; with `modified_since` those changed since then, also what the
/// stock keeps no more.
///
/// # Errors
/// 404 for an `after` that is no item of the merchant.
pub(super) fn page(
    tx: &mut Tx<'_>,
    merchant: &str,
    stock: &str,
    modified_since: Option<Timestamp>,
    after: Option<&str>,
    most: i64,
) -> Result<Vec<KeptRow>, TxError<ApiError>> {
    if let Some(after) = after
        && tx.optional(&ITEM, params![merchant, after])?.is_none()
    {
        return Err(unknown_cursor("stock item", after));
    }
    let since = modified_since.map_or(i64::MIN, |since| since.as_microsecond());
    let row = params![merchant, stock, after.unwrap_or_default(), modified_since.is_some(), since, most];
    Ok(tx.query(&PAGE, row)?)
}

fn item_of(row: ItemRow) -> MerchantStockItem {
    let item = PutStockItem {
        name: row.name,
        stock_item_category_id: row.category_id,
        measure: row.measure,
        ean: row.ean,
        vat_rate: row.vat_rate,
        amounts: Vec::new(),
    };
    MerchantStockItem { item_id: row.item_id, item, removed: row.removed }
}

fn amount_of(row: AmountRow) -> StockAmount {
    StockAmount {
        stock_id: row.stock_id,
        amount: row.amount.to_decimal().into(),
        critical_amount: row.critical_amount.map(|amount| amount.to_decimal().into()),
        optimal_amount: row.optimal_amount.map(|amount| amount.to_decimal().into()),
        price_without_vat: row.price_without_vat.to_decimal().into(),
    }
}
