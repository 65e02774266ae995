//! What does a refund come to when what stays of a bill loses a discount?
//!
//! The alternative of loyalty.md §6 C9. A discount was given under a condition; a refund leaves too little for it. What
//! stays is then worth its price without the discount, and the refund is smaller by as much; it is never less than
//! nothing, so what one refund cannot cover the next ones do. Stored shares are never spread again (C6): a lost share
//! is taken off the lines that stay, and counts no more when its line goes back. Everything is a running sum, so any
//! sequence closes with the last part.

use crate::{Amount, Decimal, units_part};

/// The state of a bill after some of it went back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// The value refunded in total.
    pub value: Amount,
    /// Positions of the discounts that are lost, in the order in which they were lost. A lost discount stays lost.
    pub lost: Vec<usize>,
    /// The amounts of lost discounts that were taken back on the parts that stay: by line and share, at least 0.
    pub taken: Vec<Vec<Amount>>,
}

impl Standing {
    /// The amount of lost discounts that was taken back on the part of a line that stays.
    #[must_use]
    pub fn taken_of(&self, line: usize) -> Amount {
        self.taken.get(line).map_or(Amount::ZERO, |shares| shares.iter().sum())
    }
}

/// A discount that is kept only while its condition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conditional<'a> {
    /// Whether the condition holds for what stays.
    pub holds: bool,
    /// The discount's shares on the bill: position of the line, and of the share within the line.
    pub shares: &'a [(usize, usize)],
}

/// The part of a line's `value` that stays when `gone` of the line's `quantity` went back.
#[must_use]
pub fn staying(value: Amount, quantity: Decimal, gone: Decimal) -> Amount {
    value - units_part(value, value, quantity, Decimal::ZERO, gone)
}

/// The state of a bill after one more refund.
///
/// `kept` is the net price of all parts that went back, as if no discount was lost; `left` is the amount of each share
/// on the parts that stay, by line and share. Lost shares are taken in the order in which the discounts
/// were lost and then of the lines, as far as the refund reaches. So nothing that was taken is given back before its
/// line is.
#[must_use]
pub fn reprice(
    before: &Standing,
    discounts: &[Conditional<'_>],
    kept: Amount,
    left: &[Vec<Amount>],
) -> Standing {
    let mut lost = before.lost.clone();
    let broken = |at: &usize| !discounts[*at].holds && !before.lost.contains(at);
    lost.extend((0..discounts.len()).filter(broken));
    let cells: Vec<(usize, usize)> = lost
        .iter()
        .filter_map(|at| discounts.get(*at))
        .flat_map(|discount| discount.shares)
        .copied()
        .collect();
    let share = |(line, share): (usize, usize)| {
        left.get(line).and_then(|shares| shares.get(share)).copied().unwrap_or_default().or_zero()
    };
    let all: Amount = cells.iter().map(|cell| share(*cell)).sum();
    // Not below what was refunded before, and not above what the parts came to
    let value = (kept - all).max(before.value.min(kept));
    let mut reach = kept - value;
    let mut taken: Vec<Vec<Amount>> = left.iter().map(|shares| vec![Amount::ZERO; shares.len()]).collect();
    for cell in cells {
        let part = reach.min(share(cell));
        if let Some(slot) = taken.get_mut(cell.0).and_then(|shares| shares.get_mut(cell.1)) {
            *slot += part;
            reach -= part;
        }
    }
    Standing { value, lost, taken }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{line_part, spread};
    use proptest::prelude::*;

    /// Total, quantity, shares; the share of discount `d` is the one at position `d`.
    type Line = (i64, i64, Vec<i64>);

    struct Bill {
        lines: Vec<Line>,
        /// What the lines have to come to, by discount; before all shares.
        minimums: Vec<i64>,
    }

    impl Bill {
        fn paid(&self) -> Amount {
            self.lines.iter().map(|(total, _, shares)| Amount(total - shares.iter().sum::<i64>())).sum()
        }

        fn start(&self) -> (Vec<i64>, Standing) {
            (vec![0; self.lines.len()], Standing::default())
        }

        /// Takes so many units of a line back.
        fn refund(&self, gone: &mut [i64], before: &Standing, line: usize, units: i64) -> Standing {
            gone[line] = (gone[line] + units).min(self.lines[line].1);
            let (mut kept, mut left) = (Amount::ZERO, Vec::new());
            for ((total, quantity, shares), gone) in self.lines.iter().zip(gone.iter()) {
                let shares: Vec<Amount> = shares.iter().copied().map(Amount).collect();
                let (quantity, gone) = (Decimal::from(*quantity), Decimal::from(*gone));
                let part = line_part(Amount(*total), &shares, quantity, Decimal::ZERO, gone);
                kept += part.net;
                left.push(shares.iter().zip(&part.shares).map(|(all, back)| *all - *back).collect());
            }
            let stays: Amount = self
                .lines
                .iter()
                .zip(gone.iter())
                .map(|((total, quantity, _), gone)| {
                    staying(Amount(*total), Decimal::from(*quantity), Decimal::from(*gone))
                })
                .sum();
            let cells: Vec<Vec<(usize, usize)>> = (0..self.minimums.len())
                .map(|at| (0..self.lines.len()).map(|line| (line, at)).collect())
                .collect();
            let discounts: Vec<Conditional<'_>> = self
                .minimums
                .iter()
                .zip(&cells)
                .map(|(minimum, shares)| Conditional { holds: stays >= Amount(*minimum), shares })
                .collect();
            reprice(before, &discounts, kept, &left)
        }

        /// What each refund comes to.
        fn refunds(&self, steps: &[(usize, i64)]) -> Vec<i64> {
            let (mut gone, mut standing) = self.start();
            let mut values = Vec::new();
            for (line, units) in steps {
                let next = self.refund(&mut gone, &standing, *line, *units);
                values.push((next.value - standing.value).0);
                standing = next;
            }
            values
        }
    }

    fn bill(minimum: i64, lines: &[(i64, i64, i64)]) -> Bill {
        let lines = lines.iter().map(|(total, quantity, share)| (*total, *quantity, vec![*share])).collect();
        Bill { lines, minimums: vec![minimum] }
    }

    /// loyalty.md §6 C9, worked out by hand.
    #[test]
    fn what_stays_is_worth_its_price_without_the_lost_discount() {
        let two = || bill(20_000, &[(15_000, 1, 3_000), (6_000, 1, 1_200)]);
        let three = || bill(20_000, &[(10_000, 1, 2_000), (10_000, 1, 2_000), (5_000, 1, 1_000)]);
        let capped = || bill(20_000, &[(19_000, 2, 9_500), (1_000, 1, 500)]);
        // case, bill, line and units of each refund, what each comes to
        type Case<'c> = (&'c str, Bill, &'c [(usize, i64)], &'c [i64]);
        let cases: Vec<Case<'_>> = vec![
            // 168.00 were paid; 150.00 stay at their price, so 18.00 go back and not 48.00
            ("150 + 60, 20 % from 200: the 60 first", two(), &[(1, 1), (0, 1)], &[1_800, 15_000]),
            ("the 150 first: 60 stay at their price", two(), &[(0, 1), (1, 1)], &[10_800, 6_000]),
            ("200 stay: nothing is lost", three(), &[(2, 1), (1, 1), (0, 1)], &[4_000, 6_000, 10_000]),
            // 5.00 go back, 95.00 are lost: nothing is refunded, and 90.00 are still to be taken
            ("more is lost than goes back", capped(), &[(1, 1), (0, 1), (0, 1)], &[0, 500, 9_500]),
            ("the same in another order", capped(), &[(0, 1), (1, 1), (0, 1)], &[0, 500, 9_500]),
            ("all at once", capped(), &[(0, 2), (1, 1)], &[9_000, 1_000]),
        ];
        for (case, bill, steps, expected) in cases {
            let values = bill.refunds(steps);
            assert_eq!(values, expected, "{case}");
            assert_eq!(Amount(values.iter().sum()), bill.paid(), "{case}");
        }
    }

    #[test]
    fn a_discount_that_is_lost_stays_lost_and_none_is_taken_twice() {
        // 100.00 thrice; 30.00 off from 300, 60.00 off from 200
        let line = || (10_000, 1, vec![1_000, 2_000]);
        let bill = Bill { lines: vec![line(), line(), line()], minimums: vec![30_000, 20_000] };
        let (mut gone, standing) = bill.start();
        let first = bill.refund(&mut gone, &standing, 0, 1);
        assert_eq!((first.value.0, first.lost.as_slice()), (5_000, &[0][..]));
        assert_eq!(first.taken, [[0, 0], [1_000, 0], [1_000, 0]].map(|line| line.map(Amount).to_vec()));
        let second = bill.refund(&mut gone, &first, 1, 1);
        // 210.00 were paid and 100.00 stay
        assert_eq!((second.value.0, second.lost.as_slice()), (11_000, &[0, 1][..]));
        assert_eq!(second.taken_of(2), Amount(3_000));
        let last = bill.refund(&mut gone, &second, 2, 1);
        assert_eq!((last.value, last.taken_of(2)), (bill.paid(), Amount::ZERO));
    }

    /// A thing that was given back at the sale (a line below zero) is sold again by its refund: nothing holds that up.
    #[test]
    fn a_return_line_goes_its_own_way() {
        let before = Standing { value: Amount(5_000), ..Standing::default() };
        let after = reprice(&before, &[], Amount(2_000), &[]);
        assert_eq!(after.value, Amount(2_000));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 5_000, ..ProptestConfig::default() })]

        /// What goes back never exceeds what was paid, no refund is below zero, what stays is paid for at its price with
        /// what is left of its discounts, and everything closes.
        #[test]
        fn any_sequence_closes(
            lines in prop::collection::vec((1_i64..30_000, 1_i64..5), 1..5),
            percents in prop::collection::vec((0_i64..60, 0_i64..110), 1..3),
            steps in prop::collection::vec((0_usize..5, 1_i64..4), 0..12),
        ) {
            let mut open: Vec<Amount> = lines.iter().map(|(total, _)| Amount(*total)).collect();
            let full = open.iter().sum::<Amount>().0;
            let mut bill = Bill {
                lines: lines.iter().map(|(total, quantity)| (*total, *quantity, Vec::new())).collect(),
                minimums: percents.iter().map(|(_, of)| full * of.min(&100) / 100).collect(),
            };
            for (percent, _) in percents {
                let off = spread(Amount(open.iter().sum::<Amount>().0 * percent / 100), &open);
                for ((line, open), off) in bill.lines.iter_mut().zip(&mut open).zip(off) {
                    line.2.push(off.0);
                    *open -= off;
                }
            }
            let (mut gone, mut standing) = bill.start();
            let mut given_back = vec![Amount::ZERO; bill.minimums.len()];
            let everything = (0..bill.lines.len()).map(|line| (line, 9));
            for (line, units) in steps.into_iter().filter(|(line, _)| *line < bill.lines.len()).chain(everything) {
                let next = bill.refund(&mut gone, &standing, line, units);
                prop_assert!(next.value >= standing.value && next.value <= bill.paid(), "{:?} {:?}", standing, next);
                prop_assert!(next.lost.starts_with(&standing.lost));
                // What is paid for what stays: its price less the shares that are left, and less what no refund reached
                let (mut price, mut lost) = (Amount::ZERO, Amount::ZERO);
                let mut back = vec![Amount::ZERO; bill.minimums.len()];
                for (at, (total, quantity, shares)) in bill.lines.iter().enumerate() {
                    let shares: Vec<Amount> = shares.iter().copied().map(Amount).collect();
                    let part = line_part(
                        Amount(*total), &shares, Decimal::from(*quantity), Decimal::ZERO, Decimal::from(gone[at]),
                    );
                    price += Amount(*total) - part.gross;
                    for (share, (all, off)) in shares.iter().zip(&part.shares).enumerate() {
                        let (left, taken) = (*all - *off, next.taken[at][share]);
                        prop_assert!(taken.0 >= 0 && taken <= left);
                        price -= left - taken;
                        lost += if next.lost.contains(&share) { left - taken } else { Amount::ZERO };
                        back[share] += *off + taken;
                    }
                }
                prop_assert_eq!(bill.paid() - next.value, price);
                // Something lost is missing only while nothing was refunded by this step
                prop_assert!(lost == Amount::ZERO || next.value == standing.value);
                // A promotion's budget only ever gets back
                prop_assert!(back.iter().zip(&given_back).all(|(now, before)| now >= before));
                (standing, given_back) = (next, back);
            }
            prop_assert_eq!(standing.value, bill.paid());
            prop_assert!(standing.taken.iter().flatten().all(|taken| *taken == Amount::ZERO));
            let all: Vec<Amount> = (0..bill.minimums.len())
                .map(|at| bill.lines.iter().map(|line| Amount(line.2[at])).sum())
                .collect();
            prop_assert_eq!(given_back, all);
        }
    }
}
