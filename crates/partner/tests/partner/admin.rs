//! Can the partner be set up twice over, and does it say what it does not take?

use crate::side::*;
use serde_json::{Value, json};

fn promotion(codes: Value) -> Value {
    json!({
        "definition": {"kind": {"percent": {"percent": 10}}, "scope": {"on": "order"}, "trigger": "code"},
        "codes": codes
    })
}

on_both_engines! {
    async fn puts_may_be_repeated_and_posts_of_a_taken_code_are_409(side: Side) {
        side.merchant(MERCHANT).await;
        for _ in 0..2 {
            let answer = side.admin("PUT", MERCHANT, "/promotions/ten", Some(promotion(json!(["discount_10"])))).await;
            assert_eq!(answer.status, 200, "{answer:?}");
        }
        side.voucher("V", 300).await;
        side.member().await;
        let taken = |path: &'static str, body: Value| (path, body);
        for (path, body) in [
            taken("/vouchers", json!({"code": "V", "type": "multiPurposePrepaidVoucher", "value": 1})),
            taken("/vouchers", json!({"code": "W", "balanceId": "credit", "type": "prepaidCredit", "value": 1})),
            taken("/members", json!({"memberId": "anna"})),
            taken("/members", json!({"cards": ["V"]})),
            taken("/members", json!({"cards": ["card-2"], "balances": [{"balanceId": "V", "type": "prepaidCredit"}]})),
        ] {
            let answer = side.admin("POST", MERCHANT, path, Some(body)).await;
            assert_eq!(answer.status, 409, "{path} {answer:?}");
        }
        let answer = side.admin("PUT", MERCHANT, "/promotions/other", Some(promotion(json!(["V"])))).await;
        assert_eq!(answer.status, 409, "{answer:?}");
        // what was refused left nothing: the code is still free
        side.voucher("card-2", 5).await;
        assert_eq!(side.posted("V").await, 300);
        side.books_add_up().await;
    }

    async fn what_cannot_be_is_named(side: Side) {
        let whole = json!({"name": "x", "currencyCode": "CZK", "pricePrecision": 2, "timeZone": "Europe/Prague"});
        for (method, path, body, field) in [
            ("PUT", "", with(whole.clone(), json!({"currencyCode": "czk"})), "currencyCode"),
            ("PUT", "", with(whole.clone(), json!({"pricePrecision": 4})), "pricePrecision"),
            ("PUT", "", with(whole.clone(), json!({"timeZone": "Mars"})), "timeZone"),
            ("PUT", "", with(whole.clone(), json!({"holdTtlSeconds": 60})), "holdTtlSeconds"),
            ("PUT", "", with(whole.clone(), json!({"program": {"earn": {"points": 1, "perAmount": 0}}})), "program.earn.perAmount"),
            ("POST", "/vouchers", json!({"code": "", "type": "prepaidCredit", "value": 1}), "code"),
            ("POST", "/vouchers", json!({"code": "a", "type": "prepaidCredit", "value": 1.005}), "value"),
            ("POST", "/vouchers", json!({"code": "a", "type": "collectablePoints", "value": 1.5}), "value"),
            ("POST", "/vouchers", json!({"code": "a", "type": "prepaidCredit", "value": -1}), "value"),
            ("POST", "/vouchers", json!({"code": "a", "type": "singlePurposePrepaidVoucher", "value": 1}), "vatRate"),
            ("POST", "/vouchers", json!({"code": "a", "type": "prepaidCredit", "value": 1, "validUntil": "soon"}), "validUntil"),
            ("POST", "/members", json!({"cards": ["a\u{7}"]}), "cards[0]"),
            ("POST", "/members", json!({"person": {"birthDate": "1.1.1990"}}), "person.birthDate"),
            ("PUT", "/promotions/p", json!({"definition": {"kind": "free"}}), "definition.kind"),
            ("POST", "/customers-clients", json!({"name": "a", "timeZone": "Mars"}), "timeZone"),
        ] {
            let answer = side.admin(method, MERCHANT, path, Some(body)).await;
            assert_eq!(answer.status, 400, "{path} {field} {answer:?}");
            assert_eq!(answer.body["field"], field, "{answer:?}");
        }
        let unknown = side.admin("PUT", MERCHANT, "", Some(with(whole.clone(), json!({"colour": "red"})))).await;
        assert_eq!(unknown.status, 400);
        assert!(unknown.body["message"].as_str().unwrap().contains("colour"), "{unknown:?}");
        let changed = side.admin("PUT", MERCHANT, "", Some(with(whole, json!({"currencyCode": "EUR"})))).await;
        assert_eq!(changed.status, 409, "{changed:?}");
    }

    async fn a_foreign_or_unknown_id_is_404_and_a_wrong_token_401(side: Side) {
        side.voucher("V", 300).await;
        side.merchant("other").await;
        for (merchant, path) in [
            ("other", "/balances/V"), (MERCHANT, "/balances/W"), ("nobody", "/balances/V"), ("nobody", ""),
            (MERCHANT, "/offers/none"), ("nobody", "/usages"),
        ] {
            assert_eq!(side.admin("GET", merchant, path, None).await.status, 404, "{merchant}{path}");
        }
        for path in ["/members", "/vouchers", "/connections"] {
            let body = match path {
                "/vouchers" => json!({"code": "a", "type": "prepaidCredit", "value": 1}),
                "/members" => json!({}),
                _ => json!({"name": "a"}),
            };
            assert_eq!(side.admin("POST", "nobody", path, Some(body)).await.status, 404, "{path}");
        }
        let path = format!("/admin/v1/partner/merchants/{MERCHANT}/balances/V");
        assert_eq!(side.call("GET", &path, &format!("Bearer {}", side.loyalty), None).await.status, 401);
    }

    async fn usages_go_on_page_by_page(side: Side) {
        for number in 0..101 {
            side.report(&report(&format!("o{number:03}"), "b", "1", &[])).await;
        }
        let first = side.view("/usages").await;
        assert_eq!(first["data"].as_array().unwrap().len(), 100);
        let next = first["nextPage"].as_str().unwrap();
        let rest = side.call("GET", next, &format!("Bearer {}", side.admin), None).await.body;
        assert_eq!(rest["data"].as_array().unwrap().len(), 1);
        assert_eq!(rest["data"][0]["loyaltyOfferId"], "o100");
        assert_eq!(rest["nextPage"], Value::Null);
        side.books_add_up().await;
    }
}
