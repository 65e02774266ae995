//! A promotion that may be used once a day: does the running server keep, use and give back its uses?

use super::offer;
use serde_json::{Value, json};
use testkit::{House, assert_number};

const ASK: &str = "/partner/loyalty/getBenefitOffer";
const REPORT: &str = "/partner/loyalty/reportBenefitUsage";

/// The report of a bill on which the promotion took 10.00 off.
fn usage(offer_id: &str, bill: &str, state: &str) -> Value {
    json!({"loyaltyOfferId": offer_id, "billId": bill, "billState": state, "deviceNumber": 1, "benefitInputs": [],
        "customerId": null, "metadata": "{}", "currencyCode": "CZK", "countryCode": "CZ",
        "paidAt": "2026-03-02T10:00:00.000Z", "usedBalances": [],
        "usedGeneralDiscounts": [{"generalDiscountId": "once-a-day", "usedValue": 10}],
        "paidItems": [], "paymentsByBalances": [], "otherPaymentsValue": 90, "totalWithVat": 90})
}

testkit::on_both_engines! {
    async fn a_code_is_good_once_a_day(engine: Engine) {
        let house = House::start(engine).await;
        let promotion = format!("{}/promotions/once-a-day", house.partner_admin());
        house.app.admin.put(&promotion, &json!({
            "definition": {"kind": {"percent": {"percent": 10}}, "scope": {"on": "order"}, "trigger": "code",
                "limits": [{"per": "code", "uses": 1, "period": "day"}]},
            "codes": ["ONCE-A-DAY"]
        })).await.unwrap();
        let ask = async |device: i64| {
            let id = format!("5f0000000000000000001{device:03}");
            let body = offer(&id, &format!("check-{device}"), device, "100.00", "ONCE-A-DAY");
            let answer = house.partner().post(ASK, &body).await.unwrap();
            answer["benefitInputs"][0]["reasonCode"].as_str().unwrap_or("applied").to_owned()
        };
        let counters = async || {
            let page = house.app.admin.get(&format!("{promotion}/limits")).await.unwrap();
            page["data"].as_array().unwrap().clone()
        };
        assert_eq!(ask(1).await, "applied");
        assert_eq!(ask(2).await, "LOCKED_BY_OTHER_DEVICE");
        assert_number("held", "1", &counters().await[0]["held"]);
        house.partner().post(REPORT, &usage("5f0000000000000000001001", "bill-1", "paid")).await.unwrap();
        assert_eq!(ask(2).await, "LIMIT_REACHED");
        house.partner().post(REPORT, &usage("5f0000000000000000001001", "bill-1", "cancelled")).await.unwrap();
        assert_eq!(ask(2).await, "applied");
        house.app.clock.advance_seconds(24 * 3600);
        assert_eq!(ask(3).await, "applied", "another day");
        let counters = counters().await;
        assert_eq!(counters.len(), 2, "{counters:?}");
        assert_number("used", "0", &counters[0]["used"]);
        assert_number("limit", "1", &counters[0]["limit"]);
        house.assert_verified().await;
    }
}
