//! Do two databases hold the same rows?

use db::{Db, Never, Row, Statement, TxError, params};
use std::sync::OnceLock;

/// A table of this side: its columns in the order of the migration.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<Column>,
    /// Names, in order.
    key: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Text,
    Bytes,
}

impl Column {
    /// An instant, which moves with a merchant that is copied to a later time.
    pub(crate) fn is_instant(&self) -> bool {
        let name = self.name.as_str();
        self.kind == Kind::Number
            && (["_at", "_until", "_from"].iter().any(|end| name.ends_with(end))
                || ["date_first_order", "date_last_order", "last_updated"].contains(&name))
    }
}

impl Kind {
    /// Reads the type of a column.
    fn of(word: &str) -> Option<Self> {
        match word.trim_end_matches([',', ';']) {
            "BIGINT" => Some(Self::Number),
            "TEXT" => Some(Self::Text),
            "BYTEA" => Some(Self::Bytes),
            _ => None,
        }
    }
}

/// Every table, read from the migrations: a column that comes later is compared and copied too.
pub(crate) fn tables() -> &'static [Table] {
    static TABLES: OnceLock<Vec<Table>> = OnceLock::new();
    TABLES.get_or_init(|| {
        let mut tables: Vec<Table> = Vec::new();
        let sql = partner::MIGRATIONS.files.iter().map(|(_, sql)| *sql).collect::<Vec<_>>().join("\n");
        for line in sql.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match (words.as_slice(), tables.last_mut()) {
                (["ALTER", "TABLE", table, "RENAME", "TO", name], _) => {
                    let table = tables.iter_mut().find(|known| known.name == *table).unwrap();
                    name.trim_end_matches(';').clone_into(&mut table.name);
                }
                (["DROP", "TABLE", name], _) => {
                    tables.retain(|known| known.name != name.trim_end_matches(';'));
                }
                (["CREATE", "TABLE", name, ..], _) => {
                    tables.push(Table { name: (*name).to_owned(), columns: Vec::new(), key: Vec::new() });
                }
                (["ALTER", "TABLE", name, "ADD", "COLUMN", column, kind, ..], _) => {
                    let table = tables.iter_mut().find(|table| table.name == *name).unwrap();
                    let kind = Kind::of(kind).unwrap();
                    table.columns.push(Column { name: (*column).to_owned(), kind });
                }
                (["ALTER", ..], _) => {
                    unreachable!("expected ADD COLUMN or RENAME TO in one line, found {line}")
                }
                (["PRIMARY", "KEY", ..], Some(table)) => {
                    let (_, names) = line.split_once('(').unwrap();
                    let names = names.split_once(')').unwrap().0.split(',');
                    table.key = names.map(|name| name.trim().to_owned()).collect();
                }
                ([name, kind, ..], Some(table)) if line.starts_with("    ") => {
                    let Some(kind) = Kind::of(kind) else { continue };
                    table.columns.push(Column { name: (*name).to_owned(), kind });
                }
                _ => {}
            }
        }
        assert!(tables.len() > 15 && tables.iter().all(|table| !table.key.is_empty()), "{tables:?}");
        tables
    })
}

/// A text that is made here; it lives as long as the test.
pub(crate) fn statement(sql: String) -> &'static Statement {
    Box::leak(Box::new(Statement::new("SEQUENCES", "tests", Box::leak(sql.into_boxed_str()))))
}

/// Every row of these merchants, by table, in the order of the primary key.
pub(crate) async fn rows(db: &Db, from: &str, until: &str) -> Vec<Vec<Row>> {
    static READ: OnceLock<Vec<&'static Statement>> = OnceLock::new();
    let read = READ.get_or_init(|| {
        // an id is drawn by whichever of the cases that go on side by side comes first
        let drawn = |name: &str| name == "quarantine_id";
        let sql = |table: &Table| {
            let names = table.columns.iter().map(|column| column.name.as_str());
            let names: Vec<&str> = names.filter(|name| !drawn(name)).collect();
            let key = table.key.iter().map(String::as_str).filter(|name| !drawn(name));
            let others =
                ["record_key", "body_hash"].into_iter().filter(|_| table.name == "partner_quarantine");
            let (names, key) = (names.join(", "), key.chain(others).collect::<Vec<_>>().join(", "));
            format!(
                "SELECT {names} FROM {} WHERE merchant >= $1 AND merchant < $2 ORDER BY {key}",
                table.name
            )
        };
        tables().iter().map(|table| statement(sql(table))).collect()
    });
    let (from, until) = (from.to_owned(), until.to_owned());
    let found = db.read("all_rows", move |tx| {
        let all = read.iter().map(|statement| tx.query(*statement, params![&from, &until]));
        Ok::<_, TxError<Never>>(all.collect::<Result<Vec<_>, _>>()?)
    });
    found.await.unwrap()
}

/// The two databases agree about these merchants; how many rows they have, or which they do not agree about.
pub(crate) async fn agree(one: &Db, other: &Db, from: &str, until: &str) -> Result<usize, String> {
    let (one, other) = tokio::join!(rows(one, from, until), rows(other, from, until));
    let mut count = 0;
    for ((table, one), other) in tables().iter().zip(&one).zip(&other) {
        for index in 0..one.len().max(other.len()) {
            let (one, other) = (one.get(index), other.get(index));
            if one != other {
                return Err(format!("{}: the engines end with other rows:\n{one:?}\n{other:?}", table.name));
            }
        }
        count += one.len();
    }
    Ok(count)
}
