//! How much of a promotion's limits is used, and how much do open checks keep?

use crate::Partner;
use crate::loyalty::promotion::{Definition, counts_money};
use crate::merchant;
use crate::row;
use axum::Json;
use axum::extract::{Path, Query, State};
use db::{Error, Never, Tx, TxError, params};
use door::ApiError;
use door::admin::AdminCaller;
use jiff::Timestamp;
use money::Amount;
use serde::Deserialize;
use std::collections::BTreeMap;
use wire::Number;
use wire::admin::partner::limits::{LimitPage, LimitView};
use wire::errors::ErrorBody;
use wire::time::utc_millis;

db::row! {
    /// A counter.
    struct LimitRow {
        limit_id: String,
        used: i64,
        updated_at: Timestamp,
    }
}

db::row! {
    /// What an open check keeps of a counter.
    struct HeldRow {
        limit_id: String,
        amount: i64,
    }
}

db::statement! {
    /// A promotion's rule.
    RULE_TO_SHOW -> String = "SELECT definition FROM partner_promotion WHERE merchant = $1 AND promotion_id = $2";
    /// A promotion's counters in the order of their ids.
    PAGE_OF_LIMITS -> LimitRow = "SELECT limit_id, used, updated_at FROM partner_limit
        WHERE merchant = $1 AND promotion_id = $2 AND limit_id > $3 ORDER BY limit_id LIMIT $4";
    /// What open checks keep of the counters from one id to another.
    HELD_OF_LIMITS -> HeldRow = "SELECT limit_id, amount FROM partner_limit_hold
        WHERE merchant = $1 AND limit_id >= $2 AND limit_id <= $3 AND state = 'active' AND expires_at > $4";
}

/// Counters on a page.
const LIMIT: usize = 100;

/// Which counters are asked for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct LimitsQuery {
    /// From `nextPage`: the last counter seen.
    after: Option<String>,
}

/// What is used and kept of a promotion's limits, 100 counters a page.
#[utoipa::path(
    get, path = "/admin/v1/partner/merchants/{merchantId}/promotions/{promotionId}/limits", tag = "Partner set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("promotionId" = String, Path, description = "The promotion's id"),
        ("after" = Option<String>, Query, description = "As in `nextPage`"),
    ),
    responses(
        (status = 200, body = LimitPage),
        (status = 400, body = ErrorBody, description = "An unknown parameter, or `after` is not one of ours"),
        (status = 401, body = ErrorBody, description = "Not an admin token"),
        (status = 404, body = ErrorBody, description = "No such promotion of this merchant"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get_promotion_limits(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path((merchant, promotion_id)): Path<(String, String)>,
    query: Result<Query<LimitsQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<LimitPage>, ApiError> {
    let Query(query) = query.map_err(|error| ApiError::query(&error.body_text()))?;
    let after = match query.after.as_deref() {
        None => String::new(),
        Some(text) => outside::unhex(text).ok_or_else(|| {
            ApiError::field("after", "the value in nextPage, unchanged", &format!("{text:?}"))
        })?,
    };
    let path = format!("/admin/v1/partner/merchants/{merchant}/promotions/{promotion_id}/limits");
    let now = partner.outside().now();
    let asked = promotion_id.clone();
    let found = partner.db().read("partner_promotion_limits", move |tx| {
        page(tx, &merchant, &promotion_id, &after, now).map_err(TxError::<Never>::from)
    });
    let mut data = found.await?.ok_or_else(|| ApiError::not_found("promotion", &asked))?;
    let more = data.len() > LIMIT;
    data.truncate(LIMIT);
    let next_page = data
        .last()
        .filter(|_| more)
        .map(|last| format!("{path}?after={}", outside::hex(last.limit_id.as_bytes())));
    Ok(Json(LimitPage { data, next_page }))
}

fn page(
    tx: &mut Tx<'_>,
    merchant: &str,
    promotion_id: &str,
    after: &str,
    now: Timestamp,
) -> Result<Option<Vec<LimitView>>, Error> {
    let Some(settings) = merchant::get(tx, merchant)? else { return Ok(None) };
    let Some(rule) = tx.optional(&RULE_TO_SHOW, params![merchant, promotion_id])? else { return Ok(None) };
    let definition = Definition::parse(&rule)
        .map_err(|_| row::unreadable("partner_promotion", "definition", "a promotion's rule as JSON"))?;
    let most_rows = i64::try_from(LIMIT + 1).unwrap_or(i64::MAX);
    let rows = tx.query(&PAGE_OF_LIMITS, params![merchant, promotion_id, after, most_rows])?;
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(Some(Vec::new())) };
    let mut held: BTreeMap<String, i64> = BTreeMap::new();
    for row in tx.query(&HELD_OF_LIMITS, params![merchant, &first.limit_id, &last.limit_id, now])? {
        *held.entry(row.limit_id).or_default() += row.amount;
    }
    let views = rows.into_iter().map(|LimitRow { limit_id, used, updated_at }| {
        let limit = definition.limits.iter().find(|limit| limit.counts_in(promotion_id, &limit_id));
        let money = counts_money(promotion_id, &limit_id);
        let number = |units: i64| {
            if money { Number::from_amount(Amount(units), settings.precision) } else { Number::from(units) }
        };
        LimitView {
            unit: if money { "amount" } else { "uses" }.to_owned(),
            limit: limit.map(|limit| number(limit.most(settings.precision))),
            used: number(used),
            held: number(held.get(&limit_id).copied().unwrap_or(0)),
            updated_at: utc_millis(updated_at),
            limit_id,
        }
    });
    Ok(Some(views.collect()))
}
