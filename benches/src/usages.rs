//! What does HTTP add to booking a usage report?

use crate::ratio::ratio;
use crate::site::{self, Site, target};
use anyhow::Context as _;
use db::Engine;
use partner::{LoyaltyConnection, UsageOutcome, UsageReport};
use serde_json::{Value, json};
use stamgast::load::{Kind, Template};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use wire::loyalty::LoyaltyBenefitUsagesPayload;

/// Callers at once, straight and over HTTP.
const CLIENTS: usize = 64;

/// Usage reports over HTTP against the same command called straight on the database port.
pub(crate) async fn measure(engine: Engine, requests: u64) -> anyhow::Result<Value> {
    std::fs::create_dir_all(target())?;
    let site = Site::open(engine, site::MEMBERS, 0).await?;
    site.load(Kind::Usages, CLIENTS, requests / 4, 1).await?;
    let straight = straight(&site, requests).await?;
    let over_http = site.load(Kind::Usages, CLIENTS, requests, 3).await?;
    let faults = stamgast::database::verify(site.app.db(), stamgast::config::Role::All).await?;
    anyhow::ensure!(faults.is_empty(), "the ledger does not balance after the load: {faults:?}");
    site.close().await?;
    Ok(json!({
        "straightPerSecond": straight,
        "overHttp": over_http.json(),
        "ratio": ratio(over_http.per_second(), straight),
    }))
}

/// Commands a second when nothing but the command is done: bodies are made and read beforehand.
async fn straight(site: &Site, requests: u64) -> anyhow::Result<u64> {
    let partner = site.app.partner().context("the partner's side")?.clone();
    let template = Template::new(Kind::Usages, site.codes.clone(), 2, 1);
    let mut reports = Vec::new();
    for number in 0..requests {
        let body = template.body(number);
        let message: LoyaltyBenefitUsagesPayload = wire::read::from_slice(&body)?;
        let connection = LoyaltyConnection {
            merchant: site.restaurant.merchant_id.clone(),
            loyalty_provider_id: site.restaurant.loyalty_provider_id.clone(),
        };
        let report = UsageReport::read(&partner, connection, &message, &body);
        reports.push(std::sync::Mutex::new(Some(report.map_err(|error| anyhow::anyhow!(error.message))?)));
    }
    let (reports, next) = (Arc::new(reports), Arc::new(AtomicUsize::new(0)));
    let started = Instant::now();
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..CLIENTS {
        let (partner, reports, next) = (partner.clone(), Arc::clone(&reports), Arc::clone(&next));
        clients.spawn(async move {
            while let Some(slot) = reports.get(next.fetch_add(1, Ordering::Relaxed)) {
                let report =
                    slot.lock().ok().and_then(|mut slot| slot.take()).context("a report is booked once")?;
                let outcome = report.book(&partner).await.map_err(|error| anyhow::anyhow!(error.message))?;
                anyhow::ensure!(
                    matches!(outcome, UsageOutcome::Booked(_)),
                    "expected booked, found {outcome:?}"
                );
            }
            Ok(())
        });
    }
    while let Some(ended) = clients.join_next().await {
        ended.context("a client's task")??;
    }
    let microseconds = started.elapsed().as_micros().max(1);
    Ok(u64::try_from(u128::from(requests) * 1_000_000 / microseconds)?)
}
