//! What does one usage report change, in which order?
//!
//! The order is the same for every report, on both engines, so reports wait for each other and never
//! block each other for good: the report's own row (its unique key decides a race), the bill, the
//! balances in the order of their ids, the limits in the order of theirs, the offer, the customer.

use super::booking::{self, Booking};
use super::flag::{Findings, Flag};
use super::kind::Kind;
use super::limits::{Claims, Reported};
use super::refund::{self, Refunds, Reports};
use super::report::{Report, units};
use super::reverse;
use super::rewards::{About, Rewards};
use super::store::{self, Ground, Key, KnownOffer, NewUsage};
use crate::Partner;
use crate::loyalty::after_bills::bills_changed;
use crate::loyalty::bills;
use crate::loyalty::ledger::expiry::Terms;
use crate::loyalty::ledger::{Book, CheckKey, Link, balance_of, holds, store as ledger_store};
use crate::loyalty::merge;
use crate::loyalty::offer;
use crate::loyalty::people::code;
use crate::loyalty::people::customer::{Categories, Changed};
use crate::loyalty::program::Program;
use crate::loyalty::tier::Ladder;
use crate::merchant::MerchantRow;
use crate::row;
use db::{Error, Tx};
use door::ApiError;
use jiff::Timestamp;
use money::Amount;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A report to be booked, with everything that came from outside.
#[derive(Debug, Clone)]
pub(crate) struct Command {
    /// From the connection's token.
    pub(crate) merchant: String,
    /// From the connection's token.
    pub(crate) loyalty_provider_id: String,
    pub(crate) report: Report,
    /// The body as it is kept.
    pub(crate) body: String,
    /// SHA-256 of what it says (loyalty.md §7 I2).
    pub(crate) body_hash: [u8; 32],
    /// For the case that it has to be kept aside.
    pub(crate) quarantine_id: String,
    pub(crate) now: Timestamp,
}

/// How a report ended. Each of them is answered 200.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
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
        Self::forbidden(
            "the merchant of this connection is not set up at the loyalty partner; set it up again",
        )
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
        merged_from: who.merged_from.as_deref(),
        place: offer.map(|offer| offer.place.as_str()),
        device_number: Some(report.device_number),
        total,
        paid_at: Some(report.paid_at),
        now,
    };
    if !store::insert(tx, &key, &new)? {
        return Ok(met_again(tx, &key, command)?);
    }
    if let Some(reason) = unbookable(report, &ground.merchant) {
        let (id, hash) = (&command.quarantine_id, &command.body_hash);
        store::keep_aside(tx, &key, (id, &reason), (&command.body, hash), now)?;
        findings.flag(Flag::Differs);
        findings.remark(reason);
        if report.kind == Kind::Paid {
            count_uses(tx, partner, command, &ground, &who, &key, &mut findings)?;
        }
    } else {
        let program = partner.programs().of(&ground.merchant)?;
        let local = program.local(new.place.unwrap_or_default(), now);
        if !program.settings.tiers.is_empty() {
            let mut judged: BTreeSet<String> = who.member_id.iter().cloned().collect();
            judged.extend(bills::whose(tx, key.merchant, key.bill_id)?);
            for member_id in &judged {
                Ladder::of(&program, &ground.merchant, member_id).catch_up(tx, now)?;
            }
        }
        let known_bill = known_bill(tx, &key, &new, report)?;
        let mut categories = Categories::Added(&report.categories);
        let terms = Terms::new(&program.settings, local.clone());
        let desk =
            Refunds { merchant: &ground.merchant, rules: &refund::rules(&program), terms: &terms, now };
        // the stored bill may belong to another member than the report names, and its points may come from a third: update
        // all of them
        let mut members: BTreeSet<String> = known_bill.member_id.iter().cloned().collect();
        members.extend(who.member_id.clone());
        if report.kind != Kind::Paid {
            let reports = Reports::read(tx, &key, &ground.merchant)?;
            if report.kind.takes_back() && !reports.has_parts() {
                reverse::take_back(tx, &key, now, &terms, (&mut findings, &mut members))?;
            } else {
                desk.give_back(tx, &key, report, &reports, (&mut findings, &mut members))?;
            }
            categories = Categories::Unknown;
        } else if known_bill.cancelled && store::is_taken_back(tx, &key)? {
            findings.remark("the bill was taken back before this report came: nothing is booked");
            categories = Categories::Unknown;
        } else {
            book_paid(tx, &program, command, &ground, &who, &key, (&mut findings, &mut members))?;
            if store::has_parts(tx, &key)? {
                let reports = Reports::read(tx, &key, &ground.merchant)?;
                desk.give_back_waiting(tx, &key, report, &reports, &mut members)?;
                categories = Categories::Unknown;
            }
        }
        bills::settle(tx, &command.merchant, &report.bill_id)?;
        let bill_ids = [report.bill_id.as_str()];
        let mut changed = Changed::Bills(&bill_ids, categories);
        // a bill may be known as somebody else's than this report says
        if let (Some(named), Some(survivor)) = (&who.merged_from, &who.member_id)
            && merge::settle_alias(tx, &command.merchant, named, survivor, now)?
        {
            changed = Changed::Everything;
        }
        members.extend(who.merged_from);
        bills_changed(tx, &program, &ground.merchant, &members, changed, &local)?;
    }
    if !findings.is_empty() {
        store::annotate(tx, &key, &findings)?;
    }
    Ok(Outcome::Booked(findings))
}

/// Why a report is kept but cannot be booked.
fn unbookable(report: &Report, merchant: &MerchantRow) -> Option<String> {
    if let Kind::Other(state) = &report.kind {
        return Some(format!(
            "billState: expected paid, refunded or cancelled, found {state:?}; the report is kept, nothing is booked"
        ));
    }
    (matches!(report.kind, Kind::Paid | Kind::Part(..)) && report.currency_code != merchant.currency_code)
        .then(|| {
            format!(
                "currencyCode: expected {}, found {}; the report is kept, nothing is booked",
                merchant.currency_code, report.currency_code
            )
        })
}

/// Whose bill it is and where points go.
#[derive(Default)]
struct Who {
    member_id: Option<String>,
    /// Whom the offer or the report names, where that one was merged into the member.
    merged_from: Option<String>,
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
    if report.wrong_clock {
        findings.flag(Flag::WrongClock);
    }
    if report.merchant_id.as_deref().is_some_and(|id| id != key.merchant) {
        findings.remark("merchantId is not the merchant of this connection; the connection decides");
    }
    if report.loyalty_provider_id.as_deref().is_some_and(|id| id != key.loyalty_provider_id) {
        findings.remark("loyaltyProviderId is not the provider of this connection; the connection decides");
    }
    if let Some(offer) = &ground.offer {
        let offered = [&offer.member_id, &offer.merged_into];
        if report.customer_id.is_some() && !offered.contains(&&report.customer_id) {
            findings.remark("customerId is not the customer of the offer; the offer decides");
        }
        if report.place_id.as_ref().is_some_and(|place| *place != offer.place) {
            findings.remark("placeId is not the place of the offer; the offer decides");
        }
        // a fact all the same, but nobody's: what was erased does not come back
        if let Some(member_id) = &offer.member_id
            && store::is_erased(tx, key.merchant, member_id)?
        {
            findings.remark("the customer of the offer was erased: the bill is nobody's and earns nothing");
            return Ok(Who { member_id: None, merged_from: None, points_balance: None });
        }
        let points_balance = ground.points_balance.clone();
        return Ok(match &offer.merged_into {
            None => Who { member_id: offer.member_id.clone(), merged_from: None, points_balance },
            Some(into) => {
                Who { member_id: Some(into.clone()), merged_from: offer.member_id.clone(), points_balance }
            }
        });
    }
    findings.flag(Flag::NoOffer);
    let Some(customer_id) = &report.customer_id else {
        return Ok(Who::default());
    };
    match store::known_member(tx, key.merchant, customer_id)? {
        Some((member_id, points_balance)) => {
            let merged_from = Some(customer_id.clone()).filter(|named| *named != member_id);
            Ok(Who { member_id: Some(member_id), merged_from, points_balance })
        }
        None => {
            findings.remark("customerId is not a member of this merchant");
            Ok(Who::default())
        }
    }
}

/// A key that is taken: the same body is a repetition, another one is kept aside (loyalty.md §7 I2, I3).
fn met_again(tx: &mut Tx<'_>, key: &Key<'_>, command: &Command) -> Result<Outcome, Error> {
    if store::booked_hash(tx, key)?.is_some_and(|hash| hash == command.body_hash) {
        return Ok(Outcome::Repeated);
    }
    let reason = "a report of this offer, bill and state is booked with another body; this one is kept, nothing is booked";
    let Command { quarantine_id, body, body_hash, now, .. } = command;
    let first = store::keep_aside(tx, key, (quarantine_id, reason), (body, body_hash), *now)?;
    Ok(Outcome::Quarantined(first))
}

/// Keeps what the report tells of the bill, which also puts the reports of one bill into a row.
fn known_bill(
    tx: &mut Tx<'_>,
    key: &Key<'_>,
    new: &NewUsage<'_>,
    report: &Report,
) -> Result<bills::KnownBill, Error> {
    if let Kind::Part(..) = report.kind {
        let (member_id, merged_from) = (new.member_id, new.merged_from);
        return bills::lock(tx, key.merchant, &report.bill_id, new.place, member_id, merged_from);
    }
    let categories = row::to_json("partner_bill", "categories", &report.categories)?;
    let reported = bills::ReportedBill {
        bill_id: &report.bill_id,
        place: new.place,
        member_id: new.member_id,
        merged_from: new.merged_from,
        total: new.total,
        paid_at: new.paid_at,
        cancelled: report.kind.takes_back(),
        categories: &categories,
        returns_only: report.returns_only(),
    };
    bills::from_usage(tx, key.merchant, &reported)
}

/// Counts what a bill set aside for its currency used of its promotions' limits: its money is not booked, but the
/// code was used, whatever the guest paid in (loyalty.md §4, §6 C4).
fn count_uses(
    tx: &mut Tx<'_>,
    partner: &Partner,
    command: &Command,
    ground: &Ground,
    who: &Who,
    key: &Key<'_>,
    findings: &mut Findings,
) -> Result<(), Error> {
    if command.report.promotions.is_empty() {
        return Ok(());
    }
    let place = place(ground, &command.report);
    // nobody's, and no order: a record of the bill must not add its price to a member's sales
    let known_bill =
        bills::lock(tx, key.merchant, key.bill_id, Some(place).filter(|id| !id.is_empty()), None, None)?;
    if known_bill.cancelled && store::is_taken_back(tx, key)? {
        return Ok(());
    }
    let program = partner.programs().of(&ground.merchant)?;
    let check = ground.offer.as_ref().map(KnownOffer::check);
    let uses = Reported { counts_money: false, ..reported(command, ground, who, key, check.as_ref()) };
    if let Some(limited) = Claims::lock(tx, &program, &ground.merchant, &uses)? {
        offer::use_offer(tx, key.merchant, key.offer_id)?;
        limited.enter(tx, key.merchant, &uses, findings)?;
    }
    Ok(())
}

/// Where the bill was paid: the offer knows, else the report may; empty when nobody does.
fn place<'a>(ground: &'a Ground, report: &'a Report) -> &'a str {
    let of_offer = ground.offer.as_ref().map(|offer| offer.place.as_str());
    of_offer.or(report.place_id.as_deref()).unwrap_or_default()
}

/// What the report tells of its promotions.
fn reported<'a>(
    command: &'a Command,
    ground: &'a Ground,
    who: &'a Who,
    key: &Key<'a>,
    check: Option<&'a CheckKey>,
) -> Reported<'a> {
    Reported {
        offer_id: key.offer_id,
        bill_id: key.bill_id,
        promotions: &command.report.promotions,
        offer: ground.offer.as_ref().zip(check).map(|(offer, check)| (check, offer.limits.as_slice())),
        member_id: who.member_id.as_deref(),
        place: place(ground, &command.report),
        paid_at: command.report.paid_at,
        now: command.now,
        counts_money: true,
    }
}

/// Books what a paid bill used, topped up and earned.
fn book_paid(
    tx: &mut Tx<'_>,
    program: &Arc<Program>,
    command: &Command,
    ground: &Ground,
    who: &Who,
    key: &Key<'_>,
    (findings, members): (&mut Findings, &mut BTreeSet<String>),
) -> Result<(), Error> {
    let (report, now) = (&command.report, command.now);
    let place = place(ground, report);
    let precision = ground.merchant.precision;
    let about = About { merchant: key.merchant, member_id: who.member_id.as_deref(), place, precision, now };
    let rewards = Rewards::prepare(tx, program.clone(), &about, report)?;
    let collects = who.points_balance.as_deref().filter(|_| program.settings.earn.is_some());
    let owed = match report.total.is_sign_negative() {
        true => refund::owed(&program.settings.item_refunds, report, precision),
        false => Amount::ZERO,
    };
    let deposit = refund::deposit(tx, key.merchant, who.member_id.as_deref(), owed, findings)?;
    let ids = report.uses.keys().map(|id| balance_of(id)).chain(collects).chain(rewards.balance_ids());
    let ids = ids.chain(deposit.as_ref().map(|deposit| deposit.balance_id.as_str()));
    let ids: BTreeSet<&str> = ids.collect();
    let terms = Terms::new(&program.settings, program.local(place, now));
    let mut books = Book::lock(tx, key.merchant, &ids, terms, now)?;
    let known = books.balance_ids().into_iter().map(str::to_owned).collect::<Vec<_>>();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let check = ground.offer.as_ref().map(KnownOffer::check);
    let holds = ledger_store::holds_that_count(tx, key.merchant, &known, check.as_ref(), now)?;
    let reported = reported(command, ground, who, key, check.as_ref());
    // after the balances, before the offer: the order in which an offer locks them
    let limited = Claims::lock(tx, program, &ground.merchant, &reported)?;
    let by_others = match &ground.offer {
        Some(_) if !offer::use_offer(tx, key.merchant, key.offer_id)? => store::used_by_other_bills(tx, key)?,
        _ => BTreeMap::new(),
    };
    if ground.offer.as_ref().is_some_and(|offer| offer.device_number != report.device_number) {
        findings.flag(Flag::Differs);
        findings.remark("deviceNumber is not the register of the offer");
    }
    let mut booking = Booking {
        merchant: &ground.merchant,
        program,
        offer: ground.offer.as_ref(),
        holds,
        by_others,
        report,
        day: program.local(place, report.paid_at).date(),
        link: Link {
            offer_id: Some(report.offer_id.clone()),
            bill_id: Some(report.bill_id.clone()),
            reason: None,
        },
        now,
        paid_by_bonus: 0,
        prepaid: 0,
        topped_up: 0,
        paid_by_tender: 0,
        captured: Vec::new(),
        activated: Vec::new(),
    };
    for (balance_id, used) in &report.uses {
        booking.balance(tx, &mut books, balance_id, used, findings)?;
    }
    rewards.book(tx, &mut books, &booking, collects, report, findings)?;
    if let Some(deposit) = &deposit {
        refund::credit(tx, &mut books, deposit, &booking.link, findings)?;
    }
    for hold in &booking.captured {
        holds::capture_hold(tx, key.merchant, hold)?;
    }
    members.extend(books.members_of_points().map(str::to_owned));
    let prepaid = booking::paid_for_later(report, &books, precision);
    books.close(tx)?;
    bills::keep_prepaid(tx, key.merchant, key.bill_id, prepaid)?;
    if let Some(limited) = limited {
        limited.enter(tx, key.merchant, &reported, findings)?;
    }
    for balance_id in &booking.activated {
        code::activate_of_balance(tx, key.merchant, balance_id)?;
    }
    Ok(())
}
