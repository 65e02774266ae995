//! How do JSON, decimals, precisions and time zones go into a column and come back?

use db::{FromValue, Value};
use jiff::tz::TimeZone;
use money::Precision;
use serde::{Serialize, de::DeserializeOwned};
use wire::{Number, Read};

/// A column that holds a value of ours as JSON: `row.get::<Json<Vec<Line>>>(7)?.0`.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned> FromValue for Json<T> {
    fn from_value(value: Value) -> Result<Self, String> {
        serde_json::from_str(&String::from_value(value)?).map(Self).map_err(|error| without_content(&error))
    }
}

/// A column that holds a documented message, read as tolerantly as it was when it came in.
pub(crate) struct Message<T>(pub(crate) T);

impl<T: Read> FromValue for Message<T> {
    fn from_value(value: Value) -> Result<Self, String> {
        let text = String::from_value(value)?;
        wire::read::from_slice(text.as_bytes())
            .map(Self)
            .map_err(|error| format!("stored message: {}", error.path))
    }
}

/// A column that holds a decimal as text.
pub(crate) struct Exact(pub(crate) Number);

impl FromValue for Exact {
    fn from_value(value: Value) -> Result<Self, String> {
        Number::parse(&String::from_value(value)?)
            .map(Self)
            .map_err(|_| "expected a decimal as text".to_owned())
    }
}

/// A column that holds how many decimals money has.
pub(crate) struct Digits(pub(crate) Precision);

impl FromValue for Digits {
    fn from_value(value: Value) -> Result<Self, String> {
        let digits = u8::from_value(value)?;
        Precision::new(digits).map(Self).ok_or_else(|| format!("expected 0 to 3 decimals, came {digits}"))
    }
}

/// A column that holds the IANA name of a time zone.
pub(crate) struct Zone(pub(crate) TimeZone);

impl FromValue for Zone {
    fn from_value(value: Value) -> Result<Self, String> {
        let name = String::from_value(value)?;
        TimeZone::get(&name).map(Self).map_err(|_| format!("expected the name of a time zone, came {name:?}"))
    }
}

/// The text of a JSON column.
///
/// # Errors
/// When a value of ours has no JSON form, which the types rule out; `column` is named.
pub(crate) fn json<T: Serialize + ?Sized>(column: &'static str, value: &T) -> Result<String, db::Error> {
    serde_json::to_string(value)
        .map_err(|error| db::Error::Parameter { statement: column, message: without_content(&error) })
}

/// Position and kind only: the text may hold people.
fn without_content(error: &serde_json::Error) -> String {
    format!("JSON {:?} error at line {}, column {}", error.classify(), error.line(), error.column())
}
