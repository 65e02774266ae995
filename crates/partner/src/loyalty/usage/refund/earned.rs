//! What of a bill's earnings stays when a part of the bill goes back?
//!
//! The earning entry keeps how it came about (column `partner_transfer.lines`): the money it counted and the rate, and
//! what each line had of both. Points after a refund are those that the rest would have earned, never more than
//! the bill did (loyalty.md §9 P6, P7); what has no rate, as stamps, stays by the units that stay.

use super::sale::{Returned, Sale};
use crate::loyalty::program::EarnRule;
use money::{Amount, Decimal, Precision, cumulative, proportional};
use serde::Deserialize;
use wire::Number;

/// How an earning came about.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kept {
    /// With the money that counted and the rate.
    Detail(Detail),
    /// Only the split over the lines.
    Lines(Vec<OfLine>),
}

impl Kept {
    /// Reads the column's JSON, in either shape. Text of another shape is as good as none.
    pub(crate) fn read(json: &str) -> Option<Self> {
        let detail = serde_json::from_str(json).map(Self::Detail);
        detail.or_else(|_| serde_json::from_str(json).map(Self::Lines)).ok()
    }
}

/// See [`Kept::Detail`].
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Detail {
    /// Minor units that earned; 0 where things were counted, not money.
    pub(crate) base: i64,
    /// Points for each `rate_per_amount`, multipliers included.
    pub(crate) rate_points: Number,
    /// In currency.
    pub(crate) rate_per_amount: Number,
    /// What each line had of it.
    #[serde(default)]
    pub(crate) lines: Vec<OfLine>,
}

/// A line's part of an earning.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OfLine {
    pub(crate) check_item_id: String,
    pub(crate) points: i64,
    /// Minor units.
    #[serde(default)]
    pub(crate) base: i64,
}

/// How many of the `points` of an earning stay when `returned` of the sale has gone back. `rule` is what the merchant
/// gives now: for entries that kept no rate.
pub(crate) fn stays(
    points: i64,
    kept: Option<&Kept>,
    sale: &Sale,
    returned: &Returned,
    rule: Option<&EarnRule>,
    precision: Precision,
) -> i64 {
    let stay = match kept {
        Some(Kept::Detail(detail)) if detail.base > 0 && detail.rate_per_amount.0 > Decimal::ZERO => {
            let base = base_left(detail, sale, returned);
            earned(detail.rate_points.0, detail.rate_per_amount.0, base, precision)
        }
        Some(Kept::Detail(detail)) => by_units(&detail.lines, points, sale, returned),
        Some(Kept::Lines(_)) | None => {
            let left = (sale.value() - returned.value()).or_zero();
            match rule {
                Some(rule) => rule.points_for_bill(left, precision),
                None => money::cumulative_floor(points, sale.value(), Amount::ZERO, left),
            }
        }
    };
    stay.clamp(0, points)
}

/// The money that still earns: each line's base loses what of the line's value went back; where the lines are not
/// known, the bill's.
fn base_left(detail: &Detail, sale: &Sale, returned: &Returned) -> Amount {
    let by_lines: i64 = detail.lines.iter().map(|line| line.base).sum();
    let base = Amount(detail.base);
    if by_lines <= 0 {
        return base - gone_of(base, sale.value(), returned.value());
    }
    let gone: Amount = detail
        .lines
        .iter()
        .map(|line| {
            let (back, all) = sale.value_of(returned, &line.check_item_id);
            gone_of(Amount(line.base), all, back)
        })
        .sum();
    // The lines' bases may come to more than the bill's, where something that paid no line earned nothing
    base - gone_of(base, Amount(by_lines), gone)
}

/// What of a base goes with `gone` of the value it was earned by. Below 0 where what stays is worth more now: it is
/// paid without a discount that it lost, and earns with it (loyalty.md §6 C9).
fn gone_of(base: Amount, value: Amount, gone: Amount) -> Amount {
    if gone.is_negative() {
        return proportional(base, value, gone);
    }
    cumulative(base, value, Amount::ZERO, gone)
}

fn earned(points: Decimal, per_amount: Decimal, base: Amount, precision: Precision) -> i64 {
    base.to_decimal(precision)
        .checked_mul(points)
        .and_then(|earned| earned.checked_div(per_amount))
        .and_then(|earned| i64::try_from(earned.floor()).ok())
        .unwrap_or(0)
}

/// Each line keeps its count less the whole ones that went back with its units.
fn by_units(lines: &[OfLine], points: i64, sale: &Sale, returned: &Returned) -> i64 {
    let gone: i64 = lines
        .iter()
        .map(|line| {
            let (back, all) = sale.quantity_of(returned, &line.check_item_id);
            let part = Decimal::from(line.points).checked_mul(back).and_then(|part| part.checked_div(all));
            part.and_then(|part| i64::try_from(part.floor()).ok()).unwrap_or(0)
        })
        .sum();
    points - gone
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_shapes_are_read() {
        let line = OfLine { check_item_id: "L1".to_owned(), points: 30, base: 30_425 };
        let detail = r#"{"points":42,"base":42314,"ratePoints":1.5,"ratePerAmount":10,
            "lines":[{"checkItemId":"L1","points":30,"base":30425}]}"#;
        let read = Detail {
            base: 42_314,
            rate_points: Number(Decimal::new(15, 1)),
            rate_per_amount: Number(Decimal::from(10)),
            lines: vec![line.clone()],
        };
        assert_eq!(Kept::read(detail), Some(Kept::Detail(read)));
        let lines = r#"[{"checkItemId":"L1","points":30}]"#;
        assert_eq!(Kept::read(lines), Some(Kept::Lines(vec![OfLine { base: 0, ..line }])));
        assert_eq!(Kept::read("{}"), None);
    }
}
