//! How is the description of the API shown? `/openapi.json` and, as a page, `/docs`.
//!
//! Both are long and anybody may ask for them, so each text is made once and shared by all its callers.

use crate::config::Role;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use utoipa_swagger_ui::Config;

/// How long a browser keeps a file of the page: they change with the program only.
const KEPT: &str = "public, max-age=3600";

/// The files of the page that somebody has asked for: never more than there are.
#[derive(Clone)]
struct Pages {
    config: Arc<Config<'static>>,
    files: Arc<Mutex<HashMap<String, File>>>,
}

#[derive(Clone)]
struct File {
    bytes: Bytes,
    content_type: HeaderValue,
    gzipped: bool,
}

/// `/openapi.json`, `/docs` and what is under it.
pub(crate) fn router(role: Role) -> Router {
    // a description that cannot be written is a programming error, which the tests of the documents find
    let description = Bytes::from(serde_json::to_vec(&crate::openapi::served(role)).unwrap_or_default());
    let pages = Pages { config: Arc::new(config()), files: Arc::default() };
    Router::new()
        .route(
            "/openapi.json",
            get(move || {
                let description = description.clone();
                async move { ([(CONTENT_TYPE, "application/json")], description) }
            }),
        )
        .route("/docs", get(|| async { Redirect::to("/docs/") }))
        .route("/docs/", get(|State(pages): State<Pages>| async move { file(&pages, "index.html") }))
        .route(
            "/docs/{*file}",
            get(|State(pages): State<Pages>, Path(name): Path<String>| async move { file(&pages, &name) }),
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

fn file(pages: &Pages, name: &str) -> Response {
    let kept = pages.files.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
    let found = match kept {
        Some(file) => Some(file),
        None => {
            let made = make(pages, name);
            if let Some(file) = &made {
                let mut files = pages.files.lock().unwrap_or_else(PoisonError::into_inner);
                files.insert(name.to_owned(), file.clone());
            }
            made
        }
    };
    let Some(file) = found else { return StatusCode::NOT_FOUND.into_response() };
    let headers = [(CONTENT_TYPE, file.content_type), (CACHE_CONTROL, HeaderValue::from_static(KEPT))];
    let mut response = (headers, file.bytes).into_response();
    if file.gzipped {
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

fn make(pages: &Pages, name: &str) -> Option<File> {
    let served = utoipa_swagger_ui::serve(name, Arc::clone(&pages.config));
    let file =
        served.inspect_err(|error| tracing::error!(%error, "a page of /docs cannot be made")).ok()??;
    Some(File {
        bytes: if name == "index.html" {
            titled(file.bytes.into_owned())
        } else {
            file.bytes.into_owned().into()
        },
        content_type: HeaderValue::from_str(&file.content_type).ok()?,
        gzipped: file.gzpipped,
    })
}

/// The page under our own title.
fn titled(page: Vec<u8>) -> Bytes {
    match String::from_utf8(page) {
        Ok(page) => page.replacen("<title>Swagger UI</title>", "<title>Štamgast API</title>", 1).into(),
        // packed, or no text: as it came
        Err(other) => other.into_bytes().into(),
    }
}
