//! How is a usage report kept and sent?

use super::BENEFIT_USAGE;
use super::store::{self, NewUsage};
use crate::access::SourceId;
use courier::outbox::{NewDelivery, enqueue};
use db::{Tx, json};
use jiff::Timestamp;
use wire::loyalty::LoyaltyBenefitUsagesPayload;

/// Keeps the report for the pull and enqueues the same bytes for the courier; reports of one bill go out in one lane, in
/// the order in which they were frozen. A report that names no provider is kept nowhere.
pub(crate) fn freeze_report(
    tx: &mut Tx<'_>,
    source: &SourceId,
    payload: &LoyaltyBenefitUsagesPayload,
    bill_id: &str,
    benefit_usage_id: &str,
    now: Timestamp,
) -> Result<(), db::Error> {
    let Some(loyalty_provider_id) = &payload.loyalty_provider_id else { return Ok(()) };
    let body = json("payload", payload)?;
    let (merchant, place) = (source.merchant.as_str(), source.place.as_str());
    let customer_id = payload.customer_id.as_deref();
    let usage = NewUsage {
        merchant,
        place,
        benefit_usage_id,
        loyalty_provider_id,
        bill_id,
        payload: &body,
        customer_id,
        now,
    };
    store::insert(tx, &usage)?;
    enqueue(
        tx,
        &NewDelivery {
            merchant,
            delivery_id: benefit_usage_id,
            destination_id: loyalty_provider_id,
            place,
            kind: BENEFIT_USAGE,
            record: bill_id,
            path: "/reportBenefitUsage",
            body: body.as_bytes(),
            now,
        },
    )
}
