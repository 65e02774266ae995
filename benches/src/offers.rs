//! What does an offer cost beside HTTP and parsing?

use crate::ratio::ratio;
use crate::site::{self, Site};
use db::Engine;
use serde_json::{Value, json};
use stamgast::load::{Codes, Kind, serve_noop};
use tokio::net::TcpListener;

/// Both are asked in turn, so that what else the machine does meets both.
const TURNS: u32 = 5;

/// A ten-line basket, a card with two balances and a promotion, against the same body parsed and answered
/// by a handler that computes nothing; the ratio is that of the median turn.
pub(crate) async fn measure(engine: Engine, requests: u64) -> anyhow::Result<Value> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let idle = tokio::spawn(serve_noop(listener));
    let codes = Codes::generated(1);
    let requests = requests / 2;
    let mut turns = Vec::new();
    for turn in 0..=TURNS {
        // a restaurant of its own: no guest sits at the open checks of all turns at once
        let site = Site::open(engine, site::MEMBERS, 0).await?;
        let noop = site::load(&url, "none", &codes, Kind::Noop, 64, requests, turn + 1).await?;
        let offers = site.load(Kind::Offers, 64, requests, turn + 1).await?;
        site.close().await?;
        // the first turn warms up
        if turn > 0 {
            turns.push((offers.per_second().saturating_mul(1000) / noop.per_second().max(1), noop, offers));
        }
    }
    idle.abort();
    let site = Site::open(engine, site::MEMBERS, 0).await?;
    let till = site.load(Kind::Offers, 32, requests, 1).await?;
    site.close().await?;
    turns.sort_by_key(|(ratio, _, _)| *ratio);
    let (_, noop, offers) = &turns[turns.len() / 2];
    Ok(json!({
        "ratios": turns.iter().map(|(_, noop, offers)| ratio(offers.per_second(), noop.per_second())).collect::<Vec<_>>(),
        "noop": noop.json(),
        "offers": offers.json(),
        "offersAt32Connections": till.json(),
        "ratio": ratio(offers.per_second(), noop.per_second()),
    }))
}
