//! What is said of tokens under `/admin/v1/tokens`? Never a token itself, except the one that was just made.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A token as people see it: by its public prefix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListedToken {
    /// The public part, the same as the beginning of the token.
    #[schema(example = "stg_loyalty_0123456789abcdef")]
    pub token_prefix: String,
    /// `admin`, `pos` (a register), `client` (an application's secret), `access` (an application's access token),
    /// `loyalty`, `datasync` or `customers`.
    #[schema(example = "loyalty")]
    pub kind: String,
    /// What it was made for.
    pub name: String,
    /// The merchant it acts for, if it is one merchant's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant_id: Option<String>,
    /// The place of a register.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place_id: Option<String>,
    /// The number of a register.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_number: Option<i64>,
    /// The application of a secret or an access token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The provider that a loyalty connection answers for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loyalty_provider_id: Option<String>,
    /// When it was made.
    #[schema(format = DateTime)]
    pub made_at: String,
    /// When it was last used, to some minutes; null when never.
    #[schema(format = DateTime)]
    pub last_used_at: Option<String>,
    /// When it ends; null when it has no end.
    #[schema(format = DateTime)]
    pub ends_at: Option<String>,
    /// When it was revoked; null when it was not.
    #[schema(format = DateTime)]
    pub revoked_at: Option<String>,
}

/// `GET /admin/v1/tokens`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenList {
    /// In the order of their prefixes.
    pub data: Vec<ListedToken>,
    /// The `after` of the next page; null on the last.
    pub next_after: Option<String>,
}

/// `POST /admin/v1/tokens`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewAdminToken {
    /// Who will hold it.
    #[schema(example = "my laptop")]
    pub name: String,
}

/// `POST /admin/v1/tokens/{tokenPrefix}/renew`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RenewToken {
    /// How long the old one still works, in seconds: 0 to 2592000. A day when left out.
    #[serde(default = "day")]
    #[schema(example = 86400)]
    pub overlap_seconds: i64,
}

fn day() -> i64 {
    86_400
}

/// A token that was just made: its text is shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MadeToken {
    /// What its holder sends. A secret.
    pub token: String,
    /// Its public part.
    pub token_prefix: String,
    /// When the one it replaces ends; left out when it replaces none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub old_ends_at: Option<String>,
}

impl std::fmt::Debug for MadeToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MadeToken").field("token_prefix", &self.token_prefix).finish_non_exhaustive()
    }
}
