//! How does one command book on the balances it has locked?
//!
//! [`Book::lock`] takes the rows, the methods move value in memory, [`Book::close`] writes everything:
//! lots, numbered entries, posted sums. Nothing here refuses: a report is a fact (loyalty.md §5), and
//! what no lot covers becomes an overdraft lot, a hole that later credits fill first (§8 N2, N3). What happened to
//! the balances before the command, without a command of its own, is booked when they are locked: see `holes`.

mod back;
mod ends;
mod holes;
mod leaving;
mod validity;

#[cfg(test)]
mod gathered_tests;
#[cfg(test)]
mod tests;

pub(crate) use holes::{fill_holes, shortfall};

use crate::loyalty::ledger::balance::{BalanceRow, BalanceStatus};
use crate::loyalty::ledger::bonus::{Part, splits};
use crate::loyalty::ledger::expiry::Terms;
use crate::loyalty::ledger::lot::{LotKind, LotPart, LotState, NewLot, by_lot, consume_free};
use crate::loyalty::ledger::store;
use crate::loyalty::ledger::transfer::{Account, Dug, Link, TransferKind};
use crate::loyalty::ledger::voucher_class::{become_sold, is_unsold};
use crate::loyalty::program::SoldAs;
use db::{Error, Tx};
use holes::HolesRead;
use jiff::Timestamp;
use money::Decimal;
use std::collections::{BTreeMap, BTreeSet, HashMap};
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
    /// Every lot with something left, and those holes and empty lots that the command asked for.
    lots: BTreeMap<String, OpenLot>,
    /// The depth of the holes that are not in `lots`: the sum of the lots less `posted`.
    unread: i64,
    /// The holes that are in `lots`.
    holes_read: HolesRead,
    entries: Vec<Entry>,
    changed: bool,
    /// Whether this command changed the class of the balance.
    classed: bool,
    /// The cause of each hole, by the id of its lot.
    dug: BTreeMap<String, Dug>,
    /// The value that ended since the balance was last locked.
    ended: i64,
    /// Whether entries were written for events before this command.
    written: bool,
}

#[derive(Debug)]
struct OpenLot {
    state: LotState,
    /// The values it was issued with; `None` for a lot that was there before this command.
    new: Option<(NewLot, i64)>,
    /// The amount this command added to a lot that was there before.
    grown: i64,
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

/// The lots that a spend may use, and in which way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spend<'a> {
    /// In the balance's unit, at least 0.
    pub(crate) amount: i64,
    /// The parts of lots that the check's own hold keeps: taken first, even past a lot's end (loyalty.md §10 E3).
    pub(crate) own: &'a [LotPart],
    /// The parts of lots that holds of other checks keep: not touched.
    pub(crate) reserved: &'a [LotPart],
    /// The instant at which a lot must have been live.
    pub(crate) live_at: Timestamp,
    /// The part of the balance that is spent.
    pub(crate) of: Part,
    /// How much of it is for goods of which VAT rate, a fraction: lots sold at that rate give it as far as they have
    /// it (loyalty.md §3 V5, V6). Empty where rates do not matter.
    pub(crate) by_rate: &'a [(Decimal, i64)],
}

/// Value to be added to a balance.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Credit {
    pub(crate) kind: TransferKind,
    /// The account that gives it.
    pub(crate) other: Account,
    /// In the balance's unit, above 0.
    pub(crate) amount: i64,
    /// The lot it makes.
    pub(crate) lot: NewLot,
    /// How the amount lies over the lines of a bill (JSON), where a later refund needs to know.
    pub(crate) lines: Option<String>,
}

/// The outcome of a spend.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Spent {
    /// The amounts taken, by lot.
    pub(crate) parts: Vec<LotPart>,
    /// The part of it that bonus lots gave.
    pub(crate) bonus: i64,
    /// The amount that no lot covered: it became a hole.
    pub(crate) short: i64,
    /// The amount taken from lots of another VAT rate than the goods have.
    pub(crate) other_rate: i64,
}

impl<'a> Book<'a> {
    /// Locks the balances in the order of their ids, and books what ended on them by itself until now: a command
    /// finds the same books whether the sweeper came by or not. Ids this merchant does not have are left out.
    pub(crate) fn lock(
        tx: &mut Tx<'_>,
        merchant: &'a str,
        balance_ids: &BTreeSet<&str>,
        terms: Terms,
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
        let mut book = Self { merchant, now, balances, terms: Some(terms) };
        book.put_lots(lots);
        book.bring_up_to_now(tx)?;
        Ok(book)
    }

    fn put_lots(&mut self, lots: BTreeMap<String, Vec<LotState>>) {
        for (balance_id, lots) in lots {
            if let Some(open) = self.balances.get_mut(&balance_id) {
                open.lots = lots.into_iter().map(|lot| (lot.lot_id.clone(), OpenLot::stored(lot))).collect();
            }
        }
        for open in self.balances.values_mut() {
            let left = open.lots.values().map(|lot| lot.state.remaining).fold(0, i64::saturating_add);
            open.unread = left.saturating_sub(open.row.posted).max(0);
        }
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

    /// The kind of a lot of a locked balance; `None` for an empty lot that was not loaded.
    pub(crate) fn kind_of_lot(&self, balance_id: &str, lot_id: &str) -> Option<LotKind> {
        self.balances.get(balance_id)?.lots.get(lot_id).map(|lot| lot.state.kind)
    }

    /// Whether moving `amount` (either way) keeps the balance a number that can be counted.
    pub(crate) fn has_room(&self, balance_id: &str, amount: i64) -> bool {
        self.balances.get(balance_id).is_some_and(|open| {
            open.row.posted.checked_add(amount).is_some() && open.row.posted.checked_sub(amount).is_some()
        })
    }

    /// Makes an inactive balance active after its sale; one that a shortfall blocks becomes active once the
    /// shortfall is filled.
    pub(crate) fn activate(&mut self, balance_id: &str) {
        if let Some(open) = self.balances.get_mut(balance_id) {
            open.changed = true;
            match &mut open.row.blocked_from {
                Some(before) => *before = BalanceStatus::Active,
                None => open.row.status = BalanceStatus::Active,
            }
        }
    }

    /// Whether a balance waits for its sale with nothing on it.
    pub(crate) fn is_unsold(&self, balance_id: &str) -> bool {
        self.balances
            .get(balance_id)
            .is_some_and(|open| is_unsold(&open.row, open.has_hole() || open.has_value()))
    }

    /// Makes a voucher of a product that waits for its sale what it is sold as (loyalty.md §3 V5). It is for [`Self::credit`] in the
    /// same command: a balance on which something was issued never changes its class.
    pub(crate) fn sell_as(&mut self, balance_id: &str, sold: &SoldAs) {
        if !self.is_unsold(balance_id) {
            return;
        }
        let unsold = |open: &&mut Open| open.row.settings.voucher_product_id.is_some();
        if let Some(open) = self.balances.get_mut(balance_id).filter(unsold) {
            become_sold(&mut open.row, sold);
            open.classed = true;
        }
    }

    /// The members whose points have changed: the customers feed shows them.
    pub(crate) fn members_of_points(&self) -> impl Iterator<Item = &str> {
        let has_moved = |open: &&Open| open.written || !open.entries.is_empty();
        let changed = self.balances.values().filter(has_moved).filter(|open| open.row.counts_points());
        changed.filter_map(|open| open.row.member_id.as_deref())
    }

    /// Loads a lot into the book even if nothing is left of it, so that value may return to it.
    pub(crate) fn load_lot(&mut self, tx: &mut Tx<'_>, balance_id: &str, lot_id: &str) -> Result<(), Error> {
        let Some(open) = self.balances.get_mut(balance_id) else { return Ok(()) };
        if !open.lots.contains_key(lot_id)
            && let Some(lot) = store::get_lot(tx, self.merchant, balance_id, lot_id)?
        {
            open.put(lot);
        }
        Ok(())
    }

    /// Takes the value that a bill used: from the lots of the check's own hold, then from free lots in their order;
    /// the rest becomes a hole.
    pub(crate) fn spend(&mut self, balance_id: &str, spend: &Spend<'_>, link: &Link) -> Spent {
        let Some(open) = self.balances.get_mut(balance_id) else { return Spent::default() };
        let mut left = spend.amount.max(0);
        let mut own = spend.own.to_vec();
        let (mut parts, mut missed) = (Vec::new(), 0);
        for (rate, amount) in spend.by_rate {
            let wanted = left.min(*amount);
            let of_rate = |lot: &LotState| lot.vat_rate == Some(*rate);
            let taken = open.take_for(spend, &mut own, wanted, of_rate, &mut parts);
            missed += wanted - taken;
            left -= taken;
        }
        left -= open.take_for(spend, &mut own, left, |_| true, &mut parts);
        let mut spent = Spent { bonus: 0, short: left, other_rate: (missed - left).max(0), parts };
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

    /// Adds value: it fills holes first, those of its own kind before others, and what stays makes a lot, or grows the
    /// one in which what bills earn until the same end is gathered. Value that pays and was sold below its face makes
    /// two: what was paid, and the rest, which lowers prices (loyalty.md §3 V4).
    pub(crate) fn credit(
        &mut self,
        tx: &mut Tx<'_>,
        balance_id: &str,
        credit: Credit,
        link: &Link,
    ) -> Result<(), Error> {
        self.read_holes(tx, balance_id, None, credit.amount)?;
        self.credit_read(balance_id, credit, link);
        Ok(())
    }

    /// As [`Self::credit`], where the holes that the credit may fill have been read already.
    fn credit_read(&mut self, balance_id: &str, credit: Credit, link: &Link) {
        let Some(open) = self.balances.get_mut(balance_id) else { return };
        let first = open.entries.len();
        let earns = credit.kind == TransferKind::Earn;
        let slides_to = self.terms.as_ref().filter(|_| earns).and_then(|terms| terms.slides_to(&open.row));
        let side = Origin { kind: credit.kind, other: credit.other, reverses: None };
        let mut kinds = in_kinds(open.row.balance_type, credit.amount, credit.lot);
        for (amount, lot) in &mut kinds {
            *amount = open.fill_holes(&side, *amount, Some(lot.kind == LotKind::Bonus), link);
        }
        for (amount, lot) in kinds {
            let left = open.fill_holes(&side, amount, None, link);
            if left <= 0 {
                continue;
            }
            let takes_in = |known: &&OpenLot| earns && known.state.takes_in(&lot, slides_to, self.now);
            match open.lots.values().find(takes_in).map(|known| known.state.lot_id.clone()) {
                Some(lot_id) => open.grow(&side, &LotPart { lot_id, amount: left }, lot.expires_at, link),
                None => open.issue(&side, left, lot, self.now, link),
            }
        }
        if let Some(entry) = open.entries.get_mut(first) {
            entry.lines = credit.lines;
        }
    }

    /// Writes what was booked; balances without an entry and without a change are only locked.
    ///
    /// The holds must stand as the command leaves them: a hole takes at once what nobody keeps.
    pub(crate) fn close(mut self, tx: &mut Tx<'_>) -> Result<(), Error> {
        self.read_holes_to_write_off(tx)?;
        self.apply_terms();
        self.fill_from_free_lots(tx)?;
        self.write(tx)
    }

    /// Writes what was booked so far.
    fn write(&mut self, tx: &mut Tx<'_>) -> Result<(), Error> {
        for (balance_id, open) in &mut self.balances {
            for lot in open.lots.values_mut().filter(|lot| lot.touched) {
                match lot.new.take() {
                    Some((new, issued)) => {
                        store::insert_lot(tx, self.merchant, &open.row, &lot.state, issued, &new)?;
                    }
                    None => store::update_lot(tx, self.merchant, balance_id, &lot.state, lot.grown)?,
                }
                (lot.grown, lot.touched) = (0, false);
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
                        kind: entry.kind,
                        debit,
                        credit,
                        amount: entry.amount,
                        lot_id: &entry.lot_id,
                        member_id: open.row.member_id.as_deref(),
                        issuer_id: open.row.settings.issuer_id.as_deref(),
                        offer_id: entry.link.offer_id.as_deref(),
                        bill_id: entry.link.bill_id.as_deref(),
                        reverses: entry.reverses,
                        reason: entry.link.reason.as_deref(),
                        lines: entry.lines.as_deref(),
                        now: self.now,
                    },
                )?;
            }
            if open.classed {
                store::class_balance(tx, self.merchant, &open.row)?;
            }
            if open.changed || !open.entries.is_empty() {
                store::settle_balance(tx, self.merchant, &open.row)?;
            }
            open.written |= !open.entries.is_empty();
            open.changed = false;
            open.entries.clear();
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

/// The values that the entries of one step share.
struct Origin {
    kind: TransferKind,
    other: Account,
    reverses: Option<i64>,
}

impl OpenLot {
    fn stored(state: LotState) -> Self {
        Self { state, new: None, grown: 0, touched: false }
    }
}

impl Open {
    fn new(row: BalanceRow) -> Self {
        Self {
            row,
            lots: BTreeMap::new(),
            unread: 0,
            holes_read: HolesRead::default(),
            entries: Vec::new(),
            changed: false,
            classed: false,
            dug: BTreeMap::new(),
            ended: 0,
            written: false,
        }
    }

    /// Puts a lot that was read beside the others.
    fn put(&mut self, lot: LotState) {
        self.unread += lot.remaining.min(0);
        self.lots.insert(lot.lot_id.clone(), OpenLot::stored(lot));
    }

    /// Whether some lot has something left.
    fn has_value(&self) -> bool {
        self.lots.values().any(|lot| lot.state.remaining > 0)
    }

    /// The lots that a new spend may use, live and not pending, each with the amount that no other check holds.
    fn free_lots<'o>(
        &'o self,
        kept: &'o HashMap<&str, i64>,
        live_at: Timestamp,
    ) -> impl Iterator<Item = (&'o LotState, i64)> {
        self.live_lots(kept, live_at).filter(move |(lot, _)| lot.is_available(live_at))
    }

    /// The lots that have not ended, pending ones too, each with the amount that no other check holds.
    fn live_lots<'o>(
        &'o self,
        kept: &'o HashMap<&str, i64>,
        live_at: Timestamp,
    ) -> impl Iterator<Item = (&'o LotState, i64)> {
        let live = self.lots.values().map(|lot| &lot.state).filter(move |lot| lot.is_live(live_at));
        live.map(|lot| (lot, lot.remaining - kept.get(lot.lot_id.as_str()).copied().unwrap_or(0)))
    }

    /// Takes up to `wanted` for a spend from lots that fit: first what its own hold keeps, then free ones in their
    /// order. Adds what each gave to `parts`, takes it off `own`, and gives the sum.
    fn take_for(
        &mut self,
        spend: &Spend<'_>,
        own: &mut [LotPart],
        wanted: i64,
        fits: impl Fn(&LotState) -> bool,
        parts: &mut Vec<LotPart>,
    ) -> i64 {
        let mut left = wanted;
        for held in own {
            let lot =
                self.lots.get(&held.lot_id).filter(|lot| spend.of.takes(lot.state.kind) && fits(&lot.state));
            let remaining = lot.map_or(0, |lot| lot.state.remaining);
            let taken = left.min(held.amount).min(remaining);
            if taken > 0 {
                parts.push(LotPart { lot_id: held.lot_id.clone(), amount: taken });
                left -= taken;
                held.amount -= taken;
                self.take(&held.lot_id, taken);
            }
        }
        let kept = by_lot(spend.reserved);
        let free = self.free_lots(&kept, spend.live_at);
        let free = consume_free(free.filter(|(lot, _)| spend.of.takes(lot.kind) && fits(lot)), left);
        for part in &free.parts {
            self.take(&part.lot_id, part.amount);
        }
        parts.extend(free.parts);
        wanted - free.short
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

    /// The rate of what is on a single-purpose voucher, where it has one for all of it: what no lot covered is of it too.
    fn own_rate(&self) -> Option<Decimal> {
        let single = self.row.balance_type == BalanceType::SinglePurposePrepaidVoucher;
        self.row.settings.vat_rate.filter(|_| single && self.row.settings.vat_rates.is_empty())
    }

    /// The id of a lot made by the next entry: unique in the balance, in the order of making.
    fn next_lot_id(&self) -> String {
        format!("{:08}", self.row.last_entry + 1)
    }

    /// Adds to a lot what was issued until the same end.
    fn grow(&mut self, from: &Origin, part: &LotPart, until: Option<Timestamp>, link: &Link) {
        if let Some(lot) = self.lots.get_mut(&part.lot_id) {
            lot.state.remaining += part.amount;
            lot.state.expires_at = until;
            lot.touched = true;
            match &mut lot.new {
                Some((_, issued)) => *issued += part.amount,
                None => lot.grown += part.amount,
            }
        }
        self.enter(from.kind, Side::Credit(from.other), part, from.reverses, link);
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
            gathers: new.gathers(),
        };
        let open = OpenLot { state, new: Some((new, amount)), grown: 0, touched: true };
        self.lots.insert(lot_id.clone(), open);
        self.enter(from.kind, Side::Credit(from.other), &LotPart { lot_id, amount }, from.reverses, link);
    }
}
