//! How is the loyalty provider laid out?
//!
//! A folder per noun: [`offer`] answers what can be applied, [`usage`] books what was, [`ledger`] keeps
//! the value, [`promotion`], [`program`] and [`tier`] are the merchant's rules, [`member`] and [`voucher`] the
//! things a code stands for. [`people`] and [`bills`] keep what is known of guests and of what they have paid, [`after_bills`] brings the one
//! up to date with the other. [`erase`] and [`merge`] are what happens to people, [`held`] what an operator does to holds.

pub(crate) mod after_bills;
mod among;
pub(crate) mod bills;
mod day;
pub(crate) mod erase;
pub(crate) mod held;
pub(crate) mod ledger;
pub(crate) mod limit;
pub(crate) mod member;
pub(crate) mod merge;
pub(crate) mod offer;
pub(crate) mod people;
pub(crate) mod program;
pub(crate) mod promotion;
mod settings;
pub(crate) mod tier;
pub(crate) mod titles;
pub(crate) mod usage;
pub(crate) mod validity;
pub(crate) mod voucher;

use crate::Partner;
use door::body_limit;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The three webhooks of a loyalty provider (protocol.md §10.1).
pub(crate) fn routes(loyalty_body_bytes_max: usize) -> OpenApiRouter<Partner> {
    OpenApiRouter::new()
        .routes(routes!(offer::get_benefit_offer))
        .routes(routes!(offer::report_offer_validation_error))
        .routes(routes!(usage::report_benefit_usage))
        .layer(body_limit(loyalty_body_bytes_max))
}
