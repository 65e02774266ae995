//! How is a quantity or a unit price kept that has more decimals than money?

use crate::ratio::divide_half_away;
use crate::vat::VatRate;
use crate::{Amount, Decimal, OutOfRange, Precision};

/// A decimal with at most six decimals, in whole millionths: how much of something is in stock, or what one unit of it
/// costs. A whole number is added and compared the same way by every database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Millionths(pub i64);

impl Millionths {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// Most decimals.
    pub const DECIMALS: u32 = 6;
    /// Largest value taken from outside, either sign: 10^9 units.
    pub const MAX_ABS: i64 = 1_000_000_000_000_000;

    /// The millionths a decimal is; `None` for one with more than six decimals, or beyond [`Millionths::MAX_ABS`].
    #[must_use]
    pub fn exact(value: Decimal) -> Option<Self> {
        let value = value.normalize();
        let raise = Self::DECIMALS.checked_sub(value.scale())?;
        let millionths = value.mantissa().checked_mul(10_i128.pow(raise))?;
        i64::try_from(millionths).ok().filter(|millionths| millionths.abs() <= Self::MAX_ABS).map(Self)
    }

    /// The decimal this is, without trailing zeros.
    #[must_use]
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.0, Self::DECIMALS).normalize()
    }

    /// A unit price without VAT as it is with VAT. Not rounded: a rate of at most six decimals leaves at most twelve.
    #[must_use]
    pub fn with_vat(self, rate: VatRate) -> Decimal {
        (self.to_decimal() * (Decimal::ONE + rate.fraction())).normalize()
    }
}

/// What amounts at their unit prices come to together: summed exactly, then rounded once, half away from zero
/// (protocol.md §9).
///
/// # Errors
/// [`OutOfRange`] beyond [`Amount::MAX_ABS`] minor units.
pub fn worth(
    lines: impl IntoIterator<Item = (Millionths, Millionths)>,
    precision: Precision,
) -> Result<Amount, OutOfRange> {
    let mut sum = 0_i128;
    for (amount, price) in lines {
        let line = i128::from(amount.0).checked_mul(i128::from(price.0)).ok_or(OutOfRange)?;
        sum = sum.checked_add(line).ok_or(OutOfRange)?;
    }
    let dropped = 2 * Millionths::DECIMALS - u32::from(precision.digits());
    let units = i64::try_from(divide_half_away(sum, 10_i128.pow(dropped))).map_err(|_| OutOfRange)?;
    if units.abs() <= Amount::MAX_ABS { Ok(Amount(units)) } else { Err(OutOfRange) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_decimal;

    fn exact(text: &str) -> Option<i64> {
        Millionths::exact(parse_decimal(text).expect(text)).map(|millionths| millionths.0)
    }

    #[test]
    fn keeps_six_decimals_and_refuses_more() {
        for (text, millionths) in [
            ("0", Some(0)),
            ("1", Some(1_000_000)),
            ("-2.5", Some(-2_500_000)),
            ("0.000001", Some(1)),
            ("12.340000000", Some(12_340_000)),
            ("0.0000001", None),
            ("1000000000", Some(Millionths::MAX_ABS)),
            ("-1000000000", Some(-Millionths::MAX_ABS)),
            ("1000000000.000001", None),
            ("9999999999999999999999999999", None),
        ] {
            assert_eq!(exact(text), millionths, "{text}");
            if let Some(millionths) = millionths {
                assert_eq!(Millionths(millionths).to_decimal(), parse_decimal(text).expect(text).normalize());
            }
        }
    }

    #[test]
    fn a_price_with_vat_is_not_rounded() {
        for (price, rate, with_vat) in [
            ("12.35", "0.12", "13.832"),
            ("0.0125", "0.21", "0.015125"),
            ("100", "0", "100"),
            ("0.000001", "0.000001", "0.000001000001"),
        ] {
            let price = Millionths::exact(parse_decimal(price).expect(price)).expect(price);
            let rate = VatRate::from_fraction(parse_decimal(rate).expect(rate)).expect(rate);
            assert_eq!(price.with_vat(rate).to_string(), with_vat);
        }
    }

    #[test]
    fn lines_are_rounded_together_and_once() {
        let two = Precision::new(2).expect("a precision");
        let worth = |lines: &[(i64, i64)]| {
            worth(lines.iter().map(|(amount, price)| (Millionths(*amount), Millionths(*price))), two)
        };
        // 3 · 0.005 alone would be 0.02; three lines of 0.005 are 0.015, and so 0.02, not 0.03
        assert_eq!(worth(&[(1_000_000, 5_000); 3]), Ok(Amount(2)));
        assert_eq!(worth(&[(12_500_000, 18_400_000), (500_000, 1)]), Ok(Amount(23_000)));
        assert_eq!(worth(&[(-1_000_000, 5_000)]), Ok(Amount(-1)));
        assert_eq!(worth(&[]), Ok(Amount(0)));
        assert_eq!(worth(&[(Millionths::MAX_ABS, Millionths::MAX_ABS)]), Err(OutOfRange));
        assert_eq!(
            worth(&[(i64::MAX, i64::MAX), (i64::MAX, i64::MAX), (i64::MAX, i64::MAX)]),
            Err(OutOfRange)
        );
    }
}
