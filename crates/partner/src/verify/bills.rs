//! Does each bill show the points that the ledger gave it?

use super::fault::Fault;
use super::slice::{Key, Keys, Slice, key};
use db::{Error, Tx};

db::statement! {
    /// A slice of bills, with what their entries on points balances add up to, and what of them counts against what their
    /// member's totals have of them.
    VERIFY_BILLS = "SELECT b.merchant, b.bill_id, b.points,
          (SELECT CAST(COALESCE(SUM(CASE WHEN t.kind = 'earn' THEN t.amount ELSE 0 - t.amount END), 0) AS BIGINT)
            FROM partner_transfer t WHERE t.merchant = b.merchant AND t.bill_id = b.bill_id AND t.kind IN ('earn', 'clawBack')
              AND NOT EXISTS (SELECT 1 FROM partner_balance c WHERE c.merchant = t.merchant
                AND c.balance_id = t.balance_id AND c.stamp_card_id IS NOT NULL)),
          CASE WHEN b.member_id IS NOT NULL AND b.counts = 1 AND b.cancelled = 0
            THEN b.final_price - b.prepaid ELSE 0 END - b.told_sales,
          CASE WHEN b.member_id IS NOT NULL AND b.counts = 1 AND b.cancelled = 0 AND b.is_order = 1
            THEN 1 ELSE 0 END - b.told_orders
        FROM partner_bill b WHERE (b.merchant, b.bill_id) > ($1, $2)
        ORDER BY b.merchant, b.bill_id LIMIT $3";
}

/// Checks a slice of bills.
pub(super) fn slice(tx: &mut Tx<'_>, after: &Key) -> Result<Slice<Key>, Error> {
    let bills = Keys::behind(tx, &VERIFY_BILLS, after)?;
    let mut faults = Vec::new();
    for row in &bills.rows {
        let (merchant, bill_id) = key(row)?;
        let (shown, booked): (i64, i64) = (row.get(2)?, row.get(3)?);
        if shown != booked || shown < 0 {
            faults.push(Fault {
                rule: "a bill shows the points it earned and kept, never below 0",
                row: format!("partner_bill {merchant}/{bill_id}"),
                found: format!("{shown}, booked {booked}"),
            });
        }
        let (sales, orders): (i64, i64) = (row.get(4)?, row.get(5)?);
        if (sales, orders) != (0, 0) {
            faults.push(Fault {
                rule: "all that a bill counts is in the totals of its member",
                row: format!("partner_bill {merchant}/{bill_id}"),
                found: format!("{orders} orders and {sales} of sales are not"),
            });
        }
    }
    Ok(bills.done(faults))
}
