//! What was used on a paid bill, and how does it get into the books exactly once?
//!
//! `POST /partner/loyalty/reportBenefitUsage` (protocol.md §10.8, loyalty.md §5–§7). A report is a fact: the
//! guest has left. It is answered 200 once it is durable, whether it was booked, known already, or kept
//! aside; anything else makes the sender try again.

mod book;
mod booking;
mod earning;
mod flag;
mod give_back;
mod kind;
mod limits;
mod line;
mod originals;
mod promotions;
mod refund;
mod report;
mod reverse;
mod rewards;
mod stamps;
mod store;

pub(crate) use booking::unknown_balance;
pub(crate) use flag::REMARKS_MAX;
pub(crate) use kind::Kind;
pub(crate) use report::{Report, units};

use crate::loyalty::offer::without_scanned;
use crate::{LoyaltyConnection, Partner};
use axum::Json;
use axum::extract::State;
use book::Command;
pub use book::Outcome;
use door::{ApiError, RawMessage};
use serde_json::Value;
use wire::errors::ErrorBody;
use wire::loyalty::{LoyaltyBenefitUsagesPayload, Reported};

/// Books what a bill used of a guest's benefits.
#[utoipa::path(
    post, path = "/partner/loyalty/reportBenefitUsage", tag = "Loyalty partner",
    request_body = LoyaltyBenefitUsagesPayload,
    responses(
        (status = 200, body = Reported, description = "In the books (now or since an earlier delivery), or kept aside for a person"),
        (status = 400, body = ErrorBody, description = "No such message; `field` names the member"),
        (status = 401, body = ErrorBody, description = "Not the token of a loyalty connection"),
        (status = 413, body = ErrorBody, description = "Too long"),
        (status = 503, body = ErrorBody, description = "Too busy; come back after Retry-After"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn report_benefit_usage(
    State(partner): State<Partner>,
    connection: LoyaltyConnection,
    body: RawMessage<LoyaltyBenefitUsagesPayload>,
) -> Result<Json<Reported>, ApiError> {
    let report = UsageReport::read(&partner, connection, &body.message, &body.bytes)?;
    let outcome = report.book(&partner).await?;
    observe(&outcome);
    Ok(Json(Reported {}))
}

/// A usage report read from its message, ready to be booked. Benchmarks and the simulator book it without HTTP.
#[derive(Debug)]
pub struct UsageReport(Command);

impl UsageReport {
    /// Reads what the connection sent: the message and the bytes it came in.
    ///
    /// # Errors
    /// When a member of the message cannot be booked as what it is; the answer is a 400 that names it.
    pub fn read(
        partner: &Partner,
        connection: LoyaltyConnection,
        message: &LoyaltyBenefitUsagesPayload,
        bytes: &[u8],
    ) -> Result<Self, ApiError> {
        let now = partner.outside().now();
        Ok(Self(Command {
            merchant: connection.merchant,
            loyalty_provider_id: connection.loyalty_provider_id,
            report: Report::read(message)?.arrived(now),
            body_hash: fact_hash(bytes)?,
            body: kept_body(message, bytes),
            quarantine_id: partner.outside().object_id(),
            now,
        }))
    }

    /// Books it in one transaction, or finds that it was booked.
    ///
    /// # Errors
    /// When the database cannot, or the connection's merchant is gone.
    pub async fn book(self, partner: &Partner) -> Result<Outcome, ApiError> {
        let (books, Self(command)) = (partner.clone(), self);
        Ok(partner.db().write("report_benefit_usage", move |tx| book::book(tx, &books, &command)).await?)
    }
}

/// The body as it is kept: who the guest is stands in one table only (loyalty.md §12 G1).
fn kept_body(message: &LoyaltyBenefitUsagesPayload, bytes: &[u8]) -> String {
    let body = wire::read::kept_text(bytes);
    let without = if message.benefit_inputs.is_empty() { None } else { without_scanned(&body) };
    without.unwrap_or(body)
}

/// SHA-256 of what a report says, in canonical form (loyalty.md §7 I2). Scanned texts are left out: they say how the
/// guest was found, not what was used, and a sender that has forgotten the guest sends its report without them.
fn fact_hash(bytes: &[u8]) -> Result<[u8; 32], ApiError> {
    let mut body = wire::read::value_from_slice(bytes)?;
    let inputs = body.get_mut("benefitInputs").and_then(Value::as_array_mut);
    for input in inputs.into_iter().flatten().filter_map(Value::as_object_mut) {
        input.remove("inputCode");
    }
    Ok(wire::canonical::hash_value(&body))
}

/// Counts how reports end; what a person should look at goes to the log, without ids of people.
fn observe(outcome: &Outcome) {
    let ending = match outcome {
        Outcome::Booked(_) => "booked",
        Outcome::Repeated => "repeated",
        Outcome::Quarantined(_) => "quarantined",
    };
    metrics::counter!("partner_usage_reports_total", "outcome" => ending).increment(1);
    match outcome {
        Outcome::Booked(findings) if !findings.flags().is_empty() => {
            tracing::warn!(flags = ?findings.flags(), "a usage report was booked with flags");
        }
        Outcome::Quarantined(true) => {
            tracing::warn!("a usage report contradicts a booked one and is kept in quarantine");
        }
        _ => {}
    }
}
