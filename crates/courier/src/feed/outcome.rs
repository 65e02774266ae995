//! What does the outcome of a batch do to its lane?

use super::bisect::{Progress, Step};
use super::claim::ClaimedLane;
use super::store::{self, ChangedRecord, LaneKey};
use crate::outbox::{AttemptRow, log_attempt};
use db::{Db, Tx, TxError, params};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// A lane that failed this long without a success is paused.
const FAILING_MAX: SignedDuration = SignedDuration::from_hours(5 * 24);

/// What is to be written down after an attempt.
#[derive(Debug, Clone)]
pub(crate) struct FeedOutcome {
    /// What the lane knows now.
    pub(crate) progress: Progress,
    /// What happens to its position.
    pub(crate) step: Step,
    /// When the lane goes on.
    pub(crate) due_at: Timestamp,
    /// The records that were sent.
    pub(crate) sent: Vec<ChangedRecord>,
    /// The first record behind the position: the one that [`Step::SetAside`] means.
    pub(crate) first: Option<ChangedRecord>,
    /// The receiver answered 410.
    pub(crate) gone: bool,
    /// The attempt.
    pub(crate) row: AttemptRow,
}

struct Fenced;

/// Writes it down; false if the claim had been taken over and nothing was written.
pub(crate) async fn write_outcome(
    db: &Db,
    lane: &ClaimedLane,
    outcome: FeedOutcome,
) -> Result<bool, db::Error> {
    let (key, fence, position, failing_since) =
        (lane.key.clone(), lane.fence, lane.position, lane.failing_since);
    let written =
        db.write("courier_feed_outcome", move |tx| apply(tx, &key, fence, position, failing_since, &outcome));
    match written.await {
        Ok(()) => Ok(true),
        Err(TxError::Refused(Fenced)) => Ok(false),
        Err(TxError::Failed(error)) => Err(error),
    }
}

fn apply(
    tx: &mut Tx<'_>,
    key: &LaneKey,
    fence: i64,
    position: i64,
    failing_since: Option<Timestamp>,
    outcome: &FeedOutcome,
) -> Result<(), TxError<Fenced>> {
    let LaneKey { merchant, subscription_id, domain } = key;
    let now = outcome.row.at;
    let taken = outcome.row.error.is_none();
    let position = match outcome.step {
        Step::Advance => outcome.sent.last().map_or(position, |last| last.number),
        Step::SetAside => outcome.first.as_ref().map_or(position, |first| first.number),
        Step::Stay { .. } => position,
    };
    let failing_since = (!taken).then(|| failing_since.unwrap_or(now));
    let failing_long = failing_since.is_some_and(|since| now.duration_since(since) >= FAILING_MAX);
    let paused_reason = match (outcome.gone, failing_long) {
        (true, _) => Some("the receiver answered 410 Gone"),
        (false, true) => Some("every attempt of the last five days failed"),
        (false, false) => None,
    };
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let written = tx.optional(
        &store::FEED_OUTCOME,
        params![
            merchant,
            subscription_id,
            domain,
            fence,
            position,
            outcome.due_at,
            count(outcome.progress.failures),
            count(outcome.progress.span),
            count(outcome.progress.probing),
            failing_since,
            outcome.row.error.as_deref(),
            taken.then_some(now),
            paused_reason.map(|_| now),
            paused_reason
        ],
    )?;
    let Some(attempts) = written else { return Err(TxError::Refused(Fenced)) };
    log_attempt(tx, merchant, &format!("{subscription_id}/{domain}"), attempts, &outcome.row)?;
    if outcome.step == Step::SetAside
        && let Some(first) = &outcome.first
    {
        let reason =
            outcome.row.error.as_deref().unwrap_or("it was refused while the records behind it were taken");
        let aside = params![merchant, subscription_id, domain, &first.record, first.number, reason, now];
        tx.execute(&store::SET_ASIDE, aside)?;
    }
    if taken {
        resolve(tx, key, &outcome.sent, now)?;
    }
    Ok(())
}

/// Records set aside earlier that were taken now are aside no more.
fn resolve(tx: &mut Tx<'_>, key: &LaneKey, sent: &[ChangedRecord], now: Timestamp) -> Result<(), db::Error> {
    let LaneKey { merchant, subscription_id, domain } = key;
    let aside = tx.query(&store::ASIDE, params![merchant, subscription_id, domain])?;
    if aside.is_empty() {
        return Ok(());
    }
    let sent: BTreeSet<&str> = sent.iter().map(|change| change.record.as_str()).collect();
    for record in aside {
        if sent.contains(record.as_str()) {
            tx.execute(&store::RESOLVE_ASIDE, params![merchant, subscription_id, domain, &record, now])?;
        }
    }
    Ok(())
}
