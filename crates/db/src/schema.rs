//! Which tables does the database really have?
//!
//! For the test that the migrations make the same schema on both engines, and for `verify`.

use crate::{Db, Engine, Error, Never, Row, Tx, TxError, dialect};
use std::collections::BTreeMap;

/// A column's type, by its name in the shared dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnType {
    /// BIGINT.
    BigInt,
    /// TEXT.
    Text,
    /// BYTEA.
    Bytea,
    /// Something no migration of ours makes, as the engine calls it.
    Other(String),
}

impl ColumnType {
    fn of(name: &str) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "bigint" | "integer" => ColumnType::BigInt,
            "text" => ColumnType::Text,
            "bytea" | "blob" => ColumnType::Bytea,
            _ => ColumnType::Other(name.to_owned()),
        }
    }
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub column_type: ColumnType,
    /// May it be NULL?
    pub nullable: bool,
}

/// One index that a migration named; those behind PRIMARY KEY and UNIQUE are not listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// Does it refuse a second row with the same key?
    pub unique: bool,
    /// Does it hold only the rows of a WHERE?
    pub partial: bool,
    /// Its columns in order; `None` for an expression.
    pub columns: Vec<Option<String>>,
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// Its columns in the order of CREATE TABLE.
    pub columns: Vec<Column>,
    /// The names of the primary key's columns, in the key's order.
    pub primary_key: Vec<String>,
    /// Its indexes by name.
    pub indexes: Vec<Index>,
    /// Are UPDATE and DELETE refused?
    pub append_only: bool,
}

/// Every table by name.
pub type Schema = BTreeMap<String, Table>;

impl Db {
    /// Reads which tables there are, with their columns, keys and indexes.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn schema(&self) -> Result<Schema, Error> {
        let engine = self.engine();
        Ok(self.read("schema", move |tx| read(tx, engine)).await?)
    }
}

fn read(tx: &mut Tx<'_>, engine: Engine) -> Result<Schema, TxError<Never>> {
    let mut schema = Schema::new();
    let mut keys: BTreeMap<String, Vec<(i64, String)>> = BTreeMap::new();
    for row in tx.query(dialect::columns_query(engine), &[])? {
        let (table, column) = (row.get::<String>(0)?, column(&row)?);
        let position = row.get::<i64>(4)?;
        if position > 0 {
            keys.entry(table.clone()).or_default().push((position, column.name.clone()));
        }
        schema.entry(table).or_default().columns.push(column);
    }
    for (table, mut key) in keys {
        key.sort();
        schema.entry(table).or_default().primary_key = key.into_iter().map(|(_, name)| name).collect();
    }
    for row in tx.query(dialect::indexes_query(engine), &[])? {
        let (table, name, column) = (row.get::<String>(0)?, row.get::<String>(1)?, row.get(4)?);
        let indexes = &mut schema.entry(table).or_default().indexes;
        match indexes.last_mut() {
            Some(index) if index.name == name => index.columns.push(column),
            _ => {
                indexes.push(Index {
                    name,
                    unique: row.get(2)?,
                    partial: row.get(3)?,
                    columns: vec![column],
                });
            }
        }
    }
    for row in tx.query(dialect::triggers_query(engine), &[])? {
        schema.entry(row.get(0)?).or_default().append_only = true;
    }
    Ok(schema)
}

fn column(row: &Row) -> Result<Column, Error> {
    Ok(Column { name: row.get(1)?, column_type: ColumnType::of(row.text(2)?), nullable: row.get(3)? })
}
