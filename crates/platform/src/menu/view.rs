//! What is read of the menu at once, and which state of it is that?

use super::rows::{Stored, TimedMenuRow};
use super::setup;
use super::store::{self, Places};
use super::tree::{Depth, Shown, Values, additions, nodes};
use super::version::{self, Version};
use crate::Platform;
use crate::api::{Known, Polled, Tag};
use axum::body::Bytes;
use db::TxError;
use door::ApiError;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use wire::list::Whole;
use wire::menu::{Menu, RemainingAmounts, TimeBasedMenu};
use wire::time::LocalTime;

/// Of which places a caller sees the values.
#[derive(Debug, Clone)]
pub(super) enum Seen {
    /// Of this one.
    One(String),
    /// Of each of these; `None`: of all.
    Each(Option<Vec<String>>),
}

/// The tree of the menu, unless the caller has this state of it already.
///
/// # Errors
/// 404 when nobody has set the merchant up.
pub(super) async fn tree(
    platform: &Platform,
    merchant: &str,
    seen: Seen,
    depth: Depth,
    known: Known,
) -> Result<Polled<Menu>, ApiError> {
    let (owner, now) = (merchant.to_owned(), platform.now());
    let question = format!("{merchant} {seen:?} {depth:?}");
    let (of_places, kept, asked) = (seen.clone(), platform.clone(), question.clone());
    let read = platform.db().read("menu", move |tx| {
        let (which, places) = match &of_places {
            Seen::One(place) => (Places::One(place), Some(vec![place.clone()])),
            Seen::Each(places) => (Places::All, places.clone()),
        };
        let version = version::visible(tx, &owner, places.as_deref(), now)?;
        let tag = Tag::of(&[version.number, version.changed_at.as_millisecond()]);
        let found = if known.has(&tag) {
            Found::Known
        } else if let Some(text) = kept.kept_trees().get(&asked, version) {
            Found::Text(text)
        } else {
            Found::Stored(store::load(tx, &owner, which, now)?.map(Box::new))
        };
        Ok::<_, TxError<db::Never>>((version, tag, found))
    });
    let (version, tag, found) = read.await?;
    let stored = match found {
        Found::Known => return Ok(Polled::AsItWas(tag)),
        Found::Text(text) => return Ok(Polled::Text(tag, text)),
        Found::Stored(stored) => stored.ok_or_else(|| ApiError::not_found("merchant", merchant))?,
    };
    let text = serde_json::to_vec(&menu(&stored, &seen, depth, version, now));
    let text = Bytes::from(text.map_err(|error| {
        tracing::error!(kind = ?error.classify(), "a menu has no JSON form");
        ApiError::internal()
    })?);
    platform.kept_trees().put(question, version, text.clone());
    Ok(Polled::Text(tag, text))
}

/// What a caller is sent of a tree.
enum Found {
    /// Nothing: it is there already.
    Known,
    /// The text that was sent before.
    Text(Bytes),
    /// What it is made of; `None` when nobody has set the merchant up.
    Stored(Option<Box<Stored>>),
}

/// The menus for a time that a place has now or later, unless the caller knows them already.
pub(super) async fn timed(
    platform: &Platform,
    merchant: &str,
    place: &str,
    known: Known,
) -> Result<Polled<Whole<TimeBasedMenu>>, ApiError> {
    let (merchant, place, now) = (merchant.to_owned(), place.to_owned(), platform.now());
    let read = platform.db().read("time_based_menus", move |tx| {
        let version = version::visible(tx, &merchant, Some(std::slice::from_ref(&place)), now)?;
        let (menus, newest) = store::newest_timed(tx, &merchant, &place, now)?;
        let tag = Tag::of(&[version.number, menus, newest]);
        if known.has(&tag) {
            return Ok::<_, TxError<db::Never>>((tag, None));
        }
        let stored = store::load(tx, &merchant, Places::One(&place), now)?;
        let shown = stored.map(|stored| timed_menus(&stored, &place, now)).unwrap_or_default();
        Ok((tag, Some(Whole { data: shown })))
    });
    Ok(match read.await? {
        (tag, None) => Polled::AsItWas(tag),
        (tag, Some(menus)) => Polled::New(tag, menus),
    })
}

/// Each menu for a time with its products. One that is not open yet shows what they will be when it opens.
fn timed_menus(stored: &Stored, place: &str, now: Timestamp) -> Vec<TimeBasedMenu> {
    let shown = |menu: &TimedMenuRow| {
        let values = Values::new(stored, Shown::One(place), now.max(menu.since));
        let items = setup::items_of(stored, place, &menu.menu_id).into_iter();
        let products = items
            .filter_map(|item| stored.products.iter().find(|product| product.product_id == item.product_id));
        TimeBasedMenu {
            menu_id: menu.menu_id.clone(),
            since: wire::time::utc_millis(menu.since),
            till: wire::time::utc_millis(menu.till),
            time_based_menu_type: menu.menu_type.into(),
            items: products.map(|product| values.product(product)).collect(),
        }
    };
    stored.timed_menus.iter().map(shown).collect()
}

/// The pieces left at a place, unless the caller knows them already.
pub(super) async fn amounts(
    platform: &Platform,
    merchant: &str,
    place: &str,
    known: Known,
) -> Result<Polled<RemainingAmounts>, ApiError> {
    let (merchant, place, now) = (merchant.to_owned(), place.to_owned(), platform.now());
    let read = platform.db().read("remaining_amounts", move |tx| {
        let version = version::visible(tx, &merchant, Some(std::slice::from_ref(&place)), now)?;
        let tag = Tag::of(&[version.number]);
        let is_known = known.has(&tag);
        let amounts = if is_known { None } else { Some(store::amounts(tx, &merchant, &place, now)?) };
        Ok::<_, TxError<db::Never>>((tag, amounts))
    });
    Ok(match read.await? {
        (tag, None) => Polled::AsItWas(tag),
        (tag, Some(amounts)) => Polled::New(tag, RemainingAmounts { amounts }),
    })
}

fn menu(stored: &Stored, seen: &Seen, depth: Depth, version: Version, now: Timestamp) -> Menu {
    let places: Vec<&str> = stored.places.iter().map(|row| row.place.as_str()).collect();
    let each: Vec<&str> = match seen {
        Seen::Each(Some(allowed)) => {
            places.into_iter().filter(|place| allowed.iter().any(|one| one == place)).collect()
        }
        _ => places,
    };
    let shown = match seen {
        Seen::One(place) => Shown::One(place),
        Seen::Each(_) => Shown::Each(&each),
    };
    let zone = stored.places.first().map_or(TimeZone::UTC, |place| place.time_zone.clone());
    Menu {
        items: nodes(stored, shown, depth, now),
        addition_categories: additions(stored),
        currency_code: stored.merchant.currency_code.clone(),
        last_modified_at: LocalTime::new(version.changed_at, &zone),
        version: version.number,
    }
}
