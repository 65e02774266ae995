//! What when a row says something the program never wrote?

/// A stored text that this program cannot read back: somebody else wrote it, or an older program. The text
/// itself is left out: it may be personal.
pub(crate) fn unreadable(table: &'static str, column: &str, expected: &str) -> db::Error {
    db::Error::Row {
        statement: table,
        column: column.to_owned(),
        message: format!("expected {expected}, found something else; `stamgast verify` finds the row"),
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

/// What a column of packed text holds: LZ4, its length before it. An answer becomes about a fourth, and
/// packing it costs less than writing the page it saves.
pub(crate) fn packed(text: &str) -> Vec<u8> {
    lz4_flex::block::compress_prepend_size(text.as_bytes())
}

/// Reads a JSON column of packed text.
pub(crate) fn packed_json<T: serde::de::DeserializeOwned>(
    table: &'static str,
    column: &str,
    bytes: &[u8],
) -> Result<T, db::Error> {
    let broken = || unreadable(table, column, "packed text as this program writes it");
    // the length is believed only as far as LZ4 can pack at all
    let (length, _) = lz4_flex::block::uncompressed_size(bytes).map_err(|_| broken())?;
    if length / LZ4_RATIO_MAX > bytes.len() {
        return Err(broken());
    }
    let text = lz4_flex::block::decompress_size_prepended(bytes).map_err(|_| broken())?;
    serde_json::from_slice(&text).map_err(|_| broken())
}

/// A byte of LZ4 stands for no more text than this.
const LZ4_RATIO_MAX: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn packed_text_comes_back_and_anything_else_is_refused() {
        let read = |bytes: &[u8]| packed_json::<Value>("partner_offer", "response", bytes);
        let answer = json!({"items": vec![json!({"unitPrice": 19.99, "title": "Sleva 10 %"}); 40]});
        let text = answer.to_string();
        let bytes = packed(&text);
        assert!(bytes.len() * 4 < text.len(), "{} of {}", bytes.len(), text.len());
        assert_eq!(read(&bytes).unwrap(), answer);
        assert_eq!(read(&packed("{}")).unwrap(), json!({}));
        // no text, cut short, a length of 4 GiB before two bytes, what is no JSON
        for broken in [&[] as &[u8], &bytes[..bytes.len() / 2], &[255, 255, 255, 255, 0, 0], &packed("{")] {
            assert!(read(broken).is_err(), "{broken:?}");
        }
    }
}
