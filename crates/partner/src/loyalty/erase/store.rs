//! What does an erasure read and write? SQL.

use crate::loyalty::people::member::MemberStatus;
use crate::loyalty::program::ErasedValue;
use db::{Error, Tx, params};
use jiff::Timestamp;

db::statement! {
    /// The ids of a member's balances.
    BALANCE_IDS_OF_MEMBER -> String = "SELECT balance_id FROM partner_balance WHERE merchant = $1 AND member_id = $2";
    /// A member's status, the members merged into it, and the member it was merged into.
    STANDING_OF_MEMBER -> Standing = "SELECT m.status, m.aliases, c.merged_into FROM partner_member AS m
        LEFT JOIN partner_customer AS c ON c.merchant = m.merchant AND c.member_id = m.member_id
        WHERE m.merchant = $1 AND m.member_id = $2";
    /// Keeps how a member's value was settled.
    INSERT_ERASURE = "INSERT INTO partner_erasure (merchant, member_id, erased_value, hand_over, balances, erased_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    /// How the value of an erased member was settled.
    GET_ERASURE -> Erasure = "SELECT erased_value, hand_over, balances FROM partner_erasure WHERE merchant = $1 AND member_id = $2";
}

/// The ids of a member's balances.
pub(super) fn balance_ids(tx: &mut Tx<'_>, merchant: &str, member_id: &str) -> Result<Vec<String>, Error> {
    tx.query(&BALANCE_IDS_OF_MEMBER, params![merchant, member_id])
}

db::row! {
    /// A member's status and merges.
    pub(super) struct Standing {
        pub(super) status: MemberStatus,
        /// The ids of the members merged into it: a JSON list.
        pub(super) aliases: String,
        pub(super) merged_into: Option<String>,
    }
}

/// Reads a member's status and merges; `None` where there is no such member.
pub(super) fn standing(tx: &mut Tx<'_>, merchant: &str, member_id: &str) -> Result<Option<Standing>, Error> {
    tx.optional(&STANDING_OF_MEMBER, params![merchant, member_id])
}

db::row! {
    /// How the value of an erased member was settled: a row of `partner_erasure`.
    pub(super) struct Erasure {
        pub(super) erased_value: ErasedValue,
        /// Minor units.
        pub(super) hand_over: i64,
        /// A JSON list.
        pub(super) balances: String,
    }
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
    tx.execute(&INSERT_ERASURE, params![merchant, member_id, *erased_value, *hand_over, balances, now])?;
    Ok(())
}

/// Reads how a member's value was settled; `None` where it stayed on the balances.
pub(super) fn kept(tx: &mut Tx<'_>, merchant: &str, member_id: &str) -> Result<Option<Erasure>, Error> {
    tx.optional(&GET_ERASURE, params![merchant, member_id])
}
