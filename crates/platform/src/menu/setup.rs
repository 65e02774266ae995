//! Which menus can be set up, and what of them is written?

use super::moment::day_begins;
use super::rows::{Stored, TimedItemRow, TimedMenuRow, refuses};
use super::{store, timed};
use crate::api::{exact_amount, ids};
use db::{Tx, TxError};
use door::ApiError;
use jiff::{Timestamp, tz::TimeZone};
use money::vat::VatRate;
use money::{Amount, Precision};
use std::collections::{BTreeMap, BTreeSet};
use wire::Number;
use wire::admin::menu::{
    AdminMenu, BeyondRemaining, MenuAdditionCategory, MenuCategory, MenuOfTime, MenuOfTimeItem, MenuProduct,
    PlaceRule, PutMenu, PutPlaceValues, VatRateChange,
};
use wire::loyalty::{PREPAYMENT_PREFIX, is_of_top_up};
use wire::menu::PriceLevel;

/// Most categories above a category.
const DEPTH_MAX: usize = 20;
/// Longest name, and longest text about a product.
const NAME_CHARACTERS_MAX: usize = 200;
const TEXT_CHARACTERS_MAX: usize = 5_000;
/// Most entries of a list inside one record.
const LIST_MAX: usize = 200;
/// Most pieces of a product in a menu for a time.
const PIECES_MAX: u32 = 1_000_000;

/// What of the body cannot be so whatever there is already: of each record its first fault, 400 that names the member.
pub(super) fn faults(body: &PutMenu) -> Vec<ApiError> {
    let categories = body.categories.iter().enumerate().map(|(index, category)| {
        ids::id(&format!("categories[{index}].categoryId"), &category.category_id)?;
        ids::name(&format!("categories[{index}].name"), &category.name)
    });
    let products = body.products.iter().enumerate();
    let products = products.map(|(index, product)| check_product(&format!("products[{index}]"), product));
    let additions = body.addition_categories.iter().enumerate();
    let additions =
        additions.map(|(index, category)| check_additions(&format!("additionCategories[{index}]"), category));
    let timed = body.time_based_menus.iter().enumerate();
    let timed = timed.map(|(index, menu)| check_timed(&format!("timeBasedMenus[{index}]"), menu));
    categories.chain(products).chain(additions).chain(timed).filter_map(Result::err).collect()
}

fn check_product(path: &str, product: &MenuProduct) -> Result<(), ApiError> {
    let member = |name: &str| format!("{path}.{name}");
    sold_id(&member("productId"), &product.product_id)?;
    ids::name(&member("name"), &product.name)?;
    ids::id(&member("measure"), &product.measure)?;
    for (key, text) in [("ean", &product.ean), ("type", &product.r#type)] {
        text.as_ref().map_or(Ok(()), |text| short(&member(key), text, NAME_CHARACTERS_MAX))?;
    }
    for (key, text) in [
        ("marketingName", &product.marketing_name),
        ("description", &product.description),
        ("imageUrl", &product.image_url),
    ] {
        text.as_ref().map_or(Ok(()), |text| short(&member(key), text, TEXT_CHARACTERS_MAX))?;
    }
    vat_rate(&member("vatRate"), product.vat_rate)?;
    vat_rate_changes(&member("vatRateChanges"), &product.vat_rate_changes)?;
    list(&member("labels"), &product.labels)?;
    list(&member("additionCategoryIds"), &product.addition_category_ids)?;
    for (index, label) in product.labels.iter().enumerate() {
        ids::id(&format!("{path}.labels[{index}]"), label)?;
    }
    for (index, allergen) in product.allergens.iter().enumerate() {
        let first = product.allergens.iter().position(|other| other == allergen) == Some(index);
        if !(1..=14).contains(allergen) || !first {
            let path = format!("{path}.allergens[{index}]");
            return Err(ApiError::field(&path, "1 to 14, each once", &allergen.to_string()));
        }
    }
    for (place, values) in &product.places_values {
        let Some(values) = values else { continue };
        check_values(&format!("{path}.placesValues.{place}"), values)?;
    }
    Ok(())
}

fn check_values(path: &str, values: &PutPlaceValues) -> Result<(), ApiError> {
    levels(path, &values.price_levels)?;
    if let Some(rate) = values.vat_rate {
        vat_rate(&format!("{path}.vatRate"), rate)?;
    }
    let needs_rate = values.vat_id.is_some() || !values.vat_rate_changes.is_empty();
    if values.vat_rate.is_none() && needs_rate {
        let expected = "the rate that vatId and vatRateChanges belong to";
        return Err(ApiError::field(&format!("{path}.vatRate"), expected, "none"));
    }
    vat_rate_changes(&format!("{path}.vatRateChanges"), &values.vat_rate_changes)?;
    let additions = values.addition_category_ids.as_deref().unwrap_or_default();
    list(&format!("{path}.additionCategoryIds"), additions)
}

fn check_additions(path: &str, category: &MenuAdditionCategory) -> Result<(), ApiError> {
    ids::id(&format!("{path}.additionCategoryId"), &category.addition_category_id)?;
    ids::name(&format!("{path}.title"), &category.title)?;
    if let (Some(min), Some(max)) = (category.min, category.max)
        && min > max
    {
        return Err(ApiError::field(
            &format!("{path}.max"),
            &format!("at least min, {min}"),
            &max.to_string(),
        ));
    }
    list(&format!("{path}.additions"), &category.additions)?;
    for (index, addition) in category.additions.iter().enumerate() {
        let path = format!("{path}.additions[{index}]");
        sold_id(&format!("{path}.additionId"), &addition.addition_id)?;
        ids::name(&format!("{path}.title"), &addition.title)?;
        if let Some(rate) = addition.vat_rate {
            vat_rate(&format!("{path}.vatRate"), rate)?;
        }
        if let Some(measure) = &addition.measure {
            ids::id(&format!("{path}.measure"), measure)?;
        }
    }
    Ok(())
}

fn check_timed(path: &str, menu: &MenuOfTime) -> Result<(), ApiError> {
    ids::id(&format!("{path}.menuId"), &menu.menu_id)?;
    let (since, till) = window(path, menu)?;
    if since >= till {
        return Err(ApiError::field(&format!("{path}.till"), "an instant after since", &menu.till));
    }
    list(&format!("{path}.items"), &menu.items)?;
    let mut named = BTreeSet::new();
    for (index, item) in menu.items.iter().enumerate() {
        let path = format!("{path}.items[{index}]");
        levels(&path, &item.price_levels)?;
        if item.quantity.is_some_and(|pieces| pieces > PIECES_MAX) {
            let found = item.quantity.unwrap_or_default().to_string();
            return Err(ApiError::field(&format!("{path}.quantity"), &format!("0 to {PIECES_MAX}"), &found));
        }
        if !named.insert(&item.product_id) {
            let found = format!("{:?} again", item.product_id);
            return Err(ApiError::field(&format!("{path}.productId"), "each product once", &found));
        }
    }
    Ok(())
}

/// When a menu for a time begins and ends.
fn window(path: &str, menu: &MenuOfTime) -> Result<(Timestamp, Timestamp), ApiError> {
    let read = |member: &str, text: &str| {
        let instant = wire::time::parse_date_time(text).ok();
        // Instants are shown in milliseconds, and what is shown can be set again
        let instant = instant.and_then(|at| Timestamp::from_millisecond(at.as_millisecond()).ok());
        instant.ok_or_else(|| {
            let expected = "a date-time with offset, such as 2026-03-01T11:00:00+01:00";
            ApiError::field(&format!("{path}.{member}"), expected, &format!("{text:?}"))
        })
    };
    Ok((read("since", &menu.since)?, read("till", &menu.till)?))
}

/// An id that something is sold under.
fn sold_id(path: &str, id: &str) -> Result<(), ApiError> {
    ids::id(path, id)?;
    if is_of_top_up(id) {
        let expected =
            format!("an id that does not begin with {PREPAYMENT_PREFIX}, which names the line of a top-up");
        return Err(ApiError::field(path, &expected, &format!("{id:?}")));
    }
    Ok(())
}

fn short(path: &str, text: &str, most: usize) -> Result<(), ApiError> {
    let length = text.chars().count();
    let is_plain = text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'));
    if length <= most && is_plain {
        return Ok(());
    }
    let expected = format!("at most {most} characters, none of them a control character");
    Err(ApiError::field(path, &expected, &format!("{length} of them")))
}

fn list<T>(path: &str, list: &[T]) -> Result<(), ApiError> {
    if list.len() <= LIST_MAX {
        return Ok(());
    }
    Err(ApiError::field(path, &format!("at most {LIST_MAX} of them"), &list.len().to_string()))
}

fn levels(path: &str, levels: &BTreeMap<String, PriceLevel>) -> Result<(), ApiError> {
    if levels.len() > LIST_MAX {
        let found = levels.len().to_string();
        return Err(ApiError::field(&format!("{path}.priceLevels"), &format!("at most {LIST_MAX}"), &found));
    }
    levels.keys().try_for_each(|level| ids::id(&format!("{path}.priceLevels"), level))
}

fn vat_rate(path: &str, rate: Number) -> Result<(), ApiError> {
    if VatRate::from_setting(rate.0).is_some() {
        return Ok(());
    }
    Err(ApiError::field(path, "a fraction from 0 to below 1, such as 0.12", &rate.to_string()))
}

fn vat_rate_changes(path: &str, changes: &[VatRateChange]) -> Result<(), ApiError> {
    list(path, changes)?;
    let mut days = BTreeSet::new();
    for (index, change) in changes.iter().enumerate() {
        let is_day = change.from.len() == 10 && day_begins(&change.from, &TimeZone::UTC).is_some();
        if !is_day || !days.insert(&change.from) {
            let expected = "a day such as 2027-01-01, each once";
            let found = format!("{:?}", change.from);
            return Err(ApiError::field(&format!("{path}[{index}].from"), expected, &found));
        }
        vat_rate(&format!("{path}[{index}].vatRate"), change.vat_rate)?;
    }
    Ok(())
}

/// A menu that is being set up: what there was, and what is known with what the body brings.
struct Setting<'a> {
    merchant: &'a str,
    before: &'a Stored,
    precision: Precision,
    now: Timestamp,
    places: BTreeSet<&'a str>,
    products: BTreeSet<&'a str>,
    additions: BTreeSet<&'a str>,
}

/// Writes what of the body is not so already: who follows the menu hears nothing of the rest. Gives the first fault of each
/// record that does not fit to the others, 400 that names the member; whoever gets one writes nothing.
///
/// # Errors
/// Those of the database.
pub(super) fn apply(
    tx: &mut Tx<'_>,
    merchant: &str,
    body: &PutMenu,
    before: &Stored,
    now: Timestamp,
) -> Result<Vec<ApiError>, TxError<ApiError>> {
    let of_products = before.products.iter().map(|row| row.product_id.as_str());
    let of_additions = before.addition_categories.iter().map(|known| known.addition_category_id.as_str());
    let setting = Setting {
        merchant,
        before,
        precision: before.merchant.price_precision,
        now,
        places: before.places.iter().map(|row| row.place.as_str()).collect(),
        products: of_products
            .chain(body.products.iter().map(|product| product.product_id.as_str()))
            .collect(),
        additions: of_additions
            .chain(body.addition_categories.iter().map(|category| category.addition_category_id.as_str()))
            .collect(),
    };
    let mut faults = Vec::new();
    setting.categories(tx, &body.categories, &mut faults)?;
    setting.products(tx, body, &mut faults)?;
    setting.addition_categories(tx, &body.addition_categories, &mut faults)?;
    setting.timed(tx, &body.time_based_menus, &mut faults)?;
    for (place, rule) in &body.place_rules {
        keep(setting.rule(tx, place, *rule), &mut faults)?;
    }
    Ok(faults)
}

/// Keeps a refusal among the faults, so that those of other records are found too.
fn keep(done: Result<(), TxError<ApiError>>, faults: &mut Vec<ApiError>) -> Result<(), TxError<ApiError>> {
    match done {
        Err(TxError::Refused(fault)) => {
            faults.push(fault);
            Ok(())
        }
        other => other,
    }
}

impl Setting<'_> {
    fn place(&self, path: &str, place: &str) -> Result<(), TxError<ApiError>> {
        known(&self.places, path, "a place of the merchant", place)
    }

    fn price(&self, path: &str, price: &Number) -> Result<Amount, TxError<ApiError>> {
        exact_amount(path, price, self.precision).map_err(TxError::Refused)
    }

    fn levels(&self, path: &str, levels: &BTreeMap<String, PriceLevel>) -> Result<(), TxError<ApiError>> {
        for (level, set) in levels {
            self.price(&format!("{path}.priceLevels.{level}.price"), &set.price)?;
        }
        Ok(())
    }

    fn additions(&self, path: &str, ids: &[String]) -> Result<(), TxError<ApiError>> {
        for (index, id) in ids.iter().enumerate() {
            let path = format!("{path}.additionCategoryIds[{index}]");
            known(&self.additions, &path, "an addition category of the menu", id)?;
        }
        Ok(())
    }

    fn rule(&self, tx: &mut Tx<'_>, place: &str, rule: PlaceRule) -> Result<(), TxError<ApiError>> {
        self.place(&format!("placeRules.{place}"), place)?;
        let refuses = refuses(rule.beyond_remaining);
        if self.before.refuses.get(place) != Some(&refuses) {
            store::put_rule(tx, self.merchant, place, refuses)?;
        }
        Ok(())
    }

    fn categories(
        &self,
        tx: &mut Tx<'_>,
        set: &[MenuCategory],
        faults: &mut Vec<ApiError>,
    ) -> Result<(), TxError<ApiError>> {
        let mut all: BTreeMap<String, MenuCategory> =
            self.before.categories.iter().map(|row| (row.category_id.clone(), row.shown())).collect();
        for category in set {
            if all.insert(category.category_id.clone(), category.clone()).as_ref() != Some(category) {
                store::put_category(tx, self.merchant, category, self.now)?;
            }
        }
        for (index, category) in set.iter().enumerate() {
            keep(check_parents(index, category, &all), faults)?;
        }
        Ok(())
    }

    fn products(
        &self,
        tx: &mut Tx<'_>,
        body: &PutMenu,
        faults: &mut Vec<ApiError>,
    ) -> Result<(), TxError<ApiError>> {
        let of_before = self.before.categories.iter().map(|row| row.category_id.as_str());
        let categories: BTreeSet<&str> =
            of_before.chain(body.categories.iter().map(|category| category.category_id.as_str())).collect();
        let mut all: BTreeMap<String, MenuProduct> = BTreeMap::new();
        for row in &self.before.products {
            all.insert(row.product_id.clone(), row.shown(self.precision));
        }
        for (index, product) in body.products.iter().enumerate() {
            let itself = MenuProduct { places_values: BTreeMap::new(), ..product.clone() };
            let is_so = all.insert(product.product_id.clone(), itself.clone()).as_ref() == Some(&itself);
            keep(self.product(tx, &format!("products[{index}]"), product, is_so, &categories), faults)?;
        }
        Ok(())
    }

    /// Writes a product, unless it itself `is_so` already, with what places set otherwise.
    fn product(
        &self,
        tx: &mut Tx<'_>,
        path: &str,
        product: &MenuProduct,
        is_so: bool,
        categories: &BTreeSet<&str>,
    ) -> Result<(), TxError<ApiError>> {
        let id = &product.product_id;
        if let Some(category) = &product.category_id {
            known(categories, &format!("{path}.categoryId"), "a category of the menu", category)?;
        }
        self.additions(path, &product.addition_category_ids)?;
        let price = self.price(&format!("{path}.price"), &product.price)?;
        if !is_so {
            store::put_product(tx, self.merchant, product, price, self.now)?;
        }
        for (place, values) in &product.places_values {
            let path = format!("{path}.placesValues.{place}");
            self.place(&path, place)?;
            if let Some(values) = values {
                self.levels(&path, &values.price_levels)?;
                self.additions(&path, values.addition_category_ids.as_deref().unwrap_or_default())?;
            }
            let is = self.before.values.get(place).and_then(|values| values.get(id));
            if is != values.as_ref() {
                store::put_values(tx, self.merchant, place, id, values.as_ref(), self.now)?;
            }
        }
        Ok(())
    }

    fn addition_categories(
        &self,
        tx: &mut Tx<'_>,
        set: &[MenuAdditionCategory],
        faults: &mut Vec<ApiError>,
    ) -> Result<(), TxError<ApiError>> {
        let mut all: BTreeMap<&str, &MenuAdditionCategory> = BTreeMap::new();
        for category in self.before.addition_categories.iter().chain(set) {
            all.insert(&category.addition_category_id, category);
        }
        let mut ids: BTreeMap<&str, usize> = BTreeMap::new();
        for addition in all.values().flat_map(|category| &category.additions) {
            *ids.entry(&addition.addition_id).or_default() += 1;
        }
        for (index, category) in set.iter().enumerate() {
            let path = format!("additionCategories[{index}]");
            keep(self.addition_category(tx, &path, category, &ids), faults)?;
        }
        Ok(())
    }

    /// Writes an addition category, unless it is so already; `times` says how often each addition's id is there.
    fn addition_category(
        &self,
        tx: &mut Tx<'_>,
        path: &str,
        category: &MenuAdditionCategory,
        times: &BTreeMap<&str, usize>,
    ) -> Result<(), TxError<ApiError>> {
        for (number, addition) in category.additions.iter().enumerate() {
            let path = format!("{path}.additions[{number}]");
            self.price(&format!("{path}.additionPrice"), &addition.addition_price)?;
            self.price(&format!("{path}.subtractionPrice"), &addition.subtraction_price)?;
            if let Some(product) = &addition.product_id {
                known(&self.products, &format!("{path}.productId"), "a product of the menu", product)?;
            }
            if times.get(addition.addition_id.as_str()).is_some_and(|times| *times > 1) {
                let found = format!("{:?} again", addition.addition_id);
                let error = ApiError::field(&format!("{path}.additionId"), "an id of its own", &found);
                return Err(TxError::Refused(error));
            }
        }
        if !self.before.addition_categories.contains(category) {
            store::put_addition_category(tx, self.merchant, category, self.now)?;
        }
        Ok(())
    }

    fn timed(
        &self,
        tx: &mut Tx<'_>,
        set: &[MenuOfTime],
        faults: &mut Vec<ApiError>,
    ) -> Result<(), TxError<ApiError>> {
        let is_set = |item: &&TimedItemRow| {
            set.iter().any(|menu| menu.place_id == item.place && menu.menu_id == item.menu_id)
        };
        let rows = self.before.timed_items.values().flat_map(BTreeMap::values).flatten();
        let mut taken: Vec<(&str, &str, Timestamp, Timestamp)> = rows
            .filter(|item| !is_set(item))
            .map(|item| (item.place.as_str(), item.product_id.as_str(), item.since, item.till))
            .collect();
        for (index, menu) in set.iter().enumerate() {
            let path = format!("timeBasedMenus[{index}]");
            let (since, till) = window(&path, menu).map_err(TxError::Refused)?;
            keep(self.timed_menu(tx, &path, menu, (since, till), &taken), faults)?;
            let items = menu.items.iter();
            taken.extend(items.map(|item| (menu.place_id.as_str(), item.product_id.as_str(), since, till)));
        }
        Ok(())
    }

    /// Writes a menu for a time, unless it is so already; `taken` says which products others have, where and when.
    fn timed_menu(
        &self,
        tx: &mut Tx<'_>,
        path: &str,
        menu: &MenuOfTime,
        (since, till): (Timestamp, Timestamp),
        taken: &[(&str, &str, Timestamp, Timestamp)],
    ) -> Result<(), TxError<ApiError>> {
        self.place(&format!("{path}.placeId"), &menu.place_id)?;
        for (number, item) in menu.items.iter().enumerate() {
            let path = format!("{path}.items[{number}]");
            let product = &item.product_id;
            known(&self.products, &format!("{path}.productId"), "a product of the menu", product)?;
            self.levels(&path, &item.price_levels)?;
            let meets = |(place, other, from, to): &(&str, &str, Timestamp, Timestamp)| {
                *place == menu.place_id && *other == product && *from < till && since < *to
            };
            if taken.iter().any(meets) {
                let expected = "a product that no other menu of the place has at that time";
                let found = format!("{product:?}");
                return Err(TxError::Refused(ApiError::field(
                    &format!("{path}.productId"),
                    expected,
                    &found,
                )));
            }
        }
        let is =
            self.before.timed_menus.iter().find(|is| is.place == menu.place_id && is.menu_id == menu.menu_id);
        let wanted = MenuOfTime {
            since: wire::time::utc_millis(since),
            till: wire::time::utc_millis(till),
            ..menu.clone()
        };
        if is.map(|is| timed_shown(self.before, is)).as_ref() != Some(&wanted) {
            timed::put(tx, self.merchant, menu, (since, till), self.now)?;
        }
        Ok(())
    }
}

fn known(ids: &BTreeSet<&str>, path: &str, expected: &str, id: &str) -> Result<(), TxError<ApiError>> {
    if ids.contains(id) {
        return Ok(());
    }
    Err(TxError::Refused(ApiError::field(path, expected, &format!("{id:?}"))))
}

/// Every category above is known and the way up ends.
fn check_parents(
    index: usize,
    category: &MenuCategory,
    all: &BTreeMap<String, MenuCategory>,
) -> Result<(), TxError<ApiError>> {
    let path = format!("categories[{index}].parentCategoryId");
    let mut above = category.parent_category_id.as_deref();
    for _ in 0..DEPTH_MAX {
        let Some(id) = above else { return Ok(()) };
        let known = all.get(id).ok_or_else(|| {
            TxError::Refused(ApiError::field(&path, "a category of the menu", &format!("{id:?}")))
        })?;
        above = known.parent_category_id.as_deref();
    }
    let expected = format!("at most {DEPTH_MAX} categories above it, without a circle");
    Err(TxError::Refused(ApiError::field(&path, &expected, "more, or a circle")))
}

/// The menu as it was set up.
pub(super) fn shown(stored: &Stored) -> AdminMenu {
    let precision = stored.merchant.price_precision;
    let products = stored.products.iter().map(|row| {
        let of_place = |(place, values): (&String, &BTreeMap<String, PutPlaceValues>)| {
            values.get(&row.product_id).map(|values| (place.clone(), Some(values.clone())))
        };
        MenuProduct {
            places_values: stored.values.iter().filter_map(of_place).collect(),
            ..row.shown(precision)
        }
    });
    let menus = stored.timed_menus.iter().map(|menu| timed_shown(stored, menu));
    let rules = stored.refuses.iter().map(|(place, refuses)| {
        let beyond_remaining = if *refuses { BeyondRemaining::Refuse } else { BeyondRemaining::Warn };
        (place.clone(), PlaceRule { beyond_remaining })
    });
    AdminMenu {
        categories: stored.categories.iter().map(super::rows::CategoryRow::shown).collect(),
        products: products.collect(),
        addition_categories: stored.addition_categories.clone(),
        time_based_menus: menus.collect(),
        place_rules: rules.collect(),
    }
}

/// A menu for a time as it was set up.
fn timed_shown(stored: &Stored, menu: &TimedMenuRow) -> MenuOfTime {
    MenuOfTime {
        menu_id: menu.menu_id.clone(),
        place_id: menu.place.clone(),
        time_based_menu_type: menu.menu_type.into(),
        since: wire::time::utc_millis(menu.since),
        till: wire::time::utc_millis(menu.till),
        items: items_of(stored, &menu.place, &menu.menu_id).into_iter().map(item_of).collect(),
    }
}

/// The products of a menu for a time, in their order.
pub(super) fn items_of<'a>(stored: &'a Stored, place: &str, menu: &str) -> Vec<&'a TimedItemRow> {
    let of_place = stored.timed_items.get(place).into_iter().flat_map(BTreeMap::values).flatten();
    let mut items: Vec<&TimedItemRow> = of_place.filter(|item| item.menu_id == menu).collect();
    items.sort_by_key(|item| item.sequence);
    items
}

fn item_of(row: &TimedItemRow) -> MenuOfTimeItem {
    MenuOfTimeItem {
        product_id: row.product_id.clone(),
        quantity: row.pieces.and_then(|pieces| u32::try_from(pieces).ok()),
        price_levels: row.price_levels.clone(),
    }
}
