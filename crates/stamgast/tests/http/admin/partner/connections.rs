//! `POST …/connections`: does the token of a loyalty connection open its merchant, and no other?

use super::{missing, other_merchant, refused, send};
use http::Method;
use serde_json::json;
use testkit::House;
use testkit::restaurant::PROMO;

testkit::on_both_engines! {
    /// postPartnerConnection: the token is shown once and decides alone whose codes are known.
    async fn a_connection_speaks_for_its_merchant(engine: Engine) {
        let house = House::start(engine).await;
        let other = other_merchant(&house).await;
        let provider = "5f00000000000000000000d7";
        let (status, made) = send(&house, Method::POST, "/connections", Some(&json!({"name": "second cloud", "loyaltyProviderId": provider}))).await;
        assert_eq!((status, &made["loyaltyProviderId"]), (201, &json!(provider)), "{made}");
        let token = made["token"].as_str().unwrap();
        assert_eq!(door::token::prefix_of(token), made["tokenPrefix"].as_str());
        let of_other = format!("/admin/v1/partner/merchants/{other}/connections");
        let of_other = house.app.admin.post(&of_other, &json!({"name": "their cloud"})).await.unwrap();
        assert_ne!(of_other["loyaltyProviderId"], provider, "one of its own: {of_other}");
        for (number, token, applicable) in [(1, token, true), (2, of_other["token"].as_str().unwrap(), false), (3, &house.restaurant.partner_token, true)] {
            let question = crate::partner::offer_of(number, "100.00", PROMO);
            let answer = house.app.anyone.bearer(token).post("/partner/loyalty/getBenefitOffer", &question).await.unwrap();
            assert_eq!(answer["benefitInputs"][0]["applicable"], json!(applicable), "{number}: {answer}");
        }
    }

    /// postPartnerConnection: what is wrong is named, and no token is made.
    async fn what_is_wrong_is_named(engine: Engine) {
        let house = House::start(engine).await;
        refused(&house, &[
            (Method::POST, "/connections", json!({}), "name"),
            (Method::POST, "/connections", json!({"name": ""}), "name"),
            (Method::POST, "/connections", json!({"name": "x".repeat(300)}), "name"),
            (Method::POST, "/connections", json!({"name": "c", "token": "mine"}), "token"),
        ]).await;
        let body = json!({"name": "cloud"});
        let path = "/admin/v1/partner/merchants/nobody/connections";
        let answer = house.app.admin.send(Method::POST, path, Some(body.to_string().into_bytes())).await.unwrap();
        assert_eq!((answer.status, &answer.json["message"]), (404, &json!("merchant nobody not found")));
        missing(&house, &[]).await;
    }
}
