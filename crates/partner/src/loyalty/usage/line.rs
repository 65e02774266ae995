//! What is a line of a bill called, and what takes a share off it?

/// The discount or balance that took a share off a line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    /// A general discount, by its id.
    Discount(String),
    /// A balance, by its id on the wire.
    Balance(String),
}

/// The name of a line without an id: its position in its own report.
pub(crate) fn nameless(index: usize) -> String {
    format!("#{index}")
}
