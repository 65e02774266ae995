//! What are points worth, and how many of them may be used?

use crate::{Amount, Precision, ratio::multiply_divide, share::scaled};
use rust_decimal::Decimal;

/// The worth of `whole` units at `rate` currency units each, rounded once, half away from zero.
///
/// Points × worth of a point. Held within [`Amount::MAX_ABS`].
#[must_use]
pub fn times_rate(whole: i64, rate: Decimal, precision: Precision) -> Amount {
    let rate = rate.normalize();
    let digits = u32::from(precision.digits());
    if rate.scale() >= digits {
        return scaled(whole, rate, rate.scale() - digits);
    }
    // Fewer decimals in the rate than in the currency: the missing ones are zeros
    let raised = 10_i64.pow(digits - rate.scale());
    match whole.checked_mul(raised) {
        Some(raised) => scaled(raised, rate, 0),
        None => scaled(whole, rate, 0),
    }
}

/// How many points pay for at most `payable`: floor(min(balance · worth, payable) / worth), in whole steps
/// (loyalty.md §2), so that nobody gives a point for less than its worth.
///
/// `worth` is the value of one point in currency units, `step` the smallest number of points that may be chosen
/// (1 or below: any). Nothing when the balance, the payable amount or the worth is not above zero.
#[must_use]
pub fn points_for(
    balance_points: i64,
    payable: Amount,
    worth: Decimal,
    precision: Precision,
    step: i64,
) -> i64 {
    if balance_points <= 0 || !payable.is_positive() || worth <= Decimal::ZERO {
        return 0;
    }
    let worth = worth.normalize();
    // payable / 10^digits ÷ mantissa / 10^scale
    let affordable = multiply_divide(
        u128::from(payable.0.unsigned_abs()),
        10_u128.pow(worth.scale()),
        worth.mantissa().unsigned_abs().saturating_mul(10_u128.pow(u32::from(precision.digits()))),
    )
    .and_then(|(points, _)| i64::try_from(points).ok())
    .unwrap_or(i64::MAX);
    let points = balance_points.min(affordable);
    points - points % step.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_decimal;
    use proptest::prelude::*;

    fn precision(digits: u8) -> Precision {
        Precision::new(digits).expect("0 to 3")
    }

    #[test]
    fn nobody_pays_a_point_for_less_than_its_worth() {
        // balance, payable, worth, precision, step, points, what they are worth
        for (balance, payable, worth, digits, step, points, value) in [
            (10, 100, "0.30", 2, 1, 3, 90),
            (500, 47314, "0.10", 2, 1, 500, 5000),
            (500, 47314, "0.10", 2, 100, 500, 5000),
            (505, 47314, "0.10", 2, 10, 500, 5000),
            (1000, 4999, "0.10", 2, 10, 490, 4900),
            (100, 40000, "0.50", 2, 1, 100, 5000),
            (100, 100, "3", 2, 1, 0, 0),
            (7, 20, "3", 0, 1, 6, 18),
            (7, 20, "2.5", 0, 1, 7, 18),
            (0, 100, "1", 2, 1, 0, 0),
            (-5, 100, "1", 2, 1, 0, 0),
            (5, 0, "1", 2, 1, 0, 0),
            (5, -100, "1", 2, 1, 0, 0),
            (5, 100, "0", 2, 1, 0, 0),
            (i64::MAX, 1_000_000_000_000_000, "0.0000000000000000000000000001", 2, 1, i64::MAX, 0),
        ] {
            let worth = parse_decimal(worth).expect(worth);
            let used = points_for(balance, Amount(payable), worth, precision(digits), step);
            assert_eq!(used, points, "{balance} at {worth} against {payable}");
            assert_eq!(times_rate(used, worth, precision(digits)), Amount(value), "{used} at {worth}");
        }
    }

    #[test]
    fn worth_has_more_or_fewer_decimals_than_the_currency() {
        for (points, worth, digits, value) in [
            (3, "2", 2, 600),
            (3, "0.125", 2, 38),
            (-3, "0.125", 2, -38),
            (1, "0.5", 0, 1),
            (7, "1000", 3, 7_000_000),
            (i64::MAX, "1000", 3, Amount::MAX_ABS),
            (i64::MIN, "1000", 3, -Amount::MAX_ABS),
        ] {
            let worth = parse_decimal(worth).expect(worth);
            assert_eq!(times_rate(points, worth, precision(digits)), Amount(value), "{points} at {worth}");
        }
    }

    proptest! {
        #![proptest_config(crate::cases())]

        #[test]
        fn one_more_point_would_be_too_much(
            balance in 1_i64..1_000_000, payable in 1_i64..100_000_000, worth in 1_i64..100_000, scale in 0_u32..5, digits in 0_u8..=3,
        ) {
            let worth = Decimal::new(worth, scale);
            let used = points_for(balance, Amount(payable), worth, precision(digits), 1);
            let exact = |points: i64| Decimal::from(points) * worth;
            let limit = Amount(payable).to_decimal(precision(digits));
            prop_assert!(exact(used) <= limit && used <= balance);
            prop_assert!(used == balance || exact(used + 1) > limit);
            prop_assert!(times_rate(used, worth, precision(digits)) <= Amount(payable));
        }
    }
}
