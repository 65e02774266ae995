//! `…/promotions` and the merchant's program: is what was set up shown, and what is wrong named?

use super::{missing, send};
use http::Method;
use serde_json::{Value, json};
use testkit::{House, restaurant};

testkit::on_both_engines! {
    /// putPartnerPromotion, getPartnerPromotion, getPartnerPromotions: shown one by one and page by page.
    async fn promotions_are_shown_one_by_one_and_page_by_page(engine: Engine) {
        let house = House::start(engine).await;
        let promotion = json!({"definition": {"kind": {"percent": {"percent": 5}}, "scope": {"on": "order"},
            "trigger": "automatic"}, "active": false});
        for number in 0..50 {
            let path = format!("/promotions/a%20%26{number:02}");
            assert_eq!(send(&house, Method::PUT, &path, Some(&promotion)).await.0, 200);
        }
        let (_, first) = send(&house, Method::GET, "/promotions", None).await;
        assert_eq!(first["data"].as_array().unwrap().len(), 50);
        assert_eq!((&first["data"][0]["promotionId"], &first["data"][0]["active"]), (&json!("a &00"), &json!(false)));
        assert_eq!(first["data"][0]["definition"], promotion["definition"]);
        let next = house.app.admin.get(first["nextPage"].as_str().unwrap()).await.unwrap();
        assert_eq!(next["data"][0]["promotionId"], restaurant::PROMO);
        assert_eq!((next["data"].as_array().unwrap().len(), &next["nextPage"]), (1, &Value::Null));
        let (_, one) = send(&house, Method::GET, &format!("/promotions/{}", restaurant::PROMO), None).await;
        assert_eq!((&one["codes"], &one["active"]), (&json!([restaurant::PROMO]), &json!(true)));
        assert_eq!(send(&house, Method::GET, "/promotions?page=2", None).await.0, 400);
        missing(&house, &[(Method::GET, &format!("/promotions/{}", restaurant::PROMO), None)]).await;
        assert_eq!(house.app.admin.get("/admin/v1/partner/merchants/other/promotions").await.unwrap()["data"], json!([]));
    }

    async fn a_program_that_cannot_be_read_is_refused_by_the_member(engine: Engine) {
        let house = House::start(engine).await;
        let (_, before) = send(&house, Method::GET, "", None).await;
        assert_eq!(before["program"]["defaultUse"], "max");
        for (program, names) in [
            (json!({"earn": {"points": "many", "perAmount": 1}}), "earn.points"),
            (json!({"earn": {"points": 1, "perAmount": 0}}), "earn.perAmount"),
            (json!({"codes": {"phoneCountryCode": "+420"}}), "codes.phoneCountryCode"),
            (json!({"codes": {"urlPrefixes": ["a", 1]}}), "codes.urlPrefixes[1]"),
            (json!({"colour": 1}), "colour"),
        ] {
            let mut body = before.clone();
            body["program"] = program;
            let (status, answer) = send(&house, Method::PUT, "", Some(&body)).await;
            assert_eq!((status, &answer["field"]), (400, &json!(format!("program.{names}"))), "{answer}");
            assert!(answer["message"].as_str().unwrap().contains(names), "{names} is not in {answer}");
        }
        assert_eq!(send(&house, Method::GET, "", None).await.1, before);
    }

    /// getPartnerPromotionLimits: who has used it how often, by the limit, page by page.
    async fn what_was_used_of_a_promotion_is_shown(engine: Engine) {
        let house = House::start(engine).await;
        let daily = json!({"definition": {"kind": {"percent": {"percent": 5}}, "scope": {"on": "order"}, "trigger": "code",
            "limits": [{"per": "code", "uses": 2}]}, "codes": ["LIMITED"]});
        assert_eq!(send(&house, Method::PUT, "/promotions/limited", Some(&daily)).await.0, 200);
        let limits = async || send(&house, Method::GET, "/promotions/limited/limits", None).await.1;
        assert_eq!(limits().await["data"], json!([]));
        let ask = crate::partner::offer_of(1, "100.00", "LIMITED");
        let offered = house.partner().post("/partner/loyalty/getBenefitOffer", &ask).await.unwrap();
        assert_eq!(offered["benefitInputs"][0]["applicable"], true, "{offered}");
        let held = limits().await;
        assert_eq!(held["data"].as_array().unwrap().len(), 1, "{held}");
        assert_eq!(held["nextPage"], Value::Null);
        missing(&house, &[(Method::GET, "/promotions/limited/limits", None)]).await;
    }
}
