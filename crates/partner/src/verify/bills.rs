//! Does each bill show the points that the ledger gave it?

use super::fault::Fault;
use super::slice::{Key, Keys, Slice};
use db::{Error, Joined, Tx};

db::row! {
    struct BillRow {
        bill: Key as Joined,
        points: i64,
        booked: i64,
        untold_sales: i64,
        untold_orders: i64,
    }
}

db::statement! {
    /// A slice of bills, with what their entries on points balances add up to, and what of them counts against what their
    /// member's totals have of them.
    VERIFY_BILLS -> BillRow = "SELECT b.merchant, b.bill_id AS id, b.points,
          (SELECT CAST(COALESCE(SUM(CASE WHEN t.kind = 'earn' THEN t.amount ELSE 0 - t.amount END), 0) AS BIGINT)
            FROM partner_transfer t WHERE t.merchant = b.merchant AND t.bill_id = b.bill_id AND t.kind IN ('earn', 'clawBack')
              AND NOT EXISTS (SELECT 1 FROM partner_balance c WHERE c.merchant = t.merchant
                AND c.balance_id = t.balance_id AND c.stamp_card_id IS NOT NULL)) AS booked,
          CASE WHEN b.member_id IS NOT NULL AND b.counts = 1 AND b.cancelled = 0
            THEN b.final_price - b.prepaid ELSE 0 END - b.told_sales AS untold_sales,
          CASE WHEN b.member_id IS NOT NULL AND b.counts = 1 AND b.cancelled = 0 AND b.is_order = 1
            THEN 1 ELSE 0 END - b.told_orders AS untold_orders
        FROM partner_bill b WHERE (b.merchant, b.bill_id) > ($1, $2)
        ORDER BY b.merchant, b.bill_id LIMIT $3";
}

/// Checks a slice of bills.
pub(super) fn slice(tx: &mut Tx<'_>, after: &Key) -> Result<Slice<Key>, Error> {
    let bills = Keys::behind(tx, &VERIFY_BILLS, after, |row| &row.bill)?;
    let mut faults = Vec::new();
    for row in &bills.rows {
        let BillRow { bill, points: shown, booked, untold_sales: sales, untold_orders: orders } = row;
        if shown != booked || *shown < 0 {
            faults.push(Fault {
                rule: "a bill shows the points it earned and kept, never below 0",
                row: format!("partner_bill {bill}"),
                found: format!("{shown}, booked {booked}"),
            });
        }
        if (*sales, *orders) != (0, 0) {
            faults.push(Fault {
                rule: "all that a bill counts is in the totals of its member",
                row: format!("partner_bill {bill}"),
                found: format!("{orders} orders and {sales} of sales are not"),
            });
        }
    }
    Ok(bills.done(faults))
}
