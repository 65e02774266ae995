//! How long does a caller wait for a database that stands still?

use crate::engines::Opened;
use crate::schema::*;
use db::{Engine, Error, Never, TxError, params};
use std::sync::mpsc;
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_millis(300);

/// Every write lane is held by a command that does not come to its end, as behind a server that stands still.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_hears_in_time_what_became_of_its_command() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let opened = Opened::with(engine, |options| {
            options.wait_max = Some(LIMIT);
            options.write_lanes = 1;
        })
        .await;
        open_accounts(&opened.db, &[("a", 0)]).await;
        let (release, released) = mpsc::channel::<()>();
        let (started, has_started) = mpsc::channel::<()>();
        let standing = tokio::spawn(opened.db.write("stands", move |tx| -> Result<_, TxError<Never>> {
            let touched = tx.execute(&ADD, params!["a", 1_i64])?;
            started.send(()).unwrap();
            // Ends with an error when the sender is dropped
            let _ = released.recv();
            Ok(touched)
        }));
        tokio::task::spawn_blocking(move || has_started.recv().unwrap()).await.unwrap();
        let asked = Instant::now();
        let waiting: Vec<_> = (0..20)
            .map(|_| {
                tokio::spawn(opened.db.write("waits", |tx| -> Result<_, TxError<Never>> {
                    Ok(tx.execute(&ADD, params!["a", 100_i64])?)
                }))
            })
            .collect();
        let ready = opened.db.ready(Duration::from_millis(100)).await.unwrap_err();
        assert!(matches!(ready, Error::Unavailable(_)) && asked.elapsed() < LIMIT * 10, "{ready:?}");
        for one in waiting {
            let ended = one.await.unwrap().unwrap_err().into_error();
            assert!(ended.is_transient(), "{engine}: {ended:?}");
            assert!(ended.to_string().contains("nothing was done"), "{engine}: {ended}");
        }
        // a write that a lane has may still be kept
        assert_eq!(standing.await.unwrap(), Err(TxError::Failed(Error::CommitUnknown)), "{engine}");
        assert!(asked.elapsed() < LIMIT * 20, "{engine}: {:?}", asked.elapsed());
        release.send(()).unwrap();
        // what was given up did not run, what had begun did
        let mut tries = 0;
        while amount_of(&opened.db, "a").await != Some(1) {
            tries += 1;
            assert!(tries < 100, "{engine}: {:?}", amount_of(&opened.db, "a").await);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(opened.db.ready(Duration::from_secs(10)).await, Ok(()), "{engine}");
        assert_eq!(amount_of(&opened.db, "a").await, Some(1), "{engine}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_that_does_not_end_is_answered_too() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let opened = Opened::with(engine, |options| options.wait_max = Some(LIMIT)).await;
        let (release, released) = mpsc::channel::<()>();
        let ended = opened.db.read("stands", move |_| -> Result<(), TxError<Never>> {
            let _ = released.recv();
            Ok(())
        });
        let ended = ended.await.unwrap_err().into_error();
        assert!(ended.is_transient(), "{engine}: {ended:?}");
        drop(release);
    }
}
