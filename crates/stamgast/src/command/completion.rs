//! `stamgast completion`: which script teaches a shell the commands and their flags?

use crate::terminal;
use clap_complete::Shell;
use std::process::ExitCode;

/// Put it where the shell looks: for bash `stamgast completion bash > /etc/bash_completion.d/stamgast`,
/// for zsh a file `_stamgast` in a folder of `$fpath`, for fish `~/.config/fish/completions/stamgast.fish`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The shell that reads it
    shell: Shell,
}

pub(super) fn run(args: &Args, mut cli: clap::Command) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut cli, "stamgast", &mut script);
    terminal::result(String::from_utf8(script)?.trim_end())?;
    Ok(ExitCode::SUCCESS)
}
