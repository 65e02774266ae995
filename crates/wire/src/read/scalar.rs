//! What does a single JSON value say as a text, a whole number or a flag, however it is written?

use crate::Number;
use serde_json::Value;

/// The text of a JSON text or number; `None` for any other kind. A number has one text however it is written: `38`,
/// `38.0` and `3.8e1` are the text `38`, because they are one id.
#[must_use]
pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number_text(number)),
        _ => None,
    }
}

/// The one text of a number. One with more digits than an exact decimal holds has its own.
pub(super) fn number_text(number: &serde_json::Number) -> String {
    let written = number.as_str();
    if written.bytes().all(|byte| byte.is_ascii_digit()) {
        return written.to_owned();
    }
    Number::parse(written).map_or_else(|_| written.to_owned(), |number| number.to_string())
}

/// The whole number that a JSON number or numeric text is: `3`, `3.0`, `0.3e1` and `"3"` are 3; `None` for a
/// fraction, for more than 64 bits and for any other kind.
#[must_use]
pub fn integer(value: &Value) -> Option<i64> {
    number(value)?.integer()
}

/// The exact decimal that a JSON number or numeric text is.
fn number(value: &Value) -> Option<Number> {
    match value {
        Value::Number(number) => Number::parse(number.as_str()).ok(),
        Value::String(text) => Number::parse(text.trim()).ok(),
        _ => None,
    }
}

/// The flag that a JSON value is: `true` or `false`, 1 or 0 as any number, or one of these, yes and no as text of any
/// case; `None` for anything else.
#[must_use]
pub fn flag(value: &Value) -> Option<bool> {
    if let Value::Bool(flag) = value {
        return Some(*flag);
    }
    if let Value::String(text) = value {
        match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" => return Some(true),
            "false" | "no" => return Some(false),
            _ => {}
        }
    }
    match number(value)?.integer()? {
        1 => Some(true),
        0 => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parsed(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_number_has_one_text() {
        for (written, said) in [
            ("38", Some("38")),
            ("38.0", Some("38")),
            ("3.8e1", Some("38")),
            ("-0.50", Some("-0.5")),
            ("8590000000017.0", Some("8590000000017")),
            ("100000065683041234567890", Some("100000065683041234567890")),
            ("1000000656830412345678901234567890", Some("1000000656830412345678901234567890")),
            (r#""38.0""#, Some("38.0")),
            ("true", None),
            ("null", None),
            ("[38]", None),
        ] {
            assert_eq!(text(&parsed(written)).as_deref(), said, "{written}");
        }
    }

    #[test]
    fn whole_numbers_and_flags_in_every_spelling() {
        for (written, whole) in [
            ("3", Some(3)),
            ("3.0", Some(3)),
            ("1e1", Some(10)),
            (r#"" 7.00 ""#, Some(7)),
            ("3.5", None),
            (r#""new""#, None),
            ("1e30", None),
            ("true", None),
        ] {
            assert_eq!(integer(&parsed(written)), whole, "{written}");
        }
        for yes in [
            json!(true),
            json!("True"),
            json!("TRUE"),
            json!(1),
            parsed("1.0"),
            json!("1"),
            json!("yes"),
            json!(" Yes "),
        ] {
            assert_eq!(flag(&yes), Some(true), "{yes}");
        }
        for no in [json!(false), json!("False"), json!(0), parsed("0.0"), json!("0"), json!("no")] {
            assert_eq!(flag(&no), Some(false), "{no}");
        }
        for neither in [json!(2), json!(""), json!("maybe"), json!([]), json!({}), Value::Null] {
            assert_eq!(flag(&neither), None, "{neither}");
        }
    }
}
