//! How are the committed API descriptions written and compared? By the test that builds with all others.
//!
//! The descriptions come from the whole program, and this crate must be there within seconds, so it does not link it.

use anyhow::Context as _;
use std::path::Path;
use std::process::Command;

/// Set for the test: write the files instead of comparing them.
const WRITE: &str = "STAMGAST_TEST_WRITE_OPENAPI";

/// Writes every document.
///
/// # Errors
/// When the program does not build or a file cannot be written.
pub(crate) fn write(root: &Path) -> anyhow::Result<()> {
    run(root, true)?;
    crate::say("openapi/*.json are written");
    Ok(())
}

/// Compares every document with its file; the test says the first line that differs.
///
/// # Errors
/// When one is missing or differs, or the program does not build.
pub(crate) fn check(root: &Path) -> anyhow::Result<()> {
    run(root, false)?;
    crate::say("openapi/*.json are up to date");
    Ok(())
}

/// Runs the test. Of the whole workspace, so that crates are built with the features that all other tests build them with.
fn run(root: &Path, writes: bool) -> anyhow::Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root).args(["test", "--workspace", "--quiet", "--test", "openapi"]);
    command.env_remove(WRITE);
    if writes {
        command.env(WRITE, "1");
    }
    let status = command.status().context("cargo does not run")?;
    anyhow::ensure!(status.success(), "the test of openapi/*.json failed; what it said stands above");
    Ok(())
}
