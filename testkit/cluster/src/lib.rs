//! Where does a test get a real PostgreSQL? From a private cluster: its own data directory, a free
//! port on loopback, C collation, no root, gone when the process that started it is gone.
//!
//! A small shell supervises the server and reads its orders from a pipe. When the pipe closes, for
//! whatever reason (the tests ended, failed, or were killed), it stops the server by its pid and
//! removes the directory, so nothing is left behind.

mod binaries;
mod supervisor;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use supervisor::Supervisor;

/// Why there is no cluster.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No server binaries on this machine.
    #[error(
        "PostgreSQL's server binaries are not on this machine (looked in $STAMGAST_PG_BIN, \
         /usr/lib/postgresql/*/bin and $PATH); on Debian: apt-get install postgresql"
    )]
    NoBinaries,
    /// The server would not run as root and there is no other user to run it as.
    #[error(
        "running as root, and neither the user postgres nor nobody is in /etc/passwd to run the server as"
    )]
    NoUser,
    /// A step of the set-up failed.
    #[error("{step}: {reason}")]
    Step {
        /// What was being done.
        step: &'static str,
        /// What went wrong, with the server's own words.
        reason: String,
    },
}

fn step(step: &'static str) -> impl Fn(std::io::Error) -> Error {
    move |error| Error::Step { step, reason: error.to_string() }
}

/// How much the cluster promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// For tests: fsync off. Survives a killed process, not a power cut.
    Fast,
    /// For benchmarks and crash tests: as an operator would run it.
    Full,
}

/// The superuser of the cluster; it needs no password on loopback.
const USER: &str = "stamgast";
/// How long the server may take to start.
const START_SECONDS_MAX: u64 = 30;

/// A running private PostgreSQL.
#[derive(Debug)]
pub struct Cluster {
    binaries: PathBuf,
    directory: PathBuf,
    user: Option<(u32, u32)>,
    port: u16,
    durability: Durability,
    supervisor: Mutex<Supervisor>,
    databases: AtomicU64,
    creating: Mutex<()>,
}

impl Cluster {
    /// The cluster all tests of this process share, started at the first call.
    ///
    /// # Panics
    /// When it cannot be started: a test without its engine must fail aloud. The message has the install line.
    #[expect(clippy::panic, reason = "a test that silently runs without PostgreSQL proves nothing")]
    pub fn shared() -> &'static Cluster {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(|| Cluster::start(Durability::Fast).unwrap_or_else(|error| panic!("{error}")))
    }

    /// Starts a cluster of its own.
    ///
    /// # Errors
    /// No binaries, no user to run as, or a step that failed, with the server's words.
    pub fn start(durability: Durability) -> Result<Self, Error> {
        static STARTED: AtomicU64 = AtomicU64::new(0);
        let binaries = binaries::find().ok_or(Error::NoBinaries)?;
        let user = binaries::unprivileged_user()?;
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let directory =
            base_directory(user.is_some()).join(format!("stamgast-pg-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&directory).map_err(step("making the data directory"))?;
        if let Some((uid, gid)) = user {
            std::os::unix::fs::chown(&directory, Some(uid), Some(gid))
                .map_err(step("handing the data directory to the server's user"))?;
        }
        let made =
            Self::run(
                Command::new(binaries.join("initdb"))
                    .args(["--username", USER, "--encoding", "UTF8"])
                    .args(["--locale", "C", "--auth", "trust", "--no-sync", "--pgdata"]),
                &directory.join("data"),
                user,
            );
        if let Err(error) = made {
            let _ = std::fs::remove_dir_all(&directory);
            return Err(error);
        }
        let port = free_port()?;
        let supervisor = supervisor::start(&binaries, &directory, user, port, durability)?;
        let cluster = Self {
            binaries,
            directory,
            user,
            port,
            durability,
            supervisor: Mutex::new(supervisor),
            databases: AtomicU64::new(0),
            creating: Mutex::new(()),
        };
        cluster.wait_until_ready()?;
        Ok(cluster)
    }

    /// A new, empty database; the answer is its URL.
    ///
    /// # Errors
    /// What the server said.
    pub fn create_database(&self) -> Result<String, Error> {
        self.create_from_template("template0")
    }

    /// A new database with what `template` (a name from [`Cluster::name_of`]) has; nobody may be connected to it.
    ///
    /// # Errors
    /// What the server said.
    pub fn create_from_template(&self, template: &str) -> Result<String, Error> {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        // CREATE DATABASE locks its template: two at once would refuse each other
        let _one_at_a_time = self.creating.lock().unwrap_or_else(PoisonError::into_inner);
        self.sql("postgres", &format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy"))?;
        Ok(self.url(&name))
    }

    /// The name of the database a URL of this cluster leads to.
    pub fn name_of(url: &str) -> &str {
        url.rsplit('/').next().unwrap_or(url)
    }

    /// The URL of a database by name.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/{database}", self.port)
    }

    /// Runs SQL as the superuser with psql; the answer is what it printed, without headings.
    ///
    /// # Errors
    /// What the server said.
    pub fn sql(&self, database: &str, sql: &str) -> Result<String, Error> {
        let output = Command::new(self.binaries.join("psql"))
            .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1"])
            .args(["--command", sql, "--dbname", &self.url(database)])
            .output()
            .map_err(step("running psql"))?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        } else {
            Err(Error::Step { step: "running SQL", reason: words(&output.stderr) })
        }
    }

    /// Ends the server at once with SIGKILL, as a power cut would; the data stays for [`Cluster::start_again`].
    ///
    /// # Errors
    /// When the supervisor does not hear.
    pub fn kill_hard(&self) -> Result<(), Error> {
        self.supervisor.lock().unwrap_or_else(PoisonError::into_inner).order("kill")
    }

    /// Starts the server on the data it left, on the same port.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start_again(&self) -> Result<(), Error> {
        let mut supervisor = self.supervisor.lock().unwrap_or_else(PoisonError::into_inner);
        let (deadline, mut last) = (Instant::now() + Duration::from_secs(START_SECONDS_MAX), None);
        // The killed server's children take a moment to let go of the shared memory
        while Instant::now() < deadline {
            *supervisor =
                supervisor::start(&self.binaries, &self.directory, self.user, self.port, self.durability)?;
            match self.wait_until_ready() {
                Ok(()) => return Ok(()),
                Err(error) => last = Some(error),
            }
            supervisor.order("stop")?;
        }
        Err(last.unwrap_or(Error::Step { step: "starting again", reason: "it did not come up".to_owned() }))
    }

    fn run(command: &mut Command, last_argument: &Path, user: Option<(u32, u32)>) -> Result<(), Error> {
        command.arg(last_argument);
        // The present directory may be closed to the server's user
        command.current_dir("/");
        supervisor::run_as(command, user);
        let output = command.output().map_err(step("running initdb"))?;
        if output.status.success() {
            Ok(())
        } else {
            Err(Error::Step { step: "running initdb", reason: words(&output.stderr) })
        }
    }

    fn wait_until_ready(&self) -> Result<(), Error> {
        let deadline = Instant::now() + Duration::from_secs(START_SECONDS_MAX);
        loop {
            let ready = Command::new(self.binaries.join("pg_isready"))
                .args(["--quiet", "--host", "127.0.0.1", "--username", USER, "--dbname", "postgres"])
                .args(["--port", &self.port.to_string()])
                .status()
                .map_err(step("running pg_isready"))?;
            if ready.success() {
                return Ok(());
            }
            let gone = supervisor::server_is_gone(&self.directory);
            if gone || Instant::now() > deadline {
                let log = std::fs::read(self.directory.join("server.log")).unwrap_or_default();
                return Err(Error::Step { step: "starting the server", reason: words(&log) });
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// The last lines of what a program said.
fn words(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.trim().lines().collect();
    lines[lines.len().saturating_sub(8)..].join("\n")
}

/// A private $TMPDIR would be closed to another user.
fn base_directory(other_user: bool) -> PathBuf {
    if other_user { PathBuf::from("/tmp") } else { std::env::temp_dir() }
}

fn free_port() -> Result<u16, Error> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).map_err(step("finding a free port"))?;
    Ok(listener.local_addr().map_err(step("finding a free port"))?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_serves_survives_a_kill_and_leaves_nothing_behind() {
        let cluster = Cluster::start(Durability::Full).unwrap();
        let url = cluster.create_database().unwrap();
        let database = Cluster::name_of(&url).to_owned();
        cluster.sql(&database, "CREATE TABLE kept (a BIGINT); INSERT INTO kept VALUES (7)").unwrap();
        assert_eq!(cluster.sql(&database, "SHOW lc_collate").unwrap(), "C");
        let copy = cluster.create_from_template(&database).unwrap();
        assert_eq!(cluster.sql(Cluster::name_of(&copy), "SELECT a FROM kept").unwrap(), "7");
        cluster.kill_hard().unwrap();
        cluster.start_again().unwrap();
        assert_eq!(cluster.sql(&database, "SELECT a FROM kept").unwrap(), "7");
        let refusal = cluster.sql(&database, "SELECT b FROM kept").unwrap_err().to_string();
        assert!(refusal.contains("column \"b\" does not exist"), "{refusal}");
        let directory = cluster.directory.clone();
        drop(cluster);
        let deadline = Instant::now() + Duration::from_secs(20);
        while directory.exists() {
            assert!(Instant::now() < deadline, "{} is still there", directory.display());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}
