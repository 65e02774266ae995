//! What does the door count, and what do its numbers mean?

use metrics::{counter, describe_counter, describe_histogram, histogram};

/// Tells the recorder what the names mean and begins what it can at 0: a count that first appears with its first event
/// hides that event from every rate, and an alarm on a name that is not there never rings.
pub(crate) fn describe() {
    describe_counter!(
        "http_requests_total",
        "Requests answered, by route, method and status; unmatched: a path no route has, unreadable: a head that cannot be read"
    );
    describe_histogram!(
        "http_request_duration_seconds",
        "Time from the head of a request to its answer, by route and method"
    );
    describe_counter!("http_connections_cut_total", "Connections cut, by reason: write, exchange, place");
    counter!("http_requests_total", "route" => "unreadable", "method" => "other", "status" => "400")
        .increment(0);
    // its handle is enough: nothing is recorded
    drop(histogram!("http_request_duration_seconds", "route" => "unmatched", "method" => "GET"));
    for reason in ["write", "exchange", "place"] {
        counter!("http_connections_cut_total", "reason" => reason).increment(0);
    }
}
