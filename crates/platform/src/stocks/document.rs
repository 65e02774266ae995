//! `GET …/stockUps` and `…/stockTakings`: what came into a stock, and what was counted there?

use super::document_store::{self as store, DocumentRow, Kind, LineRow, Window};
use super::list::StockPath;
use super::{ReadStocks, shape, zone_of};
use crate::access::AtMerchant;
use crate::api::{Filters, ListRefusals, Query, ReadRefusals, filters, page};
use axum::Json;
use axum::extract::Path;
use db::{Tx, TxError};
use door::ApiError;
use money::Precision;
use serde::Deserialize;
use wire::list::Page;
use wire::stocks::{StockTaking, StockTakingDetail, StockUp, StockUpDetail};

filters! {
    /// Which stock ups a call asks for.
    pub(super) struct StockUpFilters {
        /// Stock ups made at or after: a date (midnight at the stock's place) or a date-time.
        from: Instant = "from",
        /// Stock ups made before: a date or a date-time.
        till: Instant = "till",
        /// Stock ups changed at or after, also those that were taken away (`_removed`).
        modified_since: Instant = "modifiedSince",
        /// 1 to 100, default 50.
        limit: Limit = "limit",
    }
    /// Continue after this stock up.
    cursor "lastStockUpId"
}

filters! {
    /// Which stock takings a call asks for.
    pub(super) struct StockTakingFilters {
        /// Stock takings made at or after: a date (midnight at the stock's place) or a date-time.
        from: Instant = "from",
        /// Stock takings made before: a date or a date-time.
        till: Instant = "till",
        /// Stock takings changed at or after, also those that were taken away (`_removed`).
        modified_since: Instant = "modifiedSince",
        /// 1 to 100, default 50.
        limit: Limit = "limit",
    }
    /// Continue after this stock taking.
    cursor "lastStockTakingId"
}

/// A path to a stock up.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StockUpPath {
    stock_id: String,
    stock_up_id: String,
}

/// A path to a stock taking.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StockTakingPath {
    stock_id: String,
    stock_taking_id: String,
}

/// The stock ups of a stock, newest first, without their lines.
#[utoipa::path(
    get,
    path = "/stocks/{merchantId}/stocks/{stockId}/stockUps",
    tag = "Stocks",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("stockId" = String, Path, description = "The stock's id"),
        StockUpFilters
    ),
    responses((status = 200, description = "A page of stock ups", body = Page<StockUp>), ListRefusals)
)]
pub(super) async fn list_stock_ups(
    at: AtMerchant<ReadStocks>,
    Path(path): Path<StockPath>,
    query: Query,
) -> Result<Json<Page<StockUp>>, ApiError> {
    let zone = zone_of(&at, &path.stock_id).await?;
    let filters = StockUpFilters::read(&query, &zone)?;
    let (from, till, modified_since) = (filters.from, filters.till, filters.modified_since);
    let window = Window { from, till, modified_since };
    let (rows, precision) = rows(at, Kind::StockUp, path.stock_id, window, &filters).await?;
    let shape = |row| shape::stock_up(row, precision, &zone);
    Ok(Json(page(&query, &filters, rows, |row| row.document_id.as_str(), shape)))
}

/// A stock up with its lines.
#[utoipa::path(
    get,
    path = "/stocks/{merchantId}/stocks/{stockId}/stockUps/{stockUpId}",
    tag = "Stocks",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("stockId" = String, Path, description = "The stock's id"),
        ("stockUpId" = String, Path, description = "The stock up's id")
    ),
    responses((status = 200, description = "The stock up", body = StockUpDetail), ReadRefusals)
)]
pub(super) async fn get_stock_up(
    at: AtMerchant<ReadStocks>,
    Path(path): Path<StockUpPath>,
) -> Result<Json<StockUpDetail>, ApiError> {
    let zone = zone_of(&at, &path.stock_id).await?;
    let (row, lines, precision) = detail(at, Kind::StockUp, path.stock_id, path.stock_up_id).await?;
    Ok(Json(shape::stock_up_detail(row, lines, precision, &zone)))
}

/// The stock takings of a stock, newest first, without their lines.
#[utoipa::path(
    get,
    path = "/stocks/{merchantId}/stocks/{stockId}/stockTakings",
    tag = "Stocks",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("stockId" = String, Path, description = "The stock's id"),
        StockTakingFilters
    ),
    responses((status = 200, description = "A page of stock takings", body = Page<StockTaking>), ListRefusals)
)]
pub(super) async fn list_stock_takings(
    at: AtMerchant<ReadStocks>,
    Path(path): Path<StockPath>,
    query: Query,
) -> Result<Json<Page<StockTaking>>, ApiError> {
    let zone = zone_of(&at, &path.stock_id).await?;
    let filters = StockTakingFilters::read(&query, &zone)?;
    let (from, till, modified_since) = (filters.from, filters.till, filters.modified_since);
    let window = Window { from, till, modified_since };
    let (rows, precision) = rows(at, Kind::StockTaking, path.stock_id, window, &filters).await?;
    let shape = |row| shape::stock_taking(row, precision, &zone);
    Ok(Json(page(&query, &filters, rows, |row| row.document_id.as_str(), shape)))
}

/// A stock taking with its lines.
#[utoipa::path(
    get,
    path = "/stocks/{merchantId}/stocks/{stockId}/stockTakings/{stockTakingId}",
    tag = "Stocks",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("stockId" = String, Path, description = "The stock's id"),
        ("stockTakingId" = String, Path, description = "The stock taking's id")
    ),
    responses((status = 200, description = "The stock taking", body = StockTakingDetail), ReadRefusals)
)]
pub(super) async fn get_stock_taking(
    at: AtMerchant<ReadStocks>,
    Path(path): Path<StockTakingPath>,
) -> Result<Json<StockTakingDetail>, ApiError> {
    let zone = zone_of(&at, &path.stock_id).await?;
    let (row, lines, precision) = detail(at, Kind::StockTaking, path.stock_id, path.stock_taking_id).await?;
    Ok(Json(shape::stock_taking_detail(row, lines, precision, &zone)))
}

/// A page of documents, with one more than its limit, and the decimals of their money.
async fn rows<F: Filters>(
    at: AtMerchant<ReadStocks>,
    kind: Kind,
    stock: String,
    window: Window,
    filters: &F,
) -> Result<(Vec<DocumentRow>, Precision), ApiError> {
    let (merchant, after, most) = (at.merchant, filters.after().map(str::to_owned), filters.limit() + 1);
    let rows = at.platform.db().read("stock_documents", move |tx| {
        let page = store::page(tx, &merchant, kind, &stock, &window, after.as_deref(), most)?;
        Ok::<_, TxError<ApiError>>((page, precision_of(tx, &merchant)?))
    });
    Ok(rows.await?)
}

/// A document that stands, with its lines and the decimals of their money.
async fn detail(
    at: AtMerchant<ReadStocks>,
    kind: Kind,
    stock: String,
    id: String,
) -> Result<(DocumentRow, Vec<LineRow>, Precision), ApiError> {
    let merchant = at.merchant;
    let found = at.platform.db().read("stock_document", move |tx| {
        let found = store::detail(tx, &merchant, kind, &stock, &id)?.filter(|(row, _)| !row.removed);
        let missing = || TxError::Refused(ApiError::not_found(kind.noun(), &id));
        let (row, lines) = found.ok_or_else(missing)?;
        Ok::<_, TxError<ApiError>>((row, lines, precision_of(tx, &merchant)?))
    });
    Ok(found.await?)
}

/// The decimals of the merchant's money.
fn precision_of(tx: &mut Tx<'_>, merchant: &str) -> Result<Precision, TxError<ApiError>> {
    let precision = super::store::precision(tx, merchant)?;
    precision.ok_or_else(|| TxError::Refused(ApiError::not_found("merchant", merchant)))
}
