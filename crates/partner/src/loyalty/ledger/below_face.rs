//! How much of what was not paid goes along, where a value that was sold below its face is used?
//!
//! A multi-purpose voucher of 500 that was sold for 450 is two lots: 450 that pay and 50 that lower prices, so that the
//! VAT is that of what was paid (loyalty.md §3 V4). Both are used in proportion; what is left keeps it, so the last use
//! closes exactly.

use super::lot::{LotKind, LotPart, LotState};
use jiff::Timestamp;
use money::{Amount, cumulative};
use std::collections::BTreeMap;

/// What one sale left: what was paid, and what was not.
#[derive(Debug, Default)]
struct Pair<'a> {
    paid: i64,
    unpaid: Vec<&'a LotState>,
}

/// The unpaid parts that go along where `wanted` of the lots is used in all, and of what was paid at most `payable`.
/// Lots in their order of consumption; those of one sale are told by their beginning and end.
pub(crate) fn goes_along(lots: &[LotState], wanted: i64, payable: i64) -> Vec<LotPart> {
    let mut pairs: BTreeMap<(Timestamp, Timestamp), Pair<'_>> = BTreeMap::new();
    for lot in lots.iter().filter(|lot| lot.remaining > 0) {
        let pair = pairs.entry((lot.expires_at.unwrap_or(Timestamp::MAX), lot.earned_at)).or_default();
        if lot.goes_along() {
            pair.unpaid.push(lot);
        } else if lot.kind != LotKind::Bonus {
            pair.paid = pair.paid.saturating_add(lot.remaining);
        }
    }
    let (mut wanted, mut payable) = (wanted.max(0), payable.max(0));
    let mut parts = Vec::new();
    for pair in pairs.values_mut() {
        let unpaid = pair.unpaid.iter().map(|lot| lot.remaining).fold(0, i64::saturating_add);
        let all = pair.paid.saturating_add(unpaid);
        let share =
            |of: i64, whole: i64| cumulative(Amount(unpaid), Amount(whole), Amount::ZERO, Amount(of)).0;
        // what was paid and may not be used keeps its share
        let most = match payable {
            payable if payable >= pair.paid => all,
            payable => payable.saturating_add(share(payable, pair.paid)),
        };
        let used = wanted.min(most);
        let along = if pair.paid == 0 {
            used
        } else if used > 0 {
            share(used, all).min(used)
        } else {
            0
        };
        wanted -= used;
        payable -= used - along;
        pair.unpaid.sort_by(|one, other| one.lot_id.cmp(&other.lot_id));
        let mut left = along;
        for lot in &pair.unpaid {
            let amount = left.min(lot.remaining);
            if amount > 0 {
                left -= amount;
                parts.push(LotPart { lot_id: lot.lot_id.clone(), amount });
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Lots of sales, one second after the other: paid, unpaid.
    fn sold(sales: &[(i64, i64)]) -> Vec<LotState> {
        let lot = |lot_id: String, kind, remaining, at: usize| LotState {
            lot_id,
            kind,
            remaining,
            vat_rate: None,
            paid_value: (kind == LotKind::Bonus).then_some(0),
            earned_at: Timestamp::from_second(i64::try_from(at).unwrap()).unwrap(),
            available_at: None,
            expires_at: None,
            gathers: false,
        };
        let pairs = sales.iter().enumerate().map(|(at, (paid, unpaid))| {
            [
                lot(format!("{at}p"), LotKind::Paid, *paid, at),
                lot(format!("{at}u"), LotKind::Bonus, *unpaid, at),
            ]
        });
        pairs.flatten().collect()
    }

    fn along(sales: &[(i64, i64)], wanted: i64, payable: i64) -> i64 {
        goes_along(&sold(sales), wanted, payable).iter().map(|part| part.amount).sum()
    }

    #[test]
    fn what_was_not_paid_goes_along_in_proportion() {
        const ANY: i64 = i64::MAX;
        // sales (paid, unpaid), wanted, payable, goes along
        for (sales, wanted, payable, expected) in [
            (&[(45_000, 5_000)][..], 50_000, ANY, 5_000),
            (&[(45_000, 5_000)], 99_999, ANY, 5_000),
            (&[(45_000, 5_000)], 25_000, ANY, 2_500),
            (&[(45_000, 5_000)], 1, ANY, 0),
            (&[(45_000, 5_000)], 5, ANY, 1),
            (&[(45_000, 5_000)], 0, ANY, 0),
            // the cashier takes 225 of what was paid, or none of it
            (&[(45_000, 5_000)], 50_000, 22_500, 2_500),
            (&[(45_000, 5_000)], 50_000, 0, 0),
            // nothing was paid for it: all of it lowers prices
            (&[(0, 5_000)], 3_000, ANY, 3_000),
            (&[(0, 5_000)], 3_000, 0, 3_000),
            // two sales: the first goes first, with its own share
            (&[(45_000, 5_000), (100_000, 0)], 60_000, ANY, 5_000),
            (&[(100_000, 0), (45_000, 5_000)], 110_000, ANY, 1_000),
            (&[(100_000, 0), (45_000, 5_000)], 100_000, ANY, 0),
            (&[(10, 10), (30, 10)], 40, ANY, 15),
        ] {
            assert_eq!(along(sales, wanted, payable), expected, "{sales:?} {wanted} {payable}");
        }
        assert_eq!(along(&[], 500, ANY), 0);
    }

    /// What was given on top is no part of a face value.
    #[test]
    fn a_bonus_on_top_does_not_go_along() {
        let mut lots = sold(&[(1_000, 100)]);
        lots[1].paid_value = None;
        assert_eq!(goes_along(&lots, 1_100, i64::MAX), []);
    }

    proptest! {
        /// Any uses, one after the other, end with nothing of either part, and none is ever used before the other.
        #[test]
        fn any_uses_of_one_sale_close(paid in 1_i64..1_000_000, unpaid in 0_i64..1_000_000, uses in prop::collection::vec(1_i64..300_000, 1..20)) {
            let (mut left_paid, mut left_unpaid) = (paid, unpaid);
            for wanted in uses.into_iter().chain([i64::MAX]) {
                let along = along(&[(left_paid, left_unpaid)], wanted, i64::MAX);
                let used = wanted.min(left_paid + left_unpaid);
                prop_assert!(along <= left_unpaid && used - along <= left_paid);
                left_paid -= used - along;
                left_unpaid -= along;
                // what is left keeps the proportion, to one unit for each use
                let exact = i128::from(left_paid + left_unpaid) * i128::from(unpaid) - i128::from(left_unpaid) * i128::from(paid + unpaid);
                prop_assert!(exact.abs() <= 20 * i128::from(paid + unpaid));
            }
            prop_assert_eq!((left_paid, left_unpaid), (0, 0));
        }
    }
}
