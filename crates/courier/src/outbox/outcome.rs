//! What does the outcome of an attempt do to its delivery and its lane?
//!
//! Everything is one transaction that begins with the fence: a claim that was taken over writes nothing.

use super::{AttemptRow, Claimed, Delivery, Listener, log_attempt, store};
use crate::call::{CallAnswer, CallError};
use crate::schedule::{Schedule, Wait};
use db::{Db, Tx, TxError, params};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

/// A lane that failed this long without a success is paused.
const FAILING_MAX: SignedDuration = SignedDuration::from_hours(5 * 24);

/// What an attempt means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The receiver took it.
    Delivered,
    /// It did not; another attempt follows after the wait, or none any more.
    Failed(Option<Wait>),
    /// 410: it wants nothing from us any more. The lane stands still and the delivery stays at its head.
    Gone,
    /// It was our own fault and counts for nothing.
    Ours,
}

/// Judges an attempt; pure. `failures` counts the failed attempts before this one.
pub(crate) fn judge(
    kind: &str,
    result: &Result<CallAnswer, CallError>,
    schedule: &Schedule,
    failures: u64,
    random: u64,
    asked_seconds: Option<u64>,
) -> Outcome {
    match result {
        Ok(answer) if is_success(kind, answer.status) => Outcome::Delivered,
        Ok(answer) if answer.status == 410 => Outcome::Gone,
        Err(error) if error.is_ours() => Outcome::Ours,
        Ok(_) | Err(_) => Outcome::Failed(schedule.wait(failures + 1, random, asked_seconds)),
    }
}

/// The document asks for exactly 200 after a usage report; elsewhere any 2xx will do. 3xx never does.
fn is_success(kind: &str, status: u16) -> bool {
    if kind == "benefitUsage" { status == 200 } else { (200..300).contains(&status) }
}

/// The claim was taken over meanwhile.
struct Fenced;

/// Writes down an attempt and what follows from it; false if the claim had been taken over and nothing was written.
pub(crate) async fn write_outcome(
    db: &Db,
    claimed: &Claimed,
    outcome: Outcome,
    mut row: AttemptRow,
    listener: Option<Arc<dyn Listener>>,
) -> Result<bool, db::Error> {
    if let Outcome::Failed(wait) = &outcome {
        row.wait = *wait;
    }
    let (delivery, fence) = (claimed.delivery.clone(), claimed.fence);
    let written = db
        .write("courier_outcome", move |tx| apply(tx, &delivery, fence, &outcome, &row, listener.as_deref()));
    match written.await {
        Ok(()) => Ok(true),
        Err(TxError::Refused(Fenced)) => Ok(false),
        Err(TxError::Failed(error)) => Err(error),
    }
}

fn apply(
    tx: &mut Tx<'_>,
    delivery: &Delivery,
    fence: i64,
    outcome: &Outcome,
    row: &AttemptRow,
    listener: Option<&dyn Listener>,
) -> Result<(), TxError<Fenced>> {
    let now = row.at;
    let Delivery { merchant, destination_id, place, kind, delivery_id, .. } = delivery;
    let lane = params![merchant, destination_id, place, kind, fence, now];
    let Some(released) = tx.optional(&store::RELEASE_LANE, lane)? else {
        return Err(TxError::Refused(Fenced));
    };
    let failing_since: Option<Timestamp> = released.get(0)?;
    let (state, next_attempt_at) = match outcome {
        Outcome::Delivered => ("delivered", None),
        Outcome::Failed(Some(wait)) => ("pending", now.saturating_add(wait.gap).ok()),
        Outcome::Failed(None) => ("failed", None),
        Outcome::Gone | Outcome::Ours => ("pending", None),
    };
    let finished_at = (state != "pending").then_some(now);
    let error = row.error.as_deref();
    let counted = tx.optional(
        &store::COUNT_ATTEMPT,
        params![merchant, delivery_id, error, next_attempt_at, finished_at, state],
    )?;
    let mut heard = delivery.clone();
    let mut still_ours = false;
    if let Some(counted) = counted {
        heard.attempts = counted.get(0)?;
        let stored: String = counted.get(1)?;
        // Settled while it was under way: its receiver has fetched it, whoever enqueued it knows already.
        still_ours = stored == state;
        log_attempt(tx, merchant, delivery_id, counted.get(0)?, row)?;
    }
    set_lane(tx, delivery, fence, outcome, failing_since, next_attempt_at.filter(|_| still_ours), now)?;
    let Some(listener) = listener.filter(|_| still_ours) else { return Ok(()) };
    if *outcome == Outcome::Delivered {
        listener.delivered(tx, &heard, now)?;
    } else {
        listener.attempted(tx, &heard, error.unwrap_or("failed"), now)?;
    }
    if *outcome == Outcome::Failed(None) {
        listener.failed(tx, &heard, now)?;
    }
    Ok(())
}

fn set_lane(
    tx: &mut Tx<'_>,
    delivery: &Delivery,
    fence: i64,
    outcome: &Outcome,
    failing_since: Option<Timestamp>,
    next_attempt_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), db::Error> {
    let Delivery { merchant, destination_id, place, kind, .. } = delivery;
    let failing_since = (*outcome != Outcome::Delivered).then(|| failing_since.unwrap_or(now));
    let failing_long = failing_since.is_some_and(|since| now.duration_since(since) >= FAILING_MAX);
    let paused_reason = match outcome {
        Outcome::Gone => Some("the receiver answered 410 Gone"),
        _ if failing_long => Some("every attempt of the last five days failed"),
        _ => None,
    };
    let pending = tx.optional(&store::LANE_PENDING, params![merchant, destination_id, place, kind])?;
    let due_at = next_attempt_at.or(pending.map(|_| now));
    let paused_at = paused_reason.map(|_| now);
    tx.execute(
        &store::SET_LANE,
        params![
            merchant,
            destination_id,
            place,
            kind,
            fence,
            due_at,
            failing_since,
            paused_at,
            paused_reason
        ],
    )?;
    Ok(())
}

/// Gives a lane back without an attempt, to be tried again at `due_at`: our own fault, or we are stopping.
pub(crate) async fn postpone(db: &Db, claimed: &Claimed, due_at: Timestamp) -> Result<(), db::Error> {
    let (delivery, fence) = (claimed.delivery.clone(), claimed.fence);
    let released = db.write("courier_postpone", move |tx| {
        let Delivery { merchant, destination_id, place, kind, .. } = &delivery;
        let lane = params![merchant, destination_id, place, kind, fence, due_at];
        Ok::<_, TxError<db::Never>>(tx.optional(&store::RELEASE_LANE, lane)?.is_some())
    });
    // False: taken over meanwhile, so there is nothing to give back.
    released.await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::TargetRefusal;
    use bytes::Bytes;
    use std::time::Duration;

    fn answer(status: u16) -> Result<CallAnswer, CallError> {
        let latency = Duration::from_millis(3);
        Ok(CallAnswer { status, body: Bytes::new(), complete: true, retry_after: None, latency })
    }

    #[test]
    fn each_answer_and_what_it_means() {
        let schedule = Schedule::new(vec![10], 0);
        let again = Outcome::Failed(schedule.wait(1, 0, None));
        // kind, result, outcome
        let table = [
            ("benefitUsage", answer(200), Outcome::Delivered),
            ("benefitUsage", answer(201), again.clone()),
            ("benefitUsage", answer(204), again.clone()),
            ("other", answer(200), Outcome::Delivered),
            ("other", answer(204), Outcome::Delivered),
            ("other", answer(299), Outcome::Delivered),
            ("other", answer(301), again.clone()),
            ("other", answer(304), again.clone()),
            ("other", answer(400), again.clone()),
            ("other", answer(410), Outcome::Gone),
            ("other", answer(429), again.clone()),
            ("other", answer(500), again.clone()),
            ("other", Err(CallError::Deadline(Duration::from_secs(30))), again.clone()),
            ("other", Err(CallError::Connect("refused".into())), again.clone()),
            ("other", Err(CallError::Name("no such host".into())), again.clone()),
            ("other", Err(CallError::Refused(TargetRefusal::UserInfo)), again),
            ("other", Err(CallError::Ours("no name service".into())), Outcome::Ours),
        ];
        for (kind, result, expected) in table {
            assert_eq!(judge(kind, &result, &schedule, 0, 0, None), expected, "{kind} {result:?}");
        }
        assert_eq!(judge("other", &answer(500), &schedule, 1, 0, None), Outcome::Failed(None));
    }
}
