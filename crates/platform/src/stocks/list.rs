//! `GET /stocks/{merchantId}/stocks/{stockId}/items`: what does a stock hold?

use super::{ReadStocks, item_store, shape, zone_of};
use crate::access::AtMerchant;
use crate::api::{Filters as _, ListRefusals, Query, filters, page};
use axum::Json;
use axum::extract::Path;
use door::ApiError;
use serde::Deserialize;
use wire::list::Page;
use wire::stocks::StockItem;

filters! {
    /// Which items of a stock a call asks for.
    pub(super) struct ItemFilters {
        /// Items changed at or after, also those that the stock keeps no more (`_removed`): a date or a date-time.
        modified_since: Instant = "modifiedSince",
        /// 1 to 100, default 50.
        limit: Limit = "limit",
    }
    /// Continue after this item.
    cursor "lastItemId"
}

/// A path to a stock.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StockPath {
    pub(super) stock_id: String,
}

/// The items of a stock in the order of their ids, each with its amount and both prices.
#[utoipa::path(
    get,
    path = "/stocks/{merchantId}/stocks/{stockId}/items",
    tag = "Stocks",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("stockId" = String, Path, description = "The stock's id"),
        ItemFilters
    ),
    responses((status = 200, description = "A page of items", body = Page<StockItem>), ListRefusals)
)]
pub(super) async fn list_stock_items(
    at: AtMerchant<ReadStocks>,
    Path(path): Path<StockPath>,
    query: Query,
) -> Result<Json<Page<StockItem>>, ApiError> {
    let zone = zone_of(&at, &path.stock_id).await?;
    let filters = ItemFilters::read(&query, &zone)?;
    let (asked, merchant, most) = (filters.clone(), at.merchant, filters.limit() + 1);
    let rows = at.platform.db().read("stock_items", move |tx| {
        item_store::page(tx, &merchant, &path.stock_id, asked.modified_since, asked.after(), most)
    });
    let shape = |row| shape::item(row, &zone);
    Ok(Json(page(&query, &filters, rows.await?, |row| row.item_id.as_str(), shape)))
}
