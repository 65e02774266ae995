//! How does a partner's application get its id and secret?

use super::store;
use crate::access::Admin;
use crate::api::ids;
use axum::Json;
use db::{Never, Tx, TxError, json, params};
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
        (status = 400, description = "The body cannot be read, or names a merchant or place nobody has set up"),
        (status = 401, description = "No admin token")
    )
)]
pub(super) async fn post_client(
    Admin { platform }: Admin,
    Strict(body): Strict<PostClient>,
) -> Result<(StatusCode, Json<IssuedClient>), ApiError> {
    ids::name("name", &body.name)?;
    if let Some(provider) = &body.loyalty_provider_id {
        ids::id("loyaltyProviderId", provider)?;
    }
    let apis =
        body.apis.as_ref().map(|apis| json("apis", apis)).transpose().map_err(|_| ApiError::internal())?;
    let now = platform.now();
    let client_id = platform.outside().object_id();
    let secret = token::issue(platform.outside(), "client");
    let answer = IssuedClient { client_id: client_id.clone(), client_secret: secret.text };
    let (prefix, hash) = (secret.prefix, secret.hash);
    platform
        .db()
        .write("post_client", move |tx| {
            let provider = body.loyalty_provider_id.as_ref();
            tx.execute(&store::ADD_CLIENT, params![&client_id, &body.name, provider, now, apis.as_ref()])?;
            tx.execute(&store::ADD_CLIENT_SECRET, params![&prefix, &hash[..], &client_id, now])?;
            let merchants: BTreeSet<&String> = body.merchant_ids.iter().collect();
            let mut found = BTreeSet::new();
            for merchant in merchants {
                let places = match &body.place_ids {
                    Some(wanted) => Some(json("places", &places_of(tx, merchant, wanted, &mut found)?)?),
                    None => None,
                };
                let row = params![merchant, &client_id, now, places.as_ref()];
                if tx.execute(&store::ASSIGN_MERCHANT, row)? == 0 {
                    let error =
                        ApiError::field("merchantIds", "merchants that are set up", &format!("{merchant:?}"));
                    return Err(TxError::Refused(error));
                }
            }
            if let Some(unknown) = body.place_ids.iter().flatten().find(|id| !found.contains(*id)) {
                let error = ApiError::field("placeIds", "places of these merchants", &format!("{unknown:?}"));
                return Err(TxError::Refused(error));
            }
            Ok(())
        })
        .await?;
    Ok((StatusCode::CREATED, Json(answer)))
}

/// The places of the merchant that are wanted; adds them to those `found`.
fn places_of(
    tx: &mut Tx<'_>,
    merchant: &str,
    wanted: &[String],
    found: &mut BTreeSet<String>,
) -> Result<Vec<String>, db::Error> {
    let mut places = Vec::new();
    for place in tx.query(&store::PLACES, params![merchant])? {
        if wanted.contains(&place) {
            found.insert(place.clone());
            places.push(place);
        }
    }
    Ok(places)
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
pub(super) async fn list_clients(Admin { platform }: Admin) -> Result<Json<Vec<AdminClient>>, ApiError> {
    let clients =
        platform.db().read("admin_clients", move |tx| Ok::<_, TxError<Never>>(store::clients(tx)?)).await?;
    Ok(Json(clients))
}
