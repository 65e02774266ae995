//! What does a merge read and write? SQL.

use crate::loyalty::bills;
use crate::loyalty::ledger::standing;
use crate::loyalty::people::code;
use crate::loyalty::people::member::{self, MemberStatus};
use crate::row::{self, Class};
use db::{Error, Json, Tx, params};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use wire::loyalty::BalanceType;

db::statement! {
    /// A member as a merge sees it.
    MEMBER_TO_MERGE -> MemberToMerge = "SELECT m.status, m.tier, m.tier_until, m.aliases, c.merged_into FROM partner_member AS m
        JOIN partner_customer AS c ON c.merchant = m.merchant AND c.member_id = m.member_id
        WHERE m.merchant = $1 AND m.member_id = $2";
    /// What a member owns, and whose it was.
    BALANCES_TO_MERGE -> OwnBalance = "SELECT balance_id, posted, merged_from, type AS class FROM partner_balance
        WHERE merchant = $1 AND member_id = $2";
    /// A member's cards.
    CARDS_TO_MERGE -> String = "SELECT code FROM partner_code WHERE merchant = $1 AND member_id = $2 AND kind = 'card'";
    /// Keeps a merge.
    INSERT_MERGE = "INSERT INTO partner_merge (merchant, merge_id, from_member_id, into_member_id, reason, came, into_tier, into_tier_until, merged_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    /// Keeps that it was undone, and what stayed.
    END_MERGE = "UPDATE partner_merge SET undone_at = $3, came = $4 WHERE merchant = $1 AND merge_id = $2 AND undone_at IS NULL";
    /// A merge.
    GET_MERGE -> MergeRow = "SELECT merge_id, from_member_id, into_member_id, reason, came, into_tier, into_tier_until, merged_at, undone_at
        FROM partner_merge WHERE merchant = $1 AND merge_id = $2";
    /// The merge by which a member went.
    OPEN_MERGE_OF -> MergeRow = "SELECT merge_id, from_member_id, into_member_id, reason, came, into_tier, into_tier_until, merged_at, undone_at
        FROM partner_merge WHERE merchant = $1 AND from_member_id = $2 AND undone_at IS NULL";
    /// The merges by which a member went.
    MERGES_OF_GONE -> MergeRow = "SELECT merge_id, from_member_id, into_member_id, reason, came, into_tier, into_tier_until, merged_at, undone_at
        FROM partner_merge WHERE merchant = $1 AND from_member_id = $2 ORDER BY merge_id LIMIT 200";
    /// The merges in which a member stayed.
    MERGES_OF_STAYED -> MergeRow = "SELECT merge_id, from_member_id, into_member_id, reason, came, into_tier, into_tier_until, merged_at, undone_at
        FROM partner_merge WHERE merchant = $1 AND into_member_id = $2 ORDER BY merge_id LIMIT 200";
}

db::row! {
    /// A member as a merge sees it.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub(super) struct MemberToMerge {
        pub(super) status: MemberStatus,
        pub(super) tier: Option<String>,
        pub(super) tier_until: Option<Timestamp>,
        /// Who was merged into it.
        pub(super) aliases: Vec<String> as Json,
        pub(super) merged_into: Option<String>,
    }
}

impl MemberToMerge {
    /// Writes the aliases and the tier.
    pub(super) fn keep(
        &self,
        tx: &mut Tx<'_>,
        merchant: &str,
        member_id: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        let tier = (self.tier.as_deref(), self.tier_until);
        member::set_aliases_and_tier(tx, merchant, member_id, &self.aliases, tier, now)
    }
}

/// A member; `None` for nobody.
pub(super) fn member(
    tx: &mut Tx<'_>,
    merchant: &str,
    member_id: &str,
) -> Result<Option<MemberToMerge>, Error> {
    tx.optional(&MEMBER_TO_MERGE, params![merchant, member_id])
}

db::row! {
    /// A balance of a member.
    pub(super) struct OwnBalance {
        pub(super) balance_id: String,
        pub(super) posted: i64,
        /// Whose it was before a merge.
        pub(super) merged_from: Option<String>,
        pub(super) class: BalanceType as Class,
    }
}

/// A member's balances in the order of their ids.
pub(super) fn balances(tx: &mut Tx<'_>, merchant: &str, member_id: &str) -> Result<Vec<OwnBalance>, Error> {
    let mut balances = tx.query(&BALANCES_TO_MERGE, params![merchant, member_id])?;
    balances.sort_by(|one, other| one.balance_id.cmp(&other.balance_id));
    Ok(balances)
}

/// A member's cards in the order of their codes.
pub(super) fn cards(tx: &mut Tx<'_>, merchant: &str, member_id: &str) -> Result<Vec<String>, Error> {
    let mut cards = tx.query(&CARDS_TO_MERGE, params![merchant, member_id])?;
    cards.sort_unstable();
    Ok(cards)
}

/// Makes whatever is one member's another's. Both customers are locked.
pub(super) fn move_all(tx: &mut Tx<'_>, merchant: &str, from: &str, into: &str) -> Result<bool, Error> {
    let moved = standing::move_all(tx, merchant, from, into)?
        + code::move_cards(tx, merchant, from, into)?
        + bills::move_all(tx, merchant, from, into)?;
    Ok(moved > 0)
}

/// Gives what `holder` has, and what first was `first`'s, to `to`. The customers are locked.
pub(super) fn return_all(
    tx: &mut Tx<'_>,
    merchant: &str,
    holder: &str,
    first: &str,
    to: &str,
) -> Result<(), Error> {
    standing::return_all(tx, merchant, holder, first, to)?;
    code::return_cards(tx, merchant, holder, first, to)?;
    bills::return_all(tx, merchant, holder, first, to)
}

/// What came along with a merge (column `partner_merge.came`), and once it is undone what did not go back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Came {
    pub(super) balances: Vec<CameBalance>,
    pub(super) cards: Vec<String>,
    /// Members that had been merged into the one that went.
    pub(super) members: Vec<String>,
    /// The tier the surviving member had right after.
    pub(super) tier: Option<String>,
    pub(super) stays: Vec<String>,
}

/// One balance that came along.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CameBalance {
    pub(super) balance_id: String,
    /// In the balance's unit, at the merge.
    pub(super) posted: i64,
    pub(super) points: bool,
}

db::row! {
    /// A merge as its row says.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub(super) struct MergeRow {
        pub(super) merge_id: String,
        /// The member that went.
        pub(super) from_member_id: String,
        /// The member that stayed.
        pub(super) into_member_id: String,
        pub(super) reason: String,
        pub(super) came: Came as Json,
        /// The surviving member's tier before.
        pub(super) into_tier: Option<String>,
        pub(super) into_tier_until: Option<Timestamp>,
        pub(super) merged_at: Timestamp,
        pub(super) undone_at: Option<Timestamp>,
    }
}

/// Keeps a merge.
pub(super) fn insert(tx: &mut Tx<'_>, merchant: &str, merge: &MergeRow) -> Result<(), Error> {
    let came = row::to_json("partner_merge", "came", &merge.came)?;
    tx.execute(
        &INSERT_MERGE,
        params![
            merchant,
            &merge.merge_id,
            &merge.from_member_id,
            &merge.into_member_id,
            &merge.reason,
            &came,
            merge.into_tier.as_deref(),
            merge.into_tier_until,
            merge.merged_at,
        ],
    )?;
    Ok(())
}

/// Keeps that a merge was undone, and what stayed.
pub(super) fn end(tx: &mut Tx<'_>, merchant: &str, merge: &MergeRow) -> Result<(), Error> {
    let came = row::to_json("partner_merge", "came", &merge.came)?;
    tx.execute(&END_MERGE, params![merchant, &merge.merge_id, merge.undone_at, &came])?;
    Ok(())
}

/// A merge by its id.
pub(super) fn get(tx: &mut Tx<'_>, merchant: &str, merge_id: &str) -> Result<Option<MergeRow>, Error> {
    tx.optional(&GET_MERGE, params![merchant, merge_id])
}

/// The merge by which a member went and that stands.
pub(super) fn open_of(tx: &mut Tx<'_>, merchant: &str, from: &str) -> Result<Option<MergeRow>, Error> {
    tx.optional(&OPEN_MERGE_OF, params![merchant, from])
}

/// The merges in which a member went or stayed, the oldest first.
pub(super) fn of_member(tx: &mut Tx<'_>, merchant: &str, member_id: &str) -> Result<Vec<MergeRow>, Error> {
    let mut merges = Vec::new();
    for statement in [&MERGES_OF_GONE, &MERGES_OF_STAYED] {
        merges.extend(tx.query(statement, params![merchant, member_id])?);
    }
    merges.sort_by(|one, other| (one.merged_at, &one.merge_id).cmp(&(other.merged_at, &other.merge_id)));
    merges.truncate(200);
    Ok(merges)
}

/// The ids of the members merged into a member; none where there is no such member.
pub(crate) fn aliases(tx: &mut Tx<'_>, merchant: &str, member_id: &str) -> Result<Vec<String>, Error> {
    Ok(member(tx, merchant, member_id)?.map_or_else(Vec::new, |member| member.aliases))
}
