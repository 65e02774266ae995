//! What is not applied, and does the answer say why?
//!
//! Codes (protocol.md §10.4), returns (§10.10), what other checks hold (loyalty.md §4).

use super::sample::{
    Sample, balance, benefits, credit, held_elsewhere, inputs, is_empty, line, mpv, number, pairs, percent,
    points, two_lines,
};
use crate::loyalty::ledger::BalanceStatus;
use crate::loyalty::people::code::CodeStatus;
use money::Amount;
use serde_json::json;
use wire::loyalty::BalanceType;

#[test]
fn only_returned_things_get_no_benefits() {
    for lines in [
        json!([line("R", "cup", "cups", "-50.00", "0.21")]),
        json!([line("R", "cup", "cups", "-50.00", "0.21"), line("A", "coffee", "drinks", "40.00", "0.21")]),
    ] {
        let sample = Sample::new(lines)
            .promotion("off", percent("order", "10", "automatic", &json!({})))
            .card()
            .owned(credit("credit", 90_000))
            .scan(&["card"]);
        let answer = sample.answer();
        assert!(is_empty(&answer["balances"]) && is_empty(&answer["generalDiscounts"]));
        assert!(is_empty(&answer["itemBenefitsToApply"]));
        assert!(!is_empty(&answer["posMessages"]) && !is_empty(&answer["billMessages"]));
        assert_eq!(inputs(&answer), [(true, None)], "the customer is recognised");
        sample.look(|quote, _, _| assert_eq!(quote.payable, quote.total));
    }
}

#[test]
fn a_positive_sum_with_returns_is_what_counts() {
    let sample = Sample::new(json!([
        line("A", "coffee", "drinks", "100.00", "0.21"),
        line("R", "cup", "cups", "-50.00", "0.21")
    ]))
    .promotion("off", percent("order", "10", "automatic", &json!({})))
    .card()
    .owned(credit("credit", 90_000))
    .scan(&["card"]);
    let answer = sample.answer();
    assert_eq!(number(&answer, "generalDiscounts", "off", "valueToUse"), "5", "10 % of the sum");
    assert_eq!(number(&answer, "balances", "credit", "valueToUseInCurrency"), "45");
    assert!(benefits(&answer, "R").is_empty());
    sample.look(|quote, _, _| assert_eq!(quote.payable, Amount(0)));
}

#[test]
fn a_zero_total_gets_no_balances() {
    let answer = Sample::new(json!([
        line("A", "coffee", "drinks", "50.00", "0.21"),
        line("R", "cup", "cups", "-50.00", "0.21")
    ]))
    .card()
    .owned(credit("credit", 90_000))
    .voucher(mpv("MPV", 100))
    .scan(&["card", "MPV"])
    .answer();
    assert!(is_empty(&answer["balances"]));
    assert_eq!(inputs(&answer), [(true, None), (false, Some("NO_MATCHING_ITEMS"))]);
}

#[test]
fn an_empty_basket_takes_no_code() {
    let answer =
        Sample::new(json!([])).card().voucher(mpv("MPV", 100)).scan(&["card", "MPV", "nobody"]).answer();
    let empty = (false, Some("EMPTY_BASKET"));
    assert_eq!(inputs(&answer), [empty, empty, (false, Some("NOT_FOUND"))]);
    assert!(is_empty(&answer["balances"]));
}

#[test]
fn duplicates_count_once_unless_the_promotion_repeats() {
    let with = |repeatable: bool| {
        two_lines()
            .promotion("off", percent("order", "10", "code", &json!({ "repeatable": repeatable })))
            .voucher(mpv("MPV", 1_000))
            .card()
            .scan(&["off", "MPV", "off", "card", "MPV", "off", "card"])
            .answer()
    };
    let (yes, again) = ((true, None), (false, Some("ALREADY_APPLIED")));
    let once = with(false);
    assert_eq!(inputs(&once), [yes, yes, again, yes, again, again, again]);
    assert_eq!(number(&once, "generalDiscounts", "off", "valueToUse"), "40");
    assert_eq!(number(&once, "balances", "MPV", "valueToUseInCurrency"), "10");
    let thrice = with(true);
    assert_eq!(inputs(&thrice), [yes, yes, yes, yes, again, yes, again]);
    assert_eq!(number(&thrice, "generalDiscounts", "off", "valueToUse"), "120");
}

#[test]
fn a_code_that_cannot_be_used_says_why() {
    let mut sample = two_lines()
        .voucher(mpv("frozen", 100))
        .voucher(mpv("inactive", 100))
        .voucher(mpv("expired", 100))
        .voucher(mpv("early", 100))
        .voucher(mpv("used", 0))
        .voucher(mpv("frozenCode", 100))
        .promotion("food", percent("items", "10", "code", &json!({ "scope": { "categories": ["toys"] } })))
        .scan(&["frozen", "inactive", "expired", "early", "used", "frozenCode", "food", "nobody"]);
    sample.balances[0].row.status = BalanceStatus::Frozen;
    sample.balances[1].row.status = BalanceStatus::Inactive;
    sample.codes[2].valid_until = Some(super::sample::now());
    sample.codes[3].valid_from = Some(super::sample::now() + jiff::SignedDuration::from_secs(1));
    sample.codes[5].status = CodeStatus::Frozen;
    let answer = sample.answer();
    let reasons: Vec<&str> = inputs(&answer).into_iter().map(|(_, reason)| reason.unwrap()).collect();
    assert_eq!(
        reasons,
        [
            "FROZEN",
            "INACTIVE",
            "EXPIRED",
            "NOT_YET_VALID",
            "ALREADY_USED",
            "FROZEN",
            "NO_MATCHING_ITEMS",
            "NOT_FOUND"
        ]
    );
    assert!(is_empty(&answer["balances"]) && is_empty(&answer["generalDiscounts"]));
    assert_eq!(answer["benefitInputs"][1]["posTitle"], "Gift voucher: not active");
    let czech = sample.ask("posLang", json!("cs-CZ")).answer();
    assert_eq!(czech["benefitInputs"][1]["posTitle"], "Dárkový poukaz: není aktivní");
}

#[test]
fn a_second_customer_is_not_combined() {
    let mut sample = two_lines().card().card().scan(&["card", "other"]);
    sample.codes[1].scanned = "other".to_owned();
    if let crate::loyalty::offer::code::Meaning::Card(member) = &mut sample.codes[1].meaning {
        std::sync::Arc::make_mut(member).member_id = "member-2".to_owned();
    }
    let answer = sample.answer();
    assert_eq!(inputs(&answer), [(true, None), (false, Some("NOT_COMBINABLE"))]);
    assert_eq!(answer["customer"]["customerId"], "member-1");
}

#[test]
fn what_others_hold_is_said() {
    let partly = two_lines().voucher(held_elsewhere(mpv("MPV", 30_000), 20_000)).scan(&["MPV"]).answer();
    assert_eq!(inputs(&partly), [(true, None)]);
    assert_eq!(number(&partly, "balances", "MPV", "valueToUseInCurrency"), "100");
    assert_eq!(number(&partly, "balances", "MPV", "reasonCode"), "\"PARTLY_RESERVED\"");
    assert_eq!(partly["posMessages"], json!(["Gift voucher: 200 CZK is reserved by another check"]));

    let enough = two_lines().voucher(held_elsewhere(mpv("MPV", 90_000), 20_000)).scan(&["MPV"]).answer();
    assert!(is_empty(&enough["posMessages"]), "nothing is missing on this bill");

    let wholly = two_lines().voucher(held_elsewhere(mpv("MPV", 30_000), 30_000)).scan(&["MPV"]).answer();
    assert_eq!(inputs(&wholly), [(false, Some("LOCKED_BY_OTHER_DEVICE"))]);
    assert!(is_empty(&wholly["balances"]));

    let card = |points_held: i64| {
        two_lines()
            .card()
            .owned(held_elsewhere(credit("credit", 100), 100))
            .owned(held_elsewhere(points("points", 50, "1"), points_held))
            .scan(&["card"])
            .answer()
    };
    assert_eq!(inputs(&card(50)), [(false, Some("LOCKED_BY_OTHER_DEVICE"))]);
    let one_left = card(20);
    assert_eq!(inputs(&one_left), [(true, None)]);
    assert_eq!(number(&one_left, "balances", "credit", "reasonCode"), "\"LOCKED_BY_OTHER_DEVICE\"");
    assert_eq!(number(&one_left, "balances", "points", "valueToUseInCurrency"), "30");
}

#[test]
fn another_currency_uses_no_balance() {
    let answer = two_lines()
        .ask("currencyCode", json!("EUR"))
        .promotion("off", percent("order", "10", "automatic", &json!({})))
        .voucher(balance("MPV", BalanceType::MultiPurposePrepaidVoucher, 100))
        .scan(&["MPV"])
        .answer();
    assert_eq!(inputs(&answer), [(false, Some("CURRENCY_MISMATCH"))]);
    assert_eq!(number(&answer, "generalDiscounts", "off", "valueToUse"), "40");
    assert!(is_empty(&answer["balances"]) && !is_empty(&answer["posMessages"]));
}

#[test]
fn lines_that_share_an_id_get_no_benefits_but_can_be_paid() {
    let sample = Sample::new(json!([
        line("A", "a", "c", "100.00", "0.12"),
        line("A", "b", "c", "50.00", "0.12"),
        line("B", "b", "c", "50.00", "0.12")
    ]))
    .promotion("off", percent("items", "10", "automatic", &json!({})))
    .voucher(mpv("MPV", 50_000))
    .scan(&["MPV"]);
    let answer = sample.answer();
    assert!(benefits(&answer, "A").is_empty());
    assert_eq!(benefits(&answer, "B"), pairs(&[("off", "5")]));
    assert_eq!(number(&answer, "balances", "MPV", "valueToUseInCurrency"), "195");
}
