//! What is a product at one place at one instant, and when does that change by itself?

use super::rows::{Details, ProductRow, SellableRow, Stored, TimedItemRow};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use money::Precision;
use std::collections::BTreeMap;
use wire::Number;
use wire::admin::menu::{PutPlaceValues, VatRateChange};
use wire::menu::{PlaceValues, PriceLevel};

/// The level of prices that is always there.
pub(crate) const DEFAULT_LEVEL: &str = "default";

/// A product with all that a place and the hours make of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sold<'a> {
    pub(super) product: &'a ProductRow,
    pub(super) own: Option<&'a PutPlaceValues>,
    /// In menus for a time; at one instant at most one of them is open.
    pub(super) timed: &'a [TimedItemRow],
    pub(super) is_stopped: bool,
}

/// What an instant is at a place, and how its money is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment<'a> {
    pub(super) zone: &'a TimeZone,
    pub(super) precision: Precision,
    pub(super) now: Timestamp,
}

impl Stored {
    /// The product at the place.
    pub(super) fn sold<'a>(&'a self, place: &str, product: &'a ProductRow) -> Sold<'a> {
        let id = &product.product_id;
        Sold {
            product,
            own: self.values.get(place).and_then(|values| values.get(id)),
            timed: self.timed_items.get(place).and_then(|items| items.get(id)).map_or(&[], Vec::as_slice),
            is_stopped: self.stops.get(place).is_some_and(|stops| stops.contains_key(id)),
        }
    }

    /// What every product is at the place, by product.
    pub(super) fn values_at(&self, place: &str, at: Moment<'_>) -> BTreeMap<&str, PlaceValues> {
        let of = |product| (self.sold(place, product)).values(at);
        self.products.iter().map(|product| (product.product_id.as_str(), of(product))).collect()
    }
}

impl<'a> Sold<'a> {
    /// The menu for a time that is open and names it.
    pub(super) fn open(&self, now: Timestamp) -> Option<&'a TimedItemRow> {
        self.timed.iter().find(|item| item.since <= now && now < item.till)
    }

    /// The rate of VAT, a fraction, and the register's number of it. A place's own rate comes before the product's; of
    /// the changes of that rate the newest that has begun counts.
    pub(super) fn vat(&self, zone: &TimeZone, now: Timestamp) -> (Number, Option<Number>) {
        let (rate, id, changes) = self.vat_base();
        let begun = changes.iter().filter_map(|change| Some((day_begins(&change.from, zone)?, change)));
        let newest = begun.filter(|(at, _)| *at <= now).max_by_key(|(at, _)| *at);
        newest.map_or((rate, id), |(_, change)| (change.vat_rate, change.vat_id))
    }

    fn vat_base(&self) -> (Number, Option<Number>, &[VatRateChange]) {
        if let Some(own) = self.own
            && let Some(rate) = own.vat_rate
        {
            return (rate, own.vat_id, &own.vat_rate_changes);
        }
        let changes = self.product.details.as_ref().map_or(&[][..], |details| &details.vat_rate_changes);
        (self.product.vat_rate, self.product.vat_id, changes)
    }

    /// Prices by level: the product's own as the default, then the place's, then those of an open menu.
    pub(super) fn price_levels(&self, at: Moment<'_>) -> BTreeMap<String, PriceLevel> {
        let price = Number::from_amount(self.product.price, at.precision);
        let mut levels = BTreeMap::from([(DEFAULT_LEVEL.to_owned(), PriceLevel { price })]);
        let own = self.own.into_iter().flat_map(|own| &own.price_levels);
        let timed = self.open(at.now).into_iter().flat_map(|item| &item.price_levels);
        levels.extend(own.chain(timed).map(|(level, price)| (level.clone(), *price)));
        levels
    }

    /// How many pieces are left; `None`: any number.
    pub(super) fn left(&self, now: Timestamp) -> Option<i64> {
        if self.is_stopped {
            return Some(0);
        }
        self.open(now).and_then(TimedItemRow::left)
    }

    /// What is seen of it.
    pub(super) fn values(&self, at: Moment<'_>) -> PlaceValues {
        PlaceValues {
            price_levels: self.price_levels(at),
            vat_rate: self.vat(at.zone, at.now).0,
            show_in_pos: !self.is_stopped && self.own.is_none_or(|own| own.show_in_pos),
            addition_category_ids: self.addition_category_ids().to_vec(),
            quantity: self.left(at.now),
        }
    }

    /// The addition categories of which something may go with it: the place's own, or the product's.
    pub(super) fn addition_category_ids(&self) -> &'a [String] {
        let of_product =
            || self.product.details.as_ref().map(|details: &Details| &details.addition_category_ids);
        let ids = self.own.and_then(|own| own.addition_category_ids.as_ref()).or_else(of_product);
        ids.map_or(&[], Vec::as_slice)
    }

    /// The instants after `at` at which what is seen of it changes by itself.
    pub(super) fn changeovers(&self, at: Moment<'_>) -> Vec<Timestamp> {
        let days = self.vat_base().2.iter().filter_map(|change| day_begins(&change.from, at.zone));
        let hours = self.timed.iter().flat_map(|item| [item.since, item.till]);
        let values = |now| self.values(Moment { now, ..at });
        days.chain(hours)
            .filter(|changeover| *changeover > at.now && values(*changeover) != values(before(*changeover)))
            .collect()
    }
}

impl TimedItemRow {
    /// How many pieces are left, never below 0; `None`: any number.
    pub(super) fn left(&self) -> Option<i64> {
        self.pieces.map(|pieces| pieces.saturating_sub(self.reserved).max(0))
    }
}

/// The last instant before another.
pub(super) fn before(changeover: Timestamp) -> Timestamp {
    changeover.saturating_sub(SignedDuration::from_micros(1)).unwrap_or(changeover)
}

/// When a day such as `2027-01-01` begins in the zone.
pub(super) fn day_begins(day: &str, zone: &TimeZone) -> Option<Timestamp> {
    let day: Date = day.parse().ok()?;
    Some(day.to_zoned(zone.clone()).ok()?.timestamp())
}

/// A product that the till sells, with all that makes it what it is now.
#[derive(Debug, Clone)]
pub(crate) struct Sellable {
    pub(super) product: ProductRow,
    own: Option<PutPlaceValues>,
    timed: Vec<TimedItemRow>,
    pub(super) is_stopped: bool,
}

impl Sellable {
    pub(super) fn of(place: &str, row: SellableRow) -> Self {
        let SellableRow { product, place_values, menu_id, menu_since, menu_till, pieces, .. } = row;
        let open = menu_id.zip(menu_since).zip(menu_till);
        let timed = open.map(|((menu_id, since), till)| TimedItemRow {
            place: place.to_owned(),
            menu_id,
            product_id: product.product_id.clone(),
            sequence: 0,
            since,
            till,
            pieces,
            reserved: row.reserved.unwrap_or(0),
            price_levels: row.menu_price_levels.unwrap_or_default(),
        });
        Self {
            product,
            own: place_values,
            timed: timed.into_iter().collect(),
            is_stopped: row.stopped_at.is_some(),
        }
    }

    /// The menu for a time, open now, that says how many pieces may be sold.
    pub(super) fn limited_by(&self, now: Timestamp) -> Option<String> {
        let open = self.sold().open(now).filter(|item| item.pieces.is_some());
        open.map(|item| item.menu_id.clone())
    }

    pub(super) fn sold(&self) -> Sold<'_> {
        Sold {
            product: &self.product,
            own: self.own.as_ref(),
            timed: &self.timed,
            is_stopped: self.is_stopped,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use money::Amount;
    use proptest::prelude::*;

    const HOUR: i64 = 3600;
    /// 2026-03-02T00:00:00Z.
    const DAY: i64 = 1_772_409_600;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(DAY + seconds).unwrap()
    }

    fn number(text: &str) -> Number {
        Number::parse(text).unwrap()
    }

    fn change(from: &str, rate: &str) -> VatRateChange {
        VatRateChange { from: from.to_owned(), vat_rate: number(rate), vat_id: None }
    }

    fn product(changes: Vec<VatRateChange>) -> ProductRow {
        ProductRow {
            product_id: "p".to_owned(),
            decoded_id: 1,
            category_id: None,
            name: "P".to_owned(),
            measure: "pcs".to_owned(),
            ean: None,
            price: Amount(5_900),
            is_price_variable: false,
            vat_rate: number("0.21"),
            vat_id: Some(number("2")),
            sequence: 0,
            details: Some(Details { vat_rate_changes: changes, ..Details::default() }),
        }
    }

    fn item(since: i64, till: i64, pieces: Option<i64>, reserved: i64, price: Option<&str>) -> TimedItemRow {
        let level = |price: &str| (DEFAULT_LEVEL.to_owned(), PriceLevel { price: number(price) });
        TimedItemRow {
            place: "b".to_owned(),
            menu_id: since.to_string(),
            product_id: "p".to_owned(),
            sequence: 0,
            since: at(since),
            till: at(till),
            pieces,
            reserved,
            price_levels: price.map(level).into_iter().collect(),
        }
    }

    fn moment(zone: &TimeZone, now: Timestamp) -> Moment<'_> {
        Moment { zone, precision: Precision::new(2).unwrap(), now }
    }

    #[test]
    fn a_day_begins_at_the_midnight_of_its_zone() {
        // day, zone, instant; the last has no midnight that day
        for (day, zone, instant) in [
            ("2026-03-03", "Europe/Prague", "2026-03-02T23:00:00Z"),
            ("2026-07-01", "Europe/Prague", "2026-06-30T22:00:00Z"),
            ("2026-03-03", "America/New_York", "2026-03-03T05:00:00Z"),
            ("2026-09-06", "America/Santiago", "2026-09-06T04:00:00Z"),
        ] {
            let zone = TimeZone::get(zone).unwrap();
            assert_eq!(day_begins(day, &zone), Some(instant.parse().unwrap()), "{day}");
        }
        assert_eq!(day_begins("2026-02-30", &TimeZone::UTC), None);
    }

    #[test]
    fn each_value_comes_from_the_nearest_that_sets_it() {
        let product = product(vec![change("2026-03-03", "0.25"), change("2026-03-02", "0.2")]);
        let own = PutPlaceValues {
            price_levels: BTreeMap::from([("staff".to_owned(), PriceLevel { price: number("20") })]),
            vat_rate: Some(number("0.12")),
            vat_id: None,
            vat_rate_changes: vec![change("2026-03-03", "0.13")],
            show_in_pos: true,
            addition_category_ids: None,
        };
        let timed = [item(10 * HOUR, 12 * HOUR, Some(3), 5, Some("29"))];
        let zone = TimeZone::UTC;
        // with the place's values, at the menu's time, on the next day: rate, default, staff, left
        for (has_own, seconds, rate, default, staff, left) in [
            (false, -1, "0.21", "59", None, None),
            (false, 0, "0.2", "59", None, None),
            (false, 10 * HOUR, "0.2", "29", None, Some(0)),
            (false, 12 * HOUR, "0.2", "59", None, None),
            (false, 24 * HOUR, "0.25", "59", None, None),
            (true, 10 * HOUR, "0.12", "29", Some("20"), Some(0)),
            (true, 24 * HOUR, "0.13", "59", Some("20"), None),
        ] {
            let sold =
                Sold { product: &product, own: has_own.then_some(&own), timed: &timed, is_stopped: false };
            let values = sold.values(moment(&zone, at(seconds)));
            let level = |level: &str| values.price_levels.get(level).map(|level| level.price);
            let found = (values.vat_rate, level(DEFAULT_LEVEL), level("staff"), values.quantity);
            let expected = (number(rate), Some(number(default)), staff.map(number), left);
            assert_eq!(found, expected, "{has_own} {seconds}");
            let stopped = Sold { is_stopped: true, ..sold }.values(moment(&zone, at(seconds)));
            assert_eq!((stopped.show_in_pos, stopped.quantity), (false, Some(0)));
        }
    }

    #[test]
    fn what_changes_nothing_is_no_changeover() {
        let zone = TimeZone::UTC;
        // changes of VAT, menus for a time, the hours at which something is seen to change
        for (changes, timed, hours) in [
            (vec![change("2026-03-03", "0.21")], vec![], vec![]),
            (vec![change("2026-03-03", "0.25"), change("2026-03-04", "0.25")], vec![], vec![24]),
            (vec![], vec![item(10 * HOUR, 12 * HOUR, None, 0, Some("59"))], vec![]),
            (vec![], vec![item(10 * HOUR, 12 * HOUR, None, 0, Some("58"))], vec![10, 12]),
            (vec![], vec![item(10 * HOUR, 12 * HOUR, Some(1), 0, None)], vec![10, 12]),
            (
                vec![],
                vec![
                    item(10 * HOUR, 12 * HOUR, Some(1), 0, None),
                    item(12 * HOUR, 13 * HOUR, Some(1), 0, None),
                ],
                vec![10, 13],
            ),
            (vec![change("2026-03-01", "0.25")], vec![], vec![]),
        ] {
            let product = product(changes);
            let sold = Sold { product: &product, own: None, timed: &timed, is_stopped: false };
            let mut found = sold.changeovers(moment(&zone, at(0)));
            found.sort();
            found.dedup();
            let hours: Vec<Timestamp> = hours.into_iter().map(|hour| at(hour * HOUR)).collect();
            assert_eq!(found, hours);
        }
    }

    proptest! {
        /// Between two changeovers nothing is seen to change.
        #[test]
        fn nothing_changes_without_a_changeover(
            changes in prop::collection::vec((1_u8..=9, 0_u8..4), 0..5),
            menus in prop::collection::vec((0_i64..40, 1_i64..20, prop::option::of(0_i64..3), 0_i64..3, prop::option::of(57_u8..60)), 0..4),
            now in 0_i64..100,
            later in 0_i64..300,
        ) {
            let zone = TimeZone::get("Europe/Prague").unwrap();
            let mut days: Vec<VatRateChange> =
                changes.iter().map(|(day, rate)| change(&format!("2026-03-0{day}"), &format!("0.2{rate}"))).collect();
            days.sort_by(|a, b| a.from.cmp(&b.from));
            days.dedup_by(|a, b| a.from == b.from);
            let mut begin = 0;
            let timed: Vec<TimedItemRow> = menus
                .iter()
                .map(|(gap, length, pieces, reserved, price)| {
                    let since = begin + gap;
                    begin = since + length;
                    let price = price.map(|price| price.to_string());
                    item(since * HOUR, begin * HOUR, *pieces, *reserved, price.as_deref())
                })
                .collect();
            let product = product(days);
            let sold = Sold { product: &product, own: None, timed: &timed, is_stopped: false };
            let (from, to) = (at(now * HOUR), at((now + later) * HOUR));
            let between = sold.changeovers(moment(&zone, from)).into_iter().filter(|one| *one <= to).count();
            let values = |now| sold.values(moment(&zone, now));
            if between == 0 {
                prop_assert_eq!(values(from), values(to));
            }
        }
    }
}
