//! `POST|PUT /partner/datasync`: who may send, and what happens to a batch that comes again?

use http::Method;
use serde_json::{Value, json};
use testkit::{House, assert_number};

const PATH: &str = "/partner/datasync";

/// A bill of the sample member, as the platform sends it.
fn batch(house: &House, version: i64, final_price: &str) -> Value {
    json!({"merchantId": house.restaurant.merchant_id, "placeId": house.restaurant.place_id, "dataDomain": "bills",
        "data": [{"billId": "QX2026000001", "merchantId": house.restaurant.merchant_id,
            "placeId": house.restaurant.place_id, "createdAt": "2026-03-02T11:00:00+01:00",
            "paidAt": "2026-03-02T11:00:00+01:00", "finalPrice": final_price, "currencyCode": "CZK", "refunded": false,
            "paymentMethod": "cash", "customerId": house.restaurant.member_id, "items": [],
            "_version": version, "_lastModifiedAt": "2026-03-02T10:00:00Z"}]})
}

testkit::on_both_engines! {
    /// receiveRecords, receiveRecordsByPut: each version once, by either method, with either form of the secret.
    async fn a_bill_reaches_the_customers_totals_once_and_an_older_version_changes_nothing(engine: Engine) {
        let house = House::start(engine).await;
        let (bare, bearer) = (
            house.app.anyone.authorization(&house.restaurant.datasync_secret),
            house.app.anyone.bearer(&house.restaurant.datasync_secret),
        );
        bare.post(PATH, &batch(&house, 2, "423.14")).await.unwrap();
        bearer.put(PATH, &batch(&house, 2, "423.14")).await.unwrap();
        bare.post(PATH, &batch(&house, 1, "1.00")).await.unwrap();
        let customer = house.marketing().get(&format!("/api/v1/customer/{}", house.restaurant.customer_id)).await.unwrap();
        assert_eq!(customer["total_orders"], 1);
        assert_number("sales", "423.14", &customer["total_sales"]);
        assert_number("last order", "423.14", &customer["last_order_value"]);
        bare.post(PATH, &batch(&house, 3, "400.00")).await.unwrap();
        let customer = house.marketing().get(&format!("/api/v1/customer/{}", house.restaurant.customer_id)).await.unwrap();
        assert_eq!(customer["total_orders"], 1);
        assert_number("sales after a correction", "400.00", &customer["total_sales"]);
    }

    async fn a_wrong_secret_is_401_and_a_body_without_an_envelope_400(engine: Engine) {
        let house = House::start(engine).await;
        let before = house.rows().await;
        let body = batch(&house, 1, "1.00").to_string().into_bytes();
        for caller in [house.app.anyone.clone(), house.app.anyone.authorization("wrong"), house.partner()] {
            let answer = caller.send(Method::POST, PATH, Some(body.clone())).await.unwrap();
            assert_eq!(answer.status, 401, "{}", answer.text);
        }
        let sender = house.app.anyone.authorization(&house.restaurant.datasync_secret);
        for garbage in ["", "[]", "{\"dataDomain\": \"bills\"}", "{\"data\": []}"] {
            let answer = sender.send(Method::POST, PATH, Some(garbage.into())).await.unwrap();
            assert_eq!(answer.status, 400, "{garbage}: {}", answer.text);
        }
        assert_eq!(house.rows().await, before);
    }

    async fn a_record_that_cannot_be_read_is_set_aside_and_the_others_are_booked(engine: Engine) {
        let house = House::start(engine).await;
        let before = house.rows().await;
        let mut body = batch(&house, 1, "100.00");
        body["data"].as_array_mut().unwrap().push(json!({"finalPrice": "10.00"}));
        let sender = house.app.anyone.authorization(&house.restaurant.datasync_secret);
        sender.post(PATH, &body).await.unwrap();
        let rows = house.rows().await;
        let more = |table: &str| rows[table] - before[table];
        assert_eq!((more("partner_record"), more("partner_quarantine")), (1, 1));
    }
}
