//! `POST …/vouchers`: does an issued voucher pay what it is worth, and is its class fixed?

use super::{missing, refused, send};
use http::Method;
use serde_json::json;
use testkit::{House, assert_number};

const OFFER: &str = "/partner/loyalty/getBenefitOffer";

testkit::on_both_engines! {
    /// postPartnerVoucher: an MPV pays anything, an SPV its product; an inactive one waits for its sale.
    async fn an_issued_voucher_pays_at_the_register(engine: Engine) {
        let house = House::start(engine).await;
        let issue = async |body| send(&house, Method::POST, "/vouchers", Some(&body)).await;
        let (status, made) = issue(json!({"code": "GIFT-1", "type": "multiPurposePrepaidVoucher", "value": "120.50"})).await;
        assert_eq!((status, &made["code"], &made["type"]), (201, &json!("GIFT-1"), &json!("multiPurposePrepaidVoucher")), "{made}");
        let balance = house.balance(made["balanceId"].as_str().unwrap()).await;
        assert_number("value", "120.50", &balance["posted"]);
        assert_eq!((&balance["status"], &balance["memberId"]), (&json!("active"), &serde_json::Value::Null));
        let (status, cake) = issue(json!({"code": "CAKE-1", "balanceId": "cake", "type": "singlePurposePrepaidVoucher", "value": 60, "vatRate": "0.12", "productIds": ["p:cake"]})).await;
        assert_eq!((status, &cake["balanceId"]), (201, &json!("cake")), "{cake}");
        let (status, _) = issue(json!({"code": "LATER-1", "type": "multiPurposePrepaidVoucher", "value": 0, "status": "inactive"})).await;
        assert_eq!(status, 201);
        // code, what it pays of a line of 100.00 at 12 % that is no cake
        for (number, code, applicable) in [(1, "GIFT-1", true), (2, "CAKE-1", false), (3, "LATER-1", false)] {
            let mut question = crate::partner::offer_of(number, "100.00", code);
            question["deviceNumber"] = json!(number);
            let answer = house.partner().post(OFFER, &question).await.unwrap();
            assert_eq!(answer["benefitInputs"][0]["applicable"], json!(applicable), "{code}: {answer}");
        }
        house.assert_verified().await;
    }

    /// postPartnerVoucher: a code and a balance are taken once; what is wrong is named and nothing is issued.
    async fn what_is_wrong_is_named_and_taken_codes_are_refused(engine: Engine) {
        let house = House::start(engine).await;
        let voucher = json!({"code": "GIFT-1", "balanceId": "gift", "type": "multiPurposePrepaidVoucher", "value": 10});
        assert_eq!(send(&house, Method::POST, "/vouchers", Some(&voucher)).await.0, 201);
        let before = house.rows().await;
        for (member, value, names) in [("balanceId", "other", "code: GIFT-1"), ("code", "GIFT-2", "balanceId: gift")] {
            let mut again = voucher.clone();
            again[member] = json!(value);
            let (status, answer) = send(&house, Method::POST, "/vouchers", Some(&again)).await;
            assert!(status == 409 && answer["message"].as_str().unwrap().contains(names), "{answer}");
        }
        assert_eq!(house.rows().await, before);
        let changed = |member: &str, value: serde_json::Value| {
            let mut body = json!({"code": "NEW", "type": "multiPurposePrepaidVoucher", "value": 10});
            body[member] = value;
            body
        };
        refused(&house, &[
            (Method::POST, "/vouchers", changed("code", json!("")), "code"),
            (Method::POST, "/vouchers", changed("value", json!(-1)), "value"),
            (Method::POST, "/vouchers", changed("value", json!("0.001")), "value"),
            (Method::POST, "/vouchers", changed("type", json!("giftCard")), "type"),
            (Method::POST, "/vouchers", changed("validUntil", json!("tomorrow")), "validUntil"),
            (Method::POST, "/vouchers", changed("worth", json!(1)), "worth"),
        ]).await;
        let without_rate = changed("type", json!("singlePurposePrepaidVoucher"));
        refused(&house, &[(Method::POST, "/vouchers", without_rate, "vatRate")]).await;
        missing(&house, &[]).await;
    }
}
