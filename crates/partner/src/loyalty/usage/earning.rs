//! How many points does a bill earn, and how do they lie over its lines?

use crate::loyalty::program::EarnRule;
use money::{Amount, Precision, spread};
use serde::{Deserialize, Serialize};

/// What a line weighs when points are split over the bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PaidLine {
    /// `originalCheckItemId`.
    pub(crate) check_item_id: String,
    /// What the guest paid for it, minor units: the line without its discounts.
    pub(crate) paid: Amount,
}

/// The points of one line, kept with the entry so that a partial refund takes back what it should
/// (loyalty.md §9 P4, §6 C6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EarnedByLine {
    pub(crate) check_item_id: String,
    pub(crate) points: i64,
}

/// What a bill earned.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Earned {
    pub(crate) points: i64,
    pub(crate) lines: Vec<EarnedByLine>,
}

/// Points for what the guest really gave: the total after every discount, without what was paid for later
/// use and without what bonus lots paid (loyalty.md §9 P1). Floored once on the bill (P3), then split over
/// the lines by largest remainder (P4).
pub(crate) fn earn(
    rule: &EarnRule,
    precision: Precision,
    total: Amount,
    prepaid: Amount,
    paid_by_bonus: Amount,
    lines: &[PaidLine],
) -> Earned {
    let base = Amount(total.0.saturating_sub(prepaid.0).saturating_sub(paid_by_bonus.0));
    let points = rule.points_for_bill(base, precision);
    if points <= 0 {
        return Earned::default();
    }
    let shares = split(points, lines);
    let lines = lines
        .iter()
        .zip(shares)
        .filter(|(_, share)| *share > 0)
        .map(|(line, points)| EarnedByLine { check_item_id: line.check_item_id.clone(), points })
        .collect();
    Earned { points, lines }
}

/// Spreads points by what was paid per line. Spreading never gives a line more than it weighs, and a bill may
/// earn more points than it has minor units, so the weights are scaled up where needed.
fn split(points: i64, lines: &[PaidLine]) -> Vec<i64> {
    let sum: i64 = lines.iter().map(|line| line.paid.0.max(0)).sum();
    if sum <= 0 {
        return vec![0; lines.len()];
    }
    let scale = points / sum + 1;
    let weights: Vec<Amount> = lines.iter().map(|line| Amount(line.paid.0.max(0) * scale)).collect();
    spread(Amount(points), &weights).into_iter().map(|share| share.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::Number;

    fn rule(points: i64, per: &str) -> EarnRule {
        EarnRule { points, per_amount: Number(per.parse().unwrap()) }
    }

    fn lines(paid: &[i64]) -> Vec<PaidLine> {
        paid.iter()
            .enumerate()
            .map(|(index, paid)| PaidLine { check_item_id: index.to_string(), paid: Amount(*paid) })
            .collect()
    }

    fn earned(rule: &EarnRule, total: i64, prepaid: i64, bonus: i64, paid: &[i64]) -> (i64, Vec<i64>) {
        let two = Precision::new(2).unwrap();
        let earned = earn(rule, two, Amount(total), Amount(prepaid), Amount(bonus), &lines(paid));
        (earned.points, earned.lines.iter().map(|line| line.points).collect())
    }

    /// The worked bill: 423.14 at 1 per 10.00 → 42, never 41; over the lines 30 / 11 / 1 (loyalty.md §9).
    #[test]
    fn the_worked_bill_earns_42() {
        let rule = rule(1, "10.00");
        assert_eq!(earned(&rule, 42_314, 0, 0, &[30_425, 11_397, 492]), (42, vec![30, 11, 1]));
    }

    #[test]
    fn what_is_paid_for_later_or_by_bonus_earns_nothing() {
        let rule = rule(1, "10.00");
        // a coffee for 60.00 and a top-up of 500.00
        assert_eq!(earned(&rule, 56_000, 50_000, 0, &[6_000, 50_000]).0, 6);
        assert_eq!(earned(&rule, 10_000, 0, 4_500, &[10_000]).0, 5);
        assert_eq!(earned(&rule, 999, 0, 0, &[999]), (0, vec![]));
        assert_eq!(earned(&rule, -5_000, 0, 0, &[-5_000]), (0, vec![]));
        assert_eq!(earned(&rule, 5_000, 9_000, 0, &[5_000]), (0, vec![]));
    }

    #[test]
    fn more_points_than_minor_units_are_all_handed_out() {
        assert_eq!(earned(&rule(1000, "1.00"), 300, 0, 0, &[100, 200]), (3_000, vec![1_000, 2_000]));
    }
}
