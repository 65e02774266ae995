//! How is a voucher set up?

use super::limits;
use super::members::settings;
use super::once::{Answer, IdempotencyHeader, KeyRefusals, OnceKey};
use super::refusals::ChangeRefusals;
use crate::Partner;
use crate::loyalty::ledger::{Account, BalanceStatus, LotKind, NewBalanceRow, NewLot};
use crate::loyalty::program::{Program, SoldAs};
use crate::loyalty::voucher::{self, VoucherCommand};
use axum::extract::{Path, State};
use db::Tx;
use door::admin::AdminCaller;
use door::{ApiError, Strict};
use http::StatusCode;
use jiff::Timestamp;
use money::Precision;
use wire::Number;
use wire::admin::partner::{CreatedVoucher, NewTopUpCode, NewVoucher, VoucherStatus};
use wire::errors::ErrorBody;
use wire::loyalty::BalanceType;

/// Issues a voucher.
#[utoipa::path(
    post, path = "/admin/v1/partner/merchants/{merchantId}/vouchers", tag = "Partner set-up",
    params(("merchantId" = String, Path, description = "The merchant's id"), IdempotencyHeader),
    request_body = NewVoucher,
    responses((status = 201, body = CreatedVoucher), ChangeRefusals, KeyRefusals),
    security(("bearer" = [])),
)]
pub(crate) async fn post_voucher(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path(merchant): Path<String>,
    key: OnceKey,
    Strict(body): Strict<NewVoucher>,
) -> Result<Answer, ApiError> {
    let once = key.of("create_voucher", &merchant, &body);
    if let Some(answer) = once.answered(&partner).await? {
        return Ok(answer);
    }
    limits::id("code", &body.code)?;
    let (settings, now) = (settings(&partner, &merchant).await?, partner.outside().now());
    let program = partner.programs().of(&settings)?;
    let valid_until = limits::instant("validUntil", body.valid_until.as_deref())?;
    let sold = sold_as(&body, &program, now)?;
    let balance = balance(&body, &sold, valid_until, settings.precision)?;
    let created = CreatedVoucher {
        balance_id: balance.balance_id.clone(),
        code: body.code.clone(),
        r#type: sold.r#type,
    };
    let command = VoucherCommand { merchant, code: body.code, valid_until, balance, now };
    let create = move |tx: &mut Tx<'_>| {
        voucher::create(tx, &command)?;
        Ok(Answer::json(StatusCode::CREATED, &created)?)
    };
    once.write(&partner, create).await
}

/// Adds a code that tops up: one balance, or whatever the member on the check can top up.
// loyalty.md §11 T1
#[utoipa::path(
    post, path = "/admin/v1/partner/merchants/{merchantId}/top-up-codes", tag = "Partner set-up",
    params(("merchantId" = String, Path, description = "The merchant's id"), IdempotencyHeader),
    request_body = NewTopUpCode,
    responses(
        (status = 201, body = NewTopUpCode),
        (status = 400, body = ErrorBody, description = "`field` names the member at fault"),
        (status = 401, body = ErrorBody, description = "Not an admin token"),
        (status = 404, body = ErrorBody, description = "The merchant or the balance is not set up here"),
        (status = 409, body = ErrorBody, description = "The code is taken"),
        KeyRefusals,
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn post_top_up_code(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path(merchant): Path<String>,
    key: OnceKey,
    Strict(body): Strict<NewTopUpCode>,
) -> Result<Answer, ApiError> {
    let once = key.of("create_top_up_code", &merchant, &body);
    if let Some(answer) = once.answered(&partner).await? {
        return Ok(answer);
    }
    limits::id("code", &body.code)?;
    let now = partner.outside().now();
    let add = move |tx: &mut Tx<'_>| {
        voucher::add_top_up_code(tx, &merchant, &body.code, body.balance_id.as_deref(), now)?;
        Ok(Answer::json(StatusCode::CREATED, &body)?)
    };
    once.write(&partner, add).await
}

/// What a voucher is: what its product is on the day of the sale (loyalty.md §3 V5), or what the body says.
fn sold_as(body: &NewVoucher, program: &Program, now: Timestamp) -> Result<SoldAs, ApiError> {
    let Some(id) = &body.voucher_product_id else {
        for (path, given) in [("soldOn", &body.sold_on), ("placeId", &body.place_id)] {
            if let Some(given) = given {
                let expected = "nothing without voucherProductId: type and vatRate say what it is";
                return Err(ApiError::field(path, expected, given));
            }
        }
        let expected = "the type of the voucher, or voucherProductId";
        let r#type = body.r#type.ok_or_else(|| ApiError::field("type", expected, "nothing"))?;
        let vat_rate = body.vat_rate.map(|rate| limits::vat_rate("vatRate", rate)).transpose()?;
        return Ok(SoldAs { r#type, vat_rate: vat_rate.map(Number), product_ids: body.product_ids.clone() });
    };
    let said = [
        ("type", body.r#type.is_some()),
        ("vatRate", body.vat_rate.is_some()),
        ("productIds", !body.product_ids.is_empty()),
    ];
    if let Some((path, _)) = said.iter().find(|(_, said)| *said) {
        return Err(ApiError::field(path, "nothing: voucherProductId says what the voucher is", "a value"));
    }
    let products = &program.settings.voucher_products;
    let Some(product) = products.iter().find(|product| product.voucher_product_id == *id) else {
        let expected = "a product of the program's voucherProducts";
        return Err(ApiError::field("voucherProductId", expected, &format!("{id:?}")));
    };
    let today = program.local(body.place_id.as_deref().unwrap_or_default(), now).date();
    let day = limits::day("soldOn", body.sold_on.as_deref())?.unwrap_or(today);
    if day > today {
        return Err(ApiError::field("soldOn", &format!("a day up to today, {today}"), &day.to_string()));
    }
    // what waits for its sale is decided then; until the product is sold it is what the first buyer will get
    let first = || product.versions.iter().map(|version| version.from).min().and_then(|day| product.on(day));
    let waits = body.status == VoucherStatus::Inactive && body.value.0.is_zero();
    product.on(day).or_else(|| first().filter(|_| waits)).ok_or_else(|| {
        let expected = format!("a day on which {id:?} is sold: its versions begin later");
        ApiError::field("soldOn", &expected, &day.to_string())
    })
}

fn balance(
    body: &NewVoucher,
    sold: &SoldAs,
    valid_until: Option<Timestamp>,
    precision: Precision,
) -> Result<NewBalanceRow, ApiError> {
    let balance_id = body.balance_id.clone().unwrap_or_else(|| body.code.clone());
    limits::balance_id("balanceId", &balance_id)?;
    let single_purpose = sold.r#type == BalanceType::SinglePurposePrepaidVoucher;
    let points = sold.r#type == BalanceType::CollectablePoints;
    if body.settings.vat_rate.is_some() {
        return Err(ApiError::field(
            "settings.vatRate",
            "nothing: a voucher has its rate in vatRate",
            "a rate",
        ));
    }
    let vat_rate = sold.vat_rate.map(|rate| rate.0);
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
    for (index, product) in sold.product_ids.iter().enumerate() {
        limits::id(&format!("productIds[{index}]"), product)?;
    }
    let paid_value =
        body.paid_value.map(|paid| limits::value("paidValue", paid, false, precision)).transpose()?;
    let mut settings = limits::settings("settings", &body.settings, sold.r#type)?;
    settings.product_ids.clone_from(&sold.product_ids);
    settings.voucher_product_id.clone_from(&body.voucher_product_id);
    settings.vat_rate = vat_rate;
    Ok(NewBalanceRow {
        balance_id,
        balance_type: sold.r#type,
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
