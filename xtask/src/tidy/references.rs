//! Does each reference to a rule, a section or a file lead somewhere, and is none where users read?
//!
//! Comments name a rule of docs/ by page and section, and by its id where the section has several. The pages are the only
//! place where the rule's text stands, so a name that leads nowhere is worth nothing. Who calls the program has no
//! docs/ at hand: no such name stands in a message, in the OpenAPI documents or in the demo's story.

use super::text::{Piece, pieces};
use super::{Fault, Source};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The page that says what a rule id means.
const RULES: &str = "loyalty.md";

/// What can be referred to.
#[derive(Debug, Default)]
struct Anchors {
    /// The sections of each page, by its path below docs/: `10.8`. A page without numbers has none.
    sections: BTreeMap<String, BTreeSet<String>>,
    /// The section of each rule id.
    rules: BTreeMap<String, String>,
}

impl Anchors {
    /// Reads the headings of the pages.
    fn of(pages: &[Source]) -> Self {
        let mut anchors = Self::default();
        for page in pages {
            let name = page.path.strip_prefix("docs/").unwrap_or(&page.path);
            let sections = anchors.sections.entry(name.to_owned()).or_default();
            let mut section = String::new();
            for heading in page.text.lines().filter_map(|line| line.strip_prefix('#')) {
                let heading = heading.trim_start_matches('#').trim_start();
                let first = heading.split_whitespace().next().unwrap_or_default();
                let number = first.trim_end_matches('.');
                if number.split('.').all(is_number) {
                    number.clone_into(&mut section);
                    sections.insert(section.clone());
                } else if name == RULES && is_rule_id(first) {
                    anchors.rules.insert(first.to_owned(), section.clone());
                }
            }
        }
        anchors
    }

    /// Whether the text is formed like a rule id and begins with a letter that rules begin with.
    fn looks_like_a_rule(&self, word: &str) -> bool {
        is_rule_id(word) && self.rules.keys().any(|id| id.get(..1) == word.get(..1))
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A capital letter with a number of one or two digits.
pub(super) fn is_rule_id(word: &str) -> bool {
    let Some((letter, number)) = word.split_at_checked(1) else { return false };
    letter.bytes().all(|byte| byte.is_ascii_uppercase()) && number.len() <= 2 && is_number(number)
}

/// Whether the word is a file of docs/ by its name: those at the root and beside the code are in capitals.
fn is_page(word: &str) -> bool {
    let file = word.rsplit('/').next().unwrap_or(word);
    file.strip_suffix(".md").is_some_and(|name| name.bytes().any(|byte| byte.is_ascii_lowercase()))
}

/// One name of a page, a section or a rule in a text, with where it begins.
#[derive(Debug, PartialEq, Eq)]
enum Name<'a> {
    Page(usize, &'a str),
    Section(usize, &'a str),
    Rule(usize, &'a str),
}

/// The names in a text, in their order. A word ends at anything but letters, digits and `._-/`.
fn names<'a>(text: &'a str, anchors: &Anchors) -> Vec<Name<'a>> {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | '§');
    let mut found = Vec::new();
    let mut at = 0;
    // the sections of a standard are not ours: `RFC 9110 §15.5.16`
    let mut before = ["", ""];
    while let Some(begin) = text[at..].find(is_word).map(|skip| at + skip) {
        let end = text[begin..].find(|c| !is_word(c)).map_or(text.len(), |length| begin + length);
        let word = text[begin..end].trim_end_matches(['.', '-', '/']);
        // a range such as C6–C8 comes as two words: its dash ends a word
        if let Some(number) = word.strip_prefix('§') {
            if !number.is_empty() && before[0] != "RFC" {
                found.push(Name::Section(begin, number));
            }
        } else if is_page(word) {
            let page = word.trim_start_matches("../");
            found.push(Name::Page(begin, page.strip_prefix("docs/").unwrap_or(page)));
        } else if anchors.looks_like_a_rule(word) {
            found.push(Name::Rule(begin, word));
        }
        before = [before[1], word];
        at = end;
    }
    found
}

/// The complaints about the names in one comment, each with where it stands. `page` is the page that a section
/// without a page belongs to at the beginning.
fn follow(text: &str, page: Option<&str>, anchors: &Anchors) -> Vec<(usize, String)> {
    let names = names(text, anchors);
    let mut page = page.map(str::to_owned);
    let mut wrong = Vec::new();
    for (index, name) in names.iter().enumerate() {
        match *name {
            Name::Page(at, name) => match anchors.sections.get(name) {
                // a page without numbers cannot be meant by what follows
                Some(sections) if sections.is_empty() => {}
                Some(_) => page = Some(name.to_owned()),
                None => wrong.push((at, format!("there is no docs/{name}"))),
            },
            Name::Section(at, section) => {
                // `§6 C2`: the id says which page is meant
                let rule = match names.get(index + 1) {
                    Some(Name::Rule(begin, rule)) if text[at + 2..*begin].trim() == section => Some(*rule),
                    _ => None,
                };
                let of = if rule.is_some() { Some(RULES) } else { page.as_deref() };
                let Some(of) = of else {
                    wrong.push((at, format!("§{section} of which page? Say it, as in `loyalty.md §4`")));
                    continue;
                };
                if !anchors.sections.get(of).is_some_and(|sections| sections.contains(section)) {
                    wrong.push((at, format!("docs/{of} has no section {section}")));
                } else if let Some(stands) = rule.and_then(|rule| anchors.rules.get(rule))
                    && stands != section
                {
                    wrong.push((
                        at,
                        format!("{} stands in §{stands} of docs/{RULES}", rule.unwrap_or_default()),
                    ));
                }
                page = Some(of.to_owned());
            }
            Name::Rule(at, rule) => {
                if !anchors.rules.contains_key(rule) {
                    wrong.push((at, format!("docs/{RULES} has no rule {rule}")));
                }
            }
        }
    }
    wrong
}

/// Whether a text that users read names a page, a section or, in brackets, a rule.
fn names_a_rule(text: &str, anchors: &Anchors) -> bool {
    names(text, anchors).iter().any(|name| match name {
        Name::Section(..) => true,
        Name::Page(_, page) => anchors.sections.contains_key(*page) && !anchors.sections[*page].is_empty(),
        Name::Rule(at, rule) => {
            let end = at + rule.len();
            let opens = text[..*at].ends_with(['(', ' ']) && text[..*at].trim_end().ends_with(['(', ',']);
            anchors.rules.contains_key(*rule) && opens && text[end..].starts_with([')', ',', ':'])
        }
    })
}

/// Follows every reference in the comments of `rust` and `sql`, and in the pages themselves, and looks for references in
/// what users read: texts of the program, `described` (the OpenAPI documents) and `settings`.
pub(super) fn check(
    root: &Path,
    pages: &[Source],
    rust: &[Source],
    sql: &[Source],
    read_by_users: &[Source],
) -> Vec<Fault> {
    let anchors = Anchors::of(pages);
    let mut faults = Vec::new();
    for source in rust {
        for piece in pieces(&source.text) {
            match piece {
                Piece::Comment(at, text) => faults.extend(led_nowhere(source, at, &text, None, &anchors)),
                Piece::Text(at, text) if is_of_the_program(source, at) => {
                    if names_a_rule(text, &anchors) {
                        let rule = "a text that users may read names a rule of docs/: say what it says";
                        faults.push(Fault::new(source.at(at), rule));
                    }
                }
                Piece::Text(..) => {}
            }
        }
    }
    for source in sql {
        let comments: String = source.text.split_inclusive('\n').map(comment_of_sql).collect();
        faults.extend(led_nowhere(source, 0, &comments, None, &anchors));
    }
    for page in pages {
        let own = page.path.strip_prefix("docs/").unwrap_or(&page.path);
        let own = anchors.sections.get(own).is_some_and(|sections| !sections.is_empty()).then_some(own);
        let mut at = 0;
        for paragraph in page.text.split_inclusive("\n\n") {
            faults.extend(led_nowhere(page, at, paragraph, own.or(Some(RULES)), &anchors));
            at += paragraph.len();
        }
        faults.extend(paths_that_are_gone(root, page));
    }
    for source in read_by_users {
        let mut at = 0;
        for line in source.text.split_inclusive('\n') {
            if names_a_rule(line, &anchors) {
                let rule = "users read this and have no docs/: name no rule in the doc comment it comes from";
                faults.push(Fault::new(source.at(at), rule));
            }
            at += line.len();
        }
    }
    faults
}

fn led_nowhere(source: &Source, at: usize, text: &str, page: Option<&str>, anchors: &Anchors) -> Vec<Fault> {
    let wrong = follow(text, page, anchors);
    wrong.into_iter().map(|(offset, rule)| Fault::new(source.at(at + offset), rule)).collect()
}

/// The line with everything before its comment as blanks, so that offsets stay.
fn comment_of_sql(line: &str) -> String {
    let code = line.find("--").unwrap_or(line.trim_end_matches('\n').len());
    let blank = |c: char| if c == '\n' { "\n".to_owned() } else { " ".repeat(c.len_utf8()) };
    let (code, comment) = line.split_at(code);
    code.chars().map(blank).chain([comment.to_owned()]).collect()
}

/// Whether the text at this offset is in the program and not in its tests.
pub(super) fn is_of_the_program(source: &Source, at: usize) -> bool {
    let path = source.path.as_str();
    let of_a_test = ["/tests/", "_tests.rs", "/tests.rs", "_vectors.rs", "_properties.rs", "/properties.rs"];
    path.starts_with("crates/")
        && !of_a_test.iter().any(|part| path.contains(part))
        && source.text.find("#[cfg(test)]\nmod tests {").is_none_or(|tests| at < tests)
}

/// The paths between back ticks on a page that begin with `crates/` and lead to no file or folder.
fn paths_that_are_gone(root: &Path, page: &Source) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (number, line) in page.text.lines().enumerate() {
        let quoted = line.split('`').skip(1).step_by(2);
        let paths = quoted
            .filter(|quoted| quoted.starts_with("crates/") && !quoted.contains([' ', '*', '…', '{', ':']));
        for path in paths.filter(|path| !root.join(path).exists()) {
            faults.push(Fault::new(format!("{}:{}", page.path, number + 1), format!("there is no {path}")));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned() }
    }

    fn pages() -> Vec<Source> {
        vec![
            source(
                "docs/loyalty.md",
                "# Rules\n## 4. Holds\n## 6. Refunds\n### C1 Once\n### C2 Lots\n## 10. Ends\n### E3 Held\n",
            ),
            source("docs/protocol.md", "# Messages\n## 10. Loyalty\n### 10.8 Usage\n"),
            source("docs/decisions/01-engines.md", "# Engines\n"),
        ]
    }

    fn rules(rust: &[Source], read_by_users: &[Source]) -> Vec<String> {
        let faults = check(Path::new("/nowhere"), &pages(), rust, &[], read_by_users);
        faults.into_iter().map(|fault| format!("{} {}", fault.place, fault.rule)).collect()
    }

    #[test]
    fn what_leads_somewhere_is_left_alone() {
        let text = "//! What goes back (loyalty.md §6 C1)?\n//!\n//! To its lots (C2), while held (§10 E3), as in protocol.md\n//! §10.8. An id such as X9 is no rule, nor is RFC 6749 §2.3.1 or\n//! 2026-01-01T12:00 (docs/decisions/01-engines.md).\nlet x = \"C1\";\n";
        assert_eq!(rules(&[source("crates/a/src/b.rs", text)], &[]), Vec::<String>::new());
    }

    #[test]
    fn what_leads_nowhere_is_reported_with_its_line() {
        for (comment, complaint) in [
            ("loyalty.md §7", "docs/loyalty.md has no section 7"),
            ("protocol.md §10.80", "docs/protocol.md has no section 10.80"),
            ("loyalty.md §10 C1", "C1 stands in §6 of docs/loyalty.md"),
            ("a lot (C9)", "docs/loyalty.md has no rule C9"),
            ("§4 says so", "§4 of which page? Say it, as in `loyalty.md §4`"),
            ("as in rules.md", "there is no docs/rules.md"),
            ("loyalty.md §4,\n/// and §5", "docs/loyalty.md has no section 5"),
        ] {
            let text = format!("//! What?\n\n/// Says {comment}.\nfn a() {{}}\n");
            let line = 3 + comment.matches('\n').count();
            assert_eq!(
                rules(&[source("crates/a/src/b.rs", &text)], &[]),
                [format!("crates/a/src/b.rs:{line} {complaint}")]
            );
        }
    }

    #[test]
    fn users_read_of_no_rule() {
        for text in [
            "too low (loyalty.md §4)",
            "see §4",
            "goes back (C1)",
            "goes back (V1, C2)",
            "as loyalty.md says",
        ] {
            let rust = source("crates/a/src/b.rs", &format!("//! What?\nlet said = \"{text}\";\n"));
            assert_eq!(rules(&[rust], &[]).len(), 1, "{text}");
            assert_eq!(
                rules(&[], &[source("openapi/a.json", &format!("\"description\": \"{text}\""))]).len(),
                1,
                "{text}"
            );
            let test = source("crates/a/tests/b.rs", &format!("//! What?\nassert!(a, \"{text}\");\n"));
            assert_eq!(rules(&[test], &[]).len(), 0, "{text}");
        }
        assert_eq!(rules(&[], &[source("openapi/a.json", "\"example\": \"C1\"")]).len(), 0);
    }
}
