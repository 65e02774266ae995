//! How does value that was booked go back: to the guest, or from the guest?

use super::{Book, Origin, Side};
use crate::loyalty::ledger::lot::{LotKind, LotPart, LotState, NewLot, by_lot, consume_free};
use crate::loyalty::ledger::transfer::{Account, Link, Transfer, TransferKind};
use db::{Error, Tx};

impl Book<'_> {
    /// Mirrors a booked spend (or overdraft): holes of its kind first, its own before others, then the value's own lot
    /// with its old end. What was paid does not pay for what was given, or it would come back as that (loyalty.md §3
    /// V9). What belongs to a lot already past its end comes back and expires at once, or lives through the merchant's
    /// grace in a lot of its own (§6 C2). Its lot must be loaded.
    pub(crate) fn give_back(
        &mut self,
        tx: &mut Tx<'_>,
        original: &Transfer,
        link: &Link,
    ) -> Result<(), Error> {
        let open = self.balances.get(&original.balance_id);
        let given = open.and_then(|open| open.is_given(&original.lot_id));
        self.read_holes(tx, &original.balance_id, given, original.amount)?;
        self.give_back_read(original, link);
        Ok(())
    }

    /// As [`Self::give_back`], where the holes that the value may fill have been read already.
    pub(super) fn give_back_read(&mut self, original: &Transfer, link: &Link) {
        let Some(open) = self.balances.get_mut(&original.balance_id) else { return };
        let grace = self.terms.as_ref().and_then(|terms| terms.grace_end(&open.row));
        let (kind, reverses) = (TransferKind::Reversal, Some(original.entry));
        let side = Origin { kind, other: original.other, reverses };
        let given = open.is_given(&original.lot_id);
        let left = open.fill_hole(&original.lot_id, &side, original.amount, link);
        let left = open.fill_holes(&side, left, given, link);
        if left == 0 {
            return;
        }
        let own = open.lots.get_mut(&original.lot_id).filter(|lot| lot.state.kind != LotKind::Overdraft);
        let Some(own) = own else {
            let kind_of_lot = match open.row.counts_points() {
                true => LotKind::Earned,
                false if given == Some(true) => LotKind::Bonus,
                false => LotKind::Paid,
            };
            let lot = NewLot {
                kind: kind_of_lot,
                source: format!("reversal of entry {}", original.entry),
                // where the day of a sale decides, nobody knows any more which one filled the hole
                vat_rate: open.own_rate().or(open.row.settings.vat_rate),
                paid_value: None,
                available_at: None,
                expires_at: None,
            };
            open.issue(&side, left, lot, self.now, link);
            return;
        };
        let ended = !own.state.is_live(self.now);
        if let Some(end) = grace.filter(|_| ended) {
            let lot = own.state.returned(end);
            open.issue(&side, left, lot, self.now, link);
            return;
        }
        own.state.remaining += left;
        own.touched = true;
        let part = LotPart { lot_id: original.lot_id.clone(), amount: left };
        open.enter(kind, Side::Credit(original.other), &part, reverses, link);
        if ended {
            let breakage = self.terms.as_ref().and_then(|terms| terms.breakage(&open.row));
            let link = Link { reason: breakage.or_else(|| link.reason.clone()), ..link.clone() };
            open.take(&part.lot_id, left);
            open.enter(TransferKind::Expire, Side::Debit(Account::Breakage), &part, None, &link);
        }
    }

    /// Mirrors a booked credit: from its own lot what is left of it, then from what ends with that, then from others of
    /// its kind that no hold keeps, then a hole (loyalty.md §6 C3, C5); how deep the hole is. So it takes the same
    /// whether what bills earn until one end lies in one lot or in several. Its lot must be loaded.
    pub(crate) fn take_back(
        &mut self,
        original: &Transfer,
        kind: TransferKind,
        reserved: &[LotPart],
        link: &Link,
    ) -> i64 {
        let Some(open) = self.balances.get_mut(&original.balance_id) else { return 0 };
        let own = open.lots.get(&original.lot_id);
        if own.is_some_and(|lot| {
            lot.state.kind == LotKind::Overdraft && original.kind == TransferKind::WriteOff
        }) {
            // the hole is as deep again as before; what it belongs to fills it next
            let part = LotPart { lot_id: original.lot_id.clone(), amount: original.amount };
            open.take(&part.lot_id, part.amount);
            open.enter(kind, Side::Debit(original.other), &part, Some(original.entry), link);
            return 0;
        }
        let given = open.is_given(&original.lot_id);
        let ends_with = own.map(|lot| (lot.state.kind, lot.state.expires_at));
        let is_own = |lot: &LotState| lot.lot_id == original.lot_id;
        let ends_alike = |lot: &LotState| Some((lot.kind, lot.expires_at)) == ends_with;
        let kept = by_lot(reserved);
        let (mut parts, mut short) = (Vec::new(), original.amount);
        for rank in 0..3 {
            let of_rank = |lot: &LotState| match rank {
                0 => is_own(lot),
                1 => !is_own(lot) && ends_alike(lot),
                _ => !is_own(lot) && !ends_alike(lot),
            };
            let free = open.live_lots(&kept, self.now).filter(|(lot, _)| of_rank(lot));
            let taken = consume_free(
                free.filter(|(lot, _)| given.is_none_or(|given| lot.is_given() == given)),
                short,
            );
            parts.extend(taken.parts);
            short = taken.short;
        }
        for part in &parts {
            open.take(&part.lot_id, part.amount);
            open.enter(kind, Side::Debit(original.other), part, Some(original.entry), link);
        }
        if short > 0 {
            let hole = Origin { kind, other: original.other, reverses: Some(original.entry) };
            open.dig(&hole, short, given == Some(true), self.now, link);
        }
        short
    }

    /// Takes value by hand, from lots that are live and that no hold keeps; false, and nothing is taken, when they
    /// do not cover it.
    pub(crate) fn withdraw(
        &mut self,
        balance_id: &str,
        amount: i64,
        other: Account,
        reserved: &[LotPart],
        link: &Link,
    ) -> bool {
        let Some(open) = self.balances.get_mut(balance_id) else { return false };
        let kept = by_lot(reserved);
        let taken = consume_free(open.free_lots(&kept, self.now), amount);
        if taken.short > 0 || open.row.posted < amount {
            return false;
        }
        for part in &taken.parts {
            open.take(&part.lot_id, part.amount);
            open.enter(TransferKind::Adjust, Side::Debit(other), part, None, link);
        }
        true
    }
}
