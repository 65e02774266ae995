//! `/loyalty/{sourceId}/benefitUsages`: is a usage reported until it is booked, and no longer?

use serde_json::{Value, json};
use testkit::restaurant::{BEER, MAIN};
use testkit::{House, eventually};

/// Sells a check on the sample restaurant's own partner; gives the bill's id.
async fn sell(house: &House) -> String {
    let path = house.open_check(1, &[(MAIN, 1), (BEER, 1)], &[testkit::restaurant::CARD]).await;
    let register = house.register(1);
    let check = register.post(&format!("{path}/offer"), &json!({})).await.unwrap();
    let payments = match check["toPay"].to_string().as_str() {
        "0" => json!([]),
        _ => json!([{"paymentMethod": "cash", "priceWithVat": check["toPay"]}]),
    };
    register.post(&format!("{path}/pay"), &json!({"payments": payments})).await.unwrap();
    register.get(&path).await.unwrap()["billId"].as_str().unwrap().to_owned()
}

async fn usages(house: &House) -> Vec<Value> {
    let path = format!("/loyalty/{}/benefitUsages", house.restaurant.source_id);
    house.platform().await.get(&path).await.unwrap()["data"].as_array().unwrap().clone()
}

testkit::on_both_engines! {
    /// listBenefitUsages, markAsSynchronized: what was pulled and marked is not sent again.
    async fn marking_as_synchronized_stops_the_retries(engine: Engine) {
        let house = House::start_with(
            engine,
            |config| config.courier.schedule_seconds = vec![10, 30, 120],
            Box::new(broken_reports),
        ).await;
        let bill = sell(&house).await;
        let pending = eventually("the first attempt", async || {
            usages(&house).await.into_iter().find(|usage| usage["attempts"] == 1)
        }).await;
        assert_eq!((&pending["synchronized"], &pending["payload"]["billId"]), (&json!(false), &json!(bill)));
        let id = pending["benefitUsageId"].clone();
        let path = format!("/loyalty/{}/benefitUsages/synchronized", house.restaurant.source_id);
        let marked = house.platform().await.post(&path, &json!({"benefitUsageIds": [id, "unknown"]})).await.unwrap();
        assert_eq!(marked, json!({"synchronized": [id], "notFound": ["unknown"]}));
        house.app.clock.advance_seconds(600);
        house.app.app.courier().unwrap().run_due().await.unwrap();
        let after = usages(&house).await;
        assert_eq!((&after[0]["synchronized"], &after[0]["attempts"]), (&json!(true), &json!(1)));
        let again = house.platform().await.post(&path, &json!({"benefitUsageIds": [id]})).await.unwrap();
        assert_eq!(again["synchronized"], json!([id]), "marking is idempotent");
    }

    async fn a_500_is_followed_by_a_retry_after_ten_seconds_that_books_once(engine: Engine) {
        let house = House::start_with(
            engine,
            |config| config.courier.schedule_seconds = vec![10, 30, 120],
            Box::new(first_report_breaks),
        ).await;
        let bill = sell(&house).await;
        eventually("the first attempt", async || usages(&house).await.into_iter().find(|usage| usage["attempts"] == 1)).await;
        house.app.clock.advance_seconds(9);
        house.app.app.courier().unwrap().run_due().await.unwrap();
        assert_eq!(usages(&house).await[0]["attempts"], 1, "nine seconds are not ten");
        house.app.clock.advance_seconds(1);
        house.app.app.courier().unwrap().wake();
        let booked = eventually("the retry", async || {
            usages(&house).await.into_iter().find(|usage| usage["synchronized"] == true)
        }).await;
        assert_eq!((&booked["attempts"], &booked["payload"]["billId"]), (&json!(2), &json!(bill)));
        assert_eq!(house.usages().await.len(), 1);
        house.assert_verified().await;
    }
}

/// Every usage report is answered 500 without reaching the partner.
fn broken_reports(router: axum::Router) -> axum::Router {
    break_reports(router, usize::MAX)
}

/// Only the first one.
fn first_report_breaks(router: axum::Router) -> axum::Router {
    break_reports(router, 1)
}

fn break_reports(router: axum::Router, count: usize) -> axum::Router {
    use axum::response::IntoResponse as _;
    use std::sync::atomic::{AtomicUsize, Ordering};
    let seen = std::sync::Arc::new(AtomicUsize::new(0));
    router.layer(axum::middleware::from_fn(
        move |request: axum::extract::Request, next: axum::middleware::Next| {
            let seen = seen.clone();
            async move {
                let report = request.uri().path().ends_with("/reportBenefitUsage");
                if report && seen.fetch_add(1, Ordering::SeqCst) < count {
                    return http::StatusCode::INTERNAL_SERVER_ERROR.into_response();
                }
                next.run(request).await
            }
        },
    ))
}
