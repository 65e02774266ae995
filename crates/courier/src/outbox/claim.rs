//! Which deliveries are made next, and who makes them?
//!
//! A lane is claimed by a lease with a fencing number. Whoever dies holding one is replaced after the lease;
//! whoever comes back late finds the number changed and writes nothing.

use super::store::{self, Lane};
use super::{Delivery, Method};
use crate::destination::{self, Destination};
use db::{Db, Never, Tx, TxError, params};
use jiff::{SignedDuration, Timestamp};

/// A lane that is ours until `fence` changes, with its first delivery.
#[derive(Debug, Clone)]
pub(crate) struct Claimed {
    pub(crate) delivery: Delivery,
    pub(crate) fence: i64,
    pub(crate) method: Method,
    /// Below the destination's URL; the whole URL of a call.
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
    /// Failed attempts since it was enqueued or replayed.
    pub(crate) failures: u64,
    /// `None` if the destination was never set up, and for a call.
    pub(crate) destination: Option<Destination>,
}

/// Claims at most `limit` lanes that are due at `now`. Asks a read lane first, so an idle courier writes nothing.
pub(crate) async fn claim(
    db: &Db,
    now: Timestamp,
    lease: SignedDuration,
    limit: usize,
) -> Result<Vec<Claimed>, db::Error> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let seen = db.read("courier_due", move |tx| {
        Ok::<_, TxError<Never>>(tx.optional(&store::DUE_LANES, params![now, 1_i64])?.is_some())
    });
    if !seen.await? {
        return Ok(Vec::new());
    }
    let claimed = db.write("courier_claim", move |tx| {
        let mut lanes = tx.query(&store::DUE_LANES, params![now, limit])?;
        // Two processes lock the rows they both want in the same order.
        lanes.sort_by(|a, b| a.key().cmp(&b.key()));
        let mut claimed = Vec::with_capacity(lanes.len());
        for lane in lanes {
            claimed.extend(take(tx, lane, now, lease)?);
        }
        Ok::<_, TxError<Never>>(claimed)
    });
    Ok(claimed.await?)
}

fn take(
    tx: &mut Tx<'_>,
    lane: Lane,
    now: Timestamp,
    lease: SignedDuration,
) -> Result<Option<Claimed>, db::Error> {
    let until = now.saturating_add(lease).unwrap_or(Timestamp::MAX);
    let (merchant, destination_id, place, kind) = lane.key();
    let taken =
        tx.optional(&store::LEASE_LANE, params![merchant, destination_id, place, kind, now, until])?;
    let Some(fence) = taken else { return Ok(None) };
    let Some(head) = tx.optional(&store::LANE_HEAD, params![merchant, destination_id, place, kind])? else {
        tx.execute(&store::LANE_IS_EMPTY, params![merchant, destination_id, place, kind])?;
        return Ok(None);
    };
    let destination = destination::get(tx, merchant, destination_id)?;
    Ok(Some(Claimed {
        fence,
        method: head.method,
        path: head.path,
        body: head.body,
        failures: head.step,
        destination,
        delivery: Delivery {
            delivery_id: head.delivery_id,
            record: head.record,
            attempts: head.attempts,
            merchant: lane.merchant,
            destination_id: lane.destination_id,
            place: lane.place,
            kind: lane.kind,
        },
    }))
}

impl Lane {
    fn key(&self) -> (&str, &str, &str, &str) {
        (&self.merchant, &self.destination_id, &self.place, &self.kind)
    }
}
