//! How is a caller of the customers feed refused?

use axum::Json;
use axum::response::{IntoResponse, Response};
use door::ApiError;
use http::{HeaderValue, StatusCode, header};
use wire::customers::CustomerError;

/// An error in the form of this feed: `{"error"}`.
#[derive(Debug)]
pub struct CustomersRefusal {
    status: StatusCode,
    error: String,
    retry_after_seconds: Option<u64>,
}

impl CustomersRefusal {
    /// With this status and this sentence.
    pub(crate) fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self { status, error: error.into(), retry_after_seconds: None }
    }

    /// 401: no credentials, or ones that are not known.
    pub(crate) fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "expected Authorization: Bearer with the token of a customers client, or Basic with it as the password",
        )
    }
}

impl From<ApiError> for CustomersRefusal {
    fn from(error: ApiError) -> Self {
        Self { status: error.status, error: error.message, retry_after_seconds: error.retry_after_seconds }
    }
}

impl IntoResponse for CustomersRefusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(CustomerError { error: self.error })).into_response();
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            headers.append(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"customers\""));
            headers.append(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
