//! What does an integrator of the documented POS cloud need? This: a loyalty provider with its three
//! webhooks, a DataSync receiver, and a customers feed for marketing, over one ledger.
//!
//! [`Partner`] is the state, [`router`] the HTTP surface, [`MIGRATIONS`] the tables, [`verify()`] the proof
//! that the books add up.

mod admin;
mod credentials;
mod customers;
mod datasync;
mod id;
mod loyalty;
mod merchant;
mod metrics;
mod quarantine;
mod row;
mod state;
mod sweep;
mod verify;

pub use credentials::keeper as token_keeper;
pub use credentials::{CustomersClient, DataSyncConnection, LoyaltyConnection};
pub use loyalty::offer::{Trial, Tried};
pub use loyalty::usage::{Outcome as UsageOutcome, UsageReport};
pub use state::{Erased, Partner, PartnerConfig};
pub use verify::{Fault, Standing, Verified, verify, verify_telling};

use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

/// The tables of this side.
pub const MIGRATIONS: db::Migrations = db::Migrations {
    owner: "partner",
    files: &[
        ("0001_start", include_str!("../migrations/0001_start.sql")),
        ("0002_one_guest", include_str!("../migrations/0002_one_guest.sql")),
        (
            "0003_what_went_back_and_whose_records",
            include_str!("../migrations/0003_what_went_back_and_whose_records.sql"),
        ),
        ("0004_idempotency", include_str!("../migrations/0004_idempotency.sql")),
        ("0005_tokens", include_str!("../migrations/0005_tokens.sql")),
    ],
};

/// Every route of this side: `/partner/…`, `/api/v1/customer…` and `/admin/v1/partner/…`.
pub fn router(partner: Partner) -> axum::Router {
    routes(partner.config()).split_for_parts().0.with_state(partner)
}

/// The description of what register clouds and marketing systems call.
pub fn openapi() -> OpenApi {
    public_routes(&PartnerConfig::default()).into_openapi()
}

/// The description of this side's part of `/admin/v1`.
pub fn admin_openapi() -> OpenApi {
    admin::routes(PartnerConfig::default().admin_body_bytes_max).into_openapi()
}

fn routes(config: &PartnerConfig) -> OpenApiRouter<Partner> {
    public_routes(config).merge(admin::routes(config.admin_body_bytes_max))
}

fn public_routes(config: &PartnerConfig) -> OpenApiRouter<Partner> {
    OpenApiRouter::new()
        .merge(loyalty::routes(config.loyalty_body_bytes_max))
        .merge(datasync::routes(config.datasync_body_bytes_max))
        .merge(customers::routes())
}

/// How many cases a property is tried with: 10,000, or what `PROPTEST_CASES` says.
#[cfg(test)]
pub(crate) fn cases() -> proptest::prelude::ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    proptest::prelude::ProptestConfig::with_cases(asked.unwrap_or(10_000))
}
