//! Do earnings of one end make one lot, and shortfalls of one cause one hole?

use super::tests::{at, book, earn, original, spend, state, terms};
use super::*;
use wire::loyalty::BalanceType;

/// Lots whose end or waiting differs stay apart; lots that differ in nothing that matters are one.
#[test]
fn earnings_of_one_end_are_one_lot() {
    let (soon, late) = (at("2026-04-01T00:00:00Z"), at("2026-05-01T00:00:00Z"));
    let free = at("2026-03-08T00:00:00Z");
    for (what, lots, expected) in [
        ("one end", vec![(None, Some(soon)), (None, Some(soon))], vec![20]),
        ("no end", vec![(None, None), (None, None), (None, None)], vec![30]),
        ("two ends", vec![(None, Some(soon)), (None, Some(late)), (None, Some(soon))], vec![20, 10]),
        ("an end and none", vec![(None, Some(soon)), (None, None)], vec![10, 10]),
        ("not free yet", vec![(None, None), (Some(free), None), (Some(free), None)], vec![10, 20]),
        ("free at another instant", vec![(Some(free), None), (Some(soon), None)], vec![10, 10]),
        ("free since long", vec![(Some(at("2026-02-01T00:00:00Z")), None), (None, None)], vec![20]),
    ] {
        let mut book = book(BalanceType::CollectablePoints, &[]).under(terms("{}"));
        for (available_at, expires_at) in lots {
            let lot = NewLot::earned(available_at, expires_at);
            book.credit_read("b", Credit { lot, ..earn(10) }, &Link::default());
        }
        assert_eq!(state(&book).0.into_iter().map(|lot| lot.1).collect::<Vec<_>>(), expected, "{what}");
    }
    // what was given by hand, or is used up, does not grow
    let mut book = book(BalanceType::CollectablePoints, &[]).under(terms("{}"));
    let bill = || Credit { lot: NewLot::earned(None, None), ..earn(10) };
    book.credit_read("b", earn(5), &Link::default());
    book.credit_read("b", bill(), &Link::default());
    book.spend("b", &spend(15, &[], &[]), &Link::default());
    book.credit_read("b", bill(), &Link::default());
    assert_eq!(state(&book).0.into_iter().map(|lot| lot.1).collect::<Vec<_>>(), [0, 0, 10]);
}

/// Bills of one end, in one lot or in several: a claw-back takes the same from what ends when.
#[test]
fn a_claw_back_takes_first_what_ends_with_its_own() {
    let (early, end) = (Some("2026-04-01T00:00:00Z"), Some("2026-05-01T00:00:00Z"));
    for (lots, expected) in [
        (vec![("1", 0, end), ("2", 20, end), ("3", 5, early)], vec![0, 5, 5]),
        (vec![("1", 20, end), ("3", 5, early)], vec![5, 5]),
        (vec![("1", 0, end), ("2", 10, end), ("3", 8, early)], vec![0, 0, 3]),
    ] {
        let mut book = book(BalanceType::CollectablePoints, &lots);
        book.take_back(&original(3, true, 15, "1"), TransferKind::ClawBack, &[], &Link::default());
        assert_eq!(state(&book).0.into_iter().map(|lot| lot.1).collect::<Vec<_>>(), expected, "{lots:?}");
    }
}

/// Everything taken back from one bill makes one hole; another bill, or a spend, makes a hole of its own.
#[test]
fn one_cause_makes_one_hole() {
    let link = |bill: &str| Link { bill_id: Some(bill.to_owned()), ..Link::default() };
    let mut book = book(BalanceType::CollectablePoints, &[]);
    for (entry, bill) in [(3, "b1"), (4, "b1"), (5, "b2")] {
        book.take_back(&original(entry, true, 10, "9"), TransferKind::ClawBack, &[], &link(bill));
    }
    book.spend("b", &spend(7, &[], &[]), &link("b1"));
    assert_eq!(state(&book).0.into_iter().map(|lot| lot.1).collect::<Vec<_>>(), [-20, -10, -7]);
}
