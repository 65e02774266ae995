//! Does the customers feed look as the document shows, and say so when it does not understand?

use crate::side::*;
use serde_json::{Value, json};

on_both_engines! {
    async fn a_customer_has_every_documented_member(side: Side) {
        let number = side.member().await;
        let customer = side.customer(number).await;
        let expected = json!({
            "id": number, "first_name": "Anna", "last_name": "Nová", "mobile_phone": null, "email": null,
            "points": 100, "allow_sms": true, "allow_email": null, "city": null, "state": null, "country": "CZ",
            "address": null, "zip": null, "birth_date": null, "store_id": null, "total_orders": 0,
            "total_sales": 0, "date_first_order": null, "date_last_order": null, "last_order_value": null,
            "categories": []
        });
        assert_eq!(customer, expected);
    }

    async fn basic_and_bearer_open_it_and_a_refusal_says_how(side: Side) {
        let number = side.member().await;
        let path = format!("/api/v1/customer/{number}");
        let basic = door::credentials::basic_header("anybody", &side.customers);
        assert_eq!(side.call("GET", &path, &basic, None).await.status, 200);
        for authorization in ["", "Bearer nobody", &format!("Bearer {}", side.loyalty)] {
            let answer = side.call("GET", &path, authorization, None).await;
            assert_eq!(answer.status, 401, "{authorization}");
            assert!(answer.headers.get_all("www-authenticate").iter().any(|one| one.to_str().unwrap().starts_with("Basic")));
            assert!(answer.body["error"].is_string(), "{answer:?}");
        }
        for id in ["244988", "abc"] {
            let path = format!("/api/v1/customer/{id}");
            let answer = side.call("GET", &path, &basic, None).await;
            assert_eq!(answer.status, 404);
            assert_eq!(answer.body, json!({"error": format!("No customer found for id {id}")}));
        }
    }

    async fn pages_have_the_documented_form_and_go_on_by_cursor(side: Side) {
        for number in 0..5 {
            let body = json!({"memberId": format!("m{number}"), "person": {"firstName": format!("G{number}")}});
            assert_eq!(side.admin("POST", MERCHANT, "/members", Some(body)).await.status, 201);
        }
        let bearer = format!("Bearer {}", side.customers);
        let get = async |query: &str| side.call("GET", &format!("/api/v1/customers{query}"), &bearer, None).await.body;
        let whole = get("").await;
        assert_eq!((&whole["count"], &whole["start"], &whole["limit"]), (&json!(5), &json!("0"), &json!("25")));
        assert_eq!(whole["next"], Value::Null);
        let ids = |page: &Value| -> Vec<i64> {
            page["records"].as_array().unwrap().iter().map(|one| one["id"].as_i64().unwrap()).collect()
        };
        assert_eq!(ids(&whole), [1, 2, 3, 4, 5]);
        let offset = get("?start=3&limit=1").await;
        assert_eq!((ids(&offset), &offset["start"], &offset["limit"]), (vec![4], &json!("3"), &json!("1")));
        let (mut seen, mut query) = (Vec::new(), "?limit=2".to_owned());
        loop {
            let page = get(&query).await;
            assert_eq!(page["count"], 5);
            seen.extend(ids(&page));
            let Some(next) = page["next"].as_str() else { break };
            query = format!("?limit=2&next={next}");
        }
        assert_eq!(seen, [1, 2, 3, 4, 5]);
    }

    async fn last_updated_filters_and_a_change_moves_it(side: Side) {
        side.member().await;
        let bearer = format!("Bearer {}", side.customers);
        let count = async |text: &str| {
            let path = format!("/api/v1/customers?last_updated={text}");
            side.call("GET", &path, &bearer, None).await.body["count"].clone()
        };
        assert_eq!(count("2026-03-01T11:00:00+01:00").await, 1);
        assert_eq!(count("2026-03-01T11:00:01%2B01:00").await, 0);
        side.clock.advance_seconds(3600);
        side.report(&with(report("o1", "b1", "100", &[]), json!({"customerId": "anna"}))).await;
        assert_eq!(count("2026-03-01T11:00:00Z").await, 1);
        assert_eq!(count("2026-03-01T11:00:01Z").await, 0);
    }

    async fn what_cannot_be_read_is_400_by_name(side: Side) {
        let bearer = format!("Bearer {}", side.customers);
        for (query, name) in [
            ("last_updated=soon", "last_updated"),
            ("limit=501", "limit"),
            ("start=-1", "start"),
            ("updated=1", "updated"),
            ("next=x", "next"),
        ] {
            let answer = side.call("GET", &format!("/api/v1/customers?{query}"), &bearer, None).await;
            assert_eq!(answer.status, 400, "{query}");
            assert!(answer.body["error"].as_str().unwrap().starts_with(name), "{answer:?}");
        }
    }
}
