//! Does every test exist that a page of docs/ names as a proof?

use super::references::is_rule_id;
use super::{Fault, Source};

/// How the pages shorten paths. A page that uses one says so in its head.
const SHORT: &[(&str, &str)] = &[
    ("money/", "crates/money/src/"),
    ("wire/", "crates/wire/src/"),
    ("messages/", "crates/wire/tests/messages/"),
    ("port/", "crates/db/tests/port/"),
    ("requests/", "crates/door/tests/requests/"),
    ("courier/", "crates/courier/src/"),
    ("outgoing/", "crates/courier/tests/outgoing/"),
    ("platform/", "crates/platform/tests/http/"),
    ("sale/", "crates/platform/src/sale/"),
    ("till/", "crates/platform/src/till/"),
    ("partner/", "crates/partner/tests/partner/"),
    ("customers/", "crates/partner/src/customers/"),
    ("offer/", "crates/partner/src/loyalty/offer/"),
    ("usage/", "crates/partner/src/loyalty/usage/"),
    ("ledger/", "crates/partner/src/loyalty/ledger/"),
    ("program/", "crates/partner/src/loyalty/program/"),
    ("promotion/", "crates/partner/src/loyalty/promotion/"),
    ("http/", "crates/stamgast/tests/http/"),
    ("process/", "crates/stamgast/tests/process/"),
];

/// Reports each `file.rs: test` between back ticks in `pages` for which there is no such function in `rust`.
pub(super) fn check(pages: &[Source], rust: &[Source]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for page in pages {
        for (number, line) in page.text.lines().enumerate() {
            faults.extend(check_line(line, rust).into_iter().map(|rule| {
                let place = format!("{}:{}", page.path, number + 1);
                Fault::new(place, rule)
            }));
        }
        faults.extend(rules_without_proof(page));
    }
    faults
}

/// The headings of rules (`### C6 …`) below which no test is named before the next heading.
fn rules_without_proof(page: &Source) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut open: Option<(usize, &str)> = None;
    for (number, line) in page.text.lines().chain(["#"]).enumerate() {
        if line.starts_with('#') {
            if let Some((number, rule)) = open.take() {
                faults.push(Fault::new(
                    format!("{}:{}", page.path, number + 1),
                    format!("{rule} has no test that proves it"),
                ));
            }
            let word = line.strip_prefix("### ").and_then(|heading| heading.split(' ').next());
            open = word.filter(|word| is_rule_id(word)).map(|rule| (number, rule));
        } else if line.contains(".rs: ") {
            open = None;
        }
    }
    faults
}

/// The complaints about one line of a page.
fn check_line(line: &str, rust: &[Source]) -> Vec<String> {
    // every second piece between back ticks is code
    let quoted = line.split('`').skip(1).step_by(2);
    let proofs = quoted.filter_map(|quoted| quoted.split_once(".rs: "));
    proofs
        .filter_map(|(file, test)| {
            let path = full(&format!("{file}.rs"));
            let source = rust.iter().find(|source| source.path == path);
            let stands = source.is_some_and(|source| source.text.contains(&format!("fn {test}(")));
            (!stands).then(|| format!("there is no test {test} in {path}"))
        })
        .collect()
}

/// The path from the root that a shortened one stands for.
fn full(path: &str) -> String {
    SHORT
        .iter()
        .find_map(|(short, long)| path.strip_prefix(short).map(|rest| format!("{long}{rest}")))
        .unwrap_or_else(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn a_proof_that_is_not_there_is_reported() {
        let rust = [source("crates/money/src/vat.rs", "fn the_bill() {}")];
        let page = "| `money/vat.rs: the_bill` |\n| `money/vat.rs: the_check` | `money` | `{\"a\": 1}` |\n";
        let faults = check(&[source("docs/loyalty.md", page)], &rust);
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert_eq!(faults[0].place, "docs/loyalty.md:2");
    }

    #[test]
    fn a_rule_without_a_proof_is_reported() {
        let rust = [source("crates/money/src/vat.rs", "fn the_bill() {}")];
        let page = "### C1 Once\n`crates/money/src/vat.rs: the_bill`\n### C2 Lots\nBack.\n### Other\n### C3 Points\n";
        let faults = check(&[source("docs/loyalty.md", page)], &rust);
        let places: Vec<&str> = faults.iter().map(|fault| fault.place.as_str()).collect();
        assert_eq!(places, ["docs/loyalty.md:3", "docs/loyalty.md:6"]);
    }
}
