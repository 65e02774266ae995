//! `/pos/{sourceId}/checks…`: which checks are open, where do they move, and how does one end that nothing came of?

use http::Method;
use serde_json::{Value, json};
use stamgast::client::Answer;
use testkit::House;
use testkit::restaurant::BEER;

async fn patch(house: &House, register: usize, check: &str, body: &Value) -> Answer {
    house.register(register).send(Method::PATCH, check, Some(body.to_string().into_bytes())).await.unwrap()
}

fn ids(page: &Value) -> Vec<String> {
    page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| check["checkId"].as_str().unwrap().to_owned())
        .collect()
}

fn id(check: &str) -> String {
    check.rsplit('/').next().unwrap().to_owned()
}

testkit::on_both_engines! {
    /// listChecks: of all registers, with what is left to pay.
    async fn open_checks_of_all_registers_are_listed_with_what_is_left_to_pay(engine: Engine) {
        let house = House::start(engine).await;
        let list = house.checks();
        let before = ids(&house.register(1).get(&list).await.unwrap());
        let mut opened = Vec::new();
        for (register, desk, beers) in [(1, "1", 2), (2, "2", 0), (1, "1", 1), (2, "1", 3)] {
            let caller = house.register(register);
            let check = caller.post(&list, &json!({"deskId": desk, "personCount": beers})).await.unwrap();
            let path = format!("{list}/{}", check["checkId"].as_str().unwrap());
            if beers > 0 {
                caller.put(&format!("{path}/lines"), &json!({"lines": [{"productId": BEER, "amount": beers}]})).await.unwrap();
            }
            opened.push(path);
        }
        let all = house.register(2).get(&list).await.unwrap();
        let known: Vec<String> = before.iter().cloned().chain(opened.iter().map(|path| id(path))).collect();
        assert_eq!(ids(&all), known);
        let first = &all["data"][before.len()];
        assert_eq!((&first["deviceNumber"], &first["deskId"], &first["personCount"], &first["lineCount"], &first["toPay"], &first["openedBy"]),
            (&json!(1), &json!("1"), &json!(2), &json!(1), &json!(118), &Value::Null), "{first}");
        let at_desk = house.register(1).get(&format!("{list}?deskId=1")).await.unwrap();
        assert_eq!(ids(&at_desk), [&opened[0], &opened[2], &opened[3]].map(|path| id(path)));
        // page by page the same, filter kept
        let (mut next, mut walked) = (format!("{list}?deskId=1&limit=2"), Vec::new());
        loop {
            let page = house.register(1).get(&next).await.unwrap();
            walked.extend(ids(&page));
            let Some(path) = page["nextPage"].as_str() else { break };
            assert!(path.contains("deskId=1") && path.contains("limit=2"), "{path}");
            path.clone_into(&mut next);
        }
        assert_eq!(walked, ids(&at_desk));
        let unknown = house.register(1).send(Method::GET, &format!("{list}?lastCheckId=nope"), None).await.unwrap();
        assert_eq!((unknown.status, unknown.json["message"].as_str()), (404, Some("check nope not found")));
        // a paid one is open no more, and one may continue behind it
        let pay = json!({"payments": [{"paymentMethod": "cash", "priceWithVat": 118}]});
        house.register(1).post(&format!("{}/pay", opened[0]), &pay).await.unwrap();
        let rest = house.register(1).get(&format!("{list}?lastCheckId={}", id(&opened[0]))).await.unwrap();
        assert_eq!(ids(&rest), [&opened[1], &opened[2], &opened[3]].map(|path| id(path)));
    }

    /// changeCheck: its desk and its guests.
    async fn a_check_moves_to_another_desk_and_counts_its_guests(engine: Engine) {
        let house = House::start(engine).await;
        let check = house.register(1).post(&house.checks(), &json!({"deskId": "1", "personCount": 2})).await.unwrap();
        let path = format!("{}/{}", house.checks(), check["checkId"].as_str().unwrap());
        house.register(1).put(&format!("{path}/lines"), &json!({"lines": [{"productId": BEER, "amount": 1}]})).await.unwrap();
        let moved = patch(&house, 1, &path, &json!({"deskId": "2"})).await;
        assert_eq!((moved.status, &moved.json["deskId"], &moved.json["personCount"]), (200, &json!("2"), &json!(2)), "{}", moved.text);
        assert!(moved.json["version"].as_i64() > check["version"].as_i64());
        let counted = patch(&house, 1, &path, &json!({"personCount": 5})).await.json;
        assert_eq!((&counted["deskId"], &counted["personCount"]), (&json!("2"), &json!(5)));
        // seen from outside it is there too
        let caller = house.platform().await;
        let at = |desk: &str| format!("/deskViews/{}/desks/{desk}/check", house.restaurant.source_id);
        assert_eq!(caller.get(&at("2")).await.unwrap()["checks"][0]["checkId"], check["checkId"]);
        assert_eq!(caller.send(Method::GET, &at("1"), None).await.unwrap().status, 404);
        // a desk that is not there, one that was taken away, a stranger's register
        let desks = format!("/admin/v1/platform/merchants/{}/places/{}/desks", house.restaurant.merchant_id, house.restaurant.place_id);
        house.app.admin.put(&format!("{desks}/gone"), &json!({})).await.unwrap();
        house.app.admin.delete(&format!("{desks}/gone")).await.unwrap();
        for (register, body, status, field) in [
            (1, json!({"deskId": "attic"}), 400, "deskId"),
            (1, json!({"deskId": "gone"}), 400, "deskId"),
            (1, json!({"desk": "2"}), 400, "desk"),
            (1, json!({"personCount": -1}), 400, "personCount"),
            (2, json!({"deskId": "1"}), 403, ""),
        ] {
            let answer = patch(&house, register, &path, &body).await;
            assert_eq!((answer.status, answer.json["field"].as_str().unwrap_or_default()), (status, field), "{body}: {}", answer.text);
        }
        let pay = json!({"payments": [{"paymentMethod": "cash", "priceWithVat": 59}]});
        let bill = house.register(1).post(&format!("{path}/pay"), &pay).await.unwrap();
        assert_eq!((&bill["deskId"], &bill["personCount"]), (&json!("2"), &json!(5)));
        assert_eq!(patch(&house, 1, &path, &json!({"deskId": "1"})).await.json["name"], "CHECK_PAID");
    }

    /// dropCheck: one that nothing came of.
    async fn a_check_that_nothing_came_of_ends_and_one_in_use_does_not(engine: Engine) {
        let house = House::start(engine).await;
        let drop = async |register: usize, check: &str| house.register(register).send(Method::DELETE, check, None).await.unwrap();
        let rows = house.rows().await["platform_check"];
        let empty = house.open_check(1, &[], &[]).await;
        assert_eq!(drop(2, &empty).await.status, 403, "another register's");
        assert_eq!(drop(1, &empty).await.status, 204);
        assert_eq!(drop(1, &empty).await.status, 404);
        assert_eq!(house.rows().await["platform_check"], rows);
        // guests who booked without a deposit and left again
        let booked = async |id: &str, deposit: i64| {
            let body = json!({"externalReservationId": id, "reservationDeposit": deposit, "deskId": "1"});
            let path = format!("/reservations/{}/reservations", house.restaurant.source_id);
            let made = house.platform().await.post(&path, &body).await.unwrap();
            format!("{}/{}", house.checks(), made["checkId"].as_str().unwrap())
        };
        assert_eq!(drop(2, &booked("left", 0).await).await.status, 204);
        let (sold, paid_before) = (house.open_check(1, &[(BEER, 1)], &[]).await, booked("came", 200).await);
        for check in [&sold, &paid_before] {
            let answer = drop(1, check).await;
            assert_eq!((answer.status, &answer.json["name"]), (409, &json!("CHECK_IN_USE")), "{}", answer.text);
        }
        // emptied, it ends; paid in advance, it ends by giving the money back
        house.register(1).put(&format!("{sold}/lines"), &json!({"lines": []})).await.unwrap();
        assert_eq!(drop(1, &sold).await.status, 204);
        let pay = async |value: i64| {
            let body = json!({"payments": [{"paymentMethod": "cash", "priceWithVat": value}]}).to_string().into_bytes();
            house.register(1).send(Method::POST, &format!("{paid_before}/pay"), Some(body)).await.unwrap()
        };
        assert_eq!(pay(200).await.json["name"], "BAD_REQUEST");
        assert_eq!(pay(-100).await.json["name"], "PAYMENT_MISMATCH");
        let bill = pay(-200).await;
        assert_eq!(bill.status, 200, "{}", bill.text);
        assert_eq!((&bill.json["finalPrice"], &bill.json["items"], &bill.json["taxes"], &bill.json["taxSummaries"]), (&json!(0), &json!([]), &json!([]), &json!({})));
        assert_eq!(bill.json["payments"], json!([{"paymentMethod": "reservationDeposit", "priceWithVat": "200"}, {"paymentMethod": "cash", "priceWithVat": "-200"}]));
        assert_eq!(pay(-200).await.json["billId"], bill.json["billId"], "paid once");
        // nothing of it can come back, and it can be taken out of the books
        let bill_id = bill.json["billId"].as_str().unwrap();
        let refund = format!("/pos/{}/bills/{bill_id}/refunds", house.restaurant.source_id);
        let answer = house.register(1).send(Method::POST, &refund, Some(b"{}".to_vec())).await.unwrap();
        assert_eq!((answer.status, &answer.json["name"]), (409, &json!("NOTHING_LEFT")));
        let one = format!("/admin/v1/platform/merchants/{}/places/{}/bills/{bill_id}", house.restaurant.merchant_id, house.restaurant.place_id);
        assert_eq!(house.app.admin.delete(&one).await.unwrap()["deleted"], true);
        // without a deposit there is nothing to pay
        let check = house.open_check(1, &[], &[]).await;
        let answer = house.register(1).send(Method::POST, &format!("{check}/pay"), Some(br#"{"payments": []}"#.to_vec())).await.unwrap();
        assert_eq!((answer.status, &answer.json["name"]), (409, &json!("EMPTY_BASKET")));
    }
}
