//! What does an erasure read and write? SQL.

use db::{Error, Tx, params};
use jiff::Timestamp;

db::statement! {
    /// What a member owns.
    BALANCE_IDS_OF_MEMBER = "SELECT balance_id FROM partner_balance WHERE merchant = $1 AND member_id = $2";
    /// Whether and as what a member is known, and who was merged into it.
    STANDING_OF_MEMBER = "SELECT m.status, m.aliases, c.merged_into FROM partner_member AS m
        LEFT JOIN partner_customer AS c ON c.merchant = m.merchant AND c.member_id = m.member_id
        WHERE m.merchant = $1 AND m.member_id = $2";
    /// Locks what the feed shows of a member.
    LOCK_CUSTOMER_OF_LEAVING = "UPDATE partner_customer SET last_updated = last_updated
        WHERE merchant = $1 AND member_id = $2";
    /// Ends a member; tier and tags tell about a person too.
    ERASE_MEMBER = "UPDATE partner_member SET status = 'erased', tier = NULL, tier_was = NULL, tier_was_until = NULL, tags = '[]', updated_at = $3
        WHERE merchant = $1 AND member_id = $2 AND status <> 'erased'";
    /// Forgets who it was.
    DELETE_PERSON = "DELETE FROM partner_person WHERE merchant = $1 AND member_id = $2";
    /// A balance becomes nobody's: whoever carries its code spends it.
    DISOWN_BALANCE = "UPDATE partner_balance SET member_id = NULL, merged_from = NULL
        WHERE merchant = $1 AND balance_id = $2";
    /// What opened the balance before does so no more.
    FREEZE_CODES_OF_BALANCE = "UPDATE partner_code SET status = 'frozen'
        WHERE merchant = $1 AND balance_id = $2 AND kind IN ('voucher', 'topUp')";
    /// Keeps what became of the value.
    INSERT_ERASURE = "INSERT INTO partner_erasure (merchant, member_id, erased_value, hand_over, balances, erased_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    /// What became of the value of an erased member.
    GET_ERASURE = "SELECT erased_value, hand_over, balances FROM partner_erasure WHERE merchant = $1 AND member_id = $2";
}

/// The ids of a member's balances.
pub(super) fn balance_ids(tx: &mut Tx<'_>, merchant: &str, member_id: &str) -> Result<Vec<String>, Error> {
    let rows = tx.query(&BALANCE_IDS_OF_MEMBER, params![merchant, member_id])?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// As what a member is known.
pub(super) struct Standing {
    /// `active`, `frozen`, `merged` or `erased`.
    pub(super) status: String,
    /// Who was merged into it: a JSON list.
    pub(super) aliases: String,
    pub(super) merged_into: Option<String>,
}

/// As what a member is known; `None` for nobody.
pub(super) fn standing(tx: &mut Tx<'_>, merchant: &str, member_id: &str) -> Result<Option<Standing>, Error> {
    let row = tx.optional(&STANDING_OF_MEMBER, params![merchant, member_id])?;
    row.map(|row| Ok(Standing { status: row.get(0)?, aliases: row.get(1)?, merged_into: row.get(2)? }))
        .transpose()
}

/// Locks what the feed shows of a member: a merge and another erasure wait.
pub(super) fn lock(tx: &mut Tx<'_>, merchant: &str, member_id: &str) -> Result<(), Error> {
    tx.execute(&LOCK_CUSTOMER_OF_LEAVING, params![merchant, member_id])?;
    Ok(())
}

/// Ends a member and forgets the person.
pub(super) fn forget(tx: &mut Tx<'_>, merchant: &str, member_id: &str, now: Timestamp) -> Result<(), Error> {
    tx.execute(&ERASE_MEMBER, params![merchant, member_id, now])?;
    tx.execute(&DELETE_PERSON, params![merchant, member_id])?;
    Ok(())
}

/// Makes a balance nobody's. It is locked.
pub(super) fn disown(tx: &mut Tx<'_>, merchant: &str, balance_id: &str) -> Result<(), Error> {
    tx.execute(&DISOWN_BALANCE, params![merchant, balance_id])?;
    Ok(())
}

/// Blocks what opened a balance so far.
pub(super) fn freeze_codes(tx: &mut Tx<'_>, merchant: &str, balance_id: &str) -> Result<(), Error> {
    tx.execute(&FREEZE_CODES_OF_BALANCE, params![merchant, balance_id])?;
    Ok(())
}

/// What became of the value of an erased member.
pub(super) struct Erasure {
    /// `payOut` or `bearerVoucher`.
    pub(super) erased_value: String,
    /// Minor units.
    pub(super) hand_over: i64,
    /// A JSON list.
    pub(super) balances: String,
}

/// Keeps what became of the value.
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

/// What became of the value; `None` where it stayed.
pub(super) fn kept(tx: &mut Tx<'_>, merchant: &str, member_id: &str) -> Result<Option<Erasure>, Error> {
    let row = tx.optional(&GET_ERASURE, params![merchant, member_id])?;
    row.map(|row| Ok(Erasure { erased_value: row.get(0)?, hand_over: row.get(1)?, balances: row.get(2)? }))
        .transpose()
}
