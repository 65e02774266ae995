//! Does each table have one writer: one folder in which everything stands that inserts, updates or deletes its rows?
//!
//! What holds for a row (a state that only goes one way, two columns that change together) is then seen in one place.
//! Tests set up rows as they like, and migrations are no program.

use super::references::is_of_the_program;
use super::sql::statements;
use super::{Fault, Source};
use std::collections::{BTreeMap, BTreeSet};

/// A table that is written in several folders all the same.
struct Several {
    table: &'static str,
    /// Below `crates/`.
    folders: &'static [&'static str],
    reason: &'static str,
}

/// The tables with several writers. This list may only shrink.
const SEVERAL: &[Several] = &[
    Several {
        table: "platform_client_secret",
        folders: &["platform/src/access", "platform/src/admin"],
        reason: "the admin API adds secrets, the keeper of tokens renews and ends them",
    },
    Several {
        table: "platform_merchant",
        folders: &["platform/src/admin", "platform/src/menu", "platform/src/stocks"],
        reason: "the menu and the stocks lock the row and change nothing in it: each is set up one call after the other",
    },
    Several {
        table: "platform_pos_token",
        folders: &["platform/src/access", "platform/src/admin"],
        reason: "the admin API adds tokens of registers, the keeper of tokens renews and ends them",
    },
];

/// Reports tables that are written in several folders, and entries of the list that are not needed any more.
pub(super) fn check(rust: &[Source]) -> Vec<Fault> {
    judge(&writers(rust), SEVERAL)
}

fn judge(found: &BTreeMap<String, BTreeSet<String>>, several: &[Several]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (table, folders) in found.iter().filter(|(_, folders)| folders.len() > 1) {
        let known = several.iter().find(|one| one.table == table);
        for folder in folders.iter().filter(|at| !known.is_some_and(|one| one.folders.contains(&at.as_str())))
        {
            let others: Vec<&str> =
                folders.iter().filter(|other| *other != folder).map(String::as_str).collect();
            let rule =
                format!("writes {table}, as {} does: a table is written in one folder", others.join(", "));
            faults.push(Fault::new(format!("crates/{folder}"), rule));
        }
    }
    for one in several {
        let folders = found.get(one.table).cloned().unwrap_or_default();
        for gone in one.folders.iter().filter(|folder| folders.len() < 2 || !folders.contains(**folder)) {
            let rule = format!("needs no exception for {} any more ({}): take it off", one.table, one.reason);
            faults.push(Fault::new(format!("crates/{gone}"), rule));
        }
    }
    faults
}

/// Each table with the folders below `crates/` that write it.
fn writers(rust: &[Source]) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in rust {
        let Some((folder, _)) = source.path.strip_prefix("crates/").and_then(|path| path.rsplit_once('/'))
        else {
            continue;
        };
        for (at, sql) in statements(&source.text) {
            if is_of_the_program(source, at) {
                for table in written(&sql) {
                    found.entry(table).or_default().insert(folder.to_owned());
                }
            }
        }
    }
    found
}

/// The tables that one statement writes.
fn written(sql: &str) -> BTreeSet<String> {
    let flat = sql.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    let mut tables = BTreeSet::new();
    for words in ["insert into ", "update ", "delete from "] {
        for (at, _) in flat.match_indices(words) {
            let name = flat.get(at + words.len()..).unwrap_or_default();
            let end = name.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(name.len());
            let whole_word = !flat
                .get(..at)
                .is_some_and(|before| before.ends_with(|c: char| c.is_alphanumeric() || c == '_'));
            // ON CONFLICT … DO UPDATE SET is of the table that the statement inserts into
            if whole_word && name.get(..end) != Some("set") {
                tables.extend(name.get(..end).filter(|name| !name.is_empty()).map(str::to_owned));
            }
        }
    }
    tables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_statement_writes() {
        for (sql, tables) in [
            ("SELECT a FROM t", &[][..]),
            ("INSERT INTO t AS kept (a) VALUES ($1)\n ON CONFLICT (a) DO UPDATE SET a = EXCLUDED.a", &["t"]),
            ("UPDATE t SET last_update = $1 WHERE a = (SELECT b FROM u)", &["t"]),
            ("DELETE FROM t WHERE a IN (SELECT a FROM u)", &["t"]),
            ("WITH gone AS (DELETE FROM t RETURNING a) INSERT INTO u (a) SELECT a FROM gone", &["t", "u"]),
        ] {
            assert_eq!(written(sql).iter().map(String::as_str).collect::<Vec<_>>(), tables, "{sql}");
        }
    }

    fn source(path: &str, sql: &str) -> Source {
        let text = format!("//! What?\ndb::statement! {{\n    /// Doc.\n    ONE = \"{sql}\";\n}}\n");
        Source { path: path.to_owned(), text }
    }

    #[test]
    fn a_second_writer_is_reported_and_so_is_an_exception_that_is_not_needed() {
        let known = |folders: &'static [&'static str]| [Several { table: "t", folders, reason: "why" }];
        let mut rust = vec![
            source("crates/a/src/lot/store.rs", "UPDATE t SET a = 1"),
            source("crates/a/src/lot/more.rs", "DELETE FROM t"),
            source("crates/a/src/hold/store.rs", "SELECT a FROM t"),
            source("crates/a/src/hold/tests/rows.rs", "INSERT INTO t (a) VALUES (1)"),
        ];
        let faults = |rust: &[Source], several: &[Several]| judge(&writers(rust), several).len();
        assert_eq!(faults(&rust, &[]), 0);
        assert_eq!(faults(&rust, &known(&["a/src/lot", "a/src/hold"])), 2);
        rust.push(source("crates/a/src/hold/more.rs", "INSERT INTO t (a) VALUES (1)"));
        assert_eq!(faults(&rust, &[]), 2);
        assert_eq!(faults(&rust, &known(&["a/src/lot"])), 1);
        assert_eq!(faults(&rust, &known(&["a/src/lot", "a/src/hold"])), 0);
    }
}
