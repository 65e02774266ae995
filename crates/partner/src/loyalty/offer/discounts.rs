//! What do promotions take off: steps 1 (line by line) and 2 (on the sum) of loyalty.md §2?

use super::allowed::Allowed;
use super::basket::Basket;
use super::bill::{Bill, Source};
use super::trace::Trace;
use crate::loyalty::program::Program;
use crate::loyalty::promotion::{Kind, PercentOf, Promotion, Target, Trigger};
use jiff::Timestamp;
use money::{Amount, Decimal};

/// What a promotion came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Discount {
    /// Its position in the program.
    pub(crate) promotion: usize,
    /// What it takes off; more than 0.
    pub(crate) value: Amount,
}

/// Applies every promotion of one step, in the program's order.
pub(crate) fn apply(
    target: Target,
    program: &Program,
    (scanned, allowed): (&[u32], &[Allowed]),
    basket: &Basket,
    bill: &mut Bill,
    now: Timestamp,
    trace: &mut Trace,
) -> Vec<Discount> {
    let step = match target {
        Target::Items => "item discount",
        Target::Order => "order discount",
    };
    let mut discounts = Vec::new();
    for (position, promotion) in program.promotions.iter().enumerate() {
        if promotion.definition.scope.on != target {
            continue;
        }
        let times = match times(promotion, scanned.get(position).copied().unwrap_or(0), now) {
            Ok(times) => times,
            Err(why) => {
                trace.add(step, || (promotion.promotion_id.clone(), why.to_owned()));
                continue;
            }
        };
        let times = times.min(allowed[position].times.unwrap_or(times));
        let cap = allowed[position].cap.unwrap_or(Amount(Amount::MAX_ABS));
        if times == 0 || cap == Amount::ZERO {
            trace.add(step, || (promotion.promotion_id.clone(), "not applied: its limit".to_owned()));
            continue;
        }
        let weights = bill.weights(|line| {
            bill.initial(line) > Amount::ZERO
                && basket.product(line).is_some_and(|product| promotion.reach.reaches(product))
        });
        let value = match target {
            Target::Items => per_line(promotion, times, &weights, (position, cap), bill),
            Target::Order => on_the_sum(promotion, times, &weights, (position, cap), bill),
        };
        trace.add(step, || {
            let lines = weights.iter().filter(|weight| **weight > Amount::ZERO).count();
            (
                promotion.promotion_id.clone(),
                format!("{} off {lines} lines, {} to pay", value.0, bill.payable().0),
            )
        });
        if value > Amount::ZERO {
            discounts.push(Discount { promotion: position, value });
        }
    }
    discounts
}

/// How often a promotion counts on this check.
fn times(promotion: &Promotion, scanned: u32, now: Timestamp) -> Result<u32, &'static str> {
    let definition = &promotion.definition;
    if !promotion.active {
        return Err("not applied: switched off");
    }
    if definition.valid_from.is_some_and(|from| now < from) {
        return Err("not applied: not yet valid");
    }
    if definition.valid_until.is_some_and(|until| now >= until) {
        return Err("not applied: over");
    }
    match (definition.trigger, scanned) {
        (Trigger::Code, 0) => Err("not applied: its code was not scanned"),
        (Trigger::Automatic, scanned) => Ok(scanned.max(1)),
        (Trigger::Code, scanned) => Ok(scanned),
    }
}

/// The percentage a promotion comes to when it counts several times; never above 100.
fn percent(promotion: &Promotion, times: u32) -> (Decimal, PercentOf) {
    let Kind::Percent { percent, of } = &promotion.definition.kind;
    let all = percent.0.checked_mul(Decimal::from(times)).unwrap_or(Decimal::ONE_HUNDRED);
    (all.min(Decimal::ONE_HUNDRED), *of)
}

/// Step 1: each line for itself, half-up per line (loyalty.md R0).
fn per_line(
    promotion: &Promotion,
    times: u32,
    weights: &[Amount],
    (position, cap): (usize, Amount),
    bill: &mut Bill,
) -> Amount {
    let (percent, of) = percent(promotion, times);
    let off: Vec<Amount> = weights
        .iter()
        .enumerate()
        .map(|(line, weight)| {
            if *weight <= Amount::ZERO {
                return Amount::ZERO;
            }
            let base = match of {
                PercentOf::Remaining => bill.remaining(line),
                PercentOf::Initial => bill.initial(line),
            };
            money::percentage(base, percent).min(*weight)
        })
        .collect();
    // over the cap (return lines), what each line would get is the weight (loyalty.md §2)
    bill.take(Source::Promotion(position), off.iter().copied().sum::<Amount>().min(cap), &off)
}

/// Step 2: once on the sum of the eligible lines, but never on more than the bill still comes to with
/// its return lines (protocol.md §10.10); then spread.
fn on_the_sum(
    promotion: &Promotion,
    times: u32,
    weights: &[Amount],
    (position, cap): (usize, Amount),
    bill: &mut Bill,
) -> Amount {
    let (percent, of) = percent(promotion, times);
    let eligible = weights.iter().enumerate().filter(|(_, weight)| **weight > Amount::ZERO);
    let base = match of {
        PercentOf::Remaining => {
            eligible.map(|(line, _)| bill.remaining(line)).sum::<Amount>().min(bill.payable())
        }
        PercentOf::Initial => eligible.map(|(line, _)| bill.initial(line)).sum::<Amount>().min(bill.total()),
    };
    bill.take(Source::Promotion(position), money::percentage(base, percent).min(cap), weights)
}
