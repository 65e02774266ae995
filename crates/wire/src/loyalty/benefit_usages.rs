//! How does a partner pull usages that did not reach it, and acknowledge them?
//!
//! `GET /loyalty/{sourceId}/benefitUsages` and `POST …/synchronized`, protocol.md §10.9.

use super::LoyaltyBenefitUsagesPayload;
use crate::{
    read::{Extra, Object, Read, ReadError},
    time,
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// A usage with the state of its delivery; a record of the pulled list.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BenefitUsage {
    /// The platform's id of the usage.
    pub benefit_usage_id: String,
    /// Whether the partner has acknowledged it, by answer or by call.
    pub synchronized: bool,
    /// Since when.
    #[serde(serialize_with = "time::write_optional_utc_millis")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub synchronized_at: Option<Timestamp>,
    /// Attempts made so far.
    pub attempts: i64,
    /// What the last attempt failed with.
    pub last_error: Option<String>,
    /// When it was paid and written.
    #[serde(serialize_with = "time::write_utc_millis")]
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// The report itself.
    pub payload: LoyaltyBenefitUsagesPayload,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl Read for BenefitUsage {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            benefit_usage_id: object.id("benefitUsageId")?,
            synchronized: object.flag("synchronized")?,
            synchronized_at: object.optional_instant("synchronizedAt")?,
            attempts: object.optional_integer("attempts")?.unwrap_or(0),
            last_error: object.optional_text("lastError")?,
            created_at: object.instant("createdAt")?,
            payload: object.message("payload")?,
            extra: object.rest(),
        })
    }
}

/// Which usages the partner has.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MarkAsSynchronized {
    /// Ids of the pulled list.
    pub benefit_usage_ids: Vec<String>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl Read for MarkAsSynchronized {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self { benefit_usage_ids: object.ids("benefitUsageIds")?, extra: object.rest() })
    }
}

/// What became of them. Asking again gives the same answer.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MarkedAsSynchronized {
    /// Acknowledged now or before.
    pub synchronized: Vec<String>,
    /// No usage of this partner at this place.
    pub not_found: Vec<String>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl Read for MarkedAsSynchronized {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            synchronized: object.texts("synchronized")?,
            not_found: object.texts("notFound")?,
            extra: object.rest(),
        })
    }
}
