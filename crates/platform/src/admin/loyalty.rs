//! How does a merchant get its loyalty provider?

use super::store;
use crate::access::Admin;
use crate::api::{ids, missing};
use axum::Json;
use axum::extract::Path;
use courier::Authorization;
use courier::destination::{self, NewDestination};
use db::params;
use door::{ApiError, Strict};
use wire::admin::platform::{AdminLoyaltyConnection, PutLoyaltyConnection};

/// Sets the provider the merchant's registers ask from now on. One that was in use before stays for what it has
/// not yet acknowledged.
#[utoipa::path(
    put,
    path = "/admin/v1/platform/merchants/{merchantId}/loyalty",
    tag = "Platform set-up",
    params(("merchantId" = String, Path, description = "The merchant's id")),
    request_body = PutLoyaltyConnection,
    responses(
        (status = 200, description = "The connection, without its token", body = AdminLoyaltyConnection),
        (status = 400, description = "The URL may not be called, or the token cannot be sent in a header"),
        (status = 401, description = "No admin token"),
        (status = 404, description = "No such merchant")
    )
)]
pub(super) async fn put_loyalty_connection(
    Admin { platform }: Admin,
    Path(merchant): Path<String>,
    Strict(body): Strict<PutLoyaltyConnection>,
) -> Result<Json<AdminLoyaltyConnection>, ApiError> {
    let url = platform
        .caller()
        .guard()
        .check_base(&body.url)
        .map_err(|refusal| ApiError::field("url", "a URL that may be called", &refusal.to_string()))?;
    let provider = body.loyalty_provider_id.unwrap_or_else(|| platform.outside().object_id());
    ids::id("loyaltyProviderId", &provider)?;
    let authorization = Authorization::Bearer;
    let sealed = destination::seal_secret(
        platform.keyring(),
        platform.outside(),
        &merchant,
        &provider,
        authorization,
        &body.token,
    )
    .map_err(|error| super::unsealable("token", &error))?;
    let now = platform.now();
    let connection =
        AdminLoyaltyConnection { loyalty_provider_id: provider.clone(), url: url.clone(), in_use: true };
    platform
        .db()
        .write("put_loyalty_connection", move |tx| {
            if tx.execute(&store::TOUCH_MERCHANT, params![&merchant, now])? == 0 {
                return Err(missing("merchant", &merchant));
            }
            tx.execute(&store::RETIRE_CONNECTIONS, params![&merchant, now])?;
            tx.execute(&store::PUT_CONNECTION, params![&merchant, &provider, now])?;
            destination::put(
                tx,
                &NewDestination {
                    merchant: &merchant,
                    destination_id: &provider,
                    url: &url,
                    authorization,
                    sealed_secret: &sealed,
                    sealed_signing_secret: None,
                },
                now,
            )?;
            Ok(())
        })
        .await?;
    Ok(Json(connection))
}
