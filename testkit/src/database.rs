//! Where does a test's database come from? A copy of one that was migrated once per process, so it is quick.

use cluster::Cluster;
use db::{Db, Engine, Options};
use stamgast::config::Role;
use stamgast::database::migrations;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tokio::sync::OnceCell;

static SQLITE_TEMPLATE: OnceCell<(TempDir, PathBuf)> = OnceCell::const_new();
static POSTGRES_TEMPLATE: OnceCell<String> = OnceCell::const_new();

/// A database of one test, with every table and no row; gone when it is dropped.
pub struct TestDatabase {
    url: String,
    folder: Option<TempDir>,
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if self.folder.is_some() {
            return;
        }
        let url = self.url.clone();
        // on a thread of its own: the cluster's calls may not run on one of the runtime's
        let dropped =
            std::thread::spawn(move || Cluster::shared().and_then(|cluster| cluster.drop_database(&url)));
        match dropped.join() {
            Ok(Ok(())) => {}
            failed => eprintln!("a test's database stays behind until the cluster goes: {failed:?}"),
        }
    }
}

impl TestDatabase {
    /// A fresh one.
    ///
    /// # Panics
    /// When it cannot be made; without PostgreSQL's programs, with what to install.
    pub async fn fresh(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => {
                let (_, template) = SQLITE_TEMPLATE.get_or_init(sqlite_template).await;
                let folder = tempfile::tempdir().expect("a folder");
                let path = folder.path().join("test.sqlite");
                // the log as well, when the last to close the template did not empty it
                for ending in ["", "-wal"] {
                    let from = PathBuf::from(format!("{}{ending}", template.display()));
                    if from.exists() {
                        let to = PathBuf::from(format!("{}{ending}", path.display()));
                        std::fs::copy(from, to).expect("a copy of the template");
                    }
                }
                Self { url: sqlite_url(&path), folder: Some(folder) }
            }
            Engine::Postgres => {
                let template = POSTGRES_TEMPLATE.get_or_init(postgres_template).await;
                let url = in_cluster(move |cluster| cluster.create_from_template(template)).await;
                Self { url, folder: None }
            }
        }
    }

    /// Without any table.
    ///
    /// # Panics
    /// As [`TestDatabase::fresh`].
    pub async fn empty(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => {
                let folder = tempfile::tempdir().expect("a folder");
                Self { url: sqlite_url(&folder.path().join("test.sqlite")), folder: Some(folder) }
            }
            Engine::Postgres => Self { url: in_cluster(Cluster::create_database).await, folder: None },
        }
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }
}

fn sqlite_url(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

/// The cluster's calls wait for processes, so they run beside the runtime's threads.
async fn in_cluster<T: Send + 'static>(
    call: impl FnOnce(&'static Cluster) -> Result<T, cluster::ClusterError> + Send + 'static,
) -> T {
    let called = tokio::task::spawn_blocking(move || Cluster::shared().and_then(call)).await;
    called.expect("the call ends").unwrap_or_else(|error| panic!("{error}"))
}

async fn sqlite_template() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("template.sqlite");
    migrated(&sqlite_url(&path)).await;
    (folder, path)
}

async fn postgres_template() -> String {
    let url = in_cluster(Cluster::create_database).await;
    migrated(&url).await;
    url
}

/// Makes every table; closed again afterwards, so that the file or the database can be copied.
async fn migrated(url: &str) {
    let db = Db::open(Options::new(url)).await.expect("the template opens");
    db.migrate(&migrations(Role::All)).await.expect("the template has every table");
    db.close().await;
}
