//! When was each token last used, without a write per request?
//!
//! Kept in memory and taken out seldom, to be written for all tokens at once. What a process that dies had not written
//! yet is lost: it is for people who look for tokens that nobody needs, and they look at days.

use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{PoisonError, RwLock};

/// Tokens that are remembered between two writes; of further ones the use is not noted.
const TOKENS_MAX: usize = 100_000;

/// The last use of each token since the last write, in seconds since 1970.
#[derive(Debug, Default)]
pub(crate) struct LastUsed(RwLock<HashMap<Box<str>, AtomicI64>>);

impl LastUsed {
    /// Notes that the token with this prefix was used now.
    pub(crate) fn note(&self, prefix: &str, now: Timestamp) {
        {
            let noted = self.0.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(at) = noted.get(prefix) {
                return at.store(now.as_second(), Ordering::Relaxed);
            }
        }
        let mut noted = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if noted.len() < TOKENS_MAX {
            noted.insert(prefix.into(), AtomicI64::new(now.as_second()));
        }
    }

    /// Takes out what was noted since it was last taken.
    pub(crate) fn take(&self) -> Vec<(String, Timestamp)> {
        let noted = std::mem::take(&mut *self.0.write().unwrap_or_else(PoisonError::into_inner));
        let mut used: Vec<(String, Timestamp)> = noted
            .into_iter()
            .filter_map(|(prefix, at)| Some((prefix.into(), Timestamp::from_second(at.into_inner()).ok()?)))
            .collect();
        // In one order everywhere, so that two processes which write at once do not wait for each other in a circle.
        used.sort_unstable();
        used
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_use_counts_and_is_told_once() {
        let (used, at) = (LastUsed::default(), |text: &str| text.parse::<Timestamp>().unwrap());
        used.note("b", at("2026-03-01T10:00:00Z"));
        used.note("a", at("2026-03-01T10:00:01Z"));
        used.note("b", at("2026-03-01T10:00:02.5Z"));
        let expected =
            [("a".to_owned(), at("2026-03-01T10:00:01Z")), ("b".to_owned(), at("2026-03-01T10:00:02Z"))];
        assert_eq!(used.take(), expected);
        assert_eq!(used.take(), []);
    }
}
