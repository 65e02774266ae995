//! What does a connection cost whose client does not take or send what it should, and whom does it keep out?

use crate::client::{Answer, Server, read};
use axum::Router;
use axum::routing::{get, post};
use bytes::Bytes;
use door::{Raw, ServeOptions};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const BIG_BYTES: usize = 8 * 1024 * 1024;
const GET_BIG: &[u8] = b"GET /big HTTP/1.1\r\nhost: x\r\n\r\n";
const GET_OK: &[u8] = b"GET /ok HTTP/1.1\r\nhost: x\r\n\r\n";

/// How often the handler of `/big` ran.
type Runs = Arc<AtomicUsize>;

fn router() -> (Router, Runs) {
    let runs = Runs::default();
    let (big, counted) = (Bytes::from(vec![b'x'; BIG_BYTES]), Arc::clone(&runs));
    let router = Router::new()
        .route("/ok", get(|| async { "ok" }))
        .route("/length", post(|Raw(bytes): Raw| async move { bytes.len().to_string() }))
        .route(
            "/big",
            get(move || {
                counted.fetch_add(1, Ordering::SeqCst);
                let big = big.clone();
                async move { big }
            }),
        )
        .route(
            "/slow",
            get(|| async {
                tokio::time::sleep(Duration::from_millis(900)).await;
                "slow but sure"
            }),
        );
    (router, runs)
}

/// Reads until the other side has ended or cut the connection; gives how many bytes came.
async fn read_to_the_end(stream: &mut TcpStream) -> usize {
    let (mut chunk, mut all) = (vec![0; 64 * 1024], 0);
    let reading = async {
        while let Ok(count) = stream.read(&mut chunk).await {
            all += count;
            if count == 0 {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), reading).await.expect("the connection ends");
    all
}

#[tokio::test]
async fn no_request_is_begun_while_an_answer_waits_to_be_taken() {
    let (router, runs) = router();
    let server = Server::start(router).await;
    let mut stream = server.connect().await;
    const REQUESTS: usize = 40;
    stream.write_all(&GET_BIG.repeat(REQUESTS)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(700)).await;
    // One answer waits, perhaps another fits into the kernel's buffers.
    assert!(runs.load(Ordering::SeqCst) <= 3, "{} handlers ran", runs.load(Ordering::SeqCst));
    for number in 0..REQUESTS {
        let answer = read(&mut stream).await.unwrap_or_else(|| panic!("answer {number} is missing"));
        assert_eq!((answer.status, answer.body.len()), (200, BIG_BYTES));
    }
    assert_eq!(runs.load(Ordering::SeqCst), REQUESTS);
}

/// Answers without a body are small, but there is no end of them: they too stop when nobody takes them.
#[tokio::test]
async fn a_client_that_only_asks_is_not_listened_to() {
    let (router, _) = router();
    let options = ServeOptions { write_timeout: Duration::from_secs(2), ..ServeOptions::default() };
    let server = Server::with(router, options).await;
    let mut stream = server.connect().await;
    let heads = b"HEAD /ok HTTP/1.1\r\nhost: x\r\n\r\n".repeat(1000);
    let (mut sent, started) = (0, Instant::now());
    let sending = async {
        while stream.write_all(&heads).await.is_ok() {
            sent += heads.len();
        }
    };
    tokio::time::timeout(Duration::from_secs(60), sending).await.expect("the connection is cut");
    // What fits into the buffers of two sockets, not what 60 seconds would have brought.
    assert!(sent < 64 * 1024 * 1024, "{sent} bytes of requests in {:?}", started.elapsed());
}

#[tokio::test]
async fn an_answer_that_nobody_takes_is_given_up() {
    let (router, _) = router();
    let options = ServeOptions { write_timeout: Duration::from_millis(400), ..ServeOptions::default() };
    let server = Server::with(router, options).await;
    let mut stream = server.connect().await;
    stream.write_all(GET_BIG).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let got = read_to_the_end(&mut stream).await;
    assert!(got < BIG_BYTES, "the whole answer came");
    assert_eq!(server.send("GET", "/ok", "", b"").await.body, b"ok");
}

#[tokio::test]
async fn an_exchange_ends_in_time_however_slowly_it_goes_on() {
    let (router, _) = router();
    let options = ServeOptions { exchange_timeout: Duration::from_millis(700), ..ServeOptions::default() };
    let server = Server::with(router, options).await;
    // One takes a little all the time, one sends a little all the time, one waits for its handler.
    let mut taking = server.connect().await;
    taking.write_all(GET_BIG).await.unwrap();
    let mut sending = server.connect().await;
    sending.write_all(b"POST /length HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n").await.unwrap();
    let mut waiting = server.connect().await;
    waiting.write_all(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut chunk = vec![0; 1024];
    for _ in 0..12 {
        // Whether they still work does not matter before the limit, and afterwards they do not.
        let _ = taking.read(&mut chunk).await;
        let _ = sending.write_all(b"x").await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(read_to_the_end(&mut taking).await < BIG_BYTES);
    assert_eq!(read_to_the_end(&mut sending).await, 0);
    assert_eq!(read_to_the_end(&mut waiting).await, 0);
    let answer = server.send("POST", "/length", "", b"12345").await;
    assert_eq!(answer.body, b"5");
}

#[tokio::test]
async fn whoever_waits_for_its_client_makes_room_for_whoever_sends() {
    let (router, _) = router();
    let options = ServeOptions {
        connections_max: 4,
        place_patience: Duration::from_millis(300),
        ..ServeOptions::default()
    };
    let server = Server::with(router, options).await;
    let mut holders = Vec::new();
    for request in
        [&b""[..], b"GET /ok HT", b"POST /length HTTP/1.1\r\nhost: x\r\ncontent-length: 500\r\n\r\n", GET_BIG]
    {
        let mut stream = server.connect().await;
        stream.write_all(request).await.unwrap();
        holders.push(stream);
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    let started = Instant::now();
    for _ in 0..8 {
        let mut caller = server.connect().await;
        caller.write_all(GET_OK).await.unwrap();
        assert_eq!(read(&mut caller).await.unwrap().body, b"ok");
        holders.push(caller);
    }
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    for stream in holders.iter_mut().take(4) {
        read_to_the_end(stream).await;
    }
}

#[tokio::test]
async fn a_handler_at_work_keeps_its_place() {
    let (router, _) = router();
    let options = ServeOptions {
        connections_max: 1,
        place_patience: Duration::from_millis(100),
        ..ServeOptions::default()
    };
    let server = Server::with(router, options).await;
    let mut first = server.connect().await;
    first.write_all(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut second = server.connect().await;
    second.write_all(GET_OK).await.unwrap();
    let answers: (Option<Answer>, Option<Answer>) = tokio::join!(read(&mut first), read(&mut second));
    assert_eq!(answers.0.unwrap().body, b"slow but sure");
    assert_eq!(answers.1.unwrap().body, b"ok");
}
