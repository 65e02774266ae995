//! How does one statement run on a PostgreSQL connection?

use super::errors::{self, Setback};
use super::value::{Cell, fits, is_readable};
use crate::tx::{Asked, Session, gives_rows, lock_without_returning};
use crate::{Engine, Error, Param, Row, Statement, dialect};
use ::postgres::types::{ToSql, Type};
use ::postgres::{Client, SimpleQueryMessage};
use std::collections::HashMap;
use std::sync::Arc;

/// Tables whose file has at least twice the pages it had when it was analysed; names are quoted.
const GROWN_TABLES: &str = "SELECT format('%I.%I', n.nspname, c.relname)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname = current_schema()
      AND pg_relation_size(c.oid) / current_setting('block_size')::BIGINT >= 2 * c.relpages + 2";

/// A connection with its prepared statements.
pub(super) struct PostgresSession {
    client: Client,
    prepared: HashMap<usize, Prepared>,
    setback: Option<Setback>,
}

/// A statement as the server knows it.
#[derive(Clone)]
struct Prepared {
    statement: ::postgres::Statement,
    /// Where each column stands that a row is read by; `None`: in their own order.
    places: Option<Arc<[usize]>>,
}

impl PostgresSession {
    pub(super) fn new(client: Client) -> Self {
        Self { client, prepared: HashMap::new(), setback: None }
    }

    /// Runs BEGIN, COMMIT or ROLLBACK.
    pub(super) fn frame(&mut self, verb: &str) -> Result<(), ::postgres::Error> {
        self.client.batch_execute(verb)
    }

    /// Whether a statement since the last call failed in a way that calls for another run.
    pub(super) fn take_setback(&mut self) -> Option<Setback> {
        self.setback.take()
    }

    /// Analyses every table that has grown to twice its size since it was analysed last.
    ///
    /// PostgreSQL does this by itself, a minute later at the earliest. Until then it takes any key that begins
    /// with the merchant for selective and walks all of one merchant's rows; on a new database that would
    /// be the first minute. A table somebody else analyses just now is left to them.
    pub(super) fn analyse_grown_tables(&mut self) -> Result<(), ::postgres::Error> {
        let grown = self.client.query(GROWN_TABLES, &[])?;
        for table in &grown {
            let table: String = table.try_get(0)?;
            self.client.batch_execute(&format!("ANALYZE (SKIP_LOCKED) {table}"))?;
        }
        Ok(())
    }

    /// Every statement is prepared again when it is next used.
    pub(super) fn forget_plans(&mut self) {
        self.prepared.clear();
    }

    fn prepare(&mut self, statement: &'static Statement) -> Result<Prepared, Error> {
        let address = std::ptr::from_ref(statement).addr();
        if let Some(known) = self.prepared.get(&address) {
            return Ok(known.clone());
        }
        let prepared =
            self.client.prepare(statement.sql).map_err(|error| self.failed(statement.name, &error))?;
        let prepared = readable(statement, prepared)?;
        self.prepared.insert(address, prepared.clone());
        Ok(prepared)
    }

    /// Runs `statement` and reads the first `most` rows.
    fn rows(
        &mut self,
        statement: &'static Statement,
        params: &[Param<'_>],
        most: usize,
    ) -> Result<Vec<Row>, Error> {
        let Prepared { statement: prepared, places } = self.prepare(statement)?;
        let bound = bound(statement, &prepared, params)?;
        let rows = self.client.query(&prepared, &bound);
        let rows = rows.map_err(|error| self.failed(statement.name, &error))?;
        rows.iter().take(most).map(|row| read(statement.name, row, places.as_deref())).collect()
    }

    /// The first cause counts: what follows it in an aborted transaction says nothing new.
    fn failed(&mut self, statement: &'static str, error: &::postgres::Error) -> Error {
        self.setback = self.setback.or(errors::setback(error));
        errors::of(statement, error)
    }
}

/// The parameters as the driver takes them, each looked at before anything goes over the wire.
fn bound<'p>(
    statement: &'static Statement,
    prepared: &::postgres::Statement,
    params: &'p [Param<'p>],
) -> Result<Vec<&'p (dyn ToSql + Sync)>, Error> {
    let fault = |message| Error::Parameter { statement: statement.name, message };
    let expected = prepared.params();
    if expected.len() != params.len() {
        return Err(fault(format!("expected {} parameters, came {}", expected.len(), params.len())));
    }
    let mut bound: Vec<&(dyn ToSql + Sync)> = Vec::with_capacity(params.len());
    for (index, (param, expected)) in params.iter().zip(expected).enumerate() {
        fits(*param, expected).map_err(|message| fault(format!("parameter ${}: {message}", index + 1)))?;
        bound.push(param);
    }
    Ok(bound)
}

/// The prepared statement with where its columns stand.
///
/// # Errors
/// A column of a type that does not exist on both engines, or of a name that the statement's row does not have.
fn readable(statement: &'static Statement, prepared: ::postgres::Statement) -> Result<Prepared, Error> {
    match prepared.columns().iter().find(|column| !is_readable(column.type_())) {
        None => {
            let names: Vec<&str> = prepared.columns().iter().map(::postgres::Column::name).collect();
            let places = (statement.columns)().places(statement.name, &names)?.map(Arc::from);
            Ok(Prepared { statement: prepared, places })
        }
        Some(column) => Err(Error::Statement {
            name: statement.name,
            message: format!(
                "column {} is {}: only BIGINT, TEXT and BYTEA exist on both engines; CAST it, or make a \
                 condition a number with CASE WHEN … THEN 1 ELSE 0 END",
                column.name(),
                column.type_()
            ),
        }),
    }
}

impl Session for PostgresSession {
    fn engine(&self) -> Engine {
        Engine::Postgres
    }

    fn query(&mut self, statement: &'static Statement, params: &[Param<'_>]) -> Result<Vec<Row>, Error> {
        self.rows(statement, params, usize::MAX)
    }

    fn optional(
        &mut self,
        statement: &'static Statement,
        params: &[Param<'_>],
    ) -> Result<Option<Row>, Error> {
        Ok(self.rows(statement, params, 1)?.pop())
    }

    fn execute(&mut self, statement: &'static Statement, params: &[Param<'_>]) -> Result<u64, Error> {
        let prepared = self.prepare(statement)?.statement;
        if !prepared.columns().is_empty() {
            return Err(gives_rows(statement));
        }
        let bound = bound(statement, &prepared, params)?;
        self.client.execute(&prepared, &bound).map_err(|error| self.failed(statement.name, &error))
    }

    fn lock(&mut self, (lock, params): Asked<'_>, _: Asked<'_>) -> Result<Option<Row>, Error> {
        if !self.prepared.contains_key(&std::ptr::from_ref(lock).addr()) {
            lock_without_returning(lock)?;
        }
        self.optional(lock, params)
    }

    fn script(&mut self, name: &'static str, sql: &str) -> Result<(), Error> {
        self.client.batch_execute(sql).map_err(|error| self.failed(name, &error))
    }

    fn check(&mut self, statement: &'static Statement) -> Result<(), Error> {
        let begun = self.client.batch_execute("SAVEPOINT looked_at");
        begun.map_err(|error| self.failed(statement.name, &error))?;
        let checked = self
            .client
            .prepare(statement.sql)
            .map_err(|error| errors::of(statement.name, &error))
            .and_then(|prepared| readable(statement, prepared).map(drop));
        let ended = self.client.batch_execute("ROLLBACK TO SAVEPOINT looked_at");
        ended.map_err(|error| self.failed(statement.name, &error))?;
        checked
    }

    fn probe(&mut self) -> Result<(), Error> {
        // A transaction with a number of its own has a COMMIT that goes to the disk; a standby gives none
        self.client.batch_execute("SELECT pg_current_xact_id()").map_err(|error| self.failed("PROBE", &error))
    }

    fn explain(&mut self, statement: &'static Statement) -> Result<Vec<String>, Error> {
        let explained = self.client.prepare(statement.sql).and_then(|prepared| {
            let parameters: Vec<String> = (1..).zip(prepared.params()).map(sample).collect();
            self.client.batch_execute("SET LOCAL enable_seqscan = off")?;
            let sql = dialect::with_literals(statement.sql, &parameters);
            self.client.simple_query(&format!("EXPLAIN (FORMAT JSON) {sql}"))
        });
        let answer = explained.map_err(|error| self.failed(statement.name, &error))?;
        let texts = answer.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        });
        Ok(texts.collect())
    }
}

/// A literal for the parameter `number` that says which it is.
fn sample((number, expected): (usize, &Type)) -> String {
    match *expected {
        Type::INT8 | Type::INT4 | Type::INT2 => number.to_string(),
        Type::BYTEA => format!("CAST('\\x{number:02x}' AS BYTEA)"),
        _ => format!("CAST('p{number}' AS TEXT)"),
    }
}

fn read(statement: &'static str, row: &::postgres::Row, places: Option<&[usize]>) -> Result<Row, Error> {
    let mut values = Vec::with_capacity(row.len());
    for index in 0..row.len() {
        let column = places.and_then(|places| places.get(index)).copied().unwrap_or(index);
        let cell: Cell = row.try_get(column).map_err(|error| Error::Row {
            statement,
            column: column.to_string(),
            message: errors::with_cause(&error),
        })?;
        values.push(cell.0);
    }
    Ok(Row::new(statement, values))
}
