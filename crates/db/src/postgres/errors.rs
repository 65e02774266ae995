//! What does an error of PostgreSQL mean to the port?

use crate::{ConstraintKind, Error};
use ::postgres::error::{Severity, SqlState};
use std::error::Error as _;

/// Why a command should run again although its closure did nothing wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Setback {
    /// It collided with another transaction (40001, 40P01).
    Conflict,
    /// The connection is gone, or the server ends it.
    Lost,
    /// A prepared statement is older than the last migration.
    StalePlan,
}

/// The port's error for what `statement` ran into. Only the first line of the server's words is kept: its
/// DETAIL may quote a row.
pub(super) fn of(statement: &'static str, error: &::postgres::Error) -> Error {
    let Some(answer) = error.as_db_error() else {
        return Error::Unavailable(format!("{statement}: {}", with_cause(error)));
    };
    let message = answer.message().to_owned();
    let code = answer.code();
    let kind = match *code {
        SqlState::UNIQUE_VIOLATION => ConstraintKind::Unique,
        SqlState::FOREIGN_KEY_VIOLATION => ConstraintKind::ForeignKey,
        SqlState::CHECK_VIOLATION => ConstraintKind::Check,
        SqlState::NOT_NULL_VIOLATION => ConstraintKind::NotNull,
        // What the triggers of an append-only table raise
        SqlState::INTEGRITY_CONSTRAINT_VIOLATION => ConstraintKind::AppendOnly,
        _ => return unconstrained(statement, code, message),
    };
    Error::Constraint { statement, kind, message }
}

fn unconstrained(statement: &'static str, code: &SqlState, message: String) -> Error {
    // Connection, resources, operator, system, storage; a cancelled statement; a lock that was not got
    let elsewhere = ["08", "53", "57", "58", "F0", "XX"].iter().any(|class| code.code().starts_with(class));
    if elsewhere || *code == SqlState::LOCK_NOT_AVAILABLE {
        return Error::Unavailable(format!("{statement}: {message}"));
    }
    if is_conflict(code) {
        return Error::Contended { attempts: 1 };
    }
    Error::Statement { name: statement, message }
}

/// Whether the command should run again.
pub(super) fn setback(error: &::postgres::Error) -> Option<Setback> {
    let Some(answer) = error.as_db_error() else {
        return Some(Setback::Lost);
    };
    let code = answer.code();
    if is_conflict(code) {
        return Some(Setback::Conflict);
    }
    match *code {
        SqlState::ADMIN_SHUTDOWN | SqlState::CRASH_SHUTDOWN | SqlState::CANNOT_CONNECT_NOW => {
            Some(Setback::Lost)
        }
        // After these the server hangs up; any other error, whatever its class, leaves the session as it was
        _ if matches!(answer.parsed_severity(), Some(Severity::Fatal | Severity::Panic)) => {
            Some(Setback::Lost)
        }
        SqlState::INVALID_SQL_STATEMENT_NAME => Some(Setback::StalePlan),
        SqlState::FEATURE_NOT_SUPPORTED if answer.message().contains("cached plan") => {
            Some(Setback::StalePlan)
        }
        _ => None,
    }
}

/// Whether the transaction may be kept although COMMIT met this error: connection, operator, system, the server itself.
pub(super) fn may_be_kept(error: &::postgres::Error) -> bool {
    let Some(answer) = error.as_db_error() else { return true };
    ["08", "57", "58", "XX"].iter().any(|class| answer.code().code().starts_with(class))
}

fn is_conflict(code: &SqlState) -> bool {
    *code == SqlState::T_R_SERIALIZATION_FAILURE || *code == SqlState::T_R_DEADLOCK_DETECTED
}

/// The driver's words with their cause, which it does not print itself.
pub(super) fn with_cause(error: &::postgres::Error) -> String {
    match (error.as_db_error(), error.source()) {
        (Some(answer), _) => format!("{} ({})", answer.message(), answer.code().code()),
        (None, Some(cause)) => format!("{error}: {cause}"),
        (None, None) => error.to_string(),
    }
}
