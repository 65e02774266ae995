//! How is a merchant set up on this side?

use super::limits;
use super::members::settings;
use crate::Partner;
use crate::loyalty::program::ProgramSettings;
use crate::merchant::{self, MerchantRow};
use crate::row;
use axum::Json;
use axum::extract::{Path, State};
use db::{Tx, TxError};
use door::admin::AdminCaller;
use door::{ApiError, Strict};
use jiff::Timestamp;
use money::Precision;
use serde_json::Value;
use wire::admin::partner::PartnerMerchant;
use wire::errors::ErrorBody;

/// The shortest time an offer reserves value (loyalty.md §4).
const HOLD_TTL_SECONDS_MIN: i64 = 180;
/// A hold of more than a day is a mistake.
const HOLD_TTL_SECONDS_MAX: i64 = 86_400;

/// Sets a merchant up, or changes it.
#[utoipa::path(
    put, path = "/admin/v1/partner/merchants/{merchantId}", tag = "Partner set-up",
    params(("merchantId" = String, Path, description = "The merchant's id")),
    request_body = PartnerMerchant,
    responses(
        (status = 200, body = PartnerMerchant, description = "As it is set up now"),
        (status = 400, body = ErrorBody, description = "`field` names the member"),
        (status = 401, body = ErrorBody, description = "Not an admin token"),
        (status = 409, body = ErrorBody, description = "Currency or precision would change"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn put_merchant(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path(merchant): Path<String>,
    Strict(body): Strict<PartnerMerchant>,
) -> Result<Json<PartnerMerchant>, ApiError> {
    limits::id("merchantId", &merchant)?;
    limits::text("name", Some(&body.name))?;
    check(&body)?;
    let program = body.program.as_ref().map(Value::to_string);
    if let Some(program) = &program {
        ProgramSettings::parse(program).map_err(|wrong| ApiError::within("program", &wrong))?;
    }
    let now = partner.outside().now();
    let stored = partner
        .db()
        .write("put_partner_merchant", move |tx| put(tx, &merchant, &body, program.as_deref(), now));
    Ok(Json(shown(stored.await?)?))
}

/// A merchant as it is set up.
#[utoipa::path(
    get, path = "/admin/v1/partner/merchants/{merchantId}", tag = "Partner set-up",
    params(("merchantId" = String, Path, description = "The merchant's id")),
    responses(
        (status = 200, body = PartnerMerchant),
        (status = 401, body = ErrorBody, description = "Not an admin token"),
        (status = 404, body = ErrorBody, description = "Not set up here"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get_merchant(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path(merchant): Path<String>,
) -> Result<Json<PartnerMerchant>, ApiError> {
    Ok(Json(shown(settings(&partner, &merchant).await?)?))
}

fn put(
    tx: &mut Tx<'_>,
    merchant: &str,
    body: &PartnerMerchant,
    program: Option<&str>,
    now: Timestamp,
) -> Result<MerchantRow, TxError<ApiError>> {
    if !merchant::put(tx, merchant, body, program, now)? {
        return Err(TxError::Refused(ApiError::conflict(
            "currencyCode and pricePrecision cannot change: the books count in them",
        )));
    }
    merchant::get(tx, merchant)?.ok_or_else(|| TxError::Refused(ApiError::not_found("merchant", merchant)))
}

fn check(body: &PartnerMerchant) -> Result<(), ApiError> {
    let code = &body.currency_code;
    if code.len() != 3 || !code.bytes().all(|b| b.is_ascii_uppercase()) {
        return Err(ApiError::field("currencyCode", "three capital letters, such as CZK", code));
    }
    if Precision::new(body.price_precision).is_none() {
        return Err(ApiError::field("pricePrecision", "0 to 3", &body.price_precision.to_string()));
    }
    if let Some(seconds) = body.hold_ttl_seconds
        && !(HOLD_TTL_SECONDS_MIN..=HOLD_TTL_SECONDS_MAX).contains(&seconds)
    {
        let expected = format!("{HOLD_TTL_SECONDS_MIN} to {HOLD_TTL_SECONDS_MAX}");
        return Err(ApiError::field("holdTtlSeconds", &expected, &seconds.to_string()));
    }
    limits::zone("timeZone", &body.time_zone)
}

fn shown(stored: MerchantRow) -> Result<PartnerMerchant, ApiError> {
    Ok(PartnerMerchant {
        name: stored.name,
        currency_code: stored.currency_code,
        price_precision: stored.precision.digits(),
        time_zone: stored.time_zone,
        hold_ttl_seconds: Some(stored.hold_ttl_seconds),
        program: Some(row::json("partner_merchant", "program", &stored.program)?),
    })
}
