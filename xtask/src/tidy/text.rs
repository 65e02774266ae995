//! Where in a Rust file are its comments and its texts?

/// A comment or a text of a Rust file, with the byte offset at which it begins.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Line comments that follow each other without anything between are one comment. The marks (`//`, `///`, `//!`) are
    /// blanks, so offsets within it are those of the file.
    Comment(usize, String),
    /// What stands between the quotes, escapes as they are written.
    Text(usize, &'a str),
}

/// The comments and texts of a Rust file in their order.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found: Vec<Piece<'_>> = Vec::new();
    let mut at = 0;
    let mut code_since_comment = true;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        if rest.starts_with("//") {
            let end = at + rest.find('\n').unwrap_or(rest.len());
            let marks = rest.len() - rest.trim_start_matches(['/', '!']).len();
            let marks = marks.min(end - at);
            let line = format!("{}{}", " ".repeat(marks), &text[at + marks..end]);
            match found.last_mut() {
                Some(Piece::Comment(begin, comment)) if !code_since_comment => {
                    comment.push_str(&text[*begin + comment.len()..at]);
                    comment.push_str(&line);
                }
                _ => found.push(Piece::Comment(at, line)),
            }
            code_since_comment = false;
            at = end;
        } else if c == '"' {
            let length = until_quote(&rest[1..]);
            found.push(Piece::Text(at + 1, &rest[1..1 + length]));
            code_since_comment = true;
            at += 1 + length + 1;
        } else if let Some((open, length)) = raw(text, at) {
            found.push(Piece::Text(at + open, &rest[open..open + length]));
            code_since_comment = true;
            at += open + length + open - 1;
        } else if c == '\'' {
            // a character such as '"' or '\'' holds no quote that opens a text; a lifetime is skipped by itself
            let mut inside = rest.char_indices().skip(1);
            let first = inside.next();
            let closing = if first.is_some_and(|(_, c)| c == '\\') { inside.nth(1) } else { inside.next() };
            at += if closing.is_some_and(|(_, c)| c == '\'') { closing.map_or(1, |(i, _)| i + 1) } else { 1 };
            code_since_comment = true;
        } else {
            code_since_comment |= !c.is_whitespace();
            at += c.len_utf8();
        }
    }
    found
}

/// A Rust file without its comments.
pub(super) fn code(text: &str) -> String {
    let mut code = String::new();
    let mut at = 0;
    for piece in pieces(text) {
        if let Piece::Comment(begin, comment) = piece {
            code.push_str(&text[at..begin]);
            at = begin + comment.len();
        }
    }
    code.push_str(&text[at..]);
    code
}

/// How long the text is up to the quote that closes it.
fn until_quote(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices() {
        match c {
            '"' if !escaped => return at,
            _ => escaped = c == '\\' && !escaped,
        }
    }
    rest.len()
}

/// At `r"` or `r#"` that is no end of a name: the length of what opens the text, and of the text.
fn raw(text: &str, at: usize) -> Option<(usize, usize)> {
    let named = text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') && !text[..at].ends_with('b');
    let after = text[at..].strip_prefix('r').filter(|_| !named)?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let inside = after[hashes..].strip_prefix('"')?;
    let end = inside.find(&format!("\"{}", "#".repeat(hashes))).unwrap_or(inside.len());
    Some((1 + hashes + 1, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_texts_are_told_apart() {
        let text = "//! One\n//! two.\n\nlet a = \"x // no \\\" comment\"; // three\nlet b = r#\"y \"z\" // w\"#;\nlet c = ('\"', '\\'', 'é', &'static str); /// four\n";
        let found = pieces(text);
        let texts: Vec<&str> = found
            .iter()
            .filter_map(|piece| match piece {
                Piece::Text(_, text) => Some(*text),
                Piece::Comment(..) => None,
            })
            .collect();
        assert_eq!(texts, ["x // no \\\" comment", "y \"z\" // w"]);
        let comments: Vec<String> = found
            .iter()
            .filter_map(|piece| match piece {
                Piece::Comment(_, text) => Some(text.split_whitespace().collect::<Vec<_>>().join(" ")),
                Piece::Text(..) => None,
            })
            .collect();
        assert_eq!(comments, ["One two.", "three", "four"]);
        assert_eq!(code("//! One\n/// two\nlet a = \"// b\"; // three\n").trim(), "let a = \"// b\";");
        let Some(Piece::Comment(at, comment)) = found.first() else { panic!("{found:?}") };
        assert_eq!(text.find("two"), comment.find("two").map(|inside| at + inside));
    }
}
