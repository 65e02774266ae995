//! `GET /api/v1/customer/{id}`: is one customer answered as the document of the feed shows?

use http::Method;
use serde_json::json;
use testkit::House;

/// Every member the document shows, with `country`, which it recommends.
const MEMBERS: [&str; 21] = [
    "id",
    "first_name",
    "last_name",
    "mobile_phone",
    "email",
    "points",
    "allow_sms",
    "allow_email",
    "city",
    "state",
    "country",
    "address",
    "zip",
    "birth_date",
    "store_id",
    "total_orders",
    "total_sales",
    "date_first_order",
    "date_last_order",
    "last_order_value",
    "categories",
];

testkit::on_both_engines! {
    /// getCustomer: every member, what is unknown as null.
    async fn one_customer_has_every_member_of_the_document(engine: Engine) {
        let house = House::start(engine).await;
        let customer = house.marketing().get(&format!("/api/v1/customer/{}", house.restaurant.customer_id)).await.unwrap();
        for member in MEMBERS {
            assert!(customer.get(member).is_some(), "{member} is missing in {customer}");
        }
        assert_eq!(customer["first_name"], "Jana");
        assert_eq!((&customer["points"], &customer["total_orders"]), (&json!(500), &json!(0)));
        assert_eq!(customer["address"], json!(null), "unknown is null");
    }

    /// getCustomer: one that is not there, and nobody's call.
    async fn what_is_not_there_is_an_error_with_its_text(engine: Engine) {
        let house = House::start(engine).await;
        let answer = house.marketing().send(Method::GET, "/api/v1/customer/244988", None).await.unwrap();
        assert_eq!(answer.status, 404, "{}", answer.text);
        assert!(answer.json["error"].is_string(), "{}", answer.text);
        let path = format!("/api/v1/customer/{}", house.restaurant.customer_id);
        let answer = house.app.anyone.send(Method::GET, &path, None).await.unwrap();
        assert_eq!(answer.status, 401);
        assert!(answer.headers.contains_key("www-authenticate"));
    }
}
