//! Paying: the bill, its numbers, what is reported, and what never happens twice.

use crate::house::{MERCHANT, PLACE, PROVIDER, SOURCE, on_both_engines};
use crate::partner::worked_offer;
use http::Method;
use jiff::SignedDuration;
use outside::Clock as _;
use serde_json::json;
use std::sync::atomic::Ordering;
use std::time::Duration;

db::statement! {
    /// As a process leaves it that died while it asked.
    LEAVE_TURN = "UPDATE platform_check SET turn_ends_at = $2 WHERE merchant = $1";
}

on_both_engines! {
    async fn a_sale_without_loyalty(house: House) {
        let check = house.check(&[("p:main", 2), ("p:beer", 3)]).await;
        let wrong = house.pay(&check, &[("cash", json!(500)), ("card", json!(54.99))]).await;
        assert_eq!(wrong.error(), (400, "PAYMENT_MISMATCH"), "{}", wrong.body);
        assert_eq!((wrong.body["expected"].to_string(), wrong.body["found"].to_string()), ("555".into(), "554.99".into()));
        for payments in [&[("cash", json!(600)), ("card", json!(-45))][..], &[("", json!(555))], &[("cash", json!(555.001))]] {
            assert_eq!(house.pay(&check, payments).await.status, 400, "{payments:?}");
        }
        let bill = house.pay(&check, &[("cash", json!(500)), ("card", json!(55))]).await.ok();
        let id = bill["billId"].as_str().unwrap();
        assert_eq!((&id[2..], id.len()), ("2026000001", 12));
        assert_eq!(bill["finalPrice"], json!(555));
        assert_eq!(bill["taxSummaries"], json!({"12": "40.5", "21": "30.72"}));
        assert_eq!(bill["finalPriceWithoutTax"], json!("483.78"));
        assert_eq!(bill["paymentMethod"], json!("split"));
        assert_eq!(bill["payments"], json!([{"paymentMethod": "cash", "priceWithVat": "500"},
            {"paymentMethod": "card", "priceWithVat": "55"}]));
        assert_eq!(bill["createdAt"], json!("2026-03-01T14:00:00+01:00"));
        assert_eq!(bill["items"][1]["price"], json!(59));
        assert_eq!(bill["items"][1]["vatRate"].to_string(), "0.21");
        // Paying again, whatever is said now, gives the same bill; nothing else can be done with the check.
        assert_eq!(house.pay(&check, &[("card", json!(1))]).await.ok(), bill);
        for (method, path, body) in [
            (Method::PUT, "lines", Some(json!({"lines": []}))),
            (Method::POST, "codes", Some(json!({"inputCode": "card-7"}))),
            (Method::POST, "offer", None),
            (Method::DELETE, "offer", None),
        ] {
            let answer = house.pos(method, &format!("/checks/{check}/{path}"), body).await;
            assert_eq!(answer.error(), (409, "CHECK_PAID"), "{path}");
            assert_eq!(answer.body["billId"], json!(id));
        }
        assert_eq!(house.pos(Method::GET, &format!("/bills/{id}"), None).await.ok(), bill);
        assert_eq!(house.get(&format!("/bills/{SOURCE}/{id}")).await.ok(), bill);
        let shown = house.pos(Method::GET, &format!("/checks/{check}"), None).await.ok();
        assert_eq!((&shown["state"], &shown["billId"]), (&json!("paid"), &json!(id)));
        house.courier.run_due().await.unwrap();
        assert!(house.partner.came("/reportBenefitUsage").is_empty());
        let empty = house.check(&[]).await;
        assert_eq!(house.pay(&empty, &[]).await.error(), (409, "EMPTY_BASKET"));
    }

    async fn the_worked_bill_and_its_report(house: House) {
        house.partner.offers(worked_offer());
        let check = house.check(&[("p:main", 2), ("p:beer", 3), ("p:dessert", 1)]).await;
        house.code(&check, "card-7").await;
        house.offer(&check).await.ok();
        let woken = house.woken.load(Ordering::SeqCst);
        let bill = house.pay(&check, &[("cash", json!(23.14))]).await.ok();
        assert_eq!(bill["finalPrice"].to_string(), "423.14");
        assert_eq!(bill["discount"].to_string(), "226.86");
        assert_eq!(bill["taxSummaries"], json!({"12": "33.13", "21": "19.78"}));
        assert_eq!(bill["taxes"], json!([
            {"vat": "12", "totalVat": "33.13", "totalWithoutVat": "276.04"},
            {"vat": "21", "totalVat": "19.78", "totalWithoutVat": "94.19"}]));
        assert_eq!(bill["payments"], json!([
            {"paymentMethod": "voucher", "priceWithVat": "300"},
            {"paymentMethod": "prepaidCredit", "priceWithVat": "100"},
            {"paymentMethod": "cash", "priceWithVat": "23.14"}]));
        assert_eq!(bill["customerId"], json!("member-7"));
        assert_eq!(house.woken.load(Ordering::SeqCst), woken + 1, "the courier was woken after the commit");
        let asked = house.partner.came("/getBenefitOffer");
        assert_eq!(asked.len(), 2, "once shown, once before the payment");
        assert_eq!(asked[0].body, asked[1].body, "the same question under the same id");

        // The partner fails once; the same bytes come again and are then done with.
        house.partner.then_statuses(&[500]);
        house.courier.run_due().await.unwrap();
        let waiting = house.get(&format!("/loyalty/{SOURCE}/benefitUsages?synchronized=false")).await.ok();
        assert_eq!(waiting["data"][0]["attempts"], json!(1));
        assert!(waiting["data"][0]["lastError"].as_str().unwrap().contains("500"), "{waiting}");
        house.clock.advance_seconds(15);
        house.courier.run_due().await.unwrap();
        house.clock.advance_seconds(3600);
        house.courier.run_due().await.unwrap();
        let reports = house.partner.came("/partner/loyalty/reportBenefitUsage");
        assert_eq!(reports.len(), 2);
        assert_eq!(reports[0].bytes, reports[1].bytes);
        assert_eq!(reports[0].authorization, "Bearer partner-token");
        let report = &reports[0].body;
        assert_eq!(report["loyaltyOfferId"], asked[0].body["loyaltyOfferId"]);
        assert_eq!(report["loyaltyProviderId"], json!(PROVIDER));
        assert_eq!(report["billId"], bill["billId"]);
        assert_eq!((&report["merchantId"], &report["placeId"]), (&json!(MERCHANT), &json!(PLACE)));
        assert_eq!(report["metadata"], json!("{\"session\":\"s-1\"}"));
        assert_eq!(report["totalWithVat"].to_string(), "423.14");
        assert_eq!(report["otherPaymentsValue"].to_string(), "23.14");
        assert_eq!(report["usedGeneralDiscounts"], json!([
            {"generalDiscountId": "beer", "usedValue": 35.4}, {"generalDiscountId": "order", "usedValue": 61.46}]));
        assert_eq!(report["usedBalances"].as_array().unwrap().len(), 4);
        assert_eq!(report["paymentsByBalances"], json!([
            {"balanceId": "mpv", "value": 300, "valueInCurrency": 300},
            {"balanceId": "credit", "value": 100, "valueInCurrency": 100}]));
        let done = house.call(Method::GET, &format!("/loyalty/{SOURCE}/benefitUsages?synchronized=true"),
            Some(&house.token_for(&house.client).await), None).await.ok();
        assert_eq!((&done["data"][0]["synchronized"], &done["data"][0]["attempts"]), (&json!(true), &json!(2)));
        assert_eq!(done["data"][0]["payload"], *report);
    }

    async fn an_offer_that_changed_is_shown_before_it_is_paid(house: House) {
        house.partner.offers(worked_offer());
        let check = house.check(&[("p:main", 2), ("p:beer", 3), ("p:dessert", 1)]).await;
        house.code(&check, "card-7").await;
        // Nothing was shown yet, so nothing can be agreed to.
        let first = house.pay(&check, &[("cash", json!(650))]).await;
        assert_eq!(first.error(), (409, "OFFER_CHANGED"));
        assert_eq!(first.body["check"]["toPay"].to_string(), "23.14");
        let mut less = worked_offer();
        less["balances"][3] = json!({"balanceId": "credit", "type": "prepaidCredit", "currentValue": 60,
            "controllableValueToUse": 60, "maxControllableValue": 60, "valueToUseInCurrency": 60});
        house.partner.offers(less.clone());
        let changed = house.pay(&check, &[("cash", json!(23.14))]).await;
        assert_eq!(changed.error(), (409, "OFFER_CHANGED"));
        assert_eq!(changed.body["check"]["toPay"].to_string(), "63.14");
        assert_eq!(changed.body["check"]["offer"]["current"], json!(true));
        let list = house.get(&format!("/bills/{SOURCE}")).await.ok();
        assert_eq!(list["data"], json!([]));
        // Other words about the same money are no change.
        less["posMessages"] = json!(["Hezký den"]);
        less["metadata"] = json!({"session": "s-2"});
        house.partner.offers(less);
        let bill = house.pay(&check, &[("cash", json!(63.14))]).await.ok();
        assert_eq!(bill["finalPrice"].to_string(), "423.14");
        house.courier.run_due().await.unwrap();
        let report = house.partner.wait_for("/reportBenefitUsage").await;
        assert_eq!(report.body["metadata"], json!("{\"session\":\"s-2\"}"));
        let ids: std::collections::BTreeSet<_> = house.partner.came("/getBenefitOffer").iter()
            .map(|came| came.body["loyaltyOfferId"].to_string()).collect();
        assert_eq!(ids.len(), 1, "one question, one id");
    }

    async fn a_top_up_is_sold_as_a_line_of_its_own(house: House) {
        house.partner.offers(json!({"balances": [{"balanceId": "credit", "type": "prepaidCredit",
            "prepayment": {"value": 500, "isValueEditable": true, "minValue": 100, "maxValue": 1000, "billTitle": "Kredit"}}]}));
        let check = house.check(&[("p:beer", 1)]).await;
        house.code(&check, "card-7").await;
        let shown = house.offer(&check).await.ok();
        assert_eq!((shown["toPay"].to_string(), &shown["prepaidLines"][0]["name"]), ("559".into(), &json!("Kredit")));
        let path = format!("/checks/{check}/balances/credit");
        assert_eq!(house.pos(Method::PUT, &path, Some(json!({"prepaidValue": 99}))).await.status, 400);
        house.pos(Method::PUT, &path, Some(json!({"prepaidValue": 200}))).await.ok();
        house.partner.offers(json!({"balances": [{"balanceId": "credit", "type": "prepaidCredit", "prepayment": {"value": 200}}]}));
        house.offer(&check).await.ok();
        assert_eq!(house.partner.came("/getBenefitOffer")[1].body["balances"][0]["prepaidValue"], json!(200));
        let bill = house.pay(&check, &[("card", json!(259))]).await.ok();
        assert_eq!((&bill["finalPrice"], bill["items"].as_array().unwrap().len()), (&json!(259), 2));
        assert_eq!(bill["taxSummaries"], json!({"0": "0", "21": "10.24"}));
        house.courier.run_due().await.unwrap();
        let report = house.partner.wait_for("/reportBenefitUsage").await.body;
        assert_eq!(report["usedBalances"][0]["prepaidValue"], json!(200));
        assert_eq!(report["paidItems"][1]["totalPriceWithVat"], json!(200));
    }

    async fn a_balance_pays_and_is_reported_whichever_members_say_how_much(house: House) {
        let benefit = json!([{"checkItemId": "1", "benefits": [{"sourceType": "balance",
            "appliedFromGeneralDiscountId": null, "appliedFromBalanceId": "m1", "absoluteTotalValue": 100}]}]);
        let none = json!([]);
        let (parts, worth) = (json!({"controllableValueToUse": 100}), json!({"valueToUseInCurrency": 100}));
        // kind, members, benefits, left to pay, payments by balances, used of the fixed part, of the other
        let table = [
            ("multiPurposePrepaidVoucher", &parts, &none, 1, 0, 100),
            ("prepaidCredit", &parts, &none, 1, 0, 100),
            ("multiPurposePrepaidVoucher", &worth, &none, 1, 100, 0),
            ("singlePurposePrepaidVoucher", &worth, &benefit, 0, 100, 0),
        ];
        for (count, (kind, members, benefits, payments, fixed, chosen)) in table.into_iter().enumerate() {
            let mut balance = members.clone();
            (balance["balanceId"], balance["type"], balance["currentValue"]) = (json!("m1"), json!(kind), json!(500));
            house.partner.offers(json!({"balances": [balance], "itemBenefitsToApply": benefits}));
            let check = house.check(&[("p:main", 2)]).await;
            house.code(&check, "card-7").await;
            let shown = house.offer(&check).await.ok();
            assert_eq!(shown["toPay"], json!(278), "{kind} {members}");
            assert_eq!(shown["offer"]["balances"][0]["valueToUseInCurrency"], json!(100), "{kind} {members}");
            house.pay(&check, &[("cash", json!(278))]).await.ok();
            house.courier.run_due().await.unwrap();
            let report = house.partner.came("/reportBenefitUsage").swap_remove(count).body;
            assert_eq!(report["usedBalances"], json!([{"balanceId": "m1", "usedNonControllableValue": fixed,
                "usedControllableValue": chosen, "prepaidValue": null}]), "{kind} {members}");
            let paid = vec![json!({"balanceId": "m1", "value": 100, "valueInCurrency": 100}); payments];
            assert_eq!(report["paymentsByBalances"], json!(paid), "{kind} {members}");
            assert_eq!(report["otherPaymentsValue"], json!(278), "{kind} {members}");
        }
        house.partner.offers(json!({"balances": [{"balanceId": "m1", "type": "prepaidCredit", "currentValue": 50,
            "valueToUseInCurrency": 100}]}));
        let check = house.check(&[("p:main", 2)]).await;
        house.code(&check, "card-7").await;
        let refused = house.offer(&check).await;
        assert_eq!(refused.error(), (502, "OFFER_INVALID"));
        assert_eq!(refused.body["errors"][0]["code"], json!("VALUE_EXCEEDS_BALANCE"));
    }

    async fn two_payments_at_once_ask_the_provider_once(house: House) {
        house.partner.offers(worked_offer());
        for round in 0..5 {
            let check = house.check(&[("p:main", 2), ("p:beer", 3), ("p:dessert", 1)]).await;
            house.code(&check, "card-7").await;
            house.offer(&check).await.ok();
            let before = house.partner.came("/getBenefitOffer").len();
            house.partner.delays(Duration::from_millis(100));
            let payments = [("cash", json!(23.14))];
            let (one, other, third, shown) = tokio::join!(
                house.pay(&check, &payments), house.pay(&check, &payments), house.pay(&check, &payments), house.offer(&check));
            house.partner.delays(Duration::ZERO);
            let bill = one.ok()["billId"].clone();
            assert_eq!((&other.ok()["billId"], &third.ok()["billId"]), (&bill, &bill));
            // The offer was asked for before the payment, or there is nothing left to ask about.
            let mut asked = 1;
            if shown.status == 200 { asked += 1 } else { assert_eq!(shown.error(), (409, "CHECK_PAID")) }
            assert_eq!(house.partner.came("/getBenefitOffer").len() - before, asked, "round {round}");
            house.courier.run_due().await.unwrap();
            assert_eq!(house.partner.came("/reportBenefitUsage").len(), round + 1);
        }
    }

    async fn a_turn_whose_call_died_ends_by_itself(house: House) {
        house.partner.offers(json!({}));
        let check = house.check(&[("p:beer", 1)]).await;
        house.code(&check, "card-7").await;
        house.offer(&check).await.ok();
        let end = house.clock.now() + SignedDuration::from_secs(15);
        house.db.write("leave_turn", move |tx| -> Result<_, db::TxError<db::Never>> {
            Ok(tx.execute(&LEAVE_TURN, db::params![MERCHANT, end])?)
        }).await.unwrap();
        assert_eq!(house.pay(&check, &[("cash", json!(59))]).await.error(), (409, "CHECK_BUSY"));
        assert_eq!(house.partner.came("/getBenefitOffer").len(), 1);
        house.clock.advance_seconds(15);
        house.pay(&check, &[("cash", json!(59))]).await.ok();
    }

    async fn a_payment_that_is_refused_takes_nobody_the_turn(house: House) {
        house.partner.offers(json!({}));
        let check = house.check(&[("p:beer", 1)]).await;
        house.code(&check, "card-7").await;
        house.offer(&check).await.ok();
        assert_eq!(house.pay(&check, &[("cash", json!(1))]).await.error(), (400, "PAYMENT_MISMATCH"));
        house.partner.answers(500, "");
        assert_eq!(house.pay(&check, &[("cash", json!(59))]).await.error(), (502, "HTTP_STATUS"));
        house.partner.offers(json!({}));
        house.offer(&check).await.ok();
        house.pay(&check, &[("cash", json!(59))]).await.ok();
    }

    async fn two_payments_at_once_make_one_bill(house: House) {
        let check = house.check(&[("p:beer", 1)]).await;
        let payments = [("cash", json!(59))];
        let (one, other) = tokio::join!(house.pay(&check, &payments), house.pay(&check, &payments));
        assert_eq!(one.ok()["billId"], other.ok()["billId"]);
        let list = house.get(&format!("/bills/{SOURCE}")).await.ok();
        assert_eq!(list["data"].as_array().unwrap().len(), 1);
        // The next bill has the next number: none was lost to the other payment.
        let check = house.check(&[("p:beer", 1)]).await;
        let bill = house.pay(&check, &payments).await.ok();
        assert!(bill["billId"].as_str().unwrap().ends_with("2026000002"), "{bill}");
    }
}
