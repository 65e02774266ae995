//! What is set up of a merchant, as one document?

use super::rows::{Key, Noun, Row, rows_of};
use crate::admin::store;
use db::Tx;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;
use wire::admin::menu::AdminMenu;
use wire::admin::platform::{AdminMerchant, AdminPlace, DataSyncMethod};
use wire::admin::restaurant::{
    Restaurant, RestaurantAdditionCategory, RestaurantCategory, RestaurantDataSync, RestaurantMenu,
    RestaurantPlace, RestaurantProduct, RestaurantRegister, RestaurantTimeBasedMenu,
};

/// The document of a merchant; `None` when nobody has set it up.
pub(super) fn restaurant(
    tx: &mut Tx<'_>,
    merchant: &str,
    now: Timestamp,
) -> Result<Option<Restaurant>, db::Error> {
    let Some(known) = store::merchant(tx, merchant)? else { return Ok(None) };
    let AdminMerchant { merchant: itself, places, registers, loyalty_connections, .. } = known;
    let mut shown = Vec::with_capacity(places.len());
    for AdminPlace { place_id, place, .. } in places {
        let registers = registers.iter().filter(|register| register.place_id == place_id);
        shown.push(RestaurantPlace {
            delivery: crate::delivery::settings::set_of(tx, merchant, &place_id, now)?,
            datasync: datasync(tx, merchant, &place_id)?,
            desk_sections: crate::desks::admin::sections(tx, merchant, &place_id)?,
            desks: crate::desks::admin::desks(tx, merchant, &place_id)?,
            registers: registers
                .map(|register| RestaurantRegister {
                    device_number: register.device_number,
                    name: register.name.clone(),
                })
                .collect(),
            place_id,
            place,
        });
    }
    let menu = crate::menu::admin::menu_of(tx, merchant, now)?;
    let stocks = crate::stocks::admin::everything(tx, merchant)?;
    Ok(Some(Restaurant {
        merchant: Some(itself),
        places: shown,
        persons: crate::persons::admin::persons(tx, merchant)?
            .into_iter()
            .map(|(person, _)| person)
            .collect(),
        menu: menu.map(menu_of).unwrap_or_default(),
        stocks: stocks.stocks,
        stock_item_categories: stocks.categories,
        stock_items: stocks.items,
        suppliers: stocks.suppliers,
        loyalty_connections,
        applications: store::applications(tx, merchant)?,
    }))
}

/// The rows of the document of a merchant, by their keys; none when nobody has set it up.
pub(super) fn rows(tx: &mut Tx<'_>, merchant: &str, now: Timestamp) -> Result<BTreeMap<Key, Row>, db::Error> {
    let Some(document) = restaurant(tx, merchant, now)? else { return Ok(BTreeMap::new()) };
    let document = serde_json::to_value(&document)
        .map_err(|error| db::Error::Parameter { statement: "restaurant", message: error.to_string() })?;
    let Value::Object(document) = document else { return Ok(BTreeMap::new()) };
    let (rows, _) = rows_of(document);
    let mut rows: BTreeMap<Key, Row> = rows.into_iter().map(|row| (row.key.clone(), row)).collect();
    // Another code is a change too, though no code is shown
    for (person, sealed) in crate::persons::admin::persons(tx, merchant)? {
        let key = (Noun::Person, vec![person.person_id.to_string()]);
        if let (Some(row), Some(sealed)) = (rows.get_mut(&key), sealed) {
            row.own.insert("code".to_owned(), Value::String(sealed));
        }
    }
    Ok(rows)
}

fn datasync(tx: &mut Tx<'_>, merchant: &str, place: &str) -> Result<Option<RestaurantDataSync>, db::Error> {
    // A place has one subscription, so the place names it
    let target = courier::feed::target(tx, merchant, place)?;
    Ok(target.map(|target| RestaurantDataSync {
        method: if target.method == DataSyncMethod::Put.as_str() {
            DataSyncMethod::Put
        } else {
            DataSyncMethod::Post
        },
        url: target.url,
        from_date: wire::time::utc_millis(target.from_date),
    }))
}

fn menu_of(menu: AdminMenu) -> RestaurantMenu {
    let AdminMenu { categories, products, addition_categories, time_based_menus, place_rules } = menu;
    RestaurantMenu {
        categories: categories
            .into_iter()
            .map(|category| RestaurantCategory { category, removed: false })
            .collect(),
        addition_categories: addition_categories
            .into_iter()
            .map(|category| RestaurantAdditionCategory { category, removed: false })
            .collect(),
        products: products.into_iter().map(|product| RestaurantProduct { product, removed: false }).collect(),
        time_based_menus: time_based_menus
            .into_iter()
            .map(|menu| RestaurantTimeBasedMenu { menu, removed: false })
            .collect(),
        place_rules,
    }
}
