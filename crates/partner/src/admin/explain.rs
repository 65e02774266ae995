//! What would an offer be, and how does it come about?

use super::refusals::ChangeRefusals;
use crate::Partner;
use crate::loyalty::offer;
use axum::Json;
use axum::extract::{Path, Query, State};
use door::admin::AdminCaller;
use door::{ApiError, RawMessage};
use serde::Deserialize;
use wire::admin::partner::Explained;
use wire::loyalty::ThirdPartyLoyaltyOfferRequest;

/// When.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ExplainQuery {
    /// As if it were this instant; left out, now.
    at: Option<String>,
}

/// Answers an offer request step by step: the offer a register would get now. Nothing is kept, nothing is held.
#[utoipa::path(
    post, path = "/admin/v1/partner/merchants/{merchantId}/explain", tag = "Partner set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("at" = Option<String>, Query, description = "As if it were this instant: a date-time with offset"),
    ),
    request_body = ThirdPartyLoyaltyOfferRequest,
    responses((status = 200, body = Explained), ChangeRefusals),
    security(("bearer" = [])),
)]
pub(crate) async fn post_explain(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path(merchant): Path<String>,
    query: Result<Query<ExplainQuery>, axum::extract::rejection::QueryRejection>,
    RawMessage { message, bytes }: RawMessage<ThirdPartyLoyaltyOfferRequest>,
) -> Result<Json<Explained>, ApiError> {
    let Query(query) = query.map_err(|error| ApiError::query(&error.body_text()))?;
    // a + in a query arrives as a space
    let at = query.at.map(|text| text.replace(' ', "+"));
    let at = super::limits::instant("at", at.as_deref())?;
    let at = at.unwrap_or_else(|| partner.outside().now());
    let asked = offer::Explain::read(merchant, message, &bytes, at)?;
    let books = partner.clone();
    let undone = partner.db().write("explain_offer", move |tx| asked.run(tx, books.programs()));
    offer::Undone::explanation(undone.await).map(Json)
}
