//! How does a request learn who a token belongs to without a hop to the database?
//!
//! Each credential table gets one cache, keyed by the token's public prefix. What is in it is at most
//! five seconds old, so a token revoked by another process stops within that; [`TokenCache::forget`]
//! stops it at once in this one. Only what exists is kept: guesses cannot fill the cache.

use crate::last_used::LastUsed;
use jiff::{SignedDuration, Timestamp};
use outside::Outside;
use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

/// How long a loaded entry is believed.
const TTL: SignedDuration = SignedDuration::from_secs(5);

/// A bounded cache of what tokens stand for.
pub struct TokenCache<T> {
    outside: Outside,
    entries: RwLock<HashMap<Box<str>, Entry<T>>>,
    limit: usize,
    /// Counts [`TokenCache::forget`], so that a load begun before one is not kept after it.
    forgotten: AtomicU64,
    used: LastUsed,
}

struct Entry<T> {
    value: T,
    loaded_at: Timestamp,
}

impl<T> std::fmt::Debug for TokenCache<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenCache").field("limit", &self.limit).finish_non_exhaustive()
    }
}

impl<T: Clone> TokenCache<T> {
    /// A cache of at most `limit` entries.
    pub fn new(outside: &Outside, limit: usize) -> Self {
        Self {
            outside: outside.clone(),
            entries: RwLock::default(),
            limit: limit.max(1),
            forgotten: AtomicU64::new(0),
            used: LastUsed::default(),
        }
    }

    /// The value of `prefix`: from the cache while it is fresh, else from `load`. `None` is not kept.
    pub async fn get_or_load<E, F>(&self, prefix: &str, load: impl FnOnce() -> F) -> Result<Option<T>, E>
    where
        F: Future<Output = Result<Option<T>, E>>,
    {
        let now = self.outside.now();
        if let Some(value) = self.fresh(prefix, now) {
            return Ok(Some(value));
        }
        let generation = self.forgotten.load(Ordering::SeqCst);
        let loaded = load().await?;
        if let Some(value) = &loaded {
            self.keep(prefix, value.clone(), now, generation);
        }
        Ok(loaded)
    }

    /// Forgets one entry: after the token was revoked or its rights changed.
    pub fn forget(&self, prefix: &str) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        entries.remove(prefix);
    }

    /// Forgets everything.
    pub fn clear(&self) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        entries.clear();
    }

    /// Notes that the token with this prefix was shown and found good.
    pub fn note_used(&self, prefix: &str) {
        self.used.note(prefix, self.outside.now());
    }

    /// Takes out which tokens were noted since it was last asked, and when.
    pub fn take_used(&self) -> Vec<(String, Timestamp)> {
        self.used.take()
    }

    fn fresh(&self, prefix: &str, now: Timestamp) -> Option<T> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries.get(prefix).filter(|entry| is_fresh(entry, now)).map(|entry| entry.value.clone())
    }

    fn keep(&self, prefix: &str, value: T, loaded_at: Timestamp, generation: u64) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if self.forgotten.load(Ordering::SeqCst) != generation {
            return;
        }
        if entries.len() >= self.limit && !entries.contains_key(prefix) {
            entries.retain(|_, entry| is_fresh(entry, loaded_at));
            if entries.len() >= self.limit {
                let oldest = entries.iter().min_by_key(|(_, entry)| entry.loaded_at);
                if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                    entries.remove(&oldest);
                }
            }
        }
        entries.insert(prefix.into(), Entry { value, loaded_at });
    }
}

/// A clock that was put back also ends an entry.
fn is_fresh<T>(entry: &Entry<T>, now: Timestamp) -> bool {
    let age = now.duration_since(entry.loaded_at);
    !age.is_negative() && age < TTL
}

#[cfg(test)]
mod tests {
    use super::*;
    use outside::{ManualClock, SeededEntropy};
    use std::convert::Infallible;
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;

    struct Bench {
        clock: Arc<ManualClock>,
        cache: TokenCache<u32>,
        loads: AtomicUsize,
    }

    impl Bench {
        fn new(limit: usize) -> Self {
            let clock = Arc::new(ManualClock::at("2026-03-01T10:00:00Z".parse().unwrap()));
            let outside = Outside::new(clock.clone(), Arc::new(SeededEntropy::new(1)));
            Self { clock, cache: TokenCache::new(&outside, limit), loads: AtomicUsize::new(0) }
        }

        async fn get(&self, prefix: &str, stored: Option<u32>) -> Option<u32> {
            let load = || async {
                self.loads.fetch_add(1, Ordering::SeqCst);
                Ok::<_, Infallible>(stored)
            };
            self.cache.get_or_load(prefix, load).await.unwrap()
        }

        fn loads(&self) -> usize {
            self.loads.load(Ordering::SeqCst)
        }
    }

    #[tokio::test]
    async fn an_entry_lives_five_seconds() {
        let bench = Bench::new(10);
        assert_eq!(bench.get("a", Some(1)).await, Some(1));
        bench.clock.advance_seconds(4);
        assert_eq!(bench.get("a", Some(2)).await, Some(1));
        assert_eq!(bench.loads(), 1);
        bench.clock.advance_seconds(1);
        assert_eq!(bench.get("a", Some(3)).await, Some(3));
        assert_eq!(bench.loads(), 2);
    }

    #[tokio::test]
    async fn an_unknown_token_is_asked_for_each_time_and_takes_no_room() {
        let bench = Bench::new(10);
        for guess in 0..50 {
            assert_eq!(bench.get(&guess.to_string(), None).await, None);
        }
        assert_eq!(bench.loads(), 50);
        assert_eq!(bench.cache.entries.read().unwrap().len(), 0);
    }

    #[tokio::test]
    async fn a_full_cache_lets_the_oldest_go() {
        let bench = Bench::new(2);
        for (prefix, value) in [("a", 1), ("b", 2), ("c", 3)] {
            bench.get(prefix, Some(value)).await;
            bench.clock.advance_seconds(1);
        }
        assert_eq!(bench.cache.entries.read().unwrap().len(), 2);
        assert_eq!(bench.get("c", Some(9)).await, Some(3));
        assert_eq!(bench.get("a", Some(9)).await, Some(9));
    }

    #[tokio::test]
    async fn forgetting_also_discards_a_load_that_began_before() {
        let bench = Bench::new(10);
        let load = || async {
            // Revoked while the row was on its way here.
            bench.cache.forget("a");
            Ok::<_, Infallible>(Some(1))
        };
        assert_eq!(bench.cache.get_or_load("a", load).await, Ok(Some(1)));
        assert_eq!(bench.get("a", None).await, None);
    }
}
