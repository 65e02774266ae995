//! How is the menu set up and taken away? `/admin/v1/platform/merchants/{merchantId}/menu…`

use super::store::Places;
use super::{setup, store, timed, told};
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
        setup::check(&self.body)
    }

    fn put(&self, tx: &mut Tx<'_>, changes: &mut Changes) -> Result<AdminMenu, TxError<ApiError>> {
        let Self { merchant, body } = self;
        let now = changes.now();
        told::change(tx, changes, merchant, |tx, _, before| {
            let before = before.ok_or_else(|| missing("merchant", merchant))?;
            setup::apply(tx, merchant, body, &before.0, now)
        })?;
        read(tx, merchant, now)
    }
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
    remove(platform, "delete_product", merchant_id, move |tx, merchant, before, now| {
        if !before.products.iter().any(|row| row.product_id == product_id) {
            return Err(missing("product", &product_id));
        }
        let mut additions = before.addition_categories.iter().flat_map(|category| &category.additions);
        if let Some(addition) = additions.find(|addition| addition.product_id.as_ref() == Some(&product_id)) {
            let message =
                format!("addition {} is product {product_id}; change it first", addition.addition_id);
            return Err(TxError::Refused(ApiError::conflict(message).with_name("PRODUCT_IN_USE")));
        }
        Ok(store::remove_product(tx, merchant, &before.places, &product_id, now)?)
    })
    .await
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
    remove(platform, "delete_category", merchant_id, move |tx, merchant, before, _| {
        if !before.categories.iter().any(|row| row.category_id == id) {
            return Err(missing("category", &id));
        }
        let product = before.products.iter().find(|row| row.category_id.as_ref() == Some(&id));
        let category = before.categories.iter().find(|row| row.parent_category_id.as_ref() == Some(&id));
        let within = product.map(|row| format!("product {}", row.product_id));
        let within = within.or_else(|| category.map(|row| format!("category {}", row.category_id)));
        if let Some(within) = within {
            let message = format!("{within} stands in category {id}; move or remove it first");
            return Err(TxError::Refused(ApiError::conflict(message).with_name("CATEGORY_IN_USE")));
        }
        Ok(store::remove_category(tx, merchant, &id)?)
    })
    .await
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
    remove(platform, "delete_addition_category", merchant_id, move |tx, merchant, before, _| {
        if !before.addition_categories.iter().any(|category| category.addition_category_id == id) {
            return Err(missing("addition category", &id));
        }
        let has_it = |ids: Option<&Vec<String>>| ids.is_some_and(|ids| ids.contains(&id));
        let product = before.products.iter().find(|row| {
            has_it(row.details.as_ref().map(|details| &details.addition_category_ids))
                || before.values.values().any(|of_place| {
                    has_it(of_place.get(&row.product_id).and_then(|own| own.addition_category_ids.as_ref()))
                })
        });
        if let Some(product) = product {
            let message =
                format!("product {} has addition category {id}; take it off first", product.product_id);
            return Err(TxError::Refused(ApiError::conflict(message).with_name("ADDITION_CATEGORY_IN_USE")));
        }
        Ok(store::remove_addition_category(tx, merchant, &id)?)
    })
    .await
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
    remove(platform, "delete_time_based_menu", merchant_id, move |tx, merchant, _, _| {
        let is_gone = timed::remove(tx, merchant, &place_id, &menu_id)?;
        if is_gone { Ok(()) } else { Err(missing("time-based menu", &menu_id)) }
    })
    .await
}

/// Takes something off the menu of a merchant; `write` gets the merchant, the menu as it was, and the instant.
async fn remove(
    platform: Platform,
    name: &'static str,
    merchant: String,
    write: impl Fn(&mut Tx<'_>, &str, &super::rows::Stored, Timestamp) -> Result<(), TxError<ApiError>>
    + Send
    + 'static,
) -> Result<StatusCode, ApiError> {
    let (owner, now) = (merchant.clone(), platform.now());
    platform
        .change(name, &owner, now, move |tx, changes| {
            told::change(tx, changes, &merchant, |tx, _, before| {
                let before = before.ok_or_else(|| missing("merchant", &merchant))?;
                write(tx, &merchant, &before.0, now)
            })
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
