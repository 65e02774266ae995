//! Does a reader see one moment, and does nobody wait for it?

use crate::engines::{Opened, on_both_engines};
use crate::schema::*;
use db::{Never, TxError, params};
use std::sync::mpsc;
use std::time::{Duration, Instant};

on_both_engines! {
    async fn a_reader_keeps_its_snapshot_while_writers_go_on(opened: Opened) {
        open_accounts(&opened.db, &[("a", 0), ("b", 0)]).await;
        let (go_on, wait) = mpsc::channel::<()>();
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let mut begun = Some(begun);
        let reader = tokio::spawn(opened.db.read("long", move |tx| -> Result<_, TxError<Never>> {
            let before = amount(tx, "a")?;
            if let Some(begun) = begun.take() {
                begun.send(()).unwrap();
            }
            let _ = wait.recv();
            // The row changed meanwhile, and another table's neighbour came
            let names = tx.query(&ACCOUNTS, params![])?;
            Ok((before, amount(tx, "a")?, names))
        }));
        has_begun.await.unwrap();
        let started = Instant::now();
        for _ in 0..50 {
            opened.db.write("add", |tx| -> Result<_, TxError<Never>> {
                Ok(tx.execute(&ADD, params!["a", 1_i64])?)
            }).await.unwrap();
        }
        open_accounts(&opened.db, &[("c", 0)]).await;
        let took = started.elapsed();
        // Another reader sees the new state while the first still holds the old one
        assert_eq!(amount_of(&opened.db, "a").await, Some(50));
        drop(go_on);
        let names = vec!["a".to_owned(), "b".to_owned()];
        assert_eq!(reader.await.unwrap().unwrap(), (Some(0), Some(0), names));
        // A writer that waits for a reader would wait for a lock's time limit
        assert!(took < Duration::from_secs(4), "{took:?}");
    }
}

/// The log outgrows the checkpoint limit under a reader; writers go on, and the log starts over afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_grows_under_a_long_reader_and_starts_over_after_it() {
    let opened = Opened::with(db::Engine::Sqlite, |options| options.read_lanes = 2).await;
    open_accounts(&opened.db, &[("a", 0)]).await;
    let (go_on, wait) = mpsc::channel::<()>();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let mut begun = Some(begun);
    let reader = tokio::spawn(opened.db.read("long", move |tx| -> Result<_, TxError<Never>> {
        let before = amount(tx, "a")?;
        if let Some(begun) = begun.take() {
            begun.send(()).unwrap();
        }
        let _ = wait.recv();
        Ok((before, amount(tx, "a")?))
    }));
    has_begun.await.unwrap();
    let write_much = async |from: i64| {
        for number in from..from + 12 {
            opened
                .db
                .write("big", move |tx| -> Result<_, TxError<Never>> {
                    let picture = vec![1_u8; 2_000_000];
                    tx.execute(&ADD, params!["a", 1_i64])?;
                    Ok(tx.execute(&WRITE_NOTE, params!["m", &number.to_string(), number, "", &picture])?)
                })
                .await
                .unwrap();
        }
    };
    let log = format!("{}-wal", opened.options.url.trim_start_matches("sqlite:"));
    let length = || std::fs::metadata(&log).unwrap().len();
    write_much(0).await;
    let under_reader = length();
    assert!(under_reader > 20_000_000, "{under_reader}");
    drop(go_on);
    assert_eq!(reader.await.unwrap().unwrap(), (Some(0), Some(0)));
    write_much(100).await;
    write_much(200).await;
    // Twice as much again was written; a log that never starts over would be three times as long
    assert!(length() < under_reader * 2, "{} {under_reader}", length());
    assert_eq!(amount_of(&opened.db, "a").await, Some(36));
}
