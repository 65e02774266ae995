//! What is a JSON value called in a message that must not quote it?

use serde_json::Value;

/// Names the kind of a value that came, in words that quote no text of it.
pub(crate) fn kind_of(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) if number.as_str().len() <= 40 => format!("the number {number}"),
        Value::Number(number) => format!("a number of {} characters", number.as_str().len()),
        Value::String(text) => format!("text of {} characters", text.chars().count()),
        Value::Array(entries) => format!("a list of {}", entries.len()),
        Value::Object(_) => "an object".to_owned(),
    }
}
