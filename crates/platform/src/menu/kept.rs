//! Which trees need not be put together again?
//!
//! A large menu is read far more often than it changes, and asking for its version is a small part of the work of making
//! its tree. The text that was sent last is kept with the version it shows, and sent again as long as that is the version
//! that the database tells: another process may have changed the menu.

use super::version::Version;
use axum::body::Bytes;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Most bytes of all texts; a menu of 2,000 products takes about one MiB.
const BYTES_MAX: usize = 32 * 1024 * 1024;

/// The trees that were sent last, by what was asked for.
#[derive(Debug, Default)]
pub(crate) struct KeptTrees(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    bytes: usize,
    trees: HashMap<String, (Version, Bytes)>,
}

impl KeptTrees {
    /// The text that shows this version of what is asked for, if it is kept.
    pub(super) fn get(&self, question: &str, version: Version) -> Option<Bytes> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (shows, text) = kept.trees.get(question)?;
        (*shows == version).then(|| text.clone())
    }

    /// Keeps a text in the place of the one that was kept for the same question. When there are too many, all go.
    pub(super) fn put(&self, question: String, version: Version, text: Bytes) {
        if text.len() > BYTES_MAX {
            return;
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.bytes + text.len() > BYTES_MAX {
            *kept = Kept::default();
        }
        kept.bytes += text.len();
        if let Some((_, old)) = kept.trees.insert(question, (version, text)) {
            kept.bytes = kept.bytes.saturating_sub(old.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn version(number: i64, seconds: i64) -> Version {
        Version { number, changed_at: Timestamp::from_second(seconds).unwrap() }
    }

    #[test]
    fn a_text_is_given_for_its_own_version_only() {
        let kept = KeptTrees::default();
        kept.put("a".to_owned(), version(1, 10), Bytes::from_static(b"one"));
        assert_eq!(kept.get("a", version(1, 10)), Some(Bytes::from_static(b"one")));
        for other in [version(2, 10), version(1, 11)] {
            assert_eq!(kept.get("a", other), None);
        }
        assert_eq!(kept.get("b", version(1, 10)), None);
        kept.put("a".to_owned(), version(2, 11), Bytes::from_static(b"two"));
        assert_eq!(kept.get("a", version(1, 10)), None);
        assert_eq!(kept.get("a", version(2, 11)), Some(Bytes::from_static(b"two")));
    }

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        let kept = KeptTrees::default();
        let half = Bytes::from(vec![0; BYTES_MAX / 2]);
        for question in ["a", "b", "a", "c", "d"] {
            kept.put(question.to_owned(), version(1, 1), half.clone());
            assert!(kept.get(question, version(1, 1)).is_some());
            let inside = kept.0.lock().unwrap();
            let held: usize = inside.trees.values().map(|(_, text)| text.len()).sum();
            assert!(held == inside.bytes && held <= BYTES_MAX);
        }
        kept.put("e".to_owned(), version(1, 1), Bytes::from(vec![0; BYTES_MAX + 1]));
        assert_eq!(kept.get("e", version(1, 1)), None);
    }
}
