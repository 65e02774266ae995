//! Does the book move value as loyalty.md §4, §6, §8 and §10 say?

use super::*;
use crate::loyalty::ledger::{BalanceSettings, Transfer};
use wire::loyalty::BalanceType;

const NOW: &str = "2026-03-01T10:00:00Z";

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn book(balance_type: BalanceType, lots: &[(&str, i64, Option<&str>)]) -> Book<'static> {
    let row = BalanceRow {
        balance_id: "b".to_owned(),
        balance_type,
        member_id: None,
        status: BalanceStatus::Active,
        blocked_from: None,
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
            paid_value: None,
            earned_at: at("2026-01-01T00:00:00Z"),
            available_at: None,
            expires_at: expires_at.map(at),
            gathers: false,
        };
        open.lots.insert((*lot_id).to_owned(), OpenLot::stored(state));
    }
    book
}

/// Remaining by lot, posted, and whether the sums agree with the entries.
pub(super) fn state(book: &Book<'_>) -> (Vec<(String, i64)>, i64) {
    let open = &book.balances["b"];
    let lots: Vec<(String, i64)> =
        open.lots.values().map(|lot| (lot.state.lot_id.clone(), lot.state.remaining)).collect();
    assert_eq!(lots.iter().map(|lot| lot.1).sum::<i64>(), open.row.posted, "lots and posted");
    let numbers: Vec<i64> = open.entries.iter().map(|entry| entry.number).collect();
    assert_eq!(numbers, (11..=open.row.last_entry).collect::<Vec<_>>(), "entries have no gap");
    (lots, open.row.posted)
}

pub(super) fn part(lot_id: &str, amount: i64) -> LotPart {
    LotPart { lot_id: lot_id.to_owned(), amount }
}

pub(super) fn spend<'a>(amount: i64, own: &'a [LotPart], reserved: &'a [LotPart]) -> Spend<'a> {
    Spend { amount, own, reserved, live_at: at(NOW), of: Part::Whole, by_rate: &[] }
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

pub(super) fn earn(amount: i64) -> Credit {
    Credit { kind: TransferKind::Earn, other: Account::Promotion, amount, lot: earned(), lines: None }
}

pub(super) fn original(entry: i64, credits_guest: bool, amount: i64, lot_id: &str) -> Transfer {
    Transfer {
        balance_id: "b".to_owned(),
        entry,
        kind: TransferKind::Spend,
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
    book.credit_read("b", earn(100), &link);
    book.spend("b", &spend(80, &[], &[]), &link);
    book.take_back(&original(11, true, 100, "00000011"), TransferKind::ClawBack, &[], &link);
    assert_eq!(state(&book).1, -80);
    book.credit_read("b", earn(50), &link);
    assert_eq!(state(&book).1, -30);
    book.credit_read("b", earn(50), &link);
    let (lots, posted) = state(&book);
    assert_eq!(posted, 20);
    assert_eq!(lots.iter().filter(|lot| lot.1 != 0).map(|lot| lot.1).collect::<Vec<_>>(), [20]);
}

#[test]
fn value_returns_to_its_own_lot_and_an_ended_lot_expires_at_once() {
    let mut live =
        book(BalanceType::PrepaidCredit, &[("1", 50, Some("2026-12-31T00:00:00Z")), ("2", 10, None)]);
    live.spend("b", &spend(60, &[], &[]), &Link::default());
    live.give_back_read(&original(11, false, 50, "1"), &Link::default());
    assert_eq!(state(&live), (vec![("1".to_owned(), 50), ("2".to_owned(), 0)], 50));

    let mut ended = book(BalanceType::PrepaidCredit, &[("1", 50, Some("2026-02-28T00:00:00Z"))]);
    ended.spend("b", &Spend { live_at: at("2026-02-01T00:00:00Z"), ..spend(50, &[], &[]) }, &Link::default());
    ended.give_back_read(&original(11, false, 50, "1"), &Link::default());
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
    book.give_back_read(&original(12, false, 200, "00000012"), &Link::default());
    book.give_back_read(&original(11, false, 300, "1"), &Link::default());
    assert_eq!(state(&book), (vec![("00000012".to_owned(), 0), ("1".to_owned(), 300)], 300));
}

/// A bill earned into a hole, the hole's own bill was reversed meanwhile: what no hole takes makes a lot.
#[test]
fn a_reversed_overdraft_whose_hole_is_filled_makes_a_lot() {
    let mut book = book(BalanceType::CollectablePoints, &[("9", -30, None)]);
    let link = Link::default();
    book.credit_read("b", earn(30), &link);
    assert_eq!(state(&book).1, 0);
    book.give_back_read(&original(3, false, 30, "9"), &link);
    let (lots, posted) = state(&book);
    assert_eq!(posted, 30);
    assert_eq!(lots.iter().map(|lot| lot.1).collect::<Vec<_>>(), [30, 0]);
}

pub(super) fn terms(program: &str) -> Terms {
    let settings = crate::loyalty::program::ProgramSettings::parse(program).unwrap();
    Terms::new(&settings, at(NOW).to_zoned(jiff::tz::TimeZone::get("Europe/Prague").unwrap()))
}

fn kinds(book: &Book<'_>) -> Vec<TransferKind> {
    book.balances["b"].entries.iter().map(|entry| entry.kind).collect()
}

fn ends(book: &Book<'_>) -> Vec<Option<Timestamp>> {
    book.balances["b"].lots.values().map(|lot| lot.state.expires_at).collect()
}

/// An ended lot expires once, but for what holds keep; a pending or a live one does not (loyalty.md §10 E3, E5).
#[test]
fn what_has_ended_expires_once_and_what_is_held_stays() {
    let lots = [
        ("1", 40, Some("2026-03-01T10:00:00Z")),
        ("2", 50, Some("2026-03-01T10:00:01Z")),
        ("3", 60, None),
        ("4", 70, Some("2026-02-01T00:00:00Z")),
        ("5", -5, None),
    ];
    let mut book =
        book(BalanceType::PrepaidCredit, &lots).under(terms(r#"{"breakage":{"mpv":"no supply"}}"#));
    let held = [part("1", 30), part("4", 70)];
    assert_eq!(book.expire("b", &held), 10);
    assert_eq!(book.expire("b", &held), 0, "twice is once");
    assert_eq!(book.expire("b", &[part("4", 70)]), 30, "the hold of 30 is over");
    let (lots, posted) = state(&book);
    assert_eq!((lots[0].1, lots[1].1, lots[3].1, posted), (0, 50, 70, 175));
    let reasons: Vec<_> = book.balances["b"].entries.iter().map(|entry| entry.link.reason.clone()).collect();
    assert_eq!(reasons, [Some("no supply".to_owned()), Some("no supply".to_owned())]);
}

/// Earning and spending move the ends of what is alive, never back (loyalty.md §10 E6).
#[test]
fn ends_slide_with_activity() {
    let sliding = r#"{"expiry":{"collectablePoints":{"months":1,"sliding":true}}}"#;
    let april = Some(at("2026-04-01T22:00:00Z"));
    let lots = [
        ("1", 10, Some("2026-03-05T23:00:00Z")),
        ("2", 10, Some("2026-12-31T23:00:00Z")),
        ("3", 10, None),
        ("4", 10, Some("2026-03-01T00:00:00Z")),
    ];
    let before = [
        Some(at("2026-03-05T23:00:00Z")),
        Some(at("2026-12-31T23:00:00Z")),
        None,
        Some(at("2026-03-01T00:00:00Z")),
    ];
    let mut spent = book(BalanceType::CollectablePoints, &lots).under(terms(sliding));
    spent.spend("b", &spend(5, &[], &[]), &Link::default());
    spent.apply_terms();
    assert_eq!(ends(&spent), [april, before[1], None, before[3]]);

    let mut idle = book(BalanceType::CollectablePoints, &lots).under(terms(sliding));
    idle.expire("b", &[]);
    idle.apply_terms();
    assert_eq!(ends(&idle), before, "what only ends moves nothing");

    let mut still = book(BalanceType::CollectablePoints, &lots)
        .under(terms(r#"{"expiry":{"collectablePoints":{"months":1}}}"#));
    still.spend("b", &spend(5, &[], &[]), &Link::default());
    still.apply_terms();
    assert_eq!(ends(&still), before);
    assert_eq!(still.lot_end("b"), april);
}

/// What is below zero stays, is written off, or freezes the balance (loyalty.md §8 N4).
#[test]
fn a_balance_below_zero_is_dealt_with_as_the_merchant_says() {
    for (program, posted, status, last) in [
        (
            r#"{"negative":{"multiPurposePrepaidVoucher":"allow"}}"#,
            -200,
            BalanceStatus::Active,
            TransferKind::Overdraft,
        ),
        (
            r#"{"negative":{"multiPurposePrepaidVoucher":"clamp"}}"#,
            0,
            BalanceStatus::Active,
            TransferKind::WriteOff,
        ),
        ("{}", -200, BalanceStatus::Frozen, TransferKind::Overdraft),
    ] {
        let mut book =
            book(BalanceType::MultiPurposePrepaidVoucher, &[("1", 300, None)]).under(terms(program));
        book.spend("b", &spend(500, &[], &[]), &Link::default());
        book.apply_terms();
        assert_eq!((state(&book).1, book.row("b").unwrap().status), (posted, status), "{program}");
        assert_eq!(kinds(&book).last(), Some(&last), "{program}");
    }
    // a hole beside value that others hold is not below zero: the next credit fills it
    let mut held = book(BalanceType::MultiPurposePrepaidVoucher, &[("1", 300, None)]).under(terms("{}"));
    held.spend("b", &spend(150, &[], &[part("1", 170)]), &Link::default());
    held.apply_terms();
    assert_eq!((state(&held).1, held.row("b").unwrap().status), (150, BalanceStatus::Active));
}

/// Earn 100, spend 80, the earning bill refunded, and 80 written off: the next 50 are all there.
#[test]
fn a_shortfall_that_was_written_off_is_not_earned_back() {
    let mut book = book(BalanceType::CollectablePoints, &[])
        .under(terms(r#"{"negative":{"collectablePoints":"clamp"}}"#));
    let link = Link::default();
    book.credit_read("b", earn(100), &link);
    book.spend("b", &spend(80, &[], &[]), &link);
    book.take_back(&original(11, true, 100, "00000011"), TransferKind::ClawBack, &[], &link);
    book.apply_terms();
    assert_eq!(state(&book).1, 0);
    book.credit_read("b", earn(50), &link);
    assert_eq!(state(&book).1, 50);
}

/// Value that returns to an ended lot lives through the grace, in a lot of its own (loyalty.md §6 C2).
#[test]
fn returned_value_has_its_grace() {
    let mut ended = book(BalanceType::PrepaidCredit, &[("1", 50, Some("2026-02-28T00:00:00Z"))])
        .under(terms(r#"{"expiry":{"prepaidCredit":{"returnedGraceDays":14}}}"#));
    ended.spend("b", &Spend { live_at: at("2026-02-01T00:00:00Z"), ..spend(30, &[], &[]) }, &Link::default());
    ended.give_back_read(&original(11, false, 30, "1"), &Link::default());
    assert_eq!(state(&ended).1, 50);
    assert_eq!(kinds(&ended), [TransferKind::Spend, TransferKind::Reversal]);
    assert_eq!(ends(&ended), [Some(at("2026-03-15T23:00:00Z")), Some(at("2026-02-28T00:00:00Z"))]);
    assert_eq!(ended.expire("b", &[]), 20, "what was left of the ended lot is not revived");
}

/// Pending points cannot be spent yet, but can be taken back (loyalty.md §9 P8).
#[test]
fn pending_value_waits() {
    let mut pending = book(BalanceType::CollectablePoints, &[]);
    let lot = NewLot { available_at: Some(at("2026-03-08T10:00:00Z")), ..earned() };
    pending.credit_read("b", Credit { lot, ..earn(100) }, &Link::default());
    let later = Spend { live_at: at("2026-03-08T10:00:00Z"), ..spend(1, &[], &[]) };
    assert_eq!(pending.spend("b", &later, &Link::default()).short, 0);
    assert_eq!(pending.spend("b", &spend(10, &[], &[]), &Link::default()).short, 10);
    pending.take_back(&original(11, true, 89, "00000011"), TransferKind::ClawBack, &[], &Link::default());
    assert_eq!(state(&pending).1, 0);
}

proptest::proptest! {
    #![proptest_config(crate::cases())]

    /// Spends, credits and ends in any order: Σ lots = posted, a held remainder is never taken by anybody else,
    /// and ending twice is ending once (loyalty.md §10, acceptance property 3).
    #[test]
    fn holds_survive_and_sums_agree(
        lots in proptest::collection::vec((1_i64..1_000, proptest::option::of(-3_i64..3)), 1..6),
        held in proptest::collection::vec(0_i64..=1_000, 6),
        steps in proptest::collection::vec((0_u8..4, 1_i64..1_500), 0..12),
    ) {
        let end = |days: i64| at(NOW).checked_add(jiff::SignedDuration::from_hours(24 * days)).unwrap();
        let mut book = book(BalanceType::CollectablePoints, &[]).under(terms("{}"));
        for (amount, ends) in &lots {
            let lot = NewLot { expires_at: ends.map(end), ..earned() };
            book.credit_read("b", Credit { lot, ..earn(*amount) }, &Link::default());
        }
        let keeps: Vec<LotPart> = book.balances["b"]
            .lots
            .values()
            .zip(&held)
            .map(|(lot, part_of)| part(&lot.state.lot_id, lot.state.remaining * part_of / 1_000))
            .collect();
        for (step, amount) in steps {
            match step {
                0 => book.credit_read("b", earn(amount), &Link::default()),
                1 => { book.spend("b", &spend(amount, &[], &keeps), &Link::default()); }
                2 => { book.take_back(&original(1, true, amount, "00000011"), TransferKind::ClawBack, &keeps, &Link::default()); }
                _ => {
                    book.expire("b", &keeps);
                    proptest::prop_assert_eq!(book.expire("b", &keeps), 0);
                }
            }
            let open = &book.balances["b"];
            let sum: i64 = open.lots.values().map(|lot| lot.state.remaining).sum();
            proptest::prop_assert_eq!(sum, open.row.posted);
            for kept in &keeps {
                proptest::prop_assert!(open.lots[&kept.lot_id].state.remaining >= kept.amount);
            }
        }
    }
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

/// A single-purpose voucher with 50 sold at 12 % and 50 at 21 %: each line takes its own, whatever its check held
/// and whichever ends first; what the rate does not have, the other gives (loyalty.md §3 V5, V6).
#[test]
fn lots_of_a_rate_are_spent_on_goods_of_that_rate() {
    let (low, high) = (Decimal::new(12, 2), Decimal::new(210, 3));
    // used, for goods of which rate, held of each lot, left on each lot, from another rate, short
    for (amount, by_rate, held, left, other, short) in [
        (30, vec![], [0, 0], [20, 50], 0, 0),
        (30, vec![(high, 30)], [0, 0], [50, 20], 0, 0),
        (30, vec![(high, 30)], [20, 30], [50, 20], 0, 0),
        (60, vec![(low, 20), (high, 40)], [20, 40], [30, 10], 0, 0),
        (60, vec![(high, 60)], [0, 0], [40, 0], 10, 0),
        (60, vec![(high, 60)], [10, 50], [40, 0], 10, 0),
        (110, vec![(high, 110)], [0, 0], [0, 0], 50, 10),
        // more shares than were used, or fewer: what was used is what goes
        (30, vec![(high, 500)], [0, 0], [50, 20], 0, 0),
        (30, vec![(high, 10)], [0, 0], [30, 40], 0, 0),
        (30, vec![(Decimal::ZERO, 30)], [0, 0], [20, 50], 30, 0),
    ] {
        let lots = [("1", 50, Some("2026-06-01T00:00:00Z")), ("2", 50, None)];
        let mut book = book(BalanceType::SinglePurposePrepaidVoucher, &lots);
        for (lot_id, rate) in [("1", "0.12"), ("2", "0.21")] {
            let lot = book.balances.get_mut("b").unwrap().lots.get_mut(lot_id).unwrap();
            lot.state.vat_rate = rate.parse().ok();
        }
        let own: Vec<LotPart> =
            [part("1", held[0]), part("2", held[1])].into_iter().filter(|part| part.amount > 0).collect();
        let spend = Spend { by_rate: &by_rate, ..spend(amount, &own, &[]) };
        let spent = book.spend("b", &spend, &Link::default());
        let remaining = |lot: &str| book.balances["b"].lots[lot].state.remaining;
        let found = ([remaining("1"), remaining("2")], spent.other_rate, spent.short);
        assert_eq!(found, (left, other, short), "{amount} {by_rate:?} {held:?}");
        assert_eq!(state(&book).1, 100 - amount);
    }
}

/// Kinds and what is left of every lot with something left, in the order of their making.
fn left(book: &Book<'_>) -> Vec<(LotKind, i64)> {
    let lots = book.balances["b"].lots.values().filter(|lot| lot.state.remaining != 0);
    lots.map(|lot| (lot.state.kind, lot.state.remaining)).collect()
}

fn top_up(amount: i64, kind: LotKind, paid_value: Option<i64>) -> Credit {
    let lot = NewLot { kind, paid_value, ..earned() };
    Credit { kind: TransferKind::TopUp, other: Account::Sales, amount, lot, lines: None }
}

/// Face and price of a sale, and the lots it makes (loyalty.md §3 V2, V4).
#[test]
fn a_sale_below_face_makes_two_lots() {
    use LotKind::{Bonus, Paid};
    let (mpv, spv) = (BalanceType::MultiPurposePrepaidVoucher, BalanceType::SinglePurposePrepaidVoucher);
    for (balance_type, paid, expected) in [
        (mpv, Some(450), vec![(Paid, 450), (Bonus, 50)]),
        (BalanceType::PrepaidCredit, Some(450), vec![(Paid, 450), (Bonus, 50)]),
        (mpv, Some(0), vec![(Bonus, 500)]),
        (mpv, Some(600), vec![(Paid, 500)]),
        (mpv, None, vec![(Paid, 500)]),
        // its supply was taxed when it was sold: what it covers is what it says
        (spv, Some(450), vec![(Paid, 500)]),
    ] {
        let mut book = book(balance_type, &[]);
        book.credit_read("b", top_up(500, Paid, paid), &Link::default());
        assert_eq!(left(&book), expected, "{balance_type:?} {paid:?}");
        assert_eq!(state(&book).1, 500);
    }
}

/// A hole has the kind it was dug for. Value that comes back fills its own kind; new value fills the other one too.
#[test]
fn like_is_filled_with_like() {
    use LotKind::{Bonus, Overdraft, Paid};
    let short = || {
        let mut book = book(BalanceType::PrepaidCredit, &[]);
        let link = Link::default();
        book.spend("b", &Spend { of: Part::Paid, ..spend(70, &[], &[]) }, &link);
        book.spend("b", &Spend { of: Part::Bonus, ..spend(30, &[], &[]) }, &link);
        book
    };
    assert_eq!(left(&short()), [(Overdraft, -70), (Overdraft, -30)]);
    // what is credited, what is left
    for (kind, amount, expected) in [
        (Bonus, 30, vec![(Overdraft, -70)]),
        (Paid, 70, vec![(Overdraft, -30)]),
        (Bonus, 40, vec![(Overdraft, -60)]),
        (Paid, 80, vec![(Overdraft, -20)]),
        (Paid, 150, vec![(Paid, 50)]),
    ] {
        let mut book = short();
        book.credit_read("b", top_up(amount, kind, None), &Link::default());
        assert_eq!(left(&book), expected, "{kind:?} {amount}");
    }
    // both parts of a sale below face fill their own kind before either fills the other
    let mut sold = book(BalanceType::PrepaidCredit, &[]);
    sold.spend("b", &Spend { of: Part::Bonus, ..spend(30, &[], &[]) }, &Link::default());
    sold.credit_read("b", top_up(500, Paid, Some(450)), &Link::default());
    assert_eq!(left(&sold), [(Paid, 450), (Bonus, 20)]);
    let mut back = short();
    for lot in ["1", "2"] {
        let kind = if lot == "1" { Paid } else { Bonus };
        let state = LotState {
            lot_id: lot.to_owned(),
            kind,
            remaining: 0,
            vat_rate: None,
            paid_value: None,
            earned_at: at(NOW),
            available_at: None,
            expires_at: None,
            gathers: false,
        };
        back.balances.get_mut("b").unwrap().lots.insert(lot.to_owned(), OpenLot::stored(state));
    }
    back.give_back_read(&original(3, false, 90, "1"), &Link::default());
    assert_eq!(left(&back), [(Overdraft, -30), (Paid, 20)], "what was paid does not pay for a gift");
    back.give_back_read(&original(4, false, 45, "2"), &Link::default());
    assert_eq!(left(&back), [(Paid, 20), (Bonus, 15)]);
    // a gift that is taken back takes no money
    back.take_back(&original(5, true, 40, "2"), TransferKind::Reversal, &[], &Link::default());
    assert_eq!(left(&back), [(Overdraft, -25), (Paid, 20)]);
}

/// The end of a code moves what ends with it, and what ended begins again, once.
#[test]
fn ends_move_with_a_code() {
    let (old, new) = (at("2026-03-01T09:00:00Z"), at("2026-04-01T00:00:00Z"));
    let lots =
        [("1", 30, Some("2026-03-01T09:00:00Z")), ("2", 20, Some("2026-03-10T00:00:00Z")), ("3", 10, None)];
    for (with, until, expected) in [
        (Some(old), new, [Some(new), Some(at("2026-03-10T00:00:00Z")), None]),
        (Some(old), old, [Some(old), Some(at("2026-03-10T00:00:00Z")), None]),
        (None, new, [Some(new), Some(new), None]),
        (
            None,
            at("2026-03-05T00:00:00Z"),
            [Some(at("2026-03-05T00:00:00Z")), Some(at("2026-03-10T00:00:00Z")), None],
        ),
        (Some(new), old, [Some(old), Some(at("2026-03-10T00:00:00Z")), None]),
    ] {
        let mut book = book(BalanceType::MultiPurposePrepaidVoucher, &lots);
        book.move_ends_read("b", (with, until), &[], &Link::default());
        assert_eq!(ends(&book), expected, "{with:?} {until}");
        assert_eq!(state(&book).1, 60);
        let moved = expected.iter().zip(&lots).filter(|(end, lot)| **end != lot.2.map(at)).count();
        assert_eq!(kinds(&book), vec![TransferKind::Adjust; 2 * moved]);
    }
    let mut ended = book(BalanceType::MultiPurposePrepaidVoucher, &lots[..1]);
    assert_eq!(ended.expire("b", &[]), 30);
    let entry = |amount| Transfer { other: Account::Breakage, ..original(11, false, amount, "1") };
    ended.move_ends_read("b", (Some(old), new), &[entry(30)], &Link::default());
    assert_eq!((state(&ended).1, ends(&ended)), (30, vec![Some(new), Some(old)]));
    ended.move_ends_read("b", (Some(old), new), &[entry(0)], &Link::default());
    assert_eq!(state(&ended).1, 30);
}
