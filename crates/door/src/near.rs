//! Which of the known words did somebody mean who wrote another one?

/// Of a word longer than this no neighbour is looked for: nobody mistyped it.
const WORD_BYTES_MAX: usize = 100;

/// The known word with the fewest letters to change, if those are at most a third of it.
pub(crate) fn nearest<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    if word.len() > WORD_BYTES_MAX {
        return None;
    }
    let changes = known.into_iter().map(|one| (letters(word, one), one));
    changes.filter(|(count, one)| count * 3 <= one.len().max(word.len())).min().map(|(_, one)| one)
}

/// How many letters to change, add or leave out; capitals are as good as small letters.
pub(crate) fn letters(one: &str, other: &str) -> usize {
    let (one, other) = (one.to_lowercase(), other.to_lowercase());
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    distance(&one, &other, 1, |a, b| usize::from(a != b))
}

/// The least cost of turning one list into another, where adding or leaving out an element costs `gap` and
/// putting one in another's place what `replace` says.
pub(crate) fn distance<T>(one: &[T], other: &[T], gap: usize, replace: impl Fn(&T, &T) -> usize) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).map(|count| count * gap).collect();
    for (above, a) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = (above + 1) * gap;
        for (index, b) in other.iter().enumerate() {
            let kept = diagonal + replace(a, b);
            diagonal = row[index + 1];
            row[index + 1] = kept.min(diagonal + gap).min(row[index] + gap);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_symmetric_and_count_what_must_change() {
        for (one, other, expected) in
            [("", "", 0), ("abc", "abc", 0), ("abc", "abd", 1), ("ab", "b", 1), ("", "abc", 3)]
        {
            assert_eq!(letters(one, other), expected, "{one} {other}");
            assert_eq!(letters(other, one), expected, "{other} {one}");
        }
    }

    #[test]
    fn a_word_is_near_when_a_third_of_it_is_wrong_at_most() {
        let known = ["name", "id", "currencyCode"];
        for (word, expected) in [
            ("nme", Some("name")),
            ("NAME", Some("name")),
            ("curencycode", Some("currencyCode")),
            ("iid", Some("id")),
            ("x", None),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
        assert_eq!(nearest(&"name".repeat(30), known), None);
    }
}
