//! `…/balances/{balanceId}`: is value given and taken by hand, and never more than is free?

use super::{missing, refused, send};
use http::Method;
use serde_json::json;
use testkit::{House, assert_number, restaurant};

const OFFER: &str = "/partner/loyalty/getBenefitOffer";

testkit::on_both_engines! {
    /// postPartnerAdjust, getPartnerBalance: given and taken, each with its reason.
    async fn value_is_given_and_taken_with_a_reason(engine: Engine) {
        let house = House::start(engine).await;
        let adjust = format!("/balances/{}/adjust", restaurant::MPV);
        for (amount, status, posted) in [
            ("50", 200, "350"), ("-100.50", 200, "249.5"), ("-249.51", 409, "249.5"), ("-249.5", 200, "0"),
            ("-0.01", 409, "0"), ("1", 200, "1"),
        ] {
            let amount = serde_json::from_str::<serde_json::Value>(amount).unwrap();
            let body = json!({"amount": amount, "reason": "a complaint"});
            let (found, answer) = send(&house, Method::POST, &adjust, Some(&body)).await;
            assert_eq!(found, status, "{amount}: {answer}");
            assert_number("posted", posted, &house.balance(restaurant::MPV).await["posted"]);
        }
        let balance = house.balance(restaurant::MPV).await;
        let entry = balance["entries"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((&entry["kind"], &entry["reason"]), (&json!("adjust"), &json!("a complaint")));
        // points are counted in the customers feed too
        let points = format!("/balances/{}/adjust", house.restaurant.points_balance_id);
        let (status, answer) = send(&house, Method::POST, &points, Some(&json!({"amount": -120, "reason": "r"}))).await;
        assert_eq!(status, 200, "{answer}");
        assert_number("points", "380", &answer["posted"]);
        house.assert_verified().await;
    }

    async fn what_a_check_holds_is_not_taken(engine: Engine) {
        let house = House::start(engine).await;
        house.partner().post(OFFER, &crate::partner::offer_of(1, "200.00", restaurant::MPV)).await.unwrap();
        let adjust = format!("/balances/{}/adjust", restaurant::MPV);
        let take = |amount: i64| json!({"amount": amount, "reason": "r"});
        let (status, answer) = send(&house, Method::POST, &adjust, Some(&take(-101))).await;
        assert_eq!(status, 409);
        let said = answer["message"].as_str().unwrap();
        assert!(said.contains("300 is posted") && said.contains("200 of it"), "{said}");
        assert_eq!(send(&house, Method::POST, &adjust, Some(&take(-100))).await.0, 200);
        house.assert_verified().await;
    }

    /// putPartnerBalance, getPartnerBalance: blocked, named anew, and in use again.
    async fn a_balance_is_blocked_and_named_anew(engine: Engine) {
        let house = House::start(engine).await;
        let path = format!("/balances/{}", restaurant::SPV);
        let body = json!({"status": "frozen", "settings": {"posTitles": {"en": "Cake"}}});
        let (status, answer) = send(&house, Method::PUT, &path, Some(&body)).await;
        assert_eq!((status, &answer["status"]), (200, &json!("frozen")));
        let ask = || crate::partner::offer_of(1, "100.00", restaurant::SPV);
        let offer = house.partner().post(OFFER, &ask()).await.unwrap();
        assert_eq!(offer["benefitInputs"][0]["posTitle"], "Cake: frozen");
        assert_eq!(send(&house, Method::PUT, &path, Some(&json!({"status": "active"}))).await.0, 200);
        let offer = house.partner().post(OFFER, &ask()).await.unwrap();
        // the products it was sold for are still the only ones
        assert_eq!(offer["benefitInputs"][0]["posTitle"], "Cake: no item on the check matches", "{offer}");
    }

    async fn what_is_wrong_is_named_and_foreign_ids_are_not_found(engine: Engine) {
        let house = House::start(engine).await;
        let (put, adjust) = (format!("/balances/{}", restaurant::MPV), format!("/balances/{}/adjust", restaurant::MPV));
        let points = format!("/balances/{}/adjust", house.restaurant.points_balance_id);
        refused(&house, &[
            (Method::POST, &adjust, json!({"amount": 0, "reason": "r"}), "amount"),
            (Method::POST, &adjust, json!({"amount": 0.001, "reason": "r"}), "amount"),
            (Method::POST, &points, json!({"amount": 1.5, "reason": "r"}), "amount"),
            (Method::POST, &adjust, json!({"amount": 9_000_000_000_000_000_000_i64, "reason": "r"}), "amount"),
            (Method::POST, &adjust, json!({"amount": 1}), "reason"),
            (Method::POST, &adjust, json!({"amount": 1, "reason": ""}), "reason"),
            (Method::POST, &adjust, json!({"amount": 1, "reason": "r", "validUntil": "soon"}), "validUntil"),
            (Method::POST, &adjust, json!({"amount": 1, "reason": "r", "kind": "earn"}), "kind"),
            (Method::PUT, &put, json!({"status": "gone"}), "status"),
            (Method::PUT, &put, json!({"posted": 5}), "posted"),
            (Method::PUT, &put, json!({"settings": {"pointValue": 0}}), "settings.pointValue"),
            (Method::PUT, &put, json!({"settings": {"colour": 0}}), "colour"),
        ]).await;
        missing(&house, &[
            (Method::POST, &adjust, Some(json!({"amount": 1, "reason": "r"}))),
            (Method::PUT, &put, Some(json!({"status": "frozen"}))),
        ]).await;
    }
}
