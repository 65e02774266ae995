//! Which days does a report cover, and where does its next page begin?

use super::limits;
use door::ApiError;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Longest period of one report, in days.
const DAYS_MAX: i32 = 366;

/// Days on a calendar, the last one inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) from: Date,
    pub(super) till: Date,
}

impl Period {
    /// Reads the two parameters.
    ///
    /// # Errors
    /// 400 that names the one at fault.
    pub(super) fn read(from: Option<&str>, till: Option<&str>) -> Result<Self, ApiError> {
        let missing = |path| ApiError::field(path, "a day, YYYY-MM-DD", "nothing");
        let from_day = limits::day("from", from)?.ok_or_else(|| missing("from"))?;
        let till_day = limits::day("till", till)?.ok_or_else(|| missing("till"))?;
        if till_day < from_day {
            let expected = format!("the last day of the period, {from_day} or later");
            return Err(ApiError::field("till", &expected, &till_day.to_string()));
        }
        if (till_day - from_day).get_days() >= DAYS_MAX {
            let expected = format!("a period of at most {DAYS_MAX} days");
            return Err(ApiError::field("till", &expected, &format!("{from_day} to {till_day}")));
        }
        Ok(Self { from: from_day, till: till_day })
    }

    /// From which instant on and before which, in a zone whose midnights may be missing or come twice.
    ///
    /// # Errors
    /// 400 for days no clock reaches.
    pub(super) fn instants(self, zone: &TimeZone) -> Result<(Timestamp, Timestamp), ApiError> {
        let start = |day: Date| day.to_zoned(zone.clone()).and_then(|zoned| zoned.start_of_day());
        let from = start(self.from);
        let till = self.till.tomorrow().and_then(start);
        match (from, till) {
            (Ok(from), Ok(till)) => Ok((from.timestamp(), till.timestamp())),
            _ => Err(ApiError::field("till", "a day that a clock can show", &self.till.to_string())),
        }
    }
}

/// The last entry of a page: instant, balance and number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct After {
    pub(super) created_at: i64,
    pub(super) balance_id: String,
    pub(super) entry: i64,
}

impl After {
    /// Before every entry.
    pub(super) fn start() -> Self {
        Self { created_at: i64::MIN, balance_id: String::new(), entry: 0 }
    }

    /// As it stands in `nextPage`, with nothing that has to be escaped.
    pub(super) fn text(&self) -> String {
        format!("{}.{}.{}", self.created_at, outside::hex(self.balance_id.as_bytes()), self.entry)
    }

    /// Reads the parameter.
    ///
    /// # Errors
    /// 400 for a text that is not one of ours.
    pub(super) fn read(text: Option<&str>) -> Result<Self, ApiError> {
        let Some(text) = text else { return Ok(Self::start()) };
        let parts: Vec<&str> = text.split('.').collect();
        let read = match parts.as_slice() {
            [created_at, balance_id, entry] => created_at
                .parse()
                .ok()
                .zip(outside::unhex(balance_id))
                .zip(entry.parse().ok())
                .map(|((created_at, balance_id), entry)| Self { created_at, balance_id, entry }),
            _ => None,
        };
        read.ok_or_else(|| ApiError::field("after", "the value in nextPage, unchanged", &format!("{text:?}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_zone() {
        let period = |from, till| Period::read(Some(from), Some(till)).unwrap();
        let prague = TimeZone::get("Europe/Prague").unwrap();
        let instants = |period: Period, zone: &TimeZone| {
            let (from, till) = period.instants(zone).unwrap();
            (from.to_string(), till.to_string())
        };
        assert_eq!(
            instants(period("2026-03-01", "2026-03-31"), &prague),
            ("2026-02-28T23:00:00Z".to_owned(), "2026-03-31T22:00:00Z".to_owned()),
            "the clocks change in between"
        );
        // a midnight that is missing: the day begins at one
        let cairo = TimeZone::get("Africa/Cairo").unwrap();
        assert_eq!(
            instants(period("2026-04-24", "2026-04-24"), &cairo),
            ("2026-04-23T22:00:00Z".to_owned(), "2026-04-24T21:00:00Z".to_owned())
        );
    }

    #[test]
    fn a_period_that_makes_no_sense_is_named() {
        for (from, till, field) in [
            (None, Some("2026-01-31"), "from"),
            (Some("2026-01-01"), None, "till"),
            (Some("2026-01-32"), Some("2026-02-01"), "from"),
            (Some("2026-02-01"), Some("2026-01-31"), "till"),
            (Some("2025-01-01"), Some("2026-01-02"), "till"),
        ] {
            assert_eq!(Period::read(from, till).unwrap_err().extra["field"], field, "{from:?} {till:?}");
        }
        assert!(Period::read(Some("2024-01-01"), Some("2024-12-31")).is_ok(), "a leap year");
    }

    #[test]
    fn a_cursor_goes_there_and_back_and_garbage_is_named() {
        let after = After { created_at: -5, balance_id: "ř/&.".to_owned(), entry: 7 };
        assert_eq!(After::read(Some(&after.text())).unwrap(), after);
        assert_eq!(After::read(None).unwrap(), After::start());
        for bad in ["", "1", "1.70", "x.70.1", "1.zz.1", "1.70.x", "1.70.1.1"] {
            assert_eq!(After::read(Some(bad)).unwrap_err().extra["field"], "after", "{bad}");
        }
    }
}
