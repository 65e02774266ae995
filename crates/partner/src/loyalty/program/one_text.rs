//! When are two texts the same although their characters differ?
//!
//! A keyboard, a scanner and a database may each write `Á` in another way (one character, or two), and put marks into a
//! text that show nothing. A code, a number and an address are compared in one form (docs/decisions/13).

use std::borrow::Cow;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// The text in the one form in which codes are compared: composed (NFC), without characters that show nothing and
/// without white space around it. Upper and lower case stay what they are.
pub(crate) fn one_text(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    if text.is_ascii() || (is_nfc(text) && !text.chars().any(shows_nothing)) {
        return Cow::Borrowed(text);
    }
    let seen: String = text.chars().filter(|character| !shows_nothing(*character)).nfc().collect();
    Cow::Owned(seen.trim().to_owned())
}

/// The same with what only looks different made alike (NFKC): wide digits and letters, ligatures.
pub(crate) fn plain_text(text: &str) -> Cow<'_, str> {
    match one_text(text) {
        text if text.is_ascii() => text,
        text => Cow::Owned(text.nfkc().collect::<String>().trim().to_owned()),
    }
}

/// Marks of direction, joiners, soft hyphens, variation selectors and byte order marks.
pub(crate) fn shows_nothing(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_to_the_eye_is_equal() {
        for (text, form) in [
            ("KÁVA10", "KÁVA10"),
            ("KA\u{301}VA10", "KÁVA10"),
            ("KÁVA10\u{200b}", "KÁVA10"),
            ("\u{feff}KA\u{200d}\u{301}VA10\u{202c} ", "KÁVA10"),
            ("\u{200b} KAVA 10 \u{200b}", "KAVA 10"),
            ("káva10", "káva10"),
            ("Ｋ１０", "Ｋ１０"),
            ("", ""),
        ] {
            assert_eq!(one_text(text), form, "{text:?}");
            assert_eq!(one_text(&one_text(text)), form, "{text:?} again");
        }
        assert_eq!(plain_text("＋４２０\u{a0}777"), "+420 777");
    }
}
