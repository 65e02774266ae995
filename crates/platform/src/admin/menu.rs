//! How is the menu set up?

use super::merchants::missing;
use super::{ids, store};
use crate::Platform;
use crate::column::json;
use axum::Json;
use axum::extract::{Path, State};
use db::{Tx, TxError, params};
use door::admin::AdminCaller;
use door::{ApiError, Strict};
use jiff::Timestamp;
use money::vat::VatRate;
use money::{Amount, Precision};
use std::collections::HashMap;
use wire::admin::platform::{AdminMenu, MenuCategory, MenuProduct, PutMenu};

/// Most categories above a category.
const DEPTH_MAX: usize = 20;

/// Adds categories and products, or changes those that are known. An open check keeps the prices it has.
#[utoipa::path(
    put,
    path = "/admin/v1/platform/merchants/{merchantId}/menu",
    tag = "Platform set-up",
    params(("merchantId" = String, Path, description = "The merchant's id")),
    request_body = PutMenu,
    responses(
        (status = 200, description = "The whole menu", body = AdminMenu),
        (status = 400, description = "The body cannot be read; `field` names the member"),
        (status = 401, description = "No admin token"),
        (status = 404, description = "No such merchant")
    )
)]
pub(super) async fn put_menu(
    State(platform): State<Platform>,
    _admin: AdminCaller,
    Path(merchant): Path<String>,
    Strict(body): Strict<PutMenu>,
) -> Result<Json<AdminMenu>, ApiError> {
    let now = platform.now();
    let menu = platform
        .db()
        .write("put_menu", move |tx| {
            // Held to the commit: two menus set up at once are set up one after the other.
            let row = tx.optional(&store::TOUCH_MERCHANT_PRECISION, params![&merchant, now])?;
            let row = row.ok_or_else(|| missing(&merchant))?;
            let precision = row.get::<crate::column::Digits>(0)?.0;
            for (index, category) in body.categories.iter().enumerate() {
                put_category(tx, &merchant, index, category, now)?;
            }
            let menu = store::menu(tx, &merchant, precision)?;
            let parents: HashMap<&str, Option<&str>> = menu
                .categories
                .iter()
                .map(|category| (category.category_id.as_str(), category.parent_category_id.as_deref()))
                .collect();
            for (index, category) in body.categories.iter().enumerate() {
                check_parents(index, category, &parents)?;
            }
            for (index, product) in body.products.iter().enumerate() {
                let known = product.category_id.as_deref().is_none_or(|id| parents.contains_key(id));
                if !known {
                    let path = format!("products[{index}].categoryId");
                    let found = format!("{:?}", product.category_id);
                    return Err(TxError::Refused(ApiError::field(&path, "a category of the menu", &found)));
                }
                put_product(tx, &merchant, index, product, precision, now)?;
            }
            Ok(store::menu(tx, &merchant, precision)?)
        })
        .await?;
    Ok(Json(menu))
}

/// The whole menu as set up.
#[utoipa::path(
    get,
    path = "/admin/v1/platform/merchants/{merchantId}/menu",
    tag = "Platform set-up",
    params(("merchantId" = String, Path, description = "The merchant's id")),
    responses(
        (status = 200, description = "The menu", body = AdminMenu),
        (status = 401, description = "No admin token"),
        (status = 404, description = "No such merchant")
    )
)]
pub(super) async fn get_menu(
    State(platform): State<Platform>,
    _admin: AdminCaller,
    Path(merchant): Path<String>,
) -> Result<Json<AdminMenu>, ApiError> {
    let menu = platform
        .db()
        .read("admin_menu", move |tx| {
            let row = tx.optional(&store::MERCHANT_PRECISION, params![&merchant])?;
            let row = row.ok_or_else(|| missing(&merchant))?;
            let precision = row.get::<crate::column::Digits>(0)?.0;
            Ok(store::menu(tx, &merchant, precision)?)
        })
        .await?;
    Ok(Json(menu))
}

fn put_category(
    tx: &mut Tx<'_>,
    merchant: &str,
    index: usize,
    category: &MenuCategory,
    now: Timestamp,
) -> Result<(), TxError<ApiError>> {
    ids::id(&format!("categories[{index}].categoryId"), &category.category_id).map_err(TxError::Refused)?;
    ids::name(&format!("categories[{index}].name"), &category.name).map_err(TxError::Refused)?;
    let parent = category.parent_category_id.as_ref();
    tx.execute(&store::PUT_CATEGORY, params![merchant, &category.category_id, parent, &category.name, now])?;
    Ok(())
}

/// Every category above is known and the way up ends.
fn check_parents(
    index: usize,
    category: &MenuCategory,
    parents: &HashMap<&str, Option<&str>>,
) -> Result<(), TxError<ApiError>> {
    let path = format!("categories[{index}].parentCategoryId");
    let mut above = category.parent_category_id.as_deref();
    for _ in 0..DEPTH_MAX {
        let Some(id) = above else { return Ok(()) };
        above = *parents.get(id).ok_or_else(|| {
            TxError::Refused(ApiError::field(&path, "a category of the menu", &format!("{id:?}")))
        })?;
    }
    let expected = format!("at most {DEPTH_MAX} categories above it, without a circle");
    Err(TxError::Refused(ApiError::field(&path, &expected, "more, or a circle")))
}

fn put_product(
    tx: &mut Tx<'_>,
    merchant: &str,
    index: usize,
    product: &MenuProduct,
    precision: Precision,
    now: Timestamp,
) -> Result<(), TxError<ApiError>> {
    let member = |name: &str| format!("products[{index}].{name}");
    let check = || -> Result<Amount, ApiError> {
        ids::id(&member("productId"), &product.product_id)?;
        ids::name(&member("name"), &product.name)?;
        ids::id(&member("measure"), &product.measure)?;
        if VatRate::from_fraction(product.vat_rate.0).is_none() {
            let found = product.vat_rate.to_string();
            return Err(ApiError::field(&member("vatRate"), "a fraction from 0 to 1, such as 0.12", &found));
        }
        crate::api::exact_amount(&member("price"), &product.price, precision)
    };
    let price = check().map_err(TxError::Refused)?;
    let vat_id = product.vat_id.as_ref().map(|vat_id| json("vat_id", vat_id)).transpose()?;
    tx.execute(
        &store::PUT_PRODUCT,
        params![
            merchant,
            &product.product_id,
            product.category_id.as_ref(),
            &product.name,
            &product.measure,
            product.ean.as_ref(),
            price.0,
            product.is_price_variable,
            &product.vat_rate.to_string(),
            vat_id.as_ref(),
            now
        ],
    )?;
    Ok(())
}
