//! When does a bill count as paid, if the register's clock may be wrong?
//!
//! sync.md §5: a `paidAt` more than a day ahead or more than a year old is booked and flagged, and counts as paid at its
//! arrival, because orders, tiers and limits are decided by it.

use jiff::{SignedDuration, Timestamp};

/// A clock may be ahead so far: the whole day, for a register in another zone without one.
const AHEAD_MAX: SignedDuration = SignedDuration::from_hours(24);
/// A report may have waited so long.
const OLD_MAX: SignedDuration = SignedDuration::from_hours(366 * 24);

/// Whether a bill can have been paid at `paid_at` when it was told of at `told_at` and came here at `arrived`.
pub(crate) fn is_plausible(paid_at: Timestamp, told_at: Timestamp, arrived: Timestamp) -> bool {
    paid_at.duration_since(arrived) <= AHEAD_MAX && told_at.duration_since(paid_at) <= OLD_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ahead_and_a_year_back() {
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        let arrived = at("2026-11-30T10:00:00Z");
        for (paid_at, told_at, plausible) in [
            ("2026-11-30T10:00:00Z", "2026-11-30T10:00:00Z", true),
            ("2026-12-01T10:00:00Z", "2026-11-30T10:00:00Z", true),
            ("2026-12-01T10:00:01Z", "2026-11-30T10:00:00Z", false),
            ("2101-05-05T10:00:00Z", "2026-11-30T10:00:00Z", false),
            ("2025-11-30T10:00:00Z", "2026-11-30T10:00:00Z", true),
            ("2025-11-28T10:00:00Z", "2026-11-30T10:00:00Z", false),
            ("1970-01-01T00:00:00Z", "2026-11-30T10:00:00Z", false),
            // history: its sender last touched it when it was paid
            ("2021-03-01T10:00:00Z", "2021-03-01T10:05:00Z", true),
            ("1970-01-01T00:00:00Z", "2021-03-01T10:05:00Z", false),
        ] {
            assert_eq!(is_plausible(at(paid_at), at(told_at), arrived), plausible, "{paid_at} {told_at}");
        }
    }
}
