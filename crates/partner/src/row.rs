//! How do this side's own values come out of a column, and what when it says something the program never wrote?

use db::{FromValue as _, ReadAs, Value};
use money::Decimal;
use wire::loyalty::BalanceType;

/// A TEXT with the documents' name of a balance type.
pub(crate) enum Class {}

impl ReadAs<BalanceType> for Class {
    fn read(value: Value) -> Result<BalanceType, String> {
        let text = String::from_value(value)?;
        let found = BalanceType::ALL.into_iter().find(|class| class.as_str() == text);
        found.ok_or_else(|| "expected a balance type, came something else".to_owned())
    }
}

/// A TEXT with a decimal, its trailing zeros left out.
pub(crate) enum Rate {}

impl ReadAs<Decimal> for Rate {
    fn read(value: Value) -> Result<Decimal, String> {
        let read = money::parse_decimal(&String::from_value(value)?).map(|rate| rate.normalize());
        read.map_err(|_| "expected a decimal as text".to_owned())
    }
}

/// A BYTEA with JSON as packed text.
pub(crate) enum Packed {}

impl<T: serde::de::DeserializeOwned> ReadAs<T> for Packed {
    fn read(value: Value) -> Result<T, String> {
        unpacked(&Vec::from_value(value)?)
            .ok_or_else(|| "expected packed text as this program writes it, came something else".to_owned())
    }
}

/// A stored text that this program cannot read back: somebody else wrote it, or an older program. The text
/// itself is left out: it may be personal.
pub(crate) fn unreadable(table: &'static str, column: &str, expected: &str) -> db::Error {
    db::Error::Row {
        statement: table,
        column: column.to_owned(),
        message: format!("expected {expected}, found something else; `stamgast verify` finds the row"),
    }
}

/// Reads a JSON column.
pub(crate) fn json<T: serde::de::DeserializeOwned>(
    table: &'static str,
    column: &str,
    text: &str,
) -> Result<T, db::Error> {
    serde_json::from_str(text).map_err(|_| unreadable(table, column, "JSON as this program writes it"))
}

/// Writes a JSON column.
pub(crate) fn to_json<T: serde::Serialize>(
    table: &'static str,
    column: &str,
    value: &T,
) -> Result<String, db::Error> {
    serde_json::to_string(value).map_err(|_| unreadable(table, column, "a value that JSON can express"))
}

/// What a column of packed text holds: LZ4, its length before it. An answer becomes about a fourth, and
/// packing it costs less than writing the page it saves.
pub(crate) fn packed(text: &str) -> Vec<u8> {
    lz4_flex::block::compress_prepend_size(text.as_bytes())
}

/// Reads JSON from packed text; `None` for anything else.
fn unpacked<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    // the length is believed only as far as LZ4 can pack at all
    let (length, _) = lz4_flex::block::uncompressed_size(bytes).ok()?;
    if length / LZ4_RATIO_MAX > bytes.len() {
        return None;
    }
    serde_json::from_slice(&lz4_flex::block::decompress_size_prepended(bytes).ok()?).ok()
}

/// A byte of LZ4 stands for no more text than this.
const LZ4_RATIO_MAX: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn classes_and_rates_are_read_and_nothing_else() {
        let text = |text: &str| db::Value::Text(text.to_owned());
        for class in BalanceType::ALL {
            assert_eq!(Class::read(text(class.as_str())), Ok(class));
        }
        assert!(Class::read(text("stamps")).is_err() && Class::read(db::Value::Null).is_err());
        assert_eq!(Rate::read(text("0.120")).unwrap().to_string(), "0.12");
        assert!(Rate::read(text("0,12")).is_err() && Rate::read(db::Value::Int(12)).is_err());
    }

    #[test]
    fn packed_text_comes_back_and_anything_else_is_refused() {
        let read = |bytes: &[u8]| unpacked::<Value>(bytes);
        let answer = json!({"items": vec![json!({"unitPrice": 19.99, "title": "Sleva 10 %"}); 40]});
        let text = answer.to_string();
        let bytes = packed(&text);
        assert!(bytes.len() * 4 < text.len(), "{} of {}", bytes.len(), text.len());
        assert_eq!(read(&bytes).unwrap(), answer);
        assert_eq!(read(&packed("{}")).unwrap(), json!({}));
        // no text, cut short, a length of 4 GiB before two bytes, what is no JSON
        for broken in [&[] as &[u8], &bytes[..bytes.len() / 2], &[255, 255, 255, 255, 0, 0], &packed("{")] {
            assert!(read(broken).is_none(), "{broken:?}");
        }
    }
}
