//! How is a merchant set up and looked at?

use super::{ids, store};
use crate::Platform;
use axum::Json;
use axum::extract::{Path, State};
use db::{TxError, params};
use door::admin::AdminCaller;
use door::{ApiError, Strict};
use money::Precision;
use wire::admin::platform::{AdminMerchant, PutMerchant};

/// Sets a merchant up, or changes it.
#[utoipa::path(
    put,
    path = "/admin/v1/platform/merchants/{merchantId}",
    tag = "Platform set-up",
    params(("merchantId" = String, Path, description = "24 hex digits by custom")),
    request_body = PutMerchant,
    responses(
        (status = 200, description = "The merchant with all that is set up for it", body = AdminMerchant),
        (status = 400, description = "The body cannot be read; `field` names the member"),
        (status = 401, description = "No admin token"),
        (status = 409, description = "Currency or precision cannot change any more: there are bills or prices in it")
    )
)]
pub(super) async fn put_merchant(
    State(platform): State<Platform>,
    _admin: AdminCaller,
    Path(merchant): Path<String>,
    Strict(body): Strict<PutMerchant>,
) -> Result<Json<AdminMerchant>, ApiError> {
    ids::source_part("merchantId", &merchant)?;
    ids::name("name", &body.name)?;
    ids::code("countryCode", &body.country_code, 2)?;
    ids::code("currencyCode", &body.currency_code, 3)?;
    if Precision::new(body.price_precision).is_none() {
        return Err(ApiError::field("pricePrecision", "0, 1, 2 or 3", &body.price_precision.to_string()));
    }
    let now = platform.now();
    let shown = platform
        .db()
        .write("put_merchant", move |tx| {
            tx.execute(
                &store::PUT_MERCHANT,
                params![
                    &merchant,
                    &body.name,
                    body.business_id.as_ref(),
                    body.vat_id.as_ref(),
                    body.is_vat_payer,
                    &body.country_code,
                    &body.currency_code,
                    i64::from(body.price_precision),
                    now
                ],
            )?;
            let shown = store::merchant(tx, &merchant)?.ok_or_else(|| missing(&merchant))?;
            let is = &shown.merchant;
            if is.currency_code != body.currency_code || is.price_precision != body.price_precision {
                let message = format!(
                    "prices of merchant {merchant} are already kept in {} with {} decimals; set up another merchant",
                    is.currency_code, is.price_precision
                );
                return Err(TxError::Refused(ApiError::conflict(message)));
            }
            Ok(shown)
        })
        .await?;
    Ok(Json(shown))
}

/// The merchant with its places, registers and loyalty connections; no secrets.
#[utoipa::path(
    get,
    path = "/admin/v1/platform/merchants/{merchantId}",
    tag = "Platform set-up",
    params(("merchantId" = String, Path, description = "The merchant's id")),
    responses(
        (status = 200, description = "The merchant", body = AdminMerchant),
        (status = 401, description = "No admin token"),
        (status = 404, description = "No such merchant")
    )
)]
pub(super) async fn get_merchant(
    State(platform): State<Platform>,
    _admin: AdminCaller,
    Path(merchant): Path<String>,
) -> Result<Json<AdminMerchant>, ApiError> {
    let shown = platform
        .db()
        .read("admin_merchant", move |tx| store::merchant(tx, &merchant)?.ok_or_else(|| missing(&merchant)))
        .await?;
    Ok(Json(shown))
}

/// 404 for a merchant nobody has set up.
pub(super) fn missing(merchant: &str) -> TxError<ApiError> {
    TxError::Refused(ApiError::not_found(&format!("merchant {merchant}")))
}
