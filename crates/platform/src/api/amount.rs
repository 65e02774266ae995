//! How is an amount of money read that a caller gives?

use door::ApiError;
use money::{Amount, Precision};
use wire::Number;

/// The amount of a member `path`, which must fit the currency's decimals.
///
/// # Errors
/// 400 that names the member.
pub(crate) fn exact_amount(path: &str, number: &Number, precision: Precision) -> Result<Amount, ApiError> {
    let expected =
        || format!("an amount with at most {} decimals, up to 10^15 minor units", precision.digits());
    match Amount::from_decimal(number.0, precision) {
        Ok(rounded) if rounded.exact => Ok(rounded.amount),
        _ => Err(ApiError::field(path, &expected(), &number.0.to_string())),
    }
}
