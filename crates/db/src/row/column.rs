//! How do JSON, messages, decimals, money, time zones and words go into a column and come back?

use crate::row::{Cells, Columns, FromRow};
use crate::value::not;
use crate::{Error, FromValue, Param, Value};
use jiff::tz::TimeZone;
use money::{Amount, Millionths, Precision};
use serde::{Serialize, de::DeserializeOwned};
use wire::{Number, Read};

/// A way to read a `T` from a column, named after `as` in [`row!`](crate::row!). A crate with a form of its own (packed text,
/// say) implements it for a type of its own.
pub trait ReadAs<T> {
    /// Reads `value`; the error says what was expected and what came, without the content.
    fn read(value: Value) -> Result<T, String>;

    /// Adds the columns that the field `field` is read from.
    #[doc(hidden)]
    fn names(field: &'static str, names: &mut Vec<&'static str>) {
        names.push(field);
    }

    /// Reads the field `field` off the front of `cells`.
    #[doc(hidden)]
    fn next(cells: &mut Cells, field: &'static str) -> Result<T, Error> {
        cells.next(field, Self::read)
    }
}

/// As the field's type says by itself ([`FromValue`]): what a field without `as` is.
#[derive(Debug)]
pub enum Plain {}

impl<T: FromValue> ReadAs<T> for Plain {
    fn read(value: Value) -> Result<T, String> {
        T::from_value(value)
    }
}

/// A TEXT with a value of the program's own as JSON, as [`json`] writes it.
#[derive(Debug)]
pub enum Json {}

impl<T: DeserializeOwned> ReadAs<T> for Json {
    fn read(value: Value) -> Result<T, String> {
        serde_json::from_str(&String::from_value(value)?).map_err(|error| without_content(&error))
    }
}

/// A TEXT with a documented message, read as tolerantly as it was when it came in.
#[derive(Debug)]
pub enum Message {}

impl<T: Read> ReadAs<T> for Message {
    fn read(value: Value) -> Result<T, String> {
        let text = String::from_value(value)?;
        wire::read::from_slice(text.as_bytes()).map_err(|error| format!("stored message: {}", error.path))
    }
}

/// NULL is `None`; anything else is read as `H`.
impl<T, H: ReadAs<T>> ReadAs<Option<T>> for Option<H> {
    fn read(value: Value) -> Result<Option<T>, String> {
        match value {
            Value::Null => Ok(None),
            other => H::read(other).map(Some),
        }
    }
}

/// Several columns of the answer, which are themselves a struct of [`row!`](crate::row!).
#[derive(Debug)]
pub enum Joined {}

impl<T: FromRow> ReadAs<T> for Joined {
    fn read(_: Value) -> Result<T, String> {
        Err("several columns are read as one".to_owned())
    }

    fn names(_: &'static str, names: &mut Vec<&'static str>) {
        if let Columns::Named(columns) = T::columns() {
            names.extend(columns);
        }
    }

    fn next(cells: &mut Cells, _: &'static str) -> Result<T, Error> {
        T::from_cells(cells)
    }
}

/// No column: the field is its type's default until the reader of the row fills it in, such as the lines of a bill.
#[derive(Debug)]
pub enum Later {}

impl<T: Default> ReadAs<T> for Later {
    fn read(_: Value) -> Result<T, String> {
        Err("a column is read that the row does not have".to_owned())
    }

    fn names(_: &'static str, _: &mut Vec<&'static str>) {}

    fn next(_: &mut Cells, _: &'static str) -> Result<T, Error> {
        Ok(T::default())
    }
}

/// A TEXT with a decimal.
impl FromValue for Number {
    fn from_value(value: Value) -> Result<Self, String> {
        Number::parse(&String::from_value(value)?).map_err(|_| "expected a decimal as text".to_owned())
    }
}

/// A BIGINT of minor units.
impl FromValue for Amount {
    fn from_value(value: Value) -> Result<Self, String> {
        i64::from_value(value).map(Self)
    }
}

/// A BIGINT of millionths.
impl FromValue for Millionths {
    fn from_value(value: Value) -> Result<Self, String> {
        i64::from_value(value).map(Self)
    }
}

/// A BIGINT that says how many decimals money has.
impl FromValue for Precision {
    fn from_value(value: Value) -> Result<Self, String> {
        let digits = u8::from_value(value)?;
        Precision::new(digits).ok_or_else(|| format!("expected 0 to 3 decimals, came {digits}"))
    }
}

/// A TEXT with the IANA name of a time zone.
impl FromValue for TimeZone {
    fn from_value(value: Value) -> Result<Self, String> {
        let name = String::from_value(value)?;
        TimeZone::get(&name).map_err(|_| format!("expected the name of a time zone, came {name:?}"))
    }
}

impl From<Amount> for Param<'_> {
    fn from(value: Amount) -> Self {
        Param::Int(value.0)
    }
}
impl From<Millionths> for Param<'_> {
    fn from(value: Millionths) -> Self {
        Param::Int(value.0)
    }
}
impl From<Precision> for Param<'_> {
    fn from(value: Precision) -> Self {
        Param::Int(value.digits().into())
    }
}

/// Writes the text of a JSON column.
///
/// # Errors
/// When a value of the program's own has no JSON form, which the types rule out; `column` is named.
pub fn json<T: Serialize + ?Sized>(column: &'static str, value: &T) -> Result<String, Error> {
    serde_json::to_string(value)
        .map_err(|error| Error::Parameter { statement: column, message: without_content(&error) })
}

/// Position and kind only: the text may hold people.
fn without_content(error: &serde_json::Error) -> String {
    format!("JSON {:?} error at line {}, column {}", error.classify(), error.line(), error.column())
}

/// Reads a TEXT that is one of the words of [`text_enum!`](crate::text_enum!).
#[doc(hidden)]
pub fn word<T: Copy>(value: &Value, all: &[T], word: fn(T) -> &'static str) -> Result<T, String> {
    let Value::Text(text) = value else { return Err(not("TEXT", value)) };
    all.iter().copied().find(|one| word(*one) == text).ok_or_else(|| {
        let words: Vec<&str> = all.iter().map(|one| word(*one)).collect();
        format!("expected one of {}, came something else", words.join(", "))
    })
}

/// Declares an enum whose variants are words in a TEXT column: `text_enum! { /// Doc. pub enum State { /// Doc. Open = "open", … } }`.
/// It is read from a column and given as a parameter by itself; `as_str` gives the word, `ALL` every variant.
#[macro_export]
macro_rules! text_enum {
    ($(#[$meta:meta])* $vis:vis enum $name:ident {
        $($(#[$about:meta])* $variant:ident = $word:literal),+ $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        $vis enum $name {
            $($(#[$about])* $variant,)+
        }

        impl $name {
            /// Every one of them.
            #[allow(dead_code, reason = "not every enum is walked")]
            $vis const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word that is stored.
            $vis const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl $crate::FromValue for $name {
            fn from_value(value: $crate::Value) -> ::std::result::Result<Self, ::std::string::String> {
                $crate::private::word(&value, Self::ALL, Self::as_str)
            }
        }

        impl ::std::convert::From<$name> for $crate::Param<'_> {
            fn from(value: $name) -> Self {
                $crate::Param::Text(value.as_str())
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::text_enum! {
        /// Where a thing stands.
        enum Stand {
            /// It waits.
            Pending = "pending",
            /// It is over.
            Done = "done",
        }
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn a_word_goes_in_and_comes_back_and_another_is_refused() {
        for stand in Stand::ALL {
            assert_eq!(Stand::from_value(text(stand.as_str())), Ok(*stand));
            assert_eq!(Param::from(*stand), Param::Text(stand.as_str()));
        }
        let refused = Stand::from_value(text("Pending")).unwrap_err();
        assert_eq!(refused, "expected one of pending, done, came something else");
        assert_eq!(Stand::from_value(Value::Int(1)).unwrap_err(), "expected TEXT, came BIGINT");
    }

    #[test]
    fn each_kind_of_column_reads_its_own_and_refuses_others() {
        assert_eq!(Number::from_value(text("12.50")), Ok(Number::parse("12.5").unwrap()));
        assert!(Number::from_value(text("12,5")).is_err());
        assert_eq!(Amount::from_value(Value::Int(-7)), Ok(Amount(-7)));
        assert_eq!(Precision::from_value(Value::Int(2)).unwrap().digits(), 2);
        assert!(Precision::from_value(Value::Int(4)).is_err());
        assert!(TimeZone::from_value(text("Europe/Prague")).is_ok());
        assert!(TimeZone::from_value(text("Europe/Nowhere")).is_err());
        assert_eq!(<Json as ReadAs<Vec<i64>>>::read(text("[1,2]")), Ok(vec![1, 2]));
        let broken = <Json as ReadAs<Vec<i64>>>::read(text("[\"Novák\"]")).unwrap_err();
        assert!(broken.contains("line 1") && !broken.contains("Novák"), "{broken}");
        assert_eq!(<Option<Json> as ReadAs<Option<i64>>>::read(Value::Null), Ok(None));
        assert_eq!(<Option<Json> as ReadAs<Option<i64>>>::read(text("3")), Ok(Some(3)));
        assert!(<Json as ReadAs<i64>>::read(Value::Null).is_err());
    }
}
