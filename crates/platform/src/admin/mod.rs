//! How is the platform set up? `/admin/v1/platform/…`, with an admin token.
//!
//! Setting up is repeatable: a PUT says how something shall be and may be sent again. Secrets go in sealed,
//! or come out once; none is ever shown again.

mod clients;
mod customers;
mod datasync;
mod loyalty;
mod merchants;
mod places;
mod registers;
mod restaurant;
mod store;

use crate::access::Guarded;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes(body_bytes_max: usize) -> OpenApiRouter<Guarded> {
    OpenApiRouter::new()
        .routes(routes!(merchants::put_merchant, merchants::get_merchant))
        .routes(routes!(places::put_place))
        .routes(routes!(registers::post_register))
        .routes(routes!(loyalty::put_loyalty_connection))
        .routes(routes!(customers::delete_customer))
        .routes(routes!(datasync::put_datasync))
        .routes(routes!(datasync::get_datasync))
        .routes(routes!(clients::post_client, clients::list_clients))
        .merge(restaurant::routes())
        .merge(crate::menu::admin::routes())
        .merge(crate::bills::admin::routes())
        .merge(crate::desks::admin::routes())
        .merge(crate::stocks::admin::routes())
        .merge(crate::reservations::admin::routes())
        .merge(crate::persons::admin::routes())
        .merge(crate::delivery::settings::routes())
        .layer(door::body_limit(body_bytes_max))
}

/// 400 for a secret that no header can carry, 500 where our keys are at fault.
fn unsealable(member: &str, error: &courier::destination::SecretError) -> door::ApiError {
    match error {
        courier::destination::SecretError::Invalid(_) => {
            door::ApiError::field(member, "1 to 512 visible ASCII characters", "others, more or none")
        }
        other => {
            tracing::error!(error = %other, "a secret cannot be sealed");
            door::ApiError::internal()
        }
    }
}
