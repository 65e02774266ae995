//! What does the platform report about a paid bill?
//!
//! `reportBenefitUsage`, protocol.md §10.8.

use super::{BenefitInput, KeptWhile, MenuProductDefinition, Metadata, SourceType, open_text::open_text};
use crate::{
    Number,
    read::{Extra, Object, Read, ReadError},
    time,
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

open_text! {
    /// What happened to the bill. A missing state means `paid`.
    BillState {
        /// Paid: the usage is to be booked.
        Paid = "paid",
        /// Paid and given back, wholly or in part.
        Refunded = "refunded",
        /// As if it had never been paid.
        Cancelled = "cancelled",
    }
}

open_text! {
    /// How a benefit landed on the bill. A missing one means `discount`.
    ApplicationType {
        /// It lowered the line's price.
        Discount = "discount",
        /// It paid.
        Payment = "payment",
    }
}

/// What a report is answered with: nothing, in an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reported {}

/// What was really used on a paid bill.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LoyaltyBenefitUsagesPayload {
    /// The offer that was used.
    pub loyalty_offer_id: String,
    /// The provider as the platform knows it. The connection decides, not this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loyalty_provider_id: Option<String>,
    /// The final bill; of a refund the bill that is given back.
    pub bill_id: String,
    /// What happened to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bill_state: Option<BillState>,
    /// The register.
    pub device_number: i64,
    /// The codes of the offer.
    pub benefit_inputs: Vec<BenefitInput>,
    /// The partner's id from the offer.
    pub customer_id: Option<String>,
    /// As the offer gave it, in the form of text.
    pub metadata: Metadata,
    /// ISO 4217; read in any case, kept in capital letters.
    pub currency_code: String,
    /// ISO 3166 alpha-2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country_code: Option<String>,
    /// When it was paid.
    #[serde(serialize_with = "time::write_utc_millis")]
    #[schema(value_type = String, format = DateTime, example = "2026-03-01T13:40:02.000Z")]
    pub paid_at: Timestamp,
    /// What was spent from and topped up on each balance.
    pub used_balances: Vec<UsedBalance>,
    /// What each promotion's discount took off.
    pub used_general_discounts: Vec<UsedGeneralDiscount>,
    /// Every line of the bill; of a refund the parts that come back, as they were on the bill.
    pub paid_items: Vec<PaidItem>,
    /// What MPV and credit paid; of a refund what they get back.
    pub payments_by_balances: Vec<PaymentByBalance>,
    /// Paid by other means, in currency units.
    pub other_payments_value: Number,
    /// Lines less discounts, in currency units.
    pub total_with_vat: Number,
    /// Of a refund: which one of the bill it is, from 1. Absent or 0: whatever has not come back yet. Ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refund_number: Option<i64>,
    /// Of a refund or cancellation: the bill with the negative amounts. Ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corrective_bill_id: Option<String>,
    /// Whose business. The connection decides, not this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant_id: Option<String>,
    /// Which of its places.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place_id: Option<String>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl Read for LoyaltyBenefitUsagesPayload {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            loyalty_offer_id: object.id("loyaltyOfferId")?,
            loyalty_provider_id: object.optional_id("loyaltyProviderId")?,
            bill_id: object.id("billId")?,
            bill_state: object.optional_id("billState")?.map(|state| BillState::from(state.as_str())),
            device_number: object.integer("deviceNumber")?,
            benefit_inputs: object.optional_list("benefitInputs")?,
            customer_id: object.optional_id("customerId")?,
            metadata: object.metadata("metadata")?,
            currency_code: object.currency("currencyCode")?,
            country_code: object.optional_text("countryCode")?,
            paid_at: object.instant("paidAt")?,
            used_balances: object.optional_list("usedBalances")?,
            used_general_discounts: object.optional_list("usedGeneralDiscounts")?,
            paid_items: object.optional_list("paidItems")?,
            payments_by_balances: object.optional_list("paymentsByBalances")?,
            other_payments_value: object.number("otherPaymentsValue")?,
            total_with_vat: object.number("totalWithVat")?,
            refund_number: object.optional_integer("refundNumber")?,
            corrective_bill_id: object.optional_id("correctiveBillId")?,
            merchant_id: object.optional_id("merchantId")?,
            place_id: object.optional_id("placeId")?,
            extra: object.rest(),
        })
    }
}

/// What one balance gave or got, in its own unit.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsedBalance {
    /// The balance of the offer.
    pub balance_id: String,
    /// Used of the fixed part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used_non_controllable_value: Option<Number>,
    /// Used of the part the cashier chose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used_controllable_value: Option<Number>,
    /// Topped up.
    pub prepaid_value: Option<Number>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl Read for UsedBalance {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            balance_id: object.id("balanceId")?,
            used_non_controllable_value: object.optional_number("usedNonControllableValue")?,
            used_controllable_value: object.optional_number("usedControllableValue")?,
            prepaid_value: object.optional_number("prepaidValue")?,
            extra: object.rest(),
        })
    }
}

/// What a promotion's discount took off. The members are our design.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsedGeneralDiscount {
    /// The discount of the offer.
    pub general_discount_id: String,
    /// In currency units; of a refund what goes back of it, a part that stays on the bill without it included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used_value: Option<Number>,
    /// As the offer gave it. Ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept_while: Option<KeptWhile>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl Read for UsedGeneralDiscount {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            general_discount_id: object.id("generalDiscountId")?,
            used_value: object.optional_number("usedValue")?,
            kept_while: object.optional_message("keptWhile")?,
            extra: object.rest(),
        })
    }
}

/// A line of the paid bill.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaidItem {
    /// The `checkItemId` of the offer's question; none for a line that came with the payment.
    pub original_check_item_id: Option<String>,
    /// What was sold.
    pub product: MenuProductDefinition,
    /// Quantity, may be a fraction.
    pub amount: Number,
    /// Unit of the quantity, `pcs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measure: Option<String>,
    /// A fraction, 0.21; from 1 on it is read as percent, and what is no rate as none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vat_rate: Option<Number>,
    /// The whole line before its benefits, in currency units.
    pub total_price_with_vat: Number,
    /// What the line got.
    pub applied_benefits: Vec<AppliedBenefit>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl Read for PaidItem {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            original_check_item_id: object.optional_id("originalCheckItemId")?,
            product: object.message("product")?,
            amount: object.number("amount")?,
            measure: object.optional_text("measure")?,
            vat_rate: object.optional_number("vatRate")?,
            total_price_with_vat: object.number("totalPriceWithVat")?,
            applied_benefits: object.optional_list("appliedBenefits")?,
            extra: object.rest(),
        })
    }
}

/// A benefit that a line got.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AppliedBenefit {
    /// Which of the two ids is set.
    pub source_type: SourceType,
    /// The discount, or `null`.
    pub applied_from_general_discount_id: Option<String>,
    /// The balance, or `null`.
    pub applied_from_balance_id: Option<String>,
    /// Taken off the whole line, in currency units.
    pub absolute_total_value: Number,
    /// How it landed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_type: Option<ApplicationType>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl AppliedBenefit {
    /// Whether it lowered the line's price, which a missing type means too.
    #[must_use]
    pub fn is_discount(&self) -> bool {
        !matches!(self.application_type, Some(ApplicationType::Payment))
    }
}

impl Read for AppliedBenefit {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            source_type: SourceType::from(object.text("sourceType")?.as_str()),
            applied_from_general_discount_id: object.optional_id("appliedFromGeneralDiscountId")?,
            applied_from_balance_id: object.optional_id("appliedFromBalanceId")?,
            absolute_total_value: object.number("absoluteTotalValue")?,
            application_type: object
                .optional_id("applicationType")?
                .map(|application| ApplicationType::from(application.as_str())),
            extra: object.rest(),
        })
    }
}

/// What a balance paid. The members are our design.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentByBalance {
    /// The balance of the offer.
    pub balance_id: String,
    /// In the balance's unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Number>,
    /// In currency units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_in_currency: Option<Number>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl Read for PaymentByBalance {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            balance_id: object.id("balanceId")?,
            value: object.optional_number("value")?,
            value_in_currency: object.optional_number("valueInCurrency")?,
            extra: object.rest(),
        })
    }
}
