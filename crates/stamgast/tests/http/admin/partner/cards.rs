//! `…/members/{memberId}/cards`: is a card that was lost blocked, and another one the guest's?

use super::codes::reason;
use super::send;
use http::Method;
use serde_json::{Value, json};
use testkit::{House, restaurant};

testkit::on_both_engines! {
    /// postPartnerCard, deletePartnerCard: one is lost, another takes its place.
    async fn a_lost_card_is_blocked_and_replaced(engine: Engine) {
        let house = House::start(engine).await;
        let cards = format!("/members/{}/cards", house.restaurant.member_id);
        let (status, card) = send(&house, Method::POST, &cards, Some(&json!({"code": "CARD 2/b"}))).await;
        assert_eq!((status, &card["kind"], &card["status"]), (201, &json!("card"), &json!("active")));
        assert_eq!(reason(&house, "CARD 2/b").await, Value::Null);
        let lost = format!("{cards}/{}", restaurant::CARD);
        assert_eq!(send(&house, Method::DELETE, &lost, None).await.0, 204);
        assert_eq!(reason(&house, restaurant::CARD).await, "FROZEN");
        assert_eq!(reason(&house, "CARD 2/b").await, Value::Null);
        assert_eq!(send(&house, Method::DELETE, &format!("{cards}/CARD%202%2Fb"), None).await.0, 204);
        assert_eq!(reason(&house, "CARD 2/b").await, "FROZEN");
        // found again
        let found = format!("/codes/{}", restaurant::CARD);
        assert_eq!(send(&house, Method::PUT, &found, Some(&json!({"status": "active"}))).await.0, 200);
        assert_eq!(reason(&house, restaurant::CARD).await, Value::Null);
        // a voucher is nobody's card
        assert_eq!(send(&house, Method::DELETE, &format!("{cards}/{}", restaurant::MPV), None).await.0, 404);
    }
}
