//! Has every operation of the API a test file of its own, in the shape of the URL tree?
//!
//! The file lies in crates/stamgast/tests/http/. Its folders and name are words of the operation's path in their order,
//! the first among them, without `api`, `v1`, the merchant of set-up and what stands in braces: so
//! `POST /pos/{sourceId}/bills/{billId}/refunds` is tested in `pos/bills/refunds.rs`, `pos/bills.rs` or `pos/refunds.rs`. Where a
//! path begins with a caller and not with a noun (`pos`, `partner`, `admin/…`), the file's name goes on to a noun. A whole
//! path may also be a folder with several files of any name. A comment in the file names the operation's id, and its code the
//! last word of the path.

use super::text::{Piece, code, pieces};
use super::{Fault, Source};
use anyhow::Context as _;
use serde_json::Value;

/// Where the tests lie.
const TESTS: &str = "crates/stamgast/tests/http/";

/// An operation of a description.
struct Operation {
    id: String,
    method: String,
    path: String,
}

/// Reports operations without a test.
pub(super) fn check(described: &[Source], rust: &[Source]) -> anyhow::Result<Vec<Fault>> {
    let mut faults = Vec::new();
    for source in described {
        for operation in operations(source)? {
            faults.extend(judge(&operation, rust).map(|rule| Fault::new(&source.path, rule)));
        }
    }
    Ok(faults)
}

fn operations(source: &Source) -> anyhow::Result<Vec<Operation>> {
    let document: Value =
        serde_json::from_str(&source.text).with_context(|| format!("{} is no JSON", source.path))?;
    let paths = document["paths"].as_object().with_context(|| format!("{} has no paths", source.path))?;
    let mut found = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let id = operation["operationId"].as_str();
            let id = id.with_context(|| format!("{method} {path} has no operationId"))?.to_owned();
            found.push(Operation { id, method: method.to_uppercase(), path: path.clone() });
        }
    }
    Ok(found)
}

fn judge(Operation { id, method, path }: &Operation, rust: &[Source]) -> Option<String> {
    let words = words(path);
    let word = path.split('/').rfind(|segment| is_word(segment))?;
    let files = rust.iter().filter_map(|source| {
        let file = source.path.strip_prefix(TESTS)?.strip_suffix(".rs")?;
        fits(file.strip_suffix("/mod").unwrap_or(file), &words).then_some(source)
    });
    let named: Vec<&Source> = files.filter(|source| names(source, id)).collect();
    if named.is_empty() {
        return Some(format!(
            "{method} {path} has no test of its own: write one in {TESTS}{}.rs (or nearer to the root) whose comment names {id}",
            words.join("/")
        ));
    }
    let called = named.iter().any(|source| {
        let code = code(&source.text);
        code.contains(word) || code.contains(&snake(word))
    });
    let file = &named.first()?.path;
    (!called).then(|| format!("{method} {path} is named in {file}, but nothing there calls {word}"))
}

/// The words of a path, as files are called: `admin`, `partner`, `top_up_codes`.
fn words(path: &str) -> Vec<String> {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let mut words = Vec::new();
    for (at, segment) in segments.iter().enumerate() {
        // set-up stands below a merchant, who says nothing about it
        let is_below_merchant = *segment == "merchants" && segments.first() == Some(&"admin");
        let is_left_out = is_below_merchant && segments.iter().skip(at + 1).any(|after| is_word(after));
        if is_word(segment) && !is_left_out {
            words.push(snake(segment));
        }
    }
    words
}

/// Whether a segment of a path is a word and says something.
fn is_word(segment: &str) -> bool {
    !segment.is_empty() && !segment.starts_with('{') && segment != "api" && segment != "v1"
}

/// `benefitUsages` and `benefit-usages` as `benefit_usages`.
fn snake(word: &str) -> String {
    let mut snake = String::new();
    for letter in word.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        match letter {
            '-' => snake.push('_'),
            letter => snake.extend(letter.to_lowercase()),
        }
    }
    snake
}

/// Whether a file's folders and name are words of the path in their order, the first among them and enough of them, or its
/// folder is the whole path.
fn fits(file: &str, words: &[String]) -> bool {
    let parts: Vec<&str> = file.split('/').collect();
    if parts.split_last().is_some_and(|(_, folder)| folder == words) {
        return true;
    }
    let callers = match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["admin", "partner" | "platform", ..] => 2,
        ["admin" | "partner" | "pos", ..] => 1,
        _ => 0,
    };
    let mut left = words.iter();
    parts.len() > callers.min(words.len() - 1)
        && parts.first().copied() == left.next().map(String::as_str)
        && parts[1..].iter().all(|part| left.any(|word| word == part))
}

/// Whether a comment of the file names the operation.
fn names(source: &Source, id: &str) -> bool {
    pieces(&source.text).iter().any(|piece| match piece {
        Piece::Comment(_, text) => text.split(|c: char| !c.is_alphanumeric()).any(|word| word == id),
        Piece::Text(..) => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(path: &str, file: &str, text: &str) -> String {
        let operation =
            Operation { id: "refundBill".to_owned(), method: "POST".to_owned(), path: path.to_owned() };
        let rust = [Source { path: format!("{TESTS}{file}"), text: text.to_owned() }];
        judge(&operation, &rust).unwrap_or_default()
    }

    const TEXT: &str =
        "//! What?\n\n/// refundBill: once.\nasync fn a() { post(\"/pos/x/bills/1/refunds\") }\n";

    #[test]
    fn a_test_lies_where_the_path_leads() {
        let path = "/pos/{sourceId}/bills/{billId}/refunds";
        for file in ["pos/bills/refunds.rs", "pos/refunds.rs", "pos/bills.rs", "pos/bills/mod.rs"] {
            assert_eq!(judged(path, file, TEXT), "", "{file}");
        }
        for file in ["pos/bills/refunds/parts.rs", "pos/bills/refunds/mod.rs"] {
            assert_eq!(judged(path, file, TEXT), "", "{file}");
        }
        for file in [
            "bills/refunds.rs",
            "refunds.rs",
            "pos/refunds/bills.rs",
            "pos/checks.rs",
            "pos/mod.rs",
            "pos/bills/parts.rs",
        ] {
            assert!(judged(path, file, TEXT).contains("pos/bills/refunds.rs"), "{file}");
        }
        assert!(judged(path, "pos/bills.rs", "//! refundBills\n\"refunds\"").contains("has no test"));
        assert!(
            judged(path, "pos/bills.rs", "//! What?\nlet id = \"refundBill\";\n").contains("has no test")
        );
        let only_named = "//! refundBill, refunds?\n\"bills\"";
        assert!(judged(path, "pos/bills.rs", only_named).contains("nothing there calls refunds"));
        assert_eq!(judged(path, "pos/bills.rs", "//! refundBill?\nfn a() { house.refunds() }"), "");
    }

    #[test]
    fn a_test_of_a_caller_names_the_noun_too() {
        let words = |text: &str| text.split('/').map(str::to_owned).collect::<Vec<_>>();
        for (file, path, expected) in [
            ("admin/platform", "admin/platform/places/desks", false),
            ("admin/desks", "admin/platform/places/desks", false),
            ("admin/platform/desks", "admin/platform/places/desks", true),
            ("admin/platform/places", "admin/platform/places/desks", true),
            ("admin/tokens", "admin/tokens/renew", true),
            ("admin", "admin/tokens/renew", false),
            ("partner", "partner/datasync", false),
            ("partner/datasync", "partner/datasync", true),
            ("delivery", "delivery/orders", true),
            ("merchants", "merchants", true),
            ("menu/tree", "menu", true),
            ("menu/tree", "menu/stop_list", false),
        ] {
            assert_eq!(fits(file, &words(path)), expected, "{file} for {path}");
        }
    }

    #[test]
    fn the_words_of_a_path_are_those_that_say_something() {
        for (path, expected) in [
            ("/api/auth/authorize", "auth/authorize"),
            ("/api/v1/customer/{id}", "customer"),
            ("/merchants/me", "merchants/me"),
            ("/deskViews/{sourceId}/desks", "desk_views/desks"),
            ("/admin/v1/tokens/{tokenPrefix}/renew", "admin/tokens/renew"),
            ("/admin/v1/partner/merchants/{merchantId}", "admin/partner/merchants"),
            ("/admin/v1/partner/merchants/{merchantId}/top-up-codes", "admin/partner/top_up_codes"),
            (
                "/admin/v1/platform/merchants/{merchantId}/places/{placeId}/deskSections/{sectionId}",
                "admin/platform/places/desk_sections",
            ),
        ] {
            assert_eq!(words(path).join("/"), expected);
        }
    }
}
