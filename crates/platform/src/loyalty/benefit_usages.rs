//! How does a provider pull usages that never reached it, and acknowledge them? (protocol.md §10.9)

use super::store::{self, UsagesQuery};
use crate::Platform;
use crate::access::{ApiClient, SourceId};
use crate::api::query::{LIMIT_DEFAULT, NextPage, Parameters, flag, instant, limit};
use crate::place::settings;
use axum::Json;
use axum::extract::{Path, State};
use db::{Never, TxError};
use door::{ApiError, Message};
use serde::Deserialize;
use std::collections::BTreeSet;
use wire::Extra;
use wire::list::Page;
use wire::loyalty::{BenefitUsage, MarkAsSynchronized, MarkedAsSynchronized};

/// Most ids of one acknowledgement.
const IDS_MAX: usize = 500;

/// The query as it came.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct UsagesParameters {
    /// Only usages that are (not) acknowledged: true, false, 1 or 0.
    synchronized: Option<String>,
    /// Usages made at or after: a date (midnight at the place) or a date-time.
    from: Option<String>,
    /// Usages made before.
    till: Option<String>,
    /// 1 to 100, default 50.
    limit: Option<String>,
    /// Continue after this usage.
    last_benefit_usage_id: Option<String>,
}

/// The usages of the calling application's provider at a place, oldest first.
#[utoipa::path(
    get,
    path = "/loyalty/{sourceId}/benefitUsages",
    tag = "Loyalty",
    params(("sourceId" = String, Path, description = "`<merchantId>-<placeId>`"), UsagesParameters),
    responses(
        (status = 200, description = "A page of usages", body = Page<BenefitUsage>),
        (status = 400, description = "A parameter cannot be read; `field` names it"),
        (status = 401, description = "No access token, or one that has ended"),
        (status = 403, description = "The merchant is not assigned, or the application is no loyalty provider"),
        (status = 404, description = "No such place, or no such usage to continue after")
    )
)]
pub(super) async fn list_benefit_usages(
    State(platform): State<Platform>,
    client: ApiClient,
    Path(source): Path<String>,
    Parameters(parameters): Parameters<UsagesParameters>,
) -> Result<Json<Page<BenefitUsage>>, ApiError> {
    let (source, provider) = provider_at(&platform, &client, &source).await?;
    let zone = settings(platform.db(), &source.merchant, &source.place).await?.zone;
    let given_limit = limit(parameters.limit.as_deref())?;
    let query = UsagesQuery {
        synchronized: flag("synchronized", parameters.synchronized.as_deref())?,
        from: instant("from", parameters.from.as_deref(), &zone)?,
        till: instant("till", parameters.till.as_deref(), &zone)?,
        limit: given_limit.unwrap_or(LIMIT_DEFAULT),
        last_benefit_usage_id: parameters.last_benefit_usage_id,
    };
    let (asked, place) = (query.clone(), source.clone());
    let mut usages =
        platform.db().read("benefit_usages", move |tx| store::page(tx, &place, &provider, &asked)).await?;
    let size = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let more = usages.len() > size;
    usages.truncate(size);
    let next_page = usages.last().filter(|_| more).map(|last| {
        let mut path = NextPage::new(format!("/loyalty/{source}/benefitUsages"));
        path.flag("synchronized", query.synchronized);
        path.instant("from", query.from);
        path.instant("till", query.till);
        path.add("limit", given_limit.map(|limit| limit.to_string()).as_deref());
        path.add("lastBenefitUsageId", Some(&last.benefit_usage_id));
        path.finish()
    });
    Ok(Json(crate::api::query::page(usages, next_page)))
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
        (status = 401, description = "No access token, or one that has ended"),
        (status = 403, description = "The merchant is not assigned, or the application is no loyalty provider"),
        (status = 404, description = "No such place")
    )
)]
pub(super) async fn mark_as_synchronized(
    State(platform): State<Platform>,
    client: ApiClient,
    Path(source): Path<String>,
    Message(body): Message<MarkAsSynchronized>,
) -> Result<Json<MarkedAsSynchronized>, ApiError> {
    let (source, provider) = provider_at(&platform, &client, &source).await?;
    settings(platform.db(), &source.merchant, &source.place).await?;
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
                if store::mark(tx, &source, &provider, id, now)? {
                    known.insert(id.clone());
                }
            }
            Ok::<_, TxError<Never>>(known)
        })
        .await?;
    let (synchronized, not_found) = body.benefit_usage_ids.into_iter().partition(|id| known.contains(id));
    Ok(Json(MarkedAsSynchronized { synchronized, not_found, extra: Extra::new() }))
}

/// The place and the provider the application is.
async fn provider_at(
    platform: &Platform,
    client: &ApiClient,
    source: &str,
) -> Result<(SourceId, String), ApiError> {
    let source = SourceId::parse(source)?;
    client.may_read(platform, &source.merchant).await?;
    let provider = client.loyalty_provider_id().ok_or_else(|| {
        ApiError::forbidden("this application is not set up as a loyalty provider; it has no benefit usages")
    })?;
    Ok((source, provider.to_owned()))
}
