//! Does a caller who has an answer already get it again?

use crate::client::Server;
use axum::Router;
use axum::routing::get;
use door::{ApiError, ETags};
use http::header::ETAG;

fn router() -> Router {
    Router::new()
        .route(
            "/list",
            get(|| async { axum::Json(serde_json::json!({"data": [1, 2]})) }).post(|| async { "made" }),
        )
        .route("/other", get(|| async { axum::Json(serde_json::json!({"data": []})) }))
        .route("/own", get(|| async { ([(ETAG, "W/\"v7\"")], "seven") }))
        .route("/missing", get(|| async { Err::<(), _>(ApiError::not_found("bill", "7")) }))
        .layer(ETags)
}

#[tokio::test]
async fn an_answer_that_the_caller_has_is_not_sent_again() {
    let server = Server::start(router()).await;
    let first = server.send("GET", "/list", "", b"").await;
    let tag = first.header("etag").unwrap().to_owned();
    assert!(first.status == 200 && tag.starts_with('"'), "{tag}");
    for seen in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
        for method in ["GET", "HEAD"] {
            let answer = server.send(method, "/list", &format!("if-none-match: {seen}\r\n"), b"").await;
            assert_eq!((answer.status, answer.body.len()), (304, 0), "{method} {seen}");
            assert_eq!(answer.header("etag"), Some(tag.as_str()));
            assert_eq!((answer.header("content-type"), answer.header("content-length")), (None, None));
        }
    }
    let twice = format!("if-none-match: \"x\"\r\nif-none-match: {tag}\r\n");
    assert_eq!(server.send("GET", "/list", &twice, b"").await.status, 304);
    for seen in ["\"x\"", "x", &tag[..tag.len() - 1]] {
        let answer = server.send("GET", "/list", &format!("if-none-match: {seen}\r\n"), b"").await;
        assert_eq!((answer.status, &answer.body), (200, &first.body), "{seen}");
    }
    let other = server.send("GET", "/other", &format!("if-none-match: {tag}\r\n"), b"").await;
    assert!(other.status == 200 && other.header("etag") != Some(tag.as_str()));
}

#[tokio::test]
async fn a_tag_of_the_handlers_own_stays_and_only_reading_has_one() {
    let server = Server::start(router()).await;
    let own = server.send("GET", "/own", "", b"").await;
    assert_eq!((own.status, own.header("etag")), (200, Some("W/\"v7\"")));
    let again = server.send("GET", "/own", "if-none-match: \"v7\"\r\n", b"").await;
    assert_eq!((again.status, again.header("etag"), again.body.len()), (304, Some("W/\"v7\""), 0));
    let made = server.send("POST", "/list", "if-none-match: *\r\n", b"").await;
    assert_eq!((made.status, made.header("etag"), made.body.as_slice()), (200, None, &b"made"[..]));
    let missing = server.send("GET", "/missing", "if-none-match: *\r\n", b"").await;
    missing.error(404, "NOT_FOUND");
    assert_eq!(missing.header("etag"), None);
}
