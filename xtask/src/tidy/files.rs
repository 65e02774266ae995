//! How long may a file be, what may it be called, where does it stand, and how does it begin?

use super::{Fault, Source};
use std::collections::BTreeSet;

/// Past this the file holds more than one noun.
const LINES_MAX: usize = 600;

/// Names that tell nothing about what is inside.
const NAMES_FORBIDDEN: &[&str] = &["util", "utils", "helper", "helpers", "types", "common", "misc", "shared"];

pub(super) fn check(sources: &[Source]) -> Vec<Fault> {
    let mut faults: Vec<Fault> = sources
        .iter()
        .filter(|source| !source.path.contains("/tests/generated/"))
        .flat_map(check_one)
        .collect();
    faults.extend(beside_their_folder(sources));
    faults
}

/// The files `x.rs` of a `src` that stand beside a folder `x/`: what is in the folder belongs to them, so they are its
/// `mod.rs`.
fn beside_their_folder(sources: &[Source]) -> Vec<Fault> {
    let mut folders = BTreeSet::new();
    for source in sources {
        let mut path = source.path.as_str();
        while let Some((folder, _)) = path.rsplit_once('/') {
            folders.insert(folder);
            path = folder;
        }
    }
    let of_src =
        |path: &&str| path.contains("/src/") && !path.ends_with("/lib.rs") && !path.ends_with("/main.rs");
    sources
        .iter()
        .map(|source| source.path.as_str())
        .filter(of_src)
        .filter(|path| folders.contains(path.trim_end_matches(".rs")))
        .map(|path| {
            let folder = path.trim_end_matches(".rs");
            Fault::new(path, format!("stands beside its folder: make it {folder}/mod.rs"))
        })
        .collect()
}

fn check_one(source: &Source) -> Vec<Fault> {
    let mut faults = Vec::new();
    let lines = source.text.lines().count();
    if lines > LINES_MAX {
        faults.push(Fault::new(
            &source.path,
            format!("has {lines} lines, at most {LINES_MAX}: split it by the noun inside"),
        ));
    }
    if !source.text.starts_with("//! ") {
        faults
            .push(Fault::new(&source.path, "does not begin with `//!` and the reader's question it answers"));
    }
    for line in source.text.lines().filter(|line| line.trim_start().starts_with("#[path")) {
        let rule = format!("`{}` puts a module elsewhere than its name says", line.trim());
        faults.push(Fault::new(&source.path, rule));
    }
    for part in source.path.trim_end_matches(".rs").split('/') {
        if NAMES_FORBIDDEN.contains(&part) {
            faults.push(Fault::new(&source.path, format!("`{part}` says nothing: name it by what it holds")));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(path: &str, text: &str) -> Vec<String> {
        let source = Source { path: path.to_owned(), text: text.to_owned() };
        check(&[source]).into_iter().map(|fault| fault.rule).collect()
    }

    #[test]
    fn each_rule_is_seen() {
        assert!(faults("crates/a/src/lot.rs", "//! Which lots?\n").is_empty());
        assert_eq!(faults("crates/a/src/lot.rs", "use b;\n").len(), 1);
        assert_eq!(faults("crates/a/src/utils.rs", "//! What?\n").len(), 1);
        assert_eq!(faults("crates/a/src/common/lot.rs", "//! What?\n").len(), 1);
        let long = format!("//! What?\n{}", "\n".repeat(LINES_MAX));
        assert_eq!(faults("crates/a/src/lot.rs", &long).len(), 1);
        assert!(faults("crates/a/tests/generated/lot.rs", &long).is_empty());
        assert_eq!(faults("crates/a/src/lot.rs", "//! Which?\n    #[path = \"b.rs\"]\nmod c;\n").len(), 1);
        assert!(faults("crates/a/src/lot.rs", "//! Which?\n// no #[path] here\n").is_empty());
    }

    #[test]
    fn a_file_beside_its_folder_is_seen() {
        for (paths, wrong) in [
            (&["crates/a/src/lot.rs", "crates/a/src/lot/ends.rs"][..], vec!["crates/a/src/lot.rs"]),
            (&["crates/a/src/lot.rs", "crates/a/src/lot/ends/old.rs"], vec!["crates/a/src/lot.rs"]),
            (&["crates/a/src/b/lot.rs", "crates/a/src/b/lot/ends.rs"], vec!["crates/a/src/b/lot.rs"]),
            (&["crates/a/src/lot/mod.rs", "crates/a/src/lot/ends.rs"], vec![]),
            (&["crates/a/src/lot.rs", "crates/a/src/lots/ends.rs", "crates/a/src/b/lot/ends.rs"], vec![]),
            (&["crates/a/src/lib.rs", "crates/a/src/lib/ends.rs"], vec![]),
            (&["crates/a/tests/lot.rs", "crates/a/tests/lot/ends.rs"], vec![]),
        ] {
            let source = |path: &&str| Source { path: (*path).to_owned(), text: "//! What?\n".to_owned() };
            let sources: Vec<Source> = paths.iter().map(source).collect();
            let found: Vec<String> = check(&sources).into_iter().map(|fault| fault.place).collect();
            assert_eq!(found, wrong, "{paths:?}");
        }
    }
}
