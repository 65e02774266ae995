//! What goes into a statement as a parameter, and what comes out of a column?
//!
//! Three types exist on both engines: BIGINT, TEXT, BYTEA; and NULL. Flags are 0 and 1, instants are
//! microseconds UTC.

use jiff::Timestamp;

/// One cell of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// NULL.
    Null,
    /// BIGINT.
    Int(i64),
    /// TEXT.
    Text(String),
    /// BYTEA.
    Bytes(Vec<u8>),
}

impl Value {
    /// The SQL type, for messages.
    fn kind(&self) -> &'static str {
        match self {
            Value::Null => "NULL",
            Value::Int(_) => "BIGINT",
            Value::Text(_) => "TEXT",
            Value::Bytes(_) => "BYTEA",
        }
    }
}

/// One parameter of a statement, borrowed from the closure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Param<'a> {
    /// NULL.
    Null,
    /// BIGINT.
    Int(i64),
    /// TEXT.
    Text(&'a str),
    /// BYTEA.
    Bytes(&'a [u8]),
}

macro_rules! whole_number_params {
    ($($number:ty),+) => { $(
        impl From<$number> for Param<'_> {
            fn from(value: $number) -> Self {
                Param::Int(value.into())
            }
        }
    )+ };
}
whole_number_params!(i64, i32, u32, i16, u16, u8, bool);

impl From<&i64> for Param<'_> {
    fn from(value: &i64) -> Self {
        Param::Int(*value)
    }
}
impl<'a> From<&'a str> for Param<'a> {
    fn from(value: &'a str) -> Self {
        Param::Text(value)
    }
}
impl<'a> From<&'a String> for Param<'a> {
    fn from(value: &'a String) -> Self {
        Param::Text(value)
    }
}
impl<'a> From<&'a [u8]> for Param<'a> {
    fn from(value: &'a [u8]) -> Self {
        Param::Bytes(value)
    }
}
impl<'a> From<&'a Vec<u8>> for Param<'a> {
    fn from(value: &'a Vec<u8>) -> Self {
        Param::Bytes(value)
    }
}
impl<'a, const N: usize> From<&'a [u8; N]> for Param<'a> {
    fn from(value: &'a [u8; N]) -> Self {
        Param::Bytes(value)
    }
}
impl From<Timestamp> for Param<'_> {
    fn from(value: Timestamp) -> Self {
        Param::Int(value.as_microsecond())
    }
}
impl From<&Timestamp> for Param<'_> {
    fn from(value: &Timestamp) -> Self {
        Param::Int(value.as_microsecond())
    }
}
impl<'a, T> From<Option<T>> for Param<'a>
where
    Param<'a>: From<T>,
{
    fn from(value: Option<T>) -> Self {
        value.map_or(Param::Null, Param::from)
    }
}
impl<'a> From<&'a Option<String>> for Param<'a> {
    fn from(value: &'a Option<String>) -> Self {
        Param::from(value.as_deref())
    }
}
impl<'a> From<&'a Option<Vec<u8>>> for Param<'a> {
    fn from(value: &'a Option<Vec<u8>>) -> Self {
        Param::from(value.as_deref())
    }
}

/// `params![a, b]`: a slice of parameters, in the order of `$1`, `$2`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        &[$($crate::Param::from($value)),*] as &[$crate::Param<'_>]
    };
}

/// A type that one column can be read as. The program's own words are written with [`text_enum!`](crate::text_enum!);
/// decimals, amounts, precisions and time zones are in `column.rs`.
pub trait FromValue: Sized {
    /// Reads `value`; the error says what was expected and what came, without the content.
    fn from_value(value: Value) -> Result<Self, String>;
}

/// The message of a value that is of another kind than `expected`.
pub(crate) fn not(expected: &str, came: &Value) -> String {
    format!("expected {expected}, came {}", came.kind())
}

impl FromValue for i64 {
    fn from_value(value: Value) -> Result<Self, String> {
        match value {
            Value::Int(number) => Ok(number),
            other => Err(not("BIGINT", &other)),
        }
    }
}

macro_rules! narrower_numbers {
    ($($number:ty),+) => { $(
        impl FromValue for $number {
            fn from_value(value: Value) -> Result<Self, String> {
                let number = i64::from_value(value)?;
                <$number>::try_from(number)
                    .map_err(|_| format!("{number} is outside of {}", stringify!($number)))
            }
        }
    )+ };
}
narrower_numbers!(i32, u32, i16, u16, u8, u64, usize);

impl FromValue for bool {
    fn from_value(value: Value) -> Result<Self, String> {
        match value {
            Value::Int(0) => Ok(false),
            Value::Int(1) => Ok(true),
            Value::Int(other) => Err(format!("expected a flag (0 or 1), came {other}")),
            other => Err(not("a flag (BIGINT 0 or 1)", &other)),
        }
    }
}
impl FromValue for String {
    fn from_value(value: Value) -> Result<Self, String> {
        match value {
            Value::Text(text) => Ok(text),
            other => Err(not("TEXT", &other)),
        }
    }
}
impl FromValue for Vec<u8> {
    fn from_value(value: Value) -> Result<Self, String> {
        match value {
            Value::Bytes(bytes) => Ok(bytes),
            other => Err(not("BYTEA", &other)),
        }
    }
}
impl<const N: usize> FromValue for [u8; N] {
    fn from_value(value: Value) -> Result<Self, String> {
        match value {
            Value::Bytes(bytes) => <[u8; N]>::try_from(bytes.as_slice())
                .map_err(|_| format!("expected {N} bytes, came {}", bytes.len())),
            other => Err(not("BYTEA", &other)),
        }
    }
}
impl FromValue for Timestamp {
    fn from_value(value: Value) -> Result<Self, String> {
        match value {
            Value::Int(microseconds) => Timestamp::from_microsecond(microseconds)
                .map_err(|_| format!("{microseconds} µs is outside of the years an instant can have")),
            other => Err(not("an instant (BIGINT µs)", &other)),
        }
    }
}
impl FromValue for Value {
    fn from_value(value: Value) -> Result<Self, String> {
        Ok(value)
    }
}
impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Result<Self, String> {
        match value {
            Value::Null => Ok(None),
            other => T::from_value(other).map(Some),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_keep_the_order_and_the_kind() {
        let none: Option<&str> = None;
        let owned = Some("text".to_owned());
        let instant = Timestamp::from_microsecond(5).unwrap();
        assert_eq!(
            params![1_i64, true, "a", none, &owned, instant, &[1_u8, 2]],
            [
                Param::Int(1),
                Param::Int(1),
                Param::Text("a"),
                Param::Null,
                Param::Text("text"),
                Param::Int(5),
                Param::Bytes(&[1, 2])
            ]
        );
    }
}
