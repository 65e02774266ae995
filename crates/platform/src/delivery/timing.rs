//! When is an order wanted, and when will it be ready? (protocol.md §5.1)

use door::ApiError;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use wire::delivery::{RequestedTime, Timing};

/// 1900-01-01T00:00:00Z: nobody orders for a time before it.
const EARLIEST: Timestamp = Timestamp::constant(-2_208_988_800, 0);

/// Some time in between; both ends are the same where one instant is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
}

/// When an order is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) as_soon_as_possible: bool,
    /// With the guest.
    pub(super) delivery: Option<Range>,
    /// To be fetched.
    pub(super) pickup: Option<Range>,
}

impl Wanted {
    /// What the order asks for; a time without an offset is one of the place's `zone`.
    ///
    /// # Errors
    /// 400 that names the member.
    pub(super) fn read(timing: &Timing, zone: &TimeZone) -> Result<Self, ApiError> {
        let range = |member: &str, requested: &Option<RequestedTime>| {
            let path = format!("timing.{member}");
            requested.as_ref().map(|requested| read(&path, requested, zone)).transpose()
        };
        let delivery = range("requestedDeliveryTime", &timing.requested_delivery_time)?;
        let pickup = range("requestedPickupTime", &timing.requested_pickup_time)?;
        let at_no_time = delivery.is_none() && pickup.is_none();
        // Whoever asks for no time wants it soon, whatever the flag says.
        let as_soon_as_possible = at_no_time || timing.as_soon_as_possible.unwrap_or(false);
        Ok(Self { as_soon_as_possible, delivery, pickup })
    }

    /// The time the order is asked for, if it is for one: when it is fetched before when it is brought.
    pub(super) fn asked(&self) -> Option<Range> {
        if self.as_soon_as_possible { None } else { self.pickup.or(self.delivery) }
    }

    /// When the kitchen will have it that begins at `now`: after the minutes it takes, and not before it is wanted.
    pub(super) fn ready_at(&self, now: Timestamp, meal_prep_minutes: i64) -> Timestamp {
        let soonest = later(now, meal_prep_minutes);
        self.asked().map_or(soonest, |asked| asked.from.max(soonest))
    }
}

/// So many minutes after `at`.
pub(super) fn later(at: Timestamp, minutes: i64) -> Timestamp {
    at.saturating_add(SignedDuration::from_mins(minutes)).unwrap_or(at)
}

fn read(path: &str, requested: &RequestedTime, zone: &TimeZone) -> Result<Range, ApiError> {
    let instant = |path: &str, text: &str| {
        let read = wire::time::parse_query_time(text, zone).ok().filter(|at| *at >= EARLIEST);
        read.ok_or_else(|| {
            let expected = "a date-time since 1900 such as 2026-03-01T18:30:00+01:00";
            ApiError::field(path, expected, &format!("text of {} characters", text.chars().count()))
        })
    };
    match requested {
        RequestedTime::At(text) => instant(path, text).map(|at| Range { from: at, to: at }),
        RequestedTime::Between { from, to } => {
            let from = instant(&format!("{path}.from"), from)?;
            let path = format!("{path}.to");
            let to = to.as_ref().map_or(Ok(from), |to| instant(&path, to))?;
            if to < from {
                return Err(ApiError::field(&path, "a time not before from", "an earlier one"));
            }
            Ok(Range { from, to })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn wanted(timing: Value) -> Result<Wanted, ApiError> {
        let timing: Timing = wire::read::from_value(timing).unwrap();
        Wanted::read(&timing, &TimeZone::get("Europe/Prague").unwrap())
    }

    #[test]
    fn both_forms_are_a_range() {
        let (six, seven) = (at("2026-03-01T17:00:00Z"), at("2026-03-01T18:00:00Z"));
        let table = [
            (json!("2026-03-01T18:00:00+01:00"), Range { from: six, to: six }),
            (json!("2026-03-01T18:00:00"), Range { from: six, to: six }),
            (
                json!({"from": "2026-03-01T18:00:00+01:00", "to": "2026-03-01T18:00:00Z"}),
                Range { from: six, to: seven },
            ),
            (json!({"from": "2026-03-01T17:00:00.000Z", "to": null}), Range { from: six, to: six }),
        ];
        for (value, range) in table {
            for (member, delivery, pickup) in
                [("requestedDeliveryTime", Some(range), None), ("requestedPickupTime", None, Some(range))]
            {
                let found = wanted(json!({ member: value })).unwrap();
                assert_eq!((found.delivery, found.pickup), (delivery, pickup), "{value}");
                assert_eq!(found.asked(), Some(range));
                let soon = wanted(json!({ member: value, "asSoonAsPossible": true })).unwrap();
                assert_eq!(soon.asked(), None);
            }
        }
        for timing in [json!({}), json!({"asSoonAsPossible": false}), json!({"asSoonAsPossible": true})] {
            assert!(wanted(timing).unwrap().as_soon_as_possible);
        }
    }

    #[test]
    fn what_is_no_time_is_named() {
        for (value, path) in [
            (json!("soon"), "timing.requestedPickupTime"),
            (json!("1899-12-31T23:00:00Z"), "timing.requestedPickupTime"),
            (json!({"from": "18:00"}), "timing.requestedPickupTime.from"),
            (
                json!({"from": "2026-03-01T18:00:00Z", "to": "2026-03-01T17:00:00Z"}),
                "timing.requestedPickupTime.to",
            ),
        ] {
            let error = wanted(json!({"requestedPickupTime": value})).unwrap_err();
            assert_eq!((error.status.as_u16(), error.extra["field"].as_str()), (400, Some(path)));
        }
    }

    #[test]
    fn the_kitchen_takes_its_minutes_and_is_not_early() {
        let now = at("2026-03-01T17:00:00Z");
        for (timing, ready) in [
            (json!({}), "2026-03-01T17:25:00Z"),
            (json!({"requestedPickupTime": "2026-03-01T18:00:00Z"}), "2026-03-01T18:00:00Z"),
            (json!({"requestedPickupTime": "2026-03-01T17:10:00Z"}), "2026-03-01T17:25:00Z"),
            (json!({"requestedDeliveryTime": "2026-03-01T18:30:00Z"}), "2026-03-01T18:30:00Z"),
            (
                json!({"requestedDeliveryTime": "2026-03-01T18:30:00Z", "requestedPickupTime": "2026-03-01T18:00:00Z"}),
                "2026-03-01T18:00:00Z",
            ),
            (
                json!({"requestedPickupTime": "2026-03-01T18:00:00Z", "asSoonAsPossible": true}),
                "2026-03-01T17:25:00Z",
            ),
        ] {
            assert_eq!(wanted(timing.clone()).unwrap().ready_at(now, 25), at(ready), "{timing}");
        }
    }
}
