//! What do open checks hold, and how is a hold ended by hand?

use super::limits;
use super::once::{Answer, IdempotencyHeader, KeyRefusals, OnceKey};
use super::refusals::{ChangeRefusals, LookRefusals};
use crate::Partner;
use crate::loyalty::held::{self, HoldId, Of};
use crate::loyalty::ledger::CheckKey;
use axum::Json;
use axum::extract::{Path, Query, State};
use db::{Tx, TxError};
use door::admin::AdminCaller;
use door::{ApiError, Strict};
use http::StatusCode;
use serde::Deserialize;
use wire::admin::partner::holds::{HoldList, ReleaseHolds};

/// Which holds are asked for: of a balance, of a limit, or of a check with all three of its parts.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct HoldsQuery {
    balance_id: Option<String>,
    limit_id: Option<String>,
    place_id: Option<String>,
    device_number: Option<i64>,
    check_id: Option<String>,
}

/// The holds that count now: of one balance, of one limit of a promotion, or of one check.
#[utoipa::path(
    get, path = "/admin/v1/partner/merchants/{merchantId}/holds", tag = "Partner set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("balanceId" = Option<String>, Query, description = "Those on this balance"),
        ("limitId" = Option<String>, Query, description = "Those on this limit of a promotion"),
        ("placeId" = Option<String>, Query, description = "Those of a check: its place, with the two below"),
        ("deviceNumber" = Option<i64>, Query, description = "The check's register"),
        ("checkId" = Option<String>, Query, description = "The check"),
    ),
    responses((status = 200, body = HoldList), ChangeRefusals),
    security(("bearer" = [])),
)]
pub(crate) async fn get_holds(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path(merchant): Path<String>,
    query: Result<Query<HoldsQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<HoldList>, ApiError> {
    let Query(query) = query.map_err(|error| ApiError::query(&error.body_text()))?;
    let (of, now) = (of(query)?, partner.outside().now());
    let missing = match &of {
        Of::Balance(id) => ApiError::not_found("balance", id),
        Of::Limit(id) => ApiError::not_found("limit", id),
        Of::Check(_) => ApiError::not_found("merchant", &merchant),
    };
    let found = partner.db().read("partner_holds", move |tx| {
        held::list(tx, &merchant, &of, now).map_err(TxError::<db::Never>::from)
    });
    let data = found.await?.ok_or(missing)?;
    Ok(Json(HoldList { data }))
}

/// Ends one hold before its time; what it kept is free again. A report that comes after it is booked and flagged
/// `late`. May be repeated.
#[utoipa::path(
    delete, path = "/admin/v1/partner/merchants/{merchantId}/holds/{holdId}", tag = "Partner set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("holdId" = String, Path, description = "`holdId` of a hold"),
        IdempotencyHeader,
    ),
    responses(
        (status = 204, description = "It is over"),
        LookRefusals,
        KeyRefusals,
        (status = 409, body = wire::errors::ErrorBody, description = "It ended otherwise: by itself, by a bill, by a newer offer"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn delete_hold(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path((merchant, hold_id)): Path<(String, String)>,
    key: OnceKey,
) -> Result<Answer, ApiError> {
    let once = key.of("release_hold", &merchant, &hold_id);
    if let Some(answer) = once.answered(&partner).await? {
        return Ok(answer);
    }
    let hold = HoldId::from_text(&hold_id).ok_or_else(|| ApiError::not_found("hold", &hold_id))?;
    let now = partner.outside().now();
    let release = move |tx: &mut Tx<'_>| {
        held::release(tx, &merchant, &hold, now)?;
        Ok(Answer::empty())
    };
    once.write(&partner, release).await
}

/// Ends every hold of a check, on balances and on limits of promotions, before their time.
#[utoipa::path(
    post, path = "/admin/v1/partner/merchants/{merchantId}/holds/release", tag = "Partner set-up",
    params(("merchantId" = String, Path, description = "The merchant's id"), IdempotencyHeader),
    request_body = ReleaseHolds,
    responses((status = 200, body = HoldList, description = "Those that were ended; none where the check held nothing"), ChangeRefusals, KeyRefusals),
    security(("bearer" = [])),
)]
pub(crate) async fn post_release(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path(merchant): Path<String>,
    key: OnceKey,
    Strict(body): Strict<ReleaseHolds>,
) -> Result<Answer, ApiError> {
    let once = key.of("release_holds", &merchant, &body);
    if let Some(answer) = once.answered(&partner).await? {
        return Ok(answer);
    }
    limits::id("placeId", &body.place_id)?;
    limits::id("checkId", &body.check_id)?;
    let check = CheckKey { place: body.place_id, device_number: body.device_number, check_id: body.check_id };
    let now = partner.outside().now();
    let release = move |tx: &mut Tx<'_>| {
        let data = held::release_check(tx, &merchant, &check, now)?;
        Ok(Answer::json(StatusCode::OK, &HoldList { data })?)
    };
    once.write(&partner, release).await
}

fn of(query: HoldsQuery) -> Result<Of, ApiError> {
    for (field, text) in [
        ("balanceId", &query.balance_id),
        ("limitId", &query.limit_id),
        ("placeId", &query.place_id),
        ("checkId", &query.check_id),
    ] {
        limits::text(field, text.as_deref())?;
    }
    let check = (query.place_id, query.device_number, query.check_id);
    match (query.balance_id, query.limit_id, check) {
        (Some(id), None, (None, None, None)) => Ok(Of::Balance(id)),
        (None, Some(id), (None, None, None)) => Ok(Of::Limit(id)),
        (None, None, (Some(place), Some(device_number), Some(check_id))) => {
            Ok(Of::Check(CheckKey { place, device_number, check_id }))
        }
        _ => Err(ApiError::field(
            "balanceId",
            "one of balanceId, limitId, or placeId with deviceNumber and checkId",
            "none, several, or a part of a check",
        )),
    }
}
