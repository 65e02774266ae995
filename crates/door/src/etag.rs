//! Has the caller seen this answer before?
//!
//! Whoever polls sends back the `ETag` of the answer it has (`If-None-Match`, RFC 9110, section 13.1.2). The layer gives
//! every answer to a GET that has none a strong tag, the hash of its body, and says 304 without a body when the caller
//! has it. A handler that knows cheaper whether something changed sets the tag itself, and the layer compares only.

use axum::body::{Body, HttpBody as _, to_bytes};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use sha2::{Digest, Sha256};
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower::{Layer, Service};

/// Of a body's SHA-256 so many bytes are its tag: 128 bits.
const TAG_BYTES: usize = 16;

/// A layer that tags the answers to GET and HEAD of the routes under it.
#[derive(Debug, Clone, Copy)]
pub struct ETags;

impl<S> Layer<S> for ETags {
    type Service = Tagged<S>;

    fn layer(&self, inner: S) -> Tagged<S> {
        Tagged { inner }
    }
}

/// The service behind [`ETags`].
#[derive(Debug, Clone)]
pub struct Tagged<S> {
    inner: S,
}

impl<S> Service<Request> for Tagged<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let seen: Vec<HeaderValue> =
            request.headers().get_all(header::IF_NONE_MATCH).iter().cloned().collect();
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await?;
            Ok(if reads && answer.status() == StatusCode::OK { tagged(answer, &seen).await } else { answer })
        })
    }
}

/// The answer with its tag, or 304 when `seen` names it. A body whose length is not known is none that was written as a
/// whole: it passes untouched.
async fn tagged(answer: Response, seen: &[HeaderValue]) -> Response {
    let (mut head, body) = answer.into_parts();
    let (tag, body) = match head.headers.get(header::ETAG).cloned() {
        Some(tag) => (tag, body),
        None if body.size_hint().exact().is_none() => return Response::from_parts(head, body),
        None => {
            let Ok(bytes) = to_bytes(body, usize::MAX).await else {
                return crate::ApiError::internal().into_response();
            };
            let Some(tag) = tag_of(&bytes) else { return Response::from_parts(head, bytes.into()) };
            head.headers.insert(header::ETAG, tag.clone());
            (tag, Body::from(bytes))
        }
    };
    // what one caller sees may be kept by that caller only, who asks each time whether it is so still
    head.headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-cache"));
    if tag_is_named(seen, tag.as_bytes()) {
        return not_modified(&head.headers);
    }
    Response::from_parts(head, body)
}

/// 304 with the headers of the answer it stands for, but for those that describe a body.
fn not_modified(headers: &HeaderMap) -> Response {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::NOT_MODIFIED;
    for (name, value) in headers {
        if !matches!(*name, header::CONTENT_TYPE | header::CONTENT_LENGTH) {
            answer.headers_mut().append(name.clone(), value.clone());
        }
    }
    answer
}

/// The strong tag of a body.
fn tag_of(body: &[u8]) -> Option<HeaderValue> {
    let hash = Sha256::digest(body);
    let text = URL_SAFE_NO_PAD.encode(hash.get(..TAG_BYTES)?);
    HeaderValue::from_str(&format!("\"{text}\"")).ok()
}

/// Whether one of these values of `If-None-Match` names the tag, which is a whole header value such as `"1-7"`.
#[must_use]
pub fn tag_is_named(none_match: &[HeaderValue], tag: &[u8]) -> bool {
    none_match.iter().any(|list| names(list.as_bytes(), opaque(tag)))
}

/// What stands between the quotes of a tag, strong or weak.
fn opaque(tag: &[u8]) -> &[u8] {
    let tag = tag.strip_prefix(b"W/").unwrap_or(tag);
    tag.strip_prefix(b"\"").and_then(|tag| tag.strip_suffix(b"\"")).unwrap_or(tag)
}

/// Whether a value of `If-None-Match` names the tag: `*` names every one, a list is compared weakly. What cannot be read ends
/// the list.
fn names(list: &[u8], tag: &[u8]) -> bool {
    if list.trim_ascii() == b"*" {
        return true;
    }
    let mut rest = list;
    loop {
        while let [b' ' | b'\t' | b',', after @ ..] = rest {
            rest = after;
        }
        let Some(inner) = rest.strip_prefix(b"W/").unwrap_or(rest).strip_prefix(b"\"") else { return false };
        let Some(end) = inner.iter().position(|byte| *byte == b'"') else { return false };
        let (found, after) = inner.split_at(end);
        if found == tag {
            return true;
        }
        rest = after.get(1..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_names_a_tag_however_it_is_written() {
        for (list, names_it) in [
            ("\"abc\"", true),
            ("W/\"abc\"", true),
            ("*", true),
            (" * ", true),
            ("\"x\", \"abc\"", true),
            ("\"x\",W/\"abc\"", true),
            ("  ,, \"x\" ,\t\"abc\"", true),
            ("\"a,bc\", \"abc\"", true),
            ("\"ABC\"", false),
            ("\"abcd\"", false),
            ("\"a,bc\"", false),
            ("abc", false),
            ("\"abc", false),
            ("\"x\" abc", false),
            ("w/\"abc\"", false),
            ("\"*\"", false),
            ("", false),
        ] {
            assert_eq!(names(list.as_bytes(), b"abc"), names_it, "{list}");
        }
        assert_eq!((opaque(b"W/\"abc\""), opaque(b"\"abc\"")), (&b"abc"[..], &b"abc"[..]));
    }

    #[test]
    fn a_tag_is_of_the_body_alone() {
        let (one, same, other) = (tag_of(b"{}"), tag_of(b"{}"), tag_of(b"[]"));
        assert_eq!(one, same);
        assert_ne!(one, other);
        let text = one.expect("a tag");
        assert_eq!(text.len(), 24);
        assert!(text.as_bytes().starts_with(b"\"") && text.as_bytes().ends_with(b"\""));
    }
}
