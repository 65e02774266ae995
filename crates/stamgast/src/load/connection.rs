//! How does one connection of a load work? One request at a time over one kept-alive HTTP/1 connection.

use super::Shared;
use super::basket::Template;
use super::report::Tally;
use anyhow::Context as _;
use bytes::Bytes;
use http::Request;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;
use tokio::net::TcpStream;

/// How many times in a row a lost connection is opened again before the load gives up.
const RECONNECTS_MAX: u32 = 5;

/// Sends until nothing is left to claim.
pub(super) async fn run(shared: Arc<Shared>, number: usize, address: SocketAddr) -> anyhow::Result<Tally> {
    let plan = &shared.plan;
    let template = Template::new(plan.kind, plan.codes.clone(), plan.run, number + 1);
    let mut tally = Tally::new()?;
    let mut sender = connect(address).await?;
    let mut reconnects = 0;
    while let Some(claim) = shared.claim() {
        let request = Request::post(plan.kind.path())
            .header(HOST, &shared.host)
            .header(AUTHORIZATION, format!("Bearer {}", plan.token))
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(template.body(claim.number))))
            .context("the request cannot be built: is the token plain ASCII?")?;
        let started = match claim.planned {
            Some(planned) => {
                tokio::time::sleep_until(planned.into()).await;
                planned
            }
            None => Instant::now(),
        };
        match send(&mut sender, request).await {
            Ok((status, body)) => {
                reconnects = 0;
                tally.answer(started.elapsed(), status, &body);
            }
            Err(error) => {
                tally.lost(&error);
                reconnects += 1;
                anyhow::ensure!(
                    reconnects <= RECONNECTS_MAX,
                    "the server keeps closing the connection: {error:#}"
                );
                sender = connect(address).await?;
            }
        }
        shared.done.fetch_add(1, Ordering::Relaxed);
    }
    Ok(tally)
}

async fn connect(address: SocketAddr) -> anyhow::Result<http1::SendRequest<Full<Bytes>>> {
    let stream =
        TcpStream::connect(address).await.with_context(|| format!("nothing listens on {address}"))?;
    stream.set_nodelay(true)?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            // the request on it fails too and is counted there
            tracing::debug!(%error, "a connection of the load ended");
        }
    });
    Ok(sender)
}

async fn send(
    sender: &mut http1::SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
) -> anyhow::Result<(u16, Bytes)> {
    sender.ready().await?;
    let answer = sender.send_request(request).await?;
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await?.to_bytes();
    Ok((status, body))
}
