//! How does a check begin, and how is it looked at?

use super::{CheckPath, load, selling, store, view};
use crate::access::AtRegister;
use crate::persons::signed_in;
use crate::sale::StoredCheck;
use crate::sale::bill::StoredPayment;
use axum::Json;
use axum::extract::Path;
use db::Tx;
use door::{ApiError, Strict};
use http::StatusCode;
use jiff::Timestamp;
use wire::pos::{Check, CheckState, OpenCheck, PosPerson};

/// What is known of a check when it is opened.
#[derive(Debug, Clone)]
pub(crate) struct Opening {
    pub(crate) check_id: String,
    /// The register that has it; [`store::NO_REGISTER`] where the first that changes it shall.
    pub(crate) device_number: i64,
    pub(crate) desk_id: Option<String>,
    pub(crate) person_count: Option<i64>,
    pub(crate) opened_by: Option<PosPerson>,
    /// What was paid before there is anything to pay.
    pub(crate) already_paid: Vec<StoredPayment>,
    pub(crate) opened_at: Timestamp,
}

/// Opens an empty check at the place, whoever asks for it.
pub(crate) fn open(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    opening: Opening,
) -> Result<StoredCheck, db::Error> {
    let Opening { check_id, device_number, desk_id, person_count, opened_by, already_paid, opened_at } =
        opening;
    let check = StoredCheck {
        check_id,
        device_number,
        version: 1,
        state: CheckState::Open,
        desk_id,
        person_count,
        opened_by,
        lines: Vec::new(),
        codes: Vec::new(),
        choices: Default::default(),
        loyalty_offer_id: None,
        question: None,
        offer: None,
        offer_problem: None,
        bill_id: None,
        opened_at,
        already_paid,
        order_provider: None,
    };
    store::open(tx, merchant, place, &check)?;
    Ok(check)
}

/// Opens an empty check on this register.
#[utoipa::path(
    post,
    path = "/pos/{sourceId}/checks",
    tag = "Till",
    params(("sourceId" = String, Path, description = "`<merchantId>-<placeId>`")),
    request_body = OpenCheck,
    responses(
        (status = 201, description = "The check", body = Check),
        (status = 400, description = "The body cannot be read; `field` names the member"),
        (status = 401, description = "No register's token"),
        (status = 403, description = "The token belongs to another place, or the place is disabled")
    )
)]
pub(super) async fn open_check(
    AtRegister { platform, grant }: AtRegister,
    Strict(body): Strict<OpenCheck>,
) -> Result<(StatusCode, Json<Check>), ApiError> {
    let opening = Opening {
        check_id: platform.outside().object_id(),
        device_number: grant.device_number,
        desk_id: body.desk_id,
        person_count: body.person_count.map(i64::from),
        opened_by: body.opened_by,
        already_paid: Vec::new(),
        opened_at: platform.now(),
    };
    let owner = grant.clone();
    let (selling, opened) = platform
        .db()
        .write("open_check", move |tx| {
            let selling = selling(tx, &grant)?;
            let mut opening = opening.clone();
            if opening.opened_by.is_none() {
                opening.opened_by = signed_in(tx, &grant)?;
            }
            Ok((selling, open(tx, &grant.merchant, &grant.place, opening)?))
        })
        .await?;
    Ok((StatusCode::CREATED, Json(view::shown(&owner, &selling.settings, &opened)?)))
}

/// The check as it is now.
#[utoipa::path(
    get,
    path = "/pos/{sourceId}/checks/{checkId}",
    tag = "Till",
    params(
        ("sourceId" = String, Path, description = "`<merchantId>-<placeId>`"),
        ("checkId" = String, Path, description = "The check's id")
    ),
    responses(
        (status = 200, description = "The check", body = Check),
        (status = 401, description = "No register's token"),
        (status = 403, description = "The check is open on another register"),
        (status = 404, description = "No such check here")
    )
)]
pub(super) async fn read_check(
    AtRegister { platform, grant }: AtRegister,
    Path(path): Path<CheckPath>,
) -> Result<Json<Check>, ApiError> {
    let (check, selling) = load(&platform, &grant, &path.check_id).await?;
    view::shown(&grant, &selling.settings, &check).map(Json)
}
