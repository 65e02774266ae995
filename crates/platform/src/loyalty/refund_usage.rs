//! What is reported to the provider about a bill, or a part of it, that came back? (protocol.md §10.8)
//!
//! The report names the original bill and says what the till gave back; shares are those of the sale.

use crate::sale::bill::{StoredBill, StoredItem, StoredPayment};
use crate::sale::corrective::PartOfItem;
use money::Amount;
use std::collections::BTreeMap;
use wire::loyalty::{
    ApplicationType, AppliedBenefit, BillState, LoyaltyBenefitUsagesPayload, PaidItem, PaymentByBalance,
    SourceType, UsedBalance, UsedGeneralDiscount,
};
use wire::{Extra, Number};

/// A refund and the bill it belongs to, as the usage report tells them.
#[derive(Debug)]
pub(crate) struct GivenBackTo<'a> {
    /// The original.
    pub(crate) bill: &'a StoredBill,
    pub(crate) parts: &'a [PartOfItem],
    /// How the bill was paid and, in the same order, what goes back by each.
    pub(crate) tenders: &'a [StoredPayment],
    pub(crate) given: &'a [Amount],
    pub(crate) value: Amount,
    pub(crate) cancels: bool,
    pub(crate) refund_number: i64,
    pub(crate) corrective_bill_id: &'a str,
    pub(crate) device_number: i64,
}

/// The report, made of the one about the payment. It closes as that one does.
pub(crate) fn usage(
    paid: &LoyaltyBenefitUsagesPayload,
    back: &GivenBackTo<'_>,
) -> LoyaltyBenefitUsagesPayload {
    let money = |amount: Amount| Number::from_amount(amount, back.bill.precision);
    let mut by_discount: BTreeMap<&str, Amount> = BTreeMap::new();
    let mut paid_items = Vec::with_capacity(back.parts.len());
    let mut used_balances = Vec::new();
    for part in back.parts {
        let Some(item) = back.bill.items.get(part.index) else { continue };
        for (benefit, value) in item.benefits.iter().zip(&part.benefits) {
            if benefit.source_type == SourceType::GeneralDiscount.as_str() {
                *by_discount.entry(&benefit.source_id).or_default() += *value;
            }
        }
        used_balances.extend(topped_up_back(item, part, &money));
        paid_items.extend(paid_item(paid, item, part, &money));
    }
    let by_balances = back.tenders.iter().zip(back.given).filter_map(|(tender, given)| {
        // A balance that gets nothing is said too: without any, the provider would divide by its own policy.
        Some((tender.balance_id.as_ref()?, *given))
    });
    let to_balances: Amount = by_balances.clone().map(|(_, given)| given).sum();
    LoyaltyBenefitUsagesPayload {
        bill_state: Some(if back.cancels { BillState::Cancelled } else { BillState::Refunded }),
        device_number: back.device_number,
        used_balances,
        used_general_discounts: by_discount
            .into_iter()
            .filter(|(_, value)| *value != Amount::ZERO)
            .map(|(id, value)| UsedGeneralDiscount {
                general_discount_id: id.to_owned(),
                used_value: Some(money(value)),
                kept_while: None,
                extra: Extra::new(),
            })
            .collect(),
        paid_items,
        payments_by_balances: by_balances
            .map(|(balance_id, given)| PaymentByBalance {
                balance_id: balance_id.clone(),
                value: Some(money(given)),
                value_in_currency: Some(money(given)),
                extra: Extra::new(),
            })
            .collect(),
        other_payments_value: money(back.value - to_balances),
        total_with_vat: money(back.value),
        refund_number: (!back.cancels).then_some(back.refund_number),
        corrective_bill_id: Some(back.corrective_bill_id.to_owned()),
        ..paid.clone()
    }
}

/// The value of a top-up that comes back, where the item sold one.
fn topped_up_back(
    item: &StoredItem,
    part: &PartOfItem,
    money: &impl Fn(Amount) -> Number,
) -> Option<UsedBalance> {
    let balance_id = wire::loyalty::topped_up(Some(&item.check_item_id), Some(&item.product.product_id))?;
    Some(UsedBalance {
        balance_id: balance_id.to_owned(),
        used_non_controllable_value: Some(Number::ZERO),
        used_controllable_value: Some(Number::ZERO),
        prepaid_value: Some(money(part.total)),
        extra: Extra::new(),
    })
}

/// The part of a reported line, with its product as it was reported.
fn paid_item(
    paid: &LoyaltyBenefitUsagesPayload,
    item: &StoredItem,
    part: &PartOfItem,
    money: &impl Fn(Amount) -> Number,
) -> Option<PaidItem> {
    let whole = paid
        .paid_items
        .iter()
        .find(|line| line.original_check_item_id.as_ref() == Some(&item.check_item_id))?;
    let applied = item.benefits.iter().zip(&part.benefits).filter(|(_, value)| **value != Amount::ZERO);
    Some(PaidItem {
        amount: Number(part.amount),
        total_price_with_vat: money(part.total),
        applied_benefits: applied
            .map(|(benefit, value)| {
                let source_type = SourceType::from(benefit.source_type.as_str());
                let id = Some(benefit.source_id.clone());
                let (discount, balance) =
                    if source_type == SourceType::Balance { (None, id) } else { (id, None) };
                AppliedBenefit {
                    source_type,
                    applied_from_general_discount_id: discount,
                    applied_from_balance_id: balance,
                    absolute_total_value: money(*value),
                    application_type: Some(ApplicationType::Discount),
                    extra: Extra::new(),
                }
            })
            .collect(),
        ..whole.clone()
    })
}
