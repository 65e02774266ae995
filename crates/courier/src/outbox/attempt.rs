//! What did each request meet? One row per attempt, only ever added.

use super::store::{self, Attempt};
use crate::call::{CallAnswer, CallError};
use crate::schedule::Wait;
use db::{Tx, params};
use jiff::Timestamp;

/// Of an answer so many bytes are kept in the log.
const ANSWER_KEPT_BYTES: usize = 512;

/// What is to be logged of an attempt.
#[derive(Debug, Clone)]
pub(crate) struct AttemptRow {
    pub(crate) at: Timestamp,
    pub(crate) status: Option<u16>,
    pub(crate) latency_us: i64,
    pub(crate) error_class: Option<&'static str>,
    pub(crate) error: Option<String>,
    pub(crate) answer_start: Vec<u8>,
    pub(crate) wait: Option<Wait>,
    pub(crate) asked_seconds: Option<u64>,
}

impl AttemptRow {
    /// Describes the result of a call that `succeeded` or not by the rules of its lane.
    pub(crate) fn of(
        result: &Result<CallAnswer, CallError>,
        succeeded: bool,
        latency_us: i64,
        at: Timestamp,
    ) -> Self {
        let (status, error_class, error, answer_start, asked_seconds) = match result {
            Ok(answer) => {
                let error = (!succeeded).then(|| format!("answered {}", answer.status));
                let start = answer.body[..answer.body.len().min(ANSWER_KEPT_BYTES)].to_vec();
                let asked = answer.retry_after.as_deref().and_then(|text| asked_seconds(text, at));
                (Some(answer.status), error.is_some().then_some("status"), error, start, asked)
            }
            Err(error) => (None, Some(error.class()), Some(error.to_string()), Vec::new(), None),
        };
        Self { at, status, latency_us, error_class, error, answer_start, wait: None, asked_seconds }
    }
}

/// `Retry-After` is a number of seconds or a date.
fn asked_seconds(text: &str, now: Timestamp) -> Option<u64> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(seconds);
    }
    let date = jiff::fmt::rfc2822::parse(text.trim()).ok()?;
    u64::try_from(date.timestamp().duration_since(now).as_secs()).ok()
}

pub(crate) fn log_attempt(
    tx: &mut Tx<'_>,
    merchant: &str,
    subject: &str,
    number: i64,
    row: &AttemptRow,
) -> Result<(), db::Error> {
    let asked = row.asked_seconds.map(|seconds| i64::try_from(seconds).unwrap_or(i64::MAX));
    let wait_us = row.wait.map(|wait| i64::try_from(wait.gap.as_micros()).unwrap_or(i64::MAX));
    tx.execute(
        &store::ADD_ATTEMPT,
        params![
            merchant,
            subject,
            number,
            row.at,
            row.status,
            row.latency_us,
            row.error_class,
            row.error.as_deref(),
            &row.answer_start,
            asked,
            wait_us
        ],
    )?;
    Ok(())
}

pub(super) fn of_subject(tx: &mut Tx<'_>, merchant: &str, subject: &str) -> Result<Vec<Attempt>, db::Error> {
    tx.query(&store::ATTEMPTS, params![merchant, subject])
}

#[cfg(test)]
mod tests {
    use super::asked_seconds;

    #[test]
    fn retry_after_is_read_in_both_forms() {
        let now = "2026-03-01T10:00:00Z".parse().unwrap();
        for (text, seconds) in [
            ("120", Some(120)),
            (" 5 ", Some(5)),
            ("Sun, 01 Mar 2026 10:01:00 GMT", Some(60)),
            ("Sun, 01 Mar 2026 09:00:00 GMT", None),
            ("soon", None),
            ("-1", None),
        ] {
            assert_eq!(asked_seconds(text, now), seconds, "{text}");
        }
    }
}
