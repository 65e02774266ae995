//! What fills a hole beside value that others held, and when?
//!
//! A fact does not take what another check keeps, so a hole may stand beside a lot (loyalty.md §8 N2). It takes what
//! nobody keeps any more at the instant at which the keeping ends: what was dug before a lot's end comes before that
//! end (§10 E3), what was dug later does not reach back. No command runs at that instant, so the next one books it,
//! instant by instant, and the sums do not depend on which one that is. The value a shortfall of a bill takes is
//! booked as spent by that bill: it goes back to its lot with it (§6 C2). What was paid and what was given do not fill
//! each other's holes by themselves (§3 V9).

use super::{Book, Link, Open, OpenLot, Origin, Side};
use crate::loyalty::ledger::bonus::splits;
use crate::loyalty::ledger::lot::{LotKind, LotPart, LotState, consume};
use crate::loyalty::ledger::{Account, HoldRow, TransferKind, store};
use db::{Error, Tx};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// What dug a hole: its first entry, whose number is the hole's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dug {
    /// A bill used more than there was; else something given was taken back.
    pub(crate) redeems: bool,
    /// The account on the other side.
    pub(crate) other: Account,
    /// The bill it is about.
    pub(crate) link: Link,
}

/// Fills the holes of balances that a command has locked and whose holds it has moved, without booking anything else:
/// posted stays. True where something was filled.
pub(crate) fn fill_holes(
    tx: &mut Tx<'_>,
    merchant: &str,
    balance_ids: &[&str],
    now: Timestamp,
) -> Result<bool, Error> {
    let mut lots = store::open_lots(tx, merchant, balance_ids)?;
    lots.retain(|_, lots| {
        lots.iter().any(|lot| lot.remaining < 0) && lots.iter().any(|lot| lot.remaining > 0)
    });
    let mut balances = BTreeMap::new();
    for balance_id in lots.keys() {
        if let Some(row) = store::get_balance(tx, merchant, balance_id)? {
            balances.insert(balance_id.clone(), Open::new(row));
        }
    }
    if balances.is_empty() {
        return Ok(false);
    }
    let mut book = Book { merchant, now, balances, terms: None };
    book.put_lots(lots);
    book.read_dug(tx)?;
    let holds = book.holds(tx)?;
    for (balance_id, open) in &mut book.balances {
        open.fill_until(&of_balance(&holds, balance_id), now);
    }
    let filled = book.balances.values().any(|open| !open.entries.is_empty());
    if filled {
        book.write(tx)?;
    }
    Ok(filled)
}

fn of_balance<'h>(holds: &'h [HoldRow], balance_id: &str) -> Vec<&'h HoldRow> {
    holds.iter().filter(|hold| hold.balance_id == balance_id).collect()
}

/// What holds that count at an instant keep.
fn kept(holds: &[&HoldRow], instant: Timestamp) -> Vec<LotPart> {
    holds.iter().filter(|hold| hold.counts(instant)).flat_map(|hold| hold.lots.iter().cloned()).collect()
}

impl Book<'_> {
    /// Books what happened by itself until now: holes took what holds gave back, and lots ended.
    pub(super) fn bring_up_to_now(&mut self, tx: &mut Tx<'_>) -> Result<(), Error> {
        let now = self.now;
        self.read_dug(tx)?;
        let has_news = |open: &Open| {
            let mut lots = open.lots.values().filter(|lot| lot.state.remaining > 0);
            lots.any(|lot| open.has_hole() || !lot.state.is_live(now))
        };
        if !self.balances.values().any(has_news) {
            return Ok(());
        }
        let holds = self.holds(tx)?;
        for balance_id in self.balances.keys().cloned().collect::<Vec<_>>() {
            self.bring_balance_up(&balance_id, &of_balance(&holds, &balance_id));
        }
        // the command looks at the entries of its bill
        self.write(tx)
    }

    /// The same for one balance, with the holds on it that are not closed.
    pub(super) fn bring_balance_up(&mut self, balance_id: &str, holds: &[&HoldRow]) {
        let now = self.now;
        if let Some(open) = self.balances.get_mut(balance_id) {
            open.fill_until(holds, now);
        }
        self.expire(balance_id, &kept(holds, now));
    }

    /// A hole that this command dug takes what of its kind it may not spend and nobody keeps: what is pending.
    pub(super) fn fill_from_free_lots(&mut self, tx: &mut Tx<'_>) -> Result<(), Error> {
        let now = self.now;
        let stands_beside = |open: &Open| {
            !open.entries.is_empty()
                && open.has_hole()
                && open.lots.values().any(|lot| lot.state.remaining > 0)
        };
        if !self.balances.values().any(stands_beside) {
            return Ok(());
        }
        let holds = self.holds(tx)?;
        for (balance_id, open) in &mut self.balances {
            open.fill_until(&of_balance(&holds, balance_id), now);
        }
        Ok(())
    }

    fn holds(&self, tx: &mut Tx<'_>) -> Result<Vec<HoldRow>, Error> {
        store::active_holds(tx, self.merchant, &self.balance_ids())
    }

    /// Reads what dug the holes that were there before this command.
    fn read_dug(&mut self, tx: &mut Tx<'_>) -> Result<(), Error> {
        for (balance_id, open) in &mut self.balances {
            for (lot_id, _) in open.holes() {
                if let Ok(entry) = lot_id.parse()
                    && let Some(dug) = store::dug(tx, self.merchant, balance_id, entry)?
                {
                    open.dug.insert(lot_id, dug);
                }
            }
        }
        Ok(())
    }
}

impl Open {
    pub(super) fn has_hole(&self) -> bool {
        self.lots.values().any(|lot| lot.state.remaining < 0)
    }

    /// Whether a lot was given and not paid, or a hole is one in what was given; `None` where value of both kinds is
    /// spent alike.
    pub(super) fn is_given(&self, lot_id: &str) -> Option<bool> {
        if !splits(self.row.balance_type) {
            return None;
        }
        Some(self.lots.get(lot_id).is_some_and(|lot| lot.state.is_given()))
    }

    /// Whose a hole is, and for people which one.
    pub(super) fn link_of_hole(&self, lot_id: &str) -> Link {
        let link = self.dug.get(lot_id).map(|dug| dug.link.clone()).unwrap_or_default();
        Link { reason: Some(format!("shortfall of entry {}", lot_id.trim_start_matches('0'))), ..link }
    }

    /// Gives the holes what the ends of these holds left free, one instant after the other.
    fn fill_until(&mut self, holds: &[&HoldRow], now: Timestamp) {
        let ends = holds.iter().map(|hold| hold.expires_at).filter(|end| *end <= now);
        let instants: BTreeSet<Timestamp> = ends.chain([now]).collect();
        for instant in instants {
            if !self.has_hole() {
                return;
            }
            self.fill_from(&kept(holds, instant));
        }
    }

    /// Gives the holes, the oldest first, what no hold keeps of the lots of their kind that had not ended when they were
    /// dug.
    fn fill_from(&mut self, kept: &[LotPart]) {
        for (hole_id, depth) in self.holes() {
            let Some(dug_at) = self.lots.get(&hole_id).map(|hole| hole.state.earned_at) else { continue };
            let given = self.is_given(&hole_id);
            let lots: Vec<LotState> = self
                .lots
                .values()
                .filter(|lot| lot.state.is_live(dug_at))
                .filter(|lot| given.is_none_or(|given| lot.state.is_given() == given))
                .map(|lot| free(lot, kept))
                .collect();
            for part in consume(&lots, depth).parts {
                self.move_to_hole(&hole_id, &part);
            }
        }
    }

    /// Two entries: the lot gives, the hole takes.
    fn move_to_hole(&mut self, hole_id: &str, part: &LotPart) {
        let link = self.link_of_hole(hole_id);
        let dug = self.dug.get(hole_id);
        let other = dug.map_or(Account::Redemption, |dug| dug.other);
        let redeems = dug.is_some_and(|dug| dug.redeems);
        let kind = if redeems { TransferKind::Spend } else { TransferKind::Fill };
        self.take(&part.lot_id, part.amount);
        self.enter(kind, Side::Debit(other), part, None, &link);
        let reverses = hole_id.parse().ok().filter(|_| redeems);
        let fill = Origin { kind: TransferKind::Fill, other, reverses };
        self.fill_hole(hole_id, &fill, part.amount, &link);
    }
}

/// A lot without what is kept of it; a hole has nothing to give.
fn free(lot: &OpenLot, kept: &[LotPart]) -> LotState {
    let of_lot = kept.iter().filter(|part| part.lot_id == lot.state.lot_id);
    let kept: i64 = of_lot.map(|part| part.amount).sum();
    let remaining = if lot.state.kind == LotKind::Overdraft { 0 } else { lot.state.remaining - kept };
    LotState { remaining, ..lot.state.clone() }
}

#[cfg(test)]
#[path = "book_holes_tests.rs"]
mod tests;
