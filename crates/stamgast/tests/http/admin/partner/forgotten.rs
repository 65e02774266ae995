//! An erasure: is the person gone from every table of both sides, and is everything the guest used still right?

use super::send;
use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::IntoResponse as _;
use db::{ColumnType, Never, Query, TxError};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use testkit::restaurant::MAIN;
use testkit::{House, assert_number, eventually};

/// What leads to the person, and stands nowhere else.
const PERSON: [&str; 6] =
    ["Zdislava", "Zapomenut", "zdislava@", "601777313", "601 777 313", "CARD-7731-FORGET"];

/// The guest, with 500.00 of credit.
async fn guest(house: &House) {
    let member = json!({"memberId": "forgotten", "cards": ["CARD-7731-FORGET"],
        "person": {"firstName": "Zdislava", "lastName": "Zapomenutá", "email": "zdislava@example.com", "mobilePhone": "+420 601 777 313"},
        "balances": [{"balanceId": "forgotten-credit", "type": "prepaidCredit", "openingValue": 500}]});
    assert_eq!(send(house, Method::POST, "/members", Some(&member)).await.0, 201);
}

/// Where something of the person stands, as `table.column`, over every text and every blob of the database.
async fn found(house: &House) -> Vec<String> {
    let db = house.app.app.db();
    let mut places = Vec::new();
    for (table, shape) in db.schema().await.unwrap() {
        for column in shape.columns.iter().filter(|column| column.column_type != ColumnType::BigInt) {
            // a test's few texts may live as long as the process
            let sql: &'static str =
                format!("SELECT {} FROM {table} WHERE {} IS NOT NULL", column.name, column.name).leak();
            let statement: &'static Query<db::Value> =
                Box::leak(Box::new(Query::new("EVERY_TEXT", module_path!(), sql)));
            let read = db.read("every_text", move |tx| Ok::<_, TxError<Never>>(tx.query(statement, &[])?));
            let text = |value: db::Value| match value {
                db::Value::Text(text) => text,
                db::Value::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                other => panic!("{other:?}"),
            };
            let texts: Vec<String> = read.await.unwrap().into_iter().map(text).collect();
            if texts.iter().any(|text| PERSON.iter().any(|part| text.contains(part))) {
                places.push(format!("{table}.{}", column.name));
            }
        }
    }
    // kept offers are packed: they are read as an operator reads them
    for offer in house.app.admin.get(&format!("{}/usages", house.partner_admin())).await.unwrap()["data"]
        .as_array()
        .unwrap()
    {
        let path = format!("/offers/{}", offer["loyaltyOfferId"].as_str().unwrap());
        let (_, shown) = send(house, Method::GET, &path, None).await;
        if PERSON.iter().any(|part| shown.to_string().contains(part)) {
            places.push(path);
        }
    }
    places
}

/// Answers reports 503 after they were booked, while it is on.
fn losing(on: Arc<AtomicBool>) -> impl FnOnce(Router) -> Router + Send {
    move |router| {
        router.layer(from_fn(move |request: Request, next: Next| {
            let on = Arc::clone(&on);
            async move {
                let is_report = request.uri().path() == "/partner/loyalty/reportBenefitUsage";
                let answer = next.run(request).await;
                if is_report && on.load(Ordering::SeqCst) {
                    StatusCode::SERVICE_UNAVAILABLE.into_response()
                } else {
                    answer
                }
            }
        }))
    }
}

/// Sells a main dish to whoever this is, paid by the credit; the bill's id.
async fn sale(house: &House, scanned: &str) -> String {
    let check = house.open_check(1, &[(MAIN, 1)], &[scanned]).await;
    let register = house.register(1);
    register.post(&format!("{check}/offer"), &json!({})).await.unwrap();
    let shown = register.get(&check).await.unwrap();
    let to_pay = &shown["toPay"];
    let payments = if to_pay == &json!(0) {
        json!([])
    } else {
        json!([{"paymentMethod": "cash", "priceWithVat": to_pay}])
    };
    let bill = register.post(&format!("{check}/pay"), &json!({"payments": payments})).await.unwrap();
    bill["billId"].as_str().unwrap_or_else(|| panic!("{bill}")).to_owned()
}

async fn reports(house: &House, bill: &str) -> usize {
    house.usages().await.iter().filter(|one| one["billId"] == bill).count()
}

testkit::on_both_engines! {
    async fn an_erased_person_is_gone_from_every_table_of_both_sides(engine: Engine) {
        let lost = Arc::new(AtomicBool::new(false));
        let house = House::start_with(engine, |_| {}, Box::new(losing(Arc::clone(&lost)))).await;
        guest(&house).await;
        let first = sale(&house, "CARD-7731-FORGET").await;
        eventually("the first report", async || (reports(&house, &first).await == 1).then_some(())).await;
        // the second report is booked, but its answer is lost: it waits to be sent again
        lost.store(true, Ordering::SeqCst);
        let second = sale(&house, "+420 601 777 313").await;
        eventually("the second report", async || (reports(&house, &second).await == 1).then_some(())).await;
        let open = house.open_check(2, &[(MAIN, 1)], &["CARD-7731-FORGET"]).await;
        house.register(2).post(&format!("{open}/offer"), &json!({})).await.unwrap();

        let before = found(&house).await;
        for place in ["partner_person.first_name", "partner_code.code", "platform_check.codes", "platform_check.offer",
            "platform_benefit_usage.payload", "courier_delivery.body"] {
            assert!(before.iter().any(|found| found == place), "{place} is not in {before:?}");
        }
        let kept_anyhow: Vec<&String> = before.iter().filter(|place| place.starts_with("partner_usage") || place.starts_with("partner_offer") || place.starts_with('/')).collect();
        assert!(kept_anyhow.is_empty(), "the partner's copies name nobody at any time: {kept_anyhow:?}");

        let (status, answer) = send(&house, Method::DELETE, "/members/forgotten", None).await;
        assert_eq!(status, 204, "{answer}");
        assert_eq!(found(&house).await, Vec::<String>::new());

        let check = house.register(2).get(&open).await.unwrap();
        assert_eq!((&check["codes"], &check["offer"]), (&json!([]), &Value::Null), "{check}");
        // what waited is delivered, is known for what it is, and nothing is put aside
        lost.store(false, Ordering::SeqCst);
        let pending = format!("/loyalty/{}/benefitUsages?synchronized=false", house.restaurant.source_id);
        eventually("the delivery", async || {
            house.app.clock.advance_seconds(3600);
            // the clock ends access tokens too
            let left = house.platform().await.get(&pending).await.ok()?;
            left["data"].as_array().is_some_and(Vec::is_empty).then_some(())
        }).await;
        assert_eq!((reports(&house, &first).await, reports(&house, &second).await), (1, 1));
        let (_, aside) = send(&house, Method::GET, "/quarantine", None).await;
        assert_eq!(aside["data"], json!([]), "{aside}");
        assert_number("spent twice", "122", &house.balance("forgotten-credit").await["posted"]);
        // and a bill of the guest can go back
        let path = format!("/pos/{}/bills/{first}/refunds", house.restaurant.source_id);
        house.register(1).post(&path, &json!({})).await.unwrap();
        eventually("the refund", async || (reports(&house, &first).await == 2).then_some(())).await;
        assert_number("came back", "311", &house.balance("forgotten-credit").await["posted"]);
        assert_eq!(found(&house).await, Vec::<String>::new());
        house.assert_verified().await;
    }

    async fn copies_of_everybody_age_out(engine: Engine) {
        let house = House::start_with(engine, |config| config.platform.copies_days = 30, Box::new(|router| router)).await;
        guest(&house).await;
        let bill = sale(&house, "CARD-7731-FORGET").await;
        eventually("the report", async || (reports(&house, &bill).await == 1).then_some(())).await;
        let open = house.open_check(2, &[(MAIN, 1)], &["CARD-7731-FORGET"]).await;
        let of_platform = async || {
            let found = found(&house).await;
            found.into_iter().filter(|place| !place.starts_with("partner_")).collect::<Vec<_>>()
        };
        let platform = house.app.app.platform().unwrap();
        house.app.clock.advance_seconds(30 * 86_400 - 60);
        platform.age_copies().await.unwrap();
        assert!(!of_platform().await.is_empty());
        house.app.clock.advance_seconds(60);
        assert_eq!(platform.age_copies().await.unwrap(), 2, "the usage of the bill, and the check nobody paid");
        assert_eq!(of_platform().await, Vec::<String>::new());
        assert_eq!(platform.age_copies().await.unwrap(), 0);
        assert_eq!(house.register(2).get(&open).await.unwrap()["codes"], json!([]));
        let path = format!("/pos/{}/bills/{bill}/refunds", house.restaurant.source_id);
        house.register(1).post(&path, &json!({})).await.unwrap();
        eventually("the refund", async || (reports(&house, &bill).await == 2).then_some(())).await;
        assert_number("came back", "500", &house.balance("forgotten-credit").await["posted"]);
        house.assert_verified().await;
    }

    async fn a_guest_of_another_installation_is_forgotten_by_a_call(engine: Engine) {
        let house = House::start(engine).await;
        guest(&house).await;
        let bill = sale(&house, "CARD-7731-FORGET").await;
        eventually("the report", async || (reports(&house, &bill).await == 1).then_some(())).await;
        let path = |merchant: &str| format!("/admin/v1/platform/merchants/{merchant}/customers/forgotten");
        let of_platform = async || {
            let found = found(&house).await;
            found.into_iter().filter(|place| !place.starts_with("partner_")).count()
        };
        assert_eq!(house.app.admin.send(Method::DELETE, &path("nobody"), None).await.unwrap().status, 404);
        assert!(of_platform().await > 0);
        for _ in 0..2 {
            let answer = house.app.admin.send(Method::DELETE, &path(&house.restaurant.merchant_id), None).await.unwrap();
            assert_eq!((answer.status, of_platform().await), (204, 0));
        }
    }
}
