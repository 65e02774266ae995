//! What does an operator ask a running server? Is it alive, is it ready, how is it doing, what can it do.

use crate::config::Role;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use db::{Db, Never, TxError};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;
use utoipa_swagger_ui::SwaggerUi;

db::statement! {
    /// Whether a read lane answers.
    READY = "SELECT COUNT(*) FROM door_admin_token WHERE prefix = ''";
}

/// Upper bounds of the duration histograms, in seconds.
const BUCKETS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 10.0];

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

/// `/healthz`, `/readyz`, `/metrics`, `/openapi.json`, `/docs`.
pub(crate) fn router(db: Db, role: Role) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(db)
        .merge(SwaggerUi::new("/docs").url("/openapi.json", crate::openapi::served(role)))
}

/// 200 while the database answers, else 503.
async fn readyz(State(db): State<Db>) -> (StatusCode, &'static str) {
    let answered = db.read("ready", |tx| {
        tx.optional(&READY, &[])?;
        Ok::<_, TxError<Never>>(())
    });
    match answered.await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
    }
}

/// The text form of Prometheus.
async fn metrics() -> Response {
    match RECORDER.get() {
        Some(Some(recorder)) => {
            ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], recorder.render()).into_response()
        }
        _ => (StatusCode::SERVICE_UNAVAILABLE, "metrics are not recorded\n").into_response(),
    }
}
