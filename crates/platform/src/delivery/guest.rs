//! What of an order may name somebody, and how is it kept apart, so that it can be forgotten?
//!
//! The guest, notes and all members that no document names: whoever guesses members puts telephone numbers there too.

use serde::{Deserialize, Serialize};
use wire::delivery::{CreateOrder, OrderAddress, OrderCustomer};
use wire::{Extra, Number};

/// What of an order may name somebody. Never shown by `Debug`.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Guest {
    customer: Customer,
    pub(super) note: Option<String>,
    #[serde(default)]
    pub(super) extra: Extra,
    /// What was said to its timing.
    #[serde(default)]
    pub(super) timing: Extra,
    /// By item.
    pub(super) items: Vec<Words>,
}

impl std::fmt::Debug for Guest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Guest { .. }")
    }
}

/// What was said to one item.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Words {
    pub(super) note: Option<String>,
    #[serde(default)]
    pub(super) extra: Extra,
    /// By addition.
    pub(super) additions: Vec<Extra>,
}

#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Customer {
    name: String,
    phone_number: Option<String>,
    email: Option<String>,
    delivery_address: Option<String>,
    delivery_address_parts: Option<Address>,
    #[serde(default)]
    extra: Extra,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Address {
    street: Option<String>,
    street_number: Option<String>,
    city: Option<String>,
    country: Option<String>,
    country_code: Option<String>,
    zip: Option<String>,
    latitude: Option<Number>,
    longitude: Option<Number>,
    #[serde(default)]
    extra: Extra,
}

impl Guest {
    /// What the order says. Unknown members that are called like members of an answer are left out: they would be there twice.
    pub(super) fn of(body: &CreateOrder) -> Self {
        let CreateOrder { customer, note, extra, items, timing, .. } = body.clone();
        let OrderCustomer {
            name,
            phone_number,
            email,
            delivery_address,
            delivery_address_parts,
            extra: of_customer,
        } = customer;
        let address = delivery_address_parts.map(|parts| {
            let OrderAddress {
                street,
                street_number,
                city,
                country,
                country_code,
                zip,
                latitude,
                longitude,
                extra,
            } = parts;
            Address { street, street_number, city, country, country_code, zip, latitude, longitude, extra }
        });
        let words = items.into_iter().map(|item| Words {
            note: item.note,
            extra: without(item.extra, &OF_ITEM),
            additions: item.additions.into_iter().map(|one| without(one.extra, &OF_ADDITION)).collect(),
        });
        Self {
            customer: Customer {
                name,
                phone_number,
                email,
                delivery_address,
                delivery_address_parts: address,
                extra: of_customer,
            },
            note,
            extra: without(extra, &OF_ORDER),
            timing: without(timing.extra, &OF_TIMING),
            items: words.collect(),
        }
    }

    /// The guest as applications and registers see them.
    pub(super) fn customer(&self) -> OrderCustomer {
        let Customer { name, phone_number, email, delivery_address, delivery_address_parts, extra } =
            self.customer.clone();
        let parts = delivery_address_parts.map(|parts| {
            let Address {
                street,
                street_number,
                city,
                country,
                country_code,
                zip,
                latitude,
                longitude,
                extra,
            } = parts;
            OrderAddress {
                street,
                street_number,
                city,
                country,
                country_code,
                zip,
                latitude,
                longitude,
                extra,
            }
        });
        OrderCustomer { name, phone_number, email, delivery_address, delivery_address_parts: parts, extra }
    }
}

/// Members of an order as it is shown that no caller sends.
const OF_ORDER: [&str; 12] = [
    "orderId",
    "state",
    "declineReason",
    "provider",
    "deliveryTime",
    "deliveryOnTime",
    "desk",
    "totalWithVat",
    "checkId",
    "billId",
    "createdAt",
    "_lastModifiedAt",
];
/// The same of a timing.
const OF_TIMING: [&str; 4] =
    ["estimatedMealReadyTime", "estimatedPickupTime", "estimatedDeliveryTime", "autoDeclineAfter"];
/// The same of an item.
const OF_ITEM: [&str; 6] = ["productId", "title", "measure", "vatRate", "vatId", "beyondRemaining"];
/// The same of an addition.
const OF_ADDITION: [&str; 4] = ["title", "measure", "vatRate", "vatId"];

fn without(mut extra: Extra, names: &[&str]) -> Extra {
    for name in names {
        extra.remove(*name);
    }
    extra
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn what_is_kept_comes_back_and_nothing_is_there_twice() {
        let body = json!({"deliveryType": "delivery", "note": "ring twice", "state": "PAID", "orderId": 1, "floor": 3,
            "customer": {"name": "Jana", "email": "jana@example.com", "vip": true,
                "deliveryAddressParts": {"city": "Praha", "latitude": 50.07, "door": "left"}},
            "items": [{"itemId": "p", "count": 1, "note": "hot", "title": "x", "sku": 7,
                "additions": [{"additionId": "a", "title": "y", "side": "left"}]}]});
        let order: CreateOrder = wire::read::from_value(body).unwrap();
        let guest = Guest::of(&order);
        let text = serde_json::to_string(&guest).unwrap();
        let kept: Guest = serde_json::from_str(&text).unwrap();
        assert!(kept == guest);
        assert!(kept.customer() == order.customer);
        let names = |extra: &Extra| extra.keys().cloned().collect::<Vec<_>>();
        assert_eq!(
            (names(&kept.extra), names(&kept.items[0].extra)),
            (vec!["floor".to_owned()], vec!["sku".to_owned()])
        );
        assert_eq!(Value::Object(kept.items[0].additions[0].clone()), json!({"side": "left"}));
        assert!(!format!("{guest:?}").contains("Jana"));
    }
}
