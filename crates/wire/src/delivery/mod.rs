//! What does an application say when a guest orders from elsewhere, and what do registers and applications see of it?
//!
//! `POST` and `GET /delivery/orders/{sourceId}…`, `/deliveryInternal/{sourceId}/orders…`, protocol.md §5.

mod create;
mod order;
mod settings;

pub use create::{
    CreateOrder, NewAddition, NewItem, Notification, OrderAddress, OrderCustomer, RequestedTime, Timing,
};
pub use order::{
    DeclineOrder, DeliveryDesk, Order, OrderAddition, OrderItem, OrderTiming, Orders, TimeRange,
};
pub use settings::{DeliverySettings, IntegratedDispatch, PutDeliverySettings};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How an order reaches its guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum DeliveryType {
    /// Brought by the place itself.
    Delivery,
    /// Brought by a courier who is not the place's.
    Dispatch,
    /// Fetched by the guest.
    Takeaway,
    /// Brought to the guest's desk.
    OrderToTable,
}

impl DeliveryType {
    /// Every one of them.
    pub const ALL: [Self; 4] = [Self::Delivery, Self::Dispatch, Self::Takeaway, Self::OrderToTable];

    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivery => "delivery",
            Self::Dispatch => "dispatch",
            Self::Takeaway => "takeaway",
            Self::OrderToTable => "orderToTable",
        }
    }
}

/// Where an order stands: NEW, perhaps SCHEDULING_DELIVERY, then CONFIRMED and DISPATCHED; or DECLINED.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrderState {
    /// It waits for the place.
    New,
    /// The place took it and looks for a courier.
    SchedulingDelivery,
    /// The place takes it.
    Confirmed,
    /// It left the place.
    Dispatched,
    /// The place does not take it.
    Declined,
}
