//! May two members be joined, and which tier has who is left?

use super::store::MemberToMerge;
use crate::loyalty::people::member::MemberStatus;
use crate::loyalty::program::Tier;
use door::ApiError;
use jiff::Timestamp;

/// A tier and until when it is kept whatever the member spends.
pub(super) type Standing = (Option<String>, Option<Timestamp>);

/// Whether `from` may be merged into `into`.
///
/// # Errors
/// 409 that says what to do first. A frozen member is frozen for a reason: joined with another one its balances would
/// be usable again.
pub(super) fn may_merge(from: (&str, &MemberToMerge), into: (&str, &MemberToMerge)) -> Result<(), ApiError> {
    for (id, member) in [into, from] {
        let why = match (member.status, &member.merged_into) {
            (MemberStatus::Active, _) => continue,
            (MemberStatus::Merged, Some(other)) => {
                format!("was merged into {other}; name that one, or undo that merge")
            }
            (MemberStatus::Erased, _) => "was erased and has nothing to be joined".to_owned(),
            (status, _) => format!("is {}; set it active first", status.as_str()),
        };
        return Err(ApiError::conflict(format!("member {id} {why}")));
    }
    Ok(())
}

/// Whether a merge of `from` into `into` may be undone.
///
/// # Errors
/// 409 that says what to do first, or why it cannot be.
pub(super) fn may_undo(from: (&str, &MemberToMerge), into: (&str, &MemberToMerge)) -> Result<(), ApiError> {
    let refused = |why: String| Err(ApiError::conflict(why));
    match (into.1.status, &into.1.merged_into) {
        (MemberStatus::Erased, _) => {
            return refused(format!("{} was erased, and {} with it: nobody can come back", into.0, from.0));
        }
        (_, Some(other)) => {
            return refused(format!("{} was merged into {other} since; undo that merge first", into.0));
        }
        _ => {}
    }
    if from.1.status != MemberStatus::Merged || from.1.merged_into.as_deref() != Some(into.0) {
        return refused(format!("{} is {}, not merged into {}", from.0, from.1.status.as_str(), into.0));
    }
    Ok(())
}

/// The standing from which the joined member is judged: the higher of two steps of the ladder, the later end of the
/// same one. A tier given by hand goes before the ladder, the surviving member's before the other's.
pub(super) fn joined(tiers: &[Tier], into: &Standing, from: &Standing) -> Standing {
    let rank = |id: &str| tiers.iter().position(|tier| tier.tier_id == id);
    match (&into.0, &from.0) {
        (_, None) => into.clone(),
        (None, Some(_)) => from.clone(),
        (Some(one), Some(other)) => match (rank(one), rank(other)) {
            (None, _) => into.clone(),
            (Some(_), None) => from.clone(),
            (Some(one), Some(other)) if one == other => (into.0.clone(), into.1.max(from.1)),
            (Some(one), Some(other)) if one > other => into.clone(),
            _ => from.clone(),
        },
    }
}

/// The standing from which the surviving member is judged once the other has gone: what it had before, unless
/// somebody gave it another one by hand since.
pub(super) fn parted(tiers: &[Tier], before: &Standing, given: Option<&str>, now: &Standing) -> Standing {
    let on_ladder = |id: &str| tiers.iter().any(|tier| tier.tier_id == id);
    match now.0.as_deref() {
        None => before.clone(),
        Some(tier) if Some(tier) == given || on_ladder(tier) => before.clone(),
        Some(_) => now.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loyalty::program::TierOf;
    use wire::Number;

    fn ladder() -> Vec<Tier> {
        let tier = |id: &str, threshold: i64| Tier {
            tier_id: id.to_owned(),
            titles: std::collections::BTreeMap::new(),
            threshold: Number::from(threshold),
            of: TierOf::Spend,
            window_months: 12,
        };
        vec![tier("Silver", 1_000), tier("Gold", 5_000)]
    }

    fn standing((tier, until): (Option<&str>, Option<i64>)) -> Standing {
        (tier.map(str::to_owned), until.map(|second| Timestamp::from_second(second).unwrap()))
    }

    #[test]
    fn the_higher_tier_stays() {
        let (silver, gold, staff, press) = (Some("Silver"), Some("Gold"), Some("Staff"), Some("Press"));
        // the one that stays, the one that goes, joined
        for (into, from, both) in [
            ((None, None), (None, None), (None, None)),
            ((silver, Some(5)), (None, None), (silver, Some(5))),
            ((None, None), (silver, Some(5)), (silver, Some(5))),
            ((silver, Some(5)), (gold, Some(3)), (gold, Some(3))),
            ((gold, Some(3)), (silver, Some(5)), (gold, Some(3))),
            ((silver, Some(3)), (silver, Some(5)), (silver, Some(5))),
            ((silver, None), (silver, Some(5)), (silver, Some(5))),
            ((staff, None), (gold, Some(5)), (staff, None)),
            ((gold, Some(5)), (staff, None), (staff, None)),
            ((staff, None), (press, None), (staff, None)),
        ] {
            let found = joined(&ladder(), &standing(into), &standing(from));
            assert_eq!(found, standing(both), "{into:?} {from:?}");
        }
    }

    #[test]
    fn what_was_before_comes_back_unless_a_person_decided_since() {
        let (silver, gold, staff) = (Some("Silver"), Some("Gold"), Some("Staff"));
        // before the merge, right after it, now, from where it is judged
        for (before, given, now, judged) in [
            ((silver, Some(5)), gold, (gold, Some(9)), (silver, Some(5))),
            ((None, None), staff, (staff, None), (None, None)),
            ((silver, None), silver, (staff, None), (staff, None)),
            ((silver, None), gold, (None, None), (silver, None)),
        ] {
            let found = parted(&ladder(), &standing(before), given, &standing(now));
            assert_eq!(found, standing(judged), "{before:?} {given:?} {now:?}");
        }
    }

    #[test]
    fn only_active_members_are_joined_and_the_last_merge_is_undone_first() {
        let member = |status: MemberStatus, merged_into: Option<&str>| MemberToMerge {
            status,
            tier: None,
            tier_until: None,
            aliases: Vec::new(),
            merged_into: merged_into.map(str::to_owned),
        };
        let active = member(MemberStatus::Active, None);
        for (from, into, says) in [
            (active.clone(), active.clone(), None),
            (member(MemberStatus::Frozen, None), active.clone(), Some("member f is frozen")),
            (active.clone(), member(MemberStatus::Frozen, None), Some("member i is frozen")),
            (member(MemberStatus::Erased, None), active.clone(), Some("member f was erased")),
            (active.clone(), member(MemberStatus::Merged, Some("x")), Some("member i was merged into x")),
        ] {
            let found = may_merge(("f", &from), ("i", &into)).err().map(|error| error.message);
            assert!(found.as_deref().unwrap_or_default().starts_with(says.unwrap_or("")), "{found:?}");
            assert_eq!(found.is_some(), says.is_some(), "{found:?}");
        }
        let merged = member(MemberStatus::Merged, Some("i"));
        for (from, into, says) in [
            (merged.clone(), active.clone(), None),
            (merged.clone(), member(MemberStatus::Frozen, None), None),
            (merged.clone(), member(MemberStatus::Erased, None), Some("erased")),
            (merged.clone(), member(MemberStatus::Merged, Some("x")), Some("merged into x since")),
            (active.clone(), active.clone(), Some("f is active")),
            (member(MemberStatus::Merged, Some("x")), active.clone(), Some("not merged into i")),
        ] {
            let found = may_undo(("f", &from), ("i", &into)).err().map(|error| error.message);
            assert!(found.as_deref().unwrap_or_default().contains(says.unwrap_or("")), "{found:?}");
            assert_eq!(found.is_some(), says.is_some(), "{found:?}");
        }
    }
}
