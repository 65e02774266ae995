//! A database, a clock, a receiver and a courier for one test, on either engine.

use crate::receiver::Receiver;
use courier::destination::{self, NewDestination};
use courier::feed::{self, NewSubscription};
use courier::outbox::{self, Attempt, NewDelivery, Status};
use courier::{
    Authorization, ChangedRecord, Courier, CourierConfig, Delivery, Domain, FeedSource, Keyring, Listener,
    TargetGuard,
};
use db::{Db, Engine, Never, Options, Tx, TxError, params};
use jiff::Timestamp;
use outside::{ManualClock, Outside, SeededEntropy};
use std::sync::Arc;
use tempfile::TempDir;

pub(crate) const MERCHANT: &str = "5f00000000000000000000a1";
pub(crate) const SECRET: &str = "s3cret-of-the-partner";

/// What the listener heard, written by it inside the outcome's transaction.
const TOLD: db::Migrations = db::Migrations {
    owner: "courier_test",
    files: &[(
        "0001_start",
        "CREATE TABLE courier_test_told (merchant TEXT NOT NULL, delivery TEXT NOT NULL, event TEXT NOT NULL,
            attempt BIGINT NOT NULL, PRIMARY KEY (merchant, delivery, event, attempt));",
    )],
};

db::row! {
    struct Told {
        delivery: String,
        event: String,
        attempt: i64,
    }
}

db::statement! {
    TELL = "INSERT INTO courier_test_told (merchant, delivery, event, attempt) VALUES ($1, $2, $3, $4)";
    TOLD_LIST -> Told = "SELECT delivery, event, attempt FROM courier_test_told ORDER BY delivery, attempt, event";
}

pub(crate) struct Bench {
    pub(crate) db: Db,
    pub(crate) options: Options,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) outside: Outside,
    pub(crate) receiver: Receiver,
    pub(crate) keyring: Keyring,
    _folder: TempDir,
}

impl Bench {
    pub(crate) async fn new(engine: Engine) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = match engine {
            Engine::Sqlite => format!("sqlite:{}", folder.path().join("test.db").display()),
            // The cluster's own client blocks, which a runtime's thread must not.
            Engine::Postgres => {
                let create = || cluster::Cluster::shared().unwrap().create_database().unwrap();
                tokio::task::spawn_blocking(create).await.unwrap()
            }
        };
        let mut options = Options::new(&url);
        options.read_lanes = 2;
        options.write_lanes = 4;
        let db = Db::open(options.clone()).await.unwrap();
        db.migrate(&[courier::MIGRATIONS, TOLD]).await.unwrap();
        let clock = Arc::new(ManualClock::at("2026-03-01T10:00:00Z".parse().unwrap()));
        let outside = Outside::new(clock.clone(), Arc::new(SeededEntropy::new(7)));
        let receiver = Receiver::start().await;
        let keyring = Keyring::new("test", [7; 32]).unwrap();
        Self { db, options, clock, outside, receiver, keyring, _folder: folder }
    }

    pub(crate) fn config() -> CourierConfig {
        CourierConfig {
            guard: TargetGuard::strict().allow_loopback(),
            jitter_percent: 0,
            deadline_seconds: 5,
            ..CourierConfig::default()
        }
    }

    pub(crate) fn courier(&self) -> Courier {
        self.courier_with(Self::config())
    }

    pub(crate) fn courier_with(&self, config: CourierConfig) -> Courier {
        let (listeners, feeds) = parts();
        Courier::idle(self.db.clone(), self.outside.clone(), config, self.keyring.clone(), listeners, feeds)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.outside.now()
    }

    pub(crate) async fn write<T: Send + 'static>(
        &self,
        mut closure: impl FnMut(&mut Tx<'_>, Timestamp) -> Result<T, db::Error> + Send + 'static,
    ) -> T {
        let now = self.now();
        let written = self.db.write("test_write", move |tx| Ok::<_, TxError<Never>>(closure(tx, now)?));
        written.await.unwrap()
    }

    pub(crate) async fn destination(&self, destination_id: &'static str, scheme: Authorization) {
        self.destination_at(destination_id, scheme, &self.receiver.url, None).await;
    }

    pub(crate) async fn destination_at(
        &self,
        destination_id: &'static str,
        authorization: Authorization,
        url: &str,
        signing: Option<&str>,
    ) {
        let secret = if authorization == Authorization::Basic { "user:pass" } else { SECRET };
        let (keyring, outside) = (&self.keyring, &self.outside);
        let sealed =
            destination::seal_secret(keyring, outside, MERCHANT, destination_id, authorization, secret)
                .unwrap();
        let signing = signing.map(|signing| {
            destination::seal_signing_secret(keyring, outside, MERCHANT, destination_id, signing).unwrap()
        });
        let url = url.to_owned();
        self.write(move |tx, now| {
            let new = NewDestination {
                merchant: MERCHANT,
                destination_id,
                url: &url,
                authorization,
                sealed_secret: &sealed,
                sealed_signing_secret: signing.as_deref(),
            };
            destination::put(tx, &new, now)
        })
        .await;
    }

    /// Enqueues a usage report to `loyalty` from place `p1`.
    pub(crate) async fn enqueue(&self, delivery_id: &str) {
        self.enqueue_to("loyalty", "p1", "benefitUsage", delivery_id).await;
    }

    pub(crate) async fn enqueue_to(
        &self,
        destination_id: &'static str,
        place: &str,
        kind: &'static str,
        delivery_id: &str,
    ) {
        let (place, delivery_id) = (place.to_owned(), delivery_id.to_owned());
        self.write(move |tx, now| {
            let body = format!("{{\"delivery\": \"{delivery_id}\"}}");
            let new = NewDelivery {
                merchant: MERCHANT,
                delivery_id: &delivery_id,
                destination_id,
                place: &place,
                kind,
                record: "bill-1",
                path: "/hook",
                body: body.as_bytes(),
                now,
            };
            outbox::enqueue(tx, &new)
        })
        .await;
    }

    pub(crate) async fn status(&self, delivery_id: &str) -> Status {
        let delivery_id = delivery_id.to_owned();
        self.write(move |tx, _| outbox::status(tx, MERCHANT, &delivery_id)).await.unwrap()
    }

    pub(crate) async fn attempts(&self, subject: &str) -> Vec<Attempt> {
        let subject = subject.to_owned();
        self.write(move |tx, _| outbox::attempts(tx, MERCHANT, &subject)).await
    }

    /// What the listener wrote: delivery, event, attempt.
    pub(crate) async fn told(&self) -> Vec<(String, String, i64)> {
        self.write(|tx, _| {
            let rows = tx.query(&TOLD_LIST, params![])?;
            Ok(rows.into_iter().map(|told| (told.delivery, told.event, told.attempt)).collect())
        })
        .await
    }

    pub(crate) async fn subscribe(
        &self,
        subscription_id: &'static str,
        place: &'static str,
        secret: &str,
        from: &str,
    ) {
        self.subscribe_at(subscription_id, place, secret, from, "/datasync").await;
    }

    /// As [`Self::subscribe`], with the path of the receiver.
    pub(crate) async fn subscribe_at(
        &self,
        subscription_id: &'static str,
        place: &'static str,
        secret: &str,
        from: &str,
        path: &str,
    ) {
        let url = format!("{}{path}", self.receiver.url);
        let sealed = feed::seal_secret(
            &self.keyring,
            &self.outside,
            MERCHANT,
            subscription_id,
            Authorization::Verbatim,
            secret,
        )
        .unwrap();
        let from_date = from.parse().unwrap();
        self.write(move |tx, now| {
            let new = NewSubscription {
                merchant: MERCHANT,
                subscription_id,
                place,
                url: &url,
                method: "POST",
                authorization: Authorization::Verbatim,
                sealed_secret: &sealed,
                sealed_signing_secret: None,
                from_date,
            };
            feed::subscribe(tx, &new, now)
        })
        .await;
    }
}

pub(crate) type Parts = (Vec<Arc<dyn Listener>>, Vec<Arc<dyn FeedSource>>);

pub(crate) fn parts() -> Parts {
    (vec![Arc::new(Telling)], vec![Arc::new(Numbers)])
}

/// Writes what it hears.
struct Telling;

impl Telling {
    fn tell(tx: &mut Tx<'_>, delivery: &Delivery, event: &str) -> Result<(), db::Error> {
        let attempts = i64::try_from(delivery.attempts).unwrap();
        tx.execute(&TELL, params![&delivery.merchant, &delivery.delivery_id, event, attempts])?;
        Ok(())
    }
}

impl Listener for Telling {
    fn kind(&self) -> &'static str {
        "benefitUsage"
    }

    fn takes(&self, status: u16) -> bool {
        status == 200
    }

    fn delivered(&self, tx: &mut Tx<'_>, delivery: &Delivery, _now: Timestamp) -> Result<(), db::Error> {
        Self::tell(tx, delivery, "delivered")
    }

    fn attempted(
        &self,
        tx: &mut Tx<'_>,
        delivery: &Delivery,
        error: &str,
        _: Timestamp,
    ) -> Result<(), db::Error> {
        Self::tell(tx, delivery, error)
    }

    fn failed(&self, tx: &mut Tx<'_>, delivery: &Delivery, _now: Timestamp) -> Result<(), db::Error> {
        Self::tell(tx, delivery, "failed")
    }
}

/// Records that show the number of their newest change.
struct Numbers;

impl FeedSource for Numbers {
    fn domains(&self) -> &'static [Domain] {
        &[Domain { name: "bills", shared: false }, Domain { name: "items", shared: true }]
    }

    fn records(
        &self,
        _tx: &mut Tx<'_>,
        merchant: &str,
        _place: &str,
        _domain: &str,
        changes: &[ChangedRecord],
    ) -> Result<Vec<String>, db::Error> {
        assert_eq!(merchant, MERCHANT);
        Ok(changes
            .iter()
            .map(|change| match (&change.removed, change.record.as_str()) {
                (true, id) => format!(
                    "{{\"id\":\"{id}\",\"_removed\":true,\"_lastModifiedAt\":\"{}\"}}",
                    change.changed_at
                ),
                (false, "huge") => format!("{{\"id\":\"huge\",\"text\":\"{}\"}}", "x".repeat(1024 * 1024)),
                (false, id) => format!("{{\"id\":\"{id}\",\"_version\":{}}}", change.number),
            })
            .collect())
    }
}

/// Writes each scenario as two tests: `scenario::on_sqlite` and `scenario::on_postgres`.
macro_rules! on_both_engines {
    ($($(#[$meta:meta])* async fn $name:ident($bench:ident: Bench) $body:block)+) => { $(
        $(#[$meta])*
        mod $name {
            use super::*;

            async fn scenario($bench: $crate::bench::Bench) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                scenario($crate::bench::Bench::new(db::Engine::Sqlite).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                scenario($crate::bench::Bench::new(db::Engine::Postgres).await).await;
            }
        }
    )+ };
}
pub(crate) use on_both_engines;
