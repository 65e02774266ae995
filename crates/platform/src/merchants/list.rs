//! `GET /merchants`: which merchants may an application read? (protocol.md §2.1)

use super::{ReadMerchants, store};
use crate::access::Application;
use crate::api::{Filters as _, ListRefusals, Query, filters, page};
use axum::Json;
use door::ApiError;
use jiff::tz::TimeZone;
use wire::list::Page;
use wire::merchants::Merchant;

filters! {
    /// Which of its merchants an application asks for.
    pub(crate) struct MerchantFilters {
        /// 1 to 100, default 50.
        limit: Limit = "limit",
    }
    /// Continue after this merchant.
    cursor "lastMerchantId"
}

/// The merchants that are assigned to the application, in the order of their ids, each with all its places.
#[utoipa::path(
    get,
    path = "/merchants",
    tag = "Merchants",
    params(MerchantFilters),
    responses((status = 200, description = "A page of merchants", body = Page<Merchant>), ListRefusals)
)]
pub(super) async fn list_merchants(
    at: Application<ReadMerchants>,
    query: Query,
) -> Result<Json<Page<Merchant>>, ApiError> {
    let filters = MerchantFilters::read(&query, &TimeZone::UTC)?;
    let after = match filters.after() {
        None => at.merchants.as_slice(),
        Some(last) => {
            let position = at.merchants.iter().position(|known| known == last);
            let position = position.ok_or_else(|| ApiError::not_found("merchant", last))?;
            at.merchants.get(position + 1..).unwrap_or_default()
        }
    };
    // One more than the page says that there is a next one.
    let most = usize::try_from(filters.limit()).unwrap_or(usize::MAX).saturating_add(1);
    let mut merchants = Vec::new();
    for merchant in after.iter().take(most) {
        merchants.extend(store::merchant(at.platform.db(), merchant).await?);
    }
    Ok(Json(page(&query, &filters, merchants, |merchant| merchant.merchant_id.as_str(), |merchant| merchant)))
}
