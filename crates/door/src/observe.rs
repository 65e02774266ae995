//! What is seen of each request, and what happens when a handler panics?
//!
//! Around every route: a request id that is echoed, one log line, a counter and a histogram by matched
//! route (never by path: paths hold ids), panics turned into 500, and every error answer in the one form
//! of [`ApiError`], also those that axum makes by itself (404, 405, 413, 415, an unreadable query).

use crate::{ApiError, Paths};
use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::response::{IntoResponse, Response};
use http::uri::Authority;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, Version, header};
use metrics::{Counter, Histogram};
use std::any::Any;
use std::convert::Infallible;
use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};
use std::task::{Context, Poll};
use std::time::Instant;
use tower::{Layer, Service};
use tracing::Instrument;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");
/// An id from outside is echoed up to this length.
const REQUEST_ID_BYTES_MAX: usize = 128;
/// Of an error text made by axum this much is carried into our form.
const REWRITTEN_BYTES_MAX: usize = 8 * 1024;

/// The id of a request, among its extensions.
#[derive(Debug, Clone)]
pub struct RequestId(pub HeaderValue);

/// Puts all of it around the routes of `router`, its fallback included. `paths` are those that people may call, for
/// whoever asks for another one.
pub fn observe(router: Router, paths: Paths) -> Router {
    crate::metrics::describe();
    router.layer(Observe { paths: Arc::new(paths) }).with_state(())
}

#[derive(Clone)]
struct Observe {
    paths: Arc<Paths>,
}

impl<S> Layer<S> for Observe {
    type Service = Observed<S>;

    fn layer(&self, inner: S) -> Observed<S> {
        Observed { inner, seen: Arc::default(), paths: Arc::clone(&self.paths) }
    }
}

/// One route with what was counted on it. axum makes one of these per route, so the handles found for its
/// few pairs of method and status are looked up in a short list, not in the recorder's maps.
#[derive(Clone)]
struct Observed<S> {
    inner: S,
    seen: Arc<RwLock<Vec<Seen>>>,
    paths: Arc<Paths>,
}

#[derive(Clone)]
struct Seen {
    route: MatchedRoute,
    method: Method,
    status: StatusCode,
    requests: Counter,
    seconds: Histogram,
}

/// The template of a route such as `/bills/{sourceId}`, or nothing for a path no route has.
#[derive(Clone)]
struct MatchedRoute(Option<MatchedPath>);

impl PartialEq for MatchedRoute {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl MatchedRoute {
    fn as_str(&self) -> &str {
        self.0.as_ref().map_or("unmatched", MatchedPath::as_str)
    }
}

impl<S> Service<Request> for Observed<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let started = Instant::now();
        let (seen, paths) = (Arc::clone(&self.seen), Arc::clone(&self.paths));
        let method = request.method().clone();
        let uri = request.uri().clone();
        let route = MatchedRoute(request.extensions().get::<MatchedPath>().cloned());
        let correlation_id = echoed(request.headers(), &CORRELATION_ID);
        let id =
            echoed(request.headers(), &REQUEST_ID).or_else(|| correlation_id.clone()).unwrap_or_else(new_id);
        request.extensions_mut().insert(RequestId(id.clone()));
        let span = tracing::info_span!(
            "request",
            method = method.as_str(),
            route = route.as_str(),
            id = id.to_str().unwrap_or_default()
        );
        let refusal = refuse_at_sight(&request);
        // `call` itself may panic, so it happens inside what is caught.
        let mut inner = self.inner.clone();
        std::mem::swap(&mut self.inner, &mut inner);
        let handled = async move {
            let response = match refusal {
                Some(refusal) => refusal.into_response(),
                None => caught(async move { inner.call(request).await }).await,
            };
            let mut response = in_one_form(response, &method, &uri, &route, &paths).await;
            let headers = response.headers_mut();
            headers.insert(REQUEST_ID, id);
            if let Some(correlation_id) = correlation_id {
                headers.insert(CORRELATION_ID, correlation_id);
            }
            let status = response.status();
            let elapsed = started.elapsed();
            count(&seen, &route, &method, status, elapsed.as_secs_f64());
            let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
            if status.is_client_error() || status.is_server_error() {
                tracing::info!(status = status.as_u16(), milliseconds, "answered");
            } else {
                tracing::debug!(status = status.as_u16(), milliseconds, "answered");
            }
            Ok(response)
        };
        Box::pin(handled.instrument(span))
    }
}

/// What is wrong with a request whatever its route.
fn refuse_at_sight(request: &Request) -> Option<ApiError> {
    if holds_nul(request.uri()) {
        return Some(ApiError::bad_request("expected a path and query without %00; no id holds it"));
    }
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let found = match (hosts.next(), hosts.next()) {
        (None, _) if request.version() < Version::HTTP_11 => return None,
        (None, _) => "none",
        (Some(_), Some(_)) => "several",
        // An empty one is allowed where the URI names no host (RFC 9112, section 3.2).
        (Some(host), None) if host.is_empty() => return None,
        (Some(host), None) => match Authority::try_from(host.as_bytes()) {
            Ok(authority) if !authority.as_str().contains('@') => return None,
            _ => "one that is no host",
        },
    };
    Some(ApiError::bad_request(format!(
        "expected one Host header with a host such as example.com:8080, found {found}"
    )))
}

/// U+0000 in an id would reach the database, which cannot hold it.
fn holds_nul(uri: &Uri) -> bool {
    uri.path().contains("%00") || uri.query().is_some_and(|query| query.contains("%00"))
}

/// Runs a handler; a panic in it becomes 500 and the connection lives on.
async fn caught(handler: impl Future<Output = Result<Response, Infallible>>) -> Response {
    let mut handler = std::pin::pin!(handler);
    std::future::poll_fn(move |cx| match catch_unwind(AssertUnwindSafe(|| handler.as_mut().poll(cx))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(Ok(response))) => Poll::Ready(response),
        Err(panic) => {
            tracing::error!(panic = panic_text(panic.as_ref()), "a handler panicked");
            Poll::Ready(ApiError::internal().into_response())
        }
    })
    .await
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without a text")
}

/// An error that is not JSON yet was made by axum: it gets our form and keeps its headers (such as `Allow`).
async fn in_one_form(
    response: Response,
    method: &Method,
    uri: &Uri,
    route: &MatchedRoute,
    paths: &Paths,
) -> Response {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let content_type = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    if content_type.is_some_and(|value| !value.starts_with(b"text/plain")) {
        return response;
    }
    let (parts, body) = response.into_parts();
    let text = axum::body::to_bytes(body, REWRITTEN_BYTES_MAX).await.unwrap_or_default();
    let message = match String::from_utf8_lossy(&text).trim() {
        "" if status == StatusCode::NOT_FOUND && route.0.is_none() => paths.unknown(uri.path()),
        "" if status == StatusCode::METHOD_NOT_ALLOWED => {
            paths.not_allowed(route.as_str(), uri.path(), method)
        }
        "" => status.canonical_reason().unwrap_or("error").to_lowercase(),
        text => text.to_owned(),
    };
    let mut rewritten = ApiError::new(status, message).into_response();
    for (name, value) in &parts.headers {
        if *name != header::CONTENT_TYPE && *name != header::CONTENT_LENGTH {
            rewritten.headers_mut().append(name, value.clone());
        }
    }
    rewritten
}

fn count(seen: &RwLock<Vec<Seen>>, route: &MatchedRoute, method: &Method, status: StatusCode, seconds: f64) {
    let known = |entry: &&Seen| entry.status == status && entry.method == *method && entry.route == *route;
    {
        let entries = seen.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = entries.iter().find(known) {
            entry.requests.increment(1);
            entry.seconds.record(seconds);
            return;
        }
    }
    // A caller can make up methods; they share one label.
    let label = match method.as_str() {
        known @ ("GET" | "POST" | "PUT" | "DELETE" | "PATCH" | "HEAD" | "OPTIONS") => known.to_owned(),
        _ => "other".to_owned(),
    };
    let entry = Seen {
        requests: metrics::counter!(
            "http_requests_total",
            "route" => route.as_str().to_owned(),
            "method" => label.clone(),
            "status" => status.as_str().to_owned()
        ),
        seconds: metrics::histogram!(
            "http_request_duration_seconds",
            "route" => route.as_str().to_owned(),
            "method" => label.clone()
        ),
        route: route.clone(),
        method: method.clone(),
        status,
    };
    entry.requests.increment(1);
    entry.seconds.record(seconds);
    if label != "other" {
        let mut entries = seen.write().unwrap_or_else(PoisonError::into_inner);
        entries.push(entry);
    }
}

/// An id the caller sent, if it is short and visible.
fn echoed(headers: &HeaderMap, name: &HeaderName) -> Option<HeaderValue> {
    let value = headers.get(name)?;
    let fits = !value.is_empty() && value.len() <= REQUEST_ID_BYTES_MAX;
    (fits && value.as_bytes().iter().all(u8::is_ascii_graphic)).then(|| value.clone())
}

/// A new id: unique in this process, and unlikely to meet that of another. It is for logs only, so it
/// is not drawn from [`outside`], which is for what the books depend on.
pub(crate) fn new_id() -> HeaderValue {
    static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(std::process::id()));
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = PROCESS.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
    HeaderValue::from_str(&format!("{number:016x}")).unwrap_or_else(|_| HeaderValue::from_static("unknown"))
}
