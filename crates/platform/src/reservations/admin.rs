//! How does a merchant have a guest forgotten who booked?

use super::store;
use crate::access::{Admin, Guarded};
use axum::extract::Path;
use db::TxError;
use door::ApiError;
use http::StatusCode;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<Guarded> {
    OpenApiRouter::new().routes(routes!(delete_reservation_customer))
}

/// Takes the guest out of a reservation: name, note, customer, and whatever else was sent. The check, its payments and the
/// bill stay. May be repeated.
#[utoipa::path(
    delete,
    path = "/admin/v1/platform/merchants/{merchantId}/places/{placeId}/reservations/{reservationId}/customer",
    tag = "Platform set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("placeId" = String, Path, description = "The place's id"),
        ("reservationId" = String, Path, description = "The reservation's id")
    ),
    responses(
        (status = 204, description = "The reservation names nobody any more"),
        (status = 401, description = "No admin token"),
        (status = 404, description = "No such merchant, place or reservation")
    )
)]
async fn delete_reservation_customer(
    Admin { platform }: Admin,
    Path((merchant, place, id)): Path<(String, String, String)>,
) -> Result<StatusCode, ApiError> {
    let now = platform.now();
    let forgotten = platform.db().write("forget_reservation", move |tx| {
        if store::forget(tx, &merchant, &place, &id, now)? {
            return Ok(());
        }
        Err(TxError::Refused(ApiError::not_found("reservation", &id)))
    });
    forgotten.await?;
    Ok(StatusCode::NO_CONTENT)
}
