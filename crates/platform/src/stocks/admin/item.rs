//! How is a stock item set up, with how much of it each stock holds?

use super::{Key, Noun, at_least_nothing, millionths, set, show, take_away, texts, unknown, vat_rate};
use crate::access::Admin;
use crate::api::{UpsertRefusals, ids};
use crate::feed::Changes;
use crate::stocks::item_store::{self, Held};
use crate::stocks::store;
use axum::Json;
use axum::extract::Path;
use db::{Tx, TxError};
use door::{ApiError, Strict};
use money::Precision;
use std::collections::BTreeSet;
use wire::stocks::{MerchantStockItem, PutStockItem, StockAmount};

/// Most stocks that an item is set up in by one call.
const AMOUNTS_MAX: usize = 1_000;

/// A stock item.
pub(super) enum Items {}

impl Noun for Items {
    const NAME: &'static str = "put_stock_item";
    const NOUN: &'static str = "stock item";
    const ID: &'static str = "itemId";
    type Put = PutStockItem;
    type Shown = MerchantStockItem;

    fn check(put: &PutStockItem) -> Result<(), ApiError> {
        ids::id("name", &put.name)?;
        ids::id("measure", &put.measure)?;
        texts(&[("ean", &put.ean)])?;
        vat_rate("vatRate", put.vat_rate)?;
        if put.amounts.len() > AMOUNTS_MAX {
            let expected = format!("at most {AMOUNTS_MAX} stocks");
            return Err(ApiError::field("amounts", &expected, &put.amounts.len().to_string()));
        }
        let mut named = BTreeSet::new();
        for (index, amount) in put.amounts.iter().enumerate() {
            held(index, amount)?;
            if !named.insert(&amount.stock_id) {
                let path = format!("amounts[{index}].stockId");
                let found = format!("{:?} again", amount.stock_id);
                return Err(ApiError::field(&path, "each stock once", &found));
            }
        }
        Ok(())
    }

    fn put(
        tx: &mut Tx<'_>,
        changes: &mut Changes,
        key: &Key,
        _precision: Precision,
        put: &PutStockItem,
    ) -> Result<(), TxError<ApiError>> {
        if let Some(category) = &put.stock_item_category_id
            && store::category(tx, &key.merchant, category)?.is_none_or(|category| category.removed)
        {
            return Err(unknown("stockItemCategoryId", "a category of stock items", category));
        }
        let mut all = Vec::with_capacity(put.amounts.len());
        for (index, amount) in put.amounts.iter().enumerate() {
            if store::stock(tx, &key.merchant, &amount.stock_id)?.is_none_or(|stock| stock.removed) {
                let path = format!("amounts[{index}].stockId");
                return Err(unknown(&path, "a stock of the merchant", &amount.stock_id));
            }
            all.push(held(index, amount).map_err(TxError::Refused)?);
        }
        let is = item_store::item(tx, &key.merchant, &key.id)?;
        if is.is_none_or(|is| is.removed || is.item != sorted(put)) {
            item_store::put_item(tx, changes, &key.merchant, &key.id, put, &all)?;
        }
        Ok(())
    }

    fn remove(tx: &mut Tx<'_>, changes: &mut Changes, key: &Key) -> Result<bool, TxError<ApiError>> {
        Ok(item_store::remove_item(tx, changes, &key.merchant, &key.id)?)
    }

    fn shown(tx: &mut Tx<'_>, key: &Key) -> Result<Option<MerchantStockItem>, db::Error> {
        item_store::item(tx, &key.merchant, &key.id)
    }
}

/// The item with its stocks in the order in which they are kept.
fn sorted(put: &PutStockItem) -> PutStockItem {
    let mut put = put.clone();
    put.amounts.sort_by(|one, other| one.stock_id.cmp(&other.stock_id));
    put
}

/// What a stock shall hold.
fn held(index: usize, amount: &StockAmount) -> Result<Held, ApiError> {
    let path = |member: &str| format!("amounts[{index}].{member}");
    let limit = |member: &str, number: Option<wire::Number>| {
        number.map(|number| at_least_nothing(&path(member), number)).transpose()
    };
    Ok(Held {
        stock_id: amount.stock_id.clone(),
        amount: millionths(&path("amount"), amount.amount)?,
        critical_amount: limit("criticalAmount", amount.critical_amount)?,
        optimal_amount: limit("optimalAmount", amount.optimal_amount)?,
        price_without_vat: at_least_nothing(&path("priceWithoutVat"), amount.price_without_vat)?,
    })
}

/// Sets a stock item up, or changes it; one that was removed is there again. A stock that `amounts` does not name keeps
/// it no more.
#[utoipa::path(
    put,
    path = "/admin/v1/platform/merchants/{merchantId}/stockItems/{itemId}",
    tag = "Platform set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("itemId" = String, Path, description = "1 to 64 characters")
    ),
    request_body = PutStockItem,
    responses((status = 200, description = "The item with its amounts", body = MerchantStockItem), UpsertRefusals)
)]
pub(super) async fn put_stock_item(
    admin: Admin,
    Path((merchant, id)): Path<(String, String)>,
    Strict(item): Strict<PutStockItem>,
) -> Result<Json<MerchantStockItem>, ApiError> {
    set::<Items>(&admin, Key::of(merchant, id), item).await
}

/// The item with its amounts as they are, a removed one too.
#[utoipa::path(
    get,
    path = "/admin/v1/platform/merchants/{merchantId}/stockItems/{itemId}",
    tag = "Platform set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("itemId" = String, Path, description = "The item's id")
    ),
    responses((status = 200, description = "The item with its amounts", body = MerchantStockItem), UpsertRefusals)
)]
pub(super) async fn get_stock_item(
    admin: Admin,
    Path((merchant, id)): Path<(String, String)>,
) -> Result<Json<MerchantStockItem>, ApiError> {
    show::<Items>(&admin, Key::of(merchant, id)).await
}

/// Takes an item out of all stocks. Documents keep its name.
#[utoipa::path(
    delete,
    path = "/admin/v1/platform/merchants/{merchantId}/stockItems/{itemId}",
    tag = "Platform set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("itemId" = String, Path, description = "The item's id")
    ),
    responses((status = 200, description = "The item as it was, removed", body = MerchantStockItem), UpsertRefusals)
)]
pub(super) async fn delete_stock_item(
    admin: Admin,
    Path((merchant, id)): Path<(String, String)>,
) -> Result<Json<MerchantStockItem>, ApiError> {
    take_away::<Items>(&admin, Key::of(merchant, id)).await
}
