//! How long may a file be, what may it be called, and how does it begin?

use super::{Fault, Source};

/// Past this the file holds more than one noun.
const LINES_MAX: usize = 600;

/// Names that tell nothing about what is inside.
const NAMES_FORBIDDEN: &[&str] = &["util", "utils", "helper", "helpers", "types", "common", "misc", "shared"];

pub(super) fn check(sources: &[Source]) -> Vec<Fault> {
    sources.iter().filter(|source| !source.path.contains("/tests/generated/")).flat_map(check_one).collect()
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
    }
}
