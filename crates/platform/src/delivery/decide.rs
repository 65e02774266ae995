//! How does an order move on, and who hears of it?
//!
//! One transaction takes the order, asks [`state`] where the step leads, and writes what follows from it: the check
//! of a confirmed order, the call of the application, and last the number by which registers find what is new.

use super::check::{self, Opener};
use super::state::{self, State, Step};
use super::store::{self, OrderRow};
use super::{callback, pieces, shape};
use crate::Platform;
use crate::access::SourceId;
use crate::place::{PlaceSettings, place_settings};
use db::{Never, Tx, TxError};
use door::ApiError;
use jiff::Timestamp;
use serde_json::Value;
use wire::delivery::Order;

/// What an order is told that nobody confirmed in time.
const EXPIRED: &str = "not confirmed in time";
/// Orders that one look for overdue ones finds.
const SLICE_ROWS: i64 = 100;

/// What a register wants of an order.
#[derive(Debug, Clone)]
pub(super) enum Wish {
    /// The place takes it.
    Confirm {
        /// Whether the register wants a courier looked for.
        schedules: bool,
    },
    /// The place does not take it.
    Decline {
        /// Why.
        reason: String,
    },
    /// It leaves the place.
    Dispatch,
}

/// Does to an order what register `device_number` wants; gives the order as it is then.
///
/// # Errors
/// 404 for an order the place does not have, 409 with the `order` as it is when it cannot go there from where it stands.
pub(super) async fn decide(
    platform: &Platform,
    source: &SourceId,
    order_id: &str,
    device_number: i64,
    wish: Wish,
) -> Result<Order, ApiError> {
    let (source, order_id, now) = (source.clone(), order_id.to_owned(), platform.now());
    let opener = Opener::register(platform, device_number);
    let (order, is_done) = platform
        .db()
        .write("decide_order", move |tx| {
            let missing = || TxError::Refused(ApiError::not_found("order", &order_id));
            let mut row = store::take(tx, &source, &order_id)?.ok_or_else(missing)?;
            let place = place_settings(tx, &source.merchant, &source.place)?.ok_or_else(missing)?;
            // Whoever comes too late finds it declined, whether the job has come by or not.
            let is_late = is_overdue(&row, now);
            let next = if is_late { None } else { state::after(row.state, step(tx, &source, &row, &wish)?) };
            match (next, &wish) {
                _ if is_late => decline(tx, &source, &mut row, EXPIRED, now)?,
                (None, _) => return Ok((shape::shown(tx, &source, &place, row)?, false)),
                (Some(State::Declined), Wish::Decline { reason }) => {
                    decline(tx, &source, &mut row, reason, now)?;
                }
                (Some(State::Confirmed), _) => confirm(tx, &source, &place, &mut row, &opener, now)?,
                (Some(next), _) => go(tx, &source, &mut row, next, now)?,
            }
            store::moved(tx, &source, &mut row, now)?;
            Ok((shape::shown(tx, &source, &place, row)?, !is_late))
        })
        .await?;
    platform.wake_courier();
    if is_done { Ok(order) } else { Err(clash(&order)) }
}

fn step(tx: &mut Tx<'_>, source: &SourceId, row: &OrderRow, wish: &Wish) -> Result<Step, db::Error> {
    Ok(match wish {
        Wish::Confirm { schedules } => {
            let settings = store::settings(tx, &source.merchant, &source.place)?;
            Step::Confirm { schedules: settings.schedules(row.delivery_type.into(), *schedules) }
        }
        Wish::Decline { .. } => Step::Decline,
        Wish::Dispatch => Step::Dispatch,
    })
}

/// Confirms an order that asks for it, at a place that allows it, in the transaction that makes it. Where a courier is
/// to be looked for first, somebody has to decide, so such an order waits.
///
/// # Errors
/// Those of opening its check.
pub(super) fn confirm_by_itself(
    tx: &mut Tx<'_>,
    source: &SourceId,
    place: &PlaceSettings,
    row: &mut OrderRow,
    opener: &Opener,
    now: Timestamp,
) -> Result<(), TxError<ApiError>> {
    let settings = store::settings(tx, &source.merchant, &source.place)?;
    let is_asked = row.auto_confirm && settings.auto_confirm;
    let schedules = settings.schedules(row.delivery_type.into(), false);
    match state::after(row.state, Step::Confirm { schedules }) {
        Some(State::Confirmed) if is_asked => confirm(tx, source, place, row, opener, now),
        _ => Ok(()),
    }
}

/// Confirms a taken order: it becomes a check, and will be ready when the kitchen has had its time.
fn confirm(
    tx: &mut Tx<'_>,
    source: &SourceId,
    place: &PlaceSettings,
    row: &mut OrderRow,
    opener: &Opener,
    now: Timestamp,
) -> Result<(), TxError<ApiError>> {
    let settings = store::settings(tx, &source.merchant, &source.place)?;
    row.ready_at = row.wanted().ready_at(now, settings.meal_prep_minutes);
    let check_id = check::open(tx, source, place, row, opener, now)?;
    pieces::hand_over(tx, source, row, &check_id)?;
    row.check_id = Some(check_id);
    Ok(go(tx, source, row, State::Confirmed, now)?)
}

/// Declines a taken order.
fn decline(
    tx: &mut Tx<'_>,
    source: &SourceId,
    row: &mut OrderRow,
    reason: &str,
    now: Timestamp,
) -> Result<(), db::Error> {
    row.decline_reason = Some(reason.to_owned());
    pieces::give_back(tx, source, row, now)?;
    go(tx, source, row, State::Declined, now)
}

/// Writes where a taken order stands from now on, and enqueues the call that says so.
fn go(
    tx: &mut Tx<'_>,
    source: &SourceId,
    row: &mut OrderRow,
    next: State,
    now: Timestamp,
) -> Result<(), db::Error> {
    row.state = next;
    row.declines_at = None;
    store::write(tx, source, row)?;
    callback::enqueue(tx, source, row, now)
}

/// Whether nobody confirmed the order in time.
pub(super) fn is_overdue(row: &OrderRow, now: Timestamp) -> bool {
    let goes = state::after(row.state, Step::Expire).is_some();
    goes && row.declines_at.is_some_and(|end| now >= end)
}

/// 409 with the order as it is.
fn clash(order: &Order) -> ApiError {
    let state = serde_json::to_value(order.state).unwrap_or(Value::Null);
    let state = state.as_str().unwrap_or_default();
    let message =
        format!("order {} is {state}; it cannot go there from here. Nothing was changed", order.order_id);
    ApiError::conflict(message).with_name("ORDER_STATE").with("order", told(order))
}

/// The order as a member of an error.
pub(super) fn told(order: &Order) -> Value {
    serde_json::to_value(order).unwrap_or(Value::Null)
}

impl Platform {
    /// Declines the orders of all places that nobody confirmed in time; how many those were. Whoever looks at such an order,
    /// or wants something of it, does not wait for this.
    ///
    /// # Errors
    /// When the database cannot; what is declined by then stays so.
    pub async fn decline_overdue_orders(&self) -> Result<u64, db::Error> {
        let mut declined = 0;
        loop {
            let now = self.now();
            let found = self
                .db()
                .read("orders_due", move |tx| Ok::<_, TxError<Never>>(store::due(tx, now, SLICE_ROWS)?))
                .await?;
            let count = found.len();
            for one in found {
                let source = SourceId { merchant: one.merchant, place: one.place };
                declined += u64::from(expire(self, &source, &one.order_id).await?);
            }
            if i64::try_from(count).unwrap_or(i64::MAX) < SLICE_ROWS {
                return Ok(declined);
            }
        }
    }
}

/// Declines the orders of one place that nobody confirmed in time.
///
/// # Errors
/// When the database cannot.
pub(super) async fn decline_overdue_at(platform: &Platform, source: &SourceId) -> Result<(), ApiError> {
    let (at, now) = (source.clone(), platform.now());
    let found = platform
        .db()
        .read("orders_due_at", move |tx| Ok::<_, TxError<Never>>(store::due_at(tx, &at, now, SLICE_ROWS)?));
    for one in found.await? {
        expire(platform, source, &one.order_id).await?;
    }
    Ok(())
}

/// Declines an order that is overdue, unless somebody has decided meanwhile; whether it did.
pub(super) async fn expire(
    platform: &Platform,
    source: &SourceId,
    order_id: &str,
) -> Result<bool, db::Error> {
    let (source, order_id, now) = (source.clone(), order_id.to_owned(), platform.now());
    let expired = platform
        .db()
        .write("expire_order", move |tx| {
            let Some(mut row) = store::take(tx, &source, &order_id)? else { return Ok(false) };
            if !is_overdue(&row, now) {
                return Ok(false);
            }
            decline(tx, &source, &mut row, EXPIRED, now)?;
            store::moved(tx, &source, &mut row, now)?;
            Ok::<_, TxError<Never>>(true)
        })
        .await?;
    if expired {
        platform.wake_courier();
    }
    Ok(expired)
}
