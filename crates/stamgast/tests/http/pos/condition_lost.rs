//! A refund that leaves too little for a discount: do the till and the partner give back the same, and does it close?
//! (loyalty.md §6 C9)

use super::scripted::{Till, off, payments, text};
use super::taken_back::told;
use http::Method;
use serde_json::{Value, json};
use testkit::restaurant::{BEER, CARD, MAIN, MPV};
use testkit::{House, assert_number};

/// 20 % off everything from 400.00 on: at most 1000.00 in all.
async fn promotion(house: &House, condition_lost: &str) {
    let body = json!({"codes": ["BIG"], "definition": {"kind": {"percent": {"percent": 20}}, "scope": {"on": "order"},
        "trigger": "code", "conditions": {"minimumAmount": {"amount": 400}}, "conditionLost": condition_lost,
        "limits": [{"per": "campaign", "amount": 1000}, {"per": "code", "uses": 1}]}});
    house.app.admin.put(&format!("{}/promotions/big", house.partner_admin()), &body).await.unwrap();
}

/// 2 × 189.00 + 59.00 = 437.00, less 20 %: 349.60, of which the voucher pays 300.00 and cash the rest. Earns 34 points.
async fn sell(house: &House) -> Value {
    let register = house.register(1);
    let path = house.open_check(1, &[(MAIN, 2), (BEER, 1)], &[CARD, "BIG", MPV]).await;
    register.post(&format!("{path}/offer"), &json!({})).await.unwrap();
    let mut check = Value::Null;
    for balance in [&house.restaurant.credit_balance_id, &house.restaurant.points_balance_id] {
        let none = json!({"controllableValueToUse": 0});
        register.put(&format!("{path}/balances/{balance}"), &none).await.unwrap();
        check = register.post(&format!("{path}/offer"), &json!({})).await.unwrap();
    }
    assert_number("20 % off", "349.60", &check["totalWithVat"]);
    let cash = json!({"payments": [{"paymentMethod": "cash", "priceWithVat": check["toPay"]}]});
    register.post(&format!("{path}/pay"), &cash).await.unwrap()
}

async fn state(house: &House) -> [String; 3] {
    let limits =
        house.app.admin.get(&format!("{}/promotions/big/limits", house.partner_admin())).await.unwrap();
    let money =
        limits["data"].as_array().unwrap().iter().find(|one| one["unit"] == "amount").expect("a budget");
    let posted = async |id: &str| house.balance(id).await["posted"].to_string();
    [posted(MPV).await, posted(&house.restaurant.points_balance_id).await, money["used"].to_string()]
}

fn values(values: [&str; 3]) -> [String; 3] {
    values.map(str::to_owned)
}

async fn refund(house: &House, bill: &Value, items: Value, reports: usize) -> Value {
    let path =
        format!("/pos/{}/bills/{}/refunds", house.restaurant.source_id, bill["billId"].as_str().unwrap());
    let corrective = house.register(1).post(&path, &json!({"items": items})).await.unwrap();
    told(house, reports).await;
    house.assert_verified().await;
    let usages = house.usages().await;
    for usage in usages.iter().filter(|usage| usage["billId"] == bill["billId"]) {
        assert_eq!(usage["flags"], json!([]), "{usage}");
    }
    corrective
}

testkit::on_both_engines! {
    /// 349.60 were paid. The beer goes back: 378.00 are left, less than 400.00, so the two meals cost 378.00 and nothing
    /// is refunded; 28.40 are still to be taken. A meal goes back: 189.00 stay and were paid for with 349.60.
    async fn what_stays_costs_its_price_on_both_sides(engine: Engine) {
        let house = House::start(engine).await;
        promotion(&house, "reprice").await;
        let bill = sell(&house).await;
        told(&house, 1).await;
        assert_eq!(state(&house).await, values(["0", "534", "87.4"]));
        let item = |index: usize| bill["items"][index]["id"].clone();

        let beer = refund(&house, &bill, json!([{"checkItemId": item(1)}]), 2).await;
        assert_eq!((text(&beer["finalPrice"]), payments(&beer)), ("0".into(), vec![("cash".into(), "0".into())]));
        // 11.80 off the beer and, of the 75.60 off the meals, the 47.20 the beer was worth
        assert_eq!(state(&house).await, values(["0", "534", "28.4"]));
        let meals = &beer["items"][0];
        assert_eq!((text(&meals["amount"]), meals["discounts"][0]["value"].to_string()), ("0".into(), "-47.2".into()));
        assert_eq!(beer["taxSummaries"], json!({"12": "5.06", "21": "-8.19"}));

        let meal = refund(&house, &bill, json!([{"checkItemId": item(0), "amount": 1}]), 3).await;
        assert_number("349.60 less the meal that stays", "-160.60", &meal["finalPrice"]);
        // 300.00 of 349.60 were paid by the voucher
        assert_eq!(payments(&meal), [("voucher".into(), "-137.81".into()), ("cash".into(), "-22.79".into())]);
        // 189.00 stay and earn 18
        assert_eq!(state(&house).await, values(["137.81", "518", "0"]));

        let rest = refund(&house, &bill, json!([]), 4).await;
        assert_number("the meal at its price", "-189", &rest["finalPrice"]);
        assert_eq!(state(&house).await, values(["300", "500", "0"]));
        let register = house.register(1);
        let path = format!("/pos/{}/bills/{}/refunds", house.restaurant.source_id, bill["billId"].as_str().unwrap());
        let over = register.send(Method::POST, &path, Some(b"{}".to_vec())).await.unwrap();
        assert_eq!(over.json["name"], "NOTHING_LEFT");
    }

    async fn another_order_and_a_cancellation_end_in_the_same_place(engine: Engine) {
        let house = House::start(engine).await;
        promotion(&house, "reprice").await;
        let bill = sell(&house).await;
        let item = |index: usize| bill["items"][index]["id"].clone();
        let meal = refund(&house, &bill, json!([{"checkItemId": item(0), "amount": 1}]), 2).await;
        // 189.00 + 59.00 stay
        assert_number("349.60 less 248.00", "-101.60", &meal["finalPrice"]);
        assert_eq!(state(&house).await[1..], values(["", "524", "0"])[1..]);
        let path = format!("/pos/{}/bills/{}/cancel", house.restaurant.source_id, bill["billId"].as_str().unwrap());
        let rest = house.register(1).post(&path, &json!({})).await.unwrap();
        assert_number("both at their price", "-248", &rest["finalPrice"]);
        told(&house, 3).await;
        assert_eq!(state(&house).await, values(["300", "500", "0"]));
        house.assert_verified().await;
        // a use that went back whole can be had again
        promotion(&house, "keep").await;
        let bill = sell(&house).await;
        let beer = refund(&house, &bill, json!([{"checkItemId": bill["items"][1]["id"]}]), 5).await;
        assert_number("what stays keeps its discount", "-47.20", &beer["finalPrice"]);
    }

    /// Another partner's condition, by the numbers of the rules: the till knows it from the offer alone.
    async fn the_till_knows_from_the_offer(engine: Engine) {
        let till = Till::start(engine).await;
        let offer = |kept_while: Value| json!({
            "generalDiscounts": [{"generalDiscountId": "d", "isItemSpecific": true, "valueToUse": 50,
                "keptWhile": kept_while}],
            "itemBenefitsToApply": [off("$0", "d", 40.0), off("$1", "d", 10.0)],
        });
        let kept = json!({"minimumAmount": 200, "lines": [{"checkItemId": "$0", "value": 189}, {"checkItemId": "$1", "value": 59}]});
        let bill = till.sell(&[(MAIN, 1), (BEER, 1)], Some(offer(kept)), &[("cash", "198")]).await;
        let beer = json!({"items": [{"checkItemId": bill["items"][1]["id"]}]});
        let path = till.bill_path(&bill, "/refunds");
        let corrective = till.house.register(1).post(&path, &beer).await.unwrap();
        assert_number("49.00 less the 40.00 that the meal loses", "-9", &corrective["finalPrice"]);
        let reports = till.reports(2).await;
        assert_eq!(reports[0]["usedGeneralDiscounts"][0]["keptWhile"]["minimumAmount"], json!(200));
        let back = &reports[1];
        assert_eq!(back["usedGeneralDiscounts"], json!([{"generalDiscountId": "d", "usedValue": 50}]));
        let lines: Vec<[String; 3]> = back["paidItems"].as_array().unwrap().iter().map(|line| {
            ["amount", "totalPriceWithVat"].map(|member| text(&line[member]))
        }).zip(back["paidItems"].as_array().unwrap()).map(|([amount, total], line)| {
            [amount, total, text(&line["appliedBenefits"][0]["absoluteTotalValue"])]
        }).collect();
        assert_eq!(lines, [["0", "0", "40"], ["1", "59", "10"]].map(|line| line.map(str::to_owned)));

        // a condition that does not hold now, or is about other lines, breaks the offer
        for (kept, code) in [
            (json!({"minimumAmount": 300, "lines": [{"checkItemId": "$0", "value": 189}]}), "SUM_MISMATCH"),
            (json!({"minimumAmount": 1, "lines": [{"checkItemId": "x", "value": 5}]}), "UNKNOWN_CHECK_ITEM"),
            (json!({"minimumAmount": 0, "lines": []}), "NEGATIVE_VALUE"),
        ] {
            till.offers(offer(kept));
            let path = till.house.open_check(1, &[(MAIN, 1), (BEER, 1)], &["code"]).await;
            let answer = till.house.register(1).send(Method::POST, &format!("{path}/offer"), Some(b"{}".to_vec())).await.unwrap();
            assert_eq!(answer.status, 502, "{}", answer.text);
            assert_eq!(answer.json["errors"][0]["code"], code, "{}", answer.text);
        }
    }
}
