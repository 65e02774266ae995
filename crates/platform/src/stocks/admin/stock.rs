//! How is a stock set up and taken away?

use super::{Key, Noun, set, show, take_away, texts, unknown};
use crate::access::Admin;
use crate::api::UpsertRefusals;
use crate::feed::Changes;
use crate::place::place_settings;
use crate::stocks::{item_store, store};
use axum::Json;
use axum::extract::Path;
use db::{Tx, TxError};
use door::{ApiError, Strict};
use money::{Millionths, Precision};
use wire::stocks::{PutStock, Stock};

/// A stock.
pub(super) enum Stocks {}

impl Noun for Stocks {
    const NAME: &'static str = "put_stock";
    const NOUN: &'static str = "stock";
    const ID: &'static str = "stockId";
    type Put = PutStock;
    type Shown = Stock;

    fn check(put: &PutStock) -> Result<(), ApiError> {
        texts(&[("name", &put.name)])
    }

    fn put(
        tx: &mut Tx<'_>,
        changes: &mut Changes,
        key: &Key,
        _precision: Precision,
        put: &PutStock,
    ) -> Result<(), TxError<ApiError>> {
        if let Some(place) = &put.place_id
            && place_settings(tx, &key.merchant, place)?.is_none()
        {
            return Err(unknown("placeId", "a place of the merchant", place));
        }
        let is = store::stock(tx, &key.merchant, &key.id)?;
        if is.is_none_or(|is| is.removed || is.stock != *put) {
            store::put_stock(tx, changes, &key.merchant, &key.id, put)?;
        }
        Ok(())
    }

    fn remove(tx: &mut Tx<'_>, changes: &mut Changes, key: &Key) -> Result<bool, TxError<ApiError>> {
        let kept = item_store::kept_in(tx, &key.merchant, &key.id)?;
        if let Some(item) = kept.iter().find(|item| item.amount != Millionths::ZERO) {
            let message = format!(
                "stock {} still holds {} of item {}; set the amount to 0 first",
                key.id,
                item.amount.to_decimal(),
                item.item_id
            );
            return Err(TxError::Refused(ApiError::conflict(message).with_name("STOCK_IN_USE")));
        }
        let items: Vec<String> = kept.into_iter().map(|item| item.item_id).collect();
        if !store::remove_stock(tx, changes, &key.merchant, &key.id, &items)? {
            return Ok(false);
        }
        for item in &items {
            item_store::leave_out(tx, changes, &key.merchant, &key.id, item)?;
        }
        Ok(true)
    }

    fn shown(tx: &mut Tx<'_>, key: &Key) -> Result<Option<Stock>, db::Error> {
        store::stock(tx, &key.merchant, &key.id)
    }
}

/// Sets a stock up, or changes it; one that was removed is there again. It has a place, or is a central one.
#[utoipa::path(
    put,
    path = "/admin/v1/platform/merchants/{merchantId}/stocks/{stockId}",
    tag = "Platform set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("stockId" = String, Path, description = "1 to 64 characters")
    ),
    request_body = PutStock,
    responses((status = 200, description = "The stock", body = Stock), UpsertRefusals)
)]
pub(super) async fn put_stock(
    admin: Admin,
    Path((merchant, id)): Path<(String, String)>,
    Strict(stock): Strict<PutStock>,
) -> Result<Json<Stock>, ApiError> {
    set::<Stocks>(&admin, Key::of(merchant, id), stock).await
}

/// The stock as set up, a removed one too.
#[utoipa::path(
    get,
    path = "/admin/v1/platform/merchants/{merchantId}/stocks/{stockId}",
    tag = "Platform set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("stockId" = String, Path, description = "The stock's id")
    ),
    responses((status = 200, description = "The stock", body = Stock), UpsertRefusals)
)]
pub(super) async fn get_stock(
    admin: Admin,
    Path((merchant, id)): Path<(String, String)>,
) -> Result<Json<Stock>, ApiError> {
    show::<Stocks>(&admin, Key::of(merchant, id)).await
}

/// Takes a stock away that holds nothing any more. Its documents stay.
#[utoipa::path(
    delete,
    path = "/admin/v1/platform/merchants/{merchantId}/stocks/{stockId}",
    tag = "Platform set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("stockId" = String, Path, description = "The stock's id")
    ),
    responses(
        (status = 200, description = "The stock as it was, removed", body = Stock),
        (status = 409, description = "`STOCK_IN_USE`: it holds an amount of an item"),
        UpsertRefusals
    )
)]
pub(super) async fn delete_stock(
    admin: Admin,
    Path((merchant, id)): Path<(String, String)>,
) -> Result<Json<Stock>, ApiError> {
    take_away::<Stocks>(&admin, Key::of(merchant, id)).await
}
