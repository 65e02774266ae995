//! What is said of holds when an operator looks at them or ends them?

use crate::Number;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `GET …/holds` and the answer to releasing them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HoldList {
    /// Holds on balances in the order of their ids, then those on limits.
    pub data: Vec<HeldView>,
}

/// What one check keeps of one balance or of one limit of a promotion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HeldView {
    /// For `DELETE …/holds/{holdId}`.
    pub hold_id: String,
    /// Of which balance; `null` for a hold of a limit.
    pub balance_id: Option<String>,
    /// Of which limit of a promotion; `null` for a hold of a balance.
    pub limit_id: Option<String>,
    /// The check's place, as the register sent it.
    pub place_id: String,
    /// The check's register.
    pub device_number: i64,
    /// The check.
    pub check_id: String,
    /// The newest offer that placed or renewed it.
    pub loyalty_offer_id: String,
    /// `points`, `uses`, or `amount` in currency: what `amount` counts.
    pub unit: String,
    /// How much is kept.
    pub amount: Number,
    /// When it ends by itself.
    pub expires_at: String,
}

/// `POST …/holds/release`: the check all of whose holds end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReleaseHolds {
    /// As the register sent it.
    pub place_id: String,
    /// The register.
    pub device_number: i64,
    /// The check.
    pub check_id: String,
}
