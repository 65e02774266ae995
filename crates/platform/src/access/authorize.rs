//! How does an application get its access token? (protocol.md §1.2)

use super::store::{CLIENT_SECRET, DROP_ENDED_TOKENS, KEEP_ACCESS_TOKEN};
use crate::Platform;
use axum::Json;
use axum::extract::State;
use db::{TxError, params};
use door::{ApiError, FormOrJson, token};
use jiff::ToSpan;
use wire::Extra;
use wire::access::{TokenRequest, TokenResponse};

/// Longer than any id of a client.
const CLIENT_ID_BYTES_MAX: usize = 64;

/// Exchanges an application's id and secret for an access token that lives for one hour.
#[utoipa::path(
    post,
    path = "/api/auth/authorize",
    tag = "Access",
    request_body(content(
        (TokenRequest = "application/x-www-form-urlencoded"),
        (TokenRequest = "application/json")
    )),
    responses(
        (status = 200, description = "The token", body = TokenResponse),
        (status = 400, description = "grant_type is missing or not client_credentials, or a field is missing or no such text"),
        (status = 401, description = "No such client, or another secret"),
        (status = 429, description = "Too many token calls: keep a token until it ends")
    )
)]
pub(crate) async fn authorize(
    State(platform): State<Platform>,
    FormOrJson(credentials): FormOrJson<TokenRequest>,
) -> Result<Json<TokenResponse>, ApiError> {
    match credentials.grant_type.as_deref() {
        Some("client_credentials") => {}
        Some(other) => {
            return Err(ApiError::field("grant_type", "client_credentials", &format!("{other:?}")));
        }
        None => return Err(ApiError::field("grant_type", "client_credentials", "nothing")),
    }
    let client_id = given("client_id", credentials.client_id)?;
    // The limiter keeps the ids it counts, and anybody may call.
    if client_id.len() > CLIENT_ID_BYTES_MAX {
        let expected = format!("an id of at most {CLIENT_ID_BYTES_MAX} bytes");
        return Err(ApiError::field("client_id", &expected, &format!("{} bytes", client_id.len())));
    }
    let secret = given("client_secret", credentials.client_secret)?;
    platform.token_calls().check(&client_id)?;

    let now = platform.now();
    let expires_at = now
        .checked_add(platform.config().token_lifetime_seconds.seconds())
        .map_err(|_| ApiError::internal())?;
    let issued = token::issue(platform.outside(), "access");
    let (prefix, hash) = (issued.prefix, issued.hash);
    platform
        .db()
        .write("authorize", move |tx| {
            let refused = || ApiError::unauthorized("client_id and client_secret do not belong together");
            let row = tx
                .optional(&CLIENT_SECRET, params![&client_id])?
                .ok_or_else(|| TxError::Refused(refused()))?;
            if !token::matches(&row.get::<Vec<u8>>(0)?, &secret) {
                return Err(TxError::Refused(refused()));
            }
            tx.execute(&DROP_ENDED_TOKENS, params![&client_id, now])?;
            tx.execute(&KEEP_ACCESS_TOKEN, params![&prefix, &hash[..], &client_id, now, expires_at])?;
            Ok(())
        })
        .await?;
    Ok(Json(TokenResponse {
        token_type: "Bearer".to_owned(),
        expires_at: wire::time::utc_millis(expires_at),
        access_token: issued.text,
        extra: Extra::new(),
    }))
}

fn given(name: &str, value: Option<String>) -> Result<String, ApiError> {
    value.filter(|text| !text.is_empty()).ok_or_else(|| ApiError::field(name, "a text", "nothing"))
}
