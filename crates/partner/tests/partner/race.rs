//! Two processes, the same reports at once: is each booked once, and does nobody see a deadlock?

use crate::side::*;
use serde_json::{Value, json};

/// Bills of the race; each is sent twice, once to each process where there are two.
const BILLS: usize = 150;

fn bill(number: usize) -> Value {
    // both balances of one member and a voucher: everybody waits for everybody
    let used = [("credit", 1, 0), ("points", 1, 0), ("V", 1, 0)];
    with(report(&format!("o{number}"), &format!("b{number}"), "10", &used), json!({"customerId": "anna"}))
}

async fn race(side: &Side, processes: [axum::Router; 2]) {
    let number = side.member().await;
    side.voucher("V", 1000).await;
    let bearer = format!("Bearer {}", side.loyalty);
    let mut calls = tokio::task::JoinSet::new();
    for sent in 0..BILLS * 2 {
        let (router, bearer) = (processes[sent % 2].clone(), bearer.clone());
        calls.spawn(async move {
            let body = bill(sent / 2).to_string();
            send(router, "POST", "/partner/loyalty/reportBenefitUsage", &bearer, Some(body)).await
        });
    }
    while let Some(answer) = calls.join_next().await {
        let answer = answer.unwrap();
        assert_eq!((answer.status.as_u16(), answer.body), (200, json!({})));
    }
    // every bill used 1.00 of each and earned one point
    let bills = i64::try_from(BILLS).unwrap();
    assert_eq!(side.posted("credit").await, 900 - bills);
    assert_eq!(side.posted("V").await, 1000 - bills);
    assert_eq!(side.posted("points").await, 100);
    let customer = side.customer(number).await;
    assert_eq!((&customer["total_orders"], &customer["points"]), (&json!(bills), &json!(100)));
    assert_eq!(side.view("/quarantine").await["data"], json!([]));
    side.books_add_up().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_one_process_on_sqlite() {
    let side = Side::new(db::Engine::Sqlite).await;
    race(&side, [side.router(), side.router()]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_two_processes_on_postgres() {
    let side = Side::new(db::Engine::Postgres).await;
    race(&side, [side.router(), side.second().await]).await;
}

/// Reports and their cancellations at once: whichever comes first, nothing is left moved.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancellation_races_its_report() {
    for engine in [db::Engine::Sqlite, db::Engine::Postgres] {
        let side = Side::new(engine).await;
        side.member().await;
        side.voucher("V", 1000).await;
        let bearer = format!("Bearer {}", side.loyalty);
        let processes = match engine {
            db::Engine::Sqlite => [side.router(), side.router()],
            db::Engine::Postgres => [side.router(), side.second().await],
        };
        let mut calls = tokio::task::JoinSet::new();
        for sent in 0..80 {
            let (router, bearer) = (processes[sent % 2].clone(), bearer.clone());
            let state = if sent % 2 == 0 { "paid" } else { "cancelled" };
            calls.spawn(async move {
                let body = with(bill(sent / 2), json!({"billState": state})).to_string();
                send(router, "POST", "/partner/loyalty/reportBenefitUsage", &bearer, Some(body)).await
            });
        }
        while let Some(answer) = calls.join_next().await {
            assert_eq!(answer.unwrap().status, 200);
        }
        for (balance, value) in [("credit", 900), ("points", 100), ("V", 1000)] {
            assert_eq!(side.posted(balance).await, value, "{engine:?} {balance}");
        }
        side.books_add_up().await;
    }
}
