//! Is everything what the clock says, whether the sweeper came by or not?

use crate::side::*;
use serde_json::{Value, json};

/// Bob with his card and a points balance; Silver from 1000.00 within a month, kept to a month's end, earns twice.
async fn bob(side: &Side) {
    let program = json!({
        "earn": {"points": 1, "perAmount": 10, "multipliers": [{"times": 2, "tiers": ["Silver"]}]},
        "tiers": [{"tierId": "Silver", "threshold": 1000, "of": "spend", "windowMonths": 1}],
        "keep": {"untilEndOf": "month"}
    });
    let body = json!({"name": "Bar U Mostu", "currencyCode": "CZK", "pricePrecision": 2, "timeZone": "Europe/Prague",
        "holdTtlSeconds": 180, "program": program});
    assert_eq!(side.admin("PUT", MERCHANT, "", Some(body)).await.status, 200);
    let body = json!({"memberId": "bob", "cards": ["card-b"], "person": {"firstName": "Bob"},
        "balances": [{"balanceId": "points", "type": "collectablePoints"}]});
    assert_eq!(side.admin("POST", MERCHANT, "/members", Some(body)).await.status, 201);
}

/// A bill of bob that was paid at an instant; what it earned.
async fn earns(side: &Side, number: &str, total: &str, paid_at: &str) -> i64 {
    let before = side.posted("points").await;
    let body = report(&format!("o-{number}"), number, total, &[]);
    side.report(&with(body, json!({"customerId": "bob", "paidAt": paid_at}))).await;
    side.posted("points").await - before
}

async fn tier(side: &Side) -> Value {
    side.offer("o-tier", 7, 10, &["card-b"]).await["customer"]["loyaltyStatus"].clone()
}

async fn reason(side: &Side, code: &str) -> Value {
    side.offer("o-reason", 9, 100, &[code]).await["benefitInputs"][0]["reasonCode"].clone()
}

async fn at(side: &Side, instant: &str, swept: bool) {
    side.clock.set(instant.parse().unwrap());
    if swept {
        side.partner.sweep().await.unwrap();
    }
}

/// Silver in March, still reached at the end of March, not reached at the end of April.
async fn a_tier_goes_by_the_clock(side: &Side, swept: bool) {
    bob(side).await;
    at(side, "2026-03-15T10:00:00Z", swept).await;
    assert_eq!(earns(side, "b1", "1000", "2026-03-15T10:00:00Z").await, 100);
    assert_eq!(earns(side, "b2", "100", "2026-03-16T10:00:00Z").await, 20);
    // judged at the end of March, when it was reached, and not today, when it is not any more
    at(side, "2026-03-31T22:00:00Z", swept).await;
    at(side, "2026-04-20T10:00:00Z", swept).await;
    assert_eq!(tier(side).await, json!("Silver"));
    assert_eq!(earns(side, "b3", "100", "2026-04-20T10:00:00Z").await, 20);
    at(side, "2026-05-02T10:00:00Z", swept).await;
    assert_eq!(tier(side).await, Value::Null);
    // told late: it was paid when the tier was there
    assert_eq!(earns(side, "b4", "100", "2026-04-30T21:59:59Z").await, 20);
    assert_eq!(earns(side, "b5", "100", "2026-04-30T22:00:00Z").await, 10);
    at(side, "2026-05-03T10:00:00Z", swept).await;
    assert_eq!(earns(side, "b6", "100", "2026-04-30T21:59:59Z").await, 20);
    assert_eq!(earns(side, "b7", "1000", "2026-05-03T10:00:00Z").await, 100);
    assert_eq!(earns(side, "b8", "100", "2026-05-03T10:00:00Z").await, 20);
    side.books_add_up().await;
}

/// Who tells only in April that March's bill never was does not say what was judged at the end of March.
async fn a_kept_tier_outlives_its_bill(side: &Side, swept: bool) {
    bob(side).await;
    at(side, "2026-03-15T10:00:00Z", swept).await;
    assert_eq!(earns(side, "b1", "1000", "2026-03-15T10:00:00Z").await, 100);
    at(side, "2026-04-05T10:00:00Z", swept).await;
    // it names neither the member nor an offer that anybody knows
    side.report(&with(report("o-b1", "b1", "1000", &[]), json!({"billState": "cancelled"}))).await;
    assert_eq!(tier(side).await, json!("Silver"));
    at(side, "2026-05-02T10:00:00Z", swept).await;
    assert_eq!(tier(side).await, Value::Null);
    side.books_add_up().await;
}

/// Value that ended is said to have ended, value that was used to have been used.
async fn an_ended_voucher_says_so(side: &Side, swept: bool) {
    for (code, until) in [("ENDS", json!("2026-03-02T10:00:00Z")), ("USED", Value::Null)] {
        let body =
            json!({"code": code, "type": "multiPurposePrepaidVoucher", "value": 300, "validUntil": until});
        assert_eq!(side.admin("POST", MERCHANT, "/vouchers", Some(body)).await.status, 201);
    }
    // a code that does not end itself
    let body = json!({"code": "OPEN", "kind": "voucher", "balanceId": "ENDS"});
    assert_eq!(side.admin("POST", MERCHANT, "/codes", Some(body)).await.status, 201);
    let bill = report("o1", "b1", "100", &[("ENDS", 100, 0), ("USED", 300, 0)]);
    side.report(&bill).await;
    assert_eq!(
        (reason(side, "OPEN").await, reason(side, "USED").await),
        (Value::Null, json!("ALREADY_USED"))
    );
    at(side, "2026-03-02T10:00:00Z", swept).await;
    assert_eq!(
        (reason(side, "OPEN").await, reason(side, "USED").await),
        (json!("EXPIRED"), json!("ALREADY_USED"))
    );
    // what comes back ends at once
    side.report(&with(bill, json!({"billState": "cancelled"}))).await;
    assert_eq!((reason(side, "OPEN").await, reason(side, "USED").await), (json!("EXPIRED"), Value::Null));
    side.books_add_up().await;
}

on_both_engines! {
    async fn a_tier_that_was_swept(side: Side) {
        a_tier_goes_by_the_clock(&side, true).await;
    }

    async fn a_tier_that_was_not_swept(side: Side) {
        a_tier_goes_by_the_clock(&side, false).await;
    }

    async fn a_kept_tier_that_was_swept(side: Side) {
        a_kept_tier_outlives_its_bill(&side, true).await;
    }

    async fn a_kept_tier_that_was_not_swept(side: Side) {
        a_kept_tier_outlives_its_bill(&side, false).await;
    }

    /// A bill of which only its record tells counts for the tier as one that was reported does.
    async fn a_record_of_a_bill_is_judged_too(side: Side) {
        bob(&side).await;
        let record = |change| with(json!({"billId": "b1", "finalPrice": 1000, "paidAt": "2026-03-01T10:00:00Z",
            "customerId": "bob", "_version": 1, "items": []}), change);
        side.sync("bills", json!([record(json!({"finalPrice": 999}))])).await;
        assert_eq!(tier(&side).await, Value::Null);
        side.sync("bills", json!([record(json!({"_version": 2, "currencyCode": "EUR"}))])).await;
        assert_eq!(tier(&side).await, Value::Null, "another currency");
        side.sync("bills", json!([record(json!({"_version": 3, "currencyCode": "CZK"}))])).await;
        assert_eq!(tier(&side).await, json!("Silver"));
        // judged at the end of March as it was then
        side.clock.set("2026-04-05T10:00:00Z".parse().unwrap());
        side.sync("bills", json!([record(json!({"_version": 4, "refunded": true}))])).await;
        assert_eq!(tier(&side).await, json!("Silver"));
        side.clock.set("2026-05-02T10:00:00Z".parse().unwrap());
        assert_eq!(tier(&side).await, Value::Null);
        side.books_add_up().await;
    }

    async fn an_ended_voucher_that_was_swept(side: Side) {
        an_ended_voucher_says_so(&side, true).await;
    }

    async fn an_ended_voucher_that_was_not_swept(side: Side) {
        an_ended_voucher_says_so(&side, false).await;
    }
}
