//! How many points does a bill earn, and how do they lie over its lines?

use super::sold::SoldLine;
use crate::loyalty::program::{self, EarnBase, EarnOn, EarnRule, Multiplier};
use jiff::Zoned;
use money::vat::{VatRate, by_rate};
use money::{Amount, Decimal, Precision, spread};
use serde::{Deserialize, Serialize};
use wire::Number;

/// The points of one line (loyalty.md §9 P4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EarnedByLine {
    pub(crate) check_item_id: String,
    pub(crate) points: i64,
    /// Minor units of it that earned; 0 where things were counted, not money.
    #[serde(default)]
    pub(crate) base: i64,
}

/// How an earning came about, kept with its entry (column `partner_transfer.lines`) so that a refund takes back
/// what it should (loyalty.md §9 P6, §6 C3).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EarnedDetail {
    /// Points, or stamps.
    pub(crate) points: i64,
    /// Minor units that earned; 0 for stamps. Where lines earn at different rates, each line's money times its own
    /// multiplier.
    pub(crate) base: i64,
    /// Points for each `rate_per_amount`, multipliers included unless `base` has them.
    pub(crate) rate_points: Number,
    /// In currency.
    pub(crate) rate_per_amount: Number,
    /// The lines that earned.
    pub(crate) lines: Vec<EarnedByLine>,
}

impl EarnedDetail {
    /// The points that stay when so much of the base stays: what that alone would have earned, never more than the
    /// bill did (P6, P7). Refunds in any order end at the same number.
    #[allow(dead_code, reason = "claw-back by parts of a bill asks for it")]
    pub(crate) fn points_after(&self, stays: Amount, precision: Precision) -> i64 {
        self.points_of(stays, precision).min(self.points)
    }

    fn points_of(&self, base: Amount, precision: Precision) -> i64 {
        program::points(base, self.rate_points.0, self.rate_per_amount.0, precision)
    }
}

/// A paid bill as earning sees it; money in minor units.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bill<'a> {
    pub(crate) precision: Precision,
    pub(crate) lines: &'a [SoldLine],
    /// After every discount.
    pub(crate) total: Amount,
    /// Paid for later use, whatever for.
    pub(crate) prepaid: Amount,
    /// Of that, what vouchers for any goods and credit got.
    pub(crate) topped_up: Amount,
    /// What vouchers and credit paid, their bonus included.
    pub(crate) by_tender: Amount,
    /// Of that, what bonus lots paid.
    pub(crate) by_bonus: Amount,
    pub(crate) tier: Option<&'a str>,
    pub(crate) tags: &'a [String],
    /// When it was paid, on the place's wall.
    pub(crate) local: &'a Zoned,
}

/// Points for what the guest really gave (loyalty.md §9 P1): each line after its discounts, without what is
/// excluded, what was paid for later use and what bonus lots paid. Floored once on the bill (P3), then split over
/// the lines by largest remainder (P4). `None` where nothing is earned.
pub(crate) fn earn(rule: &EarnRule, bill: &Bill<'_>) -> Option<EarnedDetail> {
    let gross = gross(rule, bill);
    let sum = gross.of_bill + gross.of_top_up;
    let minimum = rule.minimum_bill.map_or(Decimal::ZERO, |minimum| minimum.0);
    if !sum.is_positive() || sum.to_decimal(bill.precision) < minimum {
        return None;
    }
    let (mut bases, loose) = over_lines(rule, bill, &gross);
    if rule.base == EarnBase::Net {
        bases = without_vat(bill.lines, &bases);
    }
    let working: Vec<&Multiplier> =
        rule.multipliers.iter().filter(|one| one.works(bill.tier, bill.tags, bill.local)).collect();
    let of_line = |line: &SoldLine| {
        let reaching = working.iter().filter(|one| one.reaches(&line.product_id, &line.categories));
        rule.combine.of(reaching.map(|one| one.times.0))
    };
    let everywhere = working.iter().filter(|one| one.products.is_empty() && one.categories.is_empty());
    let everywhere = rule.combine.of(everywhere.map(|one| one.times.0));

    let mut times: Vec<Decimal> = bill.lines.iter().map(of_line).collect();
    let earning = |index: usize| bases.get(index).is_some_and(|base| base.is_positive());
    let mut factors = times.iter().enumerate().filter(|(index, _)| earning(*index)).map(|(_, times)| *times);
    let first = if loose.is_positive() { everywhere } else { factors.next().unwrap_or(everywhere) };
    let same = factors.all(|other| other == first);
    let (base, factor) = if same {
        (bases.iter().copied().sum::<Amount>() + loose, first)
    } else {
        times.push(everywhere);
        bases.push(loose);
        let base = weigh(&mut bases, &times);
        (base, Decimal::ONE)
    };
    let mut detail = EarnedDetail {
        points: 0,
        base: base.0,
        rate_points: Number(Decimal::from(rule.points).checked_mul(factor)?.normalize()),
        rate_per_amount: rule.per_amount,
        lines: Vec::new(),
    };
    detail.points = detail.points_of(base, bill.precision);
    if detail.points <= 0 {
        return None;
    }
    let lines = bill.lines.iter().zip(&bases).filter(|(_, base)| base.is_positive());
    let (lines, bases): (Vec<&SoldLine>, Vec<Amount>) = lines.unzip();
    detail.lines = lines
        .into_iter()
        .zip(&bases)
        .zip(split(detail.points, &bases))
        .map(|((line, base), points)| EarnedByLine {
            check_item_id: line.check_item_id.clone(),
            points,
            base: base.0,
        })
        .collect();
    Some(detail)
}

/// What earns, with VAT.
struct Gross {
    /// Of goods.
    of_bill: Amount,
    /// Of value paid in.
    of_top_up: Amount,
}

fn gross(rule: &EarnRule, bill: &Bill<'_>) -> Gross {
    let sum = |of: &dyn Fn(&SoldLine) -> bool| -> Amount {
        bill.lines.iter().filter(|line| of(line)).map(|line| money(line.paid, bill.precision)).sum()
    };
    let excluded = |line: &SoldLine| rule.excluded.names(&line.product_id, &line.categories);
    let prepayments = bill.lines.iter().any(SoldLine::is_prepayment);
    let sold_ahead = sum(&SoldLine::is_prepayment);
    let left_out = sum(&|line| !line.is_prepayment() && excluded(line));
    let eligible = sum(&|line| !line.is_prepayment() && !excluded(line));
    // what the guest gave: no more than the bill came to, whatever its lines say
    let given = bill.total - sold_ahead - left_out;
    let mut of_bill = if bill.lines.is_empty() { given } else { given.min(eligible) };
    if !prepayments {
        of_bill -= bill.prepaid;
    }
    of_bill -= match rule.earn_on {
        EarnOn::Use => bill.by_bonus,
        EarnOn::TopUp => bill.by_tender,
    };
    let of_top_up = match rule.earn_on {
        EarnOn::Use => Amount::ZERO,
        EarnOn::TopUp => bill.topped_up,
    };
    Gross { of_bill: of_bill.or_zero(), of_top_up: of_top_up.or_zero() }
}

/// The earning money of each line, and what lies on none.
fn over_lines(rule: &EarnRule, bill: &Bill<'_>, gross: &Gross) -> (Vec<Amount>, Amount) {
    let excluded = |line: &SoldLine| rule.excluded.names(&line.product_id, &line.categories);
    let weights = |of: &dyn Fn(&SoldLine) -> bool| -> Vec<Amount> {
        let weight = |line: &SoldLine| if of(line) { money(line.paid, bill.precision) } else { Amount::ZERO };
        bill.lines.iter().map(weight).collect()
    };
    let goods = spread(gross.of_bill, &weights(&|line| !line.is_prepayment() && !excluded(line)));
    let paid_in = spread(gross.of_top_up, &weights(&SoldLine::is_prepayment));
    let bases: Vec<Amount> = goods.into_iter().zip(paid_in).map(|(one, other)| one + other).collect();
    let loose = gross.of_bill + gross.of_top_up - bases.iter().copied().sum();
    (bases, loose)
}

/// The same without VAT, rounded once per rate of the bill. A line whose rate makes no sense has none.
fn without_vat(lines: &[SoldLine], bases: &[Amount]) -> Vec<Amount> {
    let rate = |line: &SoldLine| {
        let rate = line.vat_rate.unwrap_or_default();
        VatRate::from_fraction(rate).or_else(|| VatRate::from_percent(rate)).unwrap_or(VatRate::ZERO)
    };
    let gross: Vec<(VatRate, Amount)> =
        lines.iter().zip(bases).map(|(line, base)| (rate(line), *base)).collect();
    let mut net = vec![Amount::ZERO; bases.len()];
    for (rate, group) in by_rate(&gross) {
        let weights: Vec<Amount> =
            gross.iter().map(|(of, base)| if *of == rate { *base } else { Amount::ZERO }).collect();
        for (line, share) in net.iter_mut().zip(spread(group.net, &weights)) {
            *line += share;
        }
    }
    net
}

/// Multiplies each line's money by its own factor: whole minor units in all, rounded down, then spread. Gives the
/// sum.
fn weigh(bases: &mut [Amount], times: &[Decimal]) -> Amount {
    // multipliers have at most three decimals, a product of them is cut there
    let thousandths =
        |times: &Decimal| (*times * Decimal::ONE_THOUSAND).trunc().try_into().unwrap_or(i64::MAX);
    let weights: Vec<Amount> = bases
        .iter()
        .zip(times)
        .map(|(base, times): (&Amount, &Decimal)| Amount(base.0.saturating_mul(thousandths(times))))
        .collect();
    let sum = weights.iter().copied().sum::<Amount>();
    let whole = Amount(sum.0 / 1_000);
    for (base, share) in bases.iter_mut().zip(spread(whole, &weights)) {
        *base = share;
    }
    whole
}

/// Spreads points by what was paid per line. Spreading never gives a line more than it weighs, and a bill may
/// earn more points than it has minor units, so the weights are scaled up where needed.
fn split(points: i64, bases: &[Amount]) -> Vec<i64> {
    let sum: i64 = bases.iter().map(|base| base.0.max(0)).sum();
    if sum <= 0 {
        return vec![0; bases.len()];
    }
    let scale = points / sum + 1;
    let weights: Vec<Amount> = bases.iter().map(|base| Amount(base.0.max(0).saturating_mul(scale))).collect();
    spread(Amount(points), &weights).into_iter().map(|share| share.0).collect()
}

fn money(value: Decimal, precision: Precision) -> Amount {
    Amount::from_decimal(value, precision).map_or(Amount::ZERO, |rounded| rounded.amount)
}

#[cfg(test)]
#[path = "earning_tests.rs"]
mod tests;
