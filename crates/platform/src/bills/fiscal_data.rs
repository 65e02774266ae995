//! `PATCH /bills/{sourceId}/{billId}`: what did the fiscal system say to a bill? (protocol.md §4.3)

use super::{BillPath, BillRecords, OfBills, store};
use crate::access::At;
use crate::api::ReadRefusals;
use axum::Json;
use axum::extract::Path;
use db::{TxError, json, params};
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
        ReadRefusals
    )
)]
pub(super) async fn patch_bill(
    at: At<OfBills>,
    Path(path): Path<BillPath>,
    Message(body): Message<PatchBill>,
) -> Result<Json<Bill>, ApiError> {
    let (source, bill_id) = (at.source.clone(), path.bill_id.clone());
    let kept =
        at.platform.change("patch_bill", &at.source.merchant, at.platform.now(), move |tx, changes| {
            let (merchant, place) = (&source.merchant, &source.place);
            let bill = store::detail(tx, merchant, place, &bill_id)?
                .ok_or_else(|| TxError::Refused(ApiError::not_found("bill", &bill_id)))?;
            if bill.fiscal_data == body.fiscal_data {
                return Ok(());
            }
            let fiscal_data = body.fiscal_data.as_ref().map(|data| json("fiscal_data", data)).transpose()?;
            let row = params![merchant, place, &bill_id, changes.now(), fiscal_data.as_ref()];
            tx.execute(&SET_FISCAL_DATA, row)?;
            changes.put_at::<BillRecords>(place, &bill_id);
            Ok::<_, TxError<ApiError>>(())
        });
    kept.await?;
    super::read(&at.platform, &at.source, &path.bill_id).await.map(Json)
}
