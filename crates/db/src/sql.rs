//! What are the pieces of a SQL text, as far as the port must tell them apart?
//!
//! Enough of a lexer to leave literals and comments alone. The shared dialect has no dollar quotes,
//! no `E'…'` strings and no nested comments.

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A keyword, a name or a number.
    Word,
    /// `$1`.
    Parameter,
    /// `'…'` or `"…"`; a doubled quote inside makes two pieces that touch.
    Quoted,
    /// `-- …` to the end of the line, or `/* … */`.
    Comment,
    /// White space.
    Space,
    /// Any other single character.
    Symbol,
}

/// One piece; all pieces in a row are the text again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece<'a> {
    pub(crate) kind: Kind,
    pub(crate) text: &'a str,
}

impl Piece<'_> {
    /// True for the keyword `word`, whatever its case.
    pub(crate) fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }

    /// True for the character `symbol` outside of literals and comments.
    pub(crate) fn is_symbol(&self, symbol: &str) -> bool {
        self.kind == Kind::Symbol && self.text == symbol
    }

    /// False for white space and comments.
    pub(crate) fn counts(&self) -> bool {
        !matches!(self.kind, Kind::Space | Kind::Comment)
    }
}

/// Takes `sql` apart.
pub(crate) fn pieces(sql: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let (kind, length) = if first.is_whitespace() {
            (Kind::Space, span(rest, char::is_whitespace))
        } else if rest.starts_with("--") {
            (Kind::Comment, rest.find('\n').unwrap_or(rest.len()))
        } else if rest.starts_with("/*") {
            (Kind::Comment, rest.find("*/").map_or(rest.len(), |end| end + 2))
        } else if first == '\'' || first == '"' {
            let body = rest.get(1..).unwrap_or_default();
            (Kind::Quoted, body.find(first).map_or(rest.len(), |end| end + 2))
        } else if first == '$' && rest.get(1..2).is_some_and(|next| next.as_bytes()[0].is_ascii_digit()) {
            (Kind::Parameter, 1 + span(rest.get(1..).unwrap_or_default(), |c| c.is_ascii_digit()))
        } else if is_word(first) {
            (Kind::Word, span(rest, |c| is_word(c) || c == '$'))
        } else {
            (Kind::Symbol, first.len_utf8())
        };
        let (text, after) = rest.split_at(length);
        found.push(Piece { kind, text });
        rest = after;
    }
    found
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// How many bytes at the start of `text` are characters that `belong`.
fn span(text: &str, belong: impl Fn(char) -> bool) -> usize {
    text.find(|character| !belong(character)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn literals_and_comments_are_whole_pieces() {
        let of = |sql| {
            pieces(sql)
                .into_iter()
                .filter(|p| p.kind != Kind::Space)
                .map(|p| (p.kind, p.text))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            of("a='$1;--'||$12 -- $2;\n/* ; */ \"B;\";"),
            [
                (Kind::Word, "a"),
                (Kind::Symbol, "="),
                (Kind::Quoted, "'$1;--'"),
                (Kind::Symbol, "|"),
                (Kind::Symbol, "|"),
                (Kind::Parameter, "$12"),
                (Kind::Comment, "-- $2;"),
                (Kind::Comment, "/* ; */"),
                (Kind::Quoted, "\"B;\""),
                (Kind::Symbol, ";"),
            ]
        );
        assert_eq!(of("'it''s $1'"), [(Kind::Quoted, "'it'"), (Kind::Quoted, "'s $1'")]);
        assert_eq!(of("'open $1"), [(Kind::Quoted, "'open $1")]);
        assert_eq!(of("a$1"), [(Kind::Word, "a$1")]);
    }

    proptest! {
        #[test]
        fn the_pieces_in_a_row_are_the_text(sql in "[a-z$0-9'\"/*;\n é–-]{0,60}") {
            prop_assert_eq!(pieces(&sql).iter().map(|p| p.text).collect::<String>(), sql);
        }
    }
}
