//! How do many commands share one COMMIT without sharing each other's failures?
//!
//! The lane takes every command that waits, up to the batch limit, runs them in one transaction and commits once; when the
//! disk has that commit they are answered ([`super::durable`]), and the lane is at the next batch meanwhile. A refusal, an
//! error or a panic undoes its own command and nothing else.
//!
//! A savepoint would do that, but SQLite copies every page that a command changes for it, and most commands refuse
//! before they write if they refuse at all: then there is nothing to undo. So a command runs without a
//! savepoint until one of its name has written and then failed. That once the batch is rolled back and runs again,
//! nobody having been told anything yet, and commands of that name have their savepoint from then on.
//!
//! A command in parts leaves the lane between its first and its last part: [`super::beside`] works out the middle one while
//! the lane begins the next of the same name. The last parts run, in order, before a command of another name and
//! before COMMIT.
//!
//! When the *transaction* is lost (COMMIT fails, or SQLite rolled everything back because the disk is full) the commands run
//! again, each in a transaction of its own, so that the one at fault fails alone.

use super::beside::Beside;
use super::checkpoint::Checkpoints;
use super::durable::Durable;
use super::room::Room;
use super::{errors, session::SqliteSession};
use crate::command::{Begun, Verdict};
use crate::metrics::{Kind, LaneMetrics};
use crate::queue::{Queue, Queued};
use crate::{Error, Tx};
use rusqlite::Connection;
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// How often BEGIN is tried while another process keeps the write lock; each waits for the busy timeout.
const BEGIN_ATTEMPTS: u32 = 2;

pub(super) fn run(
    connection: &mut Connection,
    queue: &Queue,
    batch_limit: usize,
    durable: Durable,
    room: Room,
) {
    let mut checkpoints = match Checkpoints::of(connection, room) {
        Ok(checkpoints) => Some(checkpoints),
        Err(error) => {
            tracing::warn!(%error, "SQLite keeps its own checkpoints");
            None
        }
    };
    let mut lane = match WriteLane::new(connection, durable) {
        Ok(lane) => lane,
        Err(error) => return refuse_all(queue, &errors::of("BEGIN", &error)),
    };
    let mut batch = Vec::with_capacity(batch_limit);
    while queue.take(batch_limit, &mut batch) {
        lane.serve(&mut batch);
        if let Some(checkpoints) = &mut checkpoints {
            if std::mem::take(&mut lane.lost) {
                checkpoints.after_loss(connection);
            }
            checkpoints.after_commit(connection);
        }
    }
}

/// Without its own four statements the lane cannot work: everybody is told so.
fn refuse_all(queue: &Queue, error: &Error) {
    tracing::error!(%error, "the write lane could not start");
    let mut taken = Vec::new();
    while queue.take(usize::MAX, &mut taken) {
        refuse(&mut taken, error);
    }
}

fn refuse(commands: &mut Vec<Queued>, error: &Error) {
    for mut command in commands.drain(..) {
        command.job.fail(error.clone());
        command.job.answer();
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
    beside: Beside,
    durable: Durable,
    /// The number of a commit that its commands still have to hear of.
    commit: Option<u64>,
    /// The name of the commands that are between their parts, while there are any.
    away: Option<&'static str>,
    /// A transaction was lost since the checkpoints were told last.
    lost: bool,
    metrics: LaneMetrics,
}

/// How a batch ended.
enum Ended {
    /// Everything that stands is in the log.
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
    fn new(connection: &'c Connection, durable: Durable) -> Result<Self, rusqlite::Error> {
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
            beside: Beside::start(),
            durable,
            commit: None,
            away: None,
            lost: false,
            metrics: LaneMetrics::new(Kind::Write),
        })
    }

    fn serve(&mut self, batch: &mut Vec<Queued>) {
        let taken = Instant::now();
        batch.retain(|command| {
            self.metrics.waited(taken.duration_since(command.since));
            command.job.take_up()
        });
        if batch.is_empty() {
            return;
        }
        if let Some(error) = self.durable.failure() {
            return refuse(batch, &error);
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
                for (mut command, panicked) in batch.drain(..).zip(panicked) {
                    // A closure that panicked is in no state to run again, and wrote nothing
                    if !panicked {
                        self.metrics.retried(command.job.name());
                        self.alone(&mut command);
                    }
                    self.tell(vec![command]);
                }
                return;
            }
        }
        let served = Vec::with_capacity(batch.capacity());
        self.tell(std::mem::replace(batch, served));
    }

    /// Sees to it that the commands are answered when the disk has what they wrote, or saw.
    fn tell(&mut self, commands: Vec<Queued>) {
        match self.commit.take() {
            Some(number) => self.durable.written(number, commands),
            None => self.durable.seen(commands),
        }
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
        let ran = match batch {
            [command] if !panicked[0] => self.run_alone(command, &mut panicked[0]),
            _ => self.run_all(batch, panicked).and_then(|()| self.finish_away(batch, panicked)),
        };
        self.take_back(batch);
        match ran {
            Ok(()) => self.commit(),
            Err(ended) => {
                self.lost |= matches!(ended, Ended::Lost(_));
                ended
            }
        }
    }

    /// The command is alone in its transaction: what it undoes is the transaction.
    fn run_alone(&mut self, command: &mut Queued, panicked: &mut bool) -> Result<(), Ended> {
        let verdict = self.run_closure(command);
        *panicked = verdict == Verdict::Panicked;
        if verdict != Verdict::Keep {
            self.rollback();
        }
        match (self.connection.is_autocommit(), verdict) {
            (false, _) => Ok(()),
            (true, Verdict::Keep) => Err(rolled_back()),
            (true, Verdict::Undo | Verdict::Panicked) => Err(Ended::Committed),
        }
    }

    /// Runs every command, or the first part of it.
    fn run_all(&mut self, batch: &mut [Queued], panicked: &mut [bool]) -> Result<(), Ended> {
        for position in 0..batch.len() {
            // A closure that panicked is in no state to run again, and what it wrote is undone
            if panicked[position] {
                continue;
            }
            let name = batch[position].job.name();
            let in_savepoint = self.undone.contains(name);
            if in_savepoint || self.away.is_some_and(|away| away != name) {
                self.finish_away(batch, panicked)?;
            }
            let command = &mut batch[position];
            let (verdict, left) = if in_savepoint {
                match self.run_in_savepoint(command) {
                    Ok(verdict) => (verdict, Left::Kept),
                    Err(error) => {
                        self.rollback();
                        return Err(Ended::Lost(errors::of("SAVEPOINT", &error)));
                    }
                }
            } else {
                match self.run_bare(position, command) {
                    Some(ran) => ran,
                    None => continue,
                }
            };
            panicked[position] = verdict == Verdict::Panicked;
            self.stands(&left)?;
        }
        Ok(())
    }

    /// Runs the last part of the commands that wait for it.
    fn finish_away(&mut self, batch: &mut [Queued], panicked: &mut [bool]) -> Result<(), Ended> {
        if self.away.take().is_none() {
            return Ok(());
        }
        let mut finishing = Vec::new();
        for away in self.beside.all() {
            batch[away.position].job = away.job;
            finishing.push((away.position, away.spent));
        }
        for (position, spent) in finishing {
            let (command, started) = (&mut batch[position], Instant::now());
            let verdict = command.job.finish(&mut Tx::new(&mut self.session));
            self.ran(command, verdict, spent + started.elapsed());
            panicked[position] = verdict == Verdict::Panicked;
            let left = if verdict == Verdict::Keep { Left::Kept } else { self.spoiled(command) };
            self.stands(&left)?;
        }
        Ok(())
    }

    /// Gives the batch whole again after it ended before its time.
    fn take_back(&mut self, batch: &mut [Queued]) {
        if self.away.take().is_some() {
            for away in self.beside.all() {
                batch[away.position].job = away.job;
            }
        }
    }

    /// Whether the shared transaction can go on.
    fn stands(&mut self, left: &Left) -> Result<(), Ended> {
        if self.connection.is_autocommit() {
            return Err(rolled_back());
        }
        if matches!(left, Left::Spoiled) {
            self.rollback();
            return Err(Ended::Again);
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<(), rusqlite::Error> {
        if !self.connection.is_autocommit() {
            self.rollback();
        }
        self.session.take_dirty();
        let mut attempt = 1;
        loop {
            match self.frame.begin.raw_execute() {
                Err(error) if errors::is_busy(&error) && attempt < BEGIN_ATTEMPTS => attempt += 1,
                result => return result.map(drop),
            }
        }
    }

    fn commit(&mut self) -> Ended {
        if self.session.take_dirty() {
            self.commit = Some(self.durable.begins());
        }
        let started = Instant::now();
        match self.frame.commit.raw_execute() {
            Ok(_) => {
                self.metrics.committed(started.elapsed());
                Ended::Committed
            }
            Err(error) => {
                self.rollback();
                self.lost = true;
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

    /// The command is to find out whether it needs a savepoint. `None`: it is between its parts.
    fn run_bare(&mut self, position: usize, command: &mut Queued) -> Option<(Verdict, Left)> {
        self.session.take_wrote();
        let started = Instant::now();
        let verdict = match command.job.begin(&mut Tx::new(&mut self.session)) {
            Begun::Ended(verdict) => verdict,
            Begun::Aside => {
                self.away = Some(command.job.name());
                self.beside.give(position, &mut command.job, started.elapsed());
                return None;
            }
        };
        self.ran(command, verdict, started.elapsed());
        if verdict == Verdict::Keep || !self.session.take_wrote() {
            return Some((verdict, Left::Kept));
        }
        Some((verdict, self.spoiled(command)))
    }

    /// From now on commands of this name have a savepoint.
    fn spoiled(&mut self, command: &Queued) -> Left {
        self.undone.insert(command.job.name());
        self.metrics.retried(command.job.name());
        Left::Spoiled
    }

    fn run_closure(&mut self, command: &mut Queued) -> Verdict {
        let started = Instant::now();
        let verdict = command.job.run(&mut Tx::new(&mut self.session));
        self.ran(command, verdict, started.elapsed());
        verdict
    }

    fn ran(&mut self, command: &Queued, verdict: Verdict, time: Duration) {
        self.metrics.ran(command.job.name(), time);
        if verdict == Verdict::Panicked {
            self.metrics.panicked(command.job.name());
        }
    }
}

fn rolled_back() -> Ended {
    Ended::Lost(Error::Unavailable("SQLite rolled the transaction back".to_owned()))
}
