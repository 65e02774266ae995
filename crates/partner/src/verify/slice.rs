//! How does a check walk over a table, a slice at a time, in the order of its keys?

use super::fault::Fault;
use db::{Asks, Error, Joined, Tx, params};
use std::fmt;

/// Rows one slice looks at.
pub(super) const SLICE_ROWS: i64 = 200;

db::row! {
    /// A merchant and an id within the merchant, whatever it is the id of: `SELECT merchant, balance_id AS id`.
    #[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub(super) struct Key {
        pub(super) merchant: String,
        pub(super) id: String,
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.merchant, self.id)
    }
}

db::row! {
    /// A number within a key: of an entry, or of a hold.
    pub(super) struct Numbered {
        pub(super) of: Key as Joined,
        pub(super) number: i64,
    }
}

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
    /// The slice that ends with so many rows, the last of which has the key `last`.
    pub(super) fn after(rows: usize, last: Option<K>, faults: Vec<Fault>) -> Self {
        Self { faults, next: last.filter(|_| is_full(rows)), rows, beside: Vec::new() }
    }

    /// The same with what else it read.
    pub(super) fn beside(self, beside: Vec<(&'static str, usize)>) -> Self {
        Self { beside, ..self }
    }
}

fn is_full(rows: usize) -> bool {
    i64::try_from(rows).unwrap_or(i64::MAX) >= SLICE_ROWS
}

/// A slice of a table, and with it what other tables have in the same range of keys.
pub(super) struct Keys<R> {
    pub(super) rows: Vec<R>,
    after: Key,
    // the engine's order decides the end of the slice, not Rust's
    last: Key,
}

impl<R: 'static> Keys<R> {
    /// The rows behind a key. The statement takes merchant, id and the number of rows; `key` gives a row's key.
    pub(super) fn behind<Q: Asks<Row = R>>(
        tx: &mut Tx<'_>,
        statement: &'static Q,
        after: &Key,
        key: fn(&R) -> &Key,
    ) -> Result<Self, Error> {
        let rows = tx.query(statement, params![&after.merchant, &after.id, SLICE_ROWS])?;
        let last = rows.last().map_or(after, key).clone();
        Ok(Self { rows, after: after.clone(), last })
    }

    /// The rows that a statement finds between the slice's beginning and end, by merchant and id.
    pub(super) fn find<Q: Asks>(&self, tx: &mut Tx<'_>, statement: &'static Q) -> Result<Vec<Q::Row>, Error> {
        let Self { after, last, .. } = self;
        tx.query(statement, params![&after.merchant, &after.id, &last.merchant, &last.id])
    }

    /// The rows that a statement finds behind the last slice; none where another slice follows.
    pub(super) fn find_behind<Q: Asks>(
        &self,
        tx: &mut Tx<'_>,
        statement: &'static Q,
    ) -> Result<Vec<Q::Row>, Error> {
        if is_full(self.rows.len()) {
            return Ok(Vec::new());
        }
        tx.query(statement, params![&self.last.merchant, &self.last.id])
    }

    /// Ends the slice with the faults found in it.
    pub(super) fn done(self, faults: Vec<Fault>) -> Slice<Key> {
        Slice::after(self.rows.len(), Some(self.last), faults)
    }
}

impl Keys<Key> {
    /// As [`Keys::behind`], of rows that are nothing but their keys.
    pub(super) fn of<Q: Asks<Row = Key>>(
        tx: &mut Tx<'_>,
        statement: &'static Q,
        after: &Key,
    ) -> Result<Self, Error> {
        Self::behind(tx, statement, after, |key| key)
    }
}
