//! The partner is slow, gone, or answers nonsense. Does the cashier learn why, and can the guest still pay?

use http::Method;
use serde_json::json;
use std::time::Duration;
use testkit::restaurant::{CARD, MAIN};
use testkit::{House, Scripted, Step, assert_number};

/// An offer under the id of the question whose one discount takes more than the line costs.
fn excessive(request: &testkit::Received) -> Option<Step> {
    let asked = request.json();
    request.path.ends_with("/getBenefitOffer").then(|| {
        let item = &asked["itemsToPay"][0]["checkItemId"];
        let answer = json!({"loyaltyOfferId": asked["loyaltyOfferId"], "customer": null, "benefitInputs": [], "balances": [],
            "generalDiscounts": [{"generalDiscountId": "d", "posTitle": "D", "billTitle": "D", "isItemSpecific": true,
                "valueToUse": 1000}],
            "itemBenefitsToApply": [{"checkItemId": item, "benefits": [{"sourceType": "generalDiscount",
                "appliedFromGeneralDiscountId": "d", "appliedFromBalanceId": null, "absoluteTotalValue": 1000}]}],
            "posMessages": [], "billMessages": [], "metadata": {}});
        Step::Answer(200, answer.to_string())
    })
}

testkit::on_both_engines! {
    async fn the_cashier_learns_why_and_the_guest_pays_without_loyalty(engine: Engine) {
        let partner = Scripted::start([]).await;
        let house = House::with_partner_at(engine, partner.url(), |config| config.platform.offer_deadline_ms = 300).await;
        let path = house.open_check(1, &[(MAIN, 1)], &[CARD]).await;
        let register = house.register(1);
        let cases = [
            (Step::Late(Duration::from_secs(2), Box::new(Step::ok())), 504, "TIMEOUT"),
            (Step::Drop, 502, "UNREACHABLE"),
            (Step::Answer(200, "not json".to_owned()), 502, "INVALID_JSON"),
            (Step::Answer(500, "{}".to_owned()), 502, "HTTP_STATUS"),
        ];
        for (step, status, code) in cases {
            partner.then(step);
            let answer = register.send(Method::POST, &format!("{path}/offer"), Some(b"{}".to_vec())).await.unwrap();
            assert_eq!((answer.status, &answer.json["name"]), (status, &json!(code)), "{}", answer.text);
        }
        register.delete(&format!("{path}/offer")).await.unwrap();
        let cash = json!({"payments": [{"paymentMethod": "cash", "priceWithVat": 189}]});
        register.post(&format!("{path}/pay"), &cash).await.unwrap();
        let check = register.get(&path).await.unwrap();
        assert_number("the bill", "189", &check["totalWithVat"]);
        assert!(check["billId"].is_string());
    }

    async fn an_offer_that_breaks_a_rule_is_reported_to_the_partner_and_not_applied(engine: Engine) {
        let partner = Scripted::start([]).await;
        partner.decide(Box::new(excessive));
        let house = House::with_partner_at(engine, partner.url(), |_| {}).await;
        let path = house.open_check(1, &[(MAIN, 1)], &[CARD]).await;
        let register = house.register(1);
        let answer = register.send(Method::POST, &format!("{path}/offer"), Some(b"{}".to_vec())).await.unwrap();
        assert_eq!(answer.status, 502, "{}", answer.text);
        assert!(answer.text.contains("BENEFIT_EXCEEDS_ITEM_PRICE"), "{}", answer.text);
        let received = partner.wait_for(2).await;
        let report = received.iter().find(|request| request.path.ends_with("/reportOfferValidationError")).unwrap().json();
        let codes: Vec<_> = report["errors"].as_array().unwrap().iter().map(|error| &error["code"]).collect();
        assert!(codes.contains(&&json!("BENEFIT_EXCEEDS_ITEM_PRICE")), "{report}");
        let check = register.get(&path).await.unwrap();
        assert_number("the check", "189", &check["toPay"]);
    }
}
