//! Where do time, ids and randomness come from? From here, as values, so that rules stay pure.
//!
//! A handler holds one [`Outside`], draws what a command needs *before* the transaction (a closure
//! on the database port may run more than once) and hands plain values on.

mod clock;
mod entropy;

pub use clock::{Clock, ManualClock, SystemClock};
pub use entropy::{Entropy, SeededEntropy, SystemEntropy};

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

/// The outside world as one part of the program sees it: a clock and a source of randomness.
#[derive(Clone)]
pub struct Outside {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    ids: Arc<OnceLock<Ids>>,
}

/// The part that all ids of one process share, and the number of the next id.
struct Ids {
    process: [u8; 5],
    next: AtomicU32,
}

impl std::fmt::Debug for Outside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outside").finish_non_exhaustive()
    }
}

impl Outside {
    /// Joins a clock and a source of randomness.
    pub fn new(clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { clock, entropy, ids: Arc::default() }
    }

    /// The machine's own clock and randomness.
    pub fn system() -> Self {
        Self::new(Arc::new(SystemClock), Arc::new(SystemEntropy))
    }

    /// The present instant, whole microseconds (the unit the database keeps).
    pub fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }

    /// `N` random bytes.
    pub fn random_bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.entropy.fill(&mut bytes);
        bytes
    }

    /// A new id in the documents' strict form: 24 lower-case hex digits (protocol.md §1.4). Seconds of the
    /// clock, five random bytes of this process, three bytes that count up: ids made one after the other
    /// stand beside each other in an index, which is what a database writes fastest. Not a secret.
    pub fn object_id(&self) -> String {
        let seconds = u32::try_from(self.now().as_second()).unwrap_or(u32::MAX);
        let ids = self.ids.get_or_init(|| Ids {
            process: self.random_bytes(),
            // with room above, so that the numbers seldom start over
            next: AtomicU32::new(u32::from_be_bytes(self.random_bytes()) >> 9),
        });
        let number = ids.next.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let mut id = [0_u8; 12];
        id[..4].copy_from_slice(&seconds.to_be_bytes());
        id[4..9].copy_from_slice(&ids.process);
        id[9..].copy_from_slice(&number[1..]);
        hex(&id)
    }

    /// A number drawn evenly from `0..bound`; 0 when `bound` is 0.
    pub fn below(&self, bound: u64) -> u64 {
        let wide = u128::from(u64::from_be_bytes(self.random_bytes())) * u128::from(bound);
        u64::try_from(wide >> 64).unwrap_or(0)
    }
}

/// Lower-case hex of some bytes.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [DIGITS[usize::from(byte >> 4)] as char, DIGITS[usize::from(byte & 15)] as char])
        .collect()
}

/// The text behind hex digits of UTF-8 without U+0000; `None` for anything else.
pub fn unhex(hex: &str) -> Option<String> {
    if !hex.len().is_multiple_of(2) || !hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let bytes: Option<Vec<u8>> =
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok()).collect();
    String::from_utf8(bytes?).ok().filter(|text| !text.contains('\0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_leads_back_to_its_text_alone() {
        for text in ["", "a", "člověk/1", "\u{10FFFF}"] {
            assert_eq!(unhex(&hex(text.as_bytes())).as_deref(), Some(text));
        }
        // half a byte, no digits, no UTF-8, a NUL, a sign that a number may have
        for wrong in ["6", "zz", "ff", "00", "6100", "+1", "é"] {
            assert_eq!(unhex(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_object_id_has_the_documents_form_and_follows_the_seed() {
        let make = || {
            let clock = ManualClock::at("2026-03-01T10:00:00Z".parse().unwrap());
            Outside::new(Arc::new(clock), Arc::new(SeededEntropy::new(7)))
        };
        let (one, other) = (make(), make());
        let id = one.object_id();
        assert_eq!(id.len(), 24);
        assert!(id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)), "{id}");
        assert_eq!(id, other.object_id());
        let next = one.object_id();
        assert!(id < next && id[..18] == next[..18], "{id} {next}");
    }

    #[test]
    fn below_stays_below() {
        let outside = Outside::new(Arc::new(SystemClock), Arc::new(SeededEntropy::new(1)));
        assert!((0..1000).all(|_| outside.below(3) < 3));
        assert_eq!(outside.below(0), 0);
    }
}
