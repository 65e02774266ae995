//! Is a basket in another currency kept out of the books, and nothing else with it?

use crate::side::*;
use serde_json::{Value, json};

/// Asks for an offer for a check of one line, in this currency.
async fn offer(side: &Side, offer: &str, device: i64, currency: &str, codes: &[&str]) -> Value {
    let inputs: Vec<Value> = codes.iter().map(|code| json!({"inputCode": code})).collect();
    let body = json!({
        "checkId": format!("check-{device}"), "loyaltyOfferId": offer, "deviceNumber": device,
        "currencyCode": currency, "pricePrecision": 2, "benefitInputs": inputs, "balances": [],
        "merchantId": MERCHANT, "placeId": "P",
        "itemsToPay": [{
            "checkItemId": "1", "amount": 1, "totalPriceWithVat": 60, "vatRate": 0.12,
            "product": {"productId": "p:1", "name": "Guláš", "categories": []}
        }]
    });
    let (status, answer) = side.webhook("getBenefitOffer", &side.loyalty, body.to_string()).await;
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!(status, 200, "{answer}");
    answer
}

/// 50 % off with a code that may be used once.
async fn half_off_once(side: &Side) {
    let body = json!({
        "definition": {"kind": {"percent": {"percent": 50}}, "scope": {"on": "order"}, "trigger": "code",
            "limits": [{"per": "code", "uses": 1}]},
        "codes": ["ONCE", "OTHER"]
    });
    let answer = side.admin("PUT", MERCHANT, "/promotions/half", Some(body)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// Used and held of the code's counter.
async fn counter(side: &Side) -> (Value, Value) {
    let page = side.view("/promotions/half/limits").await;
    let one = &page["data"][0];
    (one["used"].clone(), one["held"].clone())
}

/// Why the code does not apply.
fn reason(offer: &Value) -> Option<&str> {
    offer["benefitInputs"][0]["reasonCode"].as_str()
}

/// The report of a bill of 60.00 of which the code took half, paid in euros.
fn half_in_euros(offer: &str, bill: &str) -> Value {
    let discount = json!([{"generalDiscountId": "half", "usedValue": 30}]);
    with(report(offer, bill, "30", &[]), json!({"currencyCode": "EUR", "usedGeneralDiscounts": discount}))
}

on_both_engines! {
    /// A currency is the same currency however the register writes it, at the offer and in the report.
    async fn the_case_of_a_currency_does_not_matter(side: Side) {
        side.voucher("V", 100).await;
        for (bill, currency, left) in [("b1", "czk", 40), ("b2", "Czk", -20)] {
            let answer = offer(&side, bill, 1, currency, &["V"]).await;
            assert_eq!(reason(&answer), None, "{answer}");
            let used = report(bill, bill, "60", &[("V", 60, 0)]);
            side.report(&with(used, json!({"currencyCode": currency}))).await;
            assert_eq!(side.posted("V").await, left, "{currency}");
        }
        assert_eq!(side.view("/quarantine").await["data"], json!([]));
        // a refund is found with its bill, whichever of the two wrote it differently
        let refund = with(
            report("b1", "b1", "60", &[]),
            json!({"billState": "refunded", "refundNumber": 1, "currencyCode": "CZK"}),
        );
        side.report(&refund).await;
        assert_eq!(side.posted("V").await, 40);
        side.books_add_up().await;
    }

    /// The money is set aside, the code is used up all the same, and usable again when the bill is cancelled
    /// (loyalty.md §4, §6 C4).
    async fn a_code_is_used_up_in_any_currency(side: Side) {
        half_off_once(&side).await;
        assert_eq!(reason(&offer(&side, "o1", 1, "EUR", &["ONCE"]).await), None);
        assert_eq!(counter(&side).await, (json!(0), json!(1)));
        let paid = half_in_euros("o1", "b1");
        for _ in 0..2 {
            side.report(&paid).await;
        }
        assert_eq!(counter(&side).await, (json!(1), json!(0)), "the hold became the use");
        assert_eq!(side.view("/quarantine").await["data"].as_array().unwrap().len(), 1);
        for (id, device, currency) in [("o2", 2, "EUR"), ("o3", 3, "CZK")] {
            assert_eq!(reason(&offer(&side, id, device, currency, &["ONCE"]).await), Some("LIMIT_REACHED"));
        }
        side.books_add_up().await;
        for _ in 0..2 {
            side.report(&with(paid.clone(), json!({"billState": "cancelled"}))).await;
        }
        assert_eq!(counter(&side).await, (json!(0), json!(0)));
        assert_eq!(reason(&offer(&side, "o2", 2, "EUR", &["ONCE"]).await), None);
        side.books_add_up().await;
    }

    /// A cancellation that comes first leaves the late report nothing to count (loyalty.md §6 C10).
    async fn a_cancelled_bill_in_another_currency_uses_nothing(side: Side) {
        half_off_once(&side).await;
        offer(&side, "o1", 1, "EUR", &["ONCE"]).await;
        let paid = half_in_euros("o1", "b1");
        side.report(&with(paid.clone(), json!({"billState": "cancelled"}))).await;
        side.report(&paid).await;
        assert_eq!(counter(&side).await.0, json!(0));
        side.books_add_up().await;
    }

    /// It is no order, and a record of the bill does not make it one of the member's.
    async fn a_bill_in_another_currency_is_nobodys_order(side: Side) {
        let number = side.member().await;
        half_off_once(&side).await;
        side.report(&with(half_in_euros("o1", "b1"), json!({"customerId": "anna"}))).await;
        side.sync("bills", json!([{"billId": "b1", "finalPrice": 30, "currencyCode": "EUR",
            "paidAt": "2026-03-01T10:00:00.000Z"}])).await;
        let customer = side.customer(number).await;
        assert_eq!((&customer["total_orders"], &customer["total_sales"]), (&json!(0), &json!(0)));
        side.books_add_up().await;
    }
}
