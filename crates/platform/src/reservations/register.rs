//! `GET /pos/{sourceId}/reservations`: which guests who booked are seated, as a register sees them?

use super::store;
use crate::access::{AtRegister, Guarded};
use crate::place::place_settings;
use axum::Json;
use db::TxError;
use door::ApiError;
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::list::Whole;
use wire::reservations::SeatedReservation;

pub(crate) fn routes() -> OpenApiRouter<Guarded> {
    OpenApiRouter::new().routes(routes!(list_reservations))
}

/// The reservations of the place whose check is open, with the guests' names: the register that first changes such a
/// check has it from then on.
#[utoipa::path(
    get,
    path = "/pos/{sourceId}/reservations",
    tag = "Till",
    params(("sourceId" = String, Path, description = "`<merchantId>-<placeId>`")),
    responses(
        (status = 200, description = "The reservations", body = Whole<SeatedReservation>),
        (status = 401, description = "No register's token"),
        (status = 403, description = "The token belongs to another place, or the place is disabled")
    )
)]
async fn list_reservations(
    AtRegister { platform, grant }: AtRegister,
) -> Result<Json<Whole<SeatedReservation>>, ApiError> {
    let found = platform.db().read("seated_reservations", move |tx| {
        let settings = place_settings(tx, &grant.merchant, &grant.place)?;
        let settings =
            settings.ok_or_else(|| TxError::Refused(ApiError::not_found("place", &grant.place)))?;
        Ok::<_, TxError<ApiError>>(store::seated(tx, &grant.merchant, &grant.place, &settings)?)
    });
    Ok(Json(Whole { data: found.await? }))
}
