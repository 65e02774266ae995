//! How is the menu set up and looked at? `/admin/v1/platform/merchants/{merchantId}/menu`

use super::store;
use crate::access::{Admin, Guarded};
use crate::api::{Upsert, exact_amount, ids, missing, upsert};
use crate::feed::Changes;
use axum::Json;
use axum::extract::Path;
use db::{Tx, TxError};
use door::{ApiError, Strict};
use money::vat::VatRate;
use money::{Amount, Precision};
use std::collections::HashMap;
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::admin::platform::{AdminMenu, MenuCategory, MenuProduct, PutMenu};
use wire::loyalty::{PREPAYMENT_PREFIX, is_of_top_up};

/// Most categories above a category.
const DEPTH_MAX: usize = 20;

pub(crate) fn routes() -> OpenApiRouter<Guarded> {
    OpenApiRouter::new().routes(routes!(put_menu, get_menu))
}

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
        for (index, category) in self.body.categories.iter().enumerate() {
            ids::id(&format!("categories[{index}].categoryId"), &category.category_id)?;
            ids::name(&format!("categories[{index}].name"), &category.name)?;
        }
        Ok(())
    }

    fn put(&self, tx: &mut Tx<'_>, changes: &mut Changes) -> Result<AdminMenu, TxError<ApiError>> {
        let Self { merchant, body } = self;
        let taken = store::take_merchant(tx, merchant)?;
        let precision = taken.ok_or_else(|| missing("merchant", merchant))?;
        let known = store::menu(tx, merchant, precision)?;
        // What is as it was is not written: nobody who follows the menu hears of it again.
        let mut categories: HashMap<&str, &MenuCategory> =
            known.categories.iter().map(|category| (category.category_id.as_str(), category)).collect();
        for category in &body.categories {
            if categories.insert(&category.category_id, category) != Some(category) {
                store::put_category(tx, changes, merchant, category)?;
            }
        }
        let parents: HashMap<&str, Option<&str>> =
            categories.iter().map(|(id, category)| (*id, category.parent_category_id.as_deref())).collect();
        for (index, category) in body.categories.iter().enumerate() {
            check_parents(index, category, &parents)?;
        }
        let mut products: HashMap<&str, &MenuProduct> =
            known.products.iter().map(|product| (product.product_id.as_str(), product)).collect();
        for (index, product) in body.products.iter().enumerate() {
            let category = product.category_id.as_deref();
            if !category.is_none_or(|id| parents.contains_key(id)) {
                let path = format!("products[{index}].categoryId");
                let found = format!("{:?}", product.category_id);
                return Err(TxError::Refused(ApiError::field(&path, "a category of the menu", &found)));
            }
            let price = priced(index, product, precision).map_err(TxError::Refused)?;
            if products.insert(&product.product_id, product) != Some(product) {
                store::put_product(tx, changes, merchant, product, price)?;
            }
        }
        Ok(store::menu(tx, merchant, precision)?)
    }
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
async fn get_menu(
    Admin { platform }: Admin,
    Path(merchant): Path<String>,
) -> Result<Json<AdminMenu>, ApiError> {
    let menu = platform
        .db()
        .read("admin_menu", move |tx| {
            let precision = store::precision(tx, &merchant)?.ok_or_else(|| missing("merchant", &merchant))?;
            Ok(store::menu(tx, &merchant, precision)?)
        })
        .await?;
    Ok(Json(menu))
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

/// The price of a product that can be.
fn priced(index: usize, product: &MenuProduct, precision: Precision) -> Result<Amount, ApiError> {
    let member = |name: &str| format!("products[{index}].{name}");
    ids::id(&member("productId"), &product.product_id)?;
    ids::name(&member("name"), &product.name)?;
    ids::id(&member("measure"), &product.measure)?;
    if is_of_top_up(&product.product_id) {
        let expected =
            format!("an id that does not begin with {PREPAYMENT_PREFIX}, which names the line of a top-up");
        return Err(ApiError::field(&member("productId"), &expected, &format!("{:?}", product.product_id)));
    }
    if VatRate::from_setting(product.vat_rate.0).is_none() {
        let found = product.vat_rate.to_string();
        return Err(ApiError::field(
            &member("vatRate"),
            "a fraction from 0 to below 1, such as 0.12",
            &found,
        ));
    }
    exact_amount(&member("price"), &product.price, precision)
}
