//! Who calls, where, and may they? Every handler says so by one of the extractors here, or it has no platform to work with.
//!
//! One order for every call of a documented API: 401 without a token that works, 404 for a merchant or place nobody knows,
//! 403 for one the application may not use or for an API it has not been given.

use super::{ApiClient, PosGrant, SourceId, register, store};
use crate::Platform;
use crate::place::{self, PlaceSettings};
use axum::extract::{FromRequestParts, RawPathParams};
use door::ApiError;
use http::request::Parts;
use std::marker::PhantomData;
use wire::access::Api;

/// What every route is given as its state. The platform comes out of it through the extractors of this file only: a
/// handler that does not say who may call it cannot reach a single row, and `State<Platform>` does not compile.
#[derive(Clone)]
pub(crate) struct Guarded(Platform);

impl Guarded {
    pub(crate) fn new(platform: Platform) -> Self {
        Self(platform)
    }
}

/// What a call needs of the application besides the merchant and the place.
pub(crate) trait Grant: Sized + Send {
    /// The documented API the call belongs to.
    const API: Api;

    /// What the handler gets to know of the application.
    ///
    /// # Errors
    /// 403 when it lacks what the call needs.
    fn of(client: &ApiClient) -> Result<Self, ApiError>;
}

/// An application at the place of `{sourceId}`.
pub(crate) struct At<G> {
    pub(crate) platform: Platform,
    pub(crate) grant: G,
    pub(crate) source: SourceId,
    pub(crate) place: PlaceSettings,
}

/// An application at the merchant of `{merchantId}`.
pub(crate) struct AtMerchant<G> {
    pub(crate) platform: Platform,
    pub(crate) merchant: String,
    client: ApiClient,
    _grant: PhantomData<G>,
}

impl<G: Grant> AtMerchant<G> {
    /// A place of the merchant that the call names, with its settings.
    ///
    /// # Errors
    /// 404 when the merchant has no such place, 403 when the application may not call for it.
    pub(crate) async fn place(&self, place: &str) -> Result<PlaceSettings, ApiError> {
        let settings = place::settings(self.platform.db(), &self.merchant, place).await?;
        self.client.may(G::API, &self.merchant, Some(place))?;
        Ok(settings)
    }

    /// The places that the application may call for; `None`: all of the merchant's.
    pub(crate) fn places(&self) -> Option<&[String]> {
        self.client.places(&self.merchant)
    }
}

/// An application, wherever it is assigned.
pub(crate) struct Application<G> {
    pub(crate) platform: Platform,
    pub(crate) client_id: String,
    /// The merchants that are assigned to it, sorted.
    pub(crate) merchants: Vec<String>,
    _grant: PhantomData<G>,
}

/// The register whose token came, at its own place, which is that of `{sourceId}`.
pub(crate) struct AtRegister {
    pub(crate) platform: Platform,
    pub(crate) grant: PosGrant,
}

/// An administrator of the installation: whoever holds an admin token.
pub(crate) struct Admin {
    pub(crate) platform: Platform,
}

/// Anybody at all: the call that gives out access tokens.
pub(super) struct Anyone {
    pub(super) platform: Platform,
}

impl<G: Grant> FromRequestParts<Guarded> for Application<G> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Guarded) -> Result<Self, ApiError> {
        let platform = state.0.clone();
        let client = ApiClient::of(parts, &platform).await?;
        client.may_call(G::API)?;
        G::of(&client)?;
        let (client_id, merchants) = (client.client_id().to_owned(), client.merchants());
        Ok(Self { platform, client_id, merchants, _grant: PhantomData })
    }
}

impl<G: Grant> FromRequestParts<Guarded> for At<G> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Guarded) -> Result<Self, ApiError> {
        let platform = state.0.clone();
        let client = ApiClient::of(parts, &platform).await?;
        let source = SourceId::parse(&in_path(parts, "sourceId").await?)?;
        let Some(place) = place::settings_at(platform.db(), &source.merchant, &source.place).await? else {
            merchant_is_known(&platform, &source.merchant).await?;
            return Err(ApiError::not_found("place", &source.place));
        };
        client.may(G::API, &source.merchant, Some(&source.place))?;
        Ok(Self { grant: G::of(&client)?, platform, source, place })
    }
}

impl<G: Grant> FromRequestParts<Guarded> for AtMerchant<G> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Guarded) -> Result<Self, ApiError> {
        let platform = state.0.clone();
        let client = ApiClient::of(parts, &platform).await?;
        let merchant = in_path(parts, "merchantId").await?;
        merchant_is_known(&platform, &merchant).await?;
        client.may(G::API, &merchant, None)?;
        G::of(&client)?;
        Ok(Self { platform, merchant, client, _grant: PhantomData })
    }
}

impl FromRequestParts<Guarded> for AtRegister {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Guarded) -> Result<Self, ApiError> {
        let platform = state.0.clone();
        let grant = register::grant(&parts.headers, &platform).await?;
        grant.at(&SourceId::parse(&in_path(parts, "sourceId").await?)?)?;
        Ok(Self { platform, grant })
    }
}

impl FromRequestParts<Guarded> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Guarded) -> Result<Self, ApiError> {
        let platform = state.0.clone();
        platform.admin_tokens().check(&parts.headers).await?;
        Ok(Self { platform })
    }
}

impl FromRequestParts<Guarded> for Anyone {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(_parts: &mut Parts, state: &Guarded) -> Result<Self, Self::Rejection> {
        Ok(Self { platform: state.0.clone() })
    }
}

async fn merchant_is_known(platform: &Platform, merchant: &str) -> Result<(), ApiError> {
    let known = store::merchant_exists(platform.db(), merchant).await?;
    if known { Ok(()) } else { Err(ApiError::not_found("merchant", merchant)) }
}

/// The text of a path parameter.
async fn in_path(parts: &mut Parts, name: &'static str) -> Result<String, ApiError> {
    let path = RawPathParams::from_request_parts(parts, &())
        .await
        .map_err(|error| ApiError::bad_request(error.body_text()))?;
    let found = path.iter().find(|(parameter, _)| *parameter == name).map(|(_, value)| value.to_owned());
    found.ok_or_else(|| {
        tracing::error!(parameter = name, "a route has no such path parameter");
        ApiError::internal()
    })
}
