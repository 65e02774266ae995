//! What does an order come to, and which of its members cannot be meant? (protocol.md §5.1)
//!
//! Pure: the products and additions that it names are given. The prices are those that the guest was told, whatever the menu
//! says by now; what the order leaves out is the menu's.

use super::sought::Known;
use crate::api::exact_amount;
use crate::menu::{DEFAULT_LEVEL, LineProduct};
use door::ApiError;
use money::{Amount, Precision};
use serde::{Deserialize, Serialize};
use wire::Number;
use wire::delivery::{CreateOrder, NewAddition, NewItem, OrderCustomer};

/// Most items of an order.
const ITEMS_MAX: usize = 200;
/// Most items and additions together: each becomes a line of a check.
const LINES_MAX: usize = 500;
/// Most of one thing.
const COUNT_MAX: i64 = 9_999;
/// Longest id of the application.
const EXTERNAL_ID_CHARACTERS_MAX: usize = 255;
/// Longest name, number or address.
const TEXT_CHARACTERS_MAX: usize = 500;
/// Longest note.
const NOTE_CHARACTERS_MAX: usize = 2_000;
/// Longest URL that is called.
const URL_CHARACTERS_MAX: usize = 2_000;

/// One thing that is ordered, as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Item {
    pub(super) product: LineProduct,
    pub(super) count: i64,
    /// Minor units with VAT.
    pub(super) unit_price: i64,
    /// More was ordered than was left, at a place that only warns of it.
    #[serde(default)]
    pub(super) beyond_remaining: bool,
    pub(super) additions: Vec<Addition>,
}

/// What goes with each of an item, as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Addition {
    pub(super) addition_id: String,
    /// What it is sold as; its name is the addition's title.
    pub(super) product: LineProduct,
    pub(super) count_per_main_item: i64,
    /// Minor units with VAT.
    pub(super) unit_price: i64,
    /// As of an item.
    #[serde(default)]
    pub(super) beyond_remaining: bool,
}

/// An order added up.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Priced {
    pub(super) items: Vec<Item>,
    pub(super) discount: Amount,
    pub(super) tip: Amount,
    /// Items and additions less the discount.
    pub(super) total: Amount,
}

/// That the texts of the order can be kept and its lists are not too long.
///
/// # Errors
/// 400 that names the member; texts are not quoted, since they may be a person's.
pub(super) fn judge(body: &CreateOrder) -> Result<(), ApiError> {
    at_most("externalId", body.external_id.as_ref(), EXTERNAL_ID_CHARACTERS_MAX)?;
    at_most("note", body.note.as_ref(), NOTE_CHARACTERS_MAX)?;
    let OrderCustomer { name, phone_number, email, delivery_address, .. } = &body.customer;
    for (member, text) in [
        ("customer.name", Some(name)),
        ("customer.phoneNumber", phone_number.as_ref()),
        ("customer.email", email.as_ref()),
        ("customer.deliveryAddress", delivery_address.as_ref()),
    ] {
        at_most(member, text, TEXT_CHARACTERS_MAX)?;
    }
    let additions: usize = body.items.iter().map(|item| item.additions.len()).sum();
    if body.items.is_empty() || body.items.len() > ITEMS_MAX {
        let expected = format!("1 to {ITEMS_MAX} items");
        return Err(ApiError::field("items", &expected, &body.items.len().to_string()));
    }
    if body.items.len() + additions > LINES_MAX {
        let expected = format!("at most {LINES_MAX} items and additions");
        return Err(ApiError::field("items", &expected, &(body.items.len() + additions).to_string()));
    }
    for (index, item) in body.items.iter().enumerate() {
        at_most(&format!("items[{index}].note"), item.note.as_ref(), NOTE_CHARACTERS_MAX)?;
    }
    let hooks = &body.notification;
    for (member, url) in
        [("confirm", &hooks.confirm), ("dispatch", &hooks.dispatch), ("decline", &hooks.decline)]
    {
        let path = format!("notification.{member}");
        at_most(&path, url.as_ref(), URL_CHARACTERS_MAX)?;
        if url.as_ref().is_some_and(|url| !is_absolute(url)) {
            return Err(ApiError::field(
                &path,
                "an absolute URL such as https://example.com/hook",
                "another text",
            ));
        }
    }
    Ok(())
}

/// Whether a text can be called at all; whether it may be is the target guard's to say, when it is called.
fn is_absolute(url: &str) -> bool {
    url.split_once("://").is_some_and(|(scheme, rest)| {
        let is_http = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
        is_http && !rest.is_empty() && !rest.starts_with(['/', '?', '#'])
    })
}

/// Adds the order up.
///
/// # Errors
/// 400 that names the member at fault.
pub(super) fn priced(body: &CreateOrder, known: &Known, precision: Precision) -> Result<Priced, ApiError> {
    let mut sum = 0_i64;
    let mut items = Vec::with_capacity(body.items.len());
    for (index, item) in body.items.iter().enumerate() {
        let path = format!("items[{index}]");
        let item = read_item(&path, item, known, precision)?;
        sum = item_total(&item)
            .and_then(|total| sum.checked_add(total))
            .filter(|sum| *sum <= Amount::MAX_ABS)
            .ok_or_else(|| {
                ApiError::field(
                    &format!("{path}.count"),
                    "an order of at most 10^15 minor units",
                    "a larger one",
                )
            })?;
        items.push(item);
    }
    let discount = not_below_zero("discountWithVat", body.discount_with_vat.as_ref(), precision)?;
    if discount > Amount(sum) {
        let expected =
            format!("at most what the items come to, {}", Number::from_amount(Amount(sum), precision));
        let found = Number::from_amount(discount, precision).to_string();
        return Err(ApiError::field("discountWithVat", &expected, &found));
    }
    let tip = not_below_zero("tipWithVat", body.tip_with_vat.as_ref(), precision)?;
    Ok(Priced { items, discount, tip, total: Amount(sum) - discount })
}

/// What an item comes to with its additions; `None` beyond 64 bits.
fn item_total(item: &Item) -> Option<i64> {
    let additions = item.additions.iter().try_fold(0_i64, |sum, addition| {
        sum.checked_add(addition.unit_price.checked_mul(addition.count_per_main_item)?)
    })?;
    item.unit_price.checked_add(additions)?.checked_mul(item.count)
}

fn read_item(path: &str, item: &NewItem, known: &Known, precision: Precision) -> Result<Item, ApiError> {
    let Some(product) = known.products.get(&item.item_id) else {
        let expected = "the productId of a product of the menu";
        return Err(ApiError::field(&format!("{path}.itemId"), expected, &format!("{:?}", item.item_id)));
    };
    let unit_price = unit_price(
        &format!("{path}.unitPriceWithVat"),
        item.unit_price_with_vat.as_ref(),
        product.price(DEFAULT_LEVEL).unwrap_or_default(),
        precision,
    )?;
    let additions = item.additions.iter().enumerate().map(|(index, addition)| {
        let path = format!("{path}.additions[{index}]");
        read_addition(&path, addition, &product.on_line, known, precision)
    });
    Ok(Item {
        product: product.on_line.clone(),
        count: count(&format!("{path}.count"), item.count)?,
        unit_price: unit_price.0,
        beyond_remaining: false,
        additions: additions.collect::<Result<_, _>>()?,
    })
}

fn read_addition(
    path: &str,
    addition: &NewAddition,
    main: &LineProduct,
    known: &Known,
    precision: Precision,
) -> Result<Addition, ApiError> {
    let id = &addition.addition_id;
    let Some(found) = known.additions.get(id) else {
        let expected = "the id of an addition of the menu";
        return Err(ApiError::field(&format!("{path}.additionId"), expected, &format!("{id:?}")));
    };
    let price = addition.unit_price_with_vat.as_ref();
    Ok(Addition {
        addition_id: id.clone(),
        product: found.sold_as(id, main),
        count_per_main_item: count(&format!("{path}.countPerMainItem"), addition.count_per_main_item)?,
        unit_price: unit_price(&format!("{path}.unitPriceWithVat"), price, found.price, precision)?.0,
        beyond_remaining: false,
    })
}

/// The price that the guest was told, or the menu's.
fn unit_price(
    path: &str,
    told: Option<&Number>,
    of_menu: Amount,
    precision: Precision,
) -> Result<Amount, ApiError> {
    match told {
        Some(_) => not_below_zero(path, told, precision),
        None if of_menu.is_negative() => Err(ApiError::field(
            path,
            "a product that is sold; the menu's price of this one is below 0",
            "nothing",
        )),
        None => Ok(of_menu),
    }
}

fn not_below_zero(path: &str, number: Option<&Number>, precision: Precision) -> Result<Amount, ApiError> {
    let Some(number) = number else { return Ok(Amount::ZERO) };
    let amount = exact_amount(path, number, precision)?;
    if amount.is_negative() {
        Err(ApiError::field(path, "at least 0", &number.to_string()))
    } else {
        Ok(amount)
    }
}

fn count(path: &str, count: i64) -> Result<i64, ApiError> {
    if (1..=COUNT_MAX).contains(&count) {
        return Ok(count);
    }
    Err(ApiError::field(path, &format!("1 to {COUNT_MAX}"), &count.to_string()))
}

/// That a text is not too long. It may be a person's: the message says its length only.
fn at_most(path: &str, text: Option<&String>, most: usize) -> Result<(), ApiError> {
    let length = text.map_or(0, |text| text.chars().count());
    if length <= most {
        return Ok(());
    }
    Err(ApiError::field(path, &format!("at most {most} characters"), &format!("{length} of them")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::menu::{self, Product};
    use crate::sale::samples;
    use serde_json::{Value, json};
    use std::collections::{BTreeMap, HashMap};

    fn known() -> Known {
        let product = |id: &str, price, rate: &str| {
            let on_line = samples::line(id, 100, rate).product;
            let levels = BTreeMap::from([(DEFAULT_LEVEL.to_owned(), Amount(price))]);
            (format!("p:{id}"), Product::sample(on_line, levels, false))
        };
        let addition = |title: &str, price, rate: Option<&str>| menu::Addition {
            category_id: "ac:any".to_owned(),
            category_max: None,
            title: title.to_owned(),
            price: Amount(price),
            product_id: None,
            vat_rate: rate.map(|rate| Number::parse(rate).unwrap()),
            vat_id: None,
            measure: "pcs".to_owned(),
        };
        Known {
            products: HashMap::from([
                product("steak", 25_000, "0.12"),
                product("waiter", 0, "0.21"),
                product("bottle", -500, "0.21"),
            ]),
            additions: HashMap::from([
                ("a:pepper".to_owned(), addition("Pepper sauce", 2_000, None)),
                ("a:beer".to_owned(), addition("Small beer", 3_000, Some("0.21"))),
            ]),
        }
    }

    fn order(items: &Value, more: &Value) -> CreateOrder {
        let mut body = json!({"deliveryType": "takeaway", "customer": {"name": "Host"}, "items": items});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        wire::read::from_value(body).unwrap()
    }

    fn of(items: &Value, more: &Value) -> Result<Priced, ApiError> {
        priced(&order(items, more), &known(), Precision::new(2).unwrap())
    }

    #[test]
    fn prices_are_those_the_guest_was_told() {
        let steak = json!({"itemId": "p:steak", "count": 2, "additions": [{"additionId": "a:pepper"}, {"additionId": "a:beer", "countPerMainItem": 3}]});
        let told = json!({"itemId": "p:steak", "count": 2, "unitPriceWithVat": "199.90", "additions": [{"additionId": "a:pepper", "unitPriceWithVat": 0}]});
        // items, discount, total
        for (items, more, total) in [
            (json!([steak]), json!({}), 2 * (25_000 + 2_000 + 9_000)),
            (json!([told]), json!({"discountWithVat": 100.5, "tipWithVat": 20}), 2 * 19_990 - 10_050),
            (json!([{"itemId": "p:waiter", "count": 1}]), json!({}), 0),
            (
                json!([{"itemId": "p:waiter", "count": 1, "unitPriceWithVat": 0}]),
                json!({"discountWithVat": 0}),
                0,
            ),
            (json!([told]), json!({"discountWithVat": "399.80"}), 0),
        ] {
            assert_eq!(of(&items, &more).unwrap().total, Amount(total), "{items} {more}");
        }
        let items = of(&json!([steak]), &json!({})).unwrap().items;
        let rates: Vec<String> =
            items[0].additions.iter().map(|addition| addition.product.vat_rate.to_string()).collect();
        assert_eq!(rates, ["0.12", "0.21"], "taxed as what it goes with, unless the menu says otherwise");
    }

    #[test]
    fn what_cannot_be_sold_is_named() {
        let one = |item: Value| json!([{"itemId": "p:steak", "count": 1}, item]);
        for (items, more, field) in [
            (one(json!({"itemId": "p:gone", "count": 1})), json!({}), "items[1].itemId"),
            (one(json!({"itemId": "p:steak", "count": 0})), json!({}), "items[1].count"),
            (one(json!({"itemId": "p:steak", "count": 10_000})), json!({}), "items[1].count"),
            (one(json!({"itemId": "p:bottle", "count": 1})), json!({}), "items[1].unitPriceWithVat"),
            (
                one(json!({"itemId": "p:steak", "count": 1, "unitPriceWithVat": -1})),
                json!({}),
                "items[1].unitPriceWithVat",
            ),
            (
                one(json!({"itemId": "p:steak", "count": 1, "unitPriceWithVat": 0.001})),
                json!({}),
                "items[1].unitPriceWithVat",
            ),
            (
                one(json!({"itemId": "p:steak", "count": 9_999, "unitPriceWithVat": 9_999_999_999_999_i64})),
                json!({}),
                "items[1].count",
            ),
            (
                one(json!({"itemId": "p:steak", "count": 1, "additions": [{"additionId": "a:gone"}]})),
                json!({}),
                "items[1].additions[0].additionId",
            ),
            (
                one(
                    json!({"itemId": "p:steak", "count": 1, "additions": [{"additionId": "a:beer", "countPerMainItem": 0}]}),
                ),
                json!({}),
                "items[1].additions[0].countPerMainItem",
            ),
            (
                json!([{"itemId": "p:steak", "count": 1}]),
                json!({"discountWithVat": 250.01}),
                "discountWithVat",
            ),
            (json!([{"itemId": "p:steak", "count": 1}]), json!({"discountWithVat": -1}), "discountWithVat"),
            (json!([{"itemId": "p:steak", "count": 1}]), json!({"tipWithVat": -1}), "tipWithVat"),
        ] {
            let error = of(&items, &more).unwrap_err();
            assert_eq!((error.status.as_u16(), error.extra["field"].as_str()), (400, Some(field)), "{items}");
        }
    }

    #[test]
    fn texts_and_lists_have_an_end() {
        let item = json!([{"itemId": "p:steak", "count": 1}]);
        let long = |length| "x".repeat(length);
        let many = |count| Value::Array(vec![json!({"itemId": "p:steak", "count": 1}); count]);
        let rich = json!([{"itemId": "p:steak", "count": 1, "additions": vec![json!({"additionId": "a:beer"}); 500]}]);
        for (items, more, field) in [
            (json!([]), json!({}), "items"),
            (many(201), json!({}), "items"),
            (rich, json!({}), "items"),
            (item.clone(), json!({"externalId": long(256)}), "externalId"),
            (item.clone(), json!({"note": long(2_001)}), "note"),
            (item.clone(), json!({"customer": {"name": long(501)}}), "customer.name"),
            (item.clone(), json!({"customer": {"name": "x", "email": long(501)}}), "customer.email"),
            (json!([{"itemId": "p:steak", "count": 1, "note": long(2_001)}]), json!({}), "items[0].note"),
            (item.clone(), json!({"notification": {"decline": "/hook"}}), "notification.decline"),
            (
                item.clone(),
                json!({"notification": {"confirm": "ftp://example.com/"}}),
                "notification.confirm",
            ),
        ] {
            let error = judge(&order(&items, &more)).unwrap_err();
            assert_eq!((error.status.as_u16(), error.extra["field"].as_str()), (400, Some(field)));
        }
        let hooks =
            json!({"confirm": "https://p.example/cb?o=1042&e=confirm", "dispatch": "http://10.0.0.1:8080/x"});
        judge(&order(&many(200), &json!({"notification": hooks, "externalId": long(255)}))).unwrap();
    }
}
