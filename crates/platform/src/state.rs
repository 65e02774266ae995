//! What does every handler of the platform hold?

use crate::access::{ClientGrant, ClientSecret, PosGrant};
use crate::menu::KeptTrees;
use courier::{call::Caller, seal::Keyring};
use db::Db;
use door::{AdminTokens, RateLimit, TokenCache};
use outside::Outside;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Settings of the platform side.
#[derive(Debug, Clone)]
pub struct PlatformConfig {
    /// One absolute deadline over the whole `getBenefitOffer` call: a cashier waits (sync.md §1).
    pub offer_deadline: Duration,
    /// Deadline of the fire-and-forget `reportOfferValidationError` call.
    pub validation_report_deadline: Duration,
    /// How many calls on the side, validation error reports and what checks let go, may be on their way at once; more
    /// are dropped and logged.
    pub validation_reports_max: usize,
    /// Longest answer to `getBenefitOffer` that is read.
    pub offer_bytes_max: usize,
    /// How long an access token lives.
    pub token_lifetime_seconds: i64,
    /// Token calls per second and client, and as many wrong secrets per client and address, after a burst of [`Self::token_requests_burst`].
    pub token_requests_per_second: NonZeroU32,
    /// Token calls a client that has rested may make at once.
    pub token_requests_burst: NonZeroU32,
    /// Longest body a register may send.
    pub pos_body_bytes_max: usize,
    /// Longest body of a set-up call (a whole menu comes in one).
    pub admin_body_bytes_max: usize,
    /// After so many days copies of what a provider said, and was told, name no guest any more.
    pub copies_days: i64,
}

impl Default for PlatformConfig {
    fn default() -> Self {
        Self {
            offer_deadline: Duration::from_secs(10),
            validation_report_deadline: Duration::from_secs(30),
            validation_reports_max: 64,
            offer_bytes_max: 1024 * 1024,
            token_lifetime_seconds: 3600,
            token_requests_per_second: NonZeroU32::MIN,
            token_requests_burst: NonZeroU32::MIN.saturating_add(29),
            pos_body_bytes_max: 256 * 1024,
            admin_body_bytes_max: 4 * 1024 * 1024,
            copies_days: 90,
        }
    }
}

/// What a program gives the platform.
pub struct PlatformParts {
    /// Where the tables are.
    pub db: Db,
    /// Clock, ids and randomness.
    pub outside: Outside,
    /// Calls the loyalty provider.
    pub caller: Caller,
    /// Seals the secrets of what is called.
    pub keyring: Keyring,
    /// Who may set up.
    pub admin: AdminTokens,
    /// Called after a commit that gave the courier something to send.
    pub wake: Arc<dyn Fn() + Send + Sync>,
    /// Settings.
    pub config: PlatformConfig,
}

/// The platform side, cheap to clone.
#[derive(Clone)]
pub struct Platform(Arc<Inner>);

struct Inner {
    parts: PlatformParts,
    secrets: TokenCache<Arc<[ClientSecret]>>,
    clients: TokenCache<ClientGrant>,
    registers: TokenCache<PosGrant>,
    token_calls: RateLimit,
    wrong_secrets: RateLimit,
    side_calls: Arc<Semaphore>,
    kept_trees: KeptTrees,
}

impl std::fmt::Debug for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Platform").field("config", &self.0.parts.config).finish_non_exhaustive()
    }
}

/// Tokens kept in memory, per kind: more than this work too, only slower.
const CACHED_TOKENS_MAX: usize = 10_000;

impl Platform {
    /// Joins the parts.
    pub fn new(parts: PlatformParts) -> Self {
        crate::metrics::describe();
        let config = &parts.config;
        let (per_second, burst) = (config.token_requests_per_second, config.token_requests_burst);
        let limit = || RateLimit::new(&parts.outside, per_second, burst);
        Self(Arc::new(Inner {
            clients: TokenCache::new(&parts.outside, CACHED_TOKENS_MAX),
            registers: TokenCache::new(&parts.outside, CACHED_TOKENS_MAX),
            secrets: TokenCache::new(&parts.outside, CACHED_TOKENS_MAX),
            token_calls: limit(),
            wrong_secrets: limit(),
            side_calls: Arc::new(Semaphore::new(config.validation_reports_max)),
            kept_trees: KeptTrees::default(),
            parts,
        }))
    }

    pub(crate) fn db(&self) -> &Db {
        &self.0.parts.db
    }

    pub(crate) fn outside(&self) -> &Outside {
        &self.0.parts.outside
    }

    pub(crate) fn now(&self) -> jiff::Timestamp {
        self.0.parts.outside.now()
    }

    pub(crate) fn caller(&self) -> &Caller {
        &self.0.parts.caller
    }

    pub(crate) fn keyring(&self) -> &Keyring {
        &self.0.parts.keyring
    }

    pub(crate) fn config(&self) -> &PlatformConfig {
        &self.0.parts.config
    }

    /// Tells the courier that a commit gave it something to send.
    pub(crate) fn wake_courier(&self) {
        (self.0.parts.wake)();
    }

    /// Who may set up.
    pub(crate) fn admin_tokens(&self) -> &AdminTokens {
        &self.0.parts.admin
    }

    pub(crate) fn clients(&self) -> &TokenCache<ClientGrant> {
        &self.0.clients
    }

    pub(crate) fn registers(&self) -> &TokenCache<PosGrant> {
        &self.0.registers
    }

    /// The secrets of applications, by client id.
    pub(crate) fn secrets(&self) -> &TokenCache<Arc<[ClientSecret]>> {
        &self.0.secrets
    }

    /// Counts wrong secrets by client and address of the caller.
    pub(crate) fn wrong_secrets(&self) -> &RateLimit {
        &self.0.wrong_secrets
    }

    /// Counts access tokens by client.
    pub(crate) fn token_calls(&self) -> &RateLimit {
        &self.0.token_calls
    }

    /// The trees of menus that were sent last.
    pub(crate) fn kept_trees(&self) -> &KeptTrees {
        &self.0.kept_trees
    }

    /// Room for calls whose outcome nobody waits for.
    pub(crate) fn side_calls(&self) -> &Arc<Semaphore> {
        &self.0.side_calls
    }
}
