//! Which checks does the tree have on itself, and how are they run? `cargo xtask tidy`, `cargo xtask openapi [--check]`.

mod openapi;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const HELP: &str = "\
Usage: cargo xtask <task>

  tidy              checks on the tree itself: arrows between crates, file sizes and names, words, SQL,
                    references to rules in docs/ and the tests that prove them
  openapi           writes openapi/{platform,partner,admin}.json from the code (builds the program)
  openapi --check   compares those files with the code and fails when they differ";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let root = root();
    let done = match words.as_slice() {
        ["tidy"] => tidy::run(&root),
        ["openapi"] => openapi::write(&root),
        ["openapi", "--check"] => openapi::check(&root),
        ["--help" | "-h" | "help"] => {
            say(HELP);
            return ExitCode::SUCCESS;
        }
        other => Err(anyhow::anyhow!("no task {:?}\n\n{HELP}", other.join(" "))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// The workspace's folder: the parent of this crate's.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// A line for the person at the terminal.
#[expect(clippy::print_stdout, reason = "this program's whole purpose is to tell its finding")]
fn say(text: &str) {
    println!("{text}");
}
