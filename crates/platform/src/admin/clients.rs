//! How does a partner's application get its id and secret?

use super::{ids, store};
use crate::Platform;
use axum::Json;
use axum::extract::State;
use db::{Never, TxError, params};
use door::admin::AdminCaller;
use door::{ApiError, Strict, token};
use http::StatusCode;
use std::collections::BTreeSet;
use wire::admin::platform::{AdminClient, IssuedClient, PostClient};

/// Sets an application up for some merchants.
#[utoipa::path(
    post,
    path = "/admin/v1/platform/clients",
    tag = "Platform set-up",
    request_body = PostClient,
    responses(
        (status = 201, description = "Its id and secret: the secret is shown this once", body = IssuedClient),
        (status = 400, description = "The body cannot be read, or names a merchant nobody has set up"),
        (status = 401, description = "No admin token")
    )
)]
pub(super) async fn post_client(
    State(platform): State<Platform>,
    _admin: AdminCaller,
    Strict(body): Strict<PostClient>,
) -> Result<(StatusCode, Json<IssuedClient>), ApiError> {
    ids::name("name", &body.name)?;
    if let Some(provider) = &body.loyalty_provider_id {
        ids::id("loyaltyProviderId", provider)?;
    }
    let now = platform.now();
    let client_id = platform.outside().object_id();
    let secret = token::issue(platform.outside(), "client");
    let answer = IssuedClient { client_id: client_id.clone(), client_secret: secret.text };
    let hash = secret.hash;
    platform
        .db()
        .write("post_client", move |tx| {
            let provider = body.loyalty_provider_id.as_ref();
            tx.execute(&store::ADD_CLIENT, params![&client_id, &hash[..], &body.name, provider, now])?;
            let merchants: BTreeSet<&String> = body.merchant_ids.iter().collect();
            for merchant in merchants {
                if tx.execute(&store::ASSIGN_MERCHANT, params![merchant, &client_id, now])? == 0 {
                    let error =
                        ApiError::field("merchantIds", "merchants that are set up", &format!("{merchant:?}"));
                    return Err(TxError::Refused(error));
                }
            }
            Ok(())
        })
        .await?;
    Ok((StatusCode::CREATED, Json(answer)))
}

/// Every application; no secrets.
#[utoipa::path(
    get,
    path = "/admin/v1/platform/clients",
    tag = "Platform set-up",
    responses(
        (status = 200, description = "The applications", body = Vec<AdminClient>),
        (status = 401, description = "No admin token")
    )
)]
pub(super) async fn list_clients(
    State(platform): State<Platform>,
    _admin: AdminCaller,
) -> Result<Json<Vec<AdminClient>>, ApiError> {
    let clients =
        platform.db().read("admin_clients", move |tx| Ok::<_, TxError<Never>>(store::clients(tx)?)).await?;
    Ok(Json(clients))
}
