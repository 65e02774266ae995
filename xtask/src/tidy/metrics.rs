//! Is every metric described, and listed where an operator looks?
//!
//! A metric is counted anywhere in a crate; its crate's `metrics.rs` says what the name means and begins it at 0, and the
//! table in docs/operations.md lists it.

use super::{Fault, Source};
use std::collections::BTreeSet;

/// The page with the table.
const PAGE: &str = "docs/operations.md";
/// How a metric is written to, and how it is described.
const KINDS: [(&str, &str); 3] = [
    ("counter!(", "describe_counter!("),
    ("gauge!(", "describe_gauge!("),
    ("histogram!(", "describe_histogram!("),
];

/// Reports metrics that are counted and not described in the same crate, described and not listed, or listed and not there.
pub(super) fn check(rust: &[Source], pages: &[Source]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut described = BTreeSet::new();
    let own: Vec<(&str, &Source)> =
        rust.iter().filter_map(|source| Some((crate_of(&source.path)?, source))).collect();
    for (_, source) in &own {
        described.extend(
            KINDS.iter().flat_map(|(_, describes)| names(&source.text, describes)).map(|(_, name)| name),
        );
    }
    for (name, source) in &own {
        for (writes, describes) in KINDS {
            for (at, metric) in names(&source.text, writes) {
                let same = own.iter().filter(|(other, _)| other == name);
                let said = same
                    .flat_map(|(_, source)| names(&source.text, describes))
                    .any(|(_, known)| known == metric);
                if !said {
                    let rule = format!(
                        "{metric} is not described: say what it counts in crates/{name}/src/metrics.rs"
                    );
                    faults.push(Fault::new(source.at(at), rule));
                }
            }
        }
    }
    let Some(page) = pages.iter().find(|page| page.path == PAGE) else {
        return vec![Fault::new(PAGE, "is missing, and with it the table of metrics")];
    };
    let listed: BTreeSet<&str> = page.text.lines().filter_map(listed).collect();
    for metric in described.iter().filter(|metric| !listed.contains(**metric)) {
        faults.push(Fault::new(PAGE, format!("does not list the metric {metric}")));
    }
    for metric in listed.iter().filter(|metric| !described.contains(**metric)) {
        faults.push(Fault::new(PAGE, format!("lists {metric}, which nothing counts")));
    }
    faults
}

/// `db` of `crates/db/src/metrics.rs`; nothing of a test.
fn crate_of(path: &str) -> Option<&str> {
    let (name, rest) = path.strip_prefix("crates/")?.split_once('/')?;
    rest.starts_with("src/").then_some(name)
}

/// The names that stand first in the brackets of a macro, with where the macro begins. Letters before its name make it
/// another macro.
fn names<'t>(text: &'t str, begin: &str) -> Vec<(usize, &'t str)> {
    let calls = text
        .match_indices(begin)
        .filter(|(at, _)| !text[..*at].ends_with(|before: char| before.is_alphanumeric() || before == '_'));
    calls
        .filter_map(|(at, begin)| {
            let name = text[at + begin.len()..].trim_start().strip_prefix('"')?;
            Some((at, name.split_once('"')?.0))
        })
        .collect()
}

/// The metric of a row of the table: "| `name` | counter | …".
fn listed(line: &str) -> Option<&str> {
    let (name, rest) = line.strip_prefix("| `")?.split_once("` | ")?;
    ["counter", "gauge", "histogram"].iter().any(|kind| rest.starts_with(kind)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn a_metric_nobody_explains_is_named() {
        let rust = [
            source(
                "crates/a/src/metrics.rs",
                "describe_counter!(\n    \"a_total\",\n \"What\"); describe_gauge!(\"a_lag\", \"What\");",
            ),
            source(
                "crates/a/src/b.rs",
                "metrics::counter!(\"a_total\", \"x\" => y).increment(1);\nlet h = histogram!(\"a_seconds\");",
            ),
            source("crates/b/src/b.rs", "counter!(\"a_total\");"),
            source("crates/b/tests/b.rs", "counter!(\"of_a_test\");"),
        ];
        let pages = [source(
            PAGE,
            "| name | kind |\n| `a_total` | counter | |\n| `gone_total` | counter | |\n| `/metrics` | text |\n",
        )];
        let faults: Vec<String> =
            check(&rust, &pages).iter().map(|one| format!("{} {}", one.place, one.rule)).collect();
        assert_eq!(
            faults,
            [
                "crates/a/src/b.rs:2 a_seconds is not described: say what it counts in crates/a/src/metrics.rs",
                "crates/b/src/b.rs:1 a_total is not described: say what it counts in crates/b/src/metrics.rs",
                "docs/operations.md does not list the metric a_lag",
                "docs/operations.md lists gone_total, which nothing counts",
            ]
        );
    }
}
