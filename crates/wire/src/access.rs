//! How does an API client get its token?
//!
//! `POST /api/auth/authorize`, protocol.md §1.2.

use crate::read::{Extra, Object, Read, ReadError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A documented API that an application may be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Api {
    /// Merchants and their places.
    Merchants,
    /// What is sold, where and for how much.
    Menu,
    /// What a place does not sell for now, to set it.
    StopList,
    /// Paid bills.
    Bills,
    /// Orders that come from elsewhere.
    Delivery,
    /// Desks and their sections.
    Deskview,
    /// What is open at a desk.
    DeskChecks,
    /// What is in stock, and the documents that say how it came there.
    Stocks,
    /// Guests who have arrived.
    Reservations,
    /// Benefit usages of the loyalty provider the application is.
    Loyalty,
}

/// Client credentials, as a form or as JSON. Members have the names of OAuth 2.
#[derive(Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TokenRequest {
    /// The client.
    #[serde(default)]
    pub client_id: Option<String>,
    /// Its secret; never shown by `Debug`.
    #[serde(default)]
    pub client_secret: Option<String>,
    /// `client_credentials`.
    #[serde(default)]
    #[schema(example = "client_credentials")]
    pub grant_type: Option<String>,
}

impl std::fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenRequest")
            .field("client_id", &self.client_id)
            .field("grant_type", &self.grant_type)
            .finish_non_exhaustive()
    }
}

impl Read for TokenRequest {
    /// Nothing is required here: which member is missing is the endpoint's answer (400 or 401).
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            client_id: object.optional_text("client_id")?,
            client_secret: object.optional_text("client_secret")?,
            grant_type: object.optional_text("grant_type")?,
        })
    }
}

/// A token and its end.
#[derive(Clone, PartialEq, Serialize, ToSchema)]
pub struct TokenResponse {
    /// `Bearer`.
    #[schema(example = "Bearer")]
    pub token_type: String,
    /// When it ends, UTC with milliseconds.
    #[schema(format = DateTime, example = "2026-03-01T10:15:30.221Z")]
    pub expires_at: String,
    /// The token; never shown by `Debug`.
    pub access_token: String,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl std::fmt::Debug for TokenResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenResponse").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

impl Read for TokenResponse {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            token_type: object.optional_text("token_type")?.unwrap_or_else(|| "Bearer".to_owned()),
            expires_at: object.id("expires_at")?,
            access_token: object.id("access_token")?,
            extra: object.rest(),
        })
    }
}
