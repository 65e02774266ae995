//! Where is the menu kept, and what does the till need of a product?

use super::feed::{CategoryRecords, ItemRecords};
use super::{LineCategory, LineProduct};
use crate::feed::Changes;
use db::{Joined, Json, Tx, json, params};
use money::{Amount, Precision};
use wire::Number;
use wire::admin::platform::{AdminMenu, MenuCategory, MenuProduct};

db::row! {
    /// A product as the menu has it now.
    #[derive(Debug, Clone)]
    pub(crate) struct Product {
        pub(crate) on_line: LineProduct as Joined,
        /// One unit with VAT.
        pub(crate) price: Amount,
        pub(crate) is_price_variable: bool,
    }
}

db::row! {
    /// A product as it was set up.
    struct ProductRow {
        product_id: String,
        category_id: Option<String>,
        name: String,
        measure: String,
        ean: Option<String>,
        price: Amount,
        is_price_variable: bool,
        vat_rate: Number,
        vat_id: Option<Number> as Option<Json>,
    }
}

db::statement! {
    PRODUCT -> Product = "SELECT product_id, decoded_id, category_id, name, measure, ean, price, is_price_variable, vat_rate, vat_id
        FROM platform_product WHERE merchant = $1 AND product_id = $2";
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
    // Touching the row is taking it: two menus set up at once are set up one after the other.
    TAKE_MERCHANT -> Precision = "UPDATE platform_merchant SET updated_at = updated_at WHERE merchant = $1
        RETURNING price_precision";
    MERCHANT_PRECISION -> Precision = "SELECT price_precision FROM platform_merchant WHERE merchant = $1";
    PUT_CATEGORY = "INSERT INTO platform_category (merchant, category_id, parent_category_id, name, updated_at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (merchant, category_id) DO UPDATE SET parent_category_id = excluded.parent_category_id,
            name = excluded.name, updated_at = excluded.updated_at";
    // With the merchant taken, so that no two products get one number.
    NEXT_DECODED_ID -> i64 = "SELECT COALESCE(MAX(decoded_id), 0) + 1 FROM platform_product WHERE merchant = $1";
    PUT_PRODUCT = "INSERT INTO platform_product (merchant, product_id, decoded_id, category_id, name, measure, ean,
            price, is_price_variable, vat_rate, vat_id, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT (merchant, product_id) DO UPDATE SET category_id = excluded.category_id, name = excluded.name,
            measure = excluded.measure, ean = excluded.ean, price = excluded.price,
            is_price_variable = excluded.is_price_variable, vat_rate = excluded.vat_rate, vat_id = excluded.vat_id,
            updated_at = excluded.updated_at";
    CATEGORIES -> LineCategory = "SELECT category_id, parent_category_id, name FROM platform_category WHERE merchant = $1
        ORDER BY category_id";
    PRODUCTS -> ProductRow = "SELECT product_id, category_id, name, measure, ean, price, is_price_variable, vat_rate, vat_id
        FROM platform_product WHERE merchant = $1 ORDER BY product_id";
}

/// The product with its category and those above it; `None` when the menu does not have it.
pub(crate) fn product(
    tx: &mut Tx<'_>,
    merchant: &str,
    product_id: &str,
) -> Result<Option<Product>, db::Error> {
    let Some(mut product) = tx.optional(&PRODUCT, params![merchant, product_id])? else { return Ok(None) };
    if let Some(category_id) = &product.on_line.category_id {
        product.on_line.categories = tx.query(&CATEGORY_AND_ABOVE, params![merchant, category_id])?;
    }
    Ok(Some(product))
}

/// How many decimals the merchant's prices have; `None` for a merchant nobody has set up.
pub(super) fn precision(tx: &mut Tx<'_>, merchant: &str) -> Result<Option<Precision>, db::Error> {
    tx.optional(&MERCHANT_PRECISION, params![merchant])
}

/// As [`precision`], with the merchant held to the commit by whoever changes its menu.
pub(super) fn take_merchant(tx: &mut Tx<'_>, merchant: &str) -> Result<Option<Precision>, db::Error> {
    tx.optional(&TAKE_MERCHANT, params![merchant])
}

/// Writes a category and its entry in the feed.
pub(super) fn put_category(
    tx: &mut Tx<'_>,
    changes: &mut Changes,
    merchant: &str,
    category: &MenuCategory,
) -> Result<(), db::Error> {
    let (id, parent) = (&category.category_id, category.parent_category_id.as_ref());
    tx.execute(&PUT_CATEGORY, params![merchant, id, parent, &category.name, changes.now()])?;
    changes.put::<CategoryRecords>(id);
    Ok(())
}

/// Writes a product, priced in minor units, and its entry in the feed.
pub(super) fn put_product(
    tx: &mut Tx<'_>,
    changes: &mut Changes,
    merchant: &str,
    product: &MenuProduct,
    price: Amount,
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
            price.0,
            product.is_price_variable,
            &product.vat_rate.to_string(),
            vat_id.as_ref(),
            changes.now()
        ],
    )?;
    changes.put::<ItemRecords>(&product.product_id);
    Ok(())
}

/// The whole menu.
pub(super) fn menu(tx: &mut Tx<'_>, merchant: &str, precision: Precision) -> Result<AdminMenu, db::Error> {
    let categories = tx.query(&CATEGORIES, params![merchant])?;
    let products = tx.query(&PRODUCTS, params![merchant])?;
    Ok(AdminMenu {
        categories: categories.into_iter().map(category_of).collect(),
        products: products.into_iter().map(|row| product_of(row, precision)).collect(),
    })
}

fn category_of(row: LineCategory) -> MenuCategory {
    let LineCategory { category_id, parent_category_id, name } = row;
    MenuCategory { category_id, parent_category_id, name }
}

fn product_of(row: ProductRow, precision: Precision) -> MenuProduct {
    MenuProduct {
        product_id: row.product_id,
        category_id: row.category_id,
        name: row.name,
        measure: row.measure,
        ean: row.ean,
        price: Number::from_amount(row.price, precision),
        is_price_variable: row.is_price_variable,
        vat_rate: row.vat_rate,
        vat_id: row.vat_id,
    }
}
