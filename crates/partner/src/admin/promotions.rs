//! How is a promotion set up?

use super::limits;
use crate::Partner;
use crate::loyalty::code;
use crate::loyalty::promotion::Definition;
use axum::Json;
use axum::extract::{Path, State};
use db::{Tx, TxError, params};
use door::admin::AdminCaller;
use door::{ApiError, Strict};
use jiff::Timestamp;
use wire::admin::partner::PromotionPut;
use wire::errors::ErrorBody;

db::statement! {
    /// A changed promotion is a changed program; also the lock under which promotions change.
    MOVE_PROGRAM_VERSION = "UPDATE partner_merchant SET program_version = program_version + 1, updated_at = $2
        WHERE merchant = $1 RETURNING program_version";
    /// A promotion, new or changed.
    PUT_PROMOTION = "INSERT INTO partner_promotion (merchant, promotion_id, definition, status, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $5)
        ON CONFLICT (merchant, promotion_id) DO UPDATE SET
          definition = EXCLUDED.definition, status = EXCLUDED.status, updated_at = EXCLUDED.updated_at";
}

/// Sets a promotion up, or changes it, with the codes that set it off.
#[utoipa::path(
    put, path = "/admin/v1/partner/merchants/{merchantId}/promotions/{promotionId}", tag = "Partner set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("promotionId" = String, Path, description = "It becomes `generalDiscountId` in offers"),
    ),
    request_body = PromotionPut,
    responses(
        (status = 200, body = PromotionPut, description = "As it is set up now"),
        (status = 400, body = ErrorBody, description = "`field` names the member at fault"),
        (status = 401, body = ErrorBody, description = "Not an admin token"),
        (status = 404, body = ErrorBody, description = "The merchant is not set up here"),
        (status = 409, body = ErrorBody, description = "A code means something else"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn put_promotion(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path((merchant, promotion_id)): Path<(String, String)>,
    Strict(body): Strict<PromotionPut>,
) -> Result<Json<PromotionPut>, ApiError> {
    limits::id("promotionId", &promotion_id)?;
    for (index, code) in body.codes.iter().enumerate() {
        limits::id(&format!("codes[{index}]"), code)?;
    }
    let definition = body.definition.to_string();
    Definition::parse(&definition)
        .map_err(|error| ApiError::bad_request(format!("definition: {error}")).with("field", "definition"))?;
    let (stored, now) = (body.clone(), partner.outside().now());
    partner
        .db()
        .write("put_promotion", move |tx| put(tx, &merchant, &promotion_id, &stored, &definition, now))
        .await?;
    Ok(Json(body))
}

fn put(
    tx: &mut Tx<'_>,
    merchant: &str,
    promotion_id: &str,
    body: &PromotionPut,
    definition: &str,
    now: Timestamp,
) -> Result<(), TxError<ApiError>> {
    if tx.optional(&MOVE_PROGRAM_VERSION, params![merchant, now])?.is_none() {
        return Err(TxError::Refused(ApiError::not_found("merchant")));
    }
    let status = if body.active { "active" } else { "inactive" };
    tx.execute(&PUT_PROMOTION, params![merchant, promotion_id, definition, status, now])?;
    match code::put_promotion_codes(tx, merchant, promotion_id, &body.codes, now)? {
        None => Ok(()),
        Some(taken) => Err(TxError::Refused(ApiError::conflict(format!(
            "codes: {taken} means something else already; use another one"
        )))),
    }
}
