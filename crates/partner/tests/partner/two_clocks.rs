//! Do the books add up where servers' clocks differ, and where a clock is set back?

use crate::side::*;
use axum::Router;
use outside::ManualClock;
use serde_json::{Value, json};
use std::sync::Arc;

/// A server with a clock of its own.
struct Server {
    router: Router,
    clock: Arc<ManualClock>,
    token: String,
}

impl Server {
    /// On the database of `side`; its clock shows `instant`.
    async fn beside(side: &Side, instant: &str) -> Self {
        let clock = Arc::new(ManualClock::at(instant.parse().unwrap()));
        let router = side.second_at(clock.clone()).await;
        Self { router, clock, token: format!("Bearer {}", side.loyalty) }
    }

    async fn post(&self, name: &str, body: Value) {
        let path = format!("/partner/loyalty/{name}");
        let answer = send(self.router.clone(), "POST", &path, &self.token, Some(body.to_string())).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    async fn offer(&self, offer: &str, device: i64, total: i64, codes: &[&str]) {
        self.post("getBenefitOffer", question(offer, device, total, codes)).await;
    }

    async fn report(&self, body: Value) {
        self.post("reportBenefitUsage", body).await;
    }
}

fn at(side: &Side, instant: &str) {
    side.clock.set(instant.parse().unwrap());
}

on_both_engines! {
    /// A member joins at a server whose clock is ahead, and pays at once at the other one.
    async fn a_report_at_a_clock_behind(side: Side) {
        let behind = Server::beside(&side, START).await;
        at(&side, "2026-03-01T10:00:02Z");
        side.member().await;
        side.voucher("V", 300).await;
        behind.report(with(report("o1", "b1", "120", &[("V", 120, 0), ("credit", 5, 0)]), json!({"customerId": "anna"}))).await;
        side.books_add_up().await;
        behind.report(with(report("o1", "b1", "120", &[]), json!({"billState": "cancelled"}))).await;
        side.books_add_up().await;
    }

    /// A balance that was opened after a report had named it has nothing of that report, whatever the clocks say.
    async fn a_balance_that_came_later(side: Side) {
        side.report(&report("o1", "b1", "120", &[("credit", 5, 0)])).await;
        at(&side, "2026-02-28T10:00:00Z");
        side.member().await;
        side.books_add_up().await;
        side.report(&report("o2", "b2", "120", &[("credit", 5, 0)])).await;
        assert_eq!(side.posted("credit").await, 895);
        side.books_add_up().await;
    }

    /// A hold that is over at one server still counts at the other.
    async fn a_hold_that_is_over_at_one_of_them(side: Side) {
        let behind = Server::beside(&side, START).await;
        side.voucher("V", 300).await;
        behind.offer("o1", 1, 200, &["V"]).await;
        // over at 10:03:00
        at(&side, "2026-03-01T10:03:01Z");
        behind.clock.set("2026-03-01T10:02:59Z".parse().unwrap());
        side.offer("o2", 2, 300, &["V"]).await;
        side.books_add_up().await;
        behind.offer("o3", 3, 10, &["V"]).await;
        side.books_add_up().await;
        side.report(&report("o2", "b2", "300", &[("V", 300, 0)])).await;
        side.books_add_up().await;
        behind.offer("o4", 3, 20, &["V"]).await;
        side.books_add_up().await;
        behind.report(report("o1", "b1", "200", &[("V", 200, 0)])).await;
        side.books_add_up().await;
        assert_eq!(side.posted("V").await, -200);
    }

    /// The clock is set back a day, and everything goes on.
    async fn a_clock_that_is_set_back(side: Side) {
        let program = json!({"earn": {"points": 1, "perAmount": 10},
            "expiry": {"collectablePoints": {"days": 1, "sliding": true}}});
        let body = json!({"name": "Bar U Mostu", "currencyCode": "CZK", "pricePrecision": 2,
            "timeZone": "Europe/Prague", "holdTtlSeconds": 180, "program": program});
        assert_eq!(side.admin("PUT", MERCHANT, "", Some(body)).await.status, 200);
        side.member().await;
        side.voucher("V", 300).await;
        let anna = |offer: &str, bill: &str, total: &str, used: &[(&str, i64, i64)]| {
            with(report(offer, bill, total, used), json!({"customerId": "anna"}))
        };
        side.report(&anna("o1", "b1", "100", &[])).await;
        side.report(&anna("o2", "b2", "200", &[("points", 105, 0)])).await;
        side.offer("o3", 3, 100, &["V", "card-1"]).await;
        at(&side, "2026-03-03T10:00:00Z");
        side.partner.sweep().await.unwrap();
        side.books_add_up().await;
        side.offer("o4", 4, 50, &["V"]).await;
        for back in ["2026-03-02T10:00:00Z", "2026-03-01T09:00:00Z"] {
            at(&side, back);
            side.books_add_up().await;
            // what had ended comes back to a lot that is alive again, and its end moves
            side.report(&with(anna("o2", "b2", "200", &[]), json!({"billState": "cancelled"}))).await;
            side.books_add_up().await;
            let name = back.replace(':', "");
            side.report(&anna(&format!("o5{name}"), &format!("b5{name}"), "300", &[("V", 10, 0)])).await;
            side.offer("o4", 4, 60, &["V"]).await;
            side.offer(&format!("o6{name}"), 6, 300, &["V", "card-1"]).await;
            side.books_add_up().await;
            side.partner.sweep().await.unwrap();
            side.books_add_up().await;
        }
        side.report(&with(anna("o1", "b1", "100", &[]), json!({"billState": "cancelled"}))).await;
        side.books_add_up().await;
    }
}
