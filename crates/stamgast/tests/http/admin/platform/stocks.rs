//! `…/stocks/{stockId}…`: are stocks and their documents set up, given back and taken away?

use crate::stocks::{api, set_up};
use http::Method;
use serde_json::{Value, json};
use stamgast::demo::stocks::{BEEF_ITEM, BEER_ITEM, CENTRAL_STOCK, STOCK, STOCK_TAKING, STOCK_UP, SUPPLIER};
use testkit::House;

testkit::on_both_engines! {
    /// putPlatformStock, putPlatformStockUp, putPlatformStockTaking, getPlatformStock, getPlatformStockUp, getPlatformStockTaking,
    /// deletePlatformStockUp, deletePlatformStockTaking: what is given back can be put again, and what was taken away is there again.
    async fn each_noun_is_given_back_and_the_same_again_changes_nothing(engine: Engine) {
        let house = House::start(engine).await;
        let (admin, platform) = (&house.app.admin, house.platform().await);
        let documents = [format!("stocks/{STOCK}/stockUps/{STOCK_UP}"), format!("stocks/{STOCK}/stockTakings/{STOCK_TAKING}")];
        let beer = json!({"name": "Pivo, sud 50 l", "stockItemCategoryId": "sc:napoje", "measure": "l", "ean": "8594000000017",
            "vatRate": 0.210, "amounts": [{"stockId": CENTRAL_STOCK, "amount": "150.0", "priceWithoutVat": "24.750"},
            {"stockId": STOCK, "amount": 37.50, "criticalAmount": 20, "optimalAmount": 100, "priceWithoutVat": 24.75}]});
        let before: Vec<Value> = {
            let mut shown = Vec::new();
            for noun in [&format!("stockItems/{BEER_ITEM}"), &documents[0], &documents[1]] {
                shown.push(admin.get(&set_up(&house, noun)).await.unwrap());
            }
            shown
        };
        let rows = house.rows().await;
        house.app.clock.advance_seconds(60);
        for (noun, body) in [
            (format!("stocks/{CENTRAL_STOCK}"), json!({"name": "Sklad"})),
            ("stockItemCategories/sc:napoje".to_owned(), json!({"name": "Nápoje"})),
            (format!("stockItems/{BEER_ITEM}"), beer),
            (format!("suppliers/{SUPPLIER}"), json!({"supplierName": "Pivovar U Mostu"})),
            // without createdAt it is the one it was first set with
            (documents[0].clone(), json!({"number": "2026-017", "note": "dva sudy", "supplierId": SUPPLIER, "personName": "Jana Nová",
                "items": [{"itemId": BEER_ITEM, "amount": "100.000", "priceWithoutVat": 24.75}]})),
            (documents[1].clone(), json!({"number": "I-3", "personName": "Jana Nová", "createdAt": "2026-02-28T22:00:00Z",
                "items": [{"itemId": BEER_ITEM, "countedAmount": 37.5, "expectedAmount": 39, "priceWithoutVat": 24.75}]})),
        ] {
            let path = set_up(&house, &noun);
            let put = admin.put(&path, &body).await.unwrap();
            assert_eq!(admin.get(&path).await.unwrap(), put, "{noun}");
        }
        assert_eq!(house.rows().await, rows);
        for (noun, before) in [&format!("stockItems/{BEER_ITEM}"), &documents[0], &documents[1]].into_iter().zip(before) {
            assert_eq!(admin.get(&set_up(&house, noun)).await.unwrap(), before, "{noun}");
        }
        let items = platform.get(&format!("{}/stocks/{STOCK}/items", api(&house))).await.unwrap();
        let changed = items["data"][0]["_lastModifiedAt"].as_str().unwrap();
        let put = admin.put(&set_up(&house, &documents[0]), &json!({"items": []})).await.unwrap();
        assert_eq!((&put["_version"], &put["createdAt"]), (&json!(2), &json!("2026-02-02T10:00:00+01:00")));
        assert!(put["_lastModifiedAt"].as_str().unwrap() > changed, "{put}");
        // Taken away, each says so, and set up again it is there again.
        for noun in documents.iter().chain([&format!("suppliers/{SUPPLIER}"), &format!("stockItems/{BEEF_ITEM}")]) {
            let path = set_up(&house, noun);
            assert_eq!(admin.delete(&path).await.unwrap()["_removed"], true);
            assert_eq!(admin.send(Method::DELETE, &path, None).await.unwrap().status, 404);
            assert_eq!(admin.get(&path).await.unwrap()["_removed"], true);
        }
        let suppliers = platform.get(&format!("{}/suppliers", api(&house))).await.unwrap();
        assert_eq!(suppliers, json!({"data": []}));
        let back = admin.put(&set_up(&house, &format!("suppliers/{SUPPLIER}")), &json!({"supplierName": "Pivovar"})).await.unwrap();
        assert_eq!(back["_removed"], false);
    }

    /// putPlatformStock, putPlatformStockUp, putPlatformStockTaking, deletePlatformStock: the member at fault is named; 409 while it is in use.
    async fn what_cannot_be_set_up_is_named_and_changes_nothing(engine: Engine) {
        let house = House::start(engine).await;
        let before = house.rows().await;
        let item = |amounts: Value| json!({"name": "x", "vatRate": "0.21", "amounts": amounts});
        let held = |member: &str, value: Value| {
            let mut amount = json!({"stockId": STOCK, "amount": 1, "priceWithoutVat": 1});
            amount[member] = value;
            item(json!([amount]))
        };
        let came = |member: &str, value: Value| {
            let mut line = json!({"itemId": BEER_ITEM, "amount": 1, "priceWithoutVat": 1});
            line[member] = value;
            json!({"items": [line]})
        };
        let counted = |member: &str, value: Value| {
            let mut line = json!({"itemId": BEER_ITEM, "countedAmount": 1, "expectedAmount": 1, "priceWithoutVat": 1});
            line[member] = value;
            json!({"items": [line]})
        };
        let twice = json!([{"stockId": STOCK, "amount": 1, "priceWithoutVat": 1}, {"stockId": STOCK, "amount": 1, "priceWithoutVat": 1}]);
        let much = json!([{"itemId": BEER_ITEM, "amount": 1_000_000_000, "priceWithoutVat": 1_000_000_000}]);
        let many: Vec<Value> = (0..1_001).map(|_| json!({"itemId": BEER_ITEM, "amount": 1, "priceWithoutVat": 1})).collect();
        let (up, taking) = (format!("stocks/{STOCK}/stockUps/x"), format!("stocks/{STOCK}/stockTakings/x"));
        let long = "x".repeat(65);
        let table: Vec<(String, Value, u16, &str)> = vec![
            (format!("stocks/{long}"), json!({}), 400, "stockId"),
            ("stocks/x".to_owned(), json!({"placeId": "nowhere"}), 400, "placeId"),
            ("stocks/x".to_owned(), json!({"name": ""}), 400, "name"),
            ("stocks/x".to_owned(), json!({"isCentral": true}), 400, "isCentral"),
            ("stockItemCategories/x".to_owned(), json!({"name": "x", "parentCategoryId": "none"}), 400, "parentCategoryId"),
            ("stockItemCategories/x".to_owned(), json!({"name": "x", "parentCategoryId": "x"}), 400, "parentCategoryId"),
            ("stockItems/x".to_owned(), json!({"name": "x", "vatRate": "0.21", "stockItemCategoryId": "none"}), 400, "stockItemCategoryId"),
            ("stockItems/x".to_owned(), json!({"name": "x", "vatRate": 21}), 400, "vatRate"),
            ("stockItems/x".to_owned(), json!({"name": "x", "vatRate": "0.1234567"}), 400, "vatRate"),
            ("stockItems/x".to_owned(), held("stockId", json!("none")), 400, "amounts[0].stockId"),
            ("stockItems/x".to_owned(), held("amount", json!("0.0000001")), 400, "amounts[0].amount"),
            ("stockItems/x".to_owned(), held("priceWithoutVat", json!(-1)), 400, "amounts[0].priceWithoutVat"),
            ("stockItems/x".to_owned(), held("criticalAmount", json!(-1)), 400, "amounts[0].criticalAmount"),
            ("stockItems/x".to_owned(), item(twice), 400, "amounts[1].stockId"),
            ("suppliers/x".to_owned(), json!({"supplierName": ""}), 400, "supplierName"),
            (up.clone(), came("itemId", json!("none")), 400, "items[0].itemId"),
            (up.clone(), came("amount", json!(0)), 400, "items[0].amount"),
            (up.clone(), came("priceWithoutVat", json!(-1)), 400, "items[0].priceWithoutVat"),
            (up.clone(), came("vatRate", json!(2)), 400, "items[0].vatRate"),
            (up.clone(), json!({"items": [], "supplierId": "none"}), 400, "supplierId"),
            (up.clone(), json!({"items": [], "createdAt": "yesterday"}), 400, "createdAt"),
            (up.clone(), json!({"items": [], "note": "x".repeat(1_001)}), 400, "note"),
            (up.clone(), json!({"items": much}), 400, "items"),
            (up.clone(), json!({"items": many}), 400, "items"),
            (taking.clone(), counted("countedAmount", json!(-1)), 400, "items[0].countedAmount"),
            (taking.clone(), counted("expectedAmount", Value::Null), 400, "items[0].expectedAmount"),
            (taking.clone(), json!({"isDraft": true, "items": [{"itemId": BEER_ITEM, "countedAmount": 1, "expectedAmount": 1,
                "priceWithoutVat": 1}]}), 400, "items[0].expectedAmount"),
            (taking.clone(), json!({"isDraft": true, "items": [{"itemId": BEER_ITEM, "countedAmount": 1, "priceWithoutVat": 1},
                {"itemId": BEER_ITEM, "countedAmount": 1, "priceWithoutVat": 1}]}), 400, "items[1].itemId"),
            ("stocks/none/stockUps/x".to_owned(), json!({"items": []}), 404, ""),
            (format!("stocks/{CENTRAL_STOCK}/stockUps/{STOCK_UP}"), json!({"items": []}), 409, ""),
        ];
        for (noun, body, status, field) in table {
            let answer = house.app.admin.send(Method::PUT, &set_up(&house, &noun), Some(body.to_string().into_bytes())).await.unwrap();
            assert_eq!(answer.status, status, "{noun} {body}: {}", answer.text);
            assert_eq!(answer.json["field"].as_str().unwrap_or_default(), field, "{noun}: {}", answer.text);
        }
        for (noun, name) in [(format!("stocks/{STOCK}"), "STOCK_IN_USE"), ("stockItemCategories/sc:napoje".to_owned(), "CATEGORY_IN_USE")] {
            let answer = house.app.admin.send(Method::DELETE, &set_up(&house, &noun), None).await.unwrap();
            assert_eq!((answer.status, &answer.json["name"]), (409, &json!(name)), "{}", answer.text);
        }
        // The prices are in the merchant's currency, which therefore stays.
        let merchant = json!({"name": "x", "countryCode": "SK", "currencyCode": "EUR"});
        let path = set_up(&house, "");
        let answer = house.app.admin.send(Method::PUT, path.trim_end_matches('/'), Some(merchant.to_string().into_bytes())).await.unwrap();
        assert_eq!(answer.status, 409, "{}", answer.text);
        assert_eq!(house.rows().await, before);
    }

    /// putPlatformStock: it has no prices, its items have.
    async fn the_currency_stays_while_only_stocks_have_prices(engine: Engine) {
        let app = testkit::TestApp::start(engine).await;
        let base = "/admin/v1/platform/merchants/m1";
        let merchant = |currency: &str| json!({"name": "x", "countryCode": "CZ", "currencyCode": currency});
        app.admin.put(base, &merchant("CZK")).await.unwrap();
        app.admin.put(&format!("{base}/stocks/s"), &json!({})).await.unwrap();
        app.admin.put(base, &merchant("EUR")).await.unwrap();
        let item = json!({"name": "x", "vatRate": 0, "amounts": [{"stockId": "s", "amount": 1, "priceWithoutVat": 1}]});
        app.admin.put(&format!("{base}/stockItems/i"), &item).await.unwrap();
        let refused = app.admin.send(Method::PUT, base, Some(merchant("CZK").to_string().into_bytes())).await.unwrap();
        assert_eq!(refused.status, 409, "{}", refused.text);
    }
}
