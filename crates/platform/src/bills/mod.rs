//! `GET /bills/{sourceId}` and `GET /bills/{sourceId}/{billId}`: which bills were paid at a place?
//! (protocol.md §4)

mod feed;
mod fiscal_data;
mod number;
mod query;
pub(crate) mod refund;
mod refund_bill;
mod refund_store;
pub(crate) mod shape;
pub(crate) mod store;

pub(crate) use feed::{BILLS, BillsFeed};
pub(crate) use number::{LETTER_PAIRS, letters};

use crate::Platform;
use crate::access::{ApiClient, SourceId};
use crate::api::query::{self as listing, Parameters};
use crate::place::{place_settings, settings};
use axum::Json;
use axum::extract::{Path, State};
use db::TxError;
use door::ApiError;
use query::{BillsParameters, BillsQuery};
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::bills::Bill;
use wire::list::Page;

pub(crate) fn routes() -> OpenApiRouter<Platform> {
    OpenApiRouter::new()
        .routes(routes!(list_bills))
        .routes(routes!(get_bill, fiscal_data::patch_bill))
        .routes(routes!(refund_bill::refund_whole_bill))
}

/// Paid bills of a place, newest first, without their items.
#[utoipa::path(
    get,
    path = "/bills/{sourceId}",
    tag = "Bills",
    params(("sourceId" = String, Path, description = "`<merchantId>-<placeId>`"), BillsParameters),
    responses(
        (status = 200, description = "A page of bills", body = Page<Bill>),
        (status = 400, description = "A parameter cannot be read; `field` names it"),
        (status = 401, description = "No access token, or one that has ended"),
        (status = 403, description = "The merchant is not assigned to the application"),
        (status = 404, description = "No such place, or no such bill to continue after")
    )
)]
async fn list_bills(
    State(platform): State<Platform>,
    client: ApiClient,
    Path(source): Path<String>,
    Parameters(parameters): Parameters<BillsParameters>,
) -> Result<Json<Page<Bill>>, ApiError> {
    let source = SourceId::parse(&source)?;
    client.may_read(&platform, &source.merchant).await?;
    let zone = settings(platform.db(), &source.merchant, &source.place).await?.zone;
    let query = BillsQuery::parse(parameters, &zone)?;
    let (asked, place) = (query.clone(), source.clone());
    let mut bills =
        platform.db().read("bills", move |tx| store::page(tx, &place.merchant, &place.place, &asked)).await?;
    let size = usize::try_from(query.page_size()).unwrap_or(usize::MAX);
    let more = bills.len() > size;
    bills.truncate(size);
    let next_page = bills.last().filter(|_| more).map(|last| query.next_page(&source, &last.bill_id));
    let bills = bills.iter().map(|bill| shape::listed(bill, &zone)).collect();
    Ok(Json(listing::page(bills, next_page)))
}

/// A path to a bill.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct BillPath {
    source_id: String,
    bill_id: String,
}

/// One bill with its items.
#[utoipa::path(
    get,
    path = "/bills/{sourceId}/{billId}",
    tag = "Bills",
    params(
        ("sourceId" = String, Path, description = "`<merchantId>-<placeId>`"),
        ("billId" = String, Path, description = "The bill's id")
    ),
    responses(
        (status = 200, description = "The bill", body = Bill),
        (status = 401, description = "No access token, or one that has ended"),
        (status = 403, description = "The merchant is not assigned to the application"),
        (status = 404, description = "No such place or bill")
    )
)]
async fn get_bill(
    State(platform): State<Platform>,
    client: ApiClient,
    Path(path): Path<BillPath>,
) -> Result<Json<Bill>, ApiError> {
    let source = SourceId::parse(&path.source_id)?;
    client.may_read(&platform, &source.merchant).await?;
    read(&platform, &source, &path.bill_id).await.map(Json)
}

/// The bill with its items.
///
/// # Errors
/// 404 when the merchant has no such place or the place no such bill.
pub(crate) async fn read(platform: &Platform, source: &SourceId, bill_id: &str) -> Result<Bill, ApiError> {
    let (source, bill_id) = (source.clone(), bill_id.to_owned());
    let (bill, zone) = platform
        .db()
        .read("bill", move |tx| {
            let missing = |what: String| TxError::Refused(ApiError::not_found(&what));
            let settings = place_settings(tx, &source.merchant, &source.place)?
                .ok_or_else(|| missing(format!("place {}", source.place)))?;
            let bill = store::detail(tx, &source.merchant, &source.place, &bill_id)?
                .ok_or_else(|| missing(format!("bill {bill_id}")))?;
            Ok((bill, settings.zone))
        })
        .await?;
    Ok(shape::detailed(&bill, &zone))
}
