//! What does the courier count, and what do its numbers mean?

use metrics::{counter, describe_counter, describe_gauge, gauge};

/// Tells the recorder what the names mean and begins what it can at 0: for each kind of delivery and each domain of the
/// feed, so that a rate is right from the first event on.
pub(crate) fn describe(kinds: &[&'static str], domains: &[&'static str]) {
    describe_counter!(
        "courier_attempts_total",
        "Requests made for deliveries and for the feed, by kind (or domain), outcome and class of error"
    );
    describe_gauge!(
        "courier_feed_lag_changes",
        "Changes that subscriptions of a domain have not received yet, all merchants together"
    );
    describe_gauge!(
        "courier_feed_lag_seconds",
        "Age of the oldest change of a domain that waits for a subscription, over all merchants"
    );
    describe_counter!("courier_restarts_total", "Times the courier's loop fell over and was started again");
    for kind in kinds.iter().chain(domains) {
        for outcome in ["delivered", "failed"] {
            counter!("courier_attempts_total", "kind" => *kind, "outcome" => outcome, "class" => "none")
                .increment(0);
        }
    }
    for domain in domains {
        gauge!("courier_feed_lag_changes", "domain" => *domain).set(0.0);
        gauge!("courier_feed_lag_seconds", "domain" => *domain).set(0.0);
    }
    counter!("courier_restarts_total").increment(0);
}
