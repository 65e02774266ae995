//! When, where and for whom does a promotion work?
//!
//! Time is the wall clock of the place. The minimum amount is judged with the bill, in the quote.

use super::PercentOf;
use super::kind::above_zero;
use crate::loyalty::day::Day;
use jiff::Zoned;
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use wire::Number;

/// A time of day in minutes since midnight, `HH:MM` in JSON; `24:00` is the end of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Minute(u16);

impl Serialize for Minute {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{:02}:{:02}", self.0 / 60, self.0 % 60))
    }
}

impl<'de> Deserialize<'de> for Minute {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let digits = |part: &str| (part.len() == 2).then(|| part.parse::<u16>().ok()).flatten();
        text.split_once(':')
            .and_then(|(hours, minutes)| Some((digits(hours)?, digits(minutes)?)))
            .filter(|(hours, minutes)| *minutes < 60 && hours * 60 + minutes <= 24 * 60)
            .map(|(hours, minutes)| Self(hours * 60 + minutes))
            .ok_or_else(|| D::Error::custom(format!("expected a time of day as HH:MM, found {text:?}")))
    }
}

/// A part of the day. One that ends before it begins goes on over midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Hours {
    /// Its first minute.
    pub(crate) from: Minute,
    /// The minute at which it is over.
    pub(crate) until: Minute,
}

/// Of which lines a minimum is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Over {
    /// Those the promotion reaches.
    #[default]
    Eligible,
    /// All of them.
    Basket,
}

/// What lines have to come to, at the promotion's step. What is given back counts against it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct MinimumAmount {
    /// In currency; above 0. Reached when equal.
    pub(crate) amount: Number,
    /// After or before earlier steps.
    #[serde(default)]
    pub(crate) of: PercentOf,
    /// Without VAT.
    #[serde(default)]
    pub(crate) net: bool,
    /// Of which lines.
    #[serde(default)]
    pub(crate) over: Over,
}

/// Who may use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Membership {
    /// Members only.
    Required,
    /// Guests without a card only.
    None,
}

/// On which visit of a member; the visit now is the member's paid bills so far and this one. One of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) enum Visit {
    /// `true`: on the first one; `false`: on every later one.
    First(bool),
    /// On every n-th one; at least 2.
    Every(i64),
    /// Only on this one; at least 1.
    Nth(i64),
}

/// Around a member's birthday, in the place's calendar. 29 February counts as the 28th where there is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct Birthday {
    /// From so many days before; 0 to 180.
    pub(crate) days_before: u8,
    /// To so many days after; 0 to 180.
    pub(crate) days_after: u8,
}

/// When, where and for whom; what is left out is not asked, what is there must all hold.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct Conditions {
    /// Place ids; one of them.
    pub(crate) places: Vec<String>,
    /// Days of the week; one of them. Hours over midnight belong to the day on which they begin.
    pub(crate) days: Vec<Day>,
    /// Parts of the day; one of them.
    pub(crate) hours: Vec<Hours>,
    /// What the basket has to come to.
    pub(crate) minimum_amount: Option<MinimumAmount>,
    /// With a card or without.
    pub(crate) member: Option<Membership>,
    /// Tier names; the member's is one of them.
    pub(crate) tiers: Vec<String>,
    /// Tags; the member has one of them.
    pub(crate) tags: Vec<String>,
    /// On which visit.
    pub(crate) visit: Option<Visit>,
    /// Around the birthday.
    pub(crate) birthday: Option<Birthday>,
}

/// A member as conditions see one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Guest<'a> {
    /// The tier's name.
    pub(crate) tier: Option<&'a str>,
    /// What the merchant says of the member.
    pub(crate) tags: &'a [String],
    /// Where the member told it.
    pub(crate) birth_date: Option<Date>,
    /// Paid bills so far.
    pub(crate) orders: i64,
}

impl Conditions {
    /// Whether the settings make sense.
    ///
    /// # Errors
    /// A sentence saying what was expected and what came.
    pub(super) fn check(&self) -> Result<(), String> {
        for (index, hours) in self.hours.iter().enumerate() {
            if hours.from == hours.until {
                return Err(format!(
                    "conditions.hours[{index}]: expected until to differ from from, found both equal"
                ));
            }
        }
        if let Some(minimum) = &self.minimum_amount {
            above_zero("conditions.minimumAmount.amount", &minimum.amount)?;
        }
        if self.member == Some(Membership::None)
            && (!self.tiers.is_empty()
                || !self.tags.is_empty()
                || self.visit.is_some()
                || self.birthday.is_some())
        {
            return Err(
                "conditions.member: expected required beside tiers, tags, visit or birthday, found none"
                    .into(),
            );
        }
        match self.visit {
            Some(Visit::Every(n)) if n < 2 => {
                return Err(format!("conditions.visit.every: expected at least 2, found {n}"));
            }
            Some(Visit::Nth(n)) if n < 1 => {
                return Err(format!("conditions.visit.nth: expected at least 1, found {n}"));
            }
            _ => {}
        }
        if let Some(Birthday { days_before, days_after }) = self.birthday
            && days_before.max(days_after) > 180
        {
            return Err(format!(
                "conditions.birthday: expected at most 180 days, found {}",
                days_before.max(days_after)
            ));
        }
        Ok(())
    }

    /// Whether it works at this place.
    pub(crate) fn at_place(&self, place: &str) -> bool {
        self.places.is_empty() || self.places.iter().any(|one| one == place)
    }

    /// Whether it works at this time of the place.
    pub(crate) fn at_time(&self, local: &Zoned) -> bool {
        if self.days.is_empty() && self.hours.is_empty() {
            return true;
        }
        let today = local.date();
        let on = |date: Date| self.days.is_empty() || self.days.contains(&Day::of(date));
        if self.hours.is_empty() {
            return on(today);
        }
        let time = local.time();
        let minute = i32::from(time.hour()) * 60 + i32::from(time.minute());
        self.hours.iter().any(|hours| {
            let (from, until) = (i32::from(hours.from.0), i32::from(hours.until.0));
            if from < until {
                on(today) && (from..until).contains(&minute)
            } else {
                (minute >= from && on(today)) || (minute < until && today.yesterday().is_ok_and(on))
            }
        })
    }

    /// Whether it works for this guest; `None` has no card.
    pub(crate) fn for_guest(&self, guest: Option<Guest<'_>>, today: Date) -> bool {
        let asks_member = self.member == Some(Membership::Required)
            || !self.tiers.is_empty()
            || !self.tags.is_empty()
            || self.visit.is_some()
            || self.birthday.is_some();
        let Some(guest) = guest else {
            return !asks_member;
        };
        self.member != Some(Membership::None)
            && (self.tiers.is_empty()
                || guest.tier.is_some_and(|tier| self.tiers.iter().any(|one| one == tier)))
            && (self.tags.is_empty() || guest.tags.iter().any(|tag| self.tags.contains(tag)))
            && self.visit.is_none_or(|visit| visit.is_now(guest.orders))
            && self
                .birthday
                .is_none_or(|around| guest.birth_date.is_some_and(|birth| around.covers(birth, today)))
    }
}

impl Visit {
    fn is_now(self, orders: i64) -> bool {
        let now = orders.max(0).saturating_add(1);
        match self {
            Self::First(first) => (now == 1) == first,
            Self::Every(n) => n > 0 && now % n == 0,
            Self::Nth(n) => now == n,
        }
    }
}

impl Birthday {
    fn covers(self, birth: Date, today: Date) -> bool {
        [-1, 0, 1].into_iter().any(|years| {
            let Some(year) = today.year().checked_add(years) else { return false };
            let day = Date::new(year, birth.month(), birth.day())
                .or_else(|_| Date::new(year, birth.month(), birth.day() - 1));
            day.and_then(|day| day.until(today)).is_ok_and(|away| {
                let days = away.get_days();
                -i32::from(self.days_before) <= days && days <= i32::from(self.days_after)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Conditions {
        let conditions: Conditions = serde_json::from_str(json).unwrap();
        conditions.check().unwrap();
        conditions
    }

    #[test]
    fn hours_belong_to_the_day_on_which_they_begin() {
        // 2026-03-06 is a Friday
        for (conditions, local, works) in [
            (r#"{"days":["fri"]}"#, "2026-03-06T00:00", true),
            (r#"{"days":["fri"]}"#, "2026-03-07T00:00", false),
            (r#"{"hours":[{"from":"11:00","until":"14:00"}]}"#, "2026-03-06T11:00", true),
            (r#"{"hours":[{"from":"11:00","until":"14:00"}]}"#, "2026-03-06T13:59", true),
            (r#"{"hours":[{"from":"11:00","until":"14:00"}]}"#, "2026-03-06T14:00", false),
            (
                r#"{"hours":[{"from":"08:00","until":"09:00"},{"from":"20:00","until":"24:00"}]}"#,
                "2026-03-06T23:59",
                true,
            ),
            (r#"{"days":["fri"],"hours":[{"from":"22:00","until":"02:00"}]}"#, "2026-03-06T22:00", true),
            (r#"{"days":["fri"],"hours":[{"from":"22:00","until":"02:00"}]}"#, "2026-03-07T01:59", true),
            (r#"{"days":["fri"],"hours":[{"from":"22:00","until":"02:00"}]}"#, "2026-03-07T02:00", false),
            (r#"{"days":["fri"],"hours":[{"from":"22:00","until":"02:00"}]}"#, "2026-03-06T01:00", false),
            (r#"{"days":["fri"],"hours":[{"from":"22:00","until":"02:00"}]}"#, "2026-03-07T22:30", false),
        ] {
            let at: Zoned = format!("{local}[Europe/Prague]").parse().unwrap();
            assert_eq!(read(conditions).at_time(&at), works, "{conditions} {local}");
        }
    }

    #[test]
    fn a_guest_fits_or_not() {
        let tags = ["student".to_owned(), "vip".to_owned()];
        let guest = |orders| Guest { tier: Some("Gold"), tags: &tags, birth_date: None, orders };
        for (conditions, orders, fits, without_card) in [
            ("{}", 0, true, true),
            (r#"{"member":"required"}"#, 0, true, false),
            (r#"{"member":"none"}"#, 0, false, true),
            (r#"{"tiers":["Silver","Gold"]}"#, 0, true, false),
            (r#"{"tiers":["Silver"]}"#, 0, false, false),
            (r#"{"tags":["vip"]}"#, 0, true, false),
            (r#"{"tags":["senior"]}"#, 0, false, false),
            (r#"{"visit":{"first":true}}"#, 0, true, false),
            (r#"{"visit":{"first":true}}"#, 1, false, false),
            (r#"{"visit":{"first":false}}"#, 1, true, false),
            (r#"{"visit":{"every":5}}"#, 4, true, false),
            (r#"{"visit":{"every":5}}"#, 9, true, false),
            (r#"{"visit":{"every":5}}"#, 5, false, false),
            (r#"{"visit":{"nth":3}}"#, 2, true, false),
            (r#"{"visit":{"nth":3}}"#, 5, false, false),
            (r#"{"birthday":{}}"#, 0, false, false),
        ] {
            let today = Date::constant(2026, 3, 1);
            assert_eq!(read(conditions).for_guest(Some(guest(orders)), today), fits, "{conditions} {orders}");
            assert_eq!(read(conditions).for_guest(None, today), without_card, "{conditions}");
        }
    }

    #[test]
    fn a_birthday_is_found_over_the_end_of_a_year_and_in_every_february() {
        for (birth, before, after, today, covers) in [
            ("1990-03-01", 0, 0, "2026-03-01", true),
            ("1990-03-01", 0, 0, "2026-03-02", false),
            ("1990-03-01", 3, 0, "2026-02-26", true),
            ("1990-03-01", 3, 0, "2026-02-25", false),
            ("1990-01-02", 7, 0, "2026-12-30", true),
            ("1990-12-30", 0, 7, "2027-01-06", true),
            ("1990-12-30", 0, 7, "2027-01-07", false),
            ("1992-02-29", 0, 0, "2026-02-28", true),
            ("1992-02-29", 0, 0, "2028-02-28", false),
            ("1992-02-29", 0, 0, "2028-02-29", true),
        ] {
            let around = Birthday { days_before: before, days_after: after };
            assert_eq!(
                around.covers(birth.parse().unwrap(), today.parse().unwrap()),
                covers,
                "{birth} {today}"
            );
        }
    }

    #[test]
    fn settings_that_make_no_sense_are_refused() {
        for (json, says) in [
            (r#"{"hours":[{"from":"10:00","until":"10:00"}]}"#, "hours[0]"),
            (r#"{"hours":[{"from":"10:60","until":"11:00"}]}"#, "HH:MM"),
            (r#"{"hours":[{"from":"9:00","until":"11:00"}]}"#, "HH:MM"),
            (r#"{"hours":[{"from":"24:01","until":"11:00"}]}"#, "HH:MM"),
            (r#"{"minimumAmount":{"amount":0}}"#, "minimumAmount.amount: expected above 0"),
            (r#"{"member":"none","tags":["vip"]}"#, "conditions.member"),
            (r#"{"visit":{"every":1}}"#, "at least 2"),
            (r#"{"visit":{"nth":0}}"#, "at least 1"),
            (r#"{"birthday":{"daysBefore":181}}"#, "180"),
            (r#"{"weekday":["mon"]}"#, "weekday"),
        ] {
            let refusal = serde_json::from_str::<Conditions>(json)
                .map_err(|error| error.to_string())
                .and_then(|conditions| conditions.check())
                .unwrap_err();
            assert!(refusal.contains(says), "{refusal}");
        }
    }
}
