//! How much of a price is VAT, by rate?
//!
//! loyalty.md §2: net = half-up(gross · 100 / (100 + r)), VAT = gross − net, once per rate group of a bill.

use crate::{Amount, ratio::multiply_divide};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// A VAT rate from 0 to 100 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VatRate {
    fraction: Decimal,
}

impl VatRate {
    /// No VAT.
    pub const ZERO: Self = Self { fraction: Decimal::ZERO };

    /// Reads the rate of a line as a till or an integrator writes it (protocol.md §1.5): below 1 it is a fraction, from 1
    /// on it is percent, so `1` is 1 % and not 100 %. `None` below 0 and from 100 on (the documents' examples hold such
    /// numbers); the fraction of a rate that is read so reads as the same rate.
    ///
    /// | written | rate |
    /// |---|---|
    /// | 0 | none |
    /// | 0.01, 1 | 1 % |
    /// | 0.055, 5.5 | 5.5 % |
    /// | 0.21, 21 | 21 % |
    /// | 0.5 | 50 %, and half a percent is 0.005 |
    /// | 0.99, 99 | 99 % |
    /// | −1, 100, 2025 | no rate |
    #[must_use]
    pub fn from_line(written: Decimal) -> Option<Self> {
        let rate =
            if written < Decimal::ONE { Self::from_fraction(written) } else { Self::from_percent(written) };
        rate.filter(|rate| rate.fraction < Decimal::ONE)
    }

    /// Checks a rate that somebody sets up: a fraction from 0 to below 1. `None` for 1 and more, which may be meant as
    /// percent: whoever sets a rate up is asked, where [`Self::from_line`] has to understand.
    #[must_use]
    pub fn from_setting(fraction: Decimal) -> Option<Self> {
        Self::from_fraction(fraction).filter(|rate| rate.fraction < Decimal::ONE)
    }

    /// The form in which rates are kept: 0.21, and 1 for 100 %. `None` outside 0 to 1.
    #[must_use]
    pub fn from_fraction(fraction: Decimal) -> Option<Self> {
        let inside = fraction >= Decimal::ZERO && fraction <= Decimal::ONE;
        inside.then(|| Self { fraction: fraction.normalize() })
    }

    /// The form of VAT summaries: 21. `None` outside 0 to 100.
    #[must_use]
    pub fn from_percent(percent: Decimal) -> Option<Self> {
        let percent = percent.normalize();
        if percent < Decimal::ZERO || percent > Decimal::ONE_HUNDRED {
            return None;
        }
        // 10^-28 is the smallest step of a decimal; a rate finer than 26 decimals of a percent is none
        let fraction =
            Decimal::try_from_i128_with_scale(percent.mantissa(), percent.scale().checked_add(2)?).ok()?;
        Self::from_fraction(fraction)
    }

    /// 0.21 for 21 %.
    #[must_use]
    pub const fn fraction(self) -> Decimal {
        self.fraction
    }

    /// 21 for 21 %, without trailing zeros.
    #[must_use]
    pub fn percent(self) -> Decimal {
        match self.fraction.scale().checked_sub(2) {
            Some(scale) => {
                Decimal::try_from_i128_with_scale(self.fraction.mantissa(), scale).unwrap_or(self.fraction)
            }
            // At most 1.0, so it cannot overflow
            None => self.fraction * Decimal::ONE_HUNDRED,
        }
        .normalize()
    }
}

/// A price taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NetAndVat {
    /// Without VAT.
    pub net: Amount,
    /// The VAT.
    pub vat: Amount,
}

/// The sums of the lines of one VAT rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateGroup {
    /// With VAT.
    pub gross: Amount,
    /// Without VAT.
    pub net: Amount,
    /// The VAT.
    pub vat: Amount,
}

/// Takes a price with VAT apart. Negative prices (returns) mirror positive ones.
#[must_use]
pub fn split_gross(gross: Amount, rate: VatRate) -> NetAndVat {
    // net = gross · 10^s / (10^s + m) for a rate of m / 10^s
    let one = 10_u128.pow(rate.fraction.scale());
    let divisor = one + rate.fraction.mantissa().unsigned_abs();
    let size = multiply_divide(u128::from(gross.0.unsigned_abs()), one, divisor)
        .map(|(quotient, remainder)| if remainder >= divisor - remainder { quotient + 1 } else { quotient })
        .and_then(|units| i64::try_from(units).ok())
        // The divisor is at least `one`, so net never exceeds gross and always fits
        .unwrap_or(gross.0.saturating_abs());
    let net = Amount(if gross.is_negative() { -size } else { size });
    NetAndVat { net, vat: gross - net }
}

/// Takes the lines of a bill apart by rate: each rate's lines are summed first and rounded once.
#[must_use]
pub fn by_rate(lines: &[(VatRate, Amount)]) -> BTreeMap<VatRate, RateGroup> {
    let mut gross_by_rate: BTreeMap<VatRate, Amount> = BTreeMap::new();
    for (rate, gross) in lines {
        *gross_by_rate.entry(*rate).or_default() += *gross;
    }
    gross_by_rate
        .into_iter()
        .map(|(rate, gross)| {
            let NetAndVat { net, vat } = split_gross(gross, rate);
            (rate, RateGroup { gross, net, vat })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{parse_decimal, spread};
    use proptest::prelude::*;

    fn percent(text: &str) -> VatRate {
        VatRate::from_percent(parse_decimal(text).expect(text)).expect(text)
    }

    #[test]
    fn recorded_numbers() {
        // gross, percent, net, VAT
        for (case, gross, rate, net, vat) in [
            ("the worked bill's food", 30917, "12", 27604, 3313),
            ("the worked bill's drink", 11397, "21", 9419, 1978),
            ("a small one", 14, "12", 13, 1),
            ("protocol.md §1.5", 23000, "12", 20536, 2464),
            ("protocol.md §1.5", 17000, "21", 14050, 2950),
            ("V2: a voucher sold", 50000, "12", 44643, 5357),
            ("V3: eaten", 34000, "12", 30357, 3643),
            ("V3: drunk", 16000, "21", 13223, 2777),
            ("V4: eaten, bought below face", 30600, "12", 27321, 3279),
            ("V4: drunk, bought below face", 14400, "21", 11901, 2499),
            ("a return", -23000, "12", -20536, -2464),
            ("no VAT", 50000, "0", 50000, 0),
            ("half away from zero", 3, "100", 2, 1),
            ("half away from zero, returned", -3, "100", -2, -1),
            ("a rate with decimals", 10550, "5.5", 10000, 550),
            ("nothing", 0, "21", 0, 0),
        ] {
            let split = split_gross(Amount(gross), percent(rate));
            assert_eq!(split, NetAndVat { net: Amount(net), vat: Amount(vat) }, "{case}: {gross} at {rate}");
        }
    }

    fn total_vat(lines: &[(&str, i64)]) -> Amount {
        let lines: Vec<(VatRate, Amount)> =
            lines.iter().map(|(rate, gross)| (percent(rate), Amount(*gross))).collect();
        by_rate(&lines).values().map(|group| group.vat).sum()
    }

    #[test]
    fn the_worked_bill() {
        let groups = by_rate(&[
            (percent("12"), Amount(30425)),
            (percent("21"), Amount(11397)),
            (percent("12"), Amount(492)),
        ]);
        let expected = BTreeMap::from([
            (percent("12"), RateGroup { gross: Amount(30917), net: Amount(27604), vat: Amount(3313) }),
            (percent("21"), RateGroup { gross: Amount(11397), net: Amount(9419), vat: Amount(1978) }),
        ]);
        assert_eq!(groups, expected);
        assert_eq!(total_vat(&[("12", 30917), ("21", 11397)]), Amount(5291));
    }

    /// loyalty.md §2: the two wrong ways differ from the right one by these numbers, so a mix-up cannot pass unseen.
    #[test]
    fn the_wrong_ways_give_other_numbers() {
        let right = Amount(5291);
        // An MPV booked as a discount: 300.00 come off the lines before VAT
        let lines = [Amount(30425), Amount(11397), Amount(492)];
        let off = spread(Amount(30000), &lines);
        let left: Vec<i64> = lines.iter().zip(&off).map(|(line, off)| (*line - *off).0).collect();
        let wrong = total_vat(&[("12", left[0]), ("21", left[1]), ("12", left[2])]);
        assert_eq!(wrong, Amount(1540));
        assert_eq!(right - wrong, Amount(3751));
        // An SPV booked as a tender: the dessert's 80.00 are taxed a second time
        let wrong = total_vat(&[("12", 30917 + 8000), ("21", 11397)]);
        assert_eq!(wrong - right, Amount(857));
    }

    #[test]
    fn money_that_only_pays_leaves_vat_alone() {
        // V3: 340.00 at 12 % and 160.00 at 21 %; V4: the same meal against a voucher bought 50.00 below face
        assert_eq!(total_vat(&[("12", 34000), ("21", 16000)]), Amount(6420));
        let off = spread(Amount(5000), &[Amount(34000), Amount(16000)]);
        assert_eq!(total_vat(&[("12", 34000 - off[0].0), ("21", 16000 - off[1].0)]), Amount(5778));
    }

    #[test]
    fn a_rate_is_the_same_from_both_forms() {
        for (fraction, percents) in
            [("0.21", "21"), ("0.12", "12.0"), ("0.055", "5.5"), ("0", "0"), ("1", "100")]
        {
            let rate = VatRate::from_fraction(parse_decimal(fraction).expect(fraction)).expect(fraction);
            assert_eq!(rate, percent(percents));
            assert_eq!(rate.percent(), parse_decimal(percents).expect(percents));
            assert_eq!(rate.fraction(), parse_decimal(fraction).expect(fraction));
        }
        for outside in ["-0.01", "1.01", "-58645542.78854501", "23332169.45611897"] {
            assert_eq!(VatRate::from_fraction(parse_decimal(outside).expect(outside)), None);
        }
        assert_eq!(VatRate::from_percent(Decimal::from(101)), None);
        assert_eq!(VatRate::from_percent(Decimal::from(-1)), None);
    }

    #[test]
    fn the_rate_of_a_line_is_read_in_one_way() {
        for (written, rate) in [
            ("0", Some("0")),
            ("0.000", Some("0")),
            ("0.005", Some("0.5")),
            ("0.01", Some("1")),
            ("0.055", Some("5.5")),
            ("0.12", Some("12")),
            ("0.210", Some("21")),
            ("0.5", Some("50")),
            ("0.99", Some("99")),
            ("0.9999", Some("99.99")),
            ("1", Some("1")),
            ("1.0", Some("1")),
            ("1.5", Some("1.5")),
            ("5.5", Some("5.5")),
            ("21", Some("21")),
            ("21.00", Some("21")),
            ("99", Some("99")),
            ("99.99", Some("99.99")),
            ("-0.01", None),
            ("-21", None),
            ("100", None),
            ("2025", None),
            ("23332169.45611897", None),
        ] {
            let read = VatRate::from_line(parse_decimal(written).expect(written));
            assert_eq!(read, rate.map(percent), "{written}");
            // what is written of it again is the same rate
            assert_eq!(read.and_then(|rate| VatRate::from_line(rate.fraction())), read, "{written}, again");
        }
    }

    #[test]
    fn a_rate_that_is_set_up_is_a_fraction_below_1() {
        for (set, rate) in [
            ("0", Some("0")),
            ("0.01", Some("1")),
            ("0.21", Some("21")),
            ("1", None),
            ("21", None),
            ("-0.1", None),
        ] {
            assert_eq!(VatRate::from_setting(parse_decimal(set).expect(set)), rate.map(percent), "{set}");
        }
    }

    proptest! {
        #![proptest_config(crate::cases())]

        #[test]
        fn net_and_vat_make_the_price(gross in -Amount::MAX_ABS..=Amount::MAX_ABS, rate in 0_i64..=100_000, scale in 3_u32..8) {
            let rate = VatRate::from_percent(Decimal::new(rate, scale)).expect("0 to 100");
            let split = split_gross(Amount(gross), rate);
            prop_assert_eq!(split.net + split.vat, Amount(gross));
            prop_assert!(split.vat.0.signum() * gross.signum() >= 0);
            prop_assert_eq!(split_gross(Amount(-gross), rate), NetAndVat { net: -split.net, vat: -split.vat });
            // No closer whole net: |net · (1 + rate) − gross| ≤ (1 + rate) / 2
            let off = (Decimal::from(split.net.0) * (Decimal::ONE + rate.fraction()) - Decimal::from(gross)).abs();
            prop_assert!(off * Decimal::from(2) <= Decimal::ONE + rate.fraction());
        }
    }
}
