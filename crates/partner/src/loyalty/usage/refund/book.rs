//! How does a refund get into the books?
//!
//! The bill is locked. What the plan gives back is mirrored from the bill's own entries, each at most whole in
//! total (loyalty.md §6 C1): spent value to its own lots, the last consumed first; earnings and top-ups are taken
//! back. A refund that comes before the bill's own report waits in its row and is booked right after it.

use super::super::earning::EarnedDetail;
use super::super::flag::{Findings, Flag};
use super::super::give_back;
use super::super::kind::Kind;
use super::super::originals::{self, Kept, Original};
use super::super::report::{Report, units};
use super::super::reverse;
use super::super::store::{self as usages, Key};
use super::Rules;
use super::earned::stays;
use super::plan::{Asked, Back, Question, Spent, plan};
use super::sale::{Lines, Returned, Sale};
use crate::loyalty::bills::{self, went_back};
use crate::loyalty::ledger::expiry::Terms;
use crate::loyalty::ledger::{Book, Part, Transfer, TransferKind, wire_id};
use crate::merchant::MerchantRow;
use crate::row;
use db::{Error, Tx};
use jiff::Timestamp;
use money::{Amount, units_part};
use std::collections::{BTreeMap, BTreeSet};

/// The reports of one bill of one offer, as a refund looks at them.
#[derive(Debug)]
pub(crate) struct Reports {
    /// The sale, if it is booked and can be read.
    paid: Option<Report>,
    /// Numbered refunds with what was found when they came, in the order of their numbers.
    parts: Vec<(Report, Findings)>,
    /// Some report took back all of it.
    taken_back: bool,
}

impl Reports {
    /// Reads them; the report of `key` itself is left out.
    pub(crate) fn read(tx: &mut Tx<'_>, key: &Key<'_>, merchant: &MerchantRow) -> Result<Self, Error> {
        let mut reports = Self { paid: None, parts: Vec::new(), taken_back: false };
        for Kept { kind, report, findings } in originals::reports_of_bill(tx, key)? {
            if kind == *key.kind {
                continue;
            }
            // refunds are part of what goes back before a cancellation; another one of those ends it
            reports.taken_back |= kind.takes_back();
            // one in another currency is kept without being booked
            let Some(report) = report.filter(|report| report.currency_code == merchant.currency_code) else {
                continue;
            };
            match (&kind, &report.kind) {
                (Kind::Paid, Kind::Paid) => reports.paid = Some(report),
                (Kind::Part(..), Kind::Part(..)) => reports.parts.push((report, findings)),
                _ => {}
            }
        }
        reports.parts.sort_by_key(|(report, _)| match report.kind {
            Kind::Part(number, _) => number,
            _ => 0,
        });
        Ok(reports)
    }

    /// Whether some of the bill went back before, part by part.
    pub(crate) fn has_parts(&self) -> bool {
        self.paid.is_some() && !self.parts.is_empty()
    }
}

/// Whose bills go back, by which rules, when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refunds<'a> {
    pub(crate) merchant: &'a MerchantRow,
    pub(crate) rules: &'a Rules,
    /// When returned value ends, and what a shortfall does.
    pub(crate) terms: &'a Terms,
    pub(crate) now: Timestamp,
}

impl Refunds<'_> {
    /// Books a refund, or what a cancellation finds left after refunds.
    pub(crate) fn give_back(
        &self,
        tx: &mut Tx<'_>,
        key: &Key<'_>,
        report: &Report,
        reports: &Reports,
        (findings, members): (&mut Findings, &mut BTreeSet<String>),
    ) -> Result<(), Error> {
        let Some(paid) = &reports.paid else {
            findings.remark("the bill's own report is not here: the refund waits for it");
            return Ok(());
        };
        if reports.taken_back {
            findings.flag(Flag::Differs);
            findings.remark("all of the bill was taken back before: nothing is left to give back");
            return Ok(());
        }
        let earlier: Vec<&Report> = reports.parts.iter().map(|(report, _)| report).collect();
        Refund { desk: self, key, paid }.book(tx, report, &earlier, (findings, members))
    }

    /// Books the refunds that came before the bill's own report `paid`, in the order of their numbers.
    pub(crate) fn give_back_waiting(
        &self,
        tx: &mut Tx<'_>,
        key: &Key<'_>,
        paid: &Report,
        reports: &Reports,
        members: &mut BTreeSet<String>,
    ) -> Result<(), Error> {
        let mut earlier = Vec::new();
        for (report, found) in &reports.parts {
            let (key, mut findings) = (Key { kind: &report.kind, ..*key }, found.clone());
            findings.remark("booked when the bill's own report came");
            let found = (&mut findings, &mut *members);
            Refund { desk: self, key: &key, paid }.book(tx, report, &earlier, found)?;
            usages::annotate(tx, &key, &findings)?;
            earlier.push(report);
        }
        Ok(())
    }
}

/// One refund of a bill that is booked.
struct Refund<'a> {
    desk: &'a Refunds<'a>,
    key: &'a Key<'a>,
    paid: &'a Report,
}

impl Refund<'_> {
    fn book(
        &self,
        tx: &mut Tx<'_>,
        report: &Report,
        earlier: &[&Report],
        (findings, members): (&mut Findings, &mut BTreeSet<String>),
    ) -> Result<(), Error> {
        let precision = self.desk.merchant.precision;
        let sale = Sale::of(self.paid, precision);
        let (mut before, mut told_before) = (sale.untouched(), false);
        for one in earlier {
            let asked = self.asked(one, &sale, &before);
            sale.take(&mut before, &asked.lines);
            told_before |= !asked.facts.is_empty();
        }
        let asked = self.asked(report, &sale, &before);
        let found = originals::originals_of_bill(tx, self.key)?;
        let ids: BTreeSet<&str> = found.iter().map(|one| one.transfer.balance_id.as_str()).collect();
        let mut books = Book::lock(tx, self.key.merchant, &ids, self.desk.terms.clone(), self.desk.now)?;
        let originals = originals::now_locked(tx, self.key, &found)?;
        let by_wire = self.by_wire(&originals);
        let spent = spent(&books, &originals, &by_wire);
        let tender = self.desk.rules.tender;
        let question = Question { sale: &sale, spent: &spent, before: &before, told_before, tender };
        let back = plan(&question, &asked);
        explain(&back, report, self.desk.merchant, findings);
        let everything = back.whole && !told_before && asked.facts.is_empty();
        let parts = if everything {
            originals.iter().filter(|one| one.left() > 0).map(|one| one.part(one.left())).collect()
        } else {
            let mut parts = value_back(&back, &originals, &by_wire);
            parts.extend(self.taken_from_guest(&originals, &sale, &back, report)?);
            let write_offs = written_off(&parts, &originals);
            parts.extend(write_offs);
            parts
        };
        let prepaid = prepaid_back(&sale, &before, &back.after, &books);
        tracing::debug!(
            value = back.value.0,
            money = back.money.0,
            discounts = ?back.discounts,
            whole = back.whole,
            "a refund was planned"
        );
        reverse::mirror(tx, &mut books, self.key, &parts, self.desk.now, findings)?;
        reverse::close(tx, books, self.key, &parts, members)?;
        if back.whole {
            give_back::give_back(tx, &self.key.of_bill(), self.desk.now)?;
        } else {
            for (promotion_id, amount) in &back.discounts {
                give_back::give_back_amount(tx, &self.key.of_bill(), promotion_id, amount.0, self.desk.now)?;
            }
        }
        let refund = went_back::Refund {
            source: went_back::Source::Usage,
            refund_id: self.key.refund_id(),
            corrective_bill_id: report.corrective_bill_id.clone(),
            value: back.value.0,
            prepaid: prepaid.0,
        };
        bills::refunded(tx, self.key.merchant, self.key.bill_id, &refund, back.whole)
    }

    /// What a refund asks for, its lines by the names they have on the bill.
    fn asked(&self, refund: &Report, sale: &Sale, before: &Returned) -> Asked {
        let mut asked = Asked::by(refund, self.desk.merchant.precision);
        if let Lines::Parts(parts) = &mut asked.lines {
            *parts = sale.named(self.paid, refund, before);
        }
        asked
    }

    /// Which entries stand for which balance of the wire: the bonus part of a credit has an id of its own there.
    fn by_wire(&self, originals: &[Original]) -> BTreeMap<String, Vec<usize>> {
        let mut by_wire: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, original) in originals.iter().enumerate() {
            if original.transfer.credits_guest {
                continue;
            }
            let id = &original.transfer.balance_id;
            let bonus = wire_id(id, Part::Bonus);
            let uses = &self.paid.uses;
            let as_bonus = uses.contains_key(&bonus) && (original.bonus || !uses.contains_key(id));
            by_wire.entry(if as_bonus { bonus } else { id.clone() }).or_default().push(index);
        }
        by_wire
    }

    /// What earnings and top-ups lose.
    fn taken_from_guest(
        &self,
        originals: &[Original],
        sale: &Sale,
        back: &Back,
        report: &Report,
    ) -> Result<Vec<Transfer>, Error> {
        let mut parts = Vec::new();
        let is = |kind: TransferKind| move |one: &&Original| one.transfer.kind == kind;
        let earned: Vec<&Original> = originals.iter().filter(is(TransferKind::Earn)).collect();
        // Each earning is its entry with the split and those that follow it without one
        for group in earned
            .chunk_by(|one, next| one.transfer.balance_id == next.transfer.balance_id && next.lines.is_none())
        {
            let stays = if back.whole { 0 } else { self.stays(group, sale, &back.after)? };
            take(&mut parts, group, sum(group) - stays);
        }
        let topped_up: Vec<&Original> = originals.iter().filter(is(TransferKind::TopUp)).collect();
        for group in topped_up.chunk_by(|one, next| one.transfer.balance_id == next.transfer.balance_id) {
            let gone =
                if back.whole { sum(group) } else { self.prepaid_back(group, sale, &back.after, report) };
            take(&mut parts, group, gone);
        }
        if back.whole {
            let deposits: Vec<&Original> = originals.iter().filter(is(TransferKind::Refund)).collect();
            take(&mut parts, &deposits, sum(&deposits));
        }
        Ok(parts)
    }

    /// How many of an earning's points stay; an error where its entry's detail cannot be read.
    fn stays(&self, group: &[&Original], sale: &Sale, after: &Returned) -> Result<i64, Error> {
        let detail: Option<EarnedDetail> = group
            .iter()
            .find_map(|one| one.lines.as_deref())
            .map(|text| row::json("partner_transfer", "lines", text))
            .transpose()?;
        Ok(stays(sum(group), detail.as_ref(), sale, after, self.desk.merchant.precision))
    }

    /// How much of a top-up has gone back in total: by its line, else by what the register says (C5).
    fn prepaid_back(&self, group: &[&Original], sale: &Sale, after: &Returned, report: &Report) -> i64 {
        let Some(first) = group.first() else { return 0 };
        let balance_id = &first.transfer.balance_id;
        let (back, all) = sale.quantity_topped_up(after, balance_id);
        let whole = Amount(sum(group));
        if !all.is_zero() {
            return units_part(whole, whole, all, money::Decimal::ZERO, back).0;
        }
        let told = report.uses.get(balance_id).map_or(0, |one| {
            units(one.prepaid, false, self.desk.merchant.precision).map_or(0, |(prepaid, _)| prepaid)
        });
        mirrored(group) + told
    }
}

/// What of the value that goes back was paid for later use, as [`went_back::Refund`] means it.
fn prepaid_back(sale: &Sale, before: &Returned, after: &Returned, books: &Book<'_>) -> Amount {
    let is_later = |balance_id: &str| books.row(balance_id).is_none_or(|row| !row.is_single_purpose());
    let lines = sale.lines.iter().filter(|line| line.tops_up.as_deref().is_some_and(is_later));
    let lines: BTreeSet<&str> = lines.map(|line| line.check_item_id.as_str()).collect();
    let back = |id: &str| sale.value_of(after, id).0 - sale.value_of(before, id).0;
    lines.into_iter().map(back).sum()
}

/// What the bill used of each balance of the wire, and what of it went back.
fn spent(
    books: &Book<'_>,
    originals: &[Original],
    by_wire: &BTreeMap<String, Vec<usize>>,
) -> BTreeMap<String, Spent> {
    let mut spent = BTreeMap::new();
    for (wire_id, indexes) in by_wire {
        let mut one = Spent::default();
        for original in indexes.iter().filter_map(|index| originals.get(*index)) {
            one.amount += original.transfer.amount;
            one.returned += original.mirrored;
            one.points |= is_points(books, &original.transfer);
        }
        spent.insert(wire_id.clone(), one);
    }
    spent
}

/// The spent value that returns: shortfalls first, so that a hole takes its own value, then the lots that were
/// consumed last.
fn value_back(back: &Back, originals: &[Original], by_wire: &BTreeMap<String, Vec<usize>>) -> Vec<Transfer> {
    let mut parts = Vec::new();
    for (wire_id, amount) in &back.balances {
        let Some(indexes) = by_wire.get(wire_id) else { continue };
        let mut entries: Vec<&Original> = indexes.iter().filter_map(|index| originals.get(*index)).collect();
        entries.sort_by_key(|one| one.transfer.kind == TransferKind::Overdraft);
        take(&mut parts, &entries, mirrored(&entries) + amount);
    }
    parts
}

/// A shortfall that comes back takes along what was written off of it.
fn written_off(parts: &[Transfer], originals: &[Original]) -> Vec<Transfer> {
    let mut back = Vec::new();
    for part in parts.iter().filter(|part| part.kind == TransferKind::Overdraft) {
        let of_part = |one: &&Original| {
            one.transfer.kind == TransferKind::WriteOff
                && one.transfer.balance_id == part.balance_id
                && one.transfer.lot_id == part.lot_id
        };
        let entries: Vec<&Original> = originals.iter().filter(of_part).collect();
        take(&mut back, &entries, mirrored(&entries) + part.amount);
    }
    back
}

/// Adds mirrors to `parts` so that of these entries `target` is mirrored in total, the last entry first.
fn take(parts: &mut Vec<Transfer>, entries: &[&Original], target: i64) {
    let mut left = target - mirrored(entries);
    for original in entries.iter().rev() {
        let part = left.min(original.left());
        if part > 0 {
            parts.push(original.part(part));
            left -= part;
        }
    }
}

fn sum(entries: &[&Original]) -> i64 {
    entries.iter().map(|one| one.transfer.amount).sum()
}

fn mirrored(entries: &[&Original]) -> i64 {
    entries.iter().map(|one| one.mirrored).sum()
}

fn is_points(books: &Book<'_>, transfer: &Transfer) -> bool {
    books.row(&transfer.balance_id).is_some_and(|row| row.counts_points())
}

/// What people should know of a refund that is not what the bill has left, or not what the shares say.
fn explain(back: &Back, report: &Report, merchant: &MerchantRow, findings: &mut Findings) {
    for excess in &back.excess {
        findings.flag(Flag::Differs);
        findings.remark(format!(
            "line {}: {} of what goes back is not on the bill, or went back before; it is ignored",
            excess.check_item_id, excess.quantity
        ));
    }
    for (balance_id, given, taken) in &back.beyond {
        findings.flag(Flag::Differs);
        findings.remark(format!(
            "balance {balance_id}: the register gave back {given}, the bill has {taken} of it left"
        ));
    }
    // Another way to round a part of a line is no difference
    let lines = i64::try_from(report.lines.len()).unwrap_or(i64::MAX);
    if let Some((told, _)) = units(report.total, false, merchant.precision)
        && matches!(report.kind, Kind::Part(..))
        && (told.abs() - back.value.0.abs()).abs() > lines
    {
        findings.flag(Flag::Differs);
        findings.remark(format!(
            "totalWithVat: the register gave back {told}, by the shares of the sale it is {}; balances follow the shares",
            back.value.0
        ));
    }
}
