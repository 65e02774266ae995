//! Is value that was paid, given or taxed ahead used and given back as what it is? loyalty.md §3, §6.

use crate::side::*;
use serde_json::{Value, json};

/// What an answer uses of a balance, in currency; `None` when it does not show it.
fn used(answer: &Value, id: &str) -> Option<Value> {
    let balances = answer["balances"].as_array().unwrap();
    balances.iter().find(|one| one["balanceId"] == id).map(|one| one["valueToUseInCurrency"].clone())
}

/// Kind, remaining and rate of what is left of a balance.
async fn lots(side: &Side, balance: &str) -> Vec<(String, String, Value)> {
    let view = side.view(&format!("/balances/{balance}")).await;
    let lots = view["lots"].as_array().unwrap().iter().filter(|lot| lot["remaining"] != json!(0));
    lots.map(|lot| (text(&lot["kind"]), lot["remaining"].to_string(), lot["vatRate"].clone())).collect()
}

fn plain(found: Vec<(String, String, Value)>) -> Vec<(String, String)> {
    found.into_iter().map(|(kind, remaining, _)| (kind, remaining)).collect()
}

fn are(lots: &[(&str, &str)]) -> Vec<(String, String)> {
    lots.iter().map(|(kind, left)| ((*kind).to_owned(), (*left).to_owned())).collect()
}

async fn sold_below_face(side: &Side, code: &str, value: i64, paid: i64) {
    let body = json!({"code": code, "type": "multiPurposePrepaidVoucher", "value": value, "paidValue": paid});
    let answer = side.admin("POST", MERCHANT, "/vouchers", Some(body)).await;
    assert_eq!(answer.status, 201, "{answer:?}");
}

/// A report of one line of `total` that the bonus of V took `bonus` off and V paid `paid` of.
fn meal(offer: &str, bill: &str, total: &str, paid: &str, bonus: &str) -> Value {
    let number = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let mut body = report(offer, bill, total, &[]);
    body["usedBalances"] = json!([{"balanceId": "V", "usedNonControllableValue": number(paid)},
        {"balanceId": "V:bonus", "usedNonControllableValue": number(bonus)}]);
    body["paidItems"][0]["appliedBenefits"] = json!([{"sourceType": "balance", "appliedFromBalanceId": "V:bonus",
        "absoluteTotalValue": number(bonus)}]);
    body["paymentsByBalances"] = json!([{"balanceId": "V", "value": number(paid)}]);
    body["totalWithVat"] = number(paid);
    body
}

on_both_engines! {
    /// V2, V5, V6: what is on a member's voucher from the start has its rate, and fits a line of that rate.
    async fn a_members_single_purpose_voucher_is_spent(side: Side) {
        let voucher = |id: &str, settings: Value| json!({"balanceId": id, "type": "singlePurposePrepaidVoucher",
            "openingValue": 100, "settings": settings});
        let member = json!({"memberId": "anna", "cards": ["card-1"], "person": {}, "balances": [
            voucher("plain", json!({"vatRate": "0.12", "prepayment": {"value": 100}}))]});
        assert_eq!(side.admin("POST", MERCHANT, "/members", Some(member)).await.status, 201);
        assert_eq!(lots(&side, "plain").await[0].2, json!(0.12));
        let offer = side.offer("o1", 1, 60, &["card-1"]).await;
        assert_eq!(used(&offer, "plain"), Some(json!(60)), "{offer}");

        // a rate of the day goes before the one without a day, also where value is given by hand
        let dated = voucher("dated", json!({"vatRate": "0.19", "vatRates": [{"from": "2026-01-01", "rate": 0.07}]}));
        assert_eq!(side.admin("POST", MERCHANT, "/members/anna/balances", Some(dated)).await.status, 201);
        let gift = json!({"amount": 5, "reason": "a complaint"});
        assert_eq!(side.admin("POST", MERCHANT, "/balances/dated/adjust", Some(gift)).await.status, 200);
        let rates: Vec<Value> = lots(&side, "dated").await.into_iter().map(|lot| lot.2).collect();
        assert_eq!(rates, [json!(0.07), json!(0.07)]);

        let without = |path: &str, body: Value, field: &str| (path.to_owned(), body, field.to_owned());
        for (path, body, field) in [
            without("/members", json!({"person": {}, "balances": [voucher("x", json!({}))]}), "balances[0].settings.vatRate"),
            without("/members/anna/balances", voucher("x", json!({"vatRates": [{"from": "2026-01-01", "rate": 0.07}]})),
                "settings.vatRate"),
            without("/vouchers", json!({"code": "x", "type": "singlePurposePrepaidVoucher", "value": 1}), "vatRate"),
        ] {
            let answer = side.admin("POST", MERCHANT, &path, Some(body)).await;
            assert_eq!((answer.status.as_u16(), &answer.body["field"]), (400, &json!(field)), "{answer:?}");
        }
        side.books_add_up().await;
    }

    /// V4: sold 450, face 500, spent in three parts; each goes back as it was, and the last use closes exactly.
    async fn a_voucher_sold_below_its_face_is_used_in_proportion(side: Side) {
        sold_below_face(&side, "V", 500, 450).await;
        assert_eq!(plain(lots(&side, "V").await), are(&[("paid", "450"), ("bonus", "50")]));
        let offer = side.offer("o1", 1, 500, &["V"]).await;
        assert_eq!((used(&offer, "V"), used(&offer, "V:bonus")), (Some(json!(450)), Some(json!(50))), "{offer}");
        let mut first = Value::Null;
        for (number, total, paid, bonus) in [(1, 101, "90.9", "10.1"), (2, 33, "29.7", "3.3"), (3, 500, "329.4", "36.6")] {
            let id = format!("o{number}");
            let offer = side.offer(&id, 1, total, &["V"]).await;
            let number_of = |text: &str| Some(serde_json::from_str::<Value>(text).unwrap());
            assert_eq!((used(&offer, "V"), used(&offer, "V:bonus")), (number_of(paid), number_of(bonus)), "{offer}");
            let report = meal(&id, &format!("b{number}"), &total.to_string(), paid, bonus);
            side.report(&report).await;
            assert_eq!(side.flags(&format!("b{number}")).await[0].1, [""; 0]);
            if first.is_null() {
                first = report;
            }
        }
        assert_eq!(plain(lots(&side, "V").await), are(&[]));
        side.books_add_up().await;
        side.report(&with(first.clone(), json!({"billState": "cancelled"}))).await;
        assert_eq!(plain(lots(&side, "V").await), are(&[("paid", "90.9"), ("bonus", "10.1")]));
        let offer = side.offer("o9", 1, 500, &["V"]).await;
        assert_eq!((used(&offer, "V"), used(&offer, "V:bonus")), (Some(json!(90.9)), Some(json!(10.1))), "{offer}");
        side.books_add_up().await;
    }

    /// A quarter of the line goes back after the other: a quarter of each part.
    async fn a_refund_returns_both_parts(side: Side) {
        sold_below_face(&side, "V", 500, 450).await;
        side.offer("o1", 1, 500, &["V"]).await;
        let mut sale = meal("o1", "b1", "500", "450", "50");
        sale["paidItems"][0]["amount"] = json!(4);
        side.report(&sale).await;
        for (number, paid, bonus) in [(1, "112.5", "12.5"), (2, "225", "25"), (3, "337.5", "37.5"), (4, "450", "50")] {
            let mut part = with(sale.clone(), json!({"billState": "refunded", "refundNumber": number, "totalWithVat": 112.5,
                "usedBalances": [], "paymentsByBalances": []}));
            part["paidItems"][0]["amount"] = json!(1);
            part["paidItems"][0]["totalPriceWithVat"] = json!(125);
            part["paidItems"][0]["appliedBenefits"][0]["absoluteTotalValue"] = json!(12.5);
            side.report(&part).await;
            assert_eq!(plain(lots(&side, "V").await), are(&[("paid", paid), ("bonus", bonus)]), "{number}");
        }
        side.books_add_up().await;
    }

    /// The till sold 500 of credit for 450 (T6); nothing was paid for a voucher: all of it lowers prices.
    async fn a_top_up_below_its_face_and_a_voucher_for_nothing(side: Side) {
        side.member().await;
        let mut sold = report("o1", "b1", "450", &[("credit", 0, 500)]);
        sold["paidItems"][0]["originalCheckItemId"] = json!("prepayment:credit");
        side.report(&sold).await;
        assert_eq!(plain(lots(&side, "credit").await), are(&[("paid", "900"), ("paid", "450"), ("bonus", "50")]));
        side.report(&with(sold, json!({"billState": "cancelled"}))).await;
        assert_eq!(plain(lots(&side, "credit").await), are(&[("paid", "900")]));
        sold_below_face(&side, "free", 100, 0).await;
        let offer = side.offer("o2", 1, 60, &["free"]).await;
        assert_eq!((used(&offer, "free"), used(&offer, "free:bonus")), (None, Some(json!(60))), "{offer}");
        side.books_add_up().await;
    }

    /// C2, V9, property 5: 100 paid; top up 1000 (+100); pay 1050; cancel the top-up, then the bill. What was paid is
    /// there as what was paid.
    async fn paid_money_does_not_become_a_bonus(side: Side) {
        let settings = json!({"prepayment": {"value": 1000, "bonus": [{"from": 1000, "bonus": 100}]}});
        let member = json!({"memberId": "anna", "person": {}, "balances": [
            {"balanceId": "credit", "type": "prepaidCredit", "openingValue": 100, "settings": settings}]});
        assert_eq!(side.admin("POST", MERCHANT, "/members", Some(member)).await.status, 201);
        let top_up = report("o1", "b1", "1000", &[("credit", 0, 1000)]);
        let bill = report("o2", "b2", "1050", &[("credit", 950, 0), ("credit:bonus", 100, 0)]);
        let cancelled = |report: &Value| with(report.clone(), json!({"billState": "cancelled"}));
        side.report(&top_up).await;
        side.report(&bill).await;
        assert_eq!(plain(lots(&side, "credit").await), are(&[("paid", "150")]));
        side.report(&cancelled(&top_up)).await;
        assert_eq!(side.posted("credit").await, -950);
        side.books_add_up().await;
        side.report(&cancelled(&bill)).await;
        assert_eq!(plain(lots(&side, "credit").await), are(&[("paid", "100")]));
        side.books_add_up().await;
    }

    /// The same where only the bonus was used: what was paid does not pay for it.
    async fn a_bonus_that_went_back_leaves_what_was_paid(side: Side) {
        let settings = json!({"prepayment": {"value": 1000, "bonus": [{"from": 1000, "bonus": 100}]}});
        let member = json!({"memberId": "anna", "cards": ["card-1"], "person": {}, "balances": [
            {"balanceId": "credit", "type": "prepaidCredit", "openingValue": 100, "settings": settings}]});
        assert_eq!(side.admin("POST", MERCHANT, "/members", Some(member)).await.status, 201);
        let top_up = report("o1", "b1", "1000", &[("credit", 0, 1000)]);
        let bill = report("o2", "b2", "100", &[("credit:bonus", 100, 0)]);
        let cancelled = |report: &Value| with(report.clone(), json!({"billState": "cancelled"}));
        side.report(&top_up).await;
        side.report(&bill).await;
        side.report(&cancelled(&top_up)).await;
        assert_eq!(side.posted("credit").await, 0);
        let offer = side.offer("o3", 1, 100, &["card-1"]).await;
        assert_eq!(used(&offer, "credit").unwrap_or(json!(0)), json!(0), "nothing is spendable: {offer}");
        side.report(&cancelled(&bill)).await;
        assert_eq!(plain(lots(&side, "credit").await), are(&[("paid", "100")]));
        side.books_add_up().await;
    }

    /// T4: a voucher that waits for its activation is empty until it is sold, and has what it was sold for then.
    async fn an_inactive_voucher_is_sold_once_for_its_value(side: Side) {
        let voucher = |value: i64| json!({"code": "new", "type": "multiPurposePrepaidVoucher", "value": value,
            "status": "inactive", "settings": {"prepayment": {"value": 500}}});
        let refused = side.admin("POST", MERCHANT, "/vouchers", Some(voucher(500))).await;
        assert_eq!((refused.status.as_u16(), &refused.body["field"]), (400, &json!("value")), "{refused:?}");
        assert_eq!(side.admin("POST", MERCHANT, "/vouchers", Some(voucher(0))).await.status, 201);
        side.offer("o1", 1, 60, &["new"]).await;
        side.report(&report("o1", "b1", "500", &[("new", 0, 500)])).await;
        assert_eq!(side.posted("new").await, 500);
        // nor does it wait again with its value on it
        let waits = side.admin("PUT", MERCHANT, "/balances/new", Some(json!({"status": "inactive"}))).await;
        assert_eq!(waits.status, 409, "{waits:?}");
        assert_eq!(side.view("/balances/new").await["status"], "active");
        side.books_add_up().await;
    }

    /// §7 I5: what one bill used of a gift that was not there is no use of what was paid.
    async fn a_missing_gift_is_no_use_of_what_was_paid(side: Side) {
        sold_below_face(&side, "V", 100, 90).await;
        side.offer("o1", 1, 100, &["V"]).await;
        side.report(&report("o1", "b1", "12", &[("V:bonus", 12, 0)])).await;
        assert_eq!(side.flags("b1").await[0].1, ["differs", "overdraft"]);
        side.report(&report("o1", "b2", "90", &[("V", 90, 0)])).await;
        assert_eq!(side.flags("b2").await[0].1, [""; 0]);
        assert_eq!(side.posted("V").await, -2);
        side.books_add_up().await;
    }

    /// §6 C5, §11 T4: a sale that went back leaves what was no part of it; without that the voucher waits for its buyer.
    async fn a_gift_on_a_voucher_outlives_its_sale(side: Side) {
        for (code, gift) in [("alone", 0), ("gifted", 50)] {
            let voucher = json!({"code": code, "type": "multiPurposePrepaidVoucher", "value": 0, "status": "inactive",
                "settings": {"prepayment": {"value": 500}}});
            assert_eq!(side.admin("POST", MERCHANT, "/vouchers", Some(voucher)).await.status, 201);
            let sale = report(&format!("o-{code}"), &format!("b-{code}"), "500", &[(code, 0, 500)]);
            side.report(&sale).await;
            if gift > 0 {
                let by_hand = json!({"amount": gift, "reason": "a complaint"});
                assert_eq!(side.admin("POST", MERCHANT, &format!("/balances/{code}/adjust"), Some(by_hand)).await.status, 200);
            }
            side.report(&with(sale, json!({"billState": "cancelled"}))).await;
            let view = side.view(&format!("/balances/{code}")).await;
            let status = if gift > 0 { "active" } else { "inactive" };
            assert_eq!((&view["posted"], &view["status"]), (&json!(gift), &json!(status)), "{code}");
        }
        let offer = side.offer("o1", 1, 60, &["gifted"]).await;
        assert_eq!(used(&offer, "gifted"), Some(json!(50)), "{offer}");
        side.books_add_up().await;
    }
}
