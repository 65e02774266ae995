//! `GET …/usages`: are all reports listed, each once, page by page?

use super::{missing, send};
use http::Method;
use serde_json::{Value, json};
use testkit::House;
use testkit::restaurant::{CREDIT, MPV};

testkit::on_both_engines! {
    /// getPartnerUsages: what a report said and what was odd about it, over pages and of one bill.
    async fn reports_are_listed_to_the_last(engine: Engine) {
        let house = House::start(engine).await;
        for number in 0..101 {
            let usage = crate::partner::usage(&format!("5f0000000000000000{number:06}"), &format!("bill-{number:03}"), 1, CREDIT, "1.50");
            house.partner().post("/partner/loyalty/reportBenefitUsage", &usage).await.unwrap();
        }
        let (_, first) = send(&house, Method::GET, "/usages", None).await;
        let rows = first["data"].as_array().unwrap();
        assert_eq!(rows.len(), 100);
        let one = &rows[7];
        assert_eq!((&one["billId"], &one["kind"], &one["loyaltyProviderId"]), (&json!("bill-007"), &json!("paid"), &json!(house.restaurant.loyalty_provider_id)));
        assert!(one["flags"].as_array().unwrap().contains(&json!("no_offer")), "{one}");
        testkit::assert_number("total", "1.50", &one["totalWithVat"]);
        let next = house.app.admin.get(first["nextPage"].as_str().unwrap()).await.unwrap();
        let last: Vec<&Value> = next["data"].as_array().unwrap().iter().map(|one| &one["billId"]).collect();
        assert_eq!((last, &next["nextPage"]), (vec![&json!("bill-100")], &Value::Null));
        let (_, of_bill) = send(&house, Method::GET, "/usages?billId=bill-042", None).await;
        assert_eq!(of_bill["data"].as_array().unwrap().len(), 1);
        assert_eq!(of_bill["data"][0]["billId"], "bill-042");
        let (_, none) = send(&house, Method::GET, "/usages?billId=bill-x", None).await;
        assert_eq!((&none["data"], &none["nextPage"]), (&json!([]), &Value::Null));
        testkit::assert_number("spent", "348.50", &house.balance(CREDIT).await["posted"]);
        house.assert_verified().await;
    }

    /// getPartnerUsages: a cursor that is none, a parameter that is none, another merchant.
    async fn whoever_asks_wrongly_is_told(engine: Engine) {
        let house = House::start(engine).await;
        let usage = crate::partner::usage_of(MPV, "1.00");
        house.partner().post("/partner/loyalty/reportBenefitUsage", &usage).await.unwrap();
        for (path, field) in [("/usages?after=bill-1", "after"), ("/usages?after=61.62.63", "after"), ("/usages?bill=1", "bill")] {
            let (status, answer) = send(&house, Method::GET, path, None).await;
            assert_eq!((status, &answer["field"]), (400, &json!(field)), "{path}: {answer}");
        }
        missing(&house, &[]).await;
        assert_eq!(house.app.admin.get("/admin/v1/partner/merchants/other/usages").await.unwrap()["data"], json!([]));
    }
}
