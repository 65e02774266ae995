//! What stands in a member's row? The only writer of `partner_member`.

use crate::row;
use db::{Error, Tx, params};
use jiff::Timestamp;

db::statement! {
    /// A new member; nothing when the id is taken.
    INSERT_MEMBER = "INSERT INTO partner_member (merchant, member_id, customer_number, status, tier, tags, created_at, updated_at)
        VALUES ($1, $2, $3, 'active', $4, $5, $6, $6) ON CONFLICT (merchant, member_id) DO NOTHING";
    /// A member as a whole; nothing when it is not there or erased.
    PUT_MEMBER = "UPDATE partner_member SET tier = $3, tags = $4, status = $5, updated_at = $6
        WHERE merchant = $1 AND member_id = $2 AND status NOT IN ('merged', 'erased')";
    /// Locks a member whose cards change, so that it is not erased meanwhile.
    TOUCH_MEMBER -> MemberStatus = "UPDATE partner_member SET updated_at = $3 WHERE merchant = $1 AND member_id = $2 RETURNING status";
    /// Marks a member as erased and clears tier and tags, which tell about the person too.
    ERASE_MEMBER = "UPDATE partner_member SET status = 'erased', tier = NULL, tier_was = NULL, tier_was_until = NULL, tags = '[]', updated_at = $3
        WHERE merchant = $1 AND member_id = $2 AND status <> 'erased'";
    /// As what a member is known from now on.
    SET_MEMBER_STATUS = "UPDATE partner_member SET status = $3, updated_at = $4 WHERE merchant = $1 AND member_id = $2";
    /// Whose stamps and limits count with a member's own, and the tier it has.
    SET_ALIASES_AND_TIER = "UPDATE partner_member SET aliases = $3, tier = $4, tier_until = $5, updated_at = $6
        WHERE merchant = $1 AND member_id = $2";
    /// Locks a member and tells its tier.
    LOCK_TIER -> TierRow = "UPDATE partner_member SET updated_at = $3
        WHERE merchant = $1 AND member_id = $2 AND status NOT IN ('merged', 'erased') RETURNING tier, tier_until";
    /// Gives a member its tier.
    SET_TIER = "UPDATE partner_member SET tier = $3, tier_until = $4 WHERE merchant = $1 AND member_id = $2";
    /// Keeps which tier ended last by itself, and when.
    SET_TIER_WAS = "UPDATE partner_member SET tier_was = $3, tier_was_until = $4 WHERE merchant = $1 AND member_id = $2";
    /// An erased member has no tier.
    FORGET_TIER = "UPDATE partner_member SET tier_until = NULL
        WHERE merchant = $1 AND member_id = $2 AND tier_until <= $3";
}

db::text_enum! {
    /// What has become of a member: column `partner_member.status`.
    pub(crate) enum MemberStatus {
        /// Usable.
        Active = "active",
        /// Blocked.
        Frozen = "frozen",
        /// Another member has what was this one's; for an offer there is no such card.
        Merged = "merged",
        /// The person is gone; for an offer there is no such card.
        Erased = "erased",
    }
}

impl MemberStatus {
    /// Whether the member is none any more: it is not changed, and owns nothing.
    pub(crate) fn is_gone(self) -> bool {
        matches!(self, Self::Merged | Self::Erased)
    }
}

db::row! {
    /// A member's tier, and when it is to be judged by itself.
    pub(crate) struct TierRow {
        pub(crate) tier: Option<String>,
        pub(crate) tier_until: Option<Timestamp>,
    }
}

/// Adds a member; false when the id is taken.
pub(crate) fn insert(
    tx: &mut Tx<'_>,
    merchant: &str,
    member_id: &str,
    customer_number: i64,
    (tier, tags): (Option<&str>, &[String]),
    now: Timestamp,
) -> Result<bool, Error> {
    let tags = row::to_json("partner_member", "tags", &tags)?;
    let of = params![merchant, member_id, customer_number, tier, &tags, now];
    Ok(tx.execute(&INSERT_MEMBER, of)? > 0)
}

/// Changes what a person sets on a member; false when there is none, or it was merged or erased.
pub(crate) fn put(
    tx: &mut Tx<'_>,
    merchant: &str,
    member_id: &str,
    (tier, tags, status): (Option<&str>, &[String], MemberStatus),
    now: Timestamp,
) -> Result<bool, Error> {
    let tags = row::to_json("partner_member", "tags", &tags)?;
    Ok(tx.execute(&PUT_MEMBER, params![merchant, member_id, tier, &tags, status, now])? > 0)
}

/// Locks a member and tells its status; `None` for nobody.
pub(crate) fn touch(
    tx: &mut Tx<'_>,
    merchant: &str,
    member_id: &str,
    now: Timestamp,
) -> Result<Option<MemberStatus>, Error> {
    tx.optional(&TOUCH_MEMBER, params![merchant, member_id, now])
}

/// Marks a member as erased.
pub(crate) fn erase(tx: &mut Tx<'_>, merchant: &str, member_id: &str, now: Timestamp) -> Result<(), Error> {
    tx.execute(&ERASE_MEMBER, params![merchant, member_id, now])?;
    Ok(())
}

/// Sets a member's status.
pub(crate) fn set_status(
    tx: &mut Tx<'_>,
    merchant: &str,
    member_id: &str,
    status: MemberStatus,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(&SET_MEMBER_STATUS, params![merchant, member_id, status, now])?;
    Ok(())
}

/// Writes which members were merged into a member, and its tier.
pub(crate) fn set_aliases_and_tier(
    tx: &mut Tx<'_>,
    merchant: &str,
    member_id: &str,
    aliases: &[String],
    (tier, until): (Option<&str>, Option<Timestamp>),
    now: Timestamp,
) -> Result<(), Error> {
    let aliases = row::to_json("partner_member", "aliases", &aliases)?;
    tx.execute(&SET_ALIASES_AND_TIER, params![merchant, member_id, &aliases, tier, until, now])?;
    Ok(())
}

/// Locks a member and tells its tier; `None` for one that has none: it is not there, merged or erased.
pub(crate) fn lock_tier(
    tx: &mut Tx<'_>,
    merchant: &str,
    member_id: &str,
    now: Timestamp,
) -> Result<Option<TierRow>, Error> {
    tx.optional(&LOCK_TIER, params![merchant, member_id, now])
}

/// Gives a locked member a tier, to be judged at `until`.
pub(crate) fn set_tier(
    tx: &mut Tx<'_>,
    merchant: &str,
    member_id: &str,
    tier: Option<&str>,
    until: Option<Timestamp>,
) -> Result<(), Error> {
    tx.execute(&SET_TIER, params![merchant, member_id, tier, until])?;
    Ok(())
}

/// Keeps which tier of a locked member ended last by itself, and when.
pub(crate) fn set_tier_was(
    tx: &mut Tx<'_>,
    merchant: &str,
    member_id: &str,
    tier: Option<&str>,
    until: Option<Timestamp>,
) -> Result<(), Error> {
    tx.execute(&SET_TIER_WAS, params![merchant, member_id, tier, until])?;
    Ok(())
}

/// Takes away the end of a tier that is over by `now`.
pub(crate) fn forget_tier(
    tx: &mut Tx<'_>,
    merchant: &str,
    member_id: &str,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(&FORGET_TIER, params![merchant, member_id, now])?;
    Ok(())
}
