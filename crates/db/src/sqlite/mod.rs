//! How does the port run on SQLite?
//!
//! One connection writes, on one lane ([`write_lane`]); N connections read, each on its own
//! ([`read_lane`]). The journal is a write-ahead log, so a reader never waits for the writer nor the writer
//! for a reader, and every COMMIT reaches the disk before anybody is told (`synchronous=FULL`).
#![allow(clippy::disallowed_types, reason = "this is the crate that names the drivers")]

mod checkpoint;
mod errors;
mod read_lane;
mod session;
mod write_lane;

use crate::queue::Queue;
use crate::{Error, Options};
use rusqlite::{Connection, OpenFlags};
use std::convert::Infallible;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;

/// How long a connection waits for another process that holds the write lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Page cache of the writer and of each reader, in KiB; it grows as it is used. Pages beyond it come from
/// the operating system's cache.
const WRITER_CACHE_KIB: u32 = 16 * 1024;
const READER_CACHE_KIB: u32 = 2 * 1024;

/// Opens the file, making it when it is missing (unless the options say not to), and starts the lanes.
pub(crate) async fn open(
    path: &Path,
    options: &Options,
    reads: &Arc<Queue>,
    writes: &Arc<Queue>,
) -> Result<Vec<JoinHandle<()>>, Error> {
    let mut threads = Vec::with_capacity(options.read_lanes + 1);
    let (ready, opened) = oneshot::channel();
    // Every reader holds an end; the writer closes its connection when all have gone. The last to close moves
    // the log into the file and removes it, which a read-only connection cannot
    let (reader_lives, readers_gone) = mpsc::channel::<Infallible>();
    let (file, limits, queue) = (path.to_owned(), options.clone(), Arc::clone(writes));
    threads.push(crate::handle::lane("db-write".to_owned(), move || {
        match open_writer(&file, &limits) {
            Ok(mut connection) => {
                drop(ready.send(Ok(())));
                write_lane::run(&mut connection, &queue, limits.batch_limit.max(1));
                // Nothing is ever sent: this returns when the last sender is gone
                let Err(mpsc::RecvError) = readers_gone.recv();
            }
            Err(error) => drop(ready.send(Err(error))),
        };
    })?);
    opened.await.unwrap_or(Err(Error::Closed))?;

    for number in 0..options.read_lanes.max(1) {
        let (ready, opened) = oneshot::channel();
        let (file, queue, lives) = (path.to_owned(), Arc::clone(reads), reader_lives.clone());
        threads.push(crate::handle::lane(format!("db-read-{number}"), move || match open_reader(&file) {
            Ok(connection) => {
                drop(ready.send(Ok(())));
                read_lane::run(&connection, &queue);
                drop(connection);
                drop(lives);
            }
            Err(error) => drop(ready.send(Err(error))),
        })?);
        opened.await.unwrap_or(Err(Error::Closed))?;
    }
    Ok(threads)
}

fn open_writer(path: &Path, options: &Options) -> Result<Connection, Error> {
    if let Some(folder) = path.parent()
        && !folder.as_os_str().is_empty()
        && !folder.is_dir()
    {
        return Err(Error::Address(format!(
            "the folder {} does not exist; make it, or name another file",
            folder.display()
        )));
    }
    if !options.create && !path.exists() {
        return Err(Error::Address(format!(
            "there is no such file {}; name another, or make it with `stamgast migrate`",
            path.display()
        )));
    }
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    flags.set(OpenFlags::SQLITE_OPEN_CREATE, options.create);
    let connection = Connection::open_with_flags(path, flags).map_err(|error| unusable(path, &error))?;
    set_up(&connection, WRITER_CACHE_KIB).map_err(|error| unusable(path, &error))?;
    let journal: String = connection
        .query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))
        .map_err(|error| unusable(path, &error))?;
    if !journal.eq_ignore_ascii_case("wal") {
        return Err(Error::Address(format!(
            "{} cannot have a write-ahead log (its journal stays {journal}): put it on a local disk",
            path.display()
        )));
    }
    if let Some(pages) = options.file_pages_max {
        connection
            .query_row(&format!("PRAGMA max_page_count = {pages}"), [], |row| row.get::<_, i64>(0))
            .map_err(|error| unusable(path, &error))?;
    }
    Ok(connection)
}

fn open_reader(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| unusable(path, &error))?;
    set_up(&connection, READER_CACHE_KIB).map_err(|error| unusable(path, &error))?;
    Ok(connection)
}

fn set_up(connection: &Connection, cache_kib: u32) -> Result<(), rusqlite::Error> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.execute_batch(&format!(
        // trusted_schema: a file from elsewhere cannot run functions. temp_store: sorting and the undo log
        // of a savepoint stay in memory
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; \
         PRAGMA trusted_schema = OFF; PRAGMA cache_size = -{cache_kib};"
    ))
}

fn unusable(path: &Path, error: &rusqlite::Error) -> Error {
    Error::Address(format!("{} cannot be opened as a SQLite database: {error}", path.display()))
}
