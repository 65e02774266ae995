//! How does a read run on SQLite?
//!
//! In a deferred transaction: its first statement takes the snapshot, and every later one sees the same. Who reads is told
//! when the disk has what was seen ([`super::durable`]).

use super::durable::Durable;
use super::{errors, session::SqliteSession};
use crate::metrics::{Kind, LaneMetrics};
use crate::queue::{Queue, Queued};
use crate::{Tx, command::Verdict};
use rusqlite::Connection;
use std::time::Instant;

pub(super) fn run(connection: &Connection, queue: &Queue, durable: Durable) {
    let mut lane = ReadLane {
        connection,
        session: SqliteSession::new(connection),
        durable,
        metrics: LaneMetrics::new(Kind::Read),
    };
    let mut taken = Vec::with_capacity(1);
    while queue.take(1, &mut taken) {
        for command in taken.drain(..) {
            lane.serve(command);
        }
    }
}

struct ReadLane<'c> {
    connection: &'c Connection,
    session: SqliteSession<'c>,
    durable: Durable,
    metrics: LaneMetrics,
}

impl ReadLane<'_> {
    fn serve(&mut self, mut command: Queued) {
        if !command.job.take_up() {
            return;
        }
        let started = Instant::now();
        self.metrics.waited(started.duration_since(command.since));
        if let Err(error) = self.begin() {
            command.job.fail(errors::of("BEGIN", &error));
            command.job.answer();
            return;
        }
        let verdict = command.job.run(&mut Tx::new(&mut self.session));
        if verdict == Verdict::Panicked {
            self.metrics.panicked(command.job.name());
        }
        // Nothing was written: how the transaction ends only matters for the next one
        if !self.connection.is_autocommit()
            && let Err(error) = self.connection.prepare_cached("COMMIT").and_then(|mut end| end.raw_execute())
        {
            tracing::warn!(%error, "a read's transaction did not end");
        }
        self.metrics.ran(command.job.name(), started.elapsed());
        self.durable.seen(vec![command]);
    }

    fn begin(&self) -> Result<(), rusqlite::Error> {
        if !self.connection.is_autocommit() {
            self.connection.execute_batch("ROLLBACK")?;
        }
        self.connection.prepare_cached("BEGIN").and_then(|mut begin| begin.raw_execute()).map(drop)
    }
}
