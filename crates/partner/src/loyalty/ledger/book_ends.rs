//! What do the merchant's terms do to the balances of a book: ends that come, move, or are granted, and holes?

use super::{Book, Open, Origin, Side};
use crate::loyalty::ledger::expiry::Terms;
use crate::loyalty::ledger::{Account, BalanceStatus, Link, LotKind, LotPart, TransferKind};
use crate::loyalty::program::Negative;
use jiff::Timestamp;

impl Book<'_> {
    /// Puts the book under the merchant's terms: without them nothing ends, nothing slides, and holes stay.
    pub(crate) fn under(mut self, terms: Terms) -> Self {
        self.terms = Some(terms);
        self
    }

    /// When what a bill credits to this balance now ends.
    pub(crate) fn lot_end(&self, balance_id: &str) -> Option<Timestamp> {
        self.terms.as_ref()?.lot_end(self.row(balance_id)?)
    }

    /// Ends what is left of lots past their end, but for what holds keep: that ends with its hold (loyalty.md §10
    /// E3, E5). One entry a lot; what ended in all.
    pub(crate) fn expire(&mut self, balance_id: &str, held: &[LotPart]) -> i64 {
        let Some(open) = self.balances.get_mut(balance_id) else { return 0 };
        let reason = self.terms.as_ref().and_then(|terms| terms.breakage(&open.row));
        let link = Link { reason, ..Link::default() };
        let mut ended = 0;
        let over: Vec<(String, i64)> = open
            .lots
            .values()
            .filter(|lot| lot.state.remaining > 0 && !lot.state.is_live(self.now))
            .map(|lot| (lot.state.lot_id.clone(), lot.state.remaining))
            .collect();
        for (lot_id, remaining) in over {
            let kept: i64 = held.iter().filter(|part| part.lot_id == lot_id).map(|part| part.amount).sum();
            let part = LotPart { lot_id, amount: remaining - kept };
            if part.amount > 0 {
                ended += part.amount;
                open.take(&part.lot_id, part.amount);
                open.enter(TransferKind::Expire, Side::Debit(Account::Breakage), &part, None, &link);
            }
        }
        ended
    }

    /// What the terms make of what was booked: once, before it is written.
    pub(super) fn apply_terms(&mut self) {
        let Some(terms) = &self.terms else { return };
        for open in self.balances.values_mut() {
            open.settle_hole(terms.negative(&open.row));
            if let Some(end) = terms.slides_to(&open.row) {
                open.slide(end, self.now);
            }
        }
    }
}

impl Open {
    /// A balance that this command took below zero (loyalty.md §8 N4).
    fn settle_hole(&mut self, rule: Negative) {
        if self.row.posted >= 0 {
            return;
        }
        let dug = self.entries.iter().rev().find(|entry| {
            !entry.credits_guest
                && entry.kind != TransferKind::WriteOff
                && self.lots.get(&entry.lot_id).is_some_and(|lot| lot.state.kind == LotKind::Overdraft)
        });
        let Some(dug) = dug else { return };
        match rule {
            Negative::Allow => {}
            Negative::Clamp => {
                let reason = Some(format!("shortfall of entry {}", dug.number));
                let link = Link { reason, ..dug.link.clone() };
                let gift = Origin { kind: TransferKind::WriteOff, other: Account::Breakage, reverses: None };
                self.fill_holes(&gift, -self.row.posted, None, &link);
            }
            Negative::BlockCard => {
                self.changed |= self.row.status != BalanceStatus::Frozen;
                self.row.status = BalanceStatus::Frozen;
            }
        }
    }

    /// Earning, topping up and spending move the ends of what is alive, never back (loyalty.md §10 E6).
    fn slide(&mut self, end: Timestamp, now: Timestamp) {
        let active = self.entries.iter().any(|entry| {
            matches!(entry.kind, TransferKind::Earn | TransferKind::TopUp | TransferKind::Spend)
        });
        if !active {
            return;
        }
        for lot in self.lots.values_mut().filter(|lot| lot.state.remaining > 0 && lot.state.is_live(now)) {
            if lot.state.expires_at.is_some_and(|ends| ends < end) {
                lot.state.expires_at = Some(end);
                lot.touched = true;
            }
        }
    }
}
