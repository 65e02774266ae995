//! Who gets a place when all are taken?
//!
//! Whoever sends. A connection that only waits for its client (idle between requests, in the middle of a head or a
//! body, or with an answer nobody takes) gives its place up to the next one; those that have waited longest go first.

use super::pulse::Pulse;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Between two looks for a place to free, at least this long.
const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// One in so many places is freed at a time: looking through all of them for each new connection costs more.
const FREED_AT_ONCE: usize = 64;

/// All places.
pub(super) struct Places {
    count: usize,
    patience: Duration,
    free: Arc<Semaphore>,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Default)]
struct Taken {
    next: u64,
    pulses: HashMap<u64, Arc<Pulse>>,
}

/// One place, given back when dropped.
pub(super) struct Place {
    number: u64,
    pulse: Arc<Pulse>,
    taken: Arc<Mutex<Taken>>,
    _permit: OwnedSemaphorePermit,
}

impl Places {
    /// `count` places (one at least), where those that wait for their client longer than `patience` make room.
    pub(super) fn new(count: usize, patience: Duration) -> Self {
        let count = count.clamp(1, Semaphore::MAX_PERMITS.min(u32::MAX as usize));
        Self { count, patience, free: Arc::new(Semaphore::new(count)), taken: Arc::default() }
    }

    /// Waits for a place.
    pub(super) async fn take(&self) -> Place {
        let permit = loop {
            let wait = match Arc::clone(&self.free).try_acquire_owned() {
                Ok(permit) => break permit,
                Err(_) => self.make_room(Instant::now()),
            };
            let freed = Arc::clone(&self.free).acquire_owned();
            // The semaphore is never closed; if it were, the next try would tell.
            if let Ok(Ok(permit)) = tokio::time::timeout(wait, freed).await {
                break permit;
            }
        };
        let pulse = Pulse::new();
        let number = {
            let mut taken = lock(&self.taken);
            taken.next += 1;
            let number = taken.next;
            taken.pulses.insert(number, Arc::clone(&pulse));
            number
        };
        Place { number, pulse, taken: Arc::clone(&self.taken), _permit: permit }
    }

    /// Cuts those that have waited longest beyond the patience; gives how long to wait before looking again.
    fn make_room(&self, now: Instant) -> Duration {
        let mut waiting: Vec<(Duration, Arc<Pulse>)> = {
            let taken = lock(&self.taken);
            let waits = |pulse: &Arc<Pulse>| Some((pulse.waiting(now)?, Arc::clone(pulse)));
            taken.pulses.values().filter_map(waits).collect()
        };
        waiting.sort_unstable_by_key(|(waited, _)| std::cmp::Reverse(*waited));
        let longest = waiting.first().map_or(Duration::ZERO, |(waited, _)| *waited);
        let at_once = (self.count / FREED_AT_ONCE).max(1);
        for (_, pulse) in waiting.iter().take(at_once).take_while(|(waited, _)| *waited >= self.patience) {
            pulse.cut();
        }
        self.patience.saturating_sub(longest).max(LOOK_AGAIN)
    }

    /// How many connections are between the head of a request and the end of its answer.
    pub(super) fn requests_under_way(&self) -> usize {
        lock(&self.taken).pulses.values().filter(|pulse| pulse.is_in_exchange()).count()
    }

    /// Waits until every place is free.
    pub(super) async fn all_free(&self) {
        // A semaphore that is closed has nobody in it either.
        let _ = self.free.acquire_many(u32::try_from(self.count).unwrap_or(u32::MAX)).await;
    }
}

impl Place {
    /// The state of the connection that has the place.
    pub(super) fn pulse(&self) -> Arc<Pulse> {
        Arc::clone(&self.pulse)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.taken).pulses.remove(&self.number);
    }
}

fn lock(taken: &Mutex<Taken>) -> MutexGuard<'_, Taken> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}
