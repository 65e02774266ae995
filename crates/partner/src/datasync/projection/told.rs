//! What do the records of bills change, and whose totals have to follow?

use crate::loyalty::bills::paid_at::is_plausible;
use crate::loyalty::bills::went_back::{self, Refund, Source};
use crate::loyalty::bills::{self, Judged, RecordedBill};
use crate::loyalty::merge;
use crate::loyalty::people::customer;
use db::{Error, Tx};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// Whom the records of bills were about, and what they may add to the totals.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// Whose totals are to be brought up to date.
    pub(super) members: BTreeSet<String>,
    /// The bills that may have changed.
    pub(super) bills: BTreeSet<String>,
    /// Names of categories on the bills.
    pub(super) categories: BTreeSet<String>,
    /// Other bills may have changed hands.
    pub(super) moved: bool,
}

/// Keeps what a record tells of a bill; adds to `told` whose bill it is, if known, and what is on it. A record that names
/// a member who was merged is the surviving one's.
pub(super) fn from_record(
    tx: &mut Tx<'_>,
    merchant: &str,
    bill: &RecordedBill,
    told: &mut Told,
    now: Timestamp,
) -> Result<(), Error> {
    let member_id = match &bill.customer_id {
        Some(id) => customer::survivor(tx, merchant, id)?,
        None => None,
    };
    let merged_from =
        bill.customer_id.as_deref().filter(|id| member_id.as_deref().is_some_and(|one| one != *id));
    let prepaid = bills::paid_for_later(tx, merchant, &bill.top_ups)?;
    let told_at = bill.last_modified_at.unwrap_or(now).min(now);
    let right = bill.paid_at.is_none_or(|paid_at| is_plausible(paid_at, told_at, now));
    if !right {
        tracing::warn!(
            "a DataSync bill is paid at an instant that cannot be right; it counts as paid at its arrival"
        );
        metrics::counter!("partner_bills_with_a_wrong_clock_total").increment(1);
    }
    let judged = Judged {
        member_id: member_id.as_deref(),
        merged_from,
        prepaid,
        paid_at: if right { bill.paid_at } else { Some(now) },
        clock_is_right: right,
    };
    let row = bills::from_record(tx, merchant, bill, &judged)?;
    told.bills.insert(bill.bill_id.clone());
    if let Some(row) = row {
        told.members.extend(row.member_id);
        told.categories.extend(row.categories);
    }
    if let (Some(named), Some(survivor)) = (merged_from, &member_id) {
        told.moved |= merge::settle_alias(tx, merchant, named, survivor, now)?;
        told.members.insert(named.to_owned());
    }
    Ok(())
}

/// A corrective bill as its record tells it: which bill it takes something off, and how much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Correction {
    pub(super) corrective_bill_id: String,
    pub(super) place: Option<String>,
    /// The bill it corrects; `None` when it is no corrective bill (any more).
    pub(super) of_bill: Option<String>,
    /// What it takes off, in minor units, at least 0.
    pub(super) value: i64,
    /// What of that its lines had sold for later use, by balance, in minor units.
    pub(super) top_ups: Vec<(String, i64)>,
}

/// Keeps what a corrective bill takes off its bill and brings that bill up to date, as well as one that it took
/// something off before; adds to `told` which bills these are, and whose.
pub(super) fn correct(
    tx: &mut Tx<'_>,
    merchant: &str,
    correction: &Correction,
    told: &mut Told,
) -> Result<(), Error> {
    let before = went_back::corrected(tx, merchant, &correction.corrective_bill_id)?;
    let mut bills: BTreeSet<String> = before.into_iter().collect();
    bills.extend(correction.of_bill.clone());
    for bill_id in bills {
        let bill_id = bill_id.as_str();
        let known = bills::lock(tx, merchant, bill_id, correction.place.as_deref(), None, None)?;
        if correction.of_bill.as_deref() == Some(bill_id) {
            let refund = Refund {
                source: Source::Record,
                refund_id: correction.corrective_bill_id.clone(),
                corrective_bill_id: None,
                value: correction.value,
                prepaid: bills::paid_for_later(tx, merchant, &correction.top_ups)?,
            };
            went_back::put(tx, merchant, bill_id, &refund)?;
        } else {
            went_back::drop_correction(tx, merchant, bill_id, &correction.corrective_bill_id)?;
        }
        bills::settle(tx, merchant, bill_id)?;
        told.members.extend(known.member_id);
        told.bills.insert(bill_id.to_owned());
    }
    Ok(())
}
