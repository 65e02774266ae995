//! Where are orders kept, how do registers find what is new, and how do orders lose their guests?

use super::guest::Guest;
use super::priced::Item;
use super::settings::Settings;
use super::state::State;
use super::timing::{Range, Wanted};
use crate::access::SourceId;
use db::{Json, Tx, json, params};
use jiff::Timestamp;
use money::Amount;
use serde::{Deserialize, Serialize};
use wire::delivery::{DeliveryType, IntegratedDispatch};

db::row! {
    /// An order as its row keeps it.
    #[derive(Debug, Clone)]
    pub(super) struct OrderRow {
        pub(super) order_id: String,
        pub(super) client_id: String,
        pub(super) external_id: String,
        pub(super) state: State,
        pub(super) decline_reason: Option<String>,
        pub(super) delivery_type: Kind,
        pub(super) desk_id: Option<String>,
        pub(super) already_paid: bool,
        pub(super) auto_confirm: bool,
        pub(super) discount: Amount,
        pub(super) tip: Amount,
        pub(super) total: Amount,
        pub(super) items: Vec<Item> as Json,
        pub(super) as_soon_as_possible: bool,
        pub(super) delivery_from: Option<Timestamp>,
        pub(super) delivery_to: Option<Timestamp>,
        pub(super) pickup_from: Option<Timestamp>,
        pub(super) pickup_to: Option<Timestamp>,
        pub(super) ready_at: Timestamp,
        pub(super) notification: Hooks as Json,
        pub(super) guest: Option<Guest> as Option<Json>,
        pub(super) declines_at: Option<Timestamp>,
        pub(super) check_id: Option<String>,
        pub(super) number: i64,
        pub(super) created_at: Timestamp,
        pub(super) modified_at: Timestamp,
    }
}
db::row! {
    /// Which order it is.
    pub(super) struct OrderKey {
        pub(super) merchant: String,
        pub(super) place: String,
        pub(super) order_id: String,
    }
}
db::row! {
    struct SettingsRow {
        accepts_new_orders: bool,
        closed_until: Option<Timestamp>,
        meal_prep_minutes: i64,
        integrated_dispatch: Dispatching,
        auto_confirm: bool,
        auto_decline_minutes: i64,
    }
}
db::text_enum! {
    /// How an order reaches its guest, in the documents' words.
    pub(super) enum Kind {
        /// Brought by the place.
        Delivery = "delivery",
        /// Brought by a courier.
        Dispatch = "dispatch",
        /// Fetched.
        Takeaway = "takeaway",
        /// Brought to a desk.
        OrderToTable = "orderToTable",
    }
}
db::text_enum! {
    /// Whether couriers are looked for, in the documents' words.
    enum Dispatching {
        /// For all that is brought.
        Enabled = "enabled",
        /// As the register says.
        Ask = "ask",
        /// Never.
        Disabled = "disabled",
    }
}
db::statement! {
    PUT_SETTINGS = "INSERT INTO platform_delivery_place (merchant, place, accepts_new_orders, closed_until, meal_prep_minutes,
            integrated_dispatch, auto_confirm, auto_decline_minutes, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (merchant, place) DO UPDATE SET accepts_new_orders = excluded.accepts_new_orders,
            closed_until = excluded.closed_until, meal_prep_minutes = excluded.meal_prep_minutes,
            integrated_dispatch = excluded.integrated_dispatch, auto_confirm = excluded.auto_confirm,
            auto_decline_minutes = excluded.auto_decline_minutes, updated_at = excluded.updated_at";
    SETTINGS -> SettingsRow = "SELECT accepts_new_orders, closed_until, meal_prep_minutes, integrated_dispatch, auto_confirm,
            auto_decline_minutes
        FROM platform_delivery_place WHERE merchant = $1 AND place = $2";
    // Nothing is inserted for an id of the application's that is known.
    INSERT = "INSERT INTO platform_delivery_order (merchant, place, order_id, client_id, external_id, state, decline_reason,
            delivery_type, desk_id, already_paid, auto_confirm, discount, tip, total, items, as_soon_as_possible,
            delivery_from, delivery_to, pickup_from, pickup_to, ready_at, notification, guest, declines_at, check_id, number,
            created_at, modified_at)
        VALUES ($1, $2, $3, $4, $5, $6, NULL, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
            $23, NULL, 0, $24, $24)
        ON CONFLICT (merchant, place, client_id, external_id) DO NOTHING";
    OF_EXTERNAL_ID -> OrderRow = "SELECT order_id, client_id, external_id, state, decline_reason, delivery_type, desk_id,
            already_paid, auto_confirm, discount, tip, total, items, as_soon_as_possible, delivery_from, delivery_to,
            pickup_from, pickup_to, ready_at, notification, guest, declines_at, check_id, number, created_at, modified_at
        FROM platform_delivery_order WHERE merchant = $1 AND place = $2 AND client_id = $3 AND external_id = $4";
    ORDER -> OrderRow = "SELECT order_id, client_id, external_id, state, decline_reason, delivery_type, desk_id,
            already_paid, auto_confirm, discount, tip, total, items, as_soon_as_possible, delivery_from, delivery_to,
            pickup_from, pickup_to, ready_at, notification, guest, declines_at, check_id, number, created_at, modified_at
        FROM platform_delivery_order WHERE merchant = $1 AND place = $2 AND order_id = $3";
    MARK = "UPDATE platform_delivery_order SET items = $4 WHERE merchant = $1 AND place = $2 AND order_id = $3";
    // Held to the commit.
    TAKE -> OrderRow = "UPDATE platform_delivery_order SET modified_at = modified_at
        WHERE merchant = $1 AND place = $2 AND order_id = $3
        RETURNING order_id, client_id, external_id, state, decline_reason, delivery_type, desk_id,
            already_paid, auto_confirm, discount, tip, total, items, as_soon_as_possible, delivery_from, delivery_to,
            pickup_from, pickup_to, ready_at, notification, guest, declines_at, check_id, number, created_at, modified_at";
    // What moved after $3, the oldest move first.
    MOVED_SINCE -> OrderRow = "SELECT order_id, client_id, external_id, state, decline_reason, delivery_type, desk_id,
            already_paid, auto_confirm, discount, tip, total, items, as_soon_as_possible, delivery_from, delivery_to,
            pickup_from, pickup_to, ready_at, notification, guest, declines_at, check_id, number, created_at, modified_at
        FROM platform_delivery_order WHERE merchant = $1 AND place = $2 AND number > $3 ORDER BY number LIMIT $4";
    NEWEST -> OrderRow = "SELECT order_id, client_id, external_id, state, decline_reason, delivery_type, desk_id,
            already_paid, auto_confirm, discount, tip, total, items, as_soon_as_possible, delivery_from, delivery_to,
            pickup_from, pickup_to, ready_at, notification, guest, declines_at, check_id, number, created_at, modified_at
        FROM platform_delivery_order WHERE merchant = $1 AND place = $2 ORDER BY number DESC LIMIT $3";
    // The counter's row is held to the commit: it is taken last.
    DRAW_NUMBER -> i64 = "INSERT INTO platform_delivery_counter (merchant, place, last_number) VALUES ($1, $2, 1)
        ON CONFLICT (merchant, place) DO UPDATE SET last_number = platform_delivery_counter.last_number + 1
        RETURNING last_number";
    MOVE = "UPDATE platform_delivery_order SET state = $4, decline_reason = $5, ready_at = $6, declines_at = NULL, check_id = $7
        WHERE merchant = $1 AND place = $2 AND order_id = $3";
    NUMBER = "UPDATE platform_delivery_order SET number = $4, modified_at = $5
        WHERE merchant = $1 AND place = $2 AND order_id = $3";
    DUE_AT -> OrderKey = "SELECT merchant, place, order_id FROM platform_delivery_order
        WHERE merchant = $1 AND place = $2 AND declines_at IS NOT NULL AND declines_at <= $3 ORDER BY declines_at LIMIT $4";
    // A slice of the orders that nobody confirmed in time, of all merchants.
    DUE -> OrderKey = "SELECT merchant, place, order_id FROM platform_delivery_order
        WHERE declines_at IS NOT NULL AND declines_at <= $1 ORDER BY declines_at LIMIT $2";
    // A slice of the old orders that still name somebody, of all merchants.
    NAMED_UNTIL -> OrderKey = "SELECT merchant, place, order_id FROM platform_delivery_order
        WHERE guest IS NOT NULL AND created_at <= $1 ORDER BY created_at LIMIT $2";
    FORGET = "UPDATE platform_delivery_order SET guest = NULL WHERE merchant = $1 AND place = $2 AND order_id = $3";
}

/// URLs that are called when an order moves on; never shown by `Debug`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Hooks {
    pub(super) confirm: Option<String>,
    pub(super) dispatch: Option<String>,
    pub(super) decline: Option<String>,
}

impl std::fmt::Debug for Hooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hooks { .. }")
    }
}

/// How a place takes orders.
pub(super) fn settings(tx: &mut Tx<'_>, merchant: &str, place: &str) -> Result<Settings, db::Error> {
    let row = tx.optional(&SETTINGS, params![merchant, place])?;
    Ok(row.map_or_else(Settings::default, |row| Settings {
        accepts_new_orders: row.accepts_new_orders,
        closed_until: row.closed_until,
        meal_prep_minutes: row.meal_prep_minutes,
        integrated_dispatch: row.integrated_dispatch.into(),
        auto_confirm: row.auto_confirm,
        auto_decline_minutes: row.auto_decline_minutes,
    }))
}

/// Sets how a place takes orders.
pub(super) fn put_settings(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    set: &Settings,
    now: Timestamp,
) -> Result<(), db::Error> {
    let row = params![
        merchant,
        place,
        set.accepts_new_orders,
        set.closed_until,
        set.meal_prep_minutes,
        Dispatching::from(set.integrated_dispatch),
        set.auto_confirm,
        set.auto_decline_minutes,
        now
    ];
    tx.execute(&PUT_SETTINGS, row)?;
    Ok(())
}

/// Keeps a new order; false when the application's id of it is known at the place. Its number is drawn by [`moved`].
pub(super) fn insert(tx: &mut Tx<'_>, source: &SourceId, order: &OrderRow) -> Result<bool, db::Error> {
    let guest = order.guest.as_ref().map(|guest| json("guest", guest)).transpose()?;
    let (items, notification) = (json("items", &order.items)?, json("notification", &order.notification)?);
    let row = params![
        &source.merchant,
        &source.place,
        &order.order_id,
        &order.client_id,
        &order.external_id,
        order.state,
        order.delivery_type,
        order.desk_id.as_ref(),
        order.already_paid,
        order.auto_confirm,
        order.discount,
        order.tip,
        order.total,
        &items,
        order.as_soon_as_possible,
        order.delivery_from,
        order.delivery_to,
        order.pickup_from,
        order.pickup_to,
        order.ready_at,
        &notification,
        guest.as_ref(),
        order.declines_at,
        order.created_at
    ];
    Ok(tx.execute(&INSERT, row)? > 0)
}

/// The order that the application knows by this id.
pub(super) fn of_external_id(
    tx: &mut Tx<'_>,
    source: &SourceId,
    client_id: &str,
    external_id: &str,
) -> Result<Option<OrderRow>, db::Error> {
    tx.optional(&OF_EXTERNAL_ID, params![&source.merchant, &source.place, client_id, external_id])
}

/// The order of the place.
pub(super) fn order(
    tx: &mut Tx<'_>,
    source: &SourceId,
    order_id: &str,
) -> Result<Option<OrderRow>, db::Error> {
    tx.optional(&ORDER, params![&source.merchant, &source.place, order_id])
}

/// The order of the place, the caller's to the commit.
pub(super) fn take(
    tx: &mut Tx<'_>,
    source: &SourceId,
    order_id: &str,
) -> Result<Option<OrderRow>, db::Error> {
    tx.optional(&TAKE, params![&source.merchant, &source.place, order_id])
}

/// At most `most` orders that moved after the number, in the order in which they did; without a number the newest.
pub(super) fn moved_since(
    tx: &mut Tx<'_>,
    source: &SourceId,
    number: Option<i64>,
    most: i64,
) -> Result<Vec<OrderRow>, db::Error> {
    let (merchant, place) = (&source.merchant, &source.place);
    match number {
        Some(number) => tx.query(&MOVED_SINCE, params![merchant, place, number, most]),
        None => {
            let mut newest = tx.query(&NEWEST, params![merchant, place, most])?;
            newest.reverse();
            Ok(newest)
        }
    }
}

/// Writes where a taken order stands now, with what belongs to that.
pub(super) fn write(tx: &mut Tx<'_>, source: &SourceId, order: &OrderRow) -> Result<(), db::Error> {
    let row = params![
        &source.merchant,
        &source.place,
        &order.order_id,
        order.state,
        order.decline_reason.as_ref(),
        order.ready_at,
        order.check_id.as_ref()
    ];
    tx.execute(&MOVE, row)?;
    Ok(())
}

/// Writes which items of a new order are beyond what was left.
pub(super) fn mark(tx: &mut Tx<'_>, source: &SourceId, order: &OrderRow) -> Result<(), db::Error> {
    let items = json("items", &order.items)?;
    tx.execute(&MARK, params![&source.merchant, &source.place, &order.order_id, &items])?;
    Ok(())
}

/// Gives the order the next number of the place. Call it **last** in a transaction: the counter's row lets no other order of
/// the place move before this transaction ends.
pub(super) fn moved(
    tx: &mut Tx<'_>,
    source: &SourceId,
    order: &mut OrderRow,
    now: Timestamp,
) -> Result<(), db::Error> {
    let (merchant, place) = (&source.merchant, &source.place);
    order.number = tx.optional(&DRAW_NUMBER, params![merchant, place])?.unwrap_or(order.number);
    order.modified_at = now;
    tx.execute(&NUMBER, params![merchant, place, &order.order_id, order.number, now])?;
    Ok(())
}

/// A slice of the orders of all merchants that nobody confirmed in time.
pub(super) fn due(tx: &mut Tx<'_>, now: Timestamp, rows: i64) -> Result<Vec<OrderKey>, db::Error> {
    tx.query(&DUE, params![now, rows])
}

/// A slice of the orders of one place that nobody confirmed in time.
pub(super) fn due_at(
    tx: &mut Tx<'_>,
    source: &SourceId,
    now: Timestamp,
    rows: i64,
) -> Result<Vec<OrderKey>, db::Error> {
    tx.query(&DUE_AT, params![&source.merchant, &source.place, now, rows])
}

/// Takes the guests out of `rows` of the orders that came by `until`; how many those were.
pub(crate) fn forget_until(tx: &mut Tx<'_>, until: Timestamp, rows: i64) -> Result<i64, db::Error> {
    let found = tx.query(&NAMED_UNTIL, params![until, rows])?;
    for one in &found {
        tx.execute(&FORGET, params![&one.merchant, &one.place, &one.order_id])?;
    }
    Ok(i64::try_from(found.len()).unwrap_or(i64::MAX))
}

impl OrderRow {
    /// When it is wanted.
    pub(super) fn wanted(&self) -> Wanted {
        let range = |from: Option<Timestamp>, to: Option<Timestamp>| {
            from.map(|from| Range { from, to: to.unwrap_or(from) })
        };
        Wanted {
            as_soon_as_possible: self.as_soon_as_possible,
            delivery: range(self.delivery_from, self.delivery_to),
            pickup: range(self.pickup_from, self.pickup_to),
        }
    }
}

impl From<DeliveryType> for Kind {
    fn from(one: DeliveryType) -> Self {
        match one {
            DeliveryType::Delivery => Self::Delivery,
            DeliveryType::Dispatch => Self::Dispatch,
            DeliveryType::Takeaway => Self::Takeaway,
            DeliveryType::OrderToTable => Self::OrderToTable,
        }
    }
}

impl From<Kind> for DeliveryType {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Delivery => Self::Delivery,
            Kind::Dispatch => Self::Dispatch,
            Kind::Takeaway => Self::Takeaway,
            Kind::OrderToTable => Self::OrderToTable,
        }
    }
}

impl From<IntegratedDispatch> for Dispatching {
    fn from(set: IntegratedDispatch) -> Self {
        match set {
            IntegratedDispatch::Enabled => Self::Enabled,
            IntegratedDispatch::Ask => Self::Ask,
            IntegratedDispatch::Disabled => Self::Disabled,
        }
    }
}

impl From<Dispatching> for IntegratedDispatch {
    fn from(set: Dispatching) -> Self {
        match set {
            Dispatching::Enabled => Self::Enabled,
            Dispatching::Ask => Self::Ask,
            Dispatching::Disabled => Self::Disabled,
        }
    }
}
