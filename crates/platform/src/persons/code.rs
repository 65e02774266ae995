//! Whose code is it?
//!
//! A code is short, so a hash of it would say it to whoever tries them all. It is sealed instead, under a key that is not in
//! the database, and bound to its person: what was copied to another row does not open there.

use super::store::PersonRow;
use courier::seal::{Keyring, SealError};
use door::{ApiError, token};
use outside::Outside;

/// Shortest and longest code.
const CHARACTERS: std::ops::RangeInclusive<usize> = 4..=32;

/// That a text may be a code. It is not said back.
///
/// # Errors
/// 400 that names `code`.
pub(super) fn judge(code: &str) -> Result<(), ApiError> {
    let is_visible = code.bytes().all(|byte| byte.is_ascii_graphic());
    if is_visible && CHARACTERS.contains(&code.len()) {
        return Ok(());
    }
    let expected = format!("{} to {} visible ASCII characters", CHARACTERS.start(), CHARACTERS.end());
    Err(ApiError::field("code", &expected, "others, more or fewer"))
}

/// The code of a person as it is kept.
///
/// # Errors
/// 500 when the key cannot seal.
pub(super) fn sealed(
    keyring: &Keyring,
    outside: &Outside,
    merchant: &str,
    person: i64,
    code: &str,
) -> Result<String, ApiError> {
    keyring.seal(outside, &context(merchant, person), code.as_bytes()).map_err(|error| {
        tracing::error!(%error, "a code cannot be sealed");
        ApiError::internal()
    })
}

/// The person among these whose code it is. A code whose key is gone is nobody's until it is set anew.
pub(super) fn holder<'p>(
    keyring: &Keyring,
    merchant: &str,
    persons: impl Iterator<Item = &'p PersonRow>,
    code: &str,
) -> Option<&'p PersonRow> {
    let mut found = None;
    // All are looked at, so that the time says nothing of who it is
    for person in persons {
        let Some(sealed) = &person.sealed_code else { continue };
        if is(keyring, merchant, person.person_id, sealed, code) {
            found = Some(person);
        }
    }
    found
}

fn is(keyring: &Keyring, merchant: &str, person: i64, sealed: &str, code: &str) -> bool {
    let opened: Result<_, SealError> = keyring.open_text(&context(merchant, person), sealed);
    match opened {
        Ok(opened) => token::matches(&token::hash(&opened), code),
        Err(error) => {
            tracing::error!(%error, merchant, "the code of a person does not open; set it anew");
            false
        }
    }
}

/// What the sealed text is bound to.
fn context(merchant: &str, person: i64) -> String {
    format!("platform_person/{merchant}/{person}/code")
}

#[cfg(test)]
mod tests {
    use super::*;
    use outside::{SeededEntropy, SystemClock};
    use std::sync::Arc;

    #[test]
    fn a_code_is_its_persons_alone_and_stands_nowhere_in_clear() {
        let outside = Outside::new(Arc::new(SystemClock), Arc::new(SeededEntropy::new(3)));
        let keyring = Keyring::new("k", [7; 32]).unwrap();
        let person = |person_id, code: Option<&str>| PersonRow {
            person_id,
            full_name: String::new(),
            user_name: String::new(),
            is_active: true,
            sealed_code: code.map(|code| sealed(&keyring, &outside, "m", person_id, code).unwrap()),
        };
        let staff = [person(1, Some("4711")), person(2, None), person(3, Some("0815-x"))];
        let whose = |code: &str| holder(&keyring, "m", staff.iter(), code).map(|person| person.person_id);
        for (code, expected) in
            [("4711", Some(1)), ("0815-x", Some(3)), ("", None), ("471", None), ("47111", None)]
        {
            assert_eq!(whose(code), expected, "{code:?}");
        }
        assert!(!staff[0].sealed_code.as_ref().unwrap().contains("4711"));
        // neither another merchant's, nor another person's, nor under another key
        assert!(holder(&keyring, "n", staff.iter(), "4711").is_none());
        let moved = PersonRow { person_id: 2, ..staff[0].clone() };
        assert!(holder(&keyring, "m", [moved].iter(), "4711").is_none());
        assert!(holder(&Keyring::new("other", [7; 32]).unwrap(), "m", staff.iter(), "4711").is_none());
    }

    #[test]
    fn a_code_is_short_visible_and_not_said_back() {
        for (code, fits) in [
            ("4711", true),
            ("a-B!9", true),
            ("123", false),
            ("12 45", false),
            ("číslo", false),
            (&"1".repeat(33), false),
        ] {
            let judged = judge(code);
            assert_eq!(judged.is_ok(), fits, "{code:?}");
            if let Err(error) = judged {
                assert!(!error.message.contains(code) && error.extra["field"] == "code", "{}", error.message);
            }
        }
    }
}
