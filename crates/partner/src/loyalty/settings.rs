//! How are settings read, so that a wrong one is named and each kind of value has one spelling?

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

/// Optional instants of settings: RFC 3339 text with an offset, or null.
pub(crate) mod instant {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(clippy::ref_option, reason = "serde's signature")]
    pub(crate) fn serialize<S: Serializer>(value: &Option<Timestamp>, to: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(instant) => to.collect_str(instant),
            None => to.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| {
            text.parse()
                .map_err(|_| D::Error::custom(format!("expected a date-time with offset, found {text:?}")))
        })
        .transpose()
    }
}
