//! How does one command book on the balances it has locked?
//!
//! [`Book::lock`] takes the rows, the methods move value in memory, [`Book::close`] writes everything:
//! lots, numbered entries, posted sums. Nothing here refuses: a report is a fact (loyalty.md §5), and
//! what no lot covers becomes an overdraft lot, a hole that later credits fill first (§8 N2, N3).

use super::balance::{BalanceRow, BalanceStatus};
use super::bonus::{Part, splits};
use super::expiry::Terms;
use super::lot::{Consumed, LotKind, LotPart, LotState, NewLot, consume};
use super::store;
use super::transfer::{Account, Transfer, TransferKind};
use db::{Error, Tx};
use jiff::Timestamp;
use money::Decimal;
use std::collections::{BTreeMap, BTreeSet};
use wire::loyalty::BalanceType;

/// The balances one command has locked, and what it books on them.
#[derive(Debug)]
pub(crate) struct Book<'a> {
    merchant: &'a str,
    now: Timestamp,
    balances: BTreeMap<String, Open>,
    terms: Option<Terms>,
}

#[derive(Debug)]
struct Open {
    row: BalanceRow,
    lots: BTreeMap<String, OpenLot>,
    entries: Vec<Entry>,
    changed: bool,
}

#[derive(Debug)]
struct OpenLot {
    state: LotState,
    /// What it was issued with, when this command made it.
    new: Option<(NewLot, i64)>,
    touched: bool,
}

#[derive(Debug)]
struct Entry {
    number: i64,
    kind: TransferKind,
    credits_guest: bool,
    other: Account,
    amount: i64,
    lot_id: String,
    reverses: Option<i64>,
    link: Link,
    lines: Option<String>,
}

/// What an entry is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) offer_id: Option<String>,
    pub(crate) bill_id: Option<String>,
    /// For people: why, where the kind does not say it.
    pub(crate) reason: Option<String>,
}

/// What a spend may take from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spend<'a> {
    /// In the balance's unit, at least 0.
    pub(crate) amount: i64,
    /// What the check's own hold keeps: taken first, even past a lot's end (loyalty.md §10 E3).
    pub(crate) own: &'a [LotPart],
    /// What holds of other checks keep: not touched.
    pub(crate) reserved: &'a [LotPart],
    /// The instant at which a lot must have been live.
    pub(crate) live_at: Timestamp,
    /// Which lots it means.
    pub(crate) of: Part,
}

/// What is added to a balance.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Credit {
    pub(crate) kind: TransferKind,
    /// Where it comes from.
    pub(crate) other: Account,
    /// In the balance's unit, above 0.
    pub(crate) amount: i64,
    /// The lot it makes.
    pub(crate) lot: NewLot,
    /// How the amount lies over the lines of a bill (JSON), where a later refund needs to know.
    pub(crate) lines: Option<String>,
}

/// What a spend took.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Spent {
    /// From which lots.
    pub(crate) parts: Vec<LotPart>,
    /// The part of it that bonus lots gave.
    pub(crate) bonus: i64,
    /// What nothing covered: it went into an overdraft lot.
    pub(crate) short: i64,
}

impl<'a> Book<'a> {
    /// Locks the balances in the order of their ids. Ids this merchant does not have are left out.
    pub(crate) fn lock(
        tx: &mut Tx<'_>,
        merchant: &'a str,
        balance_ids: &BTreeSet<&str>,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let mut balances = BTreeMap::new();
        for balance_id in balance_ids {
            if let Some(row) = store::lock_balance(tx, merchant, balance_id, now)? {
                balances.insert((*balance_id).to_owned(), Open::new(row));
            }
        }
        let known: Vec<&str> = balances.keys().map(String::as_str).collect();
        let lots = store::open_lots(tx, merchant, &known)?;
        let mut book = Self { merchant, now, balances, terms: None };
        for (balance_id, lots) in lots {
            if let Some(open) = book.balances.get_mut(&balance_id) {
                open.lots = lots.into_iter().map(|lot| (lot.lot_id.clone(), OpenLot::stored(lot))).collect();
            }
        }
        Ok(book)
    }

    /// A balance that was just inserted in this transaction: nobody else can see it.
    pub(crate) fn of_new_balance(merchant: &'a str, row: BalanceRow, now: Timestamp) -> Self {
        let balances = BTreeMap::from([(row.balance_id.clone(), Open::new(row))]);
        Self { merchant, now, balances, terms: None }
    }

    /// The row of a locked balance as it stands in the book.
    pub(crate) fn row(&self, balance_id: &str) -> Option<&BalanceRow> {
        self.balances.get(balance_id).map(|open| &open.row)
    }

    /// The ids of the locked balances, in order.
    pub(crate) fn balance_ids(&self) -> Vec<&str> {
        self.balances.keys().map(String::as_str).collect()
    }

    /// What kind a lot of a locked balance is; `None` for one that is empty and was not loaded.
    pub(crate) fn kind_of_lot(&self, balance_id: &str, lot_id: &str) -> Option<LotKind> {
        self.balances.get(balance_id)?.lots.get(lot_id).map(|lot| lot.state.kind)
    }

    /// Whether moving `amount` (either way) keeps the balance a number that can be counted.
    pub(crate) fn has_room(&self, balance_id: &str, amount: i64) -> bool {
        self.balances.get(balance_id).is_some_and(|open| {
            open.row.posted.checked_add(amount).is_some() && open.row.posted.checked_sub(amount).is_some()
        })
    }

    /// Sets whether the balance may be spent.
    pub(crate) fn set_status(&mut self, balance_id: &str, status: BalanceStatus) {
        if let Some(open) = self.balances.get_mut(balance_id) {
            open.changed |= open.row.status != status;
            open.row.status = status;
        }
    }

    /// Makes sure a lot is in the book even if nothing is left of it: value may return to it.
    pub(crate) fn load_lot(&mut self, tx: &mut Tx<'_>, balance_id: &str, lot_id: &str) -> Result<(), Error> {
        let Some(open) = self.balances.get_mut(balance_id) else { return Ok(()) };
        if !open.lots.contains_key(lot_id)
            && let Some(lot) = store::get_lot(tx, self.merchant, balance_id, lot_id)?
        {
            open.lots.insert(lot_id.to_owned(), OpenLot::stored(lot));
        }
        Ok(())
    }

    /// Takes what a bill used: the own hold's lots, then free ones in their order, then a hole.
    pub(crate) fn spend(&mut self, balance_id: &str, spend: &Spend<'_>, link: &Link) -> Spent {
        let Some(open) = self.balances.get_mut(balance_id) else { return Spent::default() };
        let mut left = spend.amount.max(0);
        let mut parts = Vec::new();
        for held in spend.own {
            let lot = open.lots.get(&held.lot_id).filter(|lot| spend.of.takes(lot.state.kind));
            let remaining = lot.map_or(0, |lot| lot.state.remaining);
            let taken = left.min(held.amount).min(remaining);
            if taken > 0 {
                parts.push(LotPart { lot_id: held.lot_id.clone(), amount: taken });
                left -= taken;
                open.take(&held.lot_id, taken);
            }
        }
        let mut free = open.free_lots(spend.reserved, spend.live_at);
        free.retain(|lot| spend.of.takes(lot.kind) && !lot.is_pending(spend.live_at));
        let free = consume(&free, left);
        for part in &free.parts {
            open.take(&part.lot_id, part.amount);
        }
        parts.extend(free.parts);
        let mut spent = Spent { bonus: 0, short: free.short, parts };
        for part in &spent.parts {
            if open.lots.get(&part.lot_id).is_some_and(|lot| lot.state.kind == LotKind::Bonus) {
                spent.bonus += part.amount;
            }
            open.enter(TransferKind::Spend, Side::Debit(Account::Redemption), part, None, link);
        }
        if spent.short > 0 {
            let hole = Origin { kind: TransferKind::Overdraft, other: Account::Redemption, reverses: None };
            open.dig(&hole, spent.short, spend.of == Part::Bonus, self.now, link);
        }
        spent
    }

    /// Adds value: it fills holes first, those of its own kind before others, and what stays makes a lot. Value that
    /// pays and was sold below its face makes two: what was paid, and the rest, which lowers prices (loyalty.md §3 V4).
    pub(crate) fn credit(&mut self, balance_id: &str, credit: Credit, link: &Link) {
        let Some(open) = self.balances.get_mut(balance_id) else { return };
        let first = open.entries.len();
        let side = Origin { kind: credit.kind, other: credit.other, reverses: None };
        for (amount, lot) in in_kinds(open.row.balance_type, credit.amount, credit.lot) {
            let left = open.fill_holes(&side, amount, Some(lot.kind == LotKind::Bonus), link);
            let left = open.fill_holes(&side, left, None, link);
            if left > 0 {
                open.issue(&side, left, lot, self.now, link);
            }
        }
        if let Some(entry) = open.entries.get_mut(first) {
            entry.lines = credit.lines;
        }
    }

    /// Mirrors a booked spend (or overdraft): holes of its kind first, then the value's own lot with its old end: what
    /// was paid does not pay for what was given, or it would come back as that (loyalty.md §3 V9). What
    /// belongs to a lot already past its end comes back and expires at once, or lives through the merchant's
    /// grace in a lot of its own (loyalty.md §6 C2). Its lot must be loaded.
    pub(crate) fn give_back(&mut self, original: &Transfer, link: &Link) {
        let Some(open) = self.balances.get_mut(&original.balance_id) else { return };
        let grace = self.terms.as_ref().and_then(|terms| terms.grace_end(&open.row));
        let (kind, reverses) = (TransferKind::Reversal, Some(original.entry));
        let side = Origin { kind, other: original.other, reverses };
        let given = open.lots.get(&original.lot_id).is_some_and(|lot| lot.state.is_given());
        let left = open.fill_holes(&side, original.amount, Some(given), link);
        if left == 0 {
            return;
        }
        let own = open.lots.get_mut(&original.lot_id).filter(|lot| lot.state.kind != LotKind::Overdraft);
        let Some(own) = own else {
            let kind_of_lot = match open.row.counts_points() {
                true => LotKind::Earned,
                false if given => LotKind::Bonus,
                false => LotKind::Paid,
            };
            let lot = NewLot {
                kind: kind_of_lot,
                source: format!("reversal of entry {}", original.entry),
                vat_rate: open.own_rate(),
                paid_value: None,
                available_at: None,
                expires_at: None,
            };
            open.issue(&side, left, lot, self.now, link);
            return;
        };
        let ended = !own.state.is_live(self.now);
        if let Some(end) = grace.filter(|_| ended) {
            let lot = NewLot {
                kind: own.state.kind,
                source: format!("returned to lot {}", own.state.lot_id),
                vat_rate: own.state.vat_rate,
                paid_value: own.state.paid_value.filter(|_| own.state.goes_along()),
                available_at: None,
                expires_at: Some(end),
            };
            open.issue(&side, left, lot, self.now, link);
            return;
        }
        own.state.remaining += left;
        own.touched = true;
        let part = LotPart { lot_id: original.lot_id.clone(), amount: left };
        open.enter(kind, Side::Credit(original.other), &part, reverses, link);
        if ended {
            open.take(&part.lot_id, left);
            open.enter(TransferKind::Expire, Side::Debit(Account::Breakage), &part, None, link);
        }
    }

    /// Mirrors a booked credit: from its own lot what is left of it, then from others of its kind that no hold keeps,
    /// then a hole (loyalty.md §6 C3, C5); how deep the hole is. Its lot must be loaded.
    pub(crate) fn take_back(
        &mut self,
        original: &Transfer,
        kind: TransferKind,
        reserved: &[LotPart],
        link: &Link,
    ) -> i64 {
        let Some(open) = self.balances.get_mut(&original.balance_id) else { return 0 };
        let given = open.lots.get(&original.lot_id).is_some_and(|lot| lot.state.is_given());
        let mut free = open.live_lots(reserved, self.now);
        free.retain(|lot| lot.is_given() == given);
        free.sort_by_key(|lot| lot.lot_id != original.lot_id);
        let own = free.first().filter(|lot| lot.lot_id == original.lot_id);
        let from_own = consume(own.map(std::slice::from_ref).unwrap_or_default(), original.amount);
        let Consumed { parts, short } = consume(
            free.iter().filter(|lot| lot.lot_id != original.lot_id).cloned().collect::<Vec<_>>().as_slice(),
            from_own.short,
        );
        for part in from_own.parts.iter().chain(&parts) {
            open.take(&part.lot_id, part.amount);
            open.enter(kind, Side::Debit(original.other), part, Some(original.entry), link);
        }
        if short > 0 {
            let hole = Origin { kind, other: original.other, reverses: Some(original.entry) };
            open.dig(&hole, short, given, self.now, link);
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
        let taken = consume(&open.free_lots(reserved, self.now), amount);
        if taken.short > 0 || open.row.posted < amount {
            return false;
        }
        for part in &taken.parts {
            open.take(&part.lot_id, part.amount);
            open.enter(TransferKind::Adjust, Side::Debit(other), part, None, link);
        }
        true
    }

    /// Writes what was booked; balances without an entry and without a change are only locked.
    pub(crate) fn close(mut self, tx: &mut Tx<'_>) -> Result<(), Error> {
        self.apply_terms();
        for (balance_id, open) in &self.balances {
            for lot in open.lots.values().filter(|lot| lot.touched) {
                match &lot.new {
                    Some((new, issued)) => {
                        store::insert_lot(tx, self.merchant, balance_id, &lot.state, *issued, new)?;
                    }
                    None => store::update_lot(tx, self.merchant, balance_id, &lot.state)?,
                }
            }
            for entry in &open.entries {
                let (debit, credit) = if entry.credits_guest {
                    (entry.other, Account::Guest)
                } else {
                    (Account::Guest, entry.other)
                };
                store::insert_transfer(
                    tx,
                    &store::NewTransfer {
                        merchant: self.merchant,
                        balance_id,
                        entry: entry.number,
                        kind: entry.kind.text(),
                        debit,
                        credit,
                        amount: entry.amount,
                        lot_id: &entry.lot_id,
                        member_id: open.row.member_id.as_deref(),
                        offer_id: entry.link.offer_id.as_deref(),
                        bill_id: entry.link.bill_id.as_deref(),
                        reverses: entry.reverses,
                        reason: entry.link.reason.as_deref(),
                        lines: entry.lines.as_deref(),
                        now: self.now,
                    },
                )?;
            }
            if open.changed || !open.entries.is_empty() {
                store::settle_balance(tx, self.merchant, &open.row)?;
            }
        }
        Ok(())
    }
}

/// The lots a credit makes, with their amounts: one, or two where a face value that pays was not all paid
/// (loyalty.md §3 V4).
fn in_kinds(balance_type: BalanceType, amount: i64, lot: NewLot) -> Vec<(i64, NewLot)> {
    let below_face = lot
        .paid_value
        .filter(|paid| lot.kind == LotKind::Paid && splits(balance_type) && (0..amount).contains(paid));
    let Some(paid) = below_face else { return vec![(amount, lot)] };
    let rest = NewLot { kind: LotKind::Bonus, paid_value: Some(0), ..lot.clone() };
    [(paid, NewLot { paid_value: None, ..lot }), (amount - paid, rest)]
        .into_iter()
        .filter(|(amount, _)| *amount > 0)
        .collect()
}

/// The account opposite the guest's, on the side where it stands.
#[derive(Clone, Copy)]
enum Side {
    /// The guest's balance is debited, this account credited.
    Debit(Account),
    /// The guest's balance is credited, this account debited.
    Credit(Account),
}

/// What the entries of one step have in common.
struct Origin {
    kind: TransferKind,
    other: Account,
    reverses: Option<i64>,
}

impl OpenLot {
    fn stored(state: LotState) -> Self {
        Self { state, new: None, touched: false }
    }
}

impl Open {
    fn new(row: BalanceRow) -> Self {
        Self { row, lots: BTreeMap::new(), entries: Vec::new(), changed: false }
    }

    /// Lots as a new spend sees them: live, not pending, and without what others hold of them.
    fn free_lots(&self, reserved: &[LotPart], live_at: Timestamp) -> Vec<LotState> {
        let mut free = self.live_lots(reserved, live_at);
        free.retain(|lot| lot.is_available(live_at));
        free
    }

    /// Lots that have not ended, pending ones too, without what others hold of them.
    fn live_lots(&self, reserved: &[LotPart], live_at: Timestamp) -> Vec<LotState> {
        let kept = |lot_id: &str| -> i64 {
            reserved.iter().filter(|part| part.lot_id == lot_id).map(|part| part.amount).sum()
        };
        let live = self.lots.values().filter(|lot| lot.state.is_live(live_at));
        live.map(|lot| LotState {
            remaining: lot.state.remaining - kept(&lot.state.lot_id),
            ..lot.state.clone()
        })
        .collect()
    }

    fn take(&mut self, lot_id: &str, amount: i64) {
        if let Some(lot) = self.lots.get_mut(lot_id) {
            lot.state.remaining -= amount;
            lot.touched = true;
        }
    }

    fn enter(&mut self, kind: TransferKind, side: Side, part: &LotPart, reverses: Option<i64>, link: &Link) {
        self.row.last_entry += 1;
        let (credits_guest, other) = match side {
            Side::Debit(other) => (false, other),
            Side::Credit(other) => (true, other),
        };
        self.row.posted += if credits_guest { part.amount } else { -part.amount };
        self.entries.push(Entry {
            number: self.row.last_entry,
            kind,
            credits_guest,
            other,
            amount: part.amount,
            lot_id: part.lot_id.clone(),
            reverses,
            link: link.clone(),
            lines: None,
        });
    }

    /// The rate of a single-purpose voucher: what no lot covered is of it too.
    fn own_rate(&self) -> Option<Decimal> {
        let single = self.row.balance_type == BalanceType::SinglePurposePrepaidVoucher;
        self.row.settings.vat_rate.filter(|_| single)
    }

    /// The id of a lot made by the next entry: unique in the balance, in the order of making.
    fn next_lot_id(&self) -> String {
        format!("{:08}", self.row.last_entry + 1)
    }

    /// A hole of the kind of value that is missing: `given`, or paid.
    fn dig(&mut self, hole: &Origin, short: i64, given: bool, now: Timestamp, link: &Link) {
        let lot_id = self.next_lot_id();
        let paid_value = given.then_some(0);
        let new = NewLot {
            kind: LotKind::Overdraft,
            source: link
                .bill_id
                .as_ref()
                .map_or_else(|| "shortfall".to_owned(), |bill| format!("bill {bill}")),
            vat_rate: None,
            paid_value,
            available_at: None,
            expires_at: None,
        };
        let state = LotState {
            lot_id: lot_id.clone(),
            kind: LotKind::Overdraft,
            remaining: -short,
            vat_rate: None,
            paid_value,
            earned_at: now,
            available_at: None,
            expires_at: None,
        };
        self.lots.insert(lot_id.clone(), OpenLot { state, new: Some((new, 0)), touched: true });
        let part = LotPart { lot_id, amount: short };
        self.enter(hole.kind, Side::Debit(hole.other), &part, hole.reverses, link);
    }

    /// Fills holes with up to `amount`, the oldest first; what stays of it. `given` says of which kind they must be.
    fn fill_holes(&mut self, from: &Origin, amount: i64, given: Option<bool>, link: &Link) -> i64 {
        let mut left = amount.max(0);
        let holes: Vec<(String, i64)> = self
            .lots
            .values()
            .filter(|lot| lot.state.remaining < 0)
            .filter(|lot| given.is_none_or(|given| lot.state.is_given() == given))
            .map(|lot| (lot.state.lot_id.clone(), -lot.state.remaining))
            .collect();
        for (lot_id, depth) in holes {
            let part = LotPart { lot_id, amount: left.min(depth) };
            if part.amount > 0 {
                left -= part.amount;
                self.take(&part.lot_id, -part.amount);
                self.enter(from.kind, Side::Credit(from.other), &part, from.reverses, link);
            }
        }
        left
    }

    fn issue(&mut self, from: &Origin, amount: i64, new: NewLot, now: Timestamp, link: &Link) {
        let lot_id = self.next_lot_id();
        let state = LotState {
            lot_id: lot_id.clone(),
            kind: new.kind,
            remaining: amount,
            vat_rate: new.vat_rate,
            paid_value: new.paid_value,
            earned_at: now,
            available_at: new.available_at,
            expires_at: new.expires_at,
        };
        self.lots.insert(lot_id.clone(), OpenLot { state, new: Some((new, amount)), touched: true });
        self.enter(from.kind, Side::Credit(from.other), &LotPart { lot_id, amount }, from.reverses, link);
    }
}

#[path = "book_ends.rs"]
mod ends;
#[path = "book_validity.rs"]
mod validity;

#[cfg(test)]
#[path = "book_tests.rs"]
mod tests;
