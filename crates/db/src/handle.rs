//! What does the rest of the program hold of a database?

use crate::command::{Answer, Command, InParts, Job};
use crate::options::Address;
use crate::queue::Queue;
use crate::{Engine, Error, Never, Options, STATEMENTS, Tx, TxError, metrics, postgres, sqlite};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

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
        let queue = Arc::clone(&self.0.reads);
        async move {
            let (command, answer) = Command::new(name, closure);
            send(queue, Box::new(command), answer).await
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
        let queue = Arc::clone(&self.0.writes);
        async move {
            let (command, answer) = Command::new(name, closure);
            send(queue, Box::new(command), answer).await
        }
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
        let queue = Arc::clone(&self.0.writes);
        async move {
            let (command, answer) = InParts::new(name, first, aside, last);
            send(queue, Box::new(command), answer).await
        }
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
        Ok(self.write("prepare_all", all).await?)
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
    answer: oneshot::Receiver<Answer<T, R>>,
) -> Answer<T, R> {
    queue.push(job)?;
    drop(queue);
    // A lane that dies with the command in hand drops the sender
    answer.await.unwrap_or(Err(TxError::Failed(Error::Closed)))
}
