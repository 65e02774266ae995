//! How can a command on the database fail, and what may its caller do about it?
//!
//! A *refusal* is not an error: it is a value of the command's own type inside [`TxError::Refused`].
//! An [`Error`] is what the database or the port itself could not do. Messages never carry parameters
//! or row contents, so they may be logged.

/// A command that never refuses: the `R` of `TxError<R>`.
pub type Never = std::convert::Infallible;

/// How a command ended without a result. Either way nothing it wrote is kept, except that after
/// [`Error::CommitUnknown`] nobody knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TxError<R> {
    /// The command itself said no.
    Refused(R),
    /// The database could not do it.
    Failed(Error),
}

impl<R> From<Error> for TxError<R> {
    fn from(error: Error) -> Self {
        TxError::Failed(error)
    }
}

impl<R> TxError<R> {
    /// The same ending with the refusal translated.
    pub fn map_refusal<S>(self, translate: impl FnOnce(R) -> S) -> TxError<S> {
        match self {
            TxError::Refused(refusal) => TxError::Refused(translate(refusal)),
            TxError::Failed(error) => TxError::Failed(error),
        }
    }
}

impl TxError<Never> {
    /// The error of a command that never refuses.
    pub fn into_error(self) -> Error {
        match self {
            TxError::Failed(error) => error,
            TxError::Refused(never) => match never {},
        }
    }
}

impl From<TxError<Never>> for Error {
    fn from(ending: TxError<Never>) -> Self {
        ending.into_error()
    }
}

impl<R: std::fmt::Display> std::fmt::Display for TxError<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            TxError::Refused(refusal) => write!(f, "refused: {refusal}"),
            TxError::Failed(error) => error.fmt(f),
        }
    }
}

impl<R: std::fmt::Debug + std::fmt::Display> std::error::Error for TxError<R> {}

/// Which kind of constraint a statement ran into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConstraintKind {
    /// A primary key or a unique index holds that key already.
    Unique,
    /// The row it points to is missing, or is still pointed to.
    ForeignKey,
    /// A CHECK said no.
    Check,
    /// A NOT NULL column got nothing.
    NotNull,
    /// UPDATE or DELETE on a table that is declared append-only.
    AppendOnly,
}

impl std::fmt::Display for ConstraintKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            ConstraintKind::Unique => "unique",
            ConstraintKind::ForeignKey => "foreign key",
            ConstraintKind::Check => "check",
            ConstraintKind::NotNull => "not-null",
            ConstraintKind::AppendOnly => "append-only",
        })
    }
}

/// What the database or the port could not do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The bounded queue is full. Nothing ran; come back in a moment (503 with `Retry-After`).
    #[error("the database's queue is full; nothing was done, try again in a moment")]
    Busy,
    /// The port is closing. Nothing ran.
    #[error("the database is being closed; nothing was done")]
    Closed,
    /// No connection, an input/output failure, a full disk, a time limit. Nothing is kept.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The command kept colliding with others and was given up. Nothing is kept.
    #[error("gave up after {attempts} attempts that collided with other commands; nothing is kept")]
    Contended {
        /// How often it ran.
        attempts: u32,
    },
    /// The connection to PostgreSQL broke while COMMIT was under way, the server failed in it, the disk failed under SQLite's,
    /// or the caller's patience ended while the command ran: it counts or it does not. Asking the same again under the same natural key tells.
    #[error("COMMIT came to no known end; whether the command counts shows when it is repeated")]
    CommitUnknown,
    /// The command's closure panicked. Nothing is kept and the lane lives on.
    #[error("the command panicked; nothing of it is kept")]
    Panicked,
    /// A constraint of the schema said no. Where that may happen in the ordinary course of things the
    /// statement should say `ON CONFLICT`.
    #[error("{statement} ran into a {kind} constraint: {message}")]
    Constraint {
        /// The statement's name, or `COMMIT` for a deferred constraint.
        statement: &'static str,
        /// Which kind of constraint.
        kind: ConstraintKind,
        /// The engine's words: tables and columns, never values.
        message: String,
    },
    /// A parameter does not fit: their number, their kind, or a text that holds U+0000.
    #[error("{statement}: {message}")]
    Parameter {
        /// The statement's name.
        statement: &'static str,
        /// What was expected and what came.
        message: String,
    },
    /// A column was read as what it is not.
    #[error("{statement}, column {column}: {message}")]
    Row {
        /// The statement's name.
        statement: &'static str,
        /// The column's name, or its index from 0 where it was read by position.
        column: String,
        /// What was expected and what came.
        message: String,
    },
    /// The engine does not understand or cannot run this SQL text: a mistake in the program.
    #[error("{name}: {message}")]
    Statement {
        /// The statement's name.
        name: &'static str,
        /// The engine's words.
        message: String,
    },
    /// A migration cannot be applied.
    #[error("migration {owner}/{file}: {message}")]
    Migration {
        /// The crate that owns it.
        owner: String,
        /// Its name, like `0001_start`.
        file: String,
        /// What was expected, what was found, what to do.
        message: String,
    },
    /// The database address or a file behind it cannot be used.
    #[error("{0}")]
    Address(String),
}

impl Error {
    /// True when nothing was kept and the very same command may succeed a moment later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Error::Busy | Error::Closed | Error::Unavailable(_) | Error::Contended { .. })
    }
}
