//! How do parameters and cells travel to and from PostgreSQL?

use crate::{Param, Value};
use ::postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use bytes::BytesMut;
use std::error::Error;

type Fault = Box<dyn Error + Sync + Send>;

/// Whether `param` may stand where the server expects `expected`; the error says what came.
pub(super) fn fits(param: Param<'_>, expected: &Type) -> Result<(), String> {
    let (fits, came) = match param {
        Param::Null => (true, "NULL"),
        Param::Int(number) => {
            let fits = match *expected {
                Type::INT8 => true,
                Type::INT4 => i32::try_from(number).is_ok(),
                Type::INT2 => i16::try_from(number).is_ok(),
                _ => false,
            };
            (fits, "BIGINT")
        }
        Param::Text(_) => (is_text(expected), "TEXT"),
        Param::Bytes(_) => (*expected == Type::BYTEA, "BYTEA"),
    };
    if fits { Ok(()) } else { Err(format!("expected {expected}, came {came}")) }
}

/// Whether a column of this type can be read.
pub(super) fn is_readable(came: &Type) -> bool {
    matches!(*came, Type::INT8 | Type::INT4 | Type::INT2 | Type::BYTEA) || is_text(came)
}

fn is_text(came: &Type) -> bool {
    matches!(*came, Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME)
}

impl ToSql for Param<'_> {
    fn to_sql(&self, expected: &Type, out: &mut BytesMut) -> Result<IsNull, Fault> {
        match *self {
            Param::Null => Ok(IsNull::Yes),
            Param::Int(number) => match *expected {
                Type::INT4 => i32::try_from(number)?.to_sql(expected, out),
                Type::INT2 => i16::try_from(number)?.to_sql(expected, out),
                _ => number.to_sql(expected, out),
            },
            Param::Text(text) => text.to_sql(expected, out),
            Param::Bytes(bytes) => bytes.to_sql(expected, out),
        }
    }

    /// [`fits`] has looked before.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A cell as the driver reads it.
pub(super) struct Cell(pub(super) Value);

impl<'a> FromSql<'a> for Cell {
    fn from_sql(came: &Type, raw: &'a [u8]) -> Result<Self, Fault> {
        Ok(Cell(match *came {
            Type::INT8 => Value::Int(i64::from_sql(came, raw)?),
            Type::INT4 => Value::Int(i32::from_sql(came, raw)?.into()),
            Type::INT2 => Value::Int(i16::from_sql(came, raw)?.into()),
            Type::BYTEA => Value::Bytes(raw.to_vec()),
            _ => Value::Text(String::from_sql(came, raw)?),
        }))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Fault> {
        Ok(Cell(Value::Null))
    }

    /// [`is_readable`] has looked when the statement was prepared.
    fn accepts(_: &Type) -> bool {
        true
    }
}
