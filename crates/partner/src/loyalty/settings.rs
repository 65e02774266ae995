//! How are settings read, so that a wrong one is named?

use serde::de::DeserializeOwned;

/// Reads settings from their JSON text.
///
/// # Errors
/// A sentence that begins with the member at fault: `earn.perAmount: …`.
pub(crate) fn read<T: DeserializeOwned>(json: &str) -> Result<T, String> {
    let mut reader = serde_json::Deserializer::from_str(json);
    serde_path_to_error::deserialize(wire::read::objects_only(&mut reader)).map_err(|error| {
        let path = error.path().to_string();
        // "?" is a member whose name was not reached
        match path.trim_end_matches('?').trim_end_matches('.') {
            "" => error.inner().to_string(),
            path => format!("{path}: {}", error.inner()),
        }
    })
}
