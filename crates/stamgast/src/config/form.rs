//! What may each setting be, and what is said of a value that it cannot be?

use super::{Config, LogFormat, Role};
use clap::ValueEnum;
use ipnet::IpNet;
use std::fmt::Write as _;
use std::sync::LazyLock;
use toml::Value;
use toml::de::DeValue;

/// The defaults as a table, for the form of each setting and for an example in a message.
static DEFAULTS: LazyLock<toml::Table> =
    // the settings are texts, numbers, flags and lists of them, all of which TOML has
    LazyLock::new(|| toml::Table::try_from(Config::default()).unwrap_or_default());

const MINUTE: i128 = 60;
const HOUR: i128 = 60 * MINUTE;
const DAY: i128 = 24 * HOUR;
const MIB: i128 = 1 << 20;

/// The least and the most of every number. A deadline of a thousand years is a typing error, and no clock can add it up.
const BOUNDS: &[(&str, i128, i128)] = &[
    ("worker_threads", 0, 1024),
    ("lanes.read", 1, 1024),
    ("lanes.write", 1, 1024),
    ("lanes.queue_limit", 1, 1_000_000),
    ("lanes.batch_limit", 1, 100_000),
    ("lanes.wait_seconds_max", 1, 3600),
    ("door.header_read_seconds", 1, HOUR),
    ("door.body_read_seconds", 1, HOUR),
    ("door.write_seconds", 1, HOUR),
    ("door.exchange_seconds", 1, HOUR),
    ("door.connection_limit", 1, 1_000_000),
    ("door.place_patience_ms", 1, HOUR * 1000),
    ("door.shutdown_seconds", 0, HOUR),
    ("courier.schedule_seconds", 0, 31 * DAY),
    ("courier.jitter_percent", 0, 100),
    ("courier.deadline_seconds", 1, HOUR),
    ("courier.lease_margin_seconds", 1, HOUR),
    ("courier.concurrency", 1, 10_000),
    ("courier.poll_ms", 1, HOUR * 1000),
    ("courier.tick_seconds", 1, DAY),
    ("courier.debounce_seconds", 0, HOUR),
    ("courier.shutdown_seconds", 0, HOUR),
    ("platform.offer_deadline_ms", 1, 10 * MINUTE * 1000),
    ("platform.offer_bytes_max", 1, 1024 * MIB),
    ("platform.validation_report_deadline_ms", 1, 10 * MINUTE * 1000),
    ("platform.validation_reports_max", 0, 100_000),
    ("platform.copies_days", 1, 36_600),
    ("platform.access_token_seconds", 1, 366 * DAY),
    ("platform.token_requests_per_second", 1, 1_000_000),
    ("platform.token_requests_burst", 1, 1_000_000),
    ("platform.pos_body_bytes_max", 1, 1024 * MIB),
    ("platform.admin_body_bytes_max", 1, 1024 * MIB),
    ("partner.loyalty_body_bytes_max", 1, 1024 * MIB),
    ("partner.datasync_body_bytes_max", 1, 1024 * MIB),
    ("partner.datasync_records_max", 1, 1_000_000),
    ("partner.admin_body_bytes_max", 1, 1024 * MIB),
    ("partner.sweep_seconds", 1, DAY),
    ("partner.sweep_slice_rows", 1, 1_000_000),
];

/// The shape of a setting's value.
#[derive(Debug, Clone, PartialEq)]
enum Form {
    Text { example: String },
    Choice(Vec<String>),
    Flag,
    Number { least: i128, most: i128 },
    Numbers { least: i128, most: i128 },
    Texts,
    Networks,
}

impl Form {
    /// The form of the setting at this dotted path; a text where there is no such setting.
    fn of(path: &str) -> Form {
        let (least, most) = BOUNDS
            .iter()
            .find(|(bounded, ..)| *bounded == path)
            .map_or((i64::MIN.into(), i64::MAX.into()), |(_, least, most)| (*least, *most));
        match (path, default(path)) {
            ("role", _) => Form::Choice(choices::<Role>()),
            ("log.format", _) => Form::Choice(choices::<LogFormat>()),
            ("courier.allow_networks", _) => Form::Networks,
            (_, Some(Value::Boolean(_))) => Form::Flag,
            (_, Some(Value::Integer(_))) => Form::Number { least, most },
            (_, Some(Value::Array(list))) if list.iter().any(Value::is_integer) => {
                Form::Numbers { least, most }
            }
            (_, Some(Value::Array(_))) => Form::Texts,
            (_, Some(Value::String(example))) => Form::Text { example: example.clone() },
            _ => Form::Text { example: String::new() },
        }
    }

    /// The form in words, after "expected".
    fn expected(&self) -> String {
        match self {
            Form::Text { example } if example.is_empty() => "text".to_owned(),
            Form::Text { example } => format!("text such as {example:?}"),
            Form::Choice(words) => in_words(words),
            Form::Flag => "true or false".to_owned(),
            Form::Number { least, most } => format!("a number from {least} to {most}"),
            Form::Numbers { least, most } => {
                format!("a list of numbers from {least} to {most} such as [10,30]")
            }
            Form::Texts => "a list of texts such as [\"a\",\"b\"]".to_owned(),
            Form::Networks => "a list of networks such as [\"10.0.0.0/8\"]".to_owned(),
        }
    }
}

/// The words of a choice, as they are written in a file.
fn choices<E: ValueEnum>() -> Vec<String> {
    let words = E::value_variants().iter().filter_map(ValueEnum::to_possible_value);
    words.map(|word| word.get_name().to_owned()).collect()
}

/// `all, platform or partner`
fn in_words(words: &[String]) -> String {
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

/// The default value at a dotted path.
pub(super) fn default(path: &str) -> Option<&'static Value> {
    match path.split_once('.') {
        Some((section, name)) => DEFAULTS.get(section)?.get(name),
        None => DEFAULTS.get(path),
    }
}

/// Reads a value of the environment or of a flag, where everything is text: as it stands where the setting is a
/// text, else as it would stand in a file.
///
/// # Errors
/// As [`read`].
pub(super) fn read_text(path: &str, text: &str) -> Result<Value, String> {
    let form = Form::of(path);
    let as_it_stands = DeValue::String(text.into());
    if matches!(form, Form::Text { .. } | Form::Choice(_)) {
        return read(path, &as_it_stands);
    }
    let line = format!("v={text}");
    let parsed = toml::de::DeTable::parse(&line).ok();
    match parsed
        .as_ref()
        .filter(|table| table.get_ref().len() == 1)
        .and_then(|table| table.get_ref().get("v"))
    {
        Some(value) => read(path, value.get_ref()),
        None => read(path, &as_it_stands),
    }
}

/// Reads a value of a file as the setting at `path`.
///
/// # Errors
/// What was expected and what was found. A key, or a database's password, is never shown.
pub(super) fn read(path: &str, value: &DeValue<'_>) -> Result<Value, String> {
    let form = Form::of(path);
    let refused = || {
        let mut message = format!("expected {}, found {}", form.expected(), shown(path, value));
        if let (Form::Numbers { .. }, DeValue::String(text)) = (&form, value) {
            let _ = write!(message, ": write it [{text}]"); // writing into a text cannot fail
        }
        message
    };
    match (&form, value) {
        (Form::Text { .. }, DeValue::String(text)) => read_named(path, text).map(Value::String),
        (Form::Choice(words), DeValue::String(text)) if words.iter().any(|word| word == text) => {
            Ok(Value::String(text.to_string()))
        }
        (Form::Flag, DeValue::Boolean(flag)) => Ok(Value::Boolean(*flag)),
        (Form::Number { least, most }, _) => number(value, *least, *most).ok_or_else(refused),
        (Form::Numbers { least, most }, DeValue::Array(list)) => list
            .iter()
            .map(|element| {
                number(element.get_ref(), *least, *most).ok_or_else(|| {
                    format!(
                        "expected numbers from {least} to {most}, found {}",
                        shown(path, element.get_ref())
                    )
                })
            })
            .collect::<Result<Vec<_>, _>>()
            .map(Value::Array),
        (Form::Texts | Form::Networks, DeValue::Array(list)) => list
            .iter()
            .map(|element| text_of_list(path, &form, element.get_ref()))
            .collect::<Result<Vec<_>, _>>()
            .map(Value::Array),
        _ => Err(refused()),
    }
}

/// A whole number inside its bounds.
fn number(value: &DeValue<'_>, least: i128, most: i128) -> Option<Value> {
    let DeValue::Integer(integer) = value else { return None };
    let number = i128::from_str_radix(integer.as_str(), integer.radix()).ok()?;
    if !(least..=most).contains(&number) {
        return None;
    }
    i64::try_from(number).ok().map(Value::Integer)
}

/// One element of a list of texts or networks.
fn text_of_list(path: &str, form: &Form, value: &DeValue<'_>) -> Result<Value, String> {
    let DeValue::String(text) = value else {
        return Err(format!("expected {}, found {} in it", form.expected(), shown(path, value)));
    };
    if *form == Form::Networks && text.parse::<IpNet>().is_err() {
        return Err(format!("expected a network such as 10.0.0.0/8, found {}", shown(path, value)));
    }
    Ok(Value::String(text.to_string()))
}

/// A text whose setting has a form of its own.
fn read_named(path: &str, text: &str) -> Result<String, String> {
    match path {
        "database" => {
            let known = ["sqlite:", "postgres://", "postgresql://"];
            if !known.iter().any(|start| text.starts_with(start)) {
                let scheme = text.split_once(':').map_or(text, |(scheme, _)| scheme);
                // what has an @ or a host may be an address with a password; a bare path is none
                let path = !text.is_empty() && !text.contains(['@', ':']);
                let hint = if path { format!("; did you mean sqlite:{text}?") } else { String::new() };
                return Err(format!("expected sqlite:PATH or postgres://…, found {scheme:?}{hint}"));
            }
        }
        "listen" => {
            let parts = text.rsplit_once(':').filter(|(host, _)| !host.is_empty());
            if parts.is_none_or(|(_, port)| port.parse::<u16>().is_err()) {
                return Err(format!("expected ADDRESS:PORT such as 127.0.0.1:8080, found {text:?}"));
            }
        }
        _ => {}
    }
    Ok(text.to_owned())
}

/// A value as a message may show it.
fn shown(path: &str, value: &DeValue<'_>) -> String {
    let secret = path.starts_with("secret.") || path == "database";
    match value {
        DeValue::String(_) | DeValue::Array(_) if secret => "what is not shown here".to_owned(),
        DeValue::String(text) => format!("{text:?}"),
        DeValue::Integer(integer) => integer.as_str().to_owned(),
        DeValue::Float(float) => float.as_str().to_owned(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(instant) => instant.to_string(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a section".to_owned(),
    }
}

/// The known name that is most like `name`, where one is alike enough to be what was meant.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut alike: Vec<(&str, usize)> = known
        .map(|known| (known, strsim::damerau_levenshtein(name, known)))
        .filter(|(known, edits)| *edits * 3 <= known.len().max(6))
        .collect();
    alike.sort_by_key(|(_, edits)| *edits);
    alike.first().map(|(known, _)| *known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{DEFAULT_FILE, paths};

    #[test]
    fn every_default_has_the_form_that_is_asked_for() {
        let defaults = toml::de::DeTable::parse(DEFAULT_FILE).unwrap();
        for path in paths() {
            let value = match path.split_once('.') {
                Some((section, name)) => defaults.get_ref()[section].get_ref()[name].get_ref(),
                None => defaults.get_ref()[path.as_str()].get_ref(),
            };
            assert_eq!(read(&path, value).as_ref(), Ok(default(&path).unwrap()), "{path}");
        }
    }

    #[test]
    fn every_number_has_bounds_and_every_bound_a_number() {
        let numbers = |path: &str| {
            let value = default(path).unwrap();
            value.is_integer() || value.as_array().is_some_and(|list| list.iter().any(Value::is_integer))
        };
        let mut bounded: Vec<&str> = BOUNDS.iter().map(|(path, ..)| *path).collect();
        let mut wanted: Vec<String> = paths().into_iter().filter(|path| numbers(path)).collect();
        bounded.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(bounded, wanted);
    }

    #[test]
    fn the_nearest_name_is_found_and_a_strange_one_has_none() {
        let known = || ["listen", "database", "courier.tick_seconds"].into_iter();
        for (name, meant) in [
            ("lisen", Some("listen")),
            ("listn", Some("listen")),
            ("databse", Some("database")),
            ("courier.tick_secs", Some("courier.tick_seconds")),
            ("colour", None),
        ] {
            assert_eq!(nearest(name, known()), meant, "{name}");
        }
    }
}
