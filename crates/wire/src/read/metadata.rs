//! What is `metadata`, which is an object in the offer and text in the report?

use super::Extra;
use serde::Serialize;
use serde_json::Value;

/// Whatever the partner wants to have back: made by the offer, returned by the usage report, never interpreted
/// between them. The form it came in is kept: text and object are not equal, though they may mean the same.
///
/// Source: protocol.md §10.4, §10.8.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Metadata {
    /// As in an offer.
    Object(Extra),
    /// As in a usage report: serialised JSON.
    Text(String),
}

impl Metadata {
    /// The members it means; `None` when it is text that is no JSON object.
    #[must_use]
    pub fn members(&self) -> Option<Extra> {
        match self {
            Self::Object(members) => Some(members.clone()),
            Self::Text(text) if text.trim().is_empty() => Some(Extra::new()),
            Self::Text(text) => serde_json::from_str(text).ok(),
        }
    }

    /// The form of a usage report: the same members as JSON text. Text stays as it came.
    #[must_use]
    pub fn into_text(self) -> Self {
        match self {
            Self::Object(members) => Self::Text(Value::Object(members).to_string()),
            text @ Self::Text(_) => text,
        }
    }
}

impl Default for Metadata {
    fn default() -> Self {
        Self::Object(Extra::new())
    }
}

impl utoipa::PartialSchema for Metadata {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::schema::OneOfBuilder::new()
            .item(utoipa::openapi::ObjectBuilder::new().schema_type(utoipa::openapi::schema::Type::Object))
            .item(utoipa::openapi::ObjectBuilder::new().schema_type(utoipa::openapi::schema::Type::String))
            .description(Some("Opaque: an object, or one as JSON text."))
            .into()
    }
}

impl utoipa::ToSchema for Metadata {}
