//! `PATCH /bills/{sourceId}/{billId}`: what did the fiscal system say to a bill? (protocol.md §4.3)

use super::BILLS;
use super::BillPath;
use super::store;
use crate::Platform;
use crate::access::{ApiClient, SourceId};
use crate::column::json;
use axum::Json;
use axum::extract::{Path, State};
use courier::change::{Change, append};
use db::{TxError, params};
use door::{ApiError, Message};
use wire::bills::{Bill, PatchBill};

db::statement! {
    SET_FISCAL_DATA = "UPDATE platform_bill SET version = version + 1, modified_at = $4, fiscal_data = $5
        WHERE merchant = $1 AND place = $2 AND bill_id = $3";
}

/// Keeps the fiscal system's answer with the bill. The same answer again changes nothing.
#[utoipa::path(
    patch,
    path = "/bills/{sourceId}/{billId}",
    tag = "Bills",
    params(
        ("sourceId" = String, Path, description = "`<merchantId>-<placeId>`"),
        ("billId" = String, Path, description = "The bill's id")
    ),
    request_body = PatchBill,
    responses(
        (status = 200, description = "The bill with its items", body = Bill),
        (status = 400, description = "The body cannot be read; `field` names the member"),
        (status = 401, description = "No access token, or one that has ended"),
        (status = 403, description = "The merchant is not assigned to the application"),
        (status = 404, description = "No such place or bill")
    )
)]
pub(super) async fn patch_bill(
    State(platform): State<Platform>,
    client: ApiClient,
    Path(path): Path<BillPath>,
    Message(body): Message<PatchBill>,
) -> Result<Json<Bill>, ApiError> {
    let source = SourceId::parse(&path.source_id)?;
    client.may_read(&platform, &source.merchant).await?;
    let now = platform.now();
    let (place, bill_id) = (source.clone(), path.bill_id.clone());
    platform
        .db()
        .write("patch_bill", move |tx| {
            let (merchant, place) = (place.merchant.as_str(), place.place.as_str());
            let bill = store::detail(tx, merchant, place, &bill_id)?
                .ok_or_else(|| TxError::Refused(ApiError::not_found(&format!("bill {bill_id}"))))?;
            if bill.fiscal_data == body.fiscal_data {
                return Ok(());
            }
            let fiscal_data = body.fiscal_data.as_ref().map(|data| json("fiscal_data", data)).transpose()?;
            tx.execute(&SET_FISCAL_DATA, params![merchant, place, &bill_id, now, fiscal_data.as_ref()])?;
            let change = Change { domain: BILLS, place: Some(place), record: &bill_id, removed: false };
            append(tx, merchant, &[change], now)?;
            Ok::<_, TxError<ApiError>>(())
        })
        .await?;
    platform.wake_courier();
    super::read(&platform, &source, &path.bill_id).await.map(Json)
}
