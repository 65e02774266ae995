//! How does the story know that a number it tells is right? It expected it, to the cent.

use anyhow::Context as _;
use money::Decimal;
use serde_json::Value;

/// The number found, when it is the expected one (`"235.00"` and `235` are equal).
///
/// # Errors
/// With both numbers when they differ.
pub fn number(what: &str, expected: &str, found: &Value) -> anyhow::Result<()> {
    let wanted = decimal(&Value::from(expected)).with_context(|| format!("{expected} is no number"))?;
    anyhow::ensure!(decimal(found) == Some(wanted), "{what}: expected {expected}, found {found}");
    Ok(())
}

/// The text found, when it is the expected one.
///
/// # Errors
/// With both when they differ.
pub fn text(what: &str, expected: &str, found: &Value) -> anyhow::Result<()> {
    anyhow::ensure!(found.as_str() == Some(expected), "{what}: expected {expected}, found {found}");
    Ok(())
}

/// The element of a list whose member `name` is `value`.
///
/// # Errors
/// With the list when there is none.
pub fn find<'a>(list: &'a Value, name: &str, value: &str) -> anyhow::Result<&'a Value> {
    let mut elements = list.as_array().into_iter().flatten();
    elements
        .find(|element| element[name].as_str() == Some(value))
        .with_context(|| format!("expected an element with {name} {value}, found {list}"))
}

fn decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::Number(number) => money::parse_decimal(&number.to_string()).ok(),
        Value::String(text) => money::parse_decimal(text).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn equal_numbers_in_any_form_pass_and_others_name_both() {
        for found in [json!(235), json!("235.00"), serde_json::from_str("235.0").unwrap()] {
            number("to pay", "235.00", &found).unwrap();
        }
        let error = number("to pay", "235.00", &json!(234)).unwrap_err().to_string();
        assert_eq!(error, "to pay: expected 235.00, found 234");
        assert!(number("to pay", "235.00", &Value::Null).is_err());
        assert!(text("state", "paid", &json!("open")).is_err());
        assert!(find(&json!([{"a": "x"}]), "a", "y").is_err());
        assert_eq!(find(&json!([{"a": "x", "b": 1}]), "a", "x").unwrap()["b"], 1);
    }
}
