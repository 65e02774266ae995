//! What does the port measure?
//!
//! | Name | Kind | Labels |
//! |---|---|---|
//! | `db_queue_wait_seconds` | histogram | `lane` = read, write |
//! | `db_batch_size` | histogram | |
//! | `db_commit_seconds` | histogram | |
//! | `db_sync_seconds` | histogram | |
//! | `db_closure_seconds` | histogram | `name` |
//! | `db_retries_total` | counter | `name` |
//! | `db_panics_total` | counter | |
//!
//! The handles are fetched once per lane and name, so a command pays for an atomic add and not for a
//! look-up. A recorder must therefore be installed before the database is opened.

use metrics::{Counter, Histogram, counter, describe_counter, describe_histogram, histogram};
use std::collections::HashMap;
use std::time::Duration;

/// Which kind of lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Read,
    Write,
}

impl Kind {
    pub(crate) fn label(self) -> &'static str {
        match self {
            Kind::Read => "read",
            Kind::Write => "write",
        }
    }
}

/// The handles of one lane.
pub(crate) struct LaneMetrics {
    queue_wait: Histogram,
    batch_size: Histogram,
    commit: Histogram,
    closures: HashMap<&'static str, Histogram>,
    retries: HashMap<&'static str, Counter>,
    panics: Counter,
}

impl LaneMetrics {
    pub(crate) fn new(kind: Kind) -> Self {
        Self {
            queue_wait: histogram!("db_queue_wait_seconds", "lane" => kind.label()),
            batch_size: histogram!("db_batch_size"),
            commit: histogram!("db_commit_seconds"),
            closures: HashMap::new(),
            retries: HashMap::new(),
            panics: counter!("db_panics_total"),
        }
    }

    pub(crate) fn waited(&self, time: Duration) {
        self.queue_wait.record(time);
    }

    pub(crate) fn batch(&self, commands: usize) {
        self.batch_size.record(u32::try_from(commands).unwrap_or(u32::MAX));
    }

    pub(crate) fn committed(&self, time: Duration) {
        self.commit.record(time);
    }

    pub(crate) fn ran(&mut self, name: &'static str, time: Duration) {
        self.closures
            .entry(name)
            .or_insert_with(|| histogram!("db_closure_seconds", "name" => name))
            .record(time);
    }

    pub(crate) fn retried(&mut self, name: &'static str) {
        self.retries.entry(name).or_insert_with(|| counter!("db_retries_total", "name" => name)).increment(1);
    }

    /// Counts a panic and says so, without its message: that may hold what the closure captured.
    pub(crate) fn panicked(&self, name: &'static str) {
        self.panics.increment(1);
        tracing::error!(command = name, "a command panicked on a database lane; it was undone");
    }
}

/// Tells the recorder what the names mean.
pub(crate) fn describe() {
    describe_histogram!("db_queue_wait_seconds", "Time from the call until a lane took the command");
    describe_histogram!("db_batch_size", "Commands behind one COMMIT");
    describe_histogram!("db_commit_seconds", "Time of COMMIT; on SQLite without the wait for the disk");
    describe_histogram!("db_sync_seconds", "SQLite: time until the disk had the commits before it");
    describe_histogram!("db_closure_seconds", "Time one run of a command's closure took, by its name");
    describe_counter!("db_retries_total", "Commands run again after a conflict or a lost connection");
    describe_counter!("db_panics_total", "Commands whose closure panicked");
    // begun at 0, so that a rate is right from the first event on; the other names follow with theirs
    counter!("db_retries_total", "name" => "migration").increment(0);
}
