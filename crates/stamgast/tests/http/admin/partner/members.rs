//! `…/members`: is a member changed as a whole, and gone once erased?

use super::{missing, refused, send};
use http::Method;
use serde_json::{Value, json};
use testkit::{House, assert_number, restaurant};

const OFFER: &str = "/partner/loyalty/getBenefitOffer";

testkit::on_both_engines! {
    /// putPartnerMember, getPartnerMember: what is not named is gone.
    async fn a_member_is_changed_as_a_whole(engine: Engine) {
        let house = House::start(engine).await;
        let path = format!("/members/{}", house.restaurant.member_id);
        let (_, before) = send(&house, Method::GET, &path, None).await;
        assert_eq!((&before["tier"], &before["tags"]), (&json!("Gold"), &json!([])));
        assert_eq!(before["person"]["email"], "jana@example.com");
        assert_eq!(before["cards"][0]["code"], restaurant::CARD);
        assert_eq!(before["balances"].as_array().unwrap().len(), 2);
        let change = json!({"tags": ["vip", "brno", "vip"], "status": "frozen",
            "person": {"lastName": "Stará", "birthDate": "1990-02-28"}});
        let (status, after) = send(&house, Method::PUT, &path, Some(&change)).await;
        assert_eq!(status, 200, "{after}");
        assert_eq!((&after["tier"], &after["tags"]), (&Value::Null, &json!(["brno", "vip"])));
        assert_eq!((&after["person"]["email"], &after["person"]["lastName"]), (&Value::Null, &json!("Stará")));
        assert_eq!(after["status"], "frozen");
        assert_eq!(send(&house, Method::GET, &path, None).await.1, after);
        let feed = house.marketing().get("/api/v1/customers").await.unwrap();
        assert!(feed.to_string().contains("Stará"), "{feed}");
    }

    /// postPartnerMember: and is found by the contact.
    async fn a_new_member_may_bring_tags_and_a_contact(engine: Engine) {
        let house = House::start(engine).await;
        let member = json!({"memberId": "petr", "tags": ["b", "a"], "tier": "Silver",
            "person": {"firstName": "Petr", "mobilePhone": "777 000 111", "email": "Petr@Example.com"}});
        assert_eq!(send(&house, Method::POST, "/members", Some(&member)).await.0, 201);
        let (_, found) = send(&house, Method::GET, "/members/petr", None).await;
        assert_eq!((&found["tags"], &found["person"]["email"]), (&json!(["a", "b"]), &json!("Petr@Example.com")));
        let answer = house.partner().post(OFFER, &crate::partner::offer_of(1, "10.00", "00420777000111")).await.unwrap();
        assert_eq!(answer["customer"]["customerId"], "petr");
    }

    /// deletePartnerMember: the person goes, the books stay.
    async fn an_erased_member_does_not_come_back(engine: Engine) {
        let house = House::start(engine).await;
        let id = &house.restaurant.member_id;
        let path = format!("/members/{id}");
        let posted = house.balance(&house.restaurant.credit_balance_id).await["posted"].clone();
        for _ in 0..2 {
            assert_eq!(send(&house, Method::DELETE, &path, None).await.0, 204);
        }
        let (_, gone) = send(&house, Method::GET, &path, None).await;
        assert_eq!(
            (&gone["status"], &gone["person"], &gone["cards"], &gone["tier"]),
            (&json!("erased"), &Value::Null, &json!([]), &Value::Null)
        );
        let rows = house.rows().await;
        assert_eq!(rows["partner_person"], 0);
        assert_eq!(house.balance(&house.restaurant.credit_balance_id).await["posted"], posted, "the books stay");
        for (method, path, body) in [
            (Method::PUT, path.clone(), json!({})),
            (Method::POST, "/members".to_owned(), json!({"memberId": id})),
            (Method::POST, format!("{path}/cards"), json!({"code": "NEW"})),
        ] {
            assert_eq!(send(&house, method, &path, Some(&body)).await.0, 409, "{path}");
        }
        for scanned in [restaurant::CARD, "+420600000001", "jana@example.com"] {
            let answer = house.partner().post(OFFER, &crate::partner::offer_of(1, "10.00", scanned)).await.unwrap();
            assert_eq!(answer["benefitInputs"][0]["reasonCode"], "NOT_FOUND", "{scanned}");
            assert_eq!(answer["customer"], Value::Null);
        }
        house.assert_verified().await;
    }

    async fn money_that_is_left_is_handed_over_once(engine: Engine) {
        let house = House::start(engine).await;
        let path = format!("/members/{}?erasedValue=payOut", house.restaurant.member_id);
        house.partner().post(OFFER, &crate::partner::offer_of(1, "10.00", restaurant::CARD)).await.unwrap();
        let (status, refusal) = send(&house, Method::DELETE, &path, None).await;
        assert_eq!(status, 409, "{refusal}");
        assert!(refusal["message"].as_str().unwrap().contains("check check-1"), "{refusal}");
        let check = json!({"placeId": "somewhere", "deviceNumber": 1, "checkId": "check-1"});
        assert_eq!(send(&house, Method::POST, "/holds/release", Some(&check)).await.0, 200);
        let (status, answer) = send(&house, Method::DELETE, &path, None).await;
        assert_eq!(status, 200, "{answer}");
        assert_number("to be handed over", "1000", &answer["handOver"]);
        assert_eq!(send(&house, Method::DELETE, &path, None).await, (200, answer));
        for balance in [&house.restaurant.credit_balance_id, &house.restaurant.points_balance_id] {
            assert_number(balance, "0", &house.balance(balance).await["posted"]);
        }
        house.assert_verified().await;
    }

    async fn what_is_wrong_is_named_and_foreign_ids_are_not_found(engine: Engine) {
        let house = House::start(engine).await;
        let path = format!("/members/{}", house.restaurant.member_id);
        let long = "x".repeat(101);
        refused(&house, &[
            (Method::PUT, &path, json!({"colour": 1}), "colour"),
            (Method::PUT, &path, json!({"person": {"colour": 1}}), "colour"),
            (Method::PUT, &path, json!({"status": "erased"}), "status"),
            (Method::PUT, &path, json!({"tags": ["a", ""]}), "tags[1]"),
            (Method::PUT, &path, json!({"tags": [long]}), "tags[0]"),
            (Method::PUT, &path, json!({"tier": "a\u{0}"}), "U+0000"),
            (Method::PUT, &path, json!({"person": {"birthDate": "1.1.1990"}}), "person.birthDate"),
            (Method::POST, "/members", json!({"tags": ["\n"]}), "tags[0]"),
            (Method::DELETE, &format!("{path}?erasedValue=burn"), Value::Null, "erasedValue"),
            (Method::DELETE, &format!("{path}?value=keep"), Value::Null, "value"),
        ]).await;
        missing(&house, &[
            (Method::GET, &path, None),
            (Method::PUT, &path, Some(json!({}))),
            (Method::DELETE, &path, None),
            (Method::DELETE, &format!("{path}?erasedValue=payOut"), None),
            (Method::POST, &format!("{path}/balances"), Some(json!({"type": "prepaidCredit"}))),
        ]).await;
    }

    /// postPartnerMemberBalance: once, and with what its type needs.
    async fn a_member_gets_one_more_balance(engine: Engine) {
        let house = House::start(engine).await;
        let path = format!("/members/{}/balances", house.restaurant.member_id);
        let spv = json!({"balanceId": "lunch", "type": "singlePurposePrepaidVoucher", "openingValue": "100.50",
            "validUntil": "2026-12-31T23:59:59+01:00", "settings": {"vatRate": 0.12}});
        let (status, opened) = send(&house, Method::POST, &path, Some(&spv)).await;
        assert_eq!((status, &opened["memberId"]), (201, &json!(house.restaurant.member_id)), "{opened}");
        assert_eq!(house.balance("lunch").await, opened);
        let answer = house.partner().post(OFFER, &crate::partner::offer_of(1, "10.00", restaurant::CARD)).await.unwrap();
        let lunch = answer["balances"].as_array().unwrap().iter().find(|one| one["balanceId"] == "lunch");
        assert!(lunch.is_some(), "a line at its rate: {answer}");
        assert_eq!(send(&house, Method::POST, &path, Some(&spv)).await.0, 409);
        refused(&house, &[
            (Method::POST, &path, json!({"type": "points"}), "type"),
            (Method::POST, &path, json!({"type": "prepaidCredit", "openingValue": -1}), "openingValue"),
            (Method::POST, &path, json!({"type": "prepaidCredit", "openingValue": 0.001}), "openingValue"),
            (Method::POST, &path, json!({"type": "prepaidCredit", "balanceId": "x:bonus"}), "balanceId"),
            (Method::POST, &path, json!({"type": "prepaidCredit", "validUntil": "soon"}), "validUntil"),
            (Method::POST, &path, json!({"type": "prepaidCredit", "colour": 1}), "colour"),
            (Method::POST, &path, json!({"type": "singlePurposePrepaidVoucher"}), "settings.vatRate"),
            (Method::POST, &path, json!({"type": "collectablePoints", "settings": {"pointValue": 0}}), "settings.pointValue"),
        ]).await;
        house.assert_verified().await;
    }
}
