//! `stamgast serve`: how does the server start, say that it is ready, and stop?

use crate::app::App;
use crate::config::{Config, Flags, Role, apply_serve};
use crate::terminal;
use anyhow::Context as _;
use outside::Outside;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    flags: Flags,
    /// Address and port to listen on; port 0 takes any free one [env: STAMGAST_LISTEN]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Which side runs here [env: STAMGAST_ROLE]
    #[arg(long)]
    role: Option<Role>,
    /// Refuse to start on a database that is behind, instead of bringing it up to date
    #[arg(long)]
    no_migrate: bool,
}

impl Args {
    pub(super) fn config(&self) -> anyhow::Result<Config> {
        let mut config = super::read(&self.flags)?;
        apply_serve(&mut config, self.listen.as_deref(), self.role, self.no_migrate);
        Ok(config)
    }
}

pub(super) async fn run(config: Config) -> anyhow::Result<ExitCode> {
    let listener = listen(&config.listen).await?;
    let app = App::start(config, Outside::system(), listener).await?;
    terminal::result(&format!("ready {}", app.url()))?;
    stop_signal().await?;
    tracing::info!("asked to stop");
    app.shutdown().await?;
    Ok(ExitCode::SUCCESS)
}

/// A listener on this address.
pub(super) async fn listen(address: &str) -> anyhow::Result<tokio::net::TcpListener> {
    tokio::net::TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}: is something else there already? --listen 127.0.0.1:0 takes a free port")
    })
}

/// Completes when the process is asked to stop (SIGTERM, or Ctrl-C at a terminal).
pub(super) async fn stop_signal() -> std::io::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}
