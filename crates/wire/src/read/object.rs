//! How is each kind of member taken out of a JSON object?

use super::repair::{mended, mended_members, mended_text};
use super::{Metadata, Read, ReadError, scalar};
use crate::{
    Number,
    json_kind::kind_of,
    time::{self, LocalTime},
};
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Members that no document names, kept as they came and written back unchanged.
pub type Extra = Map<String, Value>;

/// A JSON object whose members are moved out one by one.
///
/// Every `optional_…` method gives `None` for a missing member and for `null`.
#[derive(Debug)]
pub struct Object {
    members: Extra,
}

impl Object {
    /// The members of an object. An empty list is an empty object: PHP writes it so.
    ///
    /// # Errors
    /// When `value` is neither.
    pub fn from_value(value: Value) -> Result<Self, ReadError> {
        match value {
            Value::Object(members) => Ok(Self { members }),
            Value::Array(entries) if entries.is_empty() => Ok(Self { members: Extra::new() }),
            other => Err(ReadError::new("", "an object", kind_of(&other))),
        }
    }

    /// Moves out whatever was not asked for.
    #[must_use]
    pub fn rest(&mut self) -> Extra {
        mended_members(std::mem::take(&mut self.members))
    }

    /// Moves a member out as it came, `None` when missing or `null`.
    pub fn optional_value(&mut self, key: &str) -> Option<Value> {
        self.present(key).map(mended)
    }

    fn present(&mut self, key: &str) -> Option<Value> {
        self.members.remove(key).filter(|value| !value.is_null())
    }

    /// Moves a member out as it came, `null` too.
    ///
    /// # Errors
    /// When it is missing.
    pub fn nullable(&mut self, key: &str, expected: &str) -> Result<Value, ReadError> {
        self.members.remove(key).ok_or_else(|| ReadError::new(key, expected, "nothing"))
    }

    fn required<T>(
        &mut self,
        key: &str,
        expected: &str,
        take: impl FnOnce(Value) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        match self.members.remove(key) {
            None => Err(ReadError::new(key, expected, "nothing")),
            Some(Value::Null) => Err(ReadError::new(key, expected, "null")),
            Some(value) => take(value).map_err(|error| error.inside(key)),
        }
    }

    fn optional<T>(
        &mut self,
        key: &str,
        take: impl FnOnce(Value) -> Result<T, ReadError>,
    ) -> Result<Option<T>, ReadError> {
        self.present(key).map(|value| take(value).map_err(|error| error.inside(key))).transpose()
    }

    /// An id: any text that is not empty; a number becomes its one text (`38.0` is `38`).
    ///
    /// # Errors
    /// Missing, empty or another kind.
    pub fn id(&mut self, key: &str) -> Result<String, ReadError> {
        self.required(key, ID, take_id)
    }

    /// An id that may be missing. An empty text counts as missing.
    ///
    /// # Errors
    /// Another kind.
    pub fn optional_id(&mut self, key: &str) -> Result<Option<String>, ReadError> {
        Ok(self.optional(key, take_storable)?.filter(|id| !id.is_empty()))
    }

    /// A currency by its ISO 4217 code, in capital letters however the sender writes it.
    ///
    /// # Errors
    /// Missing, empty or another kind.
    pub fn currency(&mut self, key: &str) -> Result<String, ReadError> {
        let code = self.required(key, ID, take_id)?.trim().to_ascii_uppercase();
        if code.is_empty() { Err(ReadError::new(key, ID, "empty text")) } else { Ok(code) }
    }

    /// Text, possibly empty; a number becomes its text.
    ///
    /// # Errors
    /// Missing or another kind.
    pub fn text(&mut self, key: &str) -> Result<String, ReadError> {
        self.required(key, TEXT, take_text)
    }

    /// Text that may be missing.
    ///
    /// # Errors
    /// Another kind.
    pub fn optional_text(&mut self, key: &str) -> Result<Option<String>, ReadError> {
        self.optional(key, take_text)
    }

    /// An exact decimal, given as a number or as numeric text.
    ///
    /// # Errors
    /// Missing, another kind, or more digits than a decimal holds.
    pub fn number(&mut self, key: &str) -> Result<Number, ReadError> {
        self.required(key, NUMBER, |value| take_number(&value))
    }

    /// An exact decimal that may be missing.
    ///
    /// # Errors
    /// Another kind, or more digits than a decimal holds.
    pub fn optional_number(&mut self, key: &str) -> Result<Option<Number>, ReadError> {
        self.optional(key, |value| take_number(&value))
    }

    /// A whole number; `1.0` and `"1"` are whole too.
    ///
    /// # Errors
    /// Missing, another kind, a fraction, or outside 64 bits.
    pub fn integer(&mut self, key: &str) -> Result<i64, ReadError> {
        self.required(key, INTEGER, |value| take_integer(&value))
    }

    /// A whole number that may be missing.
    ///
    /// # Errors
    /// Another kind, a fraction, or outside 64 bits.
    pub fn optional_integer(&mut self, key: &str) -> Result<Option<i64>, ReadError> {
        self.optional(key, |value| take_integer(&value))
    }

    /// A flag: `true`, `false`, and `1`, `0` or the same as text (protocol.md §1.5).
    ///
    /// # Errors
    /// Missing or another kind.
    pub fn flag(&mut self, key: &str) -> Result<bool, ReadError> {
        self.required(key, FLAG, |value| take_flag(&value))
    }

    /// A flag that may be missing.
    ///
    /// # Errors
    /// Another kind.
    pub fn optional_flag(&mut self, key: &str) -> Result<Option<bool>, ReadError> {
        self.optional(key, |value| take_flag(&value))
    }

    /// A nested message.
    ///
    /// # Errors
    /// Missing, another kind, or a fault inside it.
    pub fn message<T: Read>(&mut self, key: &str) -> Result<T, ReadError> {
        self.required(key, "an object", take_message)
    }

    /// A nested message that may be missing. An empty list says that there is none.
    ///
    /// # Errors
    /// Another kind, or a fault inside it.
    pub fn optional_message<T: Read>(&mut self, key: &str) -> Result<Option<T>, ReadError> {
        let present = self.optional(key, |value| match value {
            Value::Array(entries) if entries.is_empty() => Ok(None),
            value => take_message(value).map(Some),
        })?;
        Ok(present.flatten())
    }

    /// A list of messages that must be there.
    ///
    /// # Errors
    /// Missing, no list, or a fault inside an entry.
    pub fn list<T: Read>(&mut self, key: &str) -> Result<Vec<T>, ReadError> {
        self.required(key, LIST, |value| take_list(value, take_message))
    }

    /// A list of messages, empty when missing.
    ///
    /// # Errors
    /// No list, or a fault inside an entry.
    pub fn optional_list<T: Read>(&mut self, key: &str) -> Result<Vec<T>, ReadError> {
        Ok(self.optional(key, |value| take_list(value, take_message))?.unwrap_or_default())
    }

    /// A list of messages that may be missing, told apart from an empty one.
    ///
    /// # Errors
    /// No list, or a fault inside an entry.
    pub fn some_list<T: Read>(&mut self, key: &str) -> Result<Option<Vec<T>>, ReadError> {
        self.optional(key, |value| take_list(value, take_message))
    }

    /// A list of texts, empty when missing.
    ///
    /// # Errors
    /// No list, or an entry that is no text.
    pub fn texts(&mut self, key: &str) -> Result<Vec<String>, ReadError> {
        Ok(self.optional(key, |value| take_list(value, take_text))?.unwrap_or_default())
    }

    /// A list of ids that must be there.
    ///
    /// # Errors
    /// Missing, no list, or an entry that is no id.
    pub fn ids(&mut self, key: &str) -> Result<Vec<String>, ReadError> {
        self.required(key, LIST, |value| take_list(value, take_id))
    }

    /// A list of exact decimals, empty when missing.
    ///
    /// # Errors
    /// No list, or an entry that is no number.
    pub fn numbers(&mut self, key: &str) -> Result<Vec<Number>, ReadError> {
        Ok(self.optional(key, |value| take_list(value, |entry| take_number(&entry)))?.unwrap_or_default())
    }

    /// A list of anything that must be there.
    ///
    /// # Errors
    /// Missing or no list.
    pub fn required_values(&mut self, key: &str) -> Result<Vec<Value>, ReadError> {
        self.required(key, LIST, |value| take_list(value, Ok))
    }

    /// A map of exact decimals, empty when missing; an empty list, which some systems write for it, is empty too.
    ///
    /// # Errors
    /// No object, or an entry that is no number.
    pub fn numbers_by_key(&mut self, key: &str) -> Result<BTreeMap<String, Number>, ReadError> {
        let numbers = self.optional(key, |value| match value {
            Value::Array(entries) if entries.is_empty() => Ok(BTreeMap::new()),
            Value::Object(members) => members
                .into_iter()
                .map(|(key, value)| match take_number(&value) {
                    Ok(number) => Ok((mended_text(key), number)),
                    Err(error) => Err(error.inside(&key)),
                })
                .collect(),
            other => Err(ReadError::new("", "an object", kind_of(&other))),
        })?;
        Ok(numbers.unwrap_or_default())
    }

    /// An instant: a date-time with offset.
    ///
    /// # Errors
    /// Missing or another form.
    pub fn instant(&mut self, key: &str) -> Result<Timestamp, ReadError> {
        self.parsed(key, time::DATE_TIME, |text| time::parse_date_time(text).ok())
    }

    /// An instant that may be missing.
    ///
    /// # Errors
    /// Another form.
    pub fn optional_instant(&mut self, key: &str) -> Result<Option<Timestamp>, ReadError> {
        Ok(self.optional_local_time(key)?.map(|at| at.instant))
    }

    /// An instant with its offset that may be missing.
    ///
    /// # Errors
    /// Another form.
    pub fn optional_local_time(&mut self, key: &str) -> Result<Option<LocalTime>, ReadError> {
        self.optional(key, |value| take_parsed(&value, time::DATE_TIME, |text| LocalTime::parse(text).ok()))
    }

    /// A member with its own way of being read.
    ///
    /// # Errors
    /// Missing, or what `take` says about its text.
    pub fn parsed<T>(
        &mut self,
        key: &str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, ReadError> {
        self.required(key, expected, |value| take_parsed(&value, expected, parse))
    }

    /// `metadata`: an object or JSON text, empty when missing or an empty list.
    ///
    /// # Errors
    /// Any other kind.
    pub fn metadata(&mut self, key: &str) -> Result<Metadata, ReadError> {
        let metadata = self.optional(key, |value| match value {
            Value::Object(members) => Ok(Metadata::Object(mended_members(members))),
            Value::Array(entries) if entries.is_empty() => Ok(Metadata::default()),
            Value::String(text) => Ok(Metadata::Text(mended_text(text))),
            other => Err(ReadError::new("", "an object or JSON text", kind_of(&other))),
        })?;
        Ok(metadata.unwrap_or_default())
    }
}

const ID: &str = "an id: text that is not empty";
const TEXT: &str = "text";
const NUMBER: &str = "a decimal number, or one as text";
const INTEGER: &str = "a whole number";
const FLAG: &str = "true or false";
const LIST: &str = "a list";
/// What an id holds that is refused for it.
const NOT_KEPT: &str =
    "a character that cannot be kept: U+0000, half a surrogate pair, or a byte that is no UTF-8";

fn take_id(value: Value) -> Result<String, ReadError> {
    match take_storable(value) {
        Ok(id) if id.is_empty() => Err(ReadError::new("", ID, "empty text")),
        Ok(id) => Ok(id),
        Err(error) => Err(ReadError { expected: ID.to_owned(), ..error }),
    }
}

/// The text that others find something by: one with a character that cannot be kept is refused, not mended.
fn take_storable(value: Value) -> Result<String, ReadError> {
    match value {
        Value::String(text) if text.contains('\0') => Err(ReadError::new("", ID, NOT_KEPT)),
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(scalar::number_text(&number)),
        other => Err(ReadError::new("", TEXT, kind_of(&other))),
    }
}

fn take_text(value: Value) -> Result<String, ReadError> {
    match value {
        Value::String(text) => Ok(mended_text(text)),
        other => take_storable(other),
    }
}

fn take_number(value: &Value) -> Result<Number, ReadError> {
    let text = match value {
        Value::Number(number) => number.as_str(),
        Value::String(text) => text.trim(),
        other => return Err(ReadError::new("", NUMBER, kind_of(other))),
    };
    Number::parse(text).map_err(|error| ReadError::new("", NUMBER, format!("{}: {error}", kind_of(value))))
}

fn take_integer(value: &Value) -> Result<i64, ReadError> {
    let number = take_number(value).map_err(|error| ReadError { expected: INTEGER.to_owned(), ..error })?;
    number.integer().ok_or_else(|| ReadError::new("", INTEGER, kind_of(value)))
}

fn take_flag(value: &Value) -> Result<bool, ReadError> {
    scalar::flag(value).ok_or_else(|| ReadError::new("", FLAG, kind_of(value)))
}

fn take_message<T: Read>(value: Value) -> Result<T, ReadError> {
    T::read(&mut Object::from_value(value)?)
}

fn take_list<T>(value: Value, take: impl Fn(Value) -> Result<T, ReadError>) -> Result<Vec<T>, ReadError> {
    let entries = match value {
        Value::Array(entries) => entries,
        // Lua writes an empty list so
        Value::Object(members) if members.is_empty() => Vec::new(),
        other => return Err(ReadError::new("", LIST, kind_of(&other))),
    };
    entries
        .into_iter()
        .enumerate()
        .map(|(index, entry)| take(entry).map_err(|error| error.at_index(index)))
        .collect()
}

fn take_parsed<T>(
    value: &Value,
    expected: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, ReadError> {
    let text = match value {
        Value::Number(number) => number.as_str(),
        Value::String(text) => text.as_str(),
        other => return Err(ReadError::new("", expected, kind_of(other))),
    };
    parse(text).ok_or_else(|| ReadError::new("", expected, kind_of(value)))
}
