//! `/stocks/{merchantId}…`: what does a merchant keep in stock, and who hears of a change?

use http::Method;
use serde_json::{Value, json};
use stamgast::demo::stocks::{BEEF_ITEM, BEER_ITEM, CENTRAL_STOCK, STOCK, STOCK_TAKING, STOCK_UP, SUPPLIER};
use testkit::{House, Scripted, assert_number, eventually};

pub(crate) fn set_up(house: &House, noun: &str) -> String {
    format!("/admin/v1/platform/merchants/{}/{noun}", house.restaurant.merchant_id)
}

/// `/stocks/{merchantId}`
pub(crate) fn api(house: &House) -> String {
    format!("/stocks/{}", house.restaurant.merchant_id)
}

fn ids(list: &Value, member: &str) -> Vec<String> {
    let rows = list["data"].as_array().unwrap().iter();
    rows.map(|row| row[member].as_str().unwrap().to_owned()).collect()
}

/// An application that was given what `body` says, signed in.
async fn application(house: &House, mut body: Value) -> stamgast::client::JsonClient {
    body["name"] = json!("Warehouse");
    body["merchantIds"] = json!([house.restaurant.merchant_id]);
    let made = house.app.admin.post("/admin/v1/platform/clients", &body).await.unwrap();
    let login = json!({"client_id": made["clientId"], "client_secret": made["clientSecret"], "grant_type": "client_credentials"});
    let token = house.app.anyone.post("/api/auth/authorize", &login).await.unwrap();
    house.app.anyone.bearer(token["access_token"].as_str().unwrap())
}

testkit::on_both_engines! {
    /// listStocks, listStockItems, listSuppliers: with amounts and both prices.
    async fn stocks_items_and_suppliers_are_listed_as_documented(engine: Engine) {
        let house = House::start(engine).await;
        let (platform, api) = (house.platform().await, api(&house));
        let stocks = platform.get(&format!("{api}/stocks")).await.unwrap();
        assert_eq!(stocks, json!({"data": [
            {"stockId": STOCK, "name": "Bar", "placeId": house.restaurant.place_id, "isCentral": false, "_removed": false},
            {"stockId": CENTRAL_STOCK, "name": "Sklad", "placeId": null, "isCentral": true, "_removed": false},
        ]}));
        let suppliers = platform.get(&format!("{api}/suppliers")).await.unwrap();
        assert_eq!(suppliers, json!({"data": [{"supplierId": SUPPLIER, "supplierName": "Pivovar U Mostu", "_removed": false}]}));
        let items = platform.get(&format!("{api}/stocks/{STOCK}/items")).await.unwrap();
        let mut beer = items["data"][0].clone();
        let changed = beer.as_object_mut().unwrap().remove("_lastModifiedAt").unwrap();
        assert!(changed.as_str().unwrap().ends_with("+01:00"), "{changed}");
        assert_eq!(beer, json!({"itemId": BEER_ITEM, "name": "Pivo, sud 50 l", "stockItemCategoryId": "sc:napoje",
            "categoryName": "Nápoje", "measure": "l", "ean": "8594000000017", "vatRate": 0.21, "amount": 37.5,
            "criticalAmount": 20, "optimalAmount": 100, "priceWithoutVat": 24.75, "priceWithVat": 29.9475, "_removed": false}));
        assert_eq!((items["data"].as_array().unwrap().len(), &items["nextPage"]), (1, &Value::Null));
        let central = platform.get(&format!("{api}/stocks/{CENTRAL_STOCK}/items")).await.unwrap();
        assert_eq!(ids(&central, "itemId"), [BEEF_ITEM, BEER_ITEM]);
        assert_number("beef with VAT", "246.288", &central["data"][0]["priceWithVat"]);
        assert_eq!((&central["data"][0]["categoryName"], &central["data"][0]["criticalAmount"]), (&Value::Null, &Value::Null));
    }

    /// listStockUps, getStockUp, listStockTakings, getStockTaking: the details have the lines.
    async fn documents_have_their_lines_and_what_they_come_to(engine: Engine) {
        let house = House::start(engine).await;
        let (platform, stock) = (house.platform().await, format!("{}/stocks/{STOCK}", api(&house)));
        let ups = platform.get(&format!("{stock}/stockUps")).await.unwrap();
        assert_eq!(ids(&ups, "stockUpId"), ["su-2", STOCK_UP]);
        let first = &ups["data"][1];
        for (member, expected) in [("createdAt", json!("2026-02-02T10:00:00+01:00")), ("number", json!("2026-017")),
            ("note", json!("dva sudy")), ("supplierId", json!(SUPPLIER)), ("supplierName", json!("Pivovar U Mostu")),
            ("personName", json!("Jana Nová")), ("totalPriceWithoutVat", json!(2475)), ("isDraft", json!(false)),
            ("_removed", json!(false)), ("_version", json!(1))] {
            assert_eq!(first[member], expected, "{member}");
        }
        assert_eq!((&first["items"], &ups["data"][0]["isDraft"]), (&Value::Null, &json!(true)));
        let detail = platform.get(&format!("{stock}/stockUps/{STOCK_UP}")).await.unwrap();
        assert_eq!(detail["items"], json!([{"itemId": BEER_ITEM, "name": "Pivo, sud 50 l", "measure": "l", "amount": 100,
            "priceWithoutVat": 24.75, "vatRate": 0.21, "totalPriceWithoutVat": 2475}]));
        assert_eq!(detail["totalPriceWithoutVat"], first["totalPriceWithoutVat"]);
        let takings = platform.get(&format!("{stock}/stockTakings")).await.unwrap();
        assert_eq!(ids(&takings, "stockTakingId"), [STOCK_TAKING]);
        // 1.5 l are missing at 24.75: 37.125, rounded away from zero
        assert_number("what is missing", "-37.13", &takings["data"][0]["totalDifferenceWithoutVat"]);
        let taking = platform.get(&format!("{stock}/stockTakings/{STOCK_TAKING}")).await.unwrap();
        assert_eq!(taking["items"], json!([{"itemId": BEER_ITEM, "name": "Pivo, sud 50 l", "measure": "l", "countedAmount": 37.5,
            "expectedAmount": 39, "differenceAmount": -1.5, "priceWithoutVat": 24.75}]));
        // what was set up as history moved nothing
        let items = platform.get(&format!("{stock}/items")).await.unwrap();
        assert_number("the beer at the bar", "37.5", &items["data"][0]["amount"]);
        for unknown in ["stockUps/none", "stockTakings/none", &format!("stockUps/{STOCK_TAKING}")] {
            let answer = platform.send(Method::GET, &format!("{stock}/{unknown}"), None).await.unwrap();
            assert_eq!(answer.status, 404, "{unknown}: {}", answer.text);
        }
        let elsewhere = format!("{}/stocks/{CENTRAL_STOCK}/stockUps/{STOCK_UP}", api(&house));
        assert_eq!(platform.send(Method::GET, &elsewhere, None).await.unwrap().status, 404);
    }

    async fn lists_are_filtered_and_paged(engine: Engine) {
        let house = House::start(engine).await;
        let (admin, platform) = (&house.app.admin, house.platform().await);
        let stock = format!("{}/stocks/{CENTRAL_STOCK}", api(&house));
        let lines = |amount: &str| json!([{"itemId": BEEF_ITEM, "amount": amount, "priceWithoutVat": "0.005"}]);
        for (id, at) in [("a", "2026-01-10"), ("b", "2026-01-11T08:00:00Z"), ("c", "2026-01-11T08:00:00Z"), ("d", "2026-01-12")] {
            let path = set_up(&house, &format!("stocks/{CENTRAL_STOCK}/stockUps/{id}"));
            admin.put(&path, &json!({"createdAt": at, "items": lines("1")})).await.unwrap();
        }
        for (query, expected) in [
            ("", &["d", "c", "b", "a"][..]),
            ("from=2026-01-11", &["d", "c", "b"]),
            ("till=2026-01-11", &["a"]),
            ("from=2026-01-11T08:00:00Z&till=2026-01-11T23:00:00Z", &["c", "b"]),
            ("lastStockUpId=c", &["b", "a"]),
            ("modifiedSince=2027-01-01", &[]),
        ] {
            let found = platform.get(&format!("{stock}/stockUps?{query}")).await.unwrap();
            assert_eq!(ids(&found, "stockUpId"), expected, "{query}");
        }
        let mut next = format!("{stock}/stockUps?from=2026-01-10&limit=3");
        let mut walked = Vec::new();
        loop {
            let page = platform.get(&next).await.unwrap();
            walked.extend(ids(&page, "stockUpId"));
            match page["nextPage"].as_str() {
                Some(path) => path.clone_into(&mut next),
                None => break,
            }
        }
        assert_eq!(walked, ["d", "c", "b", "a"]);
        // One that is taken away is told to whoever asks for what changed, and to nobody else.
        house.app.clock.advance_seconds(60);
        let now = house.app.outside.now();
        admin.delete(&set_up(&house, &format!("stocks/{CENTRAL_STOCK}/stockUps/b"))).await.unwrap();
        let changed = platform.get(&format!("{stock}/stockUps?modifiedSince={now}&from=2026-01-01")).await.unwrap();
        assert_eq!((ids(&changed, "stockUpId"), &changed["data"][0]["_removed"]), (vec!["b".to_owned()], &json!(true)));
        let all = platform.get(&format!("{stock}/stockUps")).await.unwrap();
        assert_eq!(ids(&all, "stockUpId"), ["d", "c", "a"]);
        assert_eq!(platform.send(Method::GET, &format!("{stock}/stockUps/b"), None).await.unwrap().status, 404);
        // Items go by their ids; one the stock keeps no more is told as well.
        let items = platform.get(&format!("{stock}/items?limit=1")).await.unwrap();
        assert_eq!(ids(&items, "itemId"), [BEEF_ITEM]);
        let rest = platform.get(items["nextPage"].as_str().unwrap()).await.unwrap();
        assert_eq!((ids(&rest, "itemId"), &rest["nextPage"]), (vec![BEER_ITEM.to_owned()], &Value::Null));
        house.app.clock.advance_seconds(60);
        let now = house.app.outside.now();
        let beef = json!({"name": "Hovězí zadní", "measure": "kg", "vatRate": "0.12"});
        admin.put(&set_up(&house, &format!("stockItems/{BEEF_ITEM}")), &beef).await.unwrap();
        let items = platform.get(&format!("{stock}/items")).await.unwrap();
        assert_eq!(ids(&items, "itemId"), [BEER_ITEM]);
        let changed = platform.get(&format!("{stock}/items?modifiedSince={now}")).await.unwrap();
        assert_eq!((ids(&changed, "itemId"), &changed["data"][0]["_removed"]), (vec![BEEF_ITEM.to_owned()], &json!(true)));
        // So is a new name of the category.
        house.app.clock.advance_seconds(60);
        let now = house.app.outside.now();
        admin.put(&set_up(&house, "stockItemCategories/sc:napoje"), &json!({"name": "Pití"})).await.unwrap();
        let changed = platform.get(&format!("{stock}/items?modifiedSince={now}")).await.unwrap();
        assert_eq!((ids(&changed, "itemId"), &changed["data"][0]["categoryName"]), (vec![BEER_ITEM.to_owned()], &json!("Pití")));
    }

    async fn an_application_sees_the_stocks_of_its_places(engine: Engine) {
        let house = House::start(engine).await;
        let (api, place) = (api(&house), &house.restaurant.place_id);
        let path = format!("/admin/v1/platform/merchants/{}", house.restaurant.merchant_id);
        let second = house.app.admin.get(&path).await.unwrap()["places"][1]["placeId"].clone();
        let here = application(&house, json!({"placeIds": [place]})).await;
        let there = application(&house, json!({"placeIds": [second]})).await;
        let others = application(&house, json!({"apis": ["deskview", "bills"]})).await;
        let calls = [format!("{api}/stocks"), format!("{api}/suppliers"), format!("{api}/stocks/{CENTRAL_STOCK}/items"),
            format!("{api}/stocks/{STOCK}/items"), format!("{api}/stocks/{STOCK}/stockUps"),
            format!("{api}/stocks/{STOCK}/stockTakings/{STOCK_TAKING}"), format!("{api}/stocks/none/items"),
            "/stocks/nobody/stocks".to_owned()];
        for (caller, expected) in [
            (&here, [200, 200, 200, 200, 200, 200, 404, 404]),
            (&there, [200, 200, 200, 403, 403, 403, 404, 404]),
            (&others, [403, 403, 403, 403, 403, 403, 403, 404]),
            (&house.app.anyone, [401; 8]),
        ] {
            let mut found = Vec::new();
            for path in &calls {
                found.push(caller.send(Method::GET, path, None).await.unwrap().status);
            }
            assert_eq!(found, expected);
        }
        assert_eq!(ids(&here.get(&calls[0]).await.unwrap(), "stockId"), [STOCK, CENTRAL_STOCK]);
        assert_eq!(ids(&there.get(&calls[0]).await.unwrap(), "stockId"), [CENTRAL_STOCK]);
    }

    async fn whoever_follows_the_merchant_hears_of_stocks(engine: Engine) {
        let partner = Scripted::start([]).await;
        let house = House::start(engine).await;
        let admin = &house.app.admin;
        // the place's own receiver has been told of everything by now
        assert_eq!(known_to_the_partner(&house, "stockItems").await, [BEEF_ITEM, BEER_ITEM]);
        let to = json!({"url": format!("{}/feed", partner.url()), "secret": "s", "method": "POST", "fromDate": "2026-01-01"});
        let place = format!("places/{}/datasync", house.restaurant.place_id);
        admin.put(&set_up(&house, &place), &to).await.unwrap();
        let beer = newest(&partner, "stockItems", "itemId", BEER_ITEM, false).await;
        assert_eq!(beer["amounts"], json!([
            {"stockId": STOCK, "amount": 37.5, "criticalAmount": 20, "optimalAmount": 100, "priceWithoutVat": 24.75},
            {"stockId": CENTRAL_STOCK, "amount": 150, "criticalAmount": null, "optimalAmount": null, "priceWithoutVat": 24.75}]));
        assert_eq!((&beer["vatRate"], &beer["measure"], &beer["_removed"]), (&json!(0.21), &json!("l"), &json!(false)));
        assert_eq!(newest(&partner, "stocks", "stockId", STOCK, false).await["placeId"], house.restaurant.place_id.as_str());
        assert_eq!(newest(&partner, "stockItemCategories", "stockItemCategoryId", "sc:napoje", false).await["name"], "Nápoje");
        // A stock that goes takes nothing with it but the items' amounts of 0 there.
        let empty = json!({"name": "Pivo", "vatRate": "0.21", "amounts": [{"stockId": STOCK, "amount": 0, "priceWithoutVat": 1}]});
        admin.put(&set_up(&house, &format!("stockItems/{BEER_ITEM}")), &empty).await.unwrap();
        admin.delete(&set_up(&house, &format!("stocks/{STOCK}"))).await.unwrap();
        let gone = newest(&partner, "stocks", "stockId", STOCK, true).await;
        assert_eq!(gone.as_object().unwrap().len(), 4, "{gone}");
        let beer = eventually("the item without the stock", async || {
            let found = newest(&partner, "stockItems", "itemId", BEER_ITEM, false).await;
            (found["amounts"] == json!([])).then_some(found)
        }).await;
        assert!(beer["_version"].as_i64() > gone["_version"].as_i64());
        admin.delete(&set_up(&house, &format!("stockItems/{BEER_ITEM}"))).await.unwrap();
        admin.delete(&set_up(&house, "stockItemCategories/sc:napoje")).await.unwrap();
        newest(&partner, "stockItems", "itemId", BEER_ITEM, true).await;
        newest(&partner, "stockItemCategories", "stockItemCategoryId", "sc:napoje", true).await;
    }
}

/// The newest state of a record that the receiver got, once it is (not) removed.
async fn newest(receiver: &Scripted, domain: &str, member: &str, id: &str, removed: bool) -> Value {
    eventually("the record", async || {
        let batches = receiver.received().into_iter().map(|request| request.json());
        let records = batches
            .filter(|batch| batch["dataDomain"] == domain)
            .flat_map(|batch| batch["data"].as_array().unwrap().clone());
        let newest = records.filter(|record| record[member] == id).last();
        newest.filter(|record| record["_removed"] == removed)
    })
    .await
}

/// The ids of a domain's records that the partner's side of the house keeps.
async fn known_to_the_partner(house: &House, domain: &'static str) -> Vec<String> {
    let merchant = house.restaurant.merchant_id.clone();
    let known = house.app.app.db().read("known_records", move |tx| {
        let rows = tx.query(&KNOWN, db::params![&merchant, domain])?;
        Ok::<_, db::TxError<db::Never>>(rows)
    });
    known.await.unwrap()
}

static KNOWN: db::Query<String> = db::Query::new(
    "KNOWN",
    module_path!(),
    "SELECT record_id FROM partner_record WHERE merchant = $1 AND domain = $2 ORDER BY record_id",
);
