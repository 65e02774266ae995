//! What is reported to the provider about a paid bill? (protocol.md §10.8, worked examples §10.12)

use super::question::{inputs, product};
use crate::merchants::store::PlaceSettings;
use crate::till::{PosGrant, ReckonedLine, Reckoning, Source, StoredCheck, pays};
use jiff::Timestamp;
use money::{Amount, Precision};
use wire::Number;
use wire::loyalty::{
    ApplicationType, AppliedBenefit, BillState, LoyaltyBenefitUsagesPayload, LoyaltyOfferResponse, OfferBalance,
    PaidItem, PaymentByBalance, SourceType, UsedBalance, UsedGeneralDiscount,
};

/// What a report is made of.
#[derive(Debug)]
pub(crate) struct Paid<'a> {
    pub(crate) grant: &'a PosGrant,
    pub(crate) settings: &'a PlaceSettings,
    pub(crate) check: &'a StoredCheck,
    pub(crate) offer: &'a LoyaltyOfferResponse,
    pub(crate) reckoning: &'a Reckoning,
    pub(crate) loyalty_provider_id: &'a str,
    pub(crate) bill_id: &'a str,
    pub(crate) paid_at: Timestamp,
}

/// The report. It closes: `totalWithVat` = Σ lines − Σ applied discounts = Σ payments by balances +
/// `otherPaymentsValue`.
pub(crate) fn usage(paid: &Paid<'_>) -> LoyaltyBenefitUsagesPayload {
    let Paid { grant, settings, check, offer, reckoning, .. } = paid;
    let precision = settings.precision;
    LoyaltyBenefitUsagesPayload {
        loyalty_offer_id: offer.loyalty_offer_id.clone(),
        loyalty_provider_id: paid.loyalty_provider_id.to_owned(),
        bill_id: paid.bill_id.to_owned(),
        bill_state: Some(BillState::Paid),
        merchant_id: Some(grant.merchant.clone()),
        place_id: Some(grant.place.clone()),
        device_number: Some(check.device_number),
        benefit_inputs: inputs(check),
        customer_id: offer.customer.as_ref().and_then(|customer| customer.customer_id.clone()),
        metadata: offer.metadata.clone(),
        currency_code: Some(settings.currency_code.clone()),
        country_code: Some(settings.country_code.clone()),
        paid_at: Some(paid.paid_at),
        used_balances: offer.balances.iter().filter_map(used_balance).collect(),
        used_general_discounts: reckoning
            .discounts
            .iter()
            .filter(|(_, used)| *used != Amount::ZERO)
            .map(|(id, used)| UsedGeneralDiscount {
                general_discount_id: id.clone(),
                used_value: Number::from_amount(*used, precision),
                ..UsedGeneralDiscount::default()
            })
            .collect(),
        paid_items: reckoning
            .lines
            .iter()
            .chain(&reckoning.prepaid_lines)
            .map(|line| paid_item(line, precision))
            .collect(),
        payments_by_balances: offer
            .balances
            .iter()
            .filter(|balance| pays(balance.r#type))
            .filter_map(|balance| payment(balance, reckoning, precision))
            .collect(),
        other_payments_value: Number::from_amount(reckoning.to_pay, precision),
        total_with_vat: Number::from_amount(reckoning.total, precision),
        ..LoyaltyBenefitUsagesPayload::default()
    }
}
