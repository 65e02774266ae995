//! Does each bill show the points that the ledger gave it?

use super::Fault;
use super::slice::{Key, Keys, Slice, key};
use db::{Error, Tx};

db::statement! {
    /// A slice of bills, with what their entries on points balances add up to.
    VERIFY_BILLS = "SELECT b.merchant, b.bill_id, b.points,
          (SELECT CAST(COALESCE(SUM(CASE WHEN t.kind = 'earn' THEN t.amount ELSE 0 - t.amount END), 0) AS BIGINT)
            FROM partner_transfer t WHERE t.merchant = b.merchant AND t.bill_id = b.bill_id AND t.kind IN ('earn', 'clawBack')
              AND NOT EXISTS (SELECT 1 FROM partner_balance c WHERE c.merchant = t.merchant
                AND c.balance_id = t.balance_id AND c.stamp_card_id IS NOT NULL))
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
    }
    Ok(bills.done(faults))
}
