//! What of a sale's stored amounts goes back with a part of it?
//!
//! Stored shares are never spread anew (loyalty.md §6 C6). Every function here is the difference of a running sum
//! at two places, so parts taken in any sizes close exactly with the last one (C7, C8, P6).

use crate::{Amount, Decimal, UNITS_MAX, ratio::multiply_divide, spread, spread_over_units};

/// More decimals of a quantity than these are cut off before anything is divided by it.
const QUANTITY_DECIMALS: u32 = 9;

/// The amounts that go back with a part of a line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LinePart {
    /// The part's price before its shares: `net` and all of `shares` together.
    pub gross: Amount,
    /// The part of each share, in the order they were given.
    pub shares: Vec<Amount>,
    /// The value that is refunded: `gross` less `shares`.
    pub net: Amount,
}

/// The part of one `share` of a line that goes back with the next `now` of the line's `quantity`, after `before` of it
/// went back (loyalty.md §6 C7).
///
/// A line of whole units gives the units' own shares in their order (the spreading of [`spread_over_units`] over
/// `line_total`); any other quantity, or a part of a unit, is rounded half-up on the running sum. Quantities are held
/// between zero and `quantity`; a quantity that is not above zero is one piece, which the first `now` above zero
/// takes. For a line with several shares use [`line_part`]: there no unit goes below zero.
#[must_use]
pub fn units_part(
    line_total: Amount,
    share: Amount,
    quantity: Decimal,
    before: Decimal,
    now: Decimal,
) -> Amount {
    let Some((before, after)) = span(quantity, before, now) else { return Amount::ZERO };
    let units = whole_units(quantity).map(|units| spread_over_units(line_total, units, share));
    let at = |place: Decimal| match &units {
        Some(units) => running(units.iter().copied(), place),
        None => portion(share, place, quantity),
    };
    at(after) - at(before)
}

/// The price and shares that go back with the next `now` of a line's `quantity`, after `before` of it went back
/// (loyalty.md §6 C6, C7).
///
/// `line_total` is the line's price before its `shares`, both as stored at the sale; the shares are taken from the
/// units one after the other, each by what the earlier ones left of a unit (loyalty.md §1 R5). Over any sequence
/// of parts that uses the quantity up, gross, net and each share sum to what was stored.
#[must_use]
pub fn line_part(
    line_total: Amount,
    shares: &[Amount],
    quantity: Decimal,
    before: Decimal,
    now: Decimal,
) -> LinePart {
    let Some((before, after)) = span(quantity, before, now) else {
        return LinePart { shares: vec![Amount::ZERO; shares.len()], ..LinePart::default() };
    };
    let part = |pieces: &dyn Fn(Decimal) -> Amount| pieces(after) - pieces(before);
    let (shares, net): (Vec<Amount>, Amount) = match whole_units(quantity) {
        Some(units) => {
            let (of_units, left) = unit_shares(line_total, units, shares);
            let shares = of_units
                .iter()
                .map(|of_unit| part(&|place| running(of_unit.iter().copied(), place)))
                .collect();
            (shares, part(&|place| running(left.iter().copied(), place)))
        }
        None => {
            let net = line_total - shares.iter().sum::<Amount>();
            let shares = shares.iter().map(|share| part(&|place| portion(*share, place, quantity))).collect();
            (shares, part(&|place| portion(net, place, quantity)))
        }
    };
    LinePart { gross: net + shares.iter().sum::<Amount>(), shares, net }
}

/// The part of `total` that belongs to the next `now` of `whole`, after `before` of it: rounded half-up on the running sum
/// (loyalty.md §6 C8).
///
/// `before` and `now` are held inside `whole`; a `whole` that is not above zero gives nothing.
#[must_use]
pub fn cumulative(total: Amount, whole: Amount, before: Amount, now: Amount) -> Amount {
    let at = |place: Amount| rounded(total, inside(place, whole), whole.0.unsigned_abs().into());
    if whole.is_positive() { at(before + now.or_zero()) - at(before) } else { Amount::ZERO }
}

/// `total` · `part` / `whole`, half away from zero: what `part` is worth where `whole` is worth `total`. `part` may be
/// more than `whole`; below 0 it mirrors. A `whole` that is not above zero gives nothing.
#[must_use]
pub fn proportional(total: Amount, whole: Amount, part: Amount) -> Amount {
    if !whole.is_positive() {
        return Amount::ZERO;
    }
    let size = rounded(total, part.0.unsigned_abs().into(), whole.0.unsigned_abs().into());
    if part.is_negative() { -size } else { size }
}

/// The part of `total` whole points, at least 0, that belongs to the next `now` of `whole`: as [`cumulative`], but the
/// running sum is rounded down (loyalty.md §6 C7, §9 P6).
#[must_use]
pub fn cumulative_floor(total: i64, whole: Amount, before: Amount, now: Amount) -> i64 {
    let at = |place: Amount| {
        let (total, place) = (u128::from(total.max(0).unsigned_abs()), inside(place, whole));
        multiply_divide(total, place, whole.0.unsigned_abs().into())
            .and_then(|(points, _)| i64::try_from(points).ok())
            .unwrap_or(total.try_into().unwrap_or(i64::MAX))
    };
    if whole.is_positive() { at(before + now.or_zero()) - at(before) } else { 0 }
}

/// The places within a quantity from which and up to which a part reaches; `None` for an empty part.
fn span(quantity: Decimal, before: Decimal, now: Decimal) -> Option<(Decimal, Decimal)> {
    let all = if quantity > Decimal::ZERO { quantity } else { Decimal::ONE };
    let before = before.clamp(Decimal::ZERO, all);
    let after = if quantity > Decimal::ZERO {
        // Held first: the sum of two large decimals could not be told
        before + now.clamp(Decimal::ZERO, all - before)
    } else if now > Decimal::ZERO {
        all
    } else {
        before
    };
    (after > before).then_some((before, after))
}

/// How many units a line is spread over; `None` when its quantity is no number of units, or one too large.
fn whole_units(quantity: Decimal) -> Option<u32> {
    let units = u32::try_from(quantity.normalize()).ok().filter(|_| quantity.fract().is_zero())?;
    (1..=UNITS_MAX).contains(&units).then_some(units)
}

/// The shares of each unit, by share, and what they leave of each unit's price.
fn unit_shares(line_total: Amount, units: u32, shares: &[Amount]) -> (Vec<Vec<Amount>>, Vec<Amount>) {
    let (each, spare) =
        (line_total.0.div_euclid(i64::from(units)), line_total.0.rem_euclid(i64::from(units)));
    let mut left: Vec<Amount> =
        (0..i64::from(units)).map(|unit| Amount(each + i64::from(unit < spare))).collect();
    let mut of_units = Vec::with_capacity(shares.len());
    for share in shares {
        let mut of_unit = spread(*share, &left);
        // More than the line is worth is in no unit's price: the last one carries it, so that it is not lost
        if let (Some(last), spread_out) = (of_unit.len().checked_sub(1), of_unit.iter().sum::<Amount>()) {
            of_unit[last] += *share - spread_out;
        }
        for (left, taken) in left.iter_mut().zip(&of_unit) {
            *left -= *taken;
        }
        of_units.push(of_unit);
    }
    (of_units, left)
}

/// The sum of the first `place` units; of the unit that `place` falls into, its part, rounded half-up.
fn running(units: impl Iterator<Item = Amount>, place: Decimal) -> Amount {
    let whole = usize::try_from(place.trunc()).unwrap_or(usize::MAX);
    let mut sum = Amount::ZERO;
    for (index, unit) in units.take(whole.saturating_add(1)).enumerate() {
        sum += if index < whole { unit } else { portion(unit, place.fract(), Decimal::ONE) };
    }
    sum
}

/// `total · place / quantity`, half away from zero; all of it at the quantity's end.
fn portion(total: Amount, place: Decimal, quantity: Decimal) -> Amount {
    let (place, quantity) = (scaled(place), scaled(quantity));
    if quantity == 0 || place >= quantity {
        return if place > 0 { total } else { Amount::ZERO };
    }
    rounded(total, place, quantity)
}

/// A quantity from zero up in billionths.
fn scaled(quantity: Decimal) -> u128 {
    let quantity = quantity.trunc_with_scale(QUANTITY_DECIMALS);
    // 96 bits of digits and nine more places stay inside 128 bits
    quantity.mantissa().max(0).unsigned_abs() * 10_u128.pow(QUANTITY_DECIMALS - quantity.scale())
}

/// A place from zero to `whole`.
fn inside(place: Amount, whole: Amount) -> u128 {
    place.or_zero().min(whole).0.unsigned_abs().into()
}

/// `total · part / whole`, half away from zero; `whole` above zero.
fn rounded(total: Amount, part: u128, whole: u128) -> Amount {
    let Some((quotient, remainder)) = multiply_divide(total.0.unsigned_abs().into(), part, whole) else {
        return total;
    };
    let up = u128::from(remainder > 0 && remainder >= whole - remainder);
    let size = Amount(i64::try_from(quotient + up).unwrap_or(i64::MAX));
    if total.is_negative() { -size } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_decimal;
    use proptest::prelude::*;

    fn decimal(text: &str) -> Decimal {
        parse_decimal(text).expect(text)
    }

    /// The net values of parts taken one after the other.
    fn nets(total: i64, shares: &[i64], quantity: &str, parts: &[&str]) -> Vec<i64> {
        let shares: Vec<Amount> = shares.iter().copied().map(Amount).collect();
        let mut before = Decimal::ZERO;
        let mut values = Vec::new();
        for part in parts {
            values.push(line_part(Amount(total), &shares, decimal(quantity), before, decimal(part)).net.0);
            before += decimal(part);
        }
        values
    }

    #[test]
    fn the_numbers_of_the_rules() {
        for (rule, total, shares, quantity, parts, expected) in [
            ("C6: 150.00 with 30.00", 15_000, &[3_000][..], "1", &["1"][..], &[12_000][..]),
            ("C6: 60.00 with 12.00", 6_000, &[1_200], "1", &["1"], &[4_800]),
            ("C6: first of three", 1_000, &[334], "1", &["1"], &[666]),
            ("C6: second of three", 1_000, &[333], "1", &["1"], &[667]),
            ("C7: unit by unit", 4_000, &[399], "4", &["1", "1", "1", "1"], &[900, 900, 900, 901]),
            ("C7: two, one, one", 4_000, &[399], "4", &["2", "1", "1"], &[1_800, 900, 901]),
            ("C7: 0.300 kg", 666, &[], "0.300", &["0.1", "0.1", "0.1"], &[222, 222, 222]),
            ("C7: 0.300 kg with a discount", 1_000, &[334], "0.3", &["0.1", "0.1", "0.1"], &[222, 222, 222]),
            ("C7: what does not divide", 100, &[], "0.3", &["0.1", "0.1", "0.1"], &[33, 34, 33]),
            ("a part of a unit", 4_000, &[399], "4", &["0.5", "0.5", "3"], &[450, 450, 2_701]),
            ("more than there is", 4_000, &[399], "4", &["3", "5"], &[2_700, 901]),
            ("two shares that leave nothing", 100, &[50, 50], "3", &["1", "1", "1"], &[0, 0, 0]),
            ("the same by weight", 100, &[50, 50], "0.3", &["0.1", "0.1", "0.1"], &[0, 0, 0]),
            ("a returned thing", -1_000, &[], "3", &["1", "1", "1"], &[-333, -333, -334]),
            ("no quantity is one piece", 1_000, &[100], "0", &["0", "1", "1"], &[0, 900, 0]),
        ] {
            assert_eq!(nets(total, shares, quantity, parts), expected, "{rule}");
        }
    }

    #[test]
    fn one_share_goes_back_in_unit_order() {
        for (total, share, quantity, before, now, part) in [
            (4_000, 399, "4", "0", "1", 100),
            (4_000, 399, "4", "3", "1", 99),
            (4_000, 399, "4", "1", "3", 299),
            (4_000, 399, "4", "4", "1", 0),
            (1_000, 334, "0.3", "0.1", "0.1", 112),
            (1_000, 1_000, "3", "0", "1", 334),
        ] {
            assert_eq!(
                units_part(Amount(total), Amount(share), decimal(quantity), decimal(before), decimal(now)),
                Amount(part),
                "{share} of {total}: {now} of {quantity} after {before}"
            );
        }
    }

    #[test]
    fn tenders_and_points_close_on_the_running_sum() {
        // C8: 60.00 of 100.00 were paid by the voucher
        assert_eq!(cumulative(Amount(6_000), Amount(10_000), Amount(0), Amount(5_000)), Amount(3_000));
        assert_eq!(cumulative(Amount(6_000), Amount(10_000), Amount(5_000), Amount(5_000)), Amount(3_000));
        // P6: 42 points; 113.97 of 423.14 goes back, then the rest
        assert_eq!(cumulative_floor(42, Amount(42_314), Amount(0), Amount(11_397)), 11);
        assert_eq!(cumulative_floor(42, Amount(42_314), Amount(11_397), Amount(30_917)), 31);
        for (total, whole, before, now, part) in [
            (100, 3, 0, 1, 33),
            (100, 3, 1, 1, 34),
            (100, 3, 2, 1, 33),
            (100, 3, 2, 9, 33),
            (100, 0, 0, 1, 0),
            (-100, 3, 0, 1, -33),
            (1_000_000_000_000_000, 1_000_000_000_000_000, 1, 999_999_999_999_998, 999_999_999_999_998),
        ] {
            let found = cumulative(Amount(total), Amount(whole), Amount(before), Amount(now));
            assert_eq!(found, Amount(part), "{total}·{now}/{whole} after {before}");
        }
        assert_eq!(cumulative_floor(100, Amount(3), Amount(1), Amount(1)), 33);
        assert_eq!(cumulative_floor(100, Amount(3), Amount(2), Amount(1)), 34);
    }

    proptest! {
        #![proptest_config(crate::cases())]

        #[test]
        fn parts_of_any_size_close_exactly(
            total in 0_i64..200_000,
            discounts in prop::collection::vec(0_i64..=1_000, 0..4),
            whole in any::<bool>(),
            quantity in 1_i64..40,
            cuts in prop::collection::vec((1_i64..20, any::<bool>()), 0..8),
        ) {
            let mut left = total;
            let mut shares = Vec::new();
            for part in discounts {
                shares.push(Amount(left * part / 1_000));
                left -= left * part / 1_000;
            }
            let quantity = if whole { Decimal::from(quantity) } else { Decimal::new(quantity * 125, 3) };
            let mut cuts: Vec<Decimal> = cuts
                .into_iter()
                .map(|(cut, in_pieces)| if in_pieces { Decimal::new(cut, 1) } else { Decimal::from(cut) })
                .collect();
            cuts.push(quantity);
            let (mut before, mut gross, mut net) = (Decimal::ZERO, Amount::ZERO, Amount::ZERO);
            let mut back = vec![Amount::ZERO; shares.len()];
            for cut in cuts {
                let part = line_part(Amount(total), &shares, quantity, before, cut);
                prop_assert!(part.net.0 >= 0 && part.shares.iter().all(|share| share.0 >= 0), "{:?}", part);
                prop_assert_eq!(part.gross, part.net + part.shares.iter().sum::<Amount>());
                if let [share] = shares[..] {
                    prop_assert_eq!(part.shares[0], units_part(Amount(total), share, quantity, before, cut));
                }
                gross += part.gross;
                net += part.net;
                back.iter_mut().zip(part.shares).for_each(|(sum, share)| *sum += share);
                before += cut;
            }
            prop_assert_eq!((gross, net), (Amount(total), Amount(left)));
            prop_assert_eq!(back, shares);
        }

        #[test]
        fn running_sums_close_exactly(
            total in 0_i64..1_000_000_000_000_000,
            parts in prop::collection::vec(0_i64..1_000_000_000, 1..8),
        ) {
            let whole: Amount = parts.iter().copied().map(Amount).sum();
            let (mut before, mut money, mut points) = (Amount::ZERO, Amount::ZERO, 0);
            for part in parts {
                let now = cumulative(Amount(total), whole, before, Amount(part));
                let points_now = cumulative_floor(total, whole, before, Amount(part));
                prop_assert!(now.0 >= 0 && points_now >= 0);
                money += now;
                points += points_now;
                before += Amount(part);
            }
            let all = if whole.is_positive() { total } else { 0 };
            prop_assert_eq!((money, points), (Amount(all), all));
        }
    }
}
