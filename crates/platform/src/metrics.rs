//! What does the POS cloud count, and what do its numbers mean?

use metrics::{counter, describe_counter, describe_histogram, histogram};

/// Tells the recorder what the names mean and begins each count at 0, so that a rate is right from the first event on.
pub(crate) fn describe() {
    describe_counter!(
        "platform_offers_total",
        "Answers to getBenefitOffer, by outcome: offer, or why it could not be used"
    );
    describe_histogram!("platform_offer_seconds", "Time the provider took to answer getBenefitOffer");
    describe_counter!(
        "platform_side_calls_dropped_total",
        "Calls nobody waits for that were not made because too many were under way, by call"
    );
    describe_counter!(
        "platform_let_go_late_total",
        "Times a register did not wait until its provider had heard what a check gave up"
    );
    counter!("platform_let_go_late_total").increment(0);
    for outcome in ["offer", "HTTP_STATUS", "INVALID_JSON", "OFFER_INVALID", "TIMEOUT", "UNREACHABLE"] {
        counter!("platform_offers_total", "outcome" => outcome).increment(0);
    }
    // its handle is enough: nothing is recorded
    drop(histogram!("platform_offer_seconds"));
    for call in ["letGo", "validationError"] {
        counter!("platform_side_calls_dropped_total", "call" => call).increment(0);
    }
}
