//! Who hears the calls about an order in the demo? A layer in front of the server, in the demo only, answers them and keeps them.

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use http::{Method, StatusCode};
use std::sync::{Arc, Mutex, PoisonError};

/// Where the sample application wants to be called.
pub(super) const PATH: &str = "/demo/called";
/// Calls that are kept; more are answered and forgotten.
const CALLS_MAX: usize = 100;

/// The calls that came, as `PATH?QUERY`.
#[derive(Clone, Default)]
pub(super) struct Bell(Arc<Mutex<Vec<String>>>);

impl Bell {
    /// Whether this call came, its query untouched.
    pub(super) fn rang(&self, call: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|one| one == call)
    }

    /// Puts the bell in front of all routes.
    pub(super) fn layer(self, router: Router) -> Router {
        router.layer(from_fn(move |request: Request, next: Next| {
            let bell = self.clone();
            async move {
                if request.uri().path() != PATH || request.method() != Method::GET {
                    return next.run(request).await;
                }
                bell.keep(request.uri().to_string());
                heard()
            }
        }))
    }

    fn keep(&self, call: String) {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if calls.len() < CALLS_MAX {
            calls.push(call);
        }
    }
}

fn heard() -> Response {
    (StatusCode::OK, "heard\n").into_response()
}
