//! `GET /merchants`: which merchants may an application read? (protocol.md §2.1)

use super::store;
use crate::Platform;
use crate::access::ApiClient;
use crate::api::query::{self as listing, LIMIT_DEFAULT, NextPage, Parameters, limit};
use axum::Json;
use axum::extract::State;
use door::ApiError;
use serde::Deserialize;
use wire::list::Page;
use wire::merchants::Merchant;

/// The query as it came.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct MerchantsParameters {
    /// 1 to 100, default 50.
    limit: Option<String>,
    /// Continue after this merchant.
    last_merchant_id: Option<String>,
}

/// The merchants that are assigned to the application, in the order of their ids, each with all its places.
#[utoipa::path(
    get,
    path = "/merchants",
    tag = "Merchants",
    params(MerchantsParameters),
    responses(
        (status = 200, description = "A page of merchants", body = Page<Merchant>),
        (status = 400, description = "A parameter cannot be read; `field` names it"),
        (status = 401, description = "No access token, or one that has ended"),
        (status = 404, description = "No such merchant to continue after")
    )
)]
pub(super) async fn list_merchants(
    State(platform): State<Platform>,
    client: ApiClient,
    Parameters(parameters): Parameters<MerchantsParameters>,
) -> Result<Json<Page<Merchant>>, ApiError> {
    let limit = limit(parameters.limit.as_deref())?;
    let assigned = client.merchants();
    let after = match &parameters.last_merchant_id {
        None => assigned,
        Some(last) => {
            let position = assigned.binary_search(last);
            let position = position.map_err(|_| ApiError::not_found(&format!("merchant {last}")))?;
            assigned.get(position + 1..).unwrap_or_default()
        }
    };
    let size = usize::try_from(limit.unwrap_or(LIMIT_DEFAULT)).unwrap_or(usize::MAX);
    let (shown, more) = after.split_at(size.min(after.len()));
    let mut merchants = Vec::with_capacity(shown.len());
    for merchant in shown {
        merchants.extend(store::merchant(platform.db(), merchant).await?);
    }
    let next_page = shown.last().filter(|_| !more.is_empty()).map(|last| {
        let mut path = NextPage::new("/merchants".to_owned());
        path.add("limit", limit.map(|limit| limit.to_string()).as_deref());
        path.add("lastMerchantId", Some(last));
        path.finish()
    });
    Ok(Json(listing::page(merchants, next_page)))
}
