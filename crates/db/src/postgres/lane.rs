//! How does a command run on PostgreSQL, and how often?
//!
//! Once, as a rule. Again after a conflict with another transaction, with a growing random pause; again on
//! a new connection when the old one broke *before* COMMIT was sent. When it broke during COMMIT nobody
//! knows, and the caller is told just that: running it again could do it twice.

use super::connection::Connector;
use super::errors::{self, Setback};
use super::session::PostgresSession;
use crate::command::Verdict;
use crate::metrics::{Kind, LaneMetrics};
use crate::queue::{Queue, Queued};
use crate::{Error, Tx};
use rand::RngExt;
use std::time::{Duration, Instant};

/// How often a command runs that keeps colliding.
const CONFLICT_ATTEMPTS: u32 = 12;
/// The longest pause after the first collision, in microseconds; it doubles up to the limit.
const CONFLICT_PAUSE_MICROS: u64 = 1_000;
const CONFLICT_PAUSE_MICROS_MAX: u64 = 100_000;
/// How often a command runs whose connection breaks under it.
const LOST_ATTEMPTS: u32 = 3;
/// Commands after which a lane looks for the first time.
const FIRST_LOOK: u64 = 32;
/// How long a command waits for a new connection.
const PATIENCE: Duration = Duration::from_secs(1);
/// The pause after the first failed attempt to connect; it doubles up to the limit.
const RECONNECT_PAUSE: Duration = Duration::from_millis(50);
const RECONNECT_PAUSE_MAX: Duration = Duration::from_secs(2);

pub(super) fn run(connector: Connector, kind: Kind, session: Option<PostgresSession>, queue: &Queue) {
    let mut lane = Lane { connector, kind, session, served: 0, down: None, metrics: LaneMetrics::new(kind) };
    let mut taken = Vec::with_capacity(1);
    while queue.take(1, &mut taken) {
        for mut command in taken.drain(..) {
            if !command.job.take_up() {
                continue;
            }
            lane.metrics.waited(command.since.elapsed());
            if let Err(error) = lane.serve(&mut command) {
                command.job.fail(error);
            }
            command.job.answer();
            lane.look_after_statistics();
        }
    }
}

/// The server does not answer; until `until`, or until another lane reached it, commands fail at once.
struct Down {
    until: Instant,
    /// How many connections there had been when this lane looked last.
    made: u64,
    pause: Duration,
    error: Error,
}

struct Lane {
    connector: Connector,
    kind: Kind,
    session: Option<PostgresSession>,
    /// Commands so far.
    served: u64,
    down: Option<Down>,
    metrics: LaneMetrics,
}

impl Lane {
    /// Looks after the planner's statistics whenever the lane has served twice as much as the last time.
    fn look_after_statistics(&mut self) {
        self.served = self.served.saturating_add(1);
        if self.kind == Kind::Write
            && self.served >= FIRST_LOOK
            && self.served.is_power_of_two()
            && let Some(session) = &mut self.session
            && let Err(error) = session.analyse_grown_tables()
        {
            // A broken connection shows with the next command
            tracing::debug!(error = errors::with_cause(&error), "the planner's statistics stay as they are");
        }
    }

    /// Runs the command until its outcome stands; an error replaces the outcome.
    fn serve(&mut self, command: &mut Queued) -> Result<(), Error> {
        let name = command.job.name();
        let (mut conflicts, mut losses, mut stale) = (0, 0, 0);
        loop {
            self.connect()?;
            let Some(setback) = self.attempt(command)? else {
                return Ok(());
            };
            match setback {
                Setback::Conflict => {
                    conflicts += 1;
                    if conflicts == CONFLICT_ATTEMPTS {
                        tracing::warn!(command = name, attempts = conflicts, "gave up after conflicts");
                        return Err(Error::Contended { attempts: conflicts });
                    }
                    std::thread::sleep(pause_after(conflicts));
                }
                Setback::Lost => {
                    losses += 1;
                    if losses == LOST_ATTEMPTS {
                        return Err(Error::Unavailable("the connection kept breaking".to_owned()));
                    }
                }
                Setback::StalePlan => {
                    stale += 1;
                    if stale > 1 {
                        return Err(Error::Unavailable("the schema changes right now".to_owned()));
                    }
                    if let Some(session) = &mut self.session {
                        session.forget_plans();
                    }
                }
            }
            self.metrics.retried(name);
        }
    }

    /// One transaction. `None`: the outcome stands.
    fn attempt(&mut self, command: &mut Queued) -> Result<Option<Setback>, Error> {
        let Some(session) = &mut self.session else {
            return Ok(Some(Setback::Lost));
        };
        if let Err(error) = session.frame("BEGIN") {
            return self.broken(&error, "BEGIN");
        }
        let started = Instant::now();
        let verdict = command.job.run(&mut Tx::new(session));
        self.metrics.ran(command.job.name(), started.elapsed());
        let setback = session.take_setback();
        if verdict == Verdict::Panicked {
            self.metrics.panicked(command.job.name());
        }
        if setback == Some(Setback::Lost) {
            self.session = None;
        }
        if verdict == Verdict::Keep {
            return self.commit();
        }
        self.roll_back();
        // A closure that panicked is in no state to run again
        Ok(if verdict == Verdict::Panicked { None } else { setback })
    }

    fn commit(&mut self) -> Result<Option<Setback>, Error> {
        let Some(session) = &mut self.session else {
            return Ok(Some(Setback::Lost));
        };
        let started = Instant::now();
        let Err(error) = session.frame("COMMIT") else {
            if self.kind == Kind::Write {
                self.metrics.committed(started.elapsed());
                self.metrics.batch(1);
            }
            return Ok(None);
        };
        match errors::setback(&error) {
            // What was read was read
            Some(Setback::Lost) if self.kind == Kind::Read => {
                self.session = None;
                Ok(None)
            }
            Some(Setback::Lost) => {
                self.session = None;
                tracing::warn!(error = errors::with_cause(&error), "the connection broke during COMMIT");
                Err(Error::CommitUnknown)
            }
            Some(setback) => Ok(Some(setback)),
            None if self.kind == Kind::Write && errors::may_be_kept(&error) => {
                tracing::warn!(error = errors::with_cause(&error), "the server failed during COMMIT");
                Err(Error::CommitUnknown)
            }
            None => Err(errors::of("COMMIT", &error)),
        }
    }

    fn roll_back(&mut self) {
        if let Some(session) = &mut self.session
            && session.frame("ROLLBACK").is_err()
        {
            // Closing the connection rolls back as well
            self.session = None;
        }
    }

    fn broken(
        &mut self,
        error: &::postgres::Error,
        statement: &'static str,
    ) -> Result<Option<Setback>, Error> {
        self.session = None;
        match errors::setback(error) {
            Some(setback) => Ok(Some(setback)),
            None => Err(errors::of(statement, error)),
        }
    }

    /// Makes sure there is a connection. A lane that found the server down answers at once until it is
    /// time to look again, so that callers hear 503 and do not queue up behind a dead server; one lane that reaches the
    /// server makes it time for all.
    fn connect(&mut self) -> Result<(), Error> {
        if self.session.is_some() {
            return Ok(());
        }
        if let Some(down) = &self.down
            && Instant::now() < down.until
            && down.made == self.connector.made.count()
        {
            return Err(down.error.clone());
        }
        let patience = Instant::now() + PATIENCE;
        let mut pause = RECONNECT_PAUSE;
        loop {
            match self.connector.connect() {
                Ok(session) => {
                    self.session = Some(session);
                    self.down = None;
                    return Ok(());
                }
                Err(error) if Instant::now() + pause >= patience => {
                    let pause = self
                        .down
                        .take()
                        .map_or(RECONNECT_PAUSE, |down| (down.pause * 2).min(RECONNECT_PAUSE_MAX));
                    tracing::warn!(%error, lane = self.kind.label(), "no connection");
                    let made = self.connector.made.count();
                    self.down =
                        Some(Down { until: Instant::now() + pause, made, pause, error: error.clone() });
                    return Err(error);
                }
                Err(_) => std::thread::sleep(pause),
            }
            pause = pause.saturating_mul(2);
        }
    }
}

/// A random pause that grows with the number of collisions, so that the same two do not meet again.
fn pause_after(conflicts: u32) -> Duration {
    let longest = CONFLICT_PAUSE_MICROS.saturating_mul(1 << conflicts.min(16)).min(CONFLICT_PAUSE_MICROS_MAX);
    Duration::from_micros(rand::rng().random_range(0..=longest))
}
