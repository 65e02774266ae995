//! `GET …/offers/{offerId}`: does a person see later what a register was told, and what became of it?

use super::{missing, send};
use http::Method;
use serde_json::{Value, json};
use testkit::House;
use testkit::restaurant::{CARD, MPV, PROMO};

testkit::on_both_engines! {
    /// getPartnerOffer: the answer as it was given, with who asked and for whom; scanned texts of people are hidden.
    async fn an_offer_is_kept_as_it_was_answered(engine: Engine) {
        let house = House::start(engine).await;
        let mut question = crate::partner::offer_of(1, "650.00", CARD);
        question["benefitInputs"] = json!([{"inputCode": CARD}, {"inputCode": PROMO}, {"inputCode": MPV}]);
        let answer = house.partner().post("/partner/loyalty/getBenefitOffer", &question).await.unwrap();
        let path = format!("/offers/{}", answer["loyaltyOfferId"].as_str().unwrap());
        let (status, kept) = send(&house, Method::GET, &path, None).await;
        assert_eq!(status, 200, "{kept}");
        assert_eq!((&kept["checkId"], &kept["deviceNumber"], &kept["placeId"]), (&json!("check-1"), &json!(1), &json!("somewhere")));
        assert_eq!(kept["customerId"], house.restaurant.member_id.as_str());
        assert_eq!(kept["response"]["balances"], answer["balances"]);
        assert_eq!(kept["response"]["generalDiscounts"], answer["generalDiscounts"]);
        assert_eq!(kept["validationErrors"], Value::Null);
        assert!(!kept.to_string().contains(CARD), "the card is nobody's to read: {kept}");
        missing(&house, &[(Method::GET, &path, None), (Method::GET, "/offers/5f00000000000000000000ee", None)]).await;
        // a report on it moves it on
        let state = kept["state"].clone();
        let usage = crate::partner::usage(answer["loyaltyOfferId"].as_str().unwrap(), "bill-1", 1, MPV, "300");
        house.partner().post("/partner/loyalty/reportBenefitUsage", &usage).await.unwrap();
        let (_, reported) = send(&house, Method::GET, &path, None).await;
        assert_ne!(reported["state"], state, "{reported}");
        assert_eq!(reported["response"], kept["response"]);
    }
}
