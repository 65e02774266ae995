//! What does the register itself take off a line and what goes with it?

use super::Part;
use crate::api::exact_amount;
use crate::sale::check::Line;
use door::ApiError;
use money::{Amount, Decimal, Precision, cumulative, percentage, spread};
use wire::pos::SetLineDiscount;

/// What is taken off each part, with its sign. A percentage is that of each; a value is spread over all by what they come to.
/// Of an order from elsewhere what the order takes off stays, where the register says nothing else.
///
/// # Errors
/// 400 that names the member.
pub(super) fn of(
    path: &str,
    set: Option<&SetLineDiscount>,
    parts: &[Part<'_>],
    precision: Precision,
) -> Result<Vec<Amount>, ApiError> {
    let path = format!("{path}.discount");
    let sizes: Vec<Amount> = parts.iter().map(|part| Amount(part.full.0.saturating_abs())).collect();
    let Some(set) = set else {
        return Ok(parts
            .iter()
            .map(|part| part.kept.map_or(Amount::ZERO, |kept| ordered(kept, part.full)))
            .collect());
    };
    let taken: Vec<Amount> = match (&set.percent, &set.value) {
        (Some(percent), None) => {
            if percent.0 < Decimal::ZERO || percent.0 > Decimal::ONE_HUNDRED {
                let found = percent.0.to_string();
                return Err(ApiError::field(&format!("{path}.percent"), "0 to 100", &found));
            }
            sizes.iter().map(|size| percentage(*size, percent.0)).collect()
        }
        (None, Some(value)) => {
            let value = exact_amount(&format!("{path}.value"), value, precision)?;
            let size: Amount = sizes.iter().sum();
            if value < Amount::ZERO || value > size {
                let expected = format!("0 to the line's price {}", size.to_decimal(precision));
                let found = value.to_decimal(precision).to_string();
                return Err(ApiError::field(&format!("{path}.value"), &expected, &found));
            }
            spread(value, &sizes)
        }
        _ => return Err(ApiError::field(&path, "exactly one of percent and value", "none or both")),
    };
    let signed = |(part, taken): (&Part<'_>, Amount)| if part.full < Amount::ZERO { -taken } else { taken };
    Ok(parts.iter().zip(taken).map(signed).collect())
}

/// What an order takes off a line that comes to `full` now: all of it, or of less than was ordered its share. Nothing of a line
/// that no order brought.
fn ordered(kept: &Line, full: Amount) -> Amount {
    if !kept.ordered {
        return Amount::ZERO;
    }
    let whole = Amount(kept.total.saturating_add(kept.till_discount));
    cumulative(Amount(kept.till_discount), whole, Amount::ZERO, full)
}
