//! Which shortfalls stand beside value that no hold keeps any more?
//!
//! A few at any time. Whoever books on such a balance fills it first, so here only those are filled on which nobody
//! books; before their ended holds are marked, because the holds' ends say which lot was free first.

use super::done;
use crate::Partner;
use crate::loyalty::ledger::{fill_holes, store};
use db::{Error, Never, Tx, TxError, params};
use jiff::Timestamp;

db::row! {
    struct BalanceToFill {
        merchant: String,
        balance_id: String,
    }
}

db::statement! {
    /// A slice of the balances with a shortfall beside value of its kind, where a hold has ended or nothing is held.
    HOLES_TO_FILL -> BalanceToFill = "SELECT DISTINCT hole.merchant, hole.balance_id FROM partner_lot AS hole
        WHERE hole.remaining < 0 AND (hole.merchant, hole.balance_id) > ($1, $2)
          AND EXISTS (SELECT 1 FROM partner_lot AS beside WHERE beside.merchant = hole.merchant
            AND beside.balance_id = hole.balance_id AND beside.remaining > 0
            AND (hole.type NOT IN ('multiPurposePrepaidVoucher', 'prepaidCredit')
              OR (beside.kind = 'bonus') = (hole.paid_value IS NOT NULL AND hole.paid_value = 0)))
          AND NOT EXISTS (SELECT 1 FROM partner_hold AS held WHERE held.merchant = hole.merchant
            AND held.balance_id = hole.balance_id AND held.state = 'active' AND held.expires_at > $3
            AND NOT EXISTS (SELECT 1 FROM partner_hold AS over WHERE over.merchant = hole.merchant
              AND over.balance_id = hole.balance_id AND over.state = 'active' AND over.expires_at <= $3))
        ORDER BY hole.merchant, hole.balance_id LIMIT $4";
}

/// Fills what can be filled, `rows` balances a slice; how many that were.
pub(super) async fn sweep(partner: &Partner, now: Timestamp, rows: i64) -> Result<u64, Error> {
    let (mut swept, mut after) = (0, (String::new(), String::new()));
    loop {
        let from = after.clone();
        let slice = partner
            .db()
            .read("holes_to_fill", move |tx| slice(tx, now, &from, rows).map_err(TxError::<Never>::from));
        let slice = done(slice.await)?;
        let full = i64::try_from(slice.len()).unwrap_or(i64::MAX) >= rows;
        let last = slice.last().cloned();
        for (merchant, balance_id) in slice {
            let filled = partner.db().write("fill_holes", move |tx| {
                let locked = store::lock_balance(tx, &merchant, &balance_id, now)?.is_some();
                Ok::<_, TxError<Never>>(locked && fill_holes(tx, &merchant, &[&balance_id], now)?)
            });
            swept += u64::from(done(filled.await)?);
        }
        match last.filter(|_| full) {
            Some(last) => after = last,
            None => return Ok(swept),
        }
    }
}

fn slice(
    tx: &mut Tx<'_>,
    now: Timestamp,
    after: &(String, String),
    rows: i64,
) -> Result<Vec<(String, String)>, Error> {
    let found = tx.query(&HOLES_TO_FILL, params![&after.0, &after.1, now, rows])?;
    Ok(found.into_iter().map(|row| (row.merchant, row.balance_id)).collect())
}
