//! How is one request made, and what can come of it?
//!
//! One absolute deadline over name, connection, TLS, writing, head and body; no redirects, no proxy from the
//! environment, no retries inside; only targets the guard lets through. The courier makes deliveries with it
//! and the platform asks for offers with it.

use crate::guard::{TargetGuard, TargetRefusal};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// Of an answer to a delivery this much is read.
pub const ANSWER_BYTES_MAX: usize = 16 * 1024;
/// A delivery has this long.
pub const DEADLINE: Duration = Duration::from_secs(30);
/// Idle connections that are kept per host, and for how long.
const IDLE_PER_HOST_MAX: usize = 32;
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// Makes guarded requests. Cloning shares the connections; the TLS set-up is made with the first call.
#[derive(Clone)]
pub struct Caller {
    guard: Arc<TargetGuard>,
    client: Arc<OnceLock<Result<reqwest::Client, String>>>,
}

impl std::fmt::Debug for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Caller").field("guard", &self.guard).finish_non_exhaustive()
    }
}

/// One request.
#[derive(Debug, Clone)]
pub struct CallRequest {
    /// Absolute URL.
    pub url: String,
    /// POST, PUT, …
    pub method: Method,
    /// The value of `Authorization`, made by [`crate::Authorization::header`].
    pub authorization: Option<HeaderValue>,
    /// More headers. `content-type: application/json` is there unless one is given; a GET has none.
    pub headers: HeaderMap,
    /// The bytes that are sent, exactly.
    pub body: Bytes,
    /// From now to the last byte of the answer.
    pub deadline: Duration,
    /// So much of the answer is read; beyond it the connection closes.
    pub answer_bytes_max: usize,
}

impl CallRequest {
    /// A POST of JSON with the limits of a delivery.
    pub fn post(url: impl Into<String>, body: impl Into<Bytes>) -> Self {
        Self {
            url: url.into(),
            method: Method::POST,
            authorization: None,
            headers: HeaderMap::new(),
            body: body.into(),
            deadline: DEADLINE,
            answer_bytes_max: ANSWER_BYTES_MAX,
        }
    }
}

/// The answer of the other side, of any status.
#[derive(Debug, Clone)]
pub struct CallAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The body, at most `answer_bytes_max` bytes of it.
    pub body: Bytes,
    /// Whether `body` is all of it.
    pub complete: bool,
    /// `Retry-After` in seconds or as a date, as it came.
    pub retry_after: Option<String>,
    /// From the start of the call to the last byte read.
    pub latency: Duration,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The target may not be called.
    #[error("the target was refused: {0}")]
    Refused(#[from] TargetRefusal),
    /// Something on our side: name service, network, descriptors. Never the receiver's fault.
    #[error("the call failed on this side: {0}")]
    Ours(String),
    /// The name does not exist.
    #[error("the host name does not resolve: {0}")]
    Name(String),
    /// No connection, or no TLS.
    #[error("no connection: {0}")]
    Connect(String),
    /// Nothing, or not all, within the deadline.
    #[error("no whole answer within {} ms", .0.as_millis())]
    Deadline(Duration),
    /// The connection broke after it stood.
    #[error("the connection broke: {0}")]
    Broken(String),
}

impl CallError {
    /// A stable word for the attempt log and for metrics.
    pub fn class(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::Ours(_) => "ours",
            Self::Name(_) => "name",
            Self::Connect(_) => "connect",
            Self::Deadline(_) => "deadline",
            Self::Broken(_) => "broken",
        }
    }

    /// Whether it must not count against the receiver.
    pub fn is_ours(&self) -> bool {
        matches!(self, Self::Ours(_))
    }
}

impl Caller {
    /// A caller that may reach what `guard` lets through. Costs nothing until the first call.
    pub fn new(guard: TargetGuard) -> Self {
        Self { guard: Arc::new(guard), client: Arc::default() }
    }

    /// The guard, to check a URL when it is configured.
    pub fn guard(&self) -> &TargetGuard {
        &self.guard
    }

    /// Makes the request.
    pub async fn call(&self, request: &CallRequest) -> Result<CallAnswer, CallError> {
        let url = self.guard.check_url(&request.url)?;
        let client = self.client.get_or_init(|| client(&self.guard));
        let client = client.as_ref().map_err(|error| CallError::Ours(error.clone()))?;
        let mut headers = request.headers.clone();
        if request.method != Method::GET {
            headers
                .entry(header::CONTENT_TYPE)
                .or_insert_with(|| HeaderValue::from_static("application/json"));
        }
        if let Some(authorization) = &request.authorization {
            headers.insert(header::AUTHORIZATION, authorization.clone());
        }
        let prepared =
            client.request(request.method.clone(), url).headers(headers).body(request.body.clone());
        let exchange = exchange(&self.guard, prepared, request.answer_bytes_max);
        match tokio::time::timeout(request.deadline, exchange).await {
            Ok(result) => result,
            Err(_) => Err(CallError::Deadline(request.deadline)),
        }
    }
}

async fn exchange(
    guard: &TargetGuard,
    prepared: reqwest::RequestBuilder,
    answer_bytes_max: usize,
) -> Result<CallAnswer, CallError> {
    let started = Instant::now();
    let mut response = prepared.send().await.map_err(|error| classify(&error.without_url()))?;
    // The resolver has let only good addresses through; this is the second look, at the peer itself.
    if let Some(peer) = response.remote_addr() {
        guard.check_address(peer.ip())?;
    }
    let retry_after = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after = retry_after.map(str::to_owned);
    let mut body = BytesMut::new();
    let mut complete = true;
    while let Some(chunk) = response.chunk().await.map_err(|error| classify(&error.without_url()))? {
        let room = answer_bytes_max - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            complete = false;
            break;
        }
    }
    Ok(CallAnswer {
        status: response.status().as_u16(),
        body: body.freeze(),
        complete,
        retry_after,
        latency: started.elapsed(),
    })
}

/// Sorts an error of the client, from which the URL has been taken: it may hold a secret. The innermost text is kept; headers
/// and bodies are not in it.
fn classify(error: &reqwest::Error) -> CallError {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    let mut innermost = String::new();
    while let Some(current) = source {
        if let Some(refusal) = current.downcast_ref::<TargetRefusal>() {
            return CallError::Refused(refusal.clone());
        }
        if let Some(name) = current.downcast_ref::<NameError>() {
            return match name {
                NameError::Absent(text) => CallError::Name(text.clone()),
                NameError::Ours(text) => CallError::Ours(text.clone()),
            };
        }
        if let Some(io) = current.downcast_ref::<std::io::Error>()
            && is_ours(io)
        {
            return CallError::Ours(io.to_string());
        }
        innermost = current.to_string();
        source = current.source();
    }
    if error.is_connect() { CallError::Connect(innermost) } else { CallError::Broken(innermost) }
}

/// Errors that this machine makes by itself, without any receiver.
fn is_ours(error: &std::io::Error) -> bool {
    const TOO_MANY_FILES: [i32; 2] = [23, 24]; // ENFILE, EMFILE
    matches!(
        error.kind(),
        std::io::ErrorKind::NetworkDown
            | std::io::ErrorKind::NetworkUnreachable
            | std::io::ErrorKind::AddrNotAvailable
            | std::io::ErrorKind::OutOfMemory
    ) || error.raw_os_error().is_some_and(|code| TOO_MANY_FILES.contains(&code))
}

fn client(guard: &Arc<TargetGuard>) -> Result<reqwest::Client, String> {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(HeaderName::from_static("user-agent"), HeaderValue::from_static("stamgast"));
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls()?)
        .default_headers(headers)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .referer(false)
        .tcp_nodelay(true)
        .pool_max_idle_per_host(IDLE_PER_HOST_MAX)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .dns_resolver(GuardedResolver(Arc::clone(guard)))
        .build()
        .map_err(|error| format!("the HTTP client could not be made: {error}"))
}

/// How TLS is spoken to whom the program calls: it trusts the public authorities that come with the program and those
/// that the machine's operator installed (a machine without any still works). They are read once.
///
/// # Errors
/// In words, when the library refuses.
pub fn tls() -> Result<rustls::ClientConfig, String> {
    static TLS: OnceLock<Result<rustls::ClientConfig, String>> = OnceLock::new();
    TLS.get_or_init(read_tls).clone()
}

fn read_tls() -> Result<rustls::ClientConfig, String> {
    let mut roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS could not be set up: {error}"))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// Resolves a name once and lets only reachable addresses through, so what is connected is what was checked.
struct GuardedResolver(Arc<TargetGuard>);

/// Why a name gave no address.
#[derive(Debug, thiserror::Error)]
enum NameError {
    #[error("{0}")]
    Absent(String),
    #[error("{0}")]
    Ours(String),
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = Arc::clone(&self.0);
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await.map_err(|error| {
                // getaddrinfo tells "no such name" from "no answer from the name service" in its text only.
                let text = error.to_string();
                if text.contains("emporary failure") || is_ours(&error) {
                    NameError::Ours(text)
                } else {
                    NameError::Absent(text)
                }
            })?;
            let reachable: Vec<SocketAddr> =
                found.filter(|address| guard.check_address(address.ip()).is_ok()).collect();
            if reachable.is_empty() {
                return Err(TargetRefusal::Name(name.as_str().to_owned()).into());
            }
            Ok(Box::new(reachable.into_iter()) as Addrs)
        })
    }
}
