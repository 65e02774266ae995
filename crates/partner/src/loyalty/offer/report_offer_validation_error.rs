//! What happens when a register could not accept an offer?
//!
//! The webhook reportOfferValidationError (protocol.md §10.7). The errors are kept with the offer, and
//! what it held is free again (loyalty.md §4). Nobody retries this call, so everything that can be
//! understood is answered 200.

use super::store::{self, Invalid};
use crate::id::id_fits;
use crate::loyalty::ledger::{CheckKey, fill_holes, holds, store as ledger};
use crate::loyalty::limit::{self, Asking};
use crate::row;
use crate::{LoyaltyConnection, Partner};
use axum::Json;
use axum::extract::State;
use db::{Never, Tx, TxError};
use door::{ApiError, Message};
use jiff::Timestamp;
use wire::loyalty::{LoyaltyOfferValidationError, Reported};

/// Why a register refused an offer. Kept with the offer; its holds are released. 200 also for an offer
/// that is not known: the report is then kept under its id.
#[utoipa::path(
    post,
    path = "/partner/loyalty/reportOfferValidationError",
    tag = "Loyalty partner",
    operation_id = "reportOfferValidationError",
    request_body = LoyaltyOfferValidationError,
    responses(
        (status = 200, body = Reported, description = "Kept"),
        (status = 400, description = "Not such a report; the field is named"),
        (status = 401, description = "Not the token of a loyalty connection"),
        (status = 413, description = "Longer than the limit"),
        (status = 503, description = "Too busy; Retry-After says when to come back"),
    ),
)]
pub(crate) async fn report_offer_validation_error(
    State(partner): State<Partner>,
    connection: LoyaltyConnection,
    Message(report): Message<LoyaltyOfferValidationError>,
) -> Result<Json<Reported>, ApiError> {
    let refused = Refused::read(connection.merchant, report, partner.outside().now())?;
    partner
        .db()
        .write("report_offer_validation_error", move |tx| refused.keep(tx).map_err(TxError::<Never>::from))
        .await?;
    Ok(Json(Reported {}))
}

/// A refusal, ready for its transaction.
pub(super) struct Refused {
    merchant: String,
    offer_id: String,
    /// The check as the report names it; counts only where the offer is not known.
    said: CheckKey,
    errors: String,
    now: Timestamp,
}

impl Refused {
    /// Reads what needs no database.
    ///
    /// # Errors
    /// 400 that names an id that cannot be kept.
    pub(super) fn read(
        merchant: String,
        report: LoyaltyOfferValidationError,
        now: Timestamp,
    ) -> Result<Self, ApiError> {
        id_fits("loyaltyOfferId", &report.loyalty_offer_id)?;
        for (path, id) in [("placeId", &report.place_id), ("checkId", &report.check_id)] {
            id.as_deref().map_or(Ok(()), |id| id_fits(path, id))?;
        }
        Ok(Self {
            errors: row::to_json("partner_offer", "validation_errors", &report.errors)?,
            said: CheckKey {
                place: report.place_id.unwrap_or_default(),
                device_number: report.device_number.unwrap_or_default(),
                check_id: report.check_id.unwrap_or_default(),
            },
            offer_id: report.loyalty_offer_id,
            merchant,
            now,
        })
    }

    /// Keeps the errors and gives back what the offer held.
    pub(super) fn keep(&self, tx: &mut Tx<'_>) -> Result<(), db::Error> {
        let known = store::offer_check(tx, &self.merchant, &self.offer_id)?;
        let mut remarks = Vec::new();
        if known.is_none() {
            remarks.push("no offer of this loyaltyOfferId was made; its validation errors are kept here");
        }
        let check = known.as_ref().unwrap_or(&self.said);
        if known.is_some() {
            let held = store::holds_of_offer(tx, &self.merchant, check, &self.offer_id)?;
            for balance_id in &held {
                ledger::lock_balance(tx, &self.merchant, balance_id, self.now)?;
            }
            for balance_id in &held {
                holds::release_hold(tx, &self.merchant, balance_id, check, &self.offer_id)?;
            }
            let ids: Vec<&str> = held.iter().map(String::as_str).collect();
            fill_holes(tx, &self.merchant, &ids, self.now)?;
            let asking = Asking { merchant: &self.merchant, check, offer_id: &self.offer_id, now: self.now };
            limit::release_offer(tx, &asking)?;
        }
        store::invalidate_offer(
            tx,
            &Invalid {
                merchant: &self.merchant,
                offer_id: &self.offer_id,
                check,
                errors: &self.errors,
                remarks: &row::to_json("partner_offer", "remarks", &remarks)?,
                now: self.now,
            },
        )
    }
}
