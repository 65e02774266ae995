//! Does a lane survive the loss of its connection?

use crate::engines::Opened;
use crate::schema::*;
use db::{Db, Engine, Error, Never, Options, TxError, params};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

const TERMINATE: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
    WHERE datname = current_database() AND pid <> pg_backend_pid()";

fn cut_connections(url: &str) {
    cluster::Cluster::shared().unwrap().run_sql(url, TERMINATE).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_connections_that_were_cut_are_replaced_unseen() {
    let opened = Opened::new(Engine::Postgres).await;
    open_accounts(&opened.db, &[("a", 0)]).await;
    for round in 1..=3 {
        cut_connections(&opened.options.url);
        let url = opened.options.url.clone();
        for _ in 0..8 {
            let added = opened.db.write("add", |tx| -> Result<_, TxError<Never>> {
                Ok(tx.execute(&ADD, params!["a", 1_i64])?)
            });
            assert_eq!(added.await, Ok(1), "{url}");
        }
        assert_eq!(amount_of(&opened.db, "a").await, Some(round * 8));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_cut_in_the_middle_of_a_command_runs_it_again() {
    let opened = Opened::new(Engine::Postgres).await;
    open_accounts(&opened.db, &[("a", 0)]).await;
    let runs = Arc::new(AtomicU32::new(0));
    let (seen, url) = (Arc::clone(&runs), opened.options.url.clone());
    let added = opened.db.write("cut", move |tx| -> Result<_, TxError<Never>> {
        let run = seen.fetch_add(1, Ordering::SeqCst);
        tx.execute(&ADD, params!["a", 1_i64])?;
        if run == 0 {
            cut_connections(&url);
        }
        Ok(tx.execute(&ADD, params!["a", 1_i64])?)
    });
    assert_eq!(added.await, Ok(1));
    assert_eq!(runs.load(Ordering::SeqCst), 2);
    assert_eq!(amount_of(&opened.db, "a").await, Some(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_cut_before_commit_is_unknown_to_the_caller() {
    let opened = Opened::new(Engine::Postgres).await;
    open_accounts(&opened.db, &[("a", 0)]).await;
    let url = opened.options.url.clone();
    let ended = opened
        .db
        .write("cut", move |tx| -> Result<_, TxError<Never>> {
            tx.execute(&ADD, params!["a", 1_i64])?;
            // The next thing that goes over the wire is COMMIT
            cut_connections(&url);
            Ok(())
        })
        .await
        .unwrap_err()
        .into_error();
    assert_eq!(ended, Error::CommitUnknown);
    assert!(!ended.is_transient());
    assert_eq!(amount_of(&opened.db, "a").await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schema_that_changes_under_a_prepared_statement_is_met_unseen() {
    let opened = Opened::new(Engine::Postgres).await;
    open_accounts(&opened.db, &[("a", 7)]).await;
    for _ in 0..4 {
        assert_eq!(amount_of(&opened.db, "a").await, Some(7));
    }
    let change = "ALTER TABLE shop_account ALTER COLUMN amount TYPE INTEGER";
    cluster::Cluster::shared().unwrap().run_sql(&opened.options.url, change).unwrap();
    for _ in 0..4 {
        assert_eq!(amount_of(&opened.db, "a").await, Some(7));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_away_is_answered_soon_and_found_again() {
    let cluster = tokio::task::spawn_blocking(|| cluster::Cluster::start(cluster::Durability::Off).unwrap())
        .await
        .unwrap();
    let mut options = Options::new(&cluster.create_database().unwrap());
    (options.read_lanes, options.write_lanes) = (1, 1);
    let db = Db::open(options).await.unwrap();
    db.migrate(&[SHOP]).await.unwrap();
    open_accounts(&db, &[("a", 1)]).await;
    cluster.stop().unwrap();
    let asked = std::time::Instant::now();
    for _ in 0..20 {
        let ended = read(&db).await.unwrap_err();
        assert!(matches!(ended, Error::Unavailable(_)), "{ended:?}");
    }
    // The first waits a moment for the server; the others hear at once that it is down
    assert!(asked.elapsed() < std::time::Duration::from_secs(10), "{:?}", asked.elapsed());
    cluster.start_again().unwrap();
    for _ in 0..200 {
        if read(&db).await == Ok(Some(1)) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the read lane did not come back");
}

/// The lanes' connections are dead and nobody has noticed: the next command finds out and must not pay for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_the_server_between_two_commands_is_unseen() {
    let cluster = tokio::task::spawn_blocking(|| cluster::Cluster::start(cluster::Durability::Off).unwrap())
        .await
        .unwrap();
    let mut options = Options::new(&cluster.create_database().unwrap());
    (options.read_lanes, options.write_lanes) = (2, 3);
    let db = Db::open(options).await.unwrap();
    db.migrate(&[SHOP]).await.unwrap();
    open_accounts(&db, &[("a", 0)]).await;
    for round in 1..=3 {
        for _ in 0..6 {
            read(&db).await.unwrap();
        }
        cluster.stop().unwrap();
        cluster.start_again().unwrap();
        for step in 1..=6 {
            let added = db.write("add", |tx| -> Result<_, TxError<Never>> {
                Ok(tx.execute(&ADD, params!["a", 1_i64])?)
            });
            assert_eq!(added.await, Ok(1), "round {round}, step {step}");
            assert_eq!(read(&db).await, Ok(Some((round - 1) * 6 + step)));
        }
    }
}

/// Lanes that found the server down look again as soon as one of them has reached it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_back_for_one_lane_is_back_for_all() {
    let cluster = tokio::task::spawn_blocking(|| cluster::Cluster::start(cluster::Durability::Off).unwrap())
        .await
        .unwrap();
    let mut options = Options::new(&cluster.create_database().unwrap());
    (options.read_lanes, options.write_lanes) = (1, 6);
    let db = Db::open(options).await.unwrap();
    db.migrate(&[SHOP]).await.unwrap();
    open_accounts(&db, &[("a", 0)]).await;
    let add = || {
        let db = db.clone();
        tokio::spawn(async move {
            let added = db.write("add", |tx| -> Result<_, TxError<Never>> {
                Ok(tx.execute(&ADD, params!["a", 1_i64])?)
            });
            added.await.map_err(TxError::into_error)
        })
    };
    cluster.stop().unwrap();
    // Often enough for every lane to have found out, and to rest the longest
    for _ in 0..6 {
        for failed in (0..30).map(|_| add()).collect::<Vec<_>>() {
            assert!(matches!(failed.await.unwrap(), Err(Error::Unavailable(_))));
        }
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    }
    cluster.start_again().unwrap();
    for _ in 0..100 {
        if add().await.unwrap().is_ok() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    for added in (0..60).map(|_| add()).collect::<Vec<_>>() {
        assert_eq!(added.await.unwrap(), Ok(1));
    }
}

async fn read(db: &Db) -> Result<Option<i64>, Error> {
    let read = db.read("read", |tx| -> Result<_, TxError<Never>> { Ok(amount(tx, "a")?) });
    read.await.map_err(TxError::into_error)
}
