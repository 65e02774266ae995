//! Whose totals are brought up to date when the member was merged meanwhile?

use super::store;
use crate::loyalty::bills::Untold;
use crate::loyalty::people::customer::{self, Changed, bring_up_to_date};
use db::{Error, Tx};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// Brings a member's points up to date with the balances of this transaction, and where bills changed hands
/// ([`Changed::Everything`]) its totals with all its bills. Call it after they are written, for several members in the
/// order of their ids. A member without a customer row (there is none for a bearer voucher) costs one statement.
///
/// A merge may have come between: what this transaction wrote for the member moves on to the surviving one, whose
/// totals are brought up to date instead; its id is given.
pub(crate) fn recompute(
    tx: &mut Tx<'_>,
    merchant: &str,
    member_id: &str,
    changed: Changed<'_>,
    now: Timestamp,
) -> Result<Option<String>, Error> {
    recompute_with(tx, merchant, member_id, (changed, Untold::default()), now)
}

/// As [`recompute`]; `untold` is what changed bills add to the member's totals.
pub(crate) fn recompute_with(
    tx: &mut Tx<'_>,
    merchant: &str,
    member_id: &str,
    (changed, untold): (Changed<'_>, Untold),
    now: Timestamp,
) -> Result<Option<String>, Error> {
    let Some(locked) = customer::lock(tx, merchant, member_id, now)? else { return Ok(None) };
    let Some(survivor) = locked.merged_into else {
        bring_up_to_date(tx, (merchant, member_id), (changed, untold), locked.categories, now)?;
        return Ok(None);
    };
    let moved =
        store::move_all(tx, merchant, member_id, &survivor)? || matches!(changed, Changed::Everything);
    // what is told of under an old id is the surviving one's already
    let changed = (if moved { Changed::Everything } else { Changed::Points }, Untold::default());
    bring_up_to_date(tx, (merchant, member_id), changed, BTreeSet::new(), now)?;
    if let Some(locked) = customer::lock(tx, merchant, &survivor, now)? {
        bring_up_to_date(tx, (merchant, &survivor), changed, locked.categories, now)?;
    }
    Ok(Some(survivor))
}
