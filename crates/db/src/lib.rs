//! How does the rest of the program talk to a database? Through this port, and only through it.
//!
//! SQL is plain text, written once, with `$1` parameters, and runs on SQLite and on PostgreSQL. A
//! command is a *synchronous* closure that runs on a lane (a thread that owns one connection):
//!
//! ```ignore
//! db::statement! {
//!     /// What a balance holds now.
//!     BALANCE_POSTED = "SELECT posted FROM partner_balance WHERE merchant = $1 AND balance_id = $2";
//! }
//!
//! let posted = db.read("balance_posted", move |tx| {
//!     let row = tx.optional(&BALANCE_POSTED, params![merchant, balance_id])?;
//!     row.map(|row| row.get::<i64>(0)).transpose()?.ok_or(TxError::Refused(NoSuchBalance))
//! }).await?;
//! ```
//!
//! Rules of a closure: it may run more than once; clock, ids and randomness are captured values; it
//! does no I/O but `tx`; what it wants to happen elsewhere are rows; a refusal is a value and undoes
//! only its own work. Nobody is answered before COMMIT.

use std::future::Future;

/// Which engine runs under the port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Engine { Sqlite, Postgres }

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Error(pub String);

/// How a command ended without a result.
#[derive(Debug)]
pub enum TxError<R> {
    /// The command itself said no; what it wrote is undone.
    Refused(R),
    /// The database could not do it; what it wrote is undone.
    Failed(Error),
}
impl<R> From<Error> for TxError<R> { fn from(e: Error) -> Self { TxError::Failed(e) } }
/// A command that never refuses.
pub type Never = std::convert::Infallible;

#[derive(Debug, Clone, PartialEq)]
pub enum Value { Null, Int(i64), Text(String), Bytes(Vec<u8>) }
#[derive(Debug, Clone, Copy)]
pub enum Param<'a> { Null, Int(i64), Text(&'a str), Bytes(&'a [u8]) }
impl From<i64> for Param<'_> { fn from(v: i64) -> Self { Param::Int(v) } }
impl From<bool> for Param<'_> { fn from(v: bool) -> Self { Param::Int(v.into()) } }
impl<'a> From<&'a str> for Param<'a> { fn from(v: &'a str) -> Self { Param::Text(v) } }
impl<'a> From<&'a String> for Param<'a> { fn from(v: &'a String) -> Self { Param::Text(v) } }
impl<'a> From<&'a [u8]> for Param<'a> { fn from(v: &'a [u8]) -> Self { Param::Bytes(v) } }
impl<'a> From<&'a Vec<u8>> for Param<'a> { fn from(v: &'a Vec<u8>) -> Self { Param::Bytes(v) } }
impl From<jiff::Timestamp> for Param<'_> { fn from(v: jiff::Timestamp) -> Self { Param::Int(v.as_microsecond()) } }
impl<'a, T> From<Option<T>> for Param<'a> where Param<'a>: From<T> {
    fn from(v: Option<T>) -> Self { v.map_or(Param::Null, Param::from) }
}
/// `params![a, b]`: a slice of parameters, in the order of `$1`, `$2`.
#[macro_export]
macro_rules! params { ($($value:expr),* $(,)?) => { &[$($crate::Param::from($value)),*] as &[$crate::Param<'_>] } }

#[derive(Debug, Clone)]
pub struct Row(Vec<Value>);
pub trait FromValue: Sized { fn from_value(value: &Value) -> Result<Self, String>; }
impl FromValue for i64 { fn from_value(_: &Value) -> Result<Self, String> { todo!() } }
impl FromValue for bool { fn from_value(_: &Value) -> Result<Self, String> { todo!() } }
impl FromValue for String { fn from_value(_: &Value) -> Result<Self, String> { todo!() } }
impl FromValue for Vec<u8> { fn from_value(_: &Value) -> Result<Self, String> { todo!() } }
impl FromValue for jiff::Timestamp { fn from_value(_: &Value) -> Result<Self, String> { todo!() } }
impl<T: FromValue> FromValue for Option<T> { fn from_value(_: &Value) -> Result<Self, String> { todo!() } }
impl Row {
    /// The column at `index`, counted from 0 in the order of the SELECT or RETURNING list.
    pub fn get<T: FromValue>(&self, index: usize) -> Result<T, Error> { T::from_value(&self.0[index]).map_err(Error) }
}

/// One SQL text with a name; made by [`statement!`] only.
#[derive(Debug)]
pub struct Statement { pub name: &'static str, pub sql: &'static str }
#[doc(hidden)]
pub mod private { pub use linkme; }
/// Every statement of the program: a test prepares each on both engines.
#[linkme::distributed_slice]
pub static STATEMENTS: [&'static Statement];
/// Names SQL texts: `statement! { /// Doc. NAME = "SELECT …"; … }`. Each becomes a private (or `pub(crate)`) static.
#[macro_export]
macro_rules! statement {
    ($($(#[$meta:meta])* $vis:vis $name:ident = $sql:expr;)+) => { $(
        $(#[$meta])*
        $vis static $name: $crate::Statement = $crate::Statement { name: stringify!($name), sql: $sql };
        const _: () = {
            #[$crate::private::linkme::distributed_slice($crate::STATEMENTS)]
            #[linkme(crate = $crate::private::linkme)]
            static REGISTERED: &'static $crate::Statement = &$name;
        };
    )+ };
}

pub struct Tx<'a>(std::marker::PhantomData<&'a mut ()>);
impl Tx<'_> {
    pub fn engine(&self) -> Engine { todo!() }
    /// Runs and gives every row.
    pub fn query(&mut self, _statement: &'static Statement, _params: &[Param<'_>]) -> Result<Vec<Row>, Error> { todo!() }
    /// Runs and gives the first row, if any.
    pub fn optional(&mut self, _statement: &'static Statement, _params: &[Param<'_>]) -> Result<Option<Row>, Error> { todo!() }
    /// Runs and gives how many rows were touched.
    pub fn execute(&mut self, _statement: &'static Statement, _params: &[Param<'_>]) -> Result<u64, Error> { todo!() }
}

/// Every migration one crate owns, in order: `Migrations { owner: "partner", files: &[("0001_start", include_str!("../migrations/0001_start.sql"))] }`.
#[derive(Debug, Clone, Copy)]
pub struct Migrations { pub owner: &'static str, pub files: &'static [(&'static str, &'static str)] }

#[derive(Debug, Clone)]
pub struct Options { pub url: String, pub read_lanes: usize, pub write_lanes: usize, pub queue_limit: usize, pub batch_limit: usize }
impl Options { pub fn new(_url: &str) -> Self { todo!() } }

#[derive(Clone)]
pub struct Db;
impl Db {
    pub async fn open(_options: Options) -> Result<Db, Error> { todo!() }
    pub async fn migrate(&self, _sets: &[Migrations]) -> Result<Vec<String>, Error> { todo!() }
    pub fn engine(&self) -> Engine { todo!() }
    /// Runs `closure` on a read lane: one snapshot, no writes.
    pub fn read<T, R, F>(&self, _name: &'static str, _closure: F) -> impl Future<Output = Result<T, TxError<R>>> + Send + use<T, R, F>
    where F: FnMut(&mut Tx<'_>) -> Result<T, TxError<R>> + Send + 'static, T: Send + 'static, R: Send + 'static
    { async { todo!() } }
    /// Runs `closure` on a write lane; answers only after COMMIT.
    pub fn write<T, R, F>(&self, _name: &'static str, _closure: F) -> impl Future<Output = Result<T, TxError<R>>> + Send + use<T, R, F>
    where F: FnMut(&mut Tx<'_>) -> Result<T, TxError<R>> + Send + 'static, T: Send + 'static, R: Send + 'static
    { async { todo!() } }
    /// Stops taking work, finishes what was accepted, closes the connections.
    pub async fn close(self) { todo!() }
}
