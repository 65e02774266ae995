//! How does the courier run?
//!
//! One loop finds what is due (woken after commits, and by a poll for retries and for what other processes
//! wrote), tasks make the attempts. All state is rows, so any number of processes may run one.

mod deliver;
mod lanes;
mod send_feed;

use crate::call::{self, Caller};
use crate::feed::{self, FeedSource};
use crate::guard::TargetGuard;
use crate::outbox::{self, Listener};
use crate::schedule::{self, Schedule};
use crate::seal::Keyring;
use db::Db;
use jiff::{SignedDuration, Timestamp};
use lanes::Lanes;
use outside::Outside;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// How long a lane rests after a fault of our own.
const OWN_FAULT_REST: SignedDuration = SignedDuration::from_secs(30);
/// How long the courier rests after its loop fell over.
const FALLEN_REST: Duration = Duration::from_secs(1);
/// A change whose transaction took this long to commit is still found by a wake-up; later ones by the tick.
const COMMIT_MAX: SignedDuration = SignedDuration::from_secs(60);
/// Every so many ticks all merchants are looked at, not only those with recent changes.
const TICKS_PER_SWEEP: u64 = 10;
/// Rounds that [`Courier::run_due`] makes at most.
const ROUNDS_MAX: usize = 10_000;

/// Tells a courier that something was committed for it. Made before the courier, so that both sides can hold it.
#[derive(Debug, Clone, Default)]
pub struct Wake(Arc<Notify>);

impl Wake {
    /// Call it after a commit; it costs next to nothing.
    pub fn wake(&self) {
        self.0.notify_one();
    }
}

/// Figures of a courier.
#[derive(Debug, Clone)]
pub struct CourierConfig {
    /// Gaps after failed attempts, seconds (sync.md §2).
    pub schedule_seconds: Vec<u64>,
    /// Each gap is moved by up to this much of itself.
    pub jitter_percent: u8,
    /// How often due retries and the rows of other processes are looked for.
    pub poll: Duration,
    /// How often the feed looks at all recent changes.
    pub tick_seconds: u64,
    /// How long the feed waits after a wake-up for more changes to come.
    pub debounce_seconds: u64,
    /// A request has this long, from name to last byte.
    pub deadline_seconds: u64,
    /// A claim outlives the deadline by this much before another process may take it over.
    pub lease_margin_seconds: u64,
    /// Requests under way at once.
    pub concurrency: usize,
    /// After the stop signal, requests under way may take this long; then they are given up and made again later.
    pub shutdown_grace: Duration,
    /// Which targets may be reached.
    pub guard: TargetGuard,
    /// Wakes the courier's loop after a commit.
    pub wake: Wake,
}

impl Default for CourierConfig {
    fn default() -> Self {
        Self {
            schedule_seconds: schedule::STEPS_SECONDS.to_vec(),
            jitter_percent: schedule::JITTER_PERCENT,
            poll: Duration::from_secs(1),
            tick_seconds: 60,
            debounce_seconds: 2,
            deadline_seconds: call::DEADLINE.as_secs(),
            lease_margin_seconds: 15,
            concurrency: 64,
            shutdown_grace: Duration::from_secs(10),
            guard: TargetGuard::strict(),
            wake: Wake::default(),
        }
    }
}

/// Everything that goes out. Cloning shares it.
#[derive(Clone)]
pub struct Courier {
    shared: Arc<Shared>,
}

struct Shared {
    db: Db,
    outside: Outside,
    config: CourierConfig,
    schedule: Schedule,
    keyring: Option<Keyring>,
    caller: Caller,
    listeners: BTreeMap<&'static str, Arc<dyn Listener>>,
    /// By domain: whether it is shared, and where its records come from.
    sources: BTreeMap<&'static str, (bool, Arc<dyn FeedSource>)>,
    permits: Arc<Semaphore>,
    /// A request ended, so there is room for the next.
    freed: Notify,
    /// Lanes of the feed that this process works on.
    lanes: Lanes,
    /// Domains that have a lag gauge.
    gauged: Mutex<BTreeSet<String>>,
    stop: watch::Sender<Stop>,
}

/// How far the end has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stop {
    /// Not at all.
    Running,
    /// Nothing new is claimed.
    Finishing,
    /// Requests under way are given up.
    GivingUp,
}

impl std::fmt::Debug for Courier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Courier").field("config", &self.shared.config).finish_non_exhaustive()
    }
}

impl Courier {
    /// A courier that does nothing by itself: [`Courier::run_due`] makes what is due. For tests that own the clock.
    pub fn idle(
        db: Db,
        outside: Outside,
        config: CourierConfig,
        keyring: impl Into<Option<Keyring>>,
        listeners: Vec<Arc<dyn Listener>>,
        feeds: Vec<Arc<dyn FeedSource>>,
    ) -> Self {
        let mut sources: BTreeMap<&'static str, (bool, Arc<dyn FeedSource>)> = BTreeMap::new();
        for feed in feeds {
            for domain in feed.domains() {
                sources.insert(domain.name, (domain.shared, Arc::clone(&feed)));
            }
        }
        let kinds: Vec<_> = listeners.iter().map(|listener| listener.kind()).collect();
        crate::metrics::describe(&kinds, &sources.keys().copied().collect::<Vec<_>>());
        let shared = Shared {
            schedule: Schedule::new(config.schedule_seconds.clone(), config.jitter_percent),
            caller: Caller::new(config.guard.clone()),
            permits: Arc::new(Semaphore::new(config.concurrency.clamp(1, 10_000))),
            freed: Notify::new(),
            lanes: Lanes::default(),
            gauged: Mutex::default(),
            stop: watch::Sender::new(Stop::Running),
            listeners: listeners.into_iter().map(|listener| (listener.kind(), listener)).collect(),
            keyring: keyring.into(),
            sources,
            db,
            outside,
            config,
        };
        Self { shared: Arc::new(shared) }
    }

    /// A courier that runs until [`Courier::shutdown`]. Needs a tokio runtime.
    pub fn start(
        db: Db,
        outside: Outside,
        config: CourierConfig,
        keyring: impl Into<Option<Keyring>>,
        listeners: Vec<Arc<dyn Listener>>,
        feeds: Vec<Arc<dyn FeedSource>>,
    ) -> Self {
        let courier = Self::idle(db, outside, config, keyring, listeners, feeds);
        let shared = Arc::clone(&courier.shared);
        tokio::spawn(kept_running("the courier's loop", FALLEN_REST, move || run(Arc::clone(&shared))));
        courier
    }

    /// Something was committed for it; call it after the commit.
    pub fn wake(&self) {
        self.shared.config.wake.wake();
    }

    /// Makes everything that is due by the clock, one request after the other within a lane and lanes at once,
    /// until nothing is due; gives the number of attempts. Ticks and debouncing do not count here.
    pub async fn run_due(&self) -> Result<usize, db::Error> {
        let mut attempts = 0;
        for _ in 0..ROUNDS_MAX {
            let mut tasks = JoinSet::new();
            deliver::spawn_due(&self.shared, &mut tasks).await?;
            send_feed::spawn_due(&self.shared, Some(Timestamp::MIN), &mut tasks).await?;
            send_feed::spawn_due(&self.shared, None, &mut tasks).await?;
            if tasks.is_empty() {
                break;
            }
            while let Some(made) = tasks.join_next().await {
                attempts += made.unwrap_or(0);
            }
        }
        Ok(attempts)
    }

    /// Claims nothing any more and waits until what is under way is written down. A request that takes longer than
    /// the grace is given up without counting as an attempt.
    pub async fn shutdown(&self) {
        self.shared.stop.send_replace(Stop::Finishing);
        let all = u32::try_from(self.shared.config.concurrency.clamp(1, 10_000)).unwrap_or(1);
        let finished =
            tokio::time::timeout(self.shared.config.shutdown_grace, self.shared.permits.acquire_many(all));
        if finished.await.is_err() {
            tracing::warn!("requests under way are given up and will be made again");
            self.shared.stop.send_replace(Stop::GivingUp);
            let written = tokio::time::timeout(
                self.shared.config.shutdown_grace,
                self.shared.permits.acquire_many(all),
            );
            if written.await.is_err() {
                tracing::error!("outcomes could not be written in time; their leases will run out");
            }
        }
    }
}

impl Shared {
    fn stopping(&self) -> bool {
        *self.stop.borrow() >= Stop::Finishing
    }

    /// Completes when requests under way are to be given up.
    async fn given_up(&self) {
        let mut stop = self.stop.subscribe();
        // The sender lives in self, so waiting cannot fail.
        let _ = stop.wait_for(|stop| *stop == Stop::GivingUp).await;
    }

    fn lease(&self) -> SignedDuration {
        let seconds = self.config.deadline_seconds.saturating_add(self.config.lease_margin_seconds);
        SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX / 1_000_000))
    }

    fn random(&self) -> u64 {
        u64::from_be_bytes(self.outside.random_bytes())
    }

    fn after(&self, rest: SignedDuration) -> Timestamp {
        let now = self.outside.now();
        now.saturating_add(rest).unwrap_or(now)
    }

    fn permit(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.permits).try_acquire_owned().ok()
    }

    /// Writes an outcome in spite of a database that is away for a while; gives up when the lease is surely over.
    async fn persist<F, T>(&self, what: &'static str, mut write: impl FnMut() -> F) -> Option<T>
    where
        F: Future<Output = Result<T, db::Error>>,
    {
        let end = Instant::now() + Duration::from_secs(self.config.lease_margin_seconds);
        let mut pause = Duration::from_millis(20);
        loop {
            match write().await {
                Ok(written) => return Some(written),
                Err(error) if Instant::now() + pause < end => {
                    tracing::warn!(%error, what, "an outcome could not be written yet");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(2));
                }
                Err(error) => {
                    tracing::error!(%error, what, "an outcome could not be written; the attempt will be repeated");
                    return None;
                }
            }
        }
    }
}

/// Runs a loop, and again when it fell over: what nobody waits for must not end without a word. Done when the loop ends
/// by itself.
async fn kept_running<F>(what: &'static str, rest: Duration, mut run: impl FnMut() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    while let Err(error) = tokio::spawn(run()).await {
        if error.is_cancelled() {
            return; // the runtime is going down
        }
        metrics::counter!("courier_restarts_total").increment(1);
        tracing::error!(%error, what, "it fell over; starting it again");
        tokio::time::sleep(rest).await;
    }
}

/// The loop of a started courier.
async fn run(shared: Arc<Shared>) {
    let mut stop = shared.stop.subscribe();
    let mut tasks = JoinSet::new();
    let tick = Duration::from_secs(shared.config.tick_seconds.max(1));
    let debounce = Duration::from_secs(shared.config.debounce_seconds);
    let mut next_tick = Instant::now();
    let mut feed_at: Option<Instant> = None;
    let mut ticks = 0_u64;
    while !shared.stopping() {
        while tasks.try_join_next().is_some() {}
        report("deliveries", deliver::spawn_due(&shared, &mut tasks).await);
        report("feed retries", send_feed::spawn_due(&shared, None, &mut tasks).await);
        let now = Instant::now();
        if now >= next_tick {
            let everything = ticks.is_multiple_of(TICKS_PER_SWEEP);
            let since = if everything { Timestamp::MIN } else { look_back(&shared, tick + tick) };
            report("feed", send_feed::spawn_due(&shared, Some(since), &mut tasks).await);
            report("feed lag", feed::record_gauges(&shared.db, shared.outside.now(), &shared.gauged).await);
            ticks += 1;
            next_tick = now + tick;
            feed_at = None;
        } else if feed_at.is_some_and(|at| now >= at) {
            let since = look_back(&shared, debounce + tick);
            report("feed", send_feed::spawn_due(&shared, Some(since), &mut tasks).await);
            feed_at = None;
        }
        let wait_until = next_tick.min(now + shared.config.poll).min(feed_at.unwrap_or(next_tick));
        tokio::select! {
            () = shared.config.wake.0.notified() => feed_at = Some(feed_at.unwrap_or(Instant::now() + debounce)),
            () = shared.freed.notified() => {}
            () = tokio::time::sleep_until(wait_until) => {}
            _ = stop.changed() => {}
        }
    }
    while tasks.join_next().await.is_some() {}
}

fn look_back(shared: &Shared, span: Duration) -> Timestamp {
    let span = SignedDuration::try_from(span).unwrap_or(SignedDuration::ZERO) + COMMIT_MAX;
    let now = shared.outside.now();
    now.checked_sub(span).unwrap_or(Timestamp::MIN)
}

fn report<T>(what: &'static str, result: Result<T, db::Error>) {
    if let Err(error) = result {
        tracing::warn!(%error, what, "the courier could not look for work; trying again");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test]
    async fn a_loop_that_fell_over_is_started_again_until_it_ends() {
        let runs = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&runs);
        let run = move || {
            let run = counted.fetch_add(1, Ordering::SeqCst);
            async move { assert!(run >= 2, "it falls over twice") }
        };
        let kept = kept_running("the test's loop", Duration::from_millis(1), run);
        tokio::time::timeout(Duration::from_secs(10), kept).await.expect("it ends");
        assert_eq!(runs.load(Ordering::SeqCst), 3);
    }
}
