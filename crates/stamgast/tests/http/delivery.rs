//! `/delivery/orders/{sourceId}…`: what does an application order, and what becomes of it?

use http::Method;
use serde_json::{Value, json};
use stamgast::client::{Answer, JsonClient};
use testkit::restaurant::{BEER, MAIN};
use testkit::{House, Scripted, assert_number, eventually, test_config};

/// Where applications order.
pub(crate) fn orders(house: &House) -> String {
    format!("/delivery/orders/{}", house.restaurant.source_id)
}

/// An order of one main course, to be fetched, with more members or others.
pub(crate) fn order(external_id: &str, more: Value) -> Value {
    let mut order = json!({"externalId": external_id, "deliveryType": "takeaway", "customer": {"name": "Jana Nová"},
        "items": [{"itemId": MAIN, "count": 1, "unitPriceWithVat": 189}]});
    let Value::Object(more) = more else { panic!("members come as an object") };
    order.as_object_mut().unwrap().extend(more);
    order
}

/// Sets how the first place takes orders.
pub(crate) async fn set(house: &House, settings: Value) -> Value {
    let (merchant, place) = (&house.restaurant.merchant_id, &house.restaurant.place_id);
    let path = format!("/admin/v1/platform/merchants/{merchant}/places/{place}/delivery");
    house.app.admin.put(&path, &settings).await.unwrap()
}

pub(crate) async fn send(caller: &JsonClient, path: &str, body: &Value) -> Answer {
    caller.send(Method::POST, path, Some(body.to_string().into_bytes())).await.unwrap()
}

/// The URLs of an order at a receiver, each with a query that must come as it was given.
pub(crate) fn hooks(receiver: &Scripted, id: &str) -> Value {
    let url = |event: &str| format!("{}/cb?o={id}&e={event}&s=a%2Fb", receiver.url());
    json!({"notification": {"confirm": url("confirm"), "dispatch": url("dispatch"), "decline": url("decline")}})
}

/// Signs a new application in that may call these APIs.
async fn application(house: &House, apis: Value) -> JsonClient {
    let client = json!({"name": "Another", "merchantIds": [house.restaurant.merchant_id], "apis": apis});
    let made = house.app.admin.post("/admin/v1/platform/clients", &client).await.unwrap();
    let login = json!({"client_id": made["clientId"], "client_secret": made["clientSecret"],
        "grant_type": "client_credentials"});
    let token = house.app.anyone.post("/api/auth/authorize", &login).await.unwrap();
    house.app.anyone.bearer(token["access_token"].as_str().unwrap())
}

testkit::on_both_engines! {
    /// createOrder, getOrder: what no document names is kept too.
    async fn what_is_ordered_is_kept_whole_and_read_again(engine: Engine) {
        let house = House::start(engine).await;
        let partner = house.platform().await;
        let parts = json!({"street": "Dlouhá", "streetNumber": "12", "city": "Praha", "country": "Czech republic",
            "countryCode": "CZ", "zip": "11000", "latitude": 50.07, "longitude": "14.43", "door": "left"});
        let body = order("web-1042", json!({
            "deliveryType": "delivery", "note": "ring twice", "alreadyPaid": true, "tipWithVat": "15", "discountWithVat": 7.5,
            "customer": {"name": "Jana Nová", "phoneNumber": "+420600000001", "email": null, "deliveryAddress": "Dlouhá 12",
                "deliveryAddressParts": parts, "vip": true},
            "timing": {"asSoonAsPossible": false, "requestedDeliveryTime": "2026-03-02T18:30:00+01:00", "source": "app"},
            "items": [{"itemId": MAIN, "count": 2, "unitPriceWithVat": "179.50", "note": "hot", "sku": 7},
                {"itemId": BEER, "count": 3}],
            "channel": {"name": "web"}, "order_id": 5, "state": "PAID", "_lastModifiedAt": "yesterday"}));
        let answer = send(&partner, &orders(&house), &body).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        let made = &answer.json;
        let read = partner.get(&format!("{}/{}", orders(&house), made["orderId"].as_str().unwrap())).await.unwrap();
        assert_eq!(&read, made);
        assert_eq!((&made["externalId"], &made["state"], &made["deliveryType"]), (&json!("web-1042"), &json!("NEW"), &json!("delivery")));
        assert_eq!(made["provider"], house.restaurant.client_id.as_str());
        assert_eq!(made["customer"], json!({"name": "Jana Nová", "phoneNumber": "+420600000001", "email": null,
            "deliveryAddress": "Dlouhá 12", "vip": true,
            "deliveryAddressParts": {"street": "Dlouhá", "streetNumber": "12", "city": "Praha", "country": "Czech republic",
                "countryCode": "CZ", "zip": "11000", "latitude": 50.07, "longitude": 14.43, "door": "left"}}));
        // what no document names is kept; a member of ours is ours
        assert_eq!((&made["channel"]["name"], &made["order_id"], &made["timing"]["source"]), (&json!("web"), &json!(5), &json!("app")));
        assert_eq!(made["_lastModifiedAt"], "2026-03-02T11:00:00+01:00");
        let half_past_six = json!({"from": "2026-03-02T18:30:00+01:00", "to": "2026-03-02T18:30:00+01:00"});
        assert_eq!((&made["timing"]["requestedDeliveryTime"], &made["timing"]["estimatedDeliveryTime"]), (&half_past_six, &half_past_six));
        assert_eq!((&made["deliveryTime"], &made["deliveryOnTime"]), (&half_past_six["from"], &json!(true)));
        assert_eq!(made["timing"]["autoDeclineAfter"], "2026-03-02T11:05:00+01:00");
        let (main, beer) = (&made["items"][0], &made["items"][1]);
        assert_eq!((&main["itemId"], &main["productId"], &main["title"], &main["note"], &main["sku"]),
            (&json!(MAIN), &json!(MAIN), &json!("Svíčková"), &json!("hot"), &json!(7)));
        assert_eq!((&main["vatId"], &beer["vatId"], &beer["count"]), (&json!(1200), &json!(2100), &json!(3)));
        assert_number("the price the guest was told", "179.5", &main["unitPriceWithVat"]);
        assert_number("the menu's price", "59", &beer["unitPriceWithVat"]);
        assert_number("the total", "528.5", &made["totalWithVat"]);
        assert_number("the tip is no part of it", "15", &made["tipWithVat"]);
        assert_eq!(made["desk"], Value::Null);
    }

    async fn every_way_to_the_guest_and_both_forms_of_a_time(engine: Engine) {
        let house = House::start(engine).await;
        let partner = house.platform().await;
        let at = |from: &str, to: &str| json!({"from": from, "to": to});
        let (six, seven) = ("2026-03-02T18:00:00+01:00", "2026-03-02T19:00:00+01:00");
        // way, timing, asked for, when it can be fetched
        let soon = "2026-03-02T11:30:00+01:00";
        let table = [
            ("delivery", json!({"asSoonAsPossible": true}), Value::Null, at(soon, soon)),
            ("dispatch", json!(null), Value::Null, at(soon, soon)),
            ("takeaway", json!({"requestedPickupTime": six}), at(six, six), at(six, six)),
            ("takeaway", json!({"requestedPickupTime": {"from": six, "to": seven}}), at(six, seven), at(six, seven)),
            ("takeaway", json!({"requestedPickupTime": "2026-03-02T17:00:00.000Z"}), at(six, six), at(six, six)),
            ("takeaway", json!({"requestedPickupTime": "2026-03-02T18:00:00"}), at(six, six), at(six, six)),
            ("orderToTable", json!({}), Value::Null, at(soon, soon)),
        ];
        for (number, (way, timing, asked, fetched)) in table.into_iter().enumerate() {
            let body = order(&format!("o{number}"), json!({"deliveryType": way, "timing": timing, "deskId": "2"}));
            let made = send(&partner, &orders(&house), &body).await;
            assert_eq!(made.status, 201, "{way} {timing}: {}", made.text);
            let made = made.json;
            assert_eq!((&made["deliveryType"], &made["timing"]["requestedPickupTime"]), (&json!(way), &asked), "{timing}");
            assert_eq!(made["timing"]["estimatedPickupTime"], fetched, "{timing}");
            assert_eq!(made["timing"]["asSoonAsPossible"], asked.is_null());
            let desk = json!({"deskId": "2", "code": "2", "name": "U kamen"});
            assert_eq!(made["desk"], if way == "orderToTable" { desk } else { Value::Null }, "{way}");
        }
        // an order without an id of the application's is known by its own
        let mut nameless = order("x", json!({}));
        nameless.as_object_mut().unwrap().remove("externalId");
        let made = send(&partner, &orders(&house), &nameless).await.json;
        assert_eq!((&made["externalId"], made["orderId"].is_string()), (&made["orderId"], true));
    }

    /// createOrder: the member at fault is named.
    async fn what_cannot_be_ordered_is_named_and_changes_nothing(engine: Engine) {
        let house = House::start(engine).await;
        let (partner, path) = (house.platform().await, orders(&house));
        let merchant = &house.restaurant.merchant_id;
        let desk = format!("/admin/v1/platform/merchants/{merchant}/places/{}/desks/3", house.restaurant.place_id);
        house.app.admin.delete(&desk).await.unwrap();
        testkit::fed(&house.app.admin, merchant).await;
        let before = house.rows().await;
        let item = |item: Value| json!({"items": [item]});
        for (more, field) in [
            (item(json!({"itemId": "p:gone", "count": 1})), "items[0].itemId"),
            (item(json!({"itemId": MAIN, "count": 0})), "items[0].count"),
            (item(json!({"itemId": MAIN, "count": 1, "unitPriceWithVat": -1})), "items[0].unitPriceWithVat"),
            (item(json!({"itemId": MAIN, "count": 1, "unitPriceWithVat": "1.005"})), "items[0].unitPriceWithVat"),
            (item(json!({"itemId": MAIN, "count": 1, "additions": [{"additionId": "a:gone"}]})), "items[0].additions[0].additionId"),
            (json!({"items": []}), "items"),
            (json!({"deliveryType": "drone"}), "deliveryType"),
            (json!({"deliveryType": "orderToTable"}), "deskId"),
            (json!({"deliveryType": "orderToTable", "deskId": "attic"}), "deskId"),
            (json!({"deliveryType": "orderToTable", "deskId": "3"}), "deskId"),
            (json!({"customer": {"phoneNumber": "1"}}), "customer.name"),
            (json!({"discountWithVat": 189.01}), "discountWithVat"),
            (json!({"timing": {"requestedPickupTime": "soon"}}), "timing.requestedPickupTime"),
            (json!({"notification": {"confirm": "p.example/cb"}}), "notification.confirm"),
            (json!({"externalId": "x".repeat(256)}), "externalId"),
        ] {
            let answer = send(&partner, &path, &order("o1", more.clone())).await;
            assert_eq!((answer.status, answer.json["field"].as_str()), (400, Some(field)), "{more}: {}", answer.text);
        }
        assert_eq!(house.rows().await, before);
    }

    async fn one_id_twenty_times_at_once_is_one_order(engine: Engine) {
        let house = House::start(engine).await;
        let partner = house.platform().await;
        let calls: Vec<_> = (0..20)
            .map(|number| {
                let (partner, path) = (partner.clone(), orders(&house));
                let body = order("web-7", json!({"note": format!("attempt {number}")}));
                tokio::spawn(async move { send(&partner, &path, &body).await })
            })
            .collect();
        let mut answers = Vec::new();
        for call in calls {
            answers.push(call.await.unwrap());
        }
        let made: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 201).collect();
        assert_eq!(made.len(), 1, "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
        for again in answers.iter().filter(|answer| answer.status != 201) {
            assert_eq!((again.status, &again.json["code"], &again.json["name"]), (409, &json!(409), &json!("ORDER_EXISTS")), "{}", again.text);
            assert_eq!(again.json["order"], made[0].json);
        }
        assert_eq!(house.rows().await["platform_delivery_order"], 1);
        // the same id of another application is another order, and neither sees the other's
        let other = application(&house, json!(["delivery"])).await;
        let theirs = send(&other, &orders(&house), &order("web-7", json!({}))).await;
        assert_eq!(theirs.status, 201, "{}", theirs.text);
        let path = format!("{}/{}", orders(&house), made[0].json["orderId"].as_str().unwrap());
        assert_eq!(other.send(Method::GET, &path, None).await.unwrap().status, 404);
        assert_eq!(partner.send(Method::GET, &path, None).await.unwrap().status, 200);
    }

    async fn whether_one_may_is_judged_before_the_order_is_looked_for(engine: Engine) {
        let house = House::start(engine).await;
        let path = format!("{}/made-up", orders(&house));
        let without = application(&house, json!(["bills"])).await;
        for (caller, status) in [(&house.platform().await, 404), (&without, 403), (&house.app.anyone, 401), (&house.register(1), 401)] {
            assert_eq!(caller.send(Method::GET, &path, None).await.unwrap().status, status);
            let made = send(caller, &orders(&house), &order("o1", json!({"items": [{"itemId": "p:gone", "count": 1}]}))).await;
            assert_eq!(made.status, if status == 404 { 400 } else { status });
        }
    }

    async fn a_closed_place_takes_no_orders_and_opens_by_itself(engine: Engine) {
        let house = House::start(engine).await;
        let (partner, path) = (house.platform().await, orders(&house));
        let (merchant, place) = (&house.restaurant.merchant_id, &house.restaurant.place_id);
        let admin_path = format!("/admin/v1/platform/merchants/{merchant}/places/{place}/delivery");
        let first = house.app.admin.get(&admin_path).await.unwrap();
        assert_eq!(first, json!({"acceptNewOrders": true, "closedUntil": null, "mealPrepTime": 30, "integratedDispatch": "disabled",
            "autoConfirm": false, "autoDeclineMinutes": 5, "acceptsNow": true}));
        assert_eq!(send(&partner, &path, &order("before", json!({}))).await.status, 201);
        let until = "2026-03-02T12:00:00+01:00";
        let shown = set(&house, json!({"closedUntil": until, "mealPrepTime": 10, "integratedDispatch": "ask", "autoDeclineMinutes": 90})).await;
        assert_eq!((&shown["acceptsNow"], &shown["closedUntil"], &shown["mealPrepTime"]), (&json!(false), &json!(until), &json!(10)));
        assert_eq!(house.app.admin.get(&admin_path).await.unwrap(), shown);
        let refused = send(&partner, &path, &order("o1", json!({}))).await;
        // not 409: clients take that for an order that is there
        assert_eq!((refused.status, &refused.json["name"], &refused.json["closedUntil"]), (422, &json!("ORDERS_CLOSED"), &json!(until)), "{}", refused.text);
        // what was taken before is there all the same
        assert_eq!(send(&partner, &path, &order("before", json!({}))).await.status, 409);
        house.app.clock.advance_seconds(3_600);
        let partner = house.platform().await;
        let made = send(&partner, &path, &order("o1", json!({}))).await;
        assert_eq!(made.status, 201, "{}", made.text);
        assert_eq!(made.json["timing"]["estimatedMealReadyTime"], "2026-03-02T12:10:00+01:00");
        assert_eq!(made.json["timing"]["autoDeclineAfter"], "2026-03-02T13:30:00+01:00");
        assert_eq!(house.app.admin.get(&admin_path).await.unwrap()["acceptsNow"], true);
        set(&house, json!({"acceptNewOrders": false})).await;
        let refused = send(&partner, &path, &order("o2", json!({}))).await;
        assert_eq!((refused.status, refused.json.get("closedUntil")), (422, None), "{}", refused.text);
        for (body, field) in [
            (json!({"mealPrepTime": 1441}), "mealPrepTime"),
            (json!({"autoDeclineMinutes": 0}), "autoDeclineMinutes"),
            (json!({"closedUntil": "tomorrow"}), "closedUntil"),
            (json!({"integratedDispatch": "maybe"}), "integratedDispatch"),
            (json!({"open": true}), "open"),
        ] {
            let answer = house.app.admin.send(Method::PUT, &admin_path, Some(body.to_string().into_bytes())).await.unwrap();
            assert_eq!((answer.status, answer.json["field"].as_str()), (400, Some(field)), "{}", answer.text);
        }
        assert_eq!(send(&partner, &path, &order("o3", json!({}))).await.status, 422, "what was refused set nothing");
    }

    async fn an_order_that_nobody_confirms_declines_itself_also_after_a_restart(engine: Engine) {
        let receiver = Scripted::start([]).await;
        let house = House::start(engine).await;
        let (partner, path) = (house.platform().await, orders(&house));
        let seen = send(&partner, &path, &order("seen", json!({}))).await.json;
        let waiting = send(&partner, &path, &order("waiting", hooks(&receiver, "2"))).await.json;
        house.app.clock.advance_seconds(299);
        let state = async |partner: &JsonClient, order: &Value| {
            partner.get(&format!("{path}/{}", order["orderId"].as_str().unwrap())).await.unwrap()
        };
        assert_eq!(state(&partner, &seen).await["state"], "NEW");
        house.app.clock.advance_seconds(1);
        // whoever looks sees it, whether the job has come by or not
        let declined = state(&partner, &seen).await;
        assert_eq!((&declined["state"], &declined["declineReason"]), (&json!("DECLINED"), &json!("not confirmed in time")));
        assert_eq!((&declined["timing"]["autoDeclineAfter"], &declined["_lastModifiedAt"]), (&Value::Null, &json!("2026-03-02T11:05:00+01:00")));
        // the other is found by the job of the next start
        let House { app, .. } = house;
        let outside = app.outside.clone();
        let database = app.stop().await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let again = stamgast::app::App::start_wrapped(test_config(database.url()), outside, listener, Box::new(|router| router)).await.unwrap();
        let called = receiver.wait_for(1).await;
        assert_eq!((called[0].method.as_str(), called[0].path.as_str(), called[0].body.len()), ("GET", "/cb?o=2&e=decline&s=a%2Fb", 0));
        let partner = partner.at(again.url());
        assert_eq!(state(&partner, &waiting).await["state"], "DECLINED");
        assert_eq!(receiver.received().len(), 1);
        again.shutdown().await.unwrap();
    }

    async fn who_ordered_is_forgotten_with_the_years(engine: Engine) {
        let house = House::start(engine).await;
        let (partner, path) = (house.platform().await, orders(&house));
        let body = order("o1", json!({"note": "ring twice", "floor": 3, "items": [{"itemId": MAIN, "count": 1, "note": "hot"}]}));
        let made = send(&partner, &path, &body).await.json;
        let path = format!("{path}/{}", made["orderId"].as_str().unwrap());
        house.app.clock.advance_seconds(90 * 86_400 - 1);
        let platform = house.app.app.platform().unwrap();
        platform.age_copies().await.unwrap();
        let partner = house.platform().await;
        assert_eq!(partner.get(&path).await.unwrap()["customer"]["name"], "Jana Nová");
        house.app.clock.advance_seconds(1);
        platform.age_copies().await.unwrap();
        let kept = partner.get(&path).await.unwrap();
        assert_eq!((&kept["customer"]["name"], &kept["note"], kept.get("floor")), (&json!(""), &Value::Null, None));
        assert_eq!((&kept["items"][0]["note"], &kept["items"][0]["title"]), (&Value::Null, &json!("Svíčková")));
        assert_number("what it came to", "189", &kept["totalWithVat"]);
        eventually("nothing more to forget", async || (platform.age_copies().await.unwrap() == 0).then_some(())).await;
    }
}
