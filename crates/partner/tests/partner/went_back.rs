//! Is a sale counted once, whichever way and in whichever order the partner hears of it?

use crate::side::*;
use serde_json::{Value, json};

async fn set_up(side: &Side) -> i64 {
    let program = json!({"earn": {"points": 1, "perAmount": 10},
        "tiers": [{"tierId": "Silver", "threshold": 500, "of": "spend", "windowMonths": 12}]});
    let body = json!({"name": "Bar U Mostu", "currencyCode": "CZK", "pricePrecision": 2, "timeZone": "Europe/Prague",
        "holdTtlSeconds": 180, "program": program});
    assert_eq!(side.admin("PUT", MERCHANT, "", Some(body)).await.status, 200);
    let body =
        json!({"memberId": "anna", "balances": [{"balanceId": "points", "type": "collectablePoints"}]});
    let answer = side.admin("POST", MERCHANT, "/members", Some(body)).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.body["customerId"].as_i64().unwrap()
}

/// Orders, sales and the value of the last order, and the tier.
async fn shown(side: &Side, number: i64) -> (i64, String, String, Value) {
    let customer = side.customer(number).await;
    let tier = side.view("/members/anna").await["tier"].clone();
    (
        customer["total_orders"].as_i64().unwrap(),
        customer["total_sales"].to_string(),
        customer["last_order_value"].to_string(),
        tier,
    )
}

fn sale(bill: &str, lines: &[(&str, i64)]) -> Value {
    let total: i64 = lines.iter().map(|(_, price)| price).sum();
    let items: Vec<Value> = lines.iter().map(|(id, price)| json!({"originalCheckItemId": id, "amount": if *price < 0 { -1 } else { 1 },
        "totalPriceWithVat": price, "vatRate": 0.12, "product": {"productId": id, "categories": []}, "appliedBenefits": []})).collect();
    with(
        report(&format!("o-{bill}"), bill, &total.to_string(), &[]),
        json!({"customerId": "anna", "paidItems": items}),
    )
}

/// The first line of `sale` comes back.
fn refund(sale: &Value, number: i64, line: usize, corrective: Option<&str>) -> Value {
    let item = sale["paidItems"][line].clone();
    with(
        sale.clone(),
        json!({"billState": "refunded", "refundNumber": number, "correctiveBillId": corrective,
        "totalWithVat": item["totalPriceWithVat"], "paidItems": [item]}),
    )
}

fn recorded(bill: &str, version: i64, price: i64, change: Value) -> Value {
    with(
        json!({"billId": bill, "finalPrice": price, "paidAt": "2026-03-01T11:00:00+01:00", "customerId": "anna",
        "currencyCode": "CZK", "_version": version, "items": []}),
        change,
    )
}

/// What is told in one step of a story.
#[derive(Clone)]
enum Told {
    Report(Value),
    Record(Value),
}

async fn tell(side: &Side, told: &Told) {
    match told {
        Told::Report(body) => side.report(body).await,
        Told::Record(record) => side.sync("bills", json!([record])).await,
    }
}

on_both_engines! {
    /// 600 is sold and 260 of it goes back: 340 and no tier, in every order and by either channel or both.
    async fn a_partial_refund_lowers_sales_once_in_any_order(side: Side) {
        let number = set_up(&side).await;
        let mut bills = 0;
        for (what, tied, by_report, by_record, original) in [
            ("no record at all", false, true, false, false),
            ("refund by report, the bill's record known", false, true, false, true),
            ("refund by corrective bill alone", false, false, true, true),
            ("corrective bill without the bill's own record", false, false, true, false),
            ("both ways, tied by the report", true, true, true, true),
            ("both ways, tied by nobody", false, true, true, true),
        ] {
            let sold = sale("B", &[("1", 340), ("2", 260)]);
            let mut told = vec![Told::Report(sold.clone())];
            if by_report {
                told.push(Told::Report(refund(&sold, 1, 1, tied.then_some("X"))));
            }
            if original {
                told.push(Told::Record(recorded("B", 1, 600, json!({}))));
            }
            if by_record {
                told.push(Told::Record(recorded("X", 1, -260, json!({"refundedBillIdentifier": "B"}))));
            }
            for order in orders(told.len()) {
                bills += 1;
                let named = |body: &Value| -> Value {
                    let text = body.to_string().replace("\"B\"", &format!("\"B{bills}\"")).replace("\"X\"", &format!("\"X{bills}\"")).replace("o-B", &format!("o-B{bills}"));
                    serde_json::from_str(&text).unwrap()
                };
                for step in &order {
                    let one = match &told[*step] { Told::Report(body) => Told::Report(named(body)), Told::Record(body) => Told::Record(named(body)) };
                    tell(&side, &one).await;
                }
                assert_eq!(shown(&side, number).await, (1, "340".to_owned(), "340".to_owned(), Value::Null), "{what}, {order:?}");
                side.report(&with(named(&sold), json!({"billState": "cancelled", "paidItems": []}))).await;
                assert_eq!(shown(&side, number).await.0, 0, "{what}, {order:?}");
            }
        }
        side.books_add_up().await;
    }

    /// Two refunds, the second of which takes the rest: nothing is left, and it is no order any more.
    async fn what_went_back_whole_is_no_order(side: Side) {
        let number = set_up(&side).await;
        let sold = sale("B", &[("1", 340), ("2", 260)]);
        side.sync("bills", json!([recorded("B", 1, 600, json!({}))])).await;
        side.report(&sold).await;
        assert_eq!(shown(&side, number).await, (1, "600".to_owned(), "600".to_owned(), json!("Silver")));
        side.sync("bills", json!([recorded("X", 1, -260, json!({"refundedBillIdentifier": "B"}))])).await;
        assert_eq!(shown(&side, number).await, (1, "340".to_owned(), "340".to_owned(), Value::Null));
        side.sync("bills", json!([recorded("Y", 1, -340, json!({"refundedBillIdentifier": "B"}))])).await;
        assert_eq!(shown(&side, number).await, (0, "0".to_owned(), "null".to_owned(), Value::Null));
        // the second was a mistake and is taken out again; the first belongs to another bill
        side.sync("bills", json!([recorded("Y", 2, -340, json!({"refundedBillIdentifier": "B", "deleted": true}))])).await;
        assert_eq!(shown(&side, number).await.1, "340");
        side.sync("bills", json!([recorded("X", 2, -260, json!({"refundedBillIdentifier": "other"}))])).await;
        assert_eq!(shown(&side, number).await.1, "600");
        side.sync("bills", json!([{"billId": "X", "_removed": true, "_version": 3}])).await;
        assert_eq!(shown(&side, number).await.1, "600");
        side.books_add_up().await;
    }

    /// A cup that comes back is money, but no order and no visit.
    async fn goods_that_come_back_alone_are_no_visit(side: Side) {
        let number = set_up(&side).await;
        side.report(&sale("B", &[("1", 100)])).await;
        side.clock.advance_seconds(60);
        for (bill, by_record) in [("C", false), ("D", true)] {
            if by_record {
                let item = json!({"name": "Kelímek", "amount": -1, "price": 50});
                side.sync("bills", json!([recorded(bill, 1, -50, json!({"items": [item], "paidAt": "2026-03-01T11:30:00+01:00"}))])).await;
            } else {
                side.report(&with(sale(bill, &[("cup", -50)]), json!({"paidAt": "2026-03-01T10:30:00Z"}))).await;
            }
            let (orders, _, last, _) = shown(&side, number).await;
            assert_eq!((orders, last.as_str()), (1, "100"), "{bill}");
        }
        assert_eq!(side.customer(number).await["total_sales"], 0, "what was given back is no sale");
        // with goods sold beside it, it is an order
        side.report(&sale("E", &[("1", 80), ("cup", -50)])).await;
        assert_eq!(shown(&side, number).await.0, 2);
        side.books_add_up().await;
    }

    /// A register whose clock is wrong: a fact, flagged, paid when it came.
    async fn a_wrong_clock_decides_nothing(side: Side) {
        let number = set_up(&side).await;
        for (bill, paid_at, flagged) in [
            ("far", "2101-05-05T10:00:00Z", true),
            ("epoch", "1970-01-01T00:00:00Z", true),
            ("tomorrow", "2026-03-02T09:59:00Z", false),
            ("last-year", "2025-03-02T10:00:00Z", false),
        ] {
            side.report(&with(sale(bill, &[("1", 150)]), json!({"paidAt": paid_at}))).await;
            let flags = side.flags(bill).await;
            assert_eq!(flags[0].1.contains(&"wrong_clock".to_owned()), flagged, "{bill} {flags:?}");
        }
        let customer = side.customer(number).await;
        assert_eq!(customer["date_last_order"], "2026-03-02T10:59:00+01:00", "{customer}");
        assert_eq!(customer["date_first_order"], "2025-03-02T11:00:00+01:00", "{customer}");
        assert_eq!(shown(&side, number).await.3, json!("Silver"), "600 within a year");
        // the same by a record, before and after its report
        side.sync("bills", json!([recorded("R", 1, 10, json!({"paidAt": "2101-05-05T10:00:00Z"}))])).await;
        side.sync("bills", json!([recorded("far", 1, 150, json!({"paidAt": "2101-05-05T10:00:00Z"}))])).await;
        side.sync("bills", json!([recorded("epoch", 1, 150, json!({"paidAt": "1970-01-01T00:00:00Z"}))])).await;
        let customer = side.customer(number).await;
        assert_eq!((&customer["date_last_order"], &customer["date_first_order"]),
            (&json!("2026-03-02T10:59:00+01:00"), &json!("2025-03-02T11:00:00+01:00")), "{customer}");
        // history that its sender last touched when it was paid is old, not wrong
        let old = json!({"paidAt": "2021-05-05T10:00:00Z", "_lastModifiedAt": "2021-05-05T10:05:00Z"});
        side.sync("bills", json!([recorded("history", 1, 10, old)])).await;
        assert_eq!(side.customer(number).await["date_first_order"], "2021-05-05T12:00:00+02:00");
        side.books_add_up().await;
    }

    /// Points that wait are counted in when they can be used, and that moves `last_updated`.
    async fn points_are_those_that_can_be_used(side: Side) {
        let number = set_up(&side).await;
        let program = json!({"earn": {"points": 1, "perAmount": 10, "pendingDays": 14}});
        let body = json!({"name": "Bar U Mostu", "currencyCode": "CZK", "pricePrecision": 2, "timeZone": "Europe/Prague",
            "holdTtlSeconds": 180, "program": program});
        assert_eq!(side.admin("PUT", MERCHANT, "", Some(body)).await.status, 200);
        let adjust = json!({"amount": 5, "reason": "welcome"});
        assert_eq!(side.admin("POST", MERCHANT, "/balances/points/adjust", Some(adjust)).await.status, 200);
        side.report(&sale("B", &[("1", 1000)])).await;
        assert_eq!(side.posted("points").await, 105);
        assert_eq!(side.customer(number).await["points"], 5, "100 wait");
        let bearer = format!("Bearer {}", side.customers);
        let changed = async |since: &str| {
            let path = format!("/api/v1/customers?last_updated={since}");
            side.call("GET", &path, &bearer, None).await.body["count"].clone()
        };
        side.clock.advance_seconds(13 * 86_400);
        side.partner.sweep().await.unwrap();
        assert_eq!((changed("2026-03-10T00:00:00Z").await, &side.customer(number).await["points"]), (json!(0), &json!(5)));
        side.books_add_up().await;
        side.clock.advance_seconds(3 * 86_400);
        side.partner.sweep().await.unwrap();
        assert_eq!((changed("2026-03-10T00:00:00Z").await, &side.customer(number).await["points"]), (json!(1), &json!(105)));
        side.books_add_up().await;
        // frozen, nothing can be used
        for (status, points) in [("frozen", 0), ("active", 105)] {
            assert_eq!(side.admin("PUT", MERCHANT, "/balances/points", Some(json!({"status": status}))).await.status, 200);
            assert_eq!(side.customer(number).await["points"], points, "{status}");
            side.books_add_up().await;
        }
    }
}

/// Every order of so many steps.
fn orders(count: usize) -> Vec<Vec<usize>> {
    let mut found = vec![Vec::new()];
    for step in 0..count {
        found = found
            .into_iter()
            .flat_map(|order: Vec<usize>| {
                (0..=order.len()).map(move |at| {
                    let mut next = order.clone();
                    next.insert(at, step);
                    next
                })
            })
            .collect();
    }
    found
}
