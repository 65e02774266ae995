//! A bill that comes back: in which order does the provider hear of it, and what does DataSync send?

use crate::house::{MERCHANT, PLACE, SOURCE, on_both_engines};
use crate::partner::worked_offer;
use http::Method;
use serde_json::json;

on_both_engines! {
    async fn a_bill_cancelled_before_its_report_went_out_is_reported_in_order(house: House) {
        house.partner.offers(worked_offer());
        let check = house.check(&[("p:main", 2), ("p:beer", 3), ("p:dessert", 1)]).await;
        house.code(&check, "card-7").await;
        house.offer(&check).await.ok();
        let bill = house.pay(&check, &[("cash", json!(23.14))]).await.ok();
        let id = bill["billId"].as_str().unwrap();
        let corrective = house.pos(Method::POST, &format!("/bills/{id}/cancel"), Some(json!({}))).await.ok();
        assert_eq!(corrective["finalPrice"].to_string(), "-423.14");
        assert_eq!(corrective["discount"].to_string(), "-226.86");
        assert_eq!(corrective["taxSummaries"], json!({"12": "-33.13", "21": "-19.78"}));
        assert_eq!(corrective["payments"], json!([
            {"paymentMethod": "voucher", "priceWithVat": "-300.00"},
            {"paymentMethod": "prepaidCredit", "priceWithVat": "-100.00"},
            {"paymentMethod": "cash", "priceWithVat": "-23.14"}]));
        // The first attempt fails; the cancellation waits behind the payment.
        house.partner.then_statuses(&[500]);
        house.courier.run_due().await.unwrap();
        house.clock.advance_seconds(15);
        house.courier.run_due().await.unwrap();
        house.clock.advance_seconds(15);
        house.courier.run_due().await.unwrap();
        let reports = house.partner.came("/reportBenefitUsage");
        let states: Vec<_> = reports.iter().map(|came| came.body["billState"].clone()).collect();
        assert_eq!(states, [json!("paid"), json!("paid"), json!("cancelled")]);
        let (paid, cancelled) = (&reports[1].body, &reports[2].body);
        assert_eq!((&cancelled["billId"], &cancelled["correctiveBillId"]), (&bill["billId"], &corrective["billId"]));
        for member in ["paidItems", "paymentsByBalances", "otherPaymentsValue", "totalWithVat", "usedGeneralDiscounts", "metadata"] {
            assert_eq!(cancelled[member], paid[member], "{member}");
        }
    }

    async fn both_bills_reach_the_subscriber(house: House) {
        let path = format!("/merchants/{MERCHANT}/places/{PLACE}/datasync");
        let body = json!({"url": format!("{}/sync", house.partner.url), "secret": "s3cret", "method": "PUT", "fromDate": "2026-03-01"});
        house.admin(Method::PUT, &path, Some(body)).await.ok();
        let check = house.check(&[("p:beer", 2)]).await;
        let bill = house.pay(&check, &[("cash", json!(118))]).await.ok();
        house.clock.advance_seconds(60);
        house.courier.run_due().await.unwrap();
        let id = bill["billId"].as_str().unwrap();
        let corrective = house.pos(Method::POST, &format!("/bills/{id}/refunds"), Some(json!({}))).await.ok();
        house.clock.advance_seconds(60);
        house.courier.run_due().await.unwrap();
        let came = house.partner.came("/sync");
        let records = came.last().unwrap().body["data"].as_array().unwrap().clone();
        let seen: Vec<_> = records.iter().map(|record| (
            record["billId"].clone(), record["refunded"].clone(), record["refundedBillIdentifier"].clone(), record["_version"].clone(),
        )).collect();
        assert_eq!(seen, [
            (json!(id), json!(true), json!(null), json!(2)),
            (corrective["billId"].clone(), json!(false), json!(id), json!(1)),
        ]);
        assert_eq!(records[1]["items"], corrective["items"]);
        let page = house.get(&format!("/bills/{SOURCE}?refunded=1")).await.ok();
        assert_eq!(page["data"].as_array().unwrap().len(), 1);
    }
}
