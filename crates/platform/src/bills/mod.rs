//! `GET /bills/{sourceId}` and `GET /bills/{sourceId}/{billId}`: which bills were paid at a place?
//! (protocol.md §4)

pub(crate) mod admin;
mod feed;
mod fiscal_data;
mod list;
mod number;
pub(crate) mod refund;
mod refund_store;
pub(crate) mod shape;
pub(crate) mod store;

pub(crate) use feed::BillRecords;
pub(crate) use number::{LETTER_PAIRS, letters};

use crate::Platform;
use crate::access::{ApiClient, At, Grant, Guarded, SourceId};
use crate::api::{ListRefusals, Query, ReadRefusals};
use crate::place::place_settings;
use axum::Json;
use axum::extract::Path;
use db::TxError;
use door::ApiError;
use list::{BillFilters, Bills};
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::access::Api;
use wire::bills::Bill;
use wire::list::Page;

/// May read and give back bills.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OfBills;

impl Grant for OfBills {
    const API: Api = Api::Bills;

    fn of(_client: &ApiClient) -> Result<Self, ApiError> {
        Ok(Self)
    }
}

pub(crate) fn routes() -> OpenApiRouter<Guarded> {
    OpenApiRouter::new().routes(routes!(list_bills)).routes(routes!(get_bill, fiscal_data::patch_bill))
}

/// Paid bills of a place, newest first, without their items.
#[utoipa::path(
    get,
    path = "/bills/{sourceId}",
    tag = "Bills",
    params(("sourceId" = String, Path, description = "`<merchantId>-<placeId>`"), BillFilters),
    responses(
        (status = 200, description = "A page of bills", body = Page<Bill>),
        ListRefusals
    )
)]
async fn list_bills(at: At<OfBills>, query: Query) -> Result<Json<Page<Bill>>, ApiError> {
    crate::api::list::<Bills>(at, query).await
}

/// A path to a bill.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct BillPath {
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
        ReadRefusals
    )
)]
async fn get_bill(at: At<OfBills>, Path(path): Path<BillPath>) -> Result<Json<Bill>, ApiError> {
    read(&at.platform, &at.source, &path.bill_id).await.map(Json)
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
            let missing = |noun, id: &str| TxError::Refused(ApiError::not_found(noun, id));
            let settings = place_settings(tx, &source.merchant, &source.place)?
                .ok_or_else(|| missing("place", &source.place))?;
            let bill = store::detail(tx, &source.merchant, &source.place, &bill_id)?
                .ok_or_else(|| missing("bill", &bill_id))?;
            Ok((bill, settings.zone))
        })
        .await?;
    Ok(shape::detailed(&bill, &zone))
}
