//! How is a hold on a balance placed, moved, used and ended? The only writer of `partner_hold`.

use super::hold::{CheckKey, Ended, HoldRow};
use super::lot::LotPart;
use crate::row;
use db::{Error, Tx, params};
use jiff::Timestamp;

db::statement! {
    /// A new hold.
    INSERT_HOLD = "INSERT INTO partner_hold (merchant, balance_id, hold_number, place, device_number, check_id, offer_id,
            amount, lots, state, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'active', $10, $11)";
    /// Moves the end of every hold a check still has.
    EXTEND_HOLDS = "UPDATE partner_hold SET expires_at = $5, offer_id = $6
        WHERE merchant = $1 AND place = $2 AND device_number = $3 AND check_id = $4 AND state = 'active'";
    /// Ends a hold.
    END_HOLD = "UPDATE partner_hold SET state = $4
        WHERE merchant = $1 AND balance_id = $2 AND hold_number = $3 AND state = 'active'";
    /// Gives back what an offer keeps on one balance.
    RELEASE_HOLD = "UPDATE partner_hold SET state = 'released'
        WHERE merchant = $1 AND balance_id = $2 AND place = $3 AND device_number = $4 AND check_id = $5
          AND offer_id = $6 AND state = 'active'";
    /// Takes from a hold what a report used; the rest stays held (loyalty.md §4).
    CAPTURE_HOLD = "UPDATE partner_hold SET amount = CAST($4 AS BIGINT), lots = $5,
        state = CASE WHEN CAST($4 AS BIGINT) = 0 THEN 'captured' ELSE state END
        WHERE merchant = $1 AND balance_id = $2 AND hold_number = $3 AND state = 'active'";
    /// Marks one slice of the holds that have ended. The state is asked once more where the row is written,
    /// so a hold that was renewed meanwhile stays. No index by time: it would cost every offer more than this
    /// walk over the few holds that are active; unordered, so that a slice ends as soon as it is full.
    MARK_ENDED_HOLDS = "UPDATE partner_hold SET state = 'expired'
        WHERE state = 'active' AND expires_at <= $1 AND (merchant, balance_id, hold_number) IN (
            SELECT merchant, balance_id, hold_number FROM partner_hold
            WHERE state = 'active' AND expires_at <= $1 LIMIT $2)";
}

/// A hold to be placed.
pub(crate) struct NewHold<'a> {
    pub(crate) merchant: &'a str,
    pub(crate) balance_id: &'a str,
    /// The balance's `version` under the lock, so no two holds of a balance share it.
    pub(crate) hold_number: i64,
    pub(crate) check: &'a CheckKey,
    pub(crate) offer_id: &'a str,
    pub(crate) lots: &'a [LotPart],
    pub(crate) now: Timestamp,
    pub(crate) expires_at: Timestamp,
}

/// Places a hold. Its balance is locked, and the check has no other active hold on it.
pub(crate) fn place_hold(tx: &mut Tx<'_>, new: &NewHold<'_>) -> Result<(), Error> {
    let lots = row::to_json("partner_hold", "lots", &new.lots)?;
    let amount: i64 = new.lots.iter().map(|part| part.amount).sum();
    tx.execute(
        &INSERT_HOLD,
        params![
            new.merchant,
            new.balance_id,
            new.hold_number,
            &new.check.place,
            new.check.device_number,
            &new.check.check_id,
            new.offer_id,
            amount,
            &lots,
            new.now,
            new.expires_at,
        ],
    )?;
    Ok(())
}

/// Moves the end of every hold the check has. Their balances are locked.
pub(crate) fn extend_holds(
    tx: &mut Tx<'_>,
    merchant: &str,
    check: &CheckKey,
    offer_id: &str,
    expires_at: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        &EXTEND_HOLDS,
        params![merchant, &check.place, check.device_number, &check.check_id, expires_at, offer_id],
    )?;
    Ok(())
}

/// Ends a hold. Its balance is locked.
pub(crate) fn end_hold(tx: &mut Tx<'_>, merchant: &str, hold: &HoldRow, ended: Ended) -> Result<(), Error> {
    tx.execute(&END_HOLD, params![merchant, &hold.balance_id, hold.hold_number, ended.text()])?;
    Ok(())
}

/// Gives back what an offer keeps on a balance. The balance is locked.
pub(crate) fn release_hold(
    tx: &mut Tx<'_>,
    merchant: &str,
    balance_id: &str,
    check: &CheckKey,
    offer_id: &str,
) -> Result<(), Error> {
    tx.execute(
        &RELEASE_HOLD,
        params![merchant, balance_id, &check.place, check.device_number, &check.check_id, offer_id],
    )?;
    Ok(())
}

/// Leaves `hold` with what its fields say now; empty, it is captured.
pub(crate) fn capture_hold(tx: &mut Tx<'_>, merchant: &str, hold: &HoldRow) -> Result<(), Error> {
    let lots = row::to_json("partner_hold", "lots", &hold.lots)?;
    tx.execute(&CAPTURE_HOLD, params![merchant, &hold.balance_id, hold.hold_number, hold.amount, &lots])?;
    Ok(())
}

/// Marks one slice of ended holds as expired; how many it marked. It only tidies: readers judge the time.
pub(crate) fn mark_ended(tx: &mut Tx<'_>, now: Timestamp, rows: i64) -> Result<u64, Error> {
    tx.execute(&MARK_ENDED_HOLDS, params![now, rows])
}
