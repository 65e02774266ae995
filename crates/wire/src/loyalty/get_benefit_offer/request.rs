//! What does the register tell about the basket, the codes and the choices made?
//!
//! protocol.md §10.3.

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
    /// ISO 4217; read in any case, kept in capital letters.
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
            currency_code: object.currency("currencyCode")?,
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
    /// The cashier's choice; wins over `usedControllableValue`.
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
    /// The till's own discounts, already inside `totalPriceWithVat`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_applied_non_loyalty_discounts: Option<Number>,
    /// A fraction, 0.21; from 1 on it is read as percent, and what is no rate as none. Foreign tills send anything.
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
