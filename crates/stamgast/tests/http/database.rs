//! Does every SQL text stand on both engines, and have both engines the same tables?

use db::{Db, Engine, Options};
use std::collections::BTreeSet;
use testkit::TestDatabase;

async fn open(database: &TestDatabase) -> Db {
    Db::open(Options::new(database.url())).await.unwrap()
}

testkit::on_both_engines! {
    async fn every_statement_is_prepared(engine: Engine) {
        let database = TestDatabase::fresh(engine).await;
        let db = open(&database).await;
        let crates: BTreeSet<&str> =
            db::STATEMENTS.iter().filter_map(|statement| statement.module.split("::").next()).collect();
        for owner in ["courier", "db", "door", "partner", "platform", "stamgast"] {
            assert!(crates.contains(owner), "no statement of {owner} is linked into this test: {crates:?}");
        }
        let faults = db.prepare_all().await.unwrap();
        assert!(faults.is_empty(), "{engine}: {faults:#?}");
        db.close().await;
    }

    async fn migrating_again_changes_nothing(engine: Engine) {
        let database = TestDatabase::empty(engine).await;
        let db = open(&database).await;
        let sets = stamgast::database::migrations(stamgast::config::Role::All);
        let first = db.migrate(&sets).await.unwrap();
        assert!(first.contains(&"partner/0001_start".to_owned()), "{first:?}");
        assert_eq!(db.migrate(&sets).await.unwrap(), Vec::<String>::new());
        db.close().await;
    }
}

#[test]
fn both_engines_have_the_same_tables() {
    testkit::run(Engine::Postgres, async |_| {
        let (one, other) =
            (TestDatabase::fresh(Engine::Sqlite).await, TestDatabase::fresh(Engine::Postgres).await);
        let (sqlite, postgres) = (open(&one).await, open(&other).await);
        let (here, there) = (sqlite.schema().await.unwrap(), postgres.schema().await.unwrap());
        assert!(here.len() > 20, "{} tables", here.len());
        assert_eq!(here, there);
        for (name, table) in &here {
            let owned = ["door_", "courier_", "platform_", "partner_", "db_"]
                .iter()
                .any(|owner| name.starts_with(owner));
            assert!(owned, "{name} does not say whose it is");
            assert!(!table.primary_key.is_empty(), "{name} has no primary key");
        }
        sqlite.close().await;
        postgres.close().await;
    });
}
