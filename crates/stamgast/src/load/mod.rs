//! How much does a server answer, and how fast? A bounded, closed loop: each connection sends its next
//! request when the answer to the last one is there.

mod basket;
mod connection;
mod noop;
mod report;

pub use basket::{Code, Codes, Template};
pub use noop::serve as serve_noop;
pub use report::Report;

use anyhow::Context as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Never more than this, whatever is asked for: a slip of the finger must not become an attack.
pub const REQUESTS_MAX: u64 = 10_000_000;
/// The longest a load may last.
pub const SECONDS_MAX: u64 = 600;
/// The most connections.
pub const CONNECTIONS_MAX: usize = 1024;

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `POST /partner/loyalty/getBenefitOffer`, a new check each.
    Offers,
    /// `POST /partner/loyalty/reportBenefitUsage`, a new bill each.
    Usages,
    /// The offers' body to a server that parses it and computes nothing: what the machine can do at most.
    Noop,
}

impl Kind {
    /// The path of the request.
    pub fn path(self) -> &'static str {
        match self {
            Kind::Offers => "/partner/loyalty/getBenefitOffer",
            Kind::Usages => "/partner/loyalty/reportBenefitUsage",
            Kind::Noop => "/noop",
        }
    }

    /// The word on the command line and in the report.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Offers => "offers",
            Kind::Usages => "usages",
            Kind::Noop => "noop",
        }
    }
}

/// One load, whole: what, where, how much.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What is sent.
    pub kind: Kind,
    /// `http://HOST:PORT` of the server.
    pub url: String,
    /// The loyalty connection's bearer token.
    pub token: String,
    /// Connections kept open, each a register.
    pub connections: usize,
    /// Stop after this many requests.
    pub requests: u64,
    /// Stop after this time as well.
    pub limit: Duration,
    /// The codes scanned, in turn.
    pub codes: Codes,
    /// What makes the ids of this load differ from those of an earlier one against the same database.
    pub run: u32,
    /// Whether a host that is not this machine may be loaded.
    pub any_host: bool,
}

/// What the connections share.
#[derive(Debug)]
struct Shared {
    plan: Plan,
    host: String,
    next: AtomicU64,
    done: AtomicU64,
    until: Instant,
}

impl Shared {
    /// The number of the next request to send, if there is one.
    fn claim(&self) -> Option<u64> {
        if Instant::now() >= self.until {
            return None;
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        (number < self.plan.requests).then_some(number)
    }
}

/// Runs the load; `progress` hears a few times a second how many answers have come.
///
/// # Errors
/// When the plan is out of bounds, the host is not allowed or cannot be reached. An answer that is no
/// success is counted, not an error.
pub async fn run(plan: Plan, mut progress: impl FnMut(u64)) -> anyhow::Result<Report> {
    anyhow::ensure!(
        (1..=CONNECTIONS_MAX).contains(&plan.connections),
        "--connections: expected 1 to {CONNECTIONS_MAX}, found {}",
        plan.connections
    );
    anyhow::ensure!(
        (1..=REQUESTS_MAX).contains(&plan.requests),
        "--requests: expected 1 to {REQUESTS_MAX}, found {}",
        plan.requests
    );
    anyhow::ensure!(
        plan.limit <= Duration::from_secs(SECONDS_MAX),
        "--seconds: expected at most {SECONDS_MAX}, found {}",
        plan.limit.as_secs()
    );
    let (host, address) = target(&plan.url, plan.any_host).await?;
    let connections = plan.connections;
    let started = Instant::now();
    let until = started + plan.limit;
    let kind = plan.kind;
    let shared = Arc::new(Shared { plan, host, next: AtomicU64::new(0), done: AtomicU64::new(0), until });
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..connections {
        tasks.spawn(connection::run(Arc::clone(&shared), number, address));
    }
    let mut report = Report::new(kind, connections);
    let mut ticks = tokio::time::interval(Duration::from_millis(200));
    loop {
        tokio::select! {
            ended = tasks.join_next() => match ended {
                Some(tally) => report.add(tally.context("a connection's task ended early")??)?,
                None => break,
            },
            _ = ticks.tick() => progress(shared.done.load(Ordering::Relaxed)),
        }
    }
    report.elapsed = started.elapsed();
    progress(shared.done.load(Ordering::Relaxed));
    Ok(report)
}

/// The `Host` header and the address behind a URL, if it is one we may load.
async fn target(url: &str, any_host: bool) -> anyhow::Result<(String, SocketAddr)> {
    let host = url
        .strip_prefix("http://")
        .map(|rest| rest.trim_end_matches('/'))
        .filter(|rest| !rest.is_empty() && !rest.contains(['/', '@', '?']))
        .with_context(|| format!("--url: expected http://HOST:PORT without a path, found {url:?}"))?;
    let with_port = if host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok()) {
        host.to_owned()
    } else {
        format!("{host}:80")
    };
    let addresses: Vec<SocketAddr> = tokio::net::lookup_host(&with_port)
        .await
        .with_context(|| format!("--url: the host {host} is not known"))?
        .collect();
    let address = *addresses.first().with_context(|| format!("--url: the host {host} has no address"))?;
    anyhow::ensure!(
        any_host || addresses.iter().all(|address| address.ip().is_loopback()),
        "--url: {host} is not this machine; a load stops other people's work, so say --i-own-this-host if it is yours"
    );
    Ok((host.to_owned(), address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(url: String) -> Plan {
        Plan {
            kind: Kind::Noop,
            url,
            token: "token".to_owned(),
            connections: 4,
            requests: 100,
            limit: Duration::from_secs(20),
            codes: Codes::generated(10),
            run: 1,
            any_host: false,
        }
    }

    #[tokio::test]
    async fn the_load_sends_exactly_what_was_asked() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(serve_noop(listener));
        let mut heard = 0;
        let report = run(plan(url), |done| heard = done).await.unwrap();
        assert_eq!((report.answers(), report.errors, heard), (100, 0, 100));
        assert!(report.latency_microseconds(50) > 0);
        server.abort();
    }

    #[tokio::test]
    async fn strangers_and_excess_are_refused() {
        let error = run(plan("http://192.0.2.1:80".to_owned()), |_| {}).await.unwrap_err().to_string();
        assert!(error.contains("--i-own-this-host"), "{error}");
        let much = Plan { connections: 5000, ..plan("http://127.0.0.1:1".to_owned()) };
        assert!(run(much, |_| {}).await.unwrap_err().to_string().contains("--connections"));
        for wrong in ["https://127.0.0.1", "127.0.0.1:80", "http://127.0.0.1:80/path", "http://"] {
            let error = run(plan(wrong.to_owned()), |_| {}).await.unwrap_err().to_string();
            assert!(error.contains("expected http://HOST:PORT"), "{wrong}: {error}");
        }
    }
}
