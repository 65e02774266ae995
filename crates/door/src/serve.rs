//! How are connections accepted, bounded and finished?
//!
//! HTTP/1.1 with keep-alive. The caller owns the listener and says when to stop, so tests own ports and
//! time. A client that does not send its head in time is cut off; more connections than the limit wait in
//! the kernel's queue; after the stop signal nothing is accepted any more and what was accepted is answered.

use axum::Router;
use axum::body::Body;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::future::Future;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::Service;

/// The address of the peer, among the extensions of each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// Limits of the accept loop.
#[derive(Debug, Clone, Copy)]
pub struct ServeOptions {
    /// The head of a request must be complete this long after the connection became ready for it. An idle
    /// kept-alive connection is closed after the same time.
    pub header_read_timeout: Duration,
    /// Connections open at once.
    pub connections_max: usize,
    /// How long accepted requests may take to finish after the stop signal.
    pub shutdown_grace: Duration,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            header_read_timeout: Duration::from_secs(30),
            connections_max: 4_096,
            shutdown_grace: Duration::from_secs(30),
        }
    }
}

/// Serves `router` until `shutdown` completes and everything accepted is answered (or the grace is over).
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send,
    options: ServeOptions,
) {
    // Without it axum would rebuild every handler with its state at each request.
    let router: Router = router.with_state(());
    let permits = Arc::new(Semaphore::new(options.connections_max.max(1)));
    let graceful = GracefulShutdown::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(options.header_read_timeout)
        .keep_alive(true)
        .pipeline_flush(true);
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = async {
            // The semaphore is never closed, so a permit always comes.
            let permit = Arc::clone(&permits).acquire_owned().await.ok();
            (permit, accept(&listener).await)
        };
        let (permit, (stream, peer)) = tokio::select! {
            () = &mut shutdown => break,
            accepted = accepted => accepted,
        };
        let router = router.clone();
        let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(Peer(peer));
            // A router is always ready.
            router.clone().call(request.map(Body::new))
        });
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%peer, %error, "a connection ended early");
            }
            drop(permit);
        });
    }
    drop(listener);
    let open = graceful.count();
    tracing::info!(open, "no longer accepting; finishing what was accepted");
    if tokio::time::timeout(options.shutdown_grace, graceful.shutdown()).await.is_err() {
        tracing::warn!(grace = ?options.shutdown_grace, "stopped before every connection had finished");
    }
}

/// The next connection; an error of one connection or a shortage of descriptors does not end the loop.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%peer, %error, "TCP_NODELAY was refused");
                }
                return (stream, peer);
            }
            Err(error) => match error.kind() {
                ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset => {}
                _ => {
                    tracing::error!(%error, "cannot accept a connection; trying again in a second");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            },
        }
    }
}
