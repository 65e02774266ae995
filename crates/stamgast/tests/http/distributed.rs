//! Would a PostgreSQL that spreads its rows over several machines by merchant take every statement and table?
//!
//! Such a server finds a merchant's machine by the value that a statement compares the column `merchant` with. Where a scan
//! has none, it asks every machine; where a subquery takes it from an outer row, it refuses. Rows that lead to a merchant
//! before one is known (tokens) are in *directories*: small tables that every machine has whole.

use db::{Db, Engine, Options};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use testkit::TestDatabase;

/// Directories of the first migrations, which may not change any more. Newer ones say `-- directory: table` in their file.
const DIRECTORIES: [&str; 7] = [
    "db_migration",
    "door_admin_token",
    "partner_credential",
    "platform_access_token",
    "platform_client",
    // which merchants an application has: asked by the application
    "platform_client_merchant",
    "platform_pos_token",
];

/// Statements (or modules of them, ending in `::`) that look at more than one merchant, and why they may. None runs for a
/// request: each belongs to work that the server does for all merchants in the background, or to the operator's own command.
const ACROSS_MERCHANTS: &[(&str, &str)] = &[
    ("courier::feed::store::DUE_FEEDS", "the courier looks whose feed has something to send"),
    ("courier::feed::store::DUE_RETRIES", "the courier looks whose feed is to be tried again"),
    ("courier::feed::store::LAG_BY_DOMAIN", "the courier's gauges are of the whole server"),
    ("courier::feed::store::UNPREPARED", "the courier gives each subscription its lanes when it starts"),
    ("courier::outbox::store::DUE_LANES", "the courier looks who has something to deliver"),
    ("courier::seal::SEALING_KEYS", "the server asks at its start whether it can open every secret"),
    ("partner::admin::once::REMOVE_ENDED_KEYS", "the sweep removes keys of all merchants"),
    ("partner::loyalty::ledger::holds::MARK_ENDED_HOLDS", "the sweep ends holds of all merchants"),
    ("partner::loyalty::limit::store::MARK_ENDED_LIMIT_HOLDS", "the sweep ends holds of all merchants"),
    ("partner::sweep::", "the sweep looks which lots and tiers of all merchants have ended"),
    ("partner::verify::", "`stamgast verify` walks every table, in slices that begin and end anywhere"),
    ("platform::delivery::store::DUE", "orders of all merchants that nobody confirmed in time are declined"),
    ("platform::delivery::store::NAMED_UNTIL", "old orders of all merchants lose their guests"),
    ("platform::loyalty::store::NAMED_UNTIL", "old copies of all merchants lose their guests"),
    (
        "platform::menu::version::DUE_CHANGEOVERS",
        "menus of all merchants change by themselves at their midnights",
    ),
    ("platform::reservations::store::NAMED_UNTIL", "old reservations of all merchants lose their guests"),
    ("platform::till::copies::OPEN_TOO_LONG", "old copies of all merchants lose their guests"),
];

/// The names of directories: those above and those that a migration marks.
fn directories() -> BTreeSet<String> {
    let sets = stamgast::database::migrations(stamgast::config::Role::All);
    let lines = sets.iter().flat_map(|set| set.files).flat_map(|(_, text)| text.lines());
    let marked = lines.filter_map(|line| line.trim().strip_prefix("-- directory: "));
    let marked = marked.map(|table| table.trim().to_owned());
    marked.chain(DIRECTORIES.map(str::to_owned)).collect()
}

/// A place where a plan reads a table: the table and what its rows are compared with.
fn scans(plan: &Value, found: &mut Vec<(String, String)>) {
    if let (Some(node), Some(table)) = (plan["Node Type"].as_str(), plan["Relation Name"].as_str())
        && node.contains("Scan")
    {
        let conditions = ["Index Cond", "Recheck Cond", "Filter"].map(|one| plan[one].as_str().unwrap_or(""));
        found.push((table.to_owned(), conditions.join(" ")));
    }
    for inner in plan["Plans"].as_array().into_iter().flatten() {
        scans(inner, found);
    }
}

/// The parameter that `conditions` compare the column `merchant` with, such as `p1`.
fn merchant_of(conditions: &str) -> Option<&str> {
    let (_, value) = conditions.split_once("merchant = '")?;
    value.split_once("'::text").map(|(parameter, _)| parameter)
}

#[test]
fn each_scan_of_a_merchants_table_names_the_merchant() {
    testkit::run(Engine::Postgres, async |_| {
        let database = TestDatabase::fresh(Engine::Postgres).await;
        let db = Db::open(Options::new(database.url())).await.unwrap();
        let directories = directories();
        let mut across: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let (mut seen, mut named) = (0, 0);
        for (statement, plans) in db.explain_all().await.unwrap() {
            let name = format!("{}::{}", statement.module, statement.name);
            for plan in &plans {
                let plan: Value = serde_json::from_str(plan).unwrap();
                let mut found = Vec::new();
                scans(&plan[0]["Plan"], &mut found);
                found.retain(|(table, _)| !directories.contains(table));
                seen += found.len();
                let merchants: BTreeSet<Option<&str>> =
                    found.iter().map(|(_, conditions)| merchant_of(conditions)).collect();
                if merchants.contains(&None) || merchants.len() > 1 {
                    let places = found.iter().map(|(table, conditions)| format!("{table}: {conditions}"));
                    across.insert(name.clone(), places.collect());
                } else {
                    named += found.len();
                }
            }
        }
        assert!(seen > 200 && named > 200, "{named} of {seen} scans name a merchant");
        for (allowed, _) in ACROSS_MERCHANTS {
            let count = across.len();
            across
                .retain(|name, _| name != allowed && !(allowed.ends_with("::") && name.starts_with(allowed)));
            assert!(across.len() < count, "{allowed} names its merchant now: take it off the list");
        }
        assert!(across.is_empty(), "write merchant = $1 at every table, in subqueries too: {across:#?}");
        db.close().await;
    });
}

#[test]
fn nothing_is_selected_in_the_middle_of_an_insert() {
    let mut faults = Vec::new();
    for statement in db::STATEMENTS.iter() {
        let sql = statement.sql.split_whitespace().collect::<Vec<_>>().join(" ").to_uppercase();
        let values = sql.split_once(" VALUES (").map_or("", |(_, values)| values);
        let update = sql.split_once(" DO UPDATE SET ").map_or("", |(_, update)| update);
        if sql.starts_with("INSERT ") && (values.contains("SELECT ") || update.contains("SELECT ")) {
            faults.push(format!("{}::{}", statement.module, statement.name));
        }
    }
    assert!(faults.is_empty(), "ask first, then insert what was found: {faults:#?}");
}

#[test]
fn each_table_is_keyed_by_merchant_or_is_a_directory() {
    testkit::run(Engine::Postgres, async |_| {
        let database = TestDatabase::fresh(Engine::Postgres).await;
        let db = Db::open(Options::new(database.url())).await.unwrap();
        let (schema, directories) = (db.schema().await.unwrap(), directories());
        let mut faults = Vec::new();
        for (name, table) in &schema {
            let by_merchant = table.primary_key.first().is_some_and(|column| column == "merchant");
            if !by_merchant && !directories.contains(name) {
                faults.push(format!("{name}: keyed by merchant first, or marked `-- directory: {name}`"));
            }
            for index in table.indexes.iter().filter(|index| by_merchant && index.unique) {
                if !index.columns.contains(&Some("merchant".to_owned())) {
                    faults.push(format!("{}: a unique index of {name} has the merchant", index.name));
                }
            }
        }
        faults.extend(directories.iter().filter(|name| !schema.contains_key(*name)).cloned());
        assert!(faults.is_empty(), "{faults:#?}");
        db.close().await;
    });
    // what is unique by a constraint is in no list of indexes
    for set in stamgast::database::migrations(stamgast::config::Role::All) {
        for (file, text) in set.files {
            let code = text.lines().map(|line| line.split("--").next().unwrap_or_default());
            let words: Vec<&str> = code.flat_map(str::split_whitespace).collect();
            let constraint = words.windows(2).any(|two| two[0] == "UNIQUE" && two[1] != "INDEX");
            assert!(!constraint, "{}/{file}: write CREATE UNIQUE INDEX", set.owner);
        }
    }
}
