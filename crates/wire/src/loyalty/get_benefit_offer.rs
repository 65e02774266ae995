//! What does a register ask for a basket, and what does the partner offer?
//!
//! `getBenefitOffer`, protocol.md §10.3 to §10.6.

use super::{Metadata, open_text::open_text};
use crate::{
    Number,
    read::{Extra, Object, Read, ReadError},
};
use money::Precision;
use serde::{Serialize, Serializer};
use serde_json::Value;
use utoipa::ToSchema;

/// The question: the whole basket, every scanned code and the choices made so far.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ThirdPartyLoyaltyOfferRequest {
    /// The open bill on the register.
    pub check_id: String,
    /// Made by the platform; the answer echoes it.
    pub loyalty_offer_id: String,
    /// The register; part of the key of a hold.
    pub device_number: i64,
    /// ISO 4217.
    pub currency_code: String,
    /// ISO 3166 alpha-2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country_code: Option<String>,
    /// Language of the cashier's texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pos_lang: Option<String>,
    /// Language of the bill's texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bill_lang: Option<String>,
    /// Decimals of every amount, 0 to 3.
    #[serde(serialize_with = "write_precision")]
    #[schema(value_type = u8, minimum = 0, maximum = 3, example = 2)]
    pub price_precision: Precision,
    /// Scanned and typed codes in order, duplicates included.
    pub benefit_inputs: Vec<BenefitInput>,
    /// Balances of the previous answer with the choices made on the register.
    pub balances: Vec<BalanceBenefitOfferRequest>,
    /// The whole basket.
    pub items_to_pay: Vec<ItemToPay>,
    /// Whose business. The connection decides, not this.
    pub merchant_id: String,
    /// Which of its places.
    pub place_id: String,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

fn write_precision<S: Serializer>(precision: &Precision, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u8(precision.digits())
}

impl Read for ThirdPartyLoyaltyOfferRequest {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            loyalty_offer_id: object.id("loyaltyOfferId")?,
            check_id: object.id("checkId")?,
            device_number: object.integer("deviceNumber")?,
            currency_code: object.id("currencyCode")?,
            country_code: object.optional_text("countryCode")?,
            pos_lang: object.optional_text("posLang")?,
            bill_lang: object.optional_text("billLang")?,
            price_precision: read_precision(object)?,
            benefit_inputs: object.optional_list("benefitInputs")?,
            balances: object.optional_list("balances")?,
            items_to_pay: object.list("itemsToPay")?,
            merchant_id: object.id("merchantId")?,
            place_id: object.id("placeId")?,
            extra: object.rest(),
        })
    }
}

fn read_precision(object: &mut Object) -> Result<Precision, ReadError> {
    let digits = object.integer("pricePrecision")?;
    u8::try_from(digits)
        .ok()
        .and_then(Precision::new)
        .ok_or_else(|| ReadError::new("pricePrecision", "0, 1, 2 or 3", format!("the number {digits}")))
}

/// One scanned or typed code.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BenefitInput {
    /// A card, a voucher or a promotion's word.
    #[schema(example = "discount_10")]
    pub input_code: String,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl Read for BenefitInput {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self { input_code: object.text("inputCode")?, extra: object.rest() })
    }
}

/// A balance of the previous answer and what the cashier chose for it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BalanceBenefitOfferRequest {
    /// The balance of the previous answer.
    pub balance_id: String,
    /// How much of the controllable value is used now, in the balance's unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used_controllable_value: Option<Number>,
    /// How much of the fixed value is used now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used_non_controllable_value: Option<Number>,
    /// Chosen top-up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prepaid_value: Option<Number>,
    /// The cashier's choice; wins over `used_controllable_value`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub controllable_value_to_use: Option<Number>,
    /// The cashier refused this balance: the next offer must not use it.
    #[serde(rename = "rejectedByPOS", skip_serializing_if = "std::ops::Not::not")]
    pub rejected_by_pos: bool,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl BalanceBenefitOfferRequest {
    /// The cashier's choice of the controllable value, under either of its two names.
    #[must_use]
    pub fn chosen_controllable_value(&self) -> Option<Number> {
        self.controllable_value_to_use.or(self.used_controllable_value)
    }
}

impl Read for BalanceBenefitOfferRequest {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            balance_id: object.id("balanceId")?,
            used_controllable_value: object.optional_number("usedControllableValue")?,
            used_non_controllable_value: object.optional_number("usedNonControllableValue")?,
            prepaid_value: object.optional_number("prepaidValue")?,
            controllable_value_to_use: object.optional_number("controllableValueToUse")?,
            rejected_by_pos: object.optional_flag("rejectedByPOS")?.unwrap_or(false),
            extra: object.rest(),
        })
    }
}

/// One line of the basket.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ItemToPay {
    /// The line; benefits name it.
    pub check_item_id: String,
    /// What is sold.
    pub product: MenuProductDefinition,
    /// Quantity, may be a fraction.
    pub amount: Number,
    /// Unit of the quantity, `pcs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measure: Option<String>,
    /// The whole line in currency units after the till's own discounts; negative for a returned item.
    pub total_price_with_vat: Number,
    /// The till's own discounts, already inside `total_price_with_vat`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_applied_non_loyalty_discounts: Option<Number>,
    /// A fraction, 0.21; foreign tills send anything, so it is checked where it is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vat_rate: Option<Number>,
    /// The till's own name of the rate: number or text, carried only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vat_id: Option<Value>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl Read for ItemToPay {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            check_item_id: object.id("checkItemId")?,
            product: object.message("product")?,
            amount: object.number("amount")?,
            measure: object.optional_text("measure")?,
            total_price_with_vat: object.number("totalPriceWithVat")?,
            total_applied_non_loyalty_discounts: object.optional_number("totalAppliedNonLoyaltyDiscounts")?,
            vat_rate: object.optional_number("vatRate")?,
            vat_id: object.optional_value("vatId"),
            extra: object.rest(),
        })
    }
}

/// A product of the menu with every category above it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MenuProductDefinition {
    /// The product.
    pub product_id: String,
    /// Its name on the menu.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its categories and theirs.
    pub categories: Vec<ProductCategory>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl Read for MenuProductDefinition {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            product_id: object.id("productId")?,
            name: object.optional_text("name")?,
            categories: object.optional_list("categories")?,
            extra: object.rest(),
        })
    }
}

/// A category of a product.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductCategory {
    /// The category.
    pub category_id: String,
    /// The category above, `null` at the top.
    pub parent_category_id: Option<String>,
    /// Its name on the menu.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl Read for ProductCategory {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            category_id: object.id("categoryId")?,
            parent_category_id: object.optional_id("parentCategoryId")?,
            name: object.optional_text("name")?,
            extra: object.rest(),
        })
    }
}

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
    /// Why it has none, `null` when it has (§10.4 lists the known ones).
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

/// The four kinds of balance, which decide how it lands on the bill (§10.5).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize, ToSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum BalanceType {
    /// SPV: VAT settled at sale, a discount on items at use.
    SinglePurposePrepaidVoucher,
    /// MPV: pays, VAT falls due at use.
    MultiPurposePrepaidVoucher,
    /// Points: a discount on items.
    CollectablePoints,
    /// Credit: pays.
    PrepaidCredit,
}

impl BalanceType {
    /// Every kind.
    pub const ALL: [Self; 4] = [
        Self::SinglePurposePrepaidVoucher,
        Self::MultiPurposePrepaidVoucher,
        Self::CollectablePoints,
        Self::PrepaidCredit,
    ];

    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SinglePurposePrepaidVoucher => "singlePurposePrepaidVoucher",
            Self::MultiPurposePrepaidVoucher => "multiPurposePrepaidVoucher",
            Self::CollectablePoints => "collectablePoints",
            Self::PrepaidCredit => "prepaidCredit",
        }
    }

    /// The kind a word names.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether it lowers line prices (SPV, points) rather than paying (MPV, credit).
    #[must_use]
    pub const fn is_discount(self) -> bool {
        matches!(self, Self::SinglePurposePrepaidVoucher | Self::CollectablePoints)
    }

    /// Whether it can be topped up: all but points.
    #[must_use]
    pub const fn takes_prepayment(self) -> bool {
        !matches!(self, Self::CollectablePoints)
    }
}

/// A balance that may be spent or topped up, never both in one object.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OfferBalance {
    /// The partner's id of the balance.
    pub balance_id: String,
    /// Its kind.
    pub r#type: BalanceType,
    /// Name for the cashier.
    pub pos_title: Option<String>,
    /// Name on the bill.
    pub bill_title: Option<String>,
    /// All there is, in the balance's own unit.
    pub current_value: Option<Number>,
    /// `points` or the currency's code.
    pub unit: Option<String>,
    /// The part the cashier may change.
    pub controllable_value_to_use: Option<Number>,
    /// Least the cashier may choose.
    pub min_controllable_value: Option<Number>,
    /// Most the cashier may choose.
    pub max_controllable_value: Option<Number>,
    /// Steps of the choice.
    pub controllable_step: Option<Number>,
    /// The part fixed by the partner.
    pub non_controllable_value_to_use: Option<Number>,
    /// What both parts are worth on this bill, in currency units.
    pub value_to_use_in_currency: Option<Number>,
    /// Last day or instant, as the partner writes it.
    pub valid_until: Option<String>,
    /// What may be topped up.
    pub prepayment: Option<Prepayment>,
    /// Why less is offered than there is, such as `PARTLY_RESERVED`. Ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<String>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl OfferBalance {
    /// A balance of which nothing is spent or topped up yet.
    #[must_use]
    pub fn new(balance_id: impl Into<String>, r#type: BalanceType) -> Self {
        Self {
            balance_id: balance_id.into(),
            r#type,
            pos_title: None,
            bill_title: None,
            current_value: None,
            unit: None,
            controllable_value_to_use: None,
            min_controllable_value: None,
            max_controllable_value: None,
            controllable_step: None,
            non_controllable_value_to_use: None,
            value_to_use_in_currency: None,
            valid_until: None,
            prepayment: None,
            reason_code: None,
            extra: Extra::new(),
        }
    }

    /// Both parts to use together, in the balance's own unit; `None` when they are too large to add.
    #[must_use]
    pub fn used_value(&self) -> Option<Number> {
        let controllable = self.controllable_value_to_use.unwrap_or_default();
        let fixed = self.non_controllable_value_to_use.unwrap_or_default();
        controllable.0.checked_add(fixed.0).map(Number)
    }

    /// What it does on this bill in currency units. Of all kinds but points a unit is worth a unit (§10.5), so a
    /// missing `valueToUseInCurrency` means the parts to use; `None` for points without it.
    #[must_use]
    pub fn worth(&self) -> Option<Number> {
        match (self.value_to_use_in_currency, self.r#type) {
            (Some(value), _) => Some(value),
            (None, BalanceType::CollectablePoints) => None,
            (None, _) => self.used_value(),
        }
    }
}

impl Read for OfferBalance {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            balance_id: object.id("balanceId")?,
            r#type: object.parsed(
                "type",
                "singlePurposePrepaidVoucher, multiPurposePrepaidVoucher, collectablePoints or prepaidCredit",
                BalanceType::parse,
            )?,
            pos_title: object.optional_text("posTitle")?,
            bill_title: object.optional_text("billTitle")?,
            current_value: object.optional_number("currentValue")?,
            unit: object.optional_text("unit")?,
            controllable_value_to_use: object.optional_number("controllableValueToUse")?,
            min_controllable_value: object.optional_number("minControllableValue")?,
            max_controllable_value: object.optional_number("maxControllableValue")?,
            controllable_step: object.optional_number("controllableStep")?,
            non_controllable_value_to_use: object.optional_number("nonControllableValueToUse")?,
            value_to_use_in_currency: object.optional_number("valueToUseInCurrency")?,
            valid_until: object.optional_text("validUntil")?,
            prepayment: object.optional_message("prepayment")?,
            reason_code: object.optional_text("reasonCode")?,
            extra: object.rest(),
        })
    }
}

/// What may be topped up (§10.6; the members are our design).
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Prepayment {
    /// Proposed or fixed value in currency units.
    pub value: Number,
    /// Whether the cashier may choose another.
    pub is_value_editable: bool,
    /// Least to choose.
    pub min_value: Option<Number>,
    /// Most to choose.
    pub max_value: Option<Number>,
    /// Values to offer as buttons.
    pub preset_values: Vec<Number>,
    /// Name for the cashier.
    pub pos_title: Option<String>,
    /// Name of the bill line.
    pub bill_title: Option<String>,
    /// Rate of the bill line: the goods' rate for an SPV, none otherwise.
    pub vat_rate: Option<Number>,
    /// The till's own name of the rate.
    pub vat_id: Option<Value>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl Read for Prepayment {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            value: object.number("value")?,
            is_value_editable: object.optional_flag("isValueEditable")?.unwrap_or(false),
            min_value: object.optional_number("minValue")?,
            max_value: object.optional_number("maxValue")?,
            preset_values: object.numbers("presetValues")?,
            pos_title: object.optional_text("posTitle")?,
            bill_title: object.optional_text("billTitle")?,
            vat_rate: object.optional_number("vatRate")?,
            vat_id: object.optional_value("vatId"),
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
