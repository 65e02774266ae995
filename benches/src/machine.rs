//! On which machine and which commit was it measured, and where are results kept?

use anyhow::Context as _;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Command;

/// Processor, cores, memory, kernel, commit.
pub(crate) fn describe() -> Value {
    let first = |path: &str, key: &str| {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(key)).unwrap_or_default().to_owned();
        line.split_once(':').map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    json!({
        "processor": first("/proc/cpuinfo", "model name"),
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "memory": first("/proc/meminfo", "MemTotal"),
        "kernel": std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim(),
        "commit": commit(),
    })
}

/// Writes the results beside the benchmarks, named after the commit.
pub(crate) fn keep(results: &Value) -> anyhow::Result<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("results");
    std::fs::create_dir_all(&folder).context("benches/results")?;
    let path = folder.join(format!("{}.json", commit()));
    std::fs::write(&path, format!("{}\n", serde_json::to_string_pretty(results)?))
        .context("writing results")?;
    Ok(path)
}

fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(commit) = git(&["rev-parse", "--short=12", "HEAD"]) else { return "unknown".to_owned() };
    let dirty =
        git(&["status", "--porcelain", "--untracked-files=no"]).is_some_and(|changes| !changes.is_empty());
    if dirty { format!("{commit}-changed") } else { commit }
}
