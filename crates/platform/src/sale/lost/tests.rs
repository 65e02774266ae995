//! Do refunds that lose a discount come to the worked numbers of loyalty.md §6 C9, and do they close?

use super::*;
use crate::sale::bill::{StoredBenefit, StoredItem, StoredPayment};
use crate::sale::corrective::{divide, taxes};
use crate::sale::samples;
use jiff::Timestamp;
use money::Precision;
use serde_json::{Value, json};
use wire::Number;
use wire::pos::RefundTender;

fn item(id: &str, amount: &str, total: i64, rate: &str, off: i64) -> StoredItem {
    let benefit = StoredBenefit {
        source_type: "generalDiscount".to_owned(),
        source_id: "d".to_owned(),
        title: None,
        value: off,
    };
    StoredItem {
        check_item_id: id.to_owned(),
        product: samples::line(id, total, rate).product,
        amount: Number::parse(amount).unwrap(),
        unit_price: total,
        till_discount: 0,
        total,
        benefits: vec![benefit],
        has_additions_with_code: None,
        additions_code: None,
        person_id: None,
    }
}

/// Half paid by a balance, half in cash.
fn bill(items: Vec<StoredItem>) -> StoredBill {
    let at: Timestamp = "2026-03-01T13:00:00Z".parse().unwrap();
    let paid: i64 = items.iter().map(|item| item.total - item.benefits[0].value).sum();
    let payment = |method: &str, value: i64, balance: Option<&str>| StoredPayment {
        payment_method: method.to_owned(),
        value,
        balance_id: balance.map(str::to_owned),
    };
    StoredBill {
        bill_id: "QX2026000001".to_owned(),
        check_id: "check-1".to_owned(),
        device_number: 1,
        version: 1,
        session_created: at,
        created_at: at,
        paid_at: at,
        modified_at: at,
        currency_code: "CZK".to_owned(),
        precision: Precision::new(2).unwrap(),
        final_price: Amount(paid),
        discount: Amount::ZERO,
        taxes: Vec::new(),
        payment_method: "split".to_owned(),
        payments: vec![payment("voucher", paid / 2, Some("mpv")), payment("cash", paid - paid / 2, None)],
        created_by: None,
        paid_by: None,
        person_count: None,
        desk_id: None,
        issued_as_vat_payer: true,
        customer_id: None,
        bill_messages: Vec::new(),
        refunded: false,
        refunded_bill_identifier: None,
        refund_reason: None,
        deleted: false,
        fiscal_data: None,
        benefit_usage_id: None,
        order_provider: None,
        items,
    }
}

fn reported(kept_while: &Value) -> LoyaltyBenefitUsagesPayload {
    let used = json!({"generalDiscountId": "d", "usedValue": 42, "keptWhile": kept_while});
    wire::read::from_value(json!({
        "loyaltyOfferId": "o", "billId": "b", "deviceNumber": 1, "currencyCode": "CZK", "metadata": "{}",
        "paidAt": "2026-03-01T10:00:00.000Z", "usedGeneralDiscounts": [used], "otherPaymentsValue": 0,
        "totalWithVat": 168
    }))
    .unwrap()
}

/// A minimum of 200.00 over everything.
fn from_200(bill: &StoredBill) -> Vec<KeptDiscount> {
    let line = |item: &StoredItem| json!({"checkItemId": item.check_item_id, "value": Number::from_amount(Amount(item.total), bill.precision)});
    let lines: Vec<Value> = bill.items.iter().map(line).collect();
    kept_discounts(bill, &reported(&json!({"minimumAmount": 200, "lines": lines})))
}

/// What a refund comes to, what of the discount goes back with it, and its VAT by rate.
type Told = (i64, i64, Vec<(String, i64)>);

/// One refund after the other: what each comes to, what of its discount goes back, and its VAT by rate.
fn refunds(bill: &StoredBill, kept: &[KeptDiscount], steps: &[&[&str]]) -> Vec<Told> {
    let mut earlier: Vec<GivenBack> = Vec::new();
    let mut found = Vec::new();
    for step in steps {
        let amounts: Vec<Decimal> = step.iter().map(|text| money::parse_decimal(text).unwrap()).collect();
        let before = earlier.iter().fold(GivenBack::nothing(bill), |sum, one| sum.and(one));
        let mut now = parts(bill, &before, &amounts);
        let standing = after_all(bill, kept, earlier.iter());
        let total: Vec<Decimal> =
            before.amounts.iter().zip(&amounts).map(|(gone, now)| *gone + *now).collect();
        let next = after(bill, kept, &standing, &total);
        take_lost(bill, &mut now, &standing, &next);
        let value: Amount = now.iter().map(|part| part.after).sum();
        assert_eq!(value, next.value - standing.value);
        for part in &now {
            assert_eq!(part.after, part.total - part.benefits.iter().sum::<Amount>());
        }
        let given = divide(bill, &before, value, RefundTender::ProRata).unwrap();
        assert!(given.iter().all(|given| !given.is_negative()), "{given:?}");
        let off: Amount = now.iter().flat_map(|part| &part.benefits).sum();
        let vat = taxes(bill, &[], &now).iter().map(|tax| (tax.rate.to_string(), tax.gross)).collect();
        found.push((value.0, off.0, vat));
        earlier.push(GivenBack { amounts, given });
    }
    let all = earlier.iter().fold(GivenBack::nothing(bill), |sum, one| sum.and(one));
    let paid: Vec<Amount> = bill.payments.iter().map(|payment| Amount(payment.value)).collect();
    assert_eq!(all.given, paid, "everything went back where it came from");
    found
}

fn rates(rates: &[(&str, i64)]) -> Vec<(String, i64)> {
    rates.iter().map(|(rate, gross)| ((*rate).to_owned(), *gross)).collect()
}

#[test]
fn what_stays_is_charged_at_its_own_rate() {
    let two = bill(vec![item("a", "1", 15_000, "0.12", 3_000), item("b", "1", 6_000, "0.21", 1_200)]);
    let kept = from_200(&two);
    assert_eq!(
        refunds(&two, &kept, &[&["0", "1"], &["1", "0"]]),
        [
            (1_800, 4_200, rates(&[("0.12", -3_000), ("0.21", 4_800)])),
            (15_000, 0, rates(&[("0.12", 15_000)])),
        ]
    );
    assert_eq!(
        refunds(&two, &kept, &[&["1", "0"], &["0", "1"]]),
        [
            (10_800, 4_200, rates(&[("0.12", 12_000), ("0.21", -1_200)])),
            (6_000, 0, rates(&[("0.21", 6_000)])),
        ]
    );
    assert_eq!(
        refunds(&two, &kept, &[&["1", "1"]]),
        [(16_800, 4_200, rates(&[("0.12", 12_000), ("0.21", 4_800)]))]
    );
    // without a condition the discount stays
    assert_eq!(refunds(&two, &[], &[&["0", "1"], &["1", "0"]])[0].0, 4_800);
}

#[test]
fn no_refund_is_below_zero_and_the_next_one_goes_on() {
    let bill = bill(vec![item("a", "2", 19_000, "0.12", 9_500), item("b", "1", 1_000, "0.12", 500)]);
    let found = refunds(&bill, &from_200(&bill), &[&["0", "1"], &["1", "0"], &["1", "0"]]);
    // of the lost 95.00 the first refund reaches 5.00
    assert_eq!(
        found.iter().map(|one| (one.0, one.1)).collect::<Vec<_>>(),
        [(0, 1_000), (500, 9_000), (9_500, 0)]
    );
}

#[test]
fn a_condition_that_cannot_be_told_keeps_its_discount() {
    let two = bill(vec![item("a", "1", 15_000, "0.12", 3_000), item("b", "1", 6_000, "0.21", 1_200)]);
    for lines in [
        json!([{"checkItemId": "z", "value": 210}]),
        json!([{"checkItemId": "a", "value": "100000000000000000000"}]),
    ] {
        let paid = reported(&json!({"minimumAmount": 200, "lines": lines}));
        assert_eq!(kept_discounts(&two, &paid), [], "{lines}");
    }
    assert_eq!(kept_discounts(&two, &reported(&Value::Null)), []);
}
