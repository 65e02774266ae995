//! Does a refund give back what the rules' numbers say?

use super::super::super::earning::{EarnedByLine, EarnedDetail};
use super::super::earned::stays;
use super::super::sale::{KeptDiscount, SaleLine};
use super::*;
use money::Decimal;
use wire::Number;

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// A line: id, quantity, total, shares off it ("d…" a discount, else a balance).
fn line(id: &str, quantity: &str, total: i64, shares: &[(&str, i64)]) -> SaleLine {
    let source = |id: &str| match id.strip_prefix("d:") {
        Some(discount) => Source::Discount(discount.to_owned()),
        None => Source::Balance(id.to_owned()),
    };
    SaleLine {
        tops_up: None,
        check_item_id: id.to_owned(),
        quantity: decimal(quantity),
        total: Amount(total),
        shares: shares.iter().map(|(id, share)| (source(id), Amount(*share))).collect(),
    }
}

/// Refunds one after the other, with what the balances got so far kept.
struct Till {
    sale: Sale,
    spent: BTreeMap<String, Spent>,
    returned: Returned,
    told: bool,
    tender: RefundTender,
}

impl Till {
    fn new(lines: Vec<SaleLine>, spent: &[(&str, i64, bool)]) -> Self {
        let sale = Sale { lines, ..Sale::default() };
        let spent = spent
            .iter()
            .map(|(id, amount, points)| {
                ((*id).to_owned(), Spent { amount: *amount, returned: 0, points: *points })
            })
            .collect();
        Self { returned: sale.untouched(), sale, spent, told: false, tender: RefundTender::ProRata }
    }

    fn ask(&mut self, asked: &Asked) -> Back {
        let question = Question {
            sale: &self.sale,
            spent: &self.spent,
            before: &self.returned,
            told_before: self.told,
            tender: self.tender,
        };
        let back = plan(&question, asked);
        for (id, amount) in &back.balances {
            self.spent.get_mut(id).unwrap().returned += amount;
        }
        self.returned = back.after.clone();
        self.told |= !asked.facts.is_empty();
        back
    }

    fn refund(&mut self, parts: &[(&str, &str)]) -> Back {
        let parts = parts.iter().map(|(id, quantity)| ((*id).to_owned(), decimal(quantity))).collect();
        self.ask(&Asked { lines: Lines::Parts(parts), facts: BTreeMap::new() })
    }

    fn rest(&mut self) -> Back {
        self.ask(&Asked { lines: Lines::Rest, facts: BTreeMap::new() })
    }
}

fn balances(back: &Back) -> Vec<(&str, i64)> {
    back.balances.iter().map(|(id, amount)| (id.as_str(), *amount)).collect()
}

/// 150.00 + 60.00 with 20 % = 42.00 kept as 30.00 / 12.00: the first line is worth 120.00, not 108.00 (C6).
#[test]
fn a_line_goes_back_with_its_own_share() {
    let mut till = Till::new(
        vec![line("a", "1", 15_000, &[("d:happy", 3_000)]), line("b", "1", 6_000, &[("d:happy", 1_200)])],
        &[],
    );
    let first = till.refund(&[("a", "1")]);
    assert_eq!((first.gross, first.value, first.money), (Amount(15_000), Amount(12_000), Amount(12_000)));
    assert_eq!(first.discounts, [("happy".to_owned(), Amount(3_000))]);
    assert!(!first.whole);
    let second = till.refund(&[("b", "1")]);
    assert_eq!((second.value, second.whole), (Amount(4_800), true));
}

/// 20 % over 200.00: once 150.00 or 60.00 stay they cost that much, and the refund is smaller by their share (C9). Points
/// follow: 1 for each 10.00 of what the guest has paid for what stays.
#[test]
fn a_lost_discount_lowers_the_refund() {
    let kept = |minimum| KeptDiscount {
        minimum: Amount(minimum),
        counted: vec![("a".to_owned(), Amount(15_000)), ("b".to_owned(), Amount(6_000))],
        shares: vec![(0, 0), (1, 0)],
    };
    let detail = EarnedDetail {
        points: 16,
        base: 16_800,
        rate_points: Number(Decimal::ONE),
        rate_per_amount: Number(Decimal::from(10)),
        lines: [("a", 12_000), ("b", 4_800)]
            .map(|(id, base)| EarnedByLine { check_item_id: id.to_owned(), points: 0, base })
            .to_vec(),
    };
    // minimum, first line back, its value, what of the discount goes back, points of 16 that stay; then the other line
    for (minimum, first, value, off, stay, second, rest) in [
        (20_000, "b", 1_800, 4_200, 15, "a", 15_000),
        (20_000, "a", 10_800, 4_200, 6, "b", 6_000),
        // 150.00 are enough: what stays keeps its discount
        (15_000, "b", 4_800, 1_200, 12, "a", 12_000),
    ] {
        let mut till = Till::new(
            vec![line("a", "1", 15_000, &[("d:from", 3_000)]), line("b", "1", 6_000, &[("d:from", 1_200)])],
            &[("mpv", 8_400, false)],
        );
        till.sale.kept = vec![kept(minimum)];
        let back = till.refund(&[(first, "1")]);
        assert_eq!((back.value, back.whole), (Amount(value), false), "{minimum} {first}");
        assert_eq!(back.discounts, [("from".to_owned(), Amount(off))], "{minimum} {first}");
        // half was paid by the voucher, so it gets half of what goes back
        assert_eq!((balances(&back), back.money), (vec![("mpv", value / 2)], Amount(value / 2)));
        let two = Precision::new(2).unwrap();
        assert_eq!(stays(16, Some(&detail), &till.sale, &till.returned, two), stay, "{minimum} {first}");
        let back = till.refund(&[(second, "1")]);
        assert_eq!((back.value, back.whole), (Amount(rest), true), "{minimum} {second}");
        assert_eq!(till.spent["mpv"].returned, 8_400);
        assert_eq!(stays(16, Some(&detail), &till.sale, &till.returned, two), 0);
    }
}

/// What one refund does not reach of a lost discount the next ones do; none is below zero (C9).
#[test]
fn a_lost_discount_is_taken_as_far_as_refunds_reach() {
    let mut till = Till::new(
        vec![line("a", "2", 19_000, &[("d:half", 9_500)]), line("b", "1", 1_000, &[("d:half", 500)])],
        &[],
    );
    till.sale.kept = vec![KeptDiscount {
        minimum: Amount(20_000),
        counted: vec![("a".to_owned(), Amount(19_000)), ("b".to_owned(), Amount(1_000))],
        shares: vec![(0, 0), (1, 0)],
    }];
    let backs = [("b", 0, 1_000), ("a", 500, 9_000), ("a", 9_500, 0)].map(|(id, value, off)| {
        let back = till.refund(&[(id, "1")]);
        let taken: Amount = back.discounts.iter().map(|(_, one)| *one).sum();
        (back.value == Amount(value) && taken == Amount(off), back)
    });
    assert!(backs.iter().all(|(fits, _)| *fits), "{backs:?}");
    assert!(backs[2].1.whole);
}

/// Lines of 10.00 with 10.00 off together; 4 for 40.00 with 3.99 off; 6.66 for 0.300 kg (C6, C7).
#[test]
fn lines_units_and_weights_close() {
    let mut three = Till::new(
        [("a", 334), ("b", 333), ("c", 333)]
            .map(|(id, share)| line(id, "1", 1_000, &[("d:ten", share)]))
            .to_vec(),
        &[],
    );
    let values = ["a", "b", "c"].map(|id| three.refund(&[(id, "1")]).value.0);
    assert_eq!(values, [666, 667, 667]);
    let mut units = Till::new(vec![line("a", "4", 4_000, &[("d", 399)])], &[("d", 399, false)]);
    let backs = [(); 4].map(|()| units.refund(&[("a", "1")]));
    assert_eq!(backs.clone().map(|back| back.value.0), [900, 900, 900, 901]);
    assert_eq!(backs.map(|back| back.balances["d"]), [100, 100, 100, 99]);
    let mut weight = Till::new(vec![line("a", "0.300", 666, &[])], &[]);
    assert_eq!([(); 3].map(|()| weight.refund(&[("a", "0.1")]).value.0), [222, 222, 222]);
}

/// 100.00 paid with 60.00 of a voucher and 40.00 in cash, 50.00 goes back (C8).
#[test]
fn the_value_goes_where_it_came_from() {
    for (tender, first, second) in [
        (RefundTender::ProRata, (3_000, 2_000), (3_000, 2_000)),
        (RefundTender::CreditOnly, (5_000, 0), (1_000, 4_000)),
        (RefundTender::MoneyFirst, (1_000, 4_000), (5_000, 0)),
    ] {
        let mut till = Till::new(vec![line("a", "2", 10_000, &[])], &[("mpv", 6_000, false)]);
        till.tender = tender;
        for expected in [first, second] {
            let back = till.refund(&[("a", "1")]);
            let found = (back.balances.get("mpv").copied().unwrap_or(0), back.money.0);
            assert_eq!(found, expected, "{tender:?}");
        }
    }
}

/// What the register says it gave is a fact, up to what the balance paid; the rest of the bill follows it.
#[test]
fn what_the_register_gave_back_wins() {
    let facts = |given| BTreeMap::from([("mpv".to_owned(), given)]);
    let one =
        |given| Asked { lines: Lines::Parts(vec![("a".to_owned(), decimal("1"))]), facts: facts(given) };
    let mut till = Till::new(vec![line("a", "2", 10_000, &[])], &[("mpv", 6_000, false)]);
    let back = till.ask(&one(1_500));
    assert_eq!((balances(&back), back.money), (vec![("mpv", 1_500)], Amount(3_500)));
    let rest = till.rest();
    assert_eq!((balances(&rest), rest.money), (vec![("mpv", 4_500)], Amount(500)));

    let mut all_in_cash = Till::new(vec![line("a", "2", 10_000, &[])], &[("mpv", 6_000, false)]);
    all_in_cash.ask(&one(0));
    let rest = all_in_cash.rest();
    assert_eq!(
        (balances(&rest), rest.money),
        (vec![("mpv", 5_000)], Amount(0)),
        "no more than the value left"
    );

    let mut too_much = Till::new(vec![line("a", "2", 10_000, &[])], &[("mpv", 6_000, false)]);
    let back = too_much.ask(&one(7_000));
    assert_eq!(
        (balances(&back), back.beyond.clone()),
        (vec![("mpv", 6_000)], vec![("mpv".to_owned(), 7_000, 6_000)])
    );
}

#[test]
fn nothing_goes_back_twice() {
    let mut till =
        Till::new(vec![line("a", "2", 10_000, &[]), line("b", "1", 500, &[])], &[("mpv", 6_000, false)]);
    till.refund(&[("a", "1")]);
    let back = till.refund(&[("a", "3"), ("c", "1")]);
    let excess: Vec<_> = back.excess.iter().map(|one| (one.check_item_id.as_str(), one.quantity)).collect();
    assert_eq!((back.value, excess), (Amount(5_000), vec![("a", decimal("2")), ("c", decimal("1"))]));
    assert!(till.rest().whole);
    let again = till.rest();
    assert_eq!((again.value, again.balances, again.money), (Amount(0), BTreeMap::new(), Amount(0)));
}

/// Points pay as a discount: whole ones, rounded down on the running sum (C7).
#[test]
fn spent_points_come_back_whole() {
    let lines =
        [("a", 34), ("b", 33), ("c", 33)].map(|(id, share)| line(id, "1", 1_000, &[("points", share)]));
    let mut till = Till::new(lines.to_vec(), &[("points", 10, true)]);
    let points = ["a", "b", "c"].map(|id| till.refund(&[(id, "1")]).balances["points"]);
    assert_eq!(points, [3, 3, 4]);
}

/// The bill of loyalty.md §2: 42 points for 423.14; beer 113.97 goes back: 30 stay (P6).
#[test]
fn earned_points_follow_what_stays() {
    let worked = Sale {
        lines: vec![
            line("L1", "2", 37_800, &[("d:order", 3_780), ("points", 3_595)]),
            line("L2", "3", 17_700, &[("d:beer", 3_540), ("d:order", 1_416), ("points", 1_347)]),
            line("L3", "1", 9_500, &[("d:order", 950), ("spv", 8_000), ("points", 58)]),
        ],
        ..Sale::default()
    };
    assert_eq!(worked.value(), Amount(42_314));
    let two = Precision::new(2).unwrap();
    let of_line = |id: &str, points, base| EarnedByLine { check_item_id: id.to_owned(), points, base };
    let lines = vec![of_line("L1", 30, 30_425), of_line("L2", 11, 11_397), of_line("L3", 1, 492)];
    let ten = Number(Decimal::from(10));
    let detail = EarnedDetail {
        points: 42,
        base: 42_314,
        rate_points: Number(Decimal::ONE),
        rate_per_amount: ten,
        lines: lines.clone(),
    };
    let whole_bill = EarnedDetail { lines: Vec::new(), ..detail.clone() };
    let mut returned = worked.untouched();
    for (refunded, stay) in [("L2", 30), ("L3", 30), ("L1", 0)] {
        let all = Decimal::from(9);
        worked.take(&mut returned, &Lines::Parts(vec![(refunded.to_owned(), all)]));
        for kept in [&detail, &whole_bill] {
            assert_eq!(stays(42, Some(kept), &worked, &returned, two), stay, "{refunded}: {kept:?}");
        }
    }
    // Three refunds of 9.99 on a bill of 30.00 leave nothing of 3 points but what 0.03 earn
    let sale =
        Sale { lines: ["a", "b", "c"].map(|id| line(id, "1", 1_000, &[])).to_vec(), ..Sale::default() };
    let detail = EarnedDetail { points: 3, base: 3_000, ..whole_bill };
    let mut returned = sale.untouched();
    let stay = ["a", "b", "c"].map(|id| {
        sale.take(&mut returned, &Lines::Parts(vec![(id.to_owned(), decimal("0.999"))]));
        stays(3, Some(&detail), &sale, &returned, two)
    });
    assert_eq!(stay, [2, 1, 0]);
}

/// Stamps have no rate: one of three cups goes back with its stamp, half a cup with none.
#[test]
fn stamps_follow_the_units() {
    let sale = Sale { lines: vec![line("a", "3", 9_000, &[]), line("b", "2", 500, &[])], ..Sale::default() };
    let of_line = |id: &str, points| EarnedByLine { check_item_id: id.to_owned(), points, base: 0 };
    let kept = EarnedDetail {
        points: 4,
        base: 0,
        rate_points: Number::ZERO,
        rate_per_amount: Number::ZERO,
        lines: vec![of_line("a", 2), of_line("b", 2)],
    };
    let mut returned = sale.untouched();
    let two = Precision::new(2).unwrap();
    for (id, quantity, stay) in
        [("a", "1", 4), ("b", "0.5", 4), ("b", "0.5", 3), ("a", "2", 1), ("b", "1", 0)]
    {
        sale.take(&mut returned, &Lines::Parts(vec![(id.to_owned(), decimal(quantity))]));
        assert_eq!(stays(4, Some(&kept), &sale, &returned, two), stay, "{quantity} of {id}");
    }
}

/// A bill whose report has no lines, or values that do not fit each other, can still go back whole.
#[test]
fn a_bill_that_does_not_close_goes_back_whole() {
    let mut till = Till::new(Vec::new(), &[("mpv", 6_000, false), ("points", 60, true)]);
    let part = till.refund(&[("a", "1")]);
    assert_eq!((part.balances.len(), part.whole, part.excess.len()), (0, false, 1));
    assert_eq!(balances(&till.rest()), [("mpv", 6_000), ("points", 60)]);
    let mut more = Till::new(vec![line("a", "1", 1_000, &[])], &[("mpv", 6_000, false)]);
    assert_eq!(balances(&more.refund(&[("a", "1")])), [("mpv", 6_000)]);
}
