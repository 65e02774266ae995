//! What does a register see of the menu, and what does it stop? `/pos/{sourceId}/menu…`, `/pos/{sourceId}/stopList…`

use super::stops::StopList;
use super::tree::Depth;
use super::view::{self, Seen};
use crate::Platform;
use crate::access::{AtRegister, Guarded, PosGrant};
use crate::api::{Known, Polled};
use crate::place;
use axum::Json;
use axum::extract::Path;
use door::ApiError;
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::list::Whole;
use wire::menu::{Menu, RemainingAmounts, StoppedProduct, TimeBasedMenu};

pub(crate) fn routes() -> OpenApiRouter<Guarded> {
    OpenApiRouter::new()
        .routes(routes!(read_menu))
        .routes(routes!(read_time_based_menu))
        .routes(routes!(read_remaining_amounts))
        .routes(routes!(read_stop_list))
        .routes(routes!(stop_product, release_product))
}

/// A path to a product.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProductPath {
    product_id: String,
}

/// The menu with the values of the register's place, as the documented call shows it.
#[utoipa::path(
    get,
    path = "/pos/{sourceId}/menu",
    tag = "Till",
    params(("sourceId" = String, Path, description = "`<merchantId>-<placeId>`")),
    responses(
        (status = 200, description = "The menu", body = Menu),
        (status = 304, description = "It is as the caller has it"),
        (status = 401, description = "No register's token"),
        (status = 403, description = "The token belongs to another place")
    )
)]
async fn read_menu(
    AtRegister { platform, grant }: AtRegister,
    known: Known,
) -> Result<Polled<Menu>, ApiError> {
    view::tree(&platform, &grant.merchant, Seen::One(grant.place), Depth::Whole, known).await
}

/// The time-based menus that the register's place has now or later.
#[utoipa::path(
    get,
    path = "/pos/{sourceId}/menu/timeBased",
    tag = "Till",
    params(("sourceId" = String, Path, description = "`<merchantId>-<placeId>`")),
    responses(
        (status = 200, description = "The menus in the order in which they begin", body = Whole<TimeBasedMenu>),
        (status = 304, description = "They are as the caller has them"),
        (status = 401, description = "No register's token"),
        (status = 403, description = "The token belongs to another place")
    )
)]
async fn read_time_based_menu(
    AtRegister { platform, grant }: AtRegister,
    known: Known,
) -> Result<Polled<Whole<TimeBasedMenu>>, ApiError> {
    view::timed(&platform, &grant.merchant, &grant.place, known).await
}

/// How many pieces are left of the products that have a limit now or are stopped.
#[utoipa::path(
    get,
    path = "/pos/{sourceId}/menu/remainingAmounts",
    tag = "Till",
    params(("sourceId" = String, Path, description = "`<merchantId>-<placeId>`")),
    responses(
        (status = 200, description = "By product", body = RemainingAmounts),
        (status = 304, description = "They are as the caller has them"),
        (status = 401, description = "No register's token"),
        (status = 403, description = "The token belongs to another place")
    )
)]
async fn read_remaining_amounts(
    AtRegister { platform, grant }: AtRegister,
    known: Known,
) -> Result<Polled<RemainingAmounts>, ApiError> {
    view::amounts(&platform, &grant.merchant, &grant.place, known).await
}

/// What the register's place does not sell for now.
#[utoipa::path(
    get,
    path = "/pos/{sourceId}/stopList",
    tag = "Till",
    params(("sourceId" = String, Path, description = "`<merchantId>-<placeId>`")),
    responses(
        (status = 200, description = "The products", body = Whole<StoppedProduct>),
        (status = 304, description = "They are as the caller has them"),
        (status = 401, description = "No register's token"),
        (status = 403, description = "The token belongs to another place")
    )
)]
async fn read_stop_list(
    AtRegister { platform, grant }: AtRegister,
    known: Known,
) -> Result<Polled<Whole<StoppedProduct>>, ApiError> {
    stop_list(&platform, grant).await?.read(&platform, known).await
}

/// Ends the sale of a product at the register's place until it is taken off the list. Repeating it changes nothing.
#[utoipa::path(
    put,
    path = "/pos/{sourceId}/stopList/{productId}",
    tag = "Till",
    params(
        ("sourceId" = String, Path, description = "`<merchantId>-<placeId>`"),
        ("productId" = String, Path, description = "The product's id")
    ),
    responses(
        (status = 200, description = "The stop list", body = Whole<StoppedProduct>),
        (status = 401, description = "No register's token"),
        (status = 403, description = "The token belongs to another place"),
        (status = 404, description = "No such product")
    )
)]
async fn stop_product(
    AtRegister { platform, grant }: AtRegister,
    Path(path): Path<ProductPath>,
) -> Result<Json<Whole<StoppedProduct>>, ApiError> {
    stop_list(&platform, grant).await?.set(&platform, path.product_id, true).await.map(Json)
}

/// Lets the register's place sell a product again. Repeating it changes nothing.
#[utoipa::path(
    delete,
    path = "/pos/{sourceId}/stopList/{productId}",
    tag = "Till",
    params(
        ("sourceId" = String, Path, description = "`<merchantId>-<placeId>`"),
        ("productId" = String, Path, description = "The product's id")
    ),
    responses(
        (status = 200, description = "The stop list", body = Whole<StoppedProduct>),
        (status = 401, description = "No register's token"),
        (status = 403, description = "The token belongs to another place"),
        (status = 404, description = "No such product")
    )
)]
async fn release_product(
    AtRegister { platform, grant }: AtRegister,
    Path(path): Path<ProductPath>,
) -> Result<Json<Whole<StoppedProduct>>, ApiError> {
    stop_list(&platform, grant).await?.set(&platform, path.product_id, false).await.map(Json)
}

async fn stop_list(platform: &Platform, grant: PosGrant) -> Result<StopList, ApiError> {
    let settings = place::settings(platform.db(), &grant.merchant, &grant.place).await?;
    Ok(StopList { merchant: grant.merchant, place: grant.place, settings })
}
