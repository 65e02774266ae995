//! `/admin/v1/platform/merchants/{merchantId}/persons…`: who works at the merchant's places?

use crate::menu::{follower, set_up};
use http::Method;
use serde_json::{Value, json};
use stamgast::client::Answer;
use testkit::{House, Scripted, eventually, fed};

/// Sets up a person.
async fn put(house: &House, id: &str, body: &Value) -> Answer {
    let path = set_up(house, &format!("persons/{id}"));
    house.app.admin.send(Method::PUT, &path, Some(body.to_string().into_bytes())).await.unwrap()
}

/// Every record of a person that the receiver got.
fn told(receiver: &Scripted, id: i64) -> Vec<Value> {
    let batches = receiver.received().into_iter().map(|request| request.json());
    let records = batches
        .filter(|batch| batch["dataDomain"] == "persons")
        .flat_map(|batch| batch["data"].as_array().unwrap().clone());
    records.filter(|record| record["personId"] == id).collect()
}

testkit::on_both_engines! {
    /// putPlatformPerson, listPlatformPersons, deletePlatformPerson: told to the receivers, their codes to nobody.
    async fn persons_are_set_up_and_told_and_their_codes_stay_here(engine: Engine) {
        let house = House::start(engine).await;
        let (admin, all) = (&house.app.admin, set_up(&house, "persons"));
        let receiver = follower(&house).await;
        let before = admin.get(&all).await.unwrap()["data"].as_array().unwrap().len();
        let jana = json!({"personId": 101, "fullName": "Jana Nová", "userName": "jana", "isActive": true, "hasCode": true});
        let body = json!({"fullName": "Jana Nová", "userName": "jana", "code": "s3cret-9"});
        let answer = put(&house, "101", &body).await;
        assert_eq!((answer.status, &answer.json), (200, &jana));
        assert_eq!(put(&house, "102", &json!({"fullName": "Petr Malý", "userName": "petr"})).await.json["hasCode"], false);
        let list = admin.get(&all).await.unwrap();
        let rows = list["data"].as_array().unwrap();
        assert!(rows.len() == before + 2 && rows.contains(&jana), "{list}");
        let first = eventually("the person is told", async || told(&receiver, 101).pop()).await;
        assert_eq!((&first["fullName"], &first["userName"], &first["isActive"]), (&json!("Jana Nová"), &json!("jana"), &json!(true)));
        assert!(first.get("code").is_none() && first.get("hasCode").is_none(), "{first}");
        // the same again is no change; another name keeps the code
        assert_eq!(put(&house, "101", &body).await.json, jana);
        assert_eq!(put(&house, "101", &json!({"fullName": "Jana Malá", "userName": "jana"})).await.json["hasCode"], true);
        let renamed = eventually("the new name is told", async || told(&receiver, 101).pop().filter(|one| one["fullName"] == "Jana Malá")).await;
        assert_eq!(told(&receiver, 101).len(), 2, "the same again was told");
        assert!(renamed["_version"].as_i64() > first["_version"].as_i64());
        assert!(receiver.received().iter().all(|request| !request.json().to_string().contains("s3cret-9")));
        // who is taken away is told by a tombstone with the number that records have
        assert_eq!(admin.delete(&format!("{all}/101")).await.unwrap()["fullName"], "Jana Malá");
        eventually("the removal is told", async || told(&receiver, 101).pop().filter(|one| one["_removed"] == true)).await;
        assert_eq!(admin.get(&all).await.unwrap()["data"].as_array().unwrap().len(), before + 1);
        // a code that is free again may be another's
        assert_eq!(put(&house, "102", &json!({"fullName": "Petr Malý", "userName": "petr", "code": "s3cret-9"})).await.status, 200);
    }

    async fn what_cannot_be_a_person_is_named_and_changes_nothing(engine: Engine) {
        let house = House::start(engine).await;
        let jana = json!({"fullName": "Jana Nová", "userName": "jana", "code": "4711", "isActive": false});
        put(&house, "101", &jana).await;
        // what the courier still has to tell would come between two counts of rows
        fed(&house.app.admin, &house.restaurant.merchant_id).await;
        let before = (house.rows().await, house.app.admin.get(&set_up(&house, "persons")).await.unwrap());
        let with = |member: &str, value: Value| {
            let mut body = json!({"fullName": "Petr Malý", "userName": "petr", "code": "0815"});
            body[member] = value;
            body
        };
        for (id, body, status, field) in [
            ("102", with("fullName", json!("  ")), 400, "fullName"),
            ("102", with("userName", json!("")), 400, "userName"),
            ("102", with("code", json!("123")), 400, "code"),
            ("102", with("code", json!("12 45")), 400, "code"),
            ("102", with("code", json!("1".repeat(33))), 400, "code"),
            ("102", with("pin", json!("1234")), 400, "pin"),
            ("0", with("isActive", json!(true)), 400, "personId"),
            ("-1", with("isActive", json!(true)), 400, "personId"),
            ("007", with("isActive", json!(true)), 400, "personId"),
            ("jana", with("isActive", json!(true)), 400, "personId"),
            ("9007199254740992", with("isActive", json!(true)), 400, "personId"),
            // also that of somebody who does not work here any more
            ("102", with("code", json!("4711")), 409, ""),
        ] {
            let answer = put(&house, id, &body).await;
            assert_eq!((answer.status, answer.json["field"].as_str().unwrap_or_default()), (status, field), "{id} {body}: {}", answer.text);
            if status == 409 {
                assert_eq!(answer.json["name"], "CODE_TAKEN");
            }
        }
        let missing = house.app.admin.send(Method::DELETE, &set_up(&house, "persons/102"), None).await.unwrap();
        assert_eq!((missing.status, missing.json["message"].as_str()), (404, Some("person 102 not found")));
        assert_eq!((house.rows().await, house.app.admin.get(&set_up(&house, "persons")).await.unwrap()), before);
    }

    async fn of_many_at_once_one_has_the_code(engine: Engine) {
        let house = std::sync::Arc::new(House::start(engine).await);
        let calls: Vec<_> = (201..209)
            .map(|id| {
                let house = std::sync::Arc::clone(&house);
                let body = json!({"fullName": format!("Person {id}"), "userName": format!("p{id}"), "code": "2580"});
                tokio::spawn(async move { put(&house, &id.to_string(), &body).await })
            })
            .collect();
        let mut statuses = Vec::new();
        for call in calls {
            statuses.push(call.await.unwrap().status);
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409, 409, 409, 409, 409, 409, 409]);
    }
}
