//! How is a place told where the books do not add up?

/// One broken invariant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The invariant, as a sentence.
    pub rule: &'static str,
    /// The row that breaks it: table and key.
    pub row: String,
    /// The values found there.
    pub found: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}; found {}", self.row, self.rule, self.found)
    }
}
