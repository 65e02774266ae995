//! `…/explain`: is it the offer a register would get, with the steps, and without a trace of it?

use super::{missing, refused, send};
use http::Method;
use serde_json::json;
use testkit::{House, restaurant};

testkit::on_both_engines! {
    /// postPartnerExplain: the very offer, and nothing is held by it.
    async fn an_explained_offer_is_the_offer_and_leaves_nothing_behind(engine: Engine) {
        let house = House::start(engine).await;
        let mut question = crate::partner::offer_of(1, "650.00", restaurant::CARD);
        question["benefitInputs"] = json!([{"inputCode": restaurant::CARD}, {"inputCode": restaurant::PROMO},
            {"inputCode": "NOPE"}, {"inputCode": restaurant::MPV}]);
        let before = (house.rows().await, house.balance(restaurant::MPV).await);
        let (status, explained) = send(&house, Method::POST, "/explain", Some(&question)).await;
        assert_eq!(status, 200, "{explained}");
        assert_eq!((house.rows().await, house.balance(restaurant::MPV).await), before);
        let steps = explained["steps"].as_array().unwrap();
        for about in ["NOPE", restaurant::PROMO, restaurant::MPV, &house.restaurant.points_balance_id] {
            assert!(steps.iter().any(|step| step.to_string().contains(about)), "{about} is not in {steps:?}");
        }
        let offer = house.partner().post("/partner/loyalty/getBenefitOffer", &question).await.unwrap();
        assert_eq!(explained["offer"], offer);
        // now that the check holds it, the check itself still gets it
        assert_eq!(send(&house, Method::POST, "/explain", Some(&question)).await.1["offer"], offer);
    }

    async fn it_can_be_asked_for_another_time(engine: Engine) {
        let house = House::start(engine).await;
        let code = json!({"code": "SOON", "kind": "promotion", "promotionId": restaurant::PROMO,
            "validFrom": "2026-05-01T00:00:00Z"});
        assert_eq!(send(&house, Method::POST, "/codes", Some(&code)).await.0, 201);
        let question = crate::partner::offer_of(1, "100.00", "SOON");
        for (at, applicable) in [
            ("", false), ("?at=2026-04-30T23:59:59Z", false), ("?at=2026-05-01T02:00:00+02:00", true),
            ("?at=2026-05-01T02:00:00%2B02:00", true),
        ] {
            let (_, explained) = send(&house, Method::POST, &format!("/explain{at}"), Some(&question)).await;
            assert_eq!(explained["offer"]["benefitInputs"][0]["applicable"], applicable, "{at}: {explained}");
        }
    }

    async fn what_is_wrong_is_named_and_a_foreign_merchant_is_not_found(engine: Engine) {
        let house = House::start(engine).await;
        let question = crate::partner::offer_of(1, "100.00", restaurant::CARD);
        let mut wrong = question.clone();
        wrong["itemsToPay"][0]["totalPriceWithVat"] = json!("dear");
        refused(&house, &[
            (Method::POST, "/explain", wrong, "itemsToPay[0].totalPriceWithVat"),
            (Method::POST, "/explain", json!({}), "loyaltyOfferId"),
            (Method::POST, "/explain?at=soon", question.clone(), "at"),
            (Method::POST, "/explain?when=soon", question.clone(), "when"),
        ]).await;
        let path = "/admin/v1/partner/merchants/nobody/explain";
        let answer = house.app.admin.send(Method::POST, path, Some(question.to_string().into_bytes())).await.unwrap();
        assert_eq!(answer.status, 404, "{}", answer.text);
        missing(&house, &[]).await;
        // another merchant's codes are nobody's
        let path = "/admin/v1/partner/merchants/other/explain";
        let answer = house.app.admin.post(path, &question).await.unwrap();
        assert_eq!(answer["offer"]["benefitInputs"][0]["reasonCode"], "NOT_FOUND");
    }
}
