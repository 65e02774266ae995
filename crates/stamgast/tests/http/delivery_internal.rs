//! `/deliveryInternal/{sourceId}/orders…`: how does a register hear of orders, and what does it make of them?

use crate::delivery::{hooks, order, orders, send, set};
use crate::menu::put_menu;
use http::Method;
use serde_json::{Value, json};
use stamgast::client::{Answer, JsonClient};
use std::collections::BTreeMap;
use testkit::restaurant::{BEER, MAIN};
use testkit::{House, Scripted, assert_number, eventually};

/// Where registers look.
fn register_orders(house: &House) -> String {
    format!("/deliveryInternal/{}/orders", house.restaurant.source_id)
}

/// A new order, which has to be taken.
async fn ordered(house: &House, partner: &JsonClient, body: &Value) -> Value {
    let made = send(partner, &orders(house), body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.json
}

async fn step(house: &House, register: usize, order: &Value, what: &str, body: &Value) -> Answer {
    let path = format!("{}/{}/{what}", register_orders(house), order["orderId"].as_str().unwrap());
    send(&house.register(register), &path, body).await
}

async fn seen(house: &House, partner: &JsonClient, order: &Value) -> Value {
    partner.get(&format!("{}/{}", orders(house), order["orderId"].as_str().unwrap())).await.unwrap()
}

testkit::on_both_engines! {
    /// listOrders: since when it looked last, each order that moved.
    async fn a_register_sees_what_moved_and_no_member_it_needs_is_null(engine: Engine) {
        let house = House::start(engine).await;
        let (partner, register, path) = (house.platform().await, house.register(1), register_orders(&house));
        let nothing = register.get(&path).await.unwrap();
        assert_eq!(nothing, json!({"data": [], "lastModificationAt": null}));
        let at_desk = order("o1", json!({"deliveryType": "orderToTable", "deskId": "1"}));
        let first = ordered(&house, &partner, &at_desk).await;
        let all = register.get(&path).await.unwrap();
        assert_eq!(all["data"], json!([first]));
        let shown = &all["data"][0];
        for member in ["orderId", "deliveryType", "state", "alreadyPaid", "provider", "_lastModifiedAt"] {
            assert!(!shown[member].is_null(), "{member}");
        }
        for member in ["itemId", "productId", "title", "unitPriceWithVat", "vatRate", "count"] {
            assert!(!shown["items"][0][member].is_null(), "items: {member}");
        }
        assert!(shown["items"][0]["vatId"].is_i64() && shown["customer"]["name"].is_string());
        assert!(shown["desk"]["deskId"].is_string() && shown["desk"]["code"].is_string());
        let since = all["lastModificationAt"].as_str().unwrap().to_owned();
        let later = register.get(&format!("{path}?modifiedSince={since}")).await.unwrap();
        assert_eq!(later, json!({"data": [], "lastModificationAt": since}));
        let second = ordered(&house, &partner, &order("o2", json!({}))).await;
        let later = register.get(&format!("{path}?modifiedSince={since}")).await.unwrap();
        assert_eq!(later["data"], json!([second]));
        // one that moves comes again
        step(&house, 1, &first, "decline", &json!({"reason": "no cooks"})).await;
        let since = later["lastModificationAt"].as_str().unwrap();
        let moved = house.register(2).get(&format!("{path}?modifiedSince={since}")).await.unwrap();
        assert_eq!((&moved["data"][0]["orderId"], &moved["data"][0]["state"]), (&first["orderId"], &json!("DECLINED")));
        for value in ["2026-03-01", "-1", "x"] {
            let answer = register.send(Method::GET, &format!("{path}?modifiedSince={value}"), None).await.unwrap();
            assert_eq!((answer.status, &answer.json["field"]), (400, &json!("modifiedSince")));
        }
        assert_eq!(partner.send(Method::GET, &path, None).await.unwrap().status, 401);
    }

    async fn no_order_is_lost_to_a_register_that_polls_while_many_come(engine: Engine) {
        let house = House::start(engine).await;
        let partner = house.platform().await;
        let calls: Vec<_> = (0..40)
            .map(|number| {
                let (partner, path) = (partner.clone(), orders(&house));
                let body = order(&format!("o{number}"), json!({}));
                tokio::spawn(async move { send(&partner, &path, &body).await })
            })
            .collect();
        let (register, path) = (house.register(1), register_orders(&house));
        let mut since = String::new();
        let mut times: BTreeMap<String, usize> = BTreeMap::new();
        let mut poll = async || {
            let page = register.get(&format!("{path}?modifiedSince={since}")).await.unwrap();
            for order in page["data"].as_array().unwrap() {
                *times.entry(order["externalId"].as_str().unwrap().to_owned()).or_default() += 1;
            }
            since = page["lastModificationAt"].as_str().unwrap_or_default().to_owned();
        };
        while calls.iter().any(|call| !call.is_finished()) {
            poll().await;
        }
        poll().await;
        for call in calls {
            assert_eq!(call.await.unwrap().status, 201);
        }
        assert_eq!(times.len(), 40);
        assert!(times.values().all(|times| *times == 1), "{times:?}");
    }

    /// declineOrder: with its reason, once.
    async fn what_is_declined_says_why_and_the_application_is_called(engine: Engine) {
        let receiver = Scripted::start([]).await;
        let house = House::start(engine).await;
        let partner = house.platform().await;
        let made = ordered(&house, &partner, &order("o1", hooks(&receiver, "1"))).await;
        let long = json!({"reason": "x".repeat(501)});
        for (body, field) in [(json!({}), "reason"), (long, "reason"), (json!({"reason": {}}), "reason")] {
            let answer = step(&house, 1, &made, "decline", &body).await;
            assert_eq!((answer.status, answer.json["field"].as_str()), (400, Some(field)), "{}", answer.text);
        }
        let declined = step(&house, 1, &made, "decline", &json!({"reason": "no cooks today"})).await;
        assert_eq!((declined.status, &declined.json["state"]), (200, &json!("DECLINED")), "{}", declined.text);
        assert_eq!(seen(&house, &partner, &made).await, declined.json);
        assert_eq!(declined.json["declineReason"], "no cooks today");
        assert_eq!(receiver.wait_for(1).await[0].path, "/cb?o=1&e=decline&s=a%2Fb");
        for what in ["decline", "confirm", "dispatch"] {
            let clash = step(&house, 2, &made, what, &json!({"reason": "again"})).await;
            assert_eq!((clash.status, &clash.json["name"], &clash.json["order"]), (409, &json!("ORDER_STATE"), &declined.json), "{what}: {}", clash.text);
            let nobody = json!({"orderId": "made-up"});
            assert_eq!(step(&house, 1, &nobody, what, &json!({"reason": "r"})).await.status, 404);
        }
        assert_eq!(receiver.received().len(), 1);
    }

    async fn who_confirms_too_late_finds_the_order_declined(engine: Engine) {
        let house = House::start(engine).await;
        let partner = house.platform().await;
        let made = ordered(&house, &partner, &order("o1", json!({}))).await;
        house.app.clock.advance_seconds(300);
        let late = step(&house, 1, &made, "confirm", &Value::Null).await;
        assert_eq!((late.status, &late.json["order"]["state"]), (409, &json!("DECLINED")), "{}", late.text);
        assert_eq!(house.rows().await["platform_check"], 0);
        let page = house.register(1).get(&register_orders(&house)).await.unwrap();
        assert_eq!(page["data"][0]["state"], "DECLINED");
    }

    /// confirmOrder, dispatchOrder: from the order to its check and its bill.
    async fn an_order_becomes_a_check_of_the_register_that_confirms_it_and_its_bill_says_so(engine: Engine) {
        let receiver = Scripted::start([]).await;
        let house = House::start(engine).await;
        let partner = house.platform().await;
        let mut body = order("web-1042", json!({"deliveryType": "orderToTable", "deskId": "2", "discountWithVat": "20.01",
            "items": [{"itemId": MAIN, "count": 2, "unitPriceWithVat": "179.50"}, {"itemId": BEER, "count": 3}]}));
        body.as_object_mut().unwrap().extend(hooks(&receiver, "1042").as_object().unwrap().clone());
        let made = ordered(&house, &partner, &body).await;
        let confirmed = step(&house, 1, &made, "confirm", &Value::Null).await;
        assert_eq!((confirmed.status, &confirmed.json["state"]), (200, &json!("CONFIRMED")), "{}", confirmed.text);
        assert_eq!(confirmed.json["timing"]["autoDeclineAfter"], Value::Null);
        let check_id = confirmed.json["checkId"].as_str().unwrap();
        let path = format!("{}/{check_id}", house.checks());
        let check = house.register(1).get(&path).await.unwrap();
        assert_eq!((&check["deviceNumber"], &check["deskId"], &check["state"]), (&json!(1), &json!("2"), &json!("open")));
        let lines = check["lines"].as_array().unwrap();
        assert_eq!(lines.len(), 2);
        assert_number("the price the guest was told", "179.5", &lines[0]["unitPriceWithVat"]);
        assert_number("the order's total", "515.99", &check["totalWithVat"]);
        assert_eq!(check["totalWithVat"], made["totalWithVat"]);
        assert_eq!(house.register(2).send(Method::GET, &path, None).await.unwrap().status, 403);

        let again = step(&house, 2, &made, "confirm", &Value::Null).await;
        assert_eq!((again.status, &again.json["order"]), (409, &confirmed.json), "{}", again.text);
        let pay = json!({"payments": [{"paymentMethod": "card", "priceWithVat": check["toPay"]}]});
        let bill = house.register(1).post(&format!("{path}/pay"), &pay).await.unwrap();
        let provider = json!({"code": house.restaurant.client_id, "orderId": made["orderId"]});
        assert_eq!((&bill["orderProvider"], &bill["finalPrice"], &bill["deskId"]), (&provider, &check["totalWithVat"], &json!("2")));
        let listed = partner.get(&format!("/bills/{}", house.restaurant.source_id)).await.unwrap();
        assert_eq!(listed["data"][0]["orderProvider"], provider);
        assert_eq!(seen(&house, &partner, &made).await["billId"], bill["billId"]);

        let dispatched = step(&house, 2, &made, "dispatch", &Value::Null).await;
        assert_eq!((dispatched.status, &dispatched.json["state"]), (200, &json!("DISPATCHED")), "{}", dispatched.text);
        let clash = step(&house, 1, &made, "decline", &json!({"reason": "late"})).await;
        assert_eq!((clash.status, &clash.json["order"]["state"]), (409, &json!("DISPATCHED")));
        let called: Vec<String> = receiver.wait_for(2).await.into_iter().map(|request| request.path).collect();
        assert_eq!(called, ["/cb?o=1042&e=confirm&s=a%2Fb", "/cb?o=1042&e=dispatch&s=a%2Fb"]);
        // what comes back of it came by the same order
        let refunds = format!("/pos/{}/bills/{}/refunds", house.restaurant.source_id, bill["billId"].as_str().unwrap());
        let refund = house.register(1).post(&refunds, &json!({})).await.unwrap();
        assert_eq!(refund["orderProvider"], provider);
    }

    async fn additions_are_lines_of_their_own(engine: Engine) {
        let house = House::start(engine).await;
        put_menu(&house, json!({"additionCategories": [{"additionCategoryId": "ac:sauces", "title": "Sauces", "additions": [
            {"additionId": "a:pepper", "title": "Pepper sauce", "additionPrice": 20},
            {"additionId": "a:beer", "title": "Small beer", "additionPrice": 30, "vatRate": 0.21, "productId": BEER}]}]})).await;
        let partner = house.platform().await;
        let item = json!({"itemId": MAIN, "count": 2, "unitPriceWithVat": 189, "additions": [
            {"additionId": "a:pepper", "countPerMainItem": 2, "unitPriceWithVat": "15.50", "side": "left"}, {"additionId": "a:beer"}]});
        let made = ordered(&house, &partner, &order("o1", json!({"items": [item]}))).await;
        assert_number("the total", "500", &made["totalWithVat"]);
        let pepper = &made["items"][0]["additions"][0];
        assert_eq!((&pepper["title"], &pepper["countPerMainItem"], &pepper["vatId"], &pepper["side"]),
            (&json!("Pepper sauce"), &json!(2), &json!(1200), &json!("left")));
        let confirmed = step(&house, 1, &made, "confirm", &Value::Null).await.json;
        let path = format!("{}/{}", house.checks(), confirmed["checkId"].as_str().unwrap());
        let check = house.register(1).get(&path).await.unwrap();
        let lines: Vec<(&str, &str, String, String)> = check["lines"].as_array().unwrap().iter().map(|line| {
            let text = |member: &str| line[member].to_string();
            (line["productId"].as_str().unwrap(), line["name"].as_str().unwrap(), text("amount"), text("finalPriceWithVat"))
        }).collect();
        let expected = [(MAIN, "Svíčková", "2", "378"), ("a:pepper", "Pepper sauce", "4", "62"), (BEER, "Small beer", "2", "60")];
        assert_eq!(lines, expected.map(|(id, name, amount, price)| (id, name, amount.to_owned(), price.to_owned())));
        let pay = json!({"payments": [{"paymentMethod": "cash", "priceWithVat": 500}]});
        let bill = house.register(1).post(&format!("{path}/pay"), &pay).await.unwrap();
        assert_eq!((&bill["items"][0]["categoryId"], &bill["items"][1]["categoryId"]), (&json!("c:hlavni"), &Value::Null));
        assert_eq!(bill["taxSummaries"].as_object().unwrap().keys().collect::<Vec<_>>(), ["12", "21"]);
    }

    async fn a_register_that_sets_an_orders_basket_again_keeps_what_the_guest_was_told(engine: Engine) {
        let house = House::start(engine).await;
        put_menu(&house, json!({"additionCategories": [{"additionCategoryId": "ac:sauces", "title": "Sauces", "additions": [
            {"additionId": "a:pepper", "title": "Pepper sauce", "additionPrice": 20}]}]})).await;
        let partner = house.platform().await;
        // 2 × (180 + 2 × 15) and a beer for 50.00, less 47.00: a tenth
        let item = json!({"itemId": MAIN, "count": 2, "unitPriceWithVat": 180, "additions": [{"additionId": "a:pepper", "countPerMainItem": 2, "unitPriceWithVat": 15}]});
        let body = order("o1", json!({"items": [item, {"itemId": BEER, "count": 1, "unitPriceWithVat": 50}], "discountWithVat": 47}));
        let made = ordered(&house, &partner, &body).await;
        let confirmed = step(&house, 1, &made, "confirm", &Value::Null).await.json;
        let path = format!("{}/{}", house.checks(), confirmed["checkId"].as_str().unwrap());
        let shown = |check: &Value| -> Vec<String> {
            check["lines"].as_array().unwrap().iter().map(|line| {
                let of = line["additionsOf"].as_str().unwrap_or_default();
                format!("{} {of} {} {}", line["checkItemId"].as_str().unwrap(), line["amount"], line["finalPriceWithVat"])
            }).collect()
        };
        let check = house.register(1).get(&path).await.unwrap();
        assert_eq!(shown(&check), ["1  2 324", "2 1 4 54", "3  1 45"]);
        let set = async |lines: Value| house.register(1).put(&format!("{path}/lines"), &json!({"lines": lines})).await.unwrap();
        let main = |amount: i64, more: Value| {
            let mut line = json!({"checkItemId": "1", "productId": MAIN, "amount": amount, "additions": [{"additionId": "a:pepper", "count": 2}]});
            line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            line
        };
        let beer = json!({"checkItemId": "3", "productId": BEER, "amount": 1});
        // the same again is the same: neither price nor discount is told anew
        assert_eq!(shown(&set(json!([main(2, json!({})), beer])).await), ["1  2 324", "2 1 4 54", "3  1 45"]);
        // of less than was ordered the order takes off its share, and nothing of what the guest orders at the table
        let more = json!({"productId": BEER, "amount": 1});
        assert_eq!(shown(&set(json!([main(1, json!({})), beer, more])).await), ["1  1 162", "2 1 2 27", "3  1 45", "4  1 59"]);
        // what the register says instead counts
        let without = main(1, json!({"discount": {"value": 0}}));
        let last = set(json!([without, beer])).await;
        assert_eq!(shown(&last), ["1  1 180", "2 1 2 30", "3  1 45"]);
        let pay = json!({"payments": [{"paymentMethod": "cash", "priceWithVat": last["toPay"]}]});
        let bill = house.register(1).post(&format!("{path}/pay"), &pay).await.unwrap();
        let items = &bill["items"];
        let code = &items[0]["hasAdditionsWithCode"];
        assert!(code.is_string() && items[1]["additionsCode"] == *code && items[2]["additionsCode"].is_null(), "{items}");
        assert_number("with its additions", "255", &bill["finalPrice"]);
    }

    async fn what_is_ordered_beyond_what_is_left_is_marked(engine: Engine) {
        let house = House::start(engine).await;
        let place = &house.restaurant.place_id;
        put_menu(&house, json!({"placeRules": {place.as_str(): {"beyondRemaining": "warn"}}, "timeBasedMenus": [{"menuId": "today", "placeId": place,
            "timeBasedMenuType": "dailyMenu", "since": "2026-03-02T09:00:00Z", "till": "2026-03-02T12:00:00Z", "items": [{"productId": MAIN, "quantity": 2}]}]})).await;
        let partner = house.platform().await;
        let of = |id: &str| order(id, json!({"items": [{"itemId": MAIN, "count": 2}, {"itemId": BEER, "count": 1}]}));
        let marks = |of: &Value, list: &str| of[list].as_array().unwrap().iter().map(|one| one["beyondRemaining"] == true).collect::<Vec<_>>();
        for (id, beyond) in [("o1", false), ("o2", true)] {
            let made = ordered(&house, &partner, &of(id)).await;
            assert_eq!(marks(&made, "items"), [beyond, false], "{id}");
            assert_eq!(seen(&house, &partner, &made).await, made);
            let confirmed = step(&house, 1, &made, "confirm", &Value::Null).await.json;
            let check = house.register(1).get(&format!("{}/{}", house.checks(), confirmed["checkId"].as_str().unwrap())).await.unwrap();
            assert_eq!(marks(&check, "lines"), [beyond, false], "{id}");
        }
    }

    async fn a_disabled_place_takes_neither_orders_nor_reservations(engine: Engine) {
        let house = House::start(engine).await;
        let partner = house.platform().await;
        let before = ordered(&house, &partner, &order("before", json!({}))).await;
        let booking = |id: &str| json!({"externalReservationId": id, "reservationDeposit": 0, "deskId": "1"});
        let reservations = format!("/reservations/{}/reservations", house.restaurant.source_id);
        let seated = partner.post(&reservations, &booking("before")).await.unwrap();
        let place = format!("/admin/v1/platform/merchants/{}/places/{}", house.restaurant.merchant_id, house.restaurant.place_id);
        let state = async |state: &str| {
            let body = json!({"name": "U Štamgasta", "timeZone": "Europe/Prague", "state": state});
            house.app.admin.put(&place, &body).await.unwrap();
        };
        state("disabled").await;
        testkit::fed(&house.app.admin, &house.restaurant.merchant_id).await;
        let rows = house.rows().await;
        for (path, body) in [(orders(&house), order("o1", json!({}))), (reservations.clone(), booking("r1"))] {
            let answer = send(&partner, &path, &body).await;
            assert_eq!((answer.status, &answer.json["name"], &answer.json["code"]), (422, &json!("PLACE_DISABLED"), &json!(422)), "{}", answer.text);
        }
        assert_eq!(house.rows().await, rows);
        // what came before is answered as ever, and what was ordered is seen
        let again = send(&partner, &orders(&house), &order("before", json!({}))).await;
        assert_eq!((again.status, &again.json["order"]["orderId"]), (409, &before["orderId"]));
        let again = send(&partner, &reservations, &booking("before")).await;
        assert_eq!((again.status, &again.json["reservation"]["reservationId"]), (409, &seated["reservationId"]));
        assert_eq!(seen(&house, &partner, &before).await["state"], "NEW");
        for open in ["hidden", "active"] {
            state(open).await;
            let id = format!("o-{open}");
            ordered(&house, &partner, &order(&id, json!({}))).await;
            assert_eq!(send(&partner, &reservations, &booking(&id)).await.status, 201);
        }
    }

    async fn an_order_holds_its_pieces_until_it_is_declined(engine: Engine) {
        let house = House::start(engine).await;
        let (merchant, place) = (&house.restaurant.merchant_id, &house.restaurant.place_id);
        put_menu(&house, json!({"timeBasedMenus": [{"menuId": "today", "placeId": place, "timeBasedMenuType": "dailyMenu",
            "since": "2026-03-02T00:00:00+01:00", "till": "2026-03-03T00:00:00+01:00", "items": [{"productId": MAIN, "quantity": 5}]}]})).await;
        let partner = house.platform().await;
        let amounts = format!("/menu/{merchant}/timeBased/{place}/remainingAmounts");
        let left = async || partner.get(&amounts).await.unwrap()["amounts"][MAIN].clone();
        let of = |id: &str, count: i64| order(id, json!({"items": [{"itemId": MAIN, "count": count}]}));
        let first = ordered(&house, &partner, &of("o1", 3)).await;
        assert_eq!(left().await, 2);
        // not 409: clients take that for an order that is there
        let refused = send(&partner, &orders(&house), &of("o2", 3)).await;
        assert_eq!((refused.status, &refused.json["name"], &refused.json["remaining"]), (422, &json!("SOLD_OUT"), &json!(2)), "{}", refused.text);
        let second = ordered(&house, &partner, &of("o2", 2)).await;
        assert_eq!(left().await, 0);
        step(&house, 1, &second, "decline", &json!({"reason": "no cooks"})).await;
        assert_eq!(left().await, 2);
        let third = ordered(&house, &partner, &of("o3", 1)).await;
        house.app.clock.advance_seconds(299);
        let confirmed = step(&house, 1, &first, "confirm", &Value::Null).await.json;
        assert_eq!(left().await, 1, "the check holds what the order held");
        house.app.clock.advance_seconds(1);
        assert_eq!(seen(&house, &partner, &third).await["state"], "DECLINED");
        assert_eq!(left().await, 2);
        let path = format!("{}/{}", house.checks(), confirmed["checkId"].as_str().unwrap());
        house.register(1).put(&format!("{path}/lines"), &json!({"lines": [{"checkItemId": "1", "productId": MAIN, "amount": 1}]})).await.unwrap();
        assert_eq!(left().await, 4, "what is taken off the check is free again");
    }

    async fn of_two_registers_at_once_one_has_the_order(engine: Engine) {
        let house = House::start(engine).await;
        let partner = house.platform().await;
        for round in 0..5 {
            let made = ordered(&house, &partner, &order(&format!("o{round}"), json!({}))).await;
            let (one, two) = tokio::join!(step(&house, 1, &made, "confirm", &Value::Null), step(&house, 2, &made, "confirm", &Value::Null));
            let mut statuses = [one.status, two.status];
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 409]);
            let (won, lost, winner) = if one.status == 200 { (one, two, 1) } else { (two, one, 2) };
            assert_eq!(won.json, lost.json["order"]);
            let path = format!("{}/{}", house.checks(), won.json["checkId"].as_str().unwrap());
            assert_eq!(house.register(winner).get(&path).await.unwrap()["deviceNumber"], winner);
        }
        assert_eq!(house.rows().await["platform_check"], 5);
    }

    async fn what_the_guest_has_paid_already_is_a_payment_of_the_bill(engine: Engine) {
        let house = House::start(engine).await;
        let partner = house.platform().await;
        let made = ordered(&house, &partner, &order("o1", json!({"alreadyPaid": true, "discountWithVat": 9}))).await;
        let confirmed = step(&house, 1, &made, "confirm", &Value::Null).await.json;
        let path = format!("{}/{}", house.checks(), confirmed["checkId"].as_str().unwrap());
        let check = house.register(1).get(&path).await.unwrap();
        assert_number("the total", "180", &check["totalWithVat"]);
        assert_number("left to pay", "0", &check["toPay"]);
        assert_eq!(check["paidAlready"], json!([{"paymentMethod": "online", "priceWithVat": 180}]));
        let bill = house.register(1).post(&format!("{path}/pay"), &json!({"payments": []})).await.unwrap();
        assert_eq!((&bill["paymentMethod"], &bill["payments"]), (&json!("online"), &json!([{"paymentMethod": "online", "priceWithVat": "180"}])));
        assert_eq!(bill["orderProvider"]["orderId"], made["orderId"]);
    }

    async fn an_order_confirms_itself_where_both_want_it_and_the_first_register_takes_it_up(engine: Engine) {
        let receiver = Scripted::start([]).await;
        let house = House::start(engine).await;
        let partner = house.platform().await;
        let asks = |id: &str| {
            let mut body = order(id, json!({"autoConfirm": true}));
            body.as_object_mut().unwrap().extend(hooks(&receiver, id).as_object().unwrap().clone());
            body
        };
        assert_eq!(ordered(&house, &partner, &asks("o1")).await["state"], "NEW", "the place does not allow it");
        set(&house, json!({"autoConfirm": true, "mealPrepTime": 20})).await;
        assert_eq!(ordered(&house, &partner, &order("o2", json!({}))).await["state"], "NEW", "the order does not ask for it");
        let made = ordered(&house, &partner, &asks("o3")).await;
        assert_eq!((&made["state"], made["checkId"].is_string()), (&json!("CONFIRMED"), true));
        assert_eq!(made["timing"]["estimatedMealReadyTime"], "2026-03-02T11:20:00+01:00");
        assert_eq!(receiver.wait_for(1).await[0].path, "/cb?o=o3&e=confirm&s=a%2Fb");
        // no register's yet: the first that changes it has it
        let path = format!("{}/{}", house.checks(), made["checkId"].as_str().unwrap());
        assert_eq!(house.register(2).get(&path).await.unwrap()["deviceNumber"], 0);
        let pay = json!({"payments": [{"paymentMethod": "cash", "priceWithVat": 189}]});
        let bill = house.register(2).post(&format!("{path}/pay"), &pay).await.unwrap();
        assert_eq!(bill["orderProvider"]["orderId"], made["orderId"]);
        let shown = eventually("the bill of the order", async || {
            let shown = seen(&house, &partner, &made).await;
            (shown["billId"] == bill["billId"]).then_some(shown)
        }).await;
        assert_eq!(shown["state"], "CONFIRMED");
        // where couriers are looked for, somebody has to
        set(&house, json!({"autoConfirm": true, "integratedDispatch": "enabled"})).await;
        let mut brought = asks("o4");
        brought["deliveryType"] = json!("dispatch");
        assert_eq!(ordered(&house, &partner, &brought).await["state"], "NEW");
    }

    async fn a_courier_is_looked_for_first_where_the_place_wants_it(engine: Engine) {
        let receiver = Scripted::start([]).await;
        let house = House::start(engine).await;
        let partner = house.platform().await;
        let mut number = 0;
        // setting, way, query, where the first confirmation leads
        for (dispatching, way, query, state) in [
            ("disabled", "dispatch", "?scheduleDelivery=1", "CONFIRMED"),
            ("enabled", "takeaway", "", "CONFIRMED"),
            ("enabled", "delivery", "", "SCHEDULING_DELIVERY"),
            ("ask", "dispatch", "", "CONFIRMED"),
            ("ask", "dispatch", "?scheduleDelivery=true", "SCHEDULING_DELIVERY"),
        ] {
            set(&house, json!({"integratedDispatch": dispatching})).await;
            number += 1;
            let made = ordered(&house, &partner, &order(&format!("o{number}"), json!({"deliveryType": way}))).await;
            let answer = step(&house, 1, &made, &format!("confirm{query}"), &Value::Null).await;
            assert_eq!((answer.status, &answer.json["state"]), (200, &json!(state)), "{dispatching} {way}: {}", answer.text);
            assert_eq!(answer.json["checkId"].is_string(), state == "CONFIRMED");
        }
        let answer = step(&house, 1, &json!({"orderId": "x"}), "confirm?scheduleDelivery=maybe", &Value::Null).await;
        assert_eq!((answer.status, &answer.json["field"]), (400, &json!("scheduleDelivery")));
        set(&house, json!({"integratedDispatch": "enabled"})).await;
        let mut found = order("found", json!({"deliveryType": "delivery"}));
        found.as_object_mut().unwrap().extend(hooks(&receiver, "f").as_object().unwrap().clone());
        let found = ordered(&house, &partner, &found).await;
        step(&house, 1, &found, "confirm", &Value::Null).await;
        // while one is looked for nobody declines it by itself, and nothing leaves
        house.app.clock.advance_seconds(600);
        assert_eq!(step(&house, 1, &found, "dispatch", &Value::Null).await.status, 409);
        let partner = house.platform().await;
        assert_eq!(seen(&house, &partner, &found).await["state"], "SCHEDULING_DELIVERY");
        assert_eq!(receiver.received().len(), 0);
        assert_eq!(step(&house, 2, &found, "confirm", &Value::Null).await.json["state"], "CONFIRMED");
        receiver.wait_for(1).await;
        let lost = ordered(&house, &partner, &order("lost", json!({"deliveryType": "delivery"}))).await;
        step(&house, 1, &lost, "confirm", &Value::Null).await;
        assert_eq!(step(&house, 1, &lost, "decline", &json!({"reason": "no courier"})).await.json["state"], "DECLINED");
    }
}
