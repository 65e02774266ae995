//! Where do the engines differ, and what does the port do about it?
//!
//! The program is written in one dialect (`docs/dialect.md`). What that dialect cannot say is here, and
//! nowhere else: each difference is one function that takes the [`Engine`] or serves one of them.
//!
//! 1. [`for_sqlite`]: parameters `$n` become `?n`, BYTEA becomes BLOB.
//! 2. [`column_type`]: what the three types are called in a table.
//! 3. [`table_options`]: STRICT, without which SQLite keeps text in a BIGINT column, and where its rows lie.
//! 4. [`listed_values`]: what a CHECK with a list costs.
//! 5. [`append_only`]: the triggers that refuse UPDATE and DELETE.
//! 6. [`migration_guard`]: two processes that migrate at once take turns.
//! 7. [`Tx::lock`](crate::Tx::lock): RETURNING on PostgreSQL, [`without_returning`] and a SELECT on SQLite.
//! 8. [`columns_query`], [`indexes_query`], [`triggers_query`]: what the database says about itself.

use crate::sql::{self, Kind};
use crate::{Engine, Statement};

/// The statement's text for SQLite: `$n` becomes `?n`, because SQLite reads `$2` as a *name* and numbers
/// names by first appearance; BYTEA becomes BLOB, because CAST to an unknown type makes a number.
pub(crate) fn for_sqlite(sql: &str) -> String {
    let mut text = String::with_capacity(sql.len());
    for piece in sql::pieces(sql) {
        match piece.kind {
            Kind::Parameter => {
                text.push('?');
                text.push_str(piece.text.trim_start_matches('$'));
            }
            Kind::Word if piece.is_word("BYTEA") => text.push_str("BLOB"),
            _ => text.push_str(piece.text),
        }
    }
    text
}

/// The statement with `parameters` written into it in the order of their numbers, for EXPLAIN on PostgreSQL: then it plans for them.
pub(crate) fn with_literals(sql: &str, parameters: &[String]) -> String {
    let value = |name: &str| {
        let number: usize = name.trim_start_matches('$').parse().ok()?;
        parameters.get(number.checked_sub(1)?).map(String::as_str)
    };
    sql::pieces(sql)
        .iter()
        .map(|piece| match piece.kind {
            Kind::Parameter => value(piece.text).unwrap_or("NULL"),
            _ => piece.text,
        })
        .collect()
}

/// The UPDATE without its RETURNING clause; `None` when it is no UPDATE or has none.
pub(crate) fn without_returning(sql: &str) -> Option<&str> {
    let mut at = 0;
    let mut first = None;
    let mut cut = None;
    for piece in sql::pieces(sql) {
        if matches!(piece.kind, Kind::Word) {
            first.get_or_insert_with(|| piece.is_word("UPDATE"));
            if piece.is_word("RETURNING") {
                cut = Some(at);
            }
        }
        at += piece.text.len();
    }
    if first? { sql.get(..cut?) } else { None }
}

/// What a column type of the dialect is called in a table; `None` when it is not one of the three.
///
/// TEXT is compared byte by byte everywhere: with a language's collation PostgreSQL would sort
/// differently from SQLite, and differently from one server to the next.
pub(crate) fn column_type(engine: Engine, shared: &str) -> Option<&'static str> {
    let known = |name: &str| shared.eq_ignore_ascii_case(name);
    match engine {
        Engine::Sqlite if known("BIGINT") => Some("INTEGER"),
        Engine::Sqlite if known("TEXT") => Some("TEXT"),
        Engine::Sqlite if known("BYTEA") => Some("BLOB"),
        Engine::Postgres if known("BIGINT") => Some("BIGINT"),
        Engine::Postgres if known("TEXT") => Some("TEXT COLLATE \"C\""),
        Engine::Postgres if known("BYTEA") => Some("BYTEA"),
        _ => None,
    }
}

/// What follows the closing parenthesis of CREATE TABLE. By its key, a SQLite table is one tree and not two, and a
/// row that is found by its primary key is found in one walk.
pub(crate) fn table_options(engine: Engine, by_key: bool) -> &'static str {
    match engine {
        Engine::Sqlite if by_key => " STRICT, WITHOUT ROWID",
        Engine::Sqlite => " STRICT",
        Engine::Postgres => "",
    }
}

/// A table's text with `a IN ('x', 'y', 'z')` in its CHECKs spelled out as `(a = 'x' OR a = 'y' OR a = 'z')` for SQLite:
/// for a longer list it builds a table of its own, anew for every row that is written, and that costs as much as
/// writing the row.
pub(crate) fn listed_values(engine: Engine, table: String) -> String {
    if engine == Engine::Postgres {
        return table;
    }
    let all = sql::pieces(&table);
    let mut text = String::with_capacity(table.len());
    let mut at = 0;
    while let Some(piece) = all.get(at) {
        if let Some((values, length)) = list_of(all.get(at..).unwrap_or_default())
            && values.len() > 2
        {
            let each: Vec<String> = values.iter().map(|value| format!("{} = {value}", piece.text)).collect();
            text.push_str(&format!("({})", each.join(" OR ")));
            at += length;
        } else {
            text.push_str(piece.text);
            at += 1;
        }
    }
    text
}

/// The values of `name IN (…)` at the start of `pieces`, and how many pieces that takes.
fn list_of(pieces: &[sql::Piece<'_>]) -> Option<(Vec<String>, usize)> {
    let mut rest = pieces.iter().enumerate().filter(|(_, piece)| piece.counts());
    let name = rest.next().filter(|(at, piece)| *at == 0 && piece.kind == Kind::Word)?.1;
    if name.is_word("NOT") || !rest.next()?.1.is_word("IN") || !rest.next()?.1.is_symbol("(") {
        return None;
    }
    let mut values = vec![String::new()];
    for (at, piece) in rest {
        match piece.kind {
            Kind::Symbol if piece.is_symbol(")") => return Some((values, at + 1)),
            Kind::Symbol if piece.is_symbol(",") => values.push(String::new()),
            Kind::Quoted | Kind::Word => values.last_mut()?.push_str(piece.text),
            _ => return None,
        }
    }
    None
}

/// The statements that make `table` append-only: UPDATE and DELETE of a row fail, and so does TRUNCATE.
pub(crate) fn append_only(engine: Engine, table: &str) -> Vec<String> {
    match engine {
        Engine::Sqlite => ["UPDATE", "DELETE"]
            .map(|verb| {
                format!(
                    "CREATE TRIGGER {table}_no_{} BEFORE {verb} ON {table} BEGIN \
                     SELECT RAISE(ABORT, 'append-only: {table} takes no {verb}'); END",
                    verb.to_ascii_lowercase()
                )
            })
            .to_vec(),
        Engine::Postgres => vec![
            "CREATE OR REPLACE FUNCTION db_append_only() RETURNS trigger LANGUAGE plpgsql AS $refuse$ BEGIN \
             RAISE EXCEPTION 'append-only: % takes no %', TG_TABLE_NAME, TG_OP \
             USING ERRCODE = 'integrity_constraint_violation'; END $refuse$"
                .to_owned(),
            format!(
                "CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} \
                 FOR EACH ROW EXECUTE FUNCTION db_append_only()"
            ),
            format!(
                "CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} \
                 FOR EACH STATEMENT EXECUTE FUNCTION db_append_only()"
            ),
        ],
    }
}

/// Run first in a migration's transaction, so that two processes take turns and a big migration has
/// all the time it needs. On SQLite, BEGIN IMMEDIATE has done that already.
pub(crate) fn migration_guard(engine: Engine) -> &'static [&'static str] {
    match engine {
        Engine::Sqlite => &[],
        // "stamgast" in ASCII: one lock for every program that migrates this database
        Engine::Postgres => &[
            "SET LOCAL statement_timeout = 0",
            "SET LOCAL lock_timeout = 0",
            "SELECT pg_advisory_xact_lock(8319381534173918068)",
        ],
    }
}

/// Every column of every table: table, column, type, nullable 0/1, position in the primary key or 0.
pub(crate) fn columns_query(engine: Engine) -> &'static Statement {
    static SQLITE: Statement = Statement::new(
        "SCHEMA_COLUMNS_SQLITE",
        module_path!(),
        "SELECT t.name, c.name, c.type, CASE WHEN c.\"notnull\" = 1 OR c.pk > 0 THEN 0 ELSE 1 END, c.pk \
              FROM pragma_table_list AS t, pragma_table_info(t.name) AS c \
              WHERE t.schema = 'main' AND t.type = 'table' AND substr(t.name, 1, 7) <> 'sqlite_' \
              ORDER BY t.name, c.cid",
    );
    static POSTGRES: Statement = Statement::new(
        "SCHEMA_COLUMNS_POSTGRES",
        module_path!(),
        "SELECT CAST(t.relname AS TEXT), CAST(c.attname AS TEXT), \
                     format_type(c.atttypid, c.atttypmod), \
                     CAST(CASE WHEN c.attnotnull THEN 0 ELSE 1 END AS BIGINT), \
                     CAST(COALESCE(array_position(CAST(i.indkey AS INT2[]), c.attnum) + 1, 0) AS BIGINT) \
              FROM pg_class t \
              JOIN pg_attribute c ON c.attrelid = t.oid AND c.attnum > 0 AND NOT c.attisdropped \
              LEFT JOIN pg_index i ON i.indrelid = t.oid AND i.indisprimary \
              WHERE t.relkind IN ('r', 'p') AND t.relnamespace = CAST(current_schema() AS REGNAMESPACE) \
              ORDER BY CAST(t.relname AS TEXT) COLLATE \"C\", c.attnum",
    );
    match engine {
        Engine::Sqlite => &SQLITE,
        Engine::Postgres => &POSTGRES,
    }
}

/// Every index that a migration named: table, index, unique 0/1, partial 0/1, column, in order.
pub(crate) fn indexes_query(engine: Engine) -> &'static Statement {
    static SQLITE: Statement = Statement::new(
        "SCHEMA_INDEXES_SQLITE",
        module_path!(),
        "SELECT t.name, i.name, i.\"unique\", i.partial, c.name \
              FROM pragma_table_list AS t, pragma_index_list(t.name) AS i, pragma_index_info(i.name) AS c \
              WHERE t.schema = 'main' AND t.type = 'table' AND i.origin = 'c' \
              ORDER BY t.name, i.name, c.seqno",
    );
    static POSTGRES: Statement = Statement::new(
        "SCHEMA_INDEXES_POSTGRES",
        module_path!(),
        "SELECT CAST(t.relname AS TEXT), CAST(x.relname AS TEXT), \
                     CAST(CASE WHEN i.indisunique THEN 1 ELSE 0 END AS BIGINT), \
                     CAST(CASE WHEN i.indpred IS NULL THEN 0 ELSE 1 END AS BIGINT), \
                     CAST(c.attname AS TEXT) \
              FROM pg_index i \
              JOIN pg_class t ON t.oid = i.indrelid \
              JOIN pg_class x ON x.oid = i.indexrelid \
              CROSS JOIN LATERAL unnest(CAST(i.indkey AS INT2[])) WITH ORDINALITY AS k(attnum, position) \
              LEFT JOIN pg_attribute c ON c.attrelid = t.oid AND c.attnum = k.attnum AND k.attnum > 0 \
              WHERE t.relkind IN ('r', 'p') AND t.relnamespace = CAST(current_schema() AS REGNAMESPACE) \
                AND NOT EXISTS (SELECT 1 FROM pg_constraint o WHERE o.conindid = x.oid AND o.contype IN ('p', 'u')) \
              ORDER BY CAST(t.relname AS TEXT) COLLATE \"C\", CAST(x.relname AS TEXT) COLLATE \"C\", k.position",
    );
    match engine {
        Engine::Sqlite => &SQLITE,
        Engine::Postgres => &POSTGRES,
    }
}

/// Every table that [`append_only`] has closed.
pub(crate) fn triggers_query(engine: Engine) -> &'static Statement {
    static SQLITE: Statement = Statement::new(
        "SCHEMA_TRIGGERS_SQLITE",
        module_path!(),
        "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger' AND name = tbl_name || '_no_update' \
              ORDER BY tbl_name",
    );
    static POSTGRES: Statement = Statement::new(
        "SCHEMA_TRIGGERS_POSTGRES",
        module_path!(),
        "SELECT CAST(t.relname AS TEXT) FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid \
              WHERE g.tgname = t.relname || '_no_change' \
                AND t.relnamespace = CAST(current_schema() AS REGNAMESPACE) \
              ORDER BY CAST(t.relname AS TEXT) COLLATE \"C\"",
    );
    match engine {
        Engine::Sqlite => &SQLITE,
        Engine::Postgres => &POSTGRES,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_rewritten_outside_of_literals_only() {
        let cases = [
            ("SELECT $2, $1", "SELECT ?2, ?1"),
            ("SELECT '$1', \"a$2\", $10 -- $3", "SELECT '$1', \"a$2\", ?10 -- $3"),
            ("SELECT CAST($1 AS BYTEA), 'BYTEA'", "SELECT CAST(?1 AS BLOB), 'BYTEA'"),
            ("SELECT 'it''s $1' || $1", "SELECT 'it''s $1' || ?1"),
        ];
        for (shared, expected) in cases {
            assert_eq!(for_sqlite(shared), expected);
        }
    }
    #[test]
    fn an_update_loses_its_returning_and_nothing_else_does() {
        let cases = [
            (
                "UPDATE t SET a = 'RETURNING' WHERE k = $1 RETURNING a, b",
                Some("UPDATE t SET a = 'RETURNING' WHERE k = $1 "),
            ),
            ("  update t SET a = 1 returning a", Some("  update t SET a = 1 ")),
            ("UPDATE t SET a = 1", None),
            ("INSERT INTO t (a) VALUES ($1) RETURNING a", None),
            ("", None),
        ];
        for (sql, bare) in cases {
            assert_eq!(without_returning(sql), bare, "{sql}");
        }
    }
}
