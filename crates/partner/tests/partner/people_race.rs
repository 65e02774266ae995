//! A member is merged, parted or erased while registers ask and report: is nothing lost, doubled, or left behind?

use crate::side::*;
use db::Engine;
use serde_json::{Value, json};

/// Rounds of each race on each engine.
const ROUNDS: usize = 40;

async fn processes(side: &Side, engine: Engine) -> [axum::Router; 2] {
    match engine {
        Engine::Sqlite => [side.router(), side.router()],
        Engine::Postgres => [side.router(), side.second().await],
    }
}

/// A member with a card and 100.00 of credit; the customer number.
async fn member(side: &Side, id: &str) -> i64 {
    let body = json!({"memberId": id, "cards": [format!("card-{id}")], "person": {"firstName": id}, "balances": [
        {"balanceId": format!("credit-{id}"), "type": "prepaidCredit", "openingValue": 100},
        {"balanceId": format!("points-{id}"), "type": "collectablePoints", "openingValue": 0, "settings": {"pointValue": 0.1}},
    ]});
    let answer = side.admin("POST", MERCHANT, "/members", Some(body)).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.body["customerId"].as_i64().unwrap()
}

fn question(offer: &str, device: i64, code: &str) -> String {
    json!({
        "checkId": format!("check-{offer}"), "loyaltyOfferId": offer, "deviceNumber": device,
        "currencyCode": "CZK", "countryCode": "CZ", "posLang": "cs", "billLang": "cs", "pricePrecision": 2,
        "benefitInputs": [{"inputCode": code}], "balances": [], "merchantId": MERCHANT, "placeId": "P",
        "itemsToPay": [{
            "checkItemId": "1", "amount": 1, "measure": "pcs", "totalPriceWithVat": 100,
            "totalAppliedNonLoyaltyDiscounts": 0, "vatRate": 0.12, "vatId": 1,
            "product": {"productId": "p:1", "name": "Guláš", "categories": []}
        }]
    })
    .to_string()
}

/// Reports of one member's bills while it is merged, and parted, and merged: each is booked once, for whoever has
/// what was that member's in the end.
async fn merge_and_reports(engine: Engine) {
    let side = Side::new(engine).await;
    let processes = processes(&side, engine).await;
    let (admin, bearer) = (format!("Bearer {}", side.admin), format!("Bearer {}", side.loyalty));
    // stamps are begun by a report: a balance that no merge has seen
    let program =
        json!({"earn": {"points": 1, "perAmount": 10}, "stampCards": [{"stampCardId": "c", "needed": 10}]});
    let body = json!({"name": "Bar", "currencyCode": "CZK", "pricePrecision": 2, "timeZone": "Europe/Prague", "program": program});
    assert_eq!(side.admin("PUT", MERCHANT, "", Some(body)).await.status, 200);
    for round in 0..ROUNDS {
        let (a, b) = (format!("a{round:03}"), format!("b{round:03}"));
        let (into, from) = (member(&side, &a).await, member(&side, &b).await);
        let mut calls = tokio::task::JoinSet::new();
        for bill in 0..6 {
            let (router, bearer, b) = (processes[bill % 2].clone(), bearer.clone(), b.clone());
            calls.spawn(async move {
                let used = format!("credit-{b}");
                let body = report(
                    &format!("o-{b}-{bill}"),
                    &format!("bill-{b}-{bill}"),
                    "10",
                    &[(used.as_str(), 10, 0)],
                );
                let body = with(body, json!({"customerId": b})).to_string();
                send(router, "POST", "/partner/loyalty/reportBenefitUsage", &bearer, Some(body)).await
            });
        }
        let (router, admin_of, path) =
            (processes[round % 2].clone(), admin.clone(), format!("/admin/v1/partner/merchants/{MERCHANT}"));
        let parts = round % 3 == 0;
        let (joins, from_id) = (a.clone(), b.clone());
        calls.spawn(async move {
            let body = json!({"fromMemberId": from_id, "reason": "race"}).to_string();
            let to = format!("{path}/members/{joins}/merges");
            let merged = send(router.clone(), "POST", &to, &admin_of, Some(body)).await;
            assert_eq!(merged.status, 201, "{merged:?}");
            if parts {
                let to = format!("{path}/merges/{}/undo", text(&merged.body["mergeId"]));
                return send(router, "POST", &to, &admin_of, None).await;
            }
            Answer { status: axum::http::StatusCode::OK, ..merged }
        });
        while let Some(answer) = calls.join_next().await {
            let answer = answer.unwrap();
            assert_eq!(answer.status, 200, "{answer:?}");
        }
        assert_eq!(side.posted(&format!("credit-{b}")).await, 40, "{engine:?} round {round}");
        let (whose, nobody) = if parts { (from, into) } else { (into, from) };
        assert_eq!(side.customer(whose).await["total_orders"], json!(6), "{engine:?} round {round}");
        let other = side.customer(nobody).await;
        if parts {
            assert_eq!(other["total_orders"], json!(0), "{engine:?} round {round}");
        } else {
            assert_eq!(other, json!({"id": from, "deleted": true}));
            assert_eq!(side.view(&format!("/members/{b}")).await["balances"], json!([]));
        }
    }
    assert_eq!(side.view("/quarantine").await["data"], json!([]));
    side.books_add_up().await;
}

/// A register asks with the card while its member is erased: either the check holds the money and the erasure says
/// so, or the money is handed over and the check gets none of it.
async fn erase_and_offers(engine: Engine) {
    let side = Side::new(engine).await;
    let processes = processes(&side, engine).await;
    let (admin, bearer) = (format!("Bearer {}", side.admin), format!("Bearer {}", side.loyalty));
    for round in 0..ROUNDS {
        let (id, value) = (format!("m{round:03}"), ["payOut", "bearerVoucher"][round % 2]);
        member(&side, &id).await;
        let path = format!("/admin/v1/partner/merchants/{MERCHANT}/members/{id}?erasedValue={value}");
        let ask = question(&format!("o{round:03}"), 1, &format!("card-{id}"));
        let (offer, erased) = tokio::join!(
            send(processes[0].clone(), "POST", "/partner/loyalty/getBenefitOffer", &bearer, Some(ask)),
            send(processes[1].clone(), "DELETE", &path, &admin, None),
        );
        assert_eq!(offer.status, 200, "{offer:?}");
        let given: i64 = offer.body["balances"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one: &Value| one["valueToUseInCurrency"].as_i64().unwrap())
            .sum();
        let (posted, held, _) = side.state(&format!("credit-{id}")).await;
        if erased.status == 200 {
            assert_eq!((given, held), (0, 0), "{engine:?} {id}: {offer:?} {erased:?}");
            let handed = erased.body["handOver"].as_i64().unwrap();
            let carried = erased.body["balances"][0]["value"].as_i64().unwrap();
            assert_eq!(handed + carried, 100, "{erased:?}");
            assert_eq!(posted, carried);
        } else {
            assert_eq!(erased.status, 409, "{erased:?}");
            assert_eq!((given, held, posted), (100, 100, 100), "{engine:?} {id}: {offer:?} {erased:?}");
        }
    }
    side.books_add_up().await;
}

/// Two calls erase the same member at once: the money is handed over once.
async fn erase_twice(engine: Engine) {
    let side = Side::new(engine).await;
    let processes = processes(&side, engine).await;
    let admin = format!("Bearer {}", side.admin);
    for round in 0..ROUNDS {
        let id = format!("m{round:03}");
        member(&side, &id).await;
        let path = format!("/admin/v1/partner/merchants/{MERCHANT}/members/{id}?erasedValue=payOut");
        let (one, other) = tokio::join!(
            send(processes[0].clone(), "DELETE", &path, &admin, None),
            send(processes[1].clone(), "DELETE", &path, &admin, None),
        );
        assert_eq!((one.status.as_u16(), other.status.as_u16()), (200, 200), "{one:?} {other:?}");
        assert_eq!((&one.body["handOver"], &one.body), (&json!(100), &other.body));
        assert_eq!(
            side.view(&format!("/balances/credit-{id}")).await["entries"].as_array().unwrap().len(),
            2
        );
    }
    side.books_add_up().await;
}

macro_rules! races {
    ($($name:ident)+) => { $(
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                super::$name(db::Engine::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                super::$name(db::Engine::Postgres).await;
            }
        }
    )+ };
}

races! { merge_and_reports erase_and_offers erase_twice }
