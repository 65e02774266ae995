//! How are settings read, so that a wrong one is named and each kind of value has one spelling?

use money::Decimal;
use serde::de::DeserializeOwned;
use wire::Number;

/// Reads settings from their JSON text.
///
/// # Errors
/// A sentence that begins with the member at fault: `earn.perAmount: …`.
pub(crate) fn read<T: DeserializeOwned>(json: &str) -> Result<T, String> {
    let mut reader = serde_json::Deserializer::from_str(json);
    serde_path_to_error::deserialize(wire::read::objects_only(&mut reader))
        .map_err(|error| door::unread(&error.path().to_string(), error.inner()))
}

/// An amount of money of at least 0 that a bill can have.
pub(crate) fn not_below_zero(path: &str, amount: &Number) -> Result<(), String> {
    if amount.0 >= Decimal::ZERO && amount.0 <= Decimal::from(1_000_000_000_000_i64) {
        return Ok(());
    }
    Err(format!("{path}: expected 0 to 1000000000000, found {}", amount.0))
}

/// A day as `YYYY-MM-DD`.
pub(crate) mod day {
    use jiff::civil::Date;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(day: &Date, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(day)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Date, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(|_| D::Error::custom(format!("expected a day, YYYY-MM-DD, found {text:?}")))
    }
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
