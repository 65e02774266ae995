//! Does setting something up again keep what nobody meant to change?

use crate::side::*;
use serde_json::{Value, json};

async fn reason(side: &Side, code: &str) -> Value {
    side.offer("o0", 9, 100, &[code]).await["benefitInputs"][0]["reasonCode"].clone()
}

async fn put(side: &Side, path: &str, body: Value) -> Answer {
    let answer = side.admin("PUT", MERCHANT, path, Some(body)).await;
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer
}

on_both_engines! {
    /// A changed promotion opens no blocked code and ends none that was made by itself.
    async fn codes_of_a_promotion_stay_what_they_are(side: Side) {
        let promotion = |codes: Value| {
            let mut body = json!({"definition": {"kind": {"percent": {"percent": 5}}, "scope": {"on": "order"}, "trigger": "code"}});
            if !codes.is_null() {
                body["codes"] = codes;
            }
            body
        };
        let all = json!(["PK-A", "PK-B", "PK-C", "PK-D"]);
        put(&side, "/promotions/pk", promotion(all.clone())).await;
        let by_itself = json!({"code": "PK-1", "kind": "promotion", "promotionId": "pk"});
        assert_eq!(side.admin("POST", MERCHANT, "/codes", Some(by_itself)).await.status, 201);
        for (code, status) in [("PK-A", "frozen"), ("PK-B", "used"), ("PK-C", "inactive")] {
            put(&side, &format!("/codes/{code}"), json!({"status": status})).await;
        }
        let standing = async || {
            let mut found = Vec::new();
            for code in ["PK-A", "PK-B", "PK-C", "PK-D", "PK-1"] {
                found.push(reason(&side, code).await);
            }
            json!(found)
        };
        let blocked = json!(["FROZEN", "ALREADY_USED", "INACTIVE", null, null]);
        assert_eq!(standing().await, blocked);
        for codes in [all.clone(), Value::Null, all.clone()] {
            put(&side, "/promotions/pk", promotion(codes.clone())).await;
            assert_eq!(standing().await, blocked, "{codes}");
        }
        // what is named no more ends; what is named again begins again, unless somebody stopped it
        put(&side, "/promotions/pk", promotion(json!([]))).await;
        assert_eq!(standing().await, json!(["FROZEN", "ALREADY_USED", "INACTIVE", "INACTIVE", null]));
        put(&side, "/promotions/pk", promotion(Value::Null)).await;
        assert_eq!(reason(&side, "PK-D").await, "INACTIVE");
        put(&side, "/promotions/pk", promotion(all)).await;
        assert_eq!(standing().await, blocked);
    }

    /// loyalty.md §3 V2, V6: what is sold as the goods themselves has a rate, and its value fits lines of that rate.
    async fn a_members_single_purpose_value_has_its_rate(side: Side) {
        let member = |id: &str, settings: Value| json!({"memberId": id, "cards": [id], "person": {"firstName": "Anna"},
            "balances": [{"balanceId": format!("{id}-lunch"), "type": "singlePurposePrepaidVoucher", "openingValue": 100,
                "settings": settings}]});
        let refused = side.admin("POST", MERCHANT, "/members", Some(member("m1", json!({})))).await;
        assert_eq!((refused.status.as_u16(), &refused.body["field"]), (400, &json!("balances[0].settings.vatRate")));
        let made = side.admin("POST", MERCHANT, "/members", Some(member("m2", json!({"vatRate": "0.12"})))).await;
        assert_eq!(made.status, 201, "{made:?}");
        let lot = side.view("/balances/m2-lunch").await["lots"][0].clone();
        assert_eq!(lot["vatRate"], json!(0.12), "{lot}");
        side.books_add_up().await;
    }

    /// loyalty.md §11 T4: what waits for its sale is worth nothing yet, or it would be sold twice.
    async fn an_inactive_voucher_has_no_value(side: Side) {
        let voucher = |value: i64| json!({"code": "W", "type": "multiPurposePrepaidVoucher", "value": value, "status": "inactive",
            "settings": {"prepayment": {"value": 500}}});
        let refused = side.admin("POST", MERCHANT, "/vouchers", Some(voucher(500))).await;
        assert_eq!((refused.status.as_u16(), &refused.body["field"]), (400, &json!("value")));
        assert_eq!(side.admin("POST", MERCHANT, "/vouchers", Some(voucher(0))).await.status, 201);
    }
}
