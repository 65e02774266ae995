//! `GET /merchants/{merchantId}`: who is the merchant and what are its places? (protocol.md §2.1)

mod list;
pub(crate) mod store;

use crate::Platform;
use crate::access::ApiClient;
use axum::Json;
use axum::extract::{Path, State};
use door::ApiError;
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::merchants::Merchant;

pub(crate) fn routes() -> OpenApiRouter<Platform> {
    OpenApiRouter::new()
        .routes(routes!(list::list_merchants))
        .routes(routes!(get_own_merchant))
        .routes(routes!(get_merchant))
}

/// The one merchant that is assigned to the application, with all its places.
#[utoipa::path(
    get,
    path = "/merchants/me",
    tag = "Merchants",
    responses(
        (status = 200, description = "The merchant", body = Merchant),
        (status = 400, description = "Several merchants are assigned; `merchantIds` names them"),
        (status = 401, description = "No access token, or one that has ended"),
        (status = 404, description = "No merchant is assigned to the application")
    )
)]
async fn get_own_merchant(
    State(platform): State<Platform>,
    client: ApiClient,
) -> Result<Json<Merchant>, ApiError> {
    let merchant = match client.merchants() {
        [] => {
            let message = format!("no merchant is assigned to application {}", client.client_id());
            return Err(ApiError::new(http::StatusCode::NOT_FOUND, message));
        }
        [merchant] => merchant,
        several => {
            let message = format!(
                "application {} has {} merchants, so `me` names none of them; call /merchants/{{merchantId}} with one of {}",
                client.client_id(),
                several.len(),
                several.join(", ")
            );
            return Err(ApiError::bad_request(message).with("merchantIds", several));
        }
    };
    let found = store::merchant(platform.db(), merchant).await?;
    found.map(Json).ok_or_else(|| ApiError::not_found(&format!("merchant {merchant}")))
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
