//! What was answered under an offer id, and what became of it?

use crate::Partner;
use crate::row::Packed;
use axum::extract::{Path, State};
use db::{Json, Never, TxError, params};
use door::ApiError;
use door::admin::AdminCaller;
use jiff::Timestamp;
use serde_json::Value;
use wire::admin::partner::OfferView;
use wire::errors::ErrorBody;
use wire::time::utc_millis;

db::row! {
    struct OfferRow {
        offer_id: String,
        place: String,
        device_number: i64,
        check_id: String,
        member_id: Option<String>,
        state: String,
        response: Value as Packed,
        validation_errors: Option<Value> as Option<Json>,
        remarks: Value as Json,
        asked_at: Timestamp,
    }
}

db::statement! {
    /// The newest answer under an offer id.
    GET_OFFER -> OfferRow = "SELECT offer_id, place, device_number, check_id, member_id, state, response, validation_errors, remarks, asked_at
        FROM partner_offer WHERE merchant = $1 AND offer_id = $2";
}

/// The newest answer under an offer id.
#[utoipa::path(
    get, path = "/admin/v1/partner/merchants/{merchantId}/offers/{offerId}", tag = "Partner set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("offerId" = String, Path, description = "`loyaltyOfferId`"),
    ),
    responses(
        (status = 200, body = OfferView),
        (status = 401, body = ErrorBody, description = "Not an admin token"),
        (status = 404, body = ErrorBody, description = "No such offer of this merchant"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get_offer(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path((merchant, offer_id)): Path<(String, String)>,
) -> Result<axum::Json<OfferView>, ApiError> {
    let asked = offer_id.clone();
    let found = partner.db().read("partner_offer", move |tx| {
        Ok::<_, TxError<Never>>(tx.optional(&GET_OFFER, params![&merchant, &offer_id])?)
    });
    found.await?.map(view).map(axum::Json).ok_or_else(|| ApiError::not_found("offer", &asked))
}

fn view(row: OfferRow) -> OfferView {
    OfferView {
        loyalty_offer_id: row.offer_id,
        place_id: row.place,
        device_number: row.device_number,
        check_id: row.check_id,
        customer_id: row.member_id,
        state: row.state,
        response: row.response,
        validation_errors: row.validation_errors,
        remarks: row.remarks,
        asked_at: utc_millis(row.asked_at),
    }
}
