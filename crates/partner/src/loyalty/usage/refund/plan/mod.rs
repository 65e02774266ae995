//! How much does a refund give back on each balance?
//!
//! Pure. Everything is a target that depends only on what has gone back in total, less what went back before: so
//! refunds in any order and of any size end where one refund of everything ends (loyalty.md §6 C6–C8,
//! acceptance property 5).

use super::super::kind::Kind;
use super::super::line::Source;
use super::super::report::{Report, units};
use super::sale::{Excess, Lines, Returned, Sale};
use crate::loyalty::program::RefundTender;
use money::{Amount, Precision, cumulative, cumulative_floor, spread};
use std::collections::BTreeMap;

/// How much a balance gave to the sale, and how much of that went back already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Spent {
    /// Points or minor units, as booked.
    pub(crate) amount: i64,
    /// How much of `amount` went back, in the same unit.
    pub(crate) returned: i64,
    /// Counted in whole points.
    pub(crate) points: bool,
}

impl Spent {
    fn left(&self) -> i64 {
        (self.amount - self.returned).max(0)
    }
}

/// A refund as its report asks for it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Asked {
    pub(crate) lines: Lines,
    /// The amounts the register gave back to balances that paid, in minor units by the balance's id on the wire; empty
    /// when the register did not say.
    pub(crate) facts: BTreeMap<String, i64>,
}

impl Asked {
    /// What the report of a refund or a cancellation asks for. Only a numbered refund says which parts and to which balances.
    pub(crate) fn by(report: &Report, precision: Precision) -> Self {
        if !matches!(report.kind, Kind::Part(..)) {
            return Self { lines: Lines::Rest, facts: BTreeMap::new() };
        }
        let parts = report.lines.iter().map(|line| (line.check_item_id.clone(), line.quantity.abs()));
        let lines = if report.lines.is_empty() { Lines::Rest } else { Lines::Parts(parts.collect()) };
        let facts = report.payments.iter().filter_map(|(id, given)| {
            // Given back is above 0 whichever way the register writes it
            units(given.abs(), false, precision).map(|(given, _)| (id.clone(), given))
        });
        Self { lines, facts: facts.collect() }
    }
}

/// Everything a refund is planned from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'a> {
    pub(crate) sale: &'a Sale,
    /// How much the sale used of each balance, by the balance's id on the wire.
    pub(crate) spent: &'a BTreeMap<String, Spent>,
    /// Lines of earlier refunds.
    pub(crate) before: &'a Returned,
    /// An earlier refund told to which balances the register gave, so the rest may not fit the rule.
    pub(crate) told_before: bool,
    pub(crate) tender: RefundTender,
}

/// The outcome of planning one refund: how much goes back, and where to.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Back {
    /// Lines after this refund.
    pub(crate) after: Returned,
    /// Price of what goes back, before its shares.
    pub(crate) gross: Amount,
    /// The value the guest gets, on balances and as money together: `gross` less the shares of what goes back, less the
    /// part of a discount that the lines that stay lose because its condition no longer holds (C9).
    pub(crate) value: Amount,
    /// By wire id, above 0: points or minor units.
    pub(crate) balances: BTreeMap<String, i64>,
    /// The part of `value` that the guest gets as money.
    pub(crate) money: Amount,
    /// The amount by which each general discount shrinks, above 0; it goes back into the discount's budget.
    pub(crate) discounts: Vec<(String, Amount)>,
    /// Nothing of the bill is left.
    pub(crate) whole: bool,
    /// The lines and quantities that the refund names and the bill does not have any more.
    pub(crate) excess: Vec<Excess>,
    /// Balances the register gave more than the bill can take back: id, given, taken.
    pub(crate) beyond: Vec<(String, i64, i64)>,
}

/// Plans one refund.
pub(crate) fn plan(question: &Question<'_>, asked: &Asked) -> Back {
    let sale = question.sale;
    let mut after = question.before.clone();
    let excess = sale.take(&mut after, &asked.lines);
    let whole = asked.lines == Lines::Rest || (!sale.lines.is_empty() && sale.is_all(&after));
    let (parts_before, parts) = (sale.parts(question.before), sale.parts(&after));
    let sum =
        |parts: &[money::LinePart], of: fn(&money::LinePart) -> Amount| parts.iter().map(of).sum::<Amount>();
    let net = sum(&parts, |part| part.net);
    let value = after.value() - question.before.value();
    let (all, before, now) = (sale.shares(None), sale.shares(Some(&parts_before)), sale.shares(Some(&parts)));
    let mut back = Back {
        gross: sum(&parts, |part| part.gross) - sum(&parts_before, |part| part.gross),
        value,
        whole,
        excess,
        after,
        ..Back::default()
    };
    for (source, sum) in &now {
        // with what is taken of it on lines that stay; what was taken before comes back with its line
        let taken = sale.taken_of(&back.after, source) - sale.taken_of(question.before, source);
        let part = *sum - before.get(source).copied().unwrap_or_default() + taken;
        if let (Source::Discount(id), true) = (source, part != Amount::ZERO) {
            back.discounts.push((id.clone(), part));
        }
    }
    let mut tenders = BTreeMap::new();
    for (id, spent) in question.spent {
        let source = Source::Balance(id.clone());
        match all.get(&source).copied().filter(|all| all.is_positive()) {
            Some(all) => {
                let shares = now.get(&source).copied().unwrap_or_default();
                let target = if whole { spent.amount } else { share_of(spent, all, shares) };
                back.add(id, (target - spent.returned).clamp(0, spent.left()));
            }
            None if spent.points => {
                let target = if whole { spent.amount } else { share_of(spent, sale.value(), net) };
                back.add(id, (target - spent.returned).clamp(0, spent.left()));
            }
            None => {
                tenders.insert(id.as_str(), *spent);
            }
        }
    }
    let refunded = back.after.value();
    back.tenders(question, asked, &tenders, refunded);
    back
}

/// The part of a spent balance that belongs to `part` of the bill's `all`: points are rounded down, money half-up.
fn share_of(spent: &Spent, all: Amount, part: Amount) -> i64 {
    if spent.points {
        cumulative_floor(spent.amount, all, Amount::ZERO, part)
    } else {
        cumulative(Amount(spent.amount), all, Amount::ZERO, part).0
    }
}

impl Back {
    fn add(&mut self, id: &str, amount: i64) {
        if amount > 0 {
            self.balances.insert(id.to_owned(), amount);
        }
    }

    /// Splits the value over the balances that paid and money (C8). `net` is what was refunded in total now.
    fn tenders(
        &mut self,
        question: &Question<'_>,
        asked: &Asked,
        tenders: &BTreeMap<&str, Spent>,
        net: Amount,
    ) {
        for (id, given) in &asked.facts {
            let left = tenders.get(id.as_str()).map_or(0, Spent::left);
            if *given > left {
                self.beyond.push((id.clone(), *given, left));
            }
        }
        let wanted: Vec<i64> = if !asked.facts.is_empty() {
            tenders
                .iter()
                .map(|(id, spent)| asked.facts.get(*id).map_or(0, |given| (*given).clamp(0, spent.left())))
                .collect()
        } else if self.whole {
            rest(tenders, question.told_before.then_some(self.value))
        } else {
            within(self.value, &due(question, tenders, net))
        };
        let mut given = Amount::ZERO;
        for (id, amount) in tenders.keys().zip(wanted) {
            self.add(id, amount);
            given += Amount(amount);
        }
        self.money = self.value - given;
    }
}

/// The amount each tender must still get back when `net` of the bill has gone back.
fn due(question: &Question<'_>, tenders: &BTreeMap<&str, Spent>, net: Amount) -> Vec<i64> {
    let paid: Vec<Amount> = tenders.values().map(|spent| Amount(spent.amount)).collect();
    let by_balances: Amount = paid.iter().sum();
    let in_money = (question.sale.value() - by_balances).or_zero();
    let targets = match question.tender {
        // Spread over all of them, so that together they are the value to the last unit
        RefundTender::ProRata => {
            let weights: Vec<Amount> = paid.iter().copied().chain([in_money]).collect();
            spread(net, &weights)
        }
        RefundTender::CreditOnly => spread(net, &paid),
        RefundTender::MoneyFirst => spread((net - in_money).or_zero(), &paid),
    };
    tenders
        .values()
        .zip(targets)
        .map(|(spent, target)| (target.0 - spent.returned).clamp(0, spent.left()))
        .collect()
}

/// The amount left of each tender; together at most `at_most`, where registers gave back as they saw fit.
fn rest(tenders: &BTreeMap<&str, Spent>, at_most: Option<Amount>) -> Vec<i64> {
    let left: Vec<i64> = tenders.values().map(Spent::left).collect();
    match at_most {
        Some(value) => within(value, &left),
        None => left,
    }
}

/// Cuts the amounts, one after the other, so that together they are at most `value`.
fn within(value: Amount, amounts: &[i64]) -> Vec<i64> {
    let mut left = value.or_zero().0;
    amounts
        .iter()
        .map(|amount| {
            let taken = left.min(*amount);
            left -= taken;
            taken
        })
        .collect()
}

#[cfg(test)]
mod tests;
