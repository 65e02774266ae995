//! What is a value worth on the bill that was sold below its face, number by number? loyalty.md §3 V4.

use super::balance_vectors::with_bonus;
use super::sample::{Sample, benefits, credit, line, lot, mpv, number, pairs, points};
use crate::loyalty::ledger::{LotKind, LotState};
use crate::loyalty::offer::balance_state::BalanceState;
use money::vat::{VatRate, split_gross};
use money::{Amount, Decimal};
use serde_json::{Value, json};

/// Two lots of one sale: what was paid, and what was not.
fn sold(state: BalanceState, paid: i64, unpaid: i64) -> BalanceState {
    let mut state = state;
    let rest = LotState { kind: LotKind::Bonus, paid_value: Some(0), ..lot("lot-2", unpaid, None) };
    state.free.lots = vec![lot("lot-1", paid, None), rest];
    state.free.lots.retain(|lot| lot.remaining > 0);
    state.free.bonus = unpaid;
    state
}

fn meal() -> Value {
    json!([line("A", "gulas", "food", "340", "0.12"), line("B", "pivo", "drinks", "160", "0.21")])
}

/// VAT of what is left of the two lines, in minor units.
fn vat(answer: &Value) -> (i64, i64) {
    let left = |id: &str, gross: i64| {
        let off: Decimal =
            benefits(answer, id).iter().map(|(_, value)| value.parse::<Decimal>().unwrap()).sum();
        gross - i64::try_from(off * Decimal::ONE_HUNDRED).unwrap()
    };
    let of = |gross: i64, rate: &str| {
        let rate = VatRate::from_fraction(rate.parse().unwrap()).unwrap();
        split_gross(Amount(gross), rate).vat.0
    };
    (of(left("A", 34_000), "0.12"), of(left("B", 16_000), "0.21"))
}

/// Sold 450, face 500: 50.00 spread 34.00 / 16.00 → VAT 32.79 + 24.99 = 57.78.
#[test]
fn the_taxable_amount_is_what_was_paid() {
    let answer = Sample::new(meal()).voucher(sold(mpv("V", 50_000), 45_000, 5_000)).scan(&["V"]).answer();
    assert_eq!(benefits(&answer, "A"), pairs(&[("V:bonus", "34")]));
    assert_eq!(benefits(&answer, "B"), pairs(&[("V:bonus", "16")]));
    assert_eq!(number(&answer, "balances", "V", "valueToUseInCurrency"), "450");
    assert_eq!(vat(&answer), (3_279, 2_499));
    // a voucher that was sold at its face leaves the VAT alone
    let answer = Sample::new(meal()).voucher(mpv("V", 50_000)).scan(&["V"]).answer();
    assert_eq!(vat(&answer), (3_643, 2_777));
}

#[test]
fn what_was_not_paid_goes_along_with_what_pays() {
    // total, choice, paid, unpaid
    for (total, choice, paid, unpaid) in [
        ("500", json!([]), "450", "50"),
        ("700", json!([]), "450", "50"),
        ("250", json!([]), "225", "25"),
        ("0.05", json!([]), "0.04", "0.01"),
        ("500", json!([{"balanceId": "V", "rejectedByPOS": true}]), "0", "0"),
        ("500", json!([{"balanceId": "V:bonus", "rejectedByPOS": true}]), "450", "0"),
    ] {
        let lines = json!([line("A", "gulas", "food", total, "0.12")]);
        let sample = Sample::new(lines).voucher(sold(mpv("V", 50_000), 45_000, 5_000)).scan(&["V"]);
        let answer = sample.ask("balances", choice.clone()).answer();
        let used = |id: &str| number(&answer, "balances", id, "valueToUseInCurrency");
        assert_eq!((used("V").as_str(), used("V:bonus").as_str()), (paid, unpaid), "{total} {choice}");
    }
}

/// The cashier takes 225 of the credit that was paid: 25 go along.
#[test]
fn the_cashiers_choice_is_of_what_pays() {
    let sample = Sample::new(meal()).card().owned(sold(credit("C", 50_000), 45_000, 5_000)).scan(&["card"]);
    let answer = sample.ask("balances", json!([{"balanceId": "C", "controllableValueToUse": 225}])).answer();
    assert_eq!(number(&answer, "balances", "C", "controllableValueToUse"), "225");
    assert_eq!(number(&answer, "balances", "C", "maxControllableValue"), "450");
    assert_eq!(number(&answer, "balances", "C:bonus", "controllableValueToUse"), "25");
}

/// Points lower the prices first, and a voucher that pays before it leaves less to it.
#[test]
fn it_goes_along_with_what_is_left_to_pay() {
    let lines = json!([line("A", "gulas", "food", "500", "0.12")]);
    let below = || sold(mpv("V", 50_000), 45_000, 5_000);
    let answer = Sample::new(lines.clone())
        .card()
        .owned(points("P", 1_000, "0.1"))
        .voucher(below())
        .scan(&["card", "V"])
        .answer();
    assert_eq!(benefits(&answer, "A"), pairs(&[("P", "100"), ("V:bonus", "40")]));
    assert_eq!(number(&answer, "balances", "V", "valueToUseInCurrency"), "360");

    let answer =
        Sample::new(lines).voucher(mpv("other", 30_000)).voucher(below()).scan(&["V", "other"]).answer();
    assert_eq!(number(&answer, "balances", "other", "valueToUseInCurrency"), "300");
    assert_eq!(number(&answer, "balances", "V:bonus", "valueToUseInCurrency"), "20");
    assert_eq!(number(&answer, "balances", "V", "valueToUseInCurrency"), "180");
}

/// A gift on top of credit that was sold below its face goes first; the rest goes along.
#[test]
fn a_gift_goes_before_it() {
    let mut state = with_bonus("C", 0, 10_000);
    state.row.posted = 60_000;
    let pair = sold(credit("C", 50_000), 45_000, 5_000);
    state.free.lots[0].lot_id = "lot-3".to_owned();
    state.free.lots.extend(pair.free.lots);
    (state.free.available, state.free.bonus) = (60_000, 15_000);
    let lines = json!([line("A", "gulas", "food", "350", "0.12")]);
    Sample::new(lines).card().owned(state).scan(&["card"]).look(|quote, _, _| {
        let given: Vec<(i64, Vec<(&str, i64)>)> = quote
            .given
            .iter()
            .map(|one| (one.used, one.parts.iter().map(|part| (part.lot_id.as_str(), part.amount)).collect()))
            .collect();
        let bonus = vec![("lot-3", 10_000), ("lot-2", 2_500)];
        assert_eq!(given, [(12_500, bonus), (22_500, vec![("lot-1", 22_500)])]);
    });
}
