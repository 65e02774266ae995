//! What does a locked counter say, and how does an entry change it?

use super::store;
use crate::loyalty::promotion::{LimitKey, counts_money};
use db::{Error, Tx};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// A counter as its row says (table `partner_limit`), locked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counter {
    /// Its key.
    pub(crate) limit_id: String,
    /// Whose limit it is.
    pub(crate) promotion_id: String,
    /// Used by bills: uses, or minor units of the ledger; at least 0.
    pub(crate) used: i64,
    /// Moved by every lock; numbers the holds.
    pub(crate) version: i64,
    /// The number of the newest entry.
    pub(crate) last_entry: i64,
}

impl Counter {
    /// Locks these counters, beginning those that are new, in the order of their ids; every balance of the
    /// command is locked already.
    pub(crate) fn lock(
        tx: &mut Tx<'_>,
        merchant: &str,
        keys: &BTreeMap<String, LimitKey>,
        now: Timestamp,
    ) -> Result<BTreeMap<String, Self>, Error> {
        let mut counters = BTreeMap::new();
        for (limit_id, key) in keys {
            if let Some(counter) = store::lock(tx, merchant, key, now)? {
                counters.insert(limit_id.clone(), counter);
            }
        }
        Ok(counters)
    }

    /// Whether it counts money; otherwise uses.
    pub(crate) fn counts_money(&self) -> bool {
        counts_money(&self.promotion_id, &self.limit_id)
    }

    /// Enters what a bill used (above 0) or gives back (below 0).
    pub(crate) fn enter(
        &mut self,
        tx: &mut Tx<'_>,
        merchant: &str,
        amount: i64,
        offer_id: &str,
        bill_id: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.used = self.used.saturating_add(amount);
        self.last_entry += 1;
        store::insert_entry(tx, merchant, self, amount, offer_id, bill_id, now)
    }
}
