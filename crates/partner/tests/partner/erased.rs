//! What becomes of the money of a member who is erased: does it stay, is it handed over, or does somebody carry it?

use crate::side::*;
use serde_json::{Value, json};

/// Anna with 103 points, credit on which a bill topped up 1000.00 with 100.00 on top, a frozen voucher and a credit below zero.
async fn anna(side: &Side) {
    let settings =
        json!({"prepayment": {"value": 1000, "editable": true, "bonus": [{"from": 1000, "bonus": 100}]}});
    let body = json!({
        "memberId": "anna", "cards": ["card-1"], "person": {"firstName": "Anna", "email": "anna@example.com"},
        "balances": [
            {"balanceId": "points", "type": "collectablePoints", "openingValue": 100, "settings": {"pointValue": 0.1}},
            {"balanceId": "credit", "type": "prepaidCredit", "settings": settings},
            {"balanceId": "frozen", "type": "multiPurposePrepaidVoucher", "openingValue": 70},
            {"balanceId": "hole", "type": "prepaidCredit"},
        ]
    });
    assert_eq!(side.admin("POST", MERCHANT, "/members", Some(body)).await.status, 201);
    side.report(&named(report("o-top", "b-top", "1000", &[("credit", 0, 1000)]))).await;
    side.report(&named(report("o-hole", "b-hole", "30", &[("hole", 30, 0)]))).await;
    assert_eq!(
        side.admin("PUT", MERCHANT, "/balances/frozen", Some(json!({"status": "frozen"}))).await.status,
        200
    );
    assert_eq!((side.posted("credit").await, side.posted("hole").await), (1100, -30));
}

fn named(report: Value) -> Value {
    with(report, json!({"customerId": "anna"}))
}

async fn erase(side: &Side, query: &str) -> Answer {
    side.admin("DELETE", MERCHANT, &format!("/members/anna{query}"), None).await
}

/// Sets the program's word.
async fn says(side: &Side, erased_value: &str) {
    let body = json!({"name": "Bar U Mostu", "currencyCode": "CZK", "pricePrecision": 2, "timeZone": "Europe/Prague",
        "holdTtlSeconds": 180, "program": {"earn": {"points": 1, "perAmount": 10}, "erasedValue": erased_value}});
    assert_eq!(side.admin("PUT", MERCHANT, "", Some(body)).await.status, 200);
}

/// Balance, outcome, handed over, forfeited, written off, value, reason.
fn outcomes(answer: &Answer) -> Vec<(String, String, String, String, String, String, Value)> {
    let shown = |one: &Value| {
        let number = |name: &str| one[name].to_string();
        (
            text(&one["balanceId"]),
            text(&one["outcome"]),
            number("handOver"),
            number("forfeited"),
            number("writtenOff"),
            number("value"),
            one["reason"].clone(),
        )
    };
    answer.body["balances"].as_array().unwrap().iter().map(shown).collect()
}

fn outcome(
    id: &str,
    outcome: &str,
    [hand_over, forfeited, written_off, value]: [&str; 4],
    reason: Option<&str>,
) -> (String, String, String, String, String, String, Value) {
    let own = str::to_owned;
    (own(id), own(outcome), own(hand_over), own(forfeited), own(written_off), own(value), json!(reason))
}

on_both_engines! {
    /// What was paid for is handed over, what was given is not, and nothing of it is counted twice.
    async fn what_was_paid_for_is_handed_over(side: Side) {
        anna(&side).await;
        says(&side, "payOut").await;
        let answer = erase(&side, "").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!((&answer.body["handOver"], &answer.body["currencyCode"]), (&json!(1000), &json!("CZK")));
        assert_eq!(outcomes(&answer), [
            outcome("credit", "settled", ["1000", "100", "0", "0"], None),
            outcome("frozen", "kept", ["0", "0", "0", "0"], Some("frozen")),
            outcome("hole", "settled", ["0", "0", "30", "0"], None),
            outcome("points", "settled", ["0", "103", "0", "0"], None),
        ]);
        for (balance, left) in [("credit", 0), ("points", 0), ("hole", 0), ("frozen", 70)] {
            assert_eq!(side.posted(balance).await, left, "{balance}");
        }
        let kinds: Vec<Value> = side.view("/balances/credit").await["entries"].as_array().unwrap().iter()
            .map(|entry| json!([entry["kind"], entry["creditAccount"]])).collect();
        assert_eq!(kinds[2..], [json!(["forfeit", "breakage"]), json!(["payOut", "paidOut"])]);
        assert_eq!(side.view("/members/anna").await["person"], Value::Null);
        // the same call again: the same answer, and nothing moves
        for query in ["", "?erasedValue=payOut"] {
            assert_eq!(erase(&side, query).await.body, answer.body, "{query}");
        }
        for query in ["?erasedValue=bearerVoucher", "?erasedValue=keep"] {
            assert_eq!(erase(&side, query).await.status, 409, "{query}");
        }
        assert_eq!(side.posted("credit").await, 0);
        side.books_add_up().await;
    }

    /// One voucher sold below its face, partly spent, one that ended: what is left is worth what was paid for it.
    async fn value_below_face_and_value_that_ended(side: Side) {
        let prepayment = json!({"prepayment": {"value": 500, "editable": true, "reloadable": true}});
        let body = json!({"memberId": "anna", "person": {}, "balances": [
            {"balanceId": "cheap", "type": "multiPurposePrepaidVoucher", "settings": prepayment},
            {"balanceId": "ended", "type": "multiPurposePrepaidVoucher", "openingValue": 40, "validUntil": "2026-03-01T11:00:00Z"},
        ]});
        assert_eq!(side.admin("POST", MERCHANT, "/members", Some(body)).await.status, 201);
        let mut sold = named(report("o1", "b1", "450", &[("cheap", 0, 500)]));
        sold["paidItems"][0]["originalCheckItemId"] = json!("prepayment:cheap");
        side.report(&sold).await;
        // as an offer gives it: what was not paid goes along with what was
        side.report(&named(report("o2", "b2", "300", &[("cheap", 270, 0), ("cheap:bonus", 30, 0)]))).await;
        side.clock.advance_seconds(3600);
        let answer = erase(&side, "?erasedValue=payOut").await;
        assert_eq!(outcomes(&answer), [
            outcome("cheap", "settled", ["180", "20", "0", "0"], None),
            outcome("ended", "settled", ["0", "0", "0", "0"], None),
        ], "{answer:?}");
        let entries = side.view("/balances/ended").await["entries"].clone();
        assert_eq!(entries[1]["kind"], "expire", "it had ended before");
        side.books_add_up().await;
    }

    async fn a_balance_with_value_is_carried_by_its_code(side: Side) {
        anna(&side).await;
        assert_eq!(side.admin("POST", MERCHANT, "/codes", Some(json!({"code": "OLD", "kind": "voucher", "balanceId": "credit"}))).await.status, 201);
        let answer = erase(&side, "?erasedValue=bearerVoucher").await;
        assert_eq!(outcomes(&answer), [
            outcome("credit", "voucher", ["0", "0", "0", "1100"], None),
            outcome("frozen", "kept", ["0", "0", "0", "0"], Some("frozen")),
            outcome("hole", "kept", ["0", "0", "0", "0"], Some("belowZero")),
            outcome("points", "voucher", ["0", "0", "0", "103"], None),
        ], "{answer:?}");
        let code = text(&answer.body["balances"][0]["code"]);
        let points = text(&answer.body["balances"][3]["code"]);
        assert_ne!(code, points);
        assert_eq!(side.view("/balances/credit").await["memberId"], Value::Null);
        // once: the codes are not told again
        let again = erase(&side, "").await;
        assert_eq!((again.status.as_u16(), outcomes(&again)), (200, outcomes(&answer)));
        assert!(again.body["balances"].as_array().unwrap().iter().all(|one| one["code"].is_null()), "{again:?}");
        side.books_add_up().await;
    }

    /// The code spends the balance as a voucher does; what opened it before does not.
    async fn the_code_is_a_voucher(side: Side) {
        anna(&side).await;
        says(&side, "bearerVoucher").await;
        assert_eq!(side.admin("POST", MERCHANT, "/codes", Some(json!({"code": "OLD", "kind": "voucher", "balanceId": "credit"}))).await.status, 201);
        let first = erase(&side, "").await;
        let code = text(&first.body["balances"][0]["code"]);
        let again = erase(&side, "").await;
        assert_eq!(again.status, 200);
        assert!(again.body["balances"].as_array().unwrap().iter().all(|one| one["code"].is_null()), "{again:?}");
        for (gone, reason) in [("OLD", "FROZEN"), ("card-1", "NOT_FOUND")] {
            assert_eq!(side.offer("o0", 1, 500, &[gone]).await["benefitInputs"][0]["reasonCode"], reason);
        }
        let offer = side.offer("o1", 1, 500, &[&code]).await;
        assert_eq!(offer["customer"], Value::Null, "it is nobody's: {offer}");
        let paid = report("o1", "b1", "500", &[("credit:bonus", 100, 0), ("credit", 400, 0)]);
        side.report(&paid).await;
        assert_eq!(side.posted("credit").await, 600);
        assert_eq!(side.flags("b1").await[0].1, Vec::<String>::new());
        side.report(&with(paid, json!({"billState": "cancelled"}))).await;
        assert_eq!(side.posted("credit").await, 1100, "it goes back to its own lots");
        side.books_add_up().await;
    }

    /// Facts that arrive late are booked where the value was; the person does not come back.
    async fn what_comes_after_is_booked(side: Side) {
        anna(&side).await;
        let early = named(report("o1", "b1", "200", &[("credit", 200, 0)]));
        side.report(&early).await;
        assert_eq!(erase(&side, "?erasedValue=payOut").await.body["handOver"], json!(800));
        // a report that was under way, then a bill from before goes back
        side.report(&named(report("o2", "b2", "50", &[("credit", 50, 0)]))).await;
        assert_eq!(side.flags("b2").await[0].1, ["no_offer", "overdraft"]);
        assert_eq!(side.posted("credit").await, -50);
        side.report(&with(early, json!({"billState": "cancelled"}))).await;
        assert_eq!(side.posted("credit").await, 150, "200 came back, 50 of it filled the hole");
        let anna = side.view("/members/anna").await;
        assert_eq!((&anna["status"], &anna["person"]), (&json!("erased"), &Value::Null));
        side.sync("bills", json!([{"billId": "b9", "customerId": "anna", "finalPrice": 10, "paidAt": "2026-03-01T10:00:00Z", "_version": 1, "items": []}])).await;
        assert_eq!(side.view("/members/anna").await["person"], Value::Null);
        side.books_add_up().await;
    }

    /// A check that holds some of it is about to be paid: nothing is settled under its hands.
    async fn what_an_open_check_holds_is_not_settled(side: Side) {
        anna(&side).await;
        side.offer("o1", 7, 500, &["card-1"]).await;
        for query in ["?erasedValue=payOut", "?erasedValue=bearerVoucher"] {
            let answer = erase(&side, query).await;
            assert_eq!(answer.status, 409, "{answer:?}");
            let said = text(&answer.body["message"]);
            assert!(said.contains("check check-7 of register 7 at place P"), "{said}");
        }
        assert_eq!(side.view("/members/anna").await["status"], "active");
        side.clock.advance_seconds(180);
        assert_eq!(erase(&side, "?erasedValue=payOut").await.status, 200, "the hold is over");
        side.books_add_up().await;
    }

    async fn it_stays_unless_somebody_says_otherwise(side: Side) {
        anna(&side).await;
        side.offer("o1", 1, 500, &["card-1"]).await;
        says(&side, "payOut").await;
        assert_eq!(erase(&side, "?erasedValue=keep").await.status, 204, "the call goes before the program");
        assert_eq!(side.posted("credit").await, 1100);
        let refused = erase(&side, "?erasedValue=payOut").await;
        assert_eq!(refused.status, 409);
        assert!(text(&refused.body["message"]).contains("erased with keep"), "{refused:?}");
        assert_eq!(erase(&side, "").await.status, 204, "the same call again");
        for (query, named) in [("?erasedValue=payout", "erasedValue"), ("?value=keep", "value")] {
            let refused = erase(&side, query).await;
            assert_eq!(refused.status, 400);
            assert!(text(&refused.body["message"]).contains(named), "{refused:?}");
        }
        side.books_add_up().await;
    }
}
