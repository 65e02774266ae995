//! What does the rest of the program hold of a database?

use crate::command::{Answer, Awaited, Command, InParts, Job};
use crate::options::Address;
use crate::queue::Queue;
use crate::{Engine, Error, Never, Options, STATEMENTS, Statement, Tx, TxError, metrics, postgres, sqlite};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// A database, open: cheap to clone, the lanes are shared.
///
/// When the last clone is gone, the lanes finish what was accepted and end.
#[derive(Clone)]
pub struct Db(Arc<Shared>);

struct Shared {
    engine: Engine,
    reads: Arc<Queue>,
    writes: Arc<Queue>,
    lanes: Mutex<Vec<JoinHandle<()>>>,
    /// See [`Options::wait_max`].
    wait_max: Option<Duration>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.reads.close();
        self.writes.close();
    }
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Db").field("engine", &self.0.engine).finish_non_exhaustive()
    }
}

impl Db {
    /// Opens the database and starts its lanes. A SQLite file is made when it is missing, if [`Options::create`] says so; on PostgreSQL one
    /// connection is tried, the others are made when they are first needed.
    ///
    /// # Errors
    /// [`Error::Address`] when the address or the file cannot be used, [`Error::Unavailable`] when the
    /// server does not answer.
    pub async fn open(options: Options) -> Result<Db, Error> {
        metrics::describe();
        let address = options.address()?;
        let engine = address.engine();
        let reads = Arc::new(Queue::new(options.queue_limit));
        let writes = Arc::new(Queue::new(options.queue_limit));
        // Dropped on an error, which closes the queues and ends the lanes that did start
        let db = Db(Arc::new(Shared {
            engine,
            reads: Arc::clone(&reads),
            writes: Arc::clone(&writes),
            lanes: Mutex::new(Vec::new()),
            wait_max: options.wait_max,
        }));
        let lanes = match address {
            Address::Sqlite(path) => sqlite::open(&path, &options, &reads, &writes).await?,
            Address::Postgres(url) => postgres::open(&url, &options, &reads, &writes).await?,
        };
        *db.0.lanes.lock().unwrap_or_else(PoisonError::into_inner) = lanes;
        Ok(db)
    }

    /// The engine underneath.
    pub fn engine(&self) -> Engine {
        self.0.engine
    }

    /// Runs `closure` on a read lane: one snapshot, no writes. `name` is for metrics and logs.
    ///
    /// Nothing happens before the future is polled. Dropping it leaves the command to run to its end, or
    /// keeps it from starting; never half.
    pub fn read<T, R, F>(
        &self,
        name: &'static str,
        closure: F,
    ) -> impl Future<Output = Result<T, TxError<R>>> + Send + use<T, R, F>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, TxError<R>> + Send + 'static,
        T: Send + 'static,
        R: Send + 'static,
    {
        let (queue, limit) = (Arc::clone(&self.0.reads), self.0.wait_max);
        async move {
            let (command, answer) = Command::new(name, closure);
            send(queue, Box::new(command), answer, limit, read_unfinished()).await
        }
    }

    /// Runs `closure` on a write lane; answers only after COMMIT. `name` is for metrics and logs.
    ///
    /// Nothing happens before the future is polled. Dropping it leaves the command to run to its end, or
    /// keeps it from starting; never half.
    pub fn write<T, R, F>(
        &self,
        name: &'static str,
        closure: F,
    ) -> impl Future<Output = Result<T, TxError<R>>> + Send + use<T, R, F>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, TxError<R>> + Send + 'static,
        T: Send + 'static,
        R: Send + 'static,
    {
        let (queue, limit) = (Arc::clone(&self.0.writes), self.0.wait_max);
        async move {
            let (command, answer) = Command::new(name, closure);
            send(queue, Box::new(command), answer, limit, Error::CommitUnknown).await
        }
    }

    /// Like [`Db::write`], without a limit to the caller's patience: for what may take its time and has nobody waiting at a
    /// counter, such as a migration.
    pub(crate) async fn write_at_leisure<T, R, F>(
        &self,
        name: &'static str,
        closure: F,
    ) -> Result<T, TxError<R>>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, TxError<R>> + Send + 'static,
        T: Send + 'static,
        R: Send + 'static,
    {
        let (command, answer) = Command::new(name, closure);
        send(Arc::clone(&self.0.writes), Box::new(command), answer, None, Error::CommitUnknown).await
    }

    /// Like [`Db::write`], for a command that has something to work out before its last words to the database: `first`
    /// and `last` run in one transaction, `aside` between them takes what `first` gave and gives what `last` needs. It
    /// sees no database, so that a lane may serve others meanwhile: on SQLite first parts of the same name run
    /// before the last part of this one. Each part may run again, as any closure; a panic in `aside` is one in the command.
    ///
    /// For that, no first part of a name may read what a last part of the same name writes. Commands of other names see
    /// all of it or nothing.
    pub fn write_in_parts<A, B, T, R, First, Aside, Last>(
        &self,
        name: &'static str,
        first: First,
        aside: Aside,
        last: Last,
    ) -> impl Future<Output = Result<T, TxError<R>>> + Send + use<A, B, T, R, First, Aside, Last>
    where
        First: FnMut(&mut Tx<'_>) -> Result<A, TxError<R>> + Send + 'static,
        Aside: FnMut(A) -> B + Send + 'static,
        Last: FnMut(&mut Tx<'_>, B) -> Result<T, TxError<R>> + Send + 'static,
        A: Send + 'static,
        B: Send + 'static,
        T: Send + 'static,
        R: Send + 'static,
    {
        let (queue, limit) = (Arc::clone(&self.0.writes), self.0.wait_max);
        async move {
            let (command, answer) = InParts::new(name, first, aside, last);
            send(queue, Box::new(command), answer, limit, Error::CommitUnknown).await
        }
    }

    /// Whether something can be written right now: a write that changes nothing, answered within `limit`.
    ///
    /// # Errors
    /// Why not.
    pub async fn ready(&self, limit: Duration) -> Result<(), Error> {
        let (command, answer) = Command::new("ready", |tx: &mut Tx<'_>| Ok::<_, TxError<Never>>(tx.probe()?));
        let late = Error::Unavailable(format!("no COMMIT within {} seconds", limit.as_secs()));
        let queue = Arc::clone(&self.0.writes);
        Ok(send(queue, Box::new(command), answer, Some(limit), late).await?)
    }

    /// Prepares every registered [`STATEMENTS`] on this engine and looks at its column types, without
    /// running anything. Gives name and error of those that do not stand.
    ///
    /// # Errors
    /// When the database itself cannot be reached.
    pub async fn prepare_all(&self) -> Result<Vec<(&'static str, Error)>, Error> {
        let all = |tx: &mut Tx<'_>| -> Result<Vec<(&'static str, Error)>, TxError<Never>> {
            Ok(STATEMENTS
                .iter()
                .filter_map(|statement| tx.check(statement).err().map(|error| (statement.name, error)))
                .collect())
        };
        Ok(self.write_at_leisure("prepare_all", all).await?)
    }

    /// How this engine would run every registered [`STATEMENTS`], for tests. SQLite gives the lines of EXPLAIN QUERY PLAN.
    /// PostgreSQL gives one JSON text, planned with an index wherever there is one (`enable_seqscan = off`) and for
    /// parameters that can be told apart: `$3` is the text `p3`, the number 3 or the byte 3.
    ///
    /// # Errors
    /// When the database cannot be reached, or a statement does not stand.
    pub async fn explain_all(&self) -> Result<Vec<(&'static Statement, Vec<String>)>, Error> {
        let all = |tx: &mut Tx<'_>| -> Result<Vec<(&'static Statement, Vec<String>)>, TxError<Never>> {
            STATEMENTS.iter().map(|statement| Ok((*statement, tx.explain(statement)?))).collect()
        };
        Ok(self.write_at_leisure("explain_all", all).await?)
    }

    /// How many commands wait for a write lane and for a read lane right now.
    pub fn waiting(&self) -> (usize, usize) {
        (self.0.writes.len(), self.0.reads.len())
    }

    /// Stops taking work, finishes what was accepted, closes the connections. Other clones get
    /// [`Error::Closed`] from now on.
    pub async fn close(self) {
        self.0.reads.close();
        self.0.writes.close();
        let lanes = std::mem::take(&mut *self.0.lanes.lock().unwrap_or_else(PoisonError::into_inner));
        let joined = tokio::task::spawn_blocking(move || {
            for lane in lanes {
                if lane.join().is_err() {
                    tracing::error!("a database lane ended by a panic");
                }
            }
        });
        if joined.await.is_err() {
            tracing::error!("the database lanes could not be waited for");
        }
    }
}

async fn send<T, R>(
    queue: Arc<Queue>,
    job: Box<dyn Job>,
    answer: Awaited<T, R>,
    limit: Option<Duration>,
    unknown: Error,
) -> Answer<T, R> {
    queue.push(job)?;
    drop(queue);
    answer.within(limit, unknown).await
}

fn read_unfinished() -> Error {
    Error::Unavailable("a read did not come to its end in time".to_owned())
}
