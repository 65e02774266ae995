//! What does a bill that is taken back give back of the limits of promotions that it used?
//!
//! Entries are mirrored, never removed (loyalty.md §6 C1, C4). Calling twice gives nothing twice: only what the
//! bill's entries still add up to goes back.

use super::promotions::promotions_of_body;
use super::store::{OfBill, other_paid_bills};
use crate::loyalty::limit::{Counter, store as limits};
use db::{Error, Tx};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Locks the counters on which the offer's bills have entries; each with what this bill still uses of it.
fn lock(tx: &mut Tx<'_>, of: &OfBill<'_>, now: Timestamp) -> Result<Vec<(Counter, i64)>, Error> {
    // those of the offer's other bills too: a use may move over from one to the other
    let before = limits::entries_of_offer(tx, of.merchant, of.offer_id)?;
    let ids: BTreeSet<String> = before.into_iter().map(|entry| entry.limit_id).collect();
    let mut counters = Vec::with_capacity(ids.len());
    for limit_id in &ids {
        counters.extend(limits::lock_known(tx, of.merchant, limit_id, now)?);
    }
    if counters.is_empty() {
        return Ok(Vec::new());
    }
    // once more under the locks: another bill may have come or gone meanwhile
    let mut uses: BTreeMap<String, i64> = BTreeMap::new();
    for entry in limits::entries_of_offer(tx, of.merchant, of.offer_id)? {
        if entry.bill_id == of.bill_id {
            *uses.entry(entry.limit_id).or_default() += entry.amount;
        }
    }
    let with_use = |counter: Counter| {
        let used = uses.get(&counter.limit_id).copied().unwrap_or(0);
        (counter, used)
    };
    Ok(counters.into_iter().map(with_use).collect())
}

/// Gives back all uses of limits by one bill (loyalty.md §6 C4), and returns whether there were any. A use counts once
/// per offer: where another paid bill of the offer has the same promotion, the use moves over to that bill. Lock the
/// balances before.
pub(crate) fn give_back(tx: &mut Tx<'_>, of: &OfBill<'_>, now: Timestamp) -> Result<bool, Error> {
    let mut other_bills_of_offer: Option<Vec<(String, BTreeSet<String>)>> = None;
    let mut any = false;
    for (mut counter, used) in lock(tx, of, now)? {
        if used <= 0 {
            continue;
        }
        any = true;
        counter.enter(tx, of.merchant, -used, of.offer_id, of.bill_id, now)?;
        if counter.counts_money() {
            continue;
        }
        let bills = match other_bills_of_offer.take() {
            Some(bills) => bills,
            None => other_bills(tx, of)?,
        };
        let next = bills.iter().find(|(_, promotions)| promotions.contains(&counter.promotion_id));
        if let Some((bill_id, _)) = next {
            counter.enter(tx, of.merchant, used, of.offer_id, bill_id, now)?;
        }
        other_bills_of_offer = Some(bills);
    }
    Ok(any)
}

/// Gives back what a part of a bill used of a promotion's money limits: `amount` in minor units of the ledger,
/// and never more than the bill still uses. Uses stay: the promotion was used. Balances are locked before.
pub(crate) fn give_back_amount(
    tx: &mut Tx<'_>,
    of: &OfBill<'_>,
    promotion_id: &str,
    amount: i64,
    now: Timestamp,
) -> Result<(), Error> {
    for (mut counter, used) in lock(tx, of, now)? {
        let back = amount.min(used);
        if counter.promotion_id == promotion_id && counter.counts_money() && back > 0 {
            counter.enter(tx, of.merchant, -back, of.offer_id, of.bill_id, now)?;
        }
    }
    Ok(())
}

/// The offer's other paid bills with the promotions each of them used.
fn other_bills(tx: &mut Tx<'_>, of: &OfBill<'_>) -> Result<Vec<(String, BTreeSet<String>)>, Error> {
    let bills = other_paid_bills(tx, of.merchant, of.loyalty_provider_id, of.offer_id, of.bill_id)?;
    Ok(bills.into_iter().map(|(bill_id, body)| (bill_id, promotions_of_body(&body))).collect())
}

#[cfg(test)]
mod tests;
