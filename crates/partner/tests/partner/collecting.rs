//! Who collects points, and what is said where nobody does? loyalty.md §8 N3, N4, §12 G2.

use crate::side::*;
use serde_json::{Value, json};

fn anna(body: Value) -> Value {
    with(body, json!({"customerId": "anna"}))
}

async fn remarks(side: &Side, bill: &str) -> String {
    side.view(&format!("/usages?billId={bill}")).await["data"][0]["remarks"].to_string()
}

on_both_engines! {
    /// Earn 100, spend 180 of 200, the earning bill cancelled: −80 and blocked. The next 50 fill the hole, and the
    /// cashier reads why nothing is spent.
    async fn what_is_earned_fills_the_hole_of_a_blocked_balance(side: Side) {
        let body = json!({"name": "Bar U Mostu", "currencyCode": "CZK", "pricePrecision": 2, "timeZone": "Europe/Prague",
            "program": {"earn": {"points": 1, "perAmount": 10}, "negative": {"collectablePoints": "blockCard"}}});
        assert_eq!(side.admin("PUT", MERCHANT, "", Some(body)).await.status, 200);
        let number = side.member().await;
        let earning = anna(report("o1", "b1", "1000", &[]));
        side.report(&earning).await;
        side.report(&report("o2", "b2", "18", &[("points", 180, 0)])).await;
        side.report(&with(earning, json!({"billState": "cancelled"}))).await;
        let view = side.view("/balances/points").await;
        assert_eq!((&view["posted"], &view["status"]), (&json!(-80), &json!("frozen")));
        assert_eq!(side.customer(number).await["points"], -80, "the feed shows what is owed");

        let offer = side.offer("o3", 1, 500, &["card-1"]).await;
        assert_eq!(offer["benefitInputs"][0]["applicable"], true, "the card is the member's all the same");
        let shown = offer["balances"].as_array().unwrap().iter().find(|one| one["balanceId"] == "points").unwrap();
        assert_eq!(shown["reasonCode"], "FROZEN");
        let zero = ["currentValue", "controllableValueToUse", "maxControllableValue", "valueToUseInCurrency"];
        assert!(zero.iter().all(|name| shown[name] == json!(0)), "{shown}");
        let told = format!("{}: ", text(&shown["posTitle"]));
        let messages: Vec<String> = serde_json::from_value(offer["posMessages"].clone()).unwrap();
        assert!(messages.iter().any(|message| message.starts_with(&told)), "{told} is not in {messages:?}");

        // with the offer, and without one
        side.report(&report("o3", "b3", "500", &[])).await;
        assert_eq!(side.posted("points").await, -30);
        side.report(&anna(report("o4", "b4", "100", &[]))).await;
        assert_eq!(side.posted("points").await, -20);
        assert_eq!(side.customer(number).await["points"], -20);
        // filled, the block is gone and the rest is the guest's
        side.report(&anna(report("o5", "b5", "300", &[]))).await;
        let view = side.view("/balances/points").await;
        assert_eq!((&view["posted"], &view["status"], side.customer(number).await["points"].clone()),
            (&json!(10), &json!("active"), json!(10)));
        side.books_add_up().await;
    }

    /// What a person froze collects nothing, below zero or not.
    async fn what_a_person_froze_collects_nothing(side: Side) {
        side.member().await;
        side.report(&report("o1", "b1", "18", &[("points", 180, 0)])).await;
        assert_eq!(side.posted("points").await, -80);
        assert_eq!(side.admin("PUT", MERCHANT, "/balances/points", Some(json!({"status": "frozen"}))).await.status, 200);
        side.report(&anna(report("o2", "b2", "500", &[]))).await;
        assert_eq!(side.posted("points").await, -80);
        assert!(remarks(&side, "b2").await.contains("no points balance"), "{}", remarks(&side, "b2").await);
        side.books_add_up().await;
    }

    /// A member without a points balance: the report says so, and one can be added.
    async fn a_member_gets_a_balance_later(side: Side) {
        side.member_with("jan", "Gold").await;
        side.offer("o1", 1, 500, &["card-jan"]).await;
        side.report(&report("o1", "b1", "500", &[])).await;
        assert!(remarks(&side, "b1").await.contains("no points balance"), "{}", remarks(&side, "b1").await);
        // nobody's bill earns nothing either, and that is no news
        side.report(&report("o2", "b2", "500", &[])).await;
        assert!(!remarks(&side, "b2").await.contains("no points balance"));

        let points = json!({"balanceId": "jans", "type": "collectablePoints", "openingValue": 7, "settings": {"pointValue": 0.1}});
        let added = side.admin("POST", MERCHANT, "/members/jan/balances", Some(points.clone())).await;
        assert_eq!((added.status.as_u16(), &added.body["posted"], &added.body["memberId"]), (201, &json!(7), &json!("jan")));
        assert_eq!(side.admin("POST", MERCHANT, "/members/jan/balances", Some(points.clone())).await.status, 409);
        assert_eq!(side.admin("POST", MERCHANT, "/members/nobody/balances", Some(json!({"type": "prepaidCredit"}))).await.status, 404);
        side.report(&with(report("o3", "b3", "500", &[]), json!({"customerId": "jan"}))).await;
        assert_eq!(side.posted("jans").await, 57);
        let number = side.view("/members/jan").await["customerId"].as_i64().unwrap();
        let feed = side.customer(number).await;
        assert!(feed.to_string().contains("57"), "the feed shows the points: {feed}");
        // an id of our own where none is given
        let credit = side.admin("POST", MERCHANT, "/members/jan/balances", Some(json!({"type": "prepaidCredit"}))).await;
        assert_eq!((credit.status.as_u16(), &credit.body["posted"]), (201, &json!(0)));
        assert_eq!(side.view("/members/jan").await["balances"].as_array().unwrap().len(), 2);
        side.books_add_up().await;
    }

    /// G2: erased between offer and report. The fact is booked, without a person, and earns nothing.
    async fn an_erased_member_collects_nothing(side: Side) {
        side.member().await;
        side.offer("o1", 1, 500, &["card-1"]).await;
        assert!(side.admin("DELETE", MERCHANT, "/members/anna", None).await.status.is_success());
        side.report(&anna(report("o1", "b1", "100", &[("credit", 100, 0)]))).await;
        assert_eq!((side.posted("points").await, side.posted("credit").await), (100, 800));
        let usage = side.view("/usages?billId=b1").await["data"][0].clone();
        assert!(usage["remarks"].to_string().contains("erased"), "{usage}");
        assert_eq!(usage["customerId"].as_str().or(usage["memberId"].as_str()), None, "{usage}");
        let refused = side.admin("POST", MERCHANT, "/members/anna/balances", Some(json!({"type": "prepaidCredit"}))).await;
        assert_eq!(refused.status, 409);
        side.books_add_up().await;
    }
}
