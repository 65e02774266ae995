//! When do pages move from the write-ahead log into the database file?
//!
//! Not inside COMMIT, as SQLite does by itself: a thread beside the write lane moves what no reader still
//! needs while the lane goes on committing. It never sees the end of a log that is being written, so each of
//! its passes leaves the pages that came meanwhile; when those are few ([`TAIL_PAGES`]) the lane moves them
//! itself, between two batches, after the callers have their answers. That is short, and then the log can
//! start over.
//!
//! The log starts over only when no reader looks at it in the moment the next write begins. With readers
//! that overlap without a gap that moment may never come, and the log would grow without a limit: so
//! past [`LONG_LOG_PAGES`] the lane waits for readers, but [`PATIENCE`] at most, and then lets the log grow
//! by as much again before it asks once more. A reader that holds its snapshot for an hour costs disk, not
//! writes.

use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, MAIN_DB};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::time::Duration;

/// Pages in the log after which a pass is worth its two waits for the disk: 16 MiB.
const WORTH_IT_PAGES: u32 = 4_000;
/// How much the log grows after a pass that readers kept from moving all of it: 8 MiB.
const HINDERED_PAGES: u32 = 2_000;
/// Passes after which the lane moves what is left, however much: writers that are as fast as the thread would
/// never let it end.
const PASSES_MAX: u32 = 2;
/// Pages the lane moves by itself: 4 MiB. Callers wait meanwhile, some milliseconds.
const TAIL_PAGES: u32 = 1_000;
/// Pages in the log after which readers are waited for: 256 MiB.
const LONG_LOG_PAGES: u32 = 64_000;
/// How long writers may stand still for that.
const PATIENCE: Duration = Duration::from_millis(50);
/// What the log file is cut back to when it starts over, in bytes.
const KEPT_LOG_BYTES: u32 = 64 * 1024 * 1024;

/// Watches the log of one connection.
pub(super) struct Checkpoints {
    in_log: Arc<AtomicU32>,
    beside: Option<Beside>,
    next_pass: u32,
    next_waiting: u32,
}

/// The thread beside the lane; it ends when this is dropped.
struct Beside {
    ask: SyncSender<()>,
    done: Receiver<Moved>,
    at_work: bool,
    /// Passes since the log started over or readers were in the way.
    passes: u32,
}

/// What a pass came to.
#[derive(Debug, Clone, Copy, Default)]
struct Moved {
    /// Pages of the log that are in the database file now.
    pages: u32,
    /// Readers kept some of the pages it saw.
    hindered: bool,
}

impl Checkpoints {
    /// Takes checkpoints over from `connection`.
    pub(super) fn of(connection: &mut Connection) -> Result<Self, rusqlite::Error> {
        connection.execute_batch(&format!("PRAGMA journal_size_limit = {KEPT_LOG_BYTES}"))?;
        let in_log = Arc::new(AtomicU32::new(0));
        let seen = Arc::clone(&in_log);
        // Replaces SQLite's own automatic checkpoint
        connection.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages: i32| {
            seen.store(u32::try_from(pages).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }))?;
        Ok(Self {
            in_log,
            beside: Beside::start(connection),
            next_pass: WORTH_IT_PAGES,
            next_waiting: LONG_LOG_PAGES,
        })
    }

    /// To be called between two batches.
    pub(super) fn after_commit(&mut self, connection: &Connection) {
        let pages = self.in_log.load(Ordering::Relaxed);
        if let Some(beside) = &mut self.beside
            && beside.at_work
        {
            match beside.done.try_recv() {
                Err(TryRecvError::Empty) => return,
                Err(TryRecvError::Disconnected) => self.beside = None,
                Ok(moved) => {
                    beside.at_work = false;
                    self.passed(connection, pages, moved);
                    return;
                }
            }
        }
        if pages < WORTH_IT_PAGES {
            // The log started over
            self.next_pass = WORTH_IT_PAGES;
            self.next_waiting = LONG_LOG_PAGES;
        } else if pages >= self.next_waiting {
            self.next_waiting = pages.saturating_add(LONG_LOG_PAGES);
            self.next_pass = pages.saturating_add(WORTH_IT_PAGES);
            wait_for_readers(connection);
        } else if pages >= self.next_pass {
            self.pass(connection, pages);
        }
    }

    /// What follows a pass: the tail, another pass, or patience with the readers.
    fn passed(&mut self, connection: &Connection, pages: u32, moved: Moved) {
        let passes = self.beside.as_ref().map_or(0, |beside| beside.passes);
        let left = pages.saturating_sub(moved.pages);
        if moved.hindered {
            self.next_pass = pages.saturating_add(HINDERED_PAGES);
        } else if left > TAIL_PAGES && passes < PASSES_MAX {
            self.pass(connection, pages);
            return;
        } else {
            self.next_pass = pages.saturating_add(WORTH_IT_PAGES);
            run(connection, CheckpointMode::PASSIVE);
        }
        if let Some(beside) = &mut self.beside {
            beside.passes = 0;
        }
    }

    fn pass(&mut self, connection: &Connection, pages: u32) {
        self.next_pass = pages.saturating_add(WORTH_IT_PAGES);
        match &mut self.beside {
            Some(beside) if beside.ask.try_send(()).is_ok() => {
                beside.at_work = true;
                beside.passes += 1;
            }
            _ => {
                run(connection, CheckpointMode::PASSIVE);
            }
        }
    }
}

impl Beside {
    /// `None` where no thread can be had: the lane does everything then.
    fn start(connection: &Connection) -> Option<Self> {
        let path = PathBuf::from(connection.path()?);
        let (ask, asked) = sync_channel(1);
        let (tell, done) = sync_channel(1);
        let work = move || {
            let Ok(connection) = Connection::open(&path) else { return };
            while asked.recv().is_ok() && tell.send(run(&connection, CheckpointMode::PASSIVE)).is_ok() {}
        };
        match std::thread::Builder::new().name("db-checkpoint".to_owned()).spawn(work) {
            Ok(_) => Some(Self { ask, done, at_work: false, passes: 0 }),
            Err(error) => {
                tracing::warn!(%error, "no thread for checkpoints; the write lane does them");
                None
            }
        }
    }
}

fn wait_for_readers(connection: &Connection) {
    let patience = connection.busy_timeout(PATIENCE);
    run(connection, CheckpointMode::RESTART);
    if let Err(error) = patience.and_then(|()| connection.busy_timeout(super::BUSY_TIMEOUT)) {
        tracing::warn!(%error, "the busy timeout of the database could not be set");
    }
}

/// Moves what can be moved. A checkpoint that
/// fails loses nothing: what is in the log is durable, and the next one tries again.
fn run(connection: &Connection, mode: CheckpointMode) -> Moved {
    match connection.wal_checkpoint_v2(Some(MAIN_DB), mode) {
        Ok((in_log, moved)) => {
            tracing::debug!(in_log, moved, "checkpoint");
            return Moved { pages: u32::try_from(moved).unwrap_or(0), hindered: moved < in_log };
        }
        Err(error) if super::errors::is_busy(&error) => {
            tracing::warn!("a long read keeps the write-ahead log from starting over; it grows meanwhile");
        }
        Err(error) => tracing::warn!(%error, "checkpoint failed; it will be tried again"),
    }
    Moved { pages: 0, hindered: true }
}
