//! How are instants written and read on the wire?
//!
//! Loyalty messages carry UTC with milliseconds, everything else the place's offset without fraction; both are read
//! everywhere, and plain dates in queries (protocol.md §1.5).

use jiff::{
    Timestamp, Zoned,
    civil::{Date, DateTime},
    tz::{Offset, TimeZone},
};
use serde::{Serialize, Serializer};

/// What a date-time member is expected to be.
pub(crate) const DATE_TIME: &str = "a date-time with offset, such as 2026-03-01T14:59:48+01:00";

/// Text that is no date-time of the form asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}")]
pub struct InvalidTime {
    expected: &'static str,
}

/// Longest text that is looked at.
const TEXT_LENGTH_MAX: usize = 64;

/// 1900-01-01T00:00:00Z: nothing that is told of happened before, and before it clocks stood apart by odd seconds.
const EARLIEST: Timestamp = Timestamp::constant(-2_208_988_800, 0);

/// Reads a date-time with offset, `2026-03-01T14:59:48+01:00` or `…Z`, with or without fraction, since 1900.
///
/// # Errors
/// Anything else, a missing offset included.
pub fn parse_date_time(text: &str) -> Result<Timestamp, InvalidTime> {
    let invalid = InvalidTime { expected: DATE_TIME };
    if text.len() > TEXT_LENGTH_MAX {
        return Err(invalid);
    }
    let instant: Timestamp = text.parse().map_err(|_| invalid)?;
    if instant < EARLIEST { Err(invalid) } else { Ok(instant) }
}

/// Reads a time of a query: a date-time with offset, one without (read in `zone`) or a date (its first instant in
/// `zone`). A `+` that arrived as a space is put back (`2026-03-01T14:59:48 01:00`).
///
/// A local time that a clock change skips or repeats is the earlier instant it can mean, so that a feed asked with
/// it never leaves something out. A time beyond the last (or before the first) instant there is means that instant:
/// `till=9999-12-31` leaves nothing out either.
///
/// # Errors
/// Anything else.
pub fn parse_query_time(text: &str, zone: &TimeZone) -> Result<Timestamp, InvalidTime> {
    let invalid = InvalidTime {
        expected: "a date such as 2026-03-01, or a date-time such as 2026-03-01T14:59:48+01:00",
    };
    if text.len() > TEXT_LENGTH_MAX || !text.is_ascii() {
        return Err(invalid);
    }
    if let Some(at) = with_offset(text) {
        return Ok(at);
    }
    if let Some((date_time, offset)) = text.rsplit_once(' ')
        && date_time.contains('T')
        && let Some(at) = with_offset(&format!("{date_time}+{offset}"))
    {
        return Ok(at);
    }
    // A lone offset that is malformed must not be read as a local time
    let local: DateTime = match text.get(10..) {
        Some("") => text.parse::<Date>().map_err(|_| invalid)?.at(0, 0, 0, 0),
        Some(time) if !time.contains(['+', '-', ' ', 'Z', 'z', '[']) || time.starts_with(' ') => {
            text.parse().map_err(|_| invalid)?
        }
        _ => return Err(invalid),
    };
    Ok(zone
        .to_ambiguous_zoned(local)
        .earlier()
        .map_or_else(|_| at_the_edge(local), |zoned| zoned.timestamp()))
}

/// A date-time with offset, at the edge of time where it lies beyond.
fn with_offset(text: &str) -> Option<Timestamp> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    let pieces = jiff::fmt::temporal::DateTimeParser::new().parse_pieces(text).ok()?;
    let (time, offset) = (pieces.time()?, pieces.to_numeric_offset()?);
    let local = pieces.date().to_datetime(time);
    Some(offset.to_timestamp(local).unwrap_or_else(|_| at_the_edge(local)))
}

/// The last whole second, which stays in range however coarsely an instant is counted.
const LAST: Timestamp = Timestamp::constant(253_402_207_200, 0);

/// The last instant for a time after it, the first for one before.
fn at_the_edge(local: DateTime) -> Timestamp {
    if local.year() > 0 { LAST } else { Timestamp::MIN }
}

/// `2026-08-31T12:10:02.240Z`: the form of loyalty messages and of `nextPage`.
#[must_use]
pub fn utc_millis(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// `2026-03-01T14:59:48+01:00`: the form of bills and of the customers feed.
#[must_use]
pub fn local_offset(at: Timestamp, zone: &TimeZone) -> String {
    LocalTime::new(at, zone).to_string()
}

/// An instant with the offset it was written with, so that it is written the same way again. Where that offset has
/// seconds, which clocks had long ago and no ISO reader takes, it is written with whole minutes: the same instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalTime {
    /// The instant.
    pub instant: Timestamp,
    /// The offset beside it; it does not move the instant.
    pub offset: Offset,
}

impl LocalTime {
    /// The instant as clocks in `zone` show it.
    #[must_use]
    pub fn new(instant: Timestamp, zone: &TimeZone) -> Self {
        Self { instant, offset: zone.to_offset(instant) }
    }

    /// Reads a date-time with offset.
    ///
    /// # Errors
    /// Anything else, a missing offset included.
    pub fn parse(text: &str) -> Result<Self, InvalidTime> {
        let instant = parse_date_time(text)?;
        // The instant parsed, so the text ends in an offset or in Z
        let offset = jiff::fmt::temporal::DateTimeParser::new()
            .parse_pieces(text)
            .ok()
            .and_then(|pieces| pieces.to_numeric_offset())
            .unwrap_or(Offset::UTC);
        Ok(Self { instant, offset })
    }
}

impl std::fmt::Display for LocalTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let minutes = self.offset.seconds() / 60 * 60;
        let offset = Offset::from_seconds(minutes).unwrap_or(Offset::UTC);
        let zoned = Zoned::new(self.instant, TimeZone::fixed(offset));
        write!(f, "{}", zoned.strftime("%Y-%m-%dT%H:%M:%S%.f%:z"))
    }
}

impl Serialize for LocalTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl utoipa::PartialSchema for LocalTime {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .examples(["2026-03-01T14:59:48+01:00"])
            .into()
    }
}

impl utoipa::ToSchema for LocalTime {}

/// For `#[serde(serialize_with)]` on members that are UTC with milliseconds.
pub(crate) fn write_utc_millis<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&utc_millis(*at))
}

/// The same for a member that may be `null`.
pub(crate) fn write_optional_utc_millis<S: Serializer>(
    at: &Option<Timestamp>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => write_utc_millis(at, serializer),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect(text)
    }

    fn prague() -> TimeZone {
        TimeZone::get("Europe/Prague").expect("a zone")
    }

    #[test]
    fn reads_both_documented_forms() {
        for (text, instant) in [
            ("2026-08-31T12:10:02.240Z", "2026-08-31T12:10:02.24Z"),
            ("2026-03-01T14:59:48+01:00", "2026-03-01T13:59:48Z"),
            ("2026-01-23T16:33:37-06:00", "2026-01-23T22:33:37Z"),
            ("2026-01-23T16:33:37.123456-0600", "2026-01-23T22:33:37.123456Z"),
        ] {
            assert_eq!(parse_date_time(text), Ok(at(instant)), "{text}");
        }
        let long = format!("2026-08-31T12:10:02.{}Z", "0".repeat(100));
        for text in [
            "",
            "yesterday",
            "2026-03-01",
            "2026-03-01T14:59:48",
            "2026-13-01T14:59:48Z",
            "1772373588",
            "0000-01-01T00:00:00Z",
            "1899-12-31T23:59:59.999Z",
            "9999-12-31T00:00:00Z",
            &long,
        ] {
            assert!(parse_date_time(text).is_err(), "{text}");
        }
        for text in ["1900-01-01T00:00:00Z", "9999-12-30T21:59:59Z"] {
            assert_eq!(parse_date_time(text), Ok(at(text)));
        }
    }

    #[test]
    fn reads_what_queries_say() {
        for (text, instant) in [
            ("2026-03-01", "2026-02-28T23:00:00Z"),
            ("2026-07-01", "2026-06-30T22:00:00Z"),
            ("2026-07-03T12:33:45", "2026-07-03T10:33:45Z"),
            ("2026-07-03T12:33:45.5", "2026-07-03T10:33:45.5Z"),
            ("2026-07-03T12:33:45+02:00", "2026-07-03T10:33:45Z"),
            ("2026-07-03T12:33:45 02:00", "2026-07-03T10:33:45Z"),
            ("2026-07-03T12:33:45Z", "2026-07-03T12:33:45Z"),
            // Twice that night: the earlier one. Never that night: before the gap
            ("2026-10-25T02:30:00", "2026-10-25T00:30:00Z"),
            ("2026-03-29T02:30:00", "2026-03-29T00:30:00Z"),
        ] {
            assert_eq!(parse_query_time(text, &prague()), Ok(at(instant)), "{text}");
        }
        for text in [
            "",
            "now",
            "2026",
            "2026-02-30",
            "2026-07-03T25:00:00",
            "2026-07-03T12:33:45+99:00",
            "2026-07-03T12:33:45+",
            "2026-07-03T12:33:45 xx",
            "2026-07-03 02:00:00+",
            "03.07.2026",
            "２０２６-07-03",
            "1772373588",
        ] {
            assert!(parse_query_time(text, &prague()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_query_may_reach_beyond_the_edges_of_time() {
        for text in [
            "9999-12-31",
            "9999-12-31T23:59:59",
            "9999-12-31T23:59:59Z",
            "9999-12-31T00:00:00+01:00",
            "9999-12-31T00:00:00 01:00",
            "9999-12-31T00:00:00-12:00",
        ] {
            assert_eq!(parse_query_time(text, &prague()), Ok(LAST), "{text}");
        }
        assert_eq!(parse_query_time("9999-12-30", &prague()), Ok(at("9999-12-29T23:00:00Z")));
        assert_eq!(parse_query_time("-009999-01-01T00:00:00Z", &prague()), Ok(Timestamp::MIN));
        assert_eq!(LAST.as_second(), Timestamp::MAX.as_second());
        assert_eq!(Timestamp::from_microsecond(LAST.as_microsecond()).ok(), Some(LAST));
        assert_eq!(local_offset(LAST, &prague()), "9999-12-30T23:00:00+01:00");
        assert!(parse_query_time("9999-12-32", &prague()).is_err());
    }

    #[test]
    fn an_offset_is_written_in_minutes() {
        // Clocks in Prague stood 57 minutes and 44 seconds ahead of Greenwich.
        let long_ago = at("1850-06-01T12:00:00Z");
        assert_eq!(local_offset(long_ago, &prague()), "1850-06-01T12:57:00+00:57");
        assert_eq!(at(&local_offset(long_ago, &prague())), long_ago);
        let odd = LocalTime {
            instant: long_ago,
            offset: Offset::from_seconds(-(4 * 3600 + 56 * 60 + 2)).expect("an offset"),
        };
        assert_eq!(odd.to_string(), "1850-06-01T07:04:00-04:56");
    }

    #[test]
    fn writes_both_documented_forms() {
        let summer = at("2026-08-31T12:10:02.240999Z");
        assert_eq!(utc_millis(summer), "2026-08-31T12:10:02.240Z");
        assert_eq!(utc_millis(at("2026-08-31T12:10:02Z")), "2026-08-31T12:10:02.000Z");
        assert_eq!(local_offset(at("2026-08-31T12:10:02Z"), &prague()), "2026-08-31T14:10:02+02:00");
        assert_eq!(local_offset(at("2026-03-01T13:59:48Z"), &prague()), "2026-03-01T14:59:48+01:00");
        assert_eq!(local_offset(at("2026-03-01T13:59:48Z"), &TimeZone::UTC), "2026-03-01T13:59:48+00:00");
    }

    #[test]
    fn a_local_time_keeps_its_offset() {
        for text in ["2026-03-01T14:59:48+01:00", "2021-01-23T16:33:37-06:00", "2026-03-01T14:59:48.25+05:30"]
        {
            let read = LocalTime::parse(text).expect(text);
            assert_eq!(read.to_string(), text);
            assert_eq!(read.instant, at(text));
        }
        assert_eq!(
            LocalTime::parse("2026-03-01T14:59:48Z").expect("a time").to_string(),
            "2026-03-01T14:59:48+00:00"
        );
    }
}
