//! How is a promotion set up and looked at?

use super::limits;
use super::refusals::{ChangeRefusals, LookRefusals};
use crate::loyalty::people::code;
use crate::loyalty::promotion::{Definition, agree};
use crate::{Partner, merchant, row};
use axum::Json;
use axum::extract::{Path, Query, State};
use db::{Never, Tx, TxError, params};
use door::admin::AdminCaller;
use door::{ApiError, Strict};
use jiff::Timestamp;
use serde::Deserialize;
use wire::admin::partner::{PromotionDetail, PromotionPage, PromotionPut, PromotionView};

db::row! {
    struct PromotionRow {
        promotion_id: String,
        definition: serde_json::Value as db::Json,
        status: String,
    }
}

db::row! {
    /// The rule of a promotion as JSON.
    struct RuleRow {
        promotion_id: String,
        definition: String,
    }
}

db::statement! {
    /// The rules that are switched on.
    ACTIVE_RULES -> RuleRow = "SELECT promotion_id, definition FROM partner_promotion WHERE merchant = $1 AND status = 'active'";
    /// A promotion, new or changed.
    PUT_PROMOTION = "INSERT INTO partner_promotion (merchant, promotion_id, definition, status, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $5)
        ON CONFLICT (merchant, promotion_id) DO UPDATE SET
          definition = EXCLUDED.definition, status = EXCLUDED.status, updated_at = EXCLUDED.updated_at";
    /// A promotion as it is set up.
    GET_PROMOTION -> PromotionRow = "SELECT promotion_id, definition, status FROM partner_promotion
        WHERE merchant = $1 AND promotion_id = $2";
    /// Promotions in the order of their ids.
    PAGE_OF_PROMOTIONS -> PromotionRow = "SELECT promotion_id, definition, status FROM partner_promotion
        WHERE merchant = $1 AND promotion_id > $2 ORDER BY promotion_id LIMIT $3";
    KNOWN_PROMOTION -> String = "SELECT promotion_id FROM partner_promotion WHERE merchant = $1 AND promotion_id = $2";
    /// The codes that set a promotion off. No ORDER BY: it would tempt SQLite to walk all the merchant's codes.
    CODES_OF_PROMOTION -> String = "SELECT code FROM partner_code
        WHERE merchant = $1 AND promotion_id = $2 AND status = 'active' LIMIT 1000";
}

/// Sets a promotion up, or changes it, with the codes that set it off.
#[utoipa::path(
    put, path = "/admin/v1/partner/merchants/{merchantId}/promotions/{promotionId}", tag = "Partner set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("promotionId" = String, Path, description = "It becomes `generalDiscountId` in offers"),
    ),
    request_body = PromotionPut,
    responses((status = 200, body = PromotionPut, description = "As it is set up now"), ChangeRefusals),
    security(("bearer" = [])),
)]
pub(crate) async fn put_promotion(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path((merchant, promotion_id)): Path<(String, String)>,
    Strict(body): Strict<PromotionPut>,
) -> Result<Json<PromotionPut>, ApiError> {
    limits::id("promotionId", &promotion_id)?;
    for (index, code) in body.codes.iter().flatten().enumerate() {
        limits::id(&format!("codes[{index}]"), code)?;
    }
    let definition = body.definition.to_string();
    Definition::parse(&definition).map_err(|wrong| ApiError::within("definition", &wrong))?;
    let (stored, now) = (body.clone(), partner.outside().now());
    partner
        .db()
        .write("put_promotion", move |tx| put(tx, &merchant, &promotion_id, &stored, &definition, now))
        .await?;
    Ok(Json(body))
}

/// Refuses a program whose groups contradict themselves; only promotions that are switched on count.
fn in_agreement(tx: &mut Tx<'_>, merchant: &str) -> Result<(), TxError<ApiError>> {
    let mut rules = Vec::new();
    for RuleRow { promotion_id, definition } in tx.query(&ACTIVE_RULES, params![merchant])? {
        let definition = Definition::parse(&definition)
            .map_err(|_| row::unreadable("partner_promotion", "definition", "a promotion's rule as JSON"))?;
        rules.push((promotion_id, definition));
    }
    agree(rules.iter().map(|(promotion_id, rule)| (promotion_id.as_str(), rule)))
        .map_err(|wrong| TxError::Refused(ApiError::within("definition", &wrong)))
}

fn put(
    tx: &mut Tx<'_>,
    merchant: &str,
    promotion_id: &str,
    body: &PromotionPut,
    definition: &str,
    now: Timestamp,
) -> Result<(), TxError<ApiError>> {
    let Some(program_version) = merchant::move_program_version(tx, merchant, now)? else {
        return Err(TxError::Refused(ApiError::not_found("merchant", merchant)));
    };
    let status = if body.active { "active" } else { "inactive" };
    tx.execute(&PUT_PROMOTION, params![merchant, promotion_id, definition, status, now])?;
    in_agreement(tx, merchant)?;
    let Some(codes) = &body.codes else { return Ok(()) };
    match code::put_promotion_codes(tx, merchant, promotion_id, codes, program_version, now)? {
        None => Ok(()),
        Some(taken) => Err(TxError::Refused(ApiError::conflict(format!(
            "codes: {taken} means something else already; use another one"
        )))),
    }
}

/// Promotions on a page.
const LIMIT: usize = 50;

/// Where to go on.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PromotionsQuery {
    /// From `nextPage`: the last id seen.
    after: Option<String>,
}

/// The merchant's promotions, 50 a page.
#[utoipa::path(
    get, path = "/admin/v1/partner/merchants/{merchantId}/promotions", tag = "Partner set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("after" = Option<String>, Query, description = "As in `nextPage`"),
    ),
    responses((status = 200, body = PromotionPage), LookRefusals),
    security(("bearer" = [])),
)]
pub(crate) async fn get_promotions(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path(merchant): Path<String>,
    query: Result<Query<PromotionsQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<PromotionPage>, ApiError> {
    let Query(query) = query.map_err(|error| ApiError::query(&error.body_text()))?;
    let after = query.after.unwrap_or_default();
    limits::text("after", Some(&after))?;
    let path = format!("/admin/v1/partner/merchants/{merchant}/promotions");
    let found = partner.db().read("partner_promotions", move |tx| {
        let missing = |noun, id: &str| TxError::Refused(ApiError::not_found(noun, id));
        if merchant::get(tx, &merchant)?.is_none() {
            return Err(missing("merchant", &merchant));
        }
        if !after.is_empty() && tx.optional(&KNOWN_PROMOTION, params![&merchant, &after])?.is_none() {
            return Err(missing("promotion", &after));
        }
        let limit = i64::try_from(LIMIT + 1).unwrap_or(i64::MAX);
        let rows = tx.query(&PAGE_OF_PROMOTIONS, params![&merchant, &after, limit])?;
        Ok(rows.into_iter().map(view).collect::<Vec<_>>())
    });
    let mut data = found.await?;
    let more = data.len() > LIMIT;
    data.truncate(LIMIT);
    let next_page = data.last().filter(|_| more).map(|last| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        format!("{path}?{}", query.append_pair("after", &last.promotion_id).finish())
    });
    Ok(Json(PromotionPage { data, next_page }))
}

/// A promotion with its codes.
#[utoipa::path(
    get, path = "/admin/v1/partner/merchants/{merchantId}/promotions/{promotionId}", tag = "Partner set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("promotionId" = String, Path, description = "The promotion's id"),
    ),
    responses((status = 200, body = PromotionDetail), LookRefusals),
    security(("bearer" = [])),
)]
pub(crate) async fn get_promotion(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path((merchant, promotion_id)): Path<(String, String)>,
) -> Result<Json<PromotionDetail>, ApiError> {
    let asked = promotion_id.clone();
    let found = partner.db().read("partner_promotion", move |tx| {
        let Some(found) = tx.optional(&GET_PROMOTION, params![&merchant, &promotion_id])? else {
            return Ok::<_, TxError<Never>>(None);
        };
        let mut codes = tx.query(&CODES_OF_PROMOTION, params![&merchant, &promotion_id])?;
        codes.sort_unstable();
        let PromotionView { promotion_id, definition, active } = view(found);
        Ok(Some(PromotionDetail { promotion_id, definition, active, codes }))
    });
    found.await?.map(Json).ok_or_else(|| ApiError::not_found("promotion", &asked))
}

fn view(row: PromotionRow) -> PromotionView {
    let PromotionRow { promotion_id, definition, status } = row;
    PromotionView { promotion_id, definition, active: status == "active" }
}
