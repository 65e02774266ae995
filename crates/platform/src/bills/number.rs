//! What is a bill called?

/// How many pairs of letters there are.
pub(crate) const LETTER_PAIRS: u64 = 26 * 26;
/// The last running number that fits its six digits.
pub(crate) const BILL_NUMBER_MAX: i64 = 999_999;

/// The pair at `index` (taken modulo their number): 0 is `AA`, 675 is `ZZ`.
pub(crate) fn letters(index: u64) -> String {
    let index = index % LETTER_PAIRS;
    let letter = |n: u64| char::from(b'A' + u8::try_from(n).unwrap_or(0));
    [letter(index / 26), letter(index % 26)].iter().collect()
}

/// Two letters, the year at the place, six digits of the place's running number in that year
/// (protocol.md §1.4): `QX2026000417`. Ids of one place sort as the bills were made. `None` when the number
/// or the year does not fit.
pub(crate) fn bill_id(letters: &str, year: i64, number: i64) -> Option<String> {
    ((0..=9999).contains(&year) && (1..=BILL_NUMBER_MAX).contains(&number))
        .then(|| format!("{letters}{year:04}{number:06}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_go_from_aa_to_zz_and_round() {
        for (index, expected) in [(0, "AA"), (25, "AZ"), (26, "BA"), (439, "QX"), (675, "ZZ"), (676, "AA")] {
            assert_eq!(letters(index), expected);
        }
        let all: std::collections::BTreeSet<_> = (0..LETTER_PAIRS).map(letters).collect();
        assert_eq!(all.len(), 676);
    }

    #[test]
    fn an_id_has_six_digits_or_is_not_made() {
        assert_eq!(bill_id("QX", 2026, 417).as_deref(), Some("QX2026000417"));
        assert_eq!(bill_id("QX", 2026, 999_999).as_deref(), Some("QX2026999999"));
        for (year, number) in [(2026, 0), (2026, -1), (2026, 1_000_000), (-1, 1), (10_000, 1)] {
            assert_eq!(bill_id("QX", year, number), None);
        }
    }
}
