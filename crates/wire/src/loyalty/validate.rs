//! May the register use this offer?

use super::{LoyaltyOfferResponse, ThirdPartyLoyaltyOfferRequest, ViolationCode};
use serde_json::Value;

/// One rule that an offer breaks.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation {
    /// Which rule.
    pub code: ViolationCode,
    /// The member at fault.
    pub path: String,
    /// What was expected and what came.
    pub message: String,
    /// The value at fault.
    pub value: Value,
}
