//! How is the menu set up and taken away? `/admin/v1/platform/merchants/{merchantId}/menu…`

use super::removal;
use super::store::Places;
use super::{setup, store, told};
use crate::Platform;
use crate::access::{Admin, Guarded};
use crate::api::{Upsert, UpsertRefusals, missing, upsert};
use crate::feed::Changes;
use axum::Json;
use axum::extract::Path;
use db::{Tx, TxError};
use door::{ApiError, Strict};
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::admin::menu::{AdminMenu, PutMenu};

pub(crate) use removal::Gone;

pub(crate) fn routes() -> OpenApiRouter<Guarded> {
    OpenApiRouter::new()
        .routes(routes!(put_menu, get_menu))
        .routes(routes!(delete_product))
        .routes(routes!(delete_category))
        .routes(routes!(delete_addition_category))
        .routes(routes!(delete_time_based_menu))
}

/// Adds to the menu, or changes what is known of it; what the body does not name stays. An open check keeps what it showed.
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
async fn put_menu(
    admin: Admin,
    Path(merchant): Path<String>,
    Strict(body): Strict<PutMenu>,
) -> Result<Json<AdminMenu>, ApiError> {
    upsert(&admin, SetUp { merchant, body }).await
}

/// What of a menu shall be so; what it does not name stays.
struct SetUp {
    merchant: String,
    body: PutMenu,
}

impl Upsert for SetUp {
    const NAME: &'static str = "put_menu";
    type Shown = AdminMenu;

    fn merchant(&self) -> &str {
        &self.merchant
    }

    fn check(&self) -> Result<(), ApiError> {
        setup::faults(&self.body).into_iter().next().map_or(Ok(()), Err)
    }

    fn put(&self, tx: &mut Tx<'_>, changes: &mut Changes) -> Result<AdminMenu, TxError<ApiError>> {
        let Self { merchant, body } = self;
        let now = changes.now();
        told::change(tx, changes, merchant, |tx, _, before| {
            let before = before.ok_or_else(|| missing("merchant", merchant))?;
            let faults = setup::apply(tx, merchant, body, &before.0, now)?;
            faults.into_iter().next().map_or(Ok(()), |first| Err(TxError::Refused(first)))
        })?;
        read(tx, merchant, now)
    }
}

/// What of a body cannot be so whatever there is already, each with the member at fault.
pub(crate) fn faults(body: &PutMenu) -> Vec<ApiError> {
    setup::faults(body)
}

/// The menu as set up; `None` when nobody has set the merchant up.
pub(crate) fn menu_of(
    tx: &mut Tx<'_>,
    merchant: &str,
    now: Timestamp,
) -> Result<Option<AdminMenu>, db::Error> {
    Ok(store::load(tx, merchant, Places::All, now)?.map(|stored| setup::shown(&stored)))
}

/// What refuses a set-up of the menu together with what is taken off it.
pub(crate) struct Refusals {
    /// Of what was set up, each with the member at fault.
    pub(crate) put: Vec<ApiError>,
    /// Of what was taken away, with its index.
    pub(crate) gone: Vec<(usize, ApiError)>,
}

/// Sets up what is not so already, then takes away what is to be gone; whoever gets refusals writes nothing.
///
/// # Errors
/// 404 when nobody has set the merchant up, and those of the database.
pub(crate) fn set_up(
    tx: &mut Tx<'_>,
    changes: &mut Changes,
    merchant: &str,
    put: &PutMenu,
    gone: &[&Gone],
) -> Result<Refusals, TxError<ApiError>> {
    let now = changes.now();
    told::change(tx, changes, merchant, |tx, _, before| {
        let before = before.ok_or_else(|| missing("merchant", merchant))?;
        let put = setup::apply(tx, merchant, put, &before.0, now)?;
        let gone = if gone.is_empty() { Vec::new() } else { removal::remove_all(tx, merchant, gone, now)? };
        Ok(Refusals { put, gone })
    })
}

/// The whole menu as set up. It can be put again.
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
async fn get_menu(
    Admin { platform }: Admin,
    Path(merchant): Path<String>,
) -> Result<Json<AdminMenu>, ApiError> {
    let now = platform.now();
    let menu = platform.db().read("admin_menu", move |tx| read(tx, &merchant, now)).await?;
    Ok(Json(menu))
}

fn read(tx: &mut Tx<'_>, merchant: &str, now: Timestamp) -> Result<AdminMenu, TxError<ApiError>> {
    let stored = store::load(tx, merchant, Places::All, now)?;
    Ok(setup::shown(&stored.ok_or_else(|| missing("merchant", merchant))?))
}

/// A path to a product.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProductPath {
    merchant_id: String,
    product_id: String,
}

/// Takes a product off the menu, with what places set of it. Bills and open checks keep it.
#[utoipa::path(
    delete,
    path = "/admin/v1/platform/merchants/{merchantId}/menu/products/{productId}",
    tag = "Platform set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("productId" = String, Path, description = "The product's id")
    ),
    responses(
        (status = 204, description = "It is gone"),
        (status = 409, description = "`PRODUCT_IN_USE`: an addition is that product"),
        UpsertRefusals
    )
)]
async fn delete_product(
    Admin { platform }: Admin,
    Path(path): Path<ProductPath>,
) -> Result<StatusCode, ApiError> {
    let ProductPath { merchant_id, product_id } = path;
    remove(platform, "delete_product", merchant_id, Gone::Product(product_id)).await
}

/// A path to a category.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CategoryPath {
    merchant_id: String,
    category_id: String,
}

/// Takes a category away in which nothing stands.
#[utoipa::path(
    delete,
    path = "/admin/v1/platform/merchants/{merchantId}/menu/categories/{categoryId}",
    tag = "Platform set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("categoryId" = String, Path, description = "The category's id")
    ),
    responses(
        (status = 204, description = "It is gone"),
        (status = 409, description = "`CATEGORY_IN_USE`: a product or a category stands in it"),
        UpsertRefusals
    )
)]
async fn delete_category(
    Admin { platform }: Admin,
    Path(path): Path<CategoryPath>,
) -> Result<StatusCode, ApiError> {
    let CategoryPath { merchant_id, category_id: id } = path;
    remove(platform, "delete_category", merchant_id, Gone::Category(id)).await
}

/// A path to an addition category.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AdditionCategoryPath {
    merchant_id: String,
    addition_category_id: String,
}

/// Takes an addition category away that no product has.
#[utoipa::path(
    delete,
    path = "/admin/v1/platform/merchants/{merchantId}/menu/additionCategories/{additionCategoryId}",
    tag = "Platform set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("additionCategoryId" = String, Path, description = "The addition category's id")
    ),
    responses(
        (status = 204, description = "It is gone"),
        (status = 409, description = "`ADDITION_CATEGORY_IN_USE`: a product has it"),
        UpsertRefusals
    )
)]
async fn delete_addition_category(
    Admin { platform }: Admin,
    Path(path): Path<AdditionCategoryPath>,
) -> Result<StatusCode, ApiError> {
    let AdditionCategoryPath { merchant_id, addition_category_id: id } = path;
    remove(platform, "delete_addition_category", merchant_id, Gone::AdditionCategory(id)).await
}

/// A path to a menu for a time.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TimeBasedMenuPath {
    merchant_id: String,
    place_id: String,
    menu_id: String,
}

/// Takes a time-based menu away, whether its time is over or not.
#[utoipa::path(
    delete,
    path = "/admin/v1/platform/merchants/{merchantId}/places/{placeId}/timeBasedMenus/{menuId}",
    tag = "Platform set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("placeId" = String, Path, description = "The place's id"),
        ("menuId" = String, Path, description = "The menu's id")
    ),
    responses((status = 204, description = "It is gone"), UpsertRefusals)
)]
async fn delete_time_based_menu(
    Admin { platform }: Admin,
    Path(path): Path<TimeBasedMenuPath>,
) -> Result<StatusCode, ApiError> {
    let TimeBasedMenuPath { merchant_id, place_id, menu_id } = path;
    let gone = Gone::TimeBasedMenu { place: place_id, menu: menu_id };
    remove(platform, "delete_time_based_menu", merchant_id, gone).await
}

/// Takes something off the menu of a merchant.
async fn remove(
    platform: Platform,
    name: &'static str,
    merchant: String,
    gone: Gone,
) -> Result<StatusCode, ApiError> {
    let (owner, now) = (merchant.clone(), platform.now());
    platform
        .change(name, &owner, now, move |tx, changes| {
            told::change(tx, changes, &merchant, |tx, _, before| {
                let before = before.ok_or_else(|| missing("merchant", &merchant))?;
                removal::remove(tx, &merchant, &before.0, &gone, now)
            })
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
