//! How does one statement run on a SQLite connection?
//!
//! Hot: everything a command does goes through here. A statement is prepared once per connection, found
//! again by its address, and kept; there are as many as the program has, so nothing is ever evicted.

use super::errors;
use crate::tx::{Asked, Session, gives_rows, lock_without_returning};
use crate::{Engine, Error, Param, Row, Statement, Value, dialect};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Rows};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};

/// A connection with its prepared statements.
pub(super) struct SqliteSession<'c> {
    connection: &'c Connection,
    prepared: KnownStatements<'c>,
    /// Those of [`Session::lock`], without their RETURNING.
    locks: KnownStatements<'c>,
    writes: Writes,
}

/// Whether a statement that may write has run: in this command, in this transaction.
#[derive(Default)]
struct Writes {
    command: bool,
    transaction: bool,
}

impl Writes {
    fn note(&mut self) {
        (self.command, self.transaction) = (true, true);
    }
}

type KnownStatements<'c> = HashMap<usize, Prepared<'c>, BuildHasherDefault<ByAddress>>;

struct Prepared<'c> {
    statement: rusqlite::Statement<'c>,
    parameters: usize,
    columns: usize,
    /// Where each column stands that a row is read by; `None`: in their own order.
    places: Option<Vec<usize>>,
    writes: bool,
}

impl<'c> SqliteSession<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self {
            connection,
            prepared: HashMap::default(),
            locks: HashMap::default(),
            writes: Writes::default(),
        }
    }

    /// Whether a statement that may write has run since this was asked last.
    pub(super) fn take_wrote(&mut self) -> bool {
        std::mem::take(&mut self.writes.command)
    }

    /// The same, asked for the whole transaction.
    pub(super) fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.writes.transaction)
    }

    /// The statement, ready to run with `params`.
    fn bound(
        &mut self,
        statement: &'static Statement,
        params: &[Param<'_>],
    ) -> Result<&mut Prepared<'c>, Error> {
        let connection = self.connection;
        let prepared =
            bind(&mut self.prepared, statement, params, || prepare(connection, statement, statement.sql))?;
        if prepared.writes {
            self.writes.note();
        }
        Ok(prepared)
    }
}

/// Finds a statement among the known ones, prepares it where it is new, and binds `params`.
fn bind<'k, 'c>(
    known: &'k mut KnownStatements<'c>,
    statement: &'static Statement,
    params: &[Param<'_>],
    prepare: impl FnOnce() -> Result<Prepared<'c>, Error>,
) -> Result<&'k mut Prepared<'c>, Error> {
    let address = std::ptr::from_ref(statement).addr();
    let prepared = match known.entry(address) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(new) => new.insert(prepare()?),
    };
    if prepared.parameters != params.len() {
        return Err(Error::Parameter {
            statement: statement.name,
            message: format!("expected {} parameters, came {}", prepared.parameters, params.len()),
        });
    }
    for (index, param) in params.iter().enumerate() {
        prepared
            .statement
            .raw_bind_parameter(index + 1, Bound(*param))
            .map_err(|error| errors::of(statement.name, &error))?;
    }
    Ok(prepared)
}

fn prepare<'c>(
    connection: &'c Connection,
    statement: &'static Statement,
    sql: &str,
) -> Result<Prepared<'c>, Error> {
    let prepared =
        connection.prepare(&dialect::for_sqlite(sql)).map_err(|error| errors::of(statement.name, &error))?;
    let (parameters, columns) = (prepared.parameter_count(), prepared.column_count());
    // without its RETURNING a lock gives nothing to read
    let is_cut = sql.len() < statement.sql.len();
    let names: Vec<&str> = prepared.column_names().collect();
    let places = if is_cut { None } else { (statement.columns)().places(statement.name, &names)? };
    let writes = !prepared.readonly();
    Ok(Prepared { statement: prepared, parameters, columns, places, writes })
}

impl Session for SqliteSession<'_> {
    fn engine(&self) -> Engine {
        Engine::Sqlite
    }

    fn query(&mut self, statement: &'static Statement, params: &[Param<'_>]) -> Result<Vec<Row>, Error> {
        let prepared = self.bound(statement, params)?;
        let (columns, places) = (prepared.columns, prepared.places.as_deref());
        let mut cursor = prepared.statement.raw_query();
        let mut rows = Vec::new();
        while let Some(row) = next_row(statement.name, &mut cursor, columns, places)? {
            rows.push(row);
        }
        Ok(rows)
    }

    fn optional(
        &mut self,
        statement: &'static Statement,
        params: &[Param<'_>],
    ) -> Result<Option<Row>, Error> {
        let prepared = self.bound(statement, params)?;
        let (columns, places) = (prepared.columns, prepared.places.as_deref());
        // A statement that writes has written everything before its first row comes
        next_row(statement.name, &mut prepared.statement.raw_query(), columns, places)
    }

    fn execute(&mut self, statement: &'static Statement, params: &[Param<'_>]) -> Result<u64, Error> {
        let prepared = self.bound(statement, params)?;
        if prepared.columns > 0 {
            return Err(gives_rows(statement));
        }
        let touched = prepared.statement.raw_execute().map_err(|error| errors::of(statement.name, &error))?;
        Ok(touched as u64)
    }

    fn lock(
        &mut self,
        (lock, params): Asked<'_>,
        (read, read_params): Asked<'_>,
    ) -> Result<Option<Row>, Error> {
        let connection = self.connection;
        let prepared =
            bind(&mut self.locks, lock, params, || prepare(connection, lock, lock_without_returning(lock)?))?;
        self.writes.note();
        match prepared.statement.raw_execute().map_err(|error| errors::of(lock.name, &error))? {
            0 => Ok(None),
            _ => self.optional(read, read_params),
        }
    }

    fn script(&mut self, name: &'static str, sql: &str) -> Result<(), Error> {
        self.writes.note();
        self.connection.execute_batch(sql).map_err(|error| errors::of(name, &error))
    }

    fn check(&mut self, statement: &'static Statement) -> Result<(), Error> {
        prepare(self.connection, statement, statement.sql)?;
        match dialect::without_returning(statement.sql) {
            Some(bare) => prepare(self.connection, statement, bare).map(drop),
            None => Ok(()),
        }
    }

    fn probe(&mut self) -> Result<(), Error> {
        let fault = |error| errors::of("PROBE", &error);
        self.writes.note();
        // The port does not use this number; writing it as it is writes the page it is in
        let version: i64 =
            self.connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(fault)?;
        self.connection.execute_batch(&format!("PRAGMA user_version = {version}")).map_err(fault)
    }

    fn explain(&mut self, statement: &'static Statement) -> Result<Vec<String>, Error> {
        let fault = |error| errors::of(statement.name, &error);
        let sql = format!("EXPLAIN QUERY PLAN {}", dialect::for_sqlite(statement.sql));
        let mut prepared = self.connection.prepare(&sql).map_err(fault)?;
        // Parameters that are not bound are NULL
        let mut steps = prepared.raw_query();
        let mut lines = Vec::new();
        while let Some(step) = steps.next().map_err(fault)? {
            lines.push(step.get(3).map_err(fault)?);
        }
        Ok(lines)
    }
}

fn next_row(
    statement: &'static str,
    cursor: &mut Rows<'_>,
    columns: usize,
    places: Option<&[usize]>,
) -> Result<Option<Row>, Error> {
    let Some(row) = cursor.next().map_err(|error| errors::of(statement, &error))? else {
        return Ok(None);
    };
    let mut values = Vec::with_capacity(columns);
    for index in 0..columns {
        let column = places.and_then(|places| places.get(index)).copied().unwrap_or(index);
        let cell = row.get_ref(column).map_err(|error| errors::of(statement, &error))?;
        values.push(value(statement, column, cell)?);
    }
    Ok(Some(Row::new(statement, values)))
}

fn value(statement: &'static str, column: usize, cell: ValueRef<'_>) -> Result<Value, Error> {
    let fault =
        |message: &str| Error::Row { statement, column: column.to_string(), message: message.to_owned() };
    match cell {
        ValueRef::Null => Ok(Value::Null),
        ValueRef::Integer(number) => Ok(Value::Int(number)),
        ValueRef::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => Ok(Value::Text(text.to_owned())),
            Err(_) => Err(fault("the text is not UTF-8")),
        },
        ValueRef::Blob(bytes) => Ok(Value::Bytes(bytes.to_vec())),
        ValueRef::Real(_) => {
            Err(fault("a floating point number (an overflow, or a division): CAST it AS BIGINT"))
        }
    }
}

/// A parameter as rusqlite takes it.
struct Bound<'a>(Param<'a>);

impl rusqlite::ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Param::Null => ValueRef::Null,
            Param::Int(number) => ValueRef::Integer(number),
            Param::Text(text) => ValueRef::Text(text.as_bytes()),
            Param::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// Addresses of statics are spread well enough by one multiplication.
#[derive(Default)]
struct ByAddress(u64);

impl Hasher for ByAddress {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0.rotate_left(8) ^ u64::from(*byte)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        }
    }
    fn write_usize(&mut self, address: usize) {
        self.0 = ((address as u64) >> 3).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(32);
    }
}
