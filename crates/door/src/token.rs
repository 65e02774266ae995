//! How is a token made, found again and compared, when only its hash is kept?
//!
//! A token reads `stg_<kind>_<16 hex>_<43 base64url>`: the first three parts are the public prefix by
//! which its row is found, the last is 32 random bytes (sync.md §7). Stored are the prefix and the
//! SHA-256 of the whole text; comparison takes the same time wherever the texts differ.

use crate::ApiError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use outside::{Outside, hex};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Characters of the secret part: 32 bytes as base64url without padding.
const SECRET_CHARACTERS: usize = 43;
/// The longest text that is looked at; anything longer is no token of ours.
const TOKEN_BYTES_MAX: usize = 160;

/// A new token. `text` is shown once to whoever asked for it and kept nowhere.
pub struct IssuedToken {
    /// The text that the caller will send. A secret: it must not reach a log.
    pub text: String,
    /// The public part, the key of the stored row.
    pub prefix: String,
    /// SHA-256 of `text`, to be stored.
    pub hash: [u8; 32],
}

impl std::fmt::Debug for IssuedToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IssuedToken").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

/// Draws a token of a kind (`loyalty`, `admin`, `pos`, …: letters and digits).
pub fn issue(outside: &Outside, kind: &str) -> IssuedToken {
    let prefix = format!("stg_{kind}_{}", hex(&outside.random_bytes::<8>()));
    let text = format!("{prefix}_{}", URL_SAFE_NO_PAD.encode(outside.random_bytes::<32>()));
    let hash = hash(&text);
    IssuedToken { text, prefix, hash }
}

/// The public prefix of a text that has the form of our tokens.
pub fn prefix_of(text: &str) -> Option<&str> {
    if !text.is_ascii() || text.len() > TOKEN_BYTES_MAX {
        return None;
    }
    let (prefix, secret) = text.split_at_checked(text.len().checked_sub(SECRET_CHARACTERS + 1)?)?;
    let secret = secret.strip_prefix('_')?;
    let (kind, id) = prefix.strip_prefix("stg_")?.rsplit_once('_')?;
    let well_formed = !kind.is_empty()
        && kind.bytes().all(|b| b.is_ascii_alphanumeric())
        && id.len() == 16
        && id.bytes().all(|b| b.is_ascii_hexdigit())
        && secret.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    well_formed.then_some(prefix)
}

/// The kind inside a prefix: `loyalty` of `stg_loyalty_0123456789abcdef`.
pub fn kind_of(prefix: &str) -> Option<&str> {
    Some(prefix.strip_prefix("stg_")?.rsplit_once('_')?.0)
}

/// What is said to a caller without a good token of the `wanted` kind: `expected`, and if `found` has the form of a
/// token of another kind, which one that is. The prefix is public, so nothing is given away.
pub fn refusal(found: Option<&str>, wanted: &str, expected: &str) -> ApiError {
    let kind = found.and_then(prefix_of).and_then(kind_of).filter(|kind| *kind != wanted);
    let holder = match kind {
        Some("admin") => "an admin token",
        Some("pos") => "a register's token",
        Some("client") => "an application's secret",
        Some("access") => "an application's access token",
        Some("loyalty") => "the token of a loyalty connection",
        Some("datasync") => "a DataSync secret",
        Some("customers") => "a token for the customers feed",
        _ => return ApiError::unauthorized(expected),
    };
    ApiError::unauthorized(format!("this is {holder} (stg_{}_…); {expected}", kind.unwrap_or_default()))
}

/// SHA-256 of the token's text: what is stored.
pub fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// Whether `text` is the token whose hash is `stored`, in constant time.
pub fn matches(stored: &[u8], text: &str) -> bool {
    hash(text).as_slice().ct_eq(stored).into()
}

/// Whether two secrets of any form are the same text, in constant time (their lengths stay hidden too:
/// hashes are compared).
pub fn same_secret(one: &str, other: &str) -> bool {
    matches(&hash(one), other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use outside::{ManualClock, SeededEntropy};
    use std::sync::Arc;

    fn outside(seed: u64) -> Outside {
        let clock = ManualClock::at("2026-03-01T10:00:00Z".parse().unwrap());
        Outside::new(Arc::new(clock), Arc::new(SeededEntropy::new(seed)))
    }

    #[test]
    fn an_issued_token_is_found_by_its_prefix_and_matches_its_hash_only() {
        for seed in 0..200 {
            let outside = outside(seed);
            let token = issue(&outside, "loyalty");
            assert_eq!(prefix_of(&token.text), Some(token.prefix.as_str()));
            assert_eq!(kind_of(&token.prefix), Some("loyalty"));
            assert!(matches(&token.hash, &token.text));
            assert!(!matches(&token.hash, &issue(&outside, "loyalty").text));
            assert!(!matches(&token.hash[..31], &token.text));
            assert!(!matches(&[], &token.text));
        }
    }

    #[test]
    fn a_token_of_another_kind_is_called_by_its_kind() {
        let (outside, expected) = (outside(3), "expected an admin token");
        let said = |found: Option<&str>| refusal(found, "admin", expected).message;
        let pos = issue(&outside, "pos").text;
        assert_eq!(said(Some(&pos)), format!("this is a register's token (stg_pos_…); {expected}"));
        let (admin, odd) = (issue(&outside, "admin").text, issue(&outside, "odd").text);
        for found in [None, Some("x"), Some(admin.as_str()), Some(odd.as_str())] {
            assert_eq!(said(found), expected);
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let token = issue(&outside(1), "admin");
        let shown = format!("{token:?}");
        assert!(shown.contains(&token.prefix), "{shown}");
        assert!(!shown.contains(&token.text[token.prefix.len()..]), "{shown}");
        assert!(!shown.contains("hash"), "{shown}");
    }

    #[test]
    fn texts_of_another_form_have_no_prefix() {
        let good = issue(&outside(3), "pos").text;
        assert!(prefix_of(&good).is_some());
        let with = |from: &str, to: &str| good.replacen(from, to, 1);
        for bad in [
            String::new(),
            "stg_".into(),
            "stg_pos_0123456789abcdef".into(),
            with("stg_", "xtg_"),
            with("_pos_", "__"),
            with("_pos_", "_po s_"),
            with("_pos_", "_poš_"),
            format!("{good}="),
            good[..good.len() - 1].to_owned(),
            format!("stg_{}{}", "p".repeat(200), &good[7..]),
        ] {
            assert_eq!(prefix_of(&bad), None, "{bad}");
        }
    }
}
