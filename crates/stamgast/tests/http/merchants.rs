//! `/merchants…`: which merchants does an application see, and what of them?

use http::Method;
use serde_json::{Value, json};
use stamgast::client::JsonClient;
use testkit::House;

/// An application of these merchants, signed in.
async fn application(house: &House, merchants: &[&str], more: Value) -> JsonClient {
    let mut body = json!({"name": "Another", "merchantIds": merchants});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let made = house.app.admin.post("/admin/v1/platform/clients", &body).await.unwrap();
    let login = json!({"client_id": made["clientId"], "client_secret": made["clientSecret"], "grant_type": "client_credentials"});
    let granted = house.app.anyone.post("/api/auth/authorize", &login).await.unwrap();
    house.app.anyone.bearer(granted["access_token"].as_str().unwrap())
}

/// A second merchant without a place.
async fn second(house: &House) -> String {
    let id = "5f00000000000000000000aa";
    let body = json!({"name": "Second", "countryCode": "SK", "currencyCode": "EUR", "isVatPayer": false});
    house.app.admin.put(&format!("/admin/v1/platform/merchants/{id}"), &body).await.unwrap();
    id.to_owned()
}

testkit::on_both_engines! {
    /// getMerchant, getOwnMerchant: the merchant with all its places, as it was set up, by its id or as `me`.
    async fn an_application_sees_its_merchant_with_the_places(engine: Engine) {
        let house = House::start(engine).await;
        let (of, platform) = (&house.restaurant, house.platform().await);
        let merchant = platform.get(&format!("/merchants/{}", of.merchant_id)).await.unwrap();
        assert_eq!((&merchant["merchantId"], &merchant["name"]), (&json!(of.merchant_id), &json!("U Štamgasta s.r.o.")));
        assert_eq!((&merchant["businessId"], &merchant["isVatPayer"]), (&json!("01234567"), &json!(true)));
        let places = merchant["places"].as_array().unwrap();
        let names: Vec<&Value> = places.iter().map(|place| &place["name"]).collect();
        assert_eq!(names, ["U Štamgasta", "Zahrádka"]);
        let first = &places[0];
        assert_eq!((&first["placeId"], &first["state"]), (&json!(of.place_id), &json!("active")));
        assert_eq!(first["addressParts"]["street"], "Dlouhá");
        assert_eq!(platform.get("/merchants/me").await.unwrap(), merchant);
        // a change of the set-up is seen at once
        let place = json!({"name": "Renamed", "timeZone": "Europe/Prague", "state": "hidden"});
        let path = format!("/admin/v1/platform/merchants/{}/places/{}", of.merchant_id, of.place_id);
        house.app.admin.put(&path, &place).await.unwrap();
        let changed = platform.get("/merchants/me").await.unwrap();
        assert!(changed["places"].as_array().unwrap().iter().any(|place| place["name"] == "Renamed"), "{changed}");
    }

    /// listMerchants, getOwnMerchant: of several merchants each is on a page, and `me` is nobody in particular.
    async fn an_application_of_several_merchants_lists_them(engine: Engine) {
        let house = House::start(engine).await;
        let (first, second) = (house.restaurant.merchant_id.clone(), second(&house).await);
        let both = application(&house, &[&first, &second], json!({})).await;
        let mut expected = vec![first.clone(), second.clone()];
        expected.sort_unstable();
        let ids = |page: &Value| -> Vec<String> {
            page["data"].as_array().unwrap().iter().map(|one| one["merchantId"].as_str().unwrap().to_owned()).collect()
        };
        let whole = both.get("/merchants").await.unwrap();
        assert_eq!((ids(&whole), &whole["nextPage"]), (expected.clone(), &Value::Null));
        let page = both.get("/merchants?limit=1").await.unwrap();
        assert_eq!(ids(&page), expected[..1]);
        let next = both.get(page["nextPage"].as_str().unwrap()).await.unwrap();
        assert_eq!((ids(&next), &next["nextPage"]), (expected[1..].to_vec(), &Value::Null));
        let found = whole["data"].as_array().unwrap().iter().find(|one| one["merchantId"] == second.as_str()).unwrap();
        assert_eq!((&found["places"], &found["isVatPayer"]), (&json!([]), &json!(false)));
        let answer = both.send(Method::GET, "/merchants/me", None).await.unwrap();
        assert_eq!((answer.status, &answer.json["merchantIds"]), (400, &json!(expected)), "{}", answer.text);
        // an application of one of them sees the other nowhere
        let one = application(&house, &[&second], json!({})).await;
        assert_eq!(ids(&one.get("/merchants").await.unwrap()), std::slice::from_ref(&second));
        assert_eq!(one.send(Method::GET, &format!("/merchants/{first}"), None).await.unwrap().status, 403);
        let none = application(&house, &[], json!({})).await;
        assert_eq!(none.get("/merchants").await.unwrap()["data"], json!([]));
        let answer = none.send(Method::GET, "/merchants/me", None).await.unwrap();
        assert!(answer.status == 404 && answer.text.contains("no merchant is assigned"), "{}", answer.text);
    }

    /// getMerchant: an application that may read bills only does not read merchants.
    async fn an_application_without_the_merchants_api_is_refused(engine: Engine) {
        let house = House::start(engine).await;
        let id = house.restaurant.merchant_id.clone();
        let bills = application(&house, &[&id], json!({"apis": ["bills"]})).await;
        for path in ["/merchants", "/merchants/me", &format!("/merchants/{id}")] {
            let answer = bills.send(Method::GET, path, None).await.unwrap();
            assert_eq!(answer.status, 403, "{path}: {}", answer.text);
        }
        bills.get(&format!("/bills/{}", house.restaurant.source_id)).await.unwrap();
    }
}
