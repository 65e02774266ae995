//! What is said to a head that cannot be read, and to one that is answered before its body has come?

use crate::client::{Server, read};
use axum::Router;
use axum::extract::Path;
use axum::routing::{any, get, post};
use door::{ApiError, Raw, body_limit};
use http::StatusCode;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Answers with the status of its path, without a look at the body.
async fn refuse(Path(status): Path<u16>) -> ApiError {
    ApiError::new(StatusCode::from_u16(status).unwrap(), "before the body was read")
}

fn router() -> Router {
    Router::new().route("/ok", get(|| async { "ok" })).route("/refuse/{status}", any(refuse)).route(
        "/length",
        post(|Raw(bytes): Raw| async move { bytes.len().to_string() }).layer(body_limit(100)),
    )
}

#[tokio::test]
async fn a_head_that_cannot_be_read_is_told_why() {
    let server = Server::start(router()).await;
    let many: String = (0..101).map(|number| format!("x-{number}: 1\r\n")).collect();
    let long = "x".repeat(300_000);
    let table = [
        ("GET /ok HTTP/1.1\r\nhost: x\r\nno colon here\r\n\r\n".to_owned(), 400, "BAD_REQUEST"),
        (format!("GET /ok HTTP/1.1\r\nhost: x\r\n{many}\r\n"), 431, "HEAD_TOO_LONG"),
        (format!("GET /ok HTTP/1.1\r\nhost: x\r\nx-long: {long}\r\n\r\n"), 431, "HEAD_TOO_LONG"),
        (format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", &long[..66_000]), 414, "URI_TOO_LONG"),
        (format!("GET /{long}{long} HTTP/1.1\r\nhost: x\r\n\r\n"), 414, "URI_TOO_LONG"),
        ("POST /length HTTP/1.1\r\nhost: x\r\ncontent-length: abc\r\n\r\nabc".to_owned(), 400, "BAD_REQUEST"),
        (
            "POST /length HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab".to_owned(),
            400,
            "BAD_REQUEST",
        ),
        (
            "POST /length HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip\r\n\r\nab".to_owned(),
            400,
            "BAD_REQUEST",
        ),
        ("GET /ok HTTP/3.0\r\nhost: x\r\n\r\n".to_owned(), 505, "VERSION_NOT_SUPPORTED"),
        ("GET /ok HTTP/0.9\r\nhost: x\r\n\r\n".to_owned(), 505, "VERSION_NOT_SUPPORTED"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), 505, "VERSION_NOT_SUPPORTED"),
        ("G\u{7f}T /ok HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(), 400, "BAD_REQUEST"),
        ("\u{16}\u{3}\u{1} no words at all \r\n\r\n".to_owned(), 400, "BAD_REQUEST"),
    ];
    for (request, status, code) in &table {
        // On a fresh connection, and behind a request that was answered.
        for before in ["", "GET /ok HTTP/1.1\r\nhost: x\r\n\r\n"] {
            let shown = &request[..request.len().min(60)];
            let mut stream = server.connect().await;
            stream.write_all(before.as_bytes()).await.unwrap();
            if !before.is_empty() {
                assert_eq!(read(&mut stream).await.unwrap().body, b"ok");
            }
            // The server may have closed before the last of a long one.
            let _ = stream.write_all(request.as_bytes()).await;
            let answer = read(&mut stream).await.unwrap_or_else(|| panic!("no word to {shown:?}"));
            assert_eq!(answer.status, *status, "{shown:?} after {before:?}: {}", answer.head);
            answer.error(*status, code);
            assert_eq!(answer.header("connection"), Some("close"), "{shown:?}");
            assert!(read(&mut stream).await.is_none(), "the connection stays open after {shown:?}");
        }
    }
    assert_eq!(server.send("GET", "/ok", "", b"").await.body, b"ok");
}

#[tokio::test]
async fn a_request_names_one_host() {
    let server = Server::start(router()).await;
    let table = [
        ("HTTP/1.1", "", 400),
        ("HTTP/1.1", "host: a\r\nhost: b\r\n", 400),
        ("HTTP/1.1", "host: a\r\nhost: a\r\n", 400),
        ("HTTP/1.1", "host: a b\r\n", 400),
        ("HTTP/1.1", "host: a/b\r\n", 400),
        ("HTTP/1.1", "host: me@a\r\n", 400),
        ("HTTP/1.1", "host: a\r\n", 200),
        ("HTTP/1.1", "host: a:8080\r\n", 200),
        ("HTTP/1.1", "host: [::1]:8080\r\n", 200),
        ("HTTP/1.1", "host:\r\n", 200),
        ("HTTP/1.0", "", 200),
        ("HTTP/1.0", "host: a\r\nhost: b\r\n", 400),
    ];
    for (version, hosts, status) in table {
        let mut stream = server.connect().await;
        stream.write_all(format!("GET /ok {version}\r\n{hosts}\r\n").as_bytes()).await.unwrap();
        let answer = read(&mut stream).await.unwrap();
        assert_eq!(answer.status, status, "{version} {hosts:?}");
        if status == 400 {
            assert!(answer.error(400, "BAD_REQUEST").contains("Host"));
        }
    }
}

#[tokio::test]
async fn after_an_early_answer_the_connection_works_or_says_that_it_closes() {
    let server = Server::start(router()).await;
    let chunked = "a\r\n0123456789\r\n0\r\n\r\n".to_owned();
    for status in [400, 401, 403, 404, 409, 413, 429, 500, 503] {
        // head, body, whether the connection stays
        let table = [
            ("content-length: 10\r\n", "0123456789".to_owned(), true),
            ("content-length: 60000\r\n", "x".repeat(60_000), true),
            ("transfer-encoding: chunked\r\n", chunked.clone(), true),
            ("content-length: 3000000\r\n", "x".repeat(3_000_000), false),
            ("content-length: 10\r\nexpect: 100-continue\r\n", String::new(), false),
            ("content-length: 10\r\n", "01234".to_owned(), false),
        ];
        for (head, body, stays) in table {
            let what = format!("{status} {head:?} and {} bytes", body.len());
            let mut stream = server.connect().await;
            let head = format!("POST /refuse/{status} HTTP/1.1\r\nhost: x\r\n{head}\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
            // In a segment of its own.
            tokio::time::sleep(Duration::from_millis(20)).await;
            stream.write_all(body.as_bytes()).await.unwrap_or_else(|error| panic!("{what}: {error}"));
            let answer = read(&mut stream).await.unwrap_or_else(|| panic!("{what}: no answer"));
            assert_eq!(answer.status, status, "{what}");
            assert_eq!(answer.header("connection"), (!stays).then_some("close"), "{what}");
            if stays {
                stream.write_all(b"GET /ok HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
                assert_eq!(read(&mut stream).await.unwrap_or_else(|| panic!("{what}: broken")).body, b"ok");
            } else {
                let mut rest = Vec::new();
                // A reset would say that the answer could have been lost.
                stream.read_to_end(&mut rest).await.unwrap_or_else(|error| panic!("{what}: {error}"));
                assert!(rest.is_empty(), "{what}");
            }
        }
    }
}

/// What the door itself refuses: too long a body, a route or method that is not there.
#[tokio::test]
async fn the_doors_own_early_answers_keep_the_connection_too() {
    let server = Server::start(router()).await;
    for (method, path, length, status) in
        [("POST", "/length", 101, 413), ("POST", "/nowhere", 10, 404), ("POST", "/ok", 10, 405)]
    {
        let mut stream = server.connect().await;
        for _ in 0..3 {
            let head = format!("{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
            tokio::time::sleep(Duration::from_millis(10)).await;
            stream.write_all(&vec![b'x'; length]).await.unwrap();
            let answer = read(&mut stream).await.unwrap_or_else(|| panic!("{path}: no answer"));
            assert_eq!((answer.status, answer.header("connection")), (status, None), "{path}");
        }
    }
}
