//! How does one test run on SQLite and on PostgreSQL?

use db::{Db, Engine, Migrations, Never, Options, TxError};
use std::sync::mpsc;
use tempfile::TempDir;

/// A migrated database of its own for one test.
pub(crate) struct Opened {
    pub(crate) db: Db,
    pub(crate) options: Options,
    pub(crate) _folder: TempDir,
}

impl Opened {
    /// With the port's defaults.
    pub(crate) async fn new(engine: Engine) -> Self {
        Self::with(engine, |_| {}).await
    }

    /// With other options.
    pub(crate) async fn with(engine: Engine, change: impl FnOnce(&mut Options)) -> Self {
        let opened = Self::empty(engine, change).await;
        opened.db.migrate(&[crate::schema::SHOP]).await.unwrap();
        opened
    }

    /// Without any table.
    pub(crate) async fn empty(engine: Engine, change: impl FnOnce(&mut Options)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = match engine {
            Engine::Sqlite => format!("sqlite:{}", folder.path().join("test.db").display()),
            Engine::Postgres => cluster::Cluster::shared().unwrap().create_database().unwrap(),
        };
        let mut options = Options::new(&url);
        // Many tests run at once on one small server
        options.read_lanes = 2;
        options.write_lanes = 4;
        change(&mut options);
        let db = Db::open(options.clone()).await.unwrap();
        Self { db, options, _folder: folder }
    }

    /// The same database opened once more, as a second process would.
    pub(crate) async fn again(&self) -> Db {
        Db::open(self.options.clone()).await.unwrap()
    }

    /// Keeps every write lane busy until the returned sender is dropped, so that what is sent meanwhile waits and
    /// becomes one batch.
    pub(crate) async fn hold_write_lanes(&self) -> Vec<mpsc::Sender<()>> {
        let lanes = if self.db.engine() == Engine::Sqlite { 1 } else { self.options.write_lanes };
        let mut held = Vec::new();
        for _ in 0..lanes {
            let (release, released) = mpsc::channel::<()>();
            let (started, has_started) = tokio::sync::oneshot::channel();
            let mut started = Some(started);
            let holding = self.db.write("hold", move |_| -> Result<(), TxError<Never>> {
                if let Some(started) = started.take() {
                    started.send(()).unwrap();
                }
                // Ends with an error when the sender is dropped
                let _ = released.recv();
                Ok(())
            });
            tokio::spawn(holding);
            has_started.await.unwrap();
            held.push(release);
        }
        held
    }

    pub(crate) async fn migrate(&self, sets: &'static [Migrations]) -> Result<Vec<String>, db::Error> {
        self.db.migrate(sets).await
    }
}

/// Polls `futures` once each, so that they are in line, then lets the lanes go and gives every answer.
pub(crate) async fn together<T: Send + 'static, R: Send + 'static>(
    opened: &Opened,
    futures: Vec<impl Future<Output = Result<T, TxError<R>>> + Send + 'static>,
) -> Vec<Result<T, TxError<R>>> {
    let held = opened.hold_write_lanes().await;
    let expected = futures.len();
    let sent: Vec<_> = futures.into_iter().map(tokio::spawn).collect();
    while opened.db.waiting().0 < expected {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    drop(held);
    let mut answers = Vec::new();
    for one in sent {
        answers.push(one.await.unwrap());
    }
    answers
}

/// Writes each scenario as two tests: `scenario::on_sqlite` and `scenario::on_postgres`.
macro_rules! on_both_engines {
    ($($(#[$meta:meta])* async fn $name:ident($opened:ident: Opened) $body:block)+) => { $(
        $(#[$meta])*
        mod $name {
            use super::*;

            async fn scenario($opened: $crate::engines::Opened) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                scenario($crate::engines::Opened::new(db::Engine::Sqlite).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                scenario($crate::engines::Opened::new(db::Engine::Postgres).await).await;
            }
        }
    )+ };
}
pub(crate) use on_both_engines;
