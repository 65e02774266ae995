//! `POST …/datasync-secrets`: does a sender's secret keep its records with its merchant?

use super::{missing, other_merchant, refused, send};
use http::Method;
use serde_json::json;
use testkit::House;

testkit::on_both_engines! {
    /// postPartnerDatasyncSecret: whoever has it sends, and only that merchant's customers hear of it.
    async fn a_secret_takes_records_for_its_merchant_alone(engine: Engine) {
        let house = House::start(engine).await;
        let other = other_merchant(&house).await;
        let path = format!("/admin/v1/partner/merchants/{other}/datasync-secrets");
        let of_other = house.app.admin.post(&path, &json!({"name": "their cloud"})).await.unwrap();
        let (status, made) = send(&house, Method::POST, "/datasync-secrets", Some(&json!({"name": "cloud"}))).await;
        assert_eq!(status, 201, "{made}");
        let bill = json!({"dataDomain": "bills", "merchantId": house.restaurant.merchant_id, "placeId": house.restaurant.place_id,
            "data": [{"billId": "QX2026000009", "merchantId": house.restaurant.merchant_id, "placeId": house.restaurant.place_id,
                "paidAt": "2026-03-02T11:00:00+01:00", "finalPrice": "200.00", "currencyCode": "CZK", "refunded": false,
                "paymentMethod": "cash", "customerId": house.restaurant.member_id, "items": [], "_version": 1,
                "_lastModifiedAt": "2026-03-02T10:00:00Z"}]});
        let orders = async || {
            let path = format!("/api/v1/customer/{}", house.restaurant.customer_id);
            house.marketing().get(&path).await.unwrap()["total_orders"].clone()
        };
        // the body names the first merchant, the secret is the other's
        house.app.anyone.bearer(of_other["token"].as_str().unwrap()).post("/partner/datasync", &bill).await.unwrap();
        assert_eq!(orders().await, 0);
        house.app.anyone.authorization(made["token"].as_str().unwrap()).post("/partner/datasync", &bill).await.unwrap();
        assert_eq!(orders().await, 1);
    }

    /// postPartnerDatasyncSecret: what is wrong is named, and no secret is made.
    async fn what_is_wrong_is_named(engine: Engine) {
        let house = House::start(engine).await;
        refused(&house, &[
            (Method::POST, "/datasync-secrets", json!({}), "name"),
            (Method::POST, "/datasync-secrets", json!({"name": ""}), "name"),
            (Method::POST, "/datasync-secrets", json!({"name": "c", "secret": "mine"}), "secret"),
        ]).await;
        let path = "/admin/v1/partner/merchants/nobody/datasync-secrets";
        let answer = house.app.admin.send(Method::POST, path, Some(br#"{"name": "m"}"#.to_vec())).await.unwrap();
        assert_eq!(answer.status, 404, "{}", answer.text);
        missing(&house, &[]).await;
    }
}
