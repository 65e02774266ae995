//! How does the demo's partner fail once? A layer in front of it, in the demo only, armed by the story.

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The path whose next request is answered 500 without reaching the partner.
const PATH: &str = "/partner/loyalty/reportBenefitUsage";

/// A fault that happens once after it was armed; who only looks around never meets it.
#[derive(Clone, Default)]
pub(super) struct Fault(Arc<AtomicBool>);

impl Fault {
    /// The next usage report will be answered with 500.
    pub(super) fn arm(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Puts the fault in front of all routes.
    pub(super) fn layer(self, router: Router) -> Router {
        router.layer(from_fn(move |request: Request, next: Next| {
            let armed = Arc::clone(&self.0);
            async move {
                let fails = request.uri().path() == PATH && armed.swap(false, Ordering::SeqCst);
                if fails { refused() } else { next.run(request).await }
            }
        }))
    }
}

fn refused() -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, "the demo's partner fails once\n").into_response()
}
