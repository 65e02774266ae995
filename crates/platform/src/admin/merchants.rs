//! How is a merchant set up and looked at?

use super::store;
use crate::access::Admin;
use crate::api::{Upsert, ids, missing, upsert};
use crate::feed::Changes;
use axum::Json;
use axum::extract::Path;
use db::{Tx, TxError};
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
    admin: Admin,
    Path(merchant): Path<String>,
    Strict(body): Strict<PutMerchant>,
) -> Result<Json<AdminMerchant>, ApiError> {
    upsert(&admin, SetUp { merchant, body }).await
}

/// A merchant as it shall be.
pub(super) struct SetUp {
    pub(super) merchant: String,
    pub(super) body: PutMerchant,
}

impl Upsert for SetUp {
    const NAME: &'static str = "put_merchant";
    type Shown = AdminMerchant;

    fn merchant(&self) -> &str {
        &self.merchant
    }

    fn check(&self) -> Result<(), ApiError> {
        let body = &self.body;
        ids::source_part("merchantId", &self.merchant)?;
        ids::name("name", &body.name)?;
        ids::code("countryCode", &body.country_code, 2)?;
        ids::code("currencyCode", &body.currency_code, 3)?;
        if Precision::new(body.price_precision).is_none() {
            let found = body.price_precision.to_string();
            return Err(ApiError::field("pricePrecision", "0, 1, 2 or 3", &found));
        }
        Ok(())
    }

    fn put(&self, tx: &mut Tx<'_>, changes: &mut Changes) -> Result<AdminMerchant, TxError<ApiError>> {
        let Self { merchant, body } = self;
        if let Some(is) = store::merchant(tx, merchant)?
            && is.merchant == *body
        {
            return Ok(is);
        }
        crate::menu::change(tx, changes, merchant, |tx, changes, _| {
            Ok(store::put_merchant(tx, changes, merchant, body)?)
        })?;
        let shown = store::merchant(tx, merchant)?.ok_or_else(|| missing("merchant", merchant))?;
        let is = &shown.merchant;
        if is.currency_code != body.currency_code || is.price_precision != body.price_precision {
            let message = format!(
                "prices of merchant {merchant} are already kept in {} with {} decimals; set up another merchant",
                is.currency_code, is.price_precision
            );
            return Err(TxError::Refused(ApiError::conflict(message)));
        }
        Ok(shown)
    }
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
    Admin { platform }: Admin,
    Path(merchant): Path<String>,
) -> Result<Json<AdminMerchant>, ApiError> {
    let shown = platform
        .db()
        .read("admin_merchant", move |tx| {
            store::merchant(tx, &merchant)?.ok_or_else(|| missing("merchant", &merchant))
        })
        .await?;
    Ok(Json(shown))
}
