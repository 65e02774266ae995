//! Does every test exist that docs/loyalty-rules.md names as a proof?

use super::{Fault, Source};

const PAGE: &str = "docs/loyalty-rules.md";

/// How the page shortens paths.
const SHORT: &[(&str, &str)] = &[
    ("money/", "crates/money/src/"),
    ("http/", "crates/stamgast/tests/http/"),
    ("partner/", "crates/partner/tests/partner/"),
    ("sale/", "crates/platform/src/sale/"),
    ("till/", "crates/platform/src/till/"),
    ("offer/", "crates/partner/src/loyalty/offer/"),
    ("usage/", "crates/partner/src/loyalty/usage/"),
    ("ledger/", "crates/partner/src/loyalty/ledger/"),
    ("program/", "crates/partner/src/loyalty/program/"),
    ("promotion/", "crates/partner/src/loyalty/promotion/"),
];

/// `page` is the text of the page.
pub(super) fn check(page: &str, rust: &[Source]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (number, line) in page.lines().enumerate() {
        // every second piece between back ticks is code
        for quoted in line.split('`').skip(1).step_by(2) {
            let Some((file, test)) = quoted.split_once(": ") else { continue };
            let path = SHORT
                .iter()
                .find_map(|(short, long)| file.strip_prefix(short).map(|rest| format!("{long}{rest}")))
                .unwrap_or_else(|| file.to_owned());
            let source = rust.iter().find(|source| source.path == path);
            if !source.is_some_and(|source| source.text.contains(&format!("fn {test}("))) {
                faults.push(Fault::new(
                    format!("{PAGE}:{}", number + 1),
                    format!("there is no test {test} in {path}"),
                ));
            }
        }
    }
    faults
}

/// Where the page is.
pub(super) fn page(root: &std::path::Path) -> std::io::Result<String> {
    std::fs::read_to_string(root.join(PAGE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_that_is_not_there_is_reported() {
        let source =
            Source { path: "crates/money/src/vat.rs".to_owned(), text: "fn the_bill() {}".to_owned() };
        let page = "| `money/vat.rs: the_bill` |\n| `money/vat.rs: the_check` | `money` |\n";
        let faults = check(page, &[source]);
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert_eq!(faults[0].place, "docs/loyalty-rules.md:2");
    }
}
