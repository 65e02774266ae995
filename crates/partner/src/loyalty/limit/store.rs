//! The limits' SQL: counters locked, holds, entries.

use super::counter::Counter;
use crate::loyalty::ledger::{CheckKey, Ended};
use crate::loyalty::promotion::LimitKey;
use db::{Error, Joined, Tx, params};
use jiff::Timestamp;
use std::collections::BTreeMap;

db::statement! {
    /// Locks a counter for the rest of the transaction, and begins it where it is new.
    LOCK_LIMIT -> Counter = "INSERT INTO partner_limit (merchant, limit_id, promotion_id, used, version, last_entry, created_at, updated_at)
        VALUES ($1, $2, $3, 0, 1, 0, $4, $4)
        ON CONFLICT (merchant, limit_id) DO UPDATE SET version = partner_limit.version + 1, updated_at = excluded.updated_at
        RETURNING limit_id, promotion_id, used, version, last_entry";
    /// Locks a counter that has begun.
    LOCK_KNOWN_LIMIT -> Counter = "UPDATE partner_limit SET version = version + 1, updated_at = $3
        WHERE merchant = $1 AND limit_id = $2
        RETURNING limit_id, promotion_id, used, version, last_entry";
    /// A counter, unlocked.
    LOOK_AT_LIMIT -> Counter = "SELECT limit_id, promotion_id, used, version, last_entry FROM partner_limit
        WHERE merchant = $1 AND limit_id = $2";
    /// The counters of which a check keeps something.
    LIMITS_OF_CHECK -> String = "SELECT limit_id FROM partner_limit_hold
        WHERE merchant = $1 AND place = $2 AND device_number = $3 AND check_id = $4 AND state = 'active'";
    /// The counters of which a check keeps something by an offer.
    LIMITS_OF_OFFER -> String = "SELECT limit_id FROM partner_limit_hold
        WHERE merchant = $1 AND place = $2 AND device_number = $3 AND check_id = $4 AND offer_id = $5 AND state = 'active'";
    /// The active holds of up to three counters; the caller judges `expires_at`. UNION ALL makes one index seek for each
    /// counter, where SQLite would scan for an IN.
    ACTIVE_LIMIT_HOLDS -> LimitHold = "SELECT limit_id, hold_number, place, device_number, check_id, offer_id, amount, expires_at
            FROM partner_limit_hold WHERE merchant = $1 AND limit_id = $2 AND state = 'active'
        UNION ALL SELECT limit_id, hold_number, place, device_number, check_id, offer_id, amount, expires_at
            FROM partner_limit_hold WHERE merchant = $1 AND limit_id = $3 AND state = 'active'
        UNION ALL SELECT limit_id, hold_number, place, device_number, check_id, offer_id, amount, expires_at
            FROM partner_limit_hold WHERE merchant = $1 AND limit_id = $4 AND state = 'active'";
    /// The active holds of a check on all counters.
    LIMIT_HOLDS_OF_CHECK -> LimitHold = "SELECT limit_id, hold_number, place, device_number, check_id, offer_id, amount, expires_at
        FROM partner_limit_hold WHERE merchant = $1 AND place = $2 AND device_number = $3 AND check_id = $4 AND state = 'active'";
    /// One hold by its number, in any state.
    STATE_OF_LIMIT_HOLD -> HoldWithState = "SELECT limit_id, hold_number, place, device_number, check_id, offer_id, amount, expires_at, state
        FROM partner_limit_hold WHERE merchant = $1 AND limit_id = $2 AND hold_number = $3";
    /// A new hold.
    INSERT_LIMIT_HOLD = "INSERT INTO partner_limit_hold (merchant, limit_id, hold_number, place, device_number, check_id, offer_id,
            amount, state, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'active', $9, $10)";
    /// Moves the end of every hold a check still has.
    EXTEND_LIMIT_HOLDS = "UPDATE partner_limit_hold SET expires_at = $5, offer_id = $6
        WHERE merchant = $1 AND place = $2 AND device_number = $3 AND check_id = $4 AND state = 'active'";
    /// Ends a hold.
    END_LIMIT_HOLD = "UPDATE partner_limit_hold SET state = $4
        WHERE merchant = $1 AND limit_id = $2 AND hold_number = $3 AND state = 'active'";
    /// Gives back what an offer keeps of one limit.
    RELEASE_LIMIT = "UPDATE partner_limit_hold SET state = 'released'
        WHERE merchant = $1 AND limit_id = $2 AND place = $3 AND device_number = $4 AND check_id = $5
          AND offer_id = $6 AND state = 'active'";
    /// Takes from a hold what a report used; the rest stays held.
    CAPTURE_LIMIT_HOLD = "UPDATE partner_limit_hold SET amount = CAST($4 AS BIGINT),
        state = CASE WHEN CAST($4 AS BIGINT) = 0 THEN 'captured' ELSE state END
        WHERE merchant = $1 AND limit_id = $2 AND hold_number = $3 AND state = 'active'";
    /// One entry.
    INSERT_LIMIT_ENTRY = "INSERT INTO partner_limit_entry (merchant, limit_id, entry, amount, offer_id, bill_id, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    /// Writes a locked counter's new sum.
    SETTLE_LIMIT = "UPDATE partner_limit SET used = $3, last_entry = $4 WHERE merchant = $1 AND limit_id = $2";
    /// The entries of an offer's bills, on all counters.
    LIMIT_ENTRIES_OF_OFFER -> LimitEntry = "SELECT limit_id, bill_id, amount FROM partner_limit_entry
        WHERE merchant = $1 AND offer_id = $2";
    /// Marks one slice of the holds that have ended, as `MARK_ENDED_HOLDS` does for balances.
    MARK_ENDED_LIMIT_HOLDS = "UPDATE partner_limit_hold SET state = 'expired'
        WHERE state = 'active' AND expires_at <= $1 AND (merchant, limit_id, hold_number) IN (
            SELECT merchant, limit_id, hold_number FROM partner_limit_hold
            WHERE state = 'active' AND expires_at <= $1 LIMIT $2)";
}

db::row! {
    /// A hold, and what became of it.
    struct HoldWithState {
        hold: LimitHold as Joined,
        state: String,
    }
}

/// How many counters one statement looks at.
const SLOTS: usize = 3;

db::row! {
    /// An active hold of a check on a limit: a row of `partner_limit_hold`.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub(crate) struct LimitHold {
        /// The counter that is held.
        pub(crate) limit_id: String,
        /// Unique within its counter.
        pub(crate) hold_number: i64,
        /// The check that holds.
        pub(crate) check: CheckKey as Joined,
        /// The newest offer that placed or renewed it.
        pub(crate) offer_id: String,
        /// What is still held: uses, or minor units of the ledger.
        pub(crate) amount: i64,
        /// It counts before this instant.
        pub(crate) expires_at: Timestamp,
    }
}

impl LimitHold {
    /// A hold counts while `now < expires_at`; at equality it is over (loyalty.md §4).
    pub(crate) fn counts(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }
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
            if let Some(counter) = self::lock(tx, merchant, key, now)? {
                counters.insert(limit_id.clone(), counter);
            }
        }
        Ok(counters)
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
        insert_entry(tx, merchant, self, amount, offer_id, bill_id, now)
    }
}

/// Locks a counter, beginning it where it is new. Lock in the order of the ids, after every balance.
pub(super) fn lock(
    tx: &mut Tx<'_>,
    merchant: &str,
    key: &LimitKey,
    now: Timestamp,
) -> Result<Option<Counter>, Error> {
    tx.optional(&LOCK_LIMIT, params![merchant, &key.limit_id, &key.promotion_id, now])
}

/// Locks a counter that has begun; `None` when it has not.
pub(crate) fn lock_known(
    tx: &mut Tx<'_>,
    merchant: &str,
    limit_id: &str,
    now: Timestamp,
) -> Result<Option<Counter>, Error> {
    let (key, moved) = (params![merchant, limit_id], params![merchant, limit_id, now]);
    tx.lock(&LOCK_KNOWN_LIMIT, moved, &LOOK_AT_LIMIT, key)
}

/// A counter as it stands; `None` when it has not begun.
pub(crate) fn look(tx: &mut Tx<'_>, merchant: &str, limit_id: &str) -> Result<Option<Counter>, Error> {
    tx.optional(&LOOK_AT_LIMIT, params![merchant, limit_id])
}

/// The counters of which a check keeps something; with an offer, only what that offer placed or renewed last.
pub(super) fn limits_of_check(
    tx: &mut Tx<'_>,
    merchant: &str,
    check: &CheckKey,
    offer_id: Option<&str>,
) -> Result<Vec<String>, Error> {
    let CheckKey { place, device_number, check_id } = check;
    match offer_id {
        None => tx.query(&LIMITS_OF_CHECK, params![merchant, place, *device_number, check_id]),
        Some(offer_id) => {
            tx.query(&LIMITS_OF_OFFER, params![merchant, place, *device_number, check_id, offer_id])
        }
    }
}

/// The holds of these counters that are not closed, those that are over included.
pub(crate) fn active_holds(
    tx: &mut Tx<'_>,
    merchant: &str,
    limit_ids: &[&str],
) -> Result<Vec<LimitHold>, Error> {
    let mut holds = Vec::new();
    for ids in limit_ids.chunks(SLOTS) {
        // a free slot is NULL, which finds nothing
        let slot = |at: usize| ids.get(at).copied();
        holds.extend(tx.query(&ACTIVE_LIMIT_HOLDS, params![merchant, slot(0), slot(1), slot(2)])?);
    }
    Ok(holds)
}

/// The holds of a check that are not closed, those that are over included, in the order of their counters.
pub(crate) fn holds_of_check(
    tx: &mut Tx<'_>,
    merchant: &str,
    check: &CheckKey,
) -> Result<Vec<LimitHold>, Error> {
    let CheckKey { place, device_number, check_id } = check;
    let mut holds = tx.query(&LIMIT_HOLDS_OF_CHECK, params![merchant, place, *device_number, check_id])?;
    holds.sort_by(|one, other| one.limit_id.cmp(&other.limit_id));
    Ok(holds)
}

/// A hold by its number, and its state.
pub(crate) fn get_hold(
    tx: &mut Tx<'_>,
    merchant: &str,
    limit_id: &str,
    hold_number: i64,
) -> Result<Option<(LimitHold, String)>, Error> {
    let row = tx.optional(&STATE_OF_LIMIT_HOLD, params![merchant, limit_id, hold_number])?;
    Ok(row.map(|row| (row.hold, row.state)))
}

/// Places a hold. Its counter is locked, and the check has no other active hold on it; the number is the
/// counter's version under the lock, so no two holds share it.
pub(super) fn place_hold(
    tx: &mut Tx<'_>,
    merchant: &str,
    hold: &LimitHold,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        &INSERT_LIMIT_HOLD,
        params![
            merchant,
            &hold.limit_id,
            hold.hold_number,
            &hold.check.place,
            hold.check.device_number,
            &hold.check.check_id,
            &hold.offer_id,
            hold.amount,
            now,
            hold.expires_at,
        ],
    )?;
    Ok(())
}

/// Moves the end of every hold the check has. Their counters are locked.
pub(super) fn extend_holds(
    tx: &mut Tx<'_>,
    merchant: &str,
    check: &CheckKey,
    offer_id: &str,
    expires_at: Timestamp,
) -> Result<(), Error> {
    let CheckKey { place, device_number, check_id } = check;
    tx.execute(
        &EXTEND_LIMIT_HOLDS,
        params![merchant, place, *device_number, check_id, expires_at, offer_id],
    )?;
    Ok(())
}

/// Ends a hold. Its counter is locked.
pub(crate) fn end_hold(tx: &mut Tx<'_>, merchant: &str, hold: &LimitHold, ended: Ended) -> Result<(), Error> {
    tx.execute(&END_LIMIT_HOLD, params![merchant, &hold.limit_id, hold.hold_number, ended.text()])?;
    Ok(())
}

/// Ends the holds of an offer on a limit. The counter is locked.
pub(super) fn release(
    tx: &mut Tx<'_>,
    merchant: &str,
    limit_id: &str,
    check: &CheckKey,
    offer_id: &str,
) -> Result<(), Error> {
    let CheckKey { place, device_number, check_id } = check;
    tx.execute(&RELEASE_LIMIT, params![merchant, limit_id, place, *device_number, check_id, offer_id])?;
    Ok(())
}

/// Leaves `amount` in a hold; empty, it is captured. The counter is locked.
pub(crate) fn capture_hold(
    tx: &mut Tx<'_>,
    merchant: &str,
    hold: &LimitHold,
    amount: i64,
) -> Result<(), Error> {
    tx.execute(&CAPTURE_LIMIT_HOLD, params![merchant, &hold.limit_id, hold.hold_number, amount])?;
    Ok(())
}

/// Appends an entry and settles the counter with it. The counter is locked and has its sums already.
fn insert_entry(
    tx: &mut Tx<'_>,
    merchant: &str,
    counter: &Counter,
    amount: i64,
    offer_id: &str,
    bill_id: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let id = counter.limit_id.as_str();
    tx.execute(
        &INSERT_LIMIT_ENTRY,
        params![merchant, id, counter.last_entry, amount, offer_id, bill_id, now],
    )?;
    tx.execute(&SETTLE_LIMIT, params![merchant, id, counter.used, counter.last_entry])?;
    Ok(())
}

db::row! {
    /// An entry of one bill on one counter.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub(crate) struct LimitEntry {
        /// The counter.
        pub(crate) limit_id: String,
        /// The bill.
        pub(crate) bill_id: String,
        /// Above 0 used, below 0 gave back.
        pub(crate) amount: i64,
    }
}

/// The entries of an offer's bills on all counters: uses, and uses given back.
pub(crate) fn entries_of_offer(
    tx: &mut Tx<'_>,
    merchant: &str,
    offer_id: &str,
) -> Result<Vec<LimitEntry>, Error> {
    tx.query(&LIMIT_ENTRIES_OF_OFFER, params![merchant, offer_id])
}

/// Marks one slice of ended holds as expired; how many it marked. It only tidies: readers judge the time.
pub(crate) fn mark_ended(tx: &mut Tx<'_>, now: Timestamp, rows: i64) -> Result<u64, Error> {
    tx.execute(&MARK_ENDED_LIMIT_HOLDS, params![now, rows])
}
