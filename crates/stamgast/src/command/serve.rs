//! `stamgast serve`: how does the server start, say that it is ready, and stop?

use crate::app::App;
use crate::config::{Config, FlagSetting, Flags, Role};
use crate::{database, terminal};
use clap::ValueEnum as _;
use door::Wanted;
use outside::Outside;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

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

/// The signal of a write beyond the size that the system allows a file (SIGXFSZ, on Linux and macOS).
const FILE_TOO_LARGE: i32 = 25;

pub(super) async fn run(config: Config) -> anyhow::Result<ExitCode> {
    // Unless somebody listens, the signal ends the program. It shall fail the write alone, as a full disk does.
    let _heard = signal(SignalKind::from_raw(FILE_TOO_LARGE))?;
    let listener = listen(&config.listen).await?;
    let database = database::shown(&config.database);
    let outside = Outside::system();
    let app = App::start(config, outside.clone(), listener).await?;
    let stopped = stop_signal()?;
    terminal::result(&format!("ready {}", app.url()))?;
    if let Some(advice) = advice_without_administrator(&app, &outside, &database).await {
        // nobody may be there to read it
        let _ = terminal::note(&advice);
    }
    stopped.await;
    app.shutdown().await?;
    Ok(ExitCode::SUCCESS)
}

/// What to do when nobody can set anything up: no admin token lives. A database that cannot say so is the log's to tell.
async fn advice_without_administrator(app: &App, outside: &Outside, database: &str) -> Option<String> {
    let one = Wanted { after: String::new(), live_at: Some(outside.now()), merchant: None, limit: 1 };
    let admins = app.tokens().list(Some("admin"), one).await.ok()?;
    admins.data.is_empty().then(|| {
        format!(
            "no administrator yet: `stamgast admin-token --database {database}` makes a token for /admin/v1 ({}/docs shows the calls)",
            app.url()
        )
    })
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

/// Listens from now on for whoever asks the process to stop (SIGTERM, or Ctrl-C at a terminal); what it gives completes
/// then. Called before anybody is told that the program is ready: until then such a signal ends it at once.
///
/// # Errors
/// When the system does not let it listen.
pub(super) fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
