//! How do list calls read their query, and how do they point to the next page? (protocol.md §1.5, §1.6)

use axum::extract::FromRequestParts;
use door::ApiError;
use http::request::Parts;
use jiff::{Timestamp, tz::TimeZone};
use std::fmt::Write as _;

/// The path and the query of a list call. Parameters nobody knows are ignored, as a documented API must.
pub(crate) struct Query {
    path: String,
    parameters: Vec<(String, String)>,
}

impl Query {
    /// The parameter's value.
    ///
    /// # Errors
    /// 400 when it is given more than once: which one is meant cannot be told.
    pub(crate) fn get(&self, name: &str) -> Result<Option<&str>, ApiError> {
        let mut values = self.parameters.iter().filter(|(known, _)| known == name);
        match (values.next(), values.next()) {
            (_, Some(_)) => Err(ApiError::field(name, "one value", "several")),
            (first, None) => Ok(first.map(|(_, value)| value.as_str())),
        }
    }

    /// The path below the API's base.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    #[cfg(test)]
    pub(crate) fn sample(path: &str, parameters: &[(&str, &str)]) -> Self {
        let parameters = parameters.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Self { path: path.to_owned(), parameters }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let parameters = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|error| ApiError::query(&error.body_text()))?
            .0;
        Ok(Self { path: parts.uri.path().to_owned(), parameters })
    }
}

/// A `nextPage` in the making.
pub(crate) struct NextPage {
    text: String,
    separator: char,
}

impl NextPage {
    pub(crate) fn new(path: &str) -> Self {
        Self { text: path.to_owned(), separator: '?' }
    }

    /// Adds a parameter that was given.
    pub(crate) fn add(&mut self, name: &str, value: &str) {
        self.text.push(self.separator);
        self.separator = '&';
        self.text.push_str(name);
        self.text.push('=');
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                self.text.push(char::from(byte));
            } else {
                // Writing to a String cannot fail.
                let _ = write!(self.text, "%{byte:02X}");
            }
        }
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }
}

/// A date (midnight in `zone`) or date-time of a query, cut to whole milliseconds, as `nextPage` writes it.
///
/// # Errors
/// 400 that names the parameter.
pub(crate) fn instant(name: &str, text: &str, zone: &TimeZone) -> Result<Timestamp, ApiError> {
    let expected = || ApiError::field(name, "an ISO 8601 date or date-time", &format!("{text:?}"));
    let read = wire::time::parse_query_time(text, zone).map_err(|_| expected())?;
    Timestamp::from_millisecond(read.as_millisecond()).map_err(|_| expected())
}
