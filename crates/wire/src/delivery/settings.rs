//! How does a place take orders from elsewhere? (protocol.md §5.4)

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `PUT /admin/v1/platform/merchants/{merchantId}/places/{placeId}/delivery`: how a place takes orders from elsewhere. What is
/// left out is as it is for a place of which nothing was set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutDeliverySettings {
    /// Whether new orders are taken (default true).
    #[serde(default = "yes")]
    pub accept_new_orders: bool,
    /// Until this date-time new orders are refused all the same; it ends by itself.
    #[serde(default)]
    #[schema(format = DateTime, example = "2026-03-01T17:00:00+01:00")]
    pub closed_until: Option<String>,
    /// How many minutes the kitchen takes, 0 to 1440 (default 30).
    #[serde(default = "half_an_hour")]
    pub meal_prep_time: u16,
    /// Whether couriers are looked for before an order is confirmed (default `disabled`).
    #[serde(default)]
    pub integrated_dispatch: IntegratedDispatch,
    /// Whether an order that asks for it is confirmed by itself (default false).
    #[serde(default)]
    pub auto_confirm: bool,
    /// After so many minutes an order that nobody confirmed is declined by itself, 1 to 1440 (default 5).
    #[serde(default = "five_minutes")]
    pub auto_decline_minutes: u16,
}

impl Default for PutDeliverySettings {
    fn default() -> Self {
        Self {
            accept_new_orders: yes(),
            closed_until: None,
            meal_prep_time: half_an_hour(),
            integrated_dispatch: IntegratedDispatch::default(),
            auto_confirm: false,
            auto_decline_minutes: five_minutes(),
        }
    }
}

const fn yes() -> bool {
    true
}

const fn half_an_hour() -> u16 {
    30
}

const fn five_minutes() -> u16 {
    5
}

/// Whether couriers are looked for before an order is confirmed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum IntegratedDispatch {
    /// For every order that is to be brought.
    Enabled,
    /// The register asks, order by order.
    Ask,
    /// Never.
    #[default]
    Disabled,
}

/// How a place takes orders from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliverySettings {
    /// As set.
    #[serde(flatten)]
    pub settings: PutDeliverySettings,
    /// Whether a new order would be taken now.
    pub accepts_now: bool,
}
