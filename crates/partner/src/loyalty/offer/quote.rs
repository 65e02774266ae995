//! What does a program offer for a basket? The pure heart of getBenefitOffer.
//!
//! A function of (program, basket, codes, balances, choices, time): the tests, the simulator and the
//! handler share it. The order of the steps is loyalty.md §2: item discounts, order discounts, SPV,
//! points, then payments by MPV and credit. Steps 1–4 change line prices and the VAT base, 5–6 only pay.

use super::balance_state::{BalanceState, Books, Scale};
use super::basket::Basket;
use super::bill::{Bill, Share};
use super::code::{self, KnownCode, Member};
use super::discounts::{self, Asked, Discount, Hint, Outcome};
use super::ending::{self, Ending};
use super::given::{Given, Table};
use super::identified::{Entry, Found, Identified};
use super::inputs::{identify, nothing_to_spend};
use super::reason::Reason;
use super::spend;
use super::top_up::{self, TopUp};
use super::trace::{Explained, Trace};
use super::wishes::Wishes;
use crate::loyalty::program::Program;
use crate::loyalty::promotion::{LimitUse, Taken};
use jiff::Timestamp;
use jiff::civil::Date;
use money::Amount;
use std::sync::Arc;

/// Everything a quote depends on, besides the time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'a> {
    /// The merchant's settings and promotions.
    pub(crate) program: &'a Program,
    /// Currency and precision of the merchant's ledger.
    pub(crate) books: &'a Books,
    /// The lines of the check.
    pub(crate) basket: &'a Basket,
    /// The codes of the request that this merchant knows.
    pub(crate) codes: &'a [KnownCode],
    /// The balances behind them, with what this check may spend of each.
    pub(crate) balances: &'a [BalanceState],
    /// The cashier's choices.
    pub(crate) wishes: &'a Wishes,
    /// How much of each limit is gone already, as this check sees it.
    pub(crate) limits: &'a Taken,
}

/// The kind of a basket by its sum, which decides what an offer may contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sale {
    /// Nothing on it.
    Empty,
    /// Things are given back, and what is bought does not outweigh them (protocol.md §10.10).
    Returning,
    /// It comes to nothing.
    Zero,
    /// It comes to something.
    Positive,
}

/// An offer, before it is put into words.
#[derive(Debug, Clone)]
pub(crate) struct Quote {
    /// What kind of basket it was.
    pub(crate) sale: Sale,
    /// Whose check it is.
    pub(crate) member: Option<Arc<Member>>,
    /// One per entry of `benefitInputs`, in order, judged to the end.
    pub(crate) entries: Vec<Entry>,
    /// The promotions that take something off, in the order in which they were applied.
    pub(crate) discounts: Vec<Discount>,
    /// The uses of balances, in the order in which they were applied.
    pub(crate) given: Vec<Given>,
    /// The top-ups that are sold.
    pub(crate) top_ups: Vec<TopUp>,
    /// The day on the place's calendar.
    pub(crate) day: Date,
    /// The member's value that ends soon.
    pub(crate) endings: Vec<Ending>,
    /// What the applied promotions use of their limits; a hold keeps it until the bill is reported.
    pub(crate) limit_uses: Vec<LimitUse>,
    /// What the guest nearly gets, in the program's order.
    pub(crate) hints: Vec<Hint>,
    /// What is taken off each line.
    pub(crate) shares: Vec<Vec<Share>>,
    /// The basket's and the ledger's currency differ: no balance was used.
    pub(crate) other_currency: bool,
    /// Σ lines.
    pub(crate) total: Amount,
    /// Σ benefits on lines.
    pub(crate) benefits: Amount,
    /// Σ payments by balances.
    pub(crate) payments: Amount,
    /// What stays for other payments: total − benefits − payments; below 0 only where the basket is.
    pub(crate) payable: Amount,
    /// What every step did, when it was asked for. Codes stand in it: not for a log.
    pub(crate) notes: Explained,
}

/// Quotes without notes.
pub(crate) fn quote(question: &Question<'_>, now: Timestamp) -> Quote {
    run(question, now, Trace::off())
}

/// Quotes and explains every step.
pub(crate) fn explain(question: &Question<'_>, now: Timestamp) -> Quote {
    run(question, now, Trace::on())
}

fn run(question: &Question<'_>, now: Timestamp, mut trace: Trace) -> Quote {
    let Question { program, books, basket, codes, balances, wishes, limits } = *question;
    let till = program.settings.till_discounts;
    let mut bill = Bill::new(basket.payable_lines(till));
    note_border(basket, &mut trace);

    let mut identified = identify(program, basket, codes, balances, now, &mut trace);
    let other_currency = basket.request.currency_code != books.currency_code;
    if other_currency {
        identified.allowed.fill(false);
        identified.tops_up.fill(false);
        identified.frozen.fill(false);
        trace.add("border", || {
            ("balances", format!("the ledger counts in {}: none is used", books.currency_code))
        });
    }

    let sale = sale_of(&bill);
    let scans = scans(&identified, basket, codes);
    let asked = Asked {
        program,
        books,
        basket,
        member: identified.member.map(Arc::as_ref),
        scans: &scans,
        limits,
        now,
    };
    let mut outcome = Outcome::default();
    let mut given = Vec::new();
    let mut top_ups = Vec::new();
    let scale = Scale::new(books.precision, basket.precision);
    if matches!(sale, Sale::Zero | Sale::Positive) {
        // a voucher is activated by a product that costs nothing (loyalty.md §11 T5)
        top_ups = top_up::apply(&identified.tops_up, basket, balances, wishes, scale, &mut trace);
    }
    if sale == Sale::Positive {
        outcome = discounts::apply(&asked, &mut bill, &mut trace);
        let table = Table {
            basket,
            balances,
            allowed: &identified.allowed,
            wishes,
            default_use: program.settings.default_use,
            stamp_cards: &program.settings.stamp_cards,
            scale,
        };
        given = spend::apply(&table, &mut bill, &mut trace);
        given.extend(spend::frozen(&table, &identified.frozen));
    } else {
        trace.add("border", || ("basket", format!("nothing applies: {sale:?}")));
        let reason = if sale == Sale::Empty { Reason::EmptyBasket } else { Reason::NoMatchingItems };
        discounts::none_apply(&asked, reason, &mut trace);
    }
    let entries = settle_entries(&identified, sale, other_currency, balances, &outcome, &given);
    given.retain(|one| shown(one, &balances[one.balance], &identified, &entries));
    let local = program.local(&basket.request.place_id, now);
    let endings = ending::soon(&given, balances, &local, program.settings.announce_expiry_days.0);
    Quote {
        sale,
        member: identified.member.cloned(),
        entries,
        discounts: outcome.discounts,
        given,
        limit_uses: outcome.limit_uses,
        hints: outcome.hints,
        top_ups,
        day: local.date(),
        endings,
        other_currency: other_currency && !balances.is_empty(),
        total: bill.total(),
        benefits: bill.benefits(),
        payments: bill.payments(),
        payable: bill.payable(),
        shares: bill.into_shares(),
        notes: trace.into_notes(),
    }
}

fn note_border(basket: &Basket, trace: &mut Trace) {
    for (line, money) in basket.lines.iter().enumerate() {
        if money.price.amount != money.price.ceiling || !is_on_grid(basket, line) {
            trace.add("border", || {
                let digits = basket.precision.digits();
                let text =
                    format!("price has more than {digits} decimals: counted as {}", money.price.amount.0);
                (format!("itemsToPay[{line}]"), text)
            });
        }
        if money.ambiguous {
            trace.add("border", || {
                let id = basket.check_item_id(line);
                (format!("itemsToPay[{line}]"), format!("checkItemId {id} is not unique: no benefits on it"))
            });
        }
    }
}

fn is_on_grid(basket: &Basket, line: usize) -> bool {
    basket.request.items_to_pay.get(line).is_none_or(|item| {
        item.total_price_with_vat.0.normalize().scale() <= u32::from(basket.precision.digits())
    })
}

fn sale_of(bill: &Bill) -> Sale {
    let returns = (0..bill.len()).any(|line| bill.initial(line) < Amount::ZERO);
    let buys = (0..bill.len()).any(|line| bill.initial(line) > Amount::ZERO);
    if bill.len() == 0 {
        Sale::Empty
    } else if returns && (!buys || bill.total() < Amount::ZERO) {
        Sale::Returning
    } else if bill.total() <= Amount::ZERO {
        Sale::Zero
    } else {
        Sale::Positive
    }
}

/// The last word on every code, now that it is known what it came to.
fn settle_entries(
    identified: &Identified<'_>,
    sale: Sale,
    other_currency: bool,
    balances: &[BalanceState],
    outcome: &Outcome,
    given: &[Given],
) -> Vec<Entry> {
    let mut entries = identified.entries.clone();
    // which scan of its promotion an entry is
    let mut scan = vec![0_usize; outcome.verdicts.len()];
    for entry in entries.iter_mut().filter(|entry| entry.refusal.is_none()) {
        entry.refusal = match (sale, entry.found) {
            (Sale::Empty, _) => Some(Reason::EmptyBasket),
            (_, Found::Nothing) => None,
            (_, Found::Card) => {
                if sale == Sale::Positive {
                    card(identified, balances, given)
                } else {
                    None
                }
            }
            (_, Found::Voucher(_) | Found::TopUp(_)) if other_currency => Some(Reason::CurrencyMismatch),
            (Sale::Zero | Sale::Positive, Found::TopUp(_)) => None,
            (Sale::Zero | Sale::Positive, Found::Voucher(Some(at))) if identified.tops_up[at] => None,
            (Sale::Positive, Found::Voucher(position)) => voucher(position, given),
            (Sale::Positive, Found::Promotion(position)) => {
                position.and_then(|at| promotion(at, &mut scan[at], outcome))
            }
            (Sale::Returning | Sale::Zero, Found::Voucher(_) | Found::Promotion(_))
            | (Sale::Returning, Found::TopUp(_)) => Some(Reason::NoMatchingItems),
        };
    }
    entries
}

/// Why a voucher gives nothing: every part of it has to have nothing to give.
fn voucher(position: Option<usize>, given: &[Given]) -> Option<Reason> {
    let mut refusal = None;
    for one in given.iter().filter(|one| Some(one.balance) == position) {
        if one.most > 0 {
            return None;
        }
        refusal = refusal.or(one.reason).filter(|reason| *reason != Reason::PartlyReserved);
    }
    refusal
}

/// Why one scan of a promotion's code has no effect: what keeps the promotion from applying, or a limit that
/// lets fewer of its scans count.
fn promotion(at: usize, scan: &mut usize, outcome: &Outcome) -> Option<Reason> {
    let this = *scan;
    *scan += 1;
    let uncounted = outcome.uncounted.iter().find(|(promotion, _)| *promotion == at);
    outcome.verdicts[at].reason().or_else(|| uncounted.and_then(|(_, scans)| *scans.get(this)?))
}

/// The codes that make a promotion count, in order.
fn scans<'a>(identified: &Identified<'_>, basket: &Basket, codes: &'a [KnownCode]) -> Vec<(usize, &'a str)> {
    let entries = identified.entries.iter().zip(&basket.request.benefit_inputs);
    entries
        .filter_map(|(entry, input)| match (entry.found, entry.refusal) {
            (Found::Promotion(Some(at)), None) => {
                Some((at, code::find(codes, &input.input_code)?.code.as_str()))
            }
            _ => None,
        })
        .collect()
}

/// A card is locked when others hold everything its balances have.
fn card(identified: &Identified<'_>, balances: &[BalanceState], given: &[Given]) -> Option<Reason> {
    let member = identified.member?.member_id.as_str();
    let mut locked = None;
    for one in given {
        let state = &balances[one.balance];
        if state.row.member_id.as_deref() != Some(member) {
            continue;
        }
        if state.free.available > 0 {
            return None;
        }
        let reason = nothing_to_spend(state).filter(|reason| reason.is_locked());
        // of several balances one that another register holds is said
        locked = locked.filter(|so_far| *so_far == Reason::LockedByOtherDevice).or(reason).or(locked);
    }
    locked
}

/// A balance is shown when there is something on it and its code was not refused; one of the member's
/// own also while others hold all of it or it is blocked, so that the cashier sees why.
fn shown(one: &Given, state: &BalanceState, identified: &Identified<'_>, entries: &[Entry]) -> bool {
    let of_member = identified
        .member
        .is_some_and(|member| state.row.member_id.as_deref() == Some(member.member_id.as_str()));
    let by_voucher = entries
        .iter()
        .any(|entry| entry.found == Found::Voucher(Some(one.balance)) && entry.refusal.is_none());
    let blocked = one.reason == Some(Reason::Frozen);
    (one.current > 0 && (of_member || by_voucher)) || (blocked && of_member)
}
