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
            (&bearer, "[]".to_owned(), 400, None),
            (&bearer, "{\"loyaltyOfferId\": ".to_owned(), 400, None),
            (&bearer, without("loyaltyOfferId"), 400, Some("loyaltyOfferId")),
            (&bearer, without("totalWithVat"), 400, Some("totalWithVat")),
            (&bearer, with(good.clone(), json!({"paidAt": "yesterday"})).to_string(), 400, Some("paidAt")),
            (&bearer, with(good.clone(), json!({"totalWithVat": "many"})).to_string(), 400, Some("totalWithVat")),
            (&bearer, with(good.clone(), json!({"totalWithVat": 1e13})).to_string(), 400, Some("totalWithVat")),
            (&bearer, with(good.clone(), json!({"billId": "a\u{0}"})).to_string(), 400, None),
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
