//! How is somebody answered who asks again for what may be as it was?

use axum::Json;
use axum::body::Bytes;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use door::ApiError;
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use std::convert::Infallible;

/// The form of all answers: it moves when the same state is written in another form, so that nobody keeps the old one.
const FORM: &str = "1";

/// The tag of a state of something that is polled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tag(String);

impl Tag {
    /// The tag of a state that these numbers tell from every other.
    pub(crate) fn of(numbers: &[i64]) -> Self {
        let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
        Self(format!("\"{FORM}-{}\"", numbers.join("-")))
    }
}

/// The values of `If-None-Match` by which a caller says what it has.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known(Vec<HeaderValue>);

impl Known {
    /// Whether the caller has this state.
    pub(crate) fn has(&self, tag: &Tag) -> bool {
        door::tag_is_named(&self.0, tag.0.as_bytes())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Known {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.headers.get_all(header::IF_NONE_MATCH).iter().cloned().collect()))
    }
}

/// What a caller is answered.
#[derive(Debug)]
pub(crate) enum Polled<T> {
    /// 304: the state is the one the caller has.
    AsItWas(Tag),
    /// 200: another one.
    New(Tag, T),
    /// 200: another one, whose text is there already.
    Text(Tag, Bytes),
}

impl<T: Serialize> IntoResponse for Polled<T> {
    fn into_response(self) -> Response {
        let json = [(header::CONTENT_TYPE, "application/json")];
        let (tag, mut response) = match self {
            Self::AsItWas(tag) => (tag, StatusCode::NOT_MODIFIED.into_response()),
            Self::New(tag, body) => (tag, Json(body).into_response()),
            Self::Text(tag, text) => (tag, (json, text).into_response()),
        };
        match HeaderValue::try_from(tag.0) {
            Ok(tag) => {
                let headers = response.headers_mut();
                headers.insert(header::ETAG, tag);
                headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
                response
            }
            // Quotes, digits and dashes are always a header's value
            Err(_) => ApiError::internal().into_response(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_known_by_its_tag_in_any_list_strong_or_weak() {
        let tag = Tag::of(&[7, 2]);
        for (header, expected) in [
            ("\"1-7-2\"", true),
            ("W/\"1-7-2\"", true),
            ("\"1-6-2\", \"1-7-2\"", true),
            ("*", true),
            ("\"1-7\"", false),
            ("1-7-2", false),
            ("", false),
        ] {
            assert_eq!(Known(vec![HeaderValue::from_static(header)]).has(&tag), expected, "{header}");
        }
        assert!(!Known::default().has(&tag));
    }
}
