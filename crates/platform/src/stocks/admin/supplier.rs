//! How is a supplier set up and taken away?

use super::{Key, Noun, set, show, take_away};
use crate::access::Admin;
use crate::api::{UpsertRefusals, ids};
use crate::feed::Changes;
use crate::stocks::store;
use axum::Json;
use axum::extract::Path;
use db::{Tx, TxError};
use door::{ApiError, Strict};
use money::Precision;
use wire::stocks::{PutSupplier, Supplier};

/// A supplier.
pub(super) enum Suppliers {}

impl Noun for Suppliers {
    const NAME: &'static str = "put_supplier";
    const NOUN: &'static str = "supplier";
    const ID: &'static str = "supplierId";
    type Put = PutSupplier;
    type Shown = Supplier;

    fn check(put: &PutSupplier) -> Result<(), ApiError> {
        ids::id("supplierName", &put.supplier_name)
    }

    fn put(
        tx: &mut Tx<'_>,
        changes: &mut Changes,
        key: &Key,
        _precision: Precision,
        put: &PutSupplier,
    ) -> Result<(), TxError<ApiError>> {
        let is = store::supplier(tx, &key.merchant, &key.id)?;
        if is.is_none_or(|is| is.removed || is.supplier != *put) {
            store::put_supplier(tx, changes, &key.merchant, &key.id, put)?;
        }
        Ok(())
    }

    fn remove(tx: &mut Tx<'_>, changes: &mut Changes, key: &Key) -> Result<bool, TxError<ApiError>> {
        Ok(store::remove_supplier(tx, changes, &key.merchant, &key.id)?)
    }

    fn shown(tx: &mut Tx<'_>, key: &Key) -> Result<Option<Supplier>, db::Error> {
        store::supplier(tx, &key.merchant, &key.id)
    }
}

/// Sets a supplier up, or changes it; one that was removed is there again.
#[utoipa::path(
    put,
    path = "/admin/v1/platform/merchants/{merchantId}/suppliers/{supplierId}",
    tag = "Platform set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("supplierId" = String, Path, description = "1 to 64 characters")
    ),
    request_body = PutSupplier,
    responses((status = 200, description = "The supplier", body = Supplier), UpsertRefusals)
)]
pub(super) async fn put_supplier(
    admin: Admin,
    Path((merchant, id)): Path<(String, String)>,
    Strict(supplier): Strict<PutSupplier>,
) -> Result<Json<Supplier>, ApiError> {
    set::<Suppliers>(&admin, Key::of(merchant, id), supplier).await
}

/// The supplier as set up, a removed one too.
#[utoipa::path(
    get,
    path = "/admin/v1/platform/merchants/{merchantId}/suppliers/{supplierId}",
    tag = "Platform set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("supplierId" = String, Path, description = "The supplier's id")
    ),
    responses((status = 200, description = "The supplier", body = Supplier), UpsertRefusals)
)]
pub(super) async fn get_supplier(
    admin: Admin,
    Path((merchant, id)): Path<(String, String)>,
) -> Result<Json<Supplier>, ApiError> {
    show::<Suppliers>(&admin, Key::of(merchant, id)).await
}

/// Takes a supplier away. Its stock ups keep its name.
#[utoipa::path(
    delete,
    path = "/admin/v1/platform/merchants/{merchantId}/suppliers/{supplierId}",
    tag = "Platform set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("supplierId" = String, Path, description = "The supplier's id")
    ),
    responses((status = 200, description = "The supplier as it was, removed", body = Supplier), UpsertRefusals)
)]
pub(super) async fn delete_supplier(
    admin: Admin,
    Path((merchant, id)): Path<(String, String)>,
) -> Result<Json<Supplier>, ApiError> {
    take_away::<Suppliers>(&admin, Key::of(merchant, id)).await
}
