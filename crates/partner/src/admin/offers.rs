//! What was answered under an offer id, and what became of it?

use crate::Partner;
use crate::row;
use axum::Json;
use axum::extract::{Path, State};
use db::{Error, Never, Row, TxError, params};
use door::ApiError;
use door::admin::AdminCaller;
use wire::admin::partner::OfferView;
use wire::errors::ErrorBody;
use wire::time::utc_millis;

db::statement! {
    /// The newest answer under an offer id.
    GET_OFFER = "SELECT offer_id, place, device_number, check_id, member_id, state, response, validation_errors, remarks, asked_at
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
) -> Result<Json<OfferView>, ApiError> {
    let asked = offer_id.clone();
    let found = partner.db().read("partner_offer", move |tx| {
        let row = tx.optional(&GET_OFFER, params![&merchant, &offer_id])?;
        Ok::<_, TxError<Never>>(row.map(|row| view(&row)).transpose()?)
    });
    found.await?.map(Json).ok_or_else(|| ApiError::not_found("offer", &asked))
}

fn view(row: &Row) -> Result<OfferView, Error> {
    let (response, remarks): (Vec<u8>, String) = (row.get(6)?, row.get(8)?);
    let errors: Option<String> = row.get(7)?;
    Ok(OfferView {
        loyalty_offer_id: row.get(0)?,
        place_id: row.get(1)?,
        device_number: row.get(2)?,
        check_id: row.get(3)?,
        customer_id: row.get(4)?,
        state: row.get(5)?,
        response: row::packed_json("partner_offer", "response", &response)?,
        validation_errors: errors
            .map(|text| row::json("partner_offer", "validation_errors", &text))
            .transpose()?,
        remarks: row::json("partner_offer", "remarks", &remarks)?,
        asked_at: utc_millis(row.get(9)?),
    })
}
