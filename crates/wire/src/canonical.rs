//! When do two bodies say the same?
//!
//! loyalty.md §7 I2: keys sorted, decimals normalised. What a body says decides, not how it is written: `1`, `1.0`
//! and `1e0` are equal, the order of keys and white space do not count, of a key given twice the last one counts.
//! Text is not interpreted: the number `1` and the text `"1"` differ, and so do `metadata` as object and as text.

use crate::{Number, ReadError, read::value_from_slice};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// SHA-256 over the canonical form of a JSON body.
///
/// # Errors
/// The body is no JSON, or passes the limits of [`crate::read`].
pub fn hash(body: &[u8]) -> Result<[u8; 32], ReadError> {
    Ok(hash_value(&value_from_slice(body)?))
}

/// The same over JSON that is already parsed.
#[must_use]
pub fn hash_value(value: &Value) -> [u8; 32] {
    Sha256::digest(text(value)).into()
}

/// The canonical form.
#[must_use]
pub fn text(value: &Value) -> String {
    let mut text = String::new();
    write_value(value, &mut text);
    text
}

fn write_value(value: &Value, text: &mut String) {
    match value {
        Value::Array(entries) => {
            text.push('[');
            for (index, entry) in entries.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_value(entry, text);
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut keys: Vec<&String> = members.keys().collect();
            keys.sort_unstable();
            text.push('{');
            for (index, key) in keys.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_scalar(&Value::String(key.clone()), text);
                text.push(':');
                if let Some(member) = members.get(key) {
                    write_value(member, text);
                }
            }
            text.push('}');
        }
        Value::Number(number) => match Number::parse(number.as_str()) {
            Ok(number) => write_scalar(&number, text),
            // Beyond what money and quantities need: its own text is as canonical as it gets
            Err(_) => write_scalar(number, text),
        },
        Value::Null | Value::Bool(_) | Value::String(_) => write_scalar(value, text),
    }
}

fn write_scalar(scalar: &impl std::fmt::Display, text: &mut String) {
    // Writing into a String cannot fail
    let _written = write!(text, "{scalar}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes_equal(one: &str, other: &str) -> bool {
        hash(one.as_bytes()).expect(one) == hash(other.as_bytes()).expect(other)
    }

    #[test]
    fn says_the_same() {
        for (one, other) in [
            ("[1]", "[1.0]"),
            ("[1]", "[1e0]"),
            ("[1]", "[10E-1]"),
            ("[0]", "[-0.00]"),
            ("[-12.34]", "[-1234e-2]"),
            (r#"{"a":1,"b":{"c":2,"d":3}}"#, "{ \"b\": {\"d\":3.0,\n\"c\":2},\t\"a\":1 }"),
            (r#"{"a":1,"a":2}"#, r#"{"a":2}"#),
            ("[\"\\u00e1\\/\"]", "[\"á/\"]"),
            ("\u{feff}[]", "[]"),
            ("[1e9999999999]", "[1e+9999999999]"),
        ] {
            assert!(hashes_equal(one, other), "{one} {other}");
        }
    }

    #[test]
    fn says_something_else() {
        for (one, other) in [
            ("[1]", "[1.0000000000000000000000000001]"),
            ("[1]", r#"["1"]"#),
            ("[1,2]", "[2,1]"),
            ("[null]", "[]"),
            (r#"{"a":null}"#, "{}"),
            (r#"{"metadata":{}}"#, r#"{"metadata":"{}"}"#),
            (r#"{"a":1,"a":2}"#, r#"{"a":1}"#),
            (r#"{"a":"1,\"b\":2"}"#, r#"{"a":"1","b":2}"#),
            ("[120.00]", "[121.00]"),
        ] {
            assert!(!hashes_equal(one, other), "{one} {other}");
        }
    }

    #[test]
    fn the_form_itself_is_fixed() {
        // Stored hashes depend on it
        let value = serde_json::from_str(r#"{"b":[1.50,true,null],"a":"x\ny"}"#).expect("JSON");
        assert_eq!(text(&value), r#"{"a":"x\ny","b":[1.5,true,null]}"#);
        let hex: String = hash_value(&value).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "6fa967ec14a79a72a28216a578f379d8197afe3d268d104dc4862422b2ce5762");
    }

    #[test]
    fn garbage_has_no_hash() {
        assert!(hash(b"{").is_err());
        assert!(hash(b"").is_err());
    }
}
