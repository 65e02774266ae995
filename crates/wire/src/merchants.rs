//! What is a merchant with its places?
//!
//! `GET /merchants/{merchantId}`, protocol.md §2.1.

use crate::{
    Number,
    read::{Extra, Object, Read, ReadError},
};
use serde::Serialize;
use utoipa::ToSchema;

/// A business.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Merchant {
    /// The merchant.
    pub merchant_id: String,
    /// The business's name.
    pub name: String,
    /// Company number.
    pub business_id: Option<String>,
    /// VAT number.
    pub vat_id: Option<String>,
    /// Whether bills are issued as a VAT payer.
    pub is_vat_payer: bool,
    /// ISO 3166 alpha-2.
    pub country_code: Option<String>,
    /// ISO 4217.
    pub currency_code: Option<String>,
    /// Its places.
    pub places: Vec<Place>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl Read for Merchant {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            merchant_id: object.id("merchantId")?,
            name: object.text("name")?,
            business_id: object.optional_text("businessId")?,
            vat_id: object.optional_text("vatId")?,
            is_vat_payer: object.optional_flag("isVatPayer")?.unwrap_or(false),
            country_code: object.optional_text("countryCode")?,
            currency_code: object.optional_text("currencyCode")?,
            places: object.optional_list("places")?,
            extra: object.rest(),
        })
    }
}

/// A place of a merchant.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// The place.
    pub place_id: String,
    /// Its name.
    pub name: String,
    /// `active`, `disabled` or `hidden`.
    #[schema(example = "active")]
    pub state: String,
    /// Where it is.
    pub address_parts: Option<AddressParts>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl Read for Place {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            place_id: object.id("placeId")?,
            name: object.text("name")?,
            state: object.optional_text("state")?.unwrap_or_else(|| "active".to_owned()),
            address_parts: object.optional_message("addressParts")?,
            extra: object.rest(),
        })
    }
}

/// An address in parts; any of them may be missing.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AddressParts {
    /// Street.
    pub street: Option<String>,
    /// House number.
    pub street_number: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Country in words.
    pub country: Option<String>,
    /// ISO 3166 alpha-2.
    pub country_code: Option<String>,
    /// Postal code.
    pub zip: Option<String>,
    /// Degrees.
    pub latitude: Option<Number>,
    /// Degrees.
    pub longitude: Option<Number>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl Read for AddressParts {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            street: object.optional_text("street")?,
            street_number: object.optional_text("streetNumber")?,
            city: object.optional_text("city")?,
            country: object.optional_text("country")?,
            country_code: object.optional_text("countryCode")?,
            zip: object.optional_text("zip")?,
            latitude: object.optional_number("latitude")?,
            longitude: object.optional_number("longitude")?,
            extra: object.rest(),
        })
    }
}
