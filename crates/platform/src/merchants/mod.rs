//! `GET /merchants/{merchantId}`: who is the merchant and what are its places? (protocol.md §2.1)

pub(crate) mod store;

use crate::Platform;
use crate::access::ApiClient;
use axum::Json;
use axum::extract::{Path, State};
use door::ApiError;
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::merchants::Merchant;

pub(crate) fn routes() -> OpenApiRouter<Platform> {
    OpenApiRouter::new().routes(routes!(get_merchant))
}

/// The merchant and all its places.
#[utoipa::path(
    get,
    path = "/merchants/{merchantId}",
    tag = "Merchants",
    params(("merchantId" = String, Path, description = "The merchant's id")),
    responses(
        (status = 200, description = "The merchant", body = Merchant),
        (status = 401, description = "No access token, or one that has ended"),
        (status = 403, description = "The merchant is not assigned to the application"),
        (status = 404, description = "No such merchant")
    )
)]
async fn get_merchant(
    State(platform): State<Platform>,
    client: ApiClient,
    Path(merchant): Path<String>,
) -> Result<Json<Merchant>, ApiError> {
    client.may_read(&platform, &merchant).await?;
    let found = store::merchant(platform.db(), &merchant).await?;
    found.map(Json).ok_or_else(|| ApiError::not_found(&format!("merchant {merchant}")))
}
