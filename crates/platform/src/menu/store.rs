//! Where is the menu kept, and what does the till need of a product?

use super::{LineCategory, LineProduct};
use crate::column::{Exact, Json};
use db::{Tx, params};
use money::Amount;

db::statement! {
    PRODUCT = "SELECT product_id, decoded_id, category_id, name, measure, ean, price, is_price_variable, vat_rate, vat_id
        FROM platform_product WHERE merchant = $1 AND product_id = $2";
    // The depth ends a circle that set-up should never have let in.
    CATEGORY_AND_ABOVE = "WITH RECURSIVE above (category_id, parent_category_id, name, depth) AS (
            SELECT category_id, parent_category_id, name, CAST(0 AS BIGINT)
            FROM platform_category WHERE merchant = $1 AND category_id = $2
            UNION ALL
            SELECT c.category_id, c.parent_category_id, c.name, above.depth + 1
            FROM platform_category c JOIN above ON c.category_id = above.parent_category_id
            WHERE c.merchant = $1 AND above.depth < 20
        )
        SELECT category_id, parent_category_id, name FROM above ORDER BY depth";
}

/// A product as the menu has it now.
#[derive(Debug, Clone)]
pub(crate) struct Product {
    pub(crate) on_line: LineProduct,
    /// One unit with VAT.
    pub(crate) price: Amount,
    pub(crate) is_price_variable: bool,
}

/// The product with its category and those above it; `None` when the menu does not have it.
pub(crate) fn product(
    tx: &mut Tx<'_>,
    merchant: &str,
    product_id: &str,
) -> Result<Option<Product>, db::Error> {
    let Some(row) = tx.optional(&PRODUCT, params![merchant, product_id])? else { return Ok(None) };
    let category_id: Option<String> = row.get(2)?;
    let categories = match &category_id {
        Some(category_id) => categories(tx, merchant, category_id)?,
        None => Vec::new(),
    };
    Ok(Some(Product {
        on_line: LineProduct {
            product_id: row.get(0)?,
            decoded_id: row.get(1)?,
            category_id,
            name: row.get(3)?,
            measure: row.get(4)?,
            ean: row.get(5)?,
            vat_rate: row.get::<Exact>(8)?.0,
            vat_id: row.get::<Option<Json<_>>>(9)?.map(|json| json.0),
            categories,
        },
        price: Amount(row.get(6)?),
        is_price_variable: row.get(7)?,
    }))
}

fn categories(tx: &mut Tx<'_>, merchant: &str, category_id: &str) -> Result<Vec<LineCategory>, db::Error> {
    tx.query(&CATEGORY_AND_ABOVE, params![merchant, category_id])?
        .iter()
        .map(|row| {
            Ok(LineCategory { category_id: row.get(0)?, parent_category_id: row.get(1)?, name: row.get(2)? })
        })
        .collect()
}
