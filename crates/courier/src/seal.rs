//! How are outbound secrets kept at rest, and what happens without the key?
//!
//! A secret that we must send in clear later is sealed with XChaCha20-Poly1305 under a key from outside the
//! database (sync.md §7). The sealed text names its key, so keys can be rotated: new secrets use the current
//! key, old ones open under theirs. The context (which row, which column) is authenticated with it, so a
//! sealed text copied to another row does not open there.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use db::{Db, Never, TxError, params};
use outside::Outside;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

const VERSION: &str = "v1";
const NONCE_BYTES: usize = 24;

db::statement! {
    /// Under which keys secrets are sealed.
    SEALING_KEYS -> String = "SELECT DISTINCT key_id FROM courier_destination
        UNION SELECT DISTINCT key_id FROM courier_subscription";
}

/// The keys that seal: one current, any number of older ones.
#[derive(Clone)]
pub struct Keyring {
    current: String,
    keys: BTreeMap<String, Zeroizing<[u8; 32]>>,
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ids: Vec<&String> = self.keys.keys().collect();
        f.debug_struct("Keyring")
            .field("current", &self.current)
            .field("key_ids", &ids)
            .finish_non_exhaustive()
    }
}

/// What is wrong with keys or with a sealed text. It never holds a key or a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// A key was configured in another form.
    #[error("expected a key as <key id>:<32 bytes in hex or base64>, found {0}")]
    Key(String),
    /// A text that no version of us sealed.
    #[error("expected a sealed secret of the form v1.<key id>.<base64url>, found another text")]
    Form,
    /// Sealed under a key that is not here.
    #[error("expected the key {0:?} that sealed a stored secret, found it nowhere; configure it again")]
    UnknownKey(String),
    /// The text was altered, belongs to another row, or its key has other bytes.
    #[error("a sealed secret does not open: it was altered, or the key {0:?} is not the one that sealed it")]
    Broken(String),
    /// Secrets are stored and no key is configured at all.
    #[error("the database holds sealed secrets but no sealing key is configured; configure the key {0:?}")]
    NoKey(String),
    /// The database could not be asked.
    #[error("the sealed secrets could not be looked at: {0}")]
    Database(String),
}

impl Keyring {
    /// A ring of one key.
    pub fn new(key_id: &str, key: [u8; 32]) -> Result<Self, SealError> {
        let mut ring = Self { current: key_id.to_owned(), keys: BTreeMap::new() };
        ring.add(key_id, key)?;
        Ok(ring)
    }

    /// Reads `<key id>:<hex or base64>` entries apart by commas or white space; the first is current.
    pub fn parse(text: &str) -> Result<Self, SealError> {
        let mut ring: Option<Self> = None;
        for entry in text.split(|c: char| c == ',' || c.is_whitespace()).filter(|entry| !entry.is_empty()) {
            let malformed = || SealError::Key("an entry without a colon".into());
            let (key_id, key) = entry.split_once(':').ok_or_else(malformed)?;
            let key = key_bytes(key)
                .ok_or_else(|| SealError::Key(format!("other bytes under the key id {key_id:?}")))?;
            match &mut ring {
                None => ring = Some(Self::new(key_id, key)?),
                Some(ring) => ring.add(key_id, key)?,
            }
        }
        ring.ok_or_else(|| SealError::Key("nothing".into()))
    }

    /// A new key as configuration text, `<key id>:<hex>`.
    pub fn generate(outside: &Outside, key_id: &str) -> String {
        format!("{key_id}:{}", outside::hex(&outside.random_bytes::<32>()))
    }

    fn add(&mut self, key_id: &str, key: [u8; 32]) -> Result<(), SealError> {
        let well_formed = !key_id.is_empty()
            && key_id.len() <= 64
            && key_id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if !well_formed {
            return Err(SealError::Key("a key id that is not 1 to 64 letters, digits, - or _".into()));
        }
        if self.keys.insert(key_id.to_owned(), Zeroizing::new(key)).is_some() {
            return Err(SealError::Key(format!("the key id {key_id:?} twice")));
        }
        Ok(())
    }

    /// Seals `secret` under the current key, bound to `context`.
    pub fn seal(&self, outside: &Outside, context: &str, secret: &[u8]) -> Result<String, SealError> {
        let nonce = outside.random_bytes::<NONCE_BYTES>();
        let sealed = self
            .cipher(&self.current)?
            .encrypt(&XNonce::from(nonce), Payload { msg: secret, aad: &bound(&self.current, context) })
            .map_err(|_| SealError::Broken(self.current.clone()))?;
        let text = URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat());
        Ok(format!("{VERSION}.{}.{text}", self.current))
    }

    /// Opens what [`Keyring::seal`] made for the same context.
    pub fn open(&self, context: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (key_id, text) = parts(sealed).ok_or(SealError::Form)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| SealError::Form)?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or(SealError::Form)?;
        self.cipher(key_id)?
            .decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: &bound(key_id, context) })
            .map(Zeroizing::new)
            .map_err(|_| SealError::Broken(key_id.to_owned()))
    }

    /// As [`Keyring::open`], for a secret that is text.
    pub fn open_text(&self, context: &str, sealed: &str) -> Result<Zeroizing<String>, SealError> {
        let bytes = self.open(context, sealed)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| SealError::Form)?;
        Ok(Zeroizing::new(text.to_owned()))
    }

    fn cipher(&self, key_id: &str) -> Result<XChaCha20Poly1305, SealError> {
        let key = self.keys.get(key_id).ok_or_else(|| SealError::UnknownKey(key_id.to_owned()))?;
        XChaCha20Poly1305::new_from_slice(key.as_slice())
            .map_err(|_| SealError::UnknownKey(key_id.to_owned()))
    }
}

/// The id of the key that sealed a text.
pub fn key_id_of(sealed: &str) -> Option<&str> {
    parts(sealed).map(|(key_id, _)| key_id)
}

/// Whether every stored secret can be opened by some key of the ring: ask before serving, and refuse to
/// start otherwise.
pub async fn check(db: &Db, keyring: Option<&Keyring>) -> Result<(), SealError> {
    let key_ids =
        db.read("sealing_keys", |tx| Ok::<_, TxError<Never>>(tx.query(&SEALING_KEYS, params![])?)).await;
    let key_ids = match key_ids {
        Ok(key_ids) => key_ids,
        Err(TxError::Failed(error)) => return Err(SealError::Database(error.to_string())),
        Err(TxError::Refused(never)) => match never {},
    };
    for key_id in key_ids {
        match keyring {
            None => return Err(SealError::NoKey(key_id)),
            Some(ring) if !ring.keys.contains_key(&key_id) => return Err(SealError::UnknownKey(key_id)),
            Some(_) => {}
        }
    }
    Ok(())
}

fn parts(sealed: &str) -> Option<(&str, &str)> {
    sealed.strip_prefix(VERSION)?.strip_prefix('.')?.split_once('.')
}

/// What is authenticated beside the secret.
fn bound(key_id: &str, context: &str) -> Vec<u8> {
    [b"stamgast seal v1\0", key_id.as_bytes(), b"\0", context.as_bytes()].concat()
}

fn key_bytes(text: &str) -> Option<[u8; 32]> {
    let bytes = if text.len() == 64 {
        let digit = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
        (0..64).step_by(2).map(digit).collect::<Option<Vec<u8>>>()
    } else {
        STANDARD.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text)).ok()
    };
    bytes?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use outside::{SeededEntropy, SystemClock};
    use std::sync::Arc;

    fn outside() -> Outside {
        Outside::new(Arc::new(SystemClock), Arc::new(SeededEntropy::new(5)))
    }

    #[test]
    fn a_secret_opens_under_its_key_and_context_only() {
        let outside = outside();
        let old = Keyring::new("2025", [1; 32]).unwrap();
        let sealed = old.seal(&outside, "row 1", b"s3cret").unwrap();
        assert_eq!(key_id_of(&sealed), Some("2025"));
        assert!(!sealed.contains("s3cret"));

        let rotated = Keyring::parse(&format!("2026:{}, 2025:{}", "02".repeat(32), "01".repeat(32))).unwrap();
        assert_eq!(rotated.open("row 1", &sealed).unwrap().as_slice(), b"s3cret");
        let anew = rotated.seal(&outside, "row 1", b"s3cret").unwrap();
        assert_eq!(key_id_of(&anew), Some("2026"));

        assert_eq!(rotated.open("row 2", &sealed), Err(SealError::Broken("2025".into())));
        assert_eq!(old.open("row 1", &anew), Err(SealError::UnknownKey("2026".into())));
        let impostor = Keyring::new("2025", [9; 32]).unwrap();
        assert_eq!(impostor.open("row 1", &sealed), Err(SealError::Broken("2025".into())));
        let mut altered = sealed.clone();
        let last = altered.pop().unwrap();
        altered.push(if last == 'A' { 'Q' } else { 'A' });
        assert!(rotated.open("row 1", &altered).is_err());
        for text in ["", "v1", "v1.2025", "v1.2025.", "v2.2025.AAAA", "v1.2025.ž"] {
            assert!(rotated.open("row 1", text).is_err(), "{text}");
        }
    }

    #[test]
    fn keys_are_read_in_hex_and_base64_and_never_shown() {
        let ring =
            Keyring::parse("a:0101010101010101010101010101010101010101010101010101010101010101").unwrap();
        let same = Keyring::parse("a:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=").unwrap();
        let sealed = ring.seal(&outside(), "c", b"x").unwrap();
        assert_eq!(same.open("c", &sealed).unwrap().as_slice(), b"x");
        let shown = format!("{ring:?}");
        assert!(shown.contains("\"a\"") && !shown.contains("1, 1") && !shown.contains("0101"), "{shown}");
        let made = Keyring::generate(&outside(), "2026-03");
        assert!(Keyring::parse(&made).is_ok());
        for text in ["", "a", "a:", "a:00", ":AQEB", "a b:c", "a:zz", "é:0101"] {
            let error = Keyring::parse(text).unwrap_err();
            assert!(error.to_string().contains("expected a key as"), "{error}");
        }
    }
}
