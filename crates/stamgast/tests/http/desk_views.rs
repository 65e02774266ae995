//! `/deskViews/{sourceId}…`: which desks does a place show, and who hears of a change?

use http::Method;
use serde_json::{Value, json};
use testkit::{House, Scripted, eventually};

fn set_up(house: &House, place: &str, noun: &str) -> String {
    format!("/admin/v1/platform/merchants/{}/places/{place}/{noun}", house.restaurant.merchant_id)
}

/// The second place gets two sections with a desk each, a desk without one, and a desk and a section that are removed
/// again; gives its id.
async fn furnished(engine: db::Engine) -> (House, String) {
    let house = House::start(engine).await;
    let path = format!("/admin/v1/platform/merchants/{}", house.restaurant.merchant_id);
    let merchant = house.app.admin.get(&path).await.unwrap();
    let place = merchant["places"][1]["placeId"].as_str().unwrap().to_owned();
    let put = |noun: &str, body: Value| {
        let (admin, path) = (house.app.admin.clone(), set_up(&house, &place, noun));
        async move { admin.put(&path, &body).await.unwrap() }
    };
    put("deskSections/garden", json!({"name": "Garden", "color": "#00ff00", "order": 2})).await;
    put("deskSections/hall", json!({"name": "Hall", "order": 1})).await;
    put("deskSections/cellar", json!({"name": "Cellar"})).await;
    put(
        "desks/12",
        json!({"name": "Window", "code": "12", "sectionId": "hall", "seats": 4,
        "position": {"x": 1, "y": 2.5, "width": 10, "height": 10, "shape": "circle"}}),
    )
    .await;
    put("desks/13", json!({"code": "13", "sectionId": "garden"})).await;
    put("desks/14", json!({"name": "Removed"})).await;
    put("desks/wolt", json!({"name": "Wolt", "type": "delivery", "_virtual": true})).await;
    for gone in ["desks/14", "deskSections/cellar"] {
        let removed = house.app.admin.delete(&set_up(&house, &place, gone)).await.unwrap();
        assert_eq!(removed["_removed"], true);
    }
    (house, place)
}

fn ids(list: &Value, member: &str) -> Vec<(String, bool)> {
    let records = list.as_array().unwrap().iter();
    records
        .map(|one| (one[member].as_str().unwrap().to_owned(), one["_removed"].as_bool().unwrap()))
        .collect()
}

fn named(list: &[(&str, bool)]) -> Vec<(String, bool)> {
    list.iter().map(|(id, removed)| ((*id).to_owned(), *removed)).collect()
}

/// The newest state of a record that the receiver got, whichever batch brought it.
async fn newest(receiver: &Scripted, domain: &str, id: &str) -> Value {
    eventually("the record", async || {
        let batches = receiver.received().into_iter().map(|request| request.json());
        let records = batches
            .filter(|batch| batch["dataDomain"] == domain)
            .flat_map(|batch| batch["data"].as_array().unwrap().clone());
        records.filter(|record| record.as_object().unwrap().values().any(|value| *value == id)).last()
    })
    .await
}

testkit::on_both_engines! {
    /// deskView, listDesks, listSections: the view draws what is there, the lists have what was removed too.
    async fn the_view_has_desks_in_sections_and_the_lists_have_all(engine: Engine) {
        let (house, place) = furnished(engine).await;
        let (platform, base) = (house.platform().await, format!("/deskViews/{}-{place}", house.restaurant.merchant_id));
        let view = platform.get(&base).await.unwrap();
        let drawn: Vec<(&str, Vec<(String, bool)>)> = view["sections"].as_array().unwrap().iter()
            .map(|section| (section["name"].as_str().unwrap(), ids(&section["desks"], "deskId"))).collect();
        assert_eq!(drawn, [("Hall", named(&[("12", false)])), ("Garden", named(&[("13", false)])),
            ("defaultSection", named(&[("wolt", false)]))]);
        let window = json!({"deskId": "12", "name": "Window", "code": "12", "type": "desk", "sectionId": "hall", "seats": 4,
            "position": {"x": 1, "y": 2.5, "width": 10, "height": 10, "shape": "circle", "rotation": 0},
            "_virtual": false, "_removed": false});
        assert_eq!(view["sections"][0]["desks"][0], window);
        let desks = platform.get(&format!("{base}/desks")).await.unwrap();
        assert_eq!(ids(&desks["data"], "deskId"),
            named(&[("12", false), ("13", false), ("14", true), ("wolt", false)]));
        assert_eq!(desks["data"][0], window);
        let sections = platform.get(&format!("{base}/sections")).await.unwrap();
        assert_eq!(ids(&sections["data"], "sectionId"), named(&[("cellar", true), ("hall", false), ("garden", false)]));
        let garden = json!({"sectionId": "garden", "name": "Garden", "color": "#00ff00", "order": 2, "_removed": false});
        assert_eq!(sections["data"][2], garden);
        // The other place has desks of its own.
        let first = platform.get(&format!("/deskViews/{}", house.restaurant.source_id)).await.unwrap();
        let names: Vec<&str> = first["sections"].as_array().unwrap().iter().map(|section| section["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["Sál", "Zahrádka", "defaultSection"]);
    }

    async fn what_cannot_be_set_up_is_named_and_changes_nothing(engine: Engine) {
        let (house, place) = furnished(engine).await;
        let before = house.rows().await;
        let long = "x".repeat(65);
        // method, noun, body, status, the member at fault
        let table = [
            (Method::PUT, "desks/15".to_owned(), json!({"sectionId": "cellar"}), 400, "sectionId"),
            (Method::PUT, "desks/15".to_owned(), json!({"sectionId": "attic"}), 400, "sectionId"),
            (Method::PUT, "desks/15".to_owned(), json!({"name": ""}), 400, "name"),
            (Method::PUT, "desks/15".to_owned(), json!({"chairs": 4}), 400, "chairs"),
            (Method::PUT, format!("desks/{long}"), json!({}), 400, "deskId"),
            (Method::PUT, "deskSections/attic".to_owned(), json!({"name": long}), 400, "name"),
            (Method::DELETE, "desks/14".to_owned(), Value::Null, 404, ""),
            (Method::DELETE, "deskSections/attic".to_owned(), Value::Null, 404, ""),
            (Method::DELETE, "deskSections/hall".to_owned(), Value::Null, 409, ""),
        ];
        for (method, noun, body, status, field) in table {
            let path = set_up(&house, &place, &noun);
            let body = (!body.is_null()).then(|| body.to_string().into_bytes());
            let answer = house.app.admin.send(method.clone(), &path, body).await.unwrap();
            assert_eq!(answer.status, status, "{method} {noun}: {}", answer.text);
            assert_eq!(answer.json["field"].as_str().unwrap_or_default(), field, "{}", answer.text);
        }
        let nowhere = set_up(&house, "nowhere", "desks/1");
        assert_eq!(house.app.admin.send(Method::PUT, &nowhere, Some(b"{}".to_vec())).await.unwrap().status, 404);
        assert_eq!(house.app.anyone.send(Method::PUT, &nowhere, Some(b"{}".to_vec())).await.unwrap().status, 401);
        assert_eq!(house.rows().await, before);
    }

    async fn whoever_follows_the_place_hears_of_every_desk(engine: Engine) {
        let partner = Scripted::start([]).await;
        let (house, place) = furnished(engine).await;
        let to = json!({"url": format!("{}/feed", partner.url()), "secret": "s", "method": "POST", "fromDate": "2026-01-01"});
        house.app.admin.put(&set_up(&house, &place, "datasync"), &to).await.unwrap();
        let window = newest(&partner, "desks", "12").await;
        assert_eq!((&window["name"], &window["_removed"]), (&json!("Window"), &json!(false)));
        let gone = newest(&partner, "desks", "14").await;
        assert_eq!(gone["_removed"], true);
        assert_eq!(gone.as_object().unwrap().len(), 4, "{gone}");
        assert!(gone["_version"].as_i64() > window["_version"].as_i64());
        assert_eq!(newest(&partner, "deskSections", "cellar").await["_removed"], true);
        assert_eq!(newest(&partner, "deskSections", "hall").await["order"], 1);
        // A desk that is set up again after it was removed is newer than its tombstone.
        let back = eventually("the desk again", async || {
            house.app.admin.put(&set_up(&house, &place, "desks/14"), &json!({"code": "14"})).await.unwrap();
            let found = newest(&partner, "desks", "14").await;
            (found["_removed"] == false).then_some(found)
        }).await;
        assert!(back["_version"].as_i64() > gone["_version"].as_i64());
        // What is set up of the house is told too.
        assert_eq!(newest(&partner, "places", &house.restaurant.place_id).await["name"], "U Štamgasta");
        assert_eq!(newest(&partner, "merchants", &house.restaurant.merchant_id).await["currencyCode"], "CZK");
        assert_eq!(newest(&partner, "items", testkit::restaurant::BEER).await["isPriceVariable"], false);
        assert_eq!(newest(&partner, "itemCategories", "c:napoje").await["parentCategoryId"], "c:listek");
    }

    async fn an_application_reaches_what_it_was_given_and_no_more(engine: Engine) {
        let (house, place) = furnished(engine).await;
        let (merchant, source) = (&house.restaurant.merchant_id, &house.restaurant.source_id);
        let (admin, first, other) = (&house.app.admin, &house.restaurant.place_id, format!("{}-{place}", house.restaurant.merchant_id));
        let with = |body: Value| {
            let (admin, anyone) = (admin.clone(), house.app.anyone.clone());
            async move {
                let made = admin.post("/admin/v1/platform/clients", &body).await.unwrap();
                let login = json!({"client_id": made["clientId"], "client_secret": made["clientSecret"],
                    "grant_type": "client_credentials"});
                let token = anyone.post("/api/auth/authorize", &login).await.unwrap();
                anyone.bearer(token["access_token"].as_str().unwrap())
            }
        };
        let desks_only = with(json!({"name": "Plan", "merchantIds": [merchant], "apis": ["deskview"]})).await;
        let one_place = with(json!({"name": "Garden", "merchantIds": [merchant], "placeIds": [first]})).await;
        let nothing = with(json!({"name": "None", "merchantIds": []})).await;
        let calls = [format!("/deskViews/{source}"), format!("/bills/{source}"), format!("/deskViews/{other}/desks"),
            format!("/merchants/{merchant}"), "/deskViews/unknown-place".to_owned(), format!("/deskViews/{merchant}-x")];
        for (caller, expected) in [
            (&desks_only, [200, 403, 200, 403, 404, 404]),
            (&one_place, [200, 200, 403, 200, 404, 404]),
            (&nothing, [403, 403, 403, 403, 404, 404]),
            (&house.app.anyone, [401, 401, 401, 401, 401, 401]),
        ] {
            let mut found = Vec::new();
            for path in &calls {
                found.push(caller.send(Method::GET, path, None).await.unwrap().status);
            }
            assert_eq!(found, expected);
        }
        let body = json!({"name": "x", "merchantIds": [merchant], "placeIds": ["elsewhere"]}).to_string().into_bytes();
        let refused = admin.send(Method::POST, "/admin/v1/platform/clients", Some(body)).await.unwrap();
        assert_eq!((refused.status, &refused.json["field"]), (400, &json!("placeIds")));
        let shown = admin.get("/admin/v1/platform/clients").await.unwrap();
        let plan = shown.as_array().unwrap().iter().find(|client| client["name"] == "Plan").unwrap();
        assert_eq!((&plan["apis"], &plan["placeIds"]), (&json!(["deskview"]), &Value::Null));
    }

    /// deskCheck: lines, total, what is left to pay.
    async fn what_is_open_at_a_desk_is_seen_from_outside(engine: Engine) {
        let house = House::start(engine).await;
        let (platform, source) = (house.platform().await, house.restaurant.source_id.clone());
        let at_desk = |desk: &str| format!("/deskViews/{source}/desks/{desk}/check");
        for desk in ["1", "99"] {
            let answer = platform.send(Method::GET, &at_desk(desk), None).await.unwrap();
            assert_eq!(answer.status, 404, "{}", answer.text);
        }
        let mut checks = Vec::new();
        for (register, lines) in [(1, json!([{"productId": testkit::restaurant::MAIN, "amount": 2}])),
            (2, json!([{"productId": testkit::restaurant::BEER, "amount": 3, "discount": {"percent": 10}}]))] {
            let caller = house.register(register);
            let opened = caller.post(&house.checks(), &json!({"deskId": "1", "personCount": register})).await.unwrap();
            let path = format!("{}/{}", house.checks(), opened["checkId"].as_str().unwrap());
            caller.put(&format!("{path}/lines"), &json!({"lines": lines})).await.unwrap();
            checks.push((opened["checkId"].as_str().unwrap().to_owned(), path));
            house.app.clock.advance_seconds(60);
        }
        // 10 % off the first check, by a code that the guest showed
        let register = house.register(1);
        register.post(&format!("{}/codes", checks[0].1), &json!({"inputCode": testkit::restaurant::PROMO})).await.unwrap();
        let before = platform.get(&at_desk("1")).await.unwrap();
        testkit::assert_number("without a current offer", "537.3", &before["totalWithVat"]);
        let offered = register.post(&format!("{}/offer", checks[0].1), &json!({})).await.unwrap();
        let open = platform.get(&at_desk("1")).await.unwrap();
        assert_eq!((&open["deskId"], &open["currencyCode"]), (&json!("1"), &json!("CZK")));
        testkit::assert_number("both", "499.5", &open["totalWithVat"]);
        assert_eq!((&open["toPay"], &open["paidAlready"], &open["paidByBalances"]), (&open["totalWithVat"], &json!(0), &json!(0)));
        let shown: Vec<(&Value, &Value, &Value)> = open["checks"].as_array().unwrap().iter()
            .map(|check| (&check["checkId"], &check["toPay"], &check["personCount"])).collect();
        assert_eq!(shown, [(&json!(checks[0].0), &offered["toPay"], &json!(1)), (&json!(checks[1].0), &json!(159.3), &json!(2))]);
        let line = json!({"checkId": checks[0].0, "checkItemId": "1", "productId": testkit::restaurant::MAIN, "name": "Svíčková",
            "amount": 2, "measure": "pcs", "unitPriceWithVat": 189, "discount": 37.8, "finalPriceWithVat": 340.2, "vatRate": 0.12,
            "additionsOf": null});
        assert_eq!(open["lines"][0], line);
        testkit::assert_number("the register's own discount", "17.7", &open["lines"][1]["discount"]);
        assert!(!open.to_string().contains(testkit::restaurant::PROMO), "no codes: {open}");
        // What was paid before is left out of what is left to pay; what is paid is no longer open.
        let booking = json!({"externalReservationId": "b", "reservationDeposit": 100, "deskId": "2"});
        platform.post(&format!("/reservations/{source}/reservations"), &booking).await.unwrap();
        let seated = platform.get(&at_desk("2")).await.unwrap();
        assert_eq!((&seated["paidAlready"], &seated["toPay"], &seated["lines"]), (&json!(100), &json!(-100), &json!([])));
        let pay = json!({"payments": [{"paymentMethod": "cash", "priceWithVat": 159.3}]});
        house.register(2).post(&format!("{}/pay", checks[1].1), &pay).await.unwrap();
        let left = platform.get(&at_desk("1")).await.unwrap();
        assert_eq!((left["checks"].as_array().unwrap().len(), &left["toPay"]), (1, &offered["toPay"]));
        // It has a scope of its own.
        let others = json!({"name": "Plan", "merchantIds": [house.restaurant.merchant_id], "apis": ["deskview"]});
        let made = house.app.admin.post("/admin/v1/platform/clients", &others).await.unwrap();
        let login = json!({"client_id": made["clientId"], "client_secret": made["clientSecret"], "grant_type": "client_credentials"});
        let token = house.app.anyone.post("/api/auth/authorize", &login).await.unwrap();
        let plan = house.app.anyone.bearer(token["access_token"].as_str().unwrap());
        assert_eq!(plan.send(Method::GET, &at_desk("1"), None).await.unwrap().status, 403);
        assert_eq!(plan.send(Method::GET, &format!("/deskViews/{source}/desks"), None).await.unwrap().status, 200);
    }
}
