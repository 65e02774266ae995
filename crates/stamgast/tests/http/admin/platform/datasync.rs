//! `…/datasync` and `…/places/{placeId}/datasync`: does a subscription get what changed, and does its lag show?

use super::{at, refused, send};
use http::Method;
use serde_json::{Value, json};
use testkit::restaurant::BEER;
use testkit::{House, Scripted, Step, eventually};

testkit::on_both_engines! {
    /// putPlatformDatasync, getPlatformDatasync: a lane a domain; behind while the receiver refuses, level when it takes all.
    async fn a_subscription_is_behind_until_its_receiver_takes_what_changed(engine: Engine) {
        let receiver = Scripted::start([]).await;
        let fast = |config: &mut stamgast::config::Config| config.courier.schedule_seconds = vec![1; 60];
        let house = House::start_with(engine, fast, Box::new(|router| router)).await;
        receiver.then(Step::Answer(500, "broken".to_owned()));
        let path = at(&house, &format!("/places/{}/datasync", house.restaurant.place_id));
        let body = json!({"url": format!("{}/feed", receiver.url()), "secret": "their-secret", "method": "PUT", "fromDate": "2026-01-01"});
        let (status, shown) = send(&house, Method::PUT, &path, Some(&body)).await;
        assert_eq!((status, &shown["method"], &shown["placeId"]), (200, &json!("PUT"), &json!(house.restaurant.place_id)), "{shown}");
        assert_eq!((shown.get("secret"), &shown["fromDate"]), (None, &json!("2025-12-31T23:00:00.000Z")));
        let menu = json!({"products": [{"productId": BEER, "categoryId": "c:napoje", "name": "Pivo", "price": 60, "vatRate": "0.21"}]});
        house.app.admin.put(&at(&house, "/menu"), &menu).await.unwrap();
        let lanes = async || send(&house, Method::GET, &at(&house, "/datasync"), None).await.1;
        let behind = eventually("a failed attempt", async || {
            lanes().await.as_array().unwrap().iter().find(|lane| lane["failures"].as_i64() > Some(0)).cloned()
        }).await;
        assert!(behind["records"].as_i64().unwrap() > 0 && behind["lastError"].as_str().unwrap().contains("500"), "{behind}");
        let request = &receiver.received()[0];
        assert_eq!((&request.method, request.path.as_str(), request.headers["authorization"].to_str().unwrap()), (&Method::PUT, "/feed", "their-secret"));
        receiver.then(Step::ok());
        eventually("everything was taken", async || {
            house.app.clock.advance_seconds(2);
            let lanes = lanes().await;
            let lanes = lanes.as_array().unwrap();
            lanes.iter().all(|lane| lane["records"] == 0 && lane["failures"] == 0).then_some(())
        }).await;
        let domains: Vec<Value> = receiver.received().iter().map(|request| request.json()["dataDomain"].clone()).collect();
        assert!(domains.len() > 3, "{domains:?}");
    }

    /// putPlatformDatasync: a target that must not be called, a date that is none, a place that is not there.
    async fn what_is_wrong_is_named(engine: Engine) {
        let house = House::start(engine).await;
        let path = at(&house, &format!("/places/{}/datasync", house.restaurant.place_id));
        let with = |member: &str, value: Value| {
            let mut body = json!({"url": "https://example.com/feed", "secret": "s", "fromDate": "2026-01-01"});
            body[member] = value;
            body
        };
        refused(&house, &[
            (Method::PUT, path.clone(), with("url", json!("https://192.168.1.1/feed")), "url"),
            (Method::PUT, path.clone(), with("url", json!("example.com")), "url"),
            (Method::PUT, path.clone(), with("fromDate", json!("soon")), "fromDate"),
            (Method::PUT, path.clone(), with("method", json!("PATCH")), "method"),
            (Method::PUT, path.clone(), with("secret", json!("line\nbreak")), "secret"),
            (Method::PUT, path, with("domains", json!([])), "domains"),
        ]).await;
        for (method, path, body, message) in [
            (Method::PUT, at(&house, "/places/nowhere/datasync"), Some(with("method", json!("POST"))), "place nowhere not found"),
            (Method::GET, "/admin/v1/platform/merchants/nobody/datasync".to_owned(), None, "merchant nobody not found"),
        ] {
            let (status, answer) = send(&house, method, &path, body.as_ref()).await;
            assert_eq!((status, &answer["message"]), (404, &json!(message)));
        }
    }
}
