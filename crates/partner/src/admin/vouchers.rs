//! How is a voucher set up?

use super::limits;
use super::members::precision;
use super::refusals::ChangeRefusals;
use crate::Partner;
use crate::loyalty::ledger::{Account, BalanceStatus, LotKind, NewBalanceRow, NewLot};
use crate::loyalty::voucher::{self, VoucherCommand};
use axum::Json;
use axum::extract::{Path, State};
use door::admin::AdminCaller;
use door::{ApiError, Strict};
use http::StatusCode;
use jiff::Timestamp;
use money::Precision;
use wire::admin::partner::{CreatedVoucher, NewTopUpCode, NewVoucher, VoucherStatus};
use wire::errors::ErrorBody;
use wire::loyalty::BalanceType;

/// Issues a voucher.
#[utoipa::path(
    post, path = "/admin/v1/partner/merchants/{merchantId}/vouchers", tag = "Partner set-up",
    params(("merchantId" = String, Path, description = "The merchant's id")),
    request_body = NewVoucher,
    responses((status = 201, body = CreatedVoucher), ChangeRefusals),
    security(("bearer" = [])),
)]
pub(crate) async fn post_voucher(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path(merchant): Path<String>,
    Strict(body): Strict<NewVoucher>,
) -> Result<(StatusCode, Json<CreatedVoucher>), ApiError> {
    limits::id("code", &body.code)?;
    let precision = precision(&partner, &merchant).await?;
    let valid_until = limits::instant("validUntil", body.valid_until.as_deref())?;
    let balance = balance(&body, valid_until, precision)?;
    let created = CreatedVoucher { balance_id: balance.balance_id.clone(), code: body.code.clone() };
    let command =
        VoucherCommand { merchant, code: body.code, valid_until, balance, now: partner.outside().now() };
    partner.db().write("create_voucher", move |tx| voucher::create(tx, &command)).await?;
    Ok((StatusCode::CREATED, Json(created)))
}

/// Adds a code that tops up: one balance, or whatever the member on the check can top up (loyalty.md §11 T1).
#[utoipa::path(
    post, path = "/admin/v1/partner/merchants/{merchantId}/top-up-codes", tag = "Partner set-up",
    params(("merchantId" = String, Path, description = "The merchant's id")),
    request_body = NewTopUpCode,
    responses(
        (status = 201, body = NewTopUpCode),
        (status = 400, body = ErrorBody, description = "`field` names the member at fault"),
        (status = 401, body = ErrorBody, description = "Not an admin token"),
        (status = 404, body = ErrorBody, description = "The merchant or the balance is not set up here"),
        (status = 409, body = ErrorBody, description = "The code is taken"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn post_top_up_code(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path(merchant): Path<String>,
    Strict(body): Strict<NewTopUpCode>,
) -> Result<(StatusCode, Json<NewTopUpCode>), ApiError> {
    limits::id("code", &body.code)?;
    let (asked, now) = (body.clone(), partner.outside().now());
    let done = partner.db().write("create_top_up_code", move |tx| {
        voucher::add_top_up_code(tx, &merchant, &asked.code, asked.balance_id.as_deref(), now)
    });
    done.await?;
    Ok((StatusCode::CREATED, Json(body)))
}

fn balance(
    body: &NewVoucher,
    valid_until: Option<Timestamp>,
    precision: Precision,
) -> Result<NewBalanceRow, ApiError> {
    let balance_id = body.balance_id.clone().unwrap_or_else(|| body.code.clone());
    limits::balance_id("balanceId", &balance_id)?;
    let single_purpose = body.r#type == BalanceType::SinglePurposePrepaidVoucher;
    let points = body.r#type == BalanceType::CollectablePoints;
    if body.settings.vat_rate.is_some() {
        return Err(ApiError::field(
            "settings.vatRate",
            "nothing: a voucher has its rate in vatRate",
            "a rate",
        ));
    }
    let vat_rate = body.vat_rate.map(|rate| limits::vat_rate("vatRate", rate)).transpose()?;
    if single_purpose && vat_rate.is_none() {
        return Err(ApiError::field(
            "vatRate",
            "the rate at which a single-purpose voucher was sold, such as 0.12",
            "nothing",
        ));
    }
    if !single_purpose && vat_rate.is_some() {
        return Err(ApiError::field(
            "vatRate",
            "nothing: only single-purpose vouchers have a rate",
            "a rate",
        ));
    }
    if body.status == VoucherStatus::Inactive && !body.value.0.is_zero() {
        return Err(ApiError::field(
            "value",
            "0: a voucher that waits for its activation gets its value when it is sold, from settings.prepayment",
            &body.value.to_string(),
        ));
    }
    for (index, product) in body.product_ids.iter().enumerate() {
        limits::id(&format!("productIds[{index}]"), product)?;
    }
    let paid_value =
        body.paid_value.map(|paid| limits::value("paidValue", paid, false, precision)).transpose()?;
    let mut settings = limits::settings("settings", &body.settings, body.r#type)?;
    settings.product_ids.clone_from(&body.product_ids);
    settings.vat_rate = vat_rate;
    Ok(NewBalanceRow {
        balance_id,
        balance_type: body.r#type,
        member_id: None,
        status: match body.status {
            VoucherStatus::Active => BalanceStatus::Active,
            VoucherStatus::Inactive => BalanceStatus::Inactive,
        },
        settings,
        opening: limits::value("value", body.value, points, precision)?,
        lot: NewLot {
            kind: if points { LotKind::Earned } else { LotKind::Paid },
            source: "sold".to_owned(),
            vat_rate,
            paid_value,
            available_at: None,
            expires_at: valid_until,
        },
        other: if points { Account::Promotion } else { Account::Sales },
    })
}
