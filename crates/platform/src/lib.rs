//! What is the POS cloud made of, and how is it joined into a program?
//!
//! A folder per documented API, each with its routes, its SQL (`store.rs`) and its pure rules: [`access`]
//! the token call, [`merchants`], [`menu`], [`bills`], [`delivery`], [`desks`], [`stocks`], [`reservations`], [`loyalty`] the broker towards the provider and the
//! benefit usages; [`till`] is our own API for registers, [`persons`] who works at them, and [`admin`] the set-up. Below them stand [`sale`], what
//! a check comes to and what its bill says, [`place`], [`api`], what all of them share, and [`feed`], which tells
//! DataSync what they change (docs/adding-an-api.md). To join it in:
//!
//! ```text
//! db.migrate(&[door::MIGRATIONS, courier::MIGRATIONS, platform::MIGRATIONS]).await?;
//! let courier = Courier::start(…, platform::listeners(), platform::feeds());
//! let wake = { let courier = courier.clone(); Arc::new(move || courier.wake()) };
//! let platform = Platform::new(PlatformParts { db, outside, caller, keyring, admin, wake, config });
//! let app = platform::router(platform);
//! ```

mod access;
mod admin;
mod api;
mod bills;
mod delivery;
mod desks;
mod feed;
mod loyalty;
mod menu;
mod merchants;
mod metrics;
mod people;
mod persons;
mod place;
mod reservations;
mod sale;
mod state;
mod stocks;
mod till;

pub use access::keeper as token_keeper;
pub use state::{Platform, PlatformConfig, PlatformParts};

use access::Guarded;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;

/// The platform's tables (`platform_…`).
pub const MIGRATIONS: db::Migrations = db::Migrations {
    owner: "platform",
    files: &[
        ("0001_start", include_str!("../migrations/0001_start.sql")),
        ("0002_desks", include_str!("../migrations/0002_desks.sql")),
        ("0003_refunded", include_str!("../migrations/0003_refunded.sql")),
        ("0004_tokens", include_str!("../migrations/0004_tokens.sql")),
        ("0014_customer_copies", include_str!("../migrations/0014_customer_copies.sql")),
        ("0016_menu", include_str!("../migrations/0016_menu.sql")),
        ("0017_stocks", include_str!("../migrations/0017_stocks.sql")),
        ("0018_reservations", include_str!("../migrations/0018_reservations.sql")),
        ("0019_delivery", include_str!("../migrations/0019_delivery.sql")),
        ("0020_order_provider", include_str!("../migrations/0020_order_provider.sql")),
        ("0021_pages_of_bills", include_str!("../migrations/0021_pages_of_bills.sql")),
        ("0022_persons", include_str!("../migrations/0022_persons.sql")),
        ("0025_additions", include_str!("../migrations/0025_additions.sql")),
    ],
};

/// Every route of the platform: the documented APIs at the root, `/pos/…`, `/deliveryInternal/…` and
/// `/admin/v1/platform/…`.
pub fn router(platform: Platform) -> axum::Router {
    let (pos, admin) = (platform.config().pos_body_bytes_max, platform.config().admin_body_bytes_max);
    // What is polled has tags: the documented APIs and the till.
    let polled = documented_routes()
        .merge(till::routes(pos))
        .merge(menu::register::routes())
        .merge(delivery::register::routes(pos))
        .merge(reservations::register::routes())
        .merge(persons::register::routes(pos))
        .layer(door::ETags);
    let routes = access::routes().merge(polled).merge(admin::routes(admin));
    routes.with_state(Guarded::new(platform)).split_for_parts().0
}

/// The description of the documented APIs and of what registers call: `/pos/…`, `/deliveryInternal/…`.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut description = access::routes().into_openapi();
    description.merge(documented_routes().into_openapi());
    let pos = PlatformConfig::default().pos_body_bytes_max;
    description.merge(till::routes(pos).into_openapi());
    description.merge(menu::register::routes().into_openapi());
    description.merge(delivery::register::routes(pos).into_openapi());
    description.merge(reservations::register::routes().into_openapi());
    description.merge(persons::register::routes(pos).into_openapi());
    description
}

/// The description of the platform's part of `/admin/v1`.
pub fn admin_openapi() -> utoipa::openapi::OpenApi {
    admin::routes(PlatformConfig::default().admin_body_bytes_max).into_openapi()
}

/// What the courier must tell the platform: how deliveries of usage reports end.
pub fn listeners() -> Vec<Arc<dyn courier::Listener>> {
    vec![Arc::new(loyalty::UsageListener)]
}

/// What the courier reads for DataSync: the platform's domains.
pub fn feeds() -> Vec<Arc<dyn courier::FeedSource>> {
    vec![
        Arc::new(feed::Feed::<bills::BillRecords>::new()),
        Arc::new(feed::Feed::<merchants::MerchantRecords>::new()),
        Arc::new(feed::Feed::<merchants::PlaceRecords>::new()),
        Arc::new(feed::Feed::<menu::CategoryRecords>::new()),
        Arc::new(feed::Feed::<menu::ItemRecords>::new()),
        Arc::new(feed::Feed::<menu::PlaceItemRecords>::new()),
        Arc::new(feed::Feed::<desks::SectionRecords>::new()),
        Arc::new(feed::Feed::<desks::DeskRecords>::new()),
        Arc::new(feed::Feed::<persons::PersonRecords>::new()),
        Arc::new(feed::Feed::<stocks::StockRecords>::new()),
        Arc::new(feed::Feed::<stocks::StockItemCategoryRecords>::new()),
        Arc::new(feed::Feed::<stocks::StockItemRecords>::new()),
    ]
}

/// The documented APIs but the token call.
fn documented_routes() -> OpenApiRouter<Guarded> {
    OpenApiRouter::new()
        .merge(merchants::routes())
        .merge(menu::routes())
        .merge(bills::routes())
        .merge(delivery::routes())
        .merge(desks::routes())
        .merge(till::documented_routes())
        .merge(stocks::routes())
        .merge(reservations::routes())
        .merge(loyalty::routes())
}
