//! What becomes of a text that no database can hold?
//!
//! A register that cuts an emoji in half, pads a name with U+0000 or writes Windows-1250 sends a body whose texts are
//! no Unicode. Such a character is read as U+0000 wherever it stands, and never reaches a message as that: in a text
//! it becomes U+FFFD, in an id it is refused, because two ids would become one.

use serde_json::{Map, Value};
use std::borrow::Cow;

/// The mark of a character that cannot be kept, as JSON writes it.
const MARK: &str = "\\u0000";

/// The body with the escape of U+0000 in the place of every half surrogate pair and of every byte that is no UTF-8, and with the
/// control characters of its texts escaped. Outside of texts nothing becomes valid that was not.
#[must_use]
pub fn repaired(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            text.push_str(MARK);
        }
    }
    let mut whole = String::with_capacity(text.len());
    let mut rest = text.as_str();
    let mut inside = false;
    while let Some(character) = rest.chars().next() {
        let mut length = character.len_utf8();
        match character {
            '"' => {
                inside = !inside;
                whole.push('"');
            }
            '\\' if inside => {
                let (written, read) = escape(rest);
                whole.push_str(&written);
                length = read;
            }
            control if inside && u32::from(control) < 0x20 => {
                whole.push_str(&format!("\\u{:04x}", u32::from(control)));
            }
            other => whole.push(other),
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    whole
}

/// How the escape at the start of `rest` is to be written, and how many bytes of `rest` that was.
fn escape(rest: &str) -> (Cow<'_, str>, usize) {
    let unit = |at: usize| {
        let digits = rest.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let taken = |length: usize| (Cow::Borrowed(rest.get(..length).unwrap_or(rest)), length.min(rest.len()));
    match (unit(0), unit(6)) {
        (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => taken(12),
        (Some(0xD800..=0xDFFF), _) => (Cow::Borrowed(MARK), 6),
        (Some(_), _) => taken(6),
        // a backslash and the character behind it, of however many bytes
        (None, _) => taken(1 + rest.chars().nth(1).map_or(0, char::len_utf8)),
    }
}

/// The text with U+FFFD for every character that cannot be kept.
pub(super) fn mended_text(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

/// The members with U+FFFD for every character that cannot be kept, in names and in texts at any depth.
pub(super) fn mended_members(members: Map<String, Value>) -> Map<String, Value> {
    if !members.iter().any(|(name, value)| name.contains('\0') || super::nul_in(value).is_some()) {
        return members;
    }
    members.into_iter().map(|(name, value)| (mended_text(name), mended(value))).collect()
}

/// The value with U+FFFD for every character that cannot be kept, at any depth.
#[must_use]
pub fn mended(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(mended_text(text)),
        Value::Array(entries) => Value::Array(entries.into_iter().map(mended).collect()),
        Value::Object(members) => Value::Object(mended_members(members)),
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_cannot_be_kept_is_replaced() {
        for (body, value) in [
            (&br#"{"a": "Pivo \ud83d"}"#[..], json!({"a": "Pivo \0"})),
            (br#"{"a": "\udc00\ud83d\ude00\ud83d\ud83d\ude00"}"#, json!({"a": "\0\u{1f600}\0\u{1f600}"})),
            (br#"{"a": "\ud83d\n\ud83dx\\ud83d"}"#, json!({"a": "\0\n\0x\\ud83d"})),
            (br#"{"a": "\\\ud83d\"", "\udfff": ["\uD800"]}"#, json!({"a": "\\\0\"", "\0": ["\0"]})),
            (b"{\"a\": \"Pol\xe9vka\", \"b\": \"\xc3\xa9\"}", json!({"a": "Pol\0vka", "b": "\u{e9}"})),
            (b"{\"a\": \"one\ntwo\t\x01\x00\"}", json!({"a": "one\ntwo\t\u{1}\0"})),
            (b"{\"a\"\n:\t1}", json!({"a": 1})),
        ] {
            let text = repaired(body);
            assert_eq!(serde_json::from_str::<Value>(&text).ok(), Some(value), "{text}");
        }
    }

    #[test]
    fn what_is_no_json_stays_none() {
        for body in [
            &b"\xff\xfe"[..],
            b"{\0}\0",
            b"{\"a\": \\ud83d}",
            b"{\"a\": \"\\x\"}",
            b"{\"a\": \"\\ud8",
            b"\"\\",
            b"{",
        ] {
            assert!(serde_json::from_str::<Value>(&repaired(body)).is_err(), "{body:?}");
        }
    }

    #[test]
    fn a_value_is_mended_at_any_depth() {
        let value = json!({"a": ["\0x", {"b\0": "c"}], "n": 1.50});
        assert_eq!(mended(value), json!({"a": ["\u{fffd}x", {"b\u{fffd}": "c"}], "n": 1.50}));
    }
}
