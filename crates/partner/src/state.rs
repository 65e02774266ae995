//! What does a handler of this side hold?

use crate::credentials::Credential;
use crate::loyalty::program::ProgramCache;
use axum::extract::FromRef;
use db::Db;
use door::{AdminTokens, TokenCache};
use outside::Outside;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

/// Tokens whose owner is kept in memory.
const CREDENTIALS_CACHED_MAX: usize = 10_000;

/// The integrator's side: database, outside world, what is kept in memory. Cloning is cheap.
#[derive(Clone)]
pub struct Partner {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    outside: Outside,
    config: PartnerConfig,
    admin: AdminTokens,
    credentials: TokenCache<Credential>,
    programs: ProgramCache,
    erased: OnceLock<Erased>,
}

/// Who is told of an erasure before it is answered: the merchant, and the ids under which the member was known.
pub type Erased = Arc<
    dyn Fn(String, Vec<String>) -> Pin<Box<dyn Future<Output = Result<(), db::Error>> + Send>> + Send + Sync,
>;

/// Limits of this side. The defaults are those of `stamgast.default.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartnerConfig {
    /// Longest body of an offer request or a usage report, in bytes; longer is 413.
    pub loyalty_body_bytes_max: usize,
    /// Longest DataSync request, in bytes; longer is 413.
    pub datasync_body_bytes_max: usize,
    /// Most records of a DataSync request.
    pub datasync_records_max: usize,
    /// Longest body of a set-up request, in bytes; longer is 413.
    pub admin_body_bytes_max: usize,
    /// How many ended holds one slice of the sweeper marks.
    pub sweep_slice_rows: i64,
}

impl Default for PartnerConfig {
    fn default() -> Self {
        Self {
            loyalty_body_bytes_max: 1024 * 1024,
            datasync_body_bytes_max: 8 * 1024 * 1024,
            datasync_records_max: 10_000,
            admin_body_bytes_max: 256 * 1024,
            sweep_slice_rows: 500,
        }
    }
}

impl std::fmt::Debug for Partner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Partner").field("config", &self.inner.config).finish_non_exhaustive()
    }
}

impl Partner {
    /// Over a database that has [`crate::MIGRATIONS`] and [`door::MIGRATIONS`].
    pub fn new(db: Db, outside: Outside, config: PartnerConfig) -> Self {
        let admin = AdminTokens::new(db.clone(), outside.clone());
        Self::with_admin(db, outside, config, admin)
    }

    /// As [`Partner::new`], with admin tokens that others in this process use too: one that is revoked there is refused
    /// here at once.
    pub fn with_admin(db: Db, outside: Outside, config: PartnerConfig, admin: AdminTokens) -> Self {
        crate::metrics::describe();
        let credentials = TokenCache::new(&outside, CREDENTIALS_CACHED_MAX);
        let programs = ProgramCache::default();
        let erased = OnceLock::new();
        Self { inner: Arc::new(Inner { db, outside, config, admin, credentials, programs, erased }) }
    }

    /// Has every erasure told to somebody in this process who keeps copies; the first one who asks is told.
    pub fn tell_erasures(&self, to: Erased) {
        // set once, where the program joins its sides
        let _ = self.inner.erased.set(to);
    }

    /// Tells of an erasure; may be repeated.
    pub(crate) async fn tell_erased(&self, merchant: String, people: Vec<String>) -> Result<(), db::Error> {
        match self.inner.erased.get() {
            Some(erased) => erased(merchant, people).await,
            None => Ok(()),
        }
    }

    pub(crate) fn db(&self) -> &Db {
        &self.inner.db
    }

    pub(crate) fn outside(&self) -> &Outside {
        &self.inner.outside
    }

    pub(crate) fn config(&self) -> &PartnerConfig {
        &self.inner.config
    }

    /// What tokens stand for, by their prefix.
    pub(crate) fn credentials(&self) -> &TokenCache<Credential> {
        &self.inner.credentials
    }

    /// Parsed loyalty programs by merchant.
    pub(crate) fn programs(&self) -> &ProgramCache {
        &self.inner.programs
    }
}

impl FromRef<Partner> for AdminTokens {
    fn from_ref(partner: &Partner) -> Self {
        partner.inner.admin.clone()
    }
}
