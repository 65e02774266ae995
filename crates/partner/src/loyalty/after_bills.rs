//! What follows for members when their bills have changed?

use super::bills;
use super::merge;
use super::people::customer::Changed;
use super::program::Program;
use super::tier::Ladder;
use crate::merchant::MerchantRow;
use db::{Error, Tx};
use jiff::Zoned;
use std::collections::{BTreeMap, BTreeSet};

/// Brings the totals of these members up to date after their bills have changed, as [`merge::recompute`] does, and judges the
/// tiers that follow from the bills. What a bill adds is what it counts less what of it was told before, so a guest with
/// thousands of bills costs what one with a few does. The bills must be locked.
pub(crate) fn bills_changed(
    tx: &mut Tx<'_>,
    program: &Program,
    merchant: &MerchantRow,
    members: &BTreeSet<String>,
    changed: Changed<'_>,
    local: &Zoned,
) -> Result<(), Error> {
    let untold = match changed {
        Changed::Bills(bill_ids, _) => bills::tell(tx, &merchant.merchant, bill_ids)?,
        Changed::Points | Changed::Everything => BTreeMap::new(),
    };
    for member_id in members {
        let adds = untold.get(member_id).copied().unwrap_or_default();
        let survivor =
            merge::recompute_with(tx, &merchant.merchant, member_id, (changed, adds), local.timestamp())?;
        if !program.settings.tiers.is_empty() {
            let judged = survivor.as_ref().unwrap_or(member_id);
            Ladder::of(program, merchant, judged).recompute(tx, local)?;
        }
    }
    Ok(())
}
