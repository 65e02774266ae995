//! Who hears of a change of the menu?
//!
//! The menu before is compared with the menu after, so that nothing that is seen to change is forgotten and nothing is
//! told that is as it was: each record that differs goes into the feed, each place whose values differ gets a new version,
//! and what will change by itself is planned.

use super::feed::{CategoryRecord, ItemRecord, PlaceItemRecord, place_item_id};
use super::moment::{self, Moment};
use super::rows::{PlaceRow, Stored};
use super::store::Places;
use super::tree::{Depth, Shown, additions, nodes};
use super::{CategoryRecords, ItemRecords, PlaceItemRecords, store, version};
use crate::Platform;
use crate::feed::Changes;
use db::{Tx, TxError};
use door::ApiError;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Changes the menu of a merchant, or the merchant and its places themselves, and tells everybody. `write` gets the menu
/// as it was; `None` when nobody has set the merchant up.
///
/// # Errors
/// Those of `write`.
pub(crate) fn change<T>(
    tx: &mut Tx<'_>,
    changes: &mut Changes,
    merchant: &str,
    write: impl FnOnce(&mut Tx<'_>, &mut Changes, Option<&Before>) -> Result<T, TxError<ApiError>>,
) -> Result<T, TxError<ApiError>> {
    let now = changes.now();
    store::take_merchant(tx, merchant)?;
    let before = store::load(tx, merchant, Places::All, now)?.map(Before);
    for place in before.iter().flat_map(|before| &before.0.places) {
        tell_changeovers_at(tx, changes, merchant, &place.place)?;
    }
    let done = write(tx, changes, before.as_ref())?;
    if let Some(after) = store::load(tx, merchant, Places::All, now)? {
        tell(tx, changes, merchant, before.as_ref().map(|before| &before.0), &after)?;
    }
    Ok(done)
}

/// The menu as it was before a change.
#[derive(Debug)]
pub(crate) struct Before(pub(super) Stored);

fn tell(
    tx: &mut Tx<'_>,
    changes: &mut Changes,
    merchant: &str,
    before: Option<&Stored>,
    after: &Stored,
) -> Result<(), db::Error> {
    let now = changes.now();
    let shared = |stored: &Stored| {
        let nodes = nodes(stored, Shown::Nothing, Depth::Whole, now);
        (nodes, additions(stored), stored.merchant.currency_code.clone())
    };
    if before.map(shared) != Some(shared(after)) {
        version::moved(tx, merchant, "", now)?;
    }
    let categories = |stored: &Stored| -> BTreeMap<String, CategoryRecord> {
        stored.categories.iter().map(|row| (row.category_id.clone(), CategoryRecord::of(row))).collect()
    };
    let (put, gone) = differences(before.map(categories).unwrap_or_default(), &categories(after));
    put.iter().for_each(|id| changes.put::<CategoryRecords>(id));
    gone.iter().for_each(|id| changes.removed::<CategoryRecords>(id));
    let items = |stored: &Stored| -> BTreeMap<String, ItemRecord> {
        stored.products.iter().map(|row| (row.product_id.clone(), ItemRecord::of(row))).collect()
    };
    let (put, gone) = differences(before.map(items).unwrap_or_default(), &items(after));
    put.iter().for_each(|id| changes.put::<ItemRecords>(id));
    gone.iter().for_each(|id| changes.removed::<ItemRecords>(id));
    for place in &after.places {
        let before = before.filter(|before| before.places.iter().any(|known| known.place == place.place));
        tell_place(tx, changes, merchant, place, before, after)?;
    }
    Ok(())
}

/// Tells what one place sells otherwise than before; `before` is `None` for a place that is new.
fn tell_place(
    tx: &mut Tx<'_>,
    changes: &mut Changes,
    merchant: &str,
    place: &PlaceRow,
    before: Option<&Stored>,
    after: &Stored,
) -> Result<(), db::Error> {
    let now = changes.now();
    let id = place.place.as_str();
    let zone_before = before.and_then(|before| before.places.iter().find(|known| known.place == id));
    let moment =
        |stored: &Stored| Moment { zone: &place.time_zone, precision: stored.merchant.price_precision, now };
    let values_before = match (before, zone_before) {
        (Some(before), Some(was)) => before.values_at(id, Moment { zone: &was.time_zone, ..moment(before) }),
        _ => BTreeMap::new(),
    };
    // Of a place that nothing was told of so far everything is told
    let is_begun = version::begin(tx, merchant, id, now)?;
    // The instant of the newest change is shown with the offset of the place
    let is_elsewhere = zone_before.is_some_and(|was| was.time_zone != place.time_zone);
    if is_elsewhere || values_before != after.values_at(id, moment(after)) {
        version::moved(tx, merchant, id, now)?;
    }
    let records = match (before, zone_before) {
        (Some(before), Some(was)) if !is_begun => place_items(before, was, now),
        _ => BTreeMap::new(),
    };
    let (put, gone) = differences(records, &place_items(after, place, now));
    put.iter().for_each(|record| changes.put_at::<PlaceItemRecords>(id, record));
    gone.iter().for_each(|record| changes.removed_at::<PlaceItemRecords>(id, record));
    let changeovers: BTreeSet<Timestamp> = after
        .products
        .iter()
        .flat_map(|product| after.sold(id, product).changeovers(moment(after)))
        .collect();
    let changeovers: Vec<Timestamp> = changeovers.into_iter().collect();
    version::plan(tx, merchant, id, &changeovers, now)
}

/// The records of a place at an instant, by their id.
fn place_items(stored: &Stored, place: &PlaceRow, now: Timestamp) -> BTreeMap<String, PlaceItemRecord> {
    let precision = stored.merchant.price_precision;
    let records = stored.products.iter().map(|product| {
        let id = place_item_id(&product.product_id, &place.place);
        (id, PlaceItemRecord::of(place, stored.sold(&place.place, product), precision, now))
    });
    records.collect()
}

/// The ids that are new or whose record differs, and those that are gone.
fn differences<R: PartialEq>(
    mut before: BTreeMap<String, R>,
    after: &BTreeMap<String, R>,
) -> (Vec<String>, Vec<String>) {
    let mut put = Vec::new();
    for (id, record) in after {
        if before.remove(id).as_ref() != Some(record) {
            put.push(id.clone());
        }
    }
    (put, before.into_keys().collect())
}

/// Tells the feed what changed by itself at the place since it was last told; how many records that are.
fn tell_changeovers_at(
    tx: &mut Tx<'_>,
    changes: &mut Changes,
    merchant: &str,
    place: &str,
) -> Result<usize, db::Error> {
    let now = changes.now();
    let changeovers = version::take_untold(tx, merchant, place, now)?;
    let Some(first) = changeovers.first() else { return Ok(0) };
    let since = moment::before(*first);
    let Some(stored) = store::load(tx, merchant, Places::One(place), since)? else { return Ok(0) };
    let Some(place) = stored.places.first() else { return Ok(0) };
    let (put, _) = differences(place_items(&stored, place, since), &place_items(&stored, place, now));
    put.iter().for_each(|record| changes.put_at::<PlaceItemRecords>(&place.place, record));
    Ok(put.len())
}

/// Most places whose changeovers are told at once.
const PLACES_PER_RUN: i64 = 50;

impl Platform {
    /// Tells the feed of every rate of VAT and every menu for a time that has begun or ended since it was last told;
    /// readers of the menu see it at its instant, without this.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn tell_changeovers(&self) -> Result<(), db::Error> {
        let now = self.now();
        loop {
            let due = self.db().read("due_menu_changeovers", move |tx| {
                Ok::<_, TxError<db::Never>>(version::due(tx, now, PLACES_PER_RUN)?)
            });
            let due = due.await.map_err(TxError::into_error)?;
            let is_last = i64::try_from(due.len()).unwrap_or(i64::MAX) < PLACES_PER_RUN;
            for (merchant, place) in due {
                let owner = merchant.clone();
                let told = self.change("tell_changeover", &merchant, now, move |tx, changes| {
                    Ok::<_, TxError<db::Never>>(tell_changeovers_at(tx, changes, &owner, &place)?)
                });
                told.await.map_err(TxError::into_error)?;
            }
            if is_last {
                return Ok(());
            }
        }
    }
}
