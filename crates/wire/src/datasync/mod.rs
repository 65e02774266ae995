//! What does one DataSync request carry?
//!
//! The envelope of protocol.md §11.1: records of one domain that are new or changed, or that were removed.

mod domain;
mod received;
mod tombstone;

pub use domain::{Domain, Reach};
pub use received::Received;
pub use tombstone::Tombstone;

use crate::read::{Extra, Object, Read, ReadError};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// One batch of one domain.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// Whose records. Ours; the connection decides, not this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant_id: Option<String>,
    /// Of which place. Ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place_id: Option<String>,
    /// The kind of the records, camelCase plural; compared without regard to case.
    #[schema(example = "bills")]
    pub data_domain: String,
    /// The records.
    pub data: Vec<RawRecord>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl Read for Envelope {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            merchant_id: object.optional_id("merchantId")?,
            place_id: object.optional_id("placeId")?,
            data_domain: domain_name(object)?,
            data: object.required_values("data")?.into_iter().map(RawRecord).collect(),
            extra: object.rest(),
        })
    }
}

/// The name of a domain that may be unknown here: any text, because what it says is kept, not looked up.
fn domain_name(object: &mut Object) -> Result<String, ReadError> {
    let name = object.text("dataDomain")?;
    if name.is_empty() {
        Err(ReadError::new("dataDomain", "the name of a data domain", "empty text"))
    } else {
        Ok(name)
    }
}

/// One record before its domain is known: any JSON, so that one bad record does not cost the batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = Object)]
pub struct RawRecord(pub Value);

impl RawRecord {
    /// Reads it as a record of its domain; the value stays for the quarantine.
    ///
    /// # Errors
    /// The member at fault.
    pub fn read<T: Read>(&self) -> Result<T, ReadError> {
        crate::read::from_value(self.0.clone())
    }

    /// The JSON text, for storing.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.0.to_string()
    }
}
