//! Does a command that fails leave its neighbours alone?

use crate::engines::{on_both_engines, together};
use crate::schema::*;
use db::{Engine, Error, Never, TxError, params};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

on_both_engines! {
    async fn a_refusal_undoes_only_itself(opened: Opened) {
        open_accounts(&opened.db, &[("a", 0)]).await;
        let commands = (0..30_i64).map(|number| {
            opened.db.write("maybe", move |tx| {
                tx.execute(&ADD, params!["a", 1_i64])?;
                if number % 3 == 0 { Err(TxError::Refused(number)) } else { Ok(number) }
            })
        }).collect();
        let answers = together(&opened, commands).await;
        for (number, answer) in (0_i64..).zip(&answers) {
            let expected = if number % 3 == 0 { Err(TxError::Refused(number)) } else { Ok(number) };
            assert_eq!(*answer, expected);
        }
        assert_eq!(amount_of(&opened.db, "a").await, Some(20));
    }

    /// What has written and refuses is undone once with its neighbours, who run again, and then by itself; what refuses
    /// before it writes takes nobody along.
    async fn a_command_that_was_undone_takes_nobody_along_again(opened: Opened) {
        open_accounts(&opened.db, &[("a", 0)]).await;
        let sqlite = opened.db.engine() == Engine::Sqlite;
        let batch = async |name: &'static str, writes_first: bool| {
            let runs = Arc::new(AtomicU32::new(0));
            let commands = (0..10_i64).map(|number| {
                let runs = Arc::clone(&runs);
                opened.db.write(name, move |tx| {
                    runs.fetch_add(1, Ordering::SeqCst);
                    if number == 9 && !writes_first { return Err(TxError::Refused(number)) }
                    tx.execute(&ADD, params!["a", 1_i64])?;
                    if number == 9 { Err(TxError::Refused(number)) } else { Ok(number) }
                })
            }).collect();
            let answers = together(&opened, commands).await;
            assert_eq!(answers.last(), Some(&Err(TxError::Refused(9))));
            assert!(answers[..9].iter().all(Result::is_ok), "{answers:?}");
            runs.load(Ordering::SeqCst)
        };
        assert_eq!(batch("polite", false).await, 10);
        // the one that refuses may stand anywhere in the batch
        let first = batch("late", true).await;
        assert!(if sqlite { (11..=20).contains(&first) } else { first == 10 }, "{first}");
        assert_eq!(batch("late", true).await, 10);
        assert_eq!(amount_of(&opened.db, "a").await, Some(27));
    }

    async fn a_panic_undoes_only_itself_and_the_lane_lives_on(opened: Opened) {
        open_accounts(&opened.db, &[("a", 0)]).await;
        let commands = (0..9_i64).map(|number| {
            opened.db.write("panics", move |tx| -> Result<i64, TxError<Never>> {
                tx.execute(&ADD, params!["a", 1_i64])?;
                assert!(number != 4, "the closure of the test panics");
                Ok(number)
            })
        }).collect();
        let answers = together(&opened, commands).await;
        for (number, answer) in (0_i64..).zip(answers) {
            assert_eq!(answer, if number == 4 { Err(TxError::Failed(Error::Panicked)) } else { Ok(number) });
        }
        assert_eq!(amount_of(&opened.db, "a").await, Some(8));
    }

    async fn a_panic_with_a_payload_that_panics_is_survived(opened: Opened) {
        struct Spiteful;
        impl Drop for Spiteful {
            fn drop(&mut self) {
                panic!("even the payload");
            }
        }
        let ended = opened.db.write("spiteful", |_| -> Result<(), TxError<Never>> {
            std::panic::panic_any(Spiteful)
        }).await;
        assert_eq!(ended, Err(TxError::Failed(Error::Panicked)));
        open_accounts(&opened.db, &[("a", 1)]).await;
        assert_eq!(amount_of(&opened.db, "a").await, Some(1));
    }

    async fn a_commit_that_fails_fails_its_culprit_alone(opened: Opened) {
        open_accounts(&opened.db, &[("a", 0)]).await;
        let runs = Arc::new(AtomicU32::new(0));
        let commands = (0..6_i64).map(|number| {
            let runs = Arc::clone(&runs);
            opened.db.write("deferred", move |tx| {
                runs.fetch_add(1, Ordering::SeqCst);
                tx.execute(&ADD, params!["a", 1_i64])?;
                if number == 2 {
                    // Its parent is not there: only COMMIT finds out
                    tx.execute(&ADD_CHILD, params!["child", "nobody"])?;
                }
                if number == 5 { Err(TxError::Refused(number)) } else { Ok(number) }
            })
        }).collect();
        let answers = together(&opened, commands).await;
        for (number, answer) in (0_i64..).zip(answers) {
            match number {
                2 => {
                    let Err(TxError::Failed(Error::Constraint { statement, kind, .. })) = answer else {
                        panic!("{answer:?}");
                    };
                    assert_eq!((statement, kind), ("COMMIT", db::ConstraintKind::ForeignKey));
                }
                5 => assert_eq!(answer, Err(TxError::Refused(5))),
                _ => assert_eq!(answer, Ok(number)),
            }
        }
        assert_eq!(amount_of(&opened.db, "a").await, Some(4));
        // On SQLite the batch ran together until one refused, wherever that stood in it, then with savepoints, and each alone
        let expected = if opened.db.engine() == Engine::Sqlite { 13..=18 } else { 6..=6 };
        let runs = runs.load(Ordering::SeqCst);
        assert!(expected.contains(&runs), "{runs}");
    }

    async fn a_command_whose_caller_left_before_it_ran_does_not_run(opened: Opened) {
        open_accounts(&opened.db, &[("a", 0)]).await;
        let held = opened.hold_write_lanes().await;
        let ran = Arc::new(AtomicU32::new(0));
        let seen = Arc::clone(&ran);
        let command = tokio::spawn(opened.db.write("left", move |tx| -> Result<_, TxError<Never>> {
            seen.fetch_add(1, Ordering::SeqCst);
            Ok(tx.execute(&ADD, params!["a", 1_i64])?)
        }));
        while opened.db.waiting().0 == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        command.abort();
        assert!(command.await.unwrap_err().is_cancelled());
        drop(held);
        open_accounts(&opened.db, &[("b", 0)]).await;
        assert_eq!(ran.load(Ordering::SeqCst), 0);
        assert_eq!(amount_of(&opened.db, "a").await, Some(0));
    }
}
