//! What did each request meet? One row per attempt, only ever added.

use super::store;
use crate::call::{CallAnswer, CallError};
use crate::schedule::Wait;
use db::{Row, Tx, params};
use jiff::Timestamp;

/// Of an answer so many bytes are kept in the log.
const ANSWER_KEPT_BYTES: usize = 512;

/// One attempt as logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Counted from 1 per subject.
    pub number: i64,
    /// When its outcome was known.
    pub at: Timestamp,
    /// The HTTP status; `None` without an answer.
    pub status: Option<u16>,
    /// From the start of the call to its end, microseconds.
    pub latency_us: i64,
    /// `None` after a success; else a word such as `status`, `deadline`, `connect`.
    pub error_class: Option<String>,
    /// The failure in words.
    pub error: Option<String>,
    /// The first bytes of the answer.
    pub answer_start: Vec<u8>,
    /// `Retry-After` as the receiver asked, seconds.
    pub retry_after_seconds: Option<i64>,
    /// The wait that followed, microseconds.
    pub wait_us: Option<i64>,
}

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
    tx.query(&store::ATTEMPTS, params![merchant, subject])?.iter().map(attempt_of).collect()
}

fn attempt_of(row: &Row) -> Result<Attempt, db::Error> {
    Ok(Attempt {
        number: row.get(0)?,
        at: row.get(1)?,
        status: row.get(2)?,
        latency_us: row.get(3)?,
        error_class: row.get(4)?,
        error: row.get(5)?,
        answer_start: row.get(6)?,
        retry_after_seconds: row.get(7)?,
        wait_us: row.get(8)?,
    })
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
