//! What is in the next batch of a lane?
//!
//! It is read anew for every attempt, in one snapshot: the changes up to the counter's newest number, each
//! record once at its newest change, and the records as they are now.

use super::claim::ClaimedLane;
use super::store::{self, ChangedRecord, LaneKey};
use super::{FeedSource, Plan};
use db::{Db, Tx, TxError, params};
use serde_json::Value;
use std::sync::Arc;
use wire::datasync::{Envelope, RawRecord};

/// Bytes of a batch at most.
const BATCH_BYTES_MAX: usize = 1024 * 1024;
/// Set aside for the envelope around the records.
const ENVELOPE_BYTES_MAX: usize = 4 * 1024;

/// A batch to send.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    /// The records in it, in order.
    pub(crate) changes: Vec<ChangedRecord>,
    /// The request's body.
    pub(crate) body: Vec<u8>,
    /// Whether records wait behind it.
    pub(crate) more: bool,
    /// The record before those left out by the plan: the suspect while it is probed behind it.
    pub(crate) suspect: Option<ChangedRecord>,
    /// The first record alone is over the limit, so nothing can be sent.
    pub(crate) oversized: bool,
}

/// Why there is no batch although the database answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SourceFault {
    /// It gave another number of records than changes.
    #[error("the source of {domain} gave {found} records for {expected} changes")]
    Count { domain: String, expected: usize, found: usize },
    /// It gave a text that is not JSON.
    #[error("the source of {domain} gave a record that is not JSON: {error}")]
    Json { domain: String, error: String },
}

/// Why there is no batch.
pub(crate) type BuildError = TxError<SourceFault>;

/// Reads the next batch by `plan`. Empty changes: nothing waits there.
pub(crate) async fn build(
    db: &Db,
    lane: &ClaimedLane,
    plan: Plan,
    source: Arc<dyn FeedSource>,
) -> Result<Batch, BuildError> {
    let (key, position, place) = (lane.key.clone(), lane.position, lane.subscription.place.clone());
    db.read("courier_feed_batch", move |tx| read_batch(tx, &key, &place, position, plan, source.as_ref()))
        .await
}

fn read_batch(
    tx: &mut Tx<'_>,
    key: &LaneKey,
    place: &str,
    position: i64,
    plan: Plan,
    source: &dyn FeedSource,
) -> Result<Batch, BuildError> {
    // A number that is seen here has every lower one committed before it.
    let newest = tx.optional(&store::NEWEST_NUMBER, params![&key.merchant])?.unwrap_or(0);
    // While probing, the suspect is read too: it is the first behind the position.
    let suspect = if plan.skip > 0 { changes(tx, key, place, position, newest, 1, 0)?.pop() } else { None };
    let mut found = changes(tx, key, place, position, newest, plan.limit + 1, plan.skip)?;
    let limit = usize::try_from(plan.limit).unwrap_or(usize::MAX);
    let mut more = found.len() > limit;
    found.truncate(limit);
    let mut records = Vec::new();
    if !found.is_empty() {
        records = source.records(tx, &key.merchant, place, &key.domain, &found)?;
        if records.len() != found.len() {
            let (domain, expected) = (key.domain.clone(), found.len());
            return Err(TxError::Refused(SourceFault::Count { domain, expected, found: records.len() }));
        }
    }
    let fitting = fitting(&records);
    let oversized = fitting == 0 && !records.is_empty();
    if fitting < records.len() {
        more |= fitting.max(1) < records.len();
        records.truncate(fitting);
        found.truncate(fitting.max(1));
    }
    let body = envelope(key, place, &records)?;
    Ok(Batch { changes: found, body, more, suspect, oversized })
}

fn changes(
    tx: &mut Tx<'_>,
    key: &LaneKey,
    place: &str,
    position: i64,
    newest: i64,
    limit: u64,
    skip: u64,
) -> Result<Vec<ChangedRecord>, db::Error> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let skip = i64::try_from(skip).unwrap_or(i64::MAX);
    tx.query(&store::CHANGES, params![&key.merchant, &key.domain, place, position, newest, limit, skip])
}

/// How many records from the front fit into a batch.
fn fitting(records: &[String]) -> usize {
    let mut bytes = ENVELOPE_BYTES_MAX;
    records
        .iter()
        .take_while(|record| {
            bytes = bytes.saturating_add(record.len() + 1);
            bytes <= BATCH_BYTES_MAX
        })
        .count()
}

fn envelope(key: &LaneKey, place: &str, records: &[String]) -> Result<Vec<u8>, BuildError> {
    let not_json = |error: serde_json::Error| {
        TxError::Refused(SourceFault::Json { domain: key.domain.clone(), error: error.to_string() })
    };
    let data: Result<Vec<RawRecord>, BuildError> = records
        .iter()
        .map(|record| serde_json::from_str::<Value>(record).map(RawRecord).map_err(not_json))
        .collect();
    let envelope = Envelope {
        merchant_id: Some(key.merchant.clone()),
        place_id: Some(place.to_owned()),
        data_domain: key.domain.clone(),
        data: data?,
        extra: wire::Extra::new(),
    };
    serde_json::to_vec(&envelope).map_err(not_json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_fit_up_to_a_mebibyte() {
        let kilobyte = "x".repeat(1023);
        assert_eq!(fitting(&[]), 0);
        assert_eq!(fitting(&vec![kilobyte.clone(); 2000]), 1020);
        assert_eq!(fitting(&["x".repeat(BATCH_BYTES_MAX)]), 0);
        assert_eq!(fitting(&[kilobyte, "x".repeat(BATCH_BYTES_MAX)]), 1);
    }
}
