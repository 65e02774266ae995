//! Who may use `/admin/v1`?
//!
//! Whoever holds an admin token. They belong to the installation; each has a name so that a person can
//! tell which one to revoke.

use crate::credentials;
use crate::token::{self, IssuedToken};
use crate::{ApiError, TokenCache};
use axum::extract::{FromRef, FromRequestParts};
use db::{Db, Never, params};
use http::HeaderMap;
use http::request::Parts;
use jiff::Timestamp;
use outside::Outside;
use std::sync::Arc;

db::statement! {
    /// Keeps a new token.
    ADD_ADMIN_TOKEN = "INSERT INTO door_admin_token (prefix, hash, name, created_at, revoked_at)
        VALUES ($1, $2, $3, $4, NULL) ON CONFLICT (prefix) DO NOTHING";
    /// A token that was not revoked, by its prefix.
    LIVE_ADMIN_TOKEN = "SELECT hash, name FROM door_admin_token WHERE prefix = $1 AND revoked_at IS NULL";
    /// Ends a token; its row stays.
    REVOKE_ADMIN_TOKEN = "UPDATE door_admin_token SET revoked_at = $2 WHERE prefix = $1 AND revoked_at IS NULL";
}

/// Entries the cache holds: more admin tokens than this work too, only slower.
const CACHED_MAX: usize = 1_000;

/// Issues and checks admin tokens. Cloning is cheap.
#[derive(Clone)]
pub struct AdminTokens {
    db: Db,
    outside: Outside,
    cache: Arc<TokenCache<Stored>>,
}

#[derive(Clone)]
struct Stored {
    hash: Vec<u8>,
    name: String,
}

/// Who made an admin request. As an extractor it answers 401 before the body is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminCaller {
    /// The public prefix of the token that was used.
    pub prefix: String,
    /// The name the token was issued under.
    pub name: String,
}

impl std::fmt::Debug for AdminTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AdminTokens").finish_non_exhaustive()
    }
}

impl AdminTokens {
    /// Over the database that holds `door_admin_token`.
    pub fn new(db: Db, outside: Outside) -> Self {
        let cache = Arc::new(TokenCache::new(&outside, CACHED_MAX));
        Self { db, outside, cache }
    }

    /// Makes a token for somebody called `name`; its text is in the result and nowhere else.
    pub async fn issue(&self, name: &str) -> Result<IssuedToken, ApiError> {
        let issued = token::issue(&self.outside, "admin");
        let (prefix, hash, name) = (issued.prefix.clone(), issued.hash, name.to_owned());
        let now: Timestamp = self.outside.now();
        self.db
            .write("issue_admin_token", move |tx| {
                tx.execute(&ADD_ADMIN_TOKEN, params![&prefix, &hash[..], &name, now])?;
                Ok::<_, db::TxError<Never>>(())
            })
            .await?;
        Ok(issued)
    }

    /// Ends the token with this prefix; 404 when there is no such live token.
    pub async fn revoke(&self, prefix: &str) -> Result<(), ApiError> {
        let (key, now) = (prefix.to_owned(), self.outside.now());
        let touched = self
            .db
            .write("revoke_admin_token", move |tx| {
                Ok::<_, db::TxError<Never>>(tx.execute(&REVOKE_ADMIN_TOKEN, params![&key, now])?)
            })
            .await?;
        self.cache.forget(prefix);
        if touched == 0 { Err(ApiError::not_found("admin token")) } else { Ok(()) }
    }

    /// Who the caller is, by `Authorization: Bearer stg_admin_…`; 401 otherwise.
    pub async fn check(&self, headers: &HeaderMap) -> Result<AdminCaller, ApiError> {
        let refused = || ApiError::unauthorized("expected Authorization: Bearer with a valid admin token");
        let text = credentials::bearer(headers).ok_or_else(refused)?;
        let prefix = token::prefix_of(text).ok_or_else(refused)?;
        let stored = self.cache.get_or_load(prefix, || self.load(prefix)).await?.ok_or_else(refused)?;
        if !token::matches(&stored.hash, text) {
            return Err(refused());
        }
        Ok(AdminCaller { prefix: prefix.to_owned(), name: stored.name })
    }

    async fn load(&self, prefix: &str) -> Result<Option<Stored>, ApiError> {
        let key = prefix.to_owned();
        let found = self.db.read("admin_token", move |tx| {
            let row = tx.optional(&LIVE_ADMIN_TOKEN, params![&key])?;
            let stored = row.map(|row| Ok(Stored { hash: row.get(0)?, name: row.get(1)? }));
            Ok::<_, db::TxError<Never>>(stored.transpose().map_err(|error: db::Error| error)?)
        });
        Ok(found.await?)
    }
}

impl<S> FromRequestParts<S> for AdminCaller
where
    S: Send + Sync,
    AdminTokens: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        AdminTokens::from_ref(state).check(&parts.headers).await
    }
}
