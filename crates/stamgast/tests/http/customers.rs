//! `GET /api/v1/customers`: does the feed list its records as its document shows?

use http::Method;
use serde_json::json;
use testkit::House;

testkit::on_both_engines! {
    /// getCustomers: the single records, under a page of numbers and texts.
    async fn the_list_has_count_as_number_and_start_and_limit_as_text(engine: Engine) {
        let house = House::start(engine).await;
        let page = house.marketing().get("/api/v1/customers?last_updated=2026-01-01T00:00:00&limit=10").await.unwrap();
        assert_eq!((&page["count"], &page["start"], &page["limit"]), (&json!(1), &json!("0"), &json!("10")));
        let one = house.marketing().get(&format!("/api/v1/customer/{}", house.restaurant.customer_id)).await.unwrap();
        assert_eq!(page["records"], json!([one]), "a record of the list is the single record");
        let later = house.marketing().get("/api/v1/customers?last_updated=2027-01-01T00:00:00Z").await.unwrap();
        assert_eq!((&later["count"], &later["records"]), (&json!(0), &json!([])));
    }

    /// getCustomers: a filter that cannot be read, a page that is too long, a parameter nobody knows, nobody's call.
    async fn what_cannot_be_answered_is_an_error_with_its_text(engine: Engine) {
        let house = House::start(engine).await;
        for (path, status) in [
            ("/api/v1/customers?last_updated=yesterday", 400),
            ("/api/v1/customers?limit=501", 400),
            ("/api/v1/customers?updated_since=2026-01-01", 400),
        ] {
            let answer = house.marketing().send(Method::GET, path, None).await.unwrap();
            assert_eq!(answer.status, status, "{path}: {}", answer.text);
            assert!(answer.json["error"].is_string(), "{path}: {}", answer.text);
        }
        let answer = house.app.anyone.send(Method::GET, "/api/v1/customers", None).await.unwrap();
        assert_eq!(answer.status, 401);
        assert!(answer.headers.contains_key("www-authenticate"));
    }
}
