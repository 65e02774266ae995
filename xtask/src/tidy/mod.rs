//! What must be true of the tree as a whole, which no compiler checks?

mod arrows;
mod files;
mod folders;
mod metrics;
mod operations;
mod proofs;
mod references;
mod sql;
mod text;
mod words;
mod writers;

use std::path::{Path, PathBuf};

/// One place that breaks a rule: where, which rule, what to do.
#[derive(Debug)]
struct Fault {
    place: String,
    rule: String,
}

impl Fault {
    fn new(place: impl Into<String>, rule: impl Into<String>) -> Self {
        Self { place: place.into(), rule: rule.into() }
    }
}

/// A file of the project as text.
struct Source {
    /// Relative to the root, with `/`.
    path: String,
    text: String,
}

impl Source {
    /// `path:line` of a byte offset in the text.
    fn at(&self, offset: usize) -> String {
        let before = self.text.get(..offset).unwrap_or_default();
        format!("{}:{}", self.path, before.matches('\n').count() + 1)
    }
}

/// Runs every check, prints the arrows and the findings.
///
/// # Errors
/// When a rule is broken (all places are printed) or the tree cannot be read.
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let rust = sources(root, "rs")?;
    let migrations = sources(root, "sql")?;
    let pages = read_all(root, &["docs"], "md")?;
    let mut faults = arrows::check(root)?;
    faults.extend(folders::check(&rust));
    faults.extend(files::check(&rust));
    faults.extend(words::check(&rust));
    faults.extend(sql::check(&rust, &migrations));
    faults.extend(writers::check(&rust));
    faults.extend(proofs::check(&pages, &rust));
    faults.extend(metrics::check(&rust, &pages));
    let mut read_by_users = read_all(root, &["openapi"], "json")?;
    faults.extend(operations::check(&read_by_users, &rust)?);
    let settings = "stamgast.default.toml";
    read_by_users
        .push(Source { path: settings.to_owned(), text: std::fs::read_to_string(root.join(settings))? });
    faults.extend(references::check(root, &pages, &rust, &migrations, &read_by_users));
    for fault in &faults {
        crate::say(&format!("{}: {}", fault.place, fault.rule));
    }
    anyhow::ensure!(faults.is_empty(), "tidy: {} place(s) to put right", faults.len());
    crate::say(&format!("tidy: {} Rust files and {} migrations are in order", rust.len(), migrations.len()));
    Ok(())
}

/// Every file with this ending in the folders that hold our code, in the order of their path.
fn sources(root: &Path, ending: &str) -> anyhow::Result<Vec<Source>> {
    read_all(root, &["crates", "testkit", "benches", "xtask", "sim"], ending)
}

/// Every file with this ending in these folders of the root and below, in the order of their path.
fn read_all(root: &Path, folders: &[&str], ending: &str) -> anyhow::Result<Vec<Source>> {
    let mut paths = Vec::new();
    for folder in folders {
        walk(&root.join(folder), ending, &mut paths)?;
    }
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path)?;
            let path = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            Ok(Source { path, text })
        })
        .collect()
}

fn walk(folder: &Path, ending: &str, into: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            if path.file_name().is_none_or(|name| name != "target") {
                walk(&path, ending, into)?;
            }
        } else if path.extension().is_some_and(|found| found == ending) {
            into.push(path);
        }
    }
    Ok(())
}
