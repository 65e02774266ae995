//! What becomes of a balance that a fact took below zero? The examples of loyalty.md §8.

use crate::side::*;
use serde_json::{Value, json};

async fn negative(side: &Side, negative: Value) {
    let body = json!({
        "name": "Bar U Mostu", "currencyCode": "CZK", "pricePrecision": 2, "timeZone": "Europe/Prague",
        "program": {"earn": {"points": 1, "perAmount": 10}, "negative": negative}
    });
    assert_eq!(side.admin("PUT", MERCHANT, "", Some(body)).await.status, 200);
}

fn anna(body: Value) -> Value {
    with(body, json!({"customerId": "anna"}))
}

async fn kinds(side: &Side, balance: &str) -> Vec<String> {
    let view = side.view(&format!("/balances/{balance}")).await;
    view["entries"].as_array().unwrap().iter().map(|entry| text(&entry["kind"])).collect()
}

on_both_engines! {
    /// Double spend: the voucher is frozen at −200, and an offer says so.
    async fn a_voucher_below_zero_is_frozen(side: Side) {
        side.voucher("V", 300).await;
        side.report(&report("o1", "b1", "300", &[("V", 300, 0)])).await;
        side.report(&report("o2", "b2", "200", &[("V", 200, 0)])).await;
        let view = side.view("/balances/V").await;
        assert_eq!((&view["posted"], &view["status"]), (&json!(-200), &json!("frozen")));
        let flags = side.flags("b2").await;
        assert!(flags[0].1.contains(&"overdraft".to_owned()), "{flags:?}");
        let offer = side.offer("o3", 1, 100, &["V"]).await;
        assert_eq!(offer["benefitInputs"][0]["applicable"], false, "{offer}");
        side.books_add_up().await;
    }

    /// Earn 100, spend 80 more than stays, the earning bill refunded: written off to 0; the next 50 are all there.
    async fn a_clamped_shortfall_is_written_off(side: Side) {
        side.member().await;
        negative(&side, json!({"collectablePoints": "clamp"})).await;
        let earning = anna(report("o1", "b1", "1000", &[]));
        side.report(&earning).await;
        side.report(&report("o2", "b2", "20", &[("points", 180, 0)])).await;
        side.report(&with(earning.clone(), json!({"billState": "refunded"}))).await;
        assert_eq!(side.posted("points").await, 0);
        assert_eq!(kinds(&side, "points").await.last().unwrap(), "writeOff");
        side.books_add_up().await;
        side.report(&with(earning, json!({"billState": "cancelled"}))).await;
        assert_eq!(side.posted("points").await, 0, "what was written off of a claw-back is not asked for again");
        side.report(&anna(report("o3", "b3", "500", &[]))).await;
        assert_eq!(side.state("points").await, (50, 0, 50));
        side.books_add_up().await;
    }

    /// A bill whose own shortfall was written off gives back no more than it took.
    async fn a_cancelled_bill_takes_its_write_off_along(side: Side) {
        negative(&side, json!({"multiPurposePrepaidVoucher": "clamp"})).await;
        side.voucher("V", 300).await;
        let over = report("o1", "b1", "500", &[("V", 500, 0)]);
        side.report(&over).await;
        assert_eq!(side.state("V").await, (0, 0, 0));
        side.books_add_up().await;
        side.report(&with(over, json!({"billState": "cancelled"}))).await;
        assert_eq!(side.state("V").await, (300, 0, 300));
        side.books_add_up().await;
    }
}
