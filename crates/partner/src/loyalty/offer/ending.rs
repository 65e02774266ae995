//! What of the member's value ends soon (loyalty.md §10 E7)?

use super::balance_state::BalanceState;
use super::given::Given;
use super::reason::Reason;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, Zoned};

/// The next end of a part of a balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ending {
    /// Which of the quote's `given` it is about.
    pub(crate) given: usize,
    /// What ends that day, in the ledger's units.
    pub(crate) amount: i64,
    /// The last day on which it may be used, on the place's calendar.
    pub(crate) last_day: Date,
}

/// The next ends within `days` (0: none is told) of what a member has.
pub(crate) fn soon(given: &[Given], balances: &[BalanceState], local: &Zoned, days: i64) -> Vec<Ending> {
    let now = local.timestamp();
    let told_until = SignedDuration::from_hours(days.saturating_mul(24));
    let mut endings = Vec::new();
    for (index, one) in given.iter().enumerate() {
        let state = &balances[one.balance];
        if days <= 0 || state.row.member_id.is_none() || one.reason == Some(Reason::Frozen) {
            continue;
        }
        let ends = |lot: &crate::loyalty::ledger::LotState| lot.expires_at.filter(|end| *end > now);
        let lots = state.free.lots.iter().filter(|lot| one.part.takes(lot.kind));
        let Some(first) = lots.clone().filter_map(ends).min() else { continue };
        if first.duration_since(now) > told_until {
            continue;
        }
        let last_day = last_day(first, local);
        let amount = lots
            .filter(|lot| ends(lot).is_some_and(|end| self::last_day(end, local) == last_day))
            .map(|lot| lot.remaining)
            .fold(0, i64::saturating_add)
            // what a shortfall takes as soon as this check leaves it is not there to be used
            .min(state.free_of(one.part, 0).available);
        if amount > 0 {
            endings.push(Ending { given: index, amount, last_day });
        }
    }
    endings
}

/// A lot is over at the instant of its end: what ends at midnight was good for the day before.
fn last_day(end: Timestamp, local: &Zoned) -> Date {
    let before = end.checked_sub(SignedDuration::from_micros(1)).unwrap_or(end);
    before.to_zoned(local.time_zone().clone()).date()
}
