//! What fills a hole beside value that others held, and when?
//!
//! A fact does not take what another check keeps, so a hole may stand beside a lot (loyalty.md §8 N2). It takes what
//! nobody keeps any more at the instant at which the keeping ends: what was dug before a lot's end comes before that
//! end (§10 E3), what was dug later does not reach back. No command runs at that instant, so the next one books it,
//! instant by instant, and the sums do not depend on which one that is. The value a shortfall of a bill takes is
//! booked as spent by that bill: it goes back to its lot with it (§6 C2). What was paid and what was given do not fill
//! each other's holes by themselves (§3 V9).
//!
//! A balance may have thousands of holes, so no command reads them all: a credit reads the oldest ones as far as it can
//! fill them, and who only looks knows from the sums that there are some. The holes that lots could fill are read as
//! far as something is free.

use super::{Book, Open, OpenLot, Origin, Side};
use crate::loyalty::ledger::bonus::splits;
use crate::loyalty::ledger::lot::{LotKind, LotPart, LotState, NewLot, by_lot, key};
use crate::loyalty::ledger::transfer::{Account, Dug, Link, TransferKind};
use crate::loyalty::ledger::{BalanceRow, HoldRow, store};
use crate::loyalty::program::Negative;
use db::{Error, Tx};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How many holes are read at a time.
const HOLES_AT_ONCE: usize = 64;

/// The holes of a balance that were read so far: of each kind the oldest ones, up to a last one.
#[derive(Debug, Default)]
pub(super) struct HolesRead {
    paid: Read,
    given: Read,
}

#[derive(Debug, Default)]
struct Read {
    /// The id of the last hole that was read.
    upto: String,
    /// Whether that was the last hole of its kind.
    all: bool,
}

impl HolesRead {
    fn of(&mut self, given: bool) -> &mut Read {
        if given { &mut self.given } else { &mut self.paid }
    }

    /// Whether every hole of this kind was read; `None`: of both kinds.
    pub(super) fn has_all(&self, given: Option<bool>) -> bool {
        match given {
            Some(true) => self.given.all,
            Some(false) => self.paid.all,
            None => self.given.all && self.paid.all,
        }
    }
}

/// The depth of all holes of a balance, worked out from its lots with something left; at least 0.
pub(crate) fn shortfall(row: &BalanceRow, lots: &[LotState]) -> i64 {
    let left = lots.iter().map(|lot| lot.remaining.max(0)).fold(0, i64::saturating_add);
    left.saturating_sub(row.posted).max(0)
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
    let mut balances = BTreeMap::new();
    for (balance_id, lots) in &lots {
        if let Some(row) = store::get_balance(tx, merchant, balance_id)?
            && shortfall(&row, lots) > 0
        {
            balances.insert(balance_id.clone(), Open::new(row));
        }
    }
    if balances.is_empty() {
        return Ok(false);
    }
    lots.retain(|balance_id, _| balances.contains_key(balance_id));
    let mut book = Book { merchant, now, balances, terms: None };
    book.put_lots(lots);
    let holds = book.holds(tx)?;
    for balance_id in book.balances.keys().cloned().collect::<Vec<_>>() {
        book.fill_until_now(tx, &balance_id, &of_balance(&holds, &balance_id))?;
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

/// The amounts that holds keep at an instant, by lot.
fn kept<'h>(holds: &[&'h HoldRow], instant: Timestamp) -> HashMap<&'h str, i64> {
    by_lot(holds.iter().filter(|hold| hold.counts(instant)).flat_map(|hold| &hold.lots))
}

impl Book<'_> {
    /// Books what happened by itself until now: holes took what holds gave back, and lots ended.
    pub(super) fn bring_up_to_now(&mut self, tx: &mut Tx<'_>) -> Result<(), Error> {
        let now = self.now;
        let has_news = |open: &Open| {
            let has_hole = open.has_hole();
            let mut lots = open.lots.values().filter(|lot| lot.state.remaining > 0);
            lots.any(|lot| has_hole || !lot.state.is_live(now))
        };
        if !self.balances.values().any(has_news) {
            return Ok(());
        }
        let holds = self.holds(tx)?;
        for balance_id in self.balances.keys().cloned().collect::<Vec<_>>() {
            let of_balance = of_balance(&holds, &balance_id);
            self.fill_until_now(tx, &balance_id, &of_balance)?;
            self.expire_unkept(&balance_id, &kept(&of_balance, now));
        }
        // the command looks at the entries of its bill
        self.write(tx)
    }

    /// As above for one balance whose holes have been read; `holds` are the holds on it that are not closed.
    #[cfg(test)]
    pub(super) fn bring_balance_up(&mut self, balance_id: &str, holds: &[&HoldRow]) {
        let now = self.now;
        if let Some(open) = self.balances.get_mut(balance_id) {
            open.fill_until(holds, now);
        }
        self.expire_unkept(balance_id, &kept(holds, now));
    }

    /// A hole that this command dug takes what of its kind it may not spend and nobody keeps: what is pending.
    pub(super) fn fill_from_free_lots(&mut self, tx: &mut Tx<'_>) -> Result<(), Error> {
        let stands_beside = |open: &Open| !open.entries.is_empty() && open.has_hole() && open.has_value();
        if !self.balances.values().any(stands_beside) {
            return Ok(());
        }
        let holds = self.holds(tx)?;
        for balance_id in self.balances.keys().cloned().collect::<Vec<_>>() {
            self.fill_until_now(tx, &balance_id, &of_balance(&holds, &balance_id))?;
        }
        Ok(())
    }

    /// Gives the holes of a balance what the ends of these holds left free until now, and reads as many of them as that
    /// can fill.
    fn fill_until_now(&mut self, tx: &mut Tx<'_>, balance_id: &str, holds: &[&HoldRow]) -> Result<(), Error> {
        let now = self.now;
        let Some(open) = self.balances.get(balance_id).filter(|open| open.has_hole()) else { return Ok(()) };
        // holds only end: what is free at any instant before is free now
        let kept = kept(holds, now);
        let free =
            [false, true].map(|given| open.free_of_kind(&kept, given).map(|(_, free)| free).sum::<i64>());
        if free == [0, 0] {
            return Ok(());
        }
        if splits(open.row.balance_type) {
            self.read_holes(tx, balance_id, Some(false), free[0])?;
            self.read_holes(tx, balance_id, Some(true), free[1])?;
        } else {
            self.read_holes(tx, balance_id, None, free[0].saturating_add(free[1]))?;
        }
        self.read_dug(tx, balance_id)?;
        if let Some(open) = self.balances.get_mut(balance_id) {
            open.fill_until(holds, now);
        }
        Ok(())
    }

    fn holds(&self, tx: &mut Tx<'_>) -> Result<Vec<HoldRow>, Error> {
        store::active_holds(tx, self.merchant, &self.balance_ids())
    }

    /// Reads the oldest holes of a kind, or of both, until `amount` fills no more of them.
    pub(super) fn read_holes(
        &mut self,
        tx: &mut Tx<'_>,
        balance_id: &str,
        given: Option<bool>,
        amount: i64,
    ) -> Result<(), Error> {
        let Some(open) = self.balances.get_mut(balance_id) else { return Ok(()) };
        for kind in [false, true].into_iter().filter(|kind| given.is_none_or(|given| given == *kind)) {
            while open.unread > 0 && !open.holes_read.has_all(Some(kind)) && open.depth_read(kind) < amount {
                let after = open.holes_read.of(kind).upto.clone();
                let found = store::holes(tx, self.merchant, balance_id, kind, &after, HOLES_AT_ONCE)?;
                let read = open.holes_read.of(kind);
                read.all = found.len() < HOLES_AT_ONCE;
                if let Some(last) = found.last() {
                    read.upto.clone_from(&last.lot_id);
                }
                for hole in found {
                    if !open.lots.contains_key(&hole.lot_id) {
                        open.put(hole);
                    }
                }
            }
        }
        Ok(())
    }

    /// Reads the holes that the merchant's terms write off, and whose they are.
    pub(super) fn read_holes_to_write_off(&mut self, tx: &mut Tx<'_>) -> Result<(), Error> {
        let clamped = |open: &Open| {
            let rule = self.terms.as_ref().map(|terms| terms.negative(&open.row));
            open.was_taken_below_zero() && rule == Some(Negative::Clamp)
        };
        let clamped = self.balances.iter().filter(|(_, open)| clamped(open));
        let clamped: Vec<(String, i64)> =
            clamped.map(|(balance_id, open)| (balance_id.clone(), -open.row.posted)).collect();
        for (balance_id, short) in clamped {
            self.read_holes(tx, &balance_id, None, short)?;
            self.read_dug(tx, &balance_id)?;
        }
        Ok(())
    }

    /// Reads what dug the holes that have been read.
    fn read_dug(&mut self, tx: &mut Tx<'_>, balance_id: &str) -> Result<(), Error> {
        let Some(open) = self.balances.get_mut(balance_id) else { return Ok(()) };
        for (lot_id, _) in open.holes(None) {
            if !open.dug.contains_key(&lot_id)
                && let Ok(entry) = lot_id.parse()
                && let Some(dug) = store::dug(tx, self.merchant, balance_id, entry)?
            {
                open.dug.insert(lot_id, dug);
            }
        }
        Ok(())
    }
}

impl Open {
    /// Whether something is missing.
    pub(super) fn has_hole(&self) -> bool {
        self.unread > 0 || self.lots.values().any(|lot| lot.state.remaining < 0)
    }

    /// The depths of the holes of a kind that were read, one after the other.
    fn depth_read(&self, given: bool) -> i64 {
        let upto = if given { &self.holes_read.given.upto } else { &self.holes_read.paid.upto };
        let read = self.lots.range::<String, _>(..=upto.clone()).map(|(_, lot)| &lot.state);
        let holes = read.filter(|lot| lot.remaining < 0 && lot.is_given() == given);
        holes.map(|lot| -lot.remaining).fold(0, i64::saturating_add)
    }

    /// A hole of the kind of value that is missing: `given`, or paid. What one command takes back of a bill for one
    /// cause makes one hole; what a bill used has a hole of its own, so that what fills it later is the bill's.
    pub(super) fn dig(&mut self, hole: &Origin, short: i64, given: bool, now: Timestamp, link: &Link) {
        let redeems = hole.kind == TransferKind::Overdraft;
        let cause = Dug { redeems, other: hole.other, link: link.clone() };
        if !redeems && let Some(lot_id) = self.hole_of(&cause, given) {
            let part = LotPart { lot_id, amount: short };
            self.take(&part.lot_id, part.amount);
            self.enter(hole.kind, Side::Debit(hole.other), &part, hole.reverses, link);
            return;
        }
        let lot_id = self.next_lot_id();
        let paid_value = given.then_some(0);
        let new = NewLot {
            kind: LotKind::Overdraft,
            source: link
                .bill_id
                .as_ref()
                .map_or_else(|| "shortfall".to_owned(), |bill| format!("bill {bill}")),
            vat_rate: self.own_rate(),
            paid_value,
            available_at: None,
            expires_at: None,
        };
        let state = LotState {
            lot_id: lot_id.clone(),
            kind: LotKind::Overdraft,
            remaining: -short,
            vat_rate: self.own_rate(),
            paid_value,
            earned_at: now,
            available_at: None,
            expires_at: None,
            gathers: false,
        };
        self.lots.insert(lot_id.clone(), OpenLot { state, new: Some((new, 0)), grown: 0, touched: true });
        self.dug.insert(lot_id.clone(), cause);
        let part = LotPart { lot_id, amount: short };
        self.enter(hole.kind, Side::Debit(hole.other), &part, hole.reverses, link);
    }

    /// A hole that this command dug for the same cause, in value of the same kind.
    fn hole_of(&self, cause: &Dug, given: bool) -> Option<String> {
        let same = |lot: &&OpenLot| {
            lot.new.is_some()
                && lot.state.remaining < 0
                && lot.state.is_given() == given
                && self.dug.get(&lot.state.lot_id) == Some(cause)
        };
        self.lots.values().find(same).map(|lot| lot.state.lot_id.clone())
    }

    /// Fills holes with up to `amount`, the oldest first; what stays of it. `given` says of which kind they must be. So
    /// many of them must have been read.
    pub(super) fn fill_holes(&mut self, from: &Origin, amount: i64, given: Option<bool>, link: &Link) -> i64 {
        let mut left = amount.max(0);
        if left == 0 || !self.has_hole() {
            return left;
        }
        for (lot_id, _) in self.holes(given) {
            left = self.fill_hole(&lot_id, from, left, link);
            if left == 0 {
                return 0;
            }
        }
        debug_assert!(self.holes_read.has_all(given) || self.unread <= 0, "holes were not read");
        left
    }

    /// Fills one hole with up to `amount`, and returns the rest of `amount`. A lot that is no hole takes nothing.
    pub(super) fn fill_hole(&mut self, lot_id: &str, from: &Origin, amount: i64, link: &Link) -> i64 {
        let depth = self.lots.get(lot_id).map_or(0, |lot| -lot.state.remaining);
        let part = LotPart { lot_id: lot_id.to_owned(), amount: amount.min(depth) };
        if part.amount <= 0 {
            return amount;
        }
        self.take(&part.lot_id, -part.amount);
        self.enter(from.kind, Side::Credit(from.other), &part, from.reverses, link);
        amount - part.amount
    }

    /// The holes of a kind that were read or dug, with their depths, the oldest first; `None`: of either kind.
    pub(super) fn holes(&self, given: Option<bool>) -> Vec<(String, i64)> {
        let of_kind = |lot: &&OpenLot| given.is_none_or(|given| lot.state.is_given() == given);
        let holes = self.lots.values().filter(|lot| lot.state.remaining < 0).filter(of_kind);
        holes.map(|lot| (lot.state.lot_id.clone(), -lot.state.remaining)).collect()
    }

    /// Whether a lot was given and not paid, or a hole is one in what was given; `None` where value of both kinds is
    /// spent alike.
    pub(super) fn is_given(&self, lot_id: &str) -> Option<bool> {
        if !splits(self.row.balance_type) {
            return None;
        }
        Some(self.lots.get(lot_id).is_some_and(|lot| lot.state.is_given()))
    }

    /// The cause of a hole, and a text for people that names it.
    pub(super) fn link_of_hole(&self, lot_id: &str) -> Link {
        let link = self.dug.get(lot_id).map(|dug| dug.link.clone()).unwrap_or_default();
        Link { reason: Some(format!("shortfall of entry {}", lot_id.trim_start_matches('0'))), ..link }
    }

    /// The bonus lots, or the other lots, of which no hold keeps everything, each with the amount that is free.
    fn free_of_kind<'o>(
        &'o self,
        kept: &'o HashMap<&str, i64>,
        given: bool,
    ) -> impl Iterator<Item = (&'o LotState, i64)> {
        let lots = self.lots.values().map(|lot| &lot.state);
        let lots = lots.filter(move |lot| lot.kind != LotKind::Overdraft && lot.is_given() == given);
        lots.map(|lot| (lot, lot.remaining - kept.get(lot.lot_id.as_str()).copied().unwrap_or(0)))
            .filter(|(_, free)| *free > 0)
    }

    /// Gives the holes what the ends of these holds left free, one instant after the other.
    fn fill_until(&mut self, holds: &[&HoldRow], now: Timestamp) {
        let ends = holds.iter().map(|hold| hold.expires_at).filter(|end| *end <= now);
        let instants: BTreeSet<Timestamp> = ends.chain([now]).collect();
        let mut ending: Vec<&&HoldRow> = holds.iter().collect();
        ending.sort_by_key(|hold| hold.expires_at);
        let mut ending = ending.into_iter().peekable();
        let mut kept = by_lot(holds.iter().flat_map(|hold| &hold.lots));
        for instant in instants {
            if self.lots.values().all(|lot| lot.state.remaining >= 0) {
                return;
            }
            while let Some(over) = ending.next_if(|hold| !hold.counts(instant)) {
                for part in &over.lots {
                    kept.entry(part.lot_id.as_str()).and_modify(|left| *left -= part.amount);
                }
            }
            self.fill_from(&kept);
        }
    }

    /// Gives the holes, the oldest first, what no hold keeps of the lots of their kind that had not ended when they were
    /// dug.
    fn fill_from(&mut self, kept: &HashMap<&str, i64>) {
        let apart = splits(self.row.balance_type);
        let mut free: Vec<Free> = Vec::new();
        for given in [false, true] {
            let lots = self.free_of_kind(kept, given);
            free.extend(lots.map(|(lot, left)| Free { lot: lot.clone(), given: given && apart, left }));
        }
        free.sort_by(|one, other| key(&one.lot).cmp(&key(&other.lot)));
        let mut left = free.iter().map(|one| one.left).fold(0, i64::saturating_add);
        for (hole_id, depth) in self.holes(None) {
            if left == 0 {
                return;
            }
            let Some(hole) = self.lots.get(&hole_id).map(|hole| hole.state.clone()) else { continue };
            let (given, dug_at) = (apart && hole.is_given(), hole.earned_at);
            let mut missing = depth;
            for one in &mut free {
                if one.given != given || !one.lot.is_live(dug_at) {
                    continue;
                }
                let amount = missing.min(one.left);
                if amount > 0 {
                    (missing, one.left, left) = (missing - amount, one.left - amount, left - amount);
                    self.move_to_hole(&hole_id, &LotPart { lot_id: one.lot.lot_id.clone(), amount });
                }
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

/// A lot with an amount that is free to fill holes.
struct Free {
    lot: LotState,
    /// Whether it is bonus value, where bonus is spent apart.
    given: bool,
    left: i64,
}

#[cfg(test)]
mod tests;
