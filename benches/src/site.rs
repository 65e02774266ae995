//! On what is it measured? A whole server in this process, with a restaurant that has many members.

use crate::copies;
use anyhow::Context as _;
use cluster::{Cluster, Durability};
use db::Engine;
use outside::Outside;
use serde_json::json;
use stamgast::app::App;
use stamgast::client::JsonClient;
use stamgast::config::Config;
use stamgast::demo::restaurant::{Restaurant, Wishes, set_up};
use stamgast::load::{Code, Codes, Kind, Plan, Report};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;

/// Members of a measurement that does not ask for another number: so many that nobody sits at more than a few tables
/// at once, however many checks are opened.
pub(crate) const MEMBERS: u64 = 5_000;

/// What an engine is called in the results.
pub(crate) fn name(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "sqlite",
        Engine::Postgres => "postgres",
    }
}

/// A running server with its members. Its database is as durable as an operator would have it.
pub(crate) struct Site {
    pub(crate) app: App,
    pub(crate) restaurant: Restaurant,
    pub(crate) codes: Codes,
    // dropped last: the database goes with them
    _folder: TempDir,
    _cluster: Option<Cluster>,
}

impl Site {
    /// A restaurant with so many members, each with a card, points and credit, in a lot each and `extra_lots` more.
    pub(crate) async fn open(engine: Engine, members: u64, extra_lots: u64) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("stamgast-bench").tempdir_in(target())?;
        let (cluster, url) = match engine {
            Engine::Sqlite => (None, format!("sqlite:{}", folder.path().join("bench.sqlite").display())),
            Engine::Postgres => {
                let cluster = Cluster::start(Durability::Full)?;
                let url = cluster.create_database()?;
                (Some(cluster), url)
            }
        };
        let mut config = Config { database: url, ..Config::default() };
        "bench:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
            .clone_into(&mut config.secret.key);
        config.courier.allow_loopback();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let outside = Outside::system();
        let app = App::start(config, outside.clone(), listener).await?;
        let admin = JsonClient::new(app.url())?.bearer(&app.admin_token("bench").await?);
        let restaurant = set_up(&admin, &Wishes::new(&outside, app.url())).await?;
        let codes = join(&app, &admin, &restaurant, members, extra_lots).await.context("the members")?;
        Ok(Self { app, restaurant, codes, _folder: folder, _cluster: cluster })
    }

    /// Loads the server over HTTP; an answer that is no success ends the measurement.
    pub(crate) async fn load(
        &self,
        kind: Kind,
        connections: usize,
        requests: u64,
        run: u32,
    ) -> anyhow::Result<Report> {
        load(self.app.url(), &self.restaurant.partner_token, &self.codes, kind, connections, requests, run)
            .await
    }

    pub(crate) async fn close(self) -> anyhow::Result<()> {
        self.app.shutdown().await
    }
}

/// One closed loop against a server on this machine.
pub(crate) async fn load(
    url: &str,
    token: &str,
    codes: &Codes,
    kind: Kind,
    connections: usize,
    requests: u64,
    run: u32,
) -> anyhow::Result<Report> {
    let plan = Plan {
        kind,
        url: url.to_owned(),
        token: token.to_owned(),
        connections,
        rate: None,
        requests,
        limit: Duration::from_secs(120),
        codes: codes.clone(),
        run,
        any_host: false,
    };
    let report = stamgast::load::run(plan, |_| {}).await?;
    anyhow::ensure!(report.errors == 0, "{} errors, the first: {:?}", report.errors, report.first_error);
    Ok(report)
}

/// Each with 1000.00 points and as much credit; ten percent off every basket, without a code. One is set up over
/// HTTP, the others are copies of its rows.
async fn join(
    app: &App,
    admin: &JsonClient,
    restaurant: &Restaurant,
    members: u64,
    extra_lots: u64,
) -> anyhow::Result<Codes> {
    let base = format!("/admin/v1/partner/merchants/{}", restaurant.merchant_id);
    let discount = json!({"definition": {"kind": {"percent": {"percent": 10}}, "scope": {"on": "order"},
        "trigger": "automatic", "titles": {"pos": {"cs": "Sleva"}, "bill": {"cs": "Sleva"}}}, "codes": []});
    admin.put(&format!("{base}/promotions/everybody"), &discount).await?;
    let member = json!({"memberId": "bench", "person": {"firstName": "Jana"}, "cards": ["bench"], "balances": [
        {"balanceId": "bench-points", "type": "collectablePoints", "openingValue": 100_000,
            "settings": {"pointValue": "0.01", "controllable": true}},
        {"balanceId": "bench-credit", "type": "prepaidCredit", "openingValue": 100_000, "settings": {"controllable": true}}]});
    admin.post(&format!("{base}/members"), &member).await?;
    for _ in 0..extra_lots {
        let more = json!({"amount": 1, "reason": "another lot"});
        admin.post(&format!("{base}/balances/bench-credit/adjust"), &more).await?;
    }
    copies::multiply(app.db(), &restaurant.merchant_id, "bench", members).await?;
    let mut codes: Vec<Code> = (0..members)
        .map(|number| Code {
            code: copies::copy_of("bench", number),
            customer_id: Some(copies::copy_of("bench", number)),
            balance_id: Some(copies::copy_of("bench-credit", number)),
        })
        .collect();
    // Guests do not come in the order in which they joined
    for at in (1..codes.len()).rev() {
        codes.swap(at, at.wrapping_mul(0x9E37_79B9_7F4A_7C15) % (at + 1));
    }
    Codes::new(codes)
}

/// A folder on the disk the project is on: a temporary folder may be memory.
pub(crate) fn target() -> std::path::PathBuf {
    std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target")
}
