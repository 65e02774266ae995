//! What did a load find? Answers a second and how long the slow ones took.

use super::Kind;
use anyhow::Context as _;
use hdrhistogram::Histogram;
use serde_json::{Value, json};
use std::time::Duration;

/// Latencies are counted from one microsecond to one minute, three digits exactly.
fn histogram() -> anyhow::Result<Histogram<u64>> {
    Histogram::new_with_bounds(1, 60_000_000, 3).context("the latency histogram cannot be made")
}

/// What one connection counted.
#[derive(Debug)]
pub(super) struct Tally {
    latency: Histogram<u64>,
    errors: u64,
    first_error: Option<String>,
}

impl Tally {
    pub(super) fn new() -> anyhow::Result<Self> {
        Ok(Self { latency: histogram()?, errors: 0, first_error: None })
    }

    /// An answer came; only 200 is a success (protocol.md §10.8).
    pub(super) fn answer(&mut self, latency: Duration, status: u16, body: &[u8]) {
        self.latency.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(u64::MAX));
        if status != 200 {
            let body = String::from_utf8_lossy(body.get(..300).unwrap_or(body)).into_owned();
            self.error(format!("{status}: {body}"));
        }
    }

    /// No answer came.
    pub(super) fn lost(&mut self, error: &anyhow::Error) {
        self.error(format!("no answer: {error:#}"));
    }

    fn error(&mut self, text: String) {
        self.errors += 1;
        self.first_error.get_or_insert(text);
    }
}

/// The result of a load.
#[derive(Debug)]
pub struct Report {
    kind: Kind,
    connections: usize,
    rate: Option<u32>,
    latency: Option<Histogram<u64>>,
    /// Requests without an answer or with another status than 200.
    pub errors: u64,
    /// The first of them, for a person.
    pub first_error: Option<String>,
    /// From the first request to the last answer.
    pub elapsed: Duration,
}

impl Report {
    pub(super) fn new(kind: Kind, connections: usize, rate: Option<u32>) -> Self {
        Self { kind, connections, rate, latency: None, errors: 0, first_error: None, elapsed: Duration::ZERO }
    }

    pub(super) fn add(&mut self, tally: Tally) -> anyhow::Result<()> {
        match &mut self.latency {
            Some(latency) => latency.add(&tally.latency).context("latencies cannot be added")?,
            None => self.latency = Some(tally.latency),
        }
        self.errors += tally.errors;
        self.first_error = self.first_error.take().or(tally.first_error);
        Ok(())
    }

    /// How many answers came, whatever their status.
    pub fn answers(&self) -> u64 {
        self.latency.as_ref().map_or(0, Histogram::len)
    }

    /// Whole answers per second.
    pub fn per_second(&self) -> u64 {
        let microseconds = self.elapsed.as_micros().max(1);
        u64::try_from(u128::from(self.answers()) * 1_000_000 / microseconds).unwrap_or(u64::MAX)
    }

    /// The latency that this percentage of the answers did not exceed, in microseconds.
    pub fn latency_microseconds(&self, percent: u8) -> u64 {
        self.latency.as_ref().map_or(0, |latency| latency.value_at_percentile(f64::from(percent)))
    }

    /// The slowest answer, in microseconds.
    pub fn latency_microseconds_max(&self) -> u64 {
        self.latency.as_ref().map_or(0, Histogram::max)
    }

    /// For a program.
    pub fn json(&self) -> Value {
        json!({
            "kind": self.kind.name(),
            "connections": self.connections,
            "plannedPerSecond": self.rate,
            "answers": self.answers(),
            "errors": self.errors,
            "elapsedMs": u64::try_from(self.elapsed.as_millis()).unwrap_or(u64::MAX),
            "requestsPerSecond": self.per_second(),
            "p50Us": self.latency_microseconds(50),
            "p95Us": self.latency_microseconds(95),
            "p99Us": self.latency_microseconds(99),
            "maxUs": self.latency_microseconds_max(),
        })
    }

    /// For a person.
    pub fn table(&self) -> String {
        let mut table = comfy_table::Table::new();
        table.load_style(comfy_table::presets::UTF8_FULL_CONDENSED);
        table.set_header([
            "load",
            "connections",
            "answers",
            "errors",
            "planned per second",
            "per second",
            "p50",
            "p95",
            "p99",
            "max",
        ]);
        table.add_row([
            self.kind.name().to_owned(),
            self.connections.to_string(),
            self.answers().to_string(),
            self.errors.to_string(),
            self.rate.map_or_else(|| "as fast as answers come".to_owned(), |rate| rate.to_string()),
            self.per_second().to_string(),
            milliseconds(self.latency_microseconds(50)),
            milliseconds(self.latency_microseconds(95)),
            milliseconds(self.latency_microseconds(99)),
            milliseconds(self.latency_microseconds_max()),
        ]);
        table.to_string()
    }
}

fn milliseconds(microseconds: u64) -> String {
    format!("{}.{:02} ms", microseconds / 1000, microseconds % 1000 / 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_errors_and_rates_add_up() {
        let mut report = Report::new(Kind::Offers, 2, None);
        let mut one = Tally::new().unwrap();
        (1..=99_u64).for_each(|n| one.answer(Duration::from_micros(n * 10), 200, b"{}"));
        let mut other = Tally::new().unwrap();
        other.answer(Duration::from_millis(5), 503, b"busy");
        other.lost(&anyhow::anyhow!("reset"));
        report.add(one).unwrap();
        report.add(other).unwrap();
        report.elapsed = Duration::from_millis(500);
        assert_eq!((report.answers(), report.errors, report.per_second()), (100, 2, 200));
        assert_eq!(report.first_error.as_deref(), Some("503: busy"));
        let p50 = report.latency_microseconds(50);
        assert!((495..=505).contains(&p50), "{p50}");
        assert!(report.latency_microseconds_max() >= 4990);
        assert_eq!(report.json()["requestsPerSecond"], 200);
        assert!(report.table().contains("offers"));
        assert_eq!(milliseconds(12_345), "12.34 ms");
    }
}
