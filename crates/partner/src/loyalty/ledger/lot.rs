//! Which lots does a spend consume, and in which order?

use crate::row::Rate;
use jiff::Timestamp;
use money::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The source of a lot that gathers what bills earn.
const BILLS: &str = "bills";

db::row! {
    /// One credit that is still there, wholly or in part, with the values that were frozen at its issue.
    #[derive(Debug, Clone, PartialEq)]
    pub(crate) struct LotState {
        /// Unique within its balance.
        pub(crate) lot_id: String,
        pub(crate) kind: LotKind,
        /// The rest of the credit, in the balance's unit. Below zero only for [`LotKind::Overdraft`].
        pub(crate) remaining: i64,
        /// A fraction (`0.12`), SPV only, as at issue (loyalty.md §3 V5).
        pub(crate) vat_rate: Option<Decimal> as Option<Rate>,
        /// As in [`NewLot::paid_value`]; of a hole, 0 where what is missing was given and not paid.
        pub(crate) paid_value: Option<i64>,
        pub(crate) earned_at: Timestamp,
        /// Spendable from this instant on; `None`: at once (loyalty.md §9 P8).
        pub(crate) available_at: Option<Timestamp>,
        /// The lot is over when `now >= expires_at`.
        pub(crate) expires_at: Option<Timestamp>,
        /// Whether it was earned by bills: what further bills earn until the same end is added to it.
        pub(crate) gathers: bool,
    }
}

impl LotState {
    /// Whether `new`, issued at `now`, is the same in everything that decides what becomes of it, so that this lot may
    /// grow by it. `slides_to` is the instant to which such a credit moves the ends of what is alive.
    pub(crate) fn takes_in(&self, new: &NewLot, slides_to: Option<Timestamp>, now: Timestamp) -> bool {
        let pending = |from: Option<Timestamp>| from.filter(|from| now < *from);
        let slides = || slides_to.is_some() && new.expires_at == slides_to && self.expires_at < slides_to;
        self.gathers
            && new.gathers()
            && self.kind == new.kind
            && self.remaining > 0
            && self.is_live(now)
            && (self.vat_rate, self.paid_value) == (new.vat_rate, new.paid_value)
            && pending(self.available_at) == pending(new.available_at)
            && (self.expires_at == new.expires_at || (self.expires_at.is_some() && slides()))
    }

    /// Whether nobody paid for it: it lowers prices where what was paid pays (loyalty.md §3 V4, V9). A hole is of the
    /// kind of value that is missing.
    pub(crate) fn is_given(&self) -> bool {
        match self.kind {
            LotKind::Bonus => true,
            LotKind::Overdraft => self.paid_value == Some(0),
            LotKind::Paid | LotKind::Earned => false,
        }
    }

    /// Whether it is the part of a face value that was not paid: it goes along with the part that was (V4).
    pub(crate) fn goes_along(&self) -> bool {
        self.kind == LotKind::Bonus && self.paid_value == Some(0)
    }

    /// A new lot in which value of this lot lives on after its end, until the instant `until`.
    pub(crate) fn returned(&self, until: Timestamp) -> NewLot {
        NewLot {
            kind: self.kind,
            source: format!("returned to lot {}", self.lot_id),
            vat_rate: self.vat_rate,
            paid_value: self.paid_value.filter(|_| self.goes_along()),
            available_at: None,
            expires_at: Some(until),
        }
    }

    /// Whether the lot's end has not come at `now`.
    pub(crate) fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }

    /// Whether the lot is not pending any more at `now`.
    pub(crate) fn is_available(&self, now: Timestamp) -> bool {
        self.available_at.is_none_or(|from| now >= from)
    }

    /// Whether the lot's time has not come at `now`: it is there, but not to be spent.
    pub(crate) fn is_pending(&self, now: Timestamp) -> bool {
        self.available_at.is_some_and(|from| now < from)
    }
}

db::text_enum! {
    /// The origin of a lot, which decides how it is spent.
    #[derive(PartialOrd, Ord)]
    pub(crate) enum LotKind {
        /// Given on top of what was paid (loyalty.md §3 V9).
        Bonus = "bonus",
        /// Bought by the guest.
        Paid = "paid",
        /// Earned by a bill.
        Earned = "earned",
        /// A hole: a fact took more than there was. Issued is 0, remaining is at most 0.
        Overdraft = "overdraft",
    }
}

/// The values of a lot that a credit makes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NewLot {
    pub(crate) kind: LotKind,
    /// Where it came from, for people: `opening`, `bill QX2026000417`.
    pub(crate) source: String,
    pub(crate) vat_rate: Option<Decimal>,
    /// What the guest gave, where that is known and not the face value: of a single-purpose voucher, and 0 of the
    /// part of another's face value that was not paid (loyalty.md §3 V4).
    pub(crate) paid_value: Option<i64>,
    /// Spendable from this instant on; `None`: at once.
    pub(crate) available_at: Option<Timestamp>,
    pub(crate) expires_at: Option<Timestamp>,
}

impl NewLot {
    /// What a bill earns: it lies with what other bills earned until the same end. Which bill earned what, the entries
    /// say.
    pub(crate) fn earned(available_at: Option<Timestamp>, expires_at: Option<Timestamp>) -> Self {
        Self {
            kind: LotKind::Earned,
            source: BILLS.to_owned(),
            vat_rate: None,
            paid_value: None,
            available_at,
            expires_at,
        }
    }

    /// As in [`LotState::gathers`].
    pub(crate) fn gathers(&self) -> bool {
        self.kind == LotKind::Earned && self.source == BILLS
    }
}

/// A part of one lot: what a hold keeps (column `partner_hold.lots`, a JSON list of these) and what a
/// spend takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LotPart {
    pub(crate) lot_id: String,
    /// More than 0, in the balance's unit.
    pub(crate) amount: i64,
}

/// The sum of these parts, by the id of the lot.
pub(crate) fn by_lot<'p>(parts: impl IntoIterator<Item = &'p LotPart>) -> HashMap<&'p str, i64> {
    let mut kept = HashMap::new();
    for part in parts {
        *kept.entry(part.lot_id.as_str()).or_default() += part.amount;
    }
    kept
}

/// The outcome of [`consume`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Consumed {
    /// The amount to take from each lot, in the order of consumption.
    pub(crate) parts: Vec<LotPart>,
    /// The amount that no lot covers; 0 when there was enough.
    pub(crate) short: i64,
}

/// Takes `amount` from the lots: the earliest end first, lots without an end last; where the end ties,
/// bonus before paid (loyalty.md §3 V9), then the earlier one, then the id (§10 E2). Lots with nothing
/// left are passed over; which lots may be used at all (live, not held elsewhere) is the caller's choice.
pub(crate) fn consume(lots: &[LotState], amount: i64) -> Consumed {
    consume_free(lots.iter().map(|lot| (lot, lot.remaining)), amount)
}

/// As [`consume`], where only a given amount of each lot may be used.
pub(crate) fn consume_free<'l>(lots: impl Iterator<Item = (&'l LotState, i64)>, amount: i64) -> Consumed {
    let mut consumed = Consumed { parts: Vec::new(), short: amount.max(0) };
    if consumed.short == 0 {
        return consumed;
    }
    let mut order: Vec<(&LotState, i64)> = lots.filter(|(_, free)| *free > 0).collect();
    order.sort_by(|(one, _), (other, _)| key(one).cmp(&key(other)));
    for (lot, free) in order {
        let taken = consumed.short.min(free);
        if taken > 0 {
            consumed.parts.push(LotPart { lot_id: lot.lot_id.clone(), amount: taken });
            consumed.short -= taken;
        }
    }
    consumed
}

/// The key by which lots are ordered for consumption.
pub(crate) fn key(lot: &LotState) -> (Timestamp, LotKind, Timestamp, &str) {
    (lot.expires_at.unwrap_or(Timestamp::MAX), lot.kind, lot.earned_at, &lot.lot_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lot(id: &str, kind: LotKind, remaining: i64, earned: &str, expires: Option<&str>) -> LotState {
        LotState {
            lot_id: id.to_owned(),
            kind,
            remaining,
            vat_rate: None,
            paid_value: None,
            earned_at: earned.parse().unwrap(),
            available_at: None,
            expires_at: expires.map(|end| end.parse().unwrap()),
            gathers: false,
        }
    }

    fn taken(lots: &[LotState], amount: i64) -> (Vec<(String, i64)>, i64) {
        let consumed = consume(lots, amount);
        (consumed.parts.into_iter().map(|part| (part.lot_id, part.amount)).collect(), consumed.short)
    }

    const EARLY: &str = "2026-01-01T00:00:00Z";
    const LATE: &str = "2026-02-01T00:00:00Z";

    /// loyalty.md §10 E2: not plain first in, first out.
    #[test]
    fn the_lot_that_ends_first_goes_first_even_if_earned_later() {
        let lots = [
            lot("A", LotKind::Paid, 100, EARLY, Some("2026-12-31T23:00:00Z")),
            lot("B", LotKind::Paid, 50, LATE, Some("2026-11-30T23:00:00Z")),
        ];
        assert_eq!(taken(&lots, 70), (vec![("B".to_owned(), 50), ("A".to_owned(), 20)], 0));
    }

    #[test]
    fn ties_are_broken_by_bonus_then_age_then_id() {
        let end = Some("2026-12-31T23:00:00Z");
        let lots = [
            lot("c", LotKind::Paid, 10, EARLY, end),
            lot("b", LotKind::Paid, 10, EARLY, end),
            lot("d", LotKind::Paid, 10, "2025-01-01T00:00:00Z", end),
            lot("a", LotKind::Bonus, 10, LATE, end),
            lot("never", LotKind::Bonus, 10, "2020-01-01T00:00:00Z", None),
        ];
        let ids: Vec<String> = taken(&lots, 50).0.into_iter().map(|(id, _)| id).collect();
        assert_eq!(ids, ["a", "d", "b", "c", "never"]);
    }

    #[test]
    fn what_is_missing_is_named_and_holes_are_not_dug_deeper() {
        let lots = [
            lot("hole", LotKind::Overdraft, -30, EARLY, None),
            lot("empty", LotKind::Paid, 0, EARLY, None),
            lot("A", LotKind::Paid, 20, EARLY, None),
        ];
        assert_eq!(taken(&lots, 50), (vec![("A".to_owned(), 20)], 30));
        assert_eq!(taken(&lots, 0), (vec![], 0));
        assert_eq!(taken(&lots, -5), (vec![], 0));
    }

    #[test]
    fn a_lot_is_pending_until_its_instant() {
        let mut one = lot("A", LotKind::Earned, 1, EARLY, None);
        assert!(!one.is_pending(EARLY.parse().unwrap()));
        one.available_at = Some(LATE.parse().unwrap());
        assert!(one.is_pending("2026-01-31T23:59:59Z".parse().unwrap()));
        assert!(!one.is_pending(LATE.parse().unwrap()));
    }

    #[test]
    fn a_lot_is_over_at_the_instant_it_ends() {
        let one = lot("A", LotKind::Paid, 1, EARLY, Some(LATE));
        assert!(one.is_live("2026-01-31T23:59:59Z".parse().unwrap()));
        assert!(!one.is_live(LATE.parse().unwrap()));
    }
}
