//! When do pages move from the write-ahead log into the database file?
//!
//! Not inside COMMIT, as SQLite does by itself, but by the write lane between two batches. A passive checkpoint moves what no reader still needs and waits for nobody.
//! It is worth doing seldom: a page that many commits changed is moved once, so a longer log makes less
//! work in all; but it must stay a log of some hundred megabytes at most, and start over soon after a burst.
//!
//! The log starts over only when no reader looks at it in the moment the next write begins. With readers
//! that overlap without a gap that moment may never come, and the log would grow without a limit: so
//! past [`LONG_LOG_PAGES`] the lane waits for readers, but [`PATIENCE`] at most, and then lets the log grow
//! by as much again before it asks once more. A reader that holds its snapshot for an hour costs disk, not
//! writes.
//!
//! On a small disk the log must not take the room into which its own pages have to move: it gets a third of what is free, and is
//! given back to the disk when it has been moved. And when a COMMIT failed, be it that the disk was full, the log is moved as
//! soon as there is room.

use super::room::Room;
use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, MAIN_DB};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Pages in the log after which a passive checkpoint is worth its two waits for the disk: 16 MiB.
const WORTH_IT_PAGES: u32 = 4_000;
/// How much the log grows after a checkpoint that readers kept from moving all of it: 8 MiB.
const HINDERED_PAGES: u32 = 2_000;
/// Pages are moved so seldom at most, while the log is shorter than [`LONG_LOG_PAGES`]: everybody waits meanwhile.
const BETWEEN: Duration = Duration::from_secs(8);
/// Pages in the log after which readers are waited for: 256 MiB.
const LONG_LOG_PAGES: u32 = 64_000;
/// How long writers may stand still for that.
const PATIENCE: Duration = Duration::from_millis(50);
/// How much the log grows, at least and at most, before the room on the disk is looked at again: 1 and 64 MiB.
const LOOK_PAGES: u32 = 256;
const LOOK_PAGES_MAX: u32 = 16_000;
/// How often the log is moved at most while COMMITs fail.
const BETWEEN_RESCUES: Duration = Duration::from_secs(1);
/// Bytes of a page.
const PAGE_BYTES: u64 = 4096;
/// What the log file is cut back to when it starts over, in bytes: as much as it may have before readers are waited for, because
/// giving disk back and taking it again stops the lane.
const KEPT_LOG_BYTES: u32 = LONG_LOG_PAGES * 4096;

/// Watches the log of one connection.
pub(super) struct Checkpoints {
    in_log: Arc<AtomicU32>,
    next_passive: u32,
    next_waiting: u32,
    /// When all of the log was moved last.
    moved_at: Option<Instant>,
    room: Room,
    /// Pages in the log at which the room on the disk is looked at next.
    next_look: u32,
    /// Pages in the log after the batch before.
    last_seen: u32,
    /// When the log was moved last because a COMMIT had failed.
    rescued_at: Option<Instant>,
}

impl Checkpoints {
    /// Takes checkpoints over from `connection`.
    pub(super) fn of(connection: &mut Connection, room: Room) -> Result<Self, rusqlite::Error> {
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
            next_passive: WORTH_IT_PAGES,
            next_waiting: LONG_LOG_PAGES,
            moved_at: None,
            room,
            next_look: LOOK_PAGES,
            last_seen: 0,
            rescued_at: None,
        })
    }

    /// To be called after a batch whose COMMIT failed: the disk may be full, and the log may hold what gives room.
    pub(super) fn after_loss(&mut self, connection: &Connection) {
        if self.rescued_at.is_none_or(|at| at.elapsed() >= BETWEEN_RESCUES) {
            wait_for_readers(connection, CheckpointMode::TRUNCATE);
            self.rescued_at = Some(Instant::now());
        }
    }

    /// Moves the log when it has more than its share of what is free on the disk.
    fn keep_room(&mut self, connection: &Connection, pages: u32) {
        if pages < self.next_look {
            return;
        }
        let Some(free) = self.room.free_bytes() else {
            self.next_look = pages.saturating_add(LOOK_PAGES_MAX);
            return;
        };
        let share = u32::try_from(free / PAGE_BYTES / 2).unwrap_or(u32::MAX);
        if pages >= share {
            wait_for_readers(connection, CheckpointMode::TRUNCATE);
        }
        let grows = (share.saturating_sub(pages) / 4).clamp(LOOK_PAGES, LOOK_PAGES_MAX);
        self.next_look = pages.saturating_add(grows);
    }

    /// To be called between two batches.
    pub(super) fn after_commit(&mut self, connection: &Connection) {
        let pages = self.in_log.load(Ordering::Relaxed);
        if pages < self.last_seen {
            // The log started over
            self.next_look = LOOK_PAGES;
        }
        self.last_seen = pages;
        self.keep_room(connection, pages);
        if pages < WORTH_IT_PAGES {
            // The log started over
            self.next_passive = WORTH_IT_PAGES;
            self.next_waiting = LONG_LOG_PAGES;
            return;
        }
        if pages >= self.next_waiting {
            self.next_waiting = pages.saturating_add(LONG_LOG_PAGES);
            self.next_passive = pages.saturating_add(WORTH_IT_PAGES);
            wait_for_readers(connection, CheckpointMode::RESTART);
        } else if pages >= self.next_passive && self.moved_at.is_none_or(|at| at.elapsed() >= BETWEEN) {
            if run(connection, CheckpointMode::PASSIVE) {
                self.next_passive = pages.saturating_add(WORTH_IT_PAGES);
                self.moved_at = Some(Instant::now());
            } else {
                self.next_passive = pages.saturating_add(HINDERED_PAGES);
            }
        }
    }
}

fn wait_for_readers(connection: &Connection, mode: CheckpointMode) {
    let patience = connection.busy_timeout(PATIENCE);
    run(connection, mode);
    if let Err(error) = patience.and_then(|()| connection.busy_timeout(super::BUSY_TIMEOUT)) {
        tracing::warn!(%error, "the busy timeout of the database could not be set");
    }
}

/// Moves what can be moved; whether that was all of it. A checkpoint that fails loses nothing: what is in the
/// log stays there, and the next one tries again.
fn run(connection: &Connection, mode: CheckpointMode) -> bool {
    match connection.wal_checkpoint_v2(Some(MAIN_DB), mode) {
        Ok((in_log, moved)) => {
            tracing::debug!(in_log, moved, "checkpoint");
            return moved >= in_log;
        }
        Err(error) if super::errors::is_busy(&error) => {
            tracing::warn!("a long read keeps the write-ahead log from starting over; it grows meanwhile");
        }
        Err(error) => tracing::warn!(%error, "checkpoint failed; it will be tried again"),
    }
    false
}
