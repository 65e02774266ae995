//! How does the port run on SQLite?
//!
//! One connection writes, on one lane ([`write_lane`]); N connections read, each on its own
//! ([`read_lane`]). The journal is a write-ahead log, so a reader never waits for the writer nor the writer
//! for a reader. Every COMMIT reaches the disk before anybody is told: not by SQLite, which would have the lane wait
//! (`synchronous=FULL`), but by [`durable`].
#![allow(clippy::disallowed_types, reason = "this is the crate that names the drivers")]

mod beside;
mod checkpoint;
mod durable;
mod errors;
mod read_lane;
mod room;
mod session;
mod write_lane;

use crate::queue::Queue;
use crate::{Error, Options};
use durable::{Durable, Syncing};
use room::Room;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::convert::Infallible;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// How long a connection waits for another process that holds the write lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a server waits for another one of the same file that may be just ending.
const SERVER_PATIENCE: Duration = Duration::from_secs(1);
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
    threads.push(crate::thread::lane("db-write".to_owned(), move || {
        match open_writer(&file, &limits).and_then(|connection| sync_log_of(connection, &file, limits.serves))
        {
            Ok((mut connection, durable, syncing)) => {
                drop(ready.send(Ok(durable.clone())));
                let room = Room::of(&file, limits.disk_bytes_max);
                write_lane::run(&mut connection, &queue, limits.batch_limit.max(1), durable.clone(), room);
                // Nothing is ever sent: this returns when the last sender is gone
                let Err(mpsc::RecvError) = readers_gone.recv();
                syncing.close();
                if durable.failure().is_some() {
                    keep_log(&connection);
                }
            }
            Err(error) => drop(ready.send(Err(error))),
        };
    })?);
    let durable = opened.await.unwrap_or(Err(Error::Closed))?;

    for number in 0..options.read_lanes.max(1) {
        let (ready, opened) = oneshot::channel();
        let (file, queue, lives) = (path.to_owned(), Arc::clone(reads), reader_lives.clone());
        let durable = durable.clone();
        threads.push(crate::thread::lane(format!("db-read-{number}"), move || match open_reader(&file) {
            Ok(connection) => {
                drop(ready.send(Ok(())));
                read_lane::run(&connection, &queue, durable);
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
    // What is deleted is overwritten, so that an erased person is not left in a page that nothing uses any more
    connection.execute_batch("PRAGMA secure_delete = ON").map_err(|error| unusable(path, &error))?;
    if let Some(pages) = options.file_pages_max {
        connection
            .query_row(&format!("PRAGMA max_page_count = {pages}"), [], |row| row.get::<_, i64>(0))
            .map_err(|error| unusable(path, &error))?;
    }
    Ok(connection)
}

/// Opens the log beside the connection, for [`durable`]. A server locks it: the lock ends with the process, and is none of
/// those that SQLite itself takes.
fn sync_log_of(
    connection: Connection,
    file: &Path,
    serves: bool,
) -> Result<(Connection, Durable, Syncing), Error> {
    // SQLite makes the log, with the rights of the database file, when it looks into the file for the first time
    connection
        .query_row("SELECT COUNT(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))
        .map_err(|error| unusable(file, &error))?;
    let unusable = |error| Error::Address(format!("the log of {} cannot be opened: {error}", file.display()));
    // Where the file is a link, the log lies beside what it leads to
    let mut log = file.canonicalize().map_err(unusable)?.into_os_string();
    log.push("-wal");
    let log = OpenOptions::new().write(true).open(log).map_err(unusable)?;
    if serves {
        lock_for_server(&log, file)?;
    }
    let (durable, syncing) = Durable::start(move || log.sync_data())?;
    Ok((connection, durable, syncing))
}

/// Locks the log for the only server of `file`; one that is just ending is waited for.
fn lock_for_server(log: &File, file: &Path) -> Result<(), Error> {
    let since = Instant::now();
    loop {
        let refused = match log.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => {
                "is in use by another server; several servers need PostgreSQL".to_owned()
            }
            Err(TryLockError::Error(error)) => format!("cannot be locked for a server: {error}"),
        };
        if since.elapsed() >= SERVER_PATIENCE {
            return Err(Error::Address(format!("{} {refused}", file.display())));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Leaves the log as it is when the connection closes: it may be other than it looks, and is read with its checksums
/// when the database is opened anew.
fn keep_log(connection: &Connection) {
    if let Err(error) = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true) {
        tracing::error!(%error, "the write-ahead log could not be left alone");
    }
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
        // NORMAL: see above; the log is synced before its pages move, and the file before the log starts over.
        // trusted_schema: a file from elsewhere cannot run functions. temp_store: sorting and the undo log
        // of a savepoint stay in memory
        "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; \
         PRAGMA trusted_schema = OFF; PRAGMA cache_size = -{cache_kib};"
    ))
}

fn unusable(path: &Path, error: &rusqlite::Error) -> Error {
    Error::Address(format!("{} cannot be opened as a SQLite database: {error}", path.display()))
}
