//! What does an offer cost beside HTTP and parsing?

use crate::site::{self, Site};
use db::Engine;
use serde_json::{Value, json};
use stamgast::load::{Codes, Kind, serve_noop};
use tokio::net::TcpListener;

/// A ten-line basket, a card with two balances and a promotion, against the same body parsed and answered
/// by a handler that computes nothing.
pub(crate) async fn measure(engine: Engine, requests: u64) -> anyhow::Result<Value> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let idle = tokio::spawn(serve_noop(listener));
    let codes = Codes::generated(1);
    site::load(&url, "none", &codes, Kind::Noop, 64, requests / 4, 1).await?;
    let noop = site::load(&url, "none", &codes, Kind::Noop, 64, requests, 2).await?;
    idle.abort();

    let site = Site::open(engine, site::MEMBERS, 0).await?;
    site.load(Kind::Offers, 64, requests / 4, 1).await?;
    let offers = site.load(Kind::Offers, 64, requests, 2).await?;
    let till = site.load(Kind::Offers, 32, requests, 3).await?;
    site.close().await?;
    Ok(json!({
        "noop": noop.json(),
        "offers": offers.json(),
        "offersAt32Connections": till.json(),
        "ratio": site_ratio(offers.per_second(), noop.per_second()),
    }))
}

/// Thousandths, so that no binary float is needed to print it.
pub(crate) fn site_ratio(one: u64, other: u64) -> String {
    let thousandths = one.saturating_mul(1000) / other.max(1);
    format!("{}.{:03}", thousandths / 1000, thousandths % 1000)
}
