//! Does a guest with a long history cost what a fresh one does, and is it all the same to the books?
//!
//! What bills earn until the same end lies in one lot, shortfalls are read as far as something fills them, and totals move
//! by what a bill changed. Nobody who looks at numbers, refunds or ends can tell.

use crate::side::*;
use serde_json::{Value, json};

/// More shortfalls than are read at a time.
const MANY: usize = 70;

/// Anna's bill without an offer.
fn bill(number: usize, total: &str, used: &[(&str, i64, i64)]) -> Value {
    with(report(&format!("o{number}"), &format!("b{number}"), total, used), json!({"customerId": "anna"}))
}

fn cancelled(bill: Value) -> Value {
    with(bill, json!({"billState": "cancelled"}))
}

impl Side {
    async fn program(&self, program: Value) {
        let body = json!({"name": "Bar U Mostu", "currencyCode": "CZK", "pricePrecision": 2,
            "timeZone": "Europe/Prague", "holdTtlSeconds": 180, "program": program});
        assert_eq!(self.admin("PUT", MERCHANT, "", Some(body)).await.status, 200);
    }

    fn at(&self, instant: &str) {
        self.clock.set(instant.parse().unwrap());
    }

    /// Issued, remaining, end of the lots that bills earned on the points balance.
    async fn earned(&self) -> Vec<(i64, i64, Option<String>)> {
        let view = self.view("/balances/points").await;
        let lots = view["lots"].as_array().unwrap().iter().filter(|lot| lot["source"] == "bills");
        let number = |lot: &Value, name: &str| lot[name].as_i64().unwrap();
        lots.map(|lot| {
            (number(lot, "issued"), number(lot, "remaining"), lot["expiresAt"].as_str().map(str::to_owned))
        })
        .collect()
    }

    /// What is missing on a balance, the oldest first.
    async fn shortfalls(&self, balance: &str) -> Vec<i64> {
        let view = self.view(&format!("/balances/{balance}")).await;
        let left = view["lots"].as_array().unwrap().iter().map(|lot| lot["remaining"].as_i64().unwrap());
        left.filter(|left| *left < 0).collect()
    }
}

on_both_engines! {
    /// Refunds in another order than the bills take back what each bill earned.
    async fn what_bills_earn_lies_in_one_lot(side: Side) {
        side.member().await;
        for (number, total) in [(1, "100"), (2, "200"), (3, "300")] {
            side.report(&bill(number, total, &[])).await;
        }
        assert_eq!(side.earned().await, [(60, 60, None)]);
        side.report(&cancelled(bill(2, "200", &[]))).await;
        assert_eq!(side.earned().await, [(60, 40, None)]);
        // the opening value goes first, then 30 of the 40
        side.report(&bill(4, "0", &[("points", 130, 0)])).await;
        assert_eq!(side.earned().await, [(60, 10, None)]);
        side.report(&cancelled(bill(3, "300", &[]))).await;
        assert_eq!((side.posted("points").await, side.shortfalls("points").await), (-20, vec![-20]));
        side.report(&bill(5, "500", &[])).await;
        assert_eq!(side.posted("points").await, 30);
        side.books_add_up().await;
        for one in [bill(4, "0", &[("points", 130, 0)]), bill(5, "500", &[]), bill(1, "100", &[])] {
            side.report(&cancelled(one)).await;
            side.books_add_up().await;
        }
        assert_eq!(side.posted("points").await, 100, "as it began");
    }

    async fn another_end_is_another_lot(side: Side) {
        side.program(json!({"earn": {"points": 1, "perAmount": 10}, "expiry": {"collectablePoints": {"days": 1}}})).await;
        side.member().await;
        let (second, third) = (Some("2026-03-02T23:00:00.000Z".to_owned()), Some("2026-03-03T23:00:00.000Z".to_owned()));
        side.report(&bill(1, "100", &[])).await;
        side.at("2026-03-01T22:59:59Z");
        side.report(&bill(2, "200", &[])).await;
        assert_eq!(side.earned().await, [(30, 30, second.clone())]);
        side.at("2026-03-02T10:00:00Z");
        side.report(&bill(3, "300", &[])).await;
        assert_eq!(side.earned().await, [(30, 30, second.clone()), (30, 30, third.clone())]);
        side.report(&cancelled(bill(1, "100", &[]))).await;
        side.at("2026-03-02T23:00:00Z");
        side.partner.sweep().await.unwrap();
        assert_eq!(side.earned().await, [(30, 0, second), (30, 30, third)]);
        assert_eq!(side.posted("points").await, 130);
        side.books_add_up().await;
    }

    /// Each bill moves the end of all, so all of them are one lot.
    async fn a_sliding_end_is_one_end(side: Side) {
        let expiry = json!({"collectablePoints": {"days": 1, "sliding": true}});
        side.program(json!({"earn": {"points": 1, "perAmount": 10}, "expiry": expiry})).await;
        side.member().await;
        for (number, day) in [(1, "2026-03-01"), (2, "2026-03-02"), (3, "2026-03-03")] {
            side.at(&format!("{day}T10:00:00Z"));
            side.report(&bill(number, "100", &[])).await;
        }
        assert_eq!(side.earned().await, [(30, 30, Some("2026-03-04T23:00:00.000Z".to_owned()))]);
        side.report(&cancelled(bill(1, "100", &[]))).await;
        assert_eq!(side.posted("points").await, 120);
        side.books_add_up().await;
        side.at("2026-03-04T23:00:00Z");
        side.partner.sweep().await.unwrap();
        assert_eq!(side.posted("points").await, 100);
        side.books_add_up().await;
    }

    /// Points that wait become free each at its own instant.
    async fn pending_points_keep_their_instants(side: Side) {
        side.program(json!({"earn": {"points": 1, "perAmount": 10, "pendingDays": 1}})).await;
        side.member().await;
        for (number, hour) in [(1, 10), (2, 11)] {
            side.at(&format!("2026-03-01T{hour}:00:00Z"));
            side.report(&bill(number, "100", &[])).await;
        }
        assert_eq!(side.earned().await.len(), 2);
        for (instant, free) in [("2026-03-02T09:59:59Z", 100), ("2026-03-02T10:00:00Z", 110), ("2026-03-02T11:00:00Z", 120)] {
            side.at(instant);
            assert_eq!(side.state("points").await.2, free, "{instant}");
        }
        side.report(&cancelled(bill(1, "100", &[]))).await;
        assert_eq!(side.state("points").await.2, 110);
        side.books_add_up().await;
    }

    /// Hundreds of shortfalls: a top-up fills the oldest ones, a cancelled bill its own, however far back it is.
    async fn many_shortfalls_are_filled_in_their_order(side: Side) {
        side.member().await;
        let used = [("credit", 1, 0)];
        side.report(&bill(1_000, "900", &[("credit", 900, 0)])).await;
        for number in 0..MANY {
            side.report(&bill(number, "0", &used)).await;
        }
        assert_eq!(side.shortfalls("credit").await, vec![-1; MANY]);
        side.offer("asks", 7, 100, &["card-1"]).await;
        assert_eq!(side.posted("credit").await, -70);
        side.report(&cancelled(bill(MANY - 1, "0", &used))).await;
        side.report(&cancelled(bill(3, "0", &used))).await;
        assert_eq!(side.shortfalls("credit").await.len(), MANY - 2);
        side.books_add_up().await;
        side.report(&bill(2_000, "66", &[("credit", 0, 66)])).await;
        assert_eq!((side.posted("credit").await, side.shortfalls("credit").await), (-2, vec![-1; 2]));
        side.report(&bill(2_001, "10", &[("credit", 0, 10)])).await;
        assert_eq!((side.posted("credit").await, side.shortfalls("credit").await), (8, vec![]));
        side.books_add_up().await;
        // the top-up filled its shortfall: what comes back is value
        side.report(&cancelled(bill(0, "0", &used))).await;
        assert_eq!(side.posted("credit").await, 9);
        side.books_add_up().await;
    }

    /// What holds had kept fills hundreds of shortfalls when the holds have ended, each for its bill.
    async fn ended_holds_fill_many_shortfalls(side: Side) {
        side.member().await;
        side.offer("holds", 9, 900, &["card-1"]).await;
        let held = side.state("credit").await.1;
        assert!(held > 0, "{held}");
        let used = [("credit", 900 - held + 1, 0)];
        side.report(&bill(0, "0", &used)).await;
        for number in 1..MANY {
            side.report(&bill(number, "0", &[("credit", 1, 0)])).await;
        }
        assert_eq!(side.shortfalls("credit").await, vec![-1; MANY]);
        side.books_add_up().await;
        side.clock.advance_seconds(180);
        side.offer("asks", 7, 100, &["card-1"]).await;
        assert_eq!(side.shortfalls("credit").await, Vec::<i64>::new());
        side.books_add_up().await;
        side.report(&cancelled(bill(5, "0", &[("credit", 1, 0)]))).await;
        side.books_add_up().await;
    }

    /// An earning that had filled many shortfalls is taken back as one.
    async fn one_cause_digs_one_hole(side: Side) {
        side.member().await;
        side.report(&bill(1_000, "0", &[("points", 100, 0)])).await;
        for number in 0..3 {
            side.report(&bill(number, "0", &[("points", 5, 0)])).await;
        }
        side.report(&bill(10, "150", &[])).await;
        assert_eq!((side.posted("points").await, side.shortfalls("points").await), (0, vec![]));
        side.report(&cancelled(bill(10, "150", &[]))).await;
        assert_eq!((side.posted("points").await, side.shortfalls("points").await), (-15, vec![-15]));
        side.books_add_up().await;
        side.report(&bill(11, "200", &[])).await;
        assert_eq!(side.posted("points").await, 5);
        side.books_add_up().await;
    }

    /// The feed's totals follow one bill through everything that may be told of it.
    async fn totals_move_by_what_a_bill_changes(side: Side) {
        let number = side.member().await;
        let record = |id: &str, price: i64, deleted: bool| {
            json!([{"billId": id, "finalPrice": price, "paidAt": "2026-03-01T12:00:00Z", "customerId": "anna",
                "_version": price, "items": [], "deleted": deleted}])
        };
        let totals = async || {
            let customer = side.customer(number).await;
            (customer["total_orders"].clone(), customer["total_sales"].clone())
        };
        side.report(&bill(1, "100", &[])).await;
        let one = totals().await;
        side.report(&bill(1, "100", &[])).await;
        assert_eq!(totals().await, one, "told twice");
        side.report(&bill(2, "50", &[])).await;
        side.sync("bills", record("b2", 60, false)).await;
        side.books_add_up().await;
        side.report(&cancelled(bill(1, "100", &[]))).await;
        side.books_add_up().await;
        side.sync("bills", record("b3", 70, false)).await;
        side.sync("bills", record("b3", 80, true)).await;
        side.books_add_up().await;
        side.report(&cancelled(bill(2, "50", &[]))).await;
        side.books_add_up().await;
    }
}
