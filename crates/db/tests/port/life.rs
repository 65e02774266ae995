//! What happens at the limits of the line, and when the port is closed?

use crate::engines::{Opened, on_both_engines};
use crate::schema::*;
use db::{Db, Engine, Error, Never, Options, TxError, params};
use std::sync::mpsc;
use std::time::Duration;

on_both_engines! {
    async fn closing_finishes_what_was_accepted(opened: Opened) {
        open_accounts(&opened.db, &[("a", 0)]).await;
        let held = opened.hold_write_lanes().await;
        let sent: Vec<_> = (0..40).map(|_| {
            tokio::spawn(opened.db.write("add", |tx| -> Result<_, TxError<Never>> {
                Ok(tx.execute(&ADD, params!["a", 1_i64])?)
            }))
        }).collect();
        while opened.db.waiting().0 < 40 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let other = opened.db.clone();
        let second = opened.again().await;
        let closing = tokio::spawn(opened.db.close());
        // Closing has begun when a newcomer is turned away
        let newcomer = |tx: &mut db::Tx<'_>| -> Result<_, TxError<Never>> { Ok(amount(tx, "a")?) };
        while other.read("newcomer", newcomer).await != Err(TxError::Failed(Error::Closed)) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert!(!closing.is_finished());
        drop(held);
        closing.await.unwrap();
        for one in sent {
            assert_eq!(one.await.unwrap(), Ok(1));
        }
        assert_eq!(amount_of(&second, "a").await, Some(40));
    }

    async fn a_future_that_is_never_polled_does_nothing(opened: Opened) {
        open_accounts(&opened.db, &[("a", 0)]).await;
        drop(opened.db.write("never", |tx| -> Result<_, TxError<Never>> {
            Ok(tx.execute(&ADD, params!["a", 1_i64])?)
        }));
        opened.db.write("after", |_| -> Result<_, TxError<Never>> { Ok(()) }).await.unwrap();
        assert_eq!(amount_of(&opened.db, "a").await, Some(0));
    }
}

async fn a_full_line_is_busy_at_once(engine: Engine) {
    let opened = Opened::with(engine, |options| {
        options.queue_limit = 3;
        options.write_lanes = 1;
    })
    .await;
    open_accounts(&opened.db, &[("a", 0)]).await;
    let (release, released) = mpsc::channel::<()>();
    let (started, has_started) = tokio::sync::oneshot::channel();
    let mut started = Some(started);
    let holding = tokio::spawn(opened.db.write("hold", move |_| -> Result<_, TxError<Never>> {
        if let Some(started) = started.take() {
            started.send(()).unwrap();
        }
        let _ = released.recv();
        Ok(())
    }));
    has_started.await.unwrap();
    let add =
        |tx: &mut db::Tx<'_>| -> Result<_, TxError<Never>> { Ok(tx.execute(&ADD, params!["a", 1_i64])?) };
    let accepted: Vec<_> = (0..3).map(|_| tokio::spawn(opened.db.write("add", add))).collect();
    while opened.db.waiting().0 < 3 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let answer = opened.db.write("add", add).await.unwrap_err().into_error();
    assert_eq!(answer, Error::Busy);
    assert!(answer.is_transient());
    drop(release);
    holding.await.unwrap().unwrap();
    for one in accepted {
        one.await.unwrap().unwrap();
    }
    assert_eq!(amount_of(&opened.db, "a").await, Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_line_is_busy_at_once_on_sqlite() {
    a_full_line_is_busy_at_once(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_line_is_busy_at_once_on_postgres() {
    a_full_line_is_busy_at_once(Engine::Postgres).await;
}

#[tokio::test]
async fn a_database_that_cannot_be_opened_says_why_without_the_password() {
    let folder = tempfile::tempdir().unwrap();
    let in_folder = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
    std::fs::write(folder.path().join("text.db"), "this is no database, and it is long enough ".repeat(40))
        .unwrap();
    let cases = [
        (in_folder("missing/x.db"), "does not exist; make it"),
        (in_folder("text.db"), "cannot be opened as a SQLite database"),
        ("postgres://someone:secret@127.0.0.1:1/nothing".to_owned(), "not available: PostgreSQL:"),
        ("postgres://someone:secret@127.0.0.1:none/x".to_owned(), "expected postgres://USER"),
    ];
    for (url, expected) in cases {
        let message = Db::open(Options::new(&url)).await.unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
        assert!(!message.contains("secret"), "{message}");
    }
}

#[tokio::test]
async fn dropping_every_handle_ends_the_lanes_of_sqlite() {
    let opened = Opened::new(Engine::Sqlite).await;
    let path = opened.options.url.trim_start_matches("sqlite:").to_owned();
    let log = format!("{path}-wal");
    open_accounts(&opened.db, &[("a", 1)]).await;
    assert!(std::path::Path::new(&log).exists());
    let Opened { db, options, _folder, .. } = opened;
    drop(db);
    // The last connection to close empties the log and removes it
    for _ in 0..500 {
        if !std::path::Path::new(&log).exists() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(!std::path::Path::new(&log).exists());
    let again = Db::open(options).await.unwrap();
    assert_eq!(amount_of(&again, "a").await, Some(1));
}
