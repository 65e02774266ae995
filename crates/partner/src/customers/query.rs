//! What does the customers feed accept in its query, and what does it say when it does not?
//!
//! `last_updated`, `start`, `limit` (protocol.md §14.1) and the additive `next`. A value that cannot be
//! read is an error that names it, never an empty list (sync.md §5).

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use wire::time::parse_query_time;

/// Records on a page unless the caller says otherwise.
const LIMIT_DEFAULT: i64 = 25;
/// Records on a page at most.
const LIMIT_MAX: i64 = 500;
/// Beyond this many skipped records a caller should follow `next`.
const START_MAX: i64 = 10_000_000;
/// No clock is further ahead.
const EASTERNMOST: Offset = Offset::constant(14);

/// A page that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CustomersQuery {
    /// Records changed at or after this instant.
    pub(crate) since: Option<Timestamp>,
    /// How many matching records to skip.
    pub(crate) start: i64,
    /// 1 to 500.
    pub(crate) limit: i64,
    /// Continue after this customer number.
    pub(crate) after: Option<i64>,
}

impl CustomersQuery {
    /// Reads the decoded pairs of a query. `zone` is the API client's, for times without an offset.
    ///
    /// # Errors
    /// A sentence naming the parameter, what was expected and what came.
    pub(crate) fn read(pairs: &[(String, String)], zone: Option<&TimeZone>) -> Result<Self, String> {
        let mut query = Self { since: None, start: 0, limit: LIMIT_DEFAULT, after: None };
        let mut seen: Vec<&str> = Vec::new();
        for (name, value) in pairs {
            if seen.contains(&name.as_str()) {
                return Err(format!("{name}: expected once, found twice"));
            }
            seen.push(name);
            match name.as_str() {
                "last_updated" => query.since = Some(instant(value, zone)?),
                "start" => query.start = whole("start", value, 0, START_MAX)?,
                "limit" => query.limit = whole("limit", value, 1, LIMIT_MAX)?,
                "next" => {
                    let (after, since) = cursor(value)?;
                    query.after = Some(after);
                    query.since = query.since.or(since);
                }
                _ => {
                    return Err(format!(
                        "{name}: unknown parameter; expected last_updated, start, limit or next"
                    ));
                }
            }
        }
        if query.after.is_some() && seen.contains(&"start") {
            return Err("start: expected either start or next, found both".to_owned());
        }
        Ok(query)
    }

    /// The cursor that continues this query after a customer.
    pub(crate) fn next(&self, last_customer_number: i64) -> String {
        let since = self.since.map_or_else(String::new, |since| format!("{:x}", since.as_microsecond()));
        format!("c{last_customer_number:x}.{since}")
    }
}

/// Reads a cursor back: the customer number and the filter it goes on with.
fn cursor(text: &str) -> Result<(i64, Option<Timestamp>), String> {
    let read = || {
        let (number, since) = text.strip_prefix('c')?.split_once('.')?;
        let number = i64::from_str_radix(number, 16).ok()?;
        if since.is_empty() {
            return Some((number, None));
        }
        let since = Timestamp::from_microsecond(i64::from_str_radix(since, 16).ok()?).ok()?;
        Some((number, Some(since)))
    };
    read().ok_or_else(|| {
        format!("next: expected the value of next from an earlier page, unchanged, found {text:?}")
    })
}

fn whole(name: &str, text: &str, least: i64, most: i64) -> Result<i64, String> {
    text.parse()
        .ok()
        .filter(|value| (least..=most).contains(value) && text.bytes().all(|b| b.is_ascii_digit()))
        .ok_or_else(|| format!("{name}: expected a whole number from {least} to {most}, found {text:?}"))
}

/// Reads `last_updated`. Without offset: in the client's zone; without a zone the earliest instant the text
/// can mean, which is that of the easternmost clocks, so nothing is missed.
fn instant(text: &str, zone: Option<&TimeZone>) -> Result<Timestamp, String> {
    let easternmost = TimeZone::fixed(EASTERNMOST);
    parse_query_time(text, zone.unwrap_or(&easternmost))
        .map_err(|invalid| format!("last_updated: {invalid}, found {text:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)], zone: Option<&str>) -> Result<CustomersQuery, String> {
        let pairs: Vec<_> = pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let zone = zone.map(|name| TimeZone::get(name).unwrap());
        CustomersQuery::read(&pairs, zone.as_ref())
    }

    #[test]
    fn last_updated_in_every_form() {
        // text, the client's zone, the instant
        for (text, zone, expected) in [
            ("2026-07-03T12:33:45+02:00", None, "2026-07-03T10:33:45Z"),
            ("2026-07-03T12:33:45 02:00", None, "2026-07-03T10:33:45Z"),
            ("2026-07-03T12:33:45Z", Some("Europe/Prague"), "2026-07-03T12:33:45Z"),
            ("2026-07-03T12:33:45-06:00", None, "2026-07-03T18:33:45Z"),
            ("2026-07-03T12:33:45", Some("Europe/Prague"), "2026-07-03T10:33:45Z"),
            ("2026-07-03 12:33:45", Some("Europe/Prague"), "2026-07-03T10:33:45Z"),
            ("2026-07-03T12:33:45", None, "2026-07-02T22:33:45Z"),
            ("2026-07-03", Some("Europe/Prague"), "2026-07-02T22:00:00Z"),
            // the hour that happens twice: the earlier one
            ("2026-10-25T02:30:00", Some("Europe/Prague"), "2026-10-25T00:30:00Z"),
        ] {
            let query = read(&[("last_updated", text)], zone);
            assert_eq!(query.map(|query| query.since), Ok(Some(expected.parse().unwrap())), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (name, value) in [
            ("last_updated", "yesterday"),
            ("last_updated", ""),
            ("last_updated", "2026-13-01"),
            ("last_updated", "2026-07-03T12:33:45 02:00 x"),
            ("last_updated", "2026-07-03T12:33:45+99:00"),
            ("start", "-1"),
            ("start", "+1"),
            ("start", "a"),
            ("limit", "0"),
            ("limit", "501"),
            ("next", "25"),
            ("next", "c1.zz"),
            ("page", "2"),
        ] {
            let refusal = read(&[(name, value)], None).unwrap_err();
            assert!(refusal.starts_with(&format!("{name}:")), "{name}={value}: {refusal}");
        }
        assert!(read(&[("limit", "5"), ("limit", "6")], None).unwrap_err().starts_with("limit:"));
        assert!(read(&[("next", "c1."), ("start", "6")], None).unwrap_err().starts_with("start:"));
    }

    #[test]
    fn a_cursor_carries_the_filter() {
        let first = read(&[("last_updated", "2026-07-03T12:33:45Z"), ("limit", "2")], None).unwrap();
        let second = read(&[("next", &first.next(41))], None).unwrap();
        assert_eq!((second.after, second.since, second.start), (Some(41), first.since, 0));
        let all = read(&[], None).unwrap();
        assert_eq!((all.start, all.limit, all.since), (0, 25, None));
        assert_eq!(read(&[("next", &all.next(7))], None).unwrap().after, Some(7));
    }
}
