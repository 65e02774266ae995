//! What was kept aside, and why?

use crate::{Partner, merchant};
use axum::Json;
use axum::extract::{Path, Query, State};
use db::{TxError, params};
use door::ApiError;
use door::admin::AdminCaller;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use wire::admin::partner::{QuarantinePage, QuarantineView};
use wire::errors::ErrorBody;
use wire::time::utc_millis;

db::row! {
    struct QuarantineRow {
        quarantine_id: String,
        source: String,
        record_key: String,
        reason: String,
        body: String,
        received_at: Timestamp,
        resolved_at: Option<Timestamp>,
    }
}

db::statement! {
    /// What was kept aside, in the order of the ids.
    PAGE_OF_QUARANTINE -> QuarantineRow = "SELECT quarantine_id, source, record_key, reason, body, received_at, resolved_at
        FROM partner_quarantine WHERE merchant = $1 AND quarantine_id > $2 ORDER BY quarantine_id LIMIT $3";
    IN_QUARANTINE -> String = "SELECT quarantine_id FROM partner_quarantine WHERE merchant = $1 AND quarantine_id = $2";
}

/// Bodies on a page.
const LIMIT: usize = 50;

/// Where to go on.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct QuarantineQuery {
    /// From `nextPage`: the last id seen.
    after: Option<String>,
}

/// What was kept aside, 50 a page.
#[utoipa::path(
    get, path = "/admin/v1/partner/merchants/{merchantId}/quarantine", tag = "Partner set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("after" = Option<String>, Query, description = "As in `nextPage`"),
    ),
    responses(
        (status = 200, body = QuarantinePage),
        (status = 400, body = ErrorBody, description = "An unknown parameter"),
        (status = 401, body = ErrorBody, description = "Not an admin token"),
        (status = 404, body = ErrorBody, description = "The merchant is not set up here, or has no such body to go on after"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get_quarantine(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path(merchant): Path<String>,
    query: Result<Query<QuarantineQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<QuarantinePage>, ApiError> {
    let Query(query) = query.map_err(|error| ApiError::query(&error.body_text()))?;
    let after = query.after.unwrap_or_default();
    super::limits::text("after", Some(&after))?;
    let path = format!("/admin/v1/partner/merchants/{merchant}/quarantine");
    let found = partner.db().read("partner_quarantine", move |tx| {
        let missing = |noun, id: &str| TxError::Refused(ApiError::not_found(noun, id));
        if merchant::get(tx, &merchant)?.is_none() {
            return Err(missing("merchant", &merchant));
        }
        if !after.is_empty() && tx.optional(&IN_QUARANTINE, params![&merchant, &after])?.is_none() {
            return Err(missing("body", &after));
        }
        let limit = i64::try_from(LIMIT + 1).unwrap_or(i64::MAX);
        let rows = tx.query(&PAGE_OF_QUARANTINE, params![&merchant, &after, limit])?;
        Ok(rows.into_iter().map(view).collect::<Vec<_>>())
    });
    let mut data = found.await?;
    let more = data.len() > LIMIT;
    data.truncate(LIMIT);
    let next_page = data.last().filter(|_| more).map(|last| format!("{path}?after={}", last.quarantine_id));
    Ok(Json(QuarantinePage { data, next_page }))
}

fn view(row: QuarantineRow) -> QuarantineView {
    QuarantineView {
        quarantine_id: row.quarantine_id,
        source: row.source,
        record_key: row.record_key,
        reason: row.reason,
        // what could not be read at all is shown as the text that came
        body: serde_json::from_str(&row.body).unwrap_or(Value::String(row.body)),
        received_at: utc_millis(row.received_at),
        resolved_at: row.resolved_at.map(utc_millis),
    }
}
