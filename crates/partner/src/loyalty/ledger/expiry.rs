//! When does value end, and what happens to a balance that is below zero?
//!
//! The dates are the place's: a lot is good through a day on the place's wall and dead at the next midnight
//! (loyalty.md §10 E4). [`Terms`] are the merchant's rules as one command needs them.

use super::balance::BalanceRow;
use crate::loyalty::program::{Breakage, ByType, EndAt, Expiry, Negative, ProgramSettings};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};
use std::collections::BTreeMap;
use wire::loyalty::BalanceType;

/// When value that came at `from` ends: the midnight after its last good day. `None`: never.
///
/// A month later is the same day of that month, or its last one: 31 January + 1 month is good through 28 February.
pub(crate) fn end(rule: &Expiry, from: &Zoned) -> Option<Timestamp> {
    let span = match (rule.months, rule.days) {
        (Some(months), _) => Span::new().try_months(months).ok()?,
        (None, Some(days)) => Span::new().try_days(days).ok()?,
        (None, None) => return None,
    };
    let last = from.date().checked_add(span).ok()?;
    let last = match rule.at {
        EndAt::Day => last,
        EndAt::MonthEnd => last.last_of_month(),
        EndAt::YearEnd => last.last_of_year(),
    };
    midnight_after(last, from.time_zone())
}

/// When value that came back to an ended lot ends: so many days more; `None` without grace.
pub(crate) fn grace_end(rule: &Expiry, from: &Zoned) -> Option<Timestamp> {
    if rule.returned_grace_days <= 0 {
        return None;
    }
    let days = Span::new().try_days(rule.returned_grace_days).ok()?;
    midnight_after(from.date().checked_add(days).ok()?, from.time_zone())
}

/// The first instant of the day after, in a zone whose midnight may be missing or come twice.
pub(crate) fn midnight_after(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    let next = day.tomorrow().ok()?.to_zoned(zone.clone()).ok()?;
    Some(next.start_of_day().unwrap_or(next).timestamp())
}

/// What the merchant's rules say to one command, with the place's clock.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    expiry: ByType<Expiry>,
    stamps: BTreeMap<String, Option<Expiry>>,
    negative: ByType<Negative>,
    breakage: Breakage,
    local: Zoned,
}

impl Terms {
    /// From the settings, at a place's time.
    pub(crate) fn new(settings: &ProgramSettings, local: Zoned) -> Self {
        let stamps =
            settings.stamp_cards.iter().map(|card| (card.stamp_card_id.clone(), card.expiry.clone()));
        Self {
            expiry: settings.expiry.clone(),
            stamps: stamps.collect(),
            negative: settings.negative.clone(),
            breakage: settings.breakage.clone(),
            local,
        }
    }

    fn expiry(&self, row: &BalanceRow) -> Option<&Expiry> {
        match &row.settings.stamp_card_id {
            Some(card) => self.stamps.get(card)?.as_ref(),
            None => self.expiry.of(row.balance_type),
        }
    }

    /// When what is credited to this balance now ends.
    pub(crate) fn lot_end(&self, row: &BalanceRow) -> Option<Timestamp> {
        self.expiry(row).and_then(|rule| end(rule, &self.local))
    }

    /// When what comes back to an ended lot of this balance now ends; `None`: at once.
    pub(crate) fn grace_end(&self, row: &BalanceRow) -> Option<Timestamp> {
        self.expiry(row).and_then(|rule| grace_end(rule, &self.local))
    }

    /// To when earning or spending now moves the ends of this balance; `None`: it moves none.
    pub(crate) fn slides_to(&self, row: &BalanceRow) -> Option<Timestamp> {
        self.expiry(row).filter(|rule| rule.sliding).and_then(|rule| end(rule, &self.local))
    }

    /// What becomes of this balance below zero.
    pub(crate) fn negative(&self, row: &BalanceRow) -> Negative {
        self.negative.rule(row.balance_type)
    }

    /// What the books say of value of this balance that ended unused (loyalty.md §3 V7).
    pub(crate) fn breakage(&self, row: &BalanceRow) -> Option<String> {
        match row.balance_type {
            BalanceType::SinglePurposePrepaidVoucher => self.breakage.spv.clone(),
            BalanceType::MultiPurposePrepaidVoucher | BalanceType::PrepaidCredit => self.breakage.mpv.clone(),
            BalanceType::CollectablePoints => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn months(months: i64, at: EndAt) -> Expiry {
        Expiry { months: Some(months), at, ..Expiry::default() }
    }

    fn days(days: i64, at: EndAt) -> Expiry {
        Expiry { days: Some(days), at, ..Expiry::default() }
    }

    /// loyalty.md §10 E4, on the wall of the place.
    #[test]
    fn value_is_good_through_a_day_and_dead_at_midnight() {
        use EndAt::{Day, MonthEnd, YearEnd};
        for (rule, from, dead) in [
            // clamped to the month's end; 2028 is a leap year
            (months(1, Day), "2026-01-31T12:00[Europe/Prague]", "2026-03-01T00:00[Europe/Prague]"),
            (months(1, Day), "2028-01-31T12:00[Europe/Prague]", "2028-03-01T00:00[Europe/Prague]"),
            (months(12, Day), "2028-02-29T12:00[Europe/Prague]", "2029-03-01T00:00[Europe/Prague]"),
            (months(13, Day), "2026-01-31T12:00[Europe/Prague]", "2027-03-01T00:00[Europe/Prague]"),
            (months(1, Day), "2026-03-15T12:00[Europe/Prague]", "2026-04-16T00:00[Europe/Prague]"),
            // the day is the place's: 23:30 UTC on the 30th is the 31st in Prague
            (months(1, Day), "2026-01-31T00:30[Europe/Prague]", "2026-03-01T00:00[Europe/Prague]"),
            (months(1, Day), "2026-01-30T23:30[Etc/UTC]", "2026-03-01T00:00[Etc/UTC]"),
            (months(1, Day), "2026-01-27T23:30[Etc/UTC]", "2026-02-28T00:00[Etc/UTC]"),
            (months(1, MonthEnd), "2026-01-10T12:00[Europe/Prague]", "2026-03-01T00:00[Europe/Prague]"),
            (months(1, MonthEnd), "2026-01-31T12:00[Europe/Prague]", "2026-03-01T00:00[Europe/Prague]"),
            (months(12, YearEnd), "2026-01-10T12:00[Europe/Prague]", "2028-01-01T00:00[Europe/Prague]"),
            (days(30, Day), "2026-03-01T12:00[Europe/Prague]", "2026-04-01T00:00[Europe/Prague]"),
            (days(0, Day), "2026-03-01T23:59[Europe/Prague]", "2026-03-02T00:00[Europe/Prague]"),
            (days(0, MonthEnd), "2026-02-01T00:00[Europe/Prague]", "2026-03-01T00:00[Europe/Prague]"),
            // over the change of clocks midnight stays midnight: 29 March has 23 hours, 25 October 25
            (days(1, Day), "2026-03-28T12:00[Europe/Prague]", "2026-03-30T00:00[Europe/Prague]"),
            (days(1, Day), "2026-10-24T12:00[Europe/Prague]", "2026-10-26T00:00[Europe/Prague]"),
            // a midnight that is missing: the day begins at one
            (days(0, Day), "2026-04-23T12:00[Africa/Cairo]", "2026-04-24T01:00[Africa/Cairo]"),
        ] {
            let from: Zoned = from.parse().unwrap();
            let dead: Zoned = dead.parse().unwrap();
            assert_eq!(end(&rule, &from), Some(dead.timestamp()), "{rule:?} from {from}");
        }
        let never: Zoned = "2026-01-31T12:00[Europe/Prague]".parse().unwrap();
        assert_eq!(end(&Expiry::default(), &never), None);
    }

    /// loyalty.md §6 C2: a grace of 14 days, or none.
    #[test]
    fn returned_value_lives_through_its_grace() {
        let from: Zoned = "2026-03-20T12:00[Europe/Prague]".parse().unwrap();
        let grace = Expiry { returned_grace_days: 14, ..Expiry::default() };
        let dead: Zoned = "2026-04-04T00:00[Europe/Prague]".parse().unwrap();
        assert_eq!(grace_end(&grace, &from), Some(dead.timestamp()));
        assert_eq!(grace_end(&Expiry::default(), &from), None);
    }
}
