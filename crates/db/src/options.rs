//! Which database, with how many lanes and how long a queue?

use crate::Error;
use std::path::PathBuf;
use std::time::Duration;

/// Which engine runs under the port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Engine {
    /// Embedded, one file.
    Sqlite,
    /// A server.
    Postgres,
}

impl std::fmt::Display for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Engine::Sqlite => "SQLite",
            Engine::Postgres => "PostgreSQL",
        })
    }
}

/// How a database is opened. [`Options::new`] has the defaults.
#[derive(Clone)]
pub struct Options {
    /// `sqlite:PATH` or `postgres://USER:PASSWORD@HOST:PORT/DATABASE`.
    pub url: String,
    /// Connections that only read, each with its own thread. At least 1.
    pub read_lanes: usize,
    /// Connections that write, each with its own thread. PostgreSQL only: SQLite has one writer.
    pub write_lanes: usize,
    /// How many commands may wait for a write lane, and how many for a read lane, before the next one
    /// is answered with [`Error::Busy`].
    pub queue_limit: usize,
    /// How many commands SQLite puts behind one COMMIT at most.
    pub batch_limit: usize,
    /// How long a caller waits for the end of a command. What no lane has taken up by then never runs; of a write that has
    /// been taken up the caller hears [`Error::CommitUnknown`], of a read [`Error::Unavailable`]. `None`: for ever.
    pub wait_max: Option<Duration>,
    /// SQLite: whether nobody else may open the file like this: two servers on one file would not see each other's caches and
    /// wake-ups. Others (a command beside the server) may use it all the same.
    pub serves: bool,
    /// SQLite: whether a file that is missing is made.
    pub create: bool,
    /// SQLite: how many pages of 4096 bytes the file may grow to; a command that needs more fails as on a
    /// full disk. `None`: as the disk allows.
    pub file_pages_max: Option<u32>,
    /// SQLite: how many bytes file and log may have together, where that is less than the disk has room for: the log moves into
    /// the file before they have more. For tests of a small disk.
    pub disk_bytes_max: Option<u64>,
}

impl Options {
    /// The defaults for `url`: on PostgreSQL 8 read and 8 write lanes, on SQLite 4 read lanes; queues of
    /// 1024 commands, 128 commands behind one COMMIT, half a minute for a command.
    pub fn new(url: &str) -> Self {
        let read_lanes = if url.starts_with("sqlite:") { 4 } else { 8 };
        Self {
            url: url.to_owned(),
            read_lanes,
            write_lanes: 8,
            queue_limit: 1024,
            batch_limit: 128,
            wait_max: Some(Duration::from_secs(30)),
            serves: false,
            create: true,
            file_pages_max: None,
            disk_bytes_max: None,
        }
    }

    pub(crate) fn address(&self) -> Result<Address, Error> {
        if let Some(path) = self.url.strip_prefix("sqlite:") {
            // sqlite:///var/lib/x.db is what people write who think of URLs
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path == ":memory:" || path.starts_with(":memory:") {
                return Err(Error::Address(
                    "expected sqlite:PATH with the path of a file; a database in memory would be a \
                     different one for every lane"
                        .to_owned(),
                ));
            }
            return Ok(Address::Sqlite(PathBuf::from(path)));
        }
        if self.url.starts_with("postgres://") || self.url.starts_with("postgresql://") {
            return Ok(Address::Postgres(self.url.clone()));
        }
        // The address may carry a password: only its scheme is shown
        let scheme = self.url.split(':').next().unwrap_or_default();
        Err(Error::Address(format!(
            "expected sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/DATABASE, came {scheme}:…"
        )))
    }
}

impl std::fmt::Debug for Options {
    /// Without the address: it may carry a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("read_lanes", &self.read_lanes)
            .field("write_lanes", &self.write_lanes)
            .field("queue_limit", &self.queue_limit)
            .field("batch_limit", &self.batch_limit)
            .field("wait_max", &self.wait_max)
            .finish_non_exhaustive()
    }
}

/// A database address, read.
pub(crate) enum Address {
    Sqlite(PathBuf),
    Postgres(String),
}

impl Address {
    pub(crate) fn engine(&self) -> Engine {
        match self {
            Address::Sqlite(_) => Engine::Sqlite,
            Address::Postgres(_) => Engine::Postgres,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_or_explained() {
        let path = |url: &str| match Options::new(url).address() {
            Ok(Address::Sqlite(path)) => path.to_str().map(str::to_owned),
            _ => None,
        };
        assert_eq!(path("sqlite:a/b.db").as_deref(), Some("a/b.db"));
        assert_eq!(path("sqlite:/a/b.db").as_deref(), Some("/a/b.db"));
        assert_eq!(path("sqlite:///a/b.db").as_deref(), Some("/a/b.db"));
        for wrong in ["sqlite:", "sqlite::memory:", "mysql://root:secret@x", "stamgast.db"] {
            let message = Options::new(wrong).address().map(|_| ()).unwrap_err().to_string();
            assert!(message.contains("expected sqlite:PATH"), "{message}");
            assert!(!message.contains("secret"), "{message}");
        }
        assert!(!format!("{:?}", Options::new("postgres://u:secret@h/d")).contains("secret"));
    }
}
