//! What of a bill's earnings stays when a part of the bill goes back?
//!
//! The earning entry keeps how it came about (column `partner_transfer.lines`): the money it counted and the rate, and
//! what each line had of both. Points after a refund are those that the rest would have earned, never more than
//! the bill did (loyalty.md §9 P6, P7); what has no rate, as stamps, stays by the units that stay.

use super::super::earning::{EarnedByLine, EarnedDetail};
use super::sale::{Returned, Sale};
use money::{Amount, Decimal, Precision, cumulative, proportional};

/// How many of the `points` of an earning stay when `returned` of the sale has gone back. Without the detail of how it
/// came about they stay in proportion to the value that stays.
pub(crate) fn stays(
    points: i64,
    detail: Option<&EarnedDetail>,
    sale: &Sale,
    returned: &Returned,
    precision: Precision,
) -> i64 {
    let stay = match detail {
        Some(detail) if detail.base > 0 && detail.rate_per_amount.0 > Decimal::ZERO => {
            detail.points_of(base_left(detail, sale, returned), precision)
        }
        Some(detail) => by_units(&detail.lines, points, sale, returned),
        None => {
            let left = (sale.value() - returned.value()).or_zero();
            money::cumulative_floor(points, sale.value(), Amount::ZERO, left)
        }
    };
    stay.clamp(0, points)
}

/// The money that still earns: each line's base loses what of the line's value went back; where the lines are not
/// known, the bill's.
fn base_left(detail: &EarnedDetail, sale: &Sale, returned: &Returned) -> Amount {
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

/// Each line keeps its count less the whole ones that went back with its units.
fn by_units(lines: &[EarnedByLine], points: i64, sale: &Sale, returned: &Returned) -> i64 {
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
