//! On which day of the week does a rule work, and how is the day written?

use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

/// A day of the week in the program and in promotions. Written in full (`"friday"`); `"fri"` is read as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names say it")]
pub(crate) enum Day {
    #[serde(alias = "mon")]
    Monday,
    #[serde(alias = "tue")]
    Tuesday,
    #[serde(alias = "wed")]
    Wednesday,
    #[serde(alias = "thu")]
    Thursday,
    #[serde(alias = "fri")]
    Friday,
    #[serde(alias = "sat")]
    Saturday,
    #[serde(alias = "sun")]
    Sunday,
}

impl Day {
    /// The day of the week that a date of a place's calendar is.
    pub(crate) fn of(date: Date) -> Self {
        match date.weekday() {
            Weekday::Monday => Self::Monday,
            Weekday::Tuesday => Self::Tuesday,
            Weekday::Wednesday => Self::Wednesday,
            Weekday::Thursday => Self::Thursday,
            Weekday::Friday => Self::Friday,
            Weekday::Saturday => Self::Saturday,
            Weekday::Sunday => Self::Sunday,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loyalty::program::ProgramSettings;
    use crate::loyalty::promotion::Definition;
    use serde_json::{Value, json};

    const DAYS: [(&str, &str); 7] = [
        ("mon", "monday"),
        ("tue", "tuesday"),
        ("wed", "wednesday"),
        ("thu", "thursday"),
        ("fri", "friday"),
        ("sat", "saturday"),
        ("sun", "sunday"),
    ];

    #[test]
    fn program_and_promotions_read_both_spellings_and_write_the_full_one() {
        for (at, (short, full)) in DAYS.into_iter().enumerate() {
            // 2026-03-02 is a Monday
            let date = Date::constant(2026, 3, 2 + i8::try_from(at).unwrap());
            assert_eq!(serde_json::to_value(Day::of(date)).unwrap(), full);
            for spelling in [short, full] {
                let program = json!({ "earn": { "points": 1, "perAmount": 10,
                    "multipliers": [{ "times": 2, "days": [spelling] }] } });
                let read = ProgramSettings::parse(&program.to_string()).unwrap();
                let written: Value = serde_json::to_value(&read).unwrap();
                assert_eq!(written["earn"]["multipliers"][0]["days"], json!([full]), "{spelling}");
                let promotion = json!({ "kind": { "percent": { "percent": 5 } }, "scope": { "on": "order" },
                    "trigger": "automatic", "conditions": { "days": [spelling] } });
                let read = Definition::parse(&promotion.to_string()).unwrap();
                let written: Value = serde_json::to_value(&read).unwrap();
                assert_eq!(written["conditions"]["days"], json!([full]), "{spelling}");
            }
        }
        for other in ["Fri", "FRIDAY", "frid", "pátek", "5"] {
            assert!(serde_json::from_value::<Day>(json!(other)).is_err(), "{other}");
        }
    }
}
