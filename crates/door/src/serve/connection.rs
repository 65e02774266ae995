//! How does one connection live, and what are its last words?
//!
//! It lives until hyper is done with it, a time limit is reached or its place is needed. A head that cannot be read
//! is answered in the form every error has, with the status that says why. A connection that is closed
//! while its client may still be sending is closed for writing first, and what comes is read away for a moment:
//! otherwise the answer could be lost on its way (RFC 9112, section 9.6).

use super::exchange::{Exchange, Peer};
use super::line::Line;
use super::pulse::{Overdue, Pulse};
use crate::ApiError;
use crate::body::BodyReadTimeout;
use crate::observe::new_id;
use axum::Router;
use bytes::Bytes;
use http::StatusCode;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::Instant;

/// The time limits of a connection beside hyper's own for heads.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// For the body of a request.
    pub(super) body: BodyReadTimeout,
    /// For the client to take a byte of an answer.
    pub(super) write: Duration,
    /// From the head of a request to the last byte of its answer.
    pub(super) exchange: Duration,
}

/// What one connection may send ahead of its answers, and the longest head of a request, in bytes. It is more than
/// the 65,534 bytes a URI may have, so that a longer one is told what is wrong with it.
pub(super) const HEADS_BYTES_MAX: usize = 72 * 1024;

/// How long and how much is read away after the last answer of a connection.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES_MAX: usize = 1024 * 1024;

/// Serves one connection to its end.
pub(super) async fn run(
    http: &http1::Builder,
    stream: TcpStream,
    peer: Peer,
    router: Router,
    mut stopping: watch::Receiver<bool>,
    pulse: Arc<Pulse>,
    limits: Limits,
) {
    let unread = Arc::new(AtomicBool::new(false));
    let exchange =
        Exchange { router, peer, body: limits.body, pulse: Arc::clone(&pulse), unread: Arc::clone(&unread) };
    let line = TokioIo::new(Line::new(stream, Arc::clone(&pulse)));
    let mut connection = http.serve_connection(line, exchange);
    let ended = {
        // The sender lives as long as the accept loop; without it the server is stopping as well.
        let mut told = pin!(async { stopping.wait_for(|stopping| *stopping).await.is_ok() });
        let mut was_told = false;
        let mut alarm = pin!(tokio::time::sleep_until(Instant::now()));
        let mut alarm_at: Option<Instant> = None;
        std::future::poll_fn(|cx| {
            if !was_told && told.as_mut().poll(cx).is_ready() {
                was_told = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
            if let Poll::Ready(result) = Pin::new(&mut connection).poll(cx) {
                return Poll::Ready(Ok(result));
            }
            loop {
                match pulse.watch(cx.waker(), Instant::now(), limits.write, limits.exchange) {
                    Err(overdue) => return Poll::Ready(Err(overdue)),
                    Ok(None) => return Poll::Pending,
                    Ok(Some(until)) => {
                        // An alarm that rings too early is set anew then; most requests need not touch it.
                        if alarm_at.is_none_or(|at| at > until) {
                            alarm.as_mut().reset(until);
                            alarm_at = Some(until);
                        }
                        if alarm.as_mut().poll(cx).is_pending() {
                            return Poll::Pending;
                        }
                        alarm_at = None;
                    }
                }
            }
        })
        .await
    };
    let result = match ended {
        Ok(result) => result,
        Err(overdue) => return cut(connection.into_parts().io.into_inner(), peer, overdue),
    };
    let parts = connection.into_parts();
    let (mut stream, held_back) = parts.io.into_inner().into_parts();
    if let Err(error) = &result {
        tracing::debug!(peer = %peer.0, %error, "a connection ended early");
        if !pulse.is_in_exchange()
            && let Some(refusal) = refusal(error, &held_back, &parts.read_buf)
        {
            let words = last_words(&refusal, &held_back);
            unread.store(true, Ordering::Relaxed);
            if !matches!(tokio::time::timeout(limits.write, stream.write_all(&words)).await, Ok(Ok(()))) {
                return;
            }
        }
    }
    // Whether the peer still hears it or not, the connection ends here.
    let _ = stream.shutdown().await;
    if unread.load(Ordering::Relaxed) {
        let _ = tokio::time::timeout(LINGER, read_away(&mut stream)).await;
    }
}

/// Ends a connection at once; what waits in the kernel to be sent is thrown away.
fn cut(line: Line, peer: Peer, overdue: Overdue) {
    let (stream, _) = line.into_parts();
    if let Err(error) = stream.set_zero_linger() {
        tracing::debug!(peer = %peer.0, %error, "SO_LINGER was refused");
    }
    metrics::counter!("http_connections_cut_total", "reason" => overdue.text()).increment(1);
    tracing::debug!(peer = %peer.0, reason = overdue.text(), "a connection was cut off");
}

/// What is wrong with a head that hyper could not read; `None` when the connection just ended.
fn refusal(error: &hyper::Error, held_back: &[u8], read: &Bytes) -> Option<ApiError> {
    let line = read.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if error.is_timeout() {
        let message = "expected the whole head of a request in time, found its beginning only";
        return (!read.is_empty()).then(|| ApiError::new(StatusCode::REQUEST_TIMEOUT, message));
    }
    if !error.is_parse() {
        return None;
    }
    if error.is_parse_version_h2() || has_other_version(line) {
        let message = "expected HTTP/1.1 or HTTP/1.0, found another version";
        return Some(ApiError::new(StatusCode::HTTP_VERSION_NOT_SUPPORTED, message));
    }
    let said =
        held_back.split(|byte| *byte == b' ').nth(1).and_then(|code| StatusCode::from_bytes(code).ok())?;
    // A line that fills the whole buffer has no end, so nothing but the URI can be that long.
    let is_uri = said == StatusCode::URI_TOO_LONG || (error.is_parse_too_large() && line.len() == read.len());
    Some(match said {
        _ if is_uri => ApiError::new(
            StatusCode::URI_TOO_LONG,
            "expected a URI of at most 65534 bytes, found a longer one",
        ),
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => ApiError::new(
            said,
            format!(
                "expected a head of at most 100 header lines and {} bytes, found a longer one",
                HEADS_BYTES_MAX
            ),
        ),
        _ => ApiError::new(
            said,
            format!("expected the head of an HTTP/1.1 request, found another text: {error}"),
        ),
    })
}

/// Whether a request line ends with a version of HTTP that is neither 1.0 nor 1.1.
fn has_other_version(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    let version = line.rsplit(|byte| *byte == b' ').next().unwrap_or_default();
    version.starts_with(b"HTTP/") && version != b"HTTP/1.1" && version != b"HTTP/1.0"
}

/// The whole answer to a head that could not be read, with the date of the answer that was held back.
fn last_words(refusal: &ApiError, held_back: &[u8]) -> Vec<u8> {
    let date = held_back
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .find(|line| line.get(..5).is_some_and(|name| name.eq_ignore_ascii_case(b"date:")))
        .and_then(|line| std::str::from_utf8(line).ok())
        .map_or_else(String::new, |line| format!("{line}\r\n"));
    // A body of texts and numbers cannot fail to be written.
    let body = serde_json::to_vec(&refusal.body()).unwrap_or_default();
    let id = new_id();
    let id = id.to_str().unwrap_or_default();
    let status = refusal.status;
    metrics::counter!(
        "http_requests_total", "route" => "unreadable", "method" => "other", "status" => status.as_str().to_owned()
    )
    .increment(1);
    tracing::info!(id, status = status.as_u16(), "answered a head that cannot be read");
    let head = format!(
        "HTTP/1.1 {} {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\
         x-request-id: {id}\r\n{date}\r\n",
        status.as_u16(),
        status.canonical_reason().unwrap_or("Error"),
        body.len(),
    );
    [head.into_bytes(), body].concat()
}

/// Reads what still comes until the client closes, or more than anybody waits for has come.
async fn read_away(stream: &mut TcpStream) {
    let mut left = LINGER_BYTES_MAX;
    let mut chunk = vec![0; 16 * 1024];
    while let Ok(count) = stream.read(&mut chunk).await {
        left = left.saturating_sub(count);
        if count == 0 || left == 0 {
            break;
        }
    }
}
