//! How does the rest of the program talk to a database? Through this port, and only through it.
//!
//! SQL is plain text, written once, with `$1` parameters, and runs on SQLite and on PostgreSQL. A
//! command is a *synchronous* closure that runs on a lane (a thread that owns one connection):
//!
//! ```text
//! db::statement! {
//!     /// What a balance holds now.
//!     BALANCE_POSTED -> i64 = "SELECT posted FROM partner_balance WHERE merchant = $1 AND balance_id = $2";
//! }
//!
//! let posted = db.read("balance_posted", move |tx| {
//!     tx.optional(&BALANCE_POSTED, params![merchant, balance_id])?.ok_or(TxError::Refused(NoSuchBalance))
//! }).await?;
//! ```
//!
//! A row of several columns is a struct that [`row!`] declares.
//!
//! Rules of a closure: it may run more than once; clock, ids and randomness are captured values; it
//! does no I/O but `tx`; what it wants to happen elsewhere are rows; a refusal is a value and undoes
//! only its own work. Nobody is answered before COMMIT.

mod command;
mod dialect;
mod error;
mod handle;
mod metrics;
mod migrate;
mod options;
mod postgres;
mod queue;
mod row;
mod schema;
mod sql;
mod sqlite;
mod statement;
mod thread;
mod tx;
mod value;

pub use error::{ConstraintKind, Error, Never, TxError};
pub use handle::Db;
pub use migrate::Migrations;
pub use options::{Engine, Options};
pub use row::{Cells, Columns, FromRow, Joined, Json, Later, Message, Plain, ReadAs, Row, json};
pub use schema::{Column, ColumnType, Index, Schema, Table};
#[doc(hidden)]
pub use statement::private;
pub use statement::{Asks, Query, STATEMENTS, Statement, statements_in_source, statements_of};
pub use tx::Tx;
pub use value::{FromValue, Param, Value};
