//! How much does a server answer, and how fast?
//!
//! A closed loop, where each connection sends its next request when the answer to the last one is there; or an open
//! loop at a rate, where each request has its planned moment and its latency counts from that moment, so that a
//! server that stands still is charged for everybody who would have waited.

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
/// The most requests a second of an open loop.
pub const RATE_MAX: u32 = 100_000;

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
    /// Requests a second of an open loop; `None`: a closed loop, as fast as answers come.
    pub rate: Option<u32>,
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
    started: Instant,
    until: Instant,
}

/// A request to send: its number, and in an open loop the moment it was planned for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Claim {
    number: u64,
    planned: Option<Instant>,
}

impl Shared {
    /// The next request to send, if there is one before the end of the load.
    fn claim(&self) -> Option<Claim> {
        if Instant::now() >= self.until {
            return None;
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let planned = self.plan.rate.map(|rate| self.started + planned_after(number, rate));
        let planned_late = planned.is_some_and(|planned| planned >= self.until);
        (number < self.plan.requests && !planned_late).then_some(Claim { number, planned })
    }
}

/// How long after the start the request with this number is planned, at `rate` requests a second.
fn planned_after(number: u64, rate: u32) -> Duration {
    let nanoseconds = u128::from(number) * 1_000_000_000 / u128::from(rate.max(1));
    Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
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
    anyhow::ensure!(
        plan.rate.is_none_or(|rate| (1..=RATE_MAX).contains(&rate)),
        "--rate: expected 1 to {RATE_MAX} requests a second, found {}",
        plan.rate.unwrap_or_default()
    );
    let (host, address) = target(&plan.url, plan.any_host).await?;
    let connections = plan.connections;
    let started = Instant::now();
    let until = started + plan.limit;
    let mut report = Report::new(plan.kind, connections, plan.rate);
    let (next, done) = (AtomicU64::new(0), AtomicU64::new(0));
    let shared = Arc::new(Shared { plan, host, next, done, started, until });
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..connections {
        tasks.spawn(connection::run(Arc::clone(&shared), number, address));
    }
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
            rate: None,
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

    #[test]
    fn requests_of_an_open_loop_are_planned_evenly() {
        for (number, rate, milliseconds) in
            [(0, 10, 0), (1, 10, 100), (25, 10, 2500), (3, 1000, 3), (7, 1, 7000)]
        {
            assert_eq!(
                planned_after(number, rate),
                Duration::from_millis(milliseconds),
                "{number} at {rate}"
            );
        }
    }

    /// One connection to a server that needs 40 ms for an answer, asked 100 times a second: each answer is later than
    /// the one before, counted from the moment at which its request was due.
    #[tokio::test]
    async fn an_open_loop_counts_from_the_planned_moment() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let slow = axum::Router::new().fallback(|| async {
            tokio::time::sleep(Duration::from_millis(40)).await;
        });
        let server = tokio::spawn(async move { axum::serve(listener, slow).await });
        let open = Plan { connections: 1, rate: Some(100), requests: 10, ..plan(url) };
        let report = run(open, |_| {}).await.unwrap();
        assert_eq!((report.answers(), report.errors), (10, 0));
        // the tenth is due after 90 ms and answered after 400 at the earliest
        assert!(report.latency_microseconds_max() >= 300_000, "{}", report.latency_microseconds_max());
        server.abort();
    }

    #[tokio::test]
    async fn strangers_and_excess_are_refused() {
        let error = run(plan("http://192.0.2.1:80".to_owned()), |_| {}).await.unwrap_err().to_string();
        assert!(error.contains("--i-own-this-host"), "{error}");
        let much = Plan { connections: 5000, ..plan("http://127.0.0.1:1".to_owned()) };
        assert!(run(much, |_| {}).await.unwrap_err().to_string().contains("--connections"));
        for rate in [0, RATE_MAX + 1] {
            let much = Plan { rate: Some(rate), ..plan("http://127.0.0.1:1".to_owned()) };
            assert!(
                run(much, |_| {}).await.unwrap_err().to_string().contains("--rate: expected 1 to 100000")
            );
        }
        for wrong in ["https://127.0.0.1", "127.0.0.1:80", "http://127.0.0.1:80/path", "http://"] {
            let error = run(plan(wrong.to_owned()), |_| {}).await.unwrap_err().to_string();
            assert!(error.contains("expected http://HOST:PORT"), "{wrong}: {error}");
        }
    }
}
