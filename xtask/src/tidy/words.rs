//! Which words may not stand in our Rust at all?

use super::{Fault, Source};

/// A text that must not appear, except below some folders, and what to do instead. The texts are
/// cut in two so that this file does not report itself.
struct Word {
    text: &'static str,
    instead: &'static str,
    allowed_below: &'static [&'static str],
}

const WORDS: &[Word] = &[
    Word { text: concat!("to", "do!("), instead: "write it, or leave it out", allowed_below: &[] },
    Word { text: concat!("unimpl", "emented!("), instead: "write it, or leave it out", allowed_below: &[] },
    Word { text: concat!("#[ig", "nore"), instead: "a test runs or goes", allowed_below: &[] },
    Word {
        text: concat!("rus", "qlite"),
        instead: "only crates/db names a driver: use the port",
        allowed_below: &["crates/db/"],
    },
    Word {
        text: concat!("post", "gres::"),
        instead: "only crates/db names a driver: use the port",
        // the tests' own server is made and removed by its owner, who is no user of the port
        allowed_below: &["crates/db/", "testkit/cluster/"],
    },
    Word {
        text: concat!("tokio_post", "gres"),
        instead: "only crates/db names a driver: use the port",
        allowed_below: &["crates/db/"],
    },
];

pub(super) fn check(sources: &[Source]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for source in sources {
        for word in WORDS {
            if word.allowed_below.iter().any(|folder| source.path.starts_with(folder)) {
                continue;
            }
            for (offset, _) in source.text.match_indices(word.text) {
                faults.push(Fault::new(source.at(offset), format!("`{}`: {}", word.text, word.instead)));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_with_its_line_and_excused_in_its_own_folder() {
        let text = format!("//! What?\n\nuse {}qlite::Connection;\n", "rus");
        let outside = Source { path: "crates/partner/src/a.rs".to_owned(), text: text.clone() };
        let inside = Source { path: "crates/db/src/a.rs".to_owned(), text };
        let faults = check(&[outside, inside]);
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert_eq!(faults[0].place, "crates/partner/src/a.rs:3");
    }
}
