//! Two registers ask for the last one at the same time: does exactly one of them get it?
//!
//! One race, four prizes: the last use of a code, the last of a budget, the last of a balance, the last full stamp
//! card. Each round has a code of its own, set up in bulk before; several rounds run at once, on PostgreSQL over two
//! processes.

use crate::side::*;
use serde_json::{Value, json};
use std::sync::Arc;

/// Rounds of each race on each engine.
const ROUNDS: usize = 1_000;
/// Rounds under way at once.
const AT_ONCE: usize = 8;
/// What there is to win, in currency: all that is left.
const PRIZE: i64 = 10;

/// What a race is about.
#[derive(Clone, Copy)]
struct Prize {
    /// What the check comes to.
    total: i64,
    /// What an offer got of it.
    got: fn(&Value) -> i64,
    /// Where an offer says why it got nothing.
    why: fn(&Value) -> &Value,
}

fn input(offer: &Value) -> &Value {
    &offer["benefitInputs"][0]
}

fn first_balance(offer: &Value) -> &Value {
    &offer["balances"][0]
}

fn discount(offer: &Value) -> i64 {
    offer["generalDiscounts"].as_array().unwrap().iter().map(|one| one["valueToUse"].as_i64().unwrap()).sum()
}

fn balance(offer: &Value) -> i64 {
    let balances = offer["balances"].as_array().unwrap();
    balances.iter().map(|one| one["valueToUseInCurrency"].as_i64().unwrap()).sum()
}

/// What the one free unit of a stamp card is worth; two of them are a prize nobody may get.
fn free_unit(offer: &Value) -> i64 {
    let units = offer["itemBenefitsToApply"].as_array().unwrap().len();
    assert!(units <= 1, "{offer}");
    assert_eq!(balance(offer) > 0, units == 1, "{offer}");
    balance(offer)
}

fn question(round: usize, device: i64, total: i64, code: &str) -> String {
    json!({
        "checkId": format!("check-{round}-{device}"), "loyaltyOfferId": format!("o-{round}-{device}"),
        "deviceNumber": device, "currencyCode": "CZK", "countryCode": "CZ", "posLang": "cs", "billLang": "cs",
        "pricePrecision": 2, "benefitInputs": [{"inputCode": code}], "balances": [], "merchantId": MERCHANT,
        "placeId": "P", "itemsToPay": [{
            "checkItemId": "1", "amount": 1, "measure": "pcs", "totalPriceWithVat": total,
            "totalAppliedNonLoyaltyDiscounts": 0, "vatRate": 0.12, "vatId": 1,
            "product": {"productId": "p:1", "name": "Guláš", "categories": []}
        }]
    })
    .to_string()
}

/// Asks for the same code from two registers at once, a round per code; one of them gets the prize, the other
/// nothing and a reason.
async fn race(side: &Side, processes: [axum::Router; 2], prize: Prize, codes: Vec<String>) {
    let bearer: Arc<str> = format!("Bearer {}", side.loyalty).into();
    let mut rounds = tokio::task::JoinSet::new();
    let mut first_won = 0;
    let mut judge = |answer: (String, Answer, Answer)| {
        let (code, one, other) = answer;
        assert_eq!((one.status.as_u16(), other.status.as_u16()), (200, 200), "{code}: {one:?} {other:?}");
        let shares = [(prize.got)(&one.body), (prize.got)(&other.body)];
        assert!(shares == [PRIZE, 0] || shares == [0, PRIZE], "{code}: {shares:?}");
        first_won += usize::from(shares[0] == PRIZE);
        let (winner, loser) = if shares[0] == PRIZE { (one, other) } else { (other, one) };
        assert_eq!(input(&winner.body)["applicable"], true, "{code}");
        assert_eq!((prize.why)(&loser.body)["reasonCode"], "LOCKED_BY_OTHER_DEVICE", "{code}");
    };
    for (round, code) in codes.into_iter().enumerate() {
        if rounds.len() >= AT_ONCE {
            judge(rounds.join_next().await.unwrap().unwrap());
        }
        let ([one, other], bearer) = (processes.clone(), Arc::clone(&bearer));
        rounds.spawn(async move {
            let path = "/partner/loyalty/getBenefitOffer";
            let ask = |router, device| {
                send(router, "POST", path, &bearer, Some(question(round, device, prize.total, &code)))
            };
            // who is asked first changes from round to round
            let (one, other) = if round % 2 == 0 {
                tokio::join!(ask(one, 1), ask(other, 2))
            } else {
                let (other, one) = tokio::join!(ask(other, 2), ask(one, 1));
                (one, other)
            };
            (code, one, other)
        });
    }
    while let Some(answer) = rounds.join_next().await {
        judge(answer.unwrap());
    }
    assert!((1..ROUNDS).contains(&first_won), "the same register always won: no race");
    side.books_add_up().await;
}

fn codes(prefix: &str) -> Vec<String> {
    (0..ROUNDS).map(|round| format!("{prefix}{round:04}")).collect()
}

/// 10 % off with this limit for each code.
async fn limited(side: &Side, id: &str, limit: Value, codes: &[String]) {
    let body = json!({
        "definition": {"kind": {"percent": {"percent": 10}}, "scope": {"on": "order"}, "trigger": "code", "limits": [limit]},
        "codes": codes
    });
    let answer = side.admin("PUT", MERCHANT, &format!("/promotions/{id}"), Some(body)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    // every second counter has begun before the race; for the others the race is also for who begins it
    let begun: Vec<&str> = codes.iter().step_by(2).map(String::as_str).collect();
    for (device, codes) in (100..).zip(begun.chunks(50)) {
        side.offer(&format!("begin-{device}"), device, 100, codes).await;
    }
    side.clock.advance_seconds(180);
}

async fn processes(side: &Side, engine: db::Engine) -> [axum::Router; 2] {
    match engine {
        db::Engine::Sqlite => [side.router(), side.router()],
        db::Engine::Postgres => [side.router(), side.second().await],
    }
}

async fn last_use(engine: db::Engine) {
    let side = Side::new(engine).await;
    let codes = codes("U");
    limited(&side, "once", json!({"per": "code", "uses": 1}), &codes).await;
    let processes = processes(&side, engine).await;
    race(&side, processes, Prize { total: 100, got: discount, why: input }, codes).await;
}

/// The check would take 10.00 of a budget with 10.00 left.
async fn last_of_a_budget(engine: db::Engine) {
    let side = Side::new(engine).await;
    let codes = codes("B");
    limited(&side, "budget", json!({"per": "code", "amount": PRIZE}), &codes).await;
    let processes = processes(&side, engine).await;
    race(&side, processes, Prize { total: 100, got: discount, why: input }, codes).await;
}

/// A balance that is spent whole or not at all, as the last stamps of a card are.
async fn last_of_a_balance(engine: db::Engine) {
    let side = Side::new(engine).await;
    let codes = codes("V");
    for code in &codes {
        side.voucher(code, PRIZE).await;
    }
    let processes = processes(&side, engine).await;
    race(&side, processes, Prize { total: PRIZE, got: balance, why: input }, codes).await;
}

/// A member whose stamps are enough for one free unit, once.
async fn last_stamp_card(engine: db::Engine) {
    let side = Side::new(engine).await;
    let merchant = json!({
        "name": "Bar U Mostu", "currencyCode": "CZK", "pricePrecision": 2, "timeZone": "Europe/Prague",
        "holdTtlSeconds": 180, "program": {"stampCards": [{"stampCardId": "stew", "needed": 10, "products": ["p:1"]}]}
    });
    assert_eq!(side.admin("PUT", MERCHANT, "", Some(merchant)).await.status, 200);
    let codes = codes("S");
    for code in &codes {
        let stamps = json!({"balanceId": format!("stamps-{code}"), "type": "collectablePoints", "openingValue": 10,
            "settings": {"stampCardId": "stew"}});
        let member = json!({"memberId": code, "cards": [code], "person": {}, "balances": [stamps]});
        assert_eq!(side.admin("POST", MERCHANT, "/members", Some(member)).await.status, 201);
    }
    let processes = processes(&side, engine).await;
    race(&side, processes, Prize { total: PRIZE, got: free_unit, why: first_balance }, codes).await;
}

/// Offers, reports and cancellations of the same limits and the same voucher at once: whatever comes first, nobody
/// blocks anybody for good, and in the end nothing is used or kept.
async fn everybody_at_once(engine: db::Engine) {
    let side = Side::new(engine).await;
    side.voucher("V", 100_000).await;
    let limits =
        json!([{"per": "campaign", "amount": 100_000}, {"per": "campaign", "uses": 1_000, "period": "day"}]);
    let body = json!({
        "definition": {"kind": {"percent": {"percent": 10}}, "scope": {"on": "order"}, "trigger": "code", "limits": limits},
        "codes": ["B"]
    });
    assert_eq!(side.admin("PUT", MERCHANT, "/promotions/p", Some(body)).await.status, 200);
    let processes = processes(&side, engine).await;
    let bearer: Arc<str> = format!("Bearer {}", side.loyalty).into();
    let mut calls = tokio::task::JoinSet::new();
    for call in 0..180 {
        let (check, step) = (call % 60, call / 60);
        let (router, bearer) = (processes[call % 2].clone(), Arc::clone(&bearer));
        let paid = with(
            report(&format!("o-{check}-1"), &format!("b{check}"), "90", &[("V", 90, 0)]),
            json!({"usedGeneralDiscounts": [{"generalDiscountId": "p", "usedValue": 10}]}),
        );
        let mut asked: Value = serde_json::from_str(&question(check, 1, 100, "B")).unwrap();
        asked["benefitInputs"] = json!([{"inputCode": "V"}, {"inputCode": "B"}]);
        let (path, body) = match step {
            0 => ("getBenefitOffer", asked),
            1 => ("reportBenefitUsage", paid),
            _ => ("reportBenefitUsage", with(paid, json!({"billState": "cancelled"}))),
        };
        calls.spawn(async move {
            let path = format!("/partner/loyalty/{path}");
            send(router, "POST", &path, &bearer, Some(body.to_string())).await
        });
    }
    while let Some(answer) = calls.join_next().await {
        let answer = answer.unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    side.clock.advance_seconds(180);
    assert_eq!(side.state("V").await, (100_000, 0, 100_000));
    let page = side.view("/promotions/p/limits").await;
    for counter in page["data"].as_array().unwrap() {
        assert_eq!((&counter["used"], &counter["held"]), (&json!(0), &json!(0)), "{counter}");
    }
    assert_eq!(page["data"].as_array().unwrap().len(), 2);
    side.books_add_up().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_at_once_on_sqlite() {
    everybody_at_once(db::Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_at_once_on_postgres() {
    everybody_at_once(db::Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn for_the_last_use_on_sqlite() {
    last_use(db::Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn for_the_last_use_on_postgres() {
    last_use(db::Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn for_the_last_of_a_budget_on_sqlite() {
    last_of_a_budget(db::Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn for_the_last_of_a_budget_on_postgres() {
    last_of_a_budget(db::Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn for_the_last_of_a_balance_on_sqlite() {
    last_of_a_balance(db::Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn for_the_last_of_a_balance_on_postgres() {
    last_of_a_balance(db::Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn for_the_last_stamp_card_on_sqlite() {
    last_stamp_card(db::Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn for_the_last_stamp_card_on_postgres() {
    last_stamp_card(db::Engine::Postgres).await;
}
