//! What does an erasure read and write? SQL.

use db::{Error, Tx, params};
use jiff::Timestamp;

db::statement! {
    /// The ids of a member's balances.
    BALANCE_IDS_OF_MEMBER = "SELECT balance_id FROM partner_balance WHERE merchant = $1 AND member_id = $2";
    /// A member's status, the members merged into it, and the member it was merged into.
    STANDING_OF_MEMBER = "SELECT m.status, m.aliases, c.merged_into FROM partner_member AS m
        LEFT JOIN partner_customer AS c ON c.merchant = m.merchant AND c.member_id = m.member_id
        WHERE m.merchant = $1 AND m.member_id = $2";
    /// Locks a member's row of the customers feed.
    LOCK_CUSTOMER_OF_LEAVING = "UPDATE partner_customer SET last_updated = last_updated
        WHERE merchant = $1 AND member_id = $2";
    /// Marks a member as erased and clears tier and tags, which tell about the person too.
    ERASE_MEMBER = "UPDATE partner_member SET status = 'erased', tier = NULL, tier_was = NULL, tier_was_until = NULL, tags = '[]', updated_at = $3
        WHERE merchant = $1 AND member_id = $2 AND status <> 'erased'";
    /// Deletes the person behind a member.
    DELETE_PERSON = "DELETE FROM partner_person WHERE merchant = $1 AND member_id = $2";
    /// Takes a balance away from its member: whoever carries its code spends it.
    DISOWN_BALANCE = "UPDATE partner_balance SET member_id = NULL, merged_from = NULL
        WHERE merchant = $1 AND balance_id = $2";
    /// Freezes the codes that opened a balance.
    FREEZE_CODES_OF_BALANCE = "UPDATE partner_code SET status = 'frozen'
        WHERE merchant = $1 AND balance_id = $2 AND kind IN ('voucher', 'topUp')";
    /// Keeps how a member's value was settled.
    INSERT_ERASURE = "INSERT INTO partner_erasure (merchant, member_id, erased_value, hand_over, balances, erased_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    /// How the value of an erased member was settled.
    GET_ERASURE = "SELECT erased_value, hand_over, balances FROM partner_erasure WHERE merchant = $1 AND member_id = $2";
}

/// The ids of a member's balances.
pub(super) fn balance_ids(tx: &mut Tx<'_>, merchant: &str, member_id: &str) -> Result<Vec<String>, Error> {
    let rows = tx.query(&BALANCE_IDS_OF_MEMBER, params![merchant, member_id])?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// A member's status and merges.
pub(super) struct Standing {
    /// `active`, `frozen`, `merged` or `erased`.
    pub(super) status: String,
    /// The ids of the members merged into it: a JSON list.
    pub(super) aliases: String,
    pub(super) merged_into: Option<String>,
}

/// Reads a member's status and merges; `None` where there is no such member.
pub(super) fn standing(tx: &mut Tx<'_>, merchant: &str, member_id: &str) -> Result<Option<Standing>, Error> {
    let row = tx.optional(&STANDING_OF_MEMBER, params![merchant, member_id])?;
    row.map(|row| Ok(Standing { status: row.get(0)?, aliases: row.get(1)?, merged_into: row.get(2)? }))
        .transpose()
}

/// Locks a member's row of the customers feed, so that a merge and another erasure wait.
pub(super) fn lock(tx: &mut Tx<'_>, merchant: &str, member_id: &str) -> Result<(), Error> {
    tx.execute(&LOCK_CUSTOMER_OF_LEAVING, params![merchant, member_id])?;
    Ok(())
}

/// Marks a member as erased and deletes the person.
pub(super) fn forget(tx: &mut Tx<'_>, merchant: &str, member_id: &str, now: Timestamp) -> Result<(), Error> {
    tx.execute(&ERASE_MEMBER, params![merchant, member_id, now])?;
    tx.execute(&DELETE_PERSON, params![merchant, member_id])?;
    Ok(())
}

/// Takes a locked balance away from its member.
pub(super) fn disown(tx: &mut Tx<'_>, merchant: &str, balance_id: &str) -> Result<(), Error> {
    tx.execute(&DISOWN_BALANCE, params![merchant, balance_id])?;
    Ok(())
}

/// Freezes the codes that opened a balance so far.
pub(super) fn freeze_codes(tx: &mut Tx<'_>, merchant: &str, balance_id: &str) -> Result<(), Error> {
    tx.execute(&FREEZE_CODES_OF_BALANCE, params![merchant, balance_id])?;
    Ok(())
}

/// How the value of an erased member was settled: a row of `partner_erasure`.
pub(super) struct Erasure {
    /// `payOut` or `bearerVoucher`.
    pub(super) erased_value: String,
    /// Minor units.
    pub(super) hand_over: i64,
    /// A JSON list.
    pub(super) balances: String,
}

/// Keeps how a member's value was settled.
pub(super) fn keep(
    tx: &mut Tx<'_>,
    merchant: &str,
    member_id: &str,
    erasure: &Erasure,
    now: Timestamp,
) -> Result<(), Error> {
    let Erasure { erased_value, hand_over, balances } = erasure;
    tx.execute(&INSERT_ERASURE, params![merchant, member_id, erased_value, *hand_over, balances, now])?;
    Ok(())
}

/// Reads how a member's value was settled; `None` where it stayed on the balances.
pub(super) fn kept(tx: &mut Tx<'_>, merchant: &str, member_id: &str) -> Result<Option<Erasure>, Error> {
    let row = tx.optional(&GET_ERASURE, params![merchant, member_id])?;
    row.map(|row| Ok(Erasure { erased_value: row.get(0)?, hand_over: row.get(1)?, balances: row.get(2)? }))
        .transpose()
}
