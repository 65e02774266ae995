//! Is nobody told of success before it is on disk?

use crate::engines::Opened;
use crate::schema::*;
use cluster::{Cluster, Durability};
use db::{Db, Engine, Error, Never, Options, TxError, params};
use std::time::Duration;

/// Another connection, as a second program would have one.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_is_there_for_another_process() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let opened = Opened::new(engine).await;
        let second = opened.again().await;
        open_accounts(&opened.db, &[("a", 0)]).await;
        for number in 1..=20 {
            opened
                .db
                .write("add", |tx| -> Result<_, TxError<Never>> {
                    Ok(tx.execute(&ADD, params!["a", 1_i64])?)
                })
                .await
                .unwrap();
            assert_eq!(amount_of(&second, "a").await, Some(number));
        }
    }
}

/// The server is killed again and again under writers; what was answered must be there, and what was not
/// answered at most once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_under_writers_loses_nothing_that_was_answered() {
    let cluster = tokio::task::spawn_blocking(|| Cluster::start(Durability::Full).unwrap()).await.unwrap();
    let url = cluster.create_database().unwrap();
    let mut options = Options::new(&url);
    (options.read_lanes, options.write_lanes) = (1, 4);
    let db = Db::open(options).await.unwrap();
    db.migrate(&[SHOP]).await.unwrap();
    let (mut answered, mut unknown) = (Vec::new(), 0_u32);
    let mut number = 0_i64;
    for _ in 0..3 {
        let writers: Vec<_> = (0..4_i64)
            .map(|writer| {
                let (db, from) = (db.clone(), number + writer * 10_000);
                tokio::spawn(async move {
                    let (mut done, mut unknown) = (Vec::new(), 0_u32);
                    for entry in from..from + 10_000 {
                        let ended = db
                            .write("journal", move |tx| -> Result<_, TxError<Never>> {
                                Ok(tx.execute(&JOURNAL, params![entry, "said"])?)
                            })
                            .await;
                        match ended.map_err(TxError::into_error) {
                            Ok(_) => done.push(entry),
                            Err(Error::CommitUnknown) => {
                                unknown += 1;
                                break;
                            }
                            Err(error) if error.is_transient() => break,
                            Err(error) => panic!("{error:?}"),
                        }
                    }
                    (done, unknown)
                })
            })
            .collect();
        number += 40_000;
        tokio::time::sleep(Duration::from_millis(300)).await;
        cluster.kill_hard().unwrap();
        for writer in writers {
            let (done, lost) = writer.await.unwrap();
            answered.extend(done);
            unknown += lost;
        }
        cluster.start_again().unwrap();
        recovered(&db).await;
    }
    let rows = db
        .read("entries", |tx| -> Result<_, TxError<Never>> { Ok(tx.query(&ENTRIES, params![])?) })
        .await
        .unwrap();
    assert!(answered.len() > 20, "{}", answered.len());
    answered.sort_unstable();
    let missing: Vec<_> = answered.iter().filter(|entry| rows.binary_search(entry).is_err()).collect();
    assert!(missing.is_empty(), "{missing:?}");
    // Nothing was booked behind anybody's back
    assert!(rows.len() <= answered.len() + unknown as usize, "{} {} {unknown}", rows.len(), answered.len());
}

db::statement! {
    ENTRIES -> i64 = "SELECT entry FROM shop_journal WHERE merchant = 'm' ORDER BY entry";
}

/// A lane that found the server down looks again after a while.
async fn recovered(db: &Db) {
    for _ in 0..600 {
        let asked = db.read("recovered", |tx| -> Result<_, TxError<Never>> { Ok(amount(tx, "a")?) }).await;
        let wrote = db.write("recovered", |tx| -> Result<_, TxError<Never>> { Ok(amount(tx, "a")?) }).await;
        if asked.is_ok() && wrote.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the lanes did not come back");
}
