//! How do list calls read their query, and how do they point to the next page? (protocol.md §1.5, §1.6)

use axum::extract::{FromRequestParts, Query};
use door::ApiError;
use http::request::Parts;
use jiff::{Timestamp, tz::TimeZone};
use serde::de::DeserializeOwned;
use std::fmt::Write as _;

/// Records of a page when the call does not say.
pub(crate) const LIMIT_DEFAULT: i64 = 50;
/// Most records of a page.
pub(crate) const LIMIT_MAX: i64 = 100;

/// The query of a list call, all texts; what each means is said by [`instant`], [`flag`] and [`limit`].
pub(crate) struct Parameters<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Parameters<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let read = Query::<T>::try_from_uri(&parts.uri);
        read.map(|Query(parameters)| Self(parameters)).map_err(|error| {
            ApiError::bad_request(format!("the query cannot be read: {}", error.body_text()))
        })
    }
}

/// A `nextPage` in the making.
pub(crate) struct NextPage {
    text: String,
    separator: char,
}

impl NextPage {
    pub(crate) fn new(path: String) -> Self {
        Self { text: path, separator: '?' }
    }

    /// Adds a parameter that was given.
    pub(crate) fn add(&mut self, name: &str, value: Option<&str>) {
        let Some(value) = value else { return };
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

    pub(crate) fn instant(&mut self, name: &str, value: Option<Timestamp>) {
        self.add(name, value.map(wire::time::utc_millis).as_deref());
    }

    pub(crate) fn flag(&mut self, name: &str, value: Option<bool>) {
        self.add(name, value.map(|value| if value { "1" } else { "0" }));
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }
}

/// A date or date-time of a query, cut to whole milliseconds.
pub(crate) fn instant(
    name: &str,
    text: Option<&str>,
    zone: &TimeZone,
) -> Result<Option<Timestamp>, ApiError> {
    let Some(text) = text else { return Ok(None) };
    let expected = || ApiError::field(name, "an ISO 8601 date or date-time", &format!("{text:?}"));
    let read = wire::time::parse_query_time(text, zone).map_err(|_| expected())?;
    let whole = read.as_millisecond();
    Timestamp::from_millisecond(whole).map(Some).map_err(|_| expected())
}

/// `true`, `false`, `1` or `0`.
pub(crate) fn flag(name: &str, text: Option<&str>) -> Result<Option<bool>, ApiError> {
    match text {
        None => Ok(None),
        Some("true" | "1") => Ok(Some(true)),
        Some("false" | "0") => Ok(Some(false)),
        Some(other) => Err(ApiError::field(name, "true, false, 1 or 0", &format!("{other:?}"))),
    }
}

/// 1 to 100.
pub(crate) fn limit(text: Option<&str>) -> Result<Option<i64>, ApiError> {
    let Some(text) = text else { return Ok(None) };
    match text.parse() {
        Ok(limit @ 1..=LIMIT_MAX) => Ok(Some(limit)),
        _ => Err(ApiError::field("limit", "a whole number from 1 to 100", &format!("{text:?}"))),
    }
}

/// A page as it is sent.
pub(crate) fn page<T>(data: Vec<T>, next_page: Option<String>) -> wire::list::Page<T> {
    wire::list::Page { data, next_page, ok: Some(1) }
}
