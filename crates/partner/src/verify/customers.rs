//! Does the customers feed say what the bills and the balances say?

use super::fault::Fault;
use super::slice::{SLICE_ROWS, Slice};
use db::{Error, Tx, params};

db::row! {
    struct CustomerRow {
        merchant: String,
        customer_number: i64,
        points: i64,
        total_orders: i64,
        total_sales: i64,
        usable_points: i64,
        counted_orders: i64,
        counted_sales: i64,
    }
}

db::statement! {
    /// A slice of customers, with what their balances and bills add up to; points that become usable from
    /// `points_due_at` on were not counted in.
    VERIFY_CUSTOMERS -> CustomerRow = "SELECT c.merchant, c.customer_number, c.points, c.total_orders, c.total_sales,
          (SELECT CAST(COALESCE(SUM(CASE WHEN posted < 0 THEN posted WHEN status <> 'active' THEN 0 WHEN posted > waiting THEN posted - waiting ELSE 0 END), 0) AS BIGINT) FROM (
            SELECT b.posted, b.status, (SELECT CAST(COALESCE(SUM(l.remaining), 0) AS BIGINT) FROM partner_lot AS l WHERE l.merchant = c.merchant
              AND l.balance_id = b.balance_id AND l.available_at >= c.points_due_at AND l.remaining <> 0) AS waiting
            FROM partner_balance AS b WHERE b.merchant = c.merchant AND b.member_id = c.member_id
              AND b.type = 'collectablePoints' AND b.stamp_card_id IS NULL) AS usable) AS usable_points,
          (SELECT COUNT(*) FROM partner_bill o
            WHERE o.merchant = c.merchant AND o.member_id = c.member_id AND o.counts = 1 AND o.cancelled = 0 AND o.is_order = 1) AS counted_orders,
          (SELECT CAST(COALESCE(SUM(final_price - prepaid), 0) AS BIGINT) FROM partner_bill o
            WHERE o.merchant = c.merchant AND o.member_id = c.member_id AND o.counts = 1 AND o.cancelled = 0) AS counted_sales
        FROM partner_customer c WHERE (c.merchant, c.customer_number) > ($1, $2)
        ORDER BY c.merchant, c.customer_number LIMIT $3";
}

/// Checks a slice of customers.
pub(super) fn slice(tx: &mut Tx<'_>, after: &(String, i64)) -> Result<Slice<(String, i64)>, Error> {
    let rows = tx.query(&VERIFY_CUSTOMERS, params![&after.0, after.1, SLICE_ROWS])?;
    let (mut faults, mut last) = (Vec::new(), None);
    for row in &rows {
        for (rule, shown, counted) in [
            ("points are what of the points balances can be used", row.points, row.usable_points),
            ("total_orders counts the bills that count", row.total_orders, row.counted_orders),
            ("total_sales adds up the bills that count", row.total_sales, row.counted_sales),
        ] {
            if shown != counted {
                let at = format!("partner_customer {}/{}", row.merchant, row.customer_number);
                faults.push(Fault { rule, row: at, found: format!("{shown}, counted {counted}") });
            }
        }
        last = Some((row.merchant.clone(), row.customer_number));
    }
    Ok(Slice::after(rows.len(), last, faults))
}
