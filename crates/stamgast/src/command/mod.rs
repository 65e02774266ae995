//! Which commands are there, and how is one run?

mod admin_token;
mod completion;
mod config;
mod demo;
mod load;
mod migrate;
mod serve;
mod token;
mod verify;

use crate::config::{Config, FlagSetting, Flags, Loaded};
use crate::{logs, terminal};
use clap::{CommandFactory as _, Parser, Subcommand};
use std::process::ExitCode;

/// Both ends of a documented POS, loyalty and DataSync contract in one program.
///
/// `stamgast demo --once` plays a whole sale on a database of its own; `stamgast serve` runs the server.
#[derive(Debug, Parser)]
#[command(name = "stamgast", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server until it is told to stop
    Serve(serve::Args),
    /// Set up a sample restaurant on a fresh database and play a sale and an order on it over real HTTP
    Demo(demo::Args),
    /// Bring the database's tables up to date
    Migrate(migrate::Args),
    /// Check every invariant of the ledger over the whole database; exit 1 with the rows at fault
    Verify(verify::Args),
    /// Load a running server with offers or usage reports, and tell how fast it answers
    Load(load::Args),
    /// Make a token for /admin/v1 and print it
    AdminToken(admin_token::Args),
    /// List tokens of every kind, renew one, or take one back
    Token(token::Args),
    /// Check a configuration, or show every setting with where its value came from
    Config(config::Args),
    /// Print a script that completes these commands in a shell
    Completion(completion::Args),
}

/// The whole program: reads the words, runs the command, gives the exit code (0 done, 1 not, 2 misused).
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli.command) {
        Ok(code) => code,
        Err(error) => {
            // standard error may be closed; then the exit code alone has to tell
            let told = terminal::note(&format!("stamgast: {error:#}"));
            if told.is_ok() { ExitCode::FAILURE } else { ExitCode::from(3) }
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(args) => {
            let config = args.config()?;
            begin(&config)?.block_on(serve::run(config))
        }
        Command::Demo(args) => {
            let config = args.config()?;
            begin(&config)?.block_on(demo::run(args, config))
        }
        Command::Migrate(args) => {
            let config = read(&args.flags)?;
            begin(&config)?.block_on(migrate::run(config))
        }
        Command::Verify(args) => {
            let config = read(&args.flags)?;
            begin(&config)?.block_on(verify::run(args, config))
        }
        Command::Load(args) => begin(&Config::default())?.block_on(load::run(args)),
        Command::AdminToken(args) => {
            let config = read(&args.flags)?;
            begin(&config)?.block_on(admin_token::run(args, config))
        }
        Command::Token(args) => {
            let config = read(args.flags())?;
            begin(&config)?.block_on(token::run(args, config))
        }
        Command::Config(args) => config::run(&args),
        Command::Completion(args) => completion::run(&args, Cli::command()),
    }
}

/// The configuration from all its sources.
fn read(flags: &Flags) -> anyhow::Result<Config> {
    Ok(load(flags, Vec::new())?.config)
}

/// The configuration from all its sources and from the flags of one command, with the source of each value.
fn load(flags: &Flags, of_command: Vec<FlagSetting>) -> anyhow::Result<Loaded> {
    // a variable that is no UTF-8 cannot be one of ours
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    crate::config::load(flags, of_command, environment)
}

/// Logging and the threads that everything asynchronous runs on.
fn begin(config: &Config) -> anyhow::Result<tokio::runtime::Runtime> {
    logs::start(&config.log)?;
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if config.worker_threads > 0 {
        builder.worker_threads(config.worker_threads);
    }
    Ok(builder.enable_all().build()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound_and_lists_what_exists() {
        Cli::command().debug_assert();
        let names: Vec<_> =
            Cli::command().get_subcommands().map(|command| command.get_name().to_owned()).collect();
        assert_eq!(
            names,
            ["serve", "demo", "migrate", "verify", "load", "admin-token", "token", "config", "completion"]
        );
    }
}
