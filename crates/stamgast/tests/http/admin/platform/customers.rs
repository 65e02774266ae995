//! `DELETE …/customers/{customerId}`: are a guest's traces gone from what the cloud keeps?

use super::{at, send};
use http::Method;
use serde_json::{Value, json};
use testkit::restaurant::{CARD, MAIN};
use testkit::{House, eventually};

testkit::on_both_engines! {
    /// deletePlatformCustomer: kept checks and usages name nobody any more; the bill stays; again, and of nobody, nothing happens.
    async fn a_guest_is_forgotten_and_the_bill_stays(engine: Engine) {
        let house = House::start(engine).await;
        let register = house.register(1);
        let check = house.open_check(1, &[(MAIN, 1)], &[CARD]).await;
        let shown = register.post(&format!("{check}/offer"), &json!({})).await.unwrap();
        let payments = if shown["toPay"] == 0 { json!([]) } else { json!([{"paymentMethod": "cash", "priceWithVat": shown["toPay"]}]) };
        let bill = register.post(&format!("{check}/pay"), &json!({"payments": payments})).await.unwrap();
        let platform = house.platform().await;
        let list = format!("/loyalty/{}/benefitUsages", house.restaurant.source_id);
        let usage = async || platform.get(&list).await.unwrap()["data"][0].clone();
        eventually("the report", async || (usage().await["synchronized"] == true).then_some(())).await;
        assert_eq!(usage().await["payload"]["customerId"], house.restaurant.member_id.as_str());
        let kept = async || register.get(&check).await.unwrap().to_string();
        assert!(kept().await.contains(CARD), "the check still says what was scanned");
        let path = at(&house, &format!("/customers/{}", house.restaurant.member_id));
        for path in [&path, &path, &at(&house, "/customers/nobody")] {
            let (status, answer) = send(&house, Method::DELETE, path, None).await;
            assert_eq!((status, answer), (204, Value::Null));
        }
        let after = usage().await;
        for copy in [after.to_string(), kept().await] {
            assert!(!copy.contains(CARD) && !copy.contains("Jana"), "{copy}");
        }
        assert_eq!(after["payload"]["billId"], bill["billId"]);
        let read = platform.get(&format!("/bills/{}/{}", house.restaurant.source_id, bill["billId"].as_str().unwrap())).await.unwrap();
        assert_eq!(read["finalPrice"], bill["finalPrice"]);
        let (status, answer) = send(&house, Method::DELETE, "/admin/v1/platform/merchants/nobody/customers/x", None).await;
        assert_eq!((status, &answer["message"]), (404, &json!("merchant nobody not found")));
    }
}
