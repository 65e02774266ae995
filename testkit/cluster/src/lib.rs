//! Where does a test get a PostgreSQL of its own?
//!
//! From the server binaries of this machine: [`Cluster::start`] makes a data directory in a temporary
//! folder and runs a server on it, on 127.0.0.1 and a free port. A small shell process watches over the
//! server and holds the end of a pipe: when the test process ends, however it ends, the pipe closes, the
//! watcher stops the server by its process id and removes the folder.
//!
//! ```no_run
//! # fn main() -> Result<(), cluster::ClusterError> {
//! let url = cluster::Cluster::shared()?.create_database()?;
//! # Ok(()) }
//! ```

mod binaries;
mod server;

use server::{Account, Server};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use tempfile::TempDir;

/// Why there is no server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClusterError {
    /// The binaries are not on this machine.
    #[error(
        "no PostgreSQL server on this machine (looked in {looked_in}); install it with\n    \
         apt-get install --yes postgresql\nor set STAMGAST_PG_BIN to the folder that holds initdb and postgres"
    )]
    NoBinaries {
        /// The places that were searched.
        looked_in: String,
    },
    /// The server did not do what it should.
    #[error("PostgreSQL for tests: {0}")]
    Server(String),
}

impl From<std::io::Error> for ClusterError {
    fn from(error: std::io::Error) -> Self {
        ClusterError::Server(error.to_string())
    }
}

/// How a cluster treats its disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Nothing waits for the disk: fast, survives the death of the server but not of the machine. For tests.
    Off,
    /// As in earnest. For benches.
    Full,
}

/// A running server with a data directory of its own.
pub struct Cluster {
    server: Mutex<Server>,
    port: u16,
    created: AtomicU64,
    // Last: the folder is removed by the watcher, and by this when the watcher could not
    folder: TempDir,
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cluster").field("port", &self.port).finish_non_exhaustive()
    }
}

impl Cluster {
    /// Makes a data directory (UTF-8, order by bytes) and starts a server on it.
    ///
    /// # Errors
    /// [`ClusterError::NoBinaries`] with what to install, or what the server said.
    pub fn start(durability: Durability) -> Result<Self, ClusterError> {
        let binaries = binaries::find()?;
        let folder = tempfile::Builder::new().prefix("stamgast-postgres-").tempdir()?;
        let account = Account::for_server(folder.path())?;
        server::make_data_directory(&binaries, folder.path(), account)?;
        let (server, port) = Server::start(&binaries, folder.path(), account, durability)?;
        Ok(Self { server: Mutex::new(server), port, created: AtomicU64::new(0), folder })
    }

    /// The one cluster of this process, started when it is first asked for, without durability.
    ///
    /// # Errors
    /// As [`Cluster::start`]; the first error is kept and given to everybody.
    pub fn shared() -> Result<&'static Self, ClusterError> {
        static SHARED: OnceLock<Result<Cluster, ClusterError>> = OnceLock::new();
        SHARED.get_or_init(|| Cluster::start(Durability::Off)).as_ref().map_err(Clone::clone)
    }

    /// Makes an empty database and gives its address.
    ///
    /// # Errors
    /// What the server said.
    pub fn create_database(&self) -> Result<String, ClusterError> {
        self.create("template0")
    }

    /// Makes a copy of the database at `template`, an address this cluster gave. Nobody may be connected to
    /// it meanwhile.
    ///
    /// # Errors
    /// What the server said.
    pub fn create_from_template(&self, template: &str) -> Result<String, ClusterError> {
        let name = self.name_in(template)?;
        self.create(name)
    }

    /// Removes the database at `url`, an address this cluster gave, and throws out who is connected.
    ///
    /// # Errors
    /// What the server said.
    pub fn drop_database(&self, url: &str) -> Result<(), ClusterError> {
        let name = self.name_in(url)?;
        self.administer(&format!("DROP DATABASE \"{name}\" WITH (FORCE)"))
    }

    /// Runs SQL in the database at `url`, as its owner and outside of any transaction of the program.
    ///
    /// # Errors
    /// What the server said.
    pub fn run_sql(&self, url: &str, sql: &str) -> Result<(), ClusterError> {
        server::run_sql(url, sql)
    }

    /// Kills the server and everything it started with `kill -9`, as a power cut would.
    ///
    /// # Errors
    /// When the watcher does not answer.
    pub fn kill_hard(&self) -> Result<(), ClusterError> {
        self.server().tell("kill")
    }

    /// Stops the server in order; who is connected is thrown out.
    ///
    /// # Errors
    /// When the watcher does not answer.
    pub fn stop(&self) -> Result<(), ClusterError> {
        self.server().tell("stop")
    }

    /// Starts the server again after [`kill_hard`](Self::kill_hard) or [`stop`](Self::stop), on the same port
    /// and with the same data, and waits until it has recovered.
    ///
    /// # Errors
    /// What the server wrote before it gave up.
    pub fn start_again(&self) -> Result<(), ClusterError> {
        self.server().start_again(self.port)
    }

    /// The folder that holds the data directory and the server's log.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    fn server(&self) -> MutexGuard<'_, Server> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn create(&self, template: &str) -> Result<String, ClusterError> {
        let name = format!("test_{}", self.created.fetch_add(1, Ordering::Relaxed));
        self.administer(&format!("CREATE DATABASE \"{name}\" TEMPLATE \"{template}\""))?;
        Ok(server::url(self.port, &name))
    }

    fn administer(&self, sql: &str) -> Result<(), ClusterError> {
        server::run_sql(&server::url(self.port, "postgres"), sql)
    }

    fn name_in<'u>(&self, url: &'u str) -> Result<&'u str, ClusterError> {
        url.strip_prefix(server::url(self.port, "").as_str()).ok_or_else(|| {
            ClusterError::Server(format!(
                "expected an address of the cluster on port {}, came {url}",
                self.port
            ))
        })
    }
}
