//! `/admin/v1/platform/merchants/{merchantId}/restaurant`: a whole restaurant by one document.

use http::Method;
use serde_json::{Value, json};
use stamgast::client::Answer;
use std::collections::BTreeMap;
use testkit::restaurant::{BEER, DOCUMENT, FIRST_PLACE, REMOVED_DESK, SECOND_PLACE};
use testkit::{House, TestApp};

fn path(merchant: &str) -> String {
    format!("/admin/v1/platform/merchants/{merchant}/restaurant")
}

/// The demo's own document.
fn document() -> Value {
    serde_json::from_str(DOCUMENT).unwrap()
}

async fn send(app: &TestApp, merchant: &str, document: &Value) -> Answer {
    app.admin.send(Method::PUT, &path(merchant), Some(document.to_string().into_bytes())).await.unwrap()
}

async fn put(app: &TestApp, merchant: &str, document: &Value) -> Value {
    let answer = send(app, merchant, document).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json
}

/// What is shown of a merchant.
async fn shown(app: &TestApp, merchant: &str) -> Value {
    app.admin.get(&path(merchant)).await.unwrap()
}

/// How many rows were created, changed and left as they were.
fn counts(report: &Value) -> [i64; 3] {
    let told = ["created", "changed", "unchanged"].map(|member| report[member].as_i64().unwrap());
    let mut counted = BTreeMap::new();
    for row in report["rows"].as_array().unwrap() {
        *counted.entry(row["outcome"].as_str().unwrap()).or_insert(0) += 1;
    }
    let rows = ["created", "changed", "unchanged"].map(|outcome| counted.get(outcome).copied().unwrap_or(0));
    assert_eq!(told, rows, "{report}");
    told
}

/// The paths of the rows that were not so already, with what became of them.
fn moved(report: &Value) -> Vec<(&str, &str)> {
    let rows = report["rows"].as_array().unwrap().iter();
    let rows = rows.map(|row| (row["path"].as_str().unwrap(), row["outcome"].as_str().unwrap()));
    rows.filter(|(_, outcome)| *outcome != "unchanged").collect()
}

/// How many changes the feed of the merchant has, and the state of its menu.
async fn told(app: &TestApp, merchant: &str) -> (i64, i64) {
    static COUNT: db::Query<i64> = db::Query::new(
        "COUNT",
        module_path!(),
        "SELECT CAST(COUNT(*) AS BIGINT) FROM courier_change WHERE merchant = $1",
    );
    static VERSION: db::Query<i64> = db::Query::new(
        "VERSION",
        module_path!(),
        "SELECT CAST(SUM(version) AS BIGINT) FROM platform_menu_version WHERE merchant = $1",
    );
    let merchant = merchant.to_owned();
    let counted = app.app.db().read("count", move |tx| {
        let changes = tx.optional(&COUNT, db::params![&merchant])?.unwrap_or(0);
        Ok::<_, db::TxError<db::Never>>((
            changes,
            tx.optional(&VERSION, db::params![&merchant])?.unwrap_or(0),
        ))
    });
    counted.await.unwrap()
}

/// A document with one member of one row set otherwise; `null` takes the member out.
fn with(mut document: Value, pointer: &str, value: Value) -> Value {
    let (row, member) = pointer.rsplit_once('/').unwrap();
    let row = document.pointer_mut(row).unwrap_or_else(|| panic!("{pointer}")).as_object_mut().unwrap();
    if value.is_null() {
        row.remove(member);
    } else {
        row.insert(member.to_owned(), value);
    }
    document
}

testkit::on_both_engines! {
    async fn the_demos_document_is_set_up_once_and_then_moves_nothing(engine: Engine) {
        let app = TestApp::start(engine).await;
        let first = put(&app, "m1", &document()).await;
        let rows = first["rows"].as_array().unwrap();
        assert_eq!(counts(&first), [i64::try_from(rows.len()).unwrap(), 0, 0], "{first}");
        assert!(rows.iter().any(|row| row["path"] == "places[0].desks[4]"), "{first}");
        assert!(rows.iter().any(|row| row["path"] == format!("menu.placeRules.{FIRST_PLACE}")), "{first}");
        let (is, told_first) = (shown(&app, "m1").await, told(&app, "m1").await);
        app.clock.advance_seconds(60);
        let again = put(&app, "m1", &document()).await;
        assert_eq!(moved(&again), []);
        assert_eq!(counts(&again), [0, 0, i64::try_from(rows.len()).unwrap()]);
        assert_eq!((told(&app, "m1").await, shown(&app, "m1").await), (told_first, is));
    }

    /// putPlatformRestaurant, getPlatformRestaurant: what is shown is what was put.
    async fn what_is_shown_can_be_put_again_and_makes_the_same_elsewhere(engine: Engine) {
        let app = TestApp::start(engine).await;
        put(&app, "m1", &document()).await;
        // What the document of the demo does not have: nouns that were removed, drafts, what a place closed
        let noun = |rest: &str| format!("/admin/v1/platform/merchants/m1/{rest}");
        for (rest, body) in [
            ("stocks/old", json!({"name": "Old"})),
            ("stocks/old/stockUps/old-1", json!({"createdAt": "2026-01-05", "items": [{"itemId": "si:hovezi", "amount": "0.5", "priceWithoutVat": "199.900001"}]})),
            ("stocks/bar/stockTakings/draft", json!({"isDraft": true, "items": [{"itemId": "si:pivo", "countedAmount": 1, "priceWithoutVat": 24}]})),
            ("stockItemCategories/sc:a", json!({"name": "A below Nápoje", "parentCategoryId": "sc:napoje"})),
            ("suppliers/gone", json!({"supplierName": "Gone"})),
            ("places/222222222222222222222222/delivery", json!({"autoConfirm": true, "closedUntil": "2026-03-03T10:00:00Z"})),
            ("places/222222222222222222222222/deskSections/attic", json!({"name": "Attic"})),
            ("places/222222222222222222222222", json!({"name": "Zahrádka", "timeZone": "America/New_York", "state": "hidden"})),
            ("menu", json!({"placeRules": {SECOND_PLACE: {"beyondRemaining": "warn"}}, "timeBasedMenus": [{"menuId": "m", "placeId": SECOND_PLACE,
                "timeBasedMenuType": "happyHours", "since": "2026-03-02T11:00:00.123Z", "till": "2026-03-04T11:00:00Z",
                "items": [{"productId": BEER, "quantity": 7, "priceLevels": {"default": {"price": "29.50"}}}]}]})),
        ] {
            app.admin.put(&noun(rest), &body).await.unwrap();
        }
        for rest in ["stocks/old", "suppliers/gone", "places/222222222222222222222222/deskSections/attic", "stocks/bar/stockUps/su-2"] {
            app.admin.delete(&noun(rest)).await.unwrap();
        }
        let (is, before) = (shown(&app, "m1").await, told(&app, "m1").await);
        let removed: Vec<&Value> = is["stocks"].as_array().unwrap().iter().filter(|stock| stock["removed"] == true).collect();
        assert_eq!((removed.len(), &removed[0]["stockUps"][0]["stockUpId"]), (1, &json!("old-1")), "{is}");
        let desk = is["places"][0]["desks"].as_array().unwrap().iter().find(|desk| desk["deskId"] == REMOVED_DESK).unwrap();
        assert_eq!((&desk["removed"], &desk["seats"]), (&json!(true), &json!(2)));
        app.clock.advance_seconds(60);
        assert_eq!(moved(&put(&app, "m1", &is).await), []);
        assert_eq!((told(&app, "m1").await, shown(&app, "m1").await), (before, is.clone()));
        let elsewhere = put(&app, "m2", &is).await;
        assert_eq!(counts(&elsewhere)[1..], [0, 0], "{elsewhere}");
        assert_eq!(shown(&app, "m2").await, is);
        assert_eq!(moved(&put(&app, "m2", &is).await), []);
    }

    async fn one_member_moves_one_row_and_what_is_not_named_stays(engine: Engine) {
        let app = TestApp::start(engine).await;
        put(&app, "m1", &document()).await;
        let is = shown(&app, "m1").await;
        // the member, its value, the row, and how many records are told of it
        let table = [
            ("/merchant/vatId", json!("CZ7"), "merchant", 1),
            ("/places/1/name", json!("Garden"), "places[1]", 1),
            ("/places/0/deskSections/0/color", json!("#fff"), "places[0].deskSections[0]", 1),
            ("/places/0/desks/0/seats", json!(9), "places[0].desks[0]", 1),
            ("/places/0/registers/1/name", json!("Bar"), "places[0].registers[1]", 0),
            ("/places/0/delivery", json!({"mealPrepTime": 45}), "places[0].delivery", 0),
            ("/persons/0/fullName", json!("Eva Velká"), "persons[0]", 1),
            ("/persons/0/code", json!("9009"), "persons[0]", 1),
            ("/persons/2/isActive", json!(true), "persons[2]", 1),
            ("/menu/categories/0/name", json!("Menu"), "menu.categories[0]", 1),
            ("/menu/products/0/allergens", json!([1]), "menu.products[0]", 1),
            ("/menu/additionCategories/0/max", json!(1), "menu.additionCategories[0]", 0),
            ("/menu/timeBasedMenus/0/items", json!([{"productId": "p:gulas", "quantity": 0}]), "menu.timeBasedMenus[0]", 0),
            ("/stocks/1/name", json!("Výčep"), "stocks[1]", 1),
            ("/stocks/1/stockUps/0/note", json!("tři sudy"), "stocks[1].stockUps[0]", 0),
            ("/stocks/1/stockTakings/0/number", json!("I-4"), "stocks[1].stockTakings[0]", 0),
            ("/stockItemCategories/0/name", json!("Pití"), "stockItemCategories[0]", 1),
            ("/stockItems/0/amounts/0/amount", json!(36), "stockItems[0]", 1),
            ("/suppliers/0/supplierName", json!("Pivovar"), "suppliers[0]", 0),
        ];
        for (member, value, row, records) in table {
            let before = told(&app, "m1").await;
            app.clock.advance_seconds(1);
            // the whole document, then that row's list alone
            let report = put(&app, "m1", &with(document(), member, value)).await;
            assert_eq!(moved(&report), [(row, "changed")], "{member}");
            assert_eq!(told(&app, "m1").await.0 - before.0, records, "{member}");
            let back = put(&app, "m1", &document()).await;
            // the delivery settings are not in the document, so nothing of it sets them back
            let expected = if member.ends_with("delivery") { vec![] } else { vec![(row, "changed")] };
            assert_eq!(moved(&back), expected, "{member}");
        }
        assert_eq!(put(&app, "m1", &json!({})).await, json!({"created": 0, "changed": 0, "unchanged": 0, "rows": []}));
        let usual = json!({"places": [{"placeId": FIRST_PLACE, "name": "U Štamgasta", "timeZone": "Europe/Prague", "posLang": "cs",
            "billLang": "cs", "addressParts": is["places"][0]["addressParts"], "delivery": {}}]});
        assert_eq!(moved(&put(&app, "m1", &usual).await), [("places[0].delivery", "changed")]);
        assert_eq!(shown(&app, "m1").await, is);
    }

    async fn a_noun_that_is_so_already_moves_nothing_by_itself_either(engine: Engine) {
        let app = TestApp::start(engine).await;
        put(&app, "m1", &document()).await;
        let (before, is) = (told(&app, "m1").await, shown(&app, "m1").await);
        app.clock.advance_seconds(60);
        let row = |pointer: &str, without: &[&str]| {
            let mut row = document().pointer(pointer).unwrap().clone();
            row.as_object_mut().unwrap().retain(|member, _| !without.contains(&member.as_str()));
            row
        };
        for (noun, body) in [
            (String::new(), row("/merchant", &[])),
            (format!("/places/{FIRST_PLACE}"), row("/places/0", &["placeId", "deskSections", "desks", "registers"])),
            (format!("/places/{FIRST_PLACE}/deskSections/sal"), row("/places/0/deskSections/0", &["sectionId"])),
            (format!("/places/{FIRST_PLACE}/desks/1"), row("/places/0/desks/0", &["deskId"])),
            ("/persons/1".to_owned(), row("/persons/0", &["personId"])),
            ("/menu".to_owned(), row("/menu", &[])),
            ("/stocks/bar".to_owned(), row("/stocks/1", &["stockId", "stockUps", "stockTakings"])),
            ("/stockItems/si:pivo".to_owned(), row("/stockItems/0", &["itemId"])),
            ("/stocks/bar/stockUps/su-1".to_owned(), row("/stocks/1/stockUps/0", &["stockUpId"])),
        ] {
            app.admin.put(&format!("/admin/v1/platform/merchants/m1{noun}"), &body).await.unwrap();
            assert_eq!((told(&app, "m1").await, shown(&app, "m1").await), (before, is.clone()), "{noun}");
        }
    }

    async fn rows_are_taken_away_in_an_order_in_which_none_needs_another(engine: Engine) {
        let app = TestApp::start(engine).await;
        put(&app, "m1", &document()).await;
        let gone = json!({
            "places": [{"placeId": FIRST_PLACE, "name": "U Štamgasta", "timeZone": "Europe/Prague",
                "deskSections": [{"sectionId": "sal", "removed": true}],
                "desks": [{"deskId": "1", "removed": true}, {"deskId": "2", "removed": true}, {"deskId": "3", "removed": true},
                    {"deskId": REMOVED_DESK, "removed": true}, {"deskId": "never", "removed": true},
                    {"deskId": "was", "name": "Was", "removed": true}]}],
            "menu": {
                "categories": [{"categoryId": "c:hlavni", "removed": true}, {"categoryId": "c:poledni", "removed": true},
                    {"categoryId": "c:never", "removed": true}],
                "additionCategories": [{"additionCategoryId": "ac:prilohy", "removed": true}],
                "products": [{"productId": "p:svickova", "removed": true}, {"productId": "p:rizek", "removed": true},
                    {"productId": "p:gulas", "removed": true}, {"productId": "p:polevka", "name": "Polévka", "price": 49, "vatRate": 0.12}],
                "timeBasedMenus": [{"menuId": "poledni", "placeId": FIRST_PLACE, "removed": true}]},
            "stocks": [{"stockId": "bar", "removed": true, "stockUps": [{"stockUpId": "su-1", "removed": true}]}],
            "stockItems": [{"itemId": "si:pivo", "removed": true}],
            "stockItemCategories": [{"stockItemCategoryId": "sc:napoje", "removed": true}],
            "suppliers": [{"supplierId": "pivovar", "removed": true}],
            "persons": [{"personId": 1, "removed": true}, {"personId": 99, "fullName": "X", "userName": "x", "removed": true}],
        });
        let report = put(&app, "m1", &gone).await;
        let outcome = |path: &str| {
            let rows = report["rows"].as_array().unwrap().iter();
            rows.filter(|row| row["path"] == path).map(|row| row["outcome"].as_str().unwrap()).collect::<String>()
        };
        assert_eq!(counts(&report), [2, 18, 4], "{report}");
        for (path, expected) in [("places[0].desks[3]", "unchanged"), ("places[0].desks[4]", "unchanged"), ("places[0].desks[5]", "created"),
            ("menu.categories[2]", "unchanged"), ("menu.products[3]", "created"), ("stocks[0].stockUps[0]", "changed")] {
            assert_eq!(outcome(path), expected, "{path}");
        }
        let is = shown(&app, "m1").await;
        let was = is["places"][0]["desks"].as_array().unwrap().iter().find(|desk| desk["deskId"] == "was").unwrap();
        assert_eq!((&was["removed"], &was["name"]), (&json!(true), &json!("Was")));
        assert!(!is["menu"].to_string().contains("c:hlavni") && is["menu"]["additionCategories"] == json!([]), "{is}");
        let again = put(&app, "m1", &gone).await;
        assert_eq!(counts(&again), [0, 0, 24]);
        assert_eq!(shown(&app, "m1").await, is);
        // Named without `removed` they are there again
        let back = put(&app, "m1", &document()).await;
        assert_eq!(moved(&back).iter().find(|(path, _)| *path == "places[0].desks[0]"), Some(&("places[0].desks[0]", "changed")));
        assert_eq!(moved(&put(&app, "m1", &document()).await), []);
    }

    async fn every_row_that_cannot_be_so_is_told_and_nothing_is_written(engine: Engine) {
        let house = House::start(engine).await;
        let app = &house.app;
        let merchant = house.restaurant.merchant_id.as_str();
        let first = house.restaurant.place_id.as_str();
        let (before, is) = (house.rows().await, shown(app, merchant).await);
        let place = |more: Value| {
            let mut place = json!({"placeId": first, "name": "New name", "timeZone": "Europe/Prague"});
            place.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            place
        };
        let product = |id: &str, more: Value| {
            let mut product = json!({"productId": id, "name": "X", "price": 1, "vatRate": 0.12});
            product.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            product
        };
        // What is wrong in itself is told first, all of it; then what does not fit to the rest, all of it.
        let table = [
            (json!({"shop": 1, "places": [place(json!({"timeZone": "Prague", "desks": [{"deskId": "1", "seats": "four"}, {"deskId": "2", "chairs": 1}],
                    "deskSections": [{"sectionId": "x"}], "registers": [{"deviceNumber": 0, "name": "R"}], "removed": true}))],
                "menu": {"products": [product("p:x", json!({"vatRate": 12})), product("p:y", json!({"price": "much"})), product("p:z", json!({"allergens": [15]}))],
                    "categories": [{"categoryId": "", "name": "x"}]},
                "stocks": [{"stockId": "bar", "stockUps": [{"stockUpId": "u", "items": [{"itemId": "si:pivo", "amount": 0, "priceWithoutVat": 1}]}]}],
                "persons": [{"personId": 9, "fullName": "", "userName": "n"}, {"personId": 8, "fullName": "N", "userName": "n", "code": "1"}],
                "suppliers": [{"supplierId": "a", "supplierName": ""}, {"supplierId": "a", "supplierName": "A"}]}),
                vec!["suppliers[1].supplierId", "shop", "places[0].removed", "places[0].deskSections[0].name", "places[0].desks[0].seats",
                    "places[0].desks[1].chairs", "places[0].registers[0].deviceNumber", "persons[0].fullName", "persons[1].code", "menu.products[1].price",
                    "stocks[0].stockUps[0].items[0].amount", "suppliers[0].supplierName", "menu.categories[0].categoryId",
                    "menu.products[0].vatRate", "menu.products[2].allergens[0]"]),
            (json!({"merchant": {"name": "M", "countryCode": "CZ", "currencyCode": "EUR"}, "suppliers": [{"supplierId": "a", "supplierName": "A"}]}), vec!["merchant"]),
            (json!({"places": [place(json!({"desks": [{"deskId": "1", "sectionId": "attic"}, {"deskId": "7", "name": "Fine"}, {"deskId": "8", "sectionId": "none"}],
                    "deskSections": [{"sectionId": "sal", "removed": true}]}))],
                "menu": {"categories": [{"categoryId": "c:a", "parentCategoryId": "c:none", "name": "A"}, {"categoryId": "c:napoje", "removed": true}],
                    "products": [product("p:gone", json!({"removed": true})), product("p:x", json!({"categoryId": "c:none"})), product("p:fine", json!({})),
                        product("p:y", json!({"placesValues": {"nowhere": {}}}))],
                    "placeRules": {"nowhere": {}}},
                "stocks": [{"stockId": "new", "placeId": "nowhere", "stockUps": [{"stockUpId": "u", "items": []}]},
                    {"stockId": "bar", "placeId": first, "stockUps": [{"stockUpId": "u2", "items": [{"itemId": "none", "amount": 1, "priceWithoutVat": 1}]}]},
                    {"stockId": "sklad", "removed": true}],
                "persons": [{"personId": 9, "fullName": "Nina", "userName": "n", "code": "2002"}, {"personId": 0, "fullName": "Nobody", "userName": "n"}],
                "applications": [{"clientId": "none", "name": "Mine"}],
                "loyaltyConnections": [{"loyaltyProviderId": house.restaurant.loyalty_provider_id, "url": "http://127.0.0.1:9/x", "inUse": true}]}),
                vec!["places[0].desks[0].sectionId", "places[0].desks[2].sectionId", "persons[0]", "persons[1].personId", "menu.categories[0].parentCategoryId", "menu.products[1].categoryId",
                    "menu.products[3].placesValues.nowhere", "menu.placeRules.nowhere", "menu.categories[1]", "stocks[0].placeId",
                    "stocks[1].stockUps[0].items[0].itemId", "loyaltyConnections[0]", "applications[0]", "stocks[2]", "places[0].deskSections[0]"]),
        ];
        for (document, expected) in table {
            let answer = send(app, merchant, &document).await;
            assert_eq!((answer.status, &answer.json["name"]), (400, &json!("RESTAURANT_REFUSED")), "{}", answer.text);
            let rows = answer.json["rows"].as_array().unwrap();
            let fields: Vec<&str> = rows.iter().map(|row| row["field"].as_str().unwrap()).collect();
            assert_eq!(fields, expected, "{}", answer.text);
            assert_eq!(answer.json["field"], expected[0]);
            for row in rows {
                assert_eq!(row["outcome"], "refused");
                let (field, path, reason) = (row["field"].as_str().unwrap(), row["path"].as_str().unwrap(), row["reason"].as_str().unwrap());
                assert!(field.starts_with(path) && !reason.is_empty() && !reason.starts_with(field), "{row}");
            }
            assert_eq!((house.rows().await, shown(app, merchant).await), (before.clone(), is.clone()));
        }
        for (body, status, field) in [("[]", 400, ""), ("{", 400, ""), ("{\"places\": {}}", 400, "places"), ("{\"menu\": 7}", 400, "menu")] {
            let answer = app.admin.send(Method::PUT, &path(merchant), Some(body.as_bytes().to_vec())).await.unwrap();
            assert_eq!((answer.status, answer.json["field"].as_str().unwrap_or_default()), (status, field), "{body}: {}", answer.text);
        }
        for method in [Method::PUT, Method::GET] {
            let body = (method == Method::PUT).then(|| b"{}".to_vec());
            assert_eq!(app.admin.send(method.clone(), &path("nobody"), body.clone()).await.unwrap().status, 404);
            assert_eq!(app.anyone.send(method, &path(merchant), body).await.unwrap().status, 401);
        }
        assert_eq!(send(app, "no-dash", &document()).await.json["rows"][0]["field"], "merchant.merchantId");
    }

    async fn no_secret_is_shown_and_what_has_one_stays_as_it_is(engine: Engine) {
        let house = House::start(engine).await;
        let (app, restaurant) = (&house.app, &house.restaurant);
        let is = shown(app, &restaurant.merchant_id).await;
        let text = is.to_string();
        assert!(is["persons"].as_array().unwrap().iter().all(|person| person["code"].is_null()), "{is}");
        for secret in [&restaurant.client_secret, &restaurant.pos_tokens[0], &restaurant.partner_token, &restaurant.datasync_secret] {
            assert!(!text.contains(secret.as_str()), "{text}");
        }
        assert_eq!(is["loyaltyConnections"], json!([{"loyaltyProviderId": restaurant.loyalty_provider_id, "inUse": true,
            "url": format!("{}/partner/loyalty", app.url())}]));
        assert_eq!(is["applications"], json!([{"clientId": restaurant.client_id, "name": "Sample application", "apis": null, "placeIds": null,
            "loyaltyProviderId": restaurant.loyalty_provider_id}]));
        assert_eq!(is["places"][0]["datasync"], json!({"url": format!("{}/partner/datasync", app.url()), "method": "POST",
            "fromDate": "2025-12-31T23:00:00.000Z"}));
        let rows = house.rows().await;
        assert_eq!(moved(&put(app, &restaurant.merchant_id, &is).await), []);
        assert_eq!(house.rows().await, rows);
        // The tokens of registers that a document names work as before, and a new register has none yet
        house.open_check(1, &[(BEER, 1)], &[]).await;
        let place = json!({"placeId": restaurant.place_id, "registers": [{"deviceNumber": 3, "name": "Terasa"}]});
        let mut third = json!({"places": [is["places"][0].clone()]});
        third["places"][0]["registers"] = place["registers"].clone();
        assert_eq!(moved(&put(app, &restaurant.merchant_id, &third).await), [("places[0].registers[0]", "created")]);
        let issued = format!("/admin/v1/platform/merchants/{}/places/{}/registers", restaurant.merchant_id, restaurant.place_id);
        let token = app.admin.post(&issued, &json!({"deviceNumber": 3, "name": "Terasa"})).await.unwrap();
        let register = app.anyone.bearer(token["posToken"].as_str().unwrap());
        assert_eq!(register.post(&house.checks(), &json!({})).await.unwrap()["deviceNumber"], 3);
    }

    async fn two_equal_documents_at_once_are_set_up_once(engine: Engine) {
        let app = TestApp::start(engine).await;
        let (one, other) = (document(), document());
        let (one, other) = tokio::join!(put(&app, "m1", &one), put(&app, "m1", &other));
        let mut created = [counts(&one)[0], counts(&other)[0]];
        created.sort_unstable();
        assert_eq!((created[0], created[1] > 30), (0, true), "{one} {other}");
        assert_eq!(moved(&put(&app, "m1", &document()).await), []);
    }
}
