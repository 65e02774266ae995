//! Does the book move value as loyalty.md §4, §6, §8 and §10 say?

use super::*;
use crate::loyalty::ledger::BalanceSettings;
use wire::loyalty::BalanceType;

const NOW: &str = "2026-03-01T10:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn book(balance_type: BalanceType, lots: &[(&str, i64, Option<&str>)]) -> Book<'static> {
    let row = BalanceRow {
        balance_id: "b".to_owned(),
        balance_type,
        member_id: None,
        status: BalanceStatus::Active,
        settings: BalanceSettings::default(),
        posted: lots.iter().map(|lot| lot.1).sum(),
        version: 1,
        last_entry: 10,
    };
    let mut book = Book::of_new_balance("m", row, at(NOW));
    let open = book.balances.get_mut("b").unwrap();
    for (lot_id, remaining, expires_at) in lots {
        let state = LotState {
            lot_id: (*lot_id).to_owned(),
            kind: if *remaining < 0 { LotKind::Overdraft } else { LotKind::Paid },
            remaining: *remaining,
            vat_rate: None,
            earned_at: at("2026-01-01T00:00:00Z"),
            available_at: None,
            expires_at: expires_at.map(at),
        };
        open.lots.insert((*lot_id).to_owned(), OpenLot::stored(state));
    }
    book
}

/// Remaining by lot, posted, and whether the sums agree with the entries.
fn state(book: &Book<'_>) -> (Vec<(String, i64)>, i64) {
    let open = &book.balances["b"];
    let lots: Vec<(String, i64)> =
        open.lots.values().map(|lot| (lot.state.lot_id.clone(), lot.state.remaining)).collect();
    assert_eq!(lots.iter().map(|lot| lot.1).sum::<i64>(), open.row.posted, "lots and posted");
    let numbers: Vec<i64> = open.entries.iter().map(|entry| entry.number).collect();
    assert_eq!(numbers, (11..=open.row.last_entry).collect::<Vec<_>>(), "entries have no gap");
    (lots, open.row.posted)
}

fn part(lot_id: &str, amount: i64) -> LotPart {
    LotPart { lot_id: lot_id.to_owned(), amount }
}

fn spend<'a>(amount: i64, own: &'a [LotPart], reserved: &'a [LotPart]) -> Spend<'a> {
    Spend { amount, own, reserved, live_at: at(NOW), of: Part::Whole }
}

fn earned() -> NewLot {
    NewLot {
        kind: LotKind::Earned,
        source: "bill".to_owned(),
        vat_rate: None,
        paid_value: None,
        available_at: None,
        expires_at: None,
    }
}

fn earn(amount: i64) -> Credit {
    Credit { kind: TransferKind::Earn, other: Account::Promotion, amount, lot: earned(), lines: None }
}

fn original(entry: i64, credits_guest: bool, amount: i64, lot_id: &str) -> Transfer {
    Transfer {
        balance_id: "b".to_owned(),
        entry,
        kind: String::new(),
        credits_guest,
        other: Account::Redemption,
        amount,
        lot_id: lot_id.to_owned(),
    }
}

/// Table of loyalty.md §4, t = 100: the capture of 120 leaves 180, of which another check holds 100.
#[test]
fn a_capture_takes_the_held_lots() {
    let mut book = book(BalanceType::MultiPurposePrepaidVoucher, &[("1", 30_000, None)]);
    let spent = book.spend("b", &spend(12_000, &[part("1", 12_000)], &[part("1", 10_000)]), &Link::default());
    assert_eq!((spent.parts, spent.short), (vec![part("1", 12_000)], 0));
    assert_eq!(state(&book).1, 18_000);
}

/// Hold 120, used 150: posted 150 where 30 is free, a shortfall where others hold it (loyalty.md §4, §8).
#[test]
fn over_capture_takes_what_is_free_and_digs_a_hole_for_the_rest() {
    let mut free = book(BalanceType::MultiPurposePrepaidVoucher, &[("1", 300, None)]);
    assert_eq!(free.spend("b", &spend(150, &[part("1", 120)], &[part("1", 100)]), &Link::default()).short, 0);

    let mut taken = book(BalanceType::MultiPurposePrepaidVoucher, &[("1", 300, None)]);
    let spent = taken.spend("b", &spend(150, &[part("1", 120)], &[part("1", 170)]), &Link::default());
    assert_eq!(spent.short, 20);
    assert_eq!(state(&taken).1, 150);
}

/// Double spend: voucher 300, posted 300 and 200 → −200 (loyalty.md §8).
#[test]
fn a_double_spend_goes_below_zero_by_the_shortfall() {
    let mut book = book(BalanceType::MultiPurposePrepaidVoucher, &[("1", 300, None)]);
    assert_eq!(book.spend("b", &spend(300, &[], &[]), &Link::default()).short, 0);
    assert_eq!(book.spend("b", &spend(200, &[], &[]), &Link::default()).short, 200);
    assert_eq!(state(&book), (vec![("00000012".to_owned(), -200), ("1".to_owned(), 0)], -200));
}

/// Earn 100, spend 80, earning bill refunded → −80; next earn 50 → −30; next 50 → 20 (loyalty.md §8).
#[test]
fn a_claw_back_may_dig_a_hole_that_earnings_fill_first() {
    let mut book = book(BalanceType::CollectablePoints, &[]);
    let link = Link::default();
    book.credit("b", earn(100), &link);
    book.spend("b", &spend(80, &[], &[]), &link);
    book.take_back(&original(11, true, 100, "00000011"), TransferKind::ClawBack, &[], &link);
    assert_eq!(state(&book).1, -80);
    book.credit("b", earn(50), &link);
    assert_eq!(state(&book).1, -30);
    book.credit("b", earn(50), &link);
    let (lots, posted) = state(&book);
    assert_eq!(posted, 20);
    assert_eq!(lots.iter().filter(|lot| lot.1 != 0).map(|lot| lot.1).collect::<Vec<_>>(), [20]);
}

#[test]
fn value_returns_to_its_own_lot_and_an_ended_lot_expires_at_once() {
    let mut live =
        book(BalanceType::PrepaidCredit, &[("1", 50, Some("2026-12-31T00:00:00Z")), ("2", 10, None)]);
    live.spend("b", &spend(60, &[], &[]), &Link::default());
    live.give_back(&original(11, false, 50, "1"), &Link::default());
    assert_eq!(state(&live), (vec![("1".to_owned(), 50), ("2".to_owned(), 0)], 50));

    let mut ended = book(BalanceType::PrepaidCredit, &[("1", 50, Some("2026-02-28T00:00:00Z"))]);
    ended.spend("b", &Spend { live_at: at("2026-02-01T00:00:00Z"), ..spend(50, &[], &[]) }, &Link::default());
    ended.give_back(&original(11, false, 50, "1"), &Link::default());
    assert_eq!(state(&ended), (vec![("1".to_owned(), 0)], 0));
    let kinds: Vec<_> = ended.balances["b"].entries.iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [TransferKind::Spend, TransferKind::Reversal, TransferKind::Expire]);
}

/// A hold begun before the lot's end is captured after it; a free ended lot is not touched (loyalty.md §10 E3).
#[test]
fn a_held_lot_may_be_captured_past_its_end_only() {
    let ended = [("1", 40, Some("2026-03-01T00:00:00Z"))];
    let mut held = book(BalanceType::PrepaidCredit, &ended);
    assert_eq!(held.spend("b", &spend(40, &[part("1", 40)], &[]), &Link::default()).short, 0);
    let mut free = book(BalanceType::PrepaidCredit, &ended);
    assert_eq!(free.spend("b", &spend(40, &[], &[]), &Link::default()).short, 40);
}

#[test]
fn a_reversed_overdraft_fills_its_own_hole() {
    let mut book = book(BalanceType::MultiPurposePrepaidVoucher, &[("1", 300, None)]);
    book.spend("b", &spend(500, &[], &[]), &Link::default());
    assert_eq!(state(&book).1, -200);
    book.give_back(&original(12, false, 200, "00000012"), &Link::default());
    book.give_back(&original(11, false, 300, "1"), &Link::default());
    assert_eq!(state(&book), (vec![("00000012".to_owned(), 0), ("1".to_owned(), 300)], 300));
}

/// A bill earned into a hole, the hole's own bill was reversed meanwhile: what no hole takes makes a lot.
#[test]
fn a_reversed_overdraft_whose_hole_is_filled_makes_a_lot() {
    let mut book = book(BalanceType::CollectablePoints, &[("9", -30, None)]);
    let link = Link::default();
    book.credit("b", earn(30), &link);
    assert_eq!(state(&book).1, 0);
    book.give_back(&original(3, false, 30, "9"), &link);
    let (lots, posted) = state(&book);
    assert_eq!(posted, 30);
    assert_eq!(lots.iter().map(|lot| lot.1).collect::<Vec<_>>(), [30, 0]);
}

/// 1000 paid and 100 given on top: each id takes its own lots, and what is short of one is not taken from the
/// other (loyalty.md §3 V9).
#[test]
fn the_bonus_part_and_the_paid_part_are_spent_apart() {
    for (of, amount, left, short) in [
        (Part::Bonus, 60, [40, 1_000], 0),
        (Part::Paid, 60, [100, 940], 0),
        (Part::Bonus, 130, [0, 1_000], 30),
        (Part::Paid, 1_030, [100, 0], 30),
        (Part::Whole, 130, [0, 970], 0),
    ] {
        let mut book = book(BalanceType::PrepaidCredit, &[("1", 100, None), ("2", 1_000, None)]);
        book.balances.get_mut("b").unwrap().lots.get_mut("1").unwrap().state.kind = LotKind::Bonus;
        let held = [part("1", 10), part("2", 10)];
        let spent = book.spend("b", &Spend { of, ..spend(amount, &held, &[]) }, &Link::default());
        let remaining = |lot: &str| book.balances["b"].lots[lot].state.remaining;
        assert_eq!(([remaining("1"), remaining("2")], spent.short), (left, short), "{of:?} {amount}");
        assert_eq!(state(&book).1, 1_100 - amount);
    }
}

/// A lot whose time has not come covers nothing, but a claw-back may take it (loyalty.md §9 P8).
#[test]
fn a_pending_lot_is_not_spent_and_can_be_taken_back() {
    let pending = || {
        let mut book = book(BalanceType::CollectablePoints, &[("1", 100, None), ("2", 30, None)]);
        let lot = book.balances.get_mut("b").unwrap().lots.get_mut("1").unwrap();
        lot.state.available_at = Some(at("2026-03-02T00:00:00Z"));
        book
    };
    let mut spent = pending();
    assert_eq!(spent.spend("b", &spend(50, &[], &[]), &Link::default()).short, 20);
    let mut taken = pending();
    assert_eq!(
        taken.take_back(&original(1, true, 100, "1"), TransferKind::ClawBack, &[], &Link::default()),
        0
    );
    assert_eq!(state(&taken).1, 30);
}
