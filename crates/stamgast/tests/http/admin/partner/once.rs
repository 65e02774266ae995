//! `Idempotency-Key`: does each set-up call that moves value count once, whatever happens to its answer?

use super::{other_merchant, send};
use http::Method;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use testkit::restaurant::MPV;
use testkit::{House, assert_number, test_config};

/// Calls that move no value, or say by themselves what should stand: with the reason.
const NO_VALUE: [(&str, &str); 8] = [
    ("POST /connections", "makes a token"),
    ("POST /datasync-secrets", "makes a secret"),
    ("POST /customers-clients", "makes a client"),
    ("DELETE /credentials/{tokenPrefix}", "ends a token; again: it is over"),
    ("POST /members/{memberId}/cards", "adds a code; a second time it is taken"),
    ("DELETE /members/{memberId}/cards/{code}", "blocks a code; again: it is blocked"),
    ("POST /codes", "adds a code; a second time it is taken"),
    ("POST /explain", "leaves nothing behind"),
];

/// One call, and another one of its kind.
struct Call {
    method: Method,
    path: String,
    body: Option<Value>,
    other: (String, Option<Value>),
}

/// What each call that moves value is tried with; `number` keeps the tries apart.
async fn calls(house: &House, number: usize) -> BTreeMap<&'static str, Call> {
    let send = async |path: &str, body: Value| {
        house.app.admin.post(&format!("{}{path}", house.partner_admin()), &body).await.expect("a set-up")
    };
    let member = house.restaurant.member_id.as_str();
    let held = async |name: &str, check: u32| {
        let code = format!("{name}-{number}");
        send("/vouchers", json!({"code": code, "type": "multiPurposePrepaidVoucher", "value": 50})).await;
        let ask = crate::partner::offer_of(check, "20.00", &code);
        house.partner().post("/partner/loyalty/getBenefitOffer", &ask).await.expect("an offer");
        let list = house.app.admin.get(&format!("{}/holds?balanceId={code}", house.partner_admin())).await;
        (ask, list.expect("the holds")["data"][0]["holdId"].as_str().expect("a hold").to_owned())
    };
    let second = async |name: &str| {
        let id = format!("{name}-{number}");
        let balance = json!({"type": "prepaidCredit", "openingValue": 70});
        send(
            "/members",
            json!({"memberId": id, "cards": [format!("card-{id}")], "person": {}, "balances": [balance]}),
        )
        .await;
        id
    };
    let check = 100 * u32::try_from(number).unwrap();
    let (_, hold) = held("one", check + 1).await;
    let (ask, _) = held("all", check + 2).await;
    let of_check =
        json!({"placeId": ask["placeId"], "deviceNumber": ask["deviceNumber"], "checkId": ask["checkId"]});
    let (leaves, goes, went) = (second("leaves").await, second("goes").await, second("went").await);
    let merge =
        send(&format!("/members/{member}/merges"), json!({"fromMemberId": went, "reason": "twice"})).await;
    let undo = format!("/merges/{}/undo", merge["mergeId"].as_str().unwrap());
    let post = |path: &str, body: Value, other: Value| Call {
        method: Method::POST,
        path: path.to_owned(),
        body: Some(body),
        other: (path.to_owned(), Some(other)),
    };
    let bare =
        |method: Method, path: String, other: String| Call { method, path, body: None, other: (other, None) };
    let opening = |value: i64| json!({"type": "prepaidCredit", "openingValue": value});
    BTreeMap::from([
        (
            "POST /members",
            post(
                "/members",
                json!({"person": {}, "balances": [opening(40)]}),
                json!({"person": {}, "balances": [opening(41)]}),
            ),
        ),
        (
            "POST /members/{memberId}/balances",
            post(&format!("/members/{member}/balances"), opening(30), opening(31)),
        ),
        (
            "DELETE /members/{memberId}",
            bare(
                Method::DELETE,
                format!("/members/{leaves}?erasedValue=bearerVoucher"),
                format!("/members/{leaves}?erasedValue=payOut"),
            ),
        ),
        (
            "POST /members/{memberId}/merges",
            post(
                &format!("/members/{member}/merges"),
                json!({"fromMemberId": goes, "reason": "twice"}),
                json!({"fromMemberId": goes, "reason": "for another reason"}),
            ),
        ),
        ("POST /merges/{mergeId}/undo", bare(Method::POST, undo, "/merges/another/undo".to_owned())),
        (
            "DELETE /holds/{holdId}",
            bare(Method::DELETE, format!("/holds/{hold}"), "/holds/another".to_owned()),
        ),
        (
            "POST /holds/release",
            post(
                "/holds/release",
                of_check.clone(),
                json!({"placeId": "another", "deviceNumber": 1, "checkId": "c"}),
            ),
        ),
        ("POST /vouchers", {
            let voucher = |value: i64| json!({"code": format!("voucher-{number}"), "type": "multiPurposePrepaidVoucher", "value": value});
            post("/vouchers", voucher(100), voucher(101))
        }),
        (
            "POST /top-up-codes",
            post("/top-up-codes", json!({"code": format!("top-{number}")}), json!({"code": "another"})),
        ),
        (
            "POST /balances/{balanceId}/adjust",
            post(
                &format!("/balances/{MPV}/adjust"),
                json!({"amount": 25, "reason": "goodwill"}),
                json!({"amount": 26, "reason": "goodwill"}),
            ),
        ),
    ])
}

async fn sent(
    house: &House,
    key: &str,
    method: &Method,
    path: &str,
    body: Option<String>,
) -> (u16, String, Value) {
    let path = format!("{}{path}", house.partner_admin());
    let admin = house.app.admin.header("idempotency-key", key);
    let answer = admin.send(method.clone(), &path, body.map(String::into_bytes)).await.expect("an answer");
    (answer.status, answer.text, answer.json)
}

/// How many rows of each table came.
fn came(before: &BTreeMap<String, i64>, after: &BTreeMap<String, i64>) -> BTreeMap<String, i64> {
    after
        .iter()
        .map(|(table, rows)| (table.clone(), rows - before[table]))
        .filter(|(_, rows)| *rows != 0)
        .collect()
}

testkit::on_both_engines! {
    async fn each_call_that_moves_value_counts_once(engine: Engine) {
        let house = House::start(engine).await;
        let tried = calls(&house, 1).await;

        // no call can be forgotten: each of the description is tried here or stands on the list of the others
        let document = stamgast::openapi::documents().into_iter().find(|(name, _)| *name == "admin").unwrap().1;
        let document = serde_json::to_value(&document).unwrap();
        let mut left: BTreeSet<String> = NO_VALUE.iter().map(|(call, _)| (*call).to_owned()).collect();
        for (path, item) in document["paths"].as_object().unwrap() {
            let Some(below) = path.strip_prefix("/admin/v1/partner/merchants/{merchantId}") else { continue };
            for (method, operation) in item.as_object().unwrap().iter().filter(|(method, _)| ["post", "delete"].contains(&method.as_str())) {
                let call = format!("{} {below}", method.to_uppercase());
                let takes_key = operation["parameters"].as_array().unwrap().iter().any(|one| one["name"] == "Idempotency-Key" && one["in"] == "header");
                assert_eq!(takes_key, tried.contains_key(call.as_str()), "{call}: is it tried here, or moves it no value?");
                assert!(takes_key || left.remove(&call), "{call}: try it here, or say in NO_VALUE why it moves no value");
                assert_eq!(operation["responses"].get("422").is_some(), takes_key, "{call}: 422 is described");
            }
        }
        assert!(left.is_empty(), "no such calls: {left:?}");

        // once, and again in another spelling
        let mut one_call = BTreeMap::new();
        for (name, call) in &tried {
            let key = format!("first: {name}").replace(' ', "-");
            let before = house.rows().await;
            let body = call.body.as_ref().map(Value::to_string);
            let first = sent(&house, &key, &call.method, &call.path, body).await;
            assert!((200..300).contains(&first.0), "{name}: {first:?}");
            let after = house.rows().await;
            let pretty = call.body.as_ref().map(|body| serde_json::to_string_pretty(body).unwrap().replace("25", "25.00"));
            for _ in 0..2 {
                assert_eq!(sent(&house, &key, &call.method, &call.path, pretty.clone()).await, first, "{name}");
            }
            let (path, body) = &call.other;
            let (status, _, other) = sent(&house, &key, &call.method, path, body.as_ref().map(Value::to_string)).await;
            assert_eq!((status, &other["name"]), (422, &json!("IDEMPOTENCY_KEY_REUSED")), "{name}: {other}");
            assert_eq!(house.rows().await, after, "{name}");
            let came = came(&before, &after);
            assert_eq!(came["partner_idempotency"], 1, "{name}");
            one_call.insert(*name, came);
        }
        assert_number("adjusted once", "325", &house.balance(MPV).await["posted"]);

        // four at once
        for (name, call) in &calls(&house, 2).await {
            let before = house.rows().await;
            let body = call.body.as_ref().map(Value::to_string);
            let key = format!("second:{}", name.replace(' ', "-"));
            let twin = || sent(&house, &key, &call.method, &call.path, body.clone());
            let (a, b, c, d) = tokio::join!(twin(), twin(), twin(), twin());
            assert!((200..300).contains(&a.0), "{name}: {a:?}");
            assert_eq!((&b, &c, &d), (&a, &a, &a), "{name}");
            assert_eq!(came(&before, &house.rows().await), one_call[name], "{name}: four at once are one");
        }
        assert_number("adjusted twice in all", "350", &house.balance(MPV).await["posted"]);
        house.assert_verified().await;
    }

    async fn a_key_outlives_a_restart(engine: Engine) {
        let house = House::start(engine).await;
        let path = format!("{}/balances/{MPV}/adjust", house.partner_admin());
        let body = json!({"amount": 25, "reason": "goodwill"}).to_string().into_bytes();
        let ask = async |admin: &stamgast::client::JsonClient| {
            let answer = admin.header("idempotency-key", "k").send(Method::POST, &path, Some(body.clone())).await.unwrap();
            (answer.status, answer.text)
        };
        let first = ask(&house.app.admin).await;
        assert_eq!(first.0, 200, "{first:?}");
        let House { app, .. } = house;
        let (outside, admin) = (app.outside.clone(), app.admin.clone());
        let database = app.stop().await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let again = stamgast::app::App::start_wrapped(test_config(database.url()), outside, listener, Box::new(|router| router)).await.unwrap();
        let admin = admin.at(again.url());
        assert_eq!(ask(&admin).await, first);
        let balance = admin.get(path.trim_end_matches("/adjust")).await.unwrap();
        assert_number("adjusted once", "325", &balance["posted"]);
        again.shutdown().await.unwrap();
    }

    async fn keys_are_each_merchants_own_and_a_refused_call_keeps_none(engine: Engine) {
        let house = House::start(engine).await;
        other_merchant(&house).await;
        let adjust = format!("/balances/{MPV}/adjust");
        let body = |amount: i64| Some(json!({"amount": amount, "reason": "r"}).to_string());
        // 300 are there: a refusal leaves the key free for what then fits
        assert_eq!(sent(&house, "k", &Method::POST, &adjust, body(-400)).await.0, 409);
        assert_eq!(sent(&house, "k", &Method::POST, &adjust, body(200)).await.0, 200);
        assert_eq!(sent(&house, "k", &Method::POST, &adjust, body(-400)).await.0, 422);
        // of one kind of call only
        let voucher = json!({"code": "V", "type": "multiPurposePrepaidVoucher", "value": 1}).to_string();
        assert_eq!(sent(&house, "k", &Method::POST, "/vouchers", Some(voucher.clone())).await.0, 201);
        let other = house.app.admin.header("idempotency-key", "k");
        let path = "/admin/v1/partner/merchants/other/vouchers";
        assert_eq!(other.send(Method::POST, path, Some(voucher.into_bytes())).await.unwrap().status, 201);
        // without a key every call counts, as before
        for _ in 0..2 {
            let answer = send(&house, Method::POST, &adjust, Some(&json!({"amount": 1, "reason": "r"}))).await;
            assert_eq!(answer.0, 200, "{}", answer.1);
        }
        assert_number("all of it", "502", &house.balance(MPV).await["posted"]);
        let long = "k".repeat(256);
        let before = house.rows().await;
        for key in ["", long.as_str(), "two words", "tab\tbed", "kávu"] {
            let (status, _, answer) = sent(&house, key, &Method::POST, &adjust, body(1)).await;
            assert_eq!((status, &answer["field"]), (400, &json!("Idempotency-Key")), "{key:?}: {answer}");
        }
        let twice = house.app.admin.header("idempotency-key", "a").header("idempotency-key", "b");
        let path = format!("{}{adjust}", house.partner_admin());
        assert_eq!(twice.send(Method::POST, &path, body(1).map(String::into_bytes)).await.unwrap().status, 400);
        assert_eq!(house.rows().await, before);
    }
}
