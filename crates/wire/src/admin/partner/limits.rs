//! What is said of a promotion's limits under `/admin/v1`?

use crate::Number;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `GET …/promotions/{promotionId}/limits`: the counters that were touched so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LimitPage {
    /// In the order of their ids.
    pub data: Vec<LimitView>,
    /// Path of the next page; `null` on the last one.
    pub next_page: Option<String>,
}

/// One counter: a limit for one code, member or the campaign, in one period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LimitView {
    /// Promotion, unit, whose uses, period and subject, joined by `/`.
    pub limit_id: String,
    /// `uses`, or `amount` in currency: what the numbers below count.
    pub unit: String,
    /// How much the promotion allows now; `null` when it has no such limit any more.
    pub limit: Option<Number>,
    /// Used by paid bills, less what was given back.
    pub used: Number,
    /// Kept by open checks.
    pub held: Number,
    /// `YYYY-MM-DDThh:mm:ss.sssZ`: when an offer or a bill touched it last.
    pub updated_at: String,
}
