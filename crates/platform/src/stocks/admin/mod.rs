//! How is what a merchant keeps in stock set up? `/admin/v1/platform/merchants/{merchantId}/…`
//!
//! Each noun is put under its id, read back and taken away in one way ([`Noun`]). A merchant's stocks are set up one call
//! after the other: each holds the merchant's row first, so that none takes away what another just named.

mod category;
mod document;
mod everything;
mod item;
mod stock;
mod supplier;

pub(crate) use everything::everything;

use super::store;
use crate::access::{Admin, Guarded};
use crate::api::{Upsert, ids, missing, upsert};
use crate::feed::Changes;
use axum::Json;
use db::{Tx, TxError};
use door::ApiError;
use money::{Millionths, Precision};
use serde::Serialize;
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::Number;
use wire::stocks::{PutStock, PutStockItem, PutStockItemCategory, PutStockTaking, PutStockUp, PutSupplier};

pub(crate) fn routes() -> OpenApiRouter<Guarded> {
    OpenApiRouter::new()
        .routes(routes!(stock::put_stock, stock::get_stock, stock::delete_stock))
        .routes(routes!(
            category::put_stock_item_category,
            category::get_stock_item_category,
            category::delete_stock_item_category
        ))
        .routes(routes!(item::put_stock_item, item::get_stock_item, item::delete_stock_item))
        .routes(routes!(supplier::put_supplier, supplier::get_supplier, supplier::delete_supplier))
        .routes(routes!(document::put_stock_up, document::get_stock_up, document::delete_stock_up))
        .routes(routes!(
            document::put_stock_taking,
            document::get_stock_taking,
            document::delete_stock_taking
        ))
}

/// Which record a call is about.
#[derive(Debug, Clone)]
struct Key {
    merchant: String,
    /// The stock in the path of a document; empty for what belongs to no single stock.
    stock: String,
    id: String,
}

impl Key {
    /// A record of the merchant.
    fn of(merchant: String, id: String) -> Self {
        Self { merchant, stock: String::new(), id }
    }
}

/// A noun that is set up under its id.
trait Noun: Send + Sync + 'static {
    /// The transaction's name.
    const NAME: &'static str;
    /// What people call it.
    const NOUN: &'static str;
    /// The parameter with its id.
    const ID: &'static str;
    /// What is set of it.
    type Put: Send + Sync + 'static;
    /// What the caller is shown.
    type Shown: Serialize + Send + 'static;

    /// Looks at what can be judged without a database.
    ///
    /// # Errors
    /// 400 that names the member.
    fn check(put: &Self::Put) -> Result<(), ApiError>;
    /// Writes it, unless it is so already; the merchant, whose money has `precision`, is held.
    ///
    /// # Errors
    /// 400 that names the member, 404 for a stock that is not there.
    fn put(
        tx: &mut Tx<'_>,
        changes: &mut Changes,
        key: &Key,
        precision: Precision,
        put: &Self::Put,
    ) -> Result<(), TxError<ApiError>>;
    /// Takes it away; false when there is none that stands.
    ///
    /// # Errors
    /// 409 when something else needs it.
    fn remove(tx: &mut Tx<'_>, changes: &mut Changes, key: &Key) -> Result<bool, TxError<ApiError>>;
    /// It as it is, removed or not.
    fn shown(tx: &mut Tx<'_>, key: &Key) -> Result<Option<Self::Shown>, db::Error>;
}

/// A record as it shall be; without `put` it shall be taken away.
struct One<N: Noun> {
    key: Key,
    put: Option<N::Put>,
}

impl<N: Noun> Upsert for One<N> {
    const NAME: &'static str = N::NAME;
    type Shown = N::Shown;

    fn merchant(&self) -> &str {
        &self.key.merchant
    }

    fn check(&self) -> Result<(), ApiError> {
        ids::id(N::ID, &self.key.id)?;
        self.put.as_ref().map_or(Ok(()), N::check)
    }

    fn put(&self, tx: &mut Tx<'_>, changes: &mut Changes) -> Result<N::Shown, TxError<ApiError>> {
        let key = &self.key;
        let precision = store::take_merchant(tx, &key.merchant)?;
        let precision = precision.ok_or_else(|| missing("merchant", &key.merchant))?;
        match &self.put {
            Some(put) => N::put(tx, changes, key, precision, put)?,
            None if N::remove(tx, changes, key)? => {}
            None => return Err(missing(N::NOUN, &key.id)),
        }
        N::shown(tx, key)?.ok_or_else(|| missing(N::NOUN, &key.id))
    }
}

/// The set-up of a record; without a body it is taken away.
fn one<N: Noun>(merchant: &str, stock: &str, id: &str, put: Option<N::Put>) -> impl Upsert + use<N> {
    One::<N> { key: Key { merchant: merchant.to_owned(), stock: stock.to_owned(), id: id.to_owned() }, put }
}

/// The set-up of a stock; without a body it is taken away. So for all below.
pub(crate) fn stock(merchant: &str, id: &str, put: Option<PutStock>) -> impl Upsert + use<> {
    one::<stock::Stocks>(merchant, "", id, put)
}

/// Of a category of stock items.
pub(crate) fn category(merchant: &str, id: &str, put: Option<PutStockItemCategory>) -> impl Upsert + use<> {
    one::<category::Categories>(merchant, "", id, put)
}

/// Of a supplier.
pub(crate) fn supplier(merchant: &str, id: &str, put: Option<PutSupplier>) -> impl Upsert + use<> {
    one::<supplier::Suppliers>(merchant, "", id, put)
}

/// Of a stock item.
pub(crate) fn item(merchant: &str, id: &str, put: Option<PutStockItem>) -> impl Upsert + use<> {
    one::<item::Items>(merchant, "", id, put)
}

/// Of a stock up.
pub(crate) fn stock_up(
    merchant: &str,
    stock: &str,
    id: &str,
    put: Option<PutStockUp>,
) -> impl Upsert + use<> {
    one::<document::StockUps>(merchant, stock, id, put)
}

/// Of a stock taking.
pub(crate) fn stock_taking(
    merchant: &str,
    stock: &str,
    id: &str,
    put: Option<PutStockTaking>,
) -> impl Upsert + use<> {
    one::<document::StockTakings>(merchant, stock, id, put)
}

/// Sets a record up and shows it.
async fn set<N: Noun>(admin: &Admin, key: Key, put: N::Put) -> Result<Json<N::Shown>, ApiError> {
    upsert(admin, One::<N> { key, put: Some(put) }).await
}

/// Takes a record away and shows it as it was.
async fn take_away<N: Noun>(admin: &Admin, key: Key) -> Result<Json<N::Shown>, ApiError> {
    upsert(admin, One::<N> { key, put: None }).await
}

/// Shows a record, a removed one too.
async fn show<N: Noun>(admin: &Admin, key: Key) -> Result<Json<N::Shown>, ApiError> {
    let shown = admin
        .platform
        .db()
        .read(N::NAME, move |tx| N::shown(tx, &key)?.ok_or_else(|| missing(N::NOUN, &key.id)))
        .await?;
    Ok(Json(shown))
}

/// 400 for a member that names what is not there.
fn unknown(path: &str, expected: &str, found: &str) -> TxError<ApiError> {
    TxError::Refused(ApiError::field(path, expected, &format!("{found:?}")))
}

/// A text that is given must have 1 to 64 characters.
fn texts(given: &[(&str, &Option<String>)]) -> Result<(), ApiError> {
    given.iter().try_for_each(|(member, text)| text.as_ref().map_or(Ok(()), |text| ids::id(member, text)))
}

/// An amount or a price.
///
/// # Errors
/// 400 that names the member.
fn millionths(path: &str, number: Number) -> Result<Millionths, ApiError> {
    Millionths::exact(number.0).ok_or_else(|| {
        ApiError::field(path, "a decimal with at most 6 decimals, up to 10^9", &number.to_string())
    })
}

/// As [`millionths`], where it cannot be below 0.
///
/// # Errors
/// 400 that names the member.
fn at_least_nothing(path: &str, number: Number) -> Result<Millionths, ApiError> {
    let value = millionths(path, number)?;
    if value >= Millionths::ZERO {
        return Ok(value);
    }
    Err(ApiError::field(path, "at least 0", &number.to_string()))
}

/// A VAT rate whose prices can be told exactly.
///
/// # Errors
/// 400 that names the member.
fn vat_rate(path: &str, number: Number) -> Result<(), ApiError> {
    let is_rate =
        money::vat::VatRate::from_fraction(number.0).is_some() && Millionths::exact(number.0).is_some();
    if is_rate {
        return Ok(());
    }
    let expected = "a fraction from 0 to 1 with at most 6 decimals, such as 0.12";
    Err(ApiError::field(path, expected, &number.to_string()))
}
