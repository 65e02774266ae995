//! A bill that comes back: in which order does the provider hear of it, and what does DataSync send?

use crate::house::{MERCHANT, PLACE, SOURCE, on_both_engines};
use crate::partner::worked_offer;
use http::Method;
use serde_json::{Value, json};

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
            {"paymentMethod": "voucher", "priceWithVat": "-300"},
            {"paymentMethod": "prepaidCredit", "priceWithVat": "-100"},
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
            record["billId"].clone(), record["refunded"].clone(), record["refundedBillIdentifier"].clone(),
        )).collect();
        assert_eq!(seen, [
            (json!(id), json!(true), json!(null)),
            (corrective["billId"].clone(), json!(true), json!(id)),
        ]);
        // Versions are the numbers of the changes: those of one transaction follow each other.
        let version = |record: &Value| record["_version"].as_i64().unwrap();
        assert_eq!(version(&records[1]), version(&records[0]) + 1);
        let paid = came.iter().flat_map(|batch| batch.body["data"].as_array().unwrap()).find(|record| record["billId"] == id);
        assert!(version(paid.unwrap()) < version(&records[0]));
        assert_eq!(records[1]["items"], corrective["items"]);
        let page = house.get(&format!("/bills/{SOURCE}?refunded=1")).await.ok();
        assert_eq!(page["data"].as_array().unwrap().len(), 2);
    }

    /// Clients add up the bills that are not refunded: whatever came back, that has to be the takings.
    async fn the_bills_that_are_not_refunded_come_to_the_takings(house: House) {
        // beers sold, beers of each refund (0 for all that is left)
        let bills: [(i64, &[i64]); 5] = [(2, &[0]), (3, &[1]), (4, &[1, 2, 0]), (1, &[]), (3, &[1, 2])];
        let mut takings = 0;
        for (sold, refunds) in bills {
            let check = house.check(&[("p:beer", sold)]).await;
            let bill = house.pay(&check, &[("cash", json!(59 * sold))]).await.ok();
            let (id, mut left) = (bill["billId"].as_str().unwrap(), sold);
            for amount in refunds {
                let item = json!({"checkItemId": bill["items"][0]["id"], "amount": amount});
                let body = if *amount == 0 { json!({}) } else { json!({"items": [item]}) };
                house.pos(Method::POST, &format!("/bills/{id}/refunds"), Some(body)).await.ok();
                left -= if *amount == 0 { left } else { *amount };
            }
            takings += 59 * left;
        }
        assert_eq!(takings, 59 * 3);
        let page = house.get(&format!("/bills/{SOURCE}")).await.ok();
        let rows = page["data"].as_array().unwrap();
        let sum = |flag: bool| -> (usize, i64) {
            let rows: Vec<_> = rows.iter().filter(|row| row["refunded"] == json!(flag)).collect();
            (rows.len(), rows.iter().map(|row| row["finalPrice"].as_i64().unwrap()).sum())
        };
        assert_eq!((sum(false), sum(true)), ((3, takings), (9, 0)));
        for (flag, count) in [(0, 3), (1, 9)] {
            let page = house.get(&format!("/bills/{SOURCE}?refunded={flag}")).await.ok();
            assert_eq!(page["data"].as_array().unwrap().len(), count, "{flag}");
        }
    }

    async fn the_subscriber_hears_of_every_bill_that_counts_no_more(house: House) {
        let path = format!("/merchants/{MERCHANT}/places/{PLACE}/datasync");
        let body = json!({"url": format!("{}/sync", house.partner.url), "secret": "s3cret", "method": "PUT", "fromDate": "2026-03-01"});
        house.admin(Method::PUT, &path, Some(body)).await.ok();
        let check = house.check(&[("p:beer", 3)]).await;
        let bill = house.pay(&check, &[("cash", json!(177))]).await.ok();
        let refunds = format!("/bills/{}/refunds", bill["billId"].as_str().unwrap());
        let part = json!({"items": [{"checkItemId": bill["items"][0]["id"], "amount": 1}]});
        house.pos(Method::POST, &refunds, Some(part)).await.ok();
        house.clock.advance_seconds(60);
        house.courier.run_due().await.unwrap();
        house.pos(Method::POST, &refunds, Some(json!({}))).await.ok();
        house.clock.advance_seconds(60);
        house.courier.run_due().await.unwrap();
        let mut came = house.partner.came("/sync");
        came.retain(|batch| batch.body["dataDomain"] == "bills");
        let seen = |at: usize| -> Vec<_> {
            let records = came[at].body["data"].as_array().unwrap();
            records.iter().map(|record| record["refunded"] == json!(true)).collect()
        };
        assert_eq!(came.len(), 2);
        assert_eq!((seen(0), seen(1)), (vec![false, false], vec![true, true, true]));
        let versions: Vec<i64> = came.iter().flat_map(|batch| batch.body["data"].as_array().unwrap())
            .map(|record| record["_version"].as_i64().unwrap()).collect();
        assert!(versions.is_sorted(), "{versions:?}");
    }

    async fn what_comes_back_has_the_people_the_desk_and_the_place_of_the_bill(house: House) {
        let opened = json!({"deskId": "12", "personCount": 4, "openedBy": {"personId": 11, "fullName": "Jana Nová", "userName": "jana"}});
        let check = house.pos(Method::POST, "/checks", Some(opened)).await.body["checkId"].as_str().unwrap().to_owned();
        let lines = json!({"lines": [{"productId": "p:beer", "amount": 2}]});
        house.pos(Method::PUT, &format!("/checks/{check}/lines"), Some(lines)).await.ok();
        let paid_by = json!({"personId": 12, "fullName": "Petr", "userName": "petr"});
        let body = json!({"payments": [{"paymentMethod": "cash", "priceWithVat": 118}], "paidBy": paid_by});
        let bill = house.pos(Method::POST, &format!("/checks/{check}/pay"), Some(body)).await.ok();
        let refunds = format!("/bills/{}/refunds", bill["billId"].as_str().unwrap());
        let part = json!({"items": [{"checkItemId": bill["items"][0]["id"], "amount": 1}]});
        let corrective = house.pos(Method::POST, &refunds, Some(part)).await.ok();
        for member in ["createdBy", "paidBy", "personCount", "deskId"] {
            assert_eq!(corrective[member], bill[member], "{member}");
        }
        assert_eq!((&bill["personCount"], &bill["createdBy"]["personId"]), (&json!(4), &json!(11)));
        let by = json!({"personId": 13, "fullName": "Eva", "userName": "eva"});
        let rest = house.pos(Method::POST, &refunds, Some(json!({"paidBy": by}))).await.ok();
        assert_eq!((&rest["createdBy"], &rest["paidBy"], &rest["personCount"]), (&by, &by, &json!(4)));
    }

    /// 2.75 at 21 %, four pieces given back one by one: the corrections come to the bill's VAT.
    async fn the_vat_of_a_bill_that_is_wholly_back_is_nothing(house: House) {
        let check = house.check(&[]).await;
        let lines = json!({"lines": [{"productId": "p:open", "amount": 4, "unitPriceWithVat": 2.75}]});
        house.pos(Method::PUT, &format!("/checks/{check}/lines"), Some(lines)).await.ok();
        let bill = house.pay(&check, &[("cash", json!(11))]).await.ok();
        assert_eq!(bill["taxSummaries"], json!({"21": "1.91"}));
        let refunds = format!("/bills/{}/refunds", bill["billId"].as_str().unwrap());
        let part = json!({"items": [{"checkItemId": bill["items"][0]["id"], "amount": 1}]});
        for vat in ["-0.48", "-0.47", "-0.48", "-0.48"] {
            let corrective = house.pos(Method::POST, &refunds, Some(part.clone())).await.ok();
            assert_eq!(corrective["taxSummaries"], json!({"21": vat}));
            assert_eq!(corrective["finalPrice"].to_string(), "-2.75");
        }
    }
}
