//! Two servers on one PostgreSQL get every usage report twice, at once. Is each booked once?

use crate::program::{Server, admin_token, run};
use http::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use testkit::{Engine, TestDatabase, assert_number};

const CONNECTIONS: usize = 64;
const VOUCHERS: usize = 40;
const MERCHANT: &str = "5f00000000000000000000a1";

/// How many reports, and what each of the vouchers, 100000.00 at first, holds afterwards: as many reports took
/// 1.00 from it as took 0.50. `./test --full` sends ten times as many.
fn size() -> (usize, &'static str) {
    if std::env::var_os("STAMGAST_TEST_LONG").is_some() { (50_000, "98125") } else { (5000, "99812.50") }
}

/// Report `number` takes 1.00 from one voucher and 0.50 from its neighbour.
fn report(number: usize) -> Value {
    let used = |voucher: usize, value: &str| {
        let value: Value = serde_json::from_str(value).unwrap();
        json!({"balanceId": format!("voucher-{}", voucher % VOUCHERS), "usedControllableValue": 0,
            "usedNonControllableValue": value, "prepaidValue": null})
    };
    let mut balances = [used(number, "1"), used(number + 1, "0.5")];
    if !number.is_multiple_of(2) {
        // so two reports want the same two balances the other way round
        balances.reverse();
    }
    json!({"loyaltyOfferId": format!("{number:024x}"), "billId": format!("bill-{number}"), "billState": "paid",
        "loyaltyProviderId": "p", "deviceNumber": 1, "benefitInputs": [], "customerId": null, "metadata": "{}",
        "currencyCode": "CZK", "countryCode": "CZ", "paidAt": "2026-03-02T10:00:00.000Z",
        "usedBalances": balances,
        "usedGeneralDiscounts": [], "paidItems": [], "paymentsByBalances": [], "otherPaymentsValue": 0,
        "totalWithVat": 1.5})
}

#[test]
fn five_thousand_reports_sent_twice_to_two_servers_are_booked_once() {
    testkit::run(Engine::Postgres, async |engine| {
        let database = TestDatabase::fresh(engine).await;
        let servers = [Server::start(database.url(), "partner"), Server::start(database.url(), "partner")];
        let admin = servers[0].caller().bearer(&admin_token(database.url()));
        let base = format!("/admin/v1/partner/merchants/{MERCHANT}");
        let merchant =
            json!({"name": "M", "currencyCode": "CZK", "pricePrecision": 2, "timeZone": "Europe/Prague"});
        admin.put(&base, &merchant).await.unwrap();
        for number in 0..VOUCHERS {
            let voucher = json!({"code": format!("voucher-{number}"), "type": "multiPurposePrepaidVoucher", "value": 100_000});
            admin.post(&format!("{base}/vouchers"), &voucher).await.unwrap();
        }
        let connection = admin.post(&format!("{base}/connections"), &json!({"name": "cloud"})).await.unwrap();
        let token = connection["token"].as_str().unwrap();

        let (reports, posted) = size();
        let next = Arc::new(AtomicUsize::new(0));
        let mut connections = tokio::task::JoinSet::new();
        for number in 0..CONNECTIONS {
            // a client of its own keeps a connection of its own
            let caller = servers[number % 2].caller().bearer(token);
            let next = Arc::clone(&next);
            connections.spawn(async move {
                loop {
                    // each report twice, the copies a moment apart and mostly on different servers
                    let claimed = next.fetch_add(1, Ordering::Relaxed);
                    if claimed >= reports * 2 {
                        return;
                    }
                    let body = report(claimed / 2).to_string().into_bytes();
                    let answer = caller
                        .send(Method::POST, "/partner/loyalty/reportBenefitUsage", Some(body))
                        .await
                        .unwrap();
                    assert_eq!((answer.status, answer.text.as_str()), (200, "{}"), "report {}", claimed / 2);
                }
            });
        }
        while let Some(ended) = connections.join_next().await {
            ended.unwrap();
        }
        for number in 0..VOUCHERS {
            let balance = admin.get(&format!("{base}/balances/voucher-{number}")).await.unwrap();
            assert_number(&format!("voucher-{number}"), posted, &balance["posted"]);
        }
        let verified = run(&["verify", "--database", database.url()]);
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
        for server in servers {
            assert_eq!(server.terminate(), Some(0));
        }
    });
}
