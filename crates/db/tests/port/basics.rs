//! Do values, rows and parameters mean the same on both engines?

use crate::engines::on_both_engines;
use crate::schema::*;
use db::{ConstraintKind, Error, Never, Param, TxError, params};
use proptest::prelude::*;

db::row! {
    struct Swapped {
        second: String,
        first: String,
        text: String,
    }
}

db::row! {
    struct Inserted {
        merchant: String,
        note: String,
    }
}

db::row! {
    struct Sum {
        amount: i64,
        accounts: i64,
    }
}

db::row! {
    struct Account {
        account: String,
        amount: i64,
    }
}

db::statement! {
    /// The second parameter appears first.
    SWAPPED -> Swapped = "SELECT CAST($2 AS TEXT) AS second, CAST($1 AS TEXT) AS first, '$1' AS text";
    SWAPPED_INSERT -> Inserted = "INSERT INTO shop_note (note, merchant) VALUES ($2, $1) RETURNING merchant, note";
    BYTES_BACK -> Vec<u8> = "SELECT CAST($1 AS BYTEA)";
    SUM_OF_AMOUNTS -> Sum = "SELECT CAST(SUM(amount) AS BIGINT) AS amount, COUNT(*) AS accounts FROM shop_account WHERE merchant = 'm'";
    OVERFLOW -> i64 = "SELECT CAST($1 AS BIGINT) + CAST($2 AS BIGINT)";
    NOTES_IN_ORDER -> String = "SELECT note FROM shop_note WHERE merchant = 'm' ORDER BY note";
    UPSERT -> i64 = "INSERT INTO shop_account (merchant, account, amount) VALUES ('m', $1, $2) \
              ON CONFLICT (merchant, account) DO UPDATE SET amount = shop_account.amount + excluded.amount \
              RETURNING amount";
    MOVE -> Account = "UPDATE shop_account SET amount = amount + $3 WHERE merchant = $1 AND account = $2 RETURNING account, amount";
    MOVED -> Account = "SELECT account, amount FROM shop_account WHERE merchant = $1 AND account = $2";
    CHANGE_JOURNAL = "UPDATE shop_journal SET words = $2 WHERE merchant = 'm' AND entry = $1";
    DELETE_JOURNAL = "DELETE FROM shop_journal WHERE merchant = 'm' AND entry = $1";
}

type Plain<T> = Result<T, TxError<Never>>;
/// What one row of the round trip holds.
type Sent = (Option<i64>, Option<String>, Option<Vec<u8>>);

on_both_engines! {
    async fn a_parameter_goes_where_its_number_is(opened: Opened) {
        let (swapped, row) = opened.db.write("swapped", |tx| -> Plain<_> {
            let swapped = tx.optional(&SWAPPED, params!["one", "two"])?;
            Ok((swapped, tx.optional(&SWAPPED_INSERT, params!["merchant", "note"])?))
        }).await.unwrap();
        let swapped = swapped.unwrap();
        assert_eq!([swapped.second, swapped.first, swapped.text], ["two", "one", "$1"]);
        let row = row.unwrap();
        assert_eq!([row.merchant, row.note], ["merchant", "note"]);
    }

    async fn a_statement_that_wants_other_parameters_says_so(opened: Opened) {
        let ended = opened.db.write("few", |tx| -> Plain<_> {
            Ok(tx.execute(&OPEN_ACCOUNT, params!["only one"])?)
        }).await.unwrap_err().into_error();
        assert_eq!(ended.to_string(), "OPEN_ACCOUNT: expected 2 parameters, came 1");
    }

    async fn text_does_not_fit_in_a_number(opened: Opened) {
        let ended = opened.db.write("text", |tx| -> Plain<_> {
            Ok(tx.execute(&OPEN_ACCOUNT, params!["a", "twelve"])?)
        }).await.unwrap_err().into_error();
        assert!(matches!(ended, Error::Parameter { statement: "OPEN_ACCOUNT", .. }), "{ended:?}");
        assert_eq!(amount_of(&opened.db, "a").await, None);
    }

    async fn the_null_character_is_refused(opened: Opened) {
        let ended = opened.db.write("nul", |tx| -> Plain<_> {
            Ok(tx.execute(&OPEN_ACCOUNT, params!["a\0b", 1_i64])?)
        }).await.unwrap_err().into_error();
        assert!(ended.to_string().contains("parameter $1 holds U+0000"), "{ended}");
    }

    async fn a_statement_with_rows_is_not_executed(opened: Opened) {
        let ended = opened.db.write("rows", |tx| -> Plain<_> {
            Ok(tx.execute(UPSERT.statement(), params!["a", 1_i64])?)
        }).await.unwrap_err().into_error();
        assert_eq!(ended.to_string(), "UPSERT: it gives rows back: run it with query or optional");
    }

    async fn a_locked_row_comes_as_it_is_then(opened: Opened) {
        open_accounts(&opened.db, &[("a", 5), ("b", 7)]).await;
        let move_by = |account: &'static str, by: i64| move |tx: &mut db::Tx<'_>| -> Plain<Option<(String, i64)>> {
            let row = tx.lock(&MOVE, params!["m", account, by], &MOVED, params!["m", account])?;
            Ok(row.map(|row| (row.account, row.amount)))
        };
        for (account, by, moved) in [("a", 3, Some(8)), ("a", -1, Some(7)), ("none", 1, None)] {
            let row = opened.db.write("move", move_by(account, by)).await.unwrap();
            assert_eq!(row, moved.map(|amount| (account.to_owned(), amount)));
        }
        assert_eq!((amount_of(&opened.db, "a").await, amount_of(&opened.db, "b").await), (Some(7), Some(7)));
        let below = opened.db.write("below", move_by("a", -8)).await.unwrap_err().into_error();
        assert!(matches!(below, Error::Constraint { kind: ConstraintKind::Check, .. }), "{below:?}");
    }

    async fn a_lock_that_is_no_update_with_returning_is_refused(opened: Opened) {
        let wrong = |tx: &mut db::Tx<'_>| -> Plain<bool> {
            Ok(tx.lock(&MOVED, params!["m", "a"], &MOVED, params!["m", "a"])?.is_some())
        };
        let refused = opened.db.write("wrong", wrong).await.unwrap_err().into_error();
        assert_eq!(refused.to_string(), "MOVED: a lock is an UPDATE with RETURNING");
    }

    async fn constraints_are_told_apart(opened: Opened) {
        open_accounts(&opened.db, &[("a", 5)]).await;
        let kind = |ended: TxError<Never>| match ended.into_error() {
            Error::Constraint { kind, .. } => kind,
            other => panic!("{other:?}"),
        };
        let again = |tx: &mut db::Tx<'_>| -> Plain<_> { Ok(tx.execute(&OPEN_ACCOUNT, params!["a", 1_i64])?) };
        let below = |tx: &mut db::Tx<'_>| -> Plain<_> { Ok(tx.execute(&ADD, params!["a", -6_i64])?) };
        let none = |tx: &mut db::Tx<'_>| -> Plain<_> { Ok(tx.execute(&OPEN_ACCOUNT, params!["b", Param::Null])?) };
        assert_eq!(kind(opened.db.write("again", again).await.unwrap_err()), ConstraintKind::Unique);
        assert_eq!(kind(opened.db.write("below", below).await.unwrap_err()), ConstraintKind::Check);
        assert_eq!(kind(opened.db.write("none", none).await.unwrap_err()), ConstraintKind::NotNull);
        assert_eq!(amount_of(&opened.db, "a").await, Some(5));
    }

    async fn after_a_failed_statement_nothing_of_the_command_stands(opened: Opened) {
        open_accounts(&opened.db, &[("a", 5)]).await;
        let ended = opened.db.write("swallowed", |tx| -> Plain<&str> {
            tx.execute(&OPEN_ACCOUNT, params!["b", 1_i64])?;
            let failed = tx.execute(&OPEN_ACCOUNT, params!["a", 1_i64]);
            let after = tx.execute(&OPEN_ACCOUNT, params!["c", 1_i64]);
            assert_eq!(failed.unwrap_err(), after.unwrap_err());
            Ok("as if nothing had happened")
        }).await.unwrap_err().into_error();
        assert!(matches!(ended, Error::Constraint { kind: ConstraintKind::Unique, .. }), "{ended:?}");
        assert_eq!(amount_of(&opened.db, "b").await, None);
        assert_eq!(amount_of(&opened.db, "c").await, None);
    }

    async fn sums_and_upserts_agree(opened: Opened) {
        let amounts = opened.db.write("upsert", |tx| -> Plain<_> {
            let mut amounts = Vec::new();
            for (account, amount) in [("a", 3_i64), ("b", 4), ("a", 10)] {
                amounts.push(tx.optional(&UPSERT, params![account, amount])?);
            }
            let sum = tx.optional(&SUM_OF_AMOUNTS, params![])?;
            amounts.extend([sum.as_ref().map(|sum| sum.amount), sum.map(|sum| sum.accounts)]);
            Ok(amounts)
        }).await.unwrap();
        assert_eq!(amounts, [Some(3), Some(4), Some(13), Some(17), Some(2)]);
    }

    async fn an_overflow_is_an_error_and_no_float(opened: Opened) {
        let ended = opened.db.read("overflow", |tx| -> Plain<_> {
            Ok(tx.optional(&OVERFLOW, params![i64::MAX, 1_i64])?)
        }).await;
        assert!(ended.is_err(), "{ended:?}");
    }

    async fn text_is_ordered_by_its_bytes(opened: Opened) {
        let order = opened.db.write("order", |tx| -> Plain<_> {
            for note in ["é", "z", "a", "Z", "_", "10", "9", "ž"] {
                tx.execute(&WRITE_NOTE, params!["m", note, Param::Null, Param::Null, Param::Null])?;
            }
            Ok(tx.query(&NOTES_IN_ORDER, params![])?)
        }).await.unwrap();
        assert_eq!(order, ["10", "9", "Z", "_", "a", "z", "é", "ž"]);
    }

    async fn an_append_only_table_takes_no_change(opened: Opened) {
        opened.db.write("journal", |tx| -> Plain<_> { Ok(tx.execute(&JOURNAL, params![1_i64, "said"])?) }).await.unwrap();
        let change = |tx: &mut db::Tx<'_>| -> Plain<_> { Ok(tx.execute(&CHANGE_JOURNAL, params![1_i64, "unsaid"])?) };
        let delete = |tx: &mut db::Tx<'_>| -> Plain<_> { Ok(tx.execute(&DELETE_JOURNAL, params![1_i64])?) };
        for ended in [opened.db.write("change", change).await, opened.db.write("delete", delete).await] {
            let error = ended.unwrap_err().into_error();
            assert!(matches!(error, Error::Constraint { kind: ConstraintKind::AppendOnly, .. }), "{error:?}");
            assert!(error.to_string().contains("append-only: shop_journal takes no"), "{error}");
        }
    }

    async fn a_read_cannot_write(opened: Opened) {
        let ended = opened.db.read("write", |tx| -> Plain<_> {
            Ok(tx.execute(&OPEN_ACCOUNT, params!["a", 1_i64])?)
        }).await.unwrap_err().into_error();
        assert!(matches!(ended, Error::Statement { .. }), "{ended:?}");
        assert_eq!(amount_of(&opened.db, "a").await, None);
    }

    async fn values_come_back_as_they_went_in(opened: Opened) {
        let strategy = prop::collection::vec(
            (any::<Option<i64>>(), any::<Option<String>>(), any::<Option<Vec<u8>>>()), 1..20);
        let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(12));
        let db = opened.db.clone();
        let runtime = tokio::runtime::Handle::current();
        let round_trip = move || {
            runner.run(&strategy, |rows| {
                // No database text holds it; refused elsewhere
                let rows: Vec<_> = rows.into_iter()
                    .map(|(number, words, picture)| (number, words.map(|w| w.replace('\0', "")), picture)).collect();
                let sent = rows.clone();
                let back = runtime.block_on(db.write("round_trip", move |tx| -> Result<(), TxError<Vec<Sent>>> {
                    let mut back = Vec::new();
                    for (index, (number, words, picture)) in (0_u32..).zip(&sent) {
                        let note = index.to_string();
                        tx.execute(&WRITE_NOTE, params!["p", &note, *number, words, picture])?;
                        let row = tx.optional(&READ_NOTE, params!["p", &note])?.ok_or(TxError::Refused(vec![]))?;
                        back.push((row.number, row.words, row.picture));
                    }
                    // Refusing leaves the table empty for the next case
                    Err(TxError::Refused(back))
                }));
                prop_assert_eq!(back, Err(TxError::Refused(rows)));
                Ok(())
            }).unwrap();
        };
        tokio::task::spawn_blocking(round_trip).await.unwrap();
        let bytes = opened.db.read("bytes", |tx| -> Plain<_> {
            Ok(tx.optional(&BYTES_BACK, params![&[0_u8, 255, 49]])?)
        }).await.unwrap();
        assert_eq!(bytes, Some(vec![0, 255, 49]));
    }
}
