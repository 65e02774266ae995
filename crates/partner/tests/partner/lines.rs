//! Does a report find the right lots and lines by what its lines say?

use crate::side::*;
use serde_json::{Value, json};

/// A line of a bill, by id and product.
fn line(id: Value, product: &str, total: i64, rate: &str) -> Value {
    json!({
        "originalCheckItemId": id, "amount": 1, "totalPriceWithVat": total, "vatRate": rate,
        "product": {"productId": product, "categories": []}, "appliedBenefits": []
    })
}

/// The same, with so much of it taken off by the voucher.
fn by_voucher(mut line: Value, off: i64) -> Value {
    line["appliedBenefits"] = json!([{"sourceType": "balance", "appliedFromBalanceId": "S", "absoluteTotalValue": off,
        "applicationType": "discount"}]);
    line
}

/// A single-purpose voucher `S` with 50.00 sold at 12 % and, a day later, 50.00 at 21 %.
async fn voucher_of_two_rates(side: &Side) {
    let voucher = json!({
        "code": "S", "type": "singlePurposePrepaidVoucher", "value": 50, "vatRate": 0.12,
        "settings": {"vatRates": [{"from": "2026-03-02", "rate": 0.21}], "prepayment": {"value": 50, "reloadable": true}}
    });
    let answer = side.admin("POST", MERCHANT, "/vouchers", Some(voucher)).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let sold = with(
        report("top", "top", "50", &[("S", 0, 50)]),
        json!({"paidAt": "2026-03-02T10:00:00Z",
        "paidItems": [line(json!("prepayment:S"), "prepayment:S", 50, "0.21")]}),
    );
    side.report(&sold).await;
    assert_eq!(lots(side).await, [("0.12", 50), ("0.21", 50)].map(|(rate, left)| (rate.to_owned(), left)));
}

/// Rate and remaining value of each lot of the voucher.
async fn lots(side: &Side) -> Vec<(String, i64)> {
    let view = side.view("/balances/S").await;
    let lots = view["lots"].as_array().unwrap().iter();
    let mut lots: Vec<(String, i64)> =
        lots.map(|lot| (lot["vatRate"].to_string(), lot["remaining"].as_i64().unwrap())).collect();
    lots.sort();
    lots
}

fn left(low: i64, high: i64) -> Vec<(String, i64)> {
    vec![("0.12".to_owned(), low), ("0.21".to_owned(), high)]
}

/// Asks for an offer for a meal of 20.00 at 12 % and a beer of 30.00 at 21 %, with the voucher.
async fn meal_and_beer(side: &Side, offer: &str) -> Value {
    let item = |id: &str, total: i64, rate: &str| {
        json!({
            "checkItemId": id, "amount": 1, "totalPriceWithVat": total, "vatRate": rate,
            "product": {"productId": id, "name": id, "categories": []}
        })
    };
    let body = json!({
        "checkId": "c", "loyaltyOfferId": offer, "deviceNumber": 1, "currencyCode": "CZK", "pricePrecision": 2,
        "benefitInputs": [{"inputCode": "S"}], "balances": [], "merchantId": MERCHANT, "placeId": "P",
        "itemsToPay": [item("meal", 20, "0.12"), item("beer", 30, "0.21")]
    });
    let (status, answer) = side.webhook("getBenefitOffer", &side.loyalty, body.to_string()).await;
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!(status, 200, "{answer}");
    answer
}

on_both_engines! {
    /// A split bill that pays only the beer takes what was sold at the beer's rate; the meal's stays held for the
    /// check (loyalty.md §3 V5, V6, §4).
    async fn a_voucher_of_two_rates_pays_each_rate_with_its_own(side: Side) {
        voucher_of_two_rates(&side).await;
        let offer = meal_and_beer(&side, "o1").await;
        assert_eq!(offer["balances"][0]["valueToUseInCurrency"], 50, "{offer}");
        let beer = with(report("o1", "b1", "0", &[("S", 30, 0)]), json!({
            "paidItems": [by_voucher(line(json!("beer"), "beer", 30, "0.21"), 30)]}));
        side.report(&beer).await;
        assert_eq!((lots(&side).await, side.state("S").await), (left(50, 20), (70, 20, 50)));
        let meal = with(report("o1", "b2", "0", &[("S", 20, 0)]), json!({
            "paidItems": [by_voucher(line(json!("meal"), "meal", 20, "12"), 20)]}));
        side.report(&meal).await;
        assert_eq!((lots(&side).await, side.state("S").await), (left(30, 20), (50, 0, 50)));
        for (bill, body) in [("b1", &beer), ("b2", &meal)] {
            assert_eq!(side.flags(bill).await[0].1, Vec::<String>::new());
            side.report(&with(body.clone(), json!({"billState": "cancelled"}))).await;
        }
        assert_eq!(lots(&side).await, left(50, 50));
        side.books_add_up().await;
    }

    /// Without its offer too; and what the rate does not have is taken from the other one, and said.
    async fn a_report_without_an_offer_goes_by_the_rates_of_its_lines(side: Side) {
        voucher_of_two_rates(&side).await;
        let beer = |bill: &str, value: i64| with(report("unknown", bill, "0", &[("S", value, 0)]), json!({
            "paidItems": [by_voucher(line(json!("beer"), "beer", value, "0.21"), value)]}));
        side.report(&beer("b1", 30)).await;
        assert_eq!(lots(&side).await, left(50, 20));
        side.report(&beer("b2", 25)).await;
        assert_eq!(lots(&side).await, left(45, 0));
        let remarks = side.view("/usages?billId=b2").await["data"][0]["remarks"].to_string();
        assert!(remarks.contains("another VAT rate"), "{remarks}");
        side.books_add_up().await;
    }

    /// Points without VAT are the same whether a line says its rate as a fraction or as percent, and 1 is 1 %.
    async fn points_without_vat_go_by_the_rate_however_it_is_written(side: Side) {
        side.member().await;
        let body = json!({"name": "Bar U Mostu", "currencyCode": "CZK", "pricePrecision": 2, "timeZone": "Europe/Prague",
            "program": {"earn": {"points": 1, "perAmount": 10, "base": "net"}}});
        assert_eq!(side.admin("PUT", MERCHANT, "", Some(body)).await.status, 200);
        let mut posted = side.posted("points").await;
        // 110.00: 108.91 without 1 %, 90.91 without 21 %
        let table = [
            (json!(1), 10), (json!("1"), 10), (json!("1.0"), 10), (json!(0.01), 10), (json!("0.01"), 10),
            (json!(21), 9), (json!("21"), 9), (json!(0.21), 9), (json!("0.210"), 9),
            (json!(0), 11), (json!(null), 11), (json!(100), 11), (json!(-1), 11), (json!(20250711), 11),
        ];
        for (number, (rate, points)) in table.into_iter().enumerate() {
            let mut item = line(json!("1"), "p", 110, "");
            item["vatRate"] = rate.clone();
            let paid = json!({"customerId": "anna", "paidItems": [item]});
            side.report(&with(report("none", &format!("b{number}"), "110", &[]), paid)).await;
            let now = side.posted("points").await;
            assert_eq!(now - posted, points, "{rate}");
            posted = now;
        }
        side.books_add_up().await;
    }

    /// A line is a top-up when its own id says so, or its product's: in what it credits, in what it was sold for, in what
    /// earns and in what goes back (loyalty.md T6, C5).
    async fn a_top_up_is_known_by_its_line_or_its_product(side: Side) {
        side.member().await;
        let (mut credit, mut points) = (side.posted("credit").await, side.posted("points").await);
        for (number, (id, product)) in [
            (json!("prepayment:credit"), "prepayment:credit"),
            (json!("prepayment:credit"), "p:sale"),
            (json!("7"), "prepayment:credit"),
            (Value::Null, "prepayment:credit"),
        ]
        .into_iter()
        .enumerate()
        {
            let what = format!("{id} {product}");
            let sold = line(id.clone(), product, 450, "0");
            let bill = format!("b{number}");
            let paid = with(report("none", &bill, "510", &[("credit", 0, 500)]), json!({"customerId": "anna",
                "paidItems": [line(json!("1"), "p", 60, "0.12"), sold.clone()]}));
            side.report(&paid).await;
            assert_eq!(side.posted("credit").await, credit + 500, "{what}");
            points += 6;
            assert_eq!(side.posted("points").await, points, "{what}: only the goods earn");
            let view = side.view("/balances/credit").await;
            let lots = view["lots"].as_array().unwrap();
            let below = lots.iter().filter(|lot| lot["remaining"] == json!(50)).count();
            assert_eq!(below, 1, "{what}: 450 of 500 were paid for, {lots:?}");
            let back = with(paid, json!({"billState": "refunded", "refundNumber": 1, "totalWithVat": 450, "usedBalances": [],
                "paidItems": [sold]}));
            side.report(&back).await;
            assert_eq!(side.posted("credit").await, credit, "{what}: the sale went back");
            credit = side.posted("credit").await;
        }
        side.books_add_up().await;
    }

    /// A refund has other lines than its bill: a line without an id is known by its product and price (C6).
    async fn a_line_without_an_id_goes_back_as_itself(side: Side) {
        side.member().await;
        let items = [("soup", 10), ("meal", 100), ("meal", 60)].map(|(product, total)| line(Value::Null, product, total, "0.12"));
        let paid = with(report("o1", "b1", "170", &[("credit", 170, 0)]), json!({"customerId": "anna", "paidItems": items}));
        side.report(&paid).await;
        assert_eq!(side.posted("credit").await, 730);
        let refund = |number: i64, product: &str, total: i64| with(paid.clone(), json!({
            "billState": "refunded", "refundNumber": number, "totalWithVat": total, "usedBalances": [],
            "paidItems": [line(Value::Null, product, total, "0.12")]}));
        for (number, product, total, credit) in
            [(1, "meal", 100, 830), (2, "meal", 60, 890), (3, "meal", 60, 890), (4, "tea", 10, 890), (5, "soup", 10, 900)]
        {
            side.report(&refund(number, product, total)).await;
            assert_eq!(side.posted("credit").await, credit, "refund {number}");
        }
        let flags: std::collections::BTreeMap<_, _> = side.flags("b1").await.into_iter().collect();
        let differs: Vec<&str> = flags.iter().filter(|(_, flags)| flags.contains(&"differs".to_owned())).map(|(kind, _)| kind.as_str()).collect();
        assert_eq!(differs, ["refund-3", "refund-4"], "{flags:?}");
        side.books_add_up().await;
    }
}
