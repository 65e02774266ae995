//! How does the application hear that its order moved on? (protocol.md §5.3)

use super::state::State;
use super::store::OrderRow;
use crate::access::SourceId;
use courier::outbox::{NewCall, enqueue_call};
use db::Tx;
use jiff::Timestamp;

/// Enqueues the call of the URL that the order has for where it stands now, if it has one. Each event of an order is a lane
/// of its own: a URL that fails holds up neither other orders nor the next event of this one.
pub(super) fn enqueue(
    tx: &mut Tx<'_>,
    source: &SourceId,
    order: &OrderRow,
    now: Timestamp,
) -> Result<(), db::Error> {
    let hooks = &order.notification;
    let (kind, word, url) = match order.state {
        State::Confirmed => ("orderConfirmed", "confirm", &hooks.confirm),
        State::Dispatched => ("orderDispatched", "dispatch", &hooks.dispatch),
        State::Declined => ("orderDeclined", "decline", &hooks.decline),
        State::New | State::SchedulingDelivery => return Ok(()),
    };
    let Some(url) = url else { return Ok(()) };
    enqueue_call(
        tx,
        &NewCall {
            merchant: &source.merchant,
            delivery_id: &format!("{}-{word}", order.order_id),
            lane: &order.order_id,
            place: &source.place,
            kind,
            record: &order.order_id,
            url,
            now,
        },
    )
}
