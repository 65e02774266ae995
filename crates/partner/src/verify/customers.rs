//! Does the customers feed say what the bills and the balances say?

use super::fault::Fault;
use super::slice::{SLICE_ROWS, Slice};
use db::{Error, Tx, params};

db::statement! {
    /// A slice of customers, with what their balances and bills add up to; points that become usable from
    /// `points_due_at` on were not counted in.
    VERIFY_CUSTOMERS = "SELECT c.merchant, c.customer_number, c.points, c.total_orders, c.total_sales,
          (SELECT CAST(COALESCE(SUM(CASE WHEN posted < 0 THEN posted WHEN status <> 'active' THEN 0 WHEN posted > waiting THEN posted - waiting ELSE 0 END), 0) AS BIGINT) FROM (
            SELECT b.posted, b.status, (SELECT CAST(COALESCE(SUM(l.remaining), 0) AS BIGINT) FROM partner_lot AS l WHERE l.merchant = c.merchant
              AND l.balance_id = b.balance_id AND l.available_at >= c.points_due_at AND l.remaining <> 0) AS waiting
            FROM partner_balance AS b WHERE b.merchant = c.merchant AND b.member_id = c.member_id
              AND b.type = 'collectablePoints' AND b.stamp_card_id IS NULL) AS usable),
          (SELECT COUNT(*) FROM partner_bill o
            WHERE o.merchant = c.merchant AND o.member_id = c.member_id AND o.counts = 1 AND o.cancelled = 0 AND o.is_order = 1),
          (SELECT CAST(COALESCE(SUM(final_price - prepaid), 0) AS BIGINT) FROM partner_bill o
            WHERE o.merchant = c.merchant AND o.member_id = c.member_id AND o.counts = 1 AND o.cancelled = 0)
        FROM partner_customer c WHERE (c.merchant, c.customer_number) > ($1, $2)
        ORDER BY c.merchant, c.customer_number LIMIT $3";
}

/// Checks a slice of customers.
pub(super) fn slice(tx: &mut Tx<'_>, after: &(String, i64)) -> Result<Slice<(String, i64)>, Error> {
    let rows = tx.query(&VERIFY_CUSTOMERS, params![&after.0, after.1, SLICE_ROWS])?;
    let (mut faults, mut last) = (Vec::new(), None);
    for row in &rows {
        let key: (String, i64) = (row.get(0)?, row.get(1)?);
        for (rule, shown, counted) in [
            ("points are what of the points balances can be used", 2, 5),
            ("total_orders counts the bills that count", 3, 6),
            ("total_sales adds up the bills that count", 4, 7),
        ] {
            let (shown, counted): (i64, i64) = (row.get(shown)?, row.get(counted)?);
            if shown != counted {
                let at = format!("partner_customer {}/{}", key.0, key.1);
                faults.push(Fault { rule, row: at, found: format!("{shown}, counted {counted}") });
            }
        }
        last = Some(key);
    }
    Ok(Slice::after(&rows, last, faults))
}
