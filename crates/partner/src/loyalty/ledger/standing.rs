//! How does a balance change beside what is booked on it: whose it is, whether it may be spent, what is set on it?

use super::balance::{BalanceSettings, BalanceStatus};
use crate::row;
use db::{Error, Tx, params};

db::statement! {
    /// Whether a balance may be spent and how it is shown; the balance is locked.
    PUT_BALANCE = "UPDATE partner_balance SET status = $3, settings = $4, blocked_from = $5 WHERE merchant = $1 AND balance_id = $2";
    /// Takes a balance away from its member: whoever carries its code spends it.
    DISOWN_BALANCE = "UPDATE partner_balance SET member_id = NULL, merged_from = NULL
        WHERE merchant = $1 AND balance_id = $2";
    /// A member's balances become another's.
    MOVE_BALANCES = "UPDATE partner_balance SET member_id = $3, merged_from = COALESCE(merged_from, member_id)
        WHERE merchant = $1 AND member_id = $2";
    /// Balances that came from a member go back to whom they came with.
    RETURN_BALANCES = "UPDATE partner_balance SET member_id = $4, merged_from = CASE WHEN merged_from = $4 THEN NULL ELSE merged_from END
        WHERE merchant = $1 AND member_id = $2 AND merged_from = $3";
    /// A voucher all of whose top-ups went back waits for its activation again. Not while something is on it that was no
    /// top-up, for it would be sold along, nor while something of it is missing, for the next buyer would fill the hole.
    /// What a check still holds stands against a shortfall and is neither. Its row must be locked.
    DEACTIVATE_BALANCE = "UPDATE partner_balance SET status = 'inactive'
        WHERE merchant = $1 AND balance_id = $2 AND status = 'active' AND posted = 0
          AND EXISTS (SELECT 1 FROM partner_transfer AS sold WHERE sold.merchant = $1 AND sold.balance_id = $2
            AND sold.kind = 'topUp' AND sold.reverses IS NULL)
          AND NOT EXISTS (SELECT 1 FROM partner_transfer AS sold WHERE sold.merchant = $1 AND sold.balance_id = $2
            AND sold.kind = 'topUp' AND sold.reverses IS NULL
            AND sold.amount > (SELECT CAST(COALESCE(SUM(mirror.amount), 0) AS BIGINT) FROM partner_transfer AS mirror
              WHERE mirror.merchant = $1 AND mirror.bill_id = sold.bill_id
                AND mirror.balance_id = $2 AND mirror.reverses = sold.entry))";
}

/// Sets whether a locked balance may be spent and how it is shown; `blocked_from` as in
/// [`BalanceRow`](super::BalanceRow).
pub(crate) fn put(
    tx: &mut Tx<'_>,
    merchant: &str,
    balance_id: &str,
    (status, blocked_from): (BalanceStatus, Option<BalanceStatus>),
    settings: &BalanceSettings,
) -> Result<(), Error> {
    let settings = row::to_json("partner_balance", "settings", settings)?;
    tx.execute(&PUT_BALANCE, params![merchant, balance_id, status, &settings, blocked_from])?;
    Ok(())
}

/// Takes a locked balance away from its member.
pub(crate) fn disown(tx: &mut Tx<'_>, merchant: &str, balance_id: &str) -> Result<(), Error> {
    tx.execute(&DISOWN_BALANCE, params![merchant, balance_id])?;
    Ok(())
}

/// Makes a member's balances another's; how many that were.
pub(crate) fn move_all(tx: &mut Tx<'_>, merchant: &str, from: &str, into: &str) -> Result<u64, Error> {
    tx.execute(&MOVE_BALANCES, params![merchant, from, into])
}

/// Gives the balances that `holder` has, and that first were `first`'s, to `to`.
pub(crate) fn return_all(
    tx: &mut Tx<'_>,
    merchant: &str,
    holder: &str,
    first: &str,
    to: &str,
) -> Result<(), Error> {
    tx.execute(&RETURN_BALANCES, params![merchant, holder, first, to])?;
    Ok(())
}

/// Puts a locked voucher back to waiting for its activation, when every one it had went back; whether it did.
pub(crate) fn deactivate(tx: &mut Tx<'_>, merchant: &str, balance_id: &str) -> Result<bool, Error> {
    Ok(tx.execute(&DEACTIVATE_BALANCE, params![merchant, balance_id])? > 0)
}
