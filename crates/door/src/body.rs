//! How is a body read, how long may it be, and what is said when it cannot be understood?
//!
//! Documented messages are read tolerantly ([`Message`]), bodies of our own API strictly ([`Strict`]).
//! An extractor that reads a body must be the last argument of a handler, so credentials (which come from
//! the head) are checked before a byte of the body is taken.

use crate::ApiError;
use crate::unread::{Unread, take_apart};
use axum::extract::{DefaultBodyLimit, FromRequest, Request};
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use std::io::Read;
use std::task::{Context, Poll};
use std::time::Duration;
use tower::{Layer, Service};

/// The largest body of a route without a limit of its own, in bytes.
pub const BODY_LIMIT_DEFAULT: usize = 256 * 1024;
/// A body must be there this long after its head, where the accept loop says nothing else.
const BODY_READ_TIMEOUT: Duration = Duration::from_secs(30);

/// How long after its head a body must be there, among the extensions of each request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyReadTimeout(pub(crate) Duration);
/// Of a body that is refused for its length this much is read and thrown away, so that the sender, who is
/// still writing, gets to see the answer instead of a broken connection.
const DRAINED_BYTES_MAX: usize = 4 * 1024 * 1024;
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// A layer that bounds the body of the routes under it; see [`body_limit`].
#[derive(Debug, Clone, Copy)]
pub struct BodyLimit {
    bytes: usize,
}

/// Bodies of more than `bytes` are answered 413, before the handler when `Content-Length` tells. Put on a
/// route, it wins over one put on the router around it.
pub fn body_limit(bytes: usize) -> BodyLimit {
    BodyLimit { bytes }
}

impl<S> Layer<S> for BodyLimit {
    type Service = Limit<S>;

    fn layer(&self, inner: S) -> Limit<S> {
        Limit { inner, limit: *self }
    }
}

/// The service behind [`BodyLimit`].
#[derive(Debug, Clone)]
pub struct Limit<S> {
    inner: S,
    limit: BodyLimit,
}

impl<S: Service<Request>> Service<Request> for Limit<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> S::Future {
        request.extensions_mut().insert(self.limit);
        // For a route that reads with one of axum's own extractors.
        DefaultBodyLimit::max(self.limit.bytes).apply(&mut request);
        self.inner.call(request)
    }
}

/// A documented message, read tolerantly: `async fn handler(…, Message(offer): Message<Request>)`.
#[derive(Debug, Clone)]
pub struct Message<T>(pub T);

/// A documented message with the bytes it came in (to store, hash or compare).
#[derive(Debug, Clone)]
pub struct RawMessage<T> {
    /// The message as it was read.
    pub message: T,
    /// The bytes as they came.
    pub bytes: Bytes,
}

/// A body of our own API: unknown members and wrong types are refused by name.
#[derive(Debug, Clone)]
pub struct Strict<T>(pub T);

/// The body as it came, within the route's limit: for a message whose refusal depends on more than its form.
#[derive(Debug, Clone)]
pub struct Raw(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for Raw {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        read(request).await.map(Self)
    }
}

/// A body that may be a form (`application/x-www-form-urlencoded`) or JSON, as the token call takes it.
#[derive(Debug, Clone)]
pub struct FormOrJson<T>(pub T);

impl<S: Send + Sync, T: wire::Read> FromRequest<S> for Message<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        let bytes = read(request).await?;
        Ok(Self(wire::read::from_slice(&bytes)?))
    }
}

impl<S: Send + Sync, T: wire::Read> FromRequest<S> for RawMessage<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        let bytes = read(request).await?;
        let message = wire::read::from_slice(&bytes)?;
        Ok(Self { message, bytes })
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Strict<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        let bytes = read(request).await?;
        refuse_nul(&bytes)?;
        Ok(Self(strict(&bytes)?))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for FormOrJson<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        let is_form =
            request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(
                |value| value.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded"),
            );
        let bytes = read(request).await?;
        if is_form {
            if bytes.contains(&0) || bytes.windows(3).any(|window| window == b"%00") {
                return Err(ApiError::bad_request(
                    "expected text without the character U+0000, found %00 in the form",
                ));
            }
            let form = serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(
                form_urlencoded::parse(&bytes),
            ));
            form.map(Self).map_err(|error| unreadable(&error.path().to_string(), error.inner()))
        } else {
            refuse_nul(&bytes)?;
            strict(&bytes).map(Self)
        }
    }
}

/// Reads JSON into a type of our own API; an error names the member.
fn strict<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let bytes = wire::read::without_mark(bytes);
    if bytes.is_empty() {
        return Err(ApiError::bad_request("expected a JSON body, found an empty one"));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(wire::read::objects_only(&mut json)).map_err(|error| {
        // what is no JSON is looked for by its place, not by the member that was being read
        let is_no_json = error.inner().is_syntax() || error.inner().is_eof();
        let path = if is_no_json { String::new() } else { error.path().to_string() };
        unreadable(&path, error.inner())
    })?;
    json.end().map_err(|error| unreadable(".", &error))?;
    Ok(value)
}

/// Reads a part of a body of our own API, which was read before, into its type; an error names the member inside it.
///
/// # Errors
/// 400 that says which member is at fault.
pub fn read_strictly<T: DeserializeOwned>(part: &serde_json::Value) -> Result<T, ApiError> {
    strict(part.to_string().as_bytes())
}

/// 400 that says which member is at fault, or of what is no JSON at all, where it goes wrong.
fn unreadable(path: &str, error: &impl std::fmt::Display) -> ApiError {
    let Unread { path, sentence } = take_apart(path, &error.to_string());
    if path.is_empty() {
        return ApiError::bad_request(format!("the body cannot be read: {sentence}"));
    }
    ApiError::bad_request(sentence).with("field", path)
}

/// How the bytes of a body are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Plain,
    Gzip,
}

/// How a request's body is packed by its `Content-Encoding`. More than one packing around another is not read.
fn coding(headers: &HeaderMap) -> Result<Coding, String> {
    let lines = headers.get_all(header::CONTENT_ENCODING).into_iter();
    let lines: Vec<_> = lines.map(|line| String::from_utf8_lossy(line.as_bytes()).to_lowercase()).collect();
    let names = lines.iter().flat_map(|line| line.split(',')).map(str::trim);
    let packed: Vec<&str> = names.filter(|name| !name.is_empty() && *name != "identity").collect();
    match packed.as_slice() {
        [] => Ok(Coding::Plain),
        ["gzip" | "x-gzip"] => Ok(Coding::Gzip),
        other => Err(other.join(", ")),
    }
}

/// The whole body, within the route's limit and in time. A packed one is unpacked, within the same limit; one that is
/// packed in a way that is not read is 415, so that its sender knows.
async fn read(request: Request) -> Result<Bytes, ApiError> {
    let limit = request.extensions().get::<BodyLimit>().map_or(BODY_LIMIT_DEFAULT, |limit| limit.bytes);
    match coding(request.headers()) {
        Ok(Coding::Plain) => collect(request, limit).await,
        Ok(Coding::Gzip) => {
            let packed = collect(request, limit).await?;
            // unpacking some megabytes takes long enough to keep others on this thread waiting
            let unpacked = tokio::task::spawn_blocking(move || unpack(&packed, limit)).await;
            unpacked.map_err(|_| ApiError::internal())?
        }
        Err(other) => {
            drain(request.into_body()).await;
            Err(ApiError::unsupported_coding(&other))
        }
    }
}

/// Unpacks a gzip body of at most `limit` bytes; of a longer one no more is unpacked than tells so.
fn unpack(packed: &[u8], limit: usize) -> Result<Bytes, ApiError> {
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    let mut unpacked = Vec::new();
    let mut reading = MultiGzDecoder::new(packed).take(most.saturating_add(1));
    match reading.read_to_end(&mut unpacked) {
        Ok(_) if unpacked.len() > limit => Err(ApiError::payload_too_large(limit)),
        Ok(_) => Ok(unpacked.into()),
        Err(_) => Err(ApiError::bad_request(
            "the body cannot be unpacked: expected gzip, as its Content-Encoding says",
        )),
    }
}

/// The bytes of a body as they came, within `limit` and in time.
async fn collect(request: Request, limit: usize) -> Result<Bytes, ApiError> {
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok())
        .unwrap_or(0);
    let patience =
        request.extensions().get().map_or(BODY_READ_TIMEOUT, |BodyReadTimeout(patience)| *patience);
    let mut body = request.into_body();
    if announced > limit {
        drain(body).await;
        return Err(ApiError::payload_too_large(limit));
    }
    let reading = tokio::time::timeout(patience, Limited::new(&mut body, limit).collect()).await;
    match reading {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            drain(body).await;
            Err(ApiError::payload_too_large(limit))
        }
        Ok(Err(_)) => Err(ApiError::bad_request("the body broke off before its end; send it again")),
        Err(_) => Err(ApiError::new(
            StatusCode::REQUEST_TIMEOUT,
            format!("expected the whole body within {} s", patience.as_secs()),
        )),
    }
}

/// A body of our own API is refused with U+0000 in it: no database text can hold it, and its sender is here to mend it.
fn refuse_nul(json: &[u8]) -> Result<(), ApiError> {
    if holds_escaped_nul(json) {
        return Err(ApiError::bad_request(
            "expected text without the character U+0000, found \\u0000 in the body; leave it out",
        ));
    }
    Ok(())
}

/// Whether a JSON text holds the escape of U+0000 (and not a backslash followed by such letters).
fn holds_escaped_nul(json: &[u8]) -> bool {
    let mut rest = json;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        // An escape is a backslash and what follows it, so a second backslash cannot start one.
        let escape = &rest[at..];
        if escape.starts_with(b"\\u0000") {
            return true;
        }
        rest = escape.get(2..).unwrap_or_default();
    }
    false
}

async fn drain(mut body: axum::body::Body) {
    let reading = async {
        let mut left = DRAINED_BYTES_MAX;
        while let Some(Ok(frame)) = body.frame().await {
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
            if left == 0 {
                break;
            }
        }
    };
    // Whether the sender finished or not, the answer is the same.
    let _ = tokio::time::timeout(DRAIN_TIMEOUT, reading).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_escape_itself_is_a_nul() {
        for (json, holds) in [
            (r#"{"a":"b"}"#, false),
            (r#"{"a":"\u0000"}"#, true),
            (r#"{"a":"\\u0000"}"#, false),
            (r#"{"a":"\\\u0000"}"#, true),
            (r#"{"a":"\n\u0000"}"#, true),
            (r#"{"a":"\u00001"}"#, true),
            (r#"{"a":"\u0001"}"#, false),
            ("\\", false),
        ] {
            assert_eq!(holds_escaped_nul(json.as_bytes()), holds, "{json}");
        }
    }

    #[test]
    fn a_packed_body_is_known_by_its_header() {
        for (lines, expected) in [
            (&[][..], Ok(Coding::Plain)),
            (&["identity"], Ok(Coding::Plain)),
            (&[""], Ok(Coding::Plain)),
            (&["gzip"], Ok(Coding::Gzip)),
            (&["X-GZIP, identity"], Ok(Coding::Gzip)),
            (&["br"], Err("br")),
            (&["gzip", "deflate"], Err("gzip, deflate")),
            (&["gzip, gzip"], Err("gzip, gzip")),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::CONTENT_ENCODING, line.parse().unwrap());
            }
            assert_eq!(coding(&headers), expected.map_err(str::to_owned), "{lines:?}");
        }
    }

    #[test]
    fn a_strict_body_is_refused_by_name() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        #[expect(dead_code, reason = "only its reading matters")]
        struct Place {
            place_id: String,
            desks: Vec<Desk>,
        }
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        #[expect(dead_code, reason = "only its reading matters")]
        struct Desk {
            number: u8,
        }
        assert!(strict::<Place>(br#"{"placeId": "p", "desks": [{"number": 1}]}"#).is_ok());
        assert!(strict::<Place>(b"\xef\xbb\xbf{\"placeId\": \"p\", \"desks\": []}").is_ok());
        // body, field, part of the message
        let table = [
            (
                r#"{"placeId": "p", "desks": [{"number": 1}, {"number": "x"}]}"#,
                Some("desks[1].number"),
                "a whole number",
            ),
            (r#"{"placeId": "p", "desks": [], "dsks": 1}"#, Some("dsks"), "did you mean desks?"),
            (r#"{"desks": []}"#, Some("placeId"), "found nothing"),
            ("[]", None, "expected an object"),
            (r#"["p", []]"#, None, "expected an object"),
            (r#"{"placeId": "p", "desks": [{"number": 1}, [2]]}"#, Some("desks[1]"), "expected an object"),
            ("7", None, "expected an object"),
            ("{", None, "EOF"),
            ("", None, "empty"),
            (r#"{"placeId": "p", "desks": []} x"#, None, "trailing"),
        ];
        for (body, field, part) in table {
            let error = strict::<Place>(body.as_bytes()).unwrap_err();
            assert_eq!(error.status, StatusCode::BAD_REQUEST);
            assert_eq!(error.extra.get("field").and_then(|field| field.as_str()), field, "{body}: {error}");
            assert!(error.message.contains(part), "{body}: {error}");
        }
    }
}
