//! How is the description of the API shown? `/openapi.json` and, as a page, `/docs`.
//!
//! Both are long and anybody may ask for them, so each text is made once and shared by all its callers.

use crate::config::Role;
use crate::openapi::PerRole;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};
use std::collections::HashMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use utoipa_swagger_ui::Config;

/// How long a browser keeps a file of the page: they change with the program only.
const KEPT: &str = "public, max-age=3600";
/// The description may change when the server is started with another program or role.
const DESCRIPTION_KEPT: &str = "public, max-age=60";

/// The files of the page that somebody has asked for: never more than there are.
#[derive(Clone)]
struct Pages {
    config: Arc<Config<'static>>,
    files: Arc<Mutex<HashMap<String, File>>>,
}

/// A text that anybody may ask for, plain and, once somebody has asked for that, packed.
#[derive(Clone)]
struct File {
    plain: Bytes,
    packed: Arc<OnceLock<Bytes>>,
    content_type: HeaderValue,
    kept: &'static str,
}

impl File {
    fn new(plain: Bytes, content_type: HeaderValue, kept: &'static str) -> Self {
        Self { plain, packed: Arc::default(), content_type, kept }
    }

    /// The answer to somebody with these headers.
    async fn answer(self, headers: &HeaderMap) -> Response {
        let fixed = [
            (CONTENT_TYPE, self.content_type.clone()),
            (CACHE_CONTROL, HeaderValue::from_static(self.kept)),
            // one address, two forms: a cache must not give one caller the other's
            (VARY, HeaderValue::from_static("accept-encoding")),
        ];
        if !takes_gzip(headers) {
            return (fixed, self.plain).into_response();
        }
        // the longest takes long enough to keep others on this thread waiting; a panic there is as good as no packing
        let own = self.clone();
        match tokio::task::spawn_blocking(move || own.packed.get_or_init(|| gzip(&own.plain)).clone()).await {
            Ok(packed) => {
                (fixed, [(CONTENT_ENCODING, HeaderValue::from_static("gzip"))], packed).into_response()
            }
            Err(_) => (fixed, self.plain).into_response(),
        }
    }
}

/// Whether a caller says that it reads gzip: by name and not with the weight 0.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let weight = weight.trim().strip_prefix("q=").unwrap_or("1");
        name.trim().eq_ignore_ascii_case("gzip") && weight.bytes().any(|byte| (b'1'..=b'9').contains(&byte))
    })
}

fn gzip(plain: &[u8]) -> Bytes {
    let mut packing = GzEncoder::new(Vec::new(), Compression::default());
    // writing into memory cannot fail; if it did, an empty text would be seen by the test
    let packed = packing.write_all(plain).and_then(|()| packing.finish());
    packed.unwrap_or_default().into()
}

/// The description of what a server in this role answers.
fn description(role: Role) -> &'static File {
    static DESCRIPTION: PerRole<File> = PerRole::new();
    DESCRIPTION.get(role, || {
        // a description that cannot be written is a programming error, which the tests of the documents find
        let text = Bytes::from(serde_json::to_vec(crate::openapi::served(role)).unwrap_or_default());
        File::new(text, HeaderValue::from_static("application/json"), DESCRIPTION_KEPT)
    })
}

/// `/openapi.json`, `/docs` and what is under it.
pub(crate) fn router(role: Role) -> Router {
    let pages = Pages { config: Arc::new(config()), files: Arc::default() };
    Router::new()
        .route(
            "/openapi.json",
            get(move |headers: HeaderMap| async move { description(role).clone().answer(&headers).await }),
        )
        .route("/docs", get(|| async { Redirect::to("/docs/") }))
        .route(
            "/docs/",
            get(|State(pages): State<Pages>, headers: HeaderMap| async move {
                file(&pages, "index.html", &headers).await
            }),
        )
        .route(
            "/docs/{*file}",
            get(|State(pages): State<Pages>, Path(name): Path<String>, headers: HeaderMap| async move {
                file(&pages, &name, &headers).await
            }),
        )
        .with_state(pages)
}

/// How the page shows the description: without the box for descriptions of other servers, closed groups first, and with
/// tokens that stay when the page is loaded again.
fn config() -> Config<'static> {
    Config::from("/openapi.json")
        .use_base_layout()
        .persist_authorization(true)
        .try_it_out_enabled(true)
        .display_request_duration(true)
        .doc_expansion("none")
        .default_models_expand_depth(-1)
}

async fn file(pages: &Pages, name: &str, headers: &HeaderMap) -> Response {
    let kept = pages.files.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
    let found = kept.or_else(|| {
        let file = make(pages, name)?;
        let mut files = pages.files.lock().unwrap_or_else(PoisonError::into_inner);
        Some(files.entry(name.to_owned()).or_insert(file).clone())
    });
    match found {
        Some(file) => file.answer(headers).await,
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn make(pages: &Pages, name: &str) -> Option<File> {
    let served = utoipa_swagger_ui::serve(name, Arc::clone(&pages.config));
    let file =
        served.inspect_err(|error| tracing::error!(%error, "a page of /docs cannot be made")).ok()??;
    let bytes = file.bytes.into_owned();
    let plain = if name == "index.html" { titled(bytes) } else { bytes.into() };
    Some(File::new(plain, HeaderValue::from_str(&file.content_type).ok()?, KEPT))
}

/// The page under our own title.
fn titled(page: Vec<u8>) -> Bytes {
    match String::from_utf8(page) {
        Ok(page) => page.replacen("<title>Swagger UI</title>", "<title>Štamgast API</title>", 1).into(),
        // no text: as it came
        Err(other) => other.into_bytes().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_whoever_names_it() {
        for (lines, expected) in [
            (&["gzip, deflate, br, zstd"][..], true),
            (&["br;q=1.0, GZIP;q=0.5"], true),
            (&["identity", "gzip"], true),
            (&["gzip;q=0"], false),
            (&["gzip; q=0.0"], false),
            (&["br", "gzipped"], false),
            (&["*"], false),
            (&[""], false),
            (&[], false),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(ACCEPT_ENCODING, line.parse().unwrap());
            }
            assert_eq!(takes_gzip(&headers), expected, "{lines:?}");
        }
    }
}
