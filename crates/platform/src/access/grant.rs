//! Who calls a documented API, and what may they read?

use super::store;
use crate::Platform;
use axum::extract::FromRequestParts;
use door::{ApiError, credentials, token};
use http::request::Parts;
use jiff::Timestamp;

/// What an access token stands for.
#[derive(Debug, Clone)]
pub(crate) struct ClientGrant {
    pub(crate) token_hash: Vec<u8>,
    pub(crate) expires_at: Timestamp,
    pub(crate) client_id: String,
    /// Sorted.
    pub(crate) merchants: Vec<String>,
    pub(crate) loyalty_provider_id: Option<String>,
}

/// The application behind the bearer token: 401 before the body is read when there is none.
#[derive(Debug, Clone)]
pub(crate) struct ApiClient {
    grant: ClientGrant,
}

impl ApiClient {
    /// The provider this application is, if it is one.
    pub(crate) fn loyalty_provider_id(&self) -> Option<&str> {
        self.grant.loyalty_provider_id.as_deref()
    }

    /// The application's id.
    pub(crate) fn client_id(&self) -> &str {
        &self.grant.client_id
    }

    /// The merchants that are assigned to the application, sorted.
    pub(crate) fn merchants(&self) -> &[String] {
        &self.grant.merchants
    }

    /// That the application is assigned to `merchant` (protocol.md §1.7).
    ///
    /// # Errors
    /// 404 for a merchant nobody knows, 403 for one that is not assigned.
    pub(crate) async fn may_read(&self, platform: &Platform, merchant: &str) -> Result<(), ApiError> {
        if self.grant.merchants.binary_search_by(|known| known.as_str().cmp(merchant)).is_ok() {
            return Ok(());
        }
        if store::merchant_exists(platform.db(), merchant).await? {
            Err(ApiError::forbidden(format!(
                "merchant {merchant} is not assigned to application {}; ask for the assignment",
                self.grant.client_id
            )))
        } else {
            Err(ApiError::not_found(&format!("merchant {merchant}")))
        }
    }
}

impl FromRequestParts<Platform> for ApiClient {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, platform: &Platform) -> Result<Self, ApiError> {
        let refused = || {
            ApiError::unauthorized(
                "expected Authorization: Bearer with an access token that has not ended; get one from /api/auth/authorize",
            )
        };
        let text = credentials::bearer(&parts.headers).ok_or_else(refused)?;
        let prefix = token::prefix_of(text).ok_or_else(refused)?;
        let grant = platform
            .clients()
            .get_or_load(prefix, || store::client_grant(platform.db(), prefix))
            .await?
            .ok_or_else(refused)?;
        if !token::matches(&grant.token_hash, text) || platform.now() >= grant.expires_at {
            return Err(refused());
        }
        Ok(Self { grant })
    }
}
