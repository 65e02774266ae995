//! `/reservations/{sourceId}/reservations`: do guests who booked get one check, with what they paid in advance?

use http::Method;
use serde_json::{Value, json};
use testkit::restaurant::{CARD, MAIN};
use testkit::{House, assert_number, eventually};

fn path(house: &House) -> String {
    format!("/reservations/{}/reservations", house.restaurant.source_id)
}

/// A booking of four for desk 1, 200.00 paid in advance.
fn booking() -> Value {
    json!({"externalReservationId": "booking-77", "name": "Nováková", "reservationDeposit": 200, "deskId": "1", "autoConfirm": true,
        "personCount": 4, "note": "narozeniny", "customer": {"name": "Jana Nováková", "phoneNumber": "+420600000001",
        "email": "jana@example.com", "vip": true}, "channel": {"code": "web"}})
}

/// Opens the check of a booking and puts two mains for 378.00 on it; gives its path.
async fn seated(house: &House, booking: &Value) -> String {
    let made = house.platform().await.post(&path(house), booking).await.unwrap();
    let check = format!("{}/{}", house.checks(), made["checkId"].as_str().unwrap());
    let lines = json!({"lines": [{"productId": MAIN, "amount": 2}]});
    house.register(1).put(&format!("{check}/lines"), &lines).await.unwrap();
    check
}

testkit::on_both_engines! {
    /// createReservation: from the booking to the bill.
    async fn a_reservation_opens_a_check_and_its_deposit_is_paid_already(engine: Engine) {
        let house = House::start(engine).await;
        let (platform, register) = (house.platform().await, house.register(1));
        let answer = platform.send(Method::POST, &path(&house), Some(booking().to_string().into_bytes())).await.unwrap();
        assert_eq!(answer.status, 201, "{}", answer.text);
        let made = answer.json;
        for (member, expected) in [("externalReservationId", json!("booking-77")), ("state", json!("NEW")), ("deskId", json!("1")),
            ("personCount", json!(4)), ("reservationDeposit", json!(200)), ("autoConfirm", json!(true))] {
            assert_eq!(made[member], expected, "{member}");
        }
        assert!(!answer.text.contains("Nov"), "persons are not echoed: {}", answer.text);
        // The registers see who it is; nobody else does.
        let seen = register.get(&format!("/pos/{}/reservations", house.restaurant.source_id)).await.unwrap();
        let guest = &seen["data"][0];
        assert_eq!((&guest["name"], &guest["note"], &guest["checkId"]), (&json!("Nováková"), &json!("narozeniny"), &made["checkId"]));
        assert_eq!(guest["customer"], json!({"name": "Jana Nováková", "phoneNumber": "+420600000001", "email": "jana@example.com", "vip": true}));
        let check = format!("{}/{}", house.checks(), made["checkId"].as_str().unwrap());
        let open = register.get(&check).await.unwrap();
        assert_eq!((&open["deviceNumber"], &open["deskId"], &open["personCount"]), (&json!(0), &json!("1"), &json!(4)));
        assert_eq!(open["paidAlready"], json!([{"paymentMethod": "reservationDeposit", "priceWithVat": 200}]));
        assert_number("left before anything was ordered", "-200", &open["toPay"]);
        // Whoever changes it first has it.
        assert_eq!(house.register(2).get(&check).await.unwrap()["deviceNumber"], 0);
        let lines = json!({"lines": [{"productId": MAIN, "amount": 2}]});
        let taken = register.put(&format!("{check}/lines"), &lines).await.unwrap();
        assert_eq!(taken["deviceNumber"], 1);
        assert_number("left", "178", &taken["toPay"]);
        let other = house.register(2).send(Method::PUT, &format!("{check}/lines"), Some(lines.to_string().into_bytes())).await.unwrap();
        assert_eq!(other.status, 403, "{}", other.text);
        // Paid in full is not what is left.
        for (value, status) in [("378", 400), ("178", 200)] {
            let pay = json!({"payments": [{"paymentMethod": "card", "priceWithVat": value}]});
            let answer = register.send(Method::POST, &format!("{check}/pay"), Some(pay.to_string().into_bytes())).await.unwrap();
            assert_eq!(answer.status, status, "{}", answer.text);
        }
        let bill_id = register.get(&check).await.unwrap()["billId"].as_str().unwrap().to_owned();
        let bill = platform.get(&format!("/bills/{}/{bill_id}", house.restaurant.source_id)).await.unwrap();
        assert_number("final price", "378", &bill["finalPrice"]);
        assert_eq!(bill["payments"], json!([{"paymentMethod": "reservationDeposit", "priceWithVat": "200"},
            {"paymentMethod": "card", "priceWithVat": "178"}]));
        assert_eq!((&bill["paymentMethod"], &bill["deskId"], &bill["personCount"]), (&json!("split"), &json!("1"), &json!(4)));
        let seen = register.get(&format!("/pos/{}/reservations", house.restaurant.source_id)).await.unwrap();
        assert_eq!(seen, json!({"data": []}));
    }

    async fn a_deposit_beyond_the_bill_is_given_back_and_comes_back_with_it(engine: Engine) {
        let house = House::start(engine).await;
        let register = house.register(1);
        let mut large = booking();
        large["reservationDeposit"] = json!("500.00");
        let check = seated(&house, &large).await;
        assert_number("to give back", "-122", &register.get(&check).await.unwrap()["toPay"]);
        let pay = json!({"payments": [{"paymentMethod": "cash", "priceWithVat": -122}]});
        let bill = register.post(&format!("{check}/pay"), &pay).await.unwrap();
        assert_eq!(bill["payments"], json!([{"paymentMethod": "reservationDeposit", "priceWithVat": "500"},
            {"paymentMethod": "cash", "priceWithVat": "-122"}]));
        let back = format!("/pos/{}/bills/{}/cancel", house.restaurant.source_id, bill["billId"].as_str().unwrap());
        let corrective = register.post(&back, &json!({"reason": "paid twice"})).await.unwrap();
        assert_number("all of it", "-378", &corrective["finalPrice"]);
        assert_eq!(corrective["payments"], json!([{"paymentMethod": "reservationDeposit", "priceWithVat": "-378"}]));
        // One that is met exactly leaves nothing to pay.
        let exact = json!({"externalReservationId": "exact", "reservationDeposit": 378, "deskId": "2"});
        let check = seated(&house, &exact).await;
        let bill = register.post(&format!("{check}/pay"), &json!({"payments": []})).await.unwrap();
        assert_eq!((&bill["paymentMethod"], bill["payments"].as_array().unwrap().len()), (&json!("reservationDeposit"), 1));
        // And one of nothing is no payment.
        let none = json!({"externalReservationId": "none", "reservationDeposit": 0, "deskId": "2"});
        let check = seated(&house, &none).await;
        assert_eq!(register.get(&check).await.unwrap()["paidAlready"], json!([]));
    }

    async fn the_same_booking_twice_at_once_is_one_reservation(engine: Engine) {
        let house = House::start(engine).await;
        let platform = house.platform().await;
        let calls = (0..8).map(|_| {
            let (caller, path) = (platform.clone(), path(&house));
            tokio::spawn(async move { caller.send(Method::POST, &path, Some(booking().to_string().into_bytes())).await.unwrap() })
        });
        let calls: Vec<_> = calls.collect();
        let mut answers = Vec::new();
        for call in calls {
            answers.push(call.await.unwrap());
        }
        let made: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
        assert_eq!(made.len(), 1, "{answers:?}");
        for answer in answers.iter().filter(|answer| answer.status != 201) {
            assert_eq!((answer.status, &answer.json["name"], &answer.json["code"]), (409, &json!("RESERVATION_EXISTS"), &json!(409)));
            assert_eq!(answer.json["reservation"], made[0].json);
        }
        let rows = house.rows().await;
        assert_eq!((rows["platform_reservation"], rows["platform_check"]), (1, 1));
        // The booking's id is the place's own.
        let base = format!("/admin/v1/platform/merchants/{}", house.restaurant.merchant_id);
        let second = house.app.admin.get(&base).await.unwrap()["places"][1]["placeId"].as_str().unwrap().to_owned();
        house.app.admin.put(&format!("{base}/places/{second}/desks/1"), &json!({})).await.unwrap();
        let elsewhere = format!("/reservations/{}-{second}/reservations", house.restaurant.merchant_id);
        assert_ne!(platform.post(&elsewhere, &booking()).await.unwrap()["reservationId"], made[0].json["reservationId"]);
    }

    /// createReservation: the member at fault is named.
    async fn what_cannot_be_reserved_is_named_and_changes_nothing(engine: Engine) {
        let house = House::start(engine).await;
        let platform = house.platform().await;
        let desk = format!("/admin/v1/platform/merchants/{}/places/{}/desks/3", house.restaurant.merchant_id, house.restaurant.place_id);
        house.app.admin.delete(&desk).await.unwrap();
        testkit::fed(&house.app.admin, &house.restaurant.merchant_id).await;
        let before = house.rows().await;
        let with = |member: &str, value: Value| {
            let mut body = booking();
            body[member] = value;
            body
        };
        let long = "x".repeat(1_001);
        for (body, field) in [
            (with("deskId", json!("99")), "deskId"),
            (with("deskId", json!("3")), "deskId"),
            (with("deskId", Value::Null), "deskId"),
            (with("externalReservationId", json!("")), "externalReservationId"),
            (with("externalReservationId", json!(long)), "externalReservationId"),
            (with("reservationDeposit", json!(-1)), "reservationDeposit"),
            (with("reservationDeposit", json!("0.001")), "reservationDeposit"),
            (with("reservationDeposit", json!("much")), "reservationDeposit"),
            (with("personCount", json!(0)), "personCount"),
            (with("personCount", json!(1.5)), "personCount"),
            (with("autoConfirm", json!("perhaps")), "autoConfirm"),
            (with("note", json!(long)), "note"),
            (with("name", json!(long)), "name"),
            (with("customer", json!("Jana Nováková")), "customer"),
            (with("customer", json!({"email": long})), "customer.email"),
        ] {
            let answer = platform.send(Method::POST, &path(&house), Some(body.to_string().into_bytes())).await.unwrap();
            assert_eq!((answer.status, answer.json["field"].as_str()), (400, Some(field)), "{}", answer.text);
            assert!(!answer.text.contains("Jana") && !answer.text.contains(&long), "no person in an error: {}", answer.text);
        }
        let mut after = house.rows().await;
        after.insert("platform_access_token".to_owned(), before["platform_access_token"]);
        assert_eq!(after, before);
    }

    async fn a_guest_who_booked_is_forgotten(engine: Engine) {
        let house = House::start(engine).await;
        let (register, list) = (house.register(1), format!("/pos/{}/reservations", house.restaurant.source_id));
        let reservations = format!("/admin/v1/platform/merchants/{}/places/{}/reservations", house.restaurant.merchant_id,
            house.restaurant.place_id);
        // By a call, however often.
        let made = house.platform().await.post(&path(&house), &booking()).await.unwrap();
        let forget = format!("{reservations}/{}/customer", made["reservationId"].as_str().unwrap());
        for _ in 0..2 {
            assert_eq!(house.app.admin.send(Method::DELETE, &forget, None).await.unwrap().status, 204);
        }
        assert_eq!(house.app.admin.send(Method::DELETE, &format!("{reservations}/none/customer"), None).await.unwrap().status, 404);
        let seen = register.get(&list).await.unwrap();
        assert_eq!((&seen["data"][0]["name"], &seen["data"][0]["note"], &seen["data"][0]["customer"]), (&Value::Null, &Value::Null, &Value::Null));
        assert_eq!(seen["data"][0]["reservationDeposit"], 200);
        // With the member they turned out to be, while the check is open and once it is paid.
        let mut checks = Vec::new();
        for id in ["open", "paid"] {
            let booking = json!({"externalReservationId": id, "name": "Nováková", "deskId": "2"});
            let check = seated(&house, &booking).await;
            register.post(&format!("{check}/codes"), &json!({"inputCode": CARD})).await.unwrap();
            register.post(&format!("{check}/offer"), &json!({})).await.unwrap();
            checks.push(check);
        }
        let offered = register.get(&checks[1]).await.unwrap();
        let paid = json!({"paymentMethod": "cash", "priceWithVat": offered["toPay"]});
        let pay = json!({"payments": if offered["toPay"] == 0 { json!([]) } else { json!([paid]) }});
        register.post(&format!("{}/pay", checks[1]), &pay).await.unwrap();
        eventually("the report", async || Some(house.usages().await).filter(|usages| !usages.is_empty())).await;
        assert_eq!(named(&house).await, 2);
        let member = format!("{}/members/{}", house.partner_admin(), house.restaurant.member_id);
        house.app.admin.send(Method::DELETE, &member, None).await.unwrap();
        eventually("both are forgotten", async || (named(&house).await == 0).then_some(())).await;
        // And with time.
        let booking = json!({"externalReservationId": "old", "name": "Nováková", "deskId": "2"});
        house.platform().await.post(&path(&house), &booking).await.unwrap();
        assert_eq!(named(&house).await, 1);
        house.app.clock.advance_seconds(89 * 86_400);
        house.app.app.platform().unwrap().age_copies().await.unwrap();
        assert_eq!(named(&house).await, 1);
        house.app.clock.advance_seconds(2 * 86_400);
        house.app.app.platform().unwrap().age_copies().await.unwrap();
        assert_eq!(named(&house).await, 0);
    }
}

static NAMED: db::Query<i64> = db::Query::new(
    "NAMED",
    module_path!(),
    "SELECT COUNT(*) FROM platform_reservation WHERE merchant = $1 AND guest IS NOT NULL",
);

/// How many reservations name somebody.
async fn named(house: &House) -> i64 {
    let merchant = house.restaurant.merchant_id.clone();
    let counted = house.app.app.db().read("named_reservations", move |tx| {
        Ok::<_, db::TxError<db::Never>>(tx.optional(&NAMED, db::params![&merchant])?.unwrap_or(0))
    });
    counted.await.unwrap()
}
