//! What does the partner offer for the basket?
//!
//! protocol.md §10.4.

use super::OfferBalance;
use crate::{
    Number,
    loyalty::{KeptWhile, Metadata, open_text::open_text},
    read::{Extra, Object, Read, ReadError},
};
use serde::Serialize;
use utoipa::ToSchema;

/// The answer: what the codes mean for this basket.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LoyaltyOfferResponse {
    /// The id of the question.
    pub loyalty_offer_id: String,
    /// Who was recognised.
    pub customer: Option<OfferCustomer>,
    /// One entry per code of the question, in its order.
    pub benefit_inputs: Vec<BenefitInputResult>,
    /// What may be spent or topped up.
    pub balances: Vec<OfferBalance>,
    /// Discounts of promotions.
    pub general_discounts: Vec<GeneralDiscount>,
    /// What each line gets.
    pub item_benefits_to_apply: Vec<ItemBenefits>,
    /// Shown to the cashier.
    pub pos_messages: Vec<String>,
    /// Printed on the bill.
    pub bill_messages: Vec<String>,
    /// Comes back in the usage report.
    pub metadata: Metadata,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl Read for LoyaltyOfferResponse {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            loyalty_offer_id: object.id("loyaltyOfferId")?,
            customer: object.optional_message("customer")?,
            benefit_inputs: object.optional_list("benefitInputs")?,
            balances: object.optional_list("balances")?,
            general_discounts: object.optional_list("generalDiscounts")?,
            item_benefits_to_apply: object.optional_list("itemBenefitsToApply")?,
            pos_messages: object.texts("posMessages")?,
            bill_messages: object.texts("billMessages")?,
            metadata: object.metadata("metadata")?,
            extra: object.rest(),
        })
    }
}

/// The customer as the cashier sees them.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OfferCustomer {
    /// The partner's id; comes back in the usage report.
    pub customer_id: String,
    /// For the cashier's screen.
    pub full_name: Option<String>,
    /// Free text, such as a tier.
    pub loyalty_status: Option<String>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl Read for OfferCustomer {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            customer_id: object.id("customerId")?,
            full_name: object.optional_text("fullName")?,
            loyalty_status: object.optional_text("loyaltyStatus")?,
            extra: object.rest(),
        })
    }
}

/// What a code is good for.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BenefitInputResult {
    /// The code as it was sent.
    pub input_code: String,
    /// Whether it has an effect on this basket.
    pub applicable: bool,
    /// What the code is called, in the cashier's language.
    pub pos_title: Option<String>,
    /// Why it has none, `null` when it has (an open list).
    // protocol.md §10.4 lists the known ones.
    #[schema(example = "NOT_FOUND")]
    pub reason_code: Option<String>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl Read for BenefitInputResult {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            input_code: object.text("inputCode")?,
            applicable: object.flag("applicable")?,
            pos_title: object.optional_text("posTitle")?,
            reason_code: object.optional_text("reasonCode")?,
            extra: object.rest(),
        })
    }
}

/// A promotion's discount.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GeneralDiscount {
    /// Names it in item benefits and in the usage report.
    pub general_discount_id: String,
    /// Name for the cashier.
    pub pos_title: Option<String>,
    /// Name on the bill.
    pub bill_title: Option<String>,
    /// `true`: item benefits say where; `false`: the register spreads it over the basket.
    pub is_item_specific: bool,
    /// What it takes off, in currency units.
    pub value_to_use: Number,
    /// Until when a refund leaves it as it is; absent: always. Ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept_while: Option<KeptWhile>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl Read for GeneralDiscount {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            general_discount_id: object.id("generalDiscountId")?,
            pos_title: object.optional_text("posTitle")?,
            bill_title: object.optional_text("billTitle")?,
            is_item_specific: object.flag("isItemSpecific")?,
            value_to_use: object.number("valueToUse")?,
            kept_while: object.optional_message("keptWhile")?,
            extra: object.rest(),
        })
    }
}

/// What one line gets.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ItemBenefits {
    /// The line of the question.
    pub check_item_id: String,
    /// Its benefits; several from one source are normal.
    pub benefits: Vec<Benefit>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl Read for ItemBenefits {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            check_item_id: object.id("checkItemId")?,
            benefits: object.optional_list("benefits")?,
            extra: object.rest(),
        })
    }
}

open_text! {
    /// Where a benefit comes from.
    SourceType {
        /// A discount of `generalDiscounts`.
        GeneralDiscount = "generalDiscount",
        /// A balance of `balances`.
        Balance = "balance",
    }
}

/// An amount taken off a whole line.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Benefit {
    /// Which of the two ids is set.
    pub source_type: SourceType,
    /// The discount, or `null`.
    pub applied_from_general_discount_id: Option<String>,
    /// The balance, or `null`.
    pub applied_from_balance_id: Option<String>,
    /// Taken off the whole line, in currency units, above zero.
    pub absolute_total_value: Number,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl Benefit {
    /// A benefit of a promotion's discount.
    #[must_use]
    pub fn of_discount(general_discount_id: impl Into<String>, value: Number) -> Self {
        Self {
            source_type: SourceType::GeneralDiscount,
            applied_from_general_discount_id: Some(general_discount_id.into()),
            applied_from_balance_id: None,
            absolute_total_value: value,
            extra: Extra::new(),
        }
    }

    /// A benefit of a balance.
    #[must_use]
    pub fn of_balance(balance_id: impl Into<String>, value: Number) -> Self {
        Self {
            source_type: SourceType::Balance,
            applied_from_general_discount_id: None,
            applied_from_balance_id: Some(balance_id.into()),
            absolute_total_value: value,
            extra: Extra::new(),
        }
    }
}

impl Read for Benefit {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            source_type: SourceType::from(object.text("sourceType")?.as_str()),
            applied_from_general_discount_id: object.optional_id("appliedFromGeneralDiscountId")?,
            applied_from_balance_id: object.optional_id("appliedFromBalanceId")?,
            absolute_total_value: object.number("absoluteTotalValue")?,
            extra: object.rest(),
        })
    }
}
