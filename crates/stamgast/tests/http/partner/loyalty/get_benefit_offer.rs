//! `POST /partner/loyalty/getBenefitOffer`: does the documents' example get a well-formed answer, twice the same?

use super::{SEED_OFFER, offer};
use http::Method;
use serde_json::json;
use testkit::{House, assert_number, restaurant};

const PATH: &str = "/partner/loyalty/getBenefitOffer";

testkit::on_both_engines! {
    async fn the_documents_example_is_answered_and_changes_no_balance(engine: Engine) {
        let house = House::start(engine).await;
        let partner = house.partner();
        let before = house.rows().await;
        let first = partner.send(Method::POST, PATH, Some(SEED_OFFER.into())).await.unwrap();
        assert_eq!(first.status, 200, "{}", first.text);
        assert_eq!(first.json["loyaltyOfferId"], "4d1dd08c4bcd1de163fbcbb8");
        let codes: Vec<_> = first.json["benefitInputs"].as_array().unwrap().iter().map(|input| &input["inputCode"]).collect();
        assert_eq!(codes, ["discount_10", "discount_10", "discount_10"], "one entry each, in order");
        // 10 % of 603.39 + 951.79, spread over both lines
        assert_number("the discount", "155.52", &first.json["generalDiscounts"][0]["valueToUse"]);
        for (index, (item, value)) in [("37", "60.34"), ("43", "95.18")].into_iter().enumerate() {
            let benefits = &first.json["itemBenefitsToApply"][index];
            assert_eq!(benefits["checkItemId"], item);
            assert_number(item, value, &benefits["benefits"][0]["absoluteTotalValue"]);
        }
        let again = partner.send(Method::POST, PATH, Some(SEED_OFFER.into())).await.unwrap();
        assert_eq!(again.text, first.text, "the same question has the same answer, to the byte");
        let mut after = house.rows().await;
        assert_eq!(after.remove("partner_offer"), Some(before["partner_offer"] + 1), "one offer is kept");
        let mut before = before;
        before.remove("partner_offer");
        assert_eq!(after, before);
    }

    async fn a_card_offers_its_balances_and_holds_them(engine: Engine) {
        let house = House::start(engine).await;
        let body = offer("5f00000000000000000000c1", "check-1", 1, "650.00", restaurant::CARD);
        let answer = house.partner().post(PATH, &body).await.unwrap();
        assert_eq!(answer["customer"]["customerId"], house.restaurant.member_id.as_str());
        assert_eq!(answer["customer"]["fullName"], "Jana Nová");
        assert_eq!(answer["customer"]["loyaltyStatus"], "Gold");
        assert_eq!(answer["benefitInputs"][0]["applicable"], true);
        let balance = |id: &str| {
            let mut balances = answer["balances"].as_array().unwrap().iter();
            balances.find(|balance| balance["balanceId"] == id).unwrap().clone()
        };
        let points = balance(&house.restaurant.points_balance_id);
        assert_number("points used", "500", &points["controllableValueToUse"]);
        assert_number("their worth", "50", &points["valueToUseInCurrency"]);
        let credit = balance(&house.restaurant.credit_balance_id);
        assert_number("credit used", "600", &credit["valueToUseInCurrency"]);
        assert_number("held", "600", &house.balance(&house.restaurant.credit_balance_id).await["held"]);
        house.assert_verified().await;
    }

    async fn a_tier_is_shown_by_its_title(engine: Engine) {
        let house = House::start(engine).await;
        let mut merchant = house.app.admin.get(&house.partner_admin()).await.unwrap();
        let tier = |id: &str, titles: serde_json::Value, threshold: i64| {
            json!({"tierId": id, "titles": titles, "threshold": threshold, "of": "spend", "windowMonths": 12})
        };
        for (number, (tiers, lang, shown)) in [
            (json!([]), "cs", "Gold"),
            (json!([tier("Silver", json!({"cs": "Stříbro"}), 0), tier("Gold", json!({}), 1000)]), "cs", "Gold"),
            (json!([tier("Silver", json!({"cs": "Stříbro"}), 0), tier("Gold", json!({"cs": "Zlato", "en": "Golden"}), 1000)]), "cs-CZ", "Zlato"),
            (json!([tier("Gold", json!({"cs": "Zlato", "en": "Golden"}), 1000)]), "en", "Golden"),
            (json!([tier("Gold", json!({"cs": "Zlato", "en": "Golden"}), 1000)]), "hu", "Golden"),
        ].into_iter().enumerate() {
            merchant["program"]["tiers"] = tiers;
            house.app.admin.put(&house.partner_admin(), &merchant).await.unwrap();
            let mut body = offer(&format!("5f0000000000000000000c4{number}"), "check-1", 1, "100.00", restaurant::CARD);
            body["posLang"] = json!(lang);
            let answer = house.partner().post(PATH, &body).await.unwrap();
            assert_eq!(answer["customer"]["loyaltyStatus"], shown, "{lang}: {}", merchant["program"]["tiers"]);
        }
    }

    async fn codes_without_effect_say_why(engine: Engine) {
        let house = House::start(engine).await;
        let mut body = offer("5f00000000000000000000c2", "check-1", 1, "100.00", "NO-SUCH-CODE");
        body["benefitInputs"] = json!([{"inputCode": "NO-SUCH-CODE"}, {"inputCode": restaurant::PROMO}, {"inputCode": restaurant::PROMO}]);
        let answer = house.partner().post(PATH, &body).await.unwrap();
        let inputs = answer["benefitInputs"].as_array().unwrap();
        assert_eq!((&inputs[0]["applicable"], &inputs[0]["reasonCode"]), (&json!(false), &json!("NOT_FOUND")));
        assert_eq!((&inputs[1]["applicable"], &inputs[1]["reasonCode"]), (&json!(true), &json!(null)));
        assert_eq!((&inputs[2]["applicable"], &inputs[2]["reasonCode"]), (&json!(false), &json!("ALREADY_APPLIED")));
    }

    async fn ids_the_partner_does_not_know_are_remarked_not_refused(engine: Engine) {
        let house = House::start(engine).await;
        let id = "5f00000000000000000000c3";
        let mut body = offer(id, "check-1", 1, "100.00", restaurant::CARD);
        body["balances"] = json!([{"balanceId": "somebody-elses", "controllableValueToUse": 5}]);
        house.partner().post(PATH, &body).await.unwrap();
        let kept = house.app.admin.get(&format!("{}/offers/{id}", house.partner_admin())).await.unwrap();
        let remarks = kept["remarks"].to_string();
        for unknown in ["whoever", "somebody-elses"] {
            assert!(remarks.contains(unknown), "{unknown} is not in {remarks}");
        }
    }
}
