//! What does a paid check become?

use super::view::titles;
use crate::access::PosGrant;
use crate::place::PlaceSettings;
use crate::sale::StoredCheck;
use crate::sale::bill::{
    METHOD_CHARACTERS_MAX, StoredBenefit, StoredBill, StoredItem, StoredPayment, StoredTax, payment_method,
};
use crate::sale::check::Line;
use crate::sale::{ReckonedLine, Reckoning, Source};
use door::{ApiError, token};
use jiff::Timestamp;
use money::{Amount, Precision};
use outside::hex;
use serde_json::{Value, json};
use wire::Number;
use wire::loyalty::{BalanceType, LoyaltyOfferResponse};
use wire::pos::{PayCheck, PosPerson};

/// Most payments of one check.
const PAYMENTS_MAX: usize = 50;

/// Reads the guest's payments, which must come to what is left to pay.
///
/// # Errors
/// 400 that names the payment at fault, or `PAYMENT_MISMATCH` with what was expected and what came.
pub(super) fn tendered(
    body: &PayCheck,
    to_pay: Amount,
    precision: Precision,
) -> Result<Vec<StoredPayment>, ApiError> {
    if body.payments.len() > PAYMENTS_MAX {
        let expected = format!("at most {PAYMENTS_MAX} payments");
        return Err(ApiError::field("payments", &expected, &body.payments.len().to_string()));
    }
    let mut payments = Vec::with_capacity(body.payments.len());
    for (index, payment) in body.payments.iter().enumerate() {
        let method = payment.payment_method.trim();
        let length = method.chars().count();
        if length == 0 || length > METHOD_CHARACTERS_MAX {
            let path = format!("payments[{index}].paymentMethod");
            let expected = format!("1 to {METHOD_CHARACTERS_MAX} characters");
            return Err(ApiError::field(&path, &expected, &format!("{length} of them")));
        }
        let path = format!("payments[{index}].priceWithVat");
        let value = crate::api::exact_amount(&path, &payment.price_with_vat, precision)?;
        // A return gives money back by every payment; a sale takes some by every one.
        if value == Amount::ZERO || value.is_negative() != to_pay.is_negative() {
            let expected = if to_pay.is_negative() { "an amount below 0" } else { "an amount above 0" };
            return Err(ApiError::field(&path, expected, &payment.price_with_vat.to_string()));
        }
        payments.push(StoredPayment { payment_method: method.to_owned(), value: value.0, balance_id: None });
    }
    let given: Amount = payments.iter().map(|payment| Amount(payment.value)).sum();
    if given == to_pay {
        return Ok(payments);
    }
    let (expected, found) = (Number::from_amount(to_pay, precision), Number::from_amount(given, precision));
    let value = |number: Number| serde_json::to_value(number).unwrap_or(Value::Null);
    let message =
        format!("expected payments that come to {expected}, found {found}; correct them and pay again");
    Err(ApiError::bad_request(message)
        .with_name("PAYMENT_MISMATCH")
        .with("field", "payments")
        .with("expected", value(expected))
        .with("found", value(found)))
}

/// What the bill is made of, beside its number.
#[derive(Debug)]
pub(super) struct Sale<'a> {
    pub(super) grant: &'a PosGrant,
    pub(super) settings: &'a PlaceSettings,
    pub(super) check: &'a StoredCheck,
    pub(super) reckoning: &'a Reckoning,
    pub(super) offer: Option<&'a LoyaltyOfferResponse>,
    pub(super) tendered: &'a [StoredPayment],
    pub(super) paid_by: Option<&'a PosPerson>,
    /// The usage report that goes out with the bill.
    pub(super) benefit_usage_id: Option<&'a str>,
    pub(super) now: Timestamp,
}

impl Sale<'_> {
    /// The bill under its number.
    pub(super) fn bill(&self, bill_id: String) -> StoredBill {
        let Self { settings, check, reckoning, offer, now, .. } = *self;
        let payments = self.payments();
        StoredBill {
            bill_id,
            check_id: check.check_id.clone(),
            device_number: self.grant.device_number,
            version: 1,
            session_created: check.opened_at,
            created_at: now,
            paid_at: now,
            modified_at: now,
            currency_code: settings.currency_code.clone(),
            precision: settings.precision,
            final_price: reckoning.total,
            discount: self.discount(),
            taxes: reckoning
                .vat
                .iter()
                .map(|sum| StoredTax {
                    rate: Number(sum.rate.fraction()),
                    gross: sum.gross.0,
                    net: sum.net.0,
                })
                .collect(),
            // Benefits may leave nothing to pay.
            payment_method: payment_method(&payments, if offer.is_some() { "loyalty" } else { "cash" }),
            payments,
            created_by: check.opened_by.clone().or_else(|| self.paid_by.cloned()),
            paid_by: self.paid_by.cloned().or_else(|| check.opened_by.clone()),
            person_count: check.person_count,
            desk_id: check.desk_id.clone(),
            issued_as_vat_payer: settings.is_vat_payer,
            customer_id: offer
                .and_then(|offer| offer.customer.as_ref())
                .map(|customer| customer.customer_id.clone()),
            bill_messages: offer.map(|offer| offer.bill_messages.clone()).unwrap_or_default(),
            refunded: false,
            refunded_bill_identifier: None,
            refund_reason: None,
            deleted: false,
            fiscal_data: None,
            benefit_usage_id: self.benefit_usage_id.map(str::to_owned),
            order_provider: check.order_provider.clone(),
            items: reckoning
                .lines
                .iter()
                .chain(&reckoning.prepaid_lines)
                .map(|line| self.item(line))
                .collect(),
        }
    }

    /// What balances paid comes first, then what was paid before, then what the guest gave.
    fn payments(&self) -> Vec<StoredPayment> {
        let by_balances = self.reckoning.balance_payments.iter().map(|payment| StoredPayment {
            payment_method: method_of(payment.r#type).to_owned(),
            value: payment.value_in_currency.0,
            balance_id: Some(payment.balance_id.clone()),
        });
        by_balances.chain(self.check.already_paid.iter().chain(self.tendered).cloned()).collect()
    }

    /// The register's own discounts and loyalty's, together.
    fn discount(&self) -> Amount {
        self.reckoning
            .lines
            .iter()
            .map(|line| Amount(line.line.till_discount) + (line.line.total() - line.after))
            .sum()
    }

    fn item(&self, reckoned: &ReckonedLine) -> StoredItem {
        let line = &reckoned.line;
        let code = |of: &str| additions_code(&self.check.check_id, of);
        let goes_with =
            |other: &Line| other.addition.as_ref().is_some_and(|with| with.of == line.check_item_id);
        StoredItem {
            has_additions_with_code: self
                .check
                .lines
                .iter()
                .any(goes_with)
                .then(|| code(&line.check_item_id)),
            additions_code: line.addition.as_ref().map(|with| code(&with.of)),
            person_id: line.entered_by.as_ref().map(|person| person.person_id),
            check_item_id: line.check_item_id.clone(),
            product: line.product.clone(),
            amount: line.amount,
            unit_price: line.unit_price,
            till_discount: line.till_discount,
            total: line.total,
            benefits: reckoned
                .benefits
                .iter()
                .map(|benefit| {
                    let (source_type, source_id) = match &benefit.source {
                        Source::Discount(id) => ("generalDiscount", id),
                        Source::Balance(id) => ("balance", id),
                    };
                    StoredBenefit {
                        source_type: source_type.to_owned(),
                        source_id: source_id.clone(),
                        title: self.offer.and_then(|offer| titles(offer, &benefit.source).1),
                        value: benefit.value.0,
                    }
                })
                .collect(),
        }
    }
}

/// What ties the additions of a line to it on the bill, as a UUID: of one line of one check always the same.
fn additions_code(check_id: &str, check_item_id: &str) -> String {
    let digest = hex(&token::hash(&format!("{check_id}/{check_item_id}")));
    let part = |from, to| digest.get(from..to).unwrap_or_default();
    // version 8: made of what we like (RFC 9562)
    format!("{}-{}-8{}-8{}-{}", part(0, 8), part(8, 12), part(12, 15), part(15, 18), part(18, 30))
}

/// The documented payment method of a balance that pays.
fn method_of(r#type: BalanceType) -> &'static str {
    match r#type {
        BalanceType::PrepaidCredit => "prepaidCredit",
        _ => "voucher",
    }
}

/// The offer changed between being shown and being paid: the register shows the new one.
pub(super) fn offer_changed(check: &wire::pos::Check) -> ApiError {
    let message =
        "the loyalty offer changed since it was shown; nothing was paid. Show the new offer and pay again";
    ApiError::conflict(message).with_name("OFFER_CHANGED").with("check", json!(check))
}
