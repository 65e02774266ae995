//! Does any sequence of refunds end where a cancellation ends? Acceptance property 5 of loyalty.md.

use super::super::earning::{EarnedByLine, EarnedDetail};
use super::super::line::Source;
use super::earned::stays;
use super::plan::{Asked, Question, Spent, plan};
use super::sale::{KeptDiscount, Lines, Sale, SaleLine};
use crate::loyalty::program::RefundTender;
use money::{Amount, Decimal, Precision, spread};
use proptest::prelude::*;
use std::collections::BTreeMap;
use wire::Number;

/// A bill that closes: what the balances gave as discounts stands on the lines, what they paid is within the value.
#[derive(Debug, Clone)]
struct Sold {
    sale: Sale,
    spent: BTreeMap<String, Spent>,
    kept: EarnedDetail,
    earned: i64,
}

fn two() -> Precision {
    Precision::new(2).expect("0 to 3")
}

prop_compose! {
    fn sold()(
        lines in prop::collection::vec((0_i64..60_000, 1_i64..9, any::<bool>()), 1..6),
        discount in 0_i64..40, voucher in 0_i64..40, points in 0_i64..60, worth in 1_i64..40,
        paid in prop::collection::vec(0_i64..60, 0..3), rate in 1_i64..30, minimum in 0_i64..150,
    ) -> Sold {
        let mut left: Vec<Amount> = lines.iter().map(|(total, _, _)| Amount(*total)).collect();
        let mut shares: Vec<Vec<(Source, Amount)>> = vec![Vec::new(); lines.len()];
        let mut spent = BTreeMap::new();
        let rest = |left: &[Amount]| left.iter().sum::<Amount>().0;
        let used = (points * 10).min(rest(&left) / worth / 2);
        for (source, value) in [
            (Source::Discount("d".to_owned()), rest(&left) * discount / 100),
            (Source::Balance("spv".to_owned()), rest(&left) * voucher / 200),
            (Source::Balance("points".to_owned()), used * worth),
        ] {
            let taken = spread(Amount(value), &left);
            for ((share, line), left) in taken.iter().zip(&mut shares).zip(&mut left) {
                *left -= *share;
                if share.is_positive() {
                    line.push((source.clone(), *share));
                }
            }
            if let Source::Balance(id) = source {
                let points = id == "points";
                let amount = if points { used } else { taken.iter().sum::<Amount>().0 };
                if amount > 0 {
                    spent.insert(id, Spent { amount, returned: 0, points });
                }
            }
        }
        let mut payable = rest(&left);
        for (index, part) in paid.iter().enumerate() {
            let amount = payable * part / 60;
            payable -= amount;
            if amount > 0 {
                spent.insert(format!("tender-{index}"), Spent { amount, returned: 0, points: false });
            }
        }
        // the discount asked for so much of what the lines come to; above that, for nothing
        let full: i64 = lines.iter().map(|(total, _, _)| total).sum();
        let discounted = |(line, shares): (usize, &Vec<(Source, Amount)>)| {
            let at = shares.iter().position(|(source, _)| *source == Source::Discount("d".to_owned()))?;
            Some((line, at))
        };
        let kept = KeptDiscount {
            minimum: Amount(full * minimum / 100),
            counted: lines.iter().enumerate().map(|(at, line)| (at.to_string(), Amount(line.0))).collect(),
            shares: shares.iter().enumerate().filter_map(discounted).collect(),
        };
        let sale = Sale {
            kept: if minimum <= 100 { vec![kept] } else { Vec::new() },
            lines: lines
                .iter()
                .zip(shares)
                .enumerate()
                .map(|(index, ((total, quantity, weighed), shares))| SaleLine {
                    check_item_id: index.to_string(),
                    tops_up: None,
                    quantity: if *weighed { Decimal::new(*quantity * 125, 3) } else { Decimal::from(*quantity) },
                    total: Amount(*total),
                    shares,
                })
                .collect(),
        };
        let base = sale.value();
        let of_line = |line: &SaleLine| EarnedByLine {
            check_item_id: line.check_item_id.clone(), points: 0, base: line.net().0,
        };
        let kept = EarnedDetail {
            points: base.0 / 100 / rate,
            base: base.0,
            rate_points: Number(Decimal::ONE),
            rate_per_amount: Number(Decimal::from(rate)),
            lines: sale.lines.iter().map(of_line).collect(),
        };
        Sold { earned: base.0 / 100 / rate, sale, spent, kept }
    }
}

/// Some of one or two lines.
fn parts() -> impl Strategy<Value = Vec<(usize, i64, bool)>> {
    prop::collection::vec((0_usize..7, 1_i64..6, any::<bool>()), 1..3)
}

fn tender() -> impl Strategy<Value = RefundTender> {
    prop_oneof![
        3 => Just(RefundTender::ProRata),
        1 => Just(RefundTender::CreditOnly),
        1 => Just(RefundTender::MoneyFirst),
    ]
}

fn asked(parts: &[(usize, i64, bool)]) -> Asked {
    let part = |(line, amount, broken): &(usize, i64, bool)| {
        let quantity = if *broken { Decimal::new(*amount * 50, 3) } else { Decimal::from(*amount) };
        (line.to_string(), quantity)
    };
    Asked { lines: Lines::Parts(parts.iter().map(part).collect()), facts: BTreeMap::new() }
}

proptest! {
    #![proptest_config(crate::cases())]

    #[test]
    fn any_sequence_of_refunds_ends_where_a_cancellation_ends(
        sold in sold(), refunds in prop::collection::vec(parts(), 0..7), tender in tender(), rest_asked in any::<bool>(),
    ) {
        let Sold { sale, mut spent, kept, earned } = sold;
        let mut returned = sale.untouched();
        let (mut value, mut money, mut stay) = (Amount::ZERO, Amount::ZERO, earned);
        let mut discounts = Amount::ZERO;
        let rest = if rest_asked {
            Asked { lines: Lines::Rest, facts: BTreeMap::new() }
        } else {
            let all = |line: &SaleLine| (line.check_item_id.clone(), Decimal::from(99));
            Asked { lines: Lines::Parts(sale.lines.iter().map(all).collect()), facts: BTreeMap::new() }
        };
        let asked = refunds.iter().map(|parts| asked(parts)).chain([rest]);
        let mut whole = false;
        for asked in asked {
            let question = Question { sale: &sale, spent: &spent, before: &returned, told_before: false, tender };
            let back = plan(&question, &asked);
            prop_assert!(back.value.0 >= 0 && back.money.0 >= 0, "{:?}", back);
            prop_assert!(back.balances.values().all(|amount| *amount > 0), "{:?}", back);
            let paid: i64 = back.balances.iter().filter(|(id, _)| id.starts_with("tender")).map(|(_, one)| one).sum();
            prop_assert_eq!(Amount(paid) + back.money, back.value);
            let off: Amount = back.discounts.iter().map(|(_, one)| *one).sum();
            prop_assert!(off.0 >= 0);
            discounts += off;
            value += back.value;
            money += back.money;
            for (id, amount) in &back.balances {
                let one = spent.get_mut(id).expect("a balance of the bill");
                one.returned += amount;
                prop_assert!(one.returned <= one.amount);
            }
            returned = back.after;
            // what is paid for what stays: its price, less the shares it has and has not lost
            let parts = sale.parts(&returned);
            let stays_worth: Amount = sale.lines.iter().zip(&parts).map(|(line, part)| line.net() - part.net).sum();
            let lost = sale.taken_of(&returned, &Source::Discount("d".to_owned()));
            prop_assert_eq!(sale.value() - value, stays_worth + lost);
            let stays = stays(earned, Some(&kept), &sale, &returned, two());
            prop_assert!((0..=stay).contains(&stays), "{} after {}", stays, stay);
            stay = stays;
            whole = back.whole;
        }
        prop_assert!(whole);
        prop_assert_eq!((value, stay), (sale.value(), 0));
        prop_assert!(spent.values().all(|one| one.returned == one.amount), "{:?}", spent);
        let by_balances: i64 = spent.iter().filter(|(id, _)| id.starts_with("tender")).map(|(_, one)| one.amount).sum();
        prop_assert_eq!(money, sale.value() - Amount(by_balances));
        let off = sale.shares(None).get(&Source::Discount("d".to_owned())).copied().unwrap_or_default();
        prop_assert_eq!(discounts, off);
    }

    /// Part by part and all of them turned around: the same on every balance that gave a discount, and in points.
    #[test]
    fn the_order_of_refunds_does_not_matter(sold in sold(), refunds in prop::collection::vec(parts(), 1..6)) {
        let Sold { mut sale, spent, kept, earned } = sold;
        // how far a refund reaches into a lost discount depends on those before it
        sale.kept.clear();
        let run = |refunds: &mut dyn Iterator<Item = &Vec<(usize, i64, bool)>>| {
            let (mut spent, mut returned) = (spent.clone(), sale.untouched());
            for parts in refunds {
                let tender = RefundTender::ProRata;
                let question = Question { sale: &sale, spent: &spent, before: &returned, told_before: false, tender };
                let back = plan(&question, &asked(parts));
                for (id, amount) in &back.balances {
                    spent.get_mut(id).expect("a balance of the bill").returned += amount;
                }
                returned = back.after;
            }
            let stay = stays(earned, Some(&kept), &sale, &returned, two());
            spent.retain(|id, _| !id.starts_with("tender"));
            (spent, stay, returned)
        };
        prop_assert_eq!(run(&mut refunds.iter()), run(&mut refunds.iter().rev()));
    }
}
