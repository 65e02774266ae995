//! `stamgast config`: is a configuration sound, and what does the server make of it?

use super::load;
use crate::config::{Config, Flags, Loaded, Source, judge_keys, paths};
use crate::{database, logs, terminal};
use outside::Outside;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(super) struct Args {
    #[command(flatten)]
    flags: Flags,
    /// Say whether the configuration is sound: exit code 0, or 1 with every fault. Nothing is opened or written
    #[arg(long, value_name = "FILE", num_args = 0..=1, conflicts_with = "show", value_hint = clap::ValueHint::FilePath)]
    check: Option<Option<PathBuf>>,
    /// Print every setting as TOML, each with the source of its value. Keys and passwords are not shown
    #[arg(long)]
    show: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut flags = args.flags.clone();
    if let Some(Some(file)) = &args.check {
        flags.config = Some(file.clone());
    }
    let loaded = load(&flags, Vec::new())?;
    if args.check.is_some() {
        logs::check(&loaded.config.log)?;
        judge_keys(&loaded.config, &Outside::system())?;
        let given = loaded.sources.len();
        let file = flags.config.as_ref().map_or_else(String::new, |file| format!("{}: ", file.display()));
        terminal::result(&format!(
            "{file}the configuration is sound; {given} of {} settings are given, the others have their defaults",
            paths().len()
        ))?;
        return Ok(ExitCode::SUCCESS);
    }
    for line in shown(&loaded)? {
        terminal::result(&line)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Every setting as a line of TOML with its source behind it; the lines together are a configuration file.
fn shown(loaded: &Loaded) -> anyhow::Result<Vec<String>> {
    let table = toml::Table::try_from(shareable(&loaded.config))?;
    let mut lines = Vec::new();
    for path in paths() {
        let value = match path.split_once('.') {
            Some((section, name)) => table.get(section).and_then(|section| section.get(name)),
            None => table.get(&path),
        };
        let source = loaded.sources.get(&path).unwrap_or(&Source::Default);
        // every path is one of the table's, which a test of the default file holds
        let value = value.map(ToString::to_string).unwrap_or_default();
        lines.push(format!("{:<66} # {source}", format!("{path} = {value}")));
    }
    Ok(lines)
}

/// The configuration without what nobody should read over a shoulder.
fn shareable(config: &Config) -> Config {
    let mut config = config.clone();
    config.database = database::shown(&config.database);
    if !config.secret.key.is_empty() {
        config.secret.key = "(not shown)".to_owned();
    }
    for key in &mut config.secret.old_keys {
        *key = "(not shown)".to_owned();
    }
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_a_configuration_without_secrets() {
        let environment = [
            ("STAMGAST_DATABASE", "postgres://me:topsecret@host/name"),
            ("STAMGAST_SECRET_KEY", "topsecret"),
            ("STAMGAST_SECRET_OLD_KEYS", "[\"topsecret\"]"),
            ("STAMGAST_COURIER_TICK_SECONDS", "7"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let loaded = crate::config::load(&Flags::default(), Vec::new(), environment.into_iter()).unwrap();
        let text = shown(&loaded).unwrap().join("\n");
        assert!(!text.contains("topsecret"), "{text}");
        let line = text.lines().find(|line| line.starts_with("courier.tick_seconds = 7 ")).unwrap();
        assert!(line.ends_with("# STAMGAST_COURIER_TICK_SECONDS"), "{line}");
        assert!(
            text.lines()
                .any(|line| line.starts_with("listen = \"127.0.0.1:8080\"") && line.ends_with("# default"))
        );
        let read: Config = text.parse::<toml::Table>().unwrap().try_into().unwrap();
        assert_eq!(read, shareable(&loaded.config));
    }
}
