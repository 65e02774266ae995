//! How is one batch of a feed lane sent?

use super::lanes::Lanes;
use super::{OWN_FAULT_REST, Shared, feed};
use crate::call::{CallAnswer, CallError, CallRequest};
use crate::feed::{Batch, ClaimedLane, FeedOutcome, LaneKey, Progress, Step, Verdict};
use crate::outbox::AttemptRow;
use crate::schedule::Wait;
use crate::sign;
use bytes::Bytes;
use db::TxError;
use http::Method;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// How long a lane rests whose shared records another lane sends.
const COVERED_REST: SignedDuration = SignedDuration::from_secs(10);

/// Starts a task for every lane that is due: after changes since then, or (with `None`) those whose retry is due.
/// A task gives the number of attempts it made.
pub(super) async fn spawn_due(
    shared: &Arc<Shared>,
    changed_since: Option<Timestamp>,
    tasks: &mut JoinSet<usize>,
) -> Result<(), db::Error> {
    if shared.sources.is_empty() || shared.stopping() {
        return Ok(());
    }
    let now = shared.outside.now();
    if changed_since.is_some() {
        let domains: Vec<&'static str> = shared.sources.keys().copied().collect();
        feed::prepare(&shared.db, &domains, now).await?;
        shared.lanes.look();
    }
    for key in feed::due(&shared.db, now, changed_since).await? {
        if !shared.lanes.enter(&key) {
            continue;
        }
        let shared = Arc::clone(shared);
        tasks.spawn(async move {
            let mut entered = Entered { lanes: &shared.lanes, key: &key, left: false };
            work(&shared, &mut entered).await
        });
    }
    Ok(())
}

/// A lane at work; it is free again when this goes out of scope, also when the work fell over.
struct Entered<'a> {
    lanes: &'a Lanes,
    key: &'a LaneKey,
    left: bool,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        if !self.left {
            self.lanes.leave(self.key);
        }
    }
}

/// Sends batch after batch until the lane is empty, fails or waits, and again when it became due meanwhile; gives the
/// number of attempts.
async fn work(shared: &Arc<Shared>, entered: &mut Entered<'_>) -> usize {
    let key = entered.key;
    let mut made = 0;
    loop {
        let mut seen = shared.lanes.looks();
        made += send(shared, key).await;
        loop {
            if shared.stopping() {
                return made;
            }
            if shared.lanes.leave_unless_looked(key, seen) {
                entered.left = true;
                return made;
            }
            seen = shared.lanes.looks();
            match feed::is_due(&shared.db, key.clone(), shared.outside.now()).await {
                Ok(true) => break,
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(%error, "a feed lane could not be looked at; the next tick does");
                    return made;
                }
            }
        }
    }
}

/// Sends batch after batch until the lane is empty, fails or waits; gives the number of attempts.
async fn send(shared: &Arc<Shared>, key: &LaneKey) -> usize {
    let Some((shared_domain, source)) = shared.sources.get(key.domain.as_str()) else { return 0 };
    let mut made = 0;
    loop {
        // A permit per batch, so that one long backlog does not keep others out.
        let Ok(permit) = Arc::clone(&shared.permits).acquire_owned().await else { return made };
        if shared.stopping() {
            return made;
        }
        let claimed =
            feed::claim(&shared.db, key.clone(), *shared_domain, shared.outside.now(), shared.lease()).await;
        let lane = match claimed {
            Ok(Some(lane)) => lane,
            Ok(None) => return made,
            Err(error) => {
                tracing::warn!(%error, "a feed lane could not be claimed; trying again");
                return made;
            }
        };
        let next = batch(shared, &lane, Arc::clone(source)).await;
        drop(permit);
        shared.freed.notify_one();
        made += usize::from(next != Next::Nothing);
        if next != Next::AtOnce {
            return made;
        }
    }
}

/// How a lane goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// An attempt was made and another follows at once.
    AtOnce,
    /// An attempt was made and the lane is done for now.
    Later,
    /// No attempt was made.
    Nothing,
}

async fn batch(shared: &Arc<Shared>, lane: &ClaimedLane, source: Arc<dyn feed::FeedSource>) -> Next {
    let fault = match covering_position(shared, lane) {
        Ok(Some(position)) => {
            let due_at = shared.after(COVERED_REST);
            shared.persist("covered lane", || feed::postpone(&shared.db, lane, due_at, position)).await;
            return Next::Nothing;
        }
        Ok(None) => None,
        Err(fault) => Some(fault),
    };
    let built = match fault {
        Some(fault) => Err(fault),
        None => {
            feed::build(&shared.db, lane, lane.progress.plan(), source).await.map_err(|error| match error {
                TxError::Refused(fault) => fault.to_string(),
                TxError::Failed(error) => error.to_string(),
            })
        }
    };
    let batch = match built {
        Ok(batch) => batch,
        Err(fault) => return rest(shared, lane, &fault).await,
    };
    if batch.changes.is_empty() {
        return nothing_there(shared, lane).await;
    }
    if batch.oversized {
        let outcome = oversized(shared, lane, &batch);
        return write(shared, lane, outcome, batch.more).await;
    }
    let body = Bytes::from(batch.body.clone());
    let request = match request(shared, lane, body) {
        Ok(request) => request,
        Err(fault) => return rest(shared, lane, &fault).await,
    };
    let started = Instant::now();
    let result = tokio::select! {
        result = shared.caller.call(&request) => result,
        () = shared.given_up() => {
            let now = shared.outside.now();
            shared.persist("postponement", || feed::postpone(&shared.db, lane, now, lane.position)).await;
            return Next::Nothing;
        }
    };
    if let Err(error) = &result
        && error.is_ours()
    {
        return rest(shared, lane, &error.to_string()).await;
    }
    let latency_us = i64::try_from(started.elapsed().as_micros()).unwrap_or(i64::MAX);
    let row = AttemptRow::of(&result, is_taken(&result), latency_us, shared.outside.now());
    let outcome = decide(shared, lane, &result, row, &batch);
    let more = batch.more;
    write(shared, lane, outcome, more).await
}

async fn write(shared: &Shared, lane: &ClaimedLane, outcome: FeedOutcome, more: bool) -> Next {
    let goes_on = match outcome.step {
        Step::Advance => more,
        Step::SetAside => true,
        Step::Stay { at_once } => at_once,
    };
    let at_once = goes_on && !outcome.gone;
    log(lane, &outcome);
    metrics::counter!(
        "courier_attempts_total",
        "kind" => lane.key.domain.clone(),
        "outcome" => if outcome.row.error.is_none() { "delivered" } else { "failed" },
        "class" => outcome.row.error_class.unwrap_or("none")
    )
    .increment(1);
    match shared.persist("feed", || feed::write_outcome(&shared.db, lane, outcome.clone())).await {
        Some(true) if at_once => Next::AtOnce,
        Some(false) => {
            tracing::warn!(lane = ?lane.key, "the claim was taken over before the outcome came; it is not written");
            Next::Later
        }
        _ => Next::Later,
    }
}

/// Decides from a receiver's answer how the lane goes on.
fn decide(
    shared: &Shared,
    lane: &ClaimedLane,
    result: &Result<CallAnswer, CallError>,
    mut row: AttemptRow,
    batch: &Batch,
) -> FeedOutcome {
    let sent = u64::try_from(batch.changes.len()).unwrap_or(u64::MAX);
    let status = result.as_ref().ok().map(|answer| answer.status);
    let gone = status == Some(410);
    let verdict = if is_taken(result) {
        Verdict::Taken
    } else {
        Verdict::Refused { content: matches!(status, Some(400 | 409 | 413 | 415 | 422)) }
    };
    let (progress, step) = if gone {
        // Nothing is learned about the records; the lane stands still as it is.
        (lane.progress, Step::Stay { at_once: false })
    } else {
        lane.progress.after(sent, verdict, batch.more)
    };
    if !gone && step == (Step::Stay { at_once: false }) {
        row.wait = Some(wait(shared, progress, row.asked_seconds));
    }
    let due_at =
        row.at.saturating_add(row.wait.map_or(SignedDuration::ZERO, |wait| wait.gap)).unwrap_or(row.at);
    let first = batch.suspect.clone().or_else(|| batch.changes.first().cloned());
    FeedOutcome { progress, step, due_at, sent: batch.changes.clone(), first, gone, row }
}

/// A record that is longer than a batch may be is set aside unsent; as a probe it proves nothing.
fn oversized(shared: &Shared, lane: &ClaimedLane, batch: &Batch) -> FeedOutcome {
    let (progress, step) = if batch.suspect.is_some() {
        lane.progress.after(1, Verdict::Refused { content: true }, batch.more)
    } else {
        (Progress::default(), Step::SetAside)
    };
    let now = shared.outside.now();
    let row = AttemptRow {
        at: now,
        status: None,
        latency_us: 0,
        error_class: Some("oversized"),
        error: Some("the record alone is longer than a batch may be (1 MiB); it was not sent".into()),
        answer_start: Vec::new(),
        wait: None,
        asked_seconds: None,
    };
    let first = batch.suspect.clone().or_else(|| batch.changes.first().cloned());
    FeedOutcome { progress, step, due_at: now, sent: Vec::new(), first, gone: false, row }
}

/// No record stands where the plan looked: the last probe was made, or everything was sent meanwhile.
async fn nothing_there(shared: &Shared, lane: &ClaimedLane) -> Next {
    let now = shared.outside.now();
    if lane.progress.probing == 0 {
        shared.persist("empty lane", || feed::forget_failures(&shared.db, lane, now)).await;
        return Next::Nothing;
    }
    let progress = lane.progress.after_last_probe();
    let wait = wait(shared, progress, None);
    let due_at = now.saturating_add(wait.gap).unwrap_or(now);
    shared.persist("last probe", || feed::end_probing(&shared.db, lane, progress, due_at)).await;
    Next::Nothing
}

fn wait(shared: &Shared, progress: Progress, asked_seconds: Option<u64>) -> Wait {
    shared.schedule.wait_for_ever(progress.failures_for_wait(), shared.random(), asked_seconds)
}

/// Any 2xx: a live receiver answers 204 (protocol.md §11.1).
fn is_taken(result: &Result<CallAnswer, CallError>) -> bool {
    result.as_ref().is_ok_and(|answer| (200..300).contains(&answer.status))
}

/// How far another lane of the merchant has sent what all places share to the very same receiver; `None` if this
/// lane must send it itself.
fn covering_position(shared: &Shared, lane: &ClaimedLane) -> Result<Option<i64>, String> {
    if lane.same_url.is_empty() {
        return Ok(None);
    }
    let keyring = shared.keyring.as_ref().ok_or("no sealing key is configured")?;
    for (other, position) in &lane.same_url {
        if lane.subscription.same_receiver(other, keyring).map_err(|error| error.to_string())? {
            return Ok(Some(*position));
        }
    }
    Ok(None)
}

/// The request of a batch; the fault in words if it cannot be put together.
fn request(shared: &Shared, lane: &ClaimedLane, body: Bytes) -> Result<CallRequest, String> {
    let keyring = shared.keyring.as_ref().ok_or("no sealing key is configured")?;
    let authorization = lane.subscription.authorization_header(keyring).map_err(|error| error.to_string())?;
    let signing = lane.subscription.signing_secret(keyring).map_err(|error| error.to_string())?;
    let signing = signing.as_ref().map(|secret| secret.as_str());
    // The same batch again has the same id; one that was read anew and differs has another, so that a receiver
    // that drops repeated ids drops no news.
    let digest = Sha256::new_with_prefix(lane.key.subscription_id.as_bytes())
        .chain_update([0])
        .chain_update(lane.key.domain.as_bytes())
        .chain_update([0])
        .chain_update(&body)
        .finalize();
    let id = format!("batch_{}", outside::hex(&digest[..16]));
    Ok(CallRequest {
        method: if lane.subscription.method == "PUT" { Method::PUT } else { Method::POST },
        authorization: Some(authorization),
        headers: sign::headers(&id, &body, shared.outside.now(), signing),
        deadline: Duration::from_secs(shared.config.deadline_seconds),
        ..CallRequest::post(lane.subscription.url.clone(), body)
    })
}

/// A fault of our own: the lane rests a little and nothing is counted.
async fn rest(shared: &Shared, lane: &ClaimedLane, fault: &str) -> Next {
    tracing::error!(lane = ?lane.key, fault, "a feed lane cannot be sent until this is mended");
    let due_at = shared.after(OWN_FAULT_REST);
    shared.persist("postponement", || feed::postpone(&shared.db, lane, due_at, lane.position)).await;
    Next::Nothing
}

fn log(lane: &ClaimedLane, outcome: &FeedOutcome) {
    if outcome.row.error.is_none() {
        tracing::debug!(lane = ?lane.key, records = outcome.sent.len(), step = ?outcome.step, "a batch was taken");
    } else {
        tracing::info!(
            lane = ?lane.key,
            records = outcome.sent.len(),
            step = ?outcome.step,
            error = outcome.row.error,
            failures = outcome.progress.failures,
            wait_seconds = outcome.row.wait.map(|wait| wait.gap.as_secs()),
            retry_after_seconds = outcome.row.asked_seconds,
            "a batch was not taken"
        );
    }
}
