//! How does a database get its tables, and how does it get the next version's?
//!
//! Every crate with tables owns a list of migration files, one SQL text for both engines ([`ddl`]). Forward
//! only: a file that was applied is never edited, the next change is the next file. Each runs in one
//! transaction together with its row in `db_migration`, so it is there whole or not at all; processes
//! that start at once take turns.

mod ddl;

use crate::{Db, Engine, Error, Never, Tx, TxError, dialect};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Every migration one crate owns, in order:
/// `Migrations { owner: "partner", files: &[("0001_start", include_str!("../migrations/0001_start.sql"))] }`.
#[derive(Debug, Clone, Copy)]
pub struct Migrations {
    /// The crate.
    pub owner: &'static str,
    /// Name and text of each file, in the order they are applied.
    pub files: &'static [(&'static str, &'static str)],
}

crate::statement! {
    /// Has this file been applied, and what did it say then?
    MIGRATION_APPLIED -> String = "SELECT checksum FROM db_migration WHERE owner = $1 AND file = $2";
    /// How many files of this owner have been applied?
    MIGRATION_COUNT -> i64 = "SELECT COUNT(*) FROM db_migration WHERE owner = $1";
    /// Files of an owner in the order they were applied.
    MIGRATION_FILES -> String = "SELECT file FROM db_migration WHERE owner = $1 ORDER BY number";
    /// Remembers an applied file.
    MIGRATION_DONE = "INSERT INTO db_migration (owner, number, file, checksum, applied_at) VALUES ($1, $2, $3, $4, $5)";
}

const TABLE: &str = "CREATE TABLE IF NOT EXISTS db_migration (
    owner TEXT NOT NULL,
    number BIGINT NOT NULL,
    file TEXT NOT NULL,
    checksum TEXT NOT NULL,
    applied_at BIGINT NOT NULL,
    PRIMARY KEY (owner, number),
    UNIQUE (owner, file)
)";

/// A migration, translated for one engine.
struct Prepared {
    owner: &'static str,
    file: &'static str,
    number: i64,
    checksum: String,
    statements: Vec<String>,
}

impl Db {
    /// Applies every migration that is not applied yet, and gives their names (`partner/0001_start`).
    ///
    /// # Errors
    /// [`Error::Migration`] when a file is not in the shared dialect, when an applied file has been edited
    /// or removed since, or when its SQL fails; nothing of that file is kept then.
    pub async fn migrate(&self, sets: &[Migrations]) -> Result<Vec<String>, Error> {
        let engine = self.engine();
        let mut prepared = Vec::new();
        for set in sets {
            for (number, (file, text)) in (1..).zip(set.files) {
                prepared.push(Arc::new(Prepared {
                    owner: set.owner,
                    file,
                    number,
                    checksum: checksum(text),
                    statements: ddl::translate(engine, text)
                        .map_err(|message| fault(set.owner, file, message))?,
                }));
            }
        }
        let table = ddl::translate(engine, TABLE).map_err(|message| fault("db", "db_migration", message))?;
        self.write_at_leisure::<_, Never, _>("migration_table", move |tx| {
            guard(tx)?;
            Ok(run_each(tx, "db_migration", &table)?)
        })
        .await?;
        for set in sets {
            self.refuse_removed(*set).await?;
        }
        let mut applied = Vec::new();
        for migration in prepared {
            let name = format!("{}/{}", migration.owner, migration.file);
            let now = now_microseconds();
            let ran = self.write_at_leisure("migration", move |tx| apply(tx, &migration, now)).await;
            match ran {
                Ok(true) => applied.push(name),
                Ok(false) => {}
                Err(TxError::Refused(error) | TxError::Failed(error)) => return Err(error),
            }
        }
        Ok(applied)
    }

    /// A newer program may have migrated this database: an older one must not write to it.
    async fn refuse_removed(&self, set: Migrations) -> Result<(), Error> {
        let applied = self
            .write_at_leisure::<_, Never, _>("migration_files", move |tx| {
                Ok(tx.query(&MIGRATION_FILES, crate::params![set.owner])?)
            })
            .await?;
        match applied.iter().find(|file| set.files.iter().all(|(known, _)| known != file)) {
            Some(unknown) => Err(fault(
                set.owner,
                unknown,
                "the database has it and this program does not: a newer program has migrated this \
                 database; start that one"
                    .to_owned(),
            )),
            None => Ok(()),
        }
    }
}

/// True when it ran, false when it had been applied before.
fn apply(tx: &mut Tx<'_>, migration: &Prepared, now: i64) -> Result<bool, TxError<Error>> {
    let refused = |message: String| TxError::Refused(fault(migration.owner, migration.file, message));
    guard(tx)?;
    let (owner, file) = (migration.owner, migration.file);
    if let Some(checksum) = tx.optional(&MIGRATION_APPLIED, crate::params![owner, file])? {
        if checksum == migration.checksum {
            return Ok(false);
        }
        return Err(refused(
            "it was applied with another text and has been edited since; put the file back as it was and \
             write the change as the next file"
                .to_owned(),
        ));
    }
    let applied = tx.optional(&MIGRATION_COUNT, crate::params![owner])?.unwrap_or_default();
    if applied + 1 != migration.number {
        return Err(refused(format!(
            "it is number {} of its crate, but {applied} are applied: files were reordered or one was put \
             between; new files go to the end",
            migration.number
        )));
    }
    run_each(tx, file, &migration.statements).map_err(|error| refused(error.to_string()))?;
    tx.execute(&MIGRATION_DONE, crate::params![owner, migration.number, file, &migration.checksum, now])?;
    Ok(true)
}

fn guard(tx: &mut Tx<'_>) -> Result<(), Error> {
    let engine: Engine = tx.engine();
    run_each(tx, "migration_guard", dialect::migration_guard(engine))
}

/// Sends `statements` one by one.
fn run_each<S: AsRef<str>>(tx: &mut Tx<'_>, name: &'static str, statements: &[S]) -> Result<(), Error> {
    statements.iter().try_for_each(|statement| tx.script(name, statement.as_ref()))
}

/// SHA-256 of the text in hex; line ends count as one newline, whatever the checkout made of them.
fn checksum(text: &str) -> String {
    use std::fmt::Write;
    let digest = Sha256::digest(text.replace("\r\n", "\n").as_bytes());
    digest.iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a String cannot fail
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "when a migration ran is the machine's history, no business fact"
)]
fn now_microseconds() -> i64 {
    jiff::Timestamp::now().as_microsecond()
}

fn fault(owner: &str, file: &str, message: String) -> Error {
    Error::Migration { owner: owner.to_owned(), file: file.to_owned(), message }
}
