//! `…/holds`: does an operator free what a register's check keeps, and is the check paid all the same?

use super::{missing, refused, send};
use http::Method;
use serde_json::{Value, json};
use testkit::restaurant::{MAIN, MPV};
use testkit::{House, assert_number, eventually};

testkit::on_both_engines! {
    /// getPartnerHolds, deletePartnerHold, postPartnerRelease: seen, and freed one by one or with the check.
    async fn what_a_check_keeps_is_freed_and_its_bill_is_booked_late(engine: Engine) {
        let house = House::start(engine).await;
        let check = house.open_check(1, &[(MAIN, 1)], &[MPV]).await;
        house.register(1).post(&format!("{check}/offer"), &json!({})).await.unwrap();
        let path = format!("/holds?balanceId={MPV}");
        let (status, list) = send(&house, Method::GET, &path, None).await;
        assert_eq!(status, 200, "{list}");
        let hold = &list["data"][0];
        assert_number("held", "189", &hold["amount"]);
        let hold_path = format!("/holds/{}", hold["holdId"].as_str().unwrap());
        for _ in 0..2 {
            assert_eq!(send(&house, Method::DELETE, &hold_path, None).await.0, 204);
        }
        assert_number("free", "300", &house.balance(MPV).await["free"]);
        // a report of that offer comes although nothing is held any more
        let offer = hold["loyaltyOfferId"].as_str().unwrap();
        let usage = crate::partner::usage(offer, "bill-late", 1, MPV, "189");
        house.partner().post("/partner/loyalty/reportBenefitUsage", &usage).await.unwrap();
        let flags = eventually("the report", async || {
            house.usages().await.iter().find(|one| one["billId"] == "bill-late").map(|one| one["flags"].clone())
        }).await;
        assert!(flags.as_array().unwrap().contains(&json!("late")), "{flags}");
        assert_number("left", "111", &house.balance(MPV).await["posted"]);
        house.assert_verified().await;
    }

    async fn what_is_wrong_is_named_and_foreign_ids_are_not_found(engine: Engine) {
        let house = House::start(engine).await;
        house.partner().post("/partner/loyalty/getBenefitOffer", &crate::partner::offer_of(1, "10.00", MPV)).await.unwrap();
        let (_, list) = send(&house, Method::GET, &format!("/holds?balanceId={MPV}"), None).await;
        let hold = format!("/holds/{}", list["data"][0]["holdId"].as_str().unwrap());
        let check = json!({"placeId": "somewhere", "deviceNumber": 1, "checkId": "check-1"});
        let without = |name: &str| {
            let mut body = check.clone();
            body.as_object_mut().unwrap().remove(name);
            body
        };
        refused(&house, &[
            (Method::POST, "/holds/release", without("placeId"), "placeId"),
            (Method::POST, "/holds/release", without("checkId"), "checkId"),
            (Method::POST, "/holds/release", without("deviceNumber"), "deviceNumber"),
            (Method::POST, "/holds/release", json!({"placeId": "", "deviceNumber": 1, "checkId": "c"}), "placeId"),
            (Method::POST, "/holds/release", json!({"placeId": "p", "deviceNumber": 1, "checkId": "c", "all": true}), "all"),
            (Method::GET, "/holds", Value::Null, "balanceId"),
            (Method::GET, "/holds?placeId=p&checkId=c", Value::Null, "balanceId"),
            (Method::GET, "/holds?colour=red", Value::Null, "colour"),
        ]).await;
        missing(&house, &[
            (Method::GET, &format!("/holds?balanceId={MPV}"), None),
            (Method::DELETE, &hold, None),
        ]).await;
        assert_number("still held", "10", &house.balance(MPV).await["held"]);
    }
}
