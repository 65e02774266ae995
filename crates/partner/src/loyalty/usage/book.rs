//! What does one usage report change, in which order?
//!
//! The order is the same for every report, on both engines, so reports wait for each other and never
//! block each other for good: the report's own row (its unique key decides a race), the bill, the
//! balances in the order of their ids, the offer, the customer.

use super::earning::{self, PaidLine};
use super::flag::{Findings, Flag};
use super::report::{Kind, Report, Use, units};
use super::reverse;
use super::store::{self, Ground, Key, KnownOffer, NewUsage};
use crate::Partner;
use crate::customers::{bill, totals};
use crate::loyalty::ledger::{
    Account, BalanceStatus, Book, CheckKey, HoldRow, Link, LotKind, LotPart, NewLot, Spend, TransferKind,
    store as ledger_store,
};
use crate::loyalty::program::{EarnRule, ProgramSettings};
use crate::merchant::MerchantRow;
use crate::row;
use db::{Error, Tx};
use door::ApiError;
use jiff::Timestamp;
use money::Amount;
use std::collections::{BTreeMap, BTreeSet};
use wire::loyalty::BalanceType;

/// A report to be booked, with everything that came from outside.
#[derive(Debug, Clone)]
pub(crate) struct Command {
    /// From the connection's token.
    pub(crate) merchant: String,
    /// From the connection's token.
    pub(crate) loyalty_provider_id: String,
    pub(crate) report: Report,
    /// The body as it came.
    pub(crate) body: String,
    /// SHA-256 of its canonical form (loyalty.md §7 I2).
    pub(crate) body_hash: [u8; 32],
    /// For the case that it has to be kept aside.
    pub(crate) quarantine_id: String,
    pub(crate) now: Timestamp,
}

/// How a report ended. Each of them is answered 200.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is in the books, with what people should know of it.
    Booked(Findings),
    /// It was before: nothing changed.
    Repeated,
    /// It contradicts the booked report of its key: kept aside. True the first time.
    Quarantined(bool),
}

/// Why a report was not taken at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The connection's merchant is gone.
    NoMerchant,
}

impl From<Refusal> for ApiError {
    fn from(_: Refusal) -> Self {
        Self::forbidden("the merchant of this connection is not set up at the loyalty partner; set it up again")
    }
}

/// Books a report, or finds that it was booked.
pub(crate) fn book(
    tx: &mut Tx<'_>,
    partner: &Partner,
    command: &Command,
) -> Result<Outcome, db::TxError<Refusal>> {
    let (report, now) = (&command.report, command.now);
    let Some(ground) = store::ground(tx, &command.merchant, &report.offer_id)? else {
        return Err(db::TxError::Refused(Refusal::NoMerchant));
    };
    let key = Key {
        merchant: &command.merchant,
        loyalty_provider_id: &command.loyalty_provider_id,
        offer_id: &report.offer_id,
        bill_id: &report.bill_id,
        kind: &report.kind,
    };
    let mut findings = Findings::default();
    let who = who(tx, &ground, report, &key, &mut findings)?;
    let total = units(report.total, false, ground.merchant.precision).map_or(0, |(total, _)| total);
    let offer = ground.offer.as_ref();
    let new = NewUsage {
        body_hash: &command.body_hash,
        body: &command.body,
        member_id: who.member_id.as_deref(),
        place: offer.map(|offer| offer.place.as_str()),
        device_number: Some(report.device_number),
        total,
        paid_at: Some(report.paid_at),
        now,
    };
    if !store::insert(tx, &key, &new)? {
        return Ok(met_again(tx, &key, command)?);
    }
    let known_bill = known_bill(tx, &key, &new, report)?;
    if matches!(report.kind, Kind::Other(_)) {
        let reason = format!(
            "billState: expected paid, refunded or cancelled, found {:?}; the report is kept, nothing is booked",
            report.kind.text()
        );
        store::quarantine(tx, &key, &command.quarantine_id, &reason, &command.body, &command.body_hash, now)?;
        findings.remark(reason);
    } else if report.currency_code != ground.merchant.currency_code && !report.uses.is_empty() {
        let reason = format!(
            "currencyCode: expected {}, found {}; the report is kept, nothing is booked",
            ground.merchant.currency_code, report.currency_code
        );
        store::quarantine(tx, &key, &command.quarantine_id, &reason, &command.body, &command.body_hash, now)?;
        findings.flag(Flag::Differs);
        findings.remark(reason);
    } else if report.kind.takes_back() {
        reverse::take_back(tx, &key, now, &mut findings)?;
        if let Some(member_id) = known_bill.and_then(|bill| bill.member_id).or(who.member_id) {
            totals::recompute(tx, &command.merchant, &member_id, totals::Categories::Unknown, now)?;
        }
    } else if known_bill.is_some_and(|bill| bill.cancelled) && store::is_taken_back(tx, &key)? {
        findings.remark("the bill was taken back before this report came: nothing is booked");
    } else {
        book_paid(tx, partner, command, &ground, &who, &key, &mut findings)?;
        if let Some(member_id) = &who.member_id {
            let added = totals::Categories::Added(&report.categories);
            totals::recompute(tx, &command.merchant, member_id, added, now)?;
        }
    }
    if !findings.is_empty() {
        store::annotate(tx, &key, &findings)?;
    }
    Ok(Outcome::Booked(findings))
}

/// Whose bill it is and where points go.
struct Who {
    member_id: Option<String>,
    points_balance: Option<String>,
}

/// The offer tells whose bill it is. Without one the report may, if it names a member of this merchant.
fn who(
    tx: &mut Tx<'_>,
    ground: &Ground,
    report: &Report,
    key: &Key<'_>,
    findings: &mut Findings,
) -> Result<Who, Error> {
    report.oddities.iter().for_each(|oddity| findings.remark(oddity.clone()));
    if report.merchant_id.as_deref().is_some_and(|id| id != key.merchant) {
        findings.remark("merchantId is not the merchant of this connection; the connection decides");
    }
    if report.loyalty_provider_id.as_deref().is_some_and(|id| id != key.loyalty_provider_id) {
        findings.remark("loyaltyProviderId is not the provider of this connection; the connection decides");
    }
    if let Some(offer) = &ground.offer {
        if report.customer_id.is_some() && report.customer_id != offer.member_id {
            findings.remark("customerId is not the customer of the offer; the offer decides");
        }
        if report.place_id.as_ref().is_some_and(|place| *place != offer.place) {
            findings.remark("placeId is not the place of the offer; the offer decides");
        }
        return Ok(Who {
            member_id: offer.member_id.clone(),
            points_balance: ground.points_balance.clone(),
        });
    }
    findings.flag(Flag::NoOffer);
    let Some(customer_id) = &report.customer_id else {
        return Ok(Who { member_id: None, points_balance: None });
    };
    match store::known_member(tx, key.merchant, customer_id)? {
        Some((member_id, points_balance)) => Ok(Who { member_id: Some(member_id), points_balance }),
        None => {
            findings.remark("customerId is not a member of this merchant");
            Ok(Who { member_id: None, points_balance: None })
        }
    }
}

/// A key that is taken: the same body is a repetition, another one is kept aside (loyalty.md §7 I2, I3).
fn met_again(tx: &mut Tx<'_>, key: &Key<'_>, command: &Command) -> Result<Outcome, Error> {
    if store::booked_hash(tx, key)?.is_some_and(|hash| hash == command.body_hash) {
        return Ok(Outcome::Repeated);
    }
    let reason = "a report of this offer, bill and state is booked with another body; this one is kept, nothing is booked";
    let first = store::quarantine(
        tx,
        key,
        &command.quarantine_id,
        reason,
        &command.body,
        &command.body_hash,
        command.now,
    )?;
    Ok(Outcome::Quarantined(first))
}

/// Keeps what the report tells of the bill, which also puts the reports of one bill into a row.
fn known_bill(
    tx: &mut Tx<'_>,
    key: &Key<'_>,
    new: &NewUsage<'_>,
    report: &Report,
) -> Result<Option<bill::KnownBill>, Error> {
    if matches!(report.kind, Kind::Other(_)) {
        return Ok(None);
    }
    let categories = row::to_json("partner_bill", "categories", &report.categories)?;
    bill::from_usage(
        tx,
        key.merchant,
        &bill::ReportedBill {
            bill_id: &report.bill_id,
            place: new.place,
            member_id: new.member_id,
            total: new.total,
            paid_at: new.paid_at,
            cancelled: report.kind.takes_back(),
            categories: &categories,
        },
    )
}

/// Books what a paid bill used, topped up and earned.
fn book_paid(
    tx: &mut Tx<'_>,
    partner: &Partner,
    command: &Command,
    ground: &Ground,
    who: &Who,
    key: &Key<'_>,
    findings: &mut Findings,
) -> Result<(), Error> {
    let (report, now) = (&command.report, command.now);
    let earn_rule = earn_rule(partner, &ground.merchant)?;
    let collects = who.points_balance.as_deref().filter(|_| earn_rule.is_some());
    let ids: BTreeSet<&str> = report.uses.keys().map(String::as_str).chain(collects).collect();
    let mut books = Book::lock(tx, key.merchant, &ids, now)?;
    let known = books.balance_ids().into_iter().map(str::to_owned).collect::<Vec<_>>();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let holds = ledger_store::active_holds(tx, key.merchant, &known)?;
    let by_others = match &ground.offer {
        Some(_) if !store::use_offer(tx, key.merchant, key.offer_id)? => store::used_by_other_bills(tx, key)?,
        _ => BTreeMap::new(),
    };
    if ground.offer.as_ref().is_some_and(|offer| offer.device_number != report.device_number) {
        findings.flag(Flag::Differs);
        findings.remark("deviceNumber is not the register of the offer");
    }
    let mut booking = Booking {
        merchant: &ground.merchant,
        offer: ground.offer.as_ref(),
        holds,
        by_others,
        link: Link { offer_id: Some(report.offer_id.clone()), bill_id: Some(report.bill_id.clone()), reason: None },
        now,
        paid_by_bonus: 0,
        prepaid: 0,
        captured: Vec::new(),
        activated: Vec::new(),
    };
    for (balance_id, reported) in &report.uses {
        booking.balance(&mut books, balance_id, reported, findings);
    }
    if let (Some(rule), Some(points_balance)) = (&earn_rule, collects) {
        booking.earn(&mut books, points_balance, rule, report)?;
    }
    books.close(tx)?;
    for hold in &booking.captured {
        ledger_store::capture_hold(tx, key.merchant, hold)?;
    }
    for balance_id in &booking.activated {
        store::activate_codes(tx, key.merchant, balance_id)?;
    }
    Ok(())
}

/// The merchant's earning rule, from the parsed program where it is in memory.
fn earn_rule(partner: &Partner, merchant: &MerchantRow) -> Result<Option<EarnRule>, Error> {
    if let Some(program) = partner.programs().get(&merchant.merchant, merchant.program_version) {
        return Ok(program.settings.earn.clone());
    }
    let settings: ProgramSettings = row::json("partner_merchant", "program", &merchant.program)?;
    Ok(settings.earn)
}

/// One bill on its way into the books.
struct Booking<'a> {
    merchant: &'a MerchantRow,
    offer: Option<&'a KnownOffer>,
    holds: Vec<HoldRow>,
    /// What other bills of the offer used, by balance.
    by_others: BTreeMap<String, i64>,
    link: Link,
    now: Timestamp,
    /// What bonus lots paid of this bill, in minor units: it earns nothing.
    paid_by_bonus: i64,
    /// What was paid for later use, in minor units: it earns nothing.
    prepaid: i64,
    captured: Vec<HoldRow>,
    activated: Vec<String>,
}

impl Booking<'_> {
    fn balance(&mut self, books: &mut Book<'_>, balance_id: &str, reported: &Use, findings: &mut Findings) {
        let Some(known) = books.row(balance_id) else {
            findings.remark(format!("balance {balance_id} is not known here: nothing was booked on it"));
            return;
        };
        let (points, balance_type) = (known.counts_points(), known.balance_type);
        let in_units = (
            units(reported.used, points, self.merchant.precision),
            units(reported.prepaid, false, self.merchant.precision),
        );
        let (Some((used, used_exact)), Some((prepaid, prepaid_exact))) = in_units else {
            findings.remark(format!("balance {balance_id}: its value is too large to be counted"));
            return;
        };
        if !used_exact || !prepaid_exact {
            findings.remark(format!("balance {balance_id}: its value has too many decimals and was rounded"));
        }
        if !books.has_room(balance_id, used) || !books.has_room(balance_id, prepaid) {
            findings.remark(format!("balance {balance_id}: its value is too large to be counted"));
            return;
        }
        if used > 0 {
            self.spend(books, balance_id, balance_type, used, findings);
        }
        if prepaid > 0 && points {
            findings.remark(format!("balance {balance_id}: points cannot be topped up; nothing was credited"));
        } else if prepaid > 0 {
            self.top_up(books, balance_id, prepaid);
        }
    }

    fn spend(
        &mut self,
        books: &mut Book<'_>,
        balance_id: &str,
        balance_type: BalanceType,
        used: i64,
        findings: &mut Findings,
    ) {
        let check = self.offer.map(KnownOffer::check);
        let of_check = |hold: &&HoldRow| check.as_ref() == Some(&hold.check);
        let own = self.holds.iter().find(|hold| hold.balance_id == balance_id && of_check(hold));
        let counting = own.filter(|hold| hold.counts(self.now));
        self.judge(balance_id, used, counting.is_some(), findings);
        let reserved: Vec<LotPart> = self
            .holds
            .iter()
            .filter(|hold| hold.balance_id == balance_id && hold.counts(self.now) && !of_check(hold))
            .flat_map(|hold| hold.lots.iter().cloned())
            .collect();
        let spend = Spend {
            amount: used,
            own: counting.map(|hold| hold.lots.as_slice()).unwrap_or_default(),
            reserved: &reserved,
            live_at: self.offer.map_or(self.now, |offer| offer.asked_at.min(self.now)),
        };
        let spent = books.spend(balance_id, &spend, &self.link);
        if spent.short > 0 {
            findings.flag(Flag::Overdraft);
            findings.remark(format!("balance {balance_id}: {} was not there any more", spent.short));
        }
        if matches!(balance_type, BalanceType::MultiPurposePrepaidVoucher | BalanceType::PrepaidCredit) {
            self.paid_by_bonus += spent.bonus;
        }
        if let Some(hold) = own {
            self.captured.push(what_stays(hold, used));
        }
    }

    /// Compares what was used with what the offer gave (loyalty.md §4, §5, §7 I5).
    fn judge(&self, balance_id: &str, used: i64, held: bool, findings: &mut Findings) {
        let Some(offer) = self.offer else { return };
        let given = offer.balances.iter().filter(|one| one.balance_id == balance_id).map(|one| one.amount).sum();
        let by_others = self.by_others.get(balance_id).copied().unwrap_or(0);
        let over = used.saturating_add(by_others) > given;
        if over && by_others > 0 {
            findings.flag(Flag::Conflict);
            findings.remark(format!(
                "balance {balance_id}: the offer gave {given}, its other bills used {by_others}, this one {used}"
            ));
        } else if over {
            findings.flag(Flag::Differs);
            findings.remark(format!("balance {balance_id}: the offer gave {given}, the bill used {used}"));
        }
        if !held && given > by_others {
            findings.flag(Flag::Late);
        }
    }

    fn top_up(&mut self, books: &mut Book<'_>, balance_id: &str, prepaid: i64) {
        let Some(row) = books.row(balance_id) else { return };
        let lot = NewLot {
            kind: LotKind::Paid,
            source: self.source(),
            vat_rate: row.settings.vat_rate,
            paid_value: None,
            expires_at: None,
        };
        if row.status == BalanceStatus::Inactive {
            books.set_status(balance_id, BalanceStatus::Active);
            self.activated.push(balance_id.to_owned());
        }
        books.credit(balance_id, TransferKind::TopUp, Account::Sales, prepaid, lot, None, &self.link);
        self.prepaid = self.prepaid.saturating_add(prepaid);
    }

    fn earn(
        &mut self,
        books: &mut Book<'_>,
        points_balance: &str,
        rule: &EarnRule,
        report: &Report,
    ) -> Result<(), Error> {
        let money = |value| units(value, false, self.merchant.precision).map_or(0, |(units, _)| units);
        let lines: Vec<PaidLine> = report
            .lines
            .iter()
            .map(|line| PaidLine {
                check_item_id: line.check_item_id.clone(),
                paid: Amount(money(line.paid)),
            })
            .collect();
        let earned = earning::earn(
            rule,
            self.merchant.precision,
            Amount(money(report.total)),
            Amount(self.prepaid),
            Amount(self.paid_by_bonus),
            &lines,
        );
        if earned.points == 0 || !books.has_room(points_balance, earned.points) {
            return Ok(());
        }
        let lot = NewLot {
            kind: LotKind::Earned,
            source: self.source(),
            vat_rate: None,
            paid_value: None,
            expires_at: None,
        };
        let lines = row::to_json("partner_transfer", "lines", &earned.lines)?;
        let (kind, other) = (TransferKind::Earn, Account::Promotion);
        books.credit(points_balance, kind, other, earned.points, lot, Some(lines), &self.link);
        Ok(())
    }

    fn source(&self) -> String {
        format!("bill {}", self.link.bill_id.as_deref().unwrap_or_default())
    }
}

impl KnownOffer {
    fn check(&self) -> CheckKey {
        CheckKey {
            place: self.place.clone(),
            device_number: self.device_number,
            check_id: self.check_id.clone(),
        }
    }
}

/// A hold after a report used some of it: the rest stays held for that check (loyalty.md §4).
fn what_stays(hold: &HoldRow, used: i64) -> HoldRow {
    let mut left = used.min(hold.amount);
    let mut rest = hold.clone();
    rest.amount -= left;
    for part in &mut rest.lots {
        let taken = left.min(part.amount);
        part.amount -= taken;
        left -= taken;
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
            let rest = what_stays(&hold, used);
            assert_eq!((rest.amount, rest.lots), (amount, lots), "{used}");
        }
    }
}
