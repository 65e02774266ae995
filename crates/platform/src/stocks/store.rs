//! Where are stocks, the categories of their items and suppliers kept?

use super::{StockItemCategoryRecords, StockItemRecords, StockRecords};
use crate::feed::{Changes, Owner, many};
use crate::place::place_settings;
use db::{Tx, params};
use jiff::tz::TimeZone;
use money::Precision;
use std::collections::BTreeMap;
use wire::stocks::{PutStock, PutStockItemCategory, PutSupplier, Stock, StockItemCategory, Supplier};

db::row! {
    struct StockRow {
        stock_id: String,
        name: Option<String>,
        place: Option<String>,
        removed: bool,
    }
}
db::row! {
    struct CategoryRow {
        category_id: String,
        parent_category_id: Option<String>,
        name: String,
        removed: bool,
    }
}
db::row! {
    struct SupplierRow {
        supplier_id: String,
        name: String,
        removed: bool,
    }
}
db::statement! {
    // Held to the commit: what a merchant keeps in stock is set up one call after the other, and its currency stays meanwhile.
    TAKE_MERCHANT -> Precision = "UPDATE platform_merchant SET updated_at = updated_at WHERE merchant = $1
        RETURNING price_precision";
    PRECISION -> Precision = "SELECT price_precision FROM platform_merchant WHERE merchant = $1";
    FIRST_ZONE -> TimeZone = "SELECT time_zone FROM platform_place WHERE merchant = $1 ORDER BY created_at, place LIMIT 1";
    PUT_STOCK = "INSERT INTO platform_stock (merchant, stock_id, name, place, removed, updated_at)
        VALUES ($1, $2, $3, $4, 0, $5)
        ON CONFLICT (merchant, stock_id) DO UPDATE SET name = excluded.name, place = excluded.place, removed = 0,
            updated_at = excluded.updated_at";
    REMOVE_STOCK = "UPDATE platform_stock SET removed = 1, updated_at = $3
        WHERE merchant = $1 AND stock_id = $2 AND removed = 0";
    STOCKS -> StockRow = "SELECT stock_id, name, place, removed FROM platform_stock
        WHERE merchant = $1 AND removed = 0 ORDER BY stock_id";
    // The three below: removed ones too.
    ALL_STOCKS -> StockRow = "SELECT stock_id, name, place, removed FROM platform_stock WHERE merchant = $1 ORDER BY stock_id";
    ALL_CATEGORIES -> CategoryRow = "SELECT category_id, parent_category_id, name, removed FROM platform_stock_item_category
        WHERE merchant = $1 ORDER BY category_id";
    ALL_SUPPLIERS -> SupplierRow = "SELECT supplier_id, name, removed FROM platform_supplier WHERE merchant = $1
        ORDER BY supplier_id";
    STOCK -> StockRow = "SELECT stock_id, name, place, removed FROM platform_stock WHERE merchant = $1 AND stock_id = $2";
    // Stocks of 32 ids.
    STOCKS_OF -> StockRow = "SELECT stock_id, name, place, removed FROM platform_stock WHERE merchant = $1 AND stock_id IN (
            $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
            $24, $25, $26, $27, $28, $29, $30, $31, $32, $33)";
    PUT_CATEGORY = "INSERT INTO platform_stock_item_category (merchant, category_id, parent_category_id, name, removed, updated_at)
        VALUES ($1, $2, $3, $4, 0, $5)
        ON CONFLICT (merchant, category_id) DO UPDATE SET parent_category_id = excluded.parent_category_id,
            name = excluded.name, removed = 0, updated_at = excluded.updated_at";
    REMOVE_CATEGORY = "UPDATE platform_stock_item_category SET removed = 1, updated_at = $3
        WHERE merchant = $1 AND category_id = $2 AND removed = 0";
    CATEGORIES -> CategoryRow = "SELECT category_id, parent_category_id, name, removed FROM platform_stock_item_category
        WHERE merchant = $1 AND removed = 0 ORDER BY category_id";
    CATEGORY -> CategoryRow = "SELECT category_id, parent_category_id, name, removed FROM platform_stock_item_category
        WHERE merchant = $1 AND category_id = $2";
    // Categories of 32 ids.
    CATEGORIES_OF -> CategoryRow = "SELECT category_id, parent_category_id, name, removed FROM platform_stock_item_category
        WHERE merchant = $1 AND category_id IN (
            $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
            $24, $25, $26, $27, $28, $29, $30, $31, $32, $33)";
    PUT_SUPPLIER = "INSERT INTO platform_supplier (merchant, supplier_id, name, removed, updated_at)
        VALUES ($1, $2, $3, 0, $4)
        ON CONFLICT (merchant, supplier_id) DO UPDATE SET name = excluded.name, removed = 0,
            updated_at = excluded.updated_at";
    REMOVE_SUPPLIER = "UPDATE platform_supplier SET removed = 1, updated_at = $3
        WHERE merchant = $1 AND supplier_id = $2 AND removed = 0";
    SUPPLIERS -> SupplierRow = "SELECT supplier_id, name, removed FROM platform_supplier
        WHERE merchant = $1 AND removed = 0 ORDER BY supplier_id";
    SUPPLIER -> SupplierRow = "SELECT supplier_id, name, removed FROM platform_supplier
        WHERE merchant = $1 AND supplier_id = $2";
}

/// Holds the merchant to the commit and gives the decimals of its money; `None` for a merchant nobody knows.
pub(super) fn take_merchant(tx: &mut Tx<'_>, merchant: &str) -> Result<Option<Precision>, db::Error> {
    tx.optional(&TAKE_MERCHANT, params![merchant])
}

/// The decimals of a merchant's money; `None` for a merchant nobody knows.
pub(super) fn precision(tx: &mut Tx<'_>, merchant: &str) -> Result<Option<Precision>, db::Error> {
    tx.optional(&PRECISION, params![merchant])
}

/// The zone of a place; without one that of the merchant's first place, and UTC for a merchant that has none.
pub(super) fn zone(tx: &mut Tx<'_>, merchant: &str, place: Option<&str>) -> Result<TimeZone, db::Error> {
    if let Some(place) = place
        && let Some(settings) = place_settings(tx, merchant, place)?
    {
        return Ok(settings.zone);
    }
    Ok(tx.optional(&FIRST_ZONE, params![merchant])?.unwrap_or(TimeZone::UTC))
}

/// The stocks that stand, by id.
pub(super) fn stocks(tx: &mut Tx<'_>, merchant: &str) -> Result<Vec<Stock>, db::Error> {
    Ok(tx.query(&STOCKS, params![merchant])?.into_iter().map(stock_of).collect())
}

/// A stock, a removed one too.
pub(super) fn stock(tx: &mut Tx<'_>, merchant: &str, id: &str) -> Result<Option<Stock>, db::Error> {
    Ok(tx.optional(&STOCK, params![merchant, id])?.map(stock_of))
}

/// The stocks by id, removed ones too.
pub(super) fn all_stocks(tx: &mut Tx<'_>, merchant: &str) -> Result<Vec<Stock>, db::Error> {
    Ok(tx.query(&ALL_STOCKS, params![merchant])?.into_iter().map(stock_of).collect())
}

/// The categories by id, removed ones too.
pub(super) fn all_categories(tx: &mut Tx<'_>, merchant: &str) -> Result<Vec<StockItemCategory>, db::Error> {
    Ok(tx.query(&ALL_CATEGORIES, params![merchant])?.into_iter().map(category_of).collect())
}

/// The suppliers by id, removed ones too.
pub(super) fn all_suppliers(tx: &mut Tx<'_>, merchant: &str) -> Result<Vec<Supplier>, db::Error> {
    Ok(tx.query(&ALL_SUPPLIERS, params![merchant])?.into_iter().map(supplier_of).collect())
}

/// The stocks of these ids.
pub(super) fn stocks_of(
    tx: &mut Tx<'_>,
    owner: Owner<'_>,
    ids: &[&str],
) -> Result<BTreeMap<String, Stock>, db::Error> {
    let mut stocks = BTreeMap::new();
    many(tx, &STOCKS_OF, params![owner.merchant], ids, |row| {
        stocks.insert(row.stock_id.clone(), stock_of(row));
    })?;
    Ok(stocks)
}

/// Writes a stock and its entry in the feed; one that was removed is there again.
pub(super) fn put_stock(
    tx: &mut Tx<'_>,
    changes: &mut Changes,
    merchant: &str,
    id: &str,
    stock: &PutStock,
) -> Result<(), db::Error> {
    tx.execute(&PUT_STOCK, params![merchant, id, &stock.name, &stock.place_id, changes.now()])?;
    changes.put::<StockRecords>(id);
    Ok(())
}

/// Removes a stock, which then keeps none of `items`; false when the merchant has none that stands.
pub(super) fn remove_stock(
    tx: &mut Tx<'_>,
    changes: &mut Changes,
    merchant: &str,
    id: &str,
    items: &[String],
) -> Result<bool, db::Error> {
    let removed = tx.execute(&REMOVE_STOCK, params![merchant, id, changes.now()])? > 0;
    if removed {
        changes.removed::<StockRecords>(id);
        for item in items {
            changes.put::<StockItemRecords>(item);
        }
    }
    Ok(removed)
}

/// The categories that stand, by id.
pub(super) fn categories(tx: &mut Tx<'_>, merchant: &str) -> Result<Vec<StockItemCategory>, db::Error> {
    Ok(tx.query(&CATEGORIES, params![merchant])?.into_iter().map(category_of).collect())
}

/// A category, a removed one too.
pub(super) fn category(
    tx: &mut Tx<'_>,
    merchant: &str,
    id: &str,
) -> Result<Option<StockItemCategory>, db::Error> {
    Ok(tx.optional(&CATEGORY, params![merchant, id])?.map(category_of))
}

/// The categories of these ids.
pub(super) fn categories_of(
    tx: &mut Tx<'_>,
    owner: Owner<'_>,
    ids: &[&str],
) -> Result<BTreeMap<String, StockItemCategory>, db::Error> {
    let mut categories = BTreeMap::new();
    many(tx, &CATEGORIES_OF, params![owner.merchant], ids, |row| {
        categories.insert(row.category_id.clone(), category_of(row));
    })?;
    Ok(categories)
}

/// Writes a category and its entry in the feed; one that was removed is there again.
pub(super) fn put_category(
    tx: &mut Tx<'_>,
    changes: &mut Changes,
    merchant: &str,
    id: &str,
    category: &PutStockItemCategory,
) -> Result<(), db::Error> {
    let PutStockItemCategory { name, parent_category_id } = category;
    tx.execute(&PUT_CATEGORY, params![merchant, id, parent_category_id, name, changes.now()])?;
    changes.put::<StockItemCategoryRecords>(id);
    Ok(())
}

/// Removes a category; false when the merchant has none that stands.
pub(super) fn remove_category(
    tx: &mut Tx<'_>,
    changes: &mut Changes,
    merchant: &str,
    id: &str,
) -> Result<bool, db::Error> {
    let removed = tx.execute(&REMOVE_CATEGORY, params![merchant, id, changes.now()])? > 0;
    if removed {
        changes.removed::<StockItemCategoryRecords>(id);
    }
    Ok(removed)
}

/// The suppliers that stand, by id.
pub(super) fn suppliers(tx: &mut Tx<'_>, merchant: &str) -> Result<Vec<Supplier>, db::Error> {
    Ok(tx.query(&SUPPLIERS, params![merchant])?.into_iter().map(supplier_of).collect())
}

/// A supplier, a removed one too.
pub(super) fn supplier(tx: &mut Tx<'_>, merchant: &str, id: &str) -> Result<Option<Supplier>, db::Error> {
    Ok(tx.optional(&SUPPLIER, params![merchant, id])?.map(supplier_of))
}

/// Writes a supplier, which no domain of the feed has; one that was removed is there again.
pub(super) fn put_supplier(
    tx: &mut Tx<'_>,
    changes: &Changes,
    merchant: &str,
    id: &str,
    supplier: &PutSupplier,
) -> Result<(), db::Error> {
    tx.execute(&PUT_SUPPLIER, params![merchant, id, &supplier.supplier_name, changes.now()])?;
    Ok(())
}

/// Removes a supplier; false when the merchant has none that stands.
pub(super) fn remove_supplier(
    tx: &mut Tx<'_>,
    changes: &Changes,
    merchant: &str,
    id: &str,
) -> Result<bool, db::Error> {
    Ok(tx.execute(&REMOVE_SUPPLIER, params![merchant, id, changes.now()])? > 0)
}

fn stock_of(row: StockRow) -> Stock {
    let stock = PutStock { name: row.name, place_id: row.place };
    Stock { stock_id: row.stock_id, is_central: stock.place_id.is_none(), stock, removed: row.removed }
}

fn category_of(row: CategoryRow) -> StockItemCategory {
    let category = PutStockItemCategory { name: row.name, parent_category_id: row.parent_category_id };
    StockItemCategory { stock_item_category_id: row.category_id, category, removed: row.removed }
}

fn supplier_of(row: SupplierRow) -> Supplier {
    let supplier = PutSupplier { supplier_name: row.name };
    Supplier { supplier_id: row.supplier_id, supplier, removed: row.removed }
}
