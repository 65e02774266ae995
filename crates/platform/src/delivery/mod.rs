//! `/delivery/orders/{sourceId}…` and `/deliveryInternal/{sourceId}/orders…`: how do orders come from elsewhere, and what
//! becomes of them? (protocol.md §5)
//!
//! Pure are where an order can go ([`state`]), when it is wanted and ready ([`timing`]), what it comes to ([`priced`]) and
//! whether a place takes it now ([`settings`]). An application sends it ([`create`]), a register decides it ([`register`],
//! [`decide`]); once it is confirmed it is a check of the till ([`check`]), and the application is called ([`callback`]).

mod callback;
mod check;
mod create;
mod decide;
mod guest;
mod pieces;
mod priced;
pub(crate) mod register;
pub(crate) mod settings;
mod shape;
mod sought;
mod state;
mod store;
mod timing;

pub(crate) use store::forget_until;

use crate::access::{ApiClient, At, Grant, Guarded};
use crate::api::ReadRefusals;
use axum::Json;
use axum::extract::Path;
use db::TxError;
use door::ApiError;
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::access::Api;
use wire::delivery::Order;

/// May order, and see what became of its orders.
#[derive(Debug, Clone)]
struct OfOrders {
    client_id: String,
}

impl Grant for OfOrders {
    const API: Api = Api::Delivery;

    fn of(client: &ApiClient) -> Result<Self, ApiError> {
        Ok(Self { client_id: client.client_id().to_owned() })
    }
}

pub(crate) fn routes() -> OpenApiRouter<Guarded> {
    OpenApiRouter::new().routes(routes!(create::create_order)).routes(routes!(get_order))
}

/// A path to an order.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OrderPath {
    order_id: String,
}

/// An order that this application has sent, as it stands.
#[utoipa::path(
    get,
    path = "/delivery/orders/{sourceId}/{orderId}",
    tag = "Delivery",
    params(
        ("sourceId" = String, Path, description = "`<merchantId>-<placeId>`"),
        ("orderId" = String, Path, description = "The order's id")
    ),
    responses((status = 200, description = "The order", body = Order), ReadRefusals)
)]
async fn get_order(at: At<OfOrders>, Path(path): Path<OrderPath>) -> Result<Json<Order>, ApiError> {
    let At { platform, grant, source, place } = at;
    let now = platform.now();
    let read = async || {
        let (source, place, grant, order_id) =
            (source.clone(), place.clone(), grant.clone(), path.order_id.clone());
        let found = platform.db().read("delivery_order", move |tx| {
            // Another application's order has another application's guests in it.
            let row = store::order(tx, &source, &order_id)?.filter(|row| row.client_id == grant.client_id);
            let row = row.ok_or_else(|| TxError::Refused(ApiError::not_found("order", &order_id)))?;
            let is_overdue = decide::is_overdue(&row, now);
            Ok::<_, TxError<ApiError>>((shape::shown(tx, &source, &place, row)?, is_overdue))
        });
        found.await.map_err(ApiError::from)
    };
    let (order, is_overdue) = read().await?;
    if !is_overdue {
        return Ok(Json(order));
    }
    decide::expire(&platform, &source, &order.order_id).await?;
    Ok(Json(read().await?.0))
}
