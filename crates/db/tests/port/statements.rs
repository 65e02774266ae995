//! Is every SQL text of the program found, and does it stand on both engines?

use crate::engines::Opened;
use crate::schema::*;
use db::{Engine, STATEMENTS, statements_of};

#[tokio::test(flavor = "multi_thread")]
async fn every_statement_is_prepared_and_the_wrong_ones_are_named() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let opened = Opened::new(engine).await;
        let faults = opened.db.prepare_all().await.unwrap();
        let mut names: Vec<&str> = faults.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        let expected: &[&str] = match engine {
            // SQLite has no types before it runs, and knows no function of the tests
            Engine::Sqlite => &["FAIL_TO_SERIALIZE", "WRONG_TABLE"],
            Engine::Postgres => &["FAIL_TO_SERIALIZE", "WRONG_BOOLEAN", "WRONG_TABLE"],
        };
        assert_eq!(names, expected, "{faults:?}");
        // The connection is as good as before
        open_accounts(&opened.db, &[("a", 3)]).await;
        assert_eq!(amount_of(&opened.db, "a").await, Some(3));
    }
}

db::statement! {
    WRONG_TABLE = "SELECT a FROM shop_nowhere";
    WRONG_BOOLEAN = "SELECT amount > 1 FROM shop_account WHERE merchant = 'm'";
}

#[test]
fn statements_register_themselves_across_crates() {
    let of_db: Vec<&str> = statements_of("db").map(|statement| statement.name).collect();
    assert!(of_db.contains(&"MIGRATION_APPLIED"), "{of_db:?}");
    let ours: Vec<&str> = statements_of(env!("CARGO_CRATE_NAME")).map(|statement| statement.name).collect();
    for name in ["OPEN_ACCOUNT", "WRONG_TABLE", "TAKE", "SWAPPED"] {
        assert!(ours.contains(&name), "{ours:?}");
    }
    assert_eq!(STATEMENTS.len(), of_db.len() + ours.len());
    assert_eq!(statements_of("d").count(), 0);
}
