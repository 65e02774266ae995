//! How are connections accepted, bounded and finished?
//!
//! HTTP/1.1 with keep-alive. The caller owns the listener and says when to stop, so tests own ports and time.
//! A connection never reads ahead while an answer waits to be written, so it holds one request and one answer
//! and at most [`connection::HEADS_BYTES_MAX`] of what was sent after them. Sending a head, taking an answer and the whole
//! exchange of a request each have a time limit. When every place is taken, connections that wait for
//! their client make room. After the stop signal nothing is accepted any more and what was accepted is answered.

mod connection;
mod exchange;
mod line;
mod places;
mod pulse;

use crate::body::BodyReadTimeout;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::TokioTimer;
use places::Places;
use std::future::Future;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

pub use exchange::Peer;

/// Limits of the accept loop.
#[derive(Debug, Clone, Copy)]
pub struct ServeOptions {
    /// The head of a request must be complete this long after the connection became ready for it. An idle
    /// kept-alive connection is closed after the same time.
    pub header_read_timeout: Duration,
    /// The body of a request must be there this long after its head; else 408.
    pub body_read_timeout: Duration,
    /// An answer of which the client takes no byte for this long is given up with its connection.
    pub write_timeout: Duration,
    /// From the complete head of a request to the last byte of its answer; then the connection is cut.
    pub exchange_timeout: Duration,
    /// Connections open at once.
    pub connections_max: usize,
    /// While all places are taken, a connection that has waited this long for its client (to send, or to take an
    /// answer) loses its place to the next one.
    pub place_patience: Duration,
    /// How long accepted requests may take to finish after the stop signal.
    pub shutdown_grace: Duration,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            header_read_timeout: Duration::from_secs(30),
            body_read_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(10),
            exchange_timeout: Duration::from_secs(60),
            connections_max: 4_096,
            place_patience: Duration::from_secs(1),
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
    let places = Places::new(options.connections_max, options.place_patience);
    let limits = connection::Limits {
        body: BodyReadTimeout(options.body_read_timeout),
        write: options.write_timeout,
        exchange: options.exchange_timeout,
    };
    let (stop, stopping) = watch::channel(false);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(options.header_read_timeout)
        .max_buf_size(connection::HEADS_BYTES_MAX)
        .keep_alive(true);
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = async {
            let (stream, peer) = accept(&listener).await;
            (stream, peer, places.take().await)
        };
        let (stream, peer, place) = tokio::select! {
            () = &mut shutdown => break,
            accepted = accepted => accepted,
        };
        let (http, router, stopping) = (http.clone(), router.clone(), stopping.clone());
        tokio::spawn(async move {
            connection::run(&http, stream, Peer(peer), router, stopping, place.pulse(), limits).await;
            drop(place);
        });
    }
    drop(listener);
    tracing::info!("stopping: {} requests under way", places.requests_under_way());
    // Connections that ended have dropped their receivers; that nobody hears it is as good.
    let _ = stop.send(true);
    if tokio::time::timeout(options.shutdown_grace, places.all_free()).await.is_err() {
        tracing::warn!(grace = ?options.shutdown_grace, "stopped before every connection had finished");
    }
}

/// Gives the next connection; an error of one connection or a shortage of descriptors does not end the loop.
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
