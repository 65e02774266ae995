//! Do the committed API descriptions say what the code says?
//!
//! A test, so that it is built together with all others. `cargo xtask openapi` runs it alone and lets it write the files.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a panic here is a failed test")]

use std::path::Path;

/// Set by `cargo xtask openapi`: the files are written instead of compared.
const WRITE: &str = "STAMGAST_TEST_WRITE_OPENAPI";

#[test]
fn the_committed_descriptions_are_the_codes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi");
    for (name, document) in stamgast::openapi::documents() {
        let path = folder.join(format!("{name}.json"));
        let mut text = serde_json::to_string_pretty(&document).unwrap();
        text.push('\n');
        if std::env::var_os(WRITE).is_some() {
            std::fs::write(&path, text).unwrap();
            continue;
        }
        let found = std::fs::read_to_string(&path).unwrap_or_else(|_| {
            panic!("openapi/{name}.json is missing: run `cargo xtask openapi` and commit it")
        });
        if let Some((line, code, file)) = first_difference(&text, &found) {
            panic!(
                "openapi/{name}.json:{line} differs from the code: run `cargo xtask openapi` and commit the result\n  code: {code}\n  file: {file}"
            );
        }
    }
}

/// The number of the first line that differs, counted from 1, with both texts.
fn first_difference<'a>(ours: &'a str, theirs: &'a str) -> Option<(usize, &'a str, &'a str)> {
    if ours == theirs {
        return None;
    }
    let (mut one, mut other) = (ours.lines(), theirs.lines());
    let mut number = 0;
    loop {
        number += 1;
        match (one.next(), other.next()) {
            (Some(a), Some(b)) if a == b => {}
            (None, None) => return Some((number, "(end of file)", "(end of file without a newline)")),
            (a, b) => return Some((number, a.unwrap_or("(end of file)"), b.unwrap_or("(end of file)"))),
        }
    }
}

#[test]
fn the_first_difference_is_named() {
    assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
    assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some((2, "b", "c")));
    assert_eq!(first_difference("a\n", "a\nc\n"), Some((2, "(end of file)", "c")));
    assert!(first_difference("a\n", "a").is_some());
}
