//! Whose check is it, and what may be done with it?

use crate::house::{MERCHANT, OTHER_PLACE, OTHER_SOURCE, SOURCE, on_both_engines};
use crate::partner::worked_offer;
use http::Method;
use serde_json::json;

on_both_engines! {
    async fn a_check_belongs_to_its_register(house: House) {
        let check = house.check(&[("p:beer", 1)]).await;
        let own = format!("/pos/{SOURCE}/checks/{check}");
        let second = house.register("5f00000000000000000000b1", 2).await;
        let elsewhere = house.register(OTHER_PLACE, 1).await;
        // token, path, status
        let table = [
            (Some(house.pos_token.as_str()), own.clone(), 200),
            (Some(second.as_str()), own.clone(), 403),
            (Some(elsewhere.as_str()), own.clone(), 403),
            (Some(elsewhere.as_str()), format!("/pos/{OTHER_SOURCE}/checks/{check}"), 404),
            (Some(house.pos_token.as_str()), format!("/pos/{SOURCE}/checks/5f00000000000000000000ff"), 404),
            (Some(house.pos_token.as_str()), format!("/pos/{MERCHANT}/checks/{check}"), 400),
            (Some(house.access_token.as_str()), own.clone(), 401),
            (Some("nonsense"), own.clone(), 401),
            (None, own, 401),
        ];
        for (token, path, status) in table {
            let answer = house.call(Method::GET, &path, token, None).await;
            assert_eq!(answer.status, status, "{path} {}", answer.body);
        }
        let lines = Some(json!({"lines": []}));
        let answer = house.call(Method::PUT, &format!("/pos/{SOURCE}/checks/{check}/lines"), Some(&second), lines).await;
        assert_eq!(answer.status, 403);
        // The refused change left no trace, the version included.
        let check = house.pos(Method::GET, &format!("/checks/{check}"), None).await.ok();
        assert_eq!((check["version"].as_i64(), check["lines"].as_array().unwrap().len()), (Some(2), 1));
    }

    async fn the_older_token_of_a_register_ends_a_day_later(house: House) {
        let check = house.check(&[("p:beer", 1)]).await;
        let path = format!("/pos/{SOURCE}/checks/{check}");
        let newer = house.register("5f00000000000000000000b1", 1).await;
        assert_eq!(house.call(Method::GET, &path, Some(&house.pos_token), None).await.status, 200);
        house.clock.advance_seconds(24 * 3600);
        assert_eq!(house.call(Method::GET, &path, Some(&house.pos_token), None).await.status, 401);
        assert_eq!(house.call(Method::GET, &path, Some(&newer), None).await.status, 200);
    }

    async fn a_disabled_place_does_not_sell(house: House) {
        let body = json!({"name": "Bar", "timeZone": "Europe/Prague", "state": "disabled"});
        let path = format!("/merchants/{MERCHANT}/places/5f00000000000000000000b1");
        house.admin(Method::PUT, &path, Some(body)).await.ok();
        assert_eq!(house.pos(Method::POST, "/checks", Some(json!({}))).await.status, 403);
    }

    async fn what_cannot_be_set_is_named_and_changes_nothing(house: House) {
        let check = house.check(&[("p:beer", 2)]).await;
        let lines = |line: serde_json::Value| Some(json!({"lines": [line]}));
        let table = [
            (lines(json!({"productId": "p:none", "amount": 1})), "lines[0].productId"),
            (lines(json!({"productId": "p:beer", "amount": 0})), "lines[0].amount"),
            (lines(json!({"productId": "p:beer", "amount": 1, "unitPriceWithVat": 1})), "lines[0].unitPriceWithVat"),
            (lines(json!({"productId": "p:beer", "amont": 1})), "lines[0].amont"),
            (lines(json!({"productId": "p:beer", "amount": "x"})), "lines[0].amount"),
        ];
        for (body, field) in table {
            let answer = house.pos(Method::PUT, &format!("/checks/{check}/lines"), body).await;
            assert_eq!((answer.status, answer.body["field"].as_str()), (400, Some(field)), "{}", answer.body);
        }
        let shown = house.pos(Method::GET, &format!("/checks/{check}"), None).await.ok();
        assert_eq!(shown["toPay"], json!(118));
        assert_eq!(shown["version"], json!(2));
    }

    async fn a_list_is_no_object(house: House) {
        let check = house.check(&[("p:beer", 2)]).await;
        for (method, path, body, field) in [
            (Method::POST, "/checks".to_owned(), json!(["desk", 2, null]), None),
            (Method::POST, "/checks".to_owned(), json!({"openedBy": ["1", "Eva"]}), Some("openedBy")),
            (Method::POST, format!("/checks/{check}/pay"), json!([[["cash", 118]], null]), None),
            (Method::POST, format!("/checks/{check}/pay"), json!({"payments": [["cash", 118]]}), Some("payments[0]")),
            (Method::PUT, format!("/checks/{check}/lines"), json!({"lines": [["p:beer", 1]]}), Some("lines[0]")),
            (Method::POST, format!("/checks/{check}/codes"), json!(["card"]), None),
        ] {
            let answer = house.pos(method, &path, Some(body)).await;
            assert_eq!((answer.status, answer.body["field"].as_str()), (400, field), "{path} {}", answer.body);
            let message = answer.body["message"].as_str().unwrap();
            assert!(message.contains("expected an object"), "{message}");
        }
        let shown = house.pos(Method::GET, &format!("/checks/{check}"), None).await.ok();
        assert_eq!((&shown["version"], &shown["state"]), (&json!(2), &json!("open")));
    }

    async fn codes_come_and_go(house: House) {
        let empty = house.check(&[]).await;
        let add = |check: &str| format!("/checks/{check}/codes");
        let code = || Some(json!({"inputCode": "x/y 1"}));
        assert_eq!(house.pos(Method::POST, &add(&empty), code()).await.error(), (409, "EMPTY_BASKET"));
        let check = house.check(&[("p:beer", 1)]).await;
        house.pos(Method::POST, &add(&check), code()).await.ok();
        let twice = house.pos(Method::POST, &add(&check), code()).await.ok();
        assert_eq!(twice["codes"].as_array().unwrap().len(), 2);
        let path = format!("/checks/{check}/codes/x%2Fy%201");
        assert_eq!(house.pos(Method::DELETE, &path, None).await.ok()["codes"].as_array().unwrap().len(), 1);
        assert_eq!(house.pos(Method::DELETE, &path, None).await.ok()["codes"].as_array().unwrap().len(), 0);
        assert_eq!(house.pos(Method::DELETE, &path, None).await.status, 404);
        assert_eq!(house.pos(Method::POST, &add(&check), Some(json!({"inputCode": "  "}))).await.status, 400);
    }

    async fn a_choice_stays_inside_what_is_offered(house: House) {
        house.partner.offers(worked_offer());
        let check = house.check(&[("p:main", 2), ("p:beer", 3), ("p:dessert", 1)]).await;
        house.code(&check, "card-7").await;
        let path = |balance: &str| format!("/checks/{check}/balances/{balance}");
        let choose = |value: serde_json::Value| Some(json!({"controllableValueToUse": value}));
        assert_eq!(house.pos(Method::PUT, &path("credit"), choose(json!(50))).await.status, 404, "before any offer");
        house.offer(&check).await.ok();
        for (balance, body, status) in [
            ("credit", choose(json!(423.15)), 400),
            ("credit", choose(json!(-1)), 400),
            ("mpv", choose(json!(1)), 400),
            ("nobody", choose(json!(1)), 404),
            ("credit", Some(json!({"prepaidValue": 100})), 400),
            ("credit", Some(json!({"rejected": true, "controllableValueToUse": 1})), 400),
            ("credit", choose(json!(50)), 200),
            ("points", Some(json!({"rejected": true})), 200),
        ] {
            let answer = house.pos(Method::PUT, &path(balance), body.clone()).await;
            assert_eq!(answer.status, status, "{balance} {body:?} {}", answer.body);
        }
        // A provider that does not follow the cashier is not used.
        assert_eq!(house.offer(&check).await.error(), (502, "OFFER_INVALID"));
        house.partner.offers(json!({"balances": [
            {"balanceId": "points", "type": "collectablePoints", "currentValue": 500, "controllableValueToUse": 0},
            {"balanceId": "credit", "type": "prepaidCredit", "currentValue": 900, "controllableValueToUse": 50,
                "maxControllableValue": 423.14, "valueToUseInCurrency": 50}]}));
        let shown = house.offer(&check).await.ok();
        assert_eq!(shown["offer"]["balances"][0]["rejected"], json!(true));
        assert_eq!(shown["toPay"], json!(600));
        let question = house.partner.came("/getBenefitOffer").pop().unwrap().body;
        assert_eq!(
            question["balances"],
            json!([{"balanceId": "credit", "controllableValueToUse": 50}, {"balanceId": "points", "rejectedByPOS": true}])
        );
        house.pos(Method::PUT, &path("points"), Some(json!({}))).await.ok();
        house.offer(&check).await.ok();
        let question = house.partner.came("/getBenefitOffer").pop().unwrap().body;
        assert_eq!(question["balances"].as_array().unwrap().len(), 1);
    }
}
