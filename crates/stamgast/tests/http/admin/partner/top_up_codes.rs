//! `POST …/top-up-codes`: does a code offer to fill the balance it was made for?

use super::{missing, refused, send};
use http::Method;
use serde_json::{Value, json};
use testkit::House;
use testkit::restaurant::{CARD, CREDIT, MPV};

const OFFER: &str = "/partner/loyalty/getBenefitOffer";

testkit::on_both_engines! {
    /// postPartnerTopUpCode: a code of one balance offers that one, a code of none what the member on the check can fill.
    async fn a_code_offers_the_balance_it_fills(engine: Engine) {
        let house = House::start(engine).await;
        let prepayment = json!({"value": 500, "min": 100, "max": 1000});
        let member = json!({"memberId": "topper", "cards": ["CARD-T"], "balances": [{"balanceId": "T", "type": "prepaidCredit", "settings": {"prepayment": prepayment}}]});
        assert_eq!(send(&house, Method::POST, "/members", Some(&member)).await.0, 201);
        for body in [json!({"code": "FILL-T", "balanceId": "T"}), json!({"code": "FILL"})] {
            let (status, made) = send(&house, Method::POST, "/top-up-codes", Some(&body)).await;
            assert_eq!((status, &made), (201, &body));
            let (_, code) = send(&house, Method::GET, &format!("/codes/{}", body["code"].as_str().unwrap()), None).await;
            assert_eq!((&code["kind"], &code["status"]), (&json!("topUp"), &json!("active")), "{code}");
        }
        // codes on the check, whether T is offered to be filled
        for (number, codes, offered) in [(1, &["FILL-T"][..], true), (2, &["CARD-T", "FILL"], true), (3, &["FILL"], false), (4, &[CARD, "FILL"], false)] {
            let mut question = crate::partner::offer_of(number, "60.00", codes[0]);
            question["deviceNumber"] = json!(number);
            question["benefitInputs"] = codes.iter().map(|code| json!({"inputCode": code})).collect();
            let answer = house.partner().post(OFFER, &question).await.unwrap();
            let filled = answer["balances"].as_array().unwrap().iter().any(|one| one["balanceId"] == "T" && one["prepayment"] != Value::Null);
            assert_eq!(filled, offered, "{codes:?}: {answer}");
        }
    }

    /// postPartnerTopUpCode: of a balance that takes no money, of nobody's, twice.
    async fn what_is_wrong_is_named(engine: Engine) {
        let house = House::start(engine).await;
        assert_eq!(send(&house, Method::POST, "/top-up-codes", Some(&json!({"code": "FILL"}))).await.0, 201);
        assert_eq!(send(&house, Method::POST, "/top-up-codes", Some(&json!({"code": "FILL"}))).await.0, 409);
        let (status, answer) = send(&house, Method::POST, "/top-up-codes", Some(&json!({"code": "F", "balanceId": "none"}))).await;
        assert_eq!((status, &answer["message"]), (404, &json!("balance none not found")));
        refused(&house, &[
            (Method::POST, "/top-up-codes", json!({}), "code"),
            (Method::POST, "/top-up-codes", json!({"code": ""}), "code"),
            (Method::POST, "/top-up-codes", json!({"code": "F", "balanceId": MPV}), "balanceId"),
            (Method::POST, "/top-up-codes", json!({"code": "F", "balance": CREDIT}), "balance"),
        ]).await;
        missing(&house, &[]).await;
    }
}
