//! Whatever rule an offer breaks: is it reported by its code, and can the guest still pay? (protocol.md §10.7)

use super::scripted::{Till, off};
use http::Method;
use serde_json::{Value, json};
use testkit::restaurant::{BEER, MAIN};
use testkit::{Received, Step, assert_number, eventually};

/// An offer for 189.00 (`$0`) and 59.00 (`$1`) for each code.
fn offers() -> Vec<(&'static str, Value)> {
    let discount =
        |value: f64| json!([{"generalDiscountId": "d", "isItemSpecific": true, "valueToUse": value}]);
    let credit = |members: Value| {
        let mut balance = members;
        (balance["balanceId"], balance["type"]) = (json!("c"), json!("prepaidCredit"));
        balance
    };
    let top_up = json!({"balanceId": "t", "type": "prepaidCredit", "prepayment": {"value": 500}});
    vec![
        ("SCHEMA_VIOLATION", json!({"balances": [{"balanceId": "b", "type": "stamps"}]})),
        ("OFFER_ID_MISMATCH", json!({"loyaltyOfferId": "other"})),
        (
            "UNKNOWN_CHECK_ITEM",
            json!({"generalDiscounts": discount(5.0), "itemBenefitsToApply": [off("none", "d", 5.0)]}),
        ),
        ("UNKNOWN_SOURCE", json!({"itemBenefitsToApply": [off("$0", "d", 5.0)]})),
        (
            "BENEFIT_EXCEEDS_ITEM_PRICE",
            json!({"generalDiscounts": discount(60.0), "itemBenefitsToApply": [off("$1", "d", 60.0)]}),
        ),
        (
            "VALUE_EXCEEDS_BALANCE",
            json!({"balances": [credit(json!({"currentValue": 5, "controllableValueToUse": 6}))]}),
        ),
        (
            "SUM_MISMATCH",
            json!({"generalDiscounts": discount(5.0), "itemBenefitsToApply": [off("$0", "d", 4.0)]}),
        ),
        (
            "PRECISION_EXCEEDED",
            json!({"generalDiscounts": discount(5.001), "itemBenefitsToApply": [off("$0", "d", 5.001)]}),
        ),
        ("NEGATIVE_VALUE", json!({"balances": [credit(json!({"controllableValueToUse": -5}))]})),
        (
            "SPEND_AND_PREPAY",
            json!({"balances": [credit(json!({"controllableValueToUse": 5, "prepayment": {"value": 500}}))]}),
        ),
        (
            "PREPAYMENT_NOT_SUPPORTED",
            json!({"balances": [{"balanceId": "p", "type": "collectablePoints", "prepayment": {"value": 5}}]}),
        ),
        ("DUPLICATE_ID", json!({"balances": [credit(json!({})), credit(json!({}))]})),
        (
            "NEGATIVE_TOTAL",
            json!({"balances": [credit(json!({"currentValue": 900, "controllableValueToUse": 248.01}))]}),
        ),
        // A balance never pays what is topped up, its own or another's (protocol.md §10.6).
        (
            "NEGATIVE_TOTAL",
            json!({"balances": [credit(json!({"currentValue": 900, "controllableValueToUse": 400})), top_up]}),
        ),
    ]
}

testkit::on_both_engines! {
    async fn each_broken_rule_is_told_by_its_code_and_the_guest_pays_without(engine: Engine) {
        let till = Till::start(engine).await;
        let register = till.house.register(1);
        for (count, (code, offer)) in offers().into_iter().enumerate() {
            till.offers(offer);
            let path = till.house.open_check(1, &[(MAIN, 1), (BEER, 1)], &["code"]).await;
            let answer = register.send(Method::POST, &format!("{path}/offer"), Some(b"{}".to_vec())).await.unwrap();
            assert_eq!((answer.status, &answer.json["name"]), (502, &json!("OFFER_INVALID")), "{code}: {}", answer.text);
            let check = register.get(&path).await.unwrap();
            assert_number("nothing is taken off", "248", &check["toPay"]);
            register.delete(&format!("{path}/offer")).await.unwrap();
            let cash = json!({"payments": [{"paymentMethod": "cash", "priceWithVat": 248}]});
            register.post(&format!("{path}/pay"), &cash).await.unwrap();
            let report = eventually("the report", async || {
                let came = till.partner.received();
                let mut reports = came.iter().filter(|came| came.path.ends_with("/reportOfferValidationError"));
                reports.nth(count).map(Received::json)
            }).await;
            let codes: Vec<_> = report["errors"].as_array().unwrap().iter().map(|error| error["code"].clone()).collect();
            assert!(codes.contains(&json!(code)), "{code}: {report}");
        }
        assert_eq!(till.house.rows().await["platform_benefit_usage"], 0);
    }

    async fn a_top_up_beside_a_balance_that_pays_for_the_basket_is_fine(engine: Engine) {
        let till = Till::start(engine).await;
        let offer = json!({"balances": [
            {"balanceId": "m", "type": "multiPurposePrepaidVoucher", "nonControllableValueToUse": 248, "valueToUseInCurrency": 248},
            {"balanceId": "t", "type": "prepaidCredit", "prepayment": {"value": 500}}]});
        let bill = till.sell(&[(MAIN, 1), (BEER, 1)], Some(offer), &[("cash", "500")]).await;
        assert_number("the bill", "748", &bill["finalPrice"]);
    }

    /// What is no offer at all has its own codes, told as well.
    async fn no_json_and_no_200_are_told_too(engine: Engine) {
        let till = Till::start(engine).await;
        let register = till.house.register(1);
        let path = till.house.open_check(1, &[(MAIN, 1)], &["code"]).await;
        for (count, (step, code)) in [
            (Step::Answer(200, "<html>".to_owned()), "INVALID_JSON"),
            (Step::Answer(503, "{}".to_owned()), "HTTP_STATUS"),
        ].into_iter().enumerate() {
            till.partner.decide(Box::new(move |came| came.path.ends_with("/getBenefitOffer").then(|| step.clone())));
            let answer = register.send(Method::POST, &format!("{path}/offer"), Some(b"{}".to_vec())).await.unwrap();
            assert_eq!((answer.status, &answer.json["name"]), (502, &json!(code)), "{}", answer.text);
            let report = eventually("the report", async || {
                let came = till.partner.received();
                let mut reports = came.iter().filter(|came| came.path.ends_with("/reportOfferValidationError"));
                reports.nth(count).map(Received::json)
            }).await;
            assert_eq!(report["errors"][0]["code"], code);
        }
    }
}
