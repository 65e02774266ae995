//! How is a message from a foreign system read, and what is said when it cannot be?
//!
//! Accepted everywhere: unknown members (kept), a number as text, an id as a number, `null` for a missing
//! optional member, an empty list for an empty object and the other way round, a key given twice (the last one
//! counts), a byte order mark, a text with characters that cannot be kept ([`repair`]). Never accepted: a value of
//! another kind than the documents name, NaN-like text, more nesting than the limit. How many bytes a body may have
//! is the route's to say.
//! Sources: protocol.md §1.4, §1.5; loyalty.md §0.

mod metadata;
mod object;
mod objects;
mod repair;
mod scalar;

pub use metadata::Metadata;
pub use object::{Extra, Object};
pub use objects::objects_only;
pub use repair::{mended, repaired};
pub use scalar::{flag, integer, text};

use serde_json::Value;
use std::borrow::Cow;

/// Deepest nesting that is read (the JSON parser's own limit).
pub const DEPTH_MAX: usize = 128;

/// A message that is read tolerantly out of a JSON object.
pub trait Read: Sized {
    /// Takes the documented members out of `object`; what is left belongs to `extra`.
    ///
    /// # Errors
    /// The first member that is missing or of another kind, by its path inside `object`.
    fn read(object: &mut Object) -> Result<Self, ReadError>;
}

/// A message that could not be read: where, what was expected and what came instead.
///
/// Values of text members are never quoted, so the error is fit for a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: expected {expected}, found {found}", if path.is_empty() { "body" } else { path })]
pub struct ReadError {
    /// The member, as `itemsToPay[0].product.categories[1].categoryId`; empty for the whole body.
    pub path: String,
    /// What the documents ask for.
    pub expected: String,
    /// The kind of what came, `nothing` for a missing member.
    pub found: String,
}

impl ReadError {
    /// An error at `path`.
    pub fn new(path: impl Into<String>, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { path: path.into(), expected: expected.into(), found: found.into() }
    }

    /// The same error seen from the object that holds `key`.
    #[must_use]
    pub fn inside(mut self, key: &str) -> Self {
        self.path = joined(key, &self.path);
        self
    }

    /// The same error seen from the list whose entry `index` holds it.
    #[must_use]
    pub fn at_index(self, index: usize) -> Self {
        self.inside(&format!("[{index}]"))
    }
}

/// Reads one message from the bytes of a body.
///
/// # Errors
/// Names the member at fault; an empty path means that the body as a whole is no JSON object.
pub fn from_slice<T: Read>(bytes: &[u8]) -> Result<T, ReadError> {
    from_value(value_from_slice(bytes)?)
}

/// Reads one message from JSON that is already parsed.
///
/// # Errors
/// As [`from_slice`].
pub fn from_value<T: Read>(value: Value) -> Result<T, ReadError> {
    T::read(&mut Object::from_value(value)?)
}

/// Parses a body into JSON, without asking for a shape. A character that cannot be kept is U+0000 in the value:
/// [`Object`] makes it U+FFFD in a text and refuses it in an id, [`mended`] makes it U+FFFD everywhere.
///
/// # Errors
/// No JSON, or too deep: with the line and column where it ends to make sense.
pub fn value_from_slice(bytes: &[u8]) -> Result<Value, ReadError> {
    let bytes = without_mark(bytes);
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(ReadError::new("", "a JSON object", "an empty body"));
    }
    serde_json::from_slice(bytes).or_else(|error| {
        serde_json::from_str(&repair::repaired(bytes))
            .map_err(|_| ReadError::new("", "a JSON object", error.to_string()))
    })
}

/// The body without the byte order mark in front of it, if there is one.
#[must_use]
pub fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// The body as text that a table can hold: U+FFFD for every byte that is no UTF-8 and for U+0000 itself. Read again,
/// it says the same.
#[must_use]
pub fn kept_text(bytes: &[u8]) -> String {
    repair::mended_text(match String::from_utf8_lossy(bytes) {
        Cow::Borrowed(text) => text.to_owned(),
        Cow::Owned(text) => text,
    })
}

/// Where U+0000 stands in a text or in the name of a member, if it does: no database text can hold it. The path is
/// fit to be stored itself; of a name that holds it only the way there is told.
#[must_use]
pub fn nul_in(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => text.contains('\0').then(String::new),
        Value::Array(entries) => entries
            .iter()
            .enumerate()
            .find_map(|(index, entry)| Some(joined(&format!("[{index}]"), &nul_in(entry)?))),
        Value::Object(members) => members.iter().find_map(|(name, member)| {
            if name.contains('\0') { Some(String::new()) } else { Some(joined(name, &nul_in(member)?)) }
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// `inner` as it is called from outside of `name`.
fn joined(name: &str, inner: &str) -> String {
    let joint = if inner.is_empty() || inner.starts_with('[') { "" } else { "." };
    format!("{name}{joint}{inner}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_nul_is_found_wherever_it_stands() {
        for (value, path) in [
            (json!({"a": "b", "c": [1, null, true, "\\u0000"]}), None),
            (json!("\0"), Some("")),
            (json!({"customer": {"customerId": "a\0b"}}), Some("customer.customerId")),
            (
                json!({"balances": [{}, {"prepayment": {"billTitle": "\0"}}]}),
                Some("balances[1].prepayment.billTitle"),
            ),
            (json!({"posMessages": ["a", "b\0"]}), Some("posMessages[1]")),
            (json!({"metadata": {"a\0": 1}}), Some("metadata")),
        ] {
            assert_eq!(nul_in(&value).as_deref(), path, "{value}");
        }
    }
}
