//! How does the demo's partner fail once? A layer in front of it, in the demo only.

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The path whose first request is answered 500 without reaching the partner.
const PATH: &str = "/partner/loyalty/reportBenefitUsage";

/// Answers the first usage report with 500, whatever it says.
pub(super) fn first_report_fails(router: Router) -> Router {
    let failed = Arc::new(AtomicBool::new(false));
    router.layer(from_fn(move |request: Request, next: Next| {
        let failed = Arc::clone(&failed);
        async move {
            let fails = request.uri().path() == PATH && !failed.swap(true, Ordering::SeqCst);
            if fails { refused() } else { next.run(request).await }
        }
    }))
}

fn refused() -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, "the demo's partner fails once\n").into_response()
}
