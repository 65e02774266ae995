//! `stamgast demo`: which words does it take, and where does each line go?

use super::serve::{listen, stop_signal};
use crate::config::{Config, Flags};
use crate::demo::{Demo, links};
use crate::terminal;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Play the story once and end: exit code 0, or 1 when a number is wrong
    #[arg(long)]
    once: bool,
    /// First line on standard output: one JSON object with address, tokens and codes; all else to standard
    /// error. Plays the story only with --once
    #[arg(long)]
    json: bool,
    /// Address and port to listen on
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen: String,
    /// An empty database; without it, a SQLite file that is removed at the end
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// error, warn, info, debug, trace or a filter
    #[arg(long, value_name = "LEVEL", default_value = "warn")]
    log_level: String,
}

impl Args {
    /// The defaults and the environment, but never the database of the environment: a demo is no guest there.
    pub(super) fn config(&self) -> anyhow::Result<Config> {
        super::read(&Flags { log_level: Some(self.log_level.clone()), ..Flags::default() })
    }
}

pub(super) async fn run(args: Args, config: Config) -> anyhow::Result<ExitCode> {
    let listener = listen(&args.listen).await?;
    let demo = Demo::start(config, args.database.clone(), listener).await?;
    let stopped = stop_signal()?;
    if args.json {
        terminal::result(&demo.json().to_string())?;
    }
    let line: fn(&str) -> std::io::Result<()> = if args.json { terminal::note } else { terminal::result };
    let tell = |text: &str| terminal::broken(text).iter().try_for_each(|part| line(part));
    let mut code = ExitCode::SUCCESS;
    if args.once || !args.json {
        match demo.play(&tell).await {
            Ok(()) => tell("The story came out as expected, to the cent.")?,
            Err(error) => {
                code = ExitCode::FAILURE;
                terminal::note(&format!("stamgast: the story went wrong: {error:#}"))?;
            }
        }
    }
    if !args.once {
        links(&demo)?;
        stopped.await;
    }
    demo.shutdown().await?;
    Ok(code)
}
