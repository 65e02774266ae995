//! What does an error of SQLite mean to the port?

use crate::{ConstraintKind, Error};
use rusqlite::ErrorCode;
use rusqlite::ffi;

/// The port's error for what `statement` ran into.
pub(super) fn of(statement: &'static str, error: &rusqlite::Error) -> Error {
    let rusqlite::Error::SqliteFailure(failure, message) = error else {
        return Error::Statement { name: statement, message: error.to_string() };
    };
    let message = message.clone().unwrap_or_else(|| failure.to_string());
    let constraint = |kind| Error::Constraint { statement, kind, message: message.clone() };
    match failure.extended_code {
        ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_ROWID => {
            return constraint(ConstraintKind::Unique);
        }
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => return constraint(ConstraintKind::ForeignKey),
        ffi::SQLITE_CONSTRAINT_NOTNULL => return constraint(ConstraintKind::NotNull),
        ffi::SQLITE_CONSTRAINT_CHECK => return constraint(ConstraintKind::Check),
        ffi::SQLITE_CONSTRAINT_TRIGGER => return constraint(ConstraintKind::AppendOnly),
        // A STRICT table got a text for a BIGINT, or the like
        ffi::SQLITE_CONSTRAINT_DATATYPE => return Error::Parameter { statement, message },
        _ => {}
    }
    match failure.code {
        ErrorCode::DatabaseBusy
        | ErrorCode::DatabaseLocked
        | ErrorCode::DiskFull
        | ErrorCode::SystemIoFailure
        | ErrorCode::OutOfMemory
        | ErrorCode::OperationInterrupted
        | ErrorCode::CannotOpen
        | ErrorCode::DatabaseCorrupt
        | ErrorCode::NotADatabase
        | ErrorCode::FileLockingProtocolFailed => Error::Unavailable(format!("{statement}: {message}")),
        _ => Error::Statement { name: statement, message },
    }
}

/// True when another process holds the lock.
pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}
