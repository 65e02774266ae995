//! `stamgast verify`: does every invariant of the ledger hold over the whole database?

use crate::config::{Config, Flags};
use crate::{database, terminal};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    pub(super) flags: Flags,
}

pub(super) async fn run(config: Config) -> anyhow::Result<ExitCode> {
    let db = database::open_existing(&config).await?;
    database::refuse_when_behind(&db, config.role).await?;
    let faults = database::verify(&db, config.role).await?;
    db.close().await;
    if faults.is_empty() {
        terminal::result("verify: every invariant of the ledger holds")?;
        return Ok(ExitCode::SUCCESS);
    }
    for fault in &faults {
        terminal::result(fault)?;
    }
    terminal::result(&format!("verify: {} place(s) at fault", faults.len()))?;
    Ok(ExitCode::FAILURE)
}
