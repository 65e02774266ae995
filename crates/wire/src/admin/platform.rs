//! What does setting up the platform say on the wire, under `/admin/v1/platform/…`?
//!
//! Bodies are strict: an unknown member is refused. A secret is shown once, in the answer to the call
//! that made it or not at all: reading back gives whether one is set, never which.

use crate::access::Api;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `PUT /admin/v1/platform/merchants/{merchantId}`. Currency and precision cannot change once
/// the menu has a price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutMerchant {
    /// The business's name.
    pub name: String,
    /// Company number.
    #[serde(default)]
    pub business_id: Option<String>,
    /// VAT number.
    #[serde(default)]
    pub vat_id: Option<String>,
    /// Whether bills are issued as a VAT payer.
    #[serde(default = "yes")]
    pub is_vat_payer: bool,
    /// ISO 3166 alpha-2, `CZ`.
    pub country_code: String,
    /// ISO 4217, `CZK`.
    pub currency_code: String,
    /// Decimals of every price, 0 to 3.
    #[serde(default = "two")]
    pub price_precision: u8,
}

fn yes() -> bool {
    true
}

fn two() -> u8 {
    2
}

/// `PUT /admin/v1/platform/merchants/{merchantId}/places/{placeId}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutPlace {
    /// The place's name.
    pub name: String,
    /// `active` (default), `disabled` or `hidden`.
    #[serde(default)]
    pub state: PlaceState,
    /// IANA name, `Europe/Prague`: bills show its offset and their numbers follow its year.
    pub time_zone: String,
    /// Language of the cashier's texts, `cs`.
    #[serde(default = "english")]
    pub pos_lang: String,
    /// Language of the bill's texts.
    #[serde(default = "english")]
    pub bill_lang: String,
    /// The documented `addressParts`, given out unchanged.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub address_parts: Option<serde_json::Map<String, serde_json::Value>>,
}

fn english() -> String {
    "en".to_owned()
}

/// Whether a place is in business.
// protocol.md §2.1
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum PlaceState {
    /// It sells.
    #[default]
    Active,
    /// Its registers are refused.
    Disabled,
    /// It sells but is not to be shown to guests.
    Hidden,
}

impl PlaceState {
    /// The documented text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::Hidden => "hidden",
        }
    }

    /// The state a text names.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Disabled, Self::Hidden].into_iter().find(|state| state.as_str() == text)
    }
}

/// A merchant with everything set up for it, except the menu and secrets.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdminMerchant {
    /// Its id.
    pub merchant_id: String,
    /// As set.
    #[serde(flatten)]
    pub merchant: PutMerchant,
    /// Its places.
    pub places: Vec<AdminPlace>,
    /// Its registers.
    pub registers: Vec<AdminRegister>,
    /// Its loyalty connections.
    pub loyalty_connections: Vec<AdminLoyaltyConnection>,
}

/// A place as set up.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdminPlace {
    /// Its id.
    pub place_id: String,
    /// `<merchantId>-<placeId>`, as the public paths want it.
    pub source_id: String,
    /// The two letters its bills begin with.
    pub bill_letters: String,
    /// As set.
    #[serde(flatten)]
    pub place: PutPlace,
}

/// `POST /admin/v1/platform/merchants/{merchantId}/places/{placeId}/registers`: a register, or a new token for one
/// that is known (its older tokens end a day later).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PostRegister {
    /// The register's number in its place, from 1.
    pub device_number: i64,
    /// What people call it.
    pub name: String,
}

/// A register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdminRegister {
    /// Its place.
    pub place_id: String,
    /// Its number.
    pub device_number: i64,
    /// Its name.
    pub name: String,
}

/// A register with its new token: the only time it is shown.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IssuedRegister {
    /// Its place.
    pub place_id: String,
    /// Its number.
    pub device_number: i64,
    /// `Authorization: Bearer` for `/pos/{sourceId}/…`.
    pub pos_token: String,
}

/// `POST /admin/v1/platform/clients`: an application of a partner that calls the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PostClient {
    /// What people call it.
    pub name: String,
    /// The merchants whose data it may read.
    pub merchant_ids: Vec<String>,
    /// The loyalty provider it is, for benefit usages.
    #[serde(default)]
    pub loyalty_provider_id: Option<String>,
    /// The only APIs it may call; absent: all of them.
    #[serde(default)]
    pub apis: Option<Vec<Api>>,
    /// The only places of its merchants it may call for; absent: all of them.
    #[serde(default)]
    pub place_ids: Option<Vec<String>>,
}

/// A client with its secret: the only time it is shown.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IssuedClient {
    /// `client_id` of the token call.
    pub client_id: String,
    /// `client_secret` of the token call.
    pub client_secret: String,
}

/// A client as set up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdminClient {
    /// Its id.
    pub client_id: String,
    /// Its name.
    pub name: String,
    /// The merchants whose data it may read.
    pub merchant_ids: Vec<String>,
    /// The loyalty provider it is.
    pub loyalty_provider_id: Option<String>,
    /// The only APIs it may call; `null`: all of them.
    pub apis: Option<Vec<Api>>,
    /// The only places it may call for; `null`: all places of its merchants.
    pub place_ids: Option<Vec<String>>,
}

/// `PUT /admin/v1/platform/merchants/{merchantId}/loyalty`: the provider the merchant's registers ask from now on.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutLoyaltyConnection {
    /// The provider's id; left out, a new one is made.
    #[serde(default)]
    pub loyalty_provider_id: Option<String>,
    /// Base URL: `/getBenefitOffer` and the other two are added to it.
    pub url: String,
    /// The bearer token the provider gave.
    pub token: String,
}

/// A loyalty connection as set up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdminLoyaltyConnection {
    /// The provider's id.
    pub loyalty_provider_id: String,
    /// Base URL.
    pub url: String,
    /// Whether registers ask it now.
    pub in_use: bool,
}

/// `PUT /admin/v1/platform/merchants/{merchantId}/places/{placeId}/datasync`: where the place's changes go.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutDataSync {
    /// The receiver's URL.
    pub url: String,
    /// Sent as it is in `Authorization`.
    pub secret: String,
    /// `POST` (default) or `PUT`.
    #[serde(default)]
    pub method: DataSyncMethod,
    /// Only what changed at or after this instant is sent: a date (midnight at the place) or a date-time.
    pub from_date: String,
}

/// How a batch is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum DataSyncMethod {
    /// `POST`.
    #[default]
    #[serde(rename = "POST")]
    Post,
    /// `PUT`.
    #[serde(rename = "PUT")]
    Put,
}

impl DataSyncMethod {
    /// The HTTP method's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
        }
    }
}

/// A DataSync subscription as set up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdminDataSync {
    /// Its id.
    pub subscription_id: String,
    /// The place whose changes it gets.
    pub place_id: String,
    /// The receiver's URL.
    pub url: String,
    /// `POST` or `PUT`.
    pub method: DataSyncMethod,
    /// UTC.
    pub from_date: String,
}

/// How far a subscription is behind (`GET /admin/v1/platform/merchants/{merchantId}/datasync`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DataSyncLag {
    /// The subscription.
    pub subscription_id: String,
    /// Its place.
    pub place_id: String,
    /// `bills`, …
    pub data_domain: String,
    /// Changes not yet acknowledged.
    pub records: i64,
    /// Age of the oldest of them.
    pub seconds: i64,
    /// Failed attempts in a row.
    pub failures: i64,
    /// The newest failure, if the newest attempt failed.
    pub last_error: Option<String>,
    /// When the receiver last took something, UTC.
    pub last_success_at: Option<String>,
    /// Why the lane stands still, if it does.
    pub paused_reason: Option<String>,
    /// Records the receiver could not take, set aside so that the others go on.
    pub set_aside: i64,
}
