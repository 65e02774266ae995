//! `…/merges`: is a guest who was registered twice one guest at the register, and two again after an undo?

use super::{missing, refused, send};
use http::Method;
use serde_json::{Value, json};
use testkit::restaurant::CARD;
use testkit::{House, assert_number};

const OFFER: &str = "/partner/loyalty/getBenefitOffer";

/// The guest once more, with a card and 50.00 of credit.
async fn second(house: &House) {
    let member = json!({"memberId": "twice", "cards": ["CARD-TWICE"], "person": {"firstName": "Jana", "mobilePhone": "+420600000001"},
        "balances": [{"balanceId": "twice-credit", "type": "prepaidCredit", "openingValue": 50}]});
    assert_eq!(send(house, Method::POST, "/members", Some(&member)).await.0, 201);
}

testkit::on_both_engines! {
    /// postPartnerMerge, postPartnerUndo, getPartnerMerges: two become one and two again, as often as the undo is called.
    async fn one_guest_at_the_register(engine: Engine) {
        let house = House::start(engine).await;
        second(&house).await;
        let id = house.restaurant.member_id.clone();
        let twice = house.partner().post(OFFER, &crate::partner::offer_of(1, "10.00", "+420600000001")).await.unwrap();
        assert_eq!(twice["customer"], Value::Null, "a number of two people is nobody's: {twice}");
        let body = json!({"fromMemberId": "twice", "reason": "registered twice"});
        let (status, merged) = send(&house, Method::POST, &format!("/members/{id}/merges"), Some(&body)).await;
        assert_eq!(status, 201, "{merged}");
        for (number, scanned) in [(2, "CARD-TWICE"), (3, CARD), (4, "+420600000001")] {
            let mut ask = crate::partner::offer_of(number, "2000.00", scanned);
            ask["deviceNumber"] = json!(number);
            let answer = house.partner().post(OFFER, &ask).await.unwrap();
            assert_eq!(answer["customer"]["customerId"], id.as_str(), "{scanned}: {answer}");
            let shown: Vec<&str> = answer["balances"].as_array().unwrap().iter().filter_map(|one| one["balanceId"].as_str()).collect();
            assert!(shown.contains(&"twice-credit") && shown.contains(&house.restaurant.credit_balance_id.as_str()), "{scanned}: {shown:?}");
            ask["benefitInputs"] = json!([]);
            house.partner().post(OFFER, &ask).await.unwrap();
        }
        let feed = house.marketing().get("/api/v1/customers").await.unwrap();
        assert!(feed.to_string().contains(r#""deleted":true"#), "{feed}");
        house.assert_verified().await;
        let path = format!("/merges/{}/undo", merged["mergeId"].as_str().unwrap());
        for _ in 0..2 {
            let (status, undone) = send(&house, Method::POST, &path, None).await;
            assert_eq!((status, &undone["state"]), (200, &json!("undone")), "{undone}");
        }
        let (_, back) = send(&house, Method::GET, "/members/twice", None).await;
        assert_eq!((&back["status"], &back["mergedInto"]), (&json!("active"), &Value::Null));
        assert_number("came back", "50", &back["balances"][0]["posted"]);
        assert_eq!(back["cards"][0]["code"], "CARD-TWICE");
        let (_, list) = send(&house, Method::GET, &format!("/members/{id}/merges"), None).await;
        assert_eq!(list["data"][0]["state"], "undone");
        house.assert_verified().await;
    }

    /// postPartnerMerge, getPartnerMerges, postPartnerUndo: what is wrong is named, of another merchant nothing is found.
    async fn what_is_wrong_is_named_and_foreign_ids_are_not_found(engine: Engine) {
        let house = House::start(engine).await;
        second(&house).await;
        let merges = format!("/members/{}/merges", house.restaurant.member_id);
        let body = json!({"fromMemberId": "twice", "reason": "r"});
        refused(&house, &[
            (Method::POST, &merges, json!({"reason": "r"}), "fromMemberId"),
            (Method::POST, &merges, json!({"fromMemberId": house.restaurant.member_id, "reason": "r"}), "fromMemberId"),
            (Method::POST, &merges, json!({"fromMemberId": "twice"}), "reason"),
            (Method::POST, &merges, json!({"fromMemberId": "twice", "reason": "\n"}), "reason"),
            (Method::POST, &merges, json!({"fromMemberId": "twice", "reason": "r", "force": true}), "force"),
        ]).await;
        missing(&house, &[(Method::POST, &merges, Some(body.clone())), (Method::GET, &merges, None)]).await;
        let (_, merged) = send(&house, Method::POST, &merges, Some(&body)).await;
        let undo = format!("/merges/{}/undo", merged["mergeId"].as_str().unwrap());
        missing(&house, &[(Method::POST, &undo, None)]).await;
        assert_eq!(send(&house, Method::DELETE, "/members/twice", None).await.0, 409);
    }
}
