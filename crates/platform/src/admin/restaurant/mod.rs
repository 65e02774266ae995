//! How is all of a merchant's restaurant set up by one document? `/admin/v1/platform/merchants/{merchantId}/restaurant`
//!
//! (protocol.md §17.) The document is taken apart into rows ([`rows`]), each row becomes the value that its noun's own call
//! is given ([`plan`]), and all are written in one transaction ([`run`]). What is there is told in the same form ([`shown`]).

mod plan;
mod rows;
mod run;
mod shown;

use crate::access::{Admin, Guarded};
use crate::api::missing;
use crate::bills::LETTER_PAIRS;
use axum::Json;
use axum::extract::Path;
use door::{ApiError, Strict};
use serde_json::{Map, Value};
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::admin::restaurant::{ReportedRow, Restaurant, RestaurantReport, RowOutcome};

pub(super) fn routes() -> OpenApiRouter<Guarded> {
    OpenApiRouter::new().routes(routes!(put_restaurant, get_restaurant))
}

/// Sets a merchant up with everything below it, or changes it: all of the document, or nothing when a row cannot be so. The
/// same document again changes nothing. Rows that are not named stay as they are; one with `removed` is taken away.
#[utoipa::path(
    put,
    path = "/admin/v1/platform/merchants/{merchantId}/restaurant",
    tag = "Platform set-up",
    params(("merchantId" = String, Path, description = "24 hex digits by custom")),
    request_body = Restaurant,
    responses(
        (status = 200, description = "What became of each row", body = RestaurantReport),
        (status = 400, description = "The body cannot be read, or `RESTAURANT_REFUSED`: `rows` are those that cannot be so, each with \
            its path, the member at fault and the reason; nothing was set up"),
        (status = 401, description = "No admin token"),
        (status = 404, description = "Nobody has set the merchant up, and the document has no `merchant` either")
    )
)]
async fn put_restaurant(
    Admin { platform }: Admin,
    Path(merchant): Path<String>,
    Strict(document): Strict<Map<String, Value>>,
) -> Result<Json<RestaurantReport>, ApiError> {
    let first = platform.outside().below(LETTER_PAIRS);
    let (rows, faults) = rows::rows_of(document);
    let (plan, refused) = plan::plan(&platform, &merchant, rows, first);
    let refused: Vec<ReportedRow> = faults.iter().map(of_form).chain(refused).collect();
    if !refused.is_empty() {
        return Err(run::refused(refused));
    }
    let owner = merchant.clone();
    let now = platform.now();
    let report = platform
        .change("put_restaurant", &merchant, now, move |tx, changes| run::run(tx, changes, &owner, &plan))
        .await?;
    platform.registers().clear();
    Ok(Json(report))
}

/// What is wrong with the form of a document, as a row that is refused.
fn of_form(error: &ApiError) -> ReportedRow {
    let path = plan::field_of(error).unwrap_or_default();
    ReportedRow { outcome: RowOutcome::Refused, ..plan::refusal(path, "", error) }
}

/// The merchant with everything below it, without secrets, as one document that can be put again.
#[utoipa::path(
    get,
    path = "/admin/v1/platform/merchants/{merchantId}/restaurant",
    tag = "Platform set-up",
    params(("merchantId" = String, Path, description = "The merchant's id")),
    responses(
        (status = 200, description = "The document", body = Restaurant),
        (status = 401, description = "No admin token"),
        (status = 404, description = "No such merchant")
    )
)]
async fn get_restaurant(
    Admin { platform }: Admin,
    Path(merchant): Path<String>,
) -> Result<Json<Restaurant>, ApiError> {
    let now = platform.now();
    let shown = platform
        .db()
        .read("admin_restaurant", move |tx| {
            shown::restaurant(tx, &merchant, now)?.ok_or_else(|| missing("merchant", &merchant))
        })
        .await?;
    Ok(Json(shown))
}
