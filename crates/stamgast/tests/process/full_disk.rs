//! What does a server on SQLite do while nothing more fits on its disk, and when there is room again?

use crate::program::{Server, admin_token};
use http::Method;
use serde_json::json;
use stamgast::client::JsonClient;
use std::path::Path;
use std::process::Command;
use testkit::{Engine, TestDatabase, eventually};

/// Forbids the server to write beyond this many bytes of any file, or lifts that (`unlimited`): as on a full disk, what
/// is there can be written over, and nothing can be added.
fn limit_files(server: &Server, bytes: &str) {
    let words = ["--pid", &server.pid().to_string(), &format!("--fsize={bytes}:")];
    let limited = Command::new("prlimit").args(words).status();
    assert!(limited.expect("prlimit runs").success());
}

fn length(path: &str) -> u64 {
    Path::new(path).metadata().map_or(0, |file| file.len())
}

/// Sets up a merchant of this number; its status.
async fn put(admin: &JsonClient, number: u64) -> u16 {
    let merchant = json!({"name": format!("M{number}"), "countryCode": "CZ", "currencyCode": "CZK"});
    let path = format!("/admin/v1/platform/merchants/{number:024x}");
    admin.send(Method::PUT, &path, Some(merchant.to_string().into_bytes())).await.unwrap().status
}

async fn is_there(admin: &JsonClient, number: u64) -> bool {
    let path = format!("/admin/v1/platform/merchants/{number:024x}");
    admin.send(Method::GET, &path, None).await.unwrap().status == 200
}

#[test]
fn a_full_disk_refuses_writes_until_there_is_room() {
    testkit::run(Engine::Sqlite, async |engine| {
        let database = TestDatabase::fresh(engine).await;
        let file = database.url().strip_prefix("sqlite:").unwrap().to_owned();
        let log = format!("{file}-wal");
        let server = Server::start(database.url(), "all");
        let admin = server.caller().bearer(&admin_token(database.url()));
        let ready = async || server.caller().send(Method::GET, "/readyz", None).await.unwrap();
        assert_eq!(put(&admin, 1).await, 200);
        assert_eq!(ready().await.status, 200);

        // Nothing fits any more: writes are refused, reads are answered, and the server says that it is not ready.
        limit_files(&server, "4096");
        for number in 2..6 {
            assert_eq!(put(&admin, number).await, 503, "{number}");
        }
        let answer = ready().await;
        assert!(answer.status == 503 && answer.text.contains("cannot be written"), "{}", answer.text);
        assert!(is_there(&admin, 1).await && !is_there(&admin, 2).await);
        limit_files(&server, "unlimited");
        eventually("ready again", async || (ready().await.status == 200).then_some(())).await;
        assert_eq!(put(&admin, 6).await, 200);

        // The log fills the disk by itself, and what it holds fits into the file: the server makes room without a restart.
        let mut number = 7;
        while length(&log) < length(&file) + (1 << 20) {
            assert_eq!(put(&admin, number).await, 200, "{number}");
            number += 1;
        }
        limit_files(&server, &length(&log).to_string());
        let taken = number;
        eventually("room made by the server", async || (put(&admin, taken).await == 200).then_some(())).await;
        assert!(length(&log) < length(&file), "the log was not moved");
        assert_eq!(ready().await.status, 200);

        // Whoever was told yes is there, whoever was told no is not, for the next server too.
        limit_files(&server, "unlimited");
        assert_eq!(server.terminate(), Some(0));
        let server = Server::start(database.url(), "all");
        let admin = server.caller().bearer(&admin_token(database.url()));
        for number in (1..=taken).filter(|number| !(2..6).contains(number)) {
            assert!(is_there(&admin, number).await, "{number}");
        }
        for number in 2..6 {
            assert!(!is_there(&admin, number).await, "{number}");
        }
        assert_eq!(server.terminate(), Some(0));
    });
}
