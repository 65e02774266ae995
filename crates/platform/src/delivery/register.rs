//! `/deliveryInternal/{sourceId}/orders…`: how does a register hear of orders, and how does it decide them? (protocol.md §5.4)

use super::decide::{Wish, decide, decline_overdue_at};
use super::{shape, store};
use crate::access::{AtRegister, Guarded, SourceId};
use crate::api::{Filter as _, Flag, Query};
use crate::place::place_settings;
use axum::Json;
use axum::extract::Path;
use db::TxError;
use door::{ApiError, Message};
use jiff::tz::TimeZone;
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::delivery::{DeclineOrder, Order, Orders};

/// Most orders of one answer; the rest come with the next call.
const ORDERS_MAX: i64 = 200;
/// Longest reason of a declined order.
const REASON_CHARACTERS_MAX: usize = 500;

pub(crate) fn routes(body_bytes_max: usize) -> OpenApiRouter<Guarded> {
    OpenApiRouter::new()
        .routes(routes!(list_orders))
        .routes(routes!(confirm_order))
        .routes(routes!(decline_order))
        .routes(routes!(dispatch_order))
        .layer(door::body_limit(body_bytes_max))
}

/// A path to an order.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OrderPath {
    order_id: String,
}

/// The orders of the place that moved since a register last asked, at most 200 at a time; the newest 200 for one that has not
/// asked yet.
#[utoipa::path(
    get,
    path = "/deliveryInternal/{sourceId}/orders",
    tag = "Till",
    params(
        ("sourceId" = String, Path, description = "`<merchantId>-<placeId>`"),
        ("modifiedSince" = Option<String>, Query, description = "`lastModificationAt` of the answer before, as it was")
    ),
    responses(
        (status = 200, description = "The orders", body = Orders),
        (status = 400, description = "`modifiedSince` is none that an answer had"),
        (status = 401, description = "No register's token"),
        (status = 403, description = "The token belongs to another place, or the place is disabled")
    )
)]
async fn list_orders(
    AtRegister { platform, grant }: AtRegister,
    query: Query,
) -> Result<Json<Orders>, ApiError> {
    let since = query.get("modifiedSince")?.filter(|text| !text.is_empty()).map(position).transpose()?;
    let source = SourceId { merchant: grant.merchant, place: grant.place };
    decline_overdue_at(&platform, &source).await?;
    let orders = platform.db().read("delivery_orders", move |tx| {
        let settings = place_settings(tx, &source.merchant, &source.place)?;
        let place = settings.ok_or_else(|| TxError::Refused(ApiError::not_found("place", &source.place)))?;
        let rows = store::moved_since(tx, &source, since, ORDERS_MAX)?;
        let last = rows.last().map(|row| row.number).or(since);
        let data = shape::all_shown(tx, &source, &place, rows)?;
        Ok::<_, TxError<ApiError>>(Orders {
            data,
            last_modification_at: last.map(|number| number.to_string()),
        })
    });
    Ok(Json(orders.await?))
}

/// The number in a `lastModificationAt`.
fn position(text: &str) -> Result<i64, ApiError> {
    let number = text.parse::<i64>().ok().filter(|number| *number >= 0);
    number.ok_or_else(|| {
        ApiError::field("modifiedSince", "lastModificationAt of the answer before", &format!("{text:?}"))
    })
}

/// Takes an order: from now on it is a check of this register. Where the place looks for couriers first, the order is
/// `SCHEDULING_DELIVERY`, and confirming it once more says that one was found.
#[utoipa::path(
    post,
    path = "/deliveryInternal/{sourceId}/orders/{orderId}/confirm",
    tag = "Till",
    params(
        ("sourceId" = String, Path, description = "`<merchantId>-<placeId>`"),
        ("orderId" = String, Path, description = "The order's id"),
        ("scheduleDelivery" = Option<bool>, Query, description = "Whether a courier is looked for first, where the place leaves that to the register; left out, no")
    ),
    responses(
        (status = 200, description = "The order", body = Order),
        (status = 401, description = "No register's token"),
        (status = 403, description = "The token belongs to another place, or the place is disabled"),
        (status = 404, description = "No such order here"),
        (status = 409, description = "`ORDER_STATE`: somebody has decided already; `order` is as it stands")
    )
)]
async fn confirm_order(
    AtRegister { platform, grant }: AtRegister,
    Path(path): Path<OrderPath>,
    query: Query,
) -> Result<Json<Order>, ApiError> {
    let schedules = query.get("scheduleDelivery")?;
    let schedules = schedules.map(|text| Flag::read("scheduleDelivery", text, &TimeZone::UTC)).transpose()?;
    let source = SourceId { merchant: grant.merchant, place: grant.place };
    let wish = Wish::Confirm { schedules: schedules.unwrap_or(false) };
    decide(&platform, &source, &path.order_id, grant.device_number, wish).await.map(Json)
}

/// Does not take an order, or found no courier for it.
#[utoipa::path(
    post,
    path = "/deliveryInternal/{sourceId}/orders/{orderId}/decline",
    tag = "Till",
    params(
        ("sourceId" = String, Path, description = "`<merchantId>-<placeId>`"),
        ("orderId" = String, Path, description = "The order's id")
    ),
    request_body = DeclineOrder,
    responses(
        (status = 200, description = "The order", body = Order),
        (status = 400, description = "The body cannot be read; `field` names the member"),
        (status = 401, description = "No register's token"),
        (status = 403, description = "The token belongs to another place, or the place is disabled"),
        (status = 404, description = "No such order here"),
        (status = 409, description = "`ORDER_STATE`: it is too late; `order` is as it stands")
    )
)]
async fn decline_order(
    AtRegister { platform, grant }: AtRegister,
    Path(path): Path<OrderPath>,
    Message(body): Message<DeclineOrder>,
) -> Result<Json<Order>, ApiError> {
    let length = body.reason.chars().count();
    if length > REASON_CHARACTERS_MAX {
        let expected = format!("at most {REASON_CHARACTERS_MAX} characters");
        return Err(ApiError::field("reason", &expected, &format!("{length} of them")));
    }
    let source = SourceId { merchant: grant.merchant, place: grant.place };
    let wish = Wish::Decline { reason: body.reason };
    decide(&platform, &source, &path.order_id, grant.device_number, wish).await.map(Json)
}

/// The order has left the place.
#[utoipa::path(
    post,
    path = "/deliveryInternal/{sourceId}/orders/{orderId}/dispatch",
    tag = "Till",
    params(
        ("sourceId" = String, Path, description = "`<merchantId>-<placeId>`"),
        ("orderId" = String, Path, description = "The order's id")
    ),
    responses(
        (status = 200, description = "The order", body = Order),
        (status = 401, description = "No register's token"),
        (status = 403, description = "The token belongs to another place, or the place is disabled"),
        (status = 404, description = "No such order here"),
        (status = 409, description = "`ORDER_STATE`: it is not confirmed; `order` is as it stands")
    )
)]
async fn dispatch_order(
    AtRegister { platform, grant }: AtRegister,
    Path(path): Path<OrderPath>,
) -> Result<Json<Order>, ApiError> {
    let source = SourceId { merchant: grant.merchant, place: grant.place };
    decide(&platform, &source, &path.order_id, grant.device_number, Wish::Dispatch).await.map(Json)
}
