//! How is a bill taken out of the books? `/admin/v1/platform/merchants/{merchantId}/places/{placeId}/bills/{billId}`

use super::refund::delete;
use crate::access::{Admin, Guarded, SourceId};
use crate::api::UpsertRefusals;
use axum::Json;
use axum::extract::Path;
use door::ApiError;
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::bills::Bill;

pub(crate) fn routes() -> OpenApiRouter<Guarded> {
    OpenApiRouter::new().routes(routes!(delete_bill))
}

/// A path to a bill.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct BillPath {
    merchant_id: String,
    place_id: String,
    bill_id: String,
}

/// Takes a bill out of the books, such as one made while somebody learned the till. All that is left of it comes back, to
/// balances too; lists leave the bill and its corrective bills out unless `includeDeleted` asks for them. Repeating it
/// changes nothing.
#[utoipa::path(
    delete,
    path = "/admin/v1/platform/merchants/{merchantId}/places/{placeId}/bills/{billId}",
    tag = "Platform set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("placeId" = String, Path, description = "The place's id"),
        ("billId" = String, Path, description = "The bill's id")
    ),
    responses(
        (status = 200, description = "The bill, `deleted`", body = Bill),
        (status = 409, description = "`NOT_REFUNDABLE`: it is a corrective bill, and goes with the bill it reverses"),
        UpsertRefusals
    )
)]
async fn delete_bill(admin: Admin, Path(path): Path<BillPath>) -> Result<Json<Bill>, ApiError> {
    let source = SourceId { merchant: path.merchant_id, place: path.place_id };
    delete(&admin.platform, &source, &path.bill_id).await.map(Json)
}
