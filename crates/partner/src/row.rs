//! What when a row says something the program never wrote?

/// A stored text that this program cannot read back: somebody else wrote it, or an older program. The text
/// itself is left out: it may be personal.
pub(crate) fn unreadable(table: &'static str, column: &str, expected: &str) -> db::Error {
    db::Error::Row {
        statement: table,
        column: 0,
        message: format!(
            "expected in {column} {expected}, found something else; `stamgast verify` finds the row"
        ),
    }
}

/// Reads a JSON column.
pub(crate) fn json<T: serde::de::DeserializeOwned>(
    table: &'static str,
    column: &str,
    text: &str,
) -> Result<T, db::Error> {
    serde_json::from_str(text).map_err(|_| unreadable(table, column, "JSON as this program writes it"))
}

/// Writes a JSON column.
pub(crate) fn to_json<T: serde::Serialize>(
    table: &'static str,
    column: &str,
    value: &T,
) -> Result<String, db::Error> {
    serde_json::to_string(value).map_err(|_| unreadable(table, column, "a value that JSON can express"))
}
