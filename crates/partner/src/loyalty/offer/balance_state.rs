//! What does a quote know of a balance, and how do the ledger's units and the request's amounts meet?

use super::hold::Free;
use super::texts::{Language, Text, pick};
use crate::loyalty::ledger::{BalanceRow, Part};
use jiff::Timestamp;
use money::{Amount, Decimal, Precision};
use wire::loyalty::BalanceType;

/// A balance as a quote sees it: its row and what this check may spend of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BalanceState {
    /// The row.
    pub(crate) row: BalanceRow,
    /// What is free for the check that asks.
    pub(crate) free: Free,
}

impl BalanceState {
    /// Whether the cashier picks how much is used. Unless the merchant said otherwise points and credit
    /// are picked, vouchers are used as far as they go.
    pub(crate) fn controllable(&self) -> bool {
        self.row.settings.controllable.unwrap_or(matches!(
            self.row.balance_type,
            BalanceType::CollectablePoints | BalanceType::PrepaidCredit
        ))
    }

    /// What one point is worth in the currency; `None` while the merchant has not said.
    pub(crate) fn point_value(&self) -> Option<Decimal> {
        self.row.settings.point_value.filter(|value| *value > Decimal::ZERO)
    }

    /// Points are spent in multiples of this; at least 1.
    pub(crate) fn point_step(&self) -> i64 {
        self.row.settings.point_step.unwrap_or(1).max(1)
    }

    /// Fewer points than this are not used at all; at least 1.
    pub(crate) fn point_minimum(&self) -> i64 {
        self.row.settings.point_minimum.unwrap_or(1).max(1)
    }

    /// What is on the balance, in its unit and at least 0; what is pending or has ended is not counted.
    pub(crate) fn current(&self, part: Part) -> i64 {
        let all = self.row.posted.saturating_sub(self.free.pending).saturating_sub(self.free.gone).max(0);
        let bonus = self.free.bonus.min(all);
        match part {
            Part::Whole => all,
            Part::Bonus => bonus,
            Part::Paid => all - bonus,
        }
    }

    /// What one part of the balance may spend, after `spent` of the balance went on another part.
    pub(crate) fn free_of(&self, part: Part, spent: i64) -> Free {
        let mut free = self.free.clone();
        free.lots.retain(|lot| part.takes(lot.kind));
        let in_lots: i64 = free.lots.iter().map(|lot| lot.remaining).fold(0, i64::saturating_add);
        let bonus = free.reserved_bonus.min(free.reserved_elsewhere);
        free.available = (free.available - spent).min(in_lots).max(0);
        match part {
            Part::Whole => {}
            Part::Bonus => free.reserved_elsewhere = bonus,
            Part::Paid => free.reserved_elsewhere -= bonus,
        }
        free
    }

    /// The order within a step (loyalty.md §2): the end that comes first (none last), then what has less
    /// left, then the id.
    pub(crate) fn order(&self, part: Part) -> (Timestamp, i64, &str) {
        let lots = self.free.lots.iter().filter(|lot| part.takes(lot.kind));
        let (mut ends, mut left) = (Timestamp::MAX, 0_i64);
        for lot in lots {
            ends = ends.min(lot.expires_at.unwrap_or(Timestamp::MAX));
            left = left.saturating_add(lot.remaining);
        }
        (ends, left.min(self.free.available), &self.row.balance_id)
    }

    /// What the merchant calls it to the cashier, where that was said.
    pub(crate) fn own_pos_title(&self, tag: &str) -> Option<&str> {
        pick(&self.row.settings.titles.pos, tag)
    }

    /// What the cashier reads.
    pub(crate) fn pos_title(&self, tag: &str) -> String {
        pick(&self.row.settings.titles.pos, tag).map_or_else(|| self.default_title(tag), str::to_owned)
    }

    /// What is printed on the bill.
    pub(crate) fn bill_title(&self, tag: &str) -> String {
        pick(&self.row.settings.titles.bill, tag).map_or_else(|| self.pos_title(tag), str::to_owned)
    }

    fn default_title(&self, tag: &str) -> String {
        Text::Balance(self.row.balance_type).in_language(Language::of(tag)).to_owned()
    }
}

/// The merchant's own books: what the ledger counts in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Books {
    /// ISO 4217.
    pub(crate) currency_code: String,
    /// Minor units of the ledger.
    pub(crate) precision: Precision,
}

/// Between the ledger's minor units and the request's. Only what both can express is spent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    /// Request's minor units per ledger unit, when the request is finer or equal.
    up: i64,
    /// Ledger units per request's minor unit, when the ledger is finer.
    down: i64,
}

impl Scale {
    /// From the ledger's precision to the request's.
    pub(crate) fn new(ledger: Precision, request: Precision) -> Self {
        let power = |digits: u8| 10_i64.pow(u32::from(digits));
        Self {
            up: power(request.digits().saturating_sub(ledger.digits())),
            down: power(ledger.digits().saturating_sub(request.digits())),
        }
    }

    /// What of a ledger value the request can express, rounded down.
    pub(crate) fn to_request(self, ledger: i64) -> Amount {
        Amount(ledger.div_euclid(self.down).saturating_mul(self.up))
    }

    /// What of an amount the ledger can express, rounded down, still in the request's units.
    pub(crate) fn spendable(self, amount: Amount) -> Amount {
        Amount(amount.0.div_euclid(self.up) * self.up)
    }

    /// A spendable amount in the ledger's units.
    pub(crate) fn to_ledger(self, amount: Amount) -> i64 {
        (amount.0 / self.up).saturating_mul(self.down)
    }

    /// The smallest amount that can be spent.
    pub(crate) fn step(self) -> Amount {
        Amount(self.up)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_both_sides_can_express_is_spent() {
        let scale =
            |ledger, request| Scale::new(Precision::new(ledger).unwrap(), Precision::new(request).unwrap());
        let same = scale(2, 2);
        assert_eq!(
            (same.to_request(150), same.spendable(Amount(7)), same.to_ledger(Amount(7))),
            (Amount(150), Amount(7), 7)
        );
        // the register counts whole crowns, the ledger hellers: 150.99 is 150
        let coarse = scale(2, 0);
        assert_eq!((coarse.to_request(15_099), coarse.to_ledger(Amount(150))), (Amount(150), 15_000));
        // the register counts thousandths, the ledger whole units
        let fine = scale(0, 3);
        assert_eq!(
            (fine.to_request(3), fine.spendable(Amount(2_999)), fine.to_ledger(Amount(2_000))),
            (Amount(3_000), Amount(2_000), 2)
        );
        assert_eq!(fine.step(), Amount(1_000));
    }
}
