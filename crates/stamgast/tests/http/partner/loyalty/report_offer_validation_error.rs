//! `POST /partner/loyalty/reportOfferValidationError`: is what the cloud could not use kept where a person looks?

use http::Method;
use serde_json::{Value, json};
use testkit::House;
use testkit::restaurant::PROMO;

const PATH: &str = "/partner/loyalty/reportOfferValidationError";

fn report(offer: &Value) -> Value {
    json!({"loyaltyOfferId": offer, "merchantId": "whoever", "placeId": "somewhere", "loyaltyProviderId": "p", "deviceNumber": 1,
        "checkId": "check-1", "errors": [{"code": "SUM_MISMATCH", "path": "generalDiscounts[0].value", "message": "expected 18.90"}]})
}

testkit::on_both_engines! {
    /// reportOfferValidationError: it stands beside the offer it is about, once however often it comes.
    async fn a_report_stands_beside_its_offer(engine: Engine) {
        let house = House::start(engine).await;
        let question = crate::partner::offer_of(1, "189.00", PROMO);
        let offer = house.partner().post("/partner/loyalty/getBenefitOffer", &question).await.unwrap();
        let path = format!("{}/offers/{}", house.partner_admin(), offer["loyaltyOfferId"].as_str().unwrap());
        let before = house.app.admin.get(&path).await.unwrap();
        assert_eq!(before["validationErrors"], Value::Null);
        for _ in 0..2 {
            assert_eq!(house.partner().post(PATH, &report(&offer["loyaltyOfferId"])).await.unwrap(), json!({}));
        }
        let after = house.app.admin.get(&path).await.unwrap();
        assert!(after["validationErrors"].to_string().contains("SUM_MISMATCH"), "{after}");
        assert_eq!(after["response"], before["response"], "the offer stays as it was answered");
        house.assert_verified().await;
    }

    /// reportOfferValidationError: nobody but the cloud reports, and a report about nothing we know is taken all the same.
    async fn whoever_reports_is_the_cloud(engine: Engine) {
        let house = House::start(engine).await;
        let body = report(&json!("5f00000000000000000000ee")).to_string().into_bytes();
        let before = house.rows().await;
        for caller in [house.app.anyone.clone(), house.app.anyone.bearer(&house.restaurant.customers_token)] {
            assert_eq!(caller.send(Method::POST, PATH, Some(body.clone())).await.unwrap().status, 401);
        }
        let answer = house.partner().send(Method::POST, PATH, Some(b"{\"errors\": []}".to_vec())).await.unwrap();
        assert_eq!((answer.status, &answer.json["field"]), (400, &json!("loyaltyOfferId")), "{}", answer.text);
        assert_eq!(house.rows().await, before);
        assert_eq!(house.partner().send(Method::POST, PATH, Some(body)).await.unwrap().status, 200);
    }
}
