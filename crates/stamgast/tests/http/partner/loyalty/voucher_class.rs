//! A voucher product that changes its class on a date: is each voucher what its product was when it was sold?
//! (loyalty.md §3 V5: Germany's restaurant food, 19 % until the end of 2025, 7 % from 2026-01-01, drinks unchanged)

use super::usage;
use http::Method;
use serde_json::{Value, json};
use testkit::{House, assert_number};

const OFFER: &str = "/partner/loyalty/getBenefitOffer";
const REPORT: &str = "/partner/loyalty/reportBenefitUsage";
const SPV: &str = "singlePurposePrepaidVoucher";
const MPV: &str = "multiPurposePrepaidVoucher";

/// 23:59 in Berlin on the last day of 2025.
const BEFORE: &str = "2025-12-31T22:59:00Z";
/// 00:01 in Berlin on the first day of 2026.
const AFTER: &str = "2025-12-31T23:01:00Z";

/// A German merchant whose meal voucher has one purpose until the end of 2025 and any from 2026 on.
async fn german(engine: testkit::Engine) -> House {
    let house = House::start(engine).await;
    let program = json!({"voucherProducts": [{"voucherProductId": "meal", "versions": [
        {"from": "2024-01-01", "type": SPV, "vatRate": "0.19"}, {"from": "2026-01-01", "type": MPV}]}]});
    house
        .app
        .admin
        .put(
            &house.partner_admin(),
            &json!({"name": "Zum Stammgast", "currencyCode": "CZK",
        "pricePrecision": 2, "timeZone": "Europe/Berlin", "program": program}),
        )
        .await
        .unwrap();
    house
}

fn at(house: &House, instant: &str) {
    house.app.clock.set(instant.parse().unwrap());
}

/// Printed in 2025, sold whenever its code is scanned.
async fn printed(house: &House, codes: &[&str]) {
    for code in codes {
        let voucher = json!({"code": code, "voucherProductId": "meal", "value": 0, "status": "inactive",
            "settings": {"prepayment": {"value": 50}}});
        house.app.admin.post(&format!("{}/vouchers", house.partner_admin()), &voucher).await.unwrap();
    }
}

/// One drink for `price` and these codes.
async fn offered(house: &House, number: u32, price: &str, rate: &str, code: &str) -> Value {
    let mut body = super::offer_of(number, price, code);
    body["itemsToPay"][0]["vatRate"] = serde_json::from_str(rate).unwrap();
    house.partner().post(OFFER, &body).await.unwrap()
}

/// Type and rate at which an offer sells.
async fn on_sale(house: &House, number: u32, code: &str) -> (String, String) {
    let answer = offered(house, number, "3", "0.19", code).await;
    let balance = &answer["balances"][0];
    assert_number("face", "50", &balance["prepayment"]["value"]);
    (balance["type"].as_str().unwrap().to_owned(), balance["prepayment"]["vatRate"].to_string())
}

/// The report that the voucher was paid for at this instant.
fn bought(number: u32, code: &str, paid_at: &str) -> Value {
    let mut report =
        usage(&format!("5f0000000000000000{number:06}"), &format!("bill-{number}"), 1, code, "0");
    report["usedBalances"] = json!([{"balanceId": code, "prepaidValue": 50}]);
    report["paymentsByBalances"] = json!([]);
    report["paidAt"] = json!(paid_at);
    report["otherPaymentsValue"] = json!(53);
    report["totalWithVat"] = json!(53);
    report
}

async fn report(house: &House, body: &Value) -> Value {
    house.partner().post(REPORT, body).await.unwrap();
    let usages = house.usages().await;
    usages.iter().find(|usage| usage["billId"] == body["billId"]).expect("the report").clone()
}

/// Type of the balance; type and rate of its newest lot.
async fn issued(house: &House, code: &str) -> (String, String, String) {
    let balance = house.balance(code).await;
    let lot = balance["lots"].as_array().unwrap().last().cloned().unwrap_or_default();
    (
        balance["type"].as_str().unwrap().to_owned(),
        lot["type"].as_str().unwrap_or("none").to_owned(),
        lot["vatRate"].to_string(),
    )
}

fn pair(class: &str, rate: &str) -> (String, String) {
    (class.to_owned(), rate.to_owned())
}

fn three(class: &str, rate: &str) -> (String, String, String) {
    (class.to_owned(), class.to_owned(), rate.to_owned())
}

testkit::on_both_engines! {
    async fn a_voucher_is_what_its_product_was_on_the_day_of_its_sale(engine: Engine) {
        let house = german(engine).await;
        at(&house, BEFORE);
        printed(&house, &["OLD", "NEW", "LATE"]).await;
        assert_eq!(on_sale(&house, 1, "OLD").await, pair(SPV, "0.19"));
        let kept = report(&house, &bought(1, "OLD", BEFORE)).await;
        assert_eq!(kept["flags"], json!([]), "{kept}");
        assert_eq!(issued(&house, "OLD").await, three(SPV, "0.19"));

        at(&house, AFTER);
        assert_eq!(on_sale(&house, 2, "NEW").await, pair(MPV, "0"));
        report(&house, &bought(2, "NEW", AFTER)).await;
        assert_eq!(issued(&house, "NEW").await, three(MPV, "null"));
        house.assert_verified().await;

        // both are spent in 2026: the old one keeps its treatment, on lines of its own rate alone
        let drink = offered(&house, 3, "10", "0.19", "OLD").await;
        assert_eq!(drink["balances"][0]["type"], SPV);
        assert_number("off the drink", "10", &drink["itemBenefitsToApply"][0]["benefits"][0]["absoluteTotalValue"]);
        let food = offered(&house, 4, "10", "0.07", "OLD").await;
        assert_eq!(food["benefitInputs"][0]["applicable"], false, "{food}");
        let food = offered(&house, 5, "10", "0.07", "NEW").await;
        assert_eq!((&food["balances"][0]["type"], &food["itemBenefitsToApply"]), (&json!(MPV), &json!([])));
        assert_number("it pays", "10", &food["balances"][0]["valueToUseInCurrency"]);

        // the check drops the code, so that nothing of it is held any more
        offered(&house, 3, "10", "0.19", "nothing").await;
        // the old one comes back from its buyer: nothing is issued any more, and it is sold as what it is now
        let mut back = bought(1, "OLD", BEFORE);
        back["billState"] = json!("cancelled");
        report(&house, &back).await;
        assert_eq!(house.balance("OLD").await["status"], "inactive");
        assert_eq!(on_sale(&house, 6, "OLD").await, pair(MPV, "0"));
        report(&house, &bought(6, "OLD", AFTER)).await;
        assert_eq!(issued(&house, "OLD").await, three(MPV, "null"));
        let lots = house.balance("OLD").await["lots"].clone();
        assert_eq!((&lots[0]["type"], &lots[0]["vatRate"].to_string()), (&json!(SPV), &"0.19".to_owned()), "the first sale stays what it was");
        house.assert_verified().await;
    }

    /// Offered and paid at 23:59, reported after midnight: what was sold stands on the bill, so it is what is credited.
    async fn a_report_after_midnight_credits_what_was_sold_before(engine: Engine) {
        let house = german(engine).await;
        at(&house, BEFORE);
        printed(&house, &["A", "B", "C"]).await;
        assert_eq!(on_sale(&house, 1, "A").await, pair(SPV, "0.19"));
        assert_eq!(on_sale(&house, 2, "B").await, pair(SPV, "0.19"));
        at(&house, AFTER);
        let kept = report(&house, &bought(1, "A", "2025-12-31T22:59:30Z")).await;
        assert_eq!(kept["flags"], json!([]), "{kept}");
        assert_eq!(issued(&house, "A").await, three(SPV, "0.19"));
        // paid after midnight by the old offer, as its bill says: booked so, and shown to people
        let kept = report(&house, &bought(2, "B", AFTER)).await;
        assert_eq!(kept["flags"], json!(["differs"]), "{kept}");
        assert!(kept["remarks"].to_string().contains("sold it as singlePurposePrepaidVoucher at 0.19"), "{kept}");
        assert_eq!(issued(&house, "B").await, three(SPV, "0.19"));
        // no offer is known: the day of the payment decides
        report(&house, &bought(91, "C", AFTER)).await;
        assert_eq!(issued(&house, "C").await, three(MPV, "null"));
        // the question is asked again after midnight: another answer
        printed(&house, &["D"]).await;
        assert_eq!(on_sale(&house, 3, "D").await, pair(MPV, "0"));
        house.assert_verified().await;
    }

    async fn the_back_office_issues_what_the_day_says(engine: Engine) {
        let house = german(engine).await;
        at(&house, AFTER);
        let vouchers = format!("{}/vouchers", house.partner_admin());
        let issue = async |code: &str, more: Value| {
            let mut body = json!({"code": code, "voucherProductId": "meal", "value": 50});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let answer = house.app.admin.post(&vouchers, &body).await.unwrap();
            answer["type"].as_str().unwrap().to_owned()
        };
        assert_eq!(issue("TODAY", json!({})).await, MPV);
        assert_eq!(issue("PAPER", json!({"soldOn": "2025-11-30"})).await, SPV);
        assert_eq!(issued(&house, "TODAY").await, three(MPV, "null"));
        assert_eq!(issued(&house, "PAPER").await, three(SPV, "0.19"));
        for (more, field) in [
            (json!({"soldOn": "2026-01-02"}), "soldOn"),
            (json!({"soldOn": "2023-12-31"}), "soldOn"),
            (json!({"soldOn": "yesterday"}), "soldOn"),
            (json!({"type": SPV}), "type"),
            (json!({"vatRate": 0.19}), "vatRate"),
            (json!({"productIds": ["p"]}), "productIds"),
            (json!({"voucherProductId": "none"}), "voucherProductId"),
            (json!({"voucherProductId": null}), "type"),
            (json!({"voucherProductId": null, "type": MPV, "soldOn": "2025-11-30"}), "soldOn"),
        ] {
            let rows = house.rows().await;
            let mut body = json!({"code": "X", "voucherProductId": "meal", "value": 50});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let answer = house.app.admin.send(Method::POST, &vouchers, Some(body.to_string().into())).await.unwrap();
            assert_eq!((answer.status, &answer.json["field"]), (400, &json!(field)), "{more}: {}", answer.text);
            assert_eq!(house.rows().await, rows, "{more}");
        }
        let twice = json!({"name": "Zum Stammgast", "currencyCode": "CZK", "pricePrecision": 2, "timeZone": "Europe/Berlin",
            "program": {"voucherProducts": [{"voucherProductId": "meal", "versions": [{"from": "2026-01-01", "type": SPV}]}]}});
        let answer = house.app.admin.send(Method::PUT, &house.partner_admin(), Some(twice.to_string().into())).await.unwrap();
        assert_eq!(answer.status, 400, "{}", answer.text);
        assert!(answer.text.contains("voucherProducts[0].versions[0].vatRate"), "{}", answer.text);
        house.assert_verified().await;
    }

    /// Its sale is taken back while a check holds some of it: what is held is of its class, so it is not sold as another.
    async fn what_a_check_holds_keeps_its_class(engine: Engine) {
        let house = german(engine).await;
        at(&house, BEFORE);
        printed(&house, &["HELD"]).await;
        on_sale(&house, 1, "HELD").await;
        report(&house, &bought(1, "HELD", BEFORE)).await;
        at(&house, AFTER);
        offered(&house, 2, "10", "0.19", "HELD").await;
        let mut back = bought(1, "HELD", BEFORE);
        back["billState"] = json!("cancelled");
        report(&house, &back).await;
        let answer = offered(&house, 3, "3", "0.19", "HELD").await;
        assert_eq!((&answer["benefitInputs"][0]["applicable"], &answer["balances"]), (&json!(false), &json!([])), "{answer}");
        // a register that sells it all the same is believed, and the balance stays what it was
        let kept = report(&house, &bought(92, "HELD", AFTER)).await;
        assert!(kept["remarks"].to_string().contains("stays it"), "{kept}");
        assert_eq!(issued(&house, "HELD").await, three(SPV, "0.19"));
        house.assert_verified().await;
    }

    /// A voucher that can be topped up again stays its class: it is not sold as another one.
    async fn an_issued_voucher_is_not_topped_up_as_something_else(engine: Engine) {
        let house = german(engine).await;
        at(&house, BEFORE);
        let voucher = json!({"code": "AGAIN", "voucherProductId": "meal", "value": 0, "status": "inactive",
            "settings": {"prepayment": {"value": 50, "reloadable": true}}});
        house.app.admin.post(&format!("{}/vouchers", house.partner_admin()), &voucher).await.unwrap();
        house.app.admin.post(&format!("{}/top-up-codes", house.partner_admin()), &json!({"code": "MORE", "balanceId": "AGAIN"})).await.unwrap();
        assert_eq!(on_sale(&house, 1, "MORE").await, pair(SPV, "0.19"));
        report(&house, &bought(1, "AGAIN", BEFORE)).await;
        assert_eq!(on_sale(&house, 2, "MORE").await, pair(SPV, "0.19"), "again on the same day");
        at(&house, AFTER);
        let answer = offered(&house, 3, "3", "0.19", "MORE").await;
        assert_eq!(answer["benefitInputs"][0]["reasonCode"], "TOP_UP_NOT_ALLOWED", "{answer}");
        assert_eq!(issued(&house, "AGAIN").await, three(SPV, "0.19"));
        house.assert_verified().await;
    }
}
