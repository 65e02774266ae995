//! Where does a command wait for a lane, and how long may the line get?
//!
//! One bounded line per kind of lane. A full line is answered at once with [`Error::Busy`]: waiting
//! without a limit only moves the failure to the caller's time limit. A closed line takes nothing new
//! and is served to its end.

use crate::Error;
use crate::command::Job;
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// A command in line.
pub(crate) struct Queued {
    pub(crate) job: Box<dyn Job>,
    pub(crate) since: Instant,
}

struct Line {
    waiting: VecDeque<Queued>,
    idle_lanes: usize,
    closed: bool,
}

/// The line in front of the lanes of one kind.
pub(crate) struct Queue {
    line: Mutex<Line>,
    arrived: Condvar,
    limit: usize,
}

impl Queue {
    pub(crate) fn new(limit: usize) -> Self {
        let line = Line { waiting: VecDeque::new(), idle_lanes: 0, closed: false };
        Self { line: Mutex::new(line), arrived: Condvar::new(), limit: limit.max(1) }
    }

    /// Puts a command at the end of the line.
    pub(crate) fn push(&self, job: Box<dyn Job>) -> Result<(), Error> {
        let mut line = self.lock();
        if line.closed {
            return Err(Error::Closed);
        }
        if line.waiting.len() >= self.limit {
            return Err(Error::Busy);
        }
        line.waiting.push_back(Queued { job, since: Instant::now() });
        // A lane that works looks at the line again before it sleeps: waking it would cost a system call
        let wake = line.idle_lanes > 0;
        drop(line);
        if wake {
            self.arrived.notify_one();
        }
        Ok(())
    }

    /// Takes up to `limit` commands, waiting for the first. False: closed and served to the end.
    pub(crate) fn take(&self, limit: usize, into: &mut Vec<Queued>) -> bool {
        let mut line = self.lock();
        while line.waiting.is_empty() {
            if line.closed {
                return false;
            }
            line.idle_lanes += 1;
            line = self.arrived.wait(line).unwrap_or_else(PoisonError::into_inner);
            line.idle_lanes -= 1;
        }
        let count = line.waiting.len().min(limit);
        into.extend(line.waiting.drain(..count));
        true
    }

    /// Takes nothing new from now on.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_all();
    }

    /// How many commands wait.
    pub(crate) fn len(&self) -> usize {
        self.lock().waiting.len()
    }

    /// No code of a caller runs under this lock, so a poisoned one is still whole.
    fn lock(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
