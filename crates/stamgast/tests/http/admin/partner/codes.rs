//! `…/codes`: does each kind of code open what it says, when it says?

use super::{missing, refused, send};
use http::Method;
use serde_json::{Value, json};
use testkit::{House, restaurant};

const OFFER: &str = "/partner/loyalty/getBenefitOffer";

/// The reason a code is refused at the register for, or null.
pub(super) async fn reason(house: &House, code: &str) -> Value {
    let answer = house.partner().post(OFFER, &crate::partner::offer_of(1, "10.00", code)).await.unwrap();
    answer["benefitInputs"][0]["reasonCode"].clone()
}

testkit::on_both_engines! {
    /// postPartnerCode, getPartnerCode, putPartnerCode: from when until when a code opens something.
    async fn codes_have_their_time(engine: Engine) {
        let house = House::start(engine).await;
        for code in [
            json!({"code": "SOON", "kind": "promotion", "promotionId": restaurant::PROMO, "validFrom": "2026-03-02T11:00:00Z",
                "validUntil": "2026-03-02T13:00:00+01:00"}),
            json!({"code": "SECOND", "kind": "voucher", "balanceId": restaurant::MPV}),
            json!({"code": "OFF", "kind": "promotion", "promotionId": restaurant::PROMO, "status": "inactive"}),
            json!({"code": "FILL", "kind": "topUp", "balanceId": restaurant::CREDIT}),
            json!({"code": "FILL-MINE", "kind": "topUp"}),
        ] {
            let (status, made) = send(&house, Method::POST, "/codes", Some(&code)).await;
            assert_eq!(status, 201, "{made}");
            let path = format!("/codes/{}", code["code"].as_str().unwrap());
            assert_eq!(send(&house, Method::GET, &path, None).await.1, made);
        }
        assert_eq!(reason(&house, "SOON").await, "NOT_YET_VALID");
        assert_eq!(reason(&house, "OFF").await, "INACTIVE");
        assert_eq!(reason(&house, "SECOND").await, Value::Null);
        house.app.clock.advance_seconds(3600);
        assert_eq!(reason(&house, "SOON").await, Value::Null);
        house.app.clock.advance_seconds(3600);
        assert_eq!(reason(&house, "SOON").await, "EXPIRED");
        let change = json!({"status": "used", "validUntil": "2027-01-01T00:00:00Z"});
        let (status, now) = send(&house, Method::PUT, "/codes/SOON", Some(&change)).await;
        assert_eq!((status, &now["status"], &now["validFrom"]), (200, &json!("used"), &Value::Null));
        assert_eq!(reason(&house, "SOON").await, "ALREADY_USED");
    }

    async fn what_is_wrong_is_named_and_foreign_ids_are_not_found(engine: Engine) {
        let house = House::start(engine).await;
        let cards = format!("/members/{}/cards", house.restaurant.member_id);
        let code = |more: Value| {
            let mut body = json!({"code": "X", "kind": "promotion", "promotionId": restaurant::PROMO});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        let backwards = json!({"validFrom": "2026-03-02T11:00:00Z", "validUntil": "2026-03-02T11:00:00Z"});
        refused(&house, &[
            (Method::POST, &cards, json!({"code": ""}), "code"),
            (Method::POST, &cards, json!({"code": "a", "validUntil": "soon"}), "validUntil"),
            (Method::POST, &cards, json!({"code": "a", "status": "active"}), "status"),
            (Method::POST, "/codes", code(json!({"kind": "card"})), "kind"),
            (Method::POST, "/codes", code(json!({"promotionId": null})), "promotionId"),
            (Method::POST, "/codes", code(json!({"balanceId": "b"})), "balanceId"),
            (Method::POST, "/codes", code(json!({"kind": "voucher"})), "promotionId"),
            (Method::POST, "/codes", json!({"code": "X", "kind": "voucher"}), "balanceId"),
            (Method::POST, "/codes", code(json!({"validFrom": "2026-03-02"})), "validFrom"),
            (Method::POST, "/codes", code(backwards), "validUntil"),
            (Method::PUT, "/codes/discount_10", json!({"status": "lost"}), "status"),
            (Method::PUT, "/codes/discount_10", json!({}), "status"),
        ]).await;
        for (path, body) in [
            (cards.as_str(), json!({"code": restaurant::MPV})),
            ("/codes", code(json!({"code": restaurant::CARD}))),
        ] {
            assert_eq!(send(&house, Method::POST, path, Some(&body)).await.0, 409, "{path}");
        }
        missing(&house, &[
            (Method::POST, &cards, Some(json!({"code": "a"}))),
            (Method::DELETE, &format!("{cards}/{}", restaurant::CARD), None),
            (Method::POST, "/codes", Some(code(json!({})))),
            (Method::POST, "/codes", Some(json!({"code": "X", "kind": "topUp", "balanceId": restaurant::CREDIT}))),
            (Method::GET, "/codes/discount_10", None),
            (Method::PUT, "/codes/discount_10", Some(json!({"status": "frozen"}))),
        ]).await;
    }
}
