//! Which ids in a body does this merchant not know, and what was done about them?
//!
//! The connection decides the merchant; an id in a body never does. What is not known is kept with the
//! offer and explained, not refused.

use serde::{Deserialize, Serialize};

/// One id that is not known, in `partner_offer.remarks`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Remark {
    /// Where it stood, like `balances[0].balanceId`.
    pub(crate) field: String,
    /// What stood there.
    pub(crate) value: String,
    /// What that means for the answer.
    pub(crate) explanation: String,
}

impl Remark {
    /// A remark on one value.
    pub(crate) fn new(field: impl Into<String>, value: &str, explanation: &str) -> Self {
        Self { field: field.into(), value: value.to_owned(), explanation: explanation.to_owned() }
    }
}
