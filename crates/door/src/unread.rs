//! What is said of JSON or a query of our own API that cannot be read? The member at fault, what it should be, what came.
//!
//! serde says it in one text, with the types of this program and the place in the body by line and column. Whoever wrote
//! the body looks for a member by its path, so the text is taken apart and put into the words of all other refusals.

use crate::near::nearest;
use std::borrow::Cow;
use std::fmt::Display;

/// Of a text that a caller gave this much is said back.
const SAID_CHARS_MAX: usize = 200;
/// Behind the path of a member that nobody knows.
pub(crate) const UNKNOWN: &str = " is no member here";
/// Before the path of the member that may be meant instead.
pub(crate) const MEANT: &str = "; did you mean ";

/// What is wrong, with the path of the member at fault; empty when the body as a whole cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unread {
    pub(crate) path: String,
    /// A sentence that begins with the path, where there is one.
    pub(crate) sentence: String,
}

/// The sentence about a value that serde could not read: `kind.percent.percent: expected a value, found nothing`. `path`
/// leads from the value to where serde stopped, as `serde_path_to_error` writes it.
pub fn unread(path: &str, error: &impl Display) -> String {
    take_apart(path, &error.to_string()).sentence
}

/// Takes serde's text apart.
pub(crate) fn take_apart(path: &str, error: &str) -> Unread {
    // "?" is a member whose name was not reached, "." the value as a whole
    let path = path.trim_end_matches('?').trim_end_matches('.');
    let text = without_place(error);
    if let Some((name, known)) = named("unknown field `", text) {
        let before = outside(path, name);
        let path = inside(before, &shortened(name));
        let hint = match (nearest(name, known.iter().copied()), known.as_slice()) {
            (Some(meant), _) => format!("{MEANT}{}?", inside(before, meant)),
            (None, []) => "; there are none".to_owned(),
            (None, known) => format!("; expected {}", listed(known)),
        };
        return Unread { sentence: format!("{path}{UNKNOWN}{hint}"), path };
    }
    if let Some((name, _)) = named("missing field `", text) {
        let path = inside(path, name);
        return Unread { sentence: format!("{path}: expected a value, found nothing"), path };
    }
    if let Some((name, _)) = named("duplicate field `", text) {
        let path = inside(outside(path, name), name);
        return Unread { sentence: format!("{path}: expected once, found twice"), path };
    }
    let said = if let Some((name, known)) = named("unknown variant `", text) {
        let hint = nearest(name, known.iter().copied());
        let hint = hint.map_or_else(String::new, |meant| format!("; did you mean {meant}?"));
        Cow::from(format!("expected {}, found {}{hint}", listed(&known), shortened(name)))
    } else if let Some((found, expected)) = kinds(text) {
        format!("expected {expected}, found {found}").into()
    } else if path.is_empty() {
        // what is no JSON at all is looked for by its place
        error.into()
    } else {
        text.into()
    };
    let sentence = if path.is_empty() { said.into_owned() } else { format!("{path}: {said}") };
    Unread { sentence, path: path.to_owned() }
}

/// A text that a caller gave, as it is said back: of a long one the beginning.
pub(crate) fn shortened(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(SAID_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

/// A path, seen from the object that it is in.
pub(crate) fn inside(path: &str, rest: &str) -> String {
    match (path, rest) {
        ("", rest) => rest.to_owned(),
        (path, rest) if rest.starts_with('[') => format!("{path}{rest}"),
        (path, rest) => format!("{path}.{rest}"),
    }
}

/// The object that a member is in: serde stops at the member or at the object, depending on what it was about to read.
fn outside<'p>(path: &'p str, member: &str) -> &'p str {
    match path.strip_suffix(member) {
        Some("") => "",
        Some(before) => before.strip_suffix('.').unwrap_or(path),
        None => path,
    }
}

/// The text without where in the body it happened.
fn without_place(text: &str) -> &str {
    match text.rsplit_once(" at line ") {
        Some((said, place)) if place.starts_with(|c: char| c.is_ascii_digit()) => said,
        _ => text,
    }
}

/// The name behind this beginning, and the names in ticks that are known in its place.
fn named<'t>(begin: &str, text: &'t str) -> Option<(&'t str, Vec<&'t str>)> {
    let rest = text.strip_prefix(begin)?;
    let (name, known) = match rest.split_once("`, ") {
        Some((name, known)) => (name, known.split('`').skip(1).step_by(2).collect()),
        None => (rest.strip_suffix('`')?, Vec::new()),
    };
    Some((name, known))
}

/// `one of a, b`, or the only one.
fn listed(known: &[&str]) -> String {
    match known {
        [only] => (*only).to_owned(),
        several => format!("one of {}", several.join(", ")),
    }
}

/// What was found and what was expected, in the words of JSON.
fn kinds(text: &str) -> Option<(String, String)> {
    let rest = ["invalid type: ", "invalid value: ", "invalid length "]
        .iter()
        .find_map(|begin| text.strip_prefix(begin))?;
    let (found, expected) = rest.split_once(", expected ")?;
    let expected = match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" | "i8" | "i16" | "i32" | "i64" => "a whole number",
        "f32" | "f64" => "a number",
        "a string" | "str" | "a borrowed string" => "text",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" => "an object",
        other if other.starts_with("struct ") => "an object",
        other => other,
    };
    let found = match found {
        "map" => "an object".to_owned(),
        "sequence" => "a list".to_owned(),
        other => {
            let value = ["integer `", "floating point `", "boolean `", "character `"]
                .iter()
                .find_map(|kind| other.strip_prefix(kind)?.strip_suffix('`'));
            shortened(value.or_else(|| other.strip_prefix("string ")).unwrap_or(other)).into_owned()
        }
    };
    Some((found, expected.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    #[expect(dead_code, reason = "only its reading matters")]
    struct Bill {
        name: String,
        payments: Vec<Payment>,
        state: Option<State>,
    }
    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    #[expect(dead_code, reason = "only its reading matters")]
    struct Payment {
        price_with_vat: u8,
        how: Option<How>,
    }
    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
    #[expect(dead_code, reason = "only its reading matters")]
    enum How {
        Card { last_digits: u16 },
        Cash { given: bool },
    }
    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase")]
    enum State {
        Paid,
        Open,
    }

    fn said(json: &str) -> (String, String) {
        let mut reader = serde_json::Deserializer::from_str(json);
        let error = serde_path_to_error::deserialize::<_, Bill>(&mut reader).unwrap_err();
        let Unread { path, sentence } = take_apart(&error.path().to_string(), &error.inner().to_string());
        assert_eq!(unread(&error.path().to_string(), error.inner()), sentence);
        (path, sentence)
    }

    #[test]
    fn the_member_at_fault_is_named_with_what_is_known_there() {
        // body, path, sentence
        for (json, path, sentence) in [
            (r#"{"nme": 1}"#, "nme", "nme is no member here; did you mean name?"),
            (r#"{"colour": 1}"#, "colour", "colour is no member here; expected one of name, payments, state"),
            (r#"{"name": "n"}"#, "payments", "payments: expected a value, found nothing"),
            (r#"{"name": 5}"#, "name", "name: expected text, found 5"),
            (r#"{"name": null}"#, "name", "name: expected text, found null"),
            (r#"{"name": {}}"#, "name", "name: expected text, found an object"),
            (r#"{"name": "a", "name": "b"}"#, "name", "name: expected once, found twice"),
            (r#"{"payments": true}"#, "payments", "payments: expected a list, found true"),
            (
                r#"{"payments": [{}]}"#,
                "payments[0].priceWithVat",
                "payments[0].priceWithVat: expected a value, found nothing",
            ),
            (
                r#"{"payments": [{"priceWithVat": 1}, {"pricewithvat": 1}]}"#,
                "payments[1].pricewithvat",
                "payments[1].pricewithvat is no member here; did you mean payments[1].priceWithVat?",
            ),
            (
                r#"{"payments": [{"priceWithVat": "1"}]}"#,
                "payments[0].priceWithVat",
                "payments[0].priceWithVat: expected a whole number, found \"1\"",
            ),
            (
                r#"{"payments": [{"priceWithVat": -1}]}"#,
                "payments[0].priceWithVat",
                "payments[0].priceWithVat: expected a whole number, found -1",
            ),
            (
                r#"{"payments": [{"priceWithVat": 1, "how": {"card": {}}}]}"#,
                "payments[0].how.card.lastDigits",
                "payments[0].how.card.lastDigits: expected a value, found nothing",
            ),
            (
                r#"{"state": "payd"}"#,
                "state",
                "state: expected one of paid, open, found payd; did you mean paid?",
            ),
        ] {
            assert_eq!(said(json), (path.to_owned(), sentence.to_owned()), "{json}");
        }
        let (path, sentence) = said(r#"{"payments": [{"priceWithVat": 1, "how": {"carb": {}}}]}"#);
        assert!(path.starts_with("payments[0].how"), "{path}");
        assert!(
            sentence.ends_with("expected one of card, cash, found carb; did you mean card?"),
            "{sentence}"
        );
        let (path, sentence) = said("{\"name\": \"a\",\n x}");
        assert!(path.is_empty() && sentence.contains("line 2 column"), "{path} {sentence}");
    }

    #[test]
    fn of_what_is_too_long_the_beginning_is_said() {
        let long = "x".repeat(100_000);
        let Unread { path, sentence } =
            take_apart("", &format!("unknown field `{long}`, expected `a` or `b` at line 1 column 9"));
        assert!(
            path.len() < 300 && sentence.len() < 400 && sentence.ends_with("expected one of a, b"),
            "{sentence}"
        );
    }
}
