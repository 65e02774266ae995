//! Has every error the one form, whoever made it?

use crate::client::Server;
use axum::Router;
use axum::extract::Query;
use axum::routing::{get, post};
use db::TxError;
use door::{ApiError, FormOrJson, Message, RawMessage, Strict};
use serde::Deserialize;
use wire::datasync::Envelope;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Grant {
    grant_type: String,
}

#[derive(Deserialize)]
struct Paging {
    limit: u8,
}

fn router() -> Router {
    Router::new()
        .route("/plain", get(|| async { "ok" }))
        .route("/message", post(|Message(envelope): Message<Envelope>| async move { envelope.data_domain }))
        .route(
            "/raw",
            post(|raw: RawMessage<Envelope>| async move {
                format!("{} {}", raw.message.data_domain, raw.bytes.len())
            }),
        )
        .route("/strict", post(|Strict(grant): Strict<Grant>| async move { grant.grant_type }))
        .route("/token", post(|FormOrJson(grant): FormOrJson<Grant>| async move { grant.grant_type }))
        .route("/paged", get(|Query(paging): Query<Paging>| async move { paging.limit.to_string() }))
        .route("/axum-json", post(|axum::Json(grant): axum::Json<Grant>| async move { grant.grant_type }))
        .route("/database/{what}", get(database))
        .route("/bills/{billId}", get(|| async { Err::<(), _>(ApiError::not_found("bill", "b1")) }))
}

async fn database(axum::extract::Path(what): axum::extract::Path<String>) -> Result<(), ApiError> {
    Err(match what.as_str() {
        "busy" => TxError::Failed(db::Error::Busy),
        "away" => TxError::Failed(db::Error::Unavailable("the disk at /secret/path is full".into())),
        "unknown" => TxError::Failed(db::Error::CommitUnknown),
        "broken" => TxError::Failed(db::Error::Panicked),
        _ => TxError::Refused(ApiError::conflict("it changed meanwhile").with("offer", 7)),
    }
    .into())
}

#[tokio::test]
async fn what_axum_refuses_by_itself_has_the_form_too() {
    let server = Server::start(router()).await;
    let message = server.send("GET", "/nowhere/7", "", b"").await.error(404, "NOT_FOUND");
    assert!(message.contains("/nowhere/7"), "{message}");
    let answer = server.send("DELETE", "/plain", "", b"").await;
    let message = answer.error(405, "METHOD_NOT_ALLOWED");
    assert_eq!(answer.header("allow"), Some("GET,HEAD"));
    assert!(message.contains("/plain") && message.contains("DELETE"), "{message}");
    let message = server.send("GET", "/paged?limit=x", "", b"").await.error(400, "BAD_REQUEST");
    assert!(message.contains("limit"), "{message}");
    server.send("POST", "/axum-json", "", b"{}").await.error(415, "UNSUPPORTED_MEDIA_TYPE");
    server.send("GET", "/bills/%00", "", b"").await.error(400, "BAD_REQUEST");
    assert_eq!(server.send("GET", "/plain", "", b"").await.body, b"ok");
}

#[tokio::test]
async fn a_message_that_cannot_be_read_names_its_member() {
    let server = Server::start(router()).await;
    let good = br#"{"dataDomain": "bills", "data": [], "x": 1}"#;
    assert_eq!(server.send("POST", "/message", "", good).await.body, b"bills");
    assert_eq!(server.send("POST", "/raw", "", good).await.body, format!("bills {}", good.len()).as_bytes());
    for (body, field) in [
        (&b"{\"data\": []}"[..], Some("dataDomain")),
        (br#"{"dataDomain": "bills", "data": 7}"#, Some("data")),
        (br#"{"dataDomain": "", "data": []}"#, Some("dataDomain")),
        (br#"{"dataDomain": "bills", "placeId": "a\u0000b", "data": []}"#, Some("placeId")),
        (b"[]", Some("dataDomain")),
        (b"[1]", None),
        (b"{", None),
        (b"", None),
        (b"\xff\xfe", None),
    ] {
        let answer = server.send("POST", "/message", "", body).await;
        answer.error(400, "BAD_REQUEST");
        assert_eq!(answer.json()["field"].as_str(), field, "{}", answer.json());
    }
}

#[tokio::test]
async fn our_own_bodies_are_read_strictly_as_json_or_form() {
    let server = Server::start(router()).await;
    let form = "content-type: application/x-www-form-urlencoded\r\n";
    assert_eq!(server.send("POST", "/strict", "", br#"{"grantType": "x"}"#).await.body, b"x");
    let answer = server.send("POST", "/strict", "", br#"{"grantType": "x", "more": 1}"#).await;
    answer.error(400, "BAD_REQUEST");
    assert_eq!(answer.json()["field"], "more");
    assert_eq!(server.send("POST", "/token", form, b"grantType=a%20b").await.body, b"a b");
    assert_eq!(server.send("POST", "/token", "", br#"{"grantType": "j"}"#).await.body, b"j");
    let message = server.send("POST", "/token", form, b"grant=x").await.error(400, "BAD_REQUEST");
    assert!(message.contains("grant"), "{message}");
    server.send("POST", "/token", form, b"grantType=%00").await.error(400, "BAD_REQUEST");
    let message =
        server.send("POST", "/token", "", br#"{"grantType": "a\u0000b"}"#).await.error(400, "BAD_REQUEST");
    assert!(message.contains("U+0000"), "{message}");
    for path in ["/strict", "/token"] {
        let message = server.send("POST", path, "", br#"["x"]"#).await.error(400, "BAD_REQUEST");
        assert!(message.contains("expected an object"), "{path}: {message}");
    }
}

#[tokio::test]
async fn the_databases_troubles_are_told_without_its_words() {
    let server = Server::start(router()).await;
    let answer = server.send("GET", "/database/busy", "", b"").await;
    answer.error(503, "UNAVAILABLE");
    assert_eq!(answer.header("retry-after"), Some("1"));
    let answer = server.send("GET", "/database/away", "", b"").await;
    let message = answer.error(503, "UNAVAILABLE");
    assert!(!message.contains("secret"), "{message}");
    assert!(answer.header("retry-after").is_some());
    assert!(server.send("GET", "/database/unknown", "", b"").await.header("retry-after").is_some());
    server.send("GET", "/database/broken", "", b"").await.error(500, "INTERNAL");
    let answer = server.send("GET", "/database/refused", "", b"").await;
    answer.error(409, "CONFLICT");
    assert_eq!(answer.json()["offer"], 7);
    server.send("GET", "/bills/7", "", b"").await.error(404, "NOT_FOUND");
}

#[tokio::test]
async fn an_id_from_outside_is_echoed_if_it_is_harmless() {
    let server = Server::start(router()).await;
    let answer = server.send("GET", "/plain", "x-request-id: till-7\r\n", b"").await;
    assert_eq!(answer.header("x-request-id"), Some("till-7"));
    let answer = server.send("GET", "/plain", "x-correlation-id: c1\r\n", b"").await;
    assert_eq!((answer.header("x-request-id"), answer.header("x-correlation-id")), (Some("c1"), Some("c1")));
    let long = format!("x-request-id: {}\r\n", "x".repeat(129));
    let answer = server.send("GET", "/plain", &long, b"").await;
    assert_eq!(answer.header("x-request-id").map(str::len), Some(16));
    let other = server.send("GET", "/plain", "", b"").await;
    assert_ne!(answer.header("x-request-id"), other.header("x-request-id"));
}
