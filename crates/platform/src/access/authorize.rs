//! How does an application get its access token? (protocol.md §1.2)

use super::at::Anyone;
use super::store::{self, ClientSecret, DROP_ENDED_TOKENS, KEEP_ACCESS_TOKEN};
use crate::Platform;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use db::{Never, TxError, params};
use door::{ApiError, FormOrJson, Peer, credentials, token};
use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, HeaderValue, StatusCode};
use jiff::ToSpan;
use wire::Extra;
use wire::access::{TokenRequest, TokenResponse};

/// Longer than any id of a client.
const CLIENT_ID_BYTES_MAX: usize = 64;

/// Exchanges an application's id and secret for an access token that lives for one hour. Both come in the body, or
/// as `Authorization: Basic`.
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
        (status = 429, description = "Too many token calls: keep a token until it ends. Or too many wrong secrets from this address")
    )
)]
pub(super) async fn authorize(
    Anyone { platform }: Anyone,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    FormOrJson(request): FormOrJson<TokenRequest>,
) -> Response {
    let basic = credentials::basic(&headers);
    let is_basic = basic.is_some();
    let address = peer.map_or_else(|| "unknown".to_owned(), |Extension(Peer(peer))| peer.ip().to_string());
    match grant(&platform, &address, basic, request).await {
        Ok(token) => Json(token).into_response(),
        Err(error) => {
            let mut response = error.into_response();
            if is_basic && response.status() == StatusCode::UNAUTHORIZED {
                // RFC 6749, section 5.2: in the scheme that the client tried
                response
                    .headers_mut()
                    .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"token\""));
            }
            response
        }
    }
}

async fn grant(
    platform: &Platform,
    address: &str,
    basic: Option<(String, String)>,
    request: TokenRequest,
) -> Result<TokenResponse, ApiError> {
    match request.grant_type.as_deref() {
        Some("client_credentials") => {}
        Some(other) => {
            return Err(ApiError::field("grant_type", "client_credentials", &format!("{other:?}")));
        }
        None => return Err(ApiError::field("grant_type", "client_credentials", "nothing")),
    }
    let (client_id, secret) = one_way(basic, request)?;
    let client_id = given("client_id", client_id)?;
    // The limiter keeps the ids it counts, and anybody may call.
    if client_id.len() > CLIENT_ID_BYTES_MAX {
        let expected = format!("an id of at most {CLIENT_ID_BYTES_MAX} bytes");
        return Err(ApiError::field("client_id", &expected, &format!("{} bytes", client_id.len())));
    }
    let secret = given("client_secret", secret)?;

    let now = platform.now();
    // The secret is looked at first: whoever has it passes, however many others guess.
    let known = platform
        .secrets()
        .get_or_load(&client_id, || store::client_secrets(platform.db(), &client_id))
        .await?;
    let lives = |secret: &&ClientSecret| secret.expires_at.is_none_or(|end| now < end);
    let right = known.iter().flat_map(|secrets| secrets.iter()).filter(lives);
    let Some(right) = right.into_iter().find(|known| token::matches(&known.token_hash, &secret)) else {
        // Ids that do not exist are counted together: there is no end of them.
        let guessed = if known.is_some() { client_id.as_str() } else { "" };
        platform.wrong_secrets().check(&format!("{guessed}@{address}"))?;
        return Err(ApiError::unauthorized("client_id and client_secret do not belong together"));
    };
    platform.secrets().note_used(&right.token_prefix);
    platform.token_calls().check(&client_id)?;

    let expires_at = now
        .checked_add(platform.config().token_lifetime_seconds.seconds())
        .map_err(|_| ApiError::internal())?;
    let issued = token::issue(platform.outside(), "access");
    let (prefix, hash) = (issued.prefix, issued.hash);
    platform
        .db()
        .write("authorize", move |tx| {
            tx.execute(&DROP_ENDED_TOKENS, params![&client_id, now])?;
            tx.execute(&KEEP_ACCESS_TOKEN, params![&prefix, &hash[..], &client_id, now, expires_at])?;
            Ok::<_, TxError<Never>>(())
        })
        .await?;
    Ok(TokenResponse {
        token_type: "Bearer".to_owned(),
        expires_at: wire::time::utc_millis(expires_at),
        access_token: issued.text,
        extra: Extra::new(),
    })
}

/// Id and secret from the body or from the header (RFC 6749, section 2.3.1: not from both).
fn one_way(
    basic: Option<(String, String)>,
    request: TokenRequest,
) -> Result<(Option<String>, Option<String>), ApiError> {
    let Some((client_id, secret)) = basic else {
        return Ok((request.client_id, request.client_secret));
    };
    if request.client_secret.is_some() {
        let message = "expected the secret in the body or in Authorization: Basic, found it in both";
        return Err(ApiError::bad_request(message).with("field", "client_secret"));
    }
    if request.client_id.is_some_and(|named| named != client_id) {
        return Err(ApiError::field("client_id", "the client of Authorization: Basic", "another"));
    }
    Ok((Some(client_id), Some(secret)))
}

fn given(name: &str, value: Option<String>) -> Result<String, ApiError> {
    value.filter(|text| !text.is_empty()).ok_or_else(|| ApiError::field(name, "a text", "nothing"))
}
