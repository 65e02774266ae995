//! Is a column found by its name on both engines, and a wrong name told when the statement is prepared?

use crate::engines::on_both_engines;
use crate::schema::*;
use db::{Error, Joined, Json, Never, TxError, params};

type Plain<T> = Result<T, TxError<Never>>;

db::row! {
    #[derive(Debug, PartialEq)]
    struct NoteRow {
        note: String,
        words: Option<Vec<String>> as Option<Json>,
        picture: Option<Vec<u8>>,
        of: Key as Joined,
        length: i64,
    }
}

db::row! {
    #[derive(Debug, PartialEq)]
    struct Key {
        merchant: String,
        number: Option<money::Amount>,
    }
}

db::text_enum! {
    /// What a note is for.
    enum Purpose {
        /// To be read out.
        Speech = "speech",
        /// To be kept.
        Archive = "archive",
    }
}

db::statement! {
    /// The columns stand in another order than the fields, one is an expression and one of a joined table.
    NOTE -> NoteRow = "SELECT n.picture, a.merchant, CAST(LENGTH(n.words) AS BIGINT) AS length, n.note, n.number, n.words
        FROM shop_note AS n JOIN shop_account AS a ON a.merchant = n.merchant
        WHERE n.merchant = $1 AND n.note = $2";
    NOTE_BACK -> NoteRow = "UPDATE shop_note SET number = number + 1 WHERE merchant = $1 AND note = $2
        RETURNING merchant, note, words, picture, number, 7 AS length";
    NOTE_NUMBER -> Option<i64> = "SELECT number FROM shop_note WHERE merchant = $1 AND note = $2";
    MOVE_NOTE -> Key = "UPDATE shop_note SET number = number + $3 WHERE merchant = $1 AND note = $2
        RETURNING number, merchant";
    MOVED_NOTE -> Key = "SELECT merchant, number FROM shop_note WHERE merchant = $1 AND note = $2";
    PURPOSES -> Purpose = "SELECT note FROM shop_note WHERE merchant = $1 ORDER BY note";
    RENAMED_COLUMN -> Key = "SELECT merchant, number AS total FROM shop_note WHERE merchant = $1";
    NAMELESS_COLUMN -> Key = "SELECT merchant, number + 1 FROM shop_note WHERE merchant = $1";
    UNREAD_COLUMN -> Key = "SELECT merchant, number, note FROM shop_note WHERE merchant = $1";
    DOUBLE_COLUMN -> Key = "SELECT merchant, number, number FROM shop_note WHERE merchant = $1";
    TWO_FOR_ONE -> i64 = "SELECT number, merchant FROM shop_note WHERE merchant = $1";
}

/// The statements above whose rows do not fit.
pub(crate) const MISNAMED: [&str; 5] =
    ["DOUBLE_COLUMN", "NAMELESS_COLUMN", "RENAMED_COLUMN", "TWO_FOR_ONE", "UNREAD_COLUMN"];

on_both_engines! {
    async fn columns_are_read_by_name_in_any_order(opened: Opened) {
        let (read, back, number, locked) = opened.db.write("named", |tx| -> Plain<_> {
            tx.execute(&OPEN_ACCOUNT, params!["a", 1_i64])?;
            tx.execute(&WRITE_NOTE, params!["m", "n", 3_i64, "[\"é\"]", &[1_u8, 2]])?;
            tx.execute(&WRITE_NOTE, params!["m", "o", None::<i64>, None::<&str>, None::<&[u8]>])?;
            let key = params!["m", "n"];
            let read = tx.optional(&NOTE, key)?;
            let back = tx.query(&NOTE_BACK, key)?;
            let number = (tx.optional(&NOTE_NUMBER, key)?, tx.optional(&NOTE_NUMBER, params!["m", "o"])?);
            Ok((read, back, number, tx.lock(&MOVE_NOTE, params!["m", "n", 5_i64], &MOVED_NOTE, key)?))
        }).await.unwrap();
        let row = |number, length| NoteRow {
            note: "n".to_owned(),
            words: Some(vec!["é".to_owned()]),
            picture: Some(vec![1, 2]),
            of: Key { merchant: "m".to_owned(), number: Some(money::Amount(number)) },
            length,
        };
        assert_eq!((read, back), (Some(row(3, 5)), vec![row(4, 7)]));
        assert_eq!(number, (Some(Some(4)), Some(None)));
        assert_eq!(locked, Some(row(9, 0).of));
    }

    async fn a_word_that_the_program_never_wrote_is_an_error(opened: Opened) {
        let read = opened.db.write("words", |tx| -> Plain<_> {
            for purpose in Purpose::ALL {
                tx.execute(&WRITE_NOTE, params!["m", *purpose, None::<i64>, None::<&str>, None::<&[u8]>])?;
            }
            let read = tx.query(&PURPOSES, params!["m"])?;
            tx.execute(&WRITE_NOTE, params!["m", "Speech", None::<i64>, None::<&str>, None::<&[u8]>])?;
            Ok((read, tx.query(&PURPOSES, params!["m"]).unwrap_err().to_string()))
        }).await.unwrap();
        assert_eq!(read.0, [Purpose::Archive, Purpose::Speech]);
        assert_eq!(read.1, "PURPOSES, column 0: expected one of speech, archive, came something else");
    }

    async fn a_wrong_name_is_told_at_the_first_use(opened: Opened) {
        let ended = opened.db.read("misnamed", |tx| -> Plain<_> {
            Ok(tx.query(&UNREAD_COLUMN, params!["m"])?.len())
        }).await.unwrap_err().into_error();
        assert!(matches!(ended, Error::Statement { name: "UNREAD_COLUMN", .. }), "{ended:?}");
    }
}
