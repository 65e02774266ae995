//! What does an operator ask a running server? Is it alive, is it ready, how is it doing, what can it do.

use crate::config::Role;
use crate::docs;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use bytes::Bytes;
use db::{Db, Never, TxError};
use http::header::{ACCEPT, CONTENT_TYPE, VARY};
use http::{HeaderMap, Method, StatusCode};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

db::statement! {
    /// Whether a read lane answers.
    READY = "SELECT COUNT(*) FROM door_admin_token WHERE prefix = ''";
}

/// Upper bounds of the duration histograms, in seconds.
const BUCKETS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 10.0];

/// Whoever asks whether the server is ready wants to know it soon: a database that stands still is not ready.
const READY_DEADLINE: Duration = Duration::from_secs(1);
/// The metrics of so long ago are told again, instead of being put into words for each caller.
const METRICS_AGE_MAX: Duration = Duration::from_millis(500);

/// The process has one recorder, however many apps it runs.
static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Starts counting; without effect from the second time on.
pub(crate) fn start_metrics() {
    RECORDER.get_or_init(|| {
        let recorder =
            PrometheusBuilder::new().set_buckets(&BUCKETS).and_then(PrometheusBuilder::install_recorder);
        recorder.inspect_err(|error| tracing::warn!(%error, "metrics cannot be recorded")).ok()
    });
}

/// Makes room in the histograms; called every few seconds.
pub(crate) fn tidy_metrics() {
    if let Some(Some(recorder)) = RECORDER.get() {
        recorder.run_upkeep();
    }
}

/// What an operator may ask, by path; [`docs`] adds its own.
const PATHS: [&str; 6] = ["/", "/healthz", "/readyz", "/metrics", "/openapi.json", "/docs/"];

/// The paths that a server in this role answers, with their methods.
pub(crate) fn paths(role: Role) -> door::Paths {
    let described = crate::openapi::served(role).paths.paths.iter().map(|(path, item)| {
        let calls = [
            (item.get.is_some(), Method::GET),
            (item.put.is_some(), Method::PUT),
            (item.post.is_some(), Method::POST),
            (item.patch.is_some(), Method::PATCH),
            (item.delete.is_some(), Method::DELETE),
        ];
        (path.clone(), calls.into_iter().filter_map(|(known, method)| known.then_some(method)).collect())
    });
    let others = PATHS.into_iter().map(|path| (path.to_owned(), vec![Method::GET]));
    door::Paths::new(described.chain(others))
}

/// `/`, `/healthz`, `/readyz`, `/metrics`, and with [`docs`] `/openapi.json` and `/docs`.
pub(crate) fn router(db: Db, role: Role) -> Router {
    Router::new()
        .route("/", get(move |headers| async move { root(role, &headers) }))
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(readyz))
        .with_state(db)
        .route("/metrics", get(metrics).with_state(Arc::default()))
        .merge(docs::router(role))
}

/// Says which program this is and where to go on: as JSON, to a browser as a page.
fn root(role: Role, headers: &HeaderMap) -> Response {
    let wants_page = headers
        .get_all(ACCEPT)
        .iter()
        .any(|accepted| accepted.to_str().is_ok_and(|text| text.to_ascii_lowercase().contains("text/html")));
    let version = env!("CARGO_PKG_VERSION");
    // one address, two forms: a cache must not give one caller the other's
    let vary = [(VARY, "accept")];
    if wants_page {
        return (vary, Html(ROOT_PAGE.replace("{version}", version))).into_response();
    }
    let links = serde_json::json!({
        "docs": "/docs/", "openapi": "/openapi.json", "health": "/healthz", "ready": "/readyz", "metrics": "/metrics"
    });
    let body = serde_json::json!({ "name": "stamgast", "version": version, "role": role, "links": links });
    (vary, Json(body)).into_response()
}

const ROOT_PAGE: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Štamgast</title>
<h1>Štamgast {version}</h1>
<p>A server for restaurants: the cloud behind the registers, and the loyalty partner beside it.</p>
<ul>
<li><a href="/docs/">What can be called</a>, as a page; <a href="/openapi.json">the same as OpenAPI</a></li>
<li><a href="/readyz">Is it ready?</a></li>
<li><a href="/metrics">Its metrics</a></li>
</ul>
</html>
"#;

/// 200 while the database can be read and written in time, else 503. A full queue in front of it is no fault of the database.
async fn readyz(State(db): State<Db>) -> (StatusCode, &'static str) {
    let read = db.read("ready", |tx| {
        tx.optional(&READY, &[])?;
        Ok::<_, TxError<Never>>(())
    });
    match tokio::join!(tokio::time::timeout(READY_DEADLINE, read), db.ready(READY_DEADLINE)) {
        (Ok(Ok(())), Ok(()) | Err(db::Error::Busy)) => (StatusCode::OK, "ready\n"),
        (Ok(Ok(())), Err(_)) => (StatusCode::SERVICE_UNAVAILABLE, "the database cannot be written\n"),
        (Ok(Err(_)), _) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
        (Err(_), _) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer in time\n"),
    }
}

/// The metrics in words, and when they were put so.
type Rendered = Arc<Mutex<Option<(Instant, Bytes)>>>;

/// The text form of Prometheus. Callers within half a second share one text: it is long, and anybody may ask.
async fn metrics(State(rendered): State<Rendered>) -> Response {
    let Some(Some(recorder)) = RECORDER.get() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "metrics are not recorded\n").into_response();
    };
    let text = {
        let mut rendered = rendered.lock().unwrap_or_else(PoisonError::into_inner);
        match &*rendered {
            Some((at, text)) if at.elapsed() < METRICS_AGE_MAX => text.clone(),
            _ => {
                let text = Bytes::from(recorder.render());
                *rendered = Some((Instant::now(), text.clone()));
                text
            }
        }
    };
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}
