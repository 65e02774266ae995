//! What does the change feed send of the menu? (protocol.md §11.2)

use crate::feed::{Owner, Synchronized, many};
use db::{Tx, params};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use wire::datasync::Domain;

db::row! {
    struct CategoryRow {
        category_id: String,
        name: String,
        parent_category_id: Option<String>,
    }
}
db::row! {
    struct ProductRow {
        product_id: String,
        name: String,
        category_id: Option<String>,
        measure: String,
        ean: Option<String>,
        is_price_variable: bool,
    }
}
db::statement! {
    // Categories of 32 ids.
    CATEGORIES_OF -> CategoryRow = "SELECT category_id, name, parent_category_id FROM platform_category
        WHERE merchant = $1 AND category_id IN (
            $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
            $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33)";
    // Products of 32 ids.
    PRODUCTS_OF -> ProductRow = "SELECT product_id, name, category_id, measure, ean, is_price_variable FROM platform_product
        WHERE merchant = $1 AND product_id IN (
            $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
            $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33)";
}

/// The domain `itemCategories`.
pub(crate) enum CategoryRecords {}

impl Synchronized for CategoryRecords {
    const DOMAIN: Domain = Domain::ItemCategories;
    type Record = Value;

    fn load(tx: &mut Tx<'_>, owner: Owner<'_>, ids: &[&str]) -> Result<BTreeMap<String, Value>, db::Error> {
        let mut categories = BTreeMap::new();
        many(tx, &CATEGORIES_OF, params![owner.merchant], ids, |row| {
            let record = json!({
                "categoryId": row.category_id,
                "name": row.name,
                "parentCategoryId": row.parent_category_id,
            });
            categories.insert(row.category_id, record);
        })?;
        Ok(categories)
    }
}

/// The domain `items`: a product without its prices.
pub(crate) enum ItemRecords {}

impl Synchronized for ItemRecords {
    const DOMAIN: Domain = Domain::Items;
    type Record = Value;

    fn load(tx: &mut Tx<'_>, owner: Owner<'_>, ids: &[&str]) -> Result<BTreeMap<String, Value>, db::Error> {
        let mut products = BTreeMap::new();
        many(tx, &PRODUCTS_OF, params![owner.merchant], ids, |row| {
            let record = json!({
                "productId": row.product_id,
                "name": row.name,
                "categoryId": row.category_id,
                "measure": row.measure,
                "ean": row.ean,
                "isPriceVariable": row.is_price_variable,
            });
            products.insert(row.product_id, record);
        })?;
        Ok(products)
    }
}
