//! What would a promotion take off each line now, and if nothing, why?

use super::allowance::Allowance;
use super::ground::Ground;
use super::units::{self, Bundles, Deal, Off, Pile};
use super::verdict::Kept;
use crate::loyalty::offer::bill::Bill;
use crate::loyalty::offer::reason::Reason;
use crate::loyalty::promotion::{
    AmountPer, ConditionLost, Kind, MinimumAmount, Over, PercentOf, Promotion, Target, Trigger,
};
use money::vat::{VatRate, by_rate, split_gross};
use money::{Amount, Decimal};

/// What a promotion would take off.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    /// Of each line, within every limit of the promotion and of the bill.
    pub(super) shares: Vec<Amount>,
    /// What its limits let it.
    pub(super) allowance: Allowance,
    /// While what stays a refund leaves it as it is; `None`: always.
    pub(super) kept: Option<Kept>,
}

impl Plan {
    /// Σ shares.
    pub(super) fn value(&self) -> Amount {
        self.shares.iter().sum()
    }
}

/// Why a promotion takes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// It waits for its code.
    NotScanned,
    /// Something it asks for is not so.
    Refused(Reason),
    /// So much is missing to its minimum amount.
    Below(Amount),
}

/// What a kind asks for before caps: the most of each line, and how much in all.
#[derive(Debug, Clone)]
struct Wish {
    weights: Vec<Amount>,
    amount: Amount,
}

impl Wish {
    /// Every line what it says.
    fn all(weights: Vec<Amount>) -> Self {
        Self { amount: weights.iter().sum(), weights }
    }

    /// The discount of each line, with at most `cap` in all and at most `rest`, which is what the bill may still lose.
    /// Over its cap an item discount is spread with the uncapped discounts as weights, an order discount with what is
    /// still payable (loyalty.md §2).
    fn shares(self, target: Target, cap: Option<Amount>, rest: Amount) -> Vec<Amount> {
        let uncapped = self.amount.min(rest);
        let open: Amount = self.weights.iter().sum();
        let weights = if target == Target::Items && self.amount < open {
            money::spread(uncapped, &self.weights)
        } else {
            self.weights
        };
        money::spread(cap.map_or(uncapped, |cap| cap.min(uncapped)), &weights)
    }
}

/// Judges a promotion against the bill as it is now.
pub(super) fn plan(position: usize, ground: &Ground<'_>, bill: &Bill) -> Result<Plan, Stop> {
    let promotion = &ground.asked.program.promotions[position];
    let rule = &promotion.definition;
    standing(position, promotion, ground)?;
    let allowance = Allowance::of(position, promotion, ground).map_err(Stop::Refused)?;
    let reached = ground.reached(position);
    let eligible = |line: usize| ground.workable(line) && reached.get(line).copied().unwrap_or(false);
    if !(0..bill.len()).any(eligible) {
        return Err(Stop::Refused(Reason::NoMatchingItems));
    }
    let mut kept = None;
    if let Some(minimum) = &rule.conditions.minimum_amount {
        let (least, counted) = (ground.amount(&minimum.amount), counted(minimum, &eligible, ground, bill));
        let missing = least - counted.iter().map(|(_, value)| *value).sum();
        if missing > Amount::ZERO {
            return Err(Stop::Below(missing));
        }
        if rule.condition_lost == ConditionLost::Reprice {
            kept = Some(Kept { minimum: least, counted });
        }
    }
    let wish = wish(promotion, allowance.times, &eligible, ground, bill);
    let caps = [rule.max_discount.as_ref().map(|most| ground.amount(most)), allowance.cap];
    let most = caps.into_iter().flatten().min();
    let shares = wish.shares(rule.scope.on, most, bill.rest());
    let plan = Plan { shares, allowance, kept };
    if plan.value() > Amount::ZERO { Ok(plan) } else { Err(Stop::Refused(Reason::NoMatchingItems)) }
}

/// Whether it works here, now and for this guest.
fn standing(position: usize, promotion: &Promotion, ground: &Ground<'_>) -> Result<(), Stop> {
    let rule = &promotion.definition;
    let (now, conditions) = (ground.asked.now, &rule.conditions);
    let refusal = if !promotion.active {
        Some(Reason::Inactive)
    } else if rule.valid_from.is_some_and(|from| now < from) {
        Some(Reason::NotYetValid)
    } else if rule.valid_until.is_some_and(|until| now >= until) {
        Some(Reason::Expired)
    } else if rule.trigger == Trigger::Code && !ground.asked.scans.iter().any(|(at, _)| *at == position) {
        return Err(Stop::NotScanned);
    } else if promotion.speaks_money() && !ground.own_currency {
        Some(Reason::CurrencyMismatch)
    } else if !conditions.at_place(&ground.asked.basket.request.place_id) {
        Some(Reason::WrongPlace)
    } else if !conditions.at_time(&ground.local) {
        Some(Reason::WrongTime)
    } else if !conditions.for_guest(ground.guest(), ground.local.date()) {
        Some(Reason::NotEligible)
    } else {
        None
    };
    refusal.map_or(Ok(()), |reason| Err(Stop::Refused(reason)))
}

/// What the lines a minimum asks of come to, line by line; things given back count against it, top-ups do not count.
fn counted(
    minimum: &MinimumAmount,
    eligible: &impl Fn(usize) -> bool,
    ground: &Ground<'_>,
    bill: &Bill,
) -> Vec<(usize, Amount)> {
    let price = |line| match minimum.of {
        PercentOf::Remaining => bill.remaining(line),
        PercentOf::Initial => bill.initial(line),
    };
    let values = |lines: &mut dyn Iterator<Item = usize>| -> Vec<(usize, Amount)> {
        let gross = lines.map(|line| (line, price(line)));
        if minimum.net { without_vat(gross.collect(), ground) } else { gross.collect() }
    };
    let sum = |values: &[(usize, Amount)]| values.iter().map(|(_, value)| *value).sum::<Amount>();
    let all = values(&mut (0..bill.len()).filter(|line| ground.is_goods(*line)));
    if minimum.over == Over::Eligible {
        let some = values(&mut (0..bill.len()).filter(|line| eligible(*line)));
        if sum(&some) <= sum(&all) {
            return some;
        }
    }
    all
}

/// Prices without their VAT. The lines of a rate are rounded together; what that makes of a difference is on the
/// largest of them.
fn without_vat(mut lines: Vec<(usize, Amount)>, ground: &Ground<'_>) -> Vec<(usize, Amount)> {
    let rate = |line: usize| ground.asked.basket.lines.get(line).and_then(|line| line.vat_rate);
    let taxed: Vec<(VatRate, Amount)> =
        lines.iter().filter_map(|(line, gross)| Some((rate(*line)?, *gross))).collect();
    for (group, together) in by_rate(&taxed) {
        let mut spare = together.net;
        let mut largest: Option<(usize, Amount)> = None;
        let of_group = |(_, (line, _)): &(usize, &mut (usize, Amount))| rate(*line) == Some(group);
        for (at, (_, value)) in lines.iter_mut().enumerate().filter(of_group) {
            if largest.is_none_or(|(_, most)| *value > most) {
                largest = Some((at, *value));
            }
            *value = split_gross(*value, group).net;
            spare -= *value;
        }
        if let Some((_, value)) = largest.and_then(|(at, _)| lines.get_mut(at)) {
            *value += spare;
        }
    }
    lines
}

fn wish(
    promotion: &Promotion,
    times: u32,
    eligible: &impl Fn(usize) -> bool,
    ground: &Ground<'_>,
    bill: &Bill,
) -> Wish {
    let lines = bill.len();
    let open = |line: usize| if eligible(line) { bill.open_to_promotions(line) } else { Amount::ZERO };
    let all_open = || (0..lines).map(open).collect::<Vec<_>>();
    // each line for itself, but no more than may be taken off it
    let per_line = |off: &dyn Fn(usize) -> Amount| {
        let most = |line| match open(line) {
            Amount::ZERO => Amount::ZERO,
            open => off(line).min(open).or_zero(),
        };
        Wish::all((0..lines).map(most).collect())
    };
    let several = |amount: &wire::Number| {
        Amount(ground.amount(amount).0.saturating_mul(i64::from(times)).min(Amount::MAX_ABS))
    };
    match &promotion.definition.kind {
        Kind::Percent { percent, of } => {
            let all = percent.0.checked_mul(Decimal::from(times)).unwrap_or(Decimal::ONE_HUNDRED);
            let percent = all.min(Decimal::ONE_HUNDRED);
            let (price, bill_price): (&dyn Fn(usize) -> Amount, _) = match of {
                PercentOf::Remaining => (&|line| bill.remaining(line), ground.goods(bill.payable())),
                PercentOf::Initial => (&|line| bill.initial(line), ground.goods(bill.total())),
            };
            match promotion.definition.scope.on {
                Target::Items => per_line(&|line| money::percentage(price(line), percent)),
                // Once on the sum of all eligible lines (loyalty.md R0), those included that have nothing left to
                // lose: they only get no share. Never on more than the bill comes to with its return lines
                // (protocol.md §10.10)
                Target::Order => {
                    let counted = (0..lines).filter(|line| eligible(*line) && ground.may_lose(*line));
                    let base = counted.map(price).sum::<Amount>().min(bill_price);
                    Wish { amount: money::percentage(base, percent), weights: all_open() }
                }
            }
        }
        Kind::Amount { amount, per } => {
            let amount = several(amount);
            match (per, promotion.definition.scope.on) {
                (Some(AmountPer::Total), _) | (_, Target::Order) => Wish { weights: all_open(), amount },
                (Some(AmountPer::Line), Target::Items) => per_line(&|_| amount),
                (Some(AmountPer::Unit) | None, Target::Items) => {
                    per_line(&|line| ground.for_quantity(amount, line))
                }
            }
        }
        Kind::Price { price } => {
            let price = ground.amount(price);
            per_line(&|line| bill.remaining(line) - ground.for_quantity(price, line))
        }
        Kind::FreeUnit { units, pick } => {
            let units = u64::from(*units) * u64::from(times);
            let cost =
                units::picked(piles(&|line| open(line) > Amount::ZERO, ground, bill), units, *pick, lines);
            per_line(&|line| cost[line])
        }
        Kind::BuyGet { buy, get, percent, pick, times_max, .. } => {
            let bought = piles(&|line| bought(promotion, line, ground, bill), ground, bill);
            let gift = promotion.parts.first().map(|reach| ground.lines_of(reach));
            let giveable = |line: usize| match &gift {
                Some(lines) => {
                    lines[line] && ground.workable(line) && bill.open_to_promotions(line) > Amount::ZERO
                }
                None => open(line) > Amount::ZERO,
            };
            let deal = Deal {
                buy: u64::from(*buy),
                get: u64::from(*get),
                sets: times_max.map_or(u64::MAX, |most| u64::from(most) * u64::from(times)),
                pick: *pick,
            };
            let cost = units::given(deal, &bought, piles(&giveable, ground, bill), lines);
            let off =
                |line: usize| money::percentage(cost[line], percent.0).min(bill.open_to_promotions(line));
            Wish::all((0..lines).map(off).collect())
        }
        Kind::Bundle { parts, price, percent, amount, times_max } => {
            let off = match (price, amount) {
                (Some(price), _) => Off::Above(ground.amount(price)),
                (None, Some(amount)) => Off::Fixed(ground.amount(amount)),
                (None, None) => Off::Percent,
            };
            let needed: Vec<(Vec<bool>, u32)> = promotion
                .parts
                .iter()
                .zip(parts)
                .map(|(reach, part)| (ground.lines_of(reach), part.count))
                .collect();
            let most = times_max.map_or(u64::MAX, |most| u64::from(most) * u64::from(times));
            let Bundles { cost, off } =
                units::bundles(piles(eligible, ground, bill), &needed, off, most, lines);
            match percent {
                Some(percent) => per_line(&|line| money::percentage(cost[line], percent.0)),
                None => Wish { amount: off, ..per_line(&|line| cost[line]) },
            }
        }
    }
}

/// Whether a line's units count as bought: also those whose own price promotions leave alone.
fn bought(promotion: &Promotion, line: usize, ground: &Ground<'_>, bill: &Bill) -> bool {
    bill.initial(line) > Amount::ZERO
        && ground.is_goods(line)
        && ground.asked.basket.product(line).is_some_and(|product| promotion.reach.reaches(product))
}

/// The units of the lines that fit, at what they cost now.
fn piles(fits: &impl Fn(usize) -> bool, ground: &Ground<'_>, bill: &Bill) -> Vec<Pile> {
    let mut piles = Vec::new();
    for (line, units) in ground.units.iter().enumerate() {
        if *units == 0 || !fits(line) {
            continue;
        }
        let prices = money::unit_prices(bill.remaining(line), *units).into_iter().flatten();
        piles.extend(
            prices.filter(|(price, count)| *count > 0 && *price > Amount::ZERO).map(|(price, count)| Pile {
                line,
                price,
                count,
            }),
        );
    }
    piles
}
