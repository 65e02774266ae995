//! How does a check walk over a table, a slice at a time, in the order of its keys?

use super::fault::Fault;
use db::{Error, Row, Statement, Tx, params};

/// Rows one slice looks at.
pub(super) const SLICE_ROWS: i64 = 200;

/// A merchant and an id within the merchant.
pub(super) type Key = (String, String);

/// The faults of one slice, and the key behind which the next one begins; `None` at the end.
pub(super) struct Slice<K> {
    pub(super) faults: Vec<Fault>,
    pub(super) next: Option<K>,
    /// How many rows it walked over.
    pub(super) rows: usize,
    /// What else it read, by the noun: `("entries", 12)`.
    pub(super) beside: Vec<(&'static str, usize)>,
}

impl<K> Slice<K> {
    /// The slice that ends with these rows, the last of which has the key `last`.
    pub(super) fn after(rows: &[Row], last: Option<K>, faults: Vec<Fault>) -> Self {
        let next = last.filter(|_| is_full(rows));
        Self { faults, next, rows: rows.len(), beside: Vec::new() }
    }

    /// The same with what else it read.
    pub(super) fn beside(self, beside: Vec<(&'static str, usize)>) -> Self {
        Self { beside, ..self }
    }
}

fn is_full(rows: &[Row]) -> bool {
    i64::try_from(rows.len()).unwrap_or(i64::MAX) >= SLICE_ROWS
}

/// The merchant and id in the first two columns of a row.
pub(super) fn key(row: &Row) -> Result<Key, Error> {
    Ok((row.get(0)?, row.get(1)?))
}

/// A slice of a table, and with it what other tables have in the same range of keys.
pub(super) struct Keys {
    pub(super) rows: Vec<Row>,
    after: Key,
    // the engine's order decides the end of the slice, not Rust's
    last: Key,
}

impl Keys {
    /// The rows behind a key. The statement takes merchant, id and the number of rows, and gives merchant and id first.
    pub(super) fn behind(tx: &mut Tx<'_>, statement: &'static Statement, after: &Key) -> Result<Self, Error> {
        let rows = tx.query(statement, params![&after.0, &after.1, SLICE_ROWS])?;
        let last = rows.last().map(key).transpose()?.unwrap_or_else(|| after.clone());
        Ok(Self { rows, after: after.clone(), last })
    }

    /// The rows that a statement finds between the slice's beginning and end, by merchant and id.
    pub(super) fn find(&self, tx: &mut Tx<'_>, statement: &'static Statement) -> Result<Vec<Row>, Error> {
        tx.query(statement, params![&self.after.0, &self.after.1, &self.last.0, &self.last.1])
    }

    /// The rows that a statement finds behind the last slice; none where another slice follows.
    pub(super) fn find_behind(
        &self,
        tx: &mut Tx<'_>,
        statement: &'static Statement,
    ) -> Result<Vec<Row>, Error> {
        if is_full(&self.rows) {
            return Ok(Vec::new());
        }
        tx.query(statement, params![&self.last.0, &self.last.1])
    }

    /// Ends the slice with the faults found in it.
    pub(super) fn done(self, faults: Vec<Fault>) -> Slice<Key> {
        Slice::after(&self.rows, Some(self.last), faults)
    }
}
