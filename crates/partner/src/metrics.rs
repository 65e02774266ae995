//! What does the integrator count, and what do its numbers mean?

use metrics::{counter, describe_counter};

/// Tells the recorder what the names mean and begins each count at 0, so that a rate is right from the first event on.
pub(crate) fn describe() {
    describe_counter!(
        "partner_usage_reports_total",
        "Usage reports, by outcome: booked, repeated, quarantined"
    );
    describe_counter!(
        "partner_datasync_records_total",
        "Records that DataSync brought, by outcome: kept, passed (known already), quarantined"
    );
    describe_counter!(
        "partner_bills_with_a_wrong_clock_total",
        "Bills whose instant of payment cannot be right; they count as paid when they came"
    );
    for outcome in ["booked", "repeated", "quarantined"] {
        counter!("partner_usage_reports_total", "outcome" => outcome).increment(0);
    }
    for outcome in ["kept", "passed", "quarantined"] {
        counter!("partner_datasync_records_total", "outcome" => outcome).increment(0);
    }
    counter!("partner_bills_with_a_wrong_clock_total").increment(0);
}
