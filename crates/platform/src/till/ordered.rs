//! How does an order that came from elsewhere become a check?
//!
//! It is opened and priced as any check is; only the prices are those that the order says.

use super::lines;
use super::open::{Opening, open};
use super::store;
use crate::feed::many;
use crate::menu::LineProduct;
use crate::sale::StoredCheck;
use crate::sale::bill::StoredOrderProvider;
use db::{Tx, TxError, params};
use door::ApiError;
use money::{Amount, Precision, spread};
use std::collections::BTreeMap;

db::row! {
    /// A check that was paid, and its bill.
    struct BillOfCheck {
        check_id: String,
        bill_id: String,
    }
}
db::statement! {
    // Of 32 checks.
    BILLS_OF -> BillOfCheck = "SELECT check_id, bill_id FROM platform_check
        WHERE merchant = $1 AND place = $2 AND bill_id IS NOT NULL AND check_id IN (
            $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
            $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34)";
}

/// So much of a product, at the price that the guest was told.
#[derive(Debug, Clone)]
pub(crate) struct OrderedLine {
    pub(crate) product: LineProduct,
    pub(crate) count: i64,
    /// One with VAT.
    pub(crate) unit_price: Amount,
    /// More of the product was ordered than was left, at a place that only warns of it.
    pub(crate) beyond_remaining: bool,
    /// What it goes with, of an addition.
    pub(crate) goes_with: Option<GoesWith>,
}

/// What an ordered addition goes with.
#[derive(Debug, Clone)]
pub(crate) struct GoesWith {
    pub(crate) addition_id: String,
    /// The place among the order's lines, from 0.
    pub(crate) line: usize,
    /// How many with one unit of that line.
    pub(crate) count: i64,
}

/// What an order says of its check.
#[derive(Debug, Clone)]
pub(crate) struct Ordered {
    /// In the order in which they are shown.
    pub(crate) lines: Vec<OrderedLine>,
    /// Off the whole order: spread over its lines by what they come to.
    pub(crate) discount: Amount,
    /// Which order it is, for the bill.
    pub(crate) provider: StoredOrderProvider,
}

/// Opens a check with the lines of an order.
///
/// # Errors
/// 400 when a line does not fit the currency.
pub(crate) fn open_ordered(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    opening: Opening,
    ordered: &Ordered,
    precision: Precision,
) -> Result<StoredCheck, TxError<ApiError>> {
    let weights: Vec<Amount> =
        ordered.lines.iter().map(|line| Amount(line.unit_price.0.saturating_mul(line.count))).collect();
    let discounts = spread(ordered.discount, &weights);
    let lines = lines::ordered(ordered.lines.iter().zip(discounts), precision).map_err(TxError::Refused)?;
    let mut check = open(tx, merchant, place, opening)?;
    check.lines = lines;
    check.order_provider = Some(ordered.provider.clone());
    store::fill(tx, merchant, place, &check, None)?;
    Ok(check)
}

/// The bills of those of the checks that are paid, by check.
pub(crate) fn bills_of(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    check_ids: &[&str],
) -> Result<BTreeMap<String, String>, db::Error> {
    let mut bills = BTreeMap::new();
    many(tx, &BILLS_OF, params![merchant, place], check_ids, |row| {
        bills.insert(row.check_id, row.bill_id);
    })?;
    Ok(bills)
}
