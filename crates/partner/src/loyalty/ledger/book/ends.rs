//! What do the merchant's terms do to the balances of a book: ends that come, move, or are granted, and holes?

use super::{Book, Entry, Open, Origin, Side};
#[cfg(test)]
use crate::loyalty::ledger::expiry::Terms;
use crate::loyalty::ledger::lot::by_lot;
use crate::loyalty::ledger::{Account, BalanceStatus, Link, LotPart, TransferKind};
use crate::loyalty::program::Negative;
use jiff::Timestamp;
use std::collections::HashMap;

impl Book<'_> {
    /// Puts the book under the merchant's terms: without them nothing ends, nothing slides, and holes stay.
    #[cfg(test)]
    pub(crate) fn under(mut self, terms: Terms) -> Self {
        self.terms = Some(terms);
        self
    }

    /// The end of value that a bill credits to this balance now.
    pub(crate) fn lot_end(&self, balance_id: &str) -> Option<Timestamp> {
        self.terms.as_ref()?.lot_end(self.row(balance_id)?)
    }

    /// Ends what is left of lots past their end, but for what holds keep: that ends with its hold (loyalty.md §10
    /// E3, E5). One entry a lot; what ended in all.
    pub(crate) fn expire(&mut self, balance_id: &str, held: &[LotPart]) -> i64 {
        self.expire_unkept(balance_id, &by_lot(held))
    }

    /// As [`Self::expire`], with the amounts that holds keep of each lot.
    pub(super) fn expire_unkept(&mut self, balance_id: &str, kept: &HashMap<&str, i64>) -> i64 {
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
            let kept = kept.get(lot_id.as_str()).copied().unwrap_or(0);
            let part = LotPart { lot_id, amount: remaining - kept };
            if part.amount > 0 {
                ended += part.amount;
                open.take(&part.lot_id, part.amount);
                open.enter(TransferKind::Expire, Side::Debit(Account::Breakage), &part, None, &link);
            }
        }
        open.ended += ended;
        ended
    }

    /// The value of a balance that ended since it was last locked, and was booked when this book locked it.
    pub(crate) fn ended(&self, balance_id: &str) -> i64 {
        self.balances.get(balance_id).map_or(0, |open| open.ended)
    }

    /// Applies the merchant's terms to the booked entries: once, before they are written.
    pub(super) fn apply_terms(&mut self) {
        for open in self.balances.values_mut() {
            if let Some(terms) = &self.terms {
                open.settle_hole(terms.negative(&open.row));
                if let Some(end) = terms.slides_to(&open.row) {
                    open.slide(end, self.now);
                }
            }
            open.lift_block();
        }
    }
}

impl Open {
    /// Whether the balance is below zero and this command took from it.
    pub(super) fn was_taken_below_zero(&self) -> bool {
        let taken = |entry: &Entry| !entry.credits_guest && entry.kind != TransferKind::WriteOff;
        self.row.posted < 0 && self.entries.iter().any(taken)
    }

    /// Does what the merchant wants with a balance that a fact of this command took below zero (loyalty.md §8 N4), by a
    /// hole of its own or by using the value beside a hole.
    fn settle_hole(&mut self, rule: Negative) {
        if !self.was_taken_below_zero() {
            return;
        }
        match rule {
            Negative::Allow => {}
            Negative::Clamp => {
                let mut short = -self.row.posted;
                let gift = Origin { kind: TransferKind::WriteOff, other: Account::Breakage, reverses: None };
                for (lot_id, _) in self.holes(None) {
                    if short == 0 {
                        break;
                    }
                    let link = self.link_of_hole(&lot_id);
                    short = self.fill_hole(&lot_id, &gift, short, &link);
                }
            }
            Negative::BlockCard if self.row.status == BalanceStatus::Frozen => {}
            Negative::BlockCard => {
                self.changed = true;
                self.row.blocked_from = Some(self.row.status);
                self.row.status = BalanceStatus::Frozen;
            }
        }
    }

    /// A block for a shortfall ends with the shortfall; one that a person set stays (loyalty.md §8 N3, N4).
    pub(super) fn lift_block(&mut self) {
        if self.row.posted >= 0
            && let Some(before) = self.row.blocked_from.take()
        {
            self.changed = true;
            self.row.status = before;
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
