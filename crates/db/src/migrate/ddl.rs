//! How does one migration text become SQLite's and PostgreSQL's?
//!
//! A file is a list of statements with `;` between them. Of CREATE TABLE and ADD COLUMN the column types are
//! translated; anything but BIGINT, TEXT and BYTEA is refused, because only these mean the same on
//! both. A comment line `-- append-only: some_table` makes that table refuse UPDATE and DELETE; one
//! `-- by key: some_table` before the table lets SQLite keep its rows in the tree of its primary key.

use crate::sql::{Kind, Piece, pieces};
use crate::{Engine, dialect};

const APPEND_ONLY: &str = "append-only:";
const BY_KEY: &str = "by key:";

/// The statements for `engine`, in order; the error says what is not in the shared dialect. Each is sent by itself: not every
/// server that speaks PostgreSQL's protocol takes several at once.
pub(super) fn translate(engine: Engine, text: &str) -> Result<Vec<String>, String> {
    let all = pieces(text);
    let mut statements = Vec::new();
    let by_key = directives(&all, BY_KEY)?;
    let mut made = Vec::new();
    for statement in all.split(|piece| piece.is_symbol(";")) {
        let meant: Vec<Piece<'_>> = statement.iter().copied().filter(Piece::counts).collect();
        if meant.is_empty() {
            continue;
        }
        made.extend(table_made_by(&meant));
        statements.push(one(engine, statement, &meant, &by_key)?);
    }
    if let Some(table) = by_key.iter().find(|table| !made.contains(table)) {
        return Err(format!("-- {BY_KEY} {table}: expected a CREATE TABLE {table} in the same file"));
    }
    for table in directives(&all, APPEND_ONLY)? {
        statements.extend(dialect::append_only(engine, table));
    }
    Ok(statements)
}

/// The tables named by lines of one directive.
fn directives<'a>(all: &[Piece<'a>], directive: &str) -> Result<Vec<&'a str>, String> {
    let mut tables = Vec::new();
    for piece in all.iter().filter(|piece| piece.kind == Kind::Comment) {
        let Some(table) = piece.text.trim_start_matches('-').trim().strip_prefix(directive) else {
            continue;
        };
        let table = table.trim();
        let is_name = !table.is_empty()
            && table.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !is_name {
            return Err(format!("expected -- {directive} TABLE with the name of one table, came {table:?}"));
        }
        tables.push(table);
    }
    Ok(tables)
}

/// The table that a statement makes, if it makes one.
fn table_made_by<'a>(meant: &[Piece<'a>]) -> Option<&'a str> {
    match meant {
        [create, table, ..] if create.is_word("CREATE") && table.is_word("TABLE") => {
            meant.iter().take_while(|piece| !piece.is_symbol("(")).last().map(|piece| piece.text)
        }
        _ => None,
    }
}

/// One statement, translated. `meant` is `statement` without comments and white space.
fn one(
    engine: Engine,
    statement: &[Piece<'_>],
    meant: &[Piece<'_>],
    by_key: &[&str],
) -> Result<String, String> {
    let word = |at: usize, word: &str| meant.get(at).is_some_and(|piece| piece.is_word(word));
    if let Some(table) = table_made_by(meant) {
        let options = dialect::table_options(engine, by_key.contains(&table));
        return create_table(engine, table, statement, options);
    }
    if word(0, "ALTER") && word(1, "TABLE") {
        return alter_table(engine, statement, meant);
    }
    let create_index = word(0, "CREATE") && (word(1, "INDEX") || (word(1, "UNIQUE") && word(2, "INDEX")));
    let drop = word(0, "DROP") && (word(1, "TABLE") || word(1, "INDEX"));
    let data = word(0, "INSERT") || word(0, "UPDATE") || word(0, "DELETE");
    if create_index || drop || data {
        return Ok(match engine {
            Engine::Sqlite => dialect::for_sqlite(&text_of(statement)),
            Engine::Postgres => text_of(statement),
        });
    }
    let start: Vec<&str> = meant.iter().take(3).map(|piece| piece.text).collect();
    Err(format!(
        "expected CREATE TABLE, CREATE [UNIQUE] INDEX, ALTER TABLE, DROP, INSERT, UPDATE or DELETE, came \
         \"{} …\"",
        start.join(" ")
    ))
}

fn create_table(
    engine: Engine,
    table: &str,
    statement: &[Piece<'_>],
    options: &str,
) -> Result<String, String> {
    if !statement.iter().rfind(|piece| piece.counts()).is_some_and(|piece| piece.is_symbol(")")) {
        return Err(format!(
            "table {table}: expected the statement to end with the closing parenthesis of its columns \
             (STRICT is added by itself)"
        ));
    }
    let mut written = String::new();
    let mut depth = 0_usize;
    // Where in an item (a column or a constraint) the next word is: 0 its name, 1 its type, then the rest
    let mut place = usize::MAX;
    let mut column = "";
    for piece in statement {
        let mut text = piece.text;
        if piece.is_symbol("(") {
            depth += 1;
            if depth == 1 {
                place = 0;
            } else if place < 3 && place > 0 {
                return Err(format!("table {table}, column {column}: a type takes no length"));
            }
        } else if piece.is_symbol(")") {
            depth = depth.saturating_sub(1);
        } else if piece.is_symbol(",") && depth == 1 {
            place = 0;
        } else if piece.counts() && depth == 1 {
            match place {
                0 if is_constraint(piece) => place = usize::MAX,
                0 => {
                    column = piece.text;
                    place = 1;
                }
                1 => {
                    text = named_type(engine, table, column, piece)?;
                    place = 2;
                }
                2 => place = 3,
                _ => {}
            }
        }
        written.push_str(text);
    }
    let end = written.trim_end().len();
    written.truncate(end);
    written.push_str(options);
    Ok(dialect::listed_values(engine, written))
}

/// ADD COLUMN has a type; every other ALTER TABLE goes through as it is.
fn alter_table(engine: Engine, statement: &[Piece<'_>], meant: &[Piece<'_>]) -> Result<String, String> {
    let table = meant.get(2).map_or("", |piece| piece.text);
    let (Some(verb), Some(object)) = (meant.get(3), meant.get(4)) else {
        return Err("ALTER TABLE ends too early".to_owned());
    };
    if verb.is_word("RENAME") || (verb.is_word("DROP") && object.is_word("COLUMN")) {
        return Ok(text_of(statement));
    }
    if !(verb.is_word("ADD") && object.is_word("COLUMN")) {
        return Err(format!(
            "table {table}: expected ADD COLUMN, DROP COLUMN or RENAME (SQLite has no other), came {} {}",
            verb.text, object.text
        ));
    }
    let (Some(column), Some(kind)) = (meant.get(5), meant.get(6)) else {
        return Err(format!("table {table}: ADD COLUMN needs a name and a type"));
    };
    let translated = named_type(engine, table, column.text, kind)?;
    let mut written = String::new();
    let mut seen = 0_usize;
    for piece in statement {
        let is_type = piece.counts() && seen == 6;
        written.push_str(if is_type { translated } else { piece.text });
        seen += usize::from(piece.counts());
    }
    Ok(written)
}

fn named_type(engine: Engine, table: &str, column: &str, came: &Piece<'_>) -> Result<&'static str, String> {
    dialect::column_type(engine, came.text).ok_or_else(|| {
        format!("table {table}, column {column}: expected type BIGINT, TEXT or BYTEA, came {}", came.text)
    })
}

fn is_constraint(piece: &Piece<'_>) -> bool {
    ["PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "CONSTRAINT"].iter().any(|word| piece.is_word(word))
}

fn text_of(pieces: &[Piece<'_>]) -> String {
    pieces.iter().map(|piece| piece.text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "-- A table; with a semicolon.\nCREATE TABLE a_b (\n  id BIGINT NOT NULL, -- TEXT\n  \
                         note text DEFAULT 'BIGINT; (x,',\n  body BYTEA,\n  flag BIGINT CHECK (flag IN (0, 1)),\n  \
                         PRIMARY KEY (id, note)\n);";

    #[test]
    fn a_table_gets_the_types_of_its_engine() {
        assert_eq!(
            translate(Engine::Sqlite, TABLE).unwrap().concat(),
            "-- A table; with a semicolon.\nCREATE TABLE a_b (\n  id INTEGER NOT NULL, -- TEXT\n  \
             note TEXT DEFAULT 'BIGINT; (x,',\n  body BLOB,\n  flag INTEGER CHECK (flag IN (0, 1)),\n  \
             PRIMARY KEY (id, note)\n) STRICT"
        );
        assert_eq!(
            translate(Engine::Postgres, TABLE).unwrap().concat(),
            "-- A table; with a semicolon.\nCREATE TABLE a_b (\n  id BIGINT NOT NULL, -- TEXT\n  \
             note TEXT COLLATE \"C\" DEFAULT 'BIGINT; (x,',\n  body BYTEA,\n  flag BIGINT CHECK (flag IN (0, 1)),\n  \
             PRIMARY KEY (id, note)\n)"
        );
    }

    #[test]
    fn a_list_of_values_is_spelled_out_for_sqlite() {
        let table = "CREATE TABLE t (a TEXT CHECK (a IN ('x', 'y,)', 'z') AND a <> 'IN'), b BIGINT CHECK (b NOT IN (1, 2, 3)))";
        assert_eq!(
            translate(Engine::Sqlite, table).unwrap().concat(),
            "CREATE TABLE t (a TEXT CHECK ((a = 'x' OR a = 'y,)' OR a = 'z') AND a <> 'IN'), b INTEGER CHECK (b NOT IN (1, 2, 3))) STRICT"
        );
        assert!(
            translate(Engine::Postgres, table)
                .unwrap()
                .concat()
                .contains("CHECK (a IN ('x', 'y,)', 'z') AND")
        );
    }

    #[test]
    fn a_column_is_added_and_the_rest_of_alter_is_left() {
        let added =
            translate(Engine::Sqlite, "ALTER TABLE t ADD COLUMN x BYTEA; ALTER TABLE t RENAME TO u").unwrap();
        assert_eq!(added, ["ALTER TABLE t ADD COLUMN x BLOB", " ALTER TABLE t RENAME TO u"]);
    }

    #[test]
    fn what_only_one_engine_knows_is_refused_by_name() {
        let cases = [
            (
                "CREATE TABLE t (id UUID NOT NULL)",
                "table t, column id: expected type BIGINT, TEXT or BYTEA, came UUID",
            ),
            ("CREATE TABLE t (id TEXT(10))", "table t, column id: a type takes no length"),
            ("CREATE TABLE t (a BIGINT) STRICT", "table t: expected the statement to end with the closing"),
            ("CREATE TABLE t AS SELECT 1", "expected the statement to end with the closing"),
            (
                "ALTER TABLE t ADD COLUMN x BOOLEAN",
                "table t, column x: expected type BIGINT, TEXT or BYTEA, came BOOLEAN",
            ),
            ("ALTER TABLE t ALTER COLUMN x TYPE TEXT", "expected ADD COLUMN, DROP COLUMN or RENAME"),
            ("CREATE VIEW v AS SELECT 1", "came \"CREATE VIEW v …\""),
            ("-- append-only: two tables", "with the name of one table"),
        ];
        for engine in [Engine::Sqlite, Engine::Postgres] {
            for (text, expected) in cases {
                let message = translate(engine, text).unwrap_err();
                assert!(message.contains(expected), "{text}: {message}");
            }
        }
    }

    #[test]
    fn the_directive_closes_its_table() {
        for (engine, count) in [(Engine::Sqlite, 3), (Engine::Postgres, 4)] {
            let all = translate(engine, "-- append-only: t\nCREATE TABLE t (id BIGINT)").unwrap();
            assert_eq!(all.len(), count, "{all:?}");
            assert!(all[0].contains("CREATE TABLE t"), "{all:?}");
            assert!(all[1..].iter().any(|one| one.contains("DELETE ON t ")), "{all:?}");
        }
    }

    #[test]
    fn a_table_lies_by_its_key_where_that_is_said() {
        let text = "-- by key: t\nCREATE TABLE t (id BIGINT PRIMARY KEY); CREATE TABLE u (id BIGINT)";
        let all = translate(Engine::Sqlite, text).unwrap();
        assert!(all[0].ends_with("(id INTEGER PRIMARY KEY) STRICT, WITHOUT ROWID"), "{all:?}");
        assert!(all[1].ends_with("u (id INTEGER) STRICT"), "{all:?}");
        assert!(!translate(Engine::Postgres, text).unwrap().concat().contains("ROWID"));
        let error = translate(Engine::Postgres, "-- by key: other\nCREATE TABLE t (id BIGINT)").unwrap_err();
        assert!(error.contains("CREATE TABLE other"), "{error}");
    }
}
