//! How does a row of an answer become a value of the program's own, each column by its name?
//!
//! [`row!`](crate::row!) declares a struct whose fields are the columns of an answer. A statement says which struct its rows
//! are (`statement! { BILL -> BillRow = "SELECT …" }`). When a connection prepares the statement, the names that the
//! engine gives its columns are compared with the fields, once: a name that is missing, unknown or there
//! twice is an [`Error::Statement`]. [`Db::prepare_all`](crate::Db::prepare_all) does so for every statement of the program, in
//! a test on both engines. From then on a column is found by its place, and reading a row looks up nothing.

mod column;

pub use column::{Joined, Json, Later, Message, Plain, ReadAs, json, word};

use crate::{Error, FromValue, Value};
use std::vec;

/// The columns that a kind of row is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Columns {
    /// These, by name, in the order in which they are read.
    Named(Vec<&'static str>),
    /// A single one, whatever its name.
    One,
    /// Any: a [`Row`], read by position.
    Positions,
}

/// A type that a whole row can be read as: a struct of [`row!`](crate::row!); any [`FromValue`], for an answer of one
/// column; a [`Row`] to be compared or shown as a whole.
pub trait FromRow: Sized {
    /// Gives the columns it needs.
    fn columns() -> Columns;
    /// Reads its columns off the front of `cells`, in the order of [`FromRow::columns`].
    ///
    /// # Errors
    /// [`Error::Row`] when a column holds something else.
    fn from_cells(cells: &mut Cells) -> Result<Self, Error>;
}

impl<T: FromValue> FromRow for T {
    fn columns() -> Columns {
        Columns::One
    }

    fn from_cells(cells: &mut Cells) -> Result<Self, Error> {
        cells.next("0", T::from_value)
    }
}

impl FromRow for Row {
    fn columns() -> Columns {
        Columns::Positions
    }

    fn from_cells(cells: &mut Cells) -> Result<Self, Error> {
        Ok(Row { statement: cells.statement, values: cells.values.by_ref().collect() })
    }
}

/// The columns of one row that are still to be read, in the order in which the row's type reads them.
#[derive(Debug)]
pub struct Cells {
    statement: &'static str,
    values: vec::IntoIter<Value>,
}

impl Cells {
    /// Reads the next column, which is `column`, with `read`.
    ///
    /// # Errors
    /// [`Error::Row`] when there is no further column or `read` refuses it.
    pub fn next<T>(
        &mut self,
        column: &'static str,
        read: impl FnOnce(Value) -> Result<T, String>,
    ) -> Result<T, Error> {
        let read = match self.values.next() {
            Some(value) => read(value),
            None => Err("the answer has no such column".to_owned()),
        };
        read.map_err(|message| Error::Row { statement: self.statement, column: column.to_owned(), message })
    }
}

impl Columns {
    /// Finds where in an answer of `statement` with the columns `came` each of these columns stands; `None` when it is
    /// their own order already. Asked once per connection, when the statement is prepared.
    ///
    /// # Errors
    /// [`Error::Statement`] when a name is missing, unknown or there twice.
    pub(crate) fn places(self, statement: &'static str, came: &[&str]) -> Result<Option<Vec<usize>>, Error> {
        let fault = |message: String| Error::Statement { name: statement, message };
        let wanted = match self {
            Columns::Positions => return Ok(None),
            Columns::One if came.len() == 1 => return Ok(None),
            Columns::One => return Err(fault(format!("expected one column, came {came:?}"))),
            Columns::Named(wanted) => wanted,
        };
        let mut places = Vec::with_capacity(wanted.len());
        for name in &wanted {
            let mut found = came.iter().enumerate().filter(|(_, column)| *column == name);
            match (found.next(), found.next()) {
                (Some((place, _)), None) => places.push(place),
                (None, _) => {
                    return Err(fault(format!(
                        "no column is called {name}, came {came:?}; an expression gets its name with AS"
                    )));
                }
                (Some(_), Some(_)) => {
                    return Err(fault(format!(
                        "two columns are called {name}: give one another name with AS"
                    )));
                }
            }
        }
        if let Some(unread) = came.iter().find(|column| !wanted.contains(column)) {
            return Err(fault(format!(
                "column {unread} is read by nobody: its row has the columns {wanted:?}"
            )));
        }
        if wanted.len() != came.len() {
            return Err(fault(format!("its row names a column twice: {wanted:?}")));
        }
        Ok(if places.is_sorted() { None } else { Some(places) })
    }
}

/// One row of an answer, its columns in the order in which they are read. It can be compared and shown as a whole;
/// what is in it is read by the names of its columns, so there is no way in by position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    statement: &'static str,
    values: Vec<Value>,
}

impl Row {
    pub(crate) fn new(statement: &'static str, values: Vec<Value>) -> Self {
        Self { statement, values }
    }

    /// The row as `T`.
    pub(crate) fn read<T: FromRow>(self) -> Result<T, Error> {
        T::from_cells(&mut Cells { statement: self.statement, values: self.values.into_iter() })
    }

    /// The column at `index`, counted from 0 in the order of the SELECT or RETURNING list. For the port's own questions
    /// about a database only: everybody else reads by name.
    ///
    /// # Errors
    /// [`Error::Row`] when there is no such column or it holds something else.
    pub(crate) fn get<T: FromValue>(&self, index: usize) -> Result<T, Error> {
        let Some(value) = self.values.get(index) else {
            return Err(self.fault(index, format!("the answer has {} columns", self.values.len())));
        };
        T::from_value(value.clone()).map_err(|message| self.fault(index, message))
    }

    /// How many columns the row has.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// True for a row without columns.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The TEXT at `index` without copying it.
    ///
    /// # Errors
    /// [`Error::Row`] when there is no such column or it holds something else.
    pub(crate) fn text(&self, index: usize) -> Result<&str, Error> {
        match self.values.get(index) {
            Some(Value::Text(text)) => Ok(text),
            Some(other) => Err(self.fault(index, crate::value::not("TEXT", other))),
            None => Err(self.fault(index, format!("the answer has {} columns", self.values.len()))),
        }
    }

    #[cold]
    fn fault(&self, column: usize, message: String) -> Error {
        Error::Row { statement: self.statement, column: column.to_string(), message }
    }
}

/// Declares the struct of a row: each field is the column of its name, read as the field's type, or with the
/// [`ReadAs`] after `as`. A name that is a word of Rust gets another one with AS in the SQL.
///
/// ```
/// use db::{Joined, Json};
///
/// db::row! {
///     /// One line of a bill.
///     #[derive(Debug)]
///     pub struct LineRow {
///         pub line_number: i64,
///         pub amount: wire::Number,
///         pub price: money::Amount,
///         pub notes: Vec<String> as Json,
///         pub discount_ids: Option<Vec<String>> as Option<Json>,
///         pub product: ProductColumns as Joined,
///     }
/// }
/// db::row! {
///     /// The columns of a line that say what was sold.
///     #[derive(Debug)]
///     pub struct ProductColumns {
///         pub product_id: String,
///         pub ean: Option<String>,
///     }
/// }
/// db::statement! {
///     /// The lines of a bill.
///     LINES -> LineRow = "SELECT line_number, product_id, ean, amount, price, notes, discount_ids
///         FROM shop_line WHERE merchant = $1 AND bill_id = $2 ORDER BY line_number";
///     /// How many lines a bill has.
///     LINE_COUNT -> i64 = "SELECT COUNT(*) FROM shop_line WHERE merchant = $1 AND bill_id = $2";
/// }
/// # fn lines(tx: &mut db::Tx<'_>) -> Result<(Vec<LineRow>, Option<i64>), db::Error> {
/// let lines = tx.query(&LINES, db::params!["m", "b"])?;
/// let count = tx.optional(&LINE_COUNT, db::params!["m", "b"])?;
/// # Ok((lines, count))
/// # }
/// ```
#[macro_export]
macro_rules! row {
    ($(#[$meta:meta])* $vis:vis struct $name:ident {
        $($(#[$about:meta])* $seen:vis $column:ident: $type:ty $(as $how:ty)?),+ $(,)?
    }) => {
        $(#[$meta])*
        $vis struct $name {
            $($(#[$about])* $seen $column: $type,)+
        }

        impl $crate::FromRow for $name {
            fn columns() -> $crate::Columns {
                let mut names = ::std::vec::Vec::new();
                $(<$crate::read_as!($($how)?) as $crate::ReadAs<$type>>::names(stringify!($column), &mut names);)+
                $crate::Columns::Named(names)
            }

            fn from_cells(cells: &mut $crate::Cells) -> ::std::result::Result<Self, $crate::Error> {
                ::std::result::Result::Ok(Self {
                    $($column: <$crate::read_as!($($how)?) as $crate::ReadAs<$type>>::next(cells, stringify!($column))?,)+
                })
            }
        }
    };
}

/// What stands after `as` in [`row!`](crate::row!), or [`Plain`](crate::Plain).
#[doc(hidden)]
#[macro_export]
macro_rules! read_as {
    () => {
        $crate::Plain
    };
    ($how:ty) => {
        $how
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_read_as_what_it_is_and_nothing_else() {
        let row = Row::new(
            "SOME_STATEMENT",
            vec![Value::Int(2), Value::Text("a".into()), Value::Bytes(vec![1, 2]), Value::Null],
        );
        assert_eq!(row.get::<i64>(0), Ok(2));
        assert_eq!(row.get::<u8>(0), Ok(2));
        assert_eq!(row.get::<String>(1), Ok("a".to_owned()));
        assert_eq!(row.text(1), Ok("a"));
        assert_eq!(row.get::<[u8; 2]>(2), Ok([1, 2]));
        assert_eq!(row.get::<Option<i64>>(3), Ok(None));
        let faults = [
            (row.get::<bool>(0).map(drop), "SOME_STATEMENT, column 0: expected a flag (0 or 1), came 2"),
            (row.get::<i64>(1).map(drop), "SOME_STATEMENT, column 1: expected BIGINT, came TEXT"),
            (row.get::<[u8; 3]>(2).map(drop), "SOME_STATEMENT, column 2: expected 3 bytes, came 2"),
            (row.get::<String>(3).map(drop), "SOME_STATEMENT, column 3: expected TEXT, came NULL"),
            (row.get::<i64>(4).map(drop), "SOME_STATEMENT, column 4: the answer has 4 columns"),
        ];
        for (came, expected) in faults {
            assert_eq!(came.unwrap_err().to_string(), expected);
        }
    }

    crate::row! {
        #[derive(Debug, PartialEq)]
        struct LaneRow {
            lane: String,
            fence: i64,
            due: Due as crate::Joined,
            failed_at: Option<i64>,
            attempts: Vec<i64> as crate::Later,
        }
    }
    crate::row! {
        #[derive(Debug, PartialEq)]
        struct Due {
            due_at: i64,
            step: u8,
        }
    }

    fn lane(came: &[&str]) -> Result<Option<Vec<usize>>, Error> {
        LaneRow::columns().places("LANE", came)
    }

    fn count(came: &[&str]) -> Result<Option<Vec<usize>>, Error> {
        <i64 as FromRow>::columns().places("COUNT", came)
    }

    #[test]
    fn columns_are_found_by_name_wherever_they_stand() {
        let own = ["lane", "fence", "due_at", "step", "failed_at"];
        assert_eq!(lane(&own), Ok(None));
        let other = ["step", "lane", "failed_at", "fence", "due_at"];
        assert_eq!(lane(&other), Ok(Some(vec![1, 3, 4, 0, 2])));
        assert_eq!(count(&["count"]), Ok(None));
    }

    #[test]
    fn a_name_that_is_missing_unknown_or_twice_is_refused() {
        let of = |came: &[&str]| lane(came).unwrap_err().to_string();
        assert!(of(&["lane", "fence", "due_at", "failed_at"]).contains("no column is called step"));
        assert!(
            of(&["lane", "fence", "due_at", "?column?", "failed_at"]).contains("no column is called step")
        );
        let unknown = of(&["lane", "fence", "due_at", "step", "failed_at", "kind"]);
        assert!(unknown.contains("column kind is read by nobody"), "{unknown}");
        let twice = of(&["lane", "fence", "due_at", "step", "failed_at", "step"]);
        assert!(twice.contains("two columns are called step"), "{twice}");
        assert!(count(&["a", "b"]).is_err() && count(&[]).is_err());
    }

    #[test]
    fn a_row_is_read_into_its_struct_and_a_wrong_column_is_named() {
        let row = |step| {
            let values =
                vec![Value::Text("a".into()), Value::Int(7), Value::Int(9), Value::Int(step), Value::Null];
            Row::new("LANE", values).read::<LaneRow>()
        };
        let due = Due { due_at: 9, step: 2 };
        assert_eq!(
            row(2),
            Ok(LaneRow { lane: "a".into(), fence: 7, due, failed_at: None, attempts: Vec::new() })
        );
        assert_eq!(row(256).unwrap_err().to_string(), "LANE, column step: 256 is outside of u8");
    }
}
