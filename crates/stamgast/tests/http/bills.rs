//! `/bills/{sourceId}`: how do applications see that a bill came back, and how do they give one back?

use crate::pos::scripted::{Till, payments, text};
use http::Method;
use serde_json::{Value, json};
use testkit::restaurant::{BEER, MAIN};

fn path(till: &Till, bill: &Value) -> String {
    format!("/bills/{}/{}", till.house.restaurant.source_id, text(&bill["billId"]))
}

testkit::on_both_engines! {
    async fn both_bills_are_listed_as_documented(engine: Engine) {
        let till = Till::start(engine).await;
        let bill = till.sell(&[(MAIN, 1), (BEER, 1)], None, &[("cash", "248")]).await;
        let register = till.house.register(1);
        till.house.app.clock.advance_seconds(60);
        let part = json!({"items": [{"checkItemId": bill["items"][1]["id"]}]});
        let corrective = register.post(&till.bill_path(&bill, "/refunds"), &part).await.unwrap();
        let platform = till.house.platform().await;
        let list = format!("/bills/{}", till.house.restaurant.source_id);
        let listed = |page: &Value| -> Vec<(Value, Value, Value, String)> {
            let bills = page["data"].as_array().unwrap();
            bills.iter().map(|bill| (bill["billId"].clone(), bill["refunded"].clone(),
                bill["refundedBillIdentifier"].clone(), text(&bill["finalPrice"]))).collect()
        };
        let of_part = (corrective["billId"].clone(), json!(false), bill["billId"].clone(), "-59".to_owned());
        let page = platform.get(&list).await.unwrap();
        assert_eq!(listed(&page), [of_part.clone(), (bill["billId"].clone(), json!(false), Value::Null, "248".to_owned())]);
        assert!(page["data"][0].get("items").is_none());
        // The original changed with its corrective bill, although it was paid a minute before.
        let changed = format!("{list}?modifiedSince={}", "2026-03-02T10:01:00Z");
        assert_eq!(platform.get(&changed).await.unwrap()["data"].as_array().unwrap().len(), 2);

        let rest = register.post(&till.bill_path(&bill, "/refunds"), &json!({})).await.unwrap();
        let refunded = platform.get(&format!("{list}?refunded=true")).await.unwrap();
        let gone = |bill: &Value, of: &Value, price: &str| (bill["billId"].clone(), json!(true), of.clone(), price.to_owned());
        assert_eq!(listed(&refunded), [gone(&rest, &bill["billId"], "-189"), gone(&corrective, &bill["billId"], "-59"),
            gone(&bill, &Value::Null, "248")]);
        let sum: i64 = [&bill, &corrective, &rest].iter().map(|bill| bill["finalPrice"].as_i64().unwrap()).sum();
        assert_eq!(sum, 0);
        let detail = platform.get(&path(&till, &rest)).await.unwrap();
        assert_eq!(detail, rest);
        assert_eq!((text(&detail["items"][0]["amount"]), text(&detail["finalPriceWithoutTax"])), ("-1".into(), "-168.75".into()));
        assert_eq!(detail["taxes"], json!([{"vat": "12", "totalVat": "-20.25", "totalWithoutVat": "-168.75"}]));
    }

    async fn an_application_gives_a_whole_bill_back_once(engine: Engine) {
        let till = Till::start(engine).await;
        let bill = till.sell(&[(MAIN, 2)], None, &[("cash", "100"), ("card", "278")]).await;
        let platform = till.house.platform().await;
        let path = format!("{}/refund", path(&till, &bill));
        let rows = till.kept().await;
        // body, the member at fault
        for (body, field) in [
            (json!({"isReopen": true}), "isReopen"),
            (json!({"fiscalData": "no"}), "fiscalData"),
            (json!({"fiscalData": [1]}), "fiscalData"),
        ] {
            let answer = platform.send(Method::POST, &path, Some(body.to_string().into_bytes())).await.unwrap();
            assert_eq!((answer.status, &answer.json["field"]), (400, &json!(field)), "{}", answer.text);
        }
        assert_eq!(till.kept().await, rows);
        let body = json!({"reasonId": 3, "fiscalData": {"fik": "f-1"}, "isReopen": false, "refundedBillIdentifier": "a register's own text"});
        let corrective = platform.post(&path, &body).await.unwrap();
        assert_eq!(corrective["refundedBillIdentifier"], bill["billId"]);
        assert_eq!(corrective["fiscalData"], json!({"fik": "f-1"}));
        assert_eq!(corrective["refundReason"], "3");
        assert_eq!(payments(&corrective), [("cash".into(), "-100".into()), ("card".into(), "-278".into())]);
        assert_eq!(corrective["items"][0]["amount"], json!(-2));
        assert_eq!(platform.post(&path, &json!({"fiscalData": []})).await.unwrap(), corrective, "a repeat");
        assert_eq!(till.bill(&bill).await["refunded"], true);
        let register = till.house.register(1);
        let answer = register.send(Method::POST, &till.bill_path(&bill, "/cancel"), Some(b"{}".to_vec())).await.unwrap();
        assert_eq!((answer.status, &answer.json["name"]), (409, &json!("NOTHING_LEFT")));
        let answer = till.house.app.anyone.send(Method::POST, &path, Some(b"{}".to_vec())).await.unwrap();
        assert_eq!(answer.status, 401);
    }
}
