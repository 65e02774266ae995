//! Are bodies, heads, connections and rates bounded?

use crate::client::{Server, read};
use axum::Router;
use axum::routing::post;
use door::{Message, RateLimit, Raw, ServeOptions, body_limit};
use outside::{ManualClock, Outside, SeededEntropy};
use std::io::Write;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wire::datasync::Envelope;

fn router() -> Router {
    let small = post(|Raw(bytes): Raw| async move { bytes.len().to_string() }).layer(body_limit(100));
    let message = post(|Message(envelope): Message<Envelope>| async move { envelope.data_domain })
        .layer(body_limit(100));
    let by_axum = post(|bytes: bytes::Bytes| async move { bytes.len().to_string() }).layer(body_limit(100));
    let unlimited = post(|Raw(bytes): Raw| async move { bytes.len().to_string() });
    Router::new()
        .route("/small", small)
        .route("/message", message)
        .route("/axum", by_axum)
        .route("/default", unlimited)
}

#[tokio::test]
async fn each_route_has_its_own_limit() {
    let server = Server::start(router()).await;
    assert_eq!(server.send("POST", "/small", "", &[b'x'; 100]).await.body, b"100");
    for path in ["/small", "/message", "/axum"] {
        server.send("POST", path, "", &[b'x'; 101]).await.error(413, "PAYLOAD_TOO_LARGE");
    }
    let message =
        server.send("POST", "/small", "", &vec![b'x'; 3_000_000]).await.error(413, "PAYLOAD_TOO_LARGE");
    assert!(message.contains("100 bytes"), "{message}");
    let limit = door::BODY_LIMIT_DEFAULT;
    assert_eq!(
        server.send("POST", "/default", "", &vec![b'x'; limit]).await.body,
        limit.to_string().as_bytes()
    );
    server.send("POST", "/default", "", &vec![b'x'; limit + 1]).await.error(413, "PAYLOAD_TOO_LARGE");
}

/// The body as gzip.
fn packed(body: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(body).unwrap();
    gzip.finish().unwrap()
}

#[tokio::test]
async fn a_packed_body_is_read_within_the_limit_of_what_it_holds() {
    let server = Server::start(router()).await;
    let gzip = "content-encoding: gzip\r\n";
    let body = br#"{"dataDomain": "bills", "data": []}"#;
    assert_eq!(server.send("POST", "/message", gzip, &packed(body)).await.body, b"bills");
    assert_eq!(server.send("POST", "/message", "content-encoding: identity\r\n", body).await.body, b"bills");
    // two packed parts one after the other are one text
    let parts = [packed(&body[..10]), packed(&body[10..])].concat();
    assert!(parts.len() <= 100, "{}", parts.len());
    assert_eq!(server.send("POST", "/message", "content-encoding: GZIP\r\n", &parts).await.body, b"bills");
    assert_eq!(server.send("POST", "/small", gzip, &packed(&[b'x'; 100])).await.body, b"100");
    let bomb = packed(&vec![b'x'; 50_000]);
    assert!(bomb.len() <= 100, "{}", bomb.len());
    let message = server.send("POST", "/small", gzip, &bomb).await.error(413, "PAYLOAD_TOO_LARGE");
    assert!(message.contains("100 bytes"), "{message}");
    let broken = &packed(body)[..20];
    for body in [broken, body, b""] {
        server.send("POST", "/message", gzip, body).await.error(400, "BAD_REQUEST");
    }
    for coding in ["br", "deflate", "gzip, gzip"] {
        let answer = server.send("POST", "/message", &format!("content-encoding: {coding}\r\n"), body).await;
        let message = answer.error(415, "UNSUPPORTED_CONTENT_ENCODING");
        assert!(message.contains(coding), "{message}");
        assert_eq!(answer.header("accept-encoding"), Some("gzip, identity"));
    }
}

#[tokio::test]
async fn a_body_that_does_not_tell_its_length_is_limited_too() {
    let server = Server::start(router()).await;
    for path in ["/small", "/axum"] {
        let mut stream = server.connect().await;
        let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        for _ in 0..3 {
            stream.write_all(format!("28\r\n{}\r\n", "x".repeat(40)).as_bytes()).await.unwrap();
        }
        stream.write_all(b"0\r\n\r\n").await.unwrap();
        read(&mut stream).await.unwrap().error(413, "PAYLOAD_TOO_LARGE");
    }
}

#[tokio::test]
async fn a_client_that_dawdles_over_its_head_is_cut_off() {
    let options = ServeOptions { header_read_timeout: Duration::from_millis(300), ..ServeOptions::default() };
    let server = Server::with(router(), options).await;
    let mut stream = server.connect().await;
    let started = Instant::now();
    stream.write_all(b"POST /small HTTP/1.1\r\nhost:").await.unwrap();
    let mut rest = Vec::new();
    // Closed by the server, whether with an answer (408) or without.
    let _ =
        tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut rest)).await.expect("cut off");
    assert!(started.elapsed() >= Duration::from_millis(250), "{:?}", started.elapsed());
    let text = String::from_utf8_lossy(&rest);
    assert!(text.is_empty() || text.starts_with("HTTP/1.1 408"), "{text}");
    assert_eq!(server.send("POST", "/small", "", b"x").await.status, 200);
}

#[tokio::test]
async fn a_client_that_dawdles_over_its_body_is_told() {
    let options = ServeOptions { body_read_timeout: Duration::from_millis(300), ..ServeOptions::default() };
    let server = Server::with(router(), options).await;
    for path in ["/small", "/message"] {
        let mut stream = server.connect().await;
        let started = Instant::now();
        let begun = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{{");
        stream.write_all(begun.as_bytes()).await.unwrap();
        let answer =
            tokio::time::timeout(Duration::from_secs(5), read(&mut stream)).await.expect("an answer");
        answer.unwrap().error(408, "REQUEST_TIMEOUT");
        assert!(started.elapsed() >= Duration::from_millis(250), "{path}: {:?}", started.elapsed());
    }
    assert_eq!(server.send("POST", "/small", "", b"x").await.status, 200);
}

#[tokio::test]
async fn more_connections_than_the_limit_wait_for_their_turn() {
    let options = ServeOptions { connections_max: 1, ..ServeOptions::default() };
    let server = Server::with(router(), options).await;
    let mut first = server.connect().await;
    let request = b"POST /small HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\n\r\nx";
    first.write_all(request).await.unwrap();
    assert_eq!(read(&mut first).await.unwrap().status, 200);
    let mut second = server.connect().await;
    second.write_all(request).await.unwrap();
    let waiting = tokio::time::timeout(Duration::from_millis(200), read(&mut second)).await;
    assert!(waiting.is_err(), "the second was answered while the first was open");
    drop(first);
    assert_eq!(read(&mut second).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_caller_over_its_rate_is_told_when_to_come_back() {
    let clock = Arc::new(ManualClock::at("2026-03-01T10:00:00Z".parse().unwrap()));
    let outside = Outside::new(clock.clone(), Arc::new(SeededEntropy::new(1)));
    let limit = RateLimit::new(&outside, NonZeroU32::MIN, NonZeroU32::new(2).unwrap());
    let limited = router().route_layer(limit);
    let server = Server::start(limited).await;
    for _ in 0..2 {
        assert_eq!(server.send("POST", "/small", "", b"x").await.status, 200);
    }
    let answer = server.send("POST", "/small", "", b"x").await;
    answer.error(429, "TOO_MANY_REQUESTS");
    assert_eq!(answer.header("retry-after"), Some("1"));
    clock.advance_seconds(1);
    assert_eq!(server.send("POST", "/small", "", b"x").await.status, 200);
}
