//! `stamgast migrate`: bring the tables up to date and say what was done.

use crate::config::{Config, Flags};
use crate::{database, terminal};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    pub(super) flags: Flags,
}

pub(super) async fn run(config: Config) -> anyhow::Result<ExitCode> {
    let db = database::open(&config).await?;
    let applied = database::migrate(&db, config.role).await?;
    db.close().await;
    for name in &applied {
        terminal::result(&format!("applied {name}"))?;
    }
    if applied.is_empty() {
        terminal::result("nothing to do: the tables are up to date")?;
    }
    Ok(ExitCode::SUCCESS)
}
