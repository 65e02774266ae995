//! `/admin/v1/platform/merchants/{merchantId}`: is a merchant of the cloud set up as a whole, and is its currency safe?

use super::{at, refused, send};
use http::Method;
use serde_json::{Value, json};
use testkit::House;
use testkit::restaurant::MAIN;

testkit::on_both_engines! {
    /// putPlatformMerchant, getPlatformMerchant: what was put is what is shown, with all that belongs to it.
    async fn a_merchant_is_shown_with_all_that_belongs_to_it(engine: Engine) {
        let house = House::start(engine).await;
        let (status, own) = send(&house, Method::GET, &at(&house, ""), None).await;
        assert_eq!((status, &own["name"], &own["vatId"]), (200, &json!("U Štamgasta s.r.o."), &json!("CZ01234567")));
        let count = |what: &str| own[what].as_array().unwrap().len();
        assert_eq!((count("places"), count("registers"), count("loyaltyConnections")), (2, 2, 1), "{own}");
        assert_eq!(own["places"][0]["sourceId"], house.restaurant.source_id.as_str());
        assert_eq!((&own["registers"][0]["deviceNumber"], &own["registers"][0]["name"]), (&json!(1), &json!("Pokladna 1")));
        assert_eq!(own["loyaltyConnections"][0]["inUse"], true);
        assert!(!own.to_string().contains("stg_"), "no secret is read back: {own}");

        let path = "/admin/v1/platform/merchants/5f00000000000000000000ab";
        let (status, made) = send(&house, Method::PUT, path, Some(&json!({"name": "New", "countryCode": "SK", "currencyCode": "EUR"}))).await;
        assert_eq!((status, &made["isVatPayer"], &made["pricePrecision"]), (200, &json!(true), &json!(2)), "{made}");
        assert_eq!((&made["places"], &made["businessId"]), (&json!([]), &Value::Null));
        let (_, again) = send(&house, Method::PUT, path, Some(&json!({"name": "Renamed", "countryCode": "SK", "currencyCode": "EUR", "isVatPayer": false}))).await;
        assert_eq!((&again["name"], &again["isVatPayer"]), (&json!("Renamed"), &json!(false)));
        assert_eq!(send(&house, Method::GET, path, None).await.1, again);
    }

    /// putPlatformMerchant: once prices are kept in a currency it stays; what is wrong is named.
    async fn the_currency_of_kept_prices_stays(engine: Engine) {
        let house = House::start(engine).await;
        let path = at(&house, "");
        let body = |currency: &str, precision: u8| json!({"name": "U Štamgasta s.r.o.", "countryCode": "CZ", "currencyCode": currency, "pricePrecision": precision});
        for changed in [body("EUR", 2), body("CZK", 0)] {
            let (status, answer) = send(&house, Method::PUT, &path, Some(&changed)).await;
            assert!(status == 409 && answer["message"].as_str().unwrap().contains("kept in CZK with 2 decimals"), "{answer}");
        }
        let (_, menu) = send(&house, Method::GET, &at(&house, "/menu"), None).await;
        assert!(menu["products"].as_array().unwrap().iter().any(|one| one["productId"] == MAIN && one["price"] == 189), "{menu}");
        // merchant and place ids make a source id, which a dash parts
        refused(&house, &[
            (Method::PUT, "/admin/v1/platform/merchants/a-b".to_owned(), body("CZK", 2), "merchantId"),
            (Method::PUT, path.clone(), body("crowns", 2), "currencyCode"),
            (Method::PUT, path.clone(), body("CZK", 4), "pricePrecision"),
            (Method::PUT, path.clone(), json!({"name": "", "countryCode": "CZ", "currencyCode": "CZK"}), "name"),
            (Method::PUT, path, json!({"name": "n", "countryCode": "CZE", "currencyCode": "CZK"}), "countryCode"),
        ]).await;
        let (status, answer) = send(&house, Method::GET, "/admin/v1/platform/merchants/nope", None).await;
        assert_eq!((status, &answer["message"]), (404, &json!("merchant nope not found")));
    }
}
