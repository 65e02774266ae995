//! What is an amount, and how does a decimal become one?

use crate::ratio;
use rust_decimal::Decimal;
use std::{
    iter::Sum,
    ops::{Add, AddAssign, Neg, Sub, SubAssign},
};

/// How many decimals money has on a bill: 0 to 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Precision(u8);

impl Precision {
    /// Most decimals a currency has.
    pub const DIGITS_MAX: u8 = 3;

    /// `None` above [`Precision::DIGITS_MAX`].
    #[must_use]
    pub const fn new(digits: u8) -> Option<Self> {
        if digits <= Self::DIGITS_MAX { Some(Self(digits)) } else { None }
    }

    /// Decimals, 0 to 3.
    #[must_use]
    pub const fn digits(self) -> u8 {
        self.0
    }
}

/// Money in whole minor units; which decimals they are is said by a [`Precision`] beside it.
///
/// Amounts that come from outside pass [`Amount::from_decimal`] and stay within [`Amount::MAX_ABS`], so sums of
/// thousands of them stay inside 64 bits; arithmetic past that end stops there instead of wrapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Amount(pub i64);

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// Largest amount taken from outside, either sign: 10^15 minor units.
    pub const MAX_ABS: i64 = 1_000_000_000_000_000;

    /// The amount a decimal is at `precision`, rounded half away from zero (protocol.md §10.5 rule 9).
    ///
    /// # Errors
    /// [`OutOfRange`] beyond [`Amount::MAX_ABS`] minor units.
    pub fn from_decimal(value: Decimal, precision: Precision) -> Result<Rounded, OutOfRange> {
        let digits = u32::from(precision.digits());
        let (units, exact) = match value.scale().checked_sub(digits) {
            None | Some(0) => (value.mantissa().checked_mul(10_i128.pow(digits - value.scale())), true),
            Some(dropped) => {
                let divisor = 10_i128.pow(dropped);
                (Some(ratio::divide_half_away(value.mantissa(), divisor)), value.mantissa() % divisor == 0)
            }
        };
        let units =
            units.and_then(|units| i64::try_from(units).ok()).filter(|units| units.abs() <= Self::MAX_ABS);
        units.map(|units| Rounded { amount: Self(units), exact }).ok_or(OutOfRange)
    }

    /// The decimal this is at `precision`, without trailing zeros.
    #[must_use]
    pub fn to_decimal(self, precision: Precision) -> Decimal {
        Decimal::new(self.0, u32::from(precision.digits())).normalize()
    }

    /// Whether it is above zero.
    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Whether it is below zero.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// This, or zero when it is negative.
    #[must_use]
    pub fn or_zero(self) -> Self {
        self.max(Self::ZERO)
    }
}

/// A decimal rounded to a precision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rounded {
    /// The amount.
    pub amount: Amount,
    /// `false` when the decimal had more decimals than the precision and was rounded.
    pub exact: bool,
}

/// A value beyond the largest amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("out of range: an amount is at most 10^15 minor units")]
pub struct OutOfRange;

impl Add for Amount {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Amount {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl SubAssign for Amount {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Neg for Amount {
    type Output = Self;

    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl<'a> Sum<&'a Amount> for Amount {
    fn sum<I: Iterator<Item = &'a Self>>(amounts: I) -> Self {
        amounts.copied().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_decimal;

    fn precision(digits: u8) -> Precision {
        Precision::new(digits).expect("0 to 3")
    }

    #[test]
    fn rounds_half_away_from_zero_once() {
        // decimal, precision, minor units, exact
        for (text, digits, units, exact) in [
            ("4.9975", 2, 500, false),
            ("19.99", 2, 1999, true),
            ("19.990", 2, 1999, true),
            ("0.005", 2, 1, false),
            ("-0.005", 2, -1, false),
            ("0.0049999999999999999999999999", 2, 0, false),
            ("-2.5", 0, -3, false),
            ("2.4", 0, 2, false),
            ("115.5", 0, 116, false),
            ("1155", 0, 1155, true),
            ("1.2345", 3, 1235, false),
            ("7", 3, 7000, true),
            ("10000000000000", 2, 1_000_000_000_000_000, true),
            ("-10000000000000", 2, -1_000_000_000_000_000, true),
        ] {
            let rounded = Amount::from_decimal(parse_decimal(text).expect(text), precision(digits));
            assert_eq!(rounded, Ok(Rounded { amount: Amount(units), exact }), "{text} at {digits}");
        }
    }

    #[test]
    fn guards_the_border() {
        for (text, digits) in [
            ("10000000000000.01", 2),
            ("-10000000000000.01", 2),
            ("9999999999999999999999999999", 3),
            ("1000000000000000.5", 0),
        ] {
            let outcome = Amount::from_decimal(parse_decimal(text).expect(text), precision(digits));
            assert_eq!(outcome, Err(OutOfRange), "{text} at {digits}");
        }
    }

    #[test]
    fn writes_the_shortest_decimal() {
        for (units, digits, text) in
            [(1999, 2, "19.99"), (1900, 2, "19"), (-5, 2, "-0.05"), (0, 3, "0"), (116, 0, "116")]
        {
            assert_eq!(Amount(units).to_decimal(precision(digits)).to_string(), text);
        }
    }

    #[test]
    fn knows_no_fourth_decimal() {
        assert_eq!(Precision::new(3).map(Precision::digits), Some(3));
        assert_eq!(Precision::new(4), None);
    }

    #[test]
    fn arithmetic_stops_at_the_end_instead_of_wrapping() {
        assert_eq!(Amount(i64::MAX) + Amount(1), Amount(i64::MAX));
        assert_eq!(-Amount(i64::MIN), Amount(i64::MAX));
        assert_eq!([Amount(3), Amount(-5)].iter().sum::<Amount>(), Amount(-2));
        assert_eq!(Amount(-2).or_zero(), Amount::ZERO);
    }
}
