//! How does a stored bill look on the wire? (protocol.md §4)

use crate::access::SourceId;
use crate::menu::LineProduct;
use crate::sale::bill::{StoredBill, StoredItem};
use jiff::{Timestamp, tz::TimeZone};
use money::{Amount, Precision, vat::VatRate};
use serde_json::json;
use wire::bills::{Bill, BillItem, OrderProvider, Payment, Person, TaxEntry};
use wire::number::DecimalText;
use wire::pos::PosPerson;
use wire::time::LocalTime;
use wire::{Extra, Number};

/// Guests of a bill whose register counted none.
const PERSON_COUNT_DEFAULT: i64 = 1;

/// The bill as lists show it: without items.
pub(crate) fn listed(bill: &StoredBill, zone: &TimeZone) -> Bill {
    let precision = bill.precision;
    let money = |amount: Amount| Number::from_amount(amount, precision);
    let text = |amount: Amount| DecimalText::from_amount(amount, precision);
    let vat_total: Amount = bill.taxes.iter().map(|tax| Amount(tax.gross - tax.net)).sum();
    // A rate whose lines come to nothing is not listed: a free bill has no taxes.
    let taxes: Vec<TaxEntry> = bill
        .taxes
        .iter()
        .filter(|tax| tax.gross != 0 || tax.net != 0)
        .map(|tax| TaxEntry {
            vat: DecimalText(percent(tax.rate)),
            total_vat: text(Amount(tax.gross - tax.net)),
            total_without_vat: text(Amount(tax.net)),
            extra: Extra::new(),
        })
        .collect();
    let mut extra = Extra::new();
    if !bill.bill_messages.is_empty() {
        // Ours: what the loyalty provider wants printed.
        extra.insert("billMessages".to_owned(), json!(bill.bill_messages));
    }
    if let Some(reason) = &bill.refund_reason {
        // Ours: why a corrective bill was made.
        extra.insert("refundReason".to_owned(), json!(reason));
    }
    Bill {
        bill_id: bill.bill_id.clone(),
        session_created: Some(local(bill.session_created, zone)),
        created_at: Some(local(bill.created_at, zone)),
        paid_at: Some(local(bill.paid_at, zone)),
        final_price: money(bill.final_price),
        final_price_without_tax: Some(text(bill.final_price - vat_total)),
        tax_summaries: taxes.iter().map(|tax| (tax.vat.0.to_string(), tax.total_vat)).collect(),
        taxes,
        discount: money(bill.discount),
        currency_code: Some(bill.currency_code.clone()),
        refunded: bill.refunded,
        refunded_bill_identifier: bill.refunded_bill_identifier.clone(),
        deleted: bill.deleted,
        payment_method: Some(bill.payment_method.clone()),
        payments: payments(bill),
        created_by: Some(person(bill.created_by.as_ref(), bill.device_number)),
        paid_by: Some(person(bill.paid_by.as_ref(), bill.device_number)),
        person_count: Some(bill.person_count.unwrap_or(PERSON_COUNT_DEFAULT)),
        desk_id: bill.desk_id.clone(),
        issued_as_vat_payer: Some(bill.issued_as_vat_payer),
        fiscal_data: bill.fiscal_data.clone(),
        customer_id: bill.customer_id.clone(),
        order_provider: bill.order_provider.as_ref().map(|provider| OrderProvider {
            code: Some(provider.code.clone()),
            order_id: Some(provider.order_id.clone()),
            extra: Extra::new(),
        }),
        last_modified_at: Some(local(bill.modified_at, zone)),
        extra,
        ..Bill::default()
    }
}

/// How the bill was paid; a bill that left nothing to pay has one payment of nothing.
fn payments(bill: &StoredBill) -> Vec<Payment> {
    let payment = |method: &str, value: i64| Payment {
        payment_method: method.to_owned(),
        price_with_vat: DecimalText::from_amount(Amount(value), bill.precision),
        extra: Extra::new(),
    };
    if bill.payments.is_empty() {
        return vec![payment(&bill.payment_method, 0)];
    }
    bill.payments.iter().map(|paid| payment(&paid.payment_method, paid.value)).collect()
}

/// The person as the bill shows it; where nobody signed in, the register stands in.
fn person(signed_in: Option<&PosPerson>, device_number: i64) -> Person {
    signed_in.map_or_else(|| PosPerson::stand_in(device_number).on_bill(), PosPerson::on_bill)
}

/// The bill with its items.
pub(crate) fn detailed(bill: &StoredBill, zone: &TimeZone) -> Bill {
    let items = bill.items.iter().map(|item| item_of(item, bill.precision)).collect();
    Bill { items: Some(items), ..listed(bill, zone) }
}

/// The bill as DataSync sends it; the feed adds version and time.
pub(crate) fn synchronized(bill: &StoredBill, source: &SourceId, zone: &TimeZone) -> Bill {
    Bill {
        merchant_id: Some(source.merchant.clone()),
        place_id: Some(source.place.clone()),
        last_modified_at: None,
        ..detailed(bill, zone)
    }
}

fn item_of(item: &StoredItem, precision: Precision) -> BillItem {
    let product = &item.product;
    let mut extra = Extra::new();
    let mut discounts = Vec::new();
    if item.till_discount != 0 {
        discounts.push(
            json!({"sourceType": "pos", "value": Number::from_amount(Amount(item.till_discount), precision)}),
        );
    }
    for benefit in &item.benefits {
        discounts.push(json!({
            "sourceType": benefit.source_type,
            "sourceId": benefit.source_id,
            "title": benefit.title,
            "value": Number::from_amount(Amount(benefit.value), precision),
        }));
    }
    // The documents name the member but not its own members: these are ours. Values are off the whole line.
    extra.insert("discounts".to_owned(), discounts.into());
    extra.insert("id".to_owned(), item.check_item_id.clone().into());
    if let Some(person) = item.person_id {
        // Ours: who entered it.
        extra.insert("personId".to_owned(), person.into());
    }
    BillItem {
        name: Some(product.name.clone()),
        amount: item.amount,
        measure: Some(product.measure.clone()),
        price: Number::from_amount(Amount(item.unit_price), precision),
        vat_rate: Some(product.vat_rate),
        vat_id: Some(vat_number(product).into()),
        product_id: Some(product.product_id.clone()),
        decoded_id: product.decoded_id,
        category_id: product.category_id.clone(),
        ean: product.ean.clone(),
        has_additions_with_code: item.has_additions_with_code.clone(),
        additions_code: item.additions_code.clone(),
        extra,
    }
}

/// The number of the line's VAT rate: the menu's own, or the rate in hundredths of a percent where the menu has none.
pub(crate) fn vat_number(product: &LineProduct) -> i64 {
    let own = product.vat_id.as_ref().and_then(|id| serde_json::from_value::<Number>(id.clone()).ok());
    let of_rate = || Number(product.rate().percent() * money::Decimal::ONE_HUNDRED).integer();
    own.and_then(Number::integer).or_else(of_rate).unwrap_or_default()
}

/// The place's offset, whole seconds (protocol.md §1.5).
fn local(at: Timestamp, zone: &TimeZone) -> LocalTime {
    LocalTime::new(Timestamp::from_second(at.as_second()).unwrap_or(at), zone)
}

/// `12` for 0.12.
fn percent(fraction: Number) -> money::Decimal {
    VatRate::from_fraction(fraction.0).map_or(fraction.0, VatRate::percent)
}
