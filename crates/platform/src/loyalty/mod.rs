//! How does the platform broker between registers and the loyalty provider?
//!
//! Towards the provider it asks for offers ([`broker`]), reports validation errors and, through the courier,
//! benefit usages ([`usage`]). The provider in turn may pull usages and mark them ([`benefit_usages`]).

mod benefit_usages;
pub(crate) mod broker;
mod connection;
mod freeze;
mod listener;
pub(crate) mod question;
pub(crate) mod refund_usage;
pub(crate) mod store;
pub(crate) mod usage;
mod wishes;

pub(crate) use connection::{Connection, in_use};
pub(crate) use freeze::freeze_report;
pub(crate) use listener::UsageListener;

use crate::access::Guarded;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The courier's kind of a usage report.
const BENEFIT_USAGE: &str = "benefitUsage";

pub(crate) fn routes() -> OpenApiRouter<Guarded> {
    OpenApiRouter::new()
        .routes(routes!(benefit_usages::list_benefit_usages))
        .routes(routes!(benefit_usages::mark_as_synchronized))
}
