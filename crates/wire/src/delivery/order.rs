//! What do applications and registers see of an order? (protocol.md §5.2, §5.4)

use super::{DeliveryType, OrderCustomer, OrderState};
use crate::Number;
use crate::read::{Extra, Object, Read, ReadError};
use crate::time::LocalTime;
use serde::Serialize;
use utoipa::ToSchema;

/// An order as it stands: the answer to every call about one, and the `order` of a 409. Persons are never shown by `Debug`.
#[derive(Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// Its id.
    pub order_id: String,
    /// The application's id of it; that of the order where the application gave none.
    pub external_id: String,
    /// Where it stands.
    pub state: OrderState,
    /// Why it was declined.
    pub decline_reason: Option<String>,
    /// Which channel it came by: the id of the application.
    pub provider: String,
    /// How it reaches its guest.
    pub delivery_type: DeliveryType,
    /// When it is wanted, and when it will be.
    pub timing: OrderTiming,
    /// When the guest is to have it.
    pub delivery_time: Option<LocalTime>,
    /// Whether it is wanted at a certain time.
    pub delivery_on_time: bool,
    /// Who ordered. The name is empty once the guest is forgotten.
    pub customer: OrderCustomer,
    /// What was ordered.
    pub items: Vec<OrderItem>,
    /// For the place.
    pub note: Option<String>,
    /// The desk of an `orderToTable`.
    pub desk: Option<DeliveryDesk>,
    /// Whether the guest has paid already.
    pub already_paid: bool,
    /// Whether nobody need look at it, where the place allows that.
    pub auto_confirm: bool,
    /// Off the whole order, in currency.
    pub discount_with_vat: Number,
    /// For the staff, in currency.
    pub tip_with_vat: Number,
    /// Items and additions less the discount.
    pub total_with_vat: Number,
    /// The check it became, once it was confirmed.
    pub check_id: Option<String>,
    /// The bill of that check, once it was paid.
    pub bill_id: Option<String>,
    /// When the order came.
    pub created_at: LocalTime,
    /// When it last moved on.
    #[serde(rename = "_lastModifiedAt")]
    pub last_modified_at: LocalTime,
    /// Members no document names, as they came.
    #[serde(flatten)]
    #[schema(value_type = Map<String, Value>)]
    pub extra: Extra,
}

impl std::fmt::Debug for Order {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Order")
            .field("order_id", &self.order_id)
            .field("external_id", &self.external_id)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// When an order is wanted, and when it will be.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderTiming {
    /// At once.
    pub as_soon_as_possible: bool,
    /// When it should be with the guest.
    pub requested_delivery_time: Option<TimeRange>,
    /// When it is fetched.
    pub requested_pickup_time: Option<TimeRange>,
    /// When the kitchen will have it: the place's time for meals from the confirmation on, or when it is wanted.
    pub estimated_meal_ready_time: LocalTime,
    /// When it can be fetched.
    pub estimated_pickup_time: TimeRange,
    /// When it will be with the guest, as far as that is known.
    pub estimated_delivery_time: Option<TimeRange>,
    /// It is declined by itself when nobody confirmed it by then; `null` once somebody has decided.
    pub auto_decline_after: Option<LocalTime>,
    /// Members no document names, as they came.
    #[serde(flatten)]
    #[schema(value_type = Map<String, Value>)]
    pub extra: Extra,
}

/// Some time in between; both ends are the same where one instant is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct TimeRange {
    /// Not before.
    pub from: LocalTime,
    /// Not after.
    pub to: LocalTime,
}

/// One thing that was ordered.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderItem {
    /// The product's id, under the name that applications send it by.
    pub item_id: String,
    /// The same id.
    pub product_id: String,
    /// Its name when the order came.
    pub title: String,
    /// How many.
    pub count: i64,
    /// Of what unit.
    pub measure: String,
    /// One with VAT.
    pub unit_price_with_vat: Number,
    /// A fraction (`0.12`).
    pub vat_rate: Number,
    /// The number of the rate.
    pub vat_id: i64,
    /// For the kitchen.
    pub note: Option<String>,
    /// More of the product was ordered than was left; the place only warns of it.
    pub beyond_remaining: bool,
    /// What the guest chose with it.
    pub additions: Vec<OrderAddition>,
    /// Members no document names, as they came.
    #[serde(flatten)]
    #[schema(value_type = Map<String, Value>)]
    pub extra: Extra,
}

/// An addition of the menu with an item.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderAddition {
    /// Its id.
    pub addition_id: String,
    /// Its name when the order came.
    pub title: String,
    /// How many with each of the item.
    pub count_per_main_item: i64,
    /// One with VAT.
    pub unit_price_with_vat: Number,
    /// A fraction (`0.12`).
    pub vat_rate: Number,
    /// The number of the rate.
    pub vat_id: i64,
    /// Of what unit.
    pub measure: String,
    /// Members no document names, as they came.
    #[serde(flatten)]
    #[schema(value_type = Map<String, Value>)]
    pub extra: Extra,
}

/// The desk an order is brought to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryDesk {
    /// Its id.
    pub desk_id: String,
    /// Its short name on the register; its id where it has none.
    pub code: String,
    /// What guests and waiters call it.
    pub name: Option<String>,
}

/// `GET /deliveryInternal/{sourceId}/orders`: what registers have not seen yet.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Orders {
    /// The order that moved longest ago comes first.
    pub data: Vec<Order>,
    /// To be handed back as `modifiedSince`, as it is; `null` while there is no order.
    pub last_modification_at: Option<String>,
}

/// `POST /deliveryInternal/{sourceId}/orders/{orderId}/decline`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeclineOrder {
    /// Why, for the guest.
    pub reason: String,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(value_type = Map<String, Value>)]
    pub extra: Extra,
}

impl Read for DeclineOrder {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self { reason: object.text("reason")?, extra: object.rest() })
    }
}
