//! Is every SQL text of the program found, and does it stand on both engines?

use crate::engines::Opened;
use crate::rows::MISNAMED;
use crate::schema::*;
use db::{Engine, statements_in_source, statements_of};
use std::path::Path;

#[tokio::test(flavor = "multi_thread")]
async fn every_statement_is_prepared_and_the_wrong_ones_are_named() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let opened = Opened::new(engine).await;
        let faults = opened.db.prepare_all().await.unwrap();
        let mut names: Vec<&str> = faults.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        // SQLite has no types before it runs, and knows no function of the tests
        let mut expected = vec!["FAIL_TO_SERIALIZE", "WRONG_TABLE"];
        expected.extend(MISNAMED);
        if engine == Engine::Postgres {
            expected.push("WRONG_BOOLEAN");
        }
        expected.sort_unstable();
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
    let crates = [("db", "src"), (env!("CARGO_CRATE_NAME"), "tests/port")];
    for (krate, folder) in crates {
        let written = statements_in_source(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap();
        let mut registered: Vec<&str> = statements_of(krate).map(|statement| statement.name).collect();
        registered.sort_unstable();
        assert!(registered.len() >= 4, "{registered:?}");
        assert_eq!(written, registered);
    }
    assert_eq!(statements_of("d").count(), 0);
}
