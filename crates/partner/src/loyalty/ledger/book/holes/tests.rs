//! What does a hole take that stood beside a lot others held? Each case on a timeline of its own.

use super::super::tests::{at, book, original, part, spend, state, terms};
use super::*;
use crate::loyalty::ledger::{BalanceStatus, CheckKey};
use wire::loyalty::BalanceType;

/// A hold of somebody on lots of the balance.
fn hold(number: i64, parts: &[LotPart], until: &str) -> HoldRow {
    HoldRow {
        balance_id: "b".to_owned(),
        hold_number: number,
        check: CheckKey { place: "p".to_owned(), device_number: number, check_id: "c".to_owned() },
        offer_id: "o".to_owned(),
        amount: parts.iter().map(|part| part.amount).sum(),
        lots: parts.to_vec(),
        expires_at: at(until),
    }
}

/// A hole of 70 dug at 10:00 by a bill, beside these lots; then the book is brought up to `now` with these holds.
fn later(lots: &[(&str, i64, Option<&str>)], holds: &[HoldRow], now: &str) -> (Vec<(String, i64)>, i64) {
    let mut book = book(BalanceType::MultiPurposePrepaidVoucher, lots).under(terms("{}"));
    let kept: Vec<LotPart> = holds.iter().flat_map(|hold| hold.lots.iter().cloned()).collect();
    let link = Link { bill_id: Some("bill".to_owned()), ..Link::default() };
    assert_eq!(book.spend("b", &spend(70, &[], &kept), &link).short, 70);
    book.now = at(now);
    book.bring_balance_up("b", &holds.iter().collect::<Vec<_>>());
    state(&book)
}

const HOLE: &str = "00000011";

#[test]
fn a_hole_takes_what_a_hold_left_free_and_not_before() {
    let held = [hold(1, &[part("1", 170)], "2026-03-01T10:03:00Z")];
    let good = [("1", 170, None)];
    let ends_early = [("1", 170, Some("2026-03-01T10:02:00Z"))];
    let ends_late = [("1", 170, Some("2026-03-01T11:00:00Z"))];
    for (what, lots, now, lot, hole) in [
        ("held", &good, "2026-03-01T10:02:59Z", 170, -70),
        ("the hold is over at its end", &good, "2026-03-01T10:03:00Z", 100, 0),
        (
            "the lot ended under the hold: it stays for the hold",
            &ends_early,
            "2026-03-01T10:02:30Z",
            170,
            -70,
        ),
        (
            "the hold of an ended lot is over: first the hole, the rest ends",
            &ends_early,
            "2026-03-01T10:03:00Z",
            0,
            0,
        ),
        ("the hold was over before the lot ended", &ends_late, "2026-03-01T10:30:00Z", 100, 0),
        ("nobody came until the lot had ended too", &ends_late, "2026-03-05T00:00:00Z", 0, 0),
    ] {
        let (lots, posted) = later(lots, &held, now);
        assert_eq!(lots, [(HOLE.to_owned(), hole), ("1".to_owned(), lot)], "{what}");
        assert_eq!(posted, lot + hole, "{what}");
    }
}

/// Two holds end one after the other: the first lot that was free is taken, though the other one ends first.
#[test]
fn what_was_free_first_is_taken_first_whenever_it_is_booked() {
    let lots = [("1", 50, Some("2026-03-01T12:00:00Z")), ("2", 120, None)];
    let holds = [
        hold(1, &[part("1", 50)], "2026-03-01T10:05:00Z"),
        hold(2, &[part("2", 120)], "2026-03-01T10:03:00Z"),
    ];
    let at_once = later(&lots, &holds, "2026-03-01T10:03:00Z");
    assert_eq!(at_once.0[1..], [("1".to_owned(), 50), ("2".to_owned(), 50)]);
    let late = later(&lots, &holds, "2026-03-01T10:10:00Z");
    assert_eq!(late, at_once);
    // one more minute does not help the lot that ends
    assert_eq!(later(&lots, &holds, "2026-03-01T12:00:00Z").1, 50);
}

/// A lot that had ended when the hole was dug is not reached back into (docs/decisions/10-loyalty-rules.md).
#[test]
fn an_ended_lot_fills_no_later_hole() {
    let lots = [("1", 170, Some("2026-03-01T09:59:59Z"))];
    let held = [hold(1, &[part("1", 170)], "2026-03-01T10:03:00Z")];
    assert_eq!(later(&lots, &held, "2026-03-01T10:02:00Z").1, 100);
    assert_eq!(later(&lots, &held, "2026-03-01T10:03:00Z").1, -70);
}

/// Kind, whether it credits the guest, what it reverses, how much, for which bill.
type Booked = (TransferKind, bool, Option<i64>, i64, Option<String>);

/// The value is the bill's spend, so it goes back to its lot with the bill (loyalty.md §6 C2); what a claw-back dug
/// takes value without a bill.
#[test]
fn what_fills_a_bills_hole_is_spent_by_the_bill() {
    let mut book = book(BalanceType::MultiPurposePrepaidVoucher, &[("1", 170, None)]).under(terms("{}"));
    let link = Link { bill_id: Some("bill".to_owned()), ..Link::default() };
    book.spend("b", &spend(70, &[], &[part("1", 170)]), &link);
    book.bring_balance_up("b", &[]);
    let booked = |book: &Book<'_>, from: usize| -> Vec<Booked> {
        let entries = book.balances["b"].entries[from..].iter();
        entries
            .map(|one| (one.kind, one.credits_guest, one.reverses, one.amount, one.link.bill_id.clone()))
            .collect()
    };
    let bill = Some("bill".to_owned());
    assert_eq!(
        booked(&book, 1),
        [
            (TransferKind::Spend, false, None, 70, bill.clone()),
            (TransferKind::Fill, true, Some(11), 70, bill)
        ]
    );

    book.take_back(&original(3, true, 200, "9"), TransferKind::ClawBack, &[part("1", 100)], &Link::default());
    assert_eq!(state(&book).1, -100);
    book.bring_balance_up("b", &[]);
    let last = booked(&book, 4);
    assert_eq!(
        last,
        [(TransferKind::Fill, false, None, 100, None), (TransferKind::Fill, true, None, 100, None)]
    );
}

/// The hold beside a hole is used: the balance is below zero by that, and is blocked until the hole is filled, from
/// whatever it was; a person's freeze stays (loyalty.md §8 N3, N4).
#[test]
fn a_block_of_the_books_ends_with_the_shortfall() {
    let start = |status| {
        let mut book = book(BalanceType::MultiPurposePrepaidVoucher, &[("1", 170, None)]).under(terms("{}"));
        book.balances.get_mut("b").unwrap().row.status = status;
        book.spend("b", &spend(70, &[], &[part("1", 170)]), &Link::default());
        book.apply_terms();
        assert_eq!(book.row("b").unwrap().status, status, "not below zero yet");
        book.balances.get_mut("b").unwrap().entries.clear();
        book.spend("b", &spend(170, &[part("1", 170)], &[]), &Link::default());
        book.apply_terms();
        book
    };
    for status in [BalanceStatus::Active, BalanceStatus::Inactive] {
        let mut book = start(status);
        let blocked = |book: &Book<'_>| (book.row("b").unwrap().status, book.row("b").unwrap().blocked_from);
        assert_eq!(blocked(&book), (BalanceStatus::Frozen, Some(status)));
        book.credit_read("b", super::super::tests::earn(69), &Link::default());
        book.apply_terms();
        assert_eq!(blocked(&book), (BalanceStatus::Frozen, Some(status)));
        book.credit_read("b", super::super::tests::earn(1), &Link::default());
        book.apply_terms();
        assert_eq!(blocked(&book), (status, None));
    }
    let mut by_hand = start(BalanceStatus::Frozen);
    assert_eq!(by_hand.row("b").unwrap().blocked_from, None);
    by_hand.credit_read("b", super::super::tests::earn(70), &Link::default());
    by_hand.apply_terms();
    let row = by_hand.row("b").unwrap();
    assert_eq!((row.status, row.posted), (BalanceStatus::Frozen, 0));
}
