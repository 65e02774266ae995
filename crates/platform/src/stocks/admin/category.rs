//! How is a category of stock items set up and taken away?

use super::{Key, Noun, set, show, take_away, unknown};
use crate::access::Admin;
use crate::api::{UpsertRefusals, ids};
use crate::feed::Changes;
use crate::stocks::{item_store, store};
use axum::Json;
use axum::extract::Path;
use db::{Tx, TxError};
use door::{ApiError, Strict};
use money::Precision;
use std::collections::BTreeMap;
use wire::stocks::{PutStockItemCategory, StockItemCategory};

/// Most categories above a category.
const DEPTH_MAX: usize = 20;

/// A category of stock items.
pub(super) enum Categories {}

impl Noun for Categories {
    const NAME: &'static str = "put_stock_item_category";
    const NOUN: &'static str = "stock item category";
    const ID: &'static str = "stockItemCategoryId";
    type Put = PutStockItemCategory;
    type Shown = StockItemCategory;

    fn check(put: &PutStockItemCategory) -> Result<(), ApiError> {
        ids::id("name", &put.name)
    }

    fn put(
        tx: &mut Tx<'_>,
        changes: &mut Changes,
        key: &Key,
        _precision: Precision,
        put: &PutStockItemCategory,
    ) -> Result<(), TxError<ApiError>> {
        let is = store::category(tx, &key.merchant, &key.id)?;
        if is.is_some_and(|is| !is.removed && is.category == *put) {
            return Ok(());
        }
        let mut parents: BTreeMap<String, Option<String>> = BTreeMap::new();
        for known in store::categories(tx, &key.merchant)? {
            parents.insert(known.stock_item_category_id, known.category.parent_category_id);
        }
        parents.insert(key.id.clone(), put.parent_category_id.clone());
        leads_up(&parents, put.parent_category_id.as_deref())?;
        store::put_category(tx, changes, &key.merchant, &key.id, put)?;
        Ok(())
    }

    fn remove(tx: &mut Tx<'_>, changes: &mut Changes, key: &Key) -> Result<bool, TxError<ApiError>> {
        let below = store::categories(tx, &key.merchant)?
            .into_iter()
            .find(|other| other.category.parent_category_id.as_ref() == Some(&key.id))
            .map(|other| format!("category {}", other.stock_item_category_id));
        let item = item_store::item_in(tx, &key.merchant, &key.id)?.map(|item| format!("item {item}"));
        if let Some(inside) = below.or(item) {
            let message = format!("{inside} stands in category {}; move or remove it first", key.id);
            return Err(TxError::Refused(ApiError::conflict(message).with_name("CATEGORY_IN_USE")));
        }
        Ok(store::remove_category(tx, changes, &key.merchant, &key.id)?)
    }

    fn shown(tx: &mut Tx<'_>, key: &Key) -> Result<Option<StockItemCategory>, db::Error> {
        store::category(tx, &key.merchant, &key.id)
    }
}

/// That every category above is known and the way up ends.
fn leads_up<'a>(
    parents: &'a BTreeMap<String, Option<String>>,
    mut above: Option<&'a str>,
) -> Result<(), TxError<ApiError>> {
    const PATH: &str = "parentCategoryId";
    for _ in 0..DEPTH_MAX {
        let Some(id) = above else { return Ok(()) };
        let parent = parents.get(id).ok_or_else(|| unknown(PATH, "a category of stock items", id))?;
        above = parent.as_deref();
    }
    let expected = format!("at most {DEPTH_MAX} categories above it, without a circle");
    Err(TxError::Refused(ApiError::field(PATH, &expected, "more, or a circle")))
}

/// Sets a category of stock items up, or changes it; one that was removed is there again.
#[utoipa::path(
    put,
    path = "/admin/v1/platform/merchants/{merchantId}/stockItemCategories/{stockItemCategoryId}",
    tag = "Platform set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("stockItemCategoryId" = String, Path, description = "1 to 64 characters")
    ),
    request_body = PutStockItemCategory,
    responses((status = 200, description = "The category", body = StockItemCategory), UpsertRefusals)
)]
pub(super) async fn put_stock_item_category(
    admin: Admin,
    Path((merchant, id)): Path<(String, String)>,
    Strict(category): Strict<PutStockItemCategory>,
) -> Result<Json<StockItemCategory>, ApiError> {
    set::<Categories>(&admin, Key::of(merchant, id), category).await
}

/// The category as set up, a removed one too.
#[utoipa::path(
    get,
    path = "/admin/v1/platform/merchants/{merchantId}/stockItemCategories/{stockItemCategoryId}",
    tag = "Platform set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("stockItemCategoryId" = String, Path, description = "The category's id")
    ),
    responses((status = 200, description = "The category", body = StockItemCategory), UpsertRefusals)
)]
pub(super) async fn get_stock_item_category(
    admin: Admin,
    Path((merchant, id)): Path<(String, String)>,
) -> Result<Json<StockItemCategory>, ApiError> {
    show::<Categories>(&admin, Key::of(merchant, id)).await
}

/// Takes a category away that no item and no other category stands in.
#[utoipa::path(
    delete,
    path = "/admin/v1/platform/merchants/{merchantId}/stockItemCategories/{stockItemCategoryId}",
    tag = "Platform set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("stockItemCategoryId" = String, Path, description = "The category's id")
    ),
    responses(
        (status = 200, description = "The category as it was, removed", body = StockItemCategory),
        (status = 409, description = "`CATEGORY_IN_USE`: an item or a category stands in it"),
        UpsertRefusals
    )
)]
pub(super) async fn delete_stock_item_category(
    admin: Admin,
    Path((merchant, id)): Path<(String, String)>,
) -> Result<Json<StockItemCategory>, ApiError> {
    take_away::<Categories>(&admin, Key::of(merchant, id)).await
}
