//! Does the server outlive its handlers, and end without losing what it accepted?

use crate::client::{Server, read};
use axum::Router;
use axum::routing::get;
use door::ServeOptions;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

fn router() -> Router {
    Router::new()
        .route("/ok", get(|| async { "ok" }))
        .route("/panic", get(panicking))
        .route(
            "/slow",
            get(|| async {
                tokio::time::sleep(Duration::from_millis(400)).await;
                "slow but sure"
            }),
        )
        .route("/endless", get(|| async { tokio::time::sleep(Duration::from_secs(600)).await }))
}

async fn panicking() -> &'static str {
    panic!("a text that no caller may see")
}

const SLOW: &[u8] = b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n";

#[tokio::test]
async fn a_panic_is_an_answer_and_the_connection_lives_on() {
    let server = Server::start(router()).await;
    let mut stream = server.connect().await;
    for _ in 0..3 {
        stream.write_all(b"GET /panic HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let message = read(&mut stream).await.unwrap().error(500, "INTERNAL");
        assert!(!message.contains("no caller may see"), "{message}");
        stream.write_all(b"GET /ok HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        assert_eq!(read(&mut stream).await.unwrap().body, b"ok");
    }
}

#[tokio::test]
async fn what_was_accepted_is_finished_and_nothing_more_is_accepted() {
    let mut server = Server::start(router()).await;
    let mut idle = server.connect().await;
    idle.write_all(b"GET /ok HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert_eq!(read(&mut idle).await.unwrap().body, b"ok");
    let mut busy = server.connect().await;
    busy.write_all(SLOW).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.stop();
    let address = server.address;
    let answer = read(&mut busy).await.expect("the request under way is answered");
    assert_eq!(answer.body, b"slow but sure");
    tokio::time::timeout(Duration::from_secs(5), server.ended())
        .await
        .expect("idle connections hold nobody up");
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_request_that_never_ends_does_not_keep_the_server() {
    let options = ServeOptions { shutdown_grace: Duration::from_millis(200), ..ServeOptions::default() };
    let mut server = Server::with(router(), options).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /endless HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.stop();
    tokio::time::timeout(Duration::from_secs(5), server.ended()).await.expect("the grace ends");
}
