//! `stamgast admin-token`: who may set things up? Whoever holds the token printed here.

use crate::config::{Config, Flags};
use crate::{database, terminal};
use door::AdminTokens;
use outside::Outside;
use std::io::IsTerminal as _;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    pub(super) flags: Flags,
    /// Who will hold it: shown wherever tokens are listed, so that a person knows which one to revoke
    #[arg(long, value_name = "NAME", default_value = "command line")]
    name: String,
}

pub(super) async fn run(args: Args, config: Config) -> anyhow::Result<ExitCode> {
    let db = database::open_existing(&config).await?;
    database::prepare(&db, &config).await?;
    let token = AdminTokens::new(db.clone(), Outside::system())
        .issue(&args.name)
        .await
        .map_err(|error| anyhow::anyhow!("the token could not be kept: {}", error.message))?;
    db.close().await;
    terminal::result(&token.text)?;
    if std::io::stderr().is_terminal() {
        terminal::note(&format!(
            "shown once; send it as Authorization: Bearer …; `stamgast token revoke {}` takes it back",
            token.prefix
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}
