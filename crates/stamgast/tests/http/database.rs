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

/// Tables with a row or a few per merchant: a walk over them is short, however long the merchant trades.
const SMALL: [&str; 24] = [
    "platform_merchant",
    "platform_place",
    "platform_category",
    "platform_product",
    "platform_place_item",
    "platform_addition_category",
    "platform_stop",
    "platform_menu_rule",
    "platform_menu_version",
    "platform_menu_changeover",
    "platform_register",
    "platform_stock",
    "platform_stock_item_category",
    "platform_supplier",
    "platform_person",
    "platform_client",
    "platform_client_merchant",
    "platform_loyalty_connection",
    "partner_merchant",
    "partner_promotion",
    "courier_destination",
    "courier_subscription",
    "courier_position",
    "courier_change_counter",
];

/// Statements that may walk more, and why that is right.
const WIDE: [(&str, &str); 18] = [
    ("stamgast::database::APPLIED", "one row a migration"),
    ("platform::menu::store::CATEGORY_AND_ABOVE", "the recursion walks the few categories it has found"),
    ("courier::outbox::store::DUE_LANES", "walks the due lanes it has found by index"),
    ("courier::feed::store::DUE_FEEDS", "walks the due feeds it has found by index"),
    (
        "partner::loyalty::ledger::holds::MARK_ENDED_HOLDS",
        "walks the holds that are active, not those that ever were",
    ),
    (
        "partner::loyalty::limit::store::MARK_ENDED_LIMIT_HOLDS",
        "walks the holds that are active, as for balances",
    ),
    (
        "platform::till::copies::OPEN_WITH_OFFER",
        "walks the merchant's checks that are open, by their own index",
    ),
    ("platform::till::copies::OPEN_TOO_LONG", "walks the checks that are open, by their own index"),
    (
        "platform::bills::store::CHANGED_SINCE",
        "counts up to some thousand changed bills, found by their index",
    ),
    (
        "platform::bills::store::PAGE_OF_CHANGED",
        "sorts up to some thousand changed bills, found by their index",
    ),
    ("platform::stocks::item_store::ANY_AMOUNT", "ends at the first row"),
    ("platform::stocks::item_store::ANY_DOCUMENT", "ends at the first row"),
    ("platform::stocks::item_store::ALL_ITEMS", "the document of a restaurant has all items"),
    ("platform::stocks::item_store::ALL_AMOUNTS", "the document of a restaurant has all amounts"),
    (
        "platform::stocks::document_store::ALL_DOCUMENTS",
        "the document of a restaurant has the history of its stocks",
    ),
    (
        "platform::stocks::document_store::ALL_LINES",
        "the document of a restaurant has the history of its stocks",
    ),
    ("courier::feed::store::SET_ASIDE_LIST", "what was set aside is a list for a person"),
    (
        "partner::verify::balances::VERIFY_LOT_ENTRIES",
        "walks the entries of a slice, which it has found by their key",
    ),
];

/// A table that grows with trade must never be walked from end to end (or merchant by merchant) on the way
/// to an answer: SQLite tells how it would find the rows.
#[test]
fn no_statement_walks_a_table_that_grows() {
    testkit::run(Engine::Sqlite, async |_| {
        let database = TestDatabase::fresh(Engine::Sqlite).await;
        let db = open(&database).await;
        let names: BTreeSet<String> =
            db::STATEMENTS.iter().map(|one| format!("{}::{}", one.module, one.name)).collect();
        let gone: Vec<&str> =
            WIDE.iter().map(|(wide, _)| *wide).filter(|wide| !names.contains(*wide)).collect();
        assert!(gone.is_empty(), "WIDE names statements that are not there: {gone:?}");
        let mut found = Vec::new();
        for (statement, steps) in db.explain_all().await.unwrap() {
            let name = format!("{}::{}", statement.module, statement.name);
            if WIDE.iter().any(|(wide, _)| *wide == name) {
                continue;
            }
            for step in steps {
                let walks = step.starts_with("SCAN") || step.ends_with("(merchant=?)");
                if walks && !is_small(&step, statement.sql) {
                    found.push(format!("{name}: {step}"));
                }
            }
        }
        assert!(found.is_empty(), "{found:#?}");
        db.close().await;
    });
}

/// Whether the table of a plan's step (`SCAN name …`, `SEARCH alias USING …`) is one of the small ones.
fn is_small(step: &str, sql: &str) -> bool {
    let Some(name) = step.split_whitespace().nth(1) else { return false };
    SMALL.iter().any(|table| {
        *table == name
            || sql.contains(&format!("{table} AS {name}"))
            || sql.contains(&format!("{table} {name} "))
    })
}
