//! `POST …/customers-clients`: who reads the customers feed, and in which zone are its times?

use super::{missing, refused, send};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::json;
use testkit::House;

testkit::on_both_engines! {
    /// postPartnerCustomersClient: its token opens the feed, as bearer or as the password of its name.
    async fn a_client_reads_the_feed_of_its_merchant(engine: Engine) {
        let house = House::start(engine).await;
        let (status, made) = send(&house, Method::POST, "/customers-clients", Some(&json!({"name": "mailing", "timeZone": "UTC"}))).await;
        assert_eq!(status, 201, "{made}");
        let (token, prefix) = (made["token"].as_str().unwrap(), made["tokenPrefix"].as_str().unwrap());
        let own = house.app.anyone.bearer(token);
        let page = own.get("/api/v1/customers").await.unwrap();
        assert_eq!((&page["count"], &page["records"][0]["first_name"]), (&json!(1), &json!("Jana")));
        let basic = STANDARD.encode(format!("{prefix}:{token}"));
        let page = house.app.anyone.authorization(&format!("Basic {basic}")).get("/api/v1/customers").await.unwrap();
        assert_eq!(page["count"], 1);
        // an instant without an offset is in the client's zone: the member was made at 10:00 UTC, 11:00 in Prague
        for (client, since, count) in [(&own, "2026-03-02T10:00:00", 1), (&own, "2026-03-02T10:30:00", 0), (&house.marketing(), "2026-03-02T11:00:00", 1), (&house.marketing(), "2026-03-02T11:30:00", 0)] {
            let page = client.get(&format!("/api/v1/customers?last_updated={since}")).await.unwrap();
            assert_eq!(page["count"], count, "{since}");
        }
    }

    /// postPartnerCustomersClient: what is wrong is named, and no token is made.
    async fn what_is_wrong_is_named(engine: Engine) {
        let house = House::start(engine).await;
        refused(&house, &[
            (Method::POST, "/customers-clients", json!({"timeZone": "UTC"}), "name"),
            (Method::POST, "/customers-clients", json!({"name": "m", "timeZone": "Europe/Nowhere"}), "timeZone"),
            (Method::POST, "/customers-clients", json!({"name": "m", "zone": "UTC"}), "zone"),
        ]).await;
        let path = "/admin/v1/partner/merchants/nobody/customers-clients";
        let answer = house.app.admin.send(Method::POST, path, Some(br#"{"name": "m"}"#.to_vec())).await.unwrap();
        assert_eq!(answer.status, 404, "{}", answer.text);
        missing(&house, &[]).await;
    }
}
