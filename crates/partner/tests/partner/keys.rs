//! How long does a call that was named by an `Idempotency-Key` count once?

use crate::side::*;
use axum::body::Body;
use axum::http::{Request, header};
use db::{Never, TxError};
use serde_json::json;
use tower::ServiceExt as _;

db::statement! {
    /// How many keys are kept.
    COUNT_KEYS -> i64 = "SELECT COUNT(*) FROM partner_idempotency";
}

async fn adjust(side: &Side, key: &str) -> u16 {
    let request = Request::builder()
        .method("POST")
        .uri(format!("/admin/v1/partner/merchants/{MERCHANT}/balances/V/adjust"))
        .header(header::AUTHORIZATION, format!("Bearer {}", side.admin))
        .header(header::CONTENT_TYPE, "application/json")
        .header("idempotency-key", key)
        .body(Body::from(json!({"amount": 10, "reason": "goodwill"}).to_string()))
        .unwrap();
    side.router().oneshot(request).await.unwrap().status().as_u16()
}

async fn kept(side: &Side) -> i64 {
    let counted =
        side.db.read("count_keys", |tx| Ok::<_, TxError<Never>>(tx.optional(&COUNT_KEYS, &[])?.unwrap()));
    counted.await.unwrap()
}

on_both_engines! {
    async fn a_key_is_kept_for_72_hours_and_then_swept(side: Side) {
        side.voucher("V", 300).await;
        assert_eq!(adjust(&side, "a").await, 200);
        side.clock.advance_seconds(72 * 3600 - 1);
        assert_eq!(adjust(&side, "a").await, 200);
        assert_eq!(adjust(&side, "b").await, 200);
        assert_eq!(side.posted("V").await, 320, "a booked once, b once");
        // at equality it is over, before the sweeper has come by as well
        side.clock.advance_seconds(1);
        assert_eq!(adjust(&side, "a").await, 200);
        assert_eq!((side.posted("V").await, kept(&side).await), (330, 2));
        side.clock.advance_seconds(72 * 3600 - 1);
        side.partner.sweep().await.unwrap();
        assert_eq!(kept(&side).await, 1, "b is over, a is in its second life");
        side.clock.advance_seconds(1);
        side.partner.sweep().await.unwrap();
        assert_eq!(kept(&side).await, 0);
        side.books_add_up().await;
    }
}
