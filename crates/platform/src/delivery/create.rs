//! `POST /delivery/orders/{sourceId}`: how does an order come in? (protocol.md §5.1)

use super::check::Opener;
use super::decide::{confirm_by_itself, told};
use super::guest::Guest;
use super::priced::{judge, priced};
use super::sought::sought;
use super::state::State;
use super::store::{self, Hooks, OrderRow};
use super::timing::{Range, Wanted, later};
use super::{OfOrders, pieces, shape};
use crate::access::{At, SourceId};
use crate::api::ReadRefusals;
use axum::Json;
use db::{Tx, TxError};
use door::{ApiError, Message};
use http::StatusCode;
use wire::delivery::{CreateOrder, DeliveryType, Order};

/// Orders. The same `externalId` of an application again makes no second order.
#[utoipa::path(
    post,
    path = "/delivery/orders/{sourceId}",
    tag = "Delivery",
    params(("sourceId" = String, Path, description = "`<merchantId>-<placeId>`")),
    request_body = CreateOrder,
    responses(
        (status = 201, description = "The order: `NEW`, or `CONFIRMED` where it asks to be confirmed by itself and the place allows that", body = Order),
        (status = 400, description = "The body cannot be read, or names a product, an addition or a desk that the place does not have; `field` names the member"),
        (status = 409, description = "`ORDER_EXISTS`: this `externalId` has come before; `order` is what it made"),
        (status = 422, description = "`ORDERS_CLOSED`: the place takes no new orders; `closedUntil` says until when, where that is known. `PLACE_DISABLED`. `PRODUCT_STOPPED`: it does not sell `productId` for now; `SOLD_OUT`: only `remaining` pieces of it are left"),
        ReadRefusals
    )
)]
pub(super) async fn create_order(
    at: At<OfOrders>,
    Message(body): Message<CreateOrder>,
) -> Result<(StatusCode, Json<Order>), ApiError> {
    judge(&body)?;
    let wanted = Wanted::read(&body.timing, &at.place.zone)?;
    let At { platform, grant, source, place } = at;
    let (order_id, now) = (platform.outside().object_id(), platform.now());
    let opener = Opener::nobody(&platform);
    let order = platform
        .db()
        .write("create_order", move |tx| {
            // An order without an id of the application's has its own in that place.
            let external_id = body.external_id.as_ref().unwrap_or(&order_id);
            // What has come before is answered so whatever the menu and the place say by now.
            if let Some(row) = store::of_external_id(tx, &source, &grant.client_id, external_id)? {
                return Err(exists(&shape::shown(tx, &source, &place, row)?));
            }
            place.sells(&source.place).map_err(TxError::Refused)?;
            let settings = store::settings(tx, &source.merchant, &source.place)?;
            if !settings.accepts(now) {
                return Err(TxError::Refused(settings.closed(now, &place)));
            }
            let desk_id = desk(tx, &source, &body)?;
            let known = sought(tx, &source, &place, &body, now)?;
            let priced = priced(&body, &known, place.precision).map_err(TxError::Refused)?;
            let (from, to) = (|range: Range| range.from, |range: Range| range.to);
            let mut row = OrderRow {
                order_id: order_id.clone(),
                client_id: grant.client_id.clone(),
                external_id: external_id.clone(),
                state: State::New,
                decline_reason: None,
                delivery_type: body.delivery_type.into(),
                desk_id,
                already_paid: body.already_paid,
                auto_confirm: body.auto_confirm,
                discount: priced.discount,
                tip: priced.tip,
                total: priced.total,
                items: priced.items,
                as_soon_as_possible: wanted.as_soon_as_possible,
                delivery_from: wanted.delivery.map(from),
                delivery_to: wanted.delivery.map(to),
                pickup_from: wanted.pickup.map(from),
                pickup_to: wanted.pickup.map(to),
                ready_at: wanted.ready_at(now, settings.meal_prep_minutes),
                notification: Hooks {
                    confirm: body.notification.confirm.clone(),
                    dispatch: body.notification.dispatch.clone(),
                    decline: body.notification.decline.clone(),
                },
                guest: Some(Guest::of(&body)),
                declines_at: Some(later(now, settings.auto_decline_minutes)),
                check_id: None,
                number: 0,
                created_at: now,
                modified_at: now,
            };
            // Of two calls at once the second waits here for the first, and is told of its order.
            if !store::insert(tx, &source, &row)? {
                let row = store::of_external_id(tx, &source, &grant.client_id, external_id)?;
                let row = row.ok_or_else(|| TxError::Refused(ApiError::internal()))?;
                return Err(exists(&shape::shown(tx, &source, &place, row)?));
            }
            if pieces::reserve(tx, &source, &mut row, &known, now)? {
                store::mark(tx, &source, &row)?;
            }
            confirm_by_itself(tx, &source, &place, &mut row, &opener, now)?;
            store::moved(tx, &source, &mut row, now)?;
            Ok(shape::shown(tx, &source, &place, row)?)
        })
        .await?;
    platform.wake_courier();
    Ok((StatusCode::CREATED, Json(order)))
}

/// The desk an order is brought to: one that stands at the place. Orders that are not brought to one keep none.
fn desk(tx: &mut Tx<'_>, source: &SourceId, body: &CreateOrder) -> Result<Option<String>, TxError<ApiError>> {
    if body.delivery_type != DeliveryType::OrderToTable {
        return Ok(None);
    }
    let refused = |found: &str| {
        let expected = "the desk of the place that the order is brought to";
        TxError::Refused(ApiError::field("deskId", expected, found))
    };
    let Some(desk_id) = &body.desk_id else { return Err(refused("nothing")) };
    let found = crate::desks::desks_of(tx, &source.merchant, &source.place, &[desk_id])?;
    match found.get(desk_id) {
        Some(desk) if !desk.removed => Ok(Some(desk_id.clone())),
        _ => Err(refused(&format!("{desk_id:?}"))),
    }
}

/// 409 with the order that the application's id has made.
fn exists(order: &Order) -> TxError<ApiError> {
    let message = format!(
        "externalId {:?} is order {} already; nothing was changed",
        order.external_id, order.order_id
    );
    TxError::Refused(ApiError::conflict(message).with_name("ORDER_EXISTS").with("order", told(order)))
}
