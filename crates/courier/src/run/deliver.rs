//! How is one delivery attempted?

use super::{OWN_FAULT_REST, Shared, outbox};
use crate::call::CallRequest;
use crate::outbox::{AttemptRow, Claimed, Method as Sent, Outcome};
use crate::sign;
use bytes::Bytes;
use http::Method;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Claims lanes for which there is room and starts their attempts; each task gives 1 if it made an attempt.
pub(super) async fn spawn_due(shared: &Arc<Shared>, tasks: &mut JoinSet<usize>) -> Result<(), db::Error> {
    let mut permits = Vec::new();
    let room = shared.permits.available_permits();
    if room == 0 || shared.stopping() {
        return Ok(());
    }
    permits.extend((0..room).map_while(|_| shared.permit()));
    let claimed = outbox::claim(&shared.db, shared.outside.now(), shared.lease(), permits.len()).await?;
    for (claimed, permit) in claimed.into_iter().zip(permits) {
        let shared = Arc::clone(shared);
        tasks.spawn(async move {
            let made = attempt(&shared, &claimed).await;
            drop(permit);
            shared.freed.notify_one();
            usize::from(made)
        });
    }
    Ok(())
}

/// True if a request was made (or its target refused) and its outcome written.
async fn attempt(shared: &Arc<Shared>, claimed: &Claimed) -> bool {
    let delivery = &claimed.delivery;
    let request = match request(shared, claimed) {
        Ok(request) => request,
        Err(fault) => {
            tracing::error!(
                merchant = delivery.merchant,
                destination = delivery.destination_id,
                fault,
                "a delivery cannot be made until this is mended"
            );
            give_back(shared, claimed).await;
            return false;
        }
    };
    let started = Instant::now();
    let result = tokio::select! {
        result = shared.caller.call(&request) => result,
        () = shared.given_up() => {
            give_back(shared, claimed).await;
            return false;
        }
    };
    let latency_us = i64::try_from(started.elapsed().as_micros()).unwrap_or(i64::MAX);
    let listener = shared.listeners.get(delivery.kind.as_str());
    let taken = outbox::is_taken(listener.map(AsRef::as_ref), &result);
    let row = AttemptRow::of(&result, taken, latency_us, shared.outside.now());
    let outcome =
        outbox::judge(&result, taken, &shared.schedule, claimed.failures, shared.random(), row.asked_seconds);
    log(claimed, &outcome, &row);
    metrics::counter!(
        "courier_attempts_total",
        "kind" => delivery.kind.clone(),
        "outcome" => word(&outcome),
        "class" => row.error_class.unwrap_or("none")
    )
    .increment(1);
    if outcome == Outcome::Ours {
        give_back(shared, claimed).await;
        return false;
    }
    let written = shared
        .persist("delivery", || {
            outbox::write_outcome(&shared.db, claimed, outcome.clone(), row.clone(), listener.cloned())
        })
        .await;
    if written == Some(false) {
        tracing::warn!(
            merchant = delivery.merchant,
            delivery = delivery.delivery_id,
            "the claim was taken over before the outcome came; it is not written"
        );
    }
    true
}

/// The request of a delivery; the fault in words if it cannot be put together.
fn request(shared: &Shared, claimed: &Claimed) -> Result<CallRequest, String> {
    if claimed.method == Sent::Get {
        return Ok(CallRequest {
            method: Method::GET,
            headers: sign::headers(&claimed.delivery.delivery_id, &[], shared.outside.now(), None),
            deadline: Duration::from_secs(shared.config.deadline_seconds),
            ..CallRequest::post(claimed.path.clone(), Bytes::new())
        });
    }
    let destination = claimed.destination.as_ref().ok_or("its destination was never set up")?;
    let keyring = shared.keyring.as_ref().ok_or("no sealing key is configured")?;
    let authorization = destination.authorization_header(keyring).map_err(|error| error.to_string())?;
    let signing = destination.signing_secret(keyring).map_err(|error| error.to_string())?;
    let signing = signing.as_ref().map(|secret| secret.as_str());
    let body = Bytes::from(claimed.body.clone());
    Ok(CallRequest {
        method: Method::POST,
        authorization: Some(authorization),
        headers: sign::headers(&claimed.delivery.delivery_id, &body, shared.outside.now(), signing),
        deadline: Duration::from_secs(shared.config.deadline_seconds),
        ..CallRequest::post(destination.url_of(&claimed.path), body)
    })
}

/// Our own fault, or we are stopping: the budget is not touched.
async fn give_back(shared: &Shared, claimed: &Claimed) {
    let rest = if shared.stopping() { jiff::SignedDuration::ZERO } else { OWN_FAULT_REST };
    let due_at = shared.after(rest);
    shared.persist("postponement", || outbox::postpone(&shared.db, claimed, due_at)).await;
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Delivered => "delivered",
        Outcome::Failed(Some(_)) => "failed",
        Outcome::Failed(None) => "given_up",
        Outcome::Gone => "gone",
        Outcome::Ours => "ours",
    }
}

fn log(claimed: &Claimed, outcome: &Outcome, row: &AttemptRow) {
    let delivery = &claimed.delivery;
    let wait = match outcome {
        Outcome::Failed(wait) => *wait,
        _ => None,
    };
    if *outcome == Outcome::Delivered {
        tracing::debug!(merchant = delivery.merchant, delivery = delivery.delivery_id, "delivered");
        return;
    }
    tracing::info!(
        merchant = delivery.merchant,
        delivery = delivery.delivery_id,
        kind = delivery.kind,
        attempt = delivery.attempts + 1,
        outcome = word(outcome),
        error = row.error,
        wait_seconds = wait.map(|wait| wait.gap.as_secs()),
        retry_after_seconds = row.asked_seconds,
        "a delivery failed"
    );
}
