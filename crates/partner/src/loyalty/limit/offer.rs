//! What does an offer see of the limits, and what does its check keep of them afterwards?

use super::counter::Counter;
use super::store::{self, LimitHold};
use crate::loyalty::ledger::{CheckKey, Move, follow};
use crate::loyalty::promotion::{LimitKey, LimitUse, Taken, Watched};
use db::{Error, Tx};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Who asks, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asking<'a> {
    /// From the connection's token.
    pub(crate) merchant: &'a str,
    /// Whose holds these are.
    pub(crate) check: &'a CheckKey,
    /// The offer that places or renews them.
    pub(crate) offer_id: &'a str,
    /// Judges which holds count.
    pub(crate) now: Timestamp,
}

/// The counters an offer has locked, with every hold on them. Empty where nothing is limited.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    counters: BTreeMap<String, Counter>,
    holds: Vec<LimitHold>,
    /// Counters of merged members, each with the surviving member's that it counts with.
    aliases: Vec<(String, String)>,
}

impl Counters {
    /// Locks the counters that the offer may touch and those of which its check still keeps something, in the
    /// order of their ids, after the balances. Not to be called where the program has no limit at all: then it
    /// costs nothing, and a hold from before the last limit went ends by its time.
    pub(crate) fn lock(tx: &mut Tx<'_>, asking: &Asking<'_>, watched: Watched) -> Result<Self, Error> {
        let mut wanted: BTreeMap<String, Option<LimitKey>> = BTreeMap::new();
        for limit_id in store::limits_of_check(tx, asking.merchant, asking.check, None)? {
            wanted.insert(limit_id, None);
        }
        for (alias, _) in &watched.aliases {
            wanted.insert(alias.clone(), None);
        }
        for key in watched.keys {
            wanted.insert(key.limit_id.clone(), Some(key));
        }
        let mut counters = BTreeMap::new();
        for (limit_id, key) in &wanted {
            let counter = match key {
                Some(key) => store::lock(tx, asking.merchant, key, asking.now)?,
                None => store::lock_known(tx, asking.merchant, limit_id, asking.now)?,
            };
            counters.extend(counter.map(|counter| (limit_id.clone(), counter)));
        }
        let ids: Vec<&str> = counters.keys().map(String::as_str).collect();
        let holds = store::active_holds(tx, asking.merchant, &ids)?;
        Ok(Self { counters, holds, aliases: watched.aliases })
    }

    /// What is taken of each counter, as this check sees it: its own hold does not count, because what it asks
    /// for now replaces it; the other checks of the same register do.
    pub(crate) fn taken(&self, asking: &Asking<'_>) -> Taken {
        let mut taken = Taken::default();
        for (limit_id, counter) in self.counters.iter().filter(|(_, counter)| counter.used != 0) {
            taken.used.insert(limit_id.clone(), counter.used);
        }
        let mut elsewhere: BTreeSet<&str> = BTreeSet::new();
        for hold in self.holds.iter().filter(|hold| hold.counts(asking.now) && hold.check != *asking.check) {
            let held = taken.held.entry(hold.limit_id.clone()).or_default();
            *held = held.saturating_add(hold.amount);
            if !hold.check.is_at_register_of(asking.check) {
                let alias = self.aliases.iter().find(|(alias, _)| *alias == hold.limit_id);
                elsewhere.extend(
                    [Some(hold.limit_id.as_str()), alias.map(|(_, of)| of.as_str())].into_iter().flatten(),
                );
            }
        }
        for (alias, of) in &self.aliases {
            for counted in [&mut taken.used, &mut taken.held] {
                if let Some(amount) = counted.get(alias).copied() {
                    let joined = counted.entry(of.clone()).or_default();
                    *joined = joined.saturating_add(amount);
                }
            }
        }
        let here = taken.held.keys().filter(|limit_id| !elsewhere.contains(limit_id.as_str()));
        taken.only_this_register = here.cloned().collect();
        taken
    }

    /// Lets the check's holds follow what the quote uses (loyalty.md §4): first what ends, then what stays,
    /// then what is new. The same question again only moves their end.
    pub(crate) fn follow(
        &self,
        tx: &mut Tx<'_>,
        asking: &Asking<'_>,
        uses: &[LimitUse],
        expires_at: Timestamp,
    ) -> Result<(), Error> {
        let (mut extend, mut place) = (false, Vec::new());
        for (limit_id, counter) in &self.counters {
            let wanted: i64 = uses.iter().filter(|one| one.limit_id == *limit_id).map(|one| one.amount).sum();
            let own =
                self.holds.iter().find(|hold| hold.limit_id == *limit_id && hold.check == *asking.check);
            let state = own.map(|hold| (hold.counts(asking.now), hold.amount == wanted));
            let moved = follow(state, wanted > 0);
            match (moved, own) {
                (Move::Replace(ended) | Move::Release(ended), Some(own)) => {
                    store::end_hold(tx, asking.merchant, own, ended)?;
                }
                (Move::Extend, _) => extend = true,
                _ => {}
            }
            if matches!(moved, Move::Place | Move::Replace(_)) {
                place.push(LimitHold {
                    limit_id: limit_id.clone(),
                    hold_number: counter.version,
                    check: asking.check.clone(),
                    offer_id: asking.offer_id.to_owned(),
                    amount: wanted,
                    expires_at,
                });
            }
        }
        if extend {
            store::extend_holds(tx, asking.merchant, asking.check, asking.offer_id, expires_at)?;
        }
        for hold in &place {
            store::place_hold(tx, asking.merchant, hold, asking.now)?;
        }
        Ok(())
    }
}

/// Gives back what an offer keeps of limits: the register could not use it. Balances are locked before.
pub(crate) fn release_offer(tx: &mut Tx<'_>, asking: &Asking<'_>) -> Result<(), Error> {
    let mut held = store::limits_of_check(tx, asking.merchant, asking.check, Some(asking.offer_id))?;
    // here and not in SQL: the order of text differs between databases, the order of locks may not
    held.sort_unstable();
    for limit_id in &held {
        store::lock_known(tx, asking.merchant, limit_id, asking.now)?;
    }
    for limit_id in &held {
        store::release(tx, asking.merchant, limit_id, asking.check, asking.offer_id)?;
    }
    Ok(())
}
