//! Who gets past the admin token, on both engines?

use crate::client::Server;
use axum::Router;
use axum::routing::post;
use db::{Db, Engine, Options};
use door::admin::AdminCaller;
use door::{AdminTokens, Strict};
use outside::{ManualClock, Outside, SeededEntropy};
use std::sync::Arc;

struct Bench {
    tokens: AdminTokens,
    other_process: AdminTokens,
    clock: Arc<ManualClock>,
    db: Db,
    _folder: tempfile::TempDir,
}

async fn bench(engine: Engine) -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let url = match engine {
        Engine::Sqlite => format!("sqlite:{}", folder.path().join("test.db").display()),
        Engine::Postgres => {
            let create = || cluster::Cluster::shared().unwrap().create_database().unwrap();
            tokio::task::spawn_blocking(create).await.unwrap()
        }
    };
    let db = Db::open(Options::new(&url)).await.unwrap();
    db.migrate(&[door::MIGRATIONS]).await.unwrap();
    let clock = Arc::new(ManualClock::at("2026-03-01T10:00:00Z".parse().unwrap()));
    let outside = Outside::new(clock.clone(), Arc::new(SeededEntropy::new(3)));
    let tokens = AdminTokens::new(db.clone(), outside.clone());
    let other_process = AdminTokens::new(db.clone(), outside);
    Bench { tokens, other_process, clock, db, _folder: folder }
}

async fn only_a_live_token_passes(engine: Engine) {
    let bench = bench(engine).await;
    assert_eq!(bench.db.prepare_all().await.unwrap(), []);
    let who = post(|caller: AdminCaller, Strict(_): Strict<serde_json::Value>| async move { caller.name });
    let server =
        Server::start(Router::new().route("/admin/v1/who", who).with_state(bench.tokens.clone())).await;
    let token = bench.tokens.issue("set-up").await.unwrap();
    let send = async |head: String, body: &[u8]| server.send("POST", "/admin/v1/who", &head, body).await;

    let good = format!("authorization: Bearer {}\r\n", token.text);
    assert_eq!(send(good.clone(), b"{}").await.body, b"set-up");
    let mut wrong = token.text.clone();
    let last = wrong.pop().unwrap();
    wrong.push(if last == 'A' { 'B' } else { 'A' });
    for head in [
        String::new(),
        format!("authorization: {}\r\n", token.text),
        format!("authorization: Bearer {wrong}\r\n"),
        format!("authorization: Bearer {}\r\n", token.prefix),
        "authorization: Bearer x\r\n".into(),
        format!("authorization: Basic {}\r\n", token.text),
    ] {
        // The body is not even read: it is no JSON.
        let answer = send(head, b"garbage").await;
        answer.error(401, "UNAUTHORIZED");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }

    // Revoked elsewhere: believed until the cache is five seconds old. Revoked here: at once.
    bench.other_process.revoke(&token.prefix).await.unwrap();
    assert_eq!(send(good.clone(), b"{}").await.status, 200);
    bench.clock.advance_seconds(5);
    send(good, b"{}").await.error(401, "UNAUTHORIZED");
    let second = bench.tokens.issue("second").await.unwrap();
    let good = format!("authorization: Bearer {}\r\n", second.text);
    assert_eq!(send(good.clone(), b"{}").await.body, b"second");
    bench.tokens.revoke(&second.prefix).await.unwrap();
    send(good, b"{}").await.error(401, "UNAUTHORIZED");
    assert_eq!(bench.tokens.revoke(&second.prefix).await.unwrap_err().status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_live_token_passes_on_sqlite() {
    only_a_live_token_passes(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_live_token_passes_on_postgres() {
    only_a_live_token_passes(Engine::Postgres).await;
}
