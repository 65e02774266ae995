//! What does the outcome of an attempt do to its delivery and its lane?
//!
//! Everything is one transaction that begins with the fence: a claim that was taken over writes nothing.

use super::store::{self, State};
use super::{AttemptRow, Claimed, Delivery, Listener, Method, log_attempt};
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

/// Judges an attempt; pure. `taken`: the receiver took it ([`is_taken`]). `failures` counts the failed attempts before this
/// one.
pub(crate) fn judge(
    result: &Result<CallAnswer, CallError>,
    taken: bool,
    schedule: &Schedule,
    failures: u64,
    random: u64,
    asked_seconds: Option<u64>,
) -> Outcome {
    match result {
        Ok(_) if taken => Outcome::Delivered,
        Ok(answer) if answer.status == 410 => Outcome::Gone,
        Err(error) if error.is_ours() => Outcome::Ours,
        Ok(_) | Err(_) => Outcome::Failed(schedule.wait(failures + 1, random, asked_seconds)),
    }
}

/// Whether the receiver took the delivery: its kind's listener says which answers mean so; without one any 2xx does.
pub(crate) fn is_taken(listener: Option<&dyn Listener>, result: &Result<CallAnswer, CallError>) -> bool {
    let Ok(answer) = result else { return false };
    listener.map_or_else(|| is_success(answer.status), |listener| listener.takes(answer.status))
}

/// Whether a status is a 2xx.
pub(super) fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
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
    let ends = claimed.method == Method::Get && outcome == Outcome::Delivered;
    let written = db.write("courier_outcome", move |tx| {
        apply(tx, &delivery, fence, &outcome, &row, listener.as_deref())?;
        if ends {
            end_lane(tx, &delivery, fence)?;
        }
        Ok(())
    });
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
    let Some(failing_since) = tx.optional(&store::RELEASE_LANE, lane)? else {
        return Err(TxError::Refused(Fenced));
    };
    let (state, next_attempt_at) = match outcome {
        Outcome::Delivered => (State::Delivered, None),
        Outcome::Failed(Some(wait)) => (State::Pending, now.saturating_add(wait.gap).ok()),
        Outcome::Failed(None) => (State::Failed, None),
        Outcome::Gone | Outcome::Ours => (State::Pending, None),
    };
    let finished_at = (state != State::Pending).then_some(now);
    let error = row.error.as_deref();
    let counted = tx.optional(
        &store::COUNT_ATTEMPT,
        params![merchant, delivery_id, error, next_attempt_at, finished_at, state],
    )?;
    let mut heard = delivery.clone();
    let mut still_ours = false;
    if let Some(counted) = counted {
        heard.attempts = u64::try_from(counted.attempts).unwrap_or_default();
        // Settled while it was under way: its receiver has fetched it, whoever enqueued it knows already.
        still_ours = counted.state == state;
        log_attempt(tx, merchant, delivery_id, counted.attempts, row)?;
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

/// Takes the lane of a call away that was delivered, unless more of it waits: no second call will ever come for most of them.
/// A lane with something that failed stays, so that it can be replayed.
fn end_lane(tx: &mut Tx<'_>, delivery: &Delivery, fence: i64) -> Result<(), db::Error> {
    let Delivery { merchant, destination_id, place, kind, .. } = delivery;
    tx.execute(&store::END_LANE, params![merchant, destination_id, place, kind, fence])?;
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

    /// Takes 200 for an answer and no other status; hears nothing.
    struct OnlyOk;

    impl Listener for OnlyOk {
        fn kind(&self) -> &'static str {
            "picky"
        }
        fn takes(&self, status: u16) -> bool {
            status == 200
        }
        fn delivered(&self, _: &mut Tx<'_>, _: &Delivery, _: Timestamp) -> Result<(), db::Error> {
            Ok(())
        }
        fn attempted(&self, _: &mut Tx<'_>, _: &Delivery, _: &str, _: Timestamp) -> Result<(), db::Error> {
            Ok(())
        }
        fn failed(&self, _: &mut Tx<'_>, _: &Delivery, _: Timestamp) -> Result<(), db::Error> {
            Ok(())
        }
    }

    fn answer(status: u16) -> Result<CallAnswer, CallError> {
        let latency = Duration::from_millis(3);
        Ok(CallAnswer { status, body: Bytes::new(), complete: true, retry_after: None, latency })
    }

    #[test]
    fn each_answer_and_what_it_means() {
        let schedule = Schedule::new(vec![10], 0);
        let again = Outcome::Failed(schedule.wait(1, 0, None));
        // who listens, result, outcome
        let (anybody, picky): (Option<&dyn Listener>, Option<&dyn Listener>) = (None, Some(&OnlyOk));
        let table = [
            (picky, answer(200), Outcome::Delivered),
            (picky, answer(201), again.clone()),
            (picky, answer(204), again.clone()),
            (anybody, answer(200), Outcome::Delivered),
            (anybody, answer(204), Outcome::Delivered),
            (anybody, answer(299), Outcome::Delivered),
            (anybody, answer(301), again.clone()),
            (anybody, answer(304), again.clone()),
            (anybody, answer(400), again.clone()),
            (anybody, answer(410), Outcome::Gone),
            (anybody, answer(429), again.clone()),
            (anybody, answer(500), again.clone()),
            (anybody, Err(CallError::Deadline(Duration::from_secs(30))), again.clone()),
            (anybody, Err(CallError::Connect("refused".into())), again.clone()),
            (anybody, Err(CallError::Name("no such host".into())), again.clone()),
            (anybody, Err(CallError::Refused(TargetRefusal::UserInfo)), again),
            (anybody, Err(CallError::Ours("no name service".into())), Outcome::Ours),
        ];
        for (listener, result, expected) in table {
            let taken = is_taken(listener, &result);
            assert_eq!(judge(&result, taken, &schedule, 0, 0, None), expected, "{result:?}");
        }
        assert_eq!(judge(&answer(500), false, &schedule, 1, 0, None), Outcome::Failed(None));
    }
}
