//! Is a command in parts one command?

use crate::engines::{Opened, on_both_engines, together};
use crate::schema::*;
use db::{Error, Never, TxError, params};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

db::row! {
    struct Halves {
        booked: i64,
        told: i64,
    }
}

db::statement! {
    /// What is booked and what is told of it: the same, unless half a command is seen.
    HALVES -> Halves = "SELECT (SELECT amount FROM shop_account WHERE merchant = 'm' AND account = 'a') AS booked,
        (SELECT COUNT(*) FROM shop_journal WHERE merchant = 'm') AS told";
    LAST_WORDS -> String = "SELECT words FROM shop_note WHERE merchant = 'm' AND note = 'the one'";
    REPLACE_NOTE = "INSERT INTO shop_note (merchant, note, words) VALUES ('m', 'the one', $1)
        ON CONFLICT (merchant, note) DO UPDATE SET words = excluded.words";
}

type Sent = Pin<Box<dyn Future<Output = Result<i64, TxError<i64>>> + Send>>;

/// Where a command comes to grief.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grief {
    Nowhere,
    RefusesFirst,
    RefusesLast,
    FailsLast,
    PanicsFirst,
    PanicsAside,
    PanicsLast,
}

/// Books in its first part, and tells of it in its last what was made of it between.
fn in_parts(opened: &Opened, number: i64, grief: Grief) -> Sent {
    Box::pin(opened.db.write_in_parts(
        "in_parts",
        move |tx| {
            tx.execute(&ADD, params!["a", 1_i64])?;
            assert!(grief != Grief::PanicsFirst, "on purpose");
            if grief == Grief::RefusesFirst { Err(TxError::Refused(number)) } else { Ok(number) }
        },
        move |number| {
            assert!(grief != Grief::PanicsAside, "on purpose");
            (number, format!("the words of {number}"))
        },
        move |tx, (number, words): (i64, String)| {
            tx.execute(&JOURNAL, params![number, &words])?;
            if grief == Grief::FailsLast {
                // the key is taken: it undoes the command although its error is dropped
                drop(tx.execute(&JOURNAL, params![number, &words]));
            }
            assert!(grief != Grief::PanicsLast, "on purpose");
            if grief == Grief::RefusesLast { Err(TxError::Refused(-number)) } else { Ok(number * 2) }
        },
    ))
}

/// A command of another name: how many bookings have no words.
fn halves(opened: &Opened) -> Sent {
    Box::pin(opened.db.write("halves", |tx| {
        Ok(tx.optional(&HALVES, params![])?.map_or(0, |halves| halves.booked - halves.told))
    }))
}

on_both_engines! {
    async fn who_comes_after_sees_all_of_it(opened: Opened) {
        open_accounts(&opened.db, &[("a", 0)]).await;
        let commands = (1..=60_i64).map(|number| match number % 7 {
            0 => halves(&opened),
            _ => in_parts(&opened, number, Grief::Nowhere),
        });
        let answers = together(&opened, commands.collect()).await;
        for (number, answer) in (1..=60_i64).zip(answers) {
            assert_eq!(answer, Ok(if number % 7 == 0 { 0 } else { number * 2 }));
        }
        assert_eq!(amount_of(&opened.db, "a").await, Some(52));
    }

    async fn grief_in_any_part_undoes_all_of_it_and_nobody_else(opened: Opened) {
        open_accounts(&opened.db, &[("a", 0)]).await;
        let griefs = [Grief::RefusesFirst, Grief::RefusesLast, Grief::FailsLast, Grief::PanicsFirst, Grief::PanicsAside,
            Grief::PanicsLast];
        let mut booked = 0;
        for (round, grief) in (1_i64..).zip(griefs) {
            let at = |number| if number == 7 { grief } else { Grief::Nowhere };
            let commands = (0..12).map(|number| in_parts(&opened, round * 100 + number, at(number)));
            let mut answers = together(&opened, commands.collect()).await;
            let grieved = answers.remove(7);
            match grief {
                Grief::RefusesFirst => assert_eq!(grieved, Err(TxError::Refused(round * 100 + 7))),
                Grief::RefusesLast => assert_eq!(grieved, Err(TxError::Refused(-round * 100 - 7))),
                Grief::FailsLast => assert!(
                    matches!(grieved, Err(TxError::Failed(Error::Constraint { .. }))), "{grieved:?}"
                ),
                _ => assert_eq!(grieved, Err(TxError::Failed(Error::Panicked)), "{grief:?}"),
            }
            assert!(answers.iter().all(Result::is_ok), "{grief:?}: {answers:?}");
            booked += 11;
            assert_eq!(amount_of(&opened.db, "a").await, Some(booked), "{grief:?}");
            assert_eq!(halves(&opened).await, Ok(0), "{grief:?}");
        }
    }

    /// Whoever came later has the last word: not whose words were ready first.
    async fn last_parts_run_in_order(opened: Opened) {
        let made = Arc::new(AtomicI64::new(0));
        let write = |number: i64| {
            let made = Arc::clone(&made);
            opened.db.write_in_parts(
                "replace",
                move |_| Ok::<_, TxError<Never>>(number),
                move |number| {
                    made.fetch_add(1, Ordering::SeqCst);
                    // the first takes longest
                    std::thread::sleep(std::time::Duration::from_millis(if number == 1 { 20 } else { 0 }));
                    number.to_string()
                },
                |tx, words: String| Ok(tx.execute(&REPLACE_NOTE, params![&words])?),
            )
        };
        let held = opened.hold_write_lanes().await;
        let mut sent = Vec::new();
        for number in 1..=9 {
            sent.push(tokio::spawn(write(number)));
            while opened.db.waiting().0 < sent.len() {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
        }
        drop(held);
        for one in sent {
            assert_eq!(one.await.unwrap(), Ok(1));
        }
        assert_eq!(made.load(Ordering::SeqCst), 9);
        let read = opened.db.read("words", |tx| -> Result<String, TxError<Never>> {
            Ok(tx.optional(&LAST_WORDS, params![])?.unwrap())
        });
        // several lanes of PostgreSQL have no order
        let words = read.await.unwrap();
        assert!(words == "9" || opened.db.engine() == db::Engine::Postgres, "{words}");
    }
}
