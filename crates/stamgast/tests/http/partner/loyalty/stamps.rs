//! Does a full stamp card give the cheapest coffee, once?

use super::offer;
use serde_json::{Value, json};
use testkit::{House, assert_number};

const OFFER: &str = "/partner/loyalty/getBenefitOffer";
const REPORT: &str = "/partner/loyalty/reportBenefitUsage";

/// A house whose coffees make a card of ten stamps, and a member with a full one.
async fn start(engine: testkit::Engine) -> House {
    let house = House::start(engine).await;
    house.app.admin.put(
        &house.partner_admin(),
        &json!({"name": "U Štamgasta", "currencyCode": "CZK", "pricePrecision": 2, "timeZone": "Europe/Prague",
            "program": {"stampCards": [{"stampCardId": "coffee", "needed": 10, "products": ["espresso", "latte"]}]}}),
    ).await.unwrap();
    let member = json!({"memberId": "drinker", "person": {"firstName": "Jan"}, "cards": ["CARD-S"], "balances":
        [{"balanceId": "S", "type": "collectablePoints", "openingValue": 10, "settings": {"stampCardId": "coffee"}}]});
    house.app.admin.post(&format!("{}/members", house.partner_admin()), &member).await.unwrap();
    house
}

fn coffees(id: &str, check: &str, device: i64) -> Value {
    let mut body = offer(id, check, device, "140", "CARD-S");
    body["itemsToPay"][0]["product"]["productId"] = json!("latte");
    body["itemsToPay"][0]["amount"] = json!(2);
    let mut espresso = body["itemsToPay"][0].clone();
    espresso["checkItemId"] = json!("2");
    espresso["product"]["productId"] = json!("espresso");
    espresso["amount"] = json!(1);
    espresso["totalPriceWithVat"] = json!(55);
    body["itemsToPay"].as_array_mut().unwrap().push(espresso);
    body
}

testkit::on_both_engines! {
    async fn ten_stamps_are_the_cheapest_coffee(engine: Engine) {
        let house = start(engine).await;
        let answer = house.partner().post(OFFER, &coffees("5f0000000000000000000501", "check-1", 1)).await.unwrap();
        assert_number("stamps", "10", &answer["balances"][0]["nonControllableValueToUse"]);
        assert_number("worth", "55", &answer["balances"][0]["valueToUseInCurrency"]);
        assert_eq!(answer["itemBenefitsToApply"][0]["checkItemId"], "2");
        assert_number("held", "10", &house.balance("S").await["held"]);

        let report = json!({"loyaltyOfferId": "5f0000000000000000000501", "billId": "bill-1", "billState": "paid",
            "loyaltyProviderId": "p", "deviceNumber": 1, "benefitInputs": [], "customerId": null, "metadata": "{}",
            "currencyCode": "CZK", "countryCode": "CZ", "paidAt": "2026-03-02T10:00:00.000Z",
            "usedBalances": [{"balanceId": "S", "usedNonControllableValue": 10}], "usedGeneralDiscounts": [],
            "paidItems": [], "paymentsByBalances": [], "otherPaymentsValue": 140, "totalWithVat": 140});
        house.partner().post(REPORT, &report).await.unwrap();
        let balance = house.balance("S").await;
        assert_number("spent", "0", &balance["lots"][0]["remaining"]);
        assert_number("held", "0", &balance["held"]);
        assert_eq!(house.usages().await[0]["flags"], json!([]));
        house.assert_verified().await;
    }

    /// The last full card at two registers at once: one of them gives the coffee.
    async fn one_full_card_is_one_coffee(engine: Engine) {
        let house = start(engine).await;
        for round in 0..8 {
            let ask = |device: i64| {
                let body = coffees(&format!("5f00000000000000000{round:02}{device:03}"), &format!("check-{round}-{device}"), device);
                let partner = house.partner();
                async move { partner.post(OFFER, &body).await.unwrap() }
            };
            let (one, other) = tokio::join!(ask(1), ask(2));
            let got = |answer: &Value| answer["itemBenefitsToApply"].as_array().unwrap().len();
            assert_eq!(got(&one) + got(&other), 1, "round {round}: {one} {other}");
            let refused = if got(&one) == 0 { &one } else { &other };
            assert_eq!(refused["balances"][0]["reasonCode"], "LOCKED_BY_OTHER_DEVICE", "{refused}");
            // both checks let go before the next round
            for device in [1, 2] {
                let mut empty = coffees(&format!("5f00000000000000001{round:02}{device:03}"), &format!("check-{round}-{device}"), device);
                empty["benefitInputs"] = json!([]);
                house.partner().post(OFFER, &empty).await.unwrap();
            }
            assert_number("held", "0", &house.balance("S").await["held"]);
        }
        house.assert_verified().await;
    }
}
