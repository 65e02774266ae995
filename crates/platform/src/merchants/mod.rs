//! `GET /merchants/{merchantId}`: who is the merchant and what are its places? (protocol.md §2.1)

mod feed;
mod list;
pub(crate) mod store;

pub(crate) use feed::{MerchantRecords, PlaceRecords};

use crate::access::{ApiClient, Application, AtMerchant, Grant, Guarded};
use crate::api::ReadRefusals;
use axum::Json;
use door::ApiError;
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::access::Api;
use wire::merchants::Merchant;

/// May read merchants and their places.
struct ReadMerchants;

impl Grant for ReadMerchants {
    const API: Api = Api::Merchants;

    fn of(_client: &ApiClient) -> Result<Self, ApiError> {
        Ok(Self)
    }
}

pub(crate) fn routes() -> OpenApiRouter<Guarded> {
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
        (status = 403, description = "The application has not been given this API"),
        (status = 404, description = "No merchant is assigned to the application")
    )
)]
async fn get_own_merchant(at: Application<ReadMerchants>) -> Result<Json<Merchant>, ApiError> {
    let merchant = match at.merchants.as_slice() {
        [] => {
            let message = format!("no merchant is assigned to application {}", at.client_id);
            return Err(ApiError::new(http::StatusCode::NOT_FOUND, message));
        }
        [merchant] => merchant,
        several => {
            let message = format!(
                "application {} has {} merchants, so `me` names none of them; call /merchants/{{merchantId}} with one of {}",
                at.client_id,
                several.len(),
                several.join(", ")
            );
            return Err(ApiError::bad_request(message).with("merchantIds", several));
        }
    };
    let found = store::merchant(at.platform.db(), merchant).await?;
    found.map(Json).ok_or_else(|| ApiError::not_found("merchant", merchant))
}

/// The merchant and all its places.
#[utoipa::path(
    get,
    path = "/merchants/{merchantId}",
    tag = "Merchants",
    params(("merchantId" = String, Path, description = "The merchant's id")),
    responses(
        (status = 200, description = "The merchant", body = Merchant),
        ReadRefusals
    )
)]
async fn get_merchant(at: AtMerchant<ReadMerchants>) -> Result<Json<Merchant>, ApiError> {
    let found = store::merchant(at.platform.db(), &at.merchant).await?;
    found.map(Json).ok_or_else(|| ApiError::not_found("merchant", &at.merchant))
}
