//! Do commands that collide on PostgreSQL run again until they stand?

use crate::engines::Opened;
use crate::schema::*;
use db::{Engine, Never, TxError, params};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier};

/// Two commands lock two rows in opposite order. The first run of both meets at a barrier between the two
/// locks, so a deadlock is certain; the one PostgreSQL chooses to kill runs again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadlock_is_run_again() {
    let opened = Opened::new(Engine::Postgres).await;
    open_accounts(&opened.db, &[("a", 0), ("b", 0)]).await;
    let runs = Arc::new(AtomicU32::new(0));
    let meeting = Arc::new(Barrier::new(2));
    let command = |first: &'static str, second: &'static str| {
        let (runs, meeting) = (Arc::clone(&runs), Arc::clone(&meeting));
        let mut met = false;
        tokio::spawn(opened.db.write("opposite", move |tx| -> Result<(), TxError<Never>> {
            runs.fetch_add(1, Ordering::SeqCst);
            tx.execute(&ADD, params![first, 1_i64])?;
            if !met {
                met = true;
                meeting.wait();
            }
            tx.execute(&ADD, params![second, 1_i64])?;
            Ok(())
        }))
    };
    let (one, other) = (command("a", "b"), command("b", "a"));
    one.await.unwrap().unwrap();
    other.await.unwrap().unwrap();
    // the one that was killed may be quicker than the one it waited for, and meet it once more
    assert!(runs.load(Ordering::SeqCst) >= 3, "{runs:?}");
    assert_eq!((amount_of(&opened.db, "a").await, amount_of(&opened.db, "b").await), (Some(2), Some(2)));
}

db::statement! {
    FAIL_TO_SERIALIZE = "SELECT shop_collide(CAST($1 AS BIGINT))";
}

/// A function that raises 40001, with which a serialization failure can be had at will.
const COLLIDE: &str = "CREATE FUNCTION shop_collide(wanted BIGINT) RETURNS BIGINT LANGUAGE plpgsql AS $$ BEGIN \
    IF wanted = 1 THEN RAISE EXCEPTION 'collided' USING ERRCODE = 'serialization_failure'; END IF; \
    RETURN wanted; END $$";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_serialization_failure_is_run_again_but_not_for_ever() {
    let opened = Opened::new(Engine::Postgres).await;
    cluster::Cluster::shared().unwrap().run_sql(&opened.options.url, COLLIDE).unwrap();
    open_accounts(&opened.db, &[("a", 0)]).await;
    let collide = |times: u32| {
        let mut runs = 0;
        opened.db.write("collide", move |tx| -> Result<u32, TxError<&str>> {
            runs += 1;
            tx.execute(&ADD, params!["a", 1_i64])?;
            // Whatever the closure makes of the error, the lane knows that it was a collision
            tx.query(&FAIL_TO_SERIALIZE, params![i64::from(runs <= times)])
                .map_err(|_| TxError::Refused("no"))?;
            Ok(runs)
        })
    };
    assert_eq!(collide(5).await, Ok(6));
    assert_eq!(amount_of(&opened.db, "a").await, Some(1));
    let gave_up = collide(u32::MAX).await;
    assert_eq!(gave_up, Err(TxError::Failed(db::Error::Contended { attempts: 12 })));
    assert_eq!(amount_of(&opened.db, "a").await, Some(1));
}

/// Sixty-four commands that bump one row and move money between others by guarded statements.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_writers_of_one_row_all_stand() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let opened = Opened::with(engine, |options| options.write_lanes = 8).await;
        open_accounts(&opened.db, &[("a", 100), ("b", 0)]).await;
        let sent: Vec<_> = (0..64)
            .map(|_| {
                tokio::spawn(opened.db.write("move", |tx| -> Result<bool, TxError<Never>> {
                    let taken = tx.execute(&TAKE, params!["a", 2_i64])?;
                    if taken == 1 {
                        tx.execute(&ADD, params!["b", 2_i64])?;
                    }
                    Ok(taken == 1)
                }))
            })
            .collect();
        let mut moved = 0;
        for one in sent {
            moved += i64::from(one.await.unwrap().unwrap());
        }
        assert_eq!(moved, 50);
        assert_eq!(
            (amount_of(&opened.db, "a").await, amount_of(&opened.db, "b").await),
            (Some(0), Some(100))
        );
    }
}

db::statement! {
    TAKE = "UPDATE shop_account SET amount = amount - $2 WHERE merchant = 'm' AND account = $1 AND amount >= $2";
}
