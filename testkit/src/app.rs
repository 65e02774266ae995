//! How does a test start a whole server, and what of the outside world does it hold in its hands?

use crate::{TestDatabase, contract};
use db::Engine;
use outside::{ManualClock, Outside, SeededEntropy};
use stamgast::app::{App, Wrap};
use stamgast::client::JsonClient;
use stamgast::config::Config;
use std::sync::Arc;
use tokio::net::TcpListener;

/// Where every test's clock stands at the start.
pub const START: &str = "2026-03-02T10:00:00Z";

/// The key that seals in tests.
pub const KEY: &str = "test:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// A whole server on port 0, over a database of its own, under a clock the test moves.
pub struct TestApp {
    /// The server.
    pub app: App,
    /// Its clock.
    pub clock: Arc<ManualClock>,
    /// Its clock and its repeatable randomness.
    pub outside: Outside,
    /// A caller with an admin token.
    pub admin: JsonClient,
    /// A caller without credentials.
    pub anyone: JsonClient,
    /// Its database; gone when this is dropped.
    pub database: TestDatabase,
}

/// The configuration of a test's server: the defaults, allowed to call this machine, quick to look.
pub fn test_config(url: &str) -> Config {
    let mut config = Config { database: url.to_owned(), ..Config::default() };
    KEY.clone_into(&mut config.secret.key);
    config.lanes.write = 4;
    config.courier.allow_loopback();
    config.courier.jitter_percent = 0;
    config.courier.poll_ms = 50;
    config.courier.debounce_seconds = 0;
    config.courier.deadline_seconds = 3;
    config.platform.offer_deadline_ms = 2000;
    // many calls of one test come from one client, and its clock may stand still
    config.platform.token_requests_burst = std::num::NonZeroU32::MIN.saturating_add(999);
    config
}

impl TestApp {
    /// Both sides on a fresh database.
    ///
    /// # Panics
    /// When the server does not start: the test has failed.
    pub async fn start(engine: Engine) -> Self {
        Self::start_with(engine, |_| {}, Box::new(|router| router)).await
    }

    /// As [`TestApp::start`], with changes to the configuration and something around all routes.
    ///
    /// # Panics
    /// As [`TestApp::start`].
    pub async fn start_with(engine: Engine, change: impl FnOnce(&mut Config), wrap: Wrap) -> Self {
        let database = TestDatabase::fresh(engine).await;
        let clock = Arc::new(ManualClock::at(START.parse().expect("an instant")));
        let outside =
            Outside::new(Arc::clone(&clock) as Arc<dyn outside::Clock>, Arc::new(SeededEntropy::new(7)));
        let mut config = test_config(database.url());
        change(&mut config);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let app =
            App::start_wrapped(config, outside.clone(), listener, wrap).await.expect("the server starts");
        let token = app.admin_token("test").await.expect("an admin token");
        let anyone = JsonClient::new(app.url()).expect("a client").looked_at(contract::look());
        Self { clock, outside, admin: anyone.bearer(&token), anyone, app, database }
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        self.app.url()
    }

    /// Stops the server as an operator would and keeps the database.
    ///
    /// # Panics
    /// When it does not stop in order.
    pub async fn stop(self) -> TestDatabase {
        self.app.shutdown().await.expect("the server stops in order");
        self.database
    }
}
