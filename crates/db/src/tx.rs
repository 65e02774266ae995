//! What can a closure do inside its transaction?

use crate::{Asks, Engine, Error, Param, Row, Statement, dialect};

/// One connection in the middle of a transaction: what each engine gives to [`Tx`].
pub(crate) trait Session {
    fn engine(&self) -> Engine;
    fn query(&mut self, statement: &'static Statement, params: &[Param<'_>]) -> Result<Vec<Row>, Error>;
    fn optional(&mut self, statement: &'static Statement, params: &[Param<'_>])
    -> Result<Option<Row>, Error>;
    fn execute(&mut self, statement: &'static Statement, params: &[Param<'_>]) -> Result<u64, Error>;
    /// See [`Tx::lock`]: the UPDATE and its row in whichever way costs this engine less.
    fn lock(&mut self, lock: Asked<'_>, read: Asked<'_>) -> Result<Option<Row>, Error>;
    /// Runs one engine-specific statement without parameters: migrations only.
    fn script(&mut self, name: &'static str, sql: &str) -> Result<(), Error>;
    /// Prepares without running and looks at the column types; leaves the transaction usable.
    fn check(&mut self, statement: &'static Statement) -> Result<(), Error>;
    /// Has the transaction write something that changes nothing, so that its COMMIT needs the disk.
    fn probe(&mut self) -> Result<(), Error>;
    /// See [`Db::explain_all`](crate::Db::explain_all); leaves the transaction usable.
    fn explain(&mut self, statement: &'static Statement) -> Result<Vec<String>, Error>;
}

/// A statement with its parameters.
pub(crate) type Asked<'a> = (&'static Statement, &'a [Param<'a>]);

/// The transaction a closure runs in.
///
/// After a statement failed, every further one fails with the same error and the command is undone even
/// when its closure says `Ok`: PostgreSQL works so, and both engines shall agree.
pub struct Tx<'a> {
    session: &'a mut (dyn Session + 'a),
    failed: Option<Error>,
}

impl std::fmt::Debug for Tx<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tx").field("engine", &self.session.engine()).finish_non_exhaustive()
    }
}

impl<'a> Tx<'a> {
    pub(crate) fn new(session: &'a mut (dyn Session + 'a)) -> Self {
        Self { session, failed: None }
    }

    /// The engine underneath. For messages and metrics; SQL does not depend on it.
    pub fn engine(&self) -> Engine {
        self.session.engine()
    }

    /// Runs `query` and gives every row.
    ///
    /// # Errors
    /// What the engine refuses; see [`Error`].
    pub fn query<Q: Asks>(&mut self, query: &'static Q, params: &[Param<'_>]) -> Result<Vec<Q::Row>, Error> {
        let statement = query.statement();
        let rows = self.guarded(statement, params, |session| session.query(statement, params))?;
        rows.into_iter().map(Row::read).collect()
    }

    /// Runs `query` and gives the first row, if any.
    ///
    /// # Errors
    /// What the engine refuses; see [`Error`].
    pub fn optional<Q: Asks>(
        &mut self,
        query: &'static Q,
        params: &[Param<'_>],
    ) -> Result<Option<Q::Row>, Error> {
        let statement = query.statement();
        let row = self.guarded(statement, params, |session| session.optional(statement, params))?;
        row.map(Row::read).transpose()
    }

    /// Runs `statement`, which gives no rows back, and gives how many it touched.
    ///
    /// # Errors
    /// What the engine refuses; a statement with rows (SELECT, RETURNING) is refused too.
    pub fn execute(&mut self, statement: &'static Statement, params: &[Param<'_>]) -> Result<u64, Error> {
        self.guarded(statement, params, |session| session.execute(statement, params))
    }

    /// Locks a row by moving it, and gives it as it is then; `None` where there is none.
    ///
    /// `lock` is an UPDATE of one row by its key with RETURNING, `read` a SELECT of the same columns by the same
    /// key. PostgreSQL runs `lock` alone. On SQLite what comes back from RETURNING goes through a table of
    /// its own, made anew for every run, at three times the price of reading the row: there `lock` runs without
    /// that clause, and then `read`.
    ///
    /// # Errors
    /// What the engine refuses; see [`Error`].
    pub fn lock<L: Asks, Q: Asks<Row = L::Row>>(
        &mut self,
        lock: &'static L,
        lock_params: &[Param<'_>],
        read: &'static Q,
        read_params: &[Param<'_>],
    ) -> Result<Option<L::Row>, Error> {
        let (lock, read) = (lock.statement(), read.statement());
        let row = self.guarded(lock, lock_params, |session| {
            refuse_nul(read, read_params)?;
            session.lock((lock, lock_params), (read, read_params))
        })?;
        row.map(Row::read).transpose()
    }

    pub(crate) fn script(&mut self, name: &'static str, sql: &str) -> Result<(), Error> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        self.session.script(name, sql).inspect_err(|error| self.failed = Some(error.clone()))
    }

    pub(crate) fn check(&mut self, statement: &'static Statement) -> Result<(), Error> {
        self.session.check(statement)
    }

    pub(crate) fn probe(&mut self) -> Result<(), Error> {
        self.session.probe().inspect_err(|error| self.failed = Some(error.clone()))
    }

    pub(crate) fn explain(&mut self, statement: &'static Statement) -> Result<Vec<String>, Error> {
        self.session.explain(statement)
    }

    /// The error of the first statement that failed, if one did.
    pub(crate) fn take_failure(&mut self) -> Option<Error> {
        self.failed.take()
    }

    fn guarded<T>(
        &mut self,
        statement: &'static Statement,
        params: &[Param<'_>],
        run: impl FnOnce(&mut (dyn Session + 'a)) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let result = refuse_nul(statement, params).and_then(|()| run(self.session));
        if let Err(error) = &result {
            self.failed = Some(error.clone());
        }
        result
    }
}

/// PostgreSQL cannot keep U+0000 in a TEXT; SQLite can. So nobody may.
fn refuse_nul(statement: &'static Statement, params: &[Param<'_>]) -> Result<(), Error> {
    for (index, param) in params.iter().enumerate() {
        if let Param::Text(text) = param
            && text.as_bytes().contains(&0)
        {
            return Err(Error::Parameter {
                statement: statement.name,
                message: format!(
                    "parameter ${} holds U+0000, which no database text can; refuse it at the door",
                    index + 1
                ),
            });
        }
    }
    Ok(())
}

/// `execute` of a statement that answers with rows: on both engines the same mistake.
pub(crate) fn gives_rows(statement: &'static Statement) -> Error {
    Error::Statement {
        name: statement.name,
        message: "it gives rows back: run it with query or optional".to_owned(),
    }
}

/// The text of a [`Tx::lock`] without its RETURNING; of something else it is on both engines the same mistake. To be
/// asked when the statement is prepared, not each time it runs.
pub(crate) fn lock_without_returning(statement: &'static Statement) -> Result<&'static str, Error> {
    dialect::without_returning(statement.sql).ok_or_else(|| Error::Statement {
        name: statement.name,
        message: "a lock is an UPDATE with RETURNING".to_owned(),
    })
}
