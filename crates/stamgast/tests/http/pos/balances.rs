//! `/pos/{sourceId}/checks/{checkId}/balances/{balanceId}`: does the cashier say how much of a balance a guest spends?

use http::Method;
use serde_json::{Value, json};
use testkit::restaurant::{CARD, MAIN};
use testkit::{House, assert_number};

testkit::on_both_engines! {
    /// chooseBalance: the next offer uses what was chosen, none of it, and again what the program gives.
    async fn what_was_chosen_is_used_by_the_next_offer(engine: Engine) {
        let house = House::start(engine).await;
        let register = house.register(1);
        let check = house.open_check(1, &[(MAIN, 2)], &[CARD]).await;
        let offer = format!("{check}/offer");
        register.post(&offer, &json!({})).await.unwrap();
        let choice = format!("{check}/balances/{}", house.restaurant.credit_balance_id);
        let points = format!("{check}/balances/{}", house.restaurant.points_balance_id);
        register.put(&points, &json!({"controllableValueToUse": 0})).await.unwrap();
        for (value, paid, left) in [(json!(100), "100", "278"), (json!("99.50"), "99.5", "278.5"), (json!(0), "0", "378")] {
            let chosen = register.put(&choice, &json!({"controllableValueToUse": value})).await.unwrap();
            assert_ne!(chosen["offer"]["current"], true, "it has to be asked for again");
            let shown = register.post(&offer, &json!({})).await.unwrap();
            assert_number("by the balance", paid, &shown["paidByBalances"]);
            assert_number("left", left, &shown["toPay"]);
        }
    }

    /// chooseBalance: what is no value is named, and nothing is chosen.
    async fn what_is_no_value_is_named(engine: Engine) {
        let house = House::start(engine).await;
        let register = house.register(1);
        let check = house.open_check(1, &[(MAIN, 2)], &[CARD]).await;
        let before = register.post(&format!("{check}/offer"), &json!({})).await.unwrap();
        let choice = format!("{check}/balances/{}", house.restaurant.credit_balance_id);
        for value in [json!("much"), json!(-1), json!({})] {
            let body = json!({"controllableValueToUse": value}).to_string().into_bytes();
            let answer = register.send(Method::PUT, &choice, Some(body)).await.unwrap();
            assert_eq!((answer.status, &answer.json["field"]), (400, &json!("controllableValueToUse")), "{}", answer.text);
        }
        let body = Some(json!({"controllableValueToUse": 1}).to_string().into_bytes());
        let nowhere = format!("{}/none/balances/b", house.checks());
        assert_eq!(register.send(Method::PUT, &nowhere, body).await.unwrap().status, 404);
        let after: Value = register.get(&check).await.unwrap();
        assert_eq!((&after["toPay"], &after["paidByBalances"]), (&before["toPay"], &before["paidByBalances"]));
    }
}
