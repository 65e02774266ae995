//! Does a usage report close arithmetically?
//!
//! The definitions of protocol.md §10.12. A report is a fact (loyalty.md §5): what does not close is remarked, never
//! refused; the documents' own example does not close.

use super::{BillState, LoyaltyBenefitUsagesPayload};
use crate::Number;
use money::Decimal;
use std::collections::HashMap;

/// Something in a report that does not add up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageRemark {
    /// The member that differs.
    pub path: String,
    /// What it should be by the other members, and what it is.
    pub message: String,
}

/// Everything that does not add up in a report; empty when it closes. Exact, whatever the precision.
#[must_use]
pub fn close_usage(payload: &LoyaltyBenefitUsagesPayload) -> Vec<UsageRemark> {
    let mut remarks = Vec::new();
    totals(payload, &mut remarks);
    // of a refund a line may give back a discount that stays on the bill without it (loyalty.md §6 C9)
    if matches!(payload.bill_state, None | Some(BillState::Paid)) {
        lines(payload, &mut remarks);
    }
    discounts(payload, &mut remarks);
    remarks
}

/// `totalWithVat` = Σ lines − Σ discounts = Σ payments by balances + other payments.
fn totals(payload: &LoyaltyBenefitUsagesPayload, remarks: &mut Vec<UsageRemark>) {
    let lines = sum(payload.paid_items.iter().map(|item| item.total_price_with_vat));
    let discounts = sum(payload
        .paid_items
        .iter()
        .flat_map(|item| &item.applied_benefits)
        .filter(|benefit| benefit.is_discount())
        .map(|benefit| benefit.absolute_total_value));
    let after = lines.zip(discounts).and_then(|(lines, discounts)| lines.checked_sub(discounts));
    compare(remarks, "totalWithVat", "the lines less their discounts", after, payload.total_with_vat);

    let payments =
        payload.payments_by_balances.iter().filter_map(|payment| payment.value_in_currency.or(payment.value));
    let paid = sum(payments.chain([payload.other_payments_value]));
    compare(remarks, "totalWithVat", "payments by balances and other payments", paid, payload.total_with_vat);
}

/// No line gets more than it costs.
fn lines(payload: &LoyaltyBenefitUsagesPayload, remarks: &mut Vec<UsageRemark>) {
    for (index, item) in payload.paid_items.iter().enumerate() {
        let price = item.total_price_with_vat;
        let benefits = sum(item.applied_benefits.iter().map(|benefit| benefit.absolute_total_value));
        match benefits {
            Some(off) if off <= price.0.max(Decimal::ZERO) => {}
            Some(off) => remarks.push(UsageRemark {
                path: format!("paidItems[{index}].appliedBenefits"),
                message: format!("benefits of {} on a line of {price}", Number(off)),
            }),
            None => remarks.push(too_large(format!("paidItems[{index}].appliedBenefits"))),
        }
    }
}

/// What a discount is said to have used is what the lines got from it; a discount of the lines is listed.
fn discounts(payload: &LoyaltyBenefitUsagesPayload, remarks: &mut Vec<UsageRemark>) {
    let mut by_discount: HashMap<&str, Vec<Number>> = HashMap::new();
    for benefit in payload.paid_items.iter().flat_map(|item| &item.applied_benefits) {
        if let Some(id) = benefit.applied_from_general_discount_id.as_deref() {
            by_discount.entry(id).or_default().push(benefit.absolute_total_value);
        }
    }
    for (index, used) in payload.used_general_discounts.iter().enumerate() {
        let benefits = by_discount.remove(used.general_discount_id.as_str()).unwrap_or_default();
        let Some(value) = used.used_value else { continue };
        let path = format!("usedGeneralDiscounts[{index}].usedValue");
        compare(remarks, &path, "the benefits of the lines", sum(benefits.into_iter()), value);
    }
    let mut unlisted: Vec<&str> = by_discount.into_keys().collect();
    unlisted.sort_unstable();
    for id in unlisted {
        remarks.push(UsageRemark {
            path: "usedGeneralDiscounts".to_owned(),
            message: format!("lines have benefits of the discount {id}, which is not listed"),
        });
    }
}

fn compare(remarks: &mut Vec<UsageRemark>, path: &str, of: &str, expected: Option<Decimal>, found: Number) {
    match expected {
        Some(expected) if expected == found.0 => {}
        Some(expected) => remarks.push(UsageRemark {
            path: path.to_owned(),
            message: format!("{of} come to {}, found {found}", Number(expected)),
        }),
        None => remarks.push(too_large(path.to_owned())),
    }
}

fn too_large(path: String) -> UsageRemark {
    UsageRemark { path, message: "the values are too large to be added".to_owned() }
}

fn sum(mut values: impl Iterator<Item = Number>) -> Option<Decimal> {
    values.try_fold(Decimal::ZERO, |sum, value| sum.checked_add(value.0))
}
