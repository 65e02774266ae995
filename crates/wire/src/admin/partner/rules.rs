//! What is said about promotions that exist, and how is an offer explained?

use crate::loyalty::LoyaltyOfferResponse;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A promotion as it is set up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PromotionView {
    /// `generalDiscountId` in offers.
    pub promotion_id: String,
    /// The rule.
    pub definition: Value,
    /// Whether it works.
    pub active: bool,
}

/// `GET …/promotions`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PromotionPage {
    /// In the order of their ids.
    pub data: Vec<PromotionView>,
    /// The path of the next page; `null` on the last.
    pub next_page: Option<String>,
}

/// `GET …/promotions/{promotionId}`: a promotion with the codes that set it off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PromotionDetail {
    /// `generalDiscountId` in offers.
    pub promotion_id: String,
    /// The rule.
    pub definition: Value,
    /// Whether it works.
    pub active: bool,
    /// Its active codes in order, at most 1000 of them.
    pub codes: Vec<String>,
}

/// `POST …/explain`: what an offer would be, and how it comes about. Nothing is kept or held.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Explained {
    /// The answer a register would get.
    pub offer: LoyaltyOfferResponse,
    /// What every step did, and why something did not apply, in order. Amounts are in currency, as in
    /// the offer, never minor units.
    #[schema(value_type = Vec<Object>)]
    pub steps: Vec<Value>,
}
