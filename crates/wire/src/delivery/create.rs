//! What does an order say that an application sends? (protocol.md §5.1)
//!
//! Read tolerantly: members nobody knows are kept, what is optional may be `null`. What only the menu and the place can judge
//! (products, prices, desks, times without an offset) is left as it came.

use super::DeliveryType;
use crate::Number;
use crate::json_kind::kind_of;
use crate::read::{Extra, Object, Read, ReadError};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// `POST /delivery/orders/{sourceId}`: somebody orders. Persons are never shown by `Debug`.
#[derive(Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreateOrder {
    /// The application's own id of the order: the same id again is the same order.
    pub external_id: Option<String>,
    /// How the order reaches its guest.
    pub delivery_type: DeliveryType,
    /// When it is wanted; left out, as soon as possible.
    #[schema(value_type = Option<Timing>)]
    pub timing: Timing,
    /// Who orders.
    pub customer: OrderCustomer,
    /// At least one.
    pub items: Vec<NewItem>,
    /// For the place.
    pub note: Option<String>,
    /// The desk of an `orderToTable`.
    pub desk_id: Option<String>,
    /// Whether the guest has paid already.
    #[schema(value_type = Option<bool>)]
    pub already_paid: bool,
    /// Whether nobody need look at it, where the place allows that.
    #[schema(value_type = Option<bool>)]
    pub auto_confirm: bool,
    /// Which URLs are called when the order moves on.
    #[schema(value_type = Option<Notification>)]
    pub notification: Notification,
    /// Off the whole order, in currency.
    pub discount_with_vat: Option<Number>,
    /// For the staff, in currency; no part of what the order comes to.
    pub tip_with_vat: Option<Number>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(value_type = Map<String, Value>)]
    pub extra: Extra,
}

impl std::fmt::Debug for CreateOrder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CreateOrder")
            .field("external_id", &self.external_id)
            .field("delivery_type", &self.delivery_type)
            .field("desk_id", &self.desk_id)
            .field("already_paid", &self.already_paid)
            .finish_non_exhaustive()
    }
}

impl Read for CreateOrder {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            external_id: object.optional_id("externalId")?,
            delivery_type: object.parsed("deliveryType", DELIVERY_TYPES, |text| {
                DeliveryType::ALL.into_iter().find(|one| one.as_str() == text)
            })?,
            timing: object.optional_message("timing")?.unwrap_or_default(),
            customer: object.message("customer")?,
            items: object.list("items")?,
            note: object.optional_text("note")?,
            desk_id: object.optional_id("deskId")?,
            already_paid: object.optional_flag("alreadyPaid")?.unwrap_or(false),
            auto_confirm: object.optional_flag("autoConfirm")?.unwrap_or(false),
            notification: object.optional_message("notification")?.unwrap_or_default(),
            discount_with_vat: object.optional_number("discountWithVat")?,
            tip_with_vat: object.optional_number("tipWithVat")?,
            extra: object.rest(),
        })
    }
}

const DELIVERY_TYPES: &str = "delivery, dispatch, takeaway or orderToTable";

/// When an order is wanted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Timing {
    /// At once; left out, unless a time is given.
    pub as_soon_as_possible: Option<bool>,
    /// When it should be with the guest: a date-time, or `{"from", "to"}`.
    pub requested_delivery_time: Option<RequestedTime>,
    /// When it is fetched: a date-time, or `{"from", "to"}`.
    pub requested_pickup_time: Option<RequestedTime>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(value_type = Map<String, Value>)]
    pub extra: Extra,
}

impl Read for Timing {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            as_soon_as_possible: object.optional_flag("asSoonAsPossible")?,
            requested_delivery_time: requested(object, "requestedDeliveryTime")?,
            requested_pickup_time: requested(object, "requestedPickupTime")?,
            extra: object.rest(),
        })
    }
}

/// A time that is asked for, as text; a time without an offset is the place's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum RequestedTime {
    /// One instant.
    At(String),
    /// Some time in between.
    Between {
        /// Not before.
        from: String,
        /// Not after; `null`: at `from`.
        to: Option<String>,
    },
}

fn requested(object: &mut Object, key: &str) -> Result<Option<RequestedTime>, ReadError> {
    match object.optional_value(key) {
        None => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) => Ok(Some(RequestedTime::At(text))),
        Some(value @ Value::Object(_)) => {
            let mut range = Object::from_value(value)?;
            let between = |range: &mut Object| -> Result<Option<RequestedTime>, ReadError> {
                let (from, to) = (range.optional_id("from")?, range.optional_id("to")?);
                Ok(match (from, to) {
                    (Some(from), to) => Some(RequestedTime::Between { from, to }),
                    (None, Some(to)) => Some(RequestedTime::At(to)),
                    (None, None) => None,
                })
            };
            between(&mut range).map_err(|error| error.inside(key))
        }
        Some(other) => {
            Err(ReadError::new(key, "a date-time, or an object with from and to", kind_of(&other)))
        }
    }
}

/// Who orders; never shown by `Debug`.
#[derive(Clone, Default, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderCustomer {
    /// Name.
    pub name: String,
    /// Telephone number.
    pub phone_number: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Where it is brought, in one text.
    pub delivery_address: Option<String>,
    /// The same in parts.
    pub delivery_address_parts: Option<OrderAddress>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(value_type = Map<String, Value>)]
    pub extra: Extra,
}

impl std::fmt::Debug for OrderCustomer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OrderCustomer { .. }")
    }
}

impl Read for OrderCustomer {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            name: object.text("name")?,
            phone_number: object.optional_text("phoneNumber")?,
            email: object.optional_text("email")?,
            delivery_address: object.optional_text("deliveryAddress")?,
            delivery_address_parts: object.optional_message("deliveryAddressParts")?,
            extra: object.rest(),
        })
    }
}

/// An address in parts, any of which may be missing; never shown by `Debug`.
#[derive(Clone, Default, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderAddress {
    /// Street.
    pub street: Option<String>,
    /// House number.
    pub street_number: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Country in words.
    pub country: Option<String>,
    /// ISO 3166 alpha-2.
    pub country_code: Option<String>,
    /// Postal code.
    pub zip: Option<String>,
    /// Degrees north.
    pub latitude: Option<Number>,
    /// Degrees east.
    pub longitude: Option<Number>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(value_type = Map<String, Value>)]
    pub extra: Extra,
}

impl std::fmt::Debug for OrderAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OrderAddress { .. }")
    }
}

impl Read for OrderAddress {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            street: object.optional_text("street")?,
            street_number: object.optional_text("streetNumber")?,
            city: object.optional_text("city")?,
            country: object.optional_text("country")?,
            country_code: object.optional_text("countryCode")?,
            zip: object.optional_text("zip")?,
            latitude: object.optional_number("latitude")?,
            longitude: object.optional_number("longitude")?,
            extra: object.rest(),
        })
    }
}

/// One thing that is ordered.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewItem {
    /// The `productId` of the menu.
    pub item_id: String,
    /// How many.
    pub count: i64,
    /// What the guest was told that one costs, with VAT; left out, the menu's price.
    pub unit_price_with_vat: Option<Number>,
    /// For the kitchen.
    pub note: Option<String>,
    /// What the guest chose with it.
    #[schema(value_type = Option<Vec<NewAddition>>)]
    pub additions: Vec<NewAddition>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(value_type = Map<String, Value>)]
    pub extra: Extra,
}

impl Read for NewItem {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            item_id: object.id("itemId")?,
            count: object.integer("count")?,
            unit_price_with_vat: object.optional_number("unitPriceWithVat")?,
            note: object.optional_text("note")?,
            additions: object.optional_list("additions")?,
            extra: object.rest(),
        })
    }
}

/// An addition of the menu with an item.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewAddition {
    /// Its id.
    pub addition_id: String,
    /// How many with each of the item.
    #[schema(value_type = Option<i64>)]
    pub count_per_main_item: i64,
    /// What the guest was told that one costs, with VAT; left out, the menu's price.
    pub unit_price_with_vat: Option<Number>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(value_type = Map<String, Value>)]
    pub extra: Extra,
}

impl Read for NewAddition {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            addition_id: object.id("additionId")?,
            count_per_main_item: object.optional_integer("countPerMainItem")?.unwrap_or(1),
            unit_price_with_vat: object.optional_number("unitPriceWithVat")?,
            extra: object.rest(),
        })
    }
}

/// URLs that are called with GET when the order moves on; never shown by `Debug`, since they may hold secrets.
#[derive(Clone, Default, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Notification {
    /// When it was confirmed.
    pub confirm: Option<String>,
    /// When it left the place.
    pub dispatch: Option<String>,
    /// When it was declined.
    pub decline: Option<String>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(value_type = Map<String, Value>)]
    pub extra: Extra,
}

impl std::fmt::Debug for Notification {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Notification { .. }")
    }
}

impl Read for Notification {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            confirm: object.optional_id("confirm")?,
            dispatch: object.optional_id("dispatch")?,
            decline: object.optional_id("decline")?,
            extra: object.rest(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn timing(value: Value) -> Result<Timing, ReadError> {
        crate::read::from_value(value)
    }

    #[test]
    fn a_time_comes_in_two_forms() {
        let at = |text: &str| Some(RequestedTime::At(text.to_owned()));
        let between = |from: &str, to: Option<&str>| {
            Some(RequestedTime::Between { from: from.to_owned(), to: to.map(str::to_owned) })
        };
        for (value, expected) in [
            (json!("2026-03-01T18:00:00+01:00"), at("2026-03-01T18:00:00+01:00")),
            (json!({"from": "18", "to": "19"}), between("18", Some("19"))),
            (json!({"from": "18", "to": null}), between("18", None)),
            (json!({"to": "19"}), at("19")),
            (json!({}), None),
            (json!(""), None),
            (Value::Null, None),
        ] {
            let read = timing(json!({"requestedPickupTime": value})).unwrap();
            assert_eq!(read.requested_pickup_time, expected, "{value}");
        }
        for value in [json!(18), json!(["18", "19"]), json!(true), json!({"from": {}})] {
            let error = timing(json!({"requestedDeliveryTime": value})).unwrap_err();
            assert!(error.path.starts_with("requestedDeliveryTime"), "{error}");
        }
    }

    #[test]
    fn a_least_order_and_one_full_of_guesses_are_read() {
        let least = json!({"deliveryType": "takeaway", "customer": {"name": "Host"}, "items": [{"itemId": 7, "count": "2"}]});
        let order: CreateOrder = crate::read::from_value(least).unwrap();
        assert_eq!((order.items[0].item_id.as_str(), order.items[0].count), ("7", 2));
        assert!(!order.already_paid && !order.auto_confirm && order.notification == Notification::default());
        let guessed = json!({"deliveryType": "delivery", "order_id": 5, "deliveryFee": "49.00", "deskId": null, "note": null,
            "customer": {"name": "Jana", "email": null, "phoneNumber": 420600000001_i64, "floor": 3},
            "timing": null, "notification": [], "discountWithVat": "10.50",
            "items": [{"itemId": "p:bb2", "count": 1.0, "unitPriceWithVat": "250", "note": null, "additions": null, "sku": "x"}]});
        let order: CreateOrder = crate::read::from_value(guessed).unwrap();
        assert_eq!(order.extra.keys().collect::<Vec<_>>(), ["deliveryFee", "order_id"]);
        assert_eq!(order.customer.phone_number.as_deref(), Some("420600000001"));
        assert_eq!((order.customer.extra.len(), order.items[0].extra.len()), (1, 1));
        let shown = format!("{order:?}");
        assert!(!shown.contains("Jana") && !shown.contains("420600"), "{shown}");
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let with = |pointer: &str, value: Value| {
            let mut order = json!({"deliveryType": "takeaway", "customer": {"name": "Host"},
                "items": [{"itemId": "p", "count": 1, "additions": [{"additionId": "a"}]}], "notification": {}});
            let (parent, member) = pointer.rsplit_once('/').unwrap();
            order.pointer_mut(parent).unwrap()[member] = value;
            crate::read::from_value::<CreateOrder>(order).unwrap_err().path
        };
        for (pointer, value, path) in [
            ("/deliveryType", json!("drone"), "deliveryType"),
            ("/deliveryType", Value::Null, "deliveryType"),
            ("/customer", Value::Null, "customer"),
            ("/customer/name", Value::Null, "customer.name"),
            ("/items", Value::Null, "items"),
            ("/items/0/itemId", json!(""), "items[0].itemId"),
            ("/items/0/count", json!(1.5), "items[0].count"),
            ("/items/0/additions/0/additionId", Value::Null, "items[0].additions[0].additionId"),
            ("/items/0/additions/0/countPerMainItem", json!("x"), "items[0].additions[0].countPerMainItem"),
            ("/alreadyPaid", json!("maybe"), "alreadyPaid"),
            ("/notification/confirm", json!({}), "notification.confirm"),
        ] {
            assert_eq!(with(pointer, value.clone()), path, "{value}");
        }
    }
}
