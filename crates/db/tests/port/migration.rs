//! Do both engines get the same schema, once, and only forward?

use crate::engines::{Opened, on_both_engines};
use crate::schema::SHOP;
use db::{Column, ColumnType, Engine, Error, Migrations};

const FIRST: (&str, &str) = (
    "0001_start",
    "-- append-only: hotel_stay\nCREATE TABLE hotel_stay (merchant TEXT NOT NULL, night BIGINT NOT NULL, \
     guest TEXT, photo BYTEA, PRIMARY KEY (night, merchant), UNIQUE (merchant, guest));\n\
     CREATE UNIQUE INDEX hotel_stay_by_guest ON hotel_stay (guest, night) WHERE guest IS NOT NULL;",
);
const SECOND: (&str, &str) = (
    "0002_rooms",
    "ALTER TABLE hotel_stay ADD COLUMN room BIGINT;\nCREATE TABLE hotel_room (room BIGINT NOT NULL, door BYTEA NOT NULL, PRIMARY KEY (room));\
     INSERT INTO hotel_room (room, door) SELECT COUNT(*), CAST('x' AS BYTEA) FROM hotel_stay; -- one row; not two",
);
const ONE: Migrations = Migrations { owner: "hotel", files: &[FIRST] };
const BOTH: Migrations = Migrations { owner: "hotel", files: &[FIRST, SECOND] };

fn message(ended: Result<Vec<String>, Error>) -> String {
    let error = ended.unwrap_err();
    assert!(matches!(error, Error::Migration { .. }), "{error:?}");
    error.to_string()
}

on_both_engines! {
    async fn each_file_is_applied_once_in_order(opened: Opened) {
        assert_eq!(opened.migrate(&[ONE]).await.unwrap(), ["hotel/0001_start"]);
        assert_eq!(opened.migrate(&[SHOP, BOTH]).await.unwrap(), ["hotel/0002_rooms"]);
        assert_eq!(opened.migrate(&[SHOP, BOTH]).await.unwrap(), Vec::<String>::new());
    }

    async fn an_edited_file_is_refused(opened: Opened) {
        opened.migrate(&[ONE]).await.unwrap();
        const EDITED: Migrations = Migrations { owner: "hotel", files: &[("0001_start", "CREATE TABLE hotel_other (a BIGINT);")] };
        let message = message(opened.migrate(&[EDITED]).await);
        assert!(message.contains("hotel/0001_start: it was applied with another text"), "{message}");
        assert!(!opened.db.schema().await.unwrap().contains_key("hotel_other"));
        // A checkout with other line ends is the same text
        const WINDOWS: Migrations = Migrations { owner: "inn", files: &[("0001", "CREATE TABLE inn\r\n(a BIGINT)")] };
        const UNIX: Migrations = Migrations { owner: "inn", files: &[("0001", "CREATE TABLE inn\n(a BIGINT)")] };
        assert_eq!(opened.migrate(&[WINDOWS]).await.unwrap(), ["inn/0001"]);
        assert_eq!(opened.migrate(&[UNIX]).await.unwrap(), Vec::<String>::new());
    }

    async fn a_file_that_went_missing_or_moved_is_refused(opened: Opened) {
        opened.migrate(&[BOTH]).await.unwrap();
        let older = message(opened.migrate(&[ONE]).await);
        assert!(older.contains("hotel/0002_rooms: the database has it and this program does not"), "{older}");
        const BETWEEN: Migrations = Migrations { owner: "hotel", files: &[FIRST, ("0001b_new", "CREATE TABLE hotel_new (a BIGINT)"), SECOND] };
        let between = message(opened.migrate(&[BETWEEN]).await);
        assert!(between.contains("hotel/0001b_new: it is number 2 of its crate, but 2 are applied"), "{between}");
    }

    async fn a_file_that_fails_leaves_nothing(opened: Opened) {
        const FAILS: Migrations = Migrations { owner: "hotel", files: &[FIRST, ("0002_bad", "CREATE TABLE hotel_half (a BIGINT); INSERT INTO hotel_nowhere (a) VALUES (1);")] };
        let failed = message(opened.migrate(&[FAILS]).await);
        assert!(failed.contains("hotel/0002_bad") && failed.contains("hotel_nowhere"), "{failed}");
        let schema = opened.db.schema().await.unwrap();
        assert!(schema.contains_key("hotel_stay") && !schema.contains_key("hotel_half"));
        assert_eq!(opened.migrate(&[BOTH]).await.unwrap(), ["hotel/0002_rooms"]);
    }

    async fn a_type_of_one_engine_is_refused_before_anything_runs(opened: Opened) {
        const TYPED: Migrations = Migrations { owner: "hotel", files: &[FIRST, ("0002_typed", "CREATE TABLE hotel_typed (id BIGINT, price NUMERIC)")] };
        let refused = message(opened.migrate(&[TYPED]).await);
        assert_eq!(refused, "migration hotel/0002_typed: table hotel_typed, column price: expected type BIGINT, TEXT or BYTEA, came NUMERIC");
        assert!(!opened.db.schema().await.unwrap().contains_key("hotel_stay"));
    }

    async fn processes_that_start_at_once_take_turns(opened: Opened) {
        let mut processes = Vec::new();
        for _ in 0..4 {
            let db = opened.again().await;
            processes.push(tokio::spawn(async move { db.migrate(&[BOTH]).await }));
        }
        let mut applied = Vec::new();
        for process in processes {
            applied.extend(process.await.unwrap().unwrap());
        }
        applied.sort();
        assert_eq!(applied, ["hotel/0001_start", "hotel/0002_rooms"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_engines_have_the_same_schema() {
    let mut schemas = Vec::new();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let opened = Opened::empty(engine, |_| {}).await;
        opened.migrate(&[BOTH, SHOP]).await.unwrap();
        schemas.push(opened.db.schema().await.unwrap());
    }
    assert_eq!(schemas[0], schemas[1]);
    let stay = &schemas[0]["hotel_stay"];
    let column = |name: &str, column_type, nullable| Column { name: name.to_owned(), column_type, nullable };
    assert_eq!(
        stay.columns,
        [
            column("merchant", ColumnType::Text, false),
            column("night", ColumnType::BigInt, false),
            column("guest", ColumnType::Text, true),
            column("photo", ColumnType::Bytea, true),
            column("room", ColumnType::BigInt, true),
        ]
    );
    assert_eq!(stay.primary_key, ["night", "merchant"]);
    assert!(stay.append_only);
    assert_eq!(stay.indexes.len(), 1);
    assert_eq!(stay.indexes[0].columns, [Some("guest".to_owned()), Some("night".to_owned())]);
    assert!(stay.indexes[0].unique && stay.indexes[0].partial);
    assert!(!schemas[0]["hotel_room"].append_only);
    assert!(schemas[0].contains_key("db_migration"));
}
