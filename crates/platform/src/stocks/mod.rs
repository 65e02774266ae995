//! `GET /stocks/{merchantId}/…`: what does a merchant keep in stock, and how did it come there? (protocol.md §9)

pub(crate) mod admin;
mod document;
mod document_store;
mod feed;
mod item_store;
mod list;
mod shape;
mod store;

pub(crate) use feed::{StockItemCategoryRecords, StockItemRecords, StockRecords};
pub(crate) use item_store::any_price;

use crate::access::{ApiClient, AtMerchant, Grant, Guarded};
use crate::api::ReadRefusals;
use axum::Json;
use db::{Never, Tx, TxError};
use door::ApiError;
use jiff::tz::TimeZone;
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::access::Api;
use wire::list::Whole;
use wire::stocks::{Stock, Supplier};

/// May read stocks.
struct ReadStocks;

impl Grant for ReadStocks {
    const API: Api = Api::Stocks;

    fn of(_client: &ApiClient) -> Result<Self, ApiError> {
        Ok(Self)
    }
}

pub(crate) fn routes() -> OpenApiRouter<Guarded> {
    OpenApiRouter::new()
        .routes(routes!(list_stocks))
        .routes(routes!(list_suppliers))
        .routes(routes!(list::list_stock_items))
        .routes(routes!(document::list_stock_ups))
        .routes(routes!(document::get_stock_up))
        .routes(routes!(document::list_stock_takings))
        .routes(routes!(document::get_stock_taking))
}

/// The stocks of a merchant: central ones, and those of the places the application may act at.
#[utoipa::path(
    get,
    path = "/stocks/{merchantId}/stocks",
    tag = "Stocks",
    params(("merchantId" = String, Path, description = "The merchant's id")),
    responses((status = 200, description = "The stocks", body = Whole<Stock>), ReadRefusals)
)]
async fn list_stocks(at: AtMerchant<ReadStocks>) -> Result<Json<Whole<Stock>>, ApiError> {
    let merchant = at.merchant.clone();
    let found =
        at.platform.db().read("stocks", move |tx| Ok::<_, TxError<Never>>(store::stocks(tx, &merchant)?));
    let mut data = found.await?;
    data.retain(|stock| may_see(at.places(), stock));
    Ok(Json(Whole { data }))
}

/// The suppliers of a merchant.
#[utoipa::path(
    get,
    path = "/stocks/{merchantId}/suppliers",
    tag = "Stocks",
    params(("merchantId" = String, Path, description = "The merchant's id")),
    responses((status = 200, description = "The suppliers", body = Whole<Supplier>), ReadRefusals)
)]
async fn list_suppliers(at: AtMerchant<ReadStocks>) -> Result<Json<Whole<Supplier>>, ApiError> {
    let AtMerchant { platform, merchant, .. } = at;
    let found =
        platform.db().read("suppliers", move |tx| Ok::<_, TxError<Never>>(store::suppliers(tx, &merchant)?));
    Ok(Json(Whole { data: found.await? }))
}

/// Whether an application that may act at `places` sees the stock: a central one is everybody's.
fn may_see(places: Option<&[String]>, stock: &Stock) -> bool {
    match (places, &stock.stock.place_id) {
        (Some(places), Some(place)) => places.contains(place),
        _ => true,
    }
}

/// The zone of the stock `id`: that of its place, and of a central stock that of the merchant's first place.
///
/// # Errors
/// 404 for a stock the merchant does not have (any more), 403 for one of a place the application may not act at.
async fn zone_of(at: &AtMerchant<ReadStocks>, id: &str) -> Result<TimeZone, ApiError> {
    let (merchant, id) = (at.merchant.clone(), id.to_owned());
    let found = at.platform.db().read("stock", move |tx| {
        let stock = standing(tx, &merchant, &id)?;
        let zone = store::zone(tx, &merchant, stock.stock.place_id.as_deref())?;
        Ok::<_, TxError<ApiError>>((stock, zone))
    });
    let (stock, zone) = found.await?;
    if may_see(at.places(), &stock) {
        return Ok(zone);
    }
    let place = stock.stock.place_id.unwrap_or_default();
    Err(ApiError::forbidden(format!(
        "stock {} belongs to place {place}, which is not assigned to the application; ask for the assignment",
        stock.stock_id
    )))
}

/// The stock, which must not have been removed.
fn standing(tx: &mut Tx<'_>, merchant: &str, id: &str) -> Result<Stock, TxError<ApiError>> {
    let stock = store::stock(tx, merchant, id)?.filter(|stock| !stock.removed);
    stock.ok_or_else(|| TxError::Refused(ApiError::not_found("stock", id)))
}
