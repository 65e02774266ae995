//! How do many commands share one COMMIT without sharing each other's failures?
//!
//! The lane takes every command that waits, up to the batch limit, runs them in one transaction, commits once, and only
//! then answers. A refusal, an error or a panic undoes its own command and nothing else.
//!
//! A savepoint would do that, but SQLite copies every page that a command changes for it, and most commands refuse
//! before they write if they refuse at all: then there is nothing to undo. So a command runs without a
//! savepoint until one of its name has written and then failed. That once the batch is rolled back and runs again,
//! nobody having been told anything yet, and commands of that name have their savepoint from then on.
//!
//! When the *transaction* is lost (COMMIT fails, or SQLite rolled everything back because the disk is full) the commands run
//! again, each in a transaction of its own, so that the one at fault fails alone.

use super::checkpoint::Checkpoints;
use super::{errors, session::SqliteSession};
use crate::command::Verdict;
use crate::metrics::{Kind, LaneMetrics};
use crate::queue::{Queue, Queued};
use crate::{Error, Tx};
use rusqlite::Connection;
use std::collections::HashSet;
use std::time::Instant;

/// How often BEGIN is tried while another process keeps the write lock; each waits for the busy timeout.
const BEGIN_ATTEMPTS: u32 = 2;

pub(super) fn run(connection: &mut Connection, queue: &Queue, batch_limit: usize) {
    let mut checkpoints = match Checkpoints::of(connection) {
        Ok(checkpoints) => Some(checkpoints),
        Err(error) => {
            tracing::warn!(%error, "SQLite keeps its own checkpoints");
            None
        }
    };
    let mut lane = match WriteLane::new(connection) {
        Ok(lane) => lane,
        Err(error) => return refuse_all(queue, &errors::of("BEGIN", &error)),
    };
    let mut batch = Vec::with_capacity(batch_limit);
    while queue.take(batch_limit, &mut batch) {
        lane.serve(&mut batch);
        if let Some(checkpoints) = &mut checkpoints {
            checkpoints.after_commit(connection);
        }
    }
}

/// Without its own four statements the lane cannot work: everybody is told so.
fn refuse_all(queue: &Queue, error: &Error) {
    tracing::error!(%error, "the write lane could not start");
    let mut taken = Vec::new();
    while queue.take(usize::MAX, &mut taken) {
        for mut command in taken.drain(..) {
            command.job.fail(error.clone());
            command.job.answer();
        }
    }
}

/// The statements that frame commands, prepared once.
struct Frame<'c> {
    begin: rusqlite::Statement<'c>,
    commit: rusqlite::Statement<'c>,
    rollback: rusqlite::Statement<'c>,
    savepoint: rusqlite::Statement<'c>,
    release: rusqlite::Statement<'c>,
    rollback_to: rusqlite::Statement<'c>,
}

struct WriteLane<'c> {
    connection: &'c Connection,
    session: SqliteSession<'c>,
    frame: Frame<'c>,
    /// Names of commands that failed after they had written: these have a savepoint.
    undone: HashSet<&'static str>,
    metrics: LaneMetrics,
}

/// How a batch ended.
enum Ended {
    /// Everything that stands is on disk.
    Committed,
    /// BEGIN failed: no command ran.
    NotBegun(Error),
    /// The transaction is gone with everything in it.
    Lost(Error),
    /// A command without a savepoint wrote and failed: all of it is undone, and runs again.
    Again,
}

/// What a command leaves in a shared transaction.
enum Left {
    /// What it wrote, or nothing.
    Kept,
    /// What nothing but ROLLBACK takes out.
    Spoiled,
}

impl<'c> WriteLane<'c> {
    fn new(connection: &'c Connection) -> Result<Self, rusqlite::Error> {
        Ok(Self {
            connection,
            session: SqliteSession::new(connection),
            frame: Frame {
                begin: connection.prepare("BEGIN IMMEDIATE")?,
                commit: connection.prepare("COMMIT")?,
                rollback: connection.prepare("ROLLBACK")?,
                savepoint: connection.prepare("SAVEPOINT command")?,
                release: connection.prepare("RELEASE command")?,
                rollback_to: connection.prepare("ROLLBACK TO command")?,
            },
            undone: HashSet::new(),
            metrics: LaneMetrics::new(Kind::Write),
        })
    }

    fn serve(&mut self, batch: &mut Vec<Queued>) {
        let taken = Instant::now();
        batch.retain(|command| {
            self.metrics.waited(taken.duration_since(command.since));
            !command.job.is_abandoned()
        });
        if batch.is_empty() {
            return;
        }
        self.metrics.batch(batch.len());
        let alone = batch.len() == 1;
        let mut panicked = vec![false; batch.len()];
        // Every further time another command has its savepoint, or is out because it panicked
        let ended = loop {
            match self.together(batch, &mut panicked) {
                Ended::Again => {}
                ended => break ended,
            }
        };
        match ended {
            Ended::Committed | Ended::Again => {}
            Ended::NotBegun(error) => batch.iter_mut().for_each(|command| command.job.fail(error.clone())),
            Ended::Lost(error) if alone => self.lost(batch, &panicked, &error),
            Ended::Lost(error) => {
                tracing::warn!(%error, commands = batch.len(), "a shared transaction was lost; each runs alone");
                for (command, panicked) in batch.iter_mut().zip(panicked) {
                    // A closure that panicked is in no state to run again, and wrote nothing
                    if !panicked {
                        self.metrics.retried(command.job.name());
                        self.alone(command);
                    }
                    command.job.answer();
                }
            }
        }
        for command in batch.iter_mut() {
            command.job.answer();
        }
        batch.clear();
    }

    /// Everybody whose outcome stood on the transaction gets its error.
    fn lost(&self, batch: &mut [Queued], panicked: &[bool], error: &Error) {
        for (command, panicked) in batch.iter_mut().zip(panicked) {
            if !panicked {
                command.job.fail(error.clone());
            }
        }
    }

    fn alone(&mut self, command: &mut Queued) {
        let mut panicked = [false];
        let batch = std::slice::from_mut(command);
        match self.together(batch, &mut panicked) {
            Ended::Committed | Ended::Again => {}
            Ended::NotBegun(error) | Ended::Lost(error) => self.lost(batch, &panicked, &error),
        }
    }

    /// Runs what has not panicked of `batch` in one transaction; a command that is alone is undone with it.
    fn together(&mut self, batch: &mut [Queued], panicked: &mut [bool]) -> Ended {
        if let Err(error) = self.begin() {
            return Ended::NotBegun(errors::of("BEGIN", &error));
        }
        let alone = batch.len() == 1;
        // A closure that panicked is in no state to run again, and what it wrote is undone
        for (command, panicked) in batch.iter_mut().zip(panicked).filter(|(_, panicked)| !**panicked) {
            let ran = match (alone, self.undone.contains(command.job.name())) {
                (true, _) => Ok((self.run_plain(command), Left::Kept)),
                (false, true) => self.run_in_savepoint(command).map(|verdict| (verdict, Left::Kept)),
                (false, false) => Ok(self.run_bare(command)),
            };
            let (verdict, left) = match ran {
                Ok(ran) => ran,
                Err(error) => {
                    self.rollback();
                    return Ended::Lost(errors::of("SAVEPOINT", &error));
                }
            };
            *panicked = verdict == Verdict::Panicked;
            if self.connection.is_autocommit() {
                // Undone as a whole: that a command failed stands only when it was alone
                return if alone && verdict != Verdict::Keep {
                    Ended::Committed
                } else {
                    Ended::Lost(Error::Unavailable("SQLite rolled the transaction back".to_owned()))
                };
            }
            if matches!(left, Left::Spoiled) {
                self.rollback();
                return Ended::Again;
            }
        }
        self.commit()
    }

    fn begin(&mut self) -> Result<(), rusqlite::Error> {
        if !self.connection.is_autocommit() {
            self.rollback();
        }
        let mut attempt = 1;
        loop {
            match self.frame.begin.raw_execute() {
                Err(error) if errors::is_busy(&error) && attempt < BEGIN_ATTEMPTS => attempt += 1,
                result => return result.map(drop),
            }
        }
    }

    fn commit(&mut self) -> Ended {
        let started = Instant::now();
        match self.frame.commit.raw_execute() {
            Ok(_) => {
                self.metrics.committed(started.elapsed());
                Ended::Committed
            }
            Err(error) => {
                self.rollback();
                Ended::Lost(errors::of("COMMIT", &error))
            }
        }
    }

    fn rollback(&mut self) {
        if !self.connection.is_autocommit()
            && let Err(error) = self.frame.rollback.raw_execute()
        {
            tracing::error!(%error, "ROLLBACK failed");
        }
    }

    /// The command is alone in its transaction: what it undoes is the transaction.
    fn run_plain(&mut self, command: &mut Queued) -> Verdict {
        let verdict = self.run_closure(command);
        if verdict != Verdict::Keep {
            self.rollback();
        }
        verdict
    }

    fn run_in_savepoint(&mut self, command: &mut Queued) -> Result<Verdict, rusqlite::Error> {
        self.frame.savepoint.raw_execute()?;
        let verdict = self.run_closure(command);
        if self.connection.is_autocommit() {
            return Ok(verdict);
        }
        if verdict != Verdict::Keep {
            self.frame.rollback_to.raw_execute()?;
        }
        self.frame.release.raw_execute()?;
        Ok(verdict)
    }

    /// The command is to find out whether it needs a savepoint.
    fn run_bare(&mut self, command: &mut Queued) -> (Verdict, Left) {
        self.session.take_wrote();
        let verdict = self.run_closure(command);
        if verdict == Verdict::Keep || !self.session.take_wrote() {
            return (verdict, Left::Kept);
        }
        self.undone.insert(command.job.name());
        self.metrics.retried(command.job.name());
        (verdict, Left::Spoiled)
    }

    fn run_closure(&mut self, command: &mut Queued) -> Verdict {
        let started = Instant::now();
        let verdict = command.job.run(&mut Tx::new(&mut self.session));
        self.metrics.ran(command.job.name(), started.elapsed());
        if verdict == Verdict::Panicked {
            self.metrics.panicked(command.job.name());
        }
        verdict
    }
}
