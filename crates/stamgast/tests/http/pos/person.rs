//! `/pos/{sourceId}/person`: who works at a register, and whose are its bills?

use http::Method;
use serde_json::{Value, json};
use stamgast::client::Answer;
use testkit::House;
use testkit::restaurant::BEER;

/// `/pos/{sourceId}/person`
fn path(house: &House) -> String {
    format!("/pos/{}/person", house.restaurant.source_id)
}

/// Sets up a person of the restaurant.
async fn person(house: &House, id: i64, body: &Value) {
    let path = format!("/admin/v1/platform/merchants/{}/persons/{id}", house.restaurant.merchant_id);
    house.app.admin.put(&path, body).await.unwrap();
}

async fn sign_in(house: &House, register: usize, code: &str) -> Answer {
    let body = json!({"code": code}).to_string().into_bytes();
    house.register(register).send(Method::PUT, &path(house), Some(body)).await.unwrap()
}

/// Sells a beer at a register; gives the bill.
async fn sold(house: &House, register: usize, opened: &Value, paid: Value) -> Value {
    let caller = house.register(register);
    let check = caller.post(&house.checks(), opened).await.unwrap();
    let check = format!("{}/{}", house.checks(), check["checkId"].as_str().unwrap());
    let lines = json!({"lines": [{"productId": BEER, "amount": 1}]});
    let shown = caller.put(&format!("{check}/lines"), &lines).await.unwrap();
    let mut pay = json!({"payments": [{"paymentMethod": "cash", "priceWithVat": shown["toPay"]}]});
    pay.as_object_mut().unwrap().extend(paid.as_object().unwrap().clone());
    caller.post(&format!("{check}/pay"), &pay).await.unwrap()
}

fn who(bill: &Value) -> (i64, i64) {
    (bill["createdBy"]["personId"].as_i64().unwrap(), bill["paidBy"]["personId"].as_i64().unwrap())
}

testkit::on_both_engines! {
    /// signIn, readPerson, signOut: what is sold meanwhile is theirs.
    async fn bills_are_those_of_whoever_is_signed_in(engine: Engine) {
        let house = House::start(engine).await;
        person(&house, 101, &json!({"fullName": "Jana Nová", "userName": "jana", "code": "4711"})).await;
        person(&house, 102, &json!({"fullName": "Petr Malý", "userName": "petr", "code": "0815"})).await;
        let nobody = json!({"signedIn": false, "person": {"personId": -1, "fullName": "Register 1", "userName": "register-1"}});
        assert_eq!(house.register(1).get(&path(&house)).await.unwrap(), nobody);
        assert_eq!(who(&sold(&house, 1, &json!({}), json!({})).await), (-1, -1));

        let jana = json!({"personId": 101, "fullName": "Jana Nová", "userName": "jana"});
        assert_eq!(sign_in(&house, 1, "4711").await.json, json!({"signedIn": true, "person": jana}));
        assert_eq!(house.register(1).get(&path(&house)).await.unwrap()["person"], jana);
        assert_eq!(house.register(2).get(&path(&house)).await.unwrap()["signedIn"], false, "each register by itself");
        let bill = sold(&house, 1, &json!({}), json!({})).await;
        assert_eq!((&bill["createdBy"], &bill["paidBy"]), (&jana, &jana));
        assert_eq!(who(&sold(&house, 2, &json!({}), json!({})).await), (-2, -2));
        // whom a call names comes first
        let other = json!({"personId": 7, "fullName": "Eva Bílá", "userName": "eva"});
        assert_eq!(who(&sold(&house, 1, &json!({"openedBy": other}), json!({})).await), (7, 101));
        assert_eq!(who(&sold(&house, 1, &json!({}), json!({"paidBy": other})).await), (101, 7));
        // one opens, another is paid, a third gives back
        let opened = house.open_check(1, &[(BEER, 1)], &[]).await;
        sign_in(&house, 1, "0815").await;
        let shown = house.register(1).get(&opened).await.unwrap();
        let pay = json!({"payments": [{"paymentMethod": "cash", "priceWithVat": shown["toPay"]}]});
        let bill = house.register(1).post(&format!("{opened}/pay"), &pay).await.unwrap();
        assert_eq!(who(&bill), (101, 102));
        sign_in(&house, 2, "4711").await;
        let back = format!("/pos/{}/bills/{}/refunds", house.restaurant.source_id, bill["billId"].as_str().unwrap());
        assert_eq!(who(&house.register(2).post(&back, &json!({})).await.unwrap()), (101, 101));
        assert_eq!(house.register(1).delete(&path(&house)).await.unwrap(), nobody);
        assert_eq!(who(&sold(&house, 1, &json!({}), json!({})).await), (-1, -1));
    }

    async fn a_wrong_code_signs_nobody_in_and_is_not_said_back(engine: Engine) {
        let house = House::start_with(engine, |config| config.platform.token_requests_burst = std::num::NonZeroU32::new(3).unwrap(),
            Box::new(|router| router)).await;
        person(&house, 101, &json!({"fullName": "Jana Nová", "userName": "jana", "code": "4711"})).await;
        person(&house, 102, &json!({"fullName": "Petr Malý", "userName": "petr", "code": "0815", "isActive": false})).await;
        assert_eq!(sign_in(&house, 1, "4711").await.status, 200);
        // another's, somebody's who left, and none at all; then it is enough
        for (code, status) in [("4712", 403), ("0815", 403), ("", 403), ("9999", 429)] {
            let answer = sign_in(&house, 1, code).await;
            assert_eq!(answer.status, status, "{}", answer.text);
            assert!(code.is_empty() || !answer.text.contains(code), "{}", answer.text);
            if status == 403 {
                assert_eq!(answer.json["name"], "WRONG_CODE");
            } else {
                assert!(answer.headers.contains_key("retry-after"));
            }
        }
        assert_eq!(house.register(1).get(&path(&house)).await.unwrap()["person"]["personId"], 101, "who was there stays");
        // whoever has the right code passes, and another register has tries of its own
        assert_eq!(sign_in(&house, 1, "4711").await.status, 200);
        assert_eq!(sign_in(&house, 2, "9999").await.status, 403);
        house.app.clock.advance_seconds(1);
        assert_eq!(sign_in(&house, 1, "9999").await.status, 403);
    }

    async fn who_leaves_is_signed_out_and_may_not_come_back(engine: Engine) {
        let house = House::start(engine).await;
        let jana = json!({"fullName": "Jana Nová", "userName": "jana", "code": "4711"});
        let gone = json!({"fullName": "Jana Nová", "userName": "jana", "isActive": false});
        let signed_in = async |register| house.register(register).get(&path(&house)).await.unwrap()["signedIn"].clone();
        person(&house, 101, &jana).await;
        for register in [1, 2] {
            assert_eq!(sign_in(&house, register, "4711").await.status, 200);
        }
        person(&house, 101, &gone).await;
        assert_eq!((signed_in(1).await, signed_in(2).await), (json!(false), json!(false)));
        assert_eq!(sign_in(&house, 1, "4711").await.status, 403);
        // who is back has the old code, and must sign in anew
        person(&house, 101, &json!({"fullName": "Jana Nová", "userName": "jana"})).await;
        assert_eq!(signed_in(1).await, false);
        assert_eq!(sign_in(&house, 1, "4711").await.status, 200);
        let one = format!("/admin/v1/platform/merchants/{}/persons/101", house.restaurant.merchant_id);
        house.app.admin.delete(&one).await.unwrap();
        assert_eq!((signed_in(1).await, sign_in(&house, 1, "4711").await.status), (json!(false), 403));
    }
}
