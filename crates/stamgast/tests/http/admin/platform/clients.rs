//! `/admin/v1/platform/clients`: does an application get what was set up for it, and nothing beside?

use super::{refused, send};
use http::Method;
use serde_json::{Value, json};
use testkit::House;

const PATH: &str = "/admin/v1/platform/clients";

testkit::on_both_engines! {
    /// postPlatformClient, listPlatformClients: its secret is shown once; what it may is listed and holds.
    async fn an_application_may_what_was_set_up_for_it(engine: Engine) {
        let house = House::start(engine).await;
        let of = &house.restaurant;
        let body = json!({"name": "Reports", "merchantIds": [of.merchant_id], "apis": ["bills"], "placeIds": [of.place_id]});
        let (status, made) = send(&house, Method::POST, PATH, Some(&body)).await;
        assert_eq!(status, 201, "{made}");
        let (status, list) = send(&house, Method::GET, PATH, None).await;
        assert_eq!(status, 200);
        let list = list.as_array().unwrap();
        assert_eq!(list.len(), 2, "{list:?}");
        let shown = list.iter().find(|one| one["clientId"] == made["clientId"]).unwrap();
        assert_eq!((&shown["name"], &shown["merchantIds"], &shown["apis"]), (&json!("Reports"), &json!([of.merchant_id]), &json!(["bills"])));
        assert_eq!((&shown["placeIds"], &shown["loyaltyProviderId"]), (&json!([of.place_id]), &Value::Null));
        let secret = made["clientSecret"].as_str().unwrap();
        assert!(list.iter().all(|one| !one.to_string().contains(secret)));
        let login = json!({"client_id": made["clientId"], "client_secret": secret, "grant_type": "client_credentials"});
        let granted = house.app.anyone.post("/api/auth/authorize", &login).await.unwrap();
        let caller = house.app.anyone.bearer(granted["access_token"].as_str().unwrap());
        let (_, merchant) = send(&house, Method::GET, &format!("/admin/v1/platform/merchants/{}", of.merchant_id), None).await;
        let second = merchant["places"][1]["sourceId"].as_str().unwrap();
        for (path, status) in [
            (format!("/bills/{}", of.source_id), 200),
            (format!("/bills/{second}"), 403),
            (format!("/deskViews/{}", of.source_id), 403),
            (format!("/merchants/{}", of.merchant_id), 403),
        ] {
            assert_eq!(caller.send(Method::GET, &path, None).await.unwrap().status, status, "{path}");
        }
    }

    /// postPlatformClient: a merchant or place that is not there, an API nobody has: named, and no client is made.
    async fn what_is_wrong_is_named(engine: Engine) {
        let house = House::start(engine).await;
        let merchants = json!([house.restaurant.merchant_id]);
        refused(&house, &[
            (Method::POST, PATH.to_owned(), json!({"name": "A"}), "merchantIds"),
            (Method::POST, PATH.to_owned(), json!({"name": "", "merchantIds": merchants}), "name"),
            (Method::POST, PATH.to_owned(), json!({"name": "A", "merchantIds": ["nope"]}), "merchantIds"),
            (Method::POST, PATH.to_owned(), json!({"name": "A", "merchantIds": merchants, "placeIds": ["nope"]}), "placeIds"),
            (Method::POST, PATH.to_owned(), json!({"name": "A", "merchantIds": merchants, "apis": ["everything"]}), "apis[0]"),
            (Method::POST, PATH.to_owned(), json!({"name": "A", "merchantIds": merchants, "secret": "mine"}), "secret"),
        ]).await;
    }
}
