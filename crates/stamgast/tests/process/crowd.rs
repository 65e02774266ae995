//! What does a crowd cost that asks and does not listen? Memory of a real process, and whom it keeps waiting.
//!
//! With `STAMGAST_TEST_LONG` in the environment the crowd is 4,000; otherwise a few hundred, by the same means.

use crate::program::{Server, stamgast};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};
use testkit::{Engine, TestDatabase};

const MEGABYTE: u64 = 1024 * 1024;
/// The longest text that anybody may ask for.
const BIG: &str = "/docs/swagger-ui-bundle.js";

fn crowd() -> usize {
    if std::env::var_os("STAMGAST_TEST_LONG").is_some() { 4_000 } else { 400 }
}

fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").into_bytes()
}

/// A server on a database of its own, with these settings.
async fn server(settings: &[(&str, &str)]) -> (Server, TestDatabase) {
    let database = TestDatabase::empty(Engine::Sqlite).await;
    let mut command = stamgast(&["serve", "--database", database.url(), "--listen", "127.0.0.1:0"]);
    for (name, value) in settings {
        command.env(name, value);
    }
    (Server::started(command), database)
}

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.url().trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream
}

/// Sends and reads the first line of the answer; gives how long that took.
fn answered(server: &Server, request: &[u8]) -> Duration {
    let started = Instant::now();
    let mut stream = connect(server);
    stream.write_all(request).unwrap();
    let mut start = [0; 15];
    stream.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"HTTP/1.1 200 OK");
    started.elapsed()
}

/// The quickest of three callers: the machine may be busy with other tests.
fn quickest(server: &Server) -> Duration {
    (0..3).map(|_| answered(server, &get("/healthz"))).min().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_behind_answers_nobody_reads_cost_no_memory() {
    let (server, _database) = server(&[]).await;
    for path in [BIG, "/openapi.json", "/metrics", "/no/such/path"] {
        // What the first answer takes once stays taken.
        for _ in 0..3 {
            let mut stream = connect(&server);
            stream.write_all(&get(path)).unwrap();
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            let _ = stream.read_to_end(&mut Vec::new()).unwrap();
        }
        let before = server.memory();
        let mut stream = connect(&server);
        stream.write_all(&get(path).repeat(500)).unwrap();
        let mut most = 0;
        for _ in 0..15 {
            std::thread::sleep(Duration::from_millis(100));
            most = most.max(server.memory().saturating_sub(before));
        }
        assert!(most < 8 * MEGABYTE, "500 × {path}: {most} bytes");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_that_never_reads_is_cut_and_keeps_nobody_waiting() {
    let settings = [
        ("STAMGAST_DOOR_WRITE_SECONDS", "4"),
        ("STAMGAST_DOOR_HEADER_READ_SECONDS", "4"),
        ("STAMGAST_DOOR_EXCHANGE_SECONDS", "30"),
        ("STAMGAST_DOOR_BODY_READ_SECONDS", "20"),
    ];
    let (server, _database) = server(&settings).await;
    let idle = server.sockets();
    let started = Instant::now();
    let mut holders = Vec::new();
    for _ in 0..crowd() {
        let mut stream = connect(&server);
        // More than one answer, so that it does not fit into the kernel's buffers.
        stream.write_all(&get(BIG).repeat(8)).unwrap();
        holders.push(stream);
    }
    let asked = started.elapsed();
    let waited = quickest(&server);
    assert!(waited < Duration::from_secs(1), "a caller who sends waited {waited:?}");
    let mut most = 0;
    while server.sockets() > idle {
        most = most.max(server.memory());
        assert!(
            started.elapsed() < asked + Duration::from_secs(30),
            "{} sockets of {} are still open after {:?}",
            server.sockets() - idle,
            holders.len(),
            started.elapsed()
        );
        std::thread::sleep(Duration::from_millis(200));
    }
    assert!(most < 400 * MEGABYTE, "{most} bytes");
    assert!(quickest(&server) < Duration::from_secs(1));
}

/// More clients than places, and none sends the body that it announced.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_sends_gets_a_place_among_those_who_do_not() {
    let places = crowd().to_string();
    let (server, _database) = server(&[("STAMGAST_DOOR_CONNECTION_LIMIT", &places)]).await;
    let mut holders = Vec::new();
    for _ in 0..crowd() + 100 {
        let mut stream = connect(&server);
        stream
            .write_all(b"POST /api/auth/authorize HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n")
            .unwrap();
        holders.push(stream);
    }
    // Those ahead in the queue get their places first, and keep them for a second.
    let waited = answered(&server, &get("/healthz"));
    assert!(waited < Duration::from_secs(5), "a caller who sends waited {waited:?}");
}
