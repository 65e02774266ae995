//! What is the partner told about an offer that could not be used?
//!
//! `reportOfferValidationError`, protocol.md §10.7. Only the call itself is documented; the body is our design,
//! so nearly nothing is required in reading it.

use crate::{
    read::{Extra, Object, Read, ReadError},
    time,
};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A refused offer with the reasons.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LoyaltyOfferValidationError {
    /// The offer that was asked for.
    pub loyalty_offer_id: String,
    /// The provider as the platform knows it.
    pub loyalty_provider_id: Option<String>,
    /// Whose business.
    pub merchant_id: Option<String>,
    /// Which of its places.
    pub place_id: Option<String>,
    /// The register.
    pub device_number: Option<i64>,
    /// The open bill on the register.
    pub check_id: Option<String>,
    /// When it was refused.
    #[serde(serialize_with = "time::write_optional_utc_millis")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub created_at: Option<Timestamp>,
    /// Why.
    pub errors: Vec<ValidationErrorDetail>,
    /// The refused answer as it came; text when it was no JSON.
    pub offer_response: Option<Value>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl Read for LoyaltyOfferValidationError {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            loyalty_offer_id: object.id("loyaltyOfferId")?,
            loyalty_provider_id: object.optional_id("loyaltyProviderId")?,
            merchant_id: object.optional_id("merchantId")?,
            place_id: object.optional_id("placeId")?,
            device_number: object.optional_integer("deviceNumber")?,
            check_id: object.optional_id("checkId")?,
            created_at: object.optional_instant("createdAt")?,
            errors: object.optional_list("errors")?,
            offer_response: object.optional_value("offerResponse"),
            extra: object.rest(),
        })
    }
}

/// One reason.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ValidationErrorDetail {
    /// A [`ViolationCode`], or another platform's word.
    #[schema(example = "BENEFIT_EXCEEDS_ITEM_PRICE")]
    pub code: Option<String>,
    /// The member at fault.
    #[schema(example = "itemBenefitsToApply[0].benefits[1].absoluteTotalValue")]
    pub path: Option<String>,
    /// What was expected and what came.
    pub message: Option<String>,
    /// The value at fault.
    pub value: Option<Value>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl Read for ValidationErrorDetail {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            code: object.optional_text("code")?,
            path: object.optional_text("path")?,
            message: object.optional_text("message")?,
            value: object.optional_value("value"),
            extra: object.rest(),
        })
    }
}

/// Why an offer could not be used (protocol.md §10.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ViolationCode {
    /// The answer is no JSON.
    InvalidJson,
    /// A member is missing or of another kind.
    SchemaViolation,
    /// The answer does not echo the question's id.
    OfferIdMismatch,
    /// A line that the question does not have.
    UnknownCheckItem,
    /// A benefit that comes from nowhere in this answer.
    UnknownSource,
    /// A line's benefits exceed its price.
    BenefitExceedsItemPrice,
    /// More is spent than the balance holds, or than may be chosen.
    ValueExceedsBalance,
    /// Parts do not add up to their total.
    SumMismatch,
    /// More decimals than the price precision.
    PrecisionExceeded,
    /// Below zero, or zero where something must be taken off.
    NegativeValue,
    /// One balance object spends and tops up.
    SpendAndPrepay,
    /// Points cannot be topped up.
    PrepaymentNotSupported,
    /// One id twice in one list.
    DuplicateId,
    /// Less than nothing would be left to pay.
    NegativeTotal,
    /// No answer in time.
    Timeout,
    /// The status was not 200.
    HttpStatus,
}

impl ViolationCode {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidJson => "INVALID_JSON",
            Self::SchemaViolation => "SCHEMA_VIOLATION",
            Self::OfferIdMismatch => "OFFER_ID_MISMATCH",
            Self::UnknownCheckItem => "UNKNOWN_CHECK_ITEM",
            Self::UnknownSource => "UNKNOWN_SOURCE",
            Self::BenefitExceedsItemPrice => "BENEFIT_EXCEEDS_ITEM_PRICE",
            Self::ValueExceedsBalance => "VALUE_EXCEEDS_BALANCE",
            Self::SumMismatch => "SUM_MISMATCH",
            Self::PrecisionExceeded => "PRECISION_EXCEEDED",
            Self::NegativeValue => "NEGATIVE_VALUE",
            Self::SpendAndPrepay => "SPEND_AND_PREPAY",
            Self::PrepaymentNotSupported => "PREPAYMENT_NOT_SUPPORTED",
            Self::DuplicateId => "DUPLICATE_ID",
            Self::NegativeTotal => "NEGATIVE_TOTAL",
            Self::Timeout => "TIMEOUT",
            Self::HttpStatus => "HTTP_STATUS",
        }
    }
}

impl std::fmt::Display for ViolationCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
