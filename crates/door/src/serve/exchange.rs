//! What happens around one request and its answer on a connection?
//!
//! An answer may be made before the request's body was read: a wrong token, a path that is not there, a database
//! that is away. Then a small body that is on its way is read and thrown away, so that the connection can take the
//! next request; with any other the answer says `Connection: close` (RFC 9112, sections 9.3 and 9.6).

use super::pulse::Pulse;
use crate::body::BodyReadTimeout;
use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tower::Service;

/// The address of the peer, among the extensions of each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// Of a body that nobody read this much is read away, in bytes; with a longer one the connection is closed.
const READ_AWAY_BYTES_MAX: u64 = 64 * 1024;
/// A body that is read away must be there after this time.
const READ_AWAY_TIMEOUT: Duration = Duration::from_secs(1);

/// Answers the requests of one connection with `router`. Some request was left unread when `unread` is set; then
/// its answer closes the connection.
#[derive(Clone)]
pub(super) struct Exchange {
    pub(super) router: Router,
    pub(super) peer: Peer,
    pub(super) body: BodyReadTimeout,
    pub(super) pulse: Arc<Pulse>,
    pub(super) unread: Arc<AtomicBool>,
}

impl hyper::service::Service<Request<Incoming>> for Exchange {
    type Response = Response<Answer>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        self.pulse.begin();
        let Self { mut router, peer, body, pulse, unread } = self.clone();
        request.extensions_mut().insert(peer);
        request.extensions_mut().insert(body);
        let invited = request.headers().contains_key(header::EXPECT);
        let (parts, incoming) = request.into_parts();
        let shared = (!incoming.is_end_stream()).then(|| SharedBody {
            read: Arc::new(Mutex::new(Read::of(incoming))),
            pulse: Arc::clone(&pulse),
        });
        let body = shared.clone().map_or_else(Body::empty, Body::new);
        Box::pin(async move {
            let Ok(mut response) = router.call(Request::from_parts(parts, body)).await;
            if let Some(shared) = shared
                && !shared.is_read_away(invited).await
            {
                unread.store(true, Ordering::Relaxed);
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            if response.status() == StatusCode::NOT_MODIFIED {
                // It would be the length of the answer that is not sent (RFC 9110, section 8.6); axum writes 0.
                response.headers_mut().remove(header::CONTENT_LENGTH);
            }
            pulse.answered();
            Ok(response.map(|body| Answer { body, pulse }))
        })
    }
}

/// The body of a request, held by its handler and by the exchange.
#[derive(Clone)]
struct SharedBody {
    read: Arc<Mutex<Read>>,
    pulse: Arc<Pulse>,
}

/// How far a body was read.
struct Read {
    incoming: Incoming,
    begun: bool,
    ended: bool,
    broken: bool,
}

impl Read {
    fn of(incoming: Incoming) -> Self {
        Self { incoming, begun: false, ended: false, broken: false }
    }
}

impl SharedBody {
    fn read(&self) -> MutexGuard<'_, Read> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn poll(&self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let mut read = self.read();
        read.begun = true;
        let frame = Pin::new(&mut read.incoming).poll_frame(cx);
        match &frame {
            Poll::Ready(None) => read.ended = true,
            Poll::Ready(Some(Ok(_))) => read.ended = read.incoming.is_end_stream(),
            Poll::Ready(Some(Err(_))) => read.broken = true,
            Poll::Pending => {}
        }
        drop(read);
        self.pulse.wants_body(frame.is_pending());
        frame
    }

    /// Reads what is left of a small body; whether nothing is left. A client that waits to be `invited` to send its
    /// body (`Expect: 100-continue`) and was not is not invited for this.
    async fn is_read_away(&self, invited: bool) -> bool {
        let (mut left, mut ended, broken) = {
            let read = self.read();
            let left = read.incoming.size_hint().upper().unwrap_or(READ_AWAY_BYTES_MAX);
            (left, read.ended, read.broken || (invited && !read.begun))
        };
        if ended || broken || left > READ_AWAY_BYTES_MAX {
            return ended;
        }
        left = READ_AWAY_BYTES_MAX;
        let reading = async {
            while !ended {
                match std::future::poll_fn(|cx| self.poll(cx)).await {
                    Some(Ok(frame)) => {
                        let bytes = frame.data_ref().map_or(0, Bytes::len);
                        left = left.saturating_sub(u64::try_from(bytes).unwrap_or(u64::MAX));
                        ended = self.read().ended;
                        if left == 0 {
                            break;
                        }
                    }
                    Some(Err(_)) => break,
                    None => ended = true,
                }
            }
            ended
        };
        tokio::time::timeout(READ_AWAY_TIMEOUT, reading).await.unwrap_or(false)
    }
}

impl HttpBody for SharedBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        self.poll(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.read().ended
    }

    fn size_hint(&self) -> SizeHint {
        self.read().incoming.size_hint()
    }
}

/// The body of an answer; when it is dropped, its last part has been handed over to be written.
pub(super) struct Answer {
    body: Body,
    pulse: Arc<Pulse>,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.pulse.answer_handed_over();
    }
}
