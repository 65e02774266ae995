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

    /// A voucher's validity is what its code says: later, earlier, and after it had ended.
    async fn a_vouchers_value_follows_its_code(side: Side) {
        let voucher = json!({"code": "V", "type": "multiPurposePrepaidVoucher", "value": 300, "validUntil": "2026-03-02T10:00:00Z"});
        assert_eq!(side.admin("POST", MERCHANT, "/vouchers", Some(voucher)).await.status, 201);
        let until = |text: &str| json!({"status": "active", "validUntil": text});
        side.offer("o1", 1, 100, &["V"]).await;
        side.report(&report("o1", "b1", "100", &[("V", 100, 0)])).await;
        put(&side, "/codes/V", until("2026-03-05T10:00:00Z")).await;
        side.clock.advance_seconds(3 * 86_400);
        assert_eq!(reason(&side, "V").await, Value::Null);
        let entries = side.view("/balances/V").await["entries"].clone();
        assert!(entries.to_string().contains("valid until 2026-03-05"), "the books say why: {entries}");
        side.books_add_up().await;
        // what comes back lives as long as the rest
        side.report(&with(report("o1", "b1", "100", &[("V", 100, 0)]), json!({"billState": "cancelled"}))).await;
        assert_eq!(side.posted("V").await, 300);

        // blocked and opened again without a word of its end: the value keeps its own
        put(&side, "/codes/V", json!({"status": "frozen"})).await;
        put(&side, "/codes/V", until("2026-03-06T10:00:00Z")).await;
        side.clock.advance_seconds(86_400 + 3_600);
        assert_eq!(reason(&side, "V").await, Value::Null);

        // earlier
        put(&side, "/codes/V", until("2026-03-05T12:00:00Z")).await;
        side.clock.advance_seconds(3_600);
        assert_eq!(reason(&side, "V").await, "EXPIRED");
        side.partner.sweep().await.unwrap();
        assert_eq!(side.state("V").await, (0, 0, 0));
        side.books_add_up().await;
        // and again, once it was booked as ended; twice is once
        for _ in 0..2 {
            put(&side, "/codes/V", until("2027-01-01T00:00:00Z")).await;
            assert_eq!(side.state("V").await, (300, 0, 300));
        }
        assert_eq!(reason(&side, "V").await, Value::Null);
        side.books_add_up().await;
    }

    /// A code of its own time on a voucher moves nothing of it; nor does a top-up with an end of its own.
    async fn another_code_of_a_voucher_ends_alone(side: Side) {
        side.voucher("V", 300).await;
        let second = json!({"code": "SECOND", "kind": "voucher", "balanceId": "V", "validUntil": "2026-03-02T10:00:00Z"});
        assert_eq!(side.admin("POST", MERCHANT, "/codes", Some(second)).await.status, 201);
        put(&side, "/codes/SECOND", json!({"status": "active", "validUntil": "2026-03-01T11:00:00Z"})).await;
        side.clock.advance_seconds(7_200);
        assert_eq!((reason(&side, "SECOND").await, reason(&side, "V").await), (json!("EXPIRED"), Value::Null));
        assert_eq!(side.view("/balances/V").await["entries"].as_array().unwrap().len(), 1);
    }

    /// What a PUT leaves out stays, what cannot change is refused, and the settings are shown.
    async fn settings_of_a_balance_change_one_by_one(side: Side) {
        let spv = json!({"code": "S", "type": "singlePurposePrepaidVoucher", "value": 100, "vatRate": "0.12", "productIds": ["p:1"],
            "settings": {"issuerId": "other-house", "posTitles": {"en": "Cake"}}});
        assert_eq!(side.admin("POST", MERCHANT, "/vouchers", Some(spv)).await.status, 201);
        side.member().await;
        let settings = async |id: &str| side.view(&format!("/balances/{id}")).await["settings"].clone();
        let shown = settings("S").await;
        assert_eq!((&shown["vatRate"], &shown["issuerId"], &shown["productIds"], &shown["posTitles"]),
            (&json!(0.12), &json!("other-house"), &json!(["p:1"]), &json!({"en": "Cake"})));

        put(&side, "/balances/points", json!({"settings": {"pointStep": 10}})).await;
        let shown = settings("points").await;
        assert_eq!((&shown["pointValue"], &shown["pointStep"]), (&json!(0.1), &json!(10)));
        put(&side, "/balances/points", json!({"settings": {"posTitles": {"en": "Stars"}}})).await;
        put(&side, "/balances/points", json!({"settings": {"pointValue": 0.2}})).await;
        let shown = settings("points").await;
        assert_eq!((&shown["pointValue"], &shown["pointStep"], &shown["posTitles"]), (&json!(0.2), &json!(10), &json!({"en": "Stars"})));

        // rates of what is sold from now on; what is on it keeps its own
        let rates = json!({"vatRate": "0.21", "vatRates": [{"from": "2026-06-01", "rate": 0.07}], "issuerId": "other-house"});
        let view = put(&side, "/balances/S", json!({"settings": rates})).await.body;
        assert_eq!((&view["settings"]["vatRate"], &view["settings"]["vatRates"][0]["rate"]), (&json!(0.21), &json!(0.07)));
        assert_eq!((&view["lots"][0]["vatRate"], &view["settings"]["productIds"]), (&json!(0.12), &json!(["p:1"])));
        assert_eq!(put(&side, "/balances/S", json!({"settings": {"vatRates": []}})).await.body["settings"]["vatRates"], json!([]));

        for (id, settings, field) in [
            ("S", json!({"issuerId": "somebody"}), "settings.issuerId"),
            ("points", json!({"issuerId": "somebody"}), "settings.issuerId"),
            ("points", json!({"stampCardId": "coffee"}), "settings.stampCardId"),
            ("points", json!({"vatRate": "0.12"}), "settings.vatRate"),
            ("S", json!({"vatRate": "12"}), "settings.vatRate"),
        ] {
            let answer = side.admin("PUT", MERCHANT, &format!("/balances/{id}"), Some(json!({"settings": settings}))).await;
            assert_eq!((answer.status.as_u16(), &answer.body["field"]), (400, &json!(field)), "{id} {settings}: {answer:?}");
        }
        side.books_add_up().await;
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
