//! Which merchant stands behind a caller's token?
//!
//! The token decides, never an id in a body (sync.md §7). Each extractor answers 401 before the body is
//! read; what a token stands for is kept in memory for a few seconds, so a request costs no lane.

mod refusal;
mod store;
mod tokens;

pub(crate) use refusal::CustomersRefusal;
pub(crate) use store::{Kind, NewCredential, insert, revoke};
pub use tokens::keeper;

use crate::Partner;
use axum::extract::FromRequestParts;
use door::{ApiError, credentials, token};
use http::request::Parts;
use jiff::Timestamp;

db::row! {
    /// A live token of a partner's connection: a row of `partner_credential`.
    #[derive(Debug, Clone, PartialEq)]
    pub(crate) struct Credential {
        pub(crate) kind: Kind,
        pub(crate) hash: Vec<u8>,
        pub(crate) merchant: String,
        pub(crate) loyalty_provider_id: Option<String>,
        pub(crate) time_zone: Option<String>,
        pub(crate) expires_at: Option<Timestamp>,
    }
}

/// A caller of the three loyalty webhooks: `Authorization: Bearer stg_loyalty_…` (protocol.md §1.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoyaltyConnection {
    /// The merchant the connection belongs to.
    pub merchant: String,
    /// The `loyaltyProviderId` the connection answers for.
    pub loyalty_provider_id: String,
}

/// A caller of the DataSync receiver: the secret bare or as `Bearer` (protocol.md §1.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataSyncConnection {
    /// The merchant the secret belongs to.
    pub merchant: String,
}

/// A caller of the customers feed: `Bearer`, or `Basic` with the token as the password (protocol.md §14).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomersClient {
    /// The merchant whose customers it reads.
    pub merchant: String,
    /// The zone in which it writes and reads times without offset (IANA name).
    pub time_zone: Option<String>,
}

impl FromRequestParts<Partner> for LoyaltyConnection {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, partner: &Partner) -> Result<Self, ApiError> {
        let text = credentials::bearer(&parts.headers);
        let found = match text {
            Some(text) => find(partner, Kind::Loyalty, text).await?,
            None => None,
        };
        let Some(credential) = found else {
            let expected = "expected Authorization: Bearer with the token of a loyalty connection; ask the loyalty partner for a new one";
            return Err(token::refusal(text, Kind::Loyalty.as_str(), expected));
        };
        Ok(Self {
            merchant: credential.merchant,
            loyalty_provider_id: credential.loyalty_provider_id.unwrap_or_default(),
        })
    }
}

impl FromRequestParts<Partner> for DataSyncConnection {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, partner: &Partner) -> Result<Self, ApiError> {
        let text = credentials::verbatim_or_bearer(&parts.headers);
        let found = match text {
            Some(text) => find(partner, Kind::DataSync, text).await?,
            None => None,
        };
        let Some(credential) = found else {
            let expected = "expected the DataSync secret in Authorization, bare or after Bearer; ask the receiver for a new one";
            return Err(token::refusal(text, Kind::DataSync.as_str(), expected));
        };
        Ok(Self { merchant: credential.merchant })
    }
}

impl FromRequestParts<Partner> for CustomersClient {
    type Rejection = CustomersRefusal;

    async fn from_request_parts(parts: &mut Parts, partner: &Partner) -> Result<Self, CustomersRefusal> {
        let basic = credentials::basic(&parts.headers);
        let text = match &basic {
            Some((_, password)) => Some(password.as_str()),
            None => credentials::bearer(&parts.headers),
        };
        let found = match text {
            Some(text) => find(partner, Kind::Customers, text).await?,
            None => None,
        };
        let credential = found.ok_or_else(CustomersRefusal::unauthorized)?;
        Ok(Self { merchant: credential.merchant, time_zone: credential.time_zone })
    }
}

/// The credential of a token's text, if it is of that kind, is its secret and has not ended.
async fn find(partner: &Partner, kind: Kind, text: &str) -> Result<Option<Credential>, ApiError> {
    let Some(prefix) = token::prefix_of(text) else { return Ok(None) };
    let found = partner.credentials().get_or_load(prefix, || store::load(partner.db(), prefix)).await?;
    let now = partner.outside().now();
    let good = found.filter(|credential| {
        token::matches(&credential.hash, text)
            && credential.kind == kind
            && credential.expires_at.is_none_or(|end| now < end)
    });
    if good.is_some() {
        partner.credentials().note_used(prefix);
    }
    Ok(good)
}
