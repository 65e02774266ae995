//! `GET /menu/{merchantId}…`: what does the merchant sell, where and for how much? (protocol.md §3)
//!
//! What is stored ([`rows`], [`store`], [`timed`]) is turned into what is seen by pure rules: what a product is at a place and
//! an instant ([`moment`]), and the tree of all of them ([`tree`]). Every change runs within [`change`], which compares the
//! menu before and after it and tells everybody ([`told`]): the feed, and the version that readers ask by ([`version`]).

mod additions;
pub(crate) mod admin;
pub(crate) mod amounts;
mod feed;
mod kept;
mod moment;
mod product;
pub(crate) mod register;
mod removal;
mod rows;
mod setup;
mod stops;
mod store;
mod timed;
mod told;
mod tree;
mod version;
mod view;

pub(crate) use additions::{Addition, additions};
pub(crate) use feed::{CategoryRecords, ItemRecords, PlaceItemRecords};
pub(crate) use kept::KeptTrees;
pub(crate) use moment::DEFAULT_LEVEL;
pub(crate) use product::{LineCategory, LineProduct};
pub(crate) use store::{Product, product};
pub(crate) use told::change;

use crate::access::{ApiClient, AtMerchant, Grant, Guarded};
use crate::api::{Known, Polled, Query, ReadRefusals};
use axum::Json;
use axum::extract::Path;
use door::ApiError;
use serde::Deserialize;
use stops::StopList;
use tree::Depth;
use utoipa_axum::{router::OpenApiRouter, routes};
use view::Seen;
use wire::access::Api;
use wire::list::Whole;
use wire::menu::{Menu, RemainingAmounts, StoppedProduct, TimeBasedMenu};

/// May read the menu.
struct ReadMenu;

impl Grant for ReadMenu {
    const API: Api = Api::Menu;

    fn of(_client: &ApiClient) -> Result<Self, ApiError> {
        Ok(Self)
    }
}

/// May say what a place does not sell for now.
struct SetStopList;

impl Grant for SetStopList {
    const API: Api = Api::StopList;

    fn of(_client: &ApiClient) -> Result<Self, ApiError> {
        Ok(Self)
    }
}

pub(crate) fn routes() -> OpenApiRouter<Guarded> {
    OpenApiRouter::new()
        .routes(routes!(get_menu))
        .routes(routes!(get_time_based_menu))
        .routes(routes!(get_remaining_amounts))
        .routes(routes!(get_stop_list))
        .routes(routes!(put_stop, delete_stop))
}

/// A path to a place of a merchant.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PlacePath {
    place_id: String,
}

/// A path to a product on a place's stop list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StopPath {
    place_id: String,
    product_id: String,
}

/// The menu as a tree of categories and products.
///
/// `_version` and `_lastModifiedAt` move with every change of what is seen, also when a rate of VAT or a time-based menu
/// begins or ends, and never otherwise. `ETag` is the state of the tree; `If-None-Match` with it is answered 304.
#[utoipa::path(
    get,
    path = "/menu/{merchantId}",
    tag = "Menu",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("placeId" = Option<String>, Query, description = "Products show `placeValues` of this place; without it `placesValues` of every place"),
        ("depth" = Option<i64>, Query, description = "How many levels of categories are opened; -1, the default, opens all. `items` of the others are empty")
    ),
    responses(
        (status = 200, description = "The menu", body = Menu),
        (status = 304, description = "It is as the caller has it"),
        (status = 400, description = "A parameter cannot be read; `field` names it"),
        ReadRefusals
    )
)]
async fn get_menu(at: AtMerchant<ReadMenu>, known: Known, query: Query) -> Result<Polled<Menu>, ApiError> {
    let depth = depth(query.get("depth")?)?;
    let seen = match query.get("placeId")? {
        Some(place) => {
            at.place(place).await?;
            Seen::One(place.to_owned())
        }
        None => Seen::Each(at.places().map(<[String]>::to_vec)),
    };
    view::tree(&at.platform, &at.merchant, seen, depth, known).await
}

fn depth(text: Option<&str>) -> Result<Depth, ApiError> {
    match text {
        None | Some("-1") => Ok(Depth::Whole),
        Some(text) => text
            .parse()
            .map(Depth::Levels)
            .map_err(|_| ApiError::field("depth", "-1 or a number of levels from 0", &format!("{text:?}"))),
    }
}

/// The time-based menus that a place has now or later, each with its products, their prices for its time and the pieces left.
#[utoipa::path(
    get,
    path = "/menu/{merchantId}/timeBased/{placeId}",
    tag = "Menu",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("placeId" = String, Path, description = "The place's id")
    ),
    responses(
        (status = 200, description = "The menus in the order in which they begin", body = Whole<TimeBasedMenu>),
        (status = 304, description = "They are as the caller has them"),
        ReadRefusals
    )
)]
async fn get_time_based_menu(
    at: AtMerchant<ReadMenu>,
    known: Known,
    Path(path): Path<PlacePath>,
) -> Result<Polled<Whole<TimeBasedMenu>>, ApiError> {
    at.place(&path.place_id).await?;
    view::timed(&at.platform, &at.merchant, &path.place_id, known).await
}

/// How many pieces are left of the products that have a limit now. Products on the stop list are there with 0.
#[utoipa::path(
    get,
    path = "/menu/{merchantId}/timeBased/{placeId}/remainingAmounts",
    tag = "Menu",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("placeId" = String, Path, description = "The place's id")
    ),
    responses(
        (status = 200, description = "By product", body = RemainingAmounts),
        (status = 304, description = "They are as the caller has them"),
        ReadRefusals
    )
)]
async fn get_remaining_amounts(
    at: AtMerchant<ReadMenu>,
    known: Known,
    Path(path): Path<PlacePath>,
) -> Result<Polled<RemainingAmounts>, ApiError> {
    at.place(&path.place_id).await?;
    view::amounts(&at.platform, &at.merchant, &path.place_id, known).await
}

/// What a place does not sell for now.
#[utoipa::path(
    get,
    path = "/menu/{merchantId}/stopList/{placeId}",
    tag = "Menu",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("placeId" = String, Path, description = "The place's id")
    ),
    responses(
        (status = 200, description = "The products", body = Whole<StoppedProduct>),
        (status = 304, description = "They are as the caller has them"),
        ReadRefusals
    )
)]
async fn get_stop_list(
    at: AtMerchant<ReadMenu>,
    known: Known,
    Path(path): Path<PlacePath>,
) -> Result<Polled<Whole<StoppedProduct>>, ApiError> {
    let settings = at.place(&path.place_id).await?;
    let list = StopList { merchant: at.merchant.clone(), place: path.place_id, settings };
    list.read(&at.platform, known).await
}

/// Ends the sale of a product at a place until it is taken off the list: the menu shows it hidden with `quantity` 0, and
/// registers refuse it. Repeating it changes nothing.
#[utoipa::path(
    put,
    path = "/menu/{merchantId}/stopList/{placeId}/{productId}",
    tag = "Menu",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("placeId" = String, Path, description = "The place's id"),
        ("productId" = String, Path, description = "The product's id")
    ),
    responses((status = 200, description = "The stop list", body = Whole<StoppedProduct>), ReadRefusals)
)]
async fn put_stop(
    at: AtMerchant<SetStopList>,
    Path(path): Path<StopPath>,
) -> Result<Json<Whole<StoppedProduct>>, ApiError> {
    set_stop(at, path, true).await
}

/// Lets a place sell a product again. Repeating it changes nothing.
#[utoipa::path(
    delete,
    path = "/menu/{merchantId}/stopList/{placeId}/{productId}",
    tag = "Menu",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("placeId" = String, Path, description = "The place's id"),
        ("productId" = String, Path, description = "The product's id")
    ),
    responses((status = 200, description = "The stop list", body = Whole<StoppedProduct>), ReadRefusals)
)]
async fn delete_stop(
    at: AtMerchant<SetStopList>,
    Path(path): Path<StopPath>,
) -> Result<Json<Whole<StoppedProduct>>, ApiError> {
    set_stop(at, path, false).await
}

async fn set_stop(
    at: AtMerchant<SetStopList>,
    path: StopPath,
    is_stopped: bool,
) -> Result<Json<Whole<StoppedProduct>>, ApiError> {
    let settings = at.place(&path.place_id).await?;
    let list = StopList { merchant: at.merchant.clone(), place: path.place_id, settings };
    list.set(&at.platform, path.product_id, is_stopped).await.map(Json)
}
