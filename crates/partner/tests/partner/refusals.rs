//! Does what is refused say why, and change no row?

use crate::side::*;
use serde_json::{Value, json};

const PATH: &str = "/partner/loyalty/reportBenefitUsage";

on_both_engines! {
    async fn garbage_is_named_and_changes_nothing(side: Side) {
        side.voucher("V", 300).await;
        let bearer = format!("Bearer {}", side.loyalty);
        let good = report("o1", "b1", "200", &[("V", 120, 0)]);
        let without = |name: &str| {
            let mut body = good.clone();
            body.as_object_mut().unwrap().remove(name);
            body.to_string()
        };
        let long = good.to_string().replace("Guláš", &"x".repeat(1024 * 1024));
        for (authorization, body, status, field) in [
            (bearer.as_str(), String::new(), 400, None),
            (&bearer, "[]".to_owned(), 400, Some("loyaltyOfferId")),
            (&bearer, "{\"loyaltyOfferId\": ".to_owned(), 400, None),
            (&bearer, without("loyaltyOfferId"), 400, Some("loyaltyOfferId")),
            (&bearer, without("totalWithVat"), 400, Some("totalWithVat")),
            (&bearer, with(good.clone(), json!({"paidAt": "yesterday"})).to_string(), 400, Some("paidAt")),
            (&bearer, with(good.clone(), json!({"totalWithVat": "many"})).to_string(), 400, Some("totalWithVat")),
            (&bearer, with(good.clone(), json!({"totalWithVat": 1e13})).to_string(), 400, Some("totalWithVat")),
            (&bearer, with(good.clone(), json!({"billId": "a\u{0}"})).to_string(), 400, Some("billId")),
            (&bearer, with(good.clone(), json!({"billId": "x".repeat(201)})).to_string(), 400, Some("billId")),
            ("", good.to_string(), 401, None),
            ("Bearer stg_loyalty_0123456789abcdef_x", good.to_string(), 401, None),
            (&format!("Bearer {}", side.datasync), good.to_string(), 401, None),
            (&format!("Bearer {}x", side.loyalty), good.to_string(), 401, None),
            (&bearer, long, 413, None),
        ] {
            let answer = side.call("POST", PATH, authorization, Some(body)).await;
            assert_eq!(answer.status.as_u16(), status, "{answer:?}");
            assert_eq!(answer.body["field"].as_str(), field, "{answer:?}");
            assert!(!answer.body["message"].as_str().unwrap().is_empty());
        }
        assert_eq!(side.posted("V").await, 300);
        assert_eq!(side.view("/usages").await["data"], json!([]));
        assert_eq!(side.view("/quarantine").await["data"], json!([]));
        side.books_add_up().await;
    }

    /// An index takes no more, and an id that cannot be kept must not look like our own fault.
    async fn ids_that_no_index_takes_are_named(side: Side) {
        let long = long_id();
        let offer = json!({"loyaltyOfferId": "o1", "checkId": "c1", "deviceNumber": 1, "merchantId": "m", "placeId": "p",
            "currencyCode": "CZK", "pricePrecision": 2, "benefitInputs": [{"inputCode": long}], "balances": [],
            "itemsToPay": [{"checkItemId": "1", "amount": 1, "totalPriceWithVat": 100, "product": {"productId": "x"}}]});
        let refused = json!({"loyaltyOfferId": "o1", "placeId": "p", "checkId": "c1", "deviceNumber": 1, "errors": []});
        for (name, good, fields) in [
            ("getBenefitOffer", offer, &["loyaltyOfferId", "checkId", "placeId"][..]),
            ("reportOfferValidationError", refused, &["loyaltyOfferId", "checkId", "placeId"]),
            ("reportBenefitUsage", report("o1", "b1", "200", &[]),
                &["loyaltyOfferId", "billId", "placeId", "merchantId", "customerId", "loyaltyProviderId"]),
        ] {
            for field in fields {
                let body = with(good.clone(), json!({*field: long})).to_string();
                let (status, answer) = side.webhook(name, &side.loyalty, body).await;
                let answer: Value = serde_json::from_slice(&answer).unwrap();
                assert_eq!((status, &answer["field"]), (400, &json!(field)), "{name} {answer}");
            }
            // A code, a merchant or a name of any length is only looked for, never kept in an index.
            assert_eq!(side.webhook(name, &side.loyalty, good.to_string()).await.0, 200, "{name}");
        }
        let voucher = |code: &str, id: &str| json!({"code": code, "balanceId": id, "type": "multiPurposePrepaidVoucher", "value": 1});
        let member = json!({"memberId": long, "balances": []});
        let contact = |member: &str| json!({"memberId": "long", "balances": [], "person": {member: long}});
        for (method, path, body) in [
            ("POST", "/vouchers".to_owned(), voucher(&long, "b")),
            ("POST", "/vouchers".to_owned(), voucher("c", &long)),
            ("POST", "/members".to_owned(), member),
            ("POST", "/members".to_owned(), contact("email")),
            ("POST", "/members".to_owned(), contact("mobilePhone")),
            ("POST", "/top-up-codes".to_owned(), json!({"code": long})),
            ("POST", "/codes".to_owned(), json!({"code": long, "kind": "topUp"})),
            ("PUT", format!("/promotions/{long}"), json!({"definition": {}, "active": true, "codes": []})),
        ] {
            let answer = side.admin(method, MERCHANT, &path, Some(body)).await;
            assert_eq!(answer.status.as_u16(), 400, "{method} {path:.20} {answer:?}");
        }
        side.books_add_up().await;
    }

    async fn a_revoked_connection_is_refused_at_once(side: Side) {
        let bearer = format!("Bearer {}", side.loyalty);
        let body = report("o1", "b1", "200", &[]);
        side.report(&body).await;
        let prefix = &side.loyalty[..side.loyalty.len() - 44];
        let answer = side.admin("DELETE", MERCHANT, &format!("/credentials/{prefix}"), None).await;
        assert_eq!((answer.status.as_u16(), answer.body), (204, Value::Null));
        assert_eq!(side.call("POST", PATH, &bearer, Some(body.to_string())).await.status, 401);
        assert_eq!(side.admin("DELETE", MERCHANT, &format!("/credentials/{prefix}"), None).await.status, 404);
    }
}
