//! `/bills/{sourceId}`: how do applications see that a bill came back, and how do they give one back?

use crate::menu::put_menu;
use crate::pos::scripted::{Till, payments, text};
use http::Method;
use serde_json::{Value, json};
use testkit::House;
use testkit::restaurant::{BEER, CARD, MAIN};

fn path(till: &Till, bill: &Value) -> String {
    format!("/bills/{}/{}", till.house.restaurant.source_id, text(&bill["billId"]))
}

fn admin_path(till: &Till, bill_id: &str) -> String {
    let of = &till.house.restaurant;
    format!("/admin/v1/platform/merchants/{}/places/{}/bills/{bill_id}", of.merchant_id, of.place_id)
}

testkit::on_both_engines! {
    /// listBills, getBill: the bill and what came back of it.
    async fn both_bills_are_listed_as_documented(engine: Engine) {
        let till = Till::start(engine).await;
        let bill = till.sell(&[(MAIN, 1), (BEER, 1)], None, &[("cash", "248")]).await;
        let register = till.house.register(1);
        till.house.app.clock.advance_seconds(60);
        let part = json!({"items": [{"checkItemId": bill["items"][1]["id"]}]});
        let corrective = register.post(&till.bill_path(&bill, "/refunds"), &part).await.unwrap();
        let platform = till.house.platform().await;
        let list = format!("/bills/{}", till.house.restaurant.source_id);
        let listed = |page: &Value| -> Vec<(Value, Value, Value, String)> {
            let bills = page["data"].as_array().unwrap();
            bills.iter().map(|bill| (bill["billId"].clone(), bill["refunded"].clone(),
                bill["refundedBillIdentifier"].clone(), text(&bill["finalPrice"]))).collect()
        };
        let of_part = (corrective["billId"].clone(), json!(false), bill["billId"].clone(), "-59".to_owned());
        let page = platform.get(&list).await.unwrap();
        assert_eq!(listed(&page), [of_part.clone(), (bill["billId"].clone(), json!(false), Value::Null, "248".to_owned())]);
        assert!(page["data"][0].get("items").is_none());
        // The original changed with its corrective bill, although it was paid a minute before.
        let changed = format!("{list}?modifiedSince={}", "2026-03-02T10:01:00Z");
        assert_eq!(platform.get(&changed).await.unwrap()["data"].as_array().unwrap().len(), 2);

        let rest = register.post(&till.bill_path(&bill, "/refunds"), &json!({})).await.unwrap();
        let refunded = platform.get(&format!("{list}?refunded=true")).await.unwrap();
        let gone = |bill: &Value, of: &Value, price: &str| (bill["billId"].clone(), json!(true), of.clone(), price.to_owned());
        assert_eq!(listed(&refunded), [gone(&rest, &bill["billId"], "-189"), gone(&corrective, &bill["billId"], "-59"),
            gone(&bill, &Value::Null, "248")]);
        let sum: i64 = [&bill, &corrective, &rest].iter().map(|bill| bill["finalPrice"].as_i64().unwrap()).sum();
        assert_eq!(sum, 0);
        let detail = platform.get(&path(&till, &rest)).await.unwrap();
        assert_eq!(detail, rest);
        assert_eq!((text(&detail["items"][0]["amount"]), text(&detail["finalPriceWithoutTax"])), ("-1".into(), "-168.75".into()));
        assert_eq!(detail["taxes"], json!([{"vat": "12", "totalVat": "-20.25", "totalWithoutVat": "-168.75"}]));
    }

    /// refundWholeBill: with the body of the public clients, once.
    async fn an_application_gives_a_whole_bill_back_once(engine: Engine) {
        let till = Till::start(engine).await;
        let bill = till.sell(&[(MAIN, 2)], None, &[("cash", "100"), ("card", "278")]).await;
        let platform = till.house.platform().await;
        let path = format!("{}/refund", path(&till, &bill));
        let rows = till.kept().await;
        // body, the member at fault
        for (body, field) in [
            (json!({"fiscalData": "no"}), "fiscalData"),
            (json!({"fiscalData": [1]}), "fiscalData"),
        ] {
            let answer = platform.send(Method::POST, &path, Some(body.to_string().into_bytes())).await.unwrap();
            assert_eq!((answer.status, &answer.json["field"]), (400, &json!(field)), "{}", answer.text);
        }
        assert_eq!(till.kept().await, rows);
        let body = json!({"reasonId": 3, "fiscalData": {"fik": "f-1"}, "isReopen": false, "refundedBillIdentifier": "a register's own text"});
        let corrective = platform.post(&path, &body).await.unwrap();
        assert_eq!(corrective["refundedBillIdentifier"], bill["billId"]);
        assert_eq!(corrective["fiscalData"], json!({"fik": "f-1"}));
        assert_eq!(corrective["refundReason"], "3");
        assert_eq!(payments(&corrective), [("cash".into(), "-100".into()), ("card".into(), "-278".into())]);
        assert_eq!(corrective["items"][0]["amount"], json!(-2));
        assert_eq!(platform.post(&path, &json!({"fiscalData": []})).await.unwrap(), corrective, "a repeat");
        assert_eq!(till.bill(&bill).await["refunded"], true);
        let register = till.house.register(1);
        let answer = register.send(Method::POST, &till.bill_path(&bill, "/cancel"), Some(b"{}".to_vec())).await.unwrap();
        assert_eq!((answer.status, &answer.json["name"]), (409, &json!("NOTHING_LEFT")));
        let answer = till.house.app.anyone.send(Method::POST, &path, Some(b"{}".to_vec())).await.unwrap();
        assert_eq!(answer.status, 401);
    }

    async fn a_bill_that_is_reopened_is_an_open_check_again(engine: Engine) {
        let till = Till::start(engine).await;
        let (house, platform) = (&till.house, till.house.platform().await);
        let place = &house.restaurant.place_id;
        put_menu(house, json!({"timeBasedMenus": [{"menuId": "today", "placeId": place, "timeBasedMenuType": "dailyMenu",
            "since": "2026-03-02T09:00:00Z", "till": "2026-03-02T12:00:00Z", "items": [{"productId": MAIN, "quantity": 5}]}]})).await;
        let left = async || platform.get(&format!("/menu/{}/timeBased/{place}/remainingAmounts", house.restaurant.merchant_id)).await.unwrap()["amounts"][MAIN].clone();
        // 200.00 paid in advance, four mains and a beer, at a tenth off
        let booking = json!({"externalReservationId": "b1", "reservationDeposit": 200, "deskId": "1", "personCount": 3});
        let made = platform.post(&format!("/reservations/{}/reservations", house.restaurant.source_id), &booking).await.unwrap();
        let check = format!("{}/{}", house.checks(), text(&made["checkId"]));
        let lines = json!({"lines": [{"checkItemId": "m", "productId": MAIN, "amount": 4, "discount": {"percent": 10}}, {"checkItemId": "b", "productId": BEER, "amount": 1}]});
        let register = house.register(1);
        register.put(&format!("{check}/lines"), &lines).await.unwrap();
        let pay = json!({"payments": [{"paymentMethod": "card", "priceWithVat": "539.40"}]});
        let bill = register.post(&format!("{check}/pay"), &pay).await.unwrap();
        assert_eq!(left().await, 1);
        // one main goes back first; the dish was made
        let part = json!({"items": [{"checkItemId": "m", "amount": 1}]});
        register.post(&till.bill_path(&bill, "/refunds"), &part).await.unwrap();
        assert_eq!(left().await, 1);
        let path = format!("{}/refund", path(&till, &bill));
        let corrective = platform.post(&path, &json!({"isReopen": true, "reasonId": "wrong table"})).await.unwrap();
        assert_eq!((text(&corrective["finalPrice"]), &corrective["refunded"]), ("-569.3".into(), &json!(true)));
        assert_eq!(till.bill(&bill).await["refunded"], true);
        let reopened = corrective["reopenedCheckId"].as_str().unwrap();
        let rows = house.rows().await;
        assert_eq!(platform.post(&path, &json!({"isReopen": true})).await.unwrap(), corrective, "a repeat");
        assert_eq!(house.rows().await["platform_check"], rows["platform_check"]);
        // What came back is open: three mains at a tenth off and the beer, what was paid in advance is paid still
        let again = format!("{}/{reopened}", house.checks());
        let open = house.register(2).get(&again).await.unwrap();
        assert_eq!((&open["deviceNumber"], &open["deskId"], &open["personCount"], &open["state"]), (&json!(0), &json!("1"), &json!(3), &json!("open")));
        let amounts: Vec<String> = open["lines"].as_array().unwrap().iter().map(|line| format!("{} {} {}", text(&line["checkItemId"]), text(&line["amount"]), text(&line["finalPriceWithVat"]))).collect();
        assert_eq!(amounts, ["m 3 510.3", "b 1 59"]);
        assert_eq!(text(&open["totalWithVat"]), "569.3");
        // of the 200.00, 46.01 went back with the first main
        let paid: Vec<(String, String)> = open["paidAlready"].as_array().unwrap().iter().map(|paid| (text(&paid["paymentMethod"]), text(&paid["priceWithVat"]))).collect();
        assert_eq!(paid, [("reservationDeposit".to_owned(), "153.99".to_owned())]);
        assert_eq!(left().await, 1, "its pieces are the open check's");
        // The register goes on with it, and the takings are those of the new bill.
        let register = house.register(2);
        let lines = json!({"lines": [{"checkItemId": "m", "productId": MAIN, "amount": 1}]});
        let shown = register.put(&format!("{again}/lines"), &lines).await.unwrap();
        assert_eq!(left().await, 3, "two mains were taken off; the one that was refunded before stays sold");
        let pay = json!({"payments": [{"paymentMethod": "cash", "priceWithVat": shown["toPay"]}]});
        let second = register.post(&format!("{again}/pay"), &pay).await.unwrap();
        assert_eq!(second["deskId"], "1");
        let list = platform.get(&format!("/bills/{}?refunded=0", house.restaurant.source_id)).await.unwrap();
        assert_eq!(list["data"].as_array().unwrap().len(), 1);
        assert_eq!(list["data"][0]["billId"], second["billId"]);
        // A second time there is nothing to open, nor of a bill that came back without it.
        for body in [json!({}), json!({"isReopen": false})] {
            let answer = platform.send(Method::POST, &path, Some(body.to_string().into_bytes())).await.unwrap();
            assert_eq!((answer.status, &answer.json["name"]), (409, &json!("NOTHING_LEFT")), "{}", answer.text);
        }
    }

    async fn a_reopened_bill_gives_benefits_back_and_is_scanned_anew(engine: Engine) {
        let house = House::start(engine).await;
        let balances = async || {
            let posted = async |id: &str| text(&house.balance(id).await["posted"]);
            (posted(&house.restaurant.points_balance_id).await, posted(&house.restaurant.credit_balance_id).await)
        };
        let before = balances().await;
        let check = house.open_check(1, &[(MAIN, 6)], &[CARD]).await;
        let register = house.register(1);
        let offered = register.post(&format!("{check}/offer"), &json!({})).await.unwrap();
        assert_ne!(offered["toPay"], json!(1134), "the card takes something off or pays");
        let pay = json!({"payments": [{"paymentMethod": "cash", "priceWithVat": offered["toPay"]}]});
        let bill = register.post(&format!("{check}/pay"), &pay).await.unwrap();
        testkit::eventually("the payment is booked", async || (balances().await != before).then_some(())).await;
        let path = format!("/bills/{}/{}/refund", house.restaurant.source_id, text(&bill["billId"]));
        let corrective = house.platform().await.post(&path, &json!({"isReopen": true})).await.unwrap();
        let open = register.get(&format!("{}/{}", house.checks(), text(&corrective["reopenedCheckId"]))).await.unwrap();
        assert_eq!((&open["codes"], &open["offer"], &open["paidAlready"], &open["toPay"]), (&json!([]), &Value::Null, &json!([]), &json!(1134)));
        testkit::eventually("the guest has everything back", async || (balances().await == before).then_some(())).await;
        house.assert_verified().await;
    }

    /// listBills: with `include=items` as the details have them.
    async fn a_list_has_the_items_where_the_call_includes_them(engine: Engine) {
        let till = Till::start(engine).await;
        for sold in [vec![(MAIN, 1), (BEER, 2)], vec![(BEER, 1)], vec![(MAIN, 3)]] {
            let price: i64 = sold.iter().map(|(product, amount)| if *product == MAIN { 189 * amount } else { 59 * amount }).sum();
            till.sell(&sold, None, &[("cash", &price.to_string())]).await;
        }
        let platform = till.house.platform().await;
        let list = format!("/bills/{}", till.house.restaurant.source_id);
        let mut next = format!("{list}?include=items&limit=2");
        let mut seen = Vec::new();
        loop {
            let page = platform.get(&next).await.unwrap();
            for bill in page["data"].as_array().unwrap() {
                let detail = platform.get(&format!("{list}/{}", text(&bill["billId"]))).await.unwrap();
                assert_eq!(*bill, detail);
                seen.push(bill["items"].as_array().unwrap().len());
            }
            let Some(path) = page["nextPage"].as_str() else { break };
            assert!(path.contains("include=items"), "{path}");
            next = path.to_owned();
        }
        assert_eq!(seen, [1, 1, 2]);
        let answer = platform.send(Method::GET, &format!("{list}?include=taxes"), None).await.unwrap();
        assert_eq!((answer.status, &answer.json["field"]), (400, &json!("include")));
    }

    async fn a_deleted_bill_and_what_came_back_of_it_leave_the_lists(engine: Engine) {
        let till = Till::start(engine).await;
        let platform = till.house.platform().await;
        let list = format!("/bills/{}", till.house.restaurant.source_id);
        let ids = |page: &Value| -> Vec<Value> {
            page["data"].as_array().unwrap().iter().map(|bill| bill["billId"].clone()).collect()
        };
        let kept = till.sell(&[(MAIN, 1)], None, &[("cash", "189")]).await;
        let register = till.house.register(1);
        // how much came back before the bill was deleted: nothing, a part, all of it
        for before in [None, Some(json!({"items": [{"checkItemId": "2"}]})), Some(json!({}))] {
            let bill = till.sell(&[(MAIN, 1), (BEER, 1)], None, &[("cash", "248")]).await;
            if let Some(body) = &before {
                register.post(&till.bill_path(&bill, "/refunds"), body).await.unwrap();
            }
            let path = admin_path(&till, &text(&bill["billId"]));
            let deleted = till.house.app.admin.send(Method::DELETE, &path, None).await.unwrap();
            assert_eq!((deleted.status, &deleted.json["deleted"], &deleted.json["refunded"]), (200, &json!(true), &json!(true)), "{before:?}");
            let rows = till.kept().await;
            let again = till.house.app.admin.send(Method::DELETE, &path, None).await.unwrap();
            assert_eq!((again.status, again.json), (200, deleted.json), "a repeat changes nothing");
            assert_eq!(till.kept().await, rows);
            assert_eq!(ids(&platform.get(&list).await.unwrap()), [kept["billId"].clone()], "{before:?}");
            assert_eq!(ids(&platform.get(&format!("{list}?modifiedSince=2020-01-01&refunded=1")).await.unwrap()), [] as [Value; 0]);
            let answer = register.send(Method::POST, &till.bill_path(&bill, "/refunds"), Some(b"{}".to_vec())).await.unwrap();
            assert_eq!((answer.status, &answer.json["name"]), (409, &json!("NOTHING_LEFT")));
        }
        let all = platform.get(&format!("{list}?includeDeleted=1")).await.unwrap();
        let all = all["data"].as_array().unwrap();
        // three bills with one, two and one corrective bill, and the bill that was kept
        assert_eq!(all.iter().filter(|bill| bill["deleted"] == true).count(), 7);
        assert_eq!(all.len(), 8);
        let sum: i64 = all.iter().map(|bill| bill["finalPrice"].as_i64().unwrap()).sum();
        assert_eq!(sum, 189);
        let corrective = all.iter().find(|bill| !bill["refundedBillIdentifier"].is_null()).unwrap();
        let path = admin_path(&till, &text(&corrective["billId"]));
        let answer = till.house.app.admin.send(Method::DELETE, &path, None).await.unwrap();
        assert_eq!((answer.status, &answer.json["name"]), (409, &json!("NOT_REFUNDABLE")));
        let path = admin_path(&till, "QX2026999999");
        assert_eq!(till.house.app.admin.send(Method::DELETE, &path, None).await.unwrap().status, 404);
    }

    /// listBills: by each pair of filters, page by page.
    async fn changed_and_refunded_bills_are_found_whichever_way_a_page_is_read(engine: Engine) {
        let till = Till::start(engine).await;
        let platform = till.house.platform().await;
        let list = format!("/bills/{}", till.house.restaurant.source_id);
        let mut bills = Vec::new();
        for _ in 0..6 {
            till.house.app.clock.advance_seconds(60);
            bills.push(till.sell(&[(BEER, 1)], None, &[("cash", "59")]).await);
        }
        till.house.app.clock.advance_seconds(600);
        let since = "2026-03-02T10:10:00Z";
        for bill in [&bills[1], &bills[4]] {
            till.house.register(1).post(&till.bill_path(bill, "/refunds"), &json!({})).await.unwrap();
        }
        // filters, the bills sold that the pages have (corrective bills apart)
        for (filters, sold) in [
            (format!("modifiedSince={since}"), vec![4, 1]),
            (format!("modifiedSince={since}&refunded=1"), vec![4, 1]),
            (format!("modifiedSince={since}&refunded=0"), vec![]),
            ("refunded=1".to_owned(), vec![4, 1]),
            ("refunded=0".to_owned(), vec![5, 3, 2, 0]),
            ("modifiedSince=2020-01-01".to_owned(), vec![5, 4, 3, 2, 1, 0]),
            (String::new(), vec![5, 4, 3, 2, 1, 0]),
        ] {
            let mut next = Some(format!("{list}?limit=1&{filters}"));
            let mut seen = Vec::new();
            while let Some(path) = next {
                let page = platform.get(&path).await.unwrap();
                let of = page["data"].as_array().unwrap().iter();
                seen.extend(of.filter(|bill| bill["refundedBillIdentifier"].is_null()).map(|bill| bill["billId"].clone()));
                next = page["nextPage"].as_str().map(str::to_owned);
            }
            let expected: Vec<_> = sold.iter().map(|index| bills[*index]["billId"].clone()).collect();
            assert_eq!(seen, expected, "{filters}");
        }
    }

    /// patchBill: the fiscal data is an object or nothing, and all else stays as it was.
    async fn fiscal_data_is_put_on_a_bill(engine: Engine) {
        let till = Till::start(engine).await;
        let bill = till.sell(&[(BEER, 1)], None, &[("cash", "59")]).await;
        let (platform, path) = (till.house.platform().await, path(&till, &bill));
        let patch = async |body: Value| {
            platform.send(Method::PATCH, &path, Some(body.to_string().into_bytes())).await.unwrap()
        };
        let before = platform.get(&path).await.unwrap();
        assert_eq!(before["fiscalData"], Value::Null);
        for data in [json!({"fik": "f-1", "bkp": ["b"]}), json!({}), Value::Null] {
            let patched = patch(json!({"fiscalData": data})).await;
            assert_eq!((patched.status, &patched.json["fiscalData"]), (200, &data), "{}", patched.text);
            let mut read = platform.get(&path).await.unwrap();
            assert_eq!(read, patched.json);
            for member in ["fiscalData", "_version", "_lastModifiedAt"] {
                match before.get(member) {
                    Some(value) => read[member] = value.clone(),
                    None => drop(read.as_object_mut().unwrap().remove(member)),
                }
            }
            assert_eq!(read, before);
        }
        for body in [json!({"fiscalData": "no"}), json!({"fiscalData": [1]})] {
            let answer = patch(body).await;
            assert_eq!((answer.status, &answer.json["field"]), (400, &json!("fiscalData")), "{}", answer.text);
        }
        assert_eq!(platform.get(&path).await.unwrap()["fiscalData"], Value::Null);
    }
}
