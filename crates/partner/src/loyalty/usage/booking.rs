//! What does one paid bill do to the balances it used?
//!
//! The balances are locked and their holds read; here each reported value becomes a spend or a top-up, and is
//! compared with what the offer gave (loyalty.md §4, §5, §7, §11). An id may mean the bonus part of a balance
//! (`<balanceId>:bonus`): it is booked on the bonus lots, the plain id on the others.

use super::flag::{Findings, Flag};
use super::line::PaidLine;
use super::report::{Report, Use, units};
use super::store::KnownOffer;
use crate::loyalty::ledger::voucher_class;
use crate::loyalty::ledger::{
    Account, BalanceRow, Book, CheckKey, Credit, HoldRow, Link, LotKind, LotPart, NewLot, Part, Spend,
    TransferKind,
};
use crate::loyalty::offer;
use crate::loyalty::program::{Program, SoldAs};
use crate::merchant::MerchantRow;
use db::{Error, Tx};
use jiff::Timestamp;
use jiff::civil::Date;
use money::{Amount, Decimal, Precision};
use std::collections::BTreeMap;
use wire::loyalty::{BalanceType, bonus_part_of};

/// One bill on its way into the books.
pub(super) struct Booking<'a> {
    pub(super) merchant: &'a MerchantRow,
    pub(super) program: &'a Program,
    pub(super) offer: Option<&'a KnownOffer>,
    pub(super) holds: Vec<HoldRow>,
    /// What other bills of the offer used, by balance and kind of lot.
    pub(super) by_others: BTreeMap<(String, LotKind), i64>,
    pub(super) report: &'a Report,
    /// The day of the payment on the place's calendar.
    pub(super) day: Date,
    pub(super) link: Link,
    pub(super) now: Timestamp,
    /// What bonus lots paid of this bill, in minor units: it earns nothing.
    pub(super) paid_by_bonus: i64,
    /// What was paid for later use, in minor units: it earns nothing.
    pub(super) prepaid: i64,
    /// Of that, what vouchers for any goods and credit got.
    pub(super) topped_up: i64,
    /// What vouchers for any goods and credit paid, in minor units, bonus lots included.
    pub(super) paid_by_tender: i64,
    pub(super) captured: Vec<HoldRow>,
    pub(super) activated: Vec<String>,
}

impl Booking<'_> {
    /// Books what the report says of one balance, or of its bonus part.
    pub(super) fn balance(
        &mut self,
        tx: &mut Tx<'_>,
        books: &mut Book<'_>,
        wire_id: &str,
        reported: &Use,
        findings: &mut Findings,
    ) -> Result<(), Error> {
        let bonus = bonus_part_of(wire_id);
        let balance_id = bonus.unwrap_or(wire_id);
        let Some(known) = books.row(balance_id) else {
            findings.remark(unknown_balance(balance_id));
            return Ok(());
        };
        let (points, balance_type) = (known.counts_points(), known.balance_type);
        let in_units = (
            units(reported.used, points, self.merchant.precision),
            units(reported.prepaid, false, self.merchant.precision),
        );
        let (Some((used, used_exact)), Some((prepaid, prepaid_exact))) = in_units else {
            findings.remark(format!("balance {balance_id}: its value is too large to be counted"));
            return Ok(());
        };
        if !used_exact || !prepaid_exact {
            findings.remark(format!("balance {balance_id}: its value has too many decimals and was rounded"));
        }
        if !books.has_room(balance_id, used) || !books.has_room(balance_id, prepaid) {
            findings.remark(format!("balance {balance_id}: its value is too large to be counted"));
            return Ok(());
        }
        if used > 0 {
            let part = if bonus.is_some() { Part::Bonus } else { Part::of_plain_id(balance_type) };
            self.spend(books, wire_id, balance_id, part, used, findings);
        }
        if prepaid > 0 && bonus.is_some() {
            findings.remark(format!(
                "balance {wire_id}: what is given on top cannot be topped up; nothing was credited"
            ));
        } else if prepaid > 0 && points {
            findings
                .remark(format!("balance {balance_id}: points cannot be topped up; nothing was credited"));
        } else if prepaid > 0 {
            self.top_up(tx, books, balance_id, prepaid, findings)?;
        }
        Ok(())
    }

    fn spend(
        &mut self,
        books: &mut Book<'_>,
        wire_id: &str,
        balance_id: &str,
        part: Part,
        used: i64,
        findings: &mut Findings,
    ) {
        let check = self.offer.map(KnownOffer::check);
        let of_check = |hold: &HoldRow| hold.balance_id == balance_id && check.as_ref() == Some(&hold.check);
        let own = self.holds.iter().position(of_check);
        let counting = own.map(|at| &self.holds[at]).filter(|hold| hold.counts(self.now));
        self.judge(wire_id, balance_id, part, used, counting.is_some(), findings);
        let reserved: Vec<LotPart> = self
            .holds
            .iter()
            .filter(|hold| hold.balance_id == balance_id && hold.counts(self.now) && !of_check(hold))
            .flat_map(|hold| hold.lots.iter().cloned())
            .collect();
        let by_rate = match books.row(balance_id) {
            Some(row) if row.is_single_purpose() => self.by_rate(wire_id),
            _ => Vec::new(),
        };
        let spend = Spend {
            amount: used,
            own: counting.map(|hold| hold.lots.as_slice()).unwrap_or_default(),
            reserved: &reserved,
            // a lot past its end is there for a hold that counts, and for nobody else (loyalty.md §10 E3)
            live_at: self.now,
            of: part,
            by_rate: &by_rate,
        };
        let spent = books.spend(balance_id, &spend, &self.link);
        if spent.other_rate > 0 {
            findings.remark(format!(
                "balance {wire_id}: {} was sold at another VAT rate than the lines it paid for",
                spent.other_rate
            ));
        }
        if spent.short > 0 {
            findings.flag(Flag::Overdraft);
            findings.remark(format!("balance {wire_id}: {} was not there any more", spent.short));
        }
        let tender = [BalanceType::MultiPurposePrepaidVoucher, BalanceType::PrepaidCredit];
        if part != Part::Bonus && books.row(balance_id).is_some_and(|row| tender.contains(&row.balance_type))
        {
            self.paid_by_tender = self.paid_by_tender.saturating_add(used);
        }
        if let Some(at) = own {
            // both parts of a balance are in one hold: the second one finds what the first one left
            let takes =
                |lot_id: &str| part.takes(books.kind_of_lot(balance_id, lot_id).unwrap_or(LotKind::Paid));
            let rest = what_stays(&self.holds[at], &spent.parts, used, takes);
            self.captured
                .retain(|hold| (&hold.balance_id, hold.hold_number) != (&rest.balance_id, rest.hold_number));
            self.captured.push(rest.clone());
            self.holds[at] = rest;
        }
    }

    /// What a single-purpose voucher took off goods of which VAT rate (a fraction), in minor units: its lots were
    /// sold at one each (loyalty.md §3 V5). Lines that say no rate are left out.
    fn by_rate(&self, wire_id: &str) -> Vec<(Decimal, i64)> {
        let mut by_rate: BTreeMap<Decimal, i64> = BTreeMap::new();
        for line in &self.report.lines {
            let off = line.taken_by(|id| id == wire_id);
            let off = off.and_then(|off| units(off, false, self.merchant.precision));
            if let (Some(rate), Some((off, _))) = (line.vat_rate, off) {
                let sum = by_rate.entry(rate.fraction()).or_default();
                *sum = sum.saturating_add(off.max(0));
            }
        }
        by_rate.into_iter().collect()
    }

    /// Compares what was used with what the offer gave (loyalty.md §4, §5, §7 I5).
    fn judge(
        &self,
        wire_id: &str,
        balance_id: &str,
        part: Part,
        used: i64,
        held: bool,
        findings: &mut Findings,
    ) {
        let Some(offer) = self.offer else { return };
        let given = offer.balances.iter().filter(|one| one.balance_id == wire_id).map(|one| one.amount).sum();
        let others = self.by_others.iter().filter(|((id, kind), _)| id == balance_id && part.takes(*kind));
        let by_others = others.map(|(_, amount)| *amount).fold(0, i64::saturating_add);
        let over = used.saturating_add(by_others) > given;
        if over && by_others > 0 {
            findings.flag(Flag::Conflict);
            findings.remark(format!(
                "balance {wire_id}: the offer gave {given}, its other bills used {by_others}, this one {used}"
            ));
        } else if over {
            findings.flag(Flag::Differs);
            findings.remark(format!("balance {wire_id}: the offer gave {given}, the bill used {used}"));
        }
        if !held && given > by_others {
            findings.flag(Flag::Late);
        }
    }

    /// Credits a top-up: what was paid, and what the merchant gives on top (loyalty.md §11, §3 V4, V5, V9).
    fn top_up(
        &mut self,
        tx: &mut Tx<'_>,
        books: &mut Book<'_>,
        balance_id: &str,
        prepaid: i64,
        findings: &mut Findings,
    ) -> Result<(), Error> {
        let Some(row) = books.row(balance_id).cloned() else { return Ok(()) };
        let inactive = row.is_inactive();
        let paid = self.paid_for(balance_id);
        // what the guest paid for later use earns nothing, booked or not
        self.prepaid = self.prepaid.saturating_add(paid.unwrap_or(prepaid));
        let offered = self.offer.iter().flat_map(|offer| &offer.balances);
        let offered = offered.filter(|one| one.balance_id == balance_id).find(|one| one.prepaid.is_some());
        if let Some(offered) = offered.and_then(|one| one.prepaid)
            && offered != prepaid
        {
            findings.flag(Flag::Differs);
            findings.remark(format!(
                "balance {balance_id}: the offer sold {offered}, the bill topped up {prepaid}"
            ));
        }
        if row.is_sold_once() && !inactive {
            findings.remark(format!(
                "balance {balance_id}: it is active already and is topped up once only; {prepaid} was not credited"
            ));
            return Ok(());
        }
        let offered_as = offered.and_then(|one| one.sold_as.as_ref());
        let sold = self.sold_as(&row, books.is_unsold(balance_id), offered_as, findings);
        books.sell_as(balance_id, &sold);
        if inactive {
            books.activate(balance_id);
            self.activated.push(balance_id.to_owned());
        }
        let balance_type = books.row(balance_id).map_or(row.balance_type, |row| row.balance_type);
        if balance_type != sold.r#type {
            findings.flag(Flag::Differs);
            findings.remark(format!(
                "balance {balance_id}: it was issued as {} and stays it, though this top-up was sold as {}",
                balance_type.as_str(),
                sold.text()
            ));
        }
        let single = balance_type == BalanceType::SinglePurposePrepaidVoucher;
        let own = row.settings.vat_rate_on(self.day);
        let lot = NewLot {
            kind: LotKind::Paid,
            source: self.source(),
            vat_rate: sold.vat_rate.map(|rate| rate.0).or(own).filter(|_| single),
            paid_value: paid.filter(|paid| *paid != prepaid),
            available_at: None,
            expires_at: books.lot_end(balance_id),
        };
        if matches!(balance_type, BalanceType::MultiPurposePrepaidVoucher | BalanceType::PrepaidCredit) {
            self.topped_up = self.topped_up.saturating_add(paid.unwrap_or(prepaid));
        }
        let bonus = row
            .settings
            .prepayment
            .as_ref()
            .map_or(0, |prepayment| prepayment.bonus_for(Amount(prepaid), self.merchant.precision).0);
        let on_top = NewLot { kind: LotKind::Bonus, paid_value: None, ..lot.clone() };
        for (other, amount, lot) in [(Account::Sales, prepaid, lot), (Account::Promotion, bonus, on_top)] {
            if amount > 0 && books.has_room(balance_id, amount) {
                let credit = Credit { kind: TransferKind::TopUp, other, amount, lot, lines: None };
                books.credit(tx, balance_id, credit, &self.link)?;
            }
        }
        Ok(())
    }

    /// What a top-up was sold as: what its offer said, for that is what the guest bought and what stands on the bill,
    /// whenever the report comes (loyalty.md §3 V5). Without an offer, what it is on the day of the payment.
    fn sold_as(
        &self,
        row: &BalanceRow,
        unsold: bool,
        offered: Option<&SoldAs>,
        findings: &mut Findings,
    ) -> SoldAs {
        let of_day = voucher_class::sold_as(&self.program.settings.voucher_products, row, self.day)
            .unwrap_or_else(|| offer::sold_as(row, self.day));
        match offered {
            Some(offered) => {
                if *offered != of_day && unsold {
                    findings.flag(Flag::Differs);
                    findings.remark(format!(
                        "balance {}: its offer sold it as {}, on the day of the payment it is {}; it is what the offer sold",
                        row.balance_id,
                        offered.text(),
                        of_day.text()
                    ));
                }
                offered.clone()
            }
            None => of_day,
        }
    }

    /// What the line that sells the top-up came to, in minor units; `None` when the bill has no such line.
    fn paid_for(&self, balance_id: &str) -> Option<i64> {
        let lines = self.report.lines.iter();
        let mut paid = lines
            .filter(|line| line.tops_up() == Some(balance_id))
            .filter_map(|line| units(line.paid, false, self.merchant.precision))
            .map(|(paid, _)| paid.max(0))
            .peekable();
        paid.peek()?;
        Some(paid.fold(0, i64::saturating_add))
    }

    pub(super) fn source(&self) -> String {
        format!("bill {}", self.link.bill_id.as_deref().unwrap_or_default())
    }
}

/// What a report is told whose balance this merchant does not have; `verify` expects nothing of such a balance.
pub(crate) fn unknown_balance(balance_id: &str) -> String {
    format!("balance {balance_id} is not known here: nothing was booked on it")
}

/// What of a bill was paid for later use of any goods, in minor units: a tender, counted as a sale when it pays
/// (loyalty.md §9 P1). By the lines that sell it; where a balance has none, by what was topped up. A single-purpose
/// voucher is a sale at once (§3 V2).
pub(super) fn paid_for_later(report: &Report, books: &Book<'_>, precision: Precision) -> i64 {
    let counted = |value: Decimal| units(value, false, precision).map_or(0, |(value, _)| value.max(0));
    let of_line = |line: &PaidLine| match line.tops_up() {
        Some(balance_id) if books.row(balance_id).is_none_or(|row| !row.is_single_purpose()) => {
            counted(line.paid)
        }
        _ => 0,
    };
    let has_no_line = |id: &str| !report.lines.iter().any(|line| line.tops_up() == Some(id));
    let is_topped_up =
        |id: &str| books.row(id).is_some_and(|row| !row.is_single_purpose() && !row.counts_points());
    let loose = report.uses.iter().filter(|(id, _)| has_no_line(id) && is_topped_up(id));
    let loose = loose.map(|(_, one)| counted(one.prepaid));
    report.lines.iter().map(of_line).chain(loose).fold(0, i64::saturating_add)
}

impl KnownOffer {
    pub(super) fn check(&self) -> CheckKey {
        CheckKey {
            place: self.place.clone(),
            device_number: self.device_number,
            check_id: self.check_id.clone(),
        }
    }
}

/// A hold after a report used some of it: the rest stays held for that check (loyalty.md §4).
///
/// `spent` is what each lot gave, `takes` says which of its lots the report was about: those lose what the report
/// used beyond it.
fn what_stays(hold: &HoldRow, spent: &[LotPart], used: i64, takes: impl Fn(&str) -> bool) -> HoldRow {
    let (mut left, mut rest) = (used, hold.clone());
    let mut give = |part: &mut LotPart, most: i64| {
        let taken = left.min(most).min(part.amount);
        part.amount -= taken;
        rest.amount -= taken;
        left -= taken;
    };
    for one in spent {
        if let Some(part) = rest.lots.iter_mut().find(|part| part.lot_id == one.lot_id) {
            give(part, one.amount);
        }
    }
    for part in rest.lots.iter_mut().filter(|part| takes(&part.lot_id)) {
        give(part, i64::MAX);
    }
    rest.lots.retain(|part| part.amount > 0);
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hold 120 over two lots, used 90: 30 of the second stays held (loyalty.md §4).
    #[test]
    fn what_a_report_leaves_of_a_hold() {
        let part = |lot_id: &str, amount| LotPart { lot_id: lot_id.to_owned(), amount };
        let hold = HoldRow {
            balance_id: "b".to_owned(),
            hold_number: 1,
            check: CheckKey { place: "p".to_owned(), device_number: 1, check_id: "c".to_owned() },
            offer_id: "o".to_owned(),
            amount: 120,
            lots: vec![part("1", 80), part("2", 40)],
            expires_at: Timestamp::MAX,
        };
        // used, amount that stays, lots that stay
        for (used, amount, lots) in [
            (90, 30, vec![part("2", 30)]),
            (80, 40, vec![part("2", 40)]),
            (10, 110, vec![part("1", 70), part("2", 40)]),
            (120, 0, vec![]),
            (150, 0, vec![]),
        ] {
            let rest = what_stays(&hold, &[], used, |_| true);
            assert_eq!((rest.amount, rest.lots), (amount, lots), "{used}");
        }
        let rest = what_stays(&hold, &[part("2", 30)], 30, |_| true);
        assert_eq!((rest.amount, rest.lots), (90, vec![part("1", 80), part("2", 10)]), "the lot that gave");
        let rest = what_stays(&hold, &[part("3", 50), part("2", 40)], 90, |_| true);
        assert_eq!((rest.amount, rest.lots), (30, vec![part("1", 30)]), "a free lot gave some of it");
        let rest = what_stays(&hold, &[], 90, |lot_id| lot_id == "2");
        assert_eq!((rest.amount, rest.lots), (80, vec![part("1", 80)]), "one part of two");
    }
}
