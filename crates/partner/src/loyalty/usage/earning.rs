//! How many points does a bill earn, and how do they lie over its lines?

use super::line::PaidLine;
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
    /// The points that so much money earns at the rate of this earning; not limited to what the bill earned.
    pub(crate) fn points_of(&self, base: Amount, precision: Precision) -> i64 {
        program::points(base, self.rate_points.0, self.rate_per_amount.0, precision)
    }
}

/// A paid bill as earning sees it; money in minor units.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bill<'a> {
    pub(crate) precision: Precision,
    pub(crate) lines: &'a [PaidLine],
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
    let of_line = |line: &PaidLine| {
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
    let (lines, bases): (Vec<&PaidLine>, Vec<Amount>) = lines.unzip();
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
    let sum = |of: &dyn Fn(&PaidLine) -> bool| -> Amount {
        bill.lines.iter().filter(|line| of(line)).map(|line| money(line.paid, bill.precision)).sum()
    };
    let excluded = |line: &PaidLine| rule.excluded.names(&line.product_id, &line.categories);
    let prepayments = bill.lines.iter().any(PaidLine::is_top_up);
    let sold_ahead = sum(&PaidLine::is_top_up);
    let left_out = sum(&|line| !line.is_top_up() && excluded(line));
    let eligible = sum(&|line| !line.is_top_up() && !excluded(line));
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
    let excluded = |line: &PaidLine| rule.excluded.names(&line.product_id, &line.categories);
    let weights = |of: &dyn Fn(&PaidLine) -> bool| -> Vec<Amount> {
        let weight = |line: &PaidLine| if of(line) { money(line.paid, bill.precision) } else { Amount::ZERO };
        bill.lines.iter().map(weight).collect()
    };
    let goods = spread(gross.of_bill, &weights(&|line| !line.is_top_up() && !excluded(line)));
    let paid_in = spread(gross.of_top_up, &weights(&PaidLine::is_top_up));
    let bases: Vec<Amount> = goods.into_iter().zip(paid_in).map(|(one, other)| one + other).collect();
    let loose = gross.of_bill + gross.of_top_up - bases.iter().copied().sum();
    (bases, loose)
}

/// The same without VAT, rounded once per rate of the bill. A line whose rate makes no sense has none.
fn without_vat(lines: &[PaidLine], bases: &[Amount]) -> Vec<Amount> {
    let gross: Vec<(VatRate, Amount)> =
        lines.iter().zip(bases).map(|(line, base)| (line.vat_rate.unwrap_or(VatRate::ZERO), *base)).collect();
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
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use std::collections::BTreeSet;

    fn two() -> Precision {
        Precision::new(2).unwrap()
    }

    #[expect(clippy::needless_pass_by_value, reason = "json!(…) is handed over where it is written")]
    fn rule(change: Value) -> EarnRule {
        let mut body = json!({"points": 1, "perAmount": 10});
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let rule: EarnRule = serde_json::from_value(body).unwrap();
        rule.check().unwrap();
        rule
    }

    /// Product, category, VAT in percent, paid in minor units.
    fn line(product: &str, category: &str, vat: i64, paid: i64) -> PaidLine {
        PaidLine {
            check_item_id: product.to_owned(),
            product_id: product.to_owned(),
            categories: BTreeSet::from([category.to_owned()]),
            quantity: Decimal::ONE,
            vat_rate: VatRate::from_percent(Decimal::from(vat)),
            total: Amount(paid).to_decimal(two()),
            paid: Amount(paid).to_decimal(two()),
            shares: Vec::new(),
        }
    }

    /// The worked bill of loyalty.md §2 after step 4.
    fn worked() -> Vec<PaidLine> {
        vec![
            line("main", "food", 12, 30_425),
            line("beer", "drink", 21, 11_397),
            line("dessert", "food", 12, 492),
        ]
    }

    #[derive(Clone, Copy, Default)]
    struct Paid {
        prepaid: i64,
        topped_up: i64,
        by_tender: i64,
        by_bonus: i64,
    }

    fn earned(rule: &EarnRule, lines: &[PaidLine], paid: Paid, tier: Option<&str>) -> Option<EarnedDetail> {
        let local: Zoned = "2026-03-01T12:00[Europe/Prague]".parse().unwrap();
        let total = lines.iter().map(|line| money(line.paid, two())).sum();
        earn(
            rule,
            &Bill {
                precision: two(),
                lines,
                total,
                prepaid: Amount(paid.prepaid),
                topped_up: Amount(paid.topped_up),
                by_tender: Amount(paid.by_tender),
                by_bonus: Amount(paid.by_bonus),
                tier,
                tags: &[],
                local: &local,
            },
        )
    }

    fn points(rule: &EarnRule, lines: &[PaidLine], paid: Paid, tier: Option<&str>) -> i64 {
        earned(rule, lines, paid, tier).map_or(0, |detail| detail.points)
    }

    /// The worked bill: 423.14 at 1 per 10.00 → 42, never 41; over the lines 30 / 11 / 1 (P3, P4).
    #[test]
    fn the_worked_bill_earns_42() {
        let detail = earned(&rule(json!({})), &worked(), Paid::default(), None).unwrap();
        let lines: Vec<(&str, i64, i64)> =
            detail.lines.iter().map(|line| (line.check_item_id.as_str(), line.points, line.base)).collect();
        assert_eq!((detail.points, detail.base), (42, 42_314));
        assert_eq!(lines, [("main", 30, 30_425), ("beer", 11, 11_397), ("dessert", 1, 492)]);
    }

    /// P1, P2, P5: rule, bill, points.
    #[test]
    fn what_earns_and_how_much() {
        let goods = worked();
        let with = |extra: PaidLine| [worked(), vec![extra]].concat();
        let topped = with(line("prepayment:credit", "none", 0, 50_000));
        let top_up = Paid { prepaid: 50_000, topped_up: 50_000, ..Paid::default() };
        let tender = Paid { by_tender: 40_000, by_bonus: 4_500, ..Paid::default() };
        let gold = Some("Gold");
        let tier_and_campaign = json!([{"times": 2, "tiers": ["Gold"]}, {"times": 3}]);
        for (what, change, lines, paid, tier, expected) in [
            ("all of it", json!({}), goods.clone(), Paid::default(), None, 42),
            ("net: 276.04 + 94.19", json!({"base": "net"}), goods.clone(), Paid::default(), None, 37),
            ("credit that pays earns", json!({}), goods.clone(), Paid { by_bonus: 0, ..tender }, None, 42),
            ("its bonus does not: 378.14", json!({}), goods.clone(), tender, None, 37),
            (
                "nor what credit pays, where top-ups earn",
                json!({"earnOn": "topUp"}),
                goods.clone(),
                tender,
                None,
                2,
            ),
            ("the top-up does", json!({"earnOn": "topUp"}), topped.clone(), top_up, None, 92),
            ("but not otherwise", json!({}), topped, top_up, None, 42),
            (
                "nor a voucher sold",
                json!({"earnOn": "topUp"}),
                with(line("prepayment:lunch", "none", 12, 50_000)),
                Paid { prepaid: 50_000, ..Paid::default() },
                None,
                42,
            ),
            (
                "a top-up without a line of its own",
                json!({}),
                goods.clone(),
                Paid { prepaid: 20_000, ..Paid::default() },
                None,
                22,
            ),
            (
                "no drinks: 309.17",
                json!({"excluded": {"categories": ["drink"]}}),
                goods.clone(),
                Paid::default(),
                None,
                30,
            ),
            (
                "no dessert, no tip",
                json!({"excluded": {"products": ["dessert", "tip"]}}),
                with(line("tip", "x", 0, 99_900)),
                Paid::default(),
                None,
                41,
            ),
            (
                "a return line counts",
                json!({}),
                with(line("cup", "x", 21, -5_000)),
                Paid::default(),
                None,
                37,
            ),
            ("the minimum is met", json!({"minimumBill": 423.14}), goods.clone(), Paid::default(), None, 42),
            (
                "the minimum is missed",
                json!({"minimumBill": 423.15}),
                goods.clone(),
                Paid::default(),
                None,
                0,
            ),
            (
                "the tier and the campaign: ×4 of 423.14",
                json!({"multipliers": tier_and_campaign}),
                goods.clone(),
                Paid::default(),
                gold,
                169,
            ),
            (
                "the campaign alone: ×3",
                json!({"multipliers": tier_and_campaign}),
                goods.clone(),
                Paid::default(),
                None,
                126,
            ),
            (
                "multiplied: ×6",
                json!({"multipliers": tier_and_campaign, "combine": "multiply"}),
                goods.clone(),
                Paid::default(),
                gold,
                253,
            ),
            (
                "×3 on drinks: 309.17 + 341.91",
                json!({"multipliers": [{"times": 3, "categories": ["drink"]}]}),
                goods.clone(),
                Paid::default(),
                None,
                65,
            ),
            ("below one step", json!({}), vec![line("a", "b", 12, 999)], Paid::default(), None, 0),
            ("a refund alone", json!({}), vec![line("a", "b", 12, -5_000)], Paid::default(), None, 0),
            (
                "more points than minor units",
                json!({"points": 1_000, "perAmount": 1}),
                vec![line("a", "b", 0, 100), line("c", "d", 0, 200)],
                Paid::default(),
                None,
                3_000,
            ),
        ] {
            let rule = rule(change);
            assert_eq!(points(&rule, &lines, paid, tier), expected, "{what}");
            if let Some(detail) = earned(&rule, &lines, paid, tier) {
                let by_lines: i64 = detail.lines.iter().map(|line| line.points).sum();
                let bases: i64 = detail.lines.iter().map(|line| line.base).sum();
                assert_eq!((by_lines, bases), (detail.points, detail.base), "{what}: the lines add up");
            }
        }
    }

    #[test]
    fn a_bill_without_lines_earns_by_its_total() {
        let local: Zoned = "2026-03-01T12:00[Europe/Prague]".parse().unwrap();
        let bill = Bill {
            precision: two(),
            lines: &[],
            total: Amount(42_314),
            prepaid: Amount::ZERO,
            topped_up: Amount::ZERO,
            by_tender: Amount::ZERO,
            by_bonus: Amount::ZERO,
            tier: None,
            tags: &[],
            local: &local,
        };
        let twice = rule(json!({"multipliers": [{"times": 2}, {"times": 9, "products": ["p"]}]}));
        let detail = earn(&twice, &bill).unwrap();
        assert_eq!((detail.points, detail.lines.len()), (84, 0));
        // lines that say more than the guest gave do not earn more
        let lines = worked();
        let less = Bill { lines: &lines, total: Amount(20_000), ..bill };
        assert_eq!(earn(&rule(json!({})), &less).unwrap().points, 20);
    }

    /// The ways that P3 and P6 rule out differ from the right one, so a mix-up cannot pass unseen: floored line by line
    /// 423.14 would earn 30 + 11 + 0 = 41, and flooring every refund alone would take back 41 of the 42.
    #[test]
    fn flooring_part_by_part_gives_another_number() {
        let rule = rule(json!({}));
        let detail = earned(&rule, &worked(), Paid::default(), None).unwrap();
        let each: Vec<i64> =
            worked().iter().map(|line| detail.points_of(money(line.paid, two()), two())).collect();
        assert_eq!(each, [30, 11, 0]);
        let stays = detail.points_of(Amount(30_917), two());
        assert_eq!((detail.points, detail.points - stays, stays), (42, 12, 30));
        assert_eq!(each.iter().sum::<i64>(), detail.points - 1);
    }

    #[test]
    fn the_detail_is_what_a_refund_reads() {
        let detail = earned(
            &rule(json!({"multipliers": [{"times": 1.5}]})),
            &[line("a", "b", 12, 10_000)],
            Paid::default(),
            None,
        )
        .unwrap();
        let text = serde_json::to_string(&detail).unwrap();
        assert_eq!(
            text,
            r#"{"points":15,"base":10000,"ratePoints":1.5,"ratePerAmount":10,"lines":[{"checkItemId":"a","points":15,"base":10000}]}"#
        );
        assert_eq!(serde_json::from_str::<EarnedDetail>(&text).unwrap(), detail);
    }

    proptest! {
        #![proptest_config(crate::cases())]

        /// What is split over the lines is what the bill earned, no point more or less (P4).
        #[test]
        fn the_split_hands_out_what_was_earned(
            paid in prop::collection::vec(1_i64..100_000, 1..6),
            step in 1_i64..50_000, points in 1_i64..50, times in 1_i64..5_000,
        ) {
            let rule = EarnRule {
                points,
                per_amount: Number(Decimal::new(step, 2)),
                multipliers: serde_json::from_value(json!([{"times": Number(Decimal::new(times, 3))}])).unwrap(),
                ..EarnRule::default()
            };
            let lines: Vec<PaidLine> =
                paid.iter().enumerate().map(|(index, paid)| line(&index.to_string(), "c", 12, *paid)).collect();
            let Some(detail) = earned(&rule, &lines, Paid::default(), None) else { return Ok(()) };
            prop_assert_eq!(detail.lines.iter().map(|line| line.points).sum::<i64>(), detail.points);
        }
    }
}
