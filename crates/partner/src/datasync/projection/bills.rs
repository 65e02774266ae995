//! What do the records of bills tell the customers feed, the tiers and the bills that a corrective one corrects?

use super::told::{self, Correction, Told};
use super::{Kept, Of, Projection};
use crate::loyalty::after_bills::bills_changed;
use crate::loyalty::bills::{self, RecordedBill};
use crate::loyalty::people::customer::{self, Categories, Changed};
use crate::loyalty::tier::Ladder;
use db::{Error, Tx};
use money::{Amount, Precision};
use serde_json::Value;
use std::collections::BTreeSet;
use wire::bills::Bill;
use wire::datasync::Domain;
use wire::loyalty::topped_up;

/// A price that fits with the most decimals a currency has fits with fewer.
const MOST_DECIMALS: Option<Precision> = Precision::new(Precision::DIGITS_MAX);

/// The bills of the customers feed.
pub(super) struct Bills;

impl Projection for Bills {
    const DOMAIN: Domain = Domain::Bills;
    type Record = Bill;

    fn read(value: &Value) -> Result<Bill, String> {
        let bill: Bill = wire::read::from_value(value.clone()).map_err(|error| error.to_string())?;
        if MOST_DECIMALS.is_none_or(|precision| bill.final_price.amount(precision).is_err()) {
            return Err(format!("finalPrice: expected an amount of money, found {}", bill.final_price.0));
        }
        Ok(bill)
    }

    /// First the bills themselves, then what corrective ones take off others, then the totals and tiers of everybody
    /// whose bills these are. Tiers whose time is over are judged before any bill changes.
    fn apply(tx: &mut Tx<'_>, of: &Of<'_>, records: &[Kept<'_, Bill>]) -> Result<(), Error> {
        let Some(merchant) = crate::merchant::get(tx, of.merchant)? else { return Ok(()) };
        let program = of.partner.programs().of(&merchant)?;
        let (precision, currency_code) = (merchant.precision, merchant.currency_code.as_str());
        let bills: Vec<RecordedBill> =
            records.iter().map(|kept| recorded(kept, precision, currency_code)).collect();
        let corrections: Vec<Correction> =
            records.iter().map(|kept| correction(kept, precision, currency_code)).collect();
        if !program.settings.tiers.is_empty() {
            for member_id in &whose(tx, of.merchant, &bills, &corrections)? {
                Ladder::of(&program, &merchant, member_id).catch_up(tx, of.now)?;
            }
        }
        let mut told = Told::default();
        for bill in &bills {
            told::from_record(tx, of.merchant, bill, &mut told, of.now)?;
        }
        for correction in &corrections {
            told::correct(tx, of.merchant, correction, &mut told)?;
        }
        let local = program.local("", of.now);
        let bill_ids: Vec<&str> = told.bills.iter().map(String::as_str).collect();
        let changed = if told.moved {
            Changed::Everything
        } else if bills.iter().all(|bill| bill.counts) {
            Changed::Bills(&bill_ids, Categories::Added(&told.categories))
        } else {
            Changed::Bills(&bill_ids, Categories::Unknown)
        };
        bills_changed(tx, &program, &merchant, &told.members, changed, &local)
    }
}

/// The members whose bills these are or will be, as far as it is known or said.
fn whose(
    tx: &mut Tx<'_>,
    merchant: &str,
    bills: &[RecordedBill],
    corrections: &[Correction],
) -> Result<BTreeSet<String>, Error> {
    let mut members = BTreeSet::new();
    let corrected = corrections.iter().filter_map(|correction| correction.of_bill.as_ref());
    for bill_id in bills.iter().map(|bill| &bill.bill_id).chain(corrected) {
        members.extend(bills::whose(tx, merchant, bill_id)?);
    }
    for customer_id in bills.iter().filter_map(|bill| bill.customer_id.as_ref()) {
        members.extend(customer::survivor(tx, merchant, customer_id)?);
    }
    Ok(members)
}

/// Whether a bill is in another currency than the books, so that no sum of sales can have it in it.
fn is_foreign(bill: &Bill, currency_code: &str) -> bool {
    bill.currency_code.as_ref().is_some_and(|code| !code.eq_ignore_ascii_case(currency_code))
}

fn price(bill: &Bill, precision: Precision) -> Amount {
    bill.final_price.amount(precision).map_or(Amount::ZERO, |rounded| rounded.amount)
}

/// The bill for the customers feed. A removed or corrective bill is no order, nor one whose currency is foreign.
fn recorded(kept: &Kept<'_, Bill>, precision: Precision, currency_code: &str) -> RecordedBill {
    let Some(bill) = kept.record else {
        return RecordedBill {
            bill_id: kept.record_id.to_owned(),
            place: kept.place.map(str::to_owned),
            customer_id: None,
            final_price: 0,
            top_ups: Vec::new(),
            returns_only: false,
            has_lines: false,
            paid_at: None,
            last_modified_at: kept.last_modified_at,
            counts: false,
        };
    };
    let final_price = price(bill, precision);
    let has_lines = bill.items.as_ref().is_some_and(|items| !items.is_empty());
    let sold = bill
        .items
        .iter()
        .flatten()
        .any(|item| item.amount.0.is_sign_positive() && !item.price.0.is_sign_negative());
    RecordedBill {
        bill_id: kept.record_id.to_owned(),
        place: kept.place.map(str::to_owned),
        customer_id: bill.customer_id.clone(),
        final_price: final_price.0,
        top_ups: top_ups(bill, precision),
        returns_only: final_price.0 < 0 && !sold,
        has_lines,
        paid_at: bill.paid_at.as_ref().map(|at| at.instant),
        last_modified_at: kept.last_modified_at,
        counts: !(kept.removed
            || is_foreign(bill, currency_code)
            || bill.deleted
            || bill.refunded
            || bill.refunded_bill_identifier.is_some()),
    }
}

/// What a record takes off another bill: of which one, and how much. Also a record that does not may have done before.
fn correction(kept: &Kept<'_, Bill>, precision: Precision, currency_code: &str) -> Correction {
    let stands =
        kept.record.filter(|bill| !(kept.removed || bill.deleted || is_foreign(bill, currency_code)));
    let of_bill =
        stands.and_then(|bill| bill.refunded_bill_identifier.clone()).filter(|id| id != kept.record_id);
    Correction {
        corrective_bill_id: kept.record_id.to_owned(),
        place: kept.place.map(str::to_owned),
        of_bill,
        value: stands.map_or(0, |bill| (-price(bill, precision).0).max(0)),
        top_ups: stands.map_or_else(Vec::new, |bill| top_ups_back(bill, precision)),
    }
}

/// What each line sells for later use, by balance, below zero where it gives back.
fn top_up_lines(bill: &Bill, precision: Precision) -> Vec<(String, i64)> {
    let lines = bill.items.iter().flatten();
    let sold = lines.filter_map(|item| {
        let id = item.extra.get("id").and_then(Value::as_str);
        let balance_id = topped_up(id, item.product_id.as_deref())?;
        let value = item.price.0.checked_mul(item.amount.0)?;
        let value = Amount::from_decimal(value, precision).ok()?.amount;
        Some((balance_id.to_owned(), value.0))
    });
    sold.collect()
}

/// What the lines of a bill sell for later use, by balance.
fn top_ups(bill: &Bill, precision: Precision) -> Vec<(String, i64)> {
    top_up_lines(bill, precision).into_iter().filter(|(_, value)| *value > 0).collect()
}

/// What the lines of a corrective bill give back of what they sold for later use, by balance.
fn top_ups_back(bill: &Bill, precision: Precision) -> Vec<(String, i64)> {
    let lines = top_up_lines(bill, precision).into_iter();
    lines.filter(|(_, value)| *value < 0).map(|(balance_id, value)| (balance_id, -value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn bill(change: &Value) -> Bill {
        let mut bill = json!({"billId": "b", "finalPrice": "150.4", "paidAt": "2026-03-01T14:40:02+01:00"});
        bill.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        Bills::read(&bill).unwrap()
    }

    fn kept<'a>(record: Option<&'a Bill>, removed: bool) -> Kept<'a, Bill> {
        Kept { record_id: "b", place: Some("P"), removed, last_modified_at: None, record }
    }

    #[test]
    fn which_bills_are_orders() {
        let two = Precision::new(2).unwrap();
        for (change, removed, counts) in [
            (json!({}), false, true),
            (json!({"refunded": true}), false, false),
            (json!({"deleted": true}), false, false),
            (json!({}), true, false),
            (json!({"refundedBillIdentifier": "other"}), false, false),
            (json!({"currencyCode": "czk"}), false, true),
            (json!({"currencyCode": "EUR"}), false, false),
        ] {
            let bill = bill(&change);
            let found = recorded(&kept(Some(&bill), removed), two, "CZK");
            assert_eq!((found.final_price, found.counts), (15_040, counts), "{change}");
            assert_eq!(found.place.as_deref(), Some("P"));
        }
        assert!(!recorded(&kept(None, true), two, "CZK").counts);
    }

    #[test]
    fn goods_that_come_back_alone_are_no_order() {
        let two = Precision::new(2).unwrap();
        let item = |amount: i64, price: i64| json!({"name": "Kelímek", "amount": amount, "price": price});
        for (price, items, returns_only) in [
            (-50, json!([item(-1, 50)]), true),
            (-50, json!([item(1, -50)]), true),
            (-30, json!([item(-1, 50), item(1, 20)]), false),
            (-50, json!([]), true),
            (50, json!([item(1, 50)]), false),
            (0, json!([item(1, 0)]), false),
        ] {
            let bill = bill(&json!({"finalPrice": price, "items": items}));
            assert_eq!(
                recorded(&kept(Some(&bill), false), two, "CZK").returns_only,
                returns_only,
                "{bill:?}"
            );
        }
    }

    #[test]
    fn what_a_corrective_bill_takes_off() {
        let two = Precision::new(2).unwrap();
        let top_up = json!([{"name": "Kredit", "productId": "prepayment:T", "amount": -1, "price": 100}]);
        // the line's own id says it too, and the bare prefix names no balance
        let by_line = json!([
            {"id": "prepayment:T", "name": "Kredit", "productId": "p:credit", "amount": -1, "price": 100},
            {"id": "7", "name": "Dort", "productId": "prepayment:", "amount": -1, "price": 59},
        ]);
        for (change, removed, of_bill, value, prepaid) in [
            (json!({}), false, None, 0, 0),
            (json!({"refundedBillIdentifier": "o", "finalPrice": -59}), false, Some("o"), 5_900, 0),
            (
                json!({"refundedBillIdentifier": "o", "finalPrice": -159, "items": top_up}),
                false,
                Some("o"),
                15_900,
                10_000,
            ),
            (
                json!({"refundedBillIdentifier": "o", "finalPrice": -159, "items": by_line}),
                false,
                Some("o"),
                15_900,
                10_000,
            ),
            (json!({"refundedBillIdentifier": "o", "finalPrice": -59}), true, None, 0, 0),
            (json!({"refundedBillIdentifier": "o", "finalPrice": -59, "deleted": true}), false, None, 0, 0),
            (
                json!({"refundedBillIdentifier": "o", "finalPrice": -59, "currencyCode": "EUR"}),
                false,
                None,
                0,
                0,
            ),
            (json!({"refundedBillIdentifier": "b", "finalPrice": -59}), false, None, 5_900, 0),
        ] {
            let bill = bill(&change);
            let found = correction(&kept(Some(&bill), removed), two, "CZK");
            assert_eq!(found.of_bill.as_deref(), of_bill, "{change}");
            let back: i64 = found.top_ups.iter().map(|(_, value)| value).sum();
            assert_eq!((found.value, back), (value, prepaid), "{change}");
        }
    }

    #[test]
    fn a_price_that_is_no_money_is_refused() {
        let error = Bills::read(&json!({"billId": "b", "finalPrice": "99999999999999999"})).unwrap_err();
        assert!(error.contains("finalPrice: expected an amount of money"), "{error}");
        assert!(Bills::read(&json!({"billId": "b"})).unwrap_err().contains("finalPrice"));
    }
}
