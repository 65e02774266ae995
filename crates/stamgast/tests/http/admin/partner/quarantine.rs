//! `GET …/quarantine`: is what could not be booked kept, newest cause and all, page by page?

use super::{missing, send};
use http::Method;
use serde_json::{Value, json};
use testkit::restaurant::MPV;
use testkit::{House, assert_number};

testkit::on_both_engines! {
    /// getPartnerQuarantine: contradicting reports and unreadable records, each with its reason and its body.
    async fn what_was_set_aside_is_listed_with_its_reason(engine: Engine) {
        let house = House::start(engine).await;
        let (_, empty) = send(&house, Method::GET, "/quarantine", None).await;
        assert_eq!((&empty["data"], &empty["nextPage"]), (&json!([]), &Value::Null));
        for value in ["120.00", "121.00"] {
            let usage = crate::partner::usage("5f00000000000000000000d2", "bill-2", 1, MPV, value);
            house.partner().post("/partner/loyalty/reportBenefitUsage", &usage).await.unwrap();
        }
        let records: Vec<Value> = (0..60).map(|number| json!({"finalPrice": number})).collect();
        let batch = json!({"merchantId": house.restaurant.merchant_id, "placeId": house.restaurant.place_id, "dataDomain": "bills", "data": records});
        house.app.anyone.bearer(&house.restaurant.datasync_secret).post("/partner/datasync", &batch).await.unwrap();
        let (mut found, mut path) = (Vec::new(), format!("{}/quarantine", house.partner_admin()));
        for _ in 0..5 {
            let page = house.app.admin.get(&path).await.unwrap();
            found.extend(page["data"].as_array().unwrap().iter().cloned());
            let Some(next) = page["nextPage"].as_str() else { break };
            next.clone_into(&mut path);
        }
        assert_eq!(found.len(), 61);
        let mut ids: Vec<&str> = found.iter().map(|one| one["quarantineId"].as_str().unwrap()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 61, "each once");
        let report = found.iter().find(|one| one["recordKey"].to_string().contains("bill-2")).unwrap();
        assert!(report["reason"].as_str().unwrap().contains("another body"), "{report}");
        assert_number("the later one", "121", &report["body"]["totalWithVat"]);
        assert_eq!(report["resolvedAt"], Value::Null);
        let record = found.iter().find(|one| one["body"]["finalPrice"] == 59).unwrap();
        assert!(record["reason"].to_string().contains("billId"), "{record}");
        house.assert_verified().await;
    }

    /// getPartnerQuarantine: an `after` that is not there, another merchant, an unknown parameter.
    async fn whoever_asks_wrongly_is_told(engine: Engine) {
        let house = House::start(engine).await;
        let (status, answer) = send(&house, Method::GET, "/quarantine?after=none", None).await;
        assert_eq!((status, &answer["message"]), (404, &json!("body none not found")));
        let (status, answer) = send(&house, Method::GET, "/quarantine?page=2", None).await;
        assert_eq!((status, &answer["field"]), (400, &json!("page")), "{answer}");
        missing(&house, &[]).await;
        assert_eq!(house.app.admin.get("/admin/v1/partner/merchants/other/quarantine").await.unwrap()["data"], json!([]));
    }
}
