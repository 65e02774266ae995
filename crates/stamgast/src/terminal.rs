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

/// The lines of a story for a terminal of ordinary width: at most 100 characters, the rest of a longer one set in as
/// deep as its text begins.
pub(crate) fn broken(line: &str) -> Vec<String> {
    const COLUMNS_MAX: usize = 100;
    let blanks = line.len() - line.trim_start().len();
    let number = if blanks == 0 && line.starts_with(|c: char| c.is_ascii_digit()) { 3 } else { 0 };
    let indent = " ".repeat(blanks + number);
    let options = textwrap::Options::new(COLUMNS_MAX).break_words(false).subsequent_indent(&indent);
    textwrap::wrap(line, options).into_iter().map(std::borrow::Cow::into_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_goes_on_below_its_own_beginning() {
        let words = "word ".repeat(30);
        for (start, indent) in [("2. ", 3), ("   ", 3), ("", 0), ("     ", 5)] {
            let lines = broken(&format!("{start}{words}"));
            assert!(lines.len() == 2 && lines.iter().all(|line| line.chars().count() <= 100), "{lines:?}");
            let blanks = lines[1].len() - lines[1].trim_start().len();
            assert_eq!(blanks, indent, "{lines:?}");
        }
        assert_eq!(broken("short"), ["short"]);
        assert_eq!(broken(""), [""]);
    }
}
