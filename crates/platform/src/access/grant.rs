//! Who calls a documented API, and what may they read?

use super::store;
use crate::Platform;
use door::{ApiError, credentials, token};
use http::request::Parts;
use jiff::Timestamp;
use std::collections::BTreeMap;
use wire::access::Api;

/// What an access token stands for.
#[derive(Debug, Clone)]
pub(crate) struct ClientGrant {
    pub(crate) token_hash: Vec<u8>,
    pub(crate) expires_at: Timestamp,
    pub(crate) client_id: String,
    /// The APIs it has been given; `None`: all.
    pub(crate) apis: Option<Vec<Api>>,
    /// The merchants it is assigned to, each with the places it may act at; `None`: all of the merchant's.
    pub(crate) merchants: BTreeMap<String, Option<Vec<String>>>,
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
    pub(crate) fn merchants(&self) -> Vec<String> {
        self.grant.merchants.keys().cloned().collect()
    }

    /// The places of the merchant that the application may act at; `None`: all of them.
    pub(crate) fn places(&self, merchant: &str) -> Option<&[String]> {
        self.grant.merchants.get(merchant).and_then(|places| places.as_deref())
    }

    /// That the application has been given `api`.
    ///
    /// # Errors
    /// 403 when it has not.
    pub(crate) fn may_call(&self, api: Api) -> Result<(), ApiError> {
        if self.grant.apis.as_ref().is_none_or(|given| given.contains(&api)) {
            return Ok(());
        }
        let id = &self.grant.client_id;
        Err(ApiError::forbidden(format!("application {id} has not been given the {api:?} API; ask for it")))
    }

    /// That the application has been given `api` and is assigned to the merchant, and to the place where there is one
    /// (protocol.md §1.7). Both are known to exist.
    ///
    /// # Errors
    /// 403 that says what it lacks.
    pub(crate) fn may(&self, api: Api, merchant: &str, place: Option<&str>) -> Result<(), ApiError> {
        let id = &self.grant.client_id;
        self.may_call(api)?;
        let not_assigned = |what: String| {
            Err(ApiError::forbidden(format!(
                "{what} is not assigned to application {id}; ask for the assignment"
            )))
        };
        match (self.grant.merchants.get(merchant), place) {
            (None, _) => not_assigned(format!("merchant {merchant}")),
            (Some(Some(places)), Some(place)) if !places.iter().any(|known| known == place) => {
                not_assigned(format!("place {place}"))
            }
            _ => Ok(()),
        }
    }
}

impl ApiClient {
    /// Who the bearer token of a request stands for.
    ///
    /// # Errors
    /// 401 without an access token that works.
    pub(super) async fn of(parts: &Parts, platform: &Platform) -> Result<Self, ApiError> {
        let text = credentials::bearer(&parts.headers);
        let refused = || {
            let expected = "expected Authorization: Bearer with an access token that has not ended; get one from /api/auth/authorize";
            token::refusal(text, "access", expected)
        };
        let text = text.ok_or_else(refused)?;
        let prefix = token::prefix_of(text).ok_or_else(refused)?;
        let grant = platform
            .clients()
            .get_or_load(prefix, || store::client_grant(platform.db(), prefix))
            .await?
            .ok_or_else(refused)?;
        if !token::matches(&grant.token_hash, text) || platform.now() >= grant.expires_at {
            return Err(refused());
        }
        platform.clients().note_used(prefix);
        Ok(Self { grant })
    }
}
