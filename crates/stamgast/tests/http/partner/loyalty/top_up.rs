//! Is value that is paid ahead credited once, by the report, with what the merchant gives on top? loyalty.md §11.

use super::offer;
use http::Method;
use serde_json::{Value, json};
use testkit::{House, assert_number};

const OFFER: &str = "/partner/loyalty/getBenefitOffer";
const REPORT: &str = "/partner/loyalty/reportBenefitUsage";

/// An offer with several codes.
fn asked(id: &str, check: &str, device: i64, price: &str, codes: &[&str]) -> Value {
    let mut body = offer(id, check, device, price, codes[0]);
    body["benefitInputs"] = codes.iter().map(|code| json!({"inputCode": code})).collect();
    body
}

/// A report of one line and one top-up, whose line came to `paid`.
fn sold(id: &str, bill: &str, device: i64, balance: &str, prepaid: i64, paid: i64) -> Value {
    let item = |id: &str, total: i64, rate: &str| {
        json!({"originalCheckItemId": id, "product": {"productId": id, "name": id, "categories": []}, "amount": 1,
            "measure": "pcs", "vatRate": rate, "totalPriceWithVat": total, "appliedBenefits": []})
    };
    json!({"loyaltyOfferId": id, "billId": bill, "billState": "paid", "loyaltyProviderId": "p", "deviceNumber": device,
        "benefitInputs": [], "customerId": null, "metadata": "{}", "currencyCode": "CZK", "countryCode": "CZ",
        "paidAt": "2026-03-02T10:00:00.000Z",
        "usedBalances": [{"balanceId": balance, "prepaidValue": prepaid}], "usedGeneralDiscounts": [],
        "paidItems": [item("1", 60, "0.12"), item(&format!("prepayment:{balance}"), paid, "0")],
        "paymentsByBalances": [], "otherPaymentsValue": 60 + paid, "totalWithVat": 60 + paid})
}

/// What of a balance an answer gives, in currency; `None` when it does not show it.
fn given<'a>(answer: &'a Value, id: &str) -> Option<&'a Value> {
    answer["balances"].as_array().unwrap().iter().find(|balance| balance["balanceId"] == id)
}

async fn remarks(house: &House, bill: &str) -> (String, String) {
    let usages = house.usages().await;
    let usage = usages.iter().find(|usage| usage["billId"] == bill).expect("the report");
    (usage["flags"].to_string(), usage["remarks"].to_string())
}

async fn a_member_with_credit(house: &House) {
    let prepayment = json!({"value": 1000, "min": 100, "max": 5000, "presets": [500, 1000], "editable": true,
        "bonus": [{"from": 1000, "bonus": 100}]});
    let member = json!({"memberId": "topper", "person": {"firstName": "Jan"}, "cards": ["CARD-T"],
        "balances": [{"balanceId": "T", "type": "prepaidCredit", "settings": {"prepayment": prepayment}}]});
    house.app.admin.post(&format!("{}/members", house.partner_admin()), &member).await.unwrap();
    let codes = format!("{}/top-up-codes", house.partner_admin());
    house.app.admin.post(&codes, &json!({"code": "TOPUP"})).await.unwrap();
}

testkit::on_both_engines! {
    async fn pay_1000_get_1100_and_spend_both_parts(engine: Engine) {
        let house = House::start(engine).await;
        a_member_with_credit(&house).await;
        let first = asked("5f0000000000000000000101", "check-1", 1, "60", &["CARD-T", "TOPUP"]);
        let answer = house.partner().post(OFFER, &first).await.unwrap();
        let shown = given(&answer, "T").unwrap();
        assert_number("sold", "1000", &shown["prepayment"]["value"]);
        assert_number("spent", "0", &shown["valueToUseInCurrency"]);
        assert_number("posted by the offer", "0", &house.balance("T").await["posted"]);

        let report = sold("5f0000000000000000000101", "bill-1", 1, "T", 1000, 1000);
        for _ in 0..3 {
            house.partner().post(REPORT, &report).await.unwrap();
        }
        let balance = house.balance("T").await;
        assert_number("posted", "1100", &balance["posted"]);
        let lots: Vec<(&str, String)> = balance["lots"].as_array().unwrap().iter()
            .map(|lot| (lot["kind"].as_str().unwrap(), lot["remaining"].to_string())).collect();
        assert_eq!(lots, [("paid", "1000".to_owned()), ("bonus", "100".to_owned())]);
        let (flags, remarked) = remarks(&house, "bill-1").await;
        assert!(flags == "[]" && !remarked.contains("balance T"), "{flags} {remarked}");

        let second = asked("5f0000000000000000000102", "check-2", 1, "150", &["CARD-T"]);
        let answer = house.partner().post(OFFER, &second).await.unwrap();
        assert_number("bonus", "100", &given(&answer, "T:bonus").unwrap()["valueToUseInCurrency"]);
        assert_number("paid", "50", &given(&answer, "T").unwrap()["valueToUseInCurrency"]);
        assert_number("off the line", "100", &answer["itemBenefitsToApply"][0]["benefits"][0]["absoluteTotalValue"]);
        let balance = house.balance("T").await;
        assert_number("held", "150", &balance["held"]);
        assert_eq!(balance["holds"].as_array().unwrap().len(), 1, "one hold for both parts");

        let mut report = sold("5f0000000000000000000102", "bill-2", 1, "T", 0, 0);
        report["usedBalances"] = json!([{"balanceId": "T", "usedControllableValue": 50},
            {"balanceId": "T:bonus", "usedControllableValue": 90}]);
        report["paidItems"] = json!([]);
        house.partner().post(REPORT, &report).await.unwrap();
        let balance = house.balance("T").await;
        assert_number("posted", "960", &balance["posted"]);
        assert_number("what the bill left of the hold", "10", &balance["held"]);
        let left: Vec<String> =
            balance["lots"].as_array().unwrap().iter().map(|lot| lot["remaining"].to_string()).collect();
        assert_eq!(left, ["950", "10"]);
        assert_eq!(remarks(&house, "bill-2").await.0, "[]");
        house.assert_verified().await;
    }

    async fn a_value_outside_its_limits_is_not_sold(engine: Engine) {
        let house = House::start(engine).await;
        a_member_with_credit(&house).await;
        for (number, wanted, value, told) in [(1, "50", "1000", true), (2, "300", "300", false), (3, "5001", "1000", true)] {
            let mut body = asked(&format!("5f00000000000000000002{number:02}"), "check-1", 1, "60", &["CARD-T", "TOPUP"]);
            body["balances"] = json!([{"balanceId": "T", "prepaidValue": serde_json::from_str::<Value>(wanted).unwrap()}]);
            let answer = house.partner().post(OFFER, &body).await.unwrap();
            assert_number(wanted, value, &given(&answer, "T").unwrap()["prepayment"]["value"]);
            assert_eq!(!answer["posMessages"].as_array().unwrap().is_empty(), told, "{wanted}: {answer}");
        }
    }

    /// Two offers, two bills, one activation; the rate and what was paid are frozen on the lot (V4, V5, T3, T4).
    async fn a_voucher_is_activated_once(engine: Engine) {
        let house = House::start(engine).await;
        let voucher = json!({"code": "SPV-NEW", "type": "singlePurposePrepaidVoucher", "value": 0, "vatRate": "0.19",
            "status": "inactive", "settings": {"prepayment": {"value": 500},
                "vatRates": [{"from": "2026-01-01", "rate": 0.07}, {"from": "2027-01-01", "rate": 0.05}]}});
        house.app.admin.post(&format!("{}/vouchers", house.partner_admin()), &voucher).await.unwrap();
        for device in [1, 2] {
            let body = asked(&format!("5f000000000000000000030{device}"), &format!("check-{device}"), device, "0", &["SPV-NEW"]);
            let answer = house.partner().post(OFFER, &body).await.unwrap();
            let shown = given(&answer, "SPV-NEW").unwrap_or_else(|| panic!("{answer}"));
            assert_number("face", "500", &shown["prepayment"]["value"]);
            assert_number("rate", "0.07", &shown["prepayment"]["vatRate"]);
        }
        // the till sold it for 450
        house.partner().post(REPORT, &sold("5f0000000000000000000301", "bill-1", 1, "SPV-NEW", 500, 450)).await.unwrap();
        house.partner().post(REPORT, &sold("5f0000000000000000000302", "bill-2", 2, "SPV-NEW", 500, 500)).await.unwrap();
        let balance = house.balance("SPV-NEW").await;
        assert_number("posted", "500", &balance["posted"]);
        assert_eq!(balance["status"], "active");
        let lot = &balance["lots"][0];
        assert_number("frozen rate", "0.07", &lot["vatRate"]);
        assert_number("paid", "450", &lot["paidValue"]);
        let (_, remarked) = remarks(&house, "bill-2").await;
        assert!(remarked.contains("active already"), "{remarked}");

        let mut spend = asked("5f0000000000000000000303", "check-3", 1, "120", &["SPV-NEW"]);
        spend["itemsToPay"][0]["vatRate"] = json!(7);
        let answer = house.partner().post(OFFER, &spend).await.unwrap();
        assert_number("spent", "120", &given(&answer, "SPV-NEW").unwrap()["valueToUseInCurrency"]);
        let codes = format!("{}/top-up-codes", house.partner_admin());
        house.app.admin.post(&codes, &json!({"code": "AGAIN", "balanceId": "SPV-NEW"})).await.unwrap();
        let again = asked("5f0000000000000000000304", "check-4", 1, "60", &["AGAIN"]);
        let answer = house.partner().post(OFFER, &again).await.unwrap();
        assert_eq!(answer["benefitInputs"][0]["reasonCode"], "ALREADY_ACTIVE", "{answer}");
        house.assert_verified().await;
    }

    /// The sale of a voucher goes back, with its bonus: it can be sold again, once, and only then be spent (C5, T4).
    async fn a_voucher_whose_sale_went_back_is_sold_again(engine: Engine) {
        let house = House::start(engine).await;
        let voucher = |more: Value| {
            let mut prepayment = json!({"value": 500, "bonus": [{"from": 500, "bonus": 50}]});
            prepayment.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({"type": "multiPurposePrepaidVoucher", "value": 0, "status": "inactive",
                "settings": {"prepayment": prepayment}})
        };
        for (code, more) in [("ONCE", json!({})), ("OFTEN", json!({"reloadable": true}))] {
            let mut body = voucher(more);
            body["code"] = json!(code);
            house.app.admin.post(&format!("{}/vouchers", house.partner_admin()), &body).await.unwrap();
        }
        let codes = format!("{}/top-up-codes", house.partner_admin());
        house.app.admin.post(&codes, &json!({"code": "SELL", "balanceId": "ONCE"})).await.unwrap();
        let mut number = 0x500;
        let mut scan = async |code: &str| {
            number += 1;
            let body = asked(&format!("5f0000000000000000000{number:03x}"), &format!("check-{number}"), 1, "60", &[code]);
            let answer = house.partner().post(OFFER, &body).await.unwrap();
            let balance = answer["balances"].as_array().unwrap().first().cloned().unwrap_or_default();
            (answer["benefitInputs"][0]["reasonCode"].clone(), balance["prepayment"]["value"].to_string())
        };
        let on_sale = (Value::Null, "500".to_owned());
        for round in 1..=3 {
            assert_eq!(scan("ONCE").await, on_sale, "round {round}");
            assert_eq!(scan("SELL").await, on_sale, "round {round}");
            let bill = format!("bill-{round}");
            let mut sale = sold(&format!("5f000000000000000000060{round}"), &bill, 1, "ONCE", 500, 500);
            house.partner().post(REPORT, &sale).await.unwrap();
            assert_eq!(house.balance("ONCE").await["status"], "active");
            assert_number("sold", "550", &house.balance("ONCE").await["posted"]);
            assert_eq!(scan("ONCE").await, (Value::Null, "null".to_owned()), "spent, not sold");
            assert_eq!(scan("SELL").await.0, "ALREADY_ACTIVE");
            sale["billState"] = json!("cancelled");
            for _ in 0..2 {
                house.partner().post(REPORT, &sale).await.unwrap();
            }
            assert_eq!(house.balance("ONCE").await["status"], "inactive");
            assert_number("went back", "0", &house.balance("ONCE").await["posted"]);
        }
        assert_eq!(scan("ONCE").await, on_sale, "its code waits, the code that sells it does not");
        assert_eq!(scan("SELL").await, on_sale);

        // one that can be topped up again and again was activated for good
        let mut sale = sold("5f0000000000000000000607", "bill-7", 1, "OFTEN", 500, 500);
        house.partner().post(REPORT, &sale).await.unwrap();
        sale["billState"] = json!("cancelled");
        house.partner().post(REPORT, &sale).await.unwrap();
        assert_eq!(house.balance("OFTEN").await["status"], "active");
        house.assert_verified().await;
    }

    /// The coffee of the same bill goes back first: only with its own line the sale is taken back.
    async fn a_refund_of_the_line_takes_the_sale_back(engine: Engine) {
        let house = House::start(engine).await;
        let voucher = json!({"code": "REST", "type": "multiPurposePrepaidVoucher", "value": 0, "status": "inactive",
            "settings": {"prepayment": {"value": 500}}});
        house.app.admin.post(&format!("{}/vouchers", house.partner_admin()), &voucher).await.unwrap();
        let mut sale = sold("5f0000000000000000000701", "bill-1", 1, "REST", 500, 500);
        house.partner().post(REPORT, &sale).await.unwrap();
        sale["billState"] = json!("refunded");
        for (number, item, value) in [(1, 0, 60), (2, 1, 500)] {
            assert_eq!(house.balance("REST").await["status"], "active", "before refund {number}");
            let mut part = sale.clone();
            part["refundNumber"] = json!(number);
            part["paidItems"] = json!([sale["paidItems"][item]]);
            part["usedBalances"] = json!([]);
            part["otherPaymentsValue"] = json!(value);
            part["totalWithVat"] = json!(value);
            house.partner().post(REPORT, &part).await.unwrap();
        }
        assert_eq!(house.balance("REST").await["status"], "inactive");
        assert_number("went back", "0", &house.balance("REST").await["posted"]);
        house.assert_verified().await;
    }

    async fn points_are_never_topped_up(engine: Engine) {
        let house = House::start(engine).await;
        let points = house.restaurant.points_balance_id.clone();
        let codes = format!("{}/top-up-codes", house.partner_admin());
        for (path, body, field) in [
            (&codes, json!({"code": "P", "balanceId": points}), "balanceId"),
            (&format!("{}/members", house.partner_admin()), json!({"person": {}, "cards": [], "balances":
                [{"type": "collectablePoints", "settings": {"prepayment": {"value": 1}}}]}), "balances[0].settings.prepayment"),
            (&format!("{}/members", house.partner_admin()), json!({"person": {}, "cards": [], "balances":
                [{"balanceId": "x:bonus", "type": "prepaidCredit"}]}), "balances[0].balanceId"),
            (&format!("{}/members", house.partner_admin()), json!({"person": {}, "cards": [], "balances":
                [{"type": "prepaidCredit", "settings": {"prepayment": {"value": 0}}}]}), "balances[0].settings.prepayment"),
        ] {
            let rows = house.rows().await;
            let answer = house.app.admin.send(Method::POST, path, Some(body.to_string().into())).await.unwrap();
            assert_eq!(answer.status, 400, "{body}: {}", answer.text);
            assert!(answer.text.contains(field), "{body}: {}", answer.text);
            assert_eq!(house.rows().await, rows, "{body}");
        }
        let before = house.balance(&points).await["posted"].to_string();
        house.partner().post(REPORT, &sold("5f0000000000000000000401", "bill-1", 1, &points, 500, 500)).await.unwrap();
        assert_eq!(house.balance(&points).await["posted"].to_string(), before);
        house.assert_verified().await;
    }
}
