//! Which form does an error have when a caller meets it?
//!
//! One: `{"code", "message", "error", "name", "httpStatus", …}` (protocol.md §1.7; `error` repeats `message`
//! because the vendor's clients read either; `code` is a number, and the word for programs stands in `name`). A message
//! says what was expected, what came, what to do.
//! Which error belongs where: a refusal of the caller is made here and not logged; a failure of ours is
//! logged once, where it becomes an [`ApiError`], and the caller learns only that it was ours.

use crate::unread::{MEANT, UNKNOWN, Unread, inside, shortened, take_apart};
use axum::response::{IntoResponse, Response};
use db::TxError;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::convert::Infallible;
use wire::ReadError;
use wire::errors::ErrorBody;

const RETRY_WHEN_BUSY_SECONDS: u64 = 1;
const RETRY_WHEN_AWAY_SECONDS: u64 = 5;
/// The name of a 415 that is about `Content-Encoding` (RFC 9110, 15.5.16), not about the kind of the content.
const UNSUPPORTED_CODING: &str = "UNSUPPORTED_CONTENT_ENCODING";
/// Which codings of a body are read.
const READ_CODINGS: &str = "gzip, identity";

/// An error answer.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiError {
    /// The HTTP status; also `httpStatus` in the body.
    pub status: StatusCode,
    /// A stable word for programs, such as `BAD_REQUEST` or `HOLD_GONE`. The number beside it, `code`, is the status.
    pub name: Cow<'static, str>,
    /// What was expected, what came, what to do: for people.
    pub message: String,
    /// Named members that stand beside the fixed ones, such as `field`.
    pub extra: Map<String, Value>,
    /// Whole seconds for the `Retry-After` header.
    pub retry_after_seconds: Option<u64>,
}

impl ApiError {
    /// An error of any status with the name that belongs to the status.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            name: Cow::Borrowed(name_of(status)),
            message: message.into(),
            extra: Map::new(),
            retry_after_seconds: None,
        }
    }

    /// Replaces the name that programs read.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.name = name.into();
        self
    }

    /// Adds a named member to the body.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.extra.insert(name.to_owned(), value.into());
        self
    }

    /// Adds `Retry-After`.
    #[must_use]
    pub fn with_retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// 400: the request cannot be understood.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 400 that names the member at fault, for example `itemsToPay[0].amount`.
    pub fn field(path: &str, expected: &str, found: &str) -> Self {
        Self::bad_request(format!("{path}: expected {expected}, found {found}")).with("field", path)
    }

    /// 400: the query cannot be read. `reason` is what its reader said, such as
    /// `Failed to deserialize query string: limit: invalid digit found in string`; the parameter it names is `field`.
    pub fn query(reason: &str) -> Self {
        let reason = reason.strip_prefix("Failed to deserialize query string: ").unwrap_or(reason);
        let is_name = |name: &str| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        let (name, said) = reason.split_once(": ").filter(|(name, _)| is_name(name)).unwrap_or(("", reason));
        let Unread { path, sentence } = take_apart(name, said);
        let error = Self::bad_request(format!("the query cannot be read: {sentence}"));
        if is_name(&path) { error.with("field", path) } else { error }
    }

    /// 400 about a part of the body that has a reader of its own: `sentence` begins with the path inside `part`, such as
    /// `kind.percent.percent: expected above 0`; `field` is the whole path.
    pub fn within(part: &str, sentence: &str) -> Self {
        let path = sentence.split_once(": ").map_or(sentence, |(path, _)| path);
        let path = path.split_once(UNKNOWN).map_or(path, |(path, _)| path);
        let is_path = path.len() < sentence.len() && !path.contains(char::is_whitespace);
        if !is_path {
            return Self::bad_request(format!("{part}: {sentence}")).with("field", part);
        }
        let mut message = inside(part, sentence);
        if sentence.contains(UNKNOWN) {
            message = message.replacen(MEANT, &format!("{MEANT}{part}."), 1);
        }
        Self::bad_request(message).with("field", inside(part, path))
    }

    /// 401: no credentials, or ones that are not known.
    pub fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, message)
    }

    /// 403: known, but not allowed this.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    /// 404: the thing with this id is not there (or not this caller's, which looks the same). `noun` says of which kind
    /// it is, such as `bill`.
    pub fn not_found(noun: &str, id: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("{noun} {} not found", shortened(id)))
    }

    /// 409: it contradicts what is stored.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, message)
    }

    /// 413: the body has more than `limit` bytes.
    pub fn payload_too_large(limit: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("expected a body of at most {limit} bytes, found a longer one; send less at a time"),
        )
    }

    /// 415: the body is packed in a way that is not read here; the answer's `Accept-Encoding` says which are.
    pub fn unsupported_coding(coding: &str) -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            format!("Content-Encoding: expected {READ_CODINGS}, found {coding:?}; send the body plain"),
        )
        .with_name(UNSUPPORTED_CODING)
    }

    /// 429: come back in `seconds`.
    pub fn too_many_requests(seconds: u64) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, format!("too many requests; try again in {seconds} s"))
            .with_retry_after(seconds)
    }

    /// 503: we cannot now; come back in `seconds`.
    pub fn unavailable(seconds: u64) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            format!("the server is too busy or its database is away; try again in {seconds} s"),
        )
        .with_retry_after(seconds)
    }

    /// 500: our fault. Log the cause where this is made; the caller gets none of it.
    pub fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the server failed at this request; the cause is in its log under the x-request-id of this answer",
        )
    }

    /// The body of the answer.
    pub fn body(&self) -> ErrorBody {
        ErrorBody {
            code: i64::from(self.status.as_u16()),
            message: self.message.clone(),
            error: self.message.clone(),
            name: self.name.clone().into_owned(),
            http_status: self.status.as_u16(),
            extra: self.extra.clone(),
        }
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}: {}", self.status.as_u16(), self.name, self.message)
    }
}

impl std::error::Error for ApiError {}

/// The name of an error that has none of its own.
fn name_of(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 => "BAD_REQUEST",
        401 => "UNAUTHORIZED",
        403 => "FORBIDDEN",
        404 => "NOT_FOUND",
        405 => "METHOD_NOT_ALLOWED",
        408 => "REQUEST_TIMEOUT",
        409 => "CONFLICT",
        413 => "PAYLOAD_TOO_LARGE",
        414 => "URI_TOO_LONG",
        415 => "UNSUPPORTED_MEDIA_TYPE",
        422 => "UNPROCESSABLE",
        429 => "TOO_MANY_REQUESTS",
        431 => "HEAD_TOO_LONG",
        502 => "BAD_GATEWAY",
        503 => "UNAVAILABLE",
        504 => "GATEWAY_TIMEOUT",
        505 => "VERSION_NOT_SUPPORTED",
        _ if status.is_client_error() => "REFUSED",
        _ => "INTERNAL",
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        // A body of texts and numbers cannot fail to be written.
        let body = serde_json::to_vec(&self.body()).unwrap_or_default();
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.name == UNSUPPORTED_CODING {
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(READ_CODINGS));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(HeaderName::from_static("www-authenticate"), HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<db::Error> for ApiError {
    fn from(error: db::Error) -> Self {
        match error {
            // The load is the news, and the queue's own metrics tell it.
            db::Error::Busy => Self::unavailable(RETRY_WHEN_BUSY_SECONDS),
            db::Error::CommitUnknown => {
                tracing::error!(%error, "nobody knows whether a command counts");
                Self::unavailable(RETRY_WHEN_AWAY_SECONDS)
            }
            error if error.is_transient() => {
                tracing::warn!(%error, "the database could not be used for a request");
                Self::unavailable(RETRY_WHEN_AWAY_SECONDS)
            }
            error => {
                tracing::error!(%error, "a command on the database failed");
                Self::internal()
            }
        }
    }
}

impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> Self {
        if error.path.is_empty() {
            return Self::bad_request(error.to_string());
        }
        Self::field(&error.path, &error.expected, &error.found)
    }
}

impl From<Infallible> for ApiError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl<R: Into<ApiError>> From<TxError<R>> for ApiError {
    fn from(error: TxError<R>) -> Self {
        match error {
            TxError::Refused(refusal) => refusal.into(),
            TxError::Failed(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_with_a_reader_of_its_own_is_named_by_the_whole_path() {
        // sentence, field, message
        for (sentence, field, message) in [
            (
                "kind.percent: expected above 0, found 0: no",
                "definition.kind.percent",
                "definition.kind.percent: expected above 0, found 0: no",
            ),
            (
                "knd is no member here; did you mean kind?",
                "definition.knd",
                "definition.knd is no member here; did you mean definition.kind?",
            ),
            (
                "[0].id: expected text, found 1",
                "definition[0].id",
                "definition[0].id: expected text, found 1",
            ),
            (
                "expected exactly one of uses and amount",
                "definition",
                "definition: expected exactly one of uses and amount",
            ),
            ("two of them differ: a and b", "definition", "definition: two of them differ: a and b"),
        ] {
            let error = ApiError::within("definition", sentence);
            assert_eq!((error.extra["field"].as_str(), error.message.as_str()), (Some(field), message));
        }
    }
}
