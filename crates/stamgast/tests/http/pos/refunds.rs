//! `/pos/{sourceId}/bills/{billId}/refunds` and `…/cancel`: does what was sold come back as it was sold, once?

use super::scripted::{Till, off, payments, text};
use http::Method;
use serde_json::{Value, json};
use testkit::restaurant::{BEER, COFFEE, MAIN};
use testkit::{assert_number, eventually};

/// Ten off three beers, an MPV pays 300.00: 2 × 189.00 + 3 × 59.00 − 10.00 = 545.00, 245.00 is left.
fn loyal() -> Value {
    json!({
        "customer": {"customerId": "member-7"},
        "generalDiscounts": [{"generalDiscountId": "beer", "isItemSpecific": true, "valueToUse": 10, "billTitle": "Pivo"}],
        "itemBenefitsToApply": [off("$1", "beer", 10.0)],
        "balances": [{"balanceId": "mpv", "type": "multiPurposePrepaidVoucher", "currentValue": 300,
            "nonControllableValueToUse": 300, "valueToUseInCurrency": 300}],
        "metadata": {"session": 7},
    })
}

async fn sold(till: &Till) -> Value {
    till.sell(&[(MAIN, 2), (BEER, 3)], Some(loyal()), &[("cash", "245")]).await
}

/// The ids of the bill's items.
fn ids(bill: &Value) -> Vec<Value> {
    bill["items"].as_array().unwrap().iter().map(|item| item["id"].clone()).collect()
}

/// What the report says by members that are decimals.
fn sums(report: &Value) -> [String; 2] {
    ["otherPaymentsValue", "totalWithVat"].map(|member| text(&report[member]))
}

testkit::on_both_engines! {
    async fn parts_come_back_until_nothing_is_left(engine: Engine) {
        let till = Till::start(engine).await;
        let bill = sold(&till).await;
        let [main, beer] = [&ids(&bill)[0], &ids(&bill)[1]];
        let register = till.house.register(1);
        let path = till.bill_path(&bill, "/refunds");

        // One beer: 59.00 − 3.34, of which the voucher gets 300/545.
        let first = register.post(&path, &json!({"items": [{"checkItemId": beer, "amount": 1}], "reason": "warm"})).await.unwrap();
        assert_eq!(first["refundedBillIdentifier"], bill["billId"]);
        assert_eq!((text(&first["finalPrice"]), &first["refunded"]), ("-55.66".into(), &json!(false)));
        assert_eq!(payments(&first), [("voucher".into(), "-30.64".into()), ("cash".into(), "-25.02".into())]);
        assert_eq!(first["paymentMethod"], "split");
        assert_eq!(first["taxSummaries"], json!({"21": "-9.66"}));
        let item = &first["items"][0];
        assert_eq!((text(&item["amount"]), text(&item["price"]), &item["id"]), ("-1".into(), "59".into(), beer));
        assert_eq!(item["discounts"][0]["value"].to_string(), "-3.34");
        assert_eq!(first["refundReason"], "warm");
        assert_eq!(till.bill(&bill).await["refunded"], false, "most of it is still sold");

        // A main course; the call came twice.
        let call = json!({"items": [{"itemId": main, "amount": 1}], "requestId": "r-1"});
        let second = register.post(&path, &call).await.unwrap();
        assert_eq!(text(&second["finalPrice"]), "-189");
        assert_eq!(payments(&second), [("voucher".into(), "-104.04".into()), ("cash".into(), "-84.96".into())]);
        let rows = till.kept().await;
        assert_eq!(register.post(&path, &call).await.unwrap(), second);
        assert_eq!(till.kept().await, rows, "the same call is carried out once");
        let other = json!({"items": [{"itemId": main}], "requestId": "r-1"}).to_string();
        let answer = register.send(Method::POST, &path, Some(other.into_bytes())).await.unwrap();
        assert_eq!((answer.status, &answer.json["name"]), (409, &json!("REQUEST_ID_USED")), "{}", answer.text);

        // The rest, on another register.
        let last = till.house.register(2).post(&path, &json!({})).await.unwrap();
        assert_eq!(text(&last["finalPrice"]), "-300.34");
        assert_eq!(payments(&last), [("voucher".into(), "-165.32".into()), ("cash".into(), "-135.02".into())]);
        let original = till.bill(&bill).await;
        assert_eq!((&original["refunded"], &original["finalPrice"]), (&json!(true), &json!(545)));
        let over = register.send(Method::POST, &path, Some(b"{}".to_vec())).await.unwrap();
        assert_eq!((over.status, &over.json["name"]), (409, &json!("NOTHING_LEFT")));

        let reports = till.reports(4).await;
        assert_eq!(reports.len(), 4);
        let paid = &reports[0];
        let expected = [
            (&first, 1, ["25.02", "55.66"], "30.64", 1),
            (&second, 2, ["84.96", "189"], "104.04", 1),
            (&last, 3, ["135.02", "300.34"], "165.32", 2),
        ];
        for (report, (corrective, number, other_and_total, balance, lines)) in reports[1..].iter().zip(expected) {
            assert_eq!((&report["billState"], &report["billId"]), (&json!("refunded"), &bill["billId"]));
            assert_eq!((&report["refundNumber"], &report["correctiveBillId"]), (&json!(number), &corrective["billId"]));
            assert_eq!(sums(report), other_and_total);
            assert_eq!(text(&report["paymentsByBalances"][0]["valueInCurrency"]), balance);
            assert_eq!(report["paymentsByBalances"][0]["balanceId"], "mpv");
            assert_eq!(report["paidItems"].as_array().unwrap().len(), lines);
            for member in ["loyaltyOfferId", "loyaltyProviderId", "customerId", "metadata", "benefitInputs", "paidAt"] {
                assert_eq!(report[member], paid[member], "{member}");
            }
        }
        let back = &reports[1]["paidItems"][0];
        assert_eq!((text(&back["amount"]), text(&back["totalPriceWithVat"])), ("1".into(), "59".into()));
        assert_eq!(text(&back["appliedBenefits"][0]["absoluteTotalValue"]), "3.34");
        assert_eq!((&back["originalCheckItemId"], &back["product"]), (beer, &paid["paidItems"][1]["product"]));
        assert_eq!(reports[3]["deviceNumber"], 2, "the register that gave it back");
    }

    async fn more_than_is_left_is_refused_and_changes_nothing(engine: Engine) {
        let till = Till::start(engine).await;
        let bill = sold(&till).await;
        let beer = &ids(&bill)[1];
        let register = till.house.register(1);
        let path = till.bill_path(&bill, "/refunds");
        let corrective =
            register.post(&path, &json!({"items": [{"checkItemId": beer, "amount": 2}]})).await.unwrap();
        till.reports(2).await;
        let (rows, before) = (till.kept().await, till.bill(&bill).await);
        let items = |items: Value| json!({"items": items});
        // body, status, code or field
        for (body, status, named) in [
            (items(json!([{"checkItemId": beer, "amount": 2}])), 409, "OVER_REFUND"),
            (items(json!([{"checkItemId": "none", "amount": 1}])), 400, "items[0].checkItemId"),
            (items(json!([{"checkItemId": beer, "amount": 0}])), 400, "items[0].amount"),
            (items(json!([{"checkItemId": beer, "amount": -1}])), 400, "items[0].amount"),
            (items(json!([{"checkItemId": beer}, {"checkItemId": beer}])), 400, "items[1].checkItemId"),
            (json!({"tender": "creditOnly"}), 409, "BALANCES_PAID_LESS"),
            (json!({"payments": [{"paymentMethod": "cash", "priceWithVat": 1}]}), 400, "payments"),
            (json!({"payments": [{"paymentMethod": "cash", "priceWithVat": -195}]}), 400, "payments[0].priceWithVat"),
            (json!({"requestId": ""}), 400, "requestId"),
        ] {
            let answer = register.send(Method::POST, &path, Some(body.to_string().into_bytes())).await.unwrap();
            assert_eq!(answer.status, status, "{body}: {}", answer.text);
            assert!([&answer.json["name"], &answer.json["field"]].contains(&&json!(named)), "{body}: {}", answer.text);
        }
        let over = items(json!([{"checkItemId": beer, "amount": 2}])).to_string();
        let answer = register.send(Method::POST, &path, Some(over.into_bytes())).await.unwrap();
        assert_eq!((answer.json["left"].to_string(), answer.json["found"].to_string()), ("1".into(), "2".into()));
        for (bill, status) in [(&corrective, 409), (&json!({"billId": "QX2026999999"}), 404)] {
            let answer = register.send(Method::POST, &till.bill_path(bill, "/refunds"), Some(b"{}".to_vec())).await.unwrap();
            assert_eq!(answer.status, status, "{}", answer.text);
        }
        assert_eq!((till.kept().await, till.bill(&bill).await), (rows, before));
    }

    async fn two_registers_give_the_same_beers_back_once(engine: Engine) {
        let till = Till::start(engine).await;
        let bill = sold(&till).await;
        let path = till.bill_path(&bill, "/refunds");
        let body = json!({"items": [{"checkItemId": ids(&bill)[1], "amount": 2}]}).to_string().into_bytes();
        let (register, other) = (till.house.register(1), till.house.register(2));
        let (one, two) = tokio::join!(
            register.send(Method::POST, &path, Some(body.clone())),
            other.send(Method::POST, &path, Some(body.clone())),
        );
        let mut statuses = [one.unwrap().status, two.unwrap().status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
        assert_eq!(till.kept().await["platform_bill_refund"], 1);
        assert_eq!(till.kept().await["platform_bill"], 2);
    }

    async fn one_call_that_arrives_twice_at_once_makes_one_bill(engine: Engine) {
        let till = Till::start(engine).await;
        let bill = sold(&till).await;
        let path = till.bill_path(&bill, "/refunds");
        let body = json!({"items": [{"checkItemId": ids(&bill)[1], "amount": 2}], "requestId": "r-7"});
        let register = till.house.register(1);
        let (one, two) = tokio::join!(register.post(&path, &body), register.post(&path, &body));
        assert_eq!(one.unwrap(), two.unwrap());
        assert_eq!(till.kept().await["platform_bill_refund"], 1);
        // The number of the bill that was not made is the next one's.
        let next = till.sell(&[(BEER, 1)], None, &[("cash", "59")]).await;
        assert!(text(&next["billId"]).ends_with("000003"), "{next}");
    }

    async fn the_money_goes_where_the_cashier_says(engine: Engine) {
        let till = Till::start(engine).await;
        let register = till.house.register(1);
        // tender, payments, what the corrective bill of one beer shows
        let beer = |bill: &Value| json!([{"checkItemId": ids(bill)[1], "amount": 1}]);
        for (tender, asked, expected) in [
            ("creditOnly", Value::Null, vec![("voucher", "-55.66")]),
            ("moneyFirst", Value::Null, vec![("cash", "-55.66")]),
            ("moneyFirst", json!([{"paymentMethod": "bank", "priceWithVat": "55.66"}]), vec![("bank", "-55.66")]),
            ("proRata", json!([{"paymentMethod": "bank", "priceWithVat": 25.02}]), vec![("voucher", "-30.64"), ("bank", "-25.02")]),
        ] {
            let bill = sold(&till).await;
            let body = json!({"items": beer(&bill), "tender": tender, "payments": asked});
            let corrective = register.post(&till.bill_path(&bill, "/refunds"), &body).await.unwrap();
            let expected: Vec<_> = expected.into_iter().map(|(method, value)| (method.to_owned(), value.to_owned())).collect();
            assert_eq!(payments(&corrective), expected, "{tender} {asked}");
            let report = eventually("the report", async || {
                till.reports(1).await.into_iter().find(|report| report["correctiveBillId"] == corrective["billId"])
            }).await;
            assert_eq!(report["paymentsByBalances"].as_array().unwrap().len(), 1, "said even where it is nothing: {report}");
            // Whatever went before, the rest closes both.
            let rest = register.post(&till.bill_path(&bill, "/cancel"), &json!({})).await.unwrap();
            assert_number("the rest", "-489.34", &rest["finalPrice"]);
        }
    }

    async fn a_top_up_is_paid_by_money_and_taken_back_whole(engine: Engine) {
        let till = Till::start(engine).await;
        let top_up = json!({"balances": [{"balanceId": "credit", "type": "prepaidCredit", "posTitle": "Kredit",
            "prepayment": {"value": 500, "isValueEditable": true, "minValue": 100, "maxValue": 5000,
                "presetValues": [200, 500, 1000], "vatRate": 0.21}}]});
        till.offers(top_up.clone());
        let path = till.house.open_check(1, &[(COFFEE, 1)], &["code"]).await;
        let check = till.house.register(1).post(&format!("{path}/offer"), &json!({})).await.unwrap();
        assert_eq!(check["offer"]["balances"][0]["prepayment"], json!({"value": 500, "isValueEditable": true,
            "minValue": 100, "maxValue": 5000, "presetValues": [200, 500, 1000], "posTitle": "Kredit"}));
        let bill = till.sell(&[(COFFEE, 1)], Some(top_up), &[("card", "555")]).await;
        assert_eq!(bill["taxSummaries"], json!({"0": "0", "12": "5.89"}));
        let cancel = till.bill_path(&bill, "/cancel");
        let corrective = till.house.register(1).post(&cancel, &json!({"reason": "mistake"})).await.unwrap();
        assert_eq!(text(&corrective["finalPrice"]), "-555");
        assert_eq!(payments(&corrective), [("card".into(), "-555".into())]);
        assert_eq!(corrective["taxSummaries"], json!({"0": "0", "12": "-5.89"}));
        let rows = till.kept().await;
        assert_eq!(till.house.register(2).post(&cancel, &json!({"reason": "again"})).await.unwrap(), corrective);
        assert_eq!(till.kept().await["platform_bill"], rows["platform_bill"]);
        let reports = till.reports(2).await;
        assert_eq!(reports[0]["usedBalances"][0]["prepaidValue"], json!(500));
        let back = &reports[1];
        assert_eq!((&back["billState"], &back["correctiveBillId"]), (&json!("cancelled"), &corrective["billId"]));
        assert_eq!(back["refundNumber"], Value::Null);
        assert_eq!(back["usedBalances"], reports[0]["usedBalances"]);
        assert_eq!(back["paidItems"][1]["totalPriceWithVat"], json!(500));
        assert_eq!(sums(back), ["555", "555"]);
    }

    async fn a_voucher_of_one_purpose_is_sold_with_its_vat(engine: Engine) {
        let till = Till::start(engine).await;
        let spv = json!({"balances": [{"balanceId": "spv", "type": "singlePurposePrepaidVoucher",
            "prepayment": {"value": 500, "vatRate": 0.12}}]});
        let bill = till.sell(&[(BEER, 1)], Some(spv), &[("cash", "559")]).await;
        assert_eq!(bill["taxSummaries"], json!({"12": "53.57", "21": "10.24"}));
        let item = &ids(&bill)[1];
        let body = json!({"items": [{"checkItemId": item}]});
        let corrective = till.house.register(1).post(&till.bill_path(&bill, "/refunds"), &body).await.unwrap();
        assert_eq!(corrective["taxSummaries"], json!({"12": "-53.57"}));
        let back = &till.reports(2).await[1];
        assert_eq!(back["usedBalances"], json!([{"balanceId": "spv", "usedNonControllableValue": 0,
            "usedControllableValue": 0, "prepaidValue": 500}]));
    }

    /// protocol.md §10.10: the provider books the credit by itself, the till closes the bill by the merchant's own method.
    async fn cups_come_back(engine: Engine) {
        let till = Till::start(engine).await;
        let returned = json!({"posMessages": ["55.00 credited"], "billMessages": ["Kredit +55,00"]});
        let bill = till.sell(&[(COFFEE, -1)], Some(returned), &[("Recharge Credit", "-55")]).await;
        assert_eq!((&bill["finalPrice"], &bill["paymentMethod"]), (&json!(-55), &json!("Recharge Credit")));
        assert_eq!(bill["billMessages"], json!(["Kredit +55,00"]));
        // With a purchase, credit pays the sum; with one of the same price nothing is left to pay.
        let credit = json!({"balances": [{"balanceId": "credit", "type": "prepaidCredit", "currentValue": 900,
            "controllableValueToUse": 134, "valueToUseInCurrency": 134}]});
        let both = till.sell(&[(MAIN, 1), (COFFEE, -1)], Some(credit), &[]).await;
        assert_eq!((&both["finalPrice"], &both["paymentMethod"]), (&json!(134), &json!("prepaidCredit")));
        let zero = till.sell(&[(COFFEE, 1), (COFFEE, -1)], Some(json!({})), &[]).await;
        assert_eq!((&zero["finalPrice"], &zero["payments"]), (&json!(0), &json!([{"paymentMethod": "loyalty", "priceWithVat": "0"}])));

        let reports = till.reports(3).await;
        let cup = &reports[0]["paidItems"][0];
        assert_eq!((text(&cup["amount"]), text(&cup["totalPriceWithVat"])), ("-1".into(), "-55".into()));
        assert_eq!(sums(&reports[0]), ["-55", "-55"]);
        assert_eq!(sums(&reports[1]), ["0", "134"]);
        assert_eq!(sums(&reports[2]), ["0", "0"]);
        // Taking the return back charges the guest again.
        let corrective = till.house.register(1).post(&till.bill_path(&bill, "/cancel"), &json!({})).await.unwrap();
        assert_eq!(payments(&corrective), [("Recharge Credit".into(), "55".into())]);
        let back = &till.reports(4).await[3];
        assert_eq!((sums(back), text(&back["paidItems"][0]["totalPriceWithVat"])), (["-55".into(), "-55".into()], "-55".into()));
    }

    async fn a_bill_without_loyalty_comes_back_without_a_report(engine: Engine) {
        let till = Till::start(engine).await;
        let bill = till.sell(&[(BEER, 2)], None, &[("cash", "18"), ("card", "100")]).await;
        let corrective = till.house.register(1).post(&till.bill_path(&bill, "/cancel"), &json!({})).await.unwrap();
        assert_eq!(payments(&corrective), [("cash".into(), "-18".into()), ("card".into(), "-100".into())]);
        assert_eq!(till.kept().await["platform_benefit_usage"], 0);
    }

    /// `<id>:bonus` is money that lowers prices: a balance of points in the currency, with decimals.
    async fn bonus_money_is_a_discount_with_decimals(engine: Engine) {
        let till = Till::start(engine).await;
        let bonus = json!({
            "balances": [
                {"balanceId": "credit:bonus", "type": "collectablePoints", "unit": "CZK", "currentValue": 12.35,
                    "controllableValueToUse": 12.35, "maxControllableValue": 12.35, "valueToUseInCurrency": 12.35},
                {"balanceId": "credit", "type": "prepaidCredit", "currentValue": 100, "controllableValueToUse": 46.65,
                    "valueToUseInCurrency": 46.65}],
            "itemBenefitsToApply": [{"checkItemId": "$0", "benefits": [{"sourceType": "balance",
                "appliedFromGeneralDiscountId": null, "appliedFromBalanceId": "credit:bonus", "absoluteTotalValue": 12.35}]}]});
        let bill = till.sell(&[(BEER, 1)], Some(bonus), &[]).await;
        assert_eq!((text(&bill["finalPrice"]), text(&bill["taxSummaries"]["21"])), ("46.65".into(), "8.1".into()));
        let report = &till.reports(1).await[0];
        assert_eq!(text(&report["usedBalances"][0]["usedControllableValue"]), "12.35");
        assert_eq!(text(&report["paidItems"][0]["appliedBenefits"][0]["absoluteTotalValue"]), "12.35");
        assert_eq!(report["paymentsByBalances"].as_array().unwrap().len(), 1);
    }

    async fn refunds_are_pulled_and_acknowledged_as_payments_are(engine: Engine) {
        let till = Till::start(engine).await;
        let bill = sold(&till).await;
        let register = till.house.register(1);
        let beer = json!({"items": [{"checkItemId": ids(&bill)[1], "amount": 1}]});
        register.post(&till.bill_path(&bill, "/refunds"), &beer).await.unwrap();
        register.post(&till.bill_path(&bill, "/cancel"), &json!({})).await.unwrap();
        let platform = till.house.platform().await;
        let path = format!("/loyalty/{}/benefitUsages", till.house.restaurant.source_id);
        let usages = platform.get(&path).await.unwrap()["data"].as_array().unwrap().clone();
        let states: Vec<_> = usages.iter().map(|usage| text(&usage["payload"]["billState"])).collect();
        assert_eq!(states, ["paid", "refunded", "cancelled"]);
        let marked: Vec<_> = usages.iter().map(|usage| usage["benefitUsageId"].clone()).collect();
        let answer = platform.post(&format!("{path}/synchronized"), &json!({"benefitUsageIds": marked})).await.unwrap();
        assert_eq!(answer["synchronized"].as_array().unwrap().len(), 3);
        let open = platform.get(&format!("{path}?synchronized=false")).await.unwrap();
        assert_eq!(open["data"], json!([]));
    }
}
