//! Is a usage report booked once, whatever it says and however often it comes?

use crate::side::*;
use serde_json::json;

/// The document's own example, unchanged (seed "Report benefit usage").
const SEED: &str = r#"{
    "loyaltyOfferId": "68b43b9ab72957e8ff5a6699", "billId": "bill-456", "loyaltyProviderId": "68230e36eb2894dfc71ed6d7",
    "deviceNumber": 1, "benefitInputs": [{"inputCode": "13191293454"}],
    "customerId": "8ea2591121e636086a4a9c0992-92228", "metadata": "{}", "currencyCode": "CZK", "countryCode": "CZ",
    "paidAt": "2025-08-31T12:10:02.240Z",
    "usedBalances": [{"balanceId": "SPV123", "usedNonControllableValue": 11, "prepaidValue": null}],
    "usedGeneralDiscounts": [],
    "paidItems": [{
        "originalCheckItemId": "svickova_bill_item_id",
        "product": {"productId": "prod-123", "name": "Svíčková 1", "categories": []},
        "amount": 4, "measure": "pcs", "vatRate": 1, "totalPriceWithVat": 500,
        "appliedBenefits": [{
            "sourceType": "balance", "appliedFromGeneralDiscountId": null, "appliedFromBalanceId": "SPV123",
            "absoluteTotalValue": 22, "applicationType": "discount"
        }]
    }],
    "paymentsByBalances": [], "otherPaymentsValue": 100, "totalWithVat": 200
}"#;

fn flags(names: &[&str]) -> Vec<(String, Vec<String>)> {
    vec![("paid".to_owned(), names.iter().map(|name| (*name).to_owned()).collect())]
}

on_both_engines! {
    async fn the_documents_example_is_taken_and_explained(side: Side) {
        let body: serde_json::Value = serde_json::from_str(SEED).unwrap();
        side.report(&body).await;
        side.report(&body).await;
        let page = side.view("/usages").await;
        let usages = page["data"].as_array().unwrap();
        assert_eq!(usages.len(), 1, "{page}");
        assert_eq!(usages[0]["flags"], json!(["no_offer"]));
        let remarks = usages[0]["remarks"].to_string();
        for about in ["balance SPV123", "customerId", "loyaltyProviderId"] {
            assert!(remarks.contains(about), "{remarks}");
        }
        assert_eq!(side.view("/quarantine").await["data"], json!([]));
        side.books_add_up().await;
    }

    /// The same example where the balance exists: booked once by its id, in the merchant's units.
    async fn the_documents_example_books_a_known_balance_once(side: Side) {
        let voucher = json!({"code": "SPV123", "type": "singlePurposePrepaidVoucher", "value": 100, "vatRate": 0.12});
        assert_eq!(side.admin("POST", MERCHANT, "/vouchers", Some(voucher)).await.status, 201);
        let body: serde_json::Value = serde_json::from_str(SEED).unwrap();
        side.report(&body).await;
        side.report(&body).await;
        assert_eq!(side.posted("SPV123").await, 89);
        side.books_add_up().await;
    }

    /// Posted 120.00, network loss, three retries: once; a fifth with 121.00: untouched, quarantine 1 (loyalty.md §7).
    async fn a_repeated_report_books_once_and_a_different_one_is_kept_aside(side: Side) {
        side.voucher("V", 300).await;
        for _ in 0..4 {
            side.report(&report("o1", "b1", "200", &[("V", 120, 0)])).await;
        }
        for _ in 0..2 {
            side.report(&report("o1", "b1", "200", &[("V", 121, 0)])).await;
        }
        assert_eq!(side.posted("V").await, 180);
        let kept = side.view("/quarantine").await;
        assert_eq!(kept["data"].as_array().unwrap().len(), 1, "{kept}");
        assert_eq!(kept["data"][0]["recordKey"], "o1/b1/paid");
        assert_eq!(side.view("/balances/V").await["entries"].as_array().unwrap().len(), 2);
        side.books_add_up().await;
    }

    /// The same content written differently is the same report: members in another order, 120.0 for 120.
    async fn the_form_of_a_body_does_not_matter(side: Side) {
        side.voucher("V", 300).await;
        let body = report("o1", "b1", "200", &[("V", 120, 0)]);
        side.report(&body).await;
        let turned = format!(
            "{{{}}}",
            body.as_object().unwrap().iter().rev().map(|(name, value)| format!("{name:?}: {value}"))
                .collect::<Vec<_>>().join(" ,\n")
        ).replace(":120,", ":120.00,");
        assert_ne!(turned, body.to_string());
        let answer = side.call("POST", "/partner/loyalty/reportBenefitUsage", &format!("Bearer {}", side.loyalty), Some(turned)).await;
        assert_eq!(answer.status, 200);
        assert_eq!(side.view("/quarantine").await["data"], json!([]));
        assert_eq!(side.posted("V").await, 180);
    }

    /// Voucher 300, D1 posts 300, D2 offline posts 200 → −200 flagged (loyalty.md §8).
    async fn a_double_spend_goes_below_zero_and_is_flagged(side: Side) {
        side.voucher("V", 300).await;
        side.report(&report("o1", "b1", "300", &[("V", 300, 0)])).await;
        side.report(&report("o2", "b2", "200", &[("V", 200, 0)])).await;
        assert_eq!(side.posted("V").await, -200);
        assert_eq!(side.flags("b1").await, flags(&["no_offer"]));
        assert_eq!(side.flags("b2").await, flags(&["no_offer", "overdraft"]));
        side.books_add_up().await;
    }

    /// The worked bill's 423.14 earn 42 points, for the customer of a known id; the feed follows (loyalty.md §9).
    async fn a_paid_bill_earns_and_the_feed_follows(side: Side) {
        let number = side.member().await;
        let paid = with(report("o1", "b1", "423.14", &[]), json!({"customerId": "anna"}));
        side.report(&paid).await;
        let customer = side.customer(number).await;
        assert_eq!(customer["points"], 142);
        assert_eq!(customer["total_orders"], 1);
        assert_eq!(customer["total_sales"].to_string(), "423.14");
        assert_eq!(customer["last_order_value"].to_string(), "423.14");
        assert_eq!(customer["date_first_order"], "2026-03-01T11:00:00+01:00");
        assert_eq!(customer["categories"], json!(["Hlavní"]));
        let entries = side.view("/balances/points").await["entries"].clone();
        assert_eq!(entries[1]["kind"], "earn");
        assert_eq!(entries[1]["billId"], "b1");
        side.books_add_up().await;
    }

    /// A top-up of 500.00 with a coffee for 60.00: credited by the report, and only the coffee earns (loyalty.md §11).
    async fn a_top_up_is_credited_by_the_report(side: Side) {
        side.member().await;
        let paid = with(report("o1", "b1", "560", &[("credit", 0, 500), ("points", 0, 10)]), json!({"customerId": "anna"}));
        side.report(&paid).await;
        assert_eq!((side.posted("credit").await, side.posted("points").await), (1400, 106));
        let remarks = side.view("/usages").await["data"][0]["remarks"].to_string();
        assert!(remarks.contains("points cannot be topped up"), "{remarks}");
        side.books_add_up().await;
    }

    async fn a_top_up_activates_an_inactive_voucher(side: Side) {
        let voucher = json!({"code": "new", "type": "multiPurposePrepaidVoucher", "value": 0, "status": "inactive"});
        assert_eq!(side.admin("POST", MERCHANT, "/vouchers", Some(voucher)).await.status, 201);
        assert_eq!(side.view("/balances/new").await["status"], "inactive");
        side.report(&report("o1", "b1", "500", &[("new", 0, 500)])).await;
        let view = side.view("/balances/new").await;
        assert_eq!((&view["status"], &view["posted"]), (&json!("active"), &json!(500)));
        let offer = side.offer("o2", 1, 200, &["new"]).await;
        assert_eq!(offer["benefitInputs"][0]["applicable"], true, "{offer}");
        side.books_add_up().await;
    }

    /// Everything a bill booked comes back once, and the feed forgets the order (loyalty.md §6 C1–C3, C11).
    async fn a_cancelled_bill_moves_nothing_in_the_end(side: Side) {
        let number = side.member().await;
        let before = side.customer(number).await;
        let paid = with(
            report("o1", "b1", "423.14", &[("points", 60, 0), ("credit", 900, 0)]),
            json!({"customerId": "anna"}),
        );
        side.report(&paid).await;
        assert_eq!((side.posted("points").await, side.posted("credit").await), (82, 0));
        for state in ["cancelled", "cancelled", "refunded"] {
            side.report(&with(paid.clone(), json!({"billState": state}))).await;
            assert_eq!((side.posted("points").await, side.posted("credit").await), (100, 900), "{state}");
            side.books_add_up().await;
        }
        assert_eq!(side.customer(number).await, before);
        let lots = side.view("/balances/credit").await["lots"].clone();
        assert_eq!(lots.as_array().unwrap().len(), 1, "value returns to its own lot: {lots}");
    }

    /// Cancel before report: the report is stored and neutral (loyalty.md §6 C10).
    async fn a_report_after_its_cancellation_books_nothing(side: Side) {
        let number = side.member().await;
        let paid = with(report("o1", "b1", "423.14", &[("credit", 300, 0)]), json!({"customerId": "anna"}));
        side.report(&with(paid.clone(), json!({"billState": "cancelled"}))).await;
        side.report(&paid).await;
        side.report(&paid).await;
        assert_eq!((side.posted("points").await, side.posted("credit").await), (100, 900));
        assert_eq!(side.customer(number).await["total_orders"], 0);
        assert_eq!(side.flags("b1").await.len(), 2);
        side.books_add_up().await;
    }

    /// Earned points that are spent already are taken back all the same (loyalty.md §8).
    async fn earnings_are_taken_back_below_zero(side: Side) {
        side.member().await;
        let earning = with(report("o1", "b1", "1000", &[]), json!({"customerId": "anna"}));
        side.report(&earning).await;
        side.report(&report("o2", "b2", "20", &[("points", 180, 0)])).await;
        assert_eq!(side.posted("points").await, 20);
        side.report(&with(earning, json!({"billState": "refunded"}))).await;
        assert_eq!(side.posted("points").await, -80);
        side.report(&with(report("o3", "b3", "500", &[]), json!({"customerId": "anna"}))).await;
        assert_eq!(side.posted("points").await, -30);
        side.report(&with(report("o4", "b4", "500", &[]), json!({"customerId": "anna"}))).await;
        assert_eq!(side.state("points").await, (20, 0, 20));
        side.books_add_up().await;
    }

    async fn a_state_nobody_knows_is_kept_and_books_nothing(side: Side) {
        side.voucher("V", 300).await;
        let odd = with(report("o1", "b1", "200", &[("V", 120, 0)]), json!({"billState": "parked"}));
        side.report(&odd).await;
        side.report(&odd).await;
        assert_eq!(side.posted("V").await, 300);
        let kept = side.view("/quarantine").await;
        assert_eq!(kept["data"].as_array().unwrap().len(), 1, "{kept}");
        assert!(kept["data"][0]["reason"].as_str().unwrap().contains("billState"), "{kept}");
        side.books_add_up().await;
    }

    async fn a_report_in_another_currency_is_kept_and_books_nothing(side: Side) {
        side.voucher("V", 300).await;
        let number = side.member().await;
        let foreign = json!({"currencyCode": "EUR", "customerId": "anna"});
        side.report(&with(report("o1", "b1", "200", &[("V", 120, 0)]), foreign)).await;
        assert_eq!((side.posted("V").await, side.posted("points").await), (300, 100));
        assert_eq!(side.customer(number).await["total_orders"], 0);
        assert_eq!(side.view("/quarantine").await["data"].as_array().unwrap().len(), 1);
        side.books_add_up().await;
    }

    /// The connection decides the merchant: another merchant's balance and customer stay as they are.
    async fn a_report_never_reaches_another_merchant(side: Side) {
        const OTHER: &str = "5f00000000000000000000a2";
        let number = side.member().await;
        side.merchant(OTHER).await;
        let foreign = side.token(OTHER, "connections", json!({"name": "other"})).await;
        let body = with(
            report("o1", "b1", "423.14", &[("credit", 300, 0), ("points", 10, 0)]),
            json!({"customerId": "anna", "merchantId": MERCHANT}),
        );
        let path = "/partner/loyalty/reportBenefitUsage";
        let answer = side.call("POST", path, &format!("Bearer {foreign}"), Some(body.to_string())).await;
        assert_eq!(answer.status, 200);
        assert_eq!((side.posted("points").await, side.posted("credit").await), (100, 900));
        assert_eq!(side.customer(number).await["total_orders"], 0);
        assert_eq!(side.view("/usages").await["data"], json!([]));
        let theirs = side.admin("GET", OTHER, "/usages", None).await.body;
        let remarks = theirs["data"][0]["remarks"].to_string();
        for about in ["merchantId", "balance credit", "customerId"] {
            assert!(remarks.contains(about), "{remarks}");
        }
        side.books_add_up().await;
    }
}
