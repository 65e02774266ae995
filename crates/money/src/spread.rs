//! Who gets which part of an amount that is spread over lines?
//!
//! Largest remainder, loyalty.md §1.

use crate::Amount;

/// Most units one line is spread over; a line with more is treated as one piece.
pub const UNITS_MAX: u32 = 10_000;

/// How much of `amount` can be taken off at all (R2): no more than the eligible lines, nor than what the bill
/// still comes to with its return lines. Never below zero.
#[must_use]
pub fn spendable(amount: Amount, eligible: &[Amount], bill: Amount) -> Amount {
    amount.min(eligible.iter().map(|line| line.or_zero()).sum()).min(bill).or_zero()
}

/// The share of each line, in the order of `weights` (R1 to R4).
///
/// A weight is what is still payable on the line; a weight of zero or below gets nothing (return lines are spread
/// apart, R6). The amount is held between zero and the sum of the positive weights, so no share exceeds its line
/// and the shares sum to it. Spare units go to the largest fractions, equal ones to the smaller index.
#[must_use]
pub fn spread(amount: Amount, weights: &[Amount]) -> Vec<Amount> {
    let sum: i128 = weights.iter().map(|weight| i128::from(weight.0.max(0))).sum();
    let amount = i128::from(amount.0).clamp(0, sum);
    let mut shares = vec![Amount::ZERO; weights.len()];
    if amount == 0 {
        return shares;
    }

    let mut fractions: Vec<(i128, usize)> = Vec::with_capacity(weights.len());
    let mut given = 0_i128;
    for (index, weight) in weights.iter().enumerate() {
        let product = amount * i128::from(weight.0.max(0));
        // At most the weight, so it fits
        let floor = product / sum;
        shares[index] = Amount(i64::try_from(floor).unwrap_or(weight.0));
        given += floor;
        fractions.push((product % sum, index));
    }

    // Fewer spare units than lines, because each line lost less than one unit
    let spare = usize::try_from(amount - given).unwrap_or(0);
    fractions.sort_unstable_by(|(a, a_index), (b, b_index)| b.cmp(a).then(a_index.cmp(b_index)));
    for (_, index) in fractions.into_iter().take(spare) {
        shares[index] += Amount(1);
    }
    shares
}

/// The share of each unit of a line with a whole-number quantity (R5).
///
/// The line's remaining price is spread over its units first and `share` over those prices, so no unit goes below
/// zero. No unit gives an empty list; more than [`UNITS_MAX`] give one piece, as a fractional quantity does.
#[must_use]
pub fn spread_over_units(line_total: Amount, units: u32, share: Amount) -> Vec<Amount> {
    if units == 0 {
        return Vec::new();
    }
    let pieces = if units > UNITS_MAX { 1 } else { units };
    let each = line_total.0.div_euclid(i64::from(pieces));
    let spare = line_total.0.rem_euclid(i64::from(pieces));
    let prices: Vec<Amount> =
        (0..i64::from(pieces)).map(|unit| Amount(each + i64::from(unit < spare))).collect();
    spread(share, &prices)
}

/// The prices of a line's units, as [`spread_over_units`] has them, without a list of them: the dearer price with
/// how many units have it, then the other one. `None` without a unit and above [`UNITS_MAX`].
#[must_use]
pub fn unit_prices(line_total: Amount, units: u32) -> Option<[(Amount, u32); 2]> {
    if units == 0 || units > UNITS_MAX {
        return None;
    }
    let each = line_total.0.div_euclid(i64::from(units));
    let spare = u32::try_from(line_total.0.rem_euclid(i64::from(units))).unwrap_or(0);
    Some([(Amount(each + 1), spare), (Amount(each), units - spare)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn amounts(units: &[i64]) -> Vec<Amount> {
        units.iter().copied().map(Amount).collect()
    }

    #[test]
    fn unit_prices_are_those_of_the_list() {
        for (total, units) in [(1000, 3), (1000, 4), (2, 3), (0, 2), (99, 1)] {
            let list: Vec<Amount> = unit_prices(Amount(total), units)
                .unwrap()
                .iter()
                .flat_map(|(price, count)| std::iter::repeat_n(*price, *count as usize))
                .collect();
            assert_eq!(list, spread_over_units(Amount(total), units, Amount(total)), "{total} over {units}");
        }
        assert_eq!((unit_prices(Amount(5), 0), unit_prices(Amount(5), UNITS_MAX + 1)), (None, None));
    }

    #[test]
    fn the_table_of_the_rules() {
        for (case, weights, amount, shares) in [
            ("precision 2", &[18900, 5900, 4550][..], 10000, &[6440, 2010, 1550][..]),
            ("tie", &[1000, 1000, 1000], 1000, &[334, 333, 333]),
            ("tie, two spare", &[1000, 1000, 1000], 299, &[100, 100, 99]),
            ("precision 0", &[1490, 890, 450], 500, &[263, 157, 80]),
            ("tiny line, zero line", &[9999, 1, 0], 100, &[100, 0, 0]),
            ("more lines than units", &[100; 7], 3, &[1, 1, 1, 0, 0, 0, 0]),
            ("split bill", &[45000, 10000], 15000, &[12273, 2727]),
            ("the worked bill's 10 %", &[37800, 14160, 9500], 6146, &[3780, 1416, 950]),
            ("the worked bill's points", &[34020, 12744, 550], 5000, &[3595, 1347, 58]),
            ("a bill's points over its lines", &[30425, 11397, 492], 42, &[30, 11, 1]),
            ("below face, split by rate", &[34000, 16000], 5000, &[3400, 1600]),
            ("all of it", &[334, 333, 333], 1000, &[334, 333, 333]),
            ("more than there is", &[334, 333], 1000, &[334, 333]),
            ("a return line gets nothing", &[1000, -500], 700, &[700, 0]),
            ("nothing payable", &[0, -100], 100, &[0, 0]),
            ("nothing to give", &[100, 100], 0, &[0, 0]),
            ("a negative amount", &[100, 100], -50, &[0, 0]),
            ("no lines", &[], 100, &[]),
        ] {
            assert_eq!(spread(Amount(amount), &amounts(weights)), amounts(shares), "{case}");
        }
    }

    #[test]
    fn no_more_is_taken_than_the_bill_comes_to() {
        // amount, eligible lines, bill with its return lines, taken
        for (amount, eligible, bill, taken) in [
            (1000, &[1000][..], 500, 500),
            (1000, &[1000, -500], 500, 500),
            (300, &[1000, -500], 500, 300),
            (1000, &[400], 900, 400),
            (1000, &[1000], -50, 0),
            (1000, &[], 900, 0),
            (-10, &[1000], 1000, 0),
        ] {
            assert_eq!(
                spendable(Amount(amount), &amounts(eligible), Amount(bill)),
                Amount(taken),
                "{amount} of {bill}"
            );
        }
    }

    #[test]
    fn over_units_no_unit_goes_below_zero() {
        for (total, units, share, shares) in [
            (4000, 4, 399, &[100, 100, 100, 99][..]),
            (1000, 3, 1000, &[334, 333, 333]),
            (2, 3, 2, &[1, 1, 0]),
            (1000, 1, 250, &[250]),
            (1000, 0, 250, &[]),
            (-1000, 2, 250, &[0, 0]),
        ] {
            assert_eq!(
                spread_over_units(Amount(total), units, Amount(share)),
                amounts(shares),
                "{share} off {total}/{units}"
            );
        }
        assert_eq!(spread_over_units(Amount(1_000_000), u32::MAX, Amount(7)), amounts(&[7]));
    }

    proptest! {
        #![proptest_config(crate::cases())]

        /// Acceptance property 1 of loyalty.md: weights up to 10^12.
        #[test]
        fn shares_sum_to_the_amount_and_fit_their_lines(
            weights in prop::collection::vec(prop_oneof![
                -1_000_i64..=1_000_000_000_000,
                -2_i64..=3,
                Just(1_000_000_000_000),
            ], 0..12),
            part in 0_i64..=1_000_000,
        ) {
            let weights = amounts(&weights);
            let sum: Amount = weights.iter().map(|weight| weight.or_zero()).sum();
            let amount = Amount(i64::try_from(i128::from(sum.0) * i128::from(part) / 1_000_000).expect("below the sum"));
            let shares = spread(amount, &weights);
            prop_assert_eq!(shares.iter().sum::<Amount>(), amount);
            for (index, (share, weight)) in shares.iter().zip(&weights).enumerate() {
                prop_assert!(share.0 >= 0 && *share <= weight.or_zero());
                // Equal lines: the earlier one is never worse off, and never by more than one unit better
                for (later_share, later) in shares.iter().zip(&weights).skip(index) {
                    if later == weight {
                        prop_assert!((0..=1).contains(&(share.0 - later_share.0)));
                    }
                }
                // Within one unit of the exact share
                if sum.is_positive() {
                    let exact = i128::from(amount.0) * i128::from(weight.or_zero().0);
                    prop_assert!((i128::from(share.0) * i128::from(sum.0) - exact).abs() < i128::from(sum.0));
                }
            }
        }

        #[test]
        fn where_a_line_stands_moves_only_ties(
            weights in prop::collection::btree_set(1_i64..1_000_000, 1..8), part in 0_i64..=1_000,
        ) {
            // Distinct weights whose fractions may still tie: shares by line may differ by the spare unit only
            let forward: Vec<Amount> = weights.iter().copied().map(Amount).collect();
            let backward: Vec<Amount> = forward.iter().rev().copied().collect();
            let amount = Amount(forward.iter().sum::<Amount>().0 * part / 1_000);
            let mut turned = spread(amount, &backward);
            turned.reverse();
            for (a, b) in spread(amount, &forward).iter().zip(&turned) {
                prop_assert!((a.0 - b.0).abs() <= 1);
            }
        }

        #[test]
        fn units_share_what_their_line_got(total in 0_i64..1_000_000, units in 1_u32..40, part in 0_i64..=1_000) {
            let share = Amount(total * part / 1_000);
            let shares = spread_over_units(Amount(total), units, share);
            prop_assert_eq!(shares.len(), usize::try_from(units).expect("small"));
            prop_assert_eq!(shares.iter().sum::<Amount>(), share);
            let dearest = total / i64::from(units) + 1;
            prop_assert!(shares.iter().all(|share| (0..=dearest).contains(&share.0)));
        }
    }
}
