//! How does a command speak to the person or program that started it?
//!
//! Results go to standard output, everything else to standard error. A closed pipe is an error like
//! any other, never a panic.

use std::io::Write as _;

/// A line of the result.
///
/// # Errors
/// When standard output cannot be written.
pub(crate) fn result(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// A line beside the result.
///
/// # Errors
/// When standard error cannot be written.
pub(crate) fn note(line: &str) -> std::io::Result<()> {
    writeln!(std::io::stderr().lock(), "{line}")
}
