//! Who does the part of a command that needs no database, while the lane serves the next command?
//!
//! One thread beside the lane, because there is one lane, and it is what everybody waits for. The thread is woken for
//! several commands at once: a wake-up costs the lane about as much as a tenth of what it saves. What the thread has not begun
//! when the lane has nothing else to do, the lane does itself, so a batch never waits for a sleeping thread.

use crate::command::{Begun, Job, Verdict};
use crate::{Error, Tx};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// So many commands are worth a wake-up.
const WORTH_A_WAKE: usize = 4;

/// A command in the middle of its parts.
pub(super) struct Away {
    /// Where in the batch it belongs.
    pub(super) position: usize,
    pub(super) job: Box<dyn Job>,
    /// What its first part took.
    pub(super) spent: Duration,
}

/// The thread and what it has.
pub(super) struct Beside {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    table: Mutex<Table>,
    given: Condvar,
    done: Condvar,
}

#[derive(Default)]
struct Table {
    waiting: VecDeque<Away>,
    done: Vec<Away>,
    /// The thread has one in hand.
    busy: bool,
    closed: bool,
}

impl Shared {
    /// No code of a command runs under this lock, so a poisoned one is still whole.
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self) {
        let mut table = self.lock();
        loop {
            if let Some(mut away) = table.waiting.pop_front() {
                table.busy = true;
                drop(table);
                away.job.aside();
                table = self.lock();
                table.done.push(away);
                table.busy = false;
                if table.waiting.is_empty() {
                    self.done.notify_one();
                }
            } else if table.closed {
                return;
            } else {
                table = self.given.wait(table).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }
}

impl Beside {
    /// Starts the thread. Without one the lane does everything itself.
    pub(super) fn start() -> Self {
        let shared = Arc::new(Shared::default());
        let served = Arc::clone(&shared);
        let thread = crate::thread::lane("db-beside".to_owned(), move || served.serve());
        if let Err(error) = &thread {
            tracing::warn!(%error, "the write lane works alone");
        }
        Self { shared, thread: thread.ok() }
    }

    /// Hands a command over whose first part has run; `job` is empty until [`Beside::all`] gives it back.
    pub(super) fn give(&self, position: usize, job: &mut Box<dyn Job>, spent: Duration) {
        let job = std::mem::replace(job, Box::new(Elsewhere));
        let mut table = self.shared.lock();
        table.waiting.push_back(Away { position, job, spent });
        let wake = !table.busy && table.waiting.len() >= WORTH_A_WAKE;
        drop(table);
        if wake {
            self.shared.given.notify_one();
        }
    }

    /// Every command that was handed over, worked out, in the order of the batch.
    pub(super) fn all(&self) -> Vec<Away> {
        let mut own = Vec::new();
        let mut table = self.shared.lock();
        loop {
            if let Some(mut away) = table.waiting.pop_front() {
                drop(table);
                away.job.aside();
                own.push(away);
                table = self.shared.lock();
            } else if table.busy {
                table = self.shared.done.wait(table).unwrap_or_else(PoisonError::into_inner);
            } else {
                break;
            }
        }
        own.append(&mut table.done);
        drop(table);
        own.sort_unstable_by_key(|away| away.position);
        own
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.given.notify_one();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread beside the write lane ended by a panic");
        }
    }
}

/// Stands in a batch for a command that is away.
struct Elsewhere;

impl Job for Elsewhere {
    fn name(&self) -> &'static str {
        "elsewhere"
    }

    fn take_up(&self) -> bool {
        true
    }

    fn begin(&mut self, _tx: &mut Tx<'_>) -> Begun {
        Begun::Ended(Verdict::Undo)
    }

    fn fail(&mut self, _error: Error) {}

    fn answer(&mut self) {}
}
