//! Who may use `/admin/v1`?
//!
//! Whoever holds an admin token. They belong to the installation; each has a name so that a person can
//! tell which one to revoke.

use crate::credentials;
use crate::keeper::{Keeper, Renewal, TokenTable, Wanted};
use crate::token::{self, IssuedToken};
use crate::{ApiError, TokenCache};
use axum::extract::{FromRef, FromRequestParts};
use db::{Db, Never, Tx, params};
use http::HeaderMap;
use http::request::Parts;
use jiff::Timestamp;
use outside::Outside;
use std::sync::Arc;
use wire::admin::tokens::ListedToken;
use wire::time::utc_millis;

db::row! {
    /// What an admin token must match, and whose it is.
    struct Stored {
        hash: Vec<u8>,
        name: String,
        expires_at: Option<Timestamp>,
    }
}

db::row! {
    /// An admin token as people see it.
    struct Seen {
        prefix: String,
        name: String,
        created_at: Timestamp,
        last_used_at: Option<Timestamp>,
        expires_at: Option<Timestamp>,
        revoked_at: Option<Timestamp>,
    }
}

db::statement! {
    /// Keeps a new token.
    ADD_ADMIN_TOKEN = "INSERT INTO door_admin_token (prefix, hash, name, created_at, revoked_at)
        VALUES ($1, $2, $3, $4, NULL) ON CONFLICT (prefix) DO NOTHING";
    /// A token that was not revoked, by its prefix.
    LIVE_ADMIN_TOKEN -> Stored = "SELECT hash, name, expires_at FROM door_admin_token WHERE prefix = $1 AND revoked_at IS NULL";
    /// Ends a token; its row stays.
    REVOKE_ADMIN_TOKEN = "UPDATE door_admin_token SET revoked_at = $2 WHERE prefix = $1 AND revoked_at IS NULL";
    /// A page of tokens, those that are live at $2 or all.
    ADMIN_TOKENS -> Seen = "SELECT prefix, name, created_at, last_used_at, expires_at, revoked_at FROM door_admin_token
        WHERE prefix > $1 AND (CAST($2 AS BIGINT) IS NULL OR (revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)))
        ORDER BY prefix LIMIT $3";
    /// A new token with the name of a live old one.
    RENEW_ADMIN_TOKEN = "INSERT INTO door_admin_token (prefix, hash, name, created_at)
        SELECT CAST($2 AS TEXT), CAST($3 AS BYTEA), name, CAST($4 AS BIGINT) FROM door_admin_token
        WHERE prefix = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $4)";
    /// Sets the end of a token, unless it ends before.
    END_ADMIN_TOKEN = "UPDATE door_admin_token SET expires_at = $2
        WHERE prefix = $1 AND (expires_at IS NULL OR expires_at > $2)";
    /// Keeps a later last use.
    USED_ADMIN_TOKEN = "UPDATE door_admin_token SET last_used_at = $2
        WHERE prefix = $1 AND (last_used_at IS NULL OR last_used_at < $2)";
}

/// How admin tokens are changed.
static TABLE: TokenTable = TokenTable {
    revoke: &REVOKE_ADMIN_TOKEN,
    renew: &RENEW_ADMIN_TOKEN,
    end: &END_ADMIN_TOKEN,
    used: &USED_ADMIN_TOKEN,
};

/// Entries the cache holds: more admin tokens than this work too, only slower.
const CACHED_MAX: usize = 1_000;
/// The longest name of a token, in bytes.
const NAME_BYTES_MAX: usize = 200;

/// Issues and checks admin tokens. Cloning is cheap.
#[derive(Clone)]
pub struct AdminTokens {
    db: Db,
    outside: Outside,
    cache: Arc<TokenCache<Arc<Stored>>>,
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

    /// Makes a token for somebody called `name`; its text is in the result and nowhere else. 400 for a name that tells
    /// nobody whose it is.
    pub async fn issue(&self, name: &str) -> Result<IssuedToken, ApiError> {
        if name.trim().is_empty() || name.len() > NAME_BYTES_MAX {
            let expected = format!("1 to {NAME_BYTES_MAX} bytes that say who holds the token");
            return Err(ApiError::field("name", &expected, &format!("{} bytes", name.len())));
        }
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
        if touched == 0 { Err(ApiError::not_found("admin token", prefix)) } else { Ok(()) }
    }

    /// Who the caller is, by `Authorization: Bearer stg_admin_…`; 401 otherwise.
    pub async fn check(&self, headers: &HeaderMap) -> Result<AdminCaller, ApiError> {
        let text = credentials::bearer(headers);
        let refused = || {
            let expected =
                "expected Authorization: Bearer with a valid admin token; `stamgast admin-token` makes one";
            token::refusal(text, "admin", expected)
        };
        let text = text.ok_or_else(refused)?;
        let prefix = token::prefix_of(text).ok_or_else(refused)?;
        let stored = self.cache.get_or_load(prefix, || self.load(prefix)).await?.ok_or_else(refused)?;
        let ended = stored.expires_at.is_some_and(|end| self.outside.now() >= end);
        if ended || !token::matches(&stored.hash, text) {
            return Err(refused());
        }
        self.cache.note_used(prefix);
        Ok(AdminCaller { prefix: prefix.to_owned(), name: stored.name.clone() })
    }

    async fn load(&self, prefix: &str) -> Result<Option<Arc<Stored>>, ApiError> {
        let key = prefix.to_owned();
        let found = self.db.read("admin_token", move |tx| {
            Ok::<_, db::TxError<Never>>(tx.optional(&LIVE_ADMIN_TOKEN, params![&key])?.map(Arc::new))
        });
        Ok(found.await?)
    }
}

impl Keeper for AdminTokens {
    fn list(&self, tx: &mut Tx<'_>, wanted: &Wanted) -> Result<Vec<ListedToken>, db::Error> {
        if wanted.merchant.is_some() {
            return Ok(Vec::new()); // they belong to the installation
        }
        let rows = tx.query(&ADMIN_TOKENS, params![&wanted.after, wanted.live_at, wanted.limit])?;
        let seen = |row: Seen| ListedToken {
            token_prefix: row.prefix,
            kind: "admin".to_owned(),
            name: row.name,
            merchant_id: None,
            place_id: None,
            device_number: None,
            client_id: None,
            loyalty_provider_id: None,
            made_at: utc_millis(row.created_at),
            last_used_at: row.last_used_at.map(utc_millis),
            ends_at: row.expires_at.map(utc_millis),
            revoked_at: row.revoked_at.map(utc_millis),
        };
        Ok(rows.into_iter().map(seen).collect())
    }

    fn revoke(&self, tx: &mut Tx<'_>, prefix: &str, now: Timestamp) -> Result<bool, db::Error> {
        TABLE.revoke(tx, prefix, now)
    }

    fn renew(&self, tx: &mut Tx<'_>, renewal: &Renewal) -> Result<bool, db::Error> {
        TABLE.renew(tx, renewal)
    }

    fn keep_used(&self, tx: &mut Tx<'_>, prefix: &str, at: Timestamp) -> Result<(), db::Error> {
        TABLE.keep_used(tx, prefix, at)
    }

    fn take_used(&self) -> Vec<(String, Timestamp)> {
        self.cache.take_used()
    }

    fn forget(&self, prefix: &str) {
        self.cache.forget(prefix);
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
