//! `POST /api/auth/authorize`, and what a token opens.

use crate::house::{House, MERCHANT, PLACE, PROVIDER, SOURCE, on_both_engines};
use axum::body::Body;
use http::{Method, Request};
use serde_json::{Value, json};

const OTHER_MERCHANT: &str = "5f00000000000000000000a2";

async fn authorize(house: &House, body: &Value) -> crate::house::Answer {
    house.call(Method::POST, "/api/auth/authorize", None, Some(body.clone())).await
}

on_both_engines! {
    async fn a_token_comes_for_the_right_secret_as_form_and_as_json(house: House) {
        let (id, secret) = (&house.client["clientId"], &house.client["clientSecret"]);
        let json_body = json!({"grant_type": "client_credentials", "client_id": id, "client_secret": secret});
        let issued = authorize(&house, &json_body).await.ok();
        assert_eq!(issued["token_type"], json!("Bearer"));
        assert_eq!(issued["expires_at"], json!("2026-03-01T14:00:00.000Z"));
        let form = format!("client_id={}&client_secret={}&grant_type=client_credentials",
            id.as_str().unwrap(), secret.as_str().unwrap());
        let request = Request::post("/api/auth/authorize")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form)).unwrap();
        assert!(house.send(request).await.ok()["access_token"].is_string());
        // body, status
        for (body, status) in [
            (json!({"client_id": id, "client_secret": secret}), 400),
            (json!({"grant_type": "authorization_code", "client_id": id, "client_secret": secret}), 400),
            (json!({"grant_type": "client_credentials", "client_secret": secret}), 400),
            (json!({"grant_type": "client_credentials", "client_id": id}), 400),
            (json!({"grant_type": "client_credentials", "client_id": id, "client_secret": "wrong"}), 401),
            (json!({"grant_type": "client_credentials", "client_id": "nobody", "client_secret": secret}), 401),
        ] {
            assert_eq!(authorize(&house, &body).await.status, status, "{body}");
        }
    }

    async fn credentials_that_are_no_such_texts_are_named(house: House) {
        let with = |id: &str| json!({"grant_type": "client_credentials", "client_id": id, "client_secret": "x"});
        for (body, field) in [
            (with("a\0b"), None),
            (json!({"grant_type": "client_credentials", "client_id": "a", "client_secret": "\0"}), None),
            (with(&"x".repeat(65)), Some("client_id")),
            (with(&"x".repeat(10_000)), Some("client_id")),
            (json!(["a", "x", "client_credentials"]), None),
        ] {
            let answer = authorize(&house, &body).await;
            assert_eq!((answer.status, answer.body["field"].as_str()), (400, field), "{}", answer.body);
        }
        let form = Request::post("/api/auth/authorize").header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from("grant_type=client_credentials&client_id=a%00b&client_secret=x")).unwrap();
        assert_eq!(house.send(form).await.status, 400);
        assert_eq!(authorize(&house, &with(&"x".repeat(64))).await.status, 401);
    }

    async fn a_token_lives_an_hour(house: House) {
        let path = format!("/merchants/{MERCHANT}");
        house.clock.advance_seconds(3599);
        assert_eq!(house.get(&path).await.status, 200);
        house.clock.advance_seconds(1);
        assert_eq!(house.get(&path).await.status, 401);
        let token = house.token_for(&house.client).await;
        assert_eq!(house.call(Method::GET, &path, Some(&token), None).await.status, 200);
    }

    async fn too_many_token_calls_wait(house: House) {
        let body = json!({"grant_type": "client_credentials", "client_id": "somebody", "client_secret": "x"});
        let mut statuses = Vec::new();
        for _ in 0..31 {
            statuses.push(authorize(&house, &body).await.status);
        }
        assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 30);
        let limited = authorize(&house, &body).await;
        assert_eq!((limited.status, limited.retry_after.as_deref()), (429, Some("1")));
        house.clock.advance_seconds(1);
        assert_eq!(authorize(&house, &body).await.status, 401);
    }

    async fn whoever_has_the_secret_passes_however_many_guess(house: House) {
        let body = json!({"name": "Owner", "merchantIds": [MERCHANT]});
        let client = house.admin(Method::POST, "/clients", Some(body)).await.ok();
        let with = |secret: &Value| json!({"grant_type": "client_credentials", "client_id": client["clientId"], "client_secret": secret});
        let mut statuses = Vec::new();
        for _ in 0..40 {
            statuses.push(authorize(&house, &with(&json!("wrong"))).await.status);
        }
        assert_eq!((statuses[0], statuses[39]), (401, 429));
        for _ in 0..30 {
            authorize(&house, &with(&client["clientSecret"])).await.ok();
        }
        // The owner too keeps a token until it ends.
        assert_eq!(authorize(&house, &with(&client["clientSecret"])).await.status, 429);
    }

    async fn what_is_issued_needs_no_escaping(house: House) {
        let plain = |value: &Value| {
            let text = value.as_str().unwrap();
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
        };
        for number in 10..30 {
            let body = json!({"name": "Číslo & spol. = 50 %", "merchantIds": [MERCHANT]});
            let client = house.admin(Method::POST, "/clients", Some(body)).await.ok();
            let register = json!({"deviceNumber": number, "name": "Pokladna"});
            let path = format!("/merchants/{MERCHANT}/places/{PLACE}/registers");
            let register = house.admin(Method::POST, &path, Some(register)).await.ok();
            // as they are, with a member nobody knows, as a client does that escapes nothing
            let (id, secret) = (client["clientId"].as_str().unwrap(), client["clientSecret"].as_str().unwrap());
            let form = format!("client_id={id}&client_secret={secret}&grant_type=client_credentials&scope=all");
            let request = Request::post("/api/auth/authorize")
                .header("content-type", "application/x-www-form-urlencoded")
                .body(Body::from(form)).unwrap();
            let issued = house.send(request).await.ok();
            assert_eq!(issued["token_type"], "Bearer");
            for text in [&client["clientId"], &client["clientSecret"], &issued["access_token"], &register["posToken"]] {
                assert!(plain(text), "{text}");
            }
        }
    }

    async fn too_often_says_when_and_not_allowed_does_not(house: House) {
        let client = json!({"name": "Desks", "merchantIds": [MERCHANT], "apis": ["deskview"]});
        let client = house.admin(Method::POST, "/clients", Some(client)).await.ok();
        let token = house.token_for(&client).await;
        let refused = house.call(Method::GET, &format!("/bills/{SOURCE}"), Some(&token), None).await;
        assert_eq!((refused.error(), refused.retry_after.as_deref()), ((403, "FORBIDDEN"), None));
        let login = json!({"grant_type": "client_credentials", "client_id": client["clientId"], "client_secret": client["clientSecret"]});
        let mut answer = authorize(&house, &login).await;
        for _ in 0..31 {
            answer = authorize(&house, &login).await;
        }
        assert_eq!((answer.error(), answer.retry_after.as_deref()), ((429, "TOO_MANY_REQUESTS"), Some("1")));
        // Whoever has a token goes on with it, and what was not allowed is no more allowed.
        assert_eq!(house.call(Method::GET, &format!("/deskViews/{SOURCE}"), Some(&token), None).await.status, 200);
        assert_eq!(house.call(Method::GET, &format!("/bills/{SOURCE}"), Some(&token), None).await.status, 403);
    }

    async fn a_secret_may_come_as_basic(house: House) {
        let (id, secret) = (house.client["clientId"].as_str().unwrap(), house.client["clientSecret"].as_str().unwrap());
        let send = async |authorization: String, form: &'static str| {
            let request = Request::post("/api/auth/authorize")
                .header("content-type", "application/x-www-form-urlencoded")
                .header("authorization", authorization)
                .body(Body::from(form)).unwrap();
            house.send(request).await
        };
        let right = door::credentials::basic_header(id, secret);
        let issued = send(right.clone(), "grant_type=client_credentials").await.ok();
        assert_eq!(issued["token_type"], json!("Bearer"));
        // authorization, form, status
        for (authorization, form, status) in [
            (door::credentials::basic_header(id, "wrong"), "grant_type=client_credentials", 401),
            (door::credentials::basic_header("nobody", secret), "grant_type=client_credentials", 401),
            (door::credentials::basic_header("", ""), "grant_type=client_credentials", 400),
            (right.clone(), "grant_type=client_credentials&client_id=another", 400),
            (right.clone(), "grant_type=client_credentials&client_secret=x", 400),
            (right, "scope=all", 400),
        ] {
            assert_eq!(send(authorization, form).await.status, status, "{form}");
        }
    }

    async fn a_foreign_merchant_is_closed(house: House) {
        let body = json!({"name": "Other", "countryCode": "CZ", "currencyCode": "CZK"});
        house.admin(Method::PUT, &format!("/merchants/{OTHER_MERCHANT}"), Some(body)).await.ok();
        let place = json!({"name": "Other", "timeZone": "Europe/Prague"});
        house.admin(Method::PUT, &format!("/merchants/{OTHER_MERCHANT}/places/x1"), Some(place)).await.ok();
        for (merchant, place, status) in [(OTHER_MERCHANT, "x1", 403), ("unknown", "x1", 404), (MERCHANT, "x1", 404)] {
            for path in [
                format!("/bills/{merchant}-{place}"),
                format!("/bills/{merchant}-{place}/QX2026000001"),
                format!("/loyalty/{merchant}-{place}/benefitUsages"),
            ] {
                assert_eq!(house.get(&path).await.status, status, "{path}");
            }
            let marks = format!("/loyalty/{merchant}-{place}/benefitUsages/synchronized");
            let body = Some(json!({"benefitUsageIds": ["x"]}));
            let answer = house.call(Method::POST, &marks, Some(&house.access_token), body).await;
            assert_eq!(answer.status, status, "{marks}");
        }
        assert_eq!(house.get(&format!("/merchants/{OTHER_MERCHANT}")).await.status, 403);
        assert_eq!(house.get("/merchants/unknown").await.status, 404);
        assert_eq!(house.get("/bills/nodash").await.status, 400);
        assert_eq!(house.call(Method::GET, &format!("/bills/{SOURCE}"), None, None).await.status, 401);
        assert_eq!(house.call(Method::GET, &format!("/bills/{SOURCE}"), Some(&house.pos_token), None).await.status, 401);
    }

    async fn setting_up_needs_an_admin_and_shows_no_secret(house: House) {
        for path in ["/merchants/x", "/clients"] {
            let path = format!("/admin/v1/platform{path}");
            for token in [None, Some(house.access_token.as_str()), Some(house.pos_token.as_str())] {
                assert_eq!(house.call(Method::GET, &path, token, None).await.status, 401, "{path}");
            }
        }
        let shown = house.admin(Method::GET, &format!("/merchants/{MERCHANT}"), None).await.ok();
        assert_eq!(shown["loyaltyConnections"][0]["loyaltyProviderId"], json!(PROVIDER));
        assert_eq!(shown["registers"][0]["deviceNumber"], json!(1));
        let clients = house.admin(Method::GET, "/clients", None).await.ok();
        assert_eq!(clients[0]["merchantIds"], json!([MERCHANT]));
        for text in [shown.to_string(), clients.to_string()] {
            assert!(!text.contains("partner-token") && !text.contains("stg_"), "{text}");
        }
        // path, body, status
        for (path, body, status) in [
            (format!("/merchants/{MERCHANT}"), json!({"name": "x", "countryCode": "CZ", "currencyCode": "EUR"}), 409),
            (format!("/merchants/{MERCHANT}"), json!({"name": "x", "countryCode": "CZ", "currencyCode": "czk"}), 400),
            ("/merchants/with-dash".to_owned(), json!({"name": "x", "countryCode": "CZ", "currencyCode": "CZK"}), 400),
            (format!("/merchants/{MERCHANT}/places/p1"), json!({"name": "x", "timeZone": "Mars/Olympus"}), 400),
            ("/merchants/unknown/places/p1".to_owned(), json!({"name": "x", "timeZone": "UTC"}), 404),
            (format!("/merchants/{MERCHANT}/loyalty"), json!({"url": "http://10.0.0.1/x", "token": "t"}), 400),
            (format!("/merchants/{MERCHANT}/loyalty"), json!({"url": "https://2852039166/x", "token": "t"}), 400),
            (format!("/merchants/{MERCHANT}/loyalty"), json!({"url": "https://0xa9.0xfea9fe/x", "token": "t"}), 400),
            (format!("/merchants/{MERCHANT}/loyalty"), json!({"url": "https://a.example/x", "token": "two\nlines"}), 400),
            (format!("/merchants/{MERCHANT}/menu"), json!({"products": [{"productId": "p", "name": "x", "price": 1.001, "vatRate": 0.21}]}), 400),
            (format!("/merchants/{MERCHANT}/menu"), json!({"products": [{"productId": "p", "name": "x", "price": 1, "vatRate": 21}]}), 400),
            (format!("/merchants/{MERCHANT}/menu"), json!({"products": [{"productId": "p", "name": "x", "price": 1, "vatRate": 1}]}), 400),
            (format!("/merchants/{MERCHANT}/menu"), json!({"products": [{"productId": "prepayment:x", "name": "x", "price": 1, "vatRate": 0}]}), 400),
            (format!("/merchants/{MERCHANT}/menu"), json!({"categories": [{"categoryId": "c:food", "parentCategoryId": "c:main", "name": "x"}]}), 400),
        ] {
            let answer = house.admin(Method::PUT, &path, Some(body.clone())).await;
            assert_eq!(answer.status, status, "{path} {body} {}", answer.body);
        }
        // A refused menu left the old one.
        let menu = house.admin(Method::GET, &format!("/merchants/{MERCHANT}/menu"), None).await.ok();
        assert_eq!((menu["products"].as_array().unwrap().len(), &menu["categories"][0]["parentCategoryId"]), (4, &Value::Null));
        let body = json!({"name": "x", "merchantIds": ["unknown"]});
        assert_eq!(house.admin(Method::POST, "/clients", Some(body)).await.status, 400);
    }
}
