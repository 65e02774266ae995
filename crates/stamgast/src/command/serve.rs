//! `stamgast serve`: how does the server start, say that it is ready, and stop?

use crate::app::App;
use crate::config::{Config, FlagSetting, Flags, Role};
use crate::terminal;
use clap::ValueEnum as _;
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
        let mut settings: Vec<FlagSetting> = Vec::new();
        settings.extend(self.listen.clone().map(|value| ("--listen", "listen", value)));
        let role = self.role.and_then(|role| role.to_possible_value());
        settings.extend(role.map(|value| ("--role", "role", value.get_name().to_owned())));
        if self.no_migrate {
            settings.push(("--no-migrate", "migrate", "false".to_owned()));
        }
        Ok(super::load(&self.flags, settings)?.config)
    }
}

pub(super) async fn run(config: Config) -> anyhow::Result<ExitCode> {
    let listener = listen(&config.listen).await?;
    let app = App::start(config, Outside::system(), listener).await?;
    terminal::result(&format!("ready {}", app.url()))?;
    stop_signal().await?;
    app.shutdown().await?;
    Ok(ExitCode::SUCCESS)
}

/// A listener on this address.
///
/// # Errors
/// Why there can be none, and what to say instead.
pub(super) async fn listen(address: &str) -> anyhow::Result<tokio::net::TcpListener> {
    use std::io::ErrorKind;
    let error = match tokio::net::TcpListener::bind(address).await {
        Ok(listener) => return Ok(listener),
        Err(error) => error,
    };
    let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
    Err(match error.kind() {
        ErrorKind::AddrInUse => {
            let next = port.parse::<u16>().ok().and_then(|port| port.checked_add(1)).unwrap_or(8080);
            anyhow::anyhow!(
                "{address} is taken by another program. Another port: --listen {host}:{next} (or :0 for any free one)"
            )
        }
        ErrorKind::AddrNotAvailable => anyhow::anyhow!(
            "{host} is no address of this machine: 127.0.0.1 is this machine alone, 0.0.0.0 every address it has"
        ),
        ErrorKind::PermissionDenied => anyhow::anyhow!(
            "port {port} is only for the administrator of this machine: take one from 1024 on, such as --listen {host}:8080"
        ),
        ErrorKind::InvalidInput => {
            anyhow::anyhow!("--listen: expected ADDRESS:PORT such as 127.0.0.1:8080, found {address:?}")
        }
        _ => anyhow::Error::new(error).context(format!("cannot listen on {address}")),
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
