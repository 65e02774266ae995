//! How does one server come up, from a configuration to an open door, and go down again?

use crate::config::{Config, judge_keys, resolve_keys};
use crate::{database, operations};
use anyhow::Context as _;
use axum::Router;
use courier::{Caller, Courier, CourierConfig, Keyring, TargetGuard, Wake};
use db::Db;
use door::tokens::Tokens;
use door::{AdminTokens, ServeOptions};
use outside::Outside;
use partner::{Partner, PartnerConfig};
use platform::{Platform, PlatformConfig, PlatformParts};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// How often it is written when tokens were last used.
const TOKENS_USED_PERIOD: Duration = Duration::from_secs(300);

/// A running server. The caller owns the listener, the clock and the moment of the end.
pub struct App {
    url: String,
    db: Db,
    outside: Outside,
    courier: Option<Courier>,
    platform: Option<Platform>,
    partner: Option<Partner>,
    tokens: Tokens,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
    background: Vec<JoinHandle<()>>,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("url", &self.url).finish_non_exhaustive()
    }
}

/// What is put around all routes, outermost: the demo's and the tests' faults.
pub type Wrap = Box<dyn FnOnce(Router) -> Router + Send>;

impl App {
    /// Opens and prepares the database, checks the secret key, and serves on `listener`.
    ///
    /// # Errors
    /// When the database cannot be used or is behind (with `migrate = false`), or a secret was sealed with
    /// a key that is not there. The message says what to do.
    pub async fn start(config: Config, outside: Outside, listener: TcpListener) -> anyhow::Result<App> {
        Self::start_wrapped(config, outside, listener, Box::new(|router| router)).await
    }

    /// As [`App::start`], with something around all routes.
    ///
    /// # Errors
    /// As [`App::start`].
    pub async fn start_wrapped(
        config: Config,
        outside: Outside,
        listener: TcpListener,
        wrap: Wrap,
    ) -> anyhow::Result<App> {
        operations::start_metrics();
        let url = format!("http://{}", listener.local_addr().context("the listener has no address")?);
        // before anything is written: a refusal leaves no half-made database behind
        if config.role.is_platform() {
            judge_keys(&config, &outside)?;
        }
        let db = database::open_to_serve(&config).await?;
        database::prepare(&db, &config).await?;
        let mut router = operations::router(db.clone(), config.role);
        let mut background =
            vec![tokio::spawn(every(Duration::from_secs(5), || async { operations::tidy_metrics() }))];
        let (mut courier, mut platform) = (None, None);
        let admin = AdminTokens::new(db.clone(), outside.clone());
        let mut keepers = Vec::new();
        if config.role.is_platform() {
            let (started, side) = platform_side(&config, &db, &outside, &admin).await?;
            courier = Some(started);
            keepers.push(platform::token_keeper(Some(side.clone())));
            router = router.merge(platform::router(side.clone()));
            let aged = side.clone();
            background.push(tokio::spawn(every(AGE_EVERY, move || {
                let side = aged.clone();
                async move {
                    if let Err(error) = side.age_copies().await {
                        tracing::warn!(
                            ?error,
                            "old copies could not lose their guests; the next try is in ten minutes"
                        );
                    }
                }
            })));
            let changing = side.clone();
            background.push(tokio::spawn(every(CHANGEOVER_EVERY, move || {
                let side = changing.clone();
                async move {
                    if let Err(error) = side.tell_changeovers().await {
                        tracing::warn!(
                            ?error,
                            "the feed could not be told what changed by itself on menus; the next try is in a minute"
                        );
                    }
                }
            })));
            let declining = side.clone();
            background.push(tokio::spawn(every(DECLINE_EVERY, move || {
                let side = declining.clone();
                async move {
                    if let Err(error) = side.decline_overdue_orders().await {
                        tracing::warn!(
                            ?error,
                            "orders that nobody confirmed in time could not be declined; the next try is in five seconds"
                        );
                    }
                }
            })));
            platform = Some(side);
        }
        let mut partner = None;
        if config.role.is_partner() {
            let side = partner_side(&config, &db, &outside, &admin);
            keepers.push(partner::token_keeper(Some(side.clone())));
            if let Some(platform) = &platform {
                side.tell_erasures(told_to(platform.clone()));
            }
            let swept = side.clone();
            background.push(tokio::spawn(every(
                Duration::from_secs(config.partner.sweep_seconds),
                move || {
                    let side = swept.clone();
                    async move {
                        if let Err(error) = side.sweep().await {
                            tracing::warn!(
                                ?error,
                                "ended holds could not be marked; they count for nothing all the same"
                            );
                        }
                    }
                },
            )));
            router = router.merge(partner::router(side.clone()));
            partner = Some(side);
        }
        let tokens = Tokens::new(db.clone(), outside.clone(), admin, keepers);
        router = router.merge(door::tokens::router(tokens.clone()));
        let kept = tokens.clone();
        background.push(tokio::spawn(every(TOKENS_USED_PERIOD, move || {
            let kept = kept.clone();
            async move { keep_used(&kept).await }
        })));
        let router = wrap(door::observe(router, operations::paths(config.role)));
        let (stop, stopped) = oneshot::channel::<()>();
        let options = ServeOptions {
            header_read_timeout: Duration::from_secs(config.door.header_read_seconds),
            body_read_timeout: Duration::from_secs(config.door.body_read_seconds),
            write_timeout: Duration::from_secs(config.door.write_seconds),
            exchange_timeout: Duration::from_secs(config.door.exchange_seconds),
            connections_max: config.door.connection_limit,
            place_patience: Duration::from_millis(config.door.place_patience_ms),
            shutdown_grace: Duration::from_secs(config.door.shutdown_seconds),
        };
        let server = tokio::spawn(async move {
            // an App that is dropped without shutdown stops as well
            let stopped = async move { stopped.await.unwrap_or(()) };
            door::serve(listener, router, stopped, options).await;
        });
        tracing::info!(%url, role = config.role.text(), database = database::shown(&config.database), "listening");
        Ok(App { url, db, outside, courier, platform, partner, tokens, stop, server, background })
    }

    /// `http://ADDRESS:PORT`, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The database under both sides.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// What the platform's side sends with; `None` in the partner's role.
    pub fn courier(&self) -> Option<&Courier> {
        self.courier.as_ref()
    }

    /// The integrator's side; `None` in the platform's role.
    pub fn partner(&self) -> Option<&Partner> {
        self.partner.as_ref()
    }

    /// The POS cloud's side; `None` in the partner's role.
    pub fn platform(&self) -> Option<&Platform> {
        self.platform.as_ref()
    }

    /// The tokens of every kind.
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// A new token for `/admin/v1`.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub async fn admin_token(&self, name: &str) -> anyhow::Result<String> {
        let issued = AdminTokens::new(self.db.clone(), self.outside.clone()).issue(name).await;
        Ok(issued
            .map_err(|error| anyhow::anyhow!("the admin token could not be kept: {}", error.message))?
            .text)
    }

    /// Stops accepting, finishes what was accepted and what is on its way out, closes the database.
    ///
    /// # Errors
    /// When the accept loop had died.
    pub async fn shutdown(self) -> anyhow::Result<()> {
        for task in &self.background {
            task.abort();
        }
        // the loop may have ended already; then there is nobody to tell
        let _ = self.stop.send(());
        let ended = self.server.await;
        keep_used(&self.tokens).await;
        if let Some(courier) = self.courier {
            courier.shutdown().await;
        }
        self.db.close().await;
        ended.context("the accept loop ended early")
    }
}

/// How often old copies are looked for.
const AGE_EVERY: Duration = Duration::from_secs(600);

/// How often it is looked for menus that changed by themselves.
const CHANGEOVER_EVERY: Duration = Duration::from_secs(60);

/// How often orders are looked for that nobody confirmed in time.
const DECLINE_EVERY: Duration = Duration::from_secs(5);

/// Tells the platform of this installation whom the partner has erased. Both know the business by the same merchant id.
fn told_to(platform: Platform) -> partner::Erased {
    Arc::new(move |merchant, people| {
        let platform = platform.clone();
        Box::pin(async move {
            for customer_id in people {
                platform.forget_customer(&merchant, &customer_id).await?;
            }
            Ok(())
        })
    })
}

/// Writes when tokens were last used.
async fn keep_used(tokens: &Tokens) {
    if let Err(error) = tokens.keep_used().await {
        tracing::warn!(%error, "when tokens were last used could not be written; these uses are forgotten");
    }
}

/// Runs `work` again and again until the task is stopped; the first time after one period.
async fn every<F: Future<Output = ()>>(period: Duration, work: impl Fn() -> F) {
    loop {
        tokio::time::sleep(period).await;
        work().await;
    }
}

/// The POS cloud with what it sends through.
async fn platform_side(
    config: &Config,
    db: &Db,
    outside: &Outside,
    admin: &AdminTokens,
) -> anyhow::Result<(Courier, Platform)> {
    let keyring = keyring(config, db, outside).await?;
    let mut guard = TargetGuard::strict();
    for network in &config.courier.allow_networks {
        guard = guard.allow_network(*network);
    }
    for host in &config.courier.plain_http_hosts {
        guard = guard.allow_plain_http(host);
    }
    let wake = Wake::default();
    let courier = Courier::start(
        db.clone(),
        outside.clone(),
        courier_config(config, guard.clone(), wake.clone()),
        keyring.clone(),
        platform::listeners(),
        platform::feeds(),
    );
    let settings = &config.platform;
    let parts = PlatformParts {
        db: db.clone(),
        outside: outside.clone(),
        caller: Caller::new(guard),
        keyring,
        admin: admin.clone(),
        wake: Arc::new(move || wake.wake()),
        config: PlatformConfig {
            offer_deadline: Duration::from_millis(settings.offer_deadline_ms),
            validation_report_deadline: Duration::from_millis(settings.validation_report_deadline_ms),
            validation_reports_max: settings.validation_reports_max,
            offer_bytes_max: settings.offer_bytes_max,
            token_lifetime_seconds: settings.access_token_seconds,
            token_requests_per_second: settings.token_requests_per_second,
            token_requests_burst: settings.token_requests_burst,
            pos_body_bytes_max: settings.pos_body_bytes_max,
            admin_body_bytes_max: settings.admin_body_bytes_max,
            copies_days: settings.copies_days,
        },
    };
    Ok((courier, Platform::new(parts)))
}

fn courier_config(config: &Config, guard: TargetGuard, wake: Wake) -> CourierConfig {
    let settings = &config.courier;
    CourierConfig {
        schedule_seconds: settings.schedule_seconds.clone(),
        jitter_percent: settings.jitter_percent,
        poll: Duration::from_millis(settings.poll_ms),
        tick_seconds: settings.tick_seconds,
        debounce_seconds: settings.debounce_seconds,
        deadline_seconds: settings.deadline_seconds,
        lease_margin_seconds: settings.lease_margin_seconds,
        concurrency: settings.concurrency,
        shutdown_grace: Duration::from_secs(settings.shutdown_seconds),
        guard,
        wake,
    }
}

fn partner_side(config: &Config, db: &Db, outside: &Outside, admin: &AdminTokens) -> Partner {
    let settings = &config.partner;
    let limits = PartnerConfig {
        loyalty_body_bytes_max: settings.loyalty_body_bytes_max,
        datasync_body_bytes_max: settings.datasync_body_bytes_max,
        datasync_records_max: settings.datasync_records_max,
        admin_body_bytes_max: settings.admin_body_bytes_max,
        sweep_slice_rows: settings.sweep_slice_rows,
    };
    Partner::with_admin(db.clone(), outside.clone(), limits, admin.clone())
}

/// The keys; refused when something in the database was sealed with one that is not there.
async fn keyring(config: &Config, db: &Db, outside: &Outside) -> anyhow::Result<Keyring> {
    let keyring = resolve_keys(config, outside)?;
    courier::seal::check(db, keyring.as_ref()).await.context("the server does not start")?;
    keyring.context(
        "the platform seals the secrets it sends, and PostgreSQL has no key of its own: expected --secret-key-file or \
         STAMGAST_SECRET_KEY, the same for every server on this database (docs/operations.md shows how to make one)",
    )
}
