//! How does a provider pull usages that never reached it, and acknowledge them? (protocol.md §10.9)

use super::store;
use crate::access::{ApiClient, At, Grant, SourceId};
use crate::api::{ListRefusals, Listed, Query, ReadRefusals, filters, list};
use crate::place::PlaceSettings;
use axum::Json;
use db::{Never, Tx, TxError};
use door::{ApiError, Message};
use std::collections::BTreeSet;
use wire::Extra;
use wire::access::Api;
use wire::list::Page;
use wire::loyalty::{BenefitUsage, MarkAsSynchronized, MarkedAsSynchronized};

/// Most ids of one acknowledgement.
const IDS_MAX: usize = 500;

filters! {
    /// Which usages a call asks for.
    pub(crate) struct UsageFilters {
        /// Only usages that are (not) acknowledged: true, false, 1 or 0.
        synchronized: Flag = "synchronized",
        /// Usages made at or after: a date (midnight at the place) or a date-time.
        from: Instant = "from",
        /// Usages made before.
        till: Instant = "till",
        /// 1 to 100, default 50.
        limit: Limit = "limit",
    }
    /// Continue after this usage.
    cursor "lastBenefitUsageId"
}

/// The provider an application is: it may read and acknowledge its own usages.
#[derive(Debug, Clone)]
pub(super) struct Provider {
    loyalty_provider_id: String,
}

impl Grant for Provider {
    const API: Api = Api::Loyalty;

    fn of(client: &ApiClient) -> Result<Self, ApiError> {
        let id = client.loyalty_provider_id().ok_or_else(|| {
            ApiError::forbidden(
                "this application is not set up as a loyalty provider; it has no benefit usages",
            )
        })?;
        Ok(Self { loyalty_provider_id: id.to_owned() })
    }
}

/// The usages of a provider at a place, oldest first.
enum Usages {}

impl Listed for Usages {
    const NAME: &'static str = "benefit_usages";
    type Grant = Provider;
    type Filters = UsageFilters;
    type Row = BenefitUsage;
    type Wire = BenefitUsage;

    fn page(
        tx: &mut Tx<'_>,
        source: &SourceId,
        provider: &Provider,
        filters: &UsageFilters,
        most: i64,
    ) -> Result<Vec<BenefitUsage>, TxError<ApiError>> {
        store::page(tx, source, &provider.loyalty_provider_id, filters, most)
    }

    fn id(usage: &BenefitUsage) -> &str {
        &usage.benefit_usage_id
    }

    fn shape(usage: BenefitUsage, _place: &PlaceSettings) -> BenefitUsage {
        usage
    }
}

/// The usages of the calling application's provider at a place, oldest first.
#[utoipa::path(
    get,
    path = "/loyalty/{sourceId}/benefitUsages",
    tag = "Loyalty",
    params(("sourceId" = String, Path, description = "`<merchantId>-<placeId>`"), UsageFilters),
    responses(
        (status = 200, description = "A page of usages", body = Page<BenefitUsage>),
        ListRefusals
    )
)]
pub(super) async fn list_benefit_usages(
    at: At<Provider>,
    query: Query,
) -> Result<Json<Page<BenefitUsage>>, ApiError> {
    list::<Usages>(at, query).await
}

/// Acknowledges usages: they count as synchronized and are sent no more. Repeating it changes nothing.
#[utoipa::path(
    post,
    path = "/loyalty/{sourceId}/benefitUsages/synchronized",
    tag = "Loyalty",
    params(("sourceId" = String, Path, description = "`<merchantId>-<placeId>`")),
    request_body = MarkAsSynchronized,
    responses(
        (status = 200, description = "Which are synchronized now, and which this provider does not have here", body = MarkedAsSynchronized),
        (status = 400, description = "The body cannot be read; `field` names the member"),
        ReadRefusals
    )
)]
pub(super) async fn mark_as_synchronized(
    at: At<Provider>,
    Message(body): Message<MarkAsSynchronized>,
) -> Result<Json<MarkedAsSynchronized>, ApiError> {
    let At { platform, source, grant: provider, .. } = at;
    if body.benefit_usage_ids.len() > IDS_MAX {
        let expected = format!("at most {IDS_MAX} ids");
        return Err(ApiError::field("benefitUsageIds", &expected, &body.benefit_usage_ids.len().to_string()));
    }
    let now = platform.now();
    // Sorted: two callers that mark the same usages take their rows in one order.
    let ids: BTreeSet<String> = body.benefit_usage_ids.iter().cloned().collect();
    let known = platform
        .db()
        .write("mark_as_synchronized", move |tx| {
            let mut known = BTreeSet::new();
            for id in &ids {
                if store::mark(tx, &source, &provider.loyalty_provider_id, id, now)? {
                    known.insert(id.clone());
                }
            }
            Ok::<_, TxError<Never>>(known)
        })
        .await?;
    let (synchronized, not_found) = body.benefit_usage_ids.into_iter().partition(|id| known.contains(id));
    Ok(Json(MarkedAsSynchronized { synchronized, not_found, extra: Extra::new() }))
}
