//! Which SQL does the shared dialect ban (docs/dialect.md), and where does it stand?

use super::{Fault, Source};

/// A banned word or run of words, in lower case with single spaces, and what to write instead.
const BANNED: &[(&str, &str)] = &[
    ("greatest(", "write a CASE"),
    ("least(", "write a CASE"),
    (" like ", "compare a lower-case column"),
    (" ilike ", "compare a lower-case column"),
    ("for update", "bump the aggregate row's version first"),
    ("for share", "bump the aggregate row's version first"),
    ("skip locked", "take a lease"),
    ("listen ", "poll, with the in-process wake-up"),
    ("notify ", "poll, with the in-process wake-up"),
    ("now()", "take the instant as a parameter"),
    ("current_timestamp", "take the instant as a parameter"),
    ("random()", "take the value as a parameter"),
    ("select *", "name the columns"),
    ("returning *", "name the columns"),
    ("insert or ", "write ON CONFLICT"),
    (" glob ", "compare a lower-case column"),
    ("uuid", "ids are TEXT"),
    ("timestamptz", "times are BIGINT microseconds UTC"),
    ("boolean", "flags are BIGINT 0 or 1 with a CHECK"),
    ("numeric", "money is BIGINT minor units"),
    ("double precision", "money is BIGINT minor units"),
    ("jsonb", "JSON is TEXT"),
    ("autoincrement", "draw the number in the program"),
    ("serial", "draw the number in the program"),
];

pub(super) fn check(rust: &[Source], migrations: &[Source]) -> Vec<Fault> {
    let mut faults = Vec::new();
    // this folder's own texts about SQL are no SQL
    for source in rust.iter().filter(|source| !source.path.starts_with("xtask/")) {
        for (offset, sql) in statements(&source.text) {
            faults.extend(judge(&sql).into_iter().map(|rule| Fault::new(source.at(offset), rule)));
        }
    }
    for source in migrations {
        for (number, line) in source.text.lines().enumerate() {
            let line = line.split("--").next().unwrap_or_default();
            let place = format!("{}:{}", source.path, number + 1);
            faults.extend(judge(line).into_iter().map(|rule| Fault::new(&place, rule)));
        }
    }
    faults
}

/// What is wrong with one SQL text.
fn judge(sql: &str) -> Vec<String> {
    let flat = format!(" {} ", sql.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" "));
    let mut wrong: Vec<String> = BANNED
        .iter()
        .filter(|(word, _)| stands(&flat, word))
        .map(|(word, instead)| format!("SQL `{}` is not in the shared dialect: {instead}", word.trim()))
        .collect();
    for (offset, _) in flat.match_indices("sum(") {
        let before = flat.get(..offset).unwrap_or_default();
        let whole_word = before.ends_with(|c: char| !c.is_alphanumeric() && c != '_');
        if whole_word && !before.ends_with("cast(") && !before.ends_with("cast(coalesce(") {
            wrong.push("SQL SUM without CAST(SUM(x) AS BIGINT) has another type on each engine".to_owned());
        }
    }
    wrong
}

/// Whether the word stands in the text on its own, not inside a longer name.
fn stands(flat: &str, word: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    flat.match_indices(word).any(|(offset, _)| {
        let before = flat.get(..offset).and_then(|text| text.chars().next_back());
        let after = flat.get(offset + word.len()..).and_then(|text| text.chars().next());
        let begins = word.starts_with(' ') || !before.is_some_and(is_name);
        let ends = !word.ends_with(is_name) || !after.is_some_and(is_name);
        begins && ends
    })
}

/// The string literals inside every `statement! { … }`, and inside every macro `sql_…` that gives a part of several
/// statements, with where each begins. Doc comments are left out.
pub(super) fn statements(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let blocks = text.match_indices("statement! {").chain(text.match_indices("macro_rules! sql_"));
    for (start, _) in blocks {
        let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        if text[line_start..start].trim_start().starts_with("//") {
            continue;
        }
        let Some(open) = text[start..].find('{') else { continue };
        let mut rest = Reader { text, at: start + open + 1 };
        let mut depth = 1_u32;
        while depth > 0 {
            let Some(c) = rest.next() else { break };
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                '/' if rest.peek() == Some('/') => rest.skip_line(),
                '"' => {
                    let at = rest.at;
                    found.push((at, rest.literal()));
                }
                'r' if matches!(rest.peek(), Some('"' | '#')) => {
                    let at = rest.at;
                    found.push((at, rest.raw_literal()));
                }
                _ => {}
            }
        }
    }
    found
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn skip_line(&mut self) {
        while self.next().is_some_and(|c| c != '\n') {}
    }

    /// After the opening quote: the text up to the closing one.
    fn literal(&mut self) -> String {
        let mut text = String::new();
        while let Some(c) = self.next() {
            match c {
                '"' => break,
                '\\' => {
                    // a line continuation or an escape: for a word search both are a space
                    self.next();
                    text.push(' ');
                }
                other => text.push(other),
            }
        }
        text
    }

    /// After the `r`: `"…"` or `#"…"#`.
    fn raw_literal(&mut self) -> String {
        let mut hashes = 0;
        while self.peek() == Some('#') {
            self.next();
            hashes += 1;
        }
        self.next();
        let end = format!("\"{}", "#".repeat(hashes));
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length = rest.find(&end).unwrap_or(rest.len());
        self.at += length + end.len();
        rest.get(..length).unwrap_or_default().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_cut_out_of_the_source() {
        let text = "//! What?\ndb::statement! {\n    /// Doc with \"now()\" in it.\n    pub(crate) ONE = \"SELECT a\n        FROM b\";\n    TWO = r#\"SELECT \"x\"\"#;\n}\nlet c = \"now()\";\n";
        let found: Vec<String> = statements(text).into_iter().map(|(_, sql)| sql).collect();
        assert_eq!(found, ["SELECT a\n        FROM b", "SELECT \"x\""]);
        let part = "macro_rules! sql_part {\n    () => {\n        \"a = now()\"\n    };\n}\nlet b = \"c\";\n";
        let found: Vec<String> = statements(part).into_iter().map(|(_, sql)| sql).collect();
        assert_eq!(found, ["a = now()"]);
    }

    #[test]
    fn banned_words_are_seen_as_words_only() {
        for sql in [
            "SELECT greatest(a, b) FROM c",
            "SELECT a FROM b WHERE c LIKE $1",
            "SELECT a FROM b FOR UPDATE",
            "SELECT now()",
            "SELECT * FROM a",
            "SELECT SUM(a) FROM b",
            "CREATE TABLE a (b BOOLEAN)",
        ] {
            assert_eq!(judge(sql).len(), 1, "{sql}: {:?}", judge(sql));
        }
        for sql in [
            "SELECT CAST(SUM(a) AS BIGINT), COUNT(*) FROM b WHERE unknown = $1",
            "SELECT serial_number, checksum FROM b",
            "UPDATE a SET b = $1 WHERE c = $2 RETURNING d",
        ] {
            assert!(judge(sql).is_empty(), "{sql}: {:?}", judge(sql));
        }
    }
}
