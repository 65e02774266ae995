//! What is a percentage of an amount?

use crate::{Amount, ratio::multiply_divide};
use rust_decimal::Decimal;

/// `percent` of `amount`, rounded once, half away from zero (loyalty.md §1 R0).
///
/// `percent` is in hundredths: 25 for 25 %. A result beyond [`Amount::MAX_ABS`] stops there, so a nonsensical
/// percentage gives a nonsensical but harmless amount; whether it is sensible is the caller's rule.
#[must_use]
pub fn percentage(amount: Amount, percent: Decimal) -> Amount {
    let percent = percent.normalize();
    scaled(amount.0, percent, percent.scale() + 2)
}

/// `whole · factor.mantissa / 10^power`, half away from zero, held within [`Amount::MAX_ABS`].
pub(crate) fn scaled(whole: i64, factor: Decimal, power: u32) -> Amount {
    let negative = whole.is_negative() != factor.is_sign_negative();
    let divisor = 10_u128.pow(power);
    let size = multiply_divide(u128::from(whole.unsigned_abs()), factor.mantissa().unsigned_abs(), divisor)
        .map(|(quotient, remainder)| if remainder >= divisor - remainder { quotient + 1 } else { quotient })
        .and_then(|units| i64::try_from(units).ok())
        .map_or(Amount::MAX_ABS, |units| units.min(Amount::MAX_ABS));
    Amount(if negative { -size } else { size })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_decimal;

    #[test]
    fn becomes_money_once() {
        // Minor units, percent, minor units. 1155 is read at precision 0, the others at 2
        for (amount, percent, expected) in [
            (1999, "25", 500),
            (1155, "10", 116),
            (17700, "20", 3540),
            (61460, "10", 6146),
            (3000, "33.333333333333333333333333", 1000),
            (1, "50", 1),
            (1, "49.99999999999999999999", 0),
            (-1999, "25", -500),
            (1999, "-25", -500),
            (1999, "0", 0),
            (0, "25", 0),
            (1999, "100", 1999),
            (1_000_000_000_000_000, "99.99999999999999999999999999", 1_000_000_000_000_000),
            (1_000_000_000_000_000, "200", 1_000_000_000_000_000),
            (1_000_000_000_000_000, "-9999999999999999999999999999", -1_000_000_000_000_000),
        ] {
            let percent = parse_decimal(percent).expect(percent);
            assert_eq!(percentage(Amount(amount), percent), Amount(expected), "{percent} % of {amount}");
        }
    }
}
