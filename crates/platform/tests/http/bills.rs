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
    }

    async fn a_bill_reaches_the_subscriber(house: House) {
        let path = format!("/merchants/{MERCHANT}/places/{PLACE}/datasync");
        let body = json!({"url": format!("{}/sync", house.partner.url), "secret": "s3cret", "method": "PUT", "fromDate": "2026-03-01"});
        let shown = house.admin(Method::PUT, &path, Some(body)).await.ok();
        assert!(!shown.to_string().contains("s3cret"), "{shown}");
        let bill = sell(&house, 2).await;
        house.clock.advance_seconds(5);
        let lag = house.admin(Method::GET, &format!("/merchants/{MERCHANT}/datasync"), None).await.ok();
        house.partner.then_statuses(&[500]);
        house.courier.run_due().await.unwrap();
        house.clock.advance_seconds(60);
        house.courier.run_due().await.unwrap();
        let came = house.partner.came("/sync");
        assert_eq!(came.len(), 2, "{lag}");
        assert_eq!(came[1].authorization, "s3cret");
        let batch = &came[1].body;
        assert_eq!((&batch["dataDomain"], &batch["placeId"]), (&json!("bills"), &json!(PLACE)));
        let record = &batch["data"][0];
        assert_eq!(record["billId"], bill["billId"]);
        assert_eq!(record["items"], bill["items"]);
        assert_eq!((&record["merchantId"], &record["_version"]), (&json!(MERCHANT), &json!(1)));
        let lag = house.admin(Method::GET, &format!("/merchants/{MERCHANT}/datasync"), None).await.ok();
        assert_eq!((&lag[0]["dataDomain"], &lag[0]["records"]), (&json!("bills"), &json!(0)));
    }
}
