//! How is a thing to be told written down with the fact it tells, and what became of it?
//!
//! [`enqueue`] runs inside the transaction of the fact: there is no telling without the fact and no fact
//! without the telling. A lane (destination, place, kind) is ordered; a body is frozen. A call ([`enqueue_call`]) is a delivery
//! without a destination and a body: a GET of a URL of its own.

mod attempt;
mod claim;
mod outcome;
mod store;

pub(crate) use attempt::{AttemptRow, log_attempt};
pub(crate) use claim::{Claimed, claim};
pub(crate) use outcome::{Outcome, is_taken, judge, postpone, write_outcome};

pub(crate) use store::Method;
pub use store::{Attempt, State, Status};

use db::{Tx, params};
use jiff::Timestamp;

/// A delivery to enqueue.
#[derive(Debug, Clone, Copy)]
pub struct NewDelivery<'a> {
    /// Whose it is.
    pub merchant: &'a str,
    /// Its id, unique for the merchant; the receiver sees it as `webhook-id`. The same id again is no new delivery.
    pub delivery_id: &'a str,
    /// Where it goes.
    pub destination_id: &'a str,
    /// The place whose lane it is in.
    pub place: &'a str,
    /// What it is, in the words of whoever enqueues it; the [`Listener`] of that kind hears of its outcome.
    pub kind: &'static str,
    /// What it is about, in the words of whoever enqueues it.
    pub record: &'a str,
    /// Path below the destination's URL.
    pub path: &'a str,
    /// The JSON that is sent, byte for byte, at each attempt, unless [`replace_body`] comes between.
    pub body: &'a [u8],
    /// When.
    pub now: Timestamp,
}

/// A call to enqueue: a GET without a body, of a whole URL that somebody gave for this one event. Nothing secret goes with it
/// but what the URL itself holds.
#[derive(Clone, Copy)]
pub struct NewCall<'a> {
    /// Whose it is.
    pub merchant: &'a str,
    /// Its id, unique for the merchant; the receiver sees it as `webhook-id`. The same id again is no new call.
    pub delivery_id: &'a str,
    /// Calls with the same lane and kind go out one after the other; a lane that fails holds up no other.
    pub lane: &'a str,
    /// The place it belongs to.
    pub place: &'a str,
    /// What it is, as for a [`NewDelivery`].
    pub kind: &'static str,
    /// What it is about, in the words of whoever enqueues it.
    pub record: &'a str,
    /// What is called, query and all. The target guard looks at it when it is called.
    pub url: &'a str,
    /// When.
    pub now: Timestamp,
}

impl std::fmt::Debug for NewCall<'_> {
    /// Without the URL, which may hold a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewCall").field("delivery_id", &self.delivery_id).finish_non_exhaustive()
    }
}

/// A delivery as its listener sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Whose it is.
    pub merchant: String,
    /// Its id.
    pub delivery_id: String,
    /// Where it goes.
    pub destination_id: String,
    /// The place whose lane it is in.
    pub place: String,
    /// What it is.
    pub kind: String,
    /// What it is about.
    pub record: String,
    /// Requests made for it so far, this one included.
    pub attempts: u64,
}

/// Hears of outcomes inside the transaction that records them: what it writes stands or falls with them. A
/// call may be repeated (the transaction may run again), so it must not count by itself.
pub trait Listener: Send + Sync {
    /// The kind of delivery it is for.
    fn kind(&self) -> &'static str;
    /// Whether an answer with this status means that the receiver took it: any 2xx, unless its contract says otherwise.
    fn takes(&self, status: u16) -> bool {
        outcome::is_success(status)
    }
    /// The receiver took it.
    fn delivered(&self, tx: &mut Tx<'_>, delivery: &Delivery, now: Timestamp) -> Result<(), db::Error>;
    /// An attempt failed and another will be made.
    fn attempted(
        &self,
        tx: &mut Tx<'_>,
        delivery: &Delivery,
        error: &str,
        now: Timestamp,
    ) -> Result<(), db::Error>;
    /// The last attempt failed (`attempted` was called for it too).
    fn failed(&self, tx: &mut Tx<'_>, delivery: &Delivery, now: Timestamp) -> Result<(), db::Error>;
}

/// Writes a delivery into the outbox, in the transaction of the fact it reports. Call
/// [`crate::Courier::wake`] after the commit.
pub fn enqueue(tx: &mut Tx<'_>, new: &NewDelivery<'_>) -> Result<(), db::Error> {
    add(tx, new, Method::Post)
}

/// Writes a call into the outbox, in the transaction of the fact it reports. Call [`crate::Courier::wake`] after the commit.
pub fn enqueue_call(tx: &mut Tx<'_>, new: &NewCall<'_>) -> Result<(), db::Error> {
    let NewCall { merchant, delivery_id, lane, place, kind, record, url, now } = *new;
    let delivery = NewDelivery {
        merchant,
        delivery_id,
        destination_id: lane,
        place,
        kind,
        record,
        path: url,
        body: &[],
        now,
    };
    add(tx, &delivery, Method::Get)
}

fn add(tx: &mut Tx<'_>, new: &NewDelivery<'_>, method: Method) -> Result<(), db::Error> {
    // The lane's row is held to the commit, so numbers of a lane appear in order.
    let lane = params![new.merchant, new.destination_id, new.place, new.kind, new.now];
    let Some(number) = tx.optional(&store::ENTER_LANE, lane)? else { return Ok(()) };
    tx.execute(
        &store::ADD_DELIVERY,
        params![
            new.merchant,
            new.delivery_id,
            new.destination_id,
            new.place,
            new.kind,
            number,
            new.record,
            new.path,
            new.body,
            new.now,
            method
        ],
    )?;
    Ok(())
}

/// Replaces what a delivery carries: by a text that says the same, for a receiver that met the other one before. An
/// attempt that is under way still carries the old one. A delivery that is not there is no error.
pub fn replace_body(
    tx: &mut Tx<'_>,
    merchant: &str,
    delivery_id: &str,
    body: &[u8],
) -> Result<(), db::Error> {
    tx.execute(&store::REPLACE_BODY, params![merchant, delivery_id, body])?;
    Ok(())
}

/// Stops a pending or failed delivery because the receiver has fetched what it says; true if it was stopped
/// now. Call it before touching rows that the [`Listener`] of the kind writes: same order, no deadlock.
pub fn settle(tx: &mut Tx<'_>, merchant: &str, delivery_id: &str, now: Timestamp) -> Result<bool, db::Error> {
    Ok(tx.execute(&store::SETTLE, params![merchant, delivery_id, now])? > 0)
}

/// Puts a failed delivery back at its place in its lane, with a fresh schedule; true if it was failed.
pub fn replay(tx: &mut Tx<'_>, merchant: &str, delivery_id: &str, now: Timestamp) -> Result<bool, db::Error> {
    let Some(lane) = tx.optional(&store::REPLAY, params![merchant, delivery_id])? else { return Ok(false) };
    let lane = params![merchant, &lane.destination_id, &lane.place, &lane.kind, now];
    tx.execute(&store::LANE_HAS_WORK, lane)?;
    Ok(true)
}

/// Lets the paused lanes of a destination go on from where they stood; gives how many there were.
pub fn resume(
    tx: &mut Tx<'_>,
    merchant: &str,
    destination_id: &str,
    now: Timestamp,
) -> Result<u64, db::Error> {
    tx.execute(&store::RESUME, params![merchant, destination_id, now])
}

/// What has become of one delivery.
pub fn status(tx: &mut Tx<'_>, merchant: &str, delivery_id: &str) -> Result<Option<Status>, db::Error> {
    tx.optional(&store::STATUS, params![merchant, delivery_id])
}

/// The attempts of one delivery (or of a feed lane, `subscription/domain`), oldest first.
pub fn attempts(tx: &mut Tx<'_>, merchant: &str, subject: &str) -> Result<Vec<Attempt>, db::Error> {
    attempt::of_subject(tx, merchant, subject)
}
