//! `GET /bills/…`, `GET /merchants/…` and the bills DataSync sends.

use crate::house::{House, MERCHANT, OTHER_SOURCE, PLACE, SOURCE, on_both_engines};
use http::Method;
use serde_json::{Value, json};

fn ids(page: &Value) -> Vec<String> {
    page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|bill| bill["billId"].as_str().unwrap()[6..].to_owned())
        .collect()
}

async fn sell(house: &House, beers: i64) -> Value {
    let check = house.check(&[("p:beer", beers)]).await;
    house.pay(&check, &[("cash", json!(59 * beers))]).await.ok()
}

on_both_engines! {
    async fn pages_go_from_the_newest_to_the_oldest(house: House) {
        for beers in 1..=5 {
            sell(&house, beers).await;
            // Two bills of one instant now and then.
            house.clock.advance_seconds(60 * (beers % 2));
        }
        let first = house.get(&format!("/bills/{SOURCE}?limit=2&from=2026-03-01&refunded=false")).await.ok();
        assert_eq!(ids(&first), ["000005", "000004"]);
        assert!(first["data"][0].get("items").is_none());
        let next = first["nextPage"].as_str().unwrap();
        let prefix = &first["data"][0]["billId"].as_str().unwrap()[..6];
        assert_eq!(next, format!(
            "/bills/{SOURCE}?from=2026-02-28T23%3A00%3A00.000Z&limit=2&refunded=0&lastBillId={prefix}000004"));
        let second = house.get(next).await.ok();
        assert_eq!(ids(&second), ["000003", "000002"]);
        let third = house.get(second["nextPage"].as_str().unwrap()).await.ok();
        assert_eq!((ids(&third), &third["nextPage"]), (vec!["000001".to_owned()], &Value::Null));
        // filter, bills
        for (query, expected) in [
            ("from=2026-03-02", vec![]),
            ("till=2026-03-01", vec![]),
            ("till=2026-03-01T13:01:00Z", vec!["000001"]),
            ("from=2026-03-01T13:01:00Z&till=2026-03-01T13:02:00Z", vec!["000003", "000002"]),
            ("modifiedSince=2026-03-01T13:02:00Z", vec!["000005", "000004"]),
            ("refunded=1", vec![]),
            ("includeDeleted=1&limit=1", vec!["000005"]),
        ] {
            let page = house.get(&format!("/bills/{SOURCE}?{query}")).await.ok();
            assert_eq!(ids(&page), expected, "{query}");
        }
        for (query, status) in [("limit=101", 400), ("limit=0", 400), ("from=x", 400), ("refunded=2", 400), ("lastBillId=QX2026000001", 404)] {
            assert_eq!(house.get(&format!("/bills/{SOURCE}?{query}")).await.status, status, "{query}");
        }
        let elsewhere = house.get(&format!("/bills/{OTHER_SOURCE}")).await.ok();
        assert_eq!(elsewhere["data"], json!([]));
        let id = first["data"][0]["billId"].as_str().unwrap();
        assert_eq!(house.get(&format!("/bills/{OTHER_SOURCE}/{id}")).await.status, 404);
    }

    async fn a_list_may_be_asked_for_up_to_the_end_of_time(house: House) {
        sell(&house, 1).await;
        for (query, count) in [("till=9999-12-31", 1), ("from=9999-12-31", 0), ("from=0001-01-01&till=9999-12-31T23:59:59Z", 1)] {
            let page = house.get(&format!("/bills/{SOURCE}?{query}")).await.ok();
            assert_eq!(page["data"].as_array().unwrap().len(), count, "{query}");
        }
    }

    async fn two_places_never_share_a_bill_id(house: House) {
        let token = house.register("5f00000000000000000000b2", 1).await;
        let here = sell(&house, 1).await;
        let base = format!("/pos/{OTHER_SOURCE}/checks");
        let check = house.call(Method::POST, &base, Some(&token), Some(json!({}))).await.ok();
        let check = check["checkId"].as_str().unwrap();
        let lines = json!({"lines": [{"productId": "p:beer", "amount": 1}]});
        house.call(Method::PUT, &format!("{base}/{check}/lines"), Some(&token), Some(lines)).await.ok();
        let pay = json!({"payments": [{"paymentMethod": "cash", "priceWithVat": 59}]});
        let there = house.call(Method::POST, &format!("{base}/{check}/pay"), Some(&token), Some(pay)).await.ok();
        let id = |bill: &Value| bill["billId"].as_str().unwrap().to_owned();
        assert_eq!(id(&here)[2..], id(&there)[2..]);
        assert_ne!(id(&here)[..2], id(&there)[..2]);
    }

    async fn the_numbers_begin_anew_with_the_year_at_the_place(house: House) {
        house.clock.set("2026-12-31T22:59:59Z".parse().unwrap());
        assert!(sell(&house, 1).await["billId"].as_str().unwrap().ends_with("2026000001"));
        house.clock.set("2026-12-31T23:00:00Z".parse().unwrap());
        assert!(sell(&house, 1).await["billId"].as_str().unwrap().ends_with("2027000001"));
    }

    async fn the_merchant_shows_its_places(house: House) {
        let merchant = house.get(&format!("/merchants/{MERCHANT}")).await.ok();
        assert_eq!(merchant["name"], json!("Example s.r.o."));
        assert_eq!(merchant["isVatPayer"], json!(true));
        assert_eq!(merchant["places"].as_array().unwrap().len(), 2);
        let place = &merchant["places"][0];
        assert_eq!((&place["placeId"], &place["state"]), (&json!(PLACE), &json!("active")));
        assert_eq!(place["addressParts"]["latitude"].to_string(), "50.07");
        let own = house.get("/merchants/me").await.ok();
        assert_eq!(own, merchant);
    }

    /// Clients in the wild refuse a merchant whose numbers are null and a place that lacks a part of its address.
    async fn what_was_not_set_up_is_empty_and_not_missing(house: House) {
        let bare = "5f00000000000000000000a9";
        let body = json!({"name": "Bare", "countryCode": "CZ", "currencyCode": "CZK"});
        house.admin(Method::PUT, &format!("/merchants/{bare}"), Some(body)).await.ok();
        let body = json!({"name": "Nowhere", "timeZone": "Europe/Prague", "posLang": "cs", "billLang": "cs"});
        house.admin(Method::PUT, &format!("/merchants/{bare}/places/{PLACE}"), Some(body)).await.ok();
        let client = json!({"name": "Reports", "merchantIds": [bare]});
        let client = house.admin(Method::POST, "/clients", Some(client)).await.ok();
        let token = house.token_for(&client).await;
        let merchant = house.call(Method::GET, "/merchants/me", Some(&token), None).await.ok();
        assert_eq!((&merchant["merchantId"], &merchant["businessId"], &merchant["vatId"]), (&json!(bare), &json!(""), &json!("")));
        let address = merchant["places"][0]["addressParts"].as_object().unwrap();
        for part in ["street", "streetNumber", "city", "country", "countryCode", "zip", "latitude", "longitude"] {
            assert_eq!(address.get(part), Some(&Value::Null), "{part}");
        }
    }

    async fn an_application_sees_the_merchants_it_is_assigned_to(house: House) {
        let (second, third) = ("5f00000000000000000000a2", "5f00000000000000000000a3");
        for merchant in [second, third] {
            let body = json!({"name": merchant, "countryCode": "SK", "currencyCode": "EUR"});
            house.admin(Method::PUT, &format!("/merchants/{merchant}"), Some(body)).await.ok();
        }
        let client = json!({"name": "Two", "merchantIds": [second, MERCHANT]});
        let client = house.admin(Method::POST, "/clients", Some(client)).await.ok();
        let token = house.token_for(&client).await;
        let get = |path: String| { let (house, token) = (&house, &token); async move { house.call(Method::GET, &path, Some(token), None).await } };
        let all = get("/merchants".to_owned()).await.ok();
        let ids = |page: &Value| -> Vec<Value> { page["data"].as_array().unwrap().iter().map(|one| one["merchantId"].clone()).collect() };
        assert_eq!((ids(&all), &all["nextPage"]), (vec![json!(MERCHANT), json!(second)], &Value::Null));
        assert_eq!(all["data"][0], house.get(&format!("/merchants/{MERCHANT}")).await.ok());
        let first = get("/merchants?limit=1".to_owned()).await.ok();
        assert_eq!((ids(&first), &first["nextPage"]), (vec![json!(MERCHANT)], &json!(format!("/merchants?limit=1&lastMerchantId={MERCHANT}"))));
        let next = get(first["nextPage"].as_str().unwrap().to_owned()).await.ok();
        assert_eq!((ids(&next), &next["nextPage"]), (vec![json!(second)], &Value::Null));
        let several = get("/merchants/me".to_owned()).await;
        assert_eq!((several.error(), &several.body["merchantIds"]), ((400, "BAD_REQUEST"), &json!([MERCHANT, second])));
        assert!(several.body["message"].as_str().unwrap().contains(second));
        for (path, status) in [
            (format!("/merchants?lastMerchantId={third}"), 404),
            ("/merchants?limit=0".to_owned(), 400),
            ("/merchants?limit=101".to_owned(), 400),
            (format!("/merchants/{third}"), 403),
            ("/merchants/none".to_owned(), 404),
        ] {
            assert_eq!(get(path.clone()).await.status, status, "{path}");
        }
        let nobody = house.admin(Method::POST, "/clients", Some(json!({"name": "None", "merchantIds": []}))).await.ok();
        let token = house.token_for(&nobody).await;
        assert_eq!(house.call(Method::GET, "/merchants/me", Some(&token), None).await.status, 404);
        assert_eq!(house.call(Method::GET, "/merchants", Some(&token), None).await.ok()["data"], json!([]));
    }

    /// Clients in the wild refuse a whole page for one bill without a person or a count.
    async fn a_register_where_nobody_signed_in_stands_in_as_a_person(house: House) {
        let token = house.register(PLACE, 7).await;
        let base = format!("/pos/{SOURCE}/checks");
        let check = house.call(Method::POST, &base, Some(&token), Some(json!({}))).await.ok();
        let check = check["checkId"].as_str().unwrap();
        let lines = json!({"lines": [{"productId": "p:beer", "amount": 1}]});
        house.call(Method::PUT, &format!("{base}/{check}/lines"), Some(&token), Some(lines)).await.ok();
        let pay = json!({"payments": [{"paymentMethod": "cash", "priceWithVat": 59}]});
        let bill = house.call(Method::POST, &format!("{base}/{check}/pay"), Some(&token), Some(pay)).await.ok();
        let stand_in = json!({"personId": -7, "fullName": "Register 7", "userName": "register-7"});
        let page = house.get(&format!("/bills/{SOURCE}")).await.ok();
        for shown in [&bill, &page["data"][0]] {
            assert_eq!((&shown["createdBy"], &shown["paidBy"], &shown["personCount"]), (&stand_in, &stand_in, &json!(1)));
        }
    }

    async fn every_item_has_the_number_of_its_vat_rate(house: House) {
        let menu = json!({"categories": [], "products": [
            {"productId": "p:own", "name": "Own", "price": 10, "vatRate": 0.12, "vatId": 3},
            {"productId": "p:none", "name": "None", "price": 10, "vatRate": 0.055}]});
        house.admin(Method::PUT, &format!("/merchants/{MERCHANT}/menu"), Some(menu)).await.ok();
        let check = house.check(&[("p:own", 1), ("p:none", 1)]).await;
        let bill = house.pay(&check, &[("cash", json!(20))]).await.ok();
        assert_eq!((&bill["items"][0]["vatId"], &bill["items"][1]["vatId"]), (&json!(3), &json!(550)));
    }

    /// As one was recorded live: no taxes, and one payment of nothing.
    async fn a_free_bill_has_one_payment_of_nothing(house: House) {
        let check = house.check(&[]).await;
        let lines = json!({"lines": [{"productId": "p:main", "amount": 1, "discount": {"percent": 100}}]});
        house.pos(Method::PUT, &format!("/checks/{check}/lines"), Some(lines)).await.ok();
        let bill = house.pay(&check, &[]).await.ok();
        assert_eq!((&bill["finalPrice"], &bill["discount"], &bill["finalPriceWithoutTax"]), (&json!(0), &json!(189), &json!("0")));
        assert_eq!((&bill["taxes"], &bill["taxSummaries"]), (&json!([]), &json!({})));
        assert_eq!(bill["payments"], json!([{"paymentMethod": "cash", "priceWithVat": "0"}]));
        let cancel = format!("/bills/{}/cancel", bill["billId"].as_str().unwrap());
        let corrective = house.pos(Method::POST, &cancel, Some(json!({}))).await.ok();
        assert_eq!((&corrective["taxes"], &corrective["payments"]), (&json!([]), &bill["payments"]));
        // One line for nothing beside one that is paid leaves no tax of nothing.
        let check = house.check(&[]).await;
        let lines = json!({"lines": [{"productId": "p:main", "amount": 1, "discount": {"percent": 100}}, {"productId": "p:beer", "amount": 1}]});
        house.pos(Method::PUT, &format!("/checks/{check}/lines"), Some(lines)).await.ok();
        let bill = house.pay(&check, &[("card", json!(59))]).await.ok();
        assert_eq!(bill["taxes"], json!([{"vat": "21", "totalVat": "10.24", "totalWithoutVat": "48.76"}]));
        assert_eq!(bill["payments"], json!([{"paymentMethod": "card", "priceWithVat": "59"}]));
    }

    async fn an_application_keeps_what_the_fiscal_system_said(house: House) {
        let bill = sell(&house, 1).await;
        let path = format!("/bills/{SOURCE}/{}", bill["billId"].as_str().unwrap());
        let patch = async |body: Value| house.call(Method::PATCH, &path, Some(&house.access_token), Some(body)).await;
        house.clock.advance_seconds(60);
        let said = json!({"mode": 0, "fik": "f-1", "bkp": null});
        let patched = patch(json!({"fiscalData": said, "unknown": 1})).await.ok();
        assert_eq!(patched["fiscalData"], said);
        assert_ne!(patched["_lastModifiedAt"], bill["_lastModifiedAt"]);
        assert_eq!((&patched["items"], &patched["finalPrice"]), (&bill["items"], &bill["finalPrice"]));
        assert_eq!(house.get(&path).await.ok(), patched);
        let changes = house.changes().await;
        house.clock.advance_seconds(60);
        assert_eq!(patch(json!({"fiscalData": said})).await.ok(), patched, "the same again");
        assert_eq!(house.changes().await, changes);
        for nothing in [json!([]), Value::Null] {
            patch(json!({"fiscalData": said})).await.ok();
            assert_eq!(patch(json!({"fiscalData": nothing})).await.ok()["fiscalData"], Value::Null);
        }
        assert_eq!(house.changes().await, changes + 3);
        for body in [json!({}), json!({"fiscalData": "x"}), json!({"fiscalData": [1]}), json!({"fiscalData": 1})] {
            let refused = patch(body.clone()).await;
            assert_eq!((refused.status, &refused.body["field"]), (400, &json!("fiscalData")), "{body}");
        }
        let missing = format!("/bills/{SOURCE}/QX2026000001");
        assert_eq!(house.call(Method::PATCH, &missing, Some(&house.access_token), Some(json!({"fiscalData": null}))).await.status, 404);
        assert_eq!(house.call(Method::PATCH, &path, Some(&house.pos_token), Some(json!({"fiscalData": null}))).await.status, 401);
    }

    async fn a_bill_reaches_the_subscriber(house: House) {
        let path = format!("/merchants/{MERCHANT}/places/{PLACE}/datasync");
        let body = json!({"url": format!("{}/sync", house.partner.url), "secret": "s3cret", "method": "PUT", "fromDate": "2026-03-01"});
        let shown = house.admin(Method::PUT, &path, Some(body)).await.ok();
        assert!(!shown.to_string().contains("s3cret"), "{shown}");
        // What was set up goes first.
        house.courier.run_due().await.unwrap();
        let set_up = house.partner.came("/sync");
        let mut domains: Vec<_> = set_up.iter().map(|batch| batch.body["dataDomain"].as_str().unwrap()).collect();
        domains.sort_unstable();
        assert_eq!(domains, ["itemCategories", "items", "merchants", "placeItems", "places"]);
        let bill = sell(&house, 2).await;
        house.clock.advance_seconds(5);
        let lag = house.admin(Method::GET, &format!("/merchants/{MERCHANT}/datasync"), None).await.ok();
        house.partner.then_statuses(&[500]);
        house.courier.run_due().await.unwrap();
        house.clock.advance_seconds(60);
        house.courier.run_due().await.unwrap();
        let came = house.partner.came("/sync").split_off(set_up.len());
        assert_eq!(came.len(), 2, "{lag}");
        assert_eq!(came[1].authorization, "s3cret");
        let batch = &came[1].body;
        assert_eq!((&batch["dataDomain"], &batch["placeId"]), (&json!("bills"), &json!(PLACE)));
        let record = &batch["data"][0];
        assert_eq!(record["billId"], bill["billId"]);
        assert_eq!(record["items"], bill["items"]);
        assert_eq!((&record["merchantId"], &record["_lastModifiedAt"]), (&json!(MERCHANT), &json!("2026-03-01T13:00:00.000Z")));
        let lag = house.admin(Method::GET, &format!("/merchants/{MERCHANT}/datasync"), None).await.ok();
        let lane = lag.as_array().unwrap().iter().find(|lane| lane["dataDomain"] == "bills").unwrap();
        // The version is the number of the change, and the lane stands at it.
        assert_eq!((&lane["records"], record["_version"].as_i64().unwrap() > 4), (&json!(0), true));
    }
}
