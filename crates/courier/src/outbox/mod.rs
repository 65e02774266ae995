//! How is a thing to be told written down with the fact it tells, and what became of it?
//!
//! [`enqueue`] runs inside the transaction of the fact: there is no telling without the fact and no fact
//! without the telling. A lane (destination, place, kind) is ordered; a body is frozen.

mod attempt;
mod claim;
mod outcome;
mod store;

pub(crate) use attempt::{AttemptRow, log_attempt};
pub(crate) use claim::{Claimed, claim};
pub(crate) use outcome::{Outcome, judge, postpone, write_outcome};

pub use attempt::Attempt;

use db::{Row, Tx, params};
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
    /// What it is, such as `benefitUsage`; the [`Listener`] of that kind hears of its outcome.
    pub kind: &'static str,
    /// What it is about, in the words of whoever enqueues it.
    pub record: &'a str,
    /// Path below the destination's URL.
    pub path: &'a str,
    /// The JSON that is sent, byte for byte, at each attempt.
    pub body: &'a [u8],
    /// When.
    pub now: Timestamp,
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

/// What has become of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It waits for its first or next attempt.
    Pending,
    /// The receiver took it.
    Delivered,
    /// Every attempt failed. It is kept and can be replayed.
    Failed,
    /// The receiver fetched it by itself, so it is sent no more.
    Settled,
}

/// A delivery with what has become of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// What has become of it.
    pub state: State,
    /// Requests made so far.
    pub attempts: u64,
    /// The newest failure, if the newest attempt failed.
    pub last_error: Option<String>,
    /// When it was enqueued.
    pub enqueued_at: Timestamp,
    /// When the next attempt is due, if it is pending and has failed before.
    pub next_attempt_at: Option<Timestamp>,
    /// When it was delivered, failed or settled.
    pub finished_at: Option<Timestamp>,
}

/// Hears of outcomes inside the transaction that records them: what it writes stands or falls with them. A
/// call may be repeated (the transaction may run again), so it must not count by itself.
pub trait Listener: Send + Sync {
    /// The kind of delivery it is for.
    fn kind(&self) -> &'static str;
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

impl State {
    fn of(text: &str) -> Self {
        match text {
            "delivered" => Self::Delivered,
            "failed" => Self::Failed,
            "settled" => Self::Settled,
            _ => Self::Pending,
        }
    }

    /// As stored and shown: `pending`, `delivered`, `failed`, `settled`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Settled => "settled",
        }
    }
}

/// Writes a delivery into the outbox, in the transaction of the fact it reports. Call
/// [`crate::Courier::wake`] after the commit.
pub fn enqueue(tx: &mut Tx<'_>, new: &NewDelivery<'_>) -> Result<(), db::Error> {
    // The lane's row is held to the commit, so numbers of a lane appear in order.
    let lane = params![new.merchant, new.destination_id, new.place, new.kind, new.now];
    let Some(row) = tx.optional(&store::ENTER_LANE, lane)? else { return Ok(()) };
    let number: i64 = row.get(0)?;
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
            new.now
        ],
    )?;
    Ok(())
}

/// Stops a pending or failed delivery because the receiver has fetched what it says; true if it was stopped
/// now. Call it before touching rows that the [`Listener`] of the kind writes: same order, no deadlock.
pub fn settle(tx: &mut Tx<'_>, merchant: &str, delivery_id: &str, now: Timestamp) -> Result<bool, db::Error> {
    Ok(tx.execute(&store::SETTLE, params![merchant, delivery_id, now])? > 0)
}

/// Puts a failed delivery back at its place in its lane, with a fresh schedule; true if it was failed.
pub fn replay(tx: &mut Tx<'_>, merchant: &str, delivery_id: &str, now: Timestamp) -> Result<bool, db::Error> {
    let Some(row) = tx.optional(&store::REPLAY, params![merchant, delivery_id])? else { return Ok(false) };
    let (destination_id, place, kind): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
    tx.execute(&store::LANE_HAS_WORK, params![merchant, &destination_id, &place, &kind, now])?;
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
    tx.optional(&store::STATUS, params![merchant, delivery_id])?.as_ref().map(status_of).transpose()
}

/// The attempts of one delivery (or of a feed lane, `subscription/domain`), oldest first.
pub fn attempts(tx: &mut Tx<'_>, merchant: &str, subject: &str) -> Result<Vec<Attempt>, db::Error> {
    attempt::of_subject(tx, merchant, subject)
}

fn status_of(row: &Row) -> Result<Status, db::Error> {
    let state: String = row.get(0)?;
    Ok(Status {
        state: State::of(&state),
        attempts: row.get(1)?,
        last_error: row.get(2)?,
        enqueued_at: row.get(3)?,
        next_attempt_at: row.get(4)?,
        finished_at: row.get(5)?,
    })
}
