//! What does a guest who leaves get of one balance, and what is left in the house?
//!
//! Only what they paid for is money (loyalty.md §3 V9, §12 G3): bonus and points were given and are forfeited. A
//! voucher sold below its face is worth what was paid for it (V4). A shortfall is set off against what was given
//! first, as a spend would have taken it, then against what was paid; what is left of it is not asked back.

use super::lot::{LotKind, LotPart, LotState, consume};
use money::{Amount, cumulative};
use std::collections::BTreeMap;

/// For how much a lot was sold, where that is known and not its face value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Price {
    /// The face value, as issued.
    pub(crate) issued: i64,
    /// What the guest gave for it.
    pub(crate) paid: i64,
}

/// What becomes of each lot: the three lists empty the balance.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Leaving {
    /// Money to be handed over.
    pub(crate) pay_out: Vec<LotPart>,
    /// What the guest loses.
    pub(crate) forfeit: Vec<LotPart>,
    /// Holes that are filled from breakage.
    pub(crate) write_off: Vec<LotPart>,
}

/// Settles the lots of a balance; ended ones must have expired before. `prices` are those of lots that were not sold
/// at their face, by lot.
pub(crate) fn leave(lots: &[LotState], points: bool, prices: &BTreeMap<String, Price>) -> Leaving {
    let mut leaving = Leaving::default();
    let (mut given, mut paid) = (0_i64, Vec::new());
    for lot in lots {
        if lot.remaining < 0 {
            leaving.write_off.push(part(lot, -lot.remaining));
            continue;
        }
        let money = if points || lot.kind != LotKind::Paid { 0 } else { worth(lot, prices) };
        given += lot.remaining - money;
        if money > 0 {
            paid.push(LotState { remaining: money, ..lot.clone() });
        }
    }
    let holes: i64 = leaving.write_off.iter().map(|part| part.amount).sum();
    let set_off = consume(&paid, (holes - given).max(0)).parts;
    for lot in paid {
        let taken: i64 =
            set_off.iter().filter(|part| part.lot_id == lot.lot_id).map(|part| part.amount).sum();
        if lot.remaining > taken {
            leaving.pay_out.push(part(&lot, lot.remaining - taken));
        }
    }
    for lot in lots.iter().filter(|lot| lot.remaining > 0) {
        let handed: i64 =
            leaving.pay_out.iter().filter(|part| part.lot_id == lot.lot_id).map(|part| part.amount).sum();
        if lot.remaining > handed {
            leaving.forfeit.push(part(lot, lot.remaining - handed));
        }
    }
    leaving
}

/// What was paid for what is left of a lot; never more than that.
fn worth(lot: &LotState, prices: &BTreeMap<String, Price>) -> i64 {
    let Some(price) = prices.get(&lot.lot_id) else { return lot.remaining };
    let (paid, issued) = (Amount(price.paid), Amount(price.issued));
    cumulative(paid, issued, Amount::ZERO, Amount(lot.remaining)).0.clamp(0, lot.remaining)
}

fn part(lot: &LotState, amount: i64) -> LotPart {
    LotPart { lot_id: lot.lot_id.clone(), amount }
}

/// The sum of these parts.
pub(crate) fn sum(parts: &[LotPart]) -> i64 {
    parts.iter().map(|part| part.amount).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use LotKind::{Bonus, Earned, Overdraft, Paid};
    use jiff::Timestamp;
    use proptest::prelude::*;

    fn lot(lot_id: &str, kind: LotKind, remaining: i64) -> LotState {
        LotState {
            lot_id: lot_id.to_owned(),
            kind,
            remaining,
            vat_rate: None,
            paid_value: None,
            earned_at: Timestamp::UNIX_EPOCH,
            available_at: None,
            expires_at: None,
            gathers: false,
        }
    }

    #[test]
    fn only_what_was_paid_for_is_handed_over() {
        let below_face = BTreeMap::from([("1".to_owned(), Price { issued: 50_000, paid: 45_000 })]);
        let above_face = BTreeMap::from([("1".to_owned(), Price { issued: 50_000, paid: 60_000 })]);
        let at_face = BTreeMap::new();
        // what, points, prices, lots, handed over, forfeited, written off
        for (what, points, prices, lots, handed, lost, written_off) in [
            ("nothing", false, &at_face, vec![], 0, 0, 0),
            (
                "pay 1000, get 1100",
                false,
                &at_face,
                vec![("1", Paid, 100_000), ("2", Bonus, 10_000)],
                100_000,
                10_000,
                0,
            ),
            ("points", true, &at_face, vec![("1", Earned, 500), ("2", Paid, 20)], 0, 520, 0),
            ("earned on credit is given", false, &at_face, vec![("1", Earned, 500)], 0, 500, 0),
            (
                "sold for 450, all of 500 left",
                false,
                &below_face,
                vec![("1", Paid, 50_000)],
                45_000,
                5_000,
                0,
            ),
            (
                "sold for 450, 200 of 500 left",
                false,
                &below_face,
                vec![("1", Paid, 20_000)],
                18_000,
                2_000,
                0,
            ),
            ("sold for 450, a cent left: half-up", false, &below_face, vec![("1", Paid, 1)], 1, 0, 0),
            ("never more than is left", false, &above_face, vec![("1", Paid, 20_000)], 20_000, 0, 0),
            ("below zero", false, &at_face, vec![("1", Overdraft, -200)], 0, 0, 200),
            (
                "a hole takes bonus first",
                false,
                &at_face,
                vec![("1", Overdraft, -200), ("2", Bonus, 150), ("3", Paid, 300)],
                250,
                200,
                200,
            ),
            (
                "a hole within the bonus",
                false,
                &at_face,
                vec![("1", Overdraft, -100), ("2", Bonus, 150), ("3", Paid, 300)],
                300,
                150,
                100,
            ),
            (
                "a hole deeper than all of it",
                false,
                &at_face,
                vec![("1", Overdraft, -900), ("2", Bonus, 150), ("3", Paid, 300)],
                0,
                450,
                900,
            ),
        ] {
            let lots: Vec<LotState> = lots.into_iter().map(|(id, kind, left)| lot(id, kind, left)).collect();
            let found = leave(&lots, points, prices);
            let sums = (sum(&found.pay_out), sum(&found.forfeit), sum(&found.write_off));
            assert_eq!(sums, (handed, lost, written_off), "{what}");
        }
    }

    proptest! {
        /// Whatever there is: the balance ends at zero, nobody gets more than they paid for or than they are owed.
        #[test]
        fn a_balance_is_emptied_and_nobody_gets_too_much(
            lots in prop::collection::vec((0_u8..4, 1_i64..1_000_000, 1_i64..1_000_000, prop::bool::ANY), 0..8),
            points in prop::bool::ANY,
        ) {
            let (mut states, mut prices) = (Vec::new(), BTreeMap::new());
            for (index, (kind, amount, price, priced)) in lots.iter().enumerate() {
                let id = index.to_string();
                let kind = [Paid, Bonus, Earned, Overdraft][usize::from(*kind)];
                let left = if kind == Overdraft { -amount } else { *amount };
                states.push(lot(&id, kind, left));
                if *priced && kind == Paid {
                    prices.insert(id, Price { issued: *amount, paid: *price });
                }
            }
            let found = leave(&states, points, &prices);
            let posted: i64 = states.iter().map(|lot| lot.remaining).sum();
            prop_assert_eq!(posted - sum(&found.pay_out) - sum(&found.forfeit) + sum(&found.write_off), 0);
            for lot in &states {
                let of = |parts: &[LotPart]| -> i64 {
                    parts.iter().filter(|part| part.lot_id == lot.lot_id).map(|part| part.amount).sum()
                };
                prop_assert_eq!(of(&found.pay_out) + of(&found.forfeit) - of(&found.write_off), lot.remaining);
                if lot.kind != Paid || points {
                    prop_assert_eq!(of(&found.pay_out), 0);
                } else if let Some(price) = prices.get(&lot.lot_id) {
                    prop_assert!(of(&found.pay_out) <= price.paid);
                }
            }
            prop_assert!(sum(&found.pay_out) <= posted.max(0));
        }
    }
}
