//! How is every token seen, renewed and taken back, whichever side keeps it? `/admin/v1/tokens`
//!
//! Each side keeps its tokens in its own tables and gives a [`Keeper`]; a token is found by its public prefix. One
//! that was revoked is refused at once by this process, and by others as soon as their caches are five
//! seconds old (`TokenCache`).

use crate::admin::AdminCaller;
use crate::keeper::{Keeper, Renewal, Wanted};
use crate::token::{self, IssuedToken};
use crate::{AdminTokens, ApiError, Strict};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRef, Path, Query, State};
use db::{Db, Never, TxError};
use http::StatusCode;
use jiff::ToSpan;
use outside::Outside;
use serde::Deserialize;
use std::sync::Arc;
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::admin::tokens::{MadeToken, NewAdminToken, RenewToken, TokenList};
use wire::errors::ErrorBody;

/// How long an old token may live beside the new one at most, in seconds.
const OVERLAP_SECONDS_MAX: i64 = 30 * 86_400;
/// Tokens on a page when nothing is said, and at most.
const PAGE_DEFAULT: i64 = 50;
const PAGE_MAX: i64 = 100;
/// The kinds of token, as they stand in a prefix.
const KINDS: [&str; 7] = ["admin", "pos", "client", "access", "loyalty", "datasync", "customers"];

/// The tokens of all keepers. Cloning is cheap.
#[derive(Clone)]
pub struct Tokens {
    db: Db,
    outside: Outside,
    admin: AdminTokens,
    keepers: Arc<[Arc<dyn Keeper>]>,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("keepers", &self.keepers.len()).finish_non_exhaustive()
    }
}

impl FromRef<Tokens> for AdminTokens {
    fn from_ref(tokens: &Tokens) -> Self {
        tokens.admin.clone()
    }
}

impl Tokens {
    /// The admin tokens and those of `sides`.
    pub fn new(db: Db, outside: Outside, admin: AdminTokens, sides: Vec<Arc<dyn Keeper>>) -> Self {
        let mut keepers: Vec<Arc<dyn Keeper>> = vec![Arc::new(admin.clone())];
        keepers.extend(sides);
        Self { db, outside, admin, keepers: keepers.into() }
    }

    /// Lists the tokens of one kind, or of all, and says whether more follow.
    ///
    /// # Errors
    /// 503 and 500 when the database cannot be read; so for all below.
    pub async fn list(&self, kind: Option<&str>, mut wanted: Wanted) -> Result<TokenList, ApiError> {
        let start = kind.map_or_else(|| "stg_".to_owned(), |kind| format!("stg_{kind}_"));
        if wanted.after < start {
            wanted.after.clone_from(&start);
        }
        let (keepers, limit) = (Arc::clone(&self.keepers), wanted.limit);
        wanted.limit = limit.saturating_add(1);
        let mut found = self
            .db
            .read("list_tokens", move |tx| {
                let mut found = Vec::new();
                for keeper in keepers.iter() {
                    found.extend(keeper.list(tx, &wanted)?);
                }
                Ok::<_, TxError<Never>>(found)
            })
            .await?;
        found.retain(|token| token.token_prefix.starts_with(&start));
        found.sort_unstable_by(|one, other| one.token_prefix.cmp(&other.token_prefix));
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = found.len() > limit;
        found.truncate(limit);
        let next_after = found.last().filter(|_| more).map(|last| last.token_prefix.clone());
        Ok(TokenList { data: found, next_after })
    }

    /// Ends the token with this prefix: this process refuses it from now on.
    ///
    /// # Errors
    /// 404 when there is no live one.
    pub async fn revoke(&self, prefix: &str) -> Result<(), ApiError> {
        let (keepers, key, now) = (Arc::clone(&self.keepers), prefix.to_owned(), self.outside.now());
        let revoked = self
            .db
            .write("revoke_token", move |tx| {
                for keeper in keepers.iter() {
                    if keeper.revoke(tx, &key, now)? {
                        return Ok::<_, TxError<Never>>(true);
                    }
                }
                Ok(false)
            })
            .await?;
        self.forget(prefix);
        if revoked { Ok(()) } else { Err(no_such(prefix)) }
    }

    /// Makes a token with the rights of the one with this prefix, which ends after `overlap_seconds`.
    ///
    /// # Errors
    /// 400 for an overlap out of bounds, 404 when there is no live token of that prefix, 409 for an access token.
    pub async fn renew(&self, prefix: &str, overlap_seconds: i64) -> Result<MadeToken, ApiError> {
        if !(0..=OVERLAP_SECONDS_MAX).contains(&overlap_seconds) {
            let expected = format!("a number of seconds from 0 to {OVERLAP_SECONDS_MAX}");
            return Err(ApiError::field("overlapSeconds", &expected, &overlap_seconds.to_string()));
        }
        let kind = token::kind_of(prefix).ok_or_else(|| no_such(prefix))?;
        if kind == "access" {
            return Err(ApiError::conflict(
                "an access token is not renewed: its application gets the next one from /api/auth/authorize",
            ));
        }
        let IssuedToken { text, prefix: new_prefix, hash } = token::issue(&self.outside, kind);
        let now = self.outside.now();
        let old_ends_at = now.checked_add(overlap_seconds.seconds()).map_err(|_| ApiError::internal())?;
        let renewal = Renewal { old: prefix.to_owned(), prefix: new_prefix.clone(), hash, now, old_ends_at };
        let keepers = Arc::clone(&self.keepers);
        let renewed = self
            .db
            .write("renew_token", move |tx| {
                for keeper in keepers.iter() {
                    if keeper.renew(tx, &renewal)? {
                        return Ok::<_, TxError<Never>>(true);
                    }
                }
                Ok(false)
            })
            .await?;
        self.forget(prefix);
        if !renewed {
            return Err(no_such(prefix));
        }
        let old_ends_at = Some(wire::time::utc_millis(old_ends_at));
        Ok(MadeToken { token: text, token_prefix: new_prefix, old_ends_at })
    }

    /// Writes when tokens were last used: all of them in one command. Called seldom.
    ///
    /// # Errors
    /// When they cannot be written; then these uses are forgotten.
    pub async fn keep_used(&self) -> Result<(), ApiError> {
        let used: Vec<_> =
            self.keepers.iter().map(|keeper| (Arc::clone(keeper), keeper.take_used())).collect();
        if used.iter().all(|(_, used)| used.is_empty()) {
            return Ok(());
        }
        self.db
            .write("keep_tokens_used", move |tx| {
                for (keeper, used) in &used {
                    for (prefix, at) in used {
                        keeper.keep_used(tx, prefix, *at)?;
                    }
                }
                Ok::<_, TxError<Never>>(())
            })
            .await?;
        Ok(())
    }

    fn forget(&self, prefix: &str) {
        for keeper in self.keepers.iter() {
            keeper.forget(prefix);
        }
    }
}

fn no_such(prefix: &str) -> ApiError {
    // What was given may be a whole token by mistake; then no more of it is said again.
    let shown = token::prefix_of(prefix).unwrap_or(prefix);
    ApiError::not_found("live token", shown)
}

/// The calls under `/admin/v1/tokens`.
pub fn router(tokens: Tokens) -> axum::Router {
    api().with_state(tokens).split_for_parts().0
}

/// The description of the calls under `/admin/v1/tokens`.
pub fn openapi() -> utoipa::openapi::OpenApi {
    api().into_openapi()
}

fn api() -> OpenApiRouter<Tokens> {
    OpenApiRouter::new()
        .routes(routes!(get_tokens, post_token))
        .routes(routes!(delete_token))
        .routes(routes!(post_renew))
        .layer(crate::body_limit(16 * 1024))
}

/// What may be asked of the list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Filters {
    kind: Option<String>,
    merchant_id: Option<String>,
    #[serde(default)]
    all: bool,
    after: Option<String>,
    limit: Option<i64>,
}

/// Lists tokens of every kind: of admins, registers, applications, loyalty connections, DataSync and the customers feed.
#[utoipa::path(
    get, path = "/admin/v1/tokens", tag = "Server",
    params(
        ("kind" = Option<String>, Query, description = "Only one kind: admin, pos, client, access, loyalty, datasync or customers"),
        ("merchantId" = Option<String>, Query, description = "Only those that act for this merchant"),
        ("all" = Option<bool>, Query, description = "Also those that have ended or were revoked"),
        ("after" = Option<String>, Query, description = "The page after this prefix"),
        ("limit" = Option<i64>, Query, description = "1 to 100 tokens; 50 when left out"),
    ),
    responses(
        (status = 200, body = TokenList, description = "The tokens, by prefix"),
        (status = 400, body = ErrorBody, description = "A filter cannot be read"),
        (status = 401, body = ErrorBody, description = "Not an admin token"),
    ),
    security(("bearer" = [])),
)]
async fn get_tokens(
    State(tokens): State<Tokens>,
    _: AdminCaller,
    filters: Result<Query<Filters>, QueryRejection>,
) -> Result<Json<TokenList>, ApiError> {
    let Query(filters) = filters.map_err(|error| ApiError::query(&error.body_text()))?;
    if let Some(kind) = filters.kind.as_deref().filter(|kind| !KINDS.contains(kind)) {
        return Err(ApiError::field("kind", &format!("one of {}", KINDS.join(", ")), &format!("{kind:?}")));
    }
    if let Some(after) =
        filters.after.as_deref().filter(|after| !after.is_empty() && !after.starts_with("stg_"))
    {
        let expected = "the nextAfter of a page, which begins with stg_";
        return Err(ApiError::field(
            "after",
            expected,
            &format!("text of {} characters", after.chars().count()),
        ));
    }
    let limit = filters.limit.unwrap_or(PAGE_DEFAULT);
    if !(1..=PAGE_MAX).contains(&limit) {
        return Err(ApiError::field("limit", &format!("a number from 1 to {PAGE_MAX}"), &limit.to_string()));
    }
    let wanted = Wanted {
        after: filters.after.unwrap_or_default(),
        live_at: (!filters.all).then(|| tokens.outside.now()),
        merchant: filters.merchant_id,
        limit,
    };
    Ok(Json(tokens.list(filters.kind.as_deref(), wanted).await?))
}

/// Makes an admin token. Tokens of other kinds are made where what they belong to is set up.
#[utoipa::path(
    post, path = "/admin/v1/tokens", tag = "Server",
    request_body = NewAdminToken,
    responses(
        (status = 201, body = MadeToken, description = "The token, shown once"),
        (status = 400, body = ErrorBody, description = "The body cannot be read; `field` names the member"),
        (status = 401, body = ErrorBody, description = "Not an admin token"),
    ),
    security(("bearer" = [])),
)]
async fn post_token(
    State(tokens): State<Tokens>,
    _: AdminCaller,
    Strict(body): Strict<NewAdminToken>,
) -> Result<(StatusCode, Json<MadeToken>), ApiError> {
    let issued = tokens.admin.issue(&body.name).await?;
    let made = MadeToken { token: issued.text, token_prefix: issued.prefix, old_ends_at: None };
    Ok((StatusCode::CREATED, Json(made)))
}

/// Takes a token of any kind back. With an application's secret its access tokens end as well.
#[utoipa::path(
    delete, path = "/admin/v1/tokens/{tokenPrefix}", tag = "Server",
    params(("tokenPrefix" = String, Path, description = "The public part of the token")),
    responses(
        (status = 204, description = "It is refused from now on (by other processes within five seconds)"),
        (status = 401, body = ErrorBody, description = "Not an admin token"),
        (status = 404, body = ErrorBody, description = "No live token has this prefix"),
    ),
    security(("bearer" = [])),
)]
async fn delete_token(
    State(tokens): State<Tokens>,
    _: AdminCaller,
    Path(prefix): Path<String>,
) -> Result<StatusCode, ApiError> {
    tokens.revoke(&prefix).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a new token with the rights of an old one, which goes on working for a while.
#[utoipa::path(
    post, path = "/admin/v1/tokens/{tokenPrefix}/renew", tag = "Server",
    params(("tokenPrefix" = String, Path, description = "The public part of the old token")),
    request_body = RenewToken,
    responses(
        (status = 201, body = MadeToken, description = "The new token, shown once, and when the old one ends"),
        (status = 400, body = ErrorBody, description = "The body cannot be read; `field` names the member"),
        (status = 401, body = ErrorBody, description = "Not an admin token"),
        (status = 404, body = ErrorBody, description = "No live token has this prefix"),
        (status = 409, body = ErrorBody, description = "An access token is not renewed"),
    ),
    security(("bearer" = [])),
)]
async fn post_renew(
    State(tokens): State<Tokens>,
    _: AdminCaller,
    Path(prefix): Path<String>,
    Strict(body): Strict<RenewToken>,
) -> Result<(StatusCode, Json<MadeToken>), ApiError> {
    Ok((StatusCode::CREATED, Json(tokens.renew(&prefix, body.overlap_seconds).await?)))
}
