//! How does a check get to another desk, and how does one end that nothing came of?

use super::{CheckPath, change, store};
use crate::access::AtRegister;
use crate::desks;
use axum::Json;
use axum::extract::Path;
use db::TxError;
use door::{ApiError, Strict};
use http::StatusCode;
use wire::pos::{ChangeCheck, Check};

/// Moves a check to another desk, or says how many guests there are. What is left out stays.
#[utoipa::path(
    patch,
    path = "/pos/{sourceId}/checks/{checkId}",
    tag = "Till",
    params(
        ("sourceId" = String, Path, description = "`<merchantId>-<placeId>`"),
        ("checkId" = String, Path, description = "The check's id")
    ),
    request_body = ChangeCheck,
    responses(
        (status = 200, description = "The check", body = Check),
        (status = 400, description = "The body cannot be read, or names a desk that the place does not have; `field` names the member"),
        (status = 401, description = "No register's token"),
        (status = 403, description = "The check is open on another register"),
        (status = 404, description = "No such check here"),
        (status = 409, description = "`CHECK_PAID`: the check has a bill")
    )
)]
pub(super) async fn change_check(
    AtRegister { platform, grant }: AtRegister,
    Path(path): Path<CheckPath>,
    Strict(body): Strict<ChangeCheck>,
) -> Result<Json<Check>, ApiError> {
    let (merchant, place) = (grant.merchant.clone(), grant.place.clone());
    change(&platform, "change_check", grant, path.check_id, move |tx, _, check| {
        if let Some(desk) = &body.desk_id {
            if !desks::may_sit(tx, &merchant, &place, desk)? {
                let error = ApiError::field("deskId", "a desk of the place", &format!("{desk:?}"));
                return Err(TxError::Refused(error));
            }
            check.desk_id = Some(desk.clone());
        }
        if let Some(count) = body.person_count {
            check.person_count = Some(i64::from(count));
        }
        Ok(())
    })
    .await
}

/// Ends an open check that nothing came of: its basket is empty, nothing was paid before, and no order made it.
#[utoipa::path(
    delete,
    path = "/pos/{sourceId}/checks/{checkId}",
    tag = "Till",
    params(
        ("sourceId" = String, Path, description = "`<merchantId>-<placeId>`"),
        ("checkId" = String, Path, description = "The check's id")
    ),
    responses(
        (status = 204, description = "It is gone"),
        (status = 401, description = "No register's token"),
        (status = 403, description = "The check is open on another register"),
        (status = 404, description = "No such check here"),
        (status = 409, description = "`CHECK_IN_USE`: it has lines or was paid in part before, and ends by a payment; `CHECK_PAID`: the check has a bill")
    )
)]
pub(super) async fn drop_check(
    AtRegister { platform, grant }: AtRegister,
    Path(path): Path<CheckPath>,
) -> Result<StatusCode, ApiError> {
    let now = platform.now();
    let id = path.check_id;
    platform
        .db()
        .write("drop_check", move |tx| {
            let check = store::bump(tx, &grant, &id, now)?;
            if !check.lines.is_empty() || !check.already_paid.is_empty() || check.order_provider.is_some() {
                let message = format!(
                    "check {id} has lines or was paid in part before; take the lines off, or pay it: what is below 0 is given back"
                );
                return Err(TxError::Refused(ApiError::conflict(message).with_name("CHECK_IN_USE")));
            }
            store::remove(tx, &grant, &id)?;
            Ok(())
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
