//! How is the database opened, brought up to date, and checked?

use crate::config::{Config, Role};
use anyhow::Context as _;
use db::{Db, Migrations, Never, TxError};
use std::collections::BTreeSet;
use std::time::Duration;

db::row! {
    struct AppliedRow {
        owner: String,
        file: String,
    }
}

db::statement! {
    /// What the port's runner has applied; read only.
    APPLIED -> AppliedRow = "SELECT owner, file FROM db_migration";
}

/// The tables a process in this role owns.
pub fn migrations(role: Role) -> Vec<Migrations> {
    let mut sets = vec![door::MIGRATIONS, courier::MIGRATIONS];
    if role.is_platform() {
        sets.push(platform::MIGRATIONS);
    }
    if role.is_partner() {
        sets.push(partner::MIGRATIONS);
    }
    sets
}

/// Opens the configured database; nothing in it is changed. A SQLite file that is missing is made, unless the
/// configuration wants no migration: then it has to be there already.
///
/// # Errors
/// When it cannot be reached.
pub async fn open(config: &Config) -> anyhow::Result<Db> {
    open_or_make(config, config.migrate).await
}

/// As [`open`], for a command that is of no use on a new file: with a typing error in the path it must not make one.
///
/// # Errors
/// When it cannot be reached, or there is no such file.
pub async fn open_existing(config: &Config) -> anyhow::Result<Db> {
    open_or_make(config, false).await
}

/// As [`open`], for a server: a SQLite file takes one at a time.
///
/// # Errors
/// When it cannot be reached, or another server has the file.
pub async fn open_to_serve(config: &Config) -> anyhow::Result<Db> {
    let mut options = options(config, config.migrate);
    options.serves = true;
    open_with(config, options).await
}

async fn open_or_make(config: &Config, create: bool) -> anyhow::Result<Db> {
    open_with(config, options(config, create)).await
}

fn options(config: &Config, create: bool) -> db::Options {
    let mut options = db::Options::new(&config.database);
    options.read_lanes = config.lanes.read;
    options.write_lanes = config.lanes.write;
    options.queue_limit = config.lanes.queue_limit;
    options.batch_limit = config.lanes.batch_limit;
    options.wait_max = Some(Duration::from_secs(config.lanes.wait_seconds_max));
    options.create = create;
    options
}

async fn open_with(config: &Config, options: db::Options) -> anyhow::Result<Db> {
    Db::open(options)
        .await
        .with_context(|| format!("the database {} cannot be opened", shown(&config.database)))
}

/// Brings the tables up to date; gives what was applied.
///
/// # Errors
/// When a migration fails or the database holds another history.
pub async fn migrate(db: &Db, role: Role) -> anyhow::Result<Vec<String>> {
    db.migrate(&migrations(role)).await.context("the tables cannot be brought up to date")
}

/// An error when some migration is missing.
///
/// # Errors
/// With the names of the missing ones and what to do.
pub async fn refuse_when_behind(db: &Db, role: Role) -> anyhow::Result<()> {
    let pending = pending(db, role).await.context("the tables' state cannot be read")?;
    anyhow::ensure!(
        pending.is_empty(),
        "the database is behind this program: {} missing. Run `stamgast migrate` on it, or start without --no-migrate",
        pending.join(", ")
    );
    Ok(())
}

/// The migrations that are not applied yet, as `partner/0001_start`; nothing is changed.
async fn pending(db: &Db, role: Role) -> anyhow::Result<Vec<String>> {
    let mut applied = BTreeSet::new();
    if db.schema().await?.contains_key("db_migration") {
        let read = db.read("applied_migrations", |tx| {
            let rows = tx.query(&APPLIED, &[])?;
            let names = rows.into_iter().map(|AppliedRow { owner, file }| format!("{owner}/{file}"));
            Ok::<_, TxError<Never>>(names.collect::<Vec<_>>())
        });
        applied.extend(read.await.map_err(db::Error::from)?);
    }
    let names = migrations(role)
        .into_iter()
        .flat_map(|set| set.files.iter().map(move |(file, _)| format!("{}/{file}", set.owner)));
    Ok(names.filter(|name| !applied.contains(name)).collect())
}

/// What the configuration wants before work begins: up to date by itself, or refused.
///
/// # Errors
/// As [`migrate`] and [`refuse_when_behind`].
pub async fn prepare(db: &Db, config: &Config) -> anyhow::Result<()> {
    if !config.migrate {
        return refuse_when_behind(db, config.role).await;
    }
    for name in migrate(db, config.role).await? {
        tracing::info!(migration = name, "applied");
    }
    Ok(())
}

/// Every row at fault, one line each; empty when the ledger is in order.
///
/// # Errors
/// When the database cannot be read.
pub async fn verify(db: &Db, role: Role) -> anyhow::Result<Vec<String>> {
    Ok(verify_telling(db, role, |_| {}).await?.faults.iter().map(ToString::to_string).collect())
}

/// As [`verify`]; tells meanwhile where it stands, and in the end what was read. In the platform's role nothing is: the
/// ledger is the integrator's.
///
/// # Errors
/// As [`verify`].
pub async fn verify_telling(
    db: &Db,
    role: Role,
    told: impl Fn(partner::Standing) + Send + Sync,
) -> anyhow::Result<partner::Verified> {
    if !role.is_partner() {
        return Ok(partner::Verified::default());
    }
    partner::verify_telling(db, told).await.context("the ledger cannot be read")
}

/// A database URL without the password it may hold.
pub(crate) fn shown(url: &str) -> String {
    match url.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?))) {
        Some((scheme, (_, host))) => format!("{scheme}://…@{host}"),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_shown() {
        assert_eq!(shown("postgres://me:p@ss@host/name"), "postgres://…@host/name");
        assert_eq!(shown("sqlite:a/b.sqlite"), "sqlite:a/b.sqlite");
    }

    #[test]
    fn each_role_owns_its_own_tables_and_the_shared_ones() {
        let owners = |role| migrations(role).iter().map(|set| set.owner).collect::<Vec<_>>();
        assert_eq!(owners(Role::All), ["door", "courier", "platform", "partner"]);
        assert_eq!(owners(Role::Platform), ["door", "courier", "platform"]);
        assert_eq!(owners(Role::Partner), ["door", "courier", "partner"]);
    }
}
