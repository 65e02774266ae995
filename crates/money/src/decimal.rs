//! Which decimal does a JSON number's text mean, exactly?

use rust_decimal::Decimal;

/// Longest text that is looked at; no amount, quantity or rate needs more.
const TEXT_LENGTH_MAX: usize = 256;

/// Most significant digits a decimal holds for certain (96 bits).
const DIGITS_MAX: u32 = 28;

/// Text that is no decimal, or one that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseDecimalError {
    /// Not of the form `-12.34e5`.
    #[error("not a decimal number such as -12.34 or 1.2e3")]
    Syntax,
    /// Longer than any number that makes sense here.
    #[error("longer than {TEXT_LENGTH_MAX} characters")]
    TooLong,
    /// The value is 10^28 or more.
    #[error("too large: it must be below 10^28")]
    TooLarge,
    /// It cannot be kept without losing digits.
    #[error("too many digits: at most 28, before and after the point together, can be kept exactly")]
    TooPrecise,
}

/// Reads `-12.34`, `1.2e-3`, `+5`, `007`: the text of a JSON number or a numeric string, without surrounding spaces.
///
/// The result is exact and normalised (no trailing zeros). An exponent costs nothing however large it is:
/// `0e999999999` is 0 and `1e999999999` is [`ParseDecimalError::TooLarge`]. Source: protocol.md §1.5.
///
/// # Errors
/// See [`ParseDecimalError`].
pub fn parse_decimal(text: &str) -> Result<Decimal, ParseDecimalError> {
    if text.len() > TEXT_LENGTH_MAX {
        return Err(ParseDecimalError::TooLong);
    }
    let mut rest = text.as_bytes();
    let negative = rest.first() == Some(&b'-');
    if let Some(b'-' | b'+') = rest.first() {
        rest = &rest[1..];
    }

    let (whole, rest) = digits(rest);
    let (fraction, rest) = match rest.split_first() {
        Some((b'.', rest)) => {
            let (fraction, rest) = digits(rest);
            if fraction.is_empty() {
                return Err(ParseDecimalError::Syntax);
            }
            (fraction, rest)
        }
        _ => (&[][..], rest),
    };
    if whole.is_empty() {
        return Err(ParseDecimalError::Syntax);
    }
    let exponent = match rest.split_first() {
        None => 0,
        Some((b'e' | b'E', rest)) => exponent(rest)?,
        Some(_) => return Err(ParseDecimalError::Syntax),
    };

    // Zeros at either end carry no value: without them 1.000…0 fits and the result is normalised
    let significant = whole.iter().chain(fraction).skip_while(|digit| **digit == b'0');
    let mut mantissa = 0_i128;
    let mut kept = 0_u32;
    let mut zeros = 0_u32;
    for digit in significant {
        if *digit == b'0' {
            zeros += 1;
            continue;
        }
        kept += zeros + 1;
        if kept > DIGITS_MAX {
            return Err(ParseDecimalError::TooPrecise);
        }
        mantissa = mantissa * 10_i128.pow(zeros + 1) + i128::from(digit - b'0');
        zeros = 0;
    }
    if mantissa == 0 {
        return Ok(Decimal::ZERO);
    }

    // value = mantissa · 10^power
    let length = i64::try_from(fraction.len()).map_err(|_| ParseDecimalError::TooLong)?;
    let power = exponent.saturating_sub(length).saturating_add(i64::from(zeros));
    let magnitude = power.saturating_add(i64::from(kept));
    if magnitude > i64::from(DIGITS_MAX) {
        return Err(ParseDecimalError::TooLarge);
    }
    let (mantissa, scale) = match u32::try_from(power) {
        Ok(raise) => (mantissa * 10_i128.pow(raise), 0),
        Err(_) => (mantissa, u32::try_from(power.unsigned_abs()).map_err(|_| ParseDecimalError::TooPrecise)?),
    };
    let signed = if negative { -mantissa } else { mantissa };
    Decimal::try_from_i128_with_scale(signed, scale).map_err(|_| ParseDecimalError::TooPrecise)
}

fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len()))
}

/// The exponent, held inside ±10^9: beyond that only zero is still a number.
fn exponent(text: &[u8]) -> Result<i64, ParseDecimalError> {
    let (negative, text) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, text),
    };
    let (digits, rest) = digits(text);
    if digits.is_empty() || !rest.is_empty() {
        return Err(ParseDecimalError::Syntax);
    }
    let size =
        digits.iter().fold(0_i64, |size, digit| (size * 10 + i64::from(digit - b'0')).min(1_000_000_000));
    Ok(if negative { -size } else { size })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_exactly() {
        for (text, expected) in [
            ("0", "0"),
            ("-0", "0"),
            ("0.0", "0"),
            ("1", "1"),
            ("1.0", "1"),
            ("1e0", "1"),
            ("10e-1", "1"),
            ("0.1e1", "1"),
            ("1.50", "1.5"),
            ("-12.34", "-12.34"),
            ("+5", "5"),
            ("0012.50", "12.5"),
            ("1E3", "1000"),
            ("1e+3", "1000"),
            ("1.2345e2", "123.45"),
            ("12345e-7", "0.0012345"),
            ("0e999999999", "0"),
            ("-0.0e-999999999999999999999", "0"),
            ("1.00000000000000000000000000000000000000000000", "1"),
            ("0.00000000000000000000000000000000000000000000e9", "0"),
            ("9999999999999999999999999999", "9999999999999999999999999999"),
            ("0.0000000000000000000000000001", "0.0000000000000000000000000001"),
            ("41353865.624019235", "41353865.624019235"),
            ("-58645542.78854501", "-58645542.78854501"),
        ] {
            let read = parse_decimal(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(read.to_string(), expected, "{text}");
        }
    }

    #[test]
    fn says_what_is_wrong() {
        use ParseDecimalError::{Syntax, TooLarge, TooLong, TooPrecise};
        let long = "1".repeat(257);
        for (text, expected) in [
            ("", Syntax),
            ("-", Syntax),
            (".5", Syntax),
            ("5.", Syntax),
            ("1,5", Syntax),
            ("1 000", Syntax),
            (" 1", Syntax),
            ("--1", Syntax),
            ("1e", Syntax),
            ("1e+", Syntax),
            ("1e1.5", Syntax),
            ("0x10", Syntax),
            ("NaN", Syntax),
            ("Infinity", Syntax),
            ("१", Syntax),
            ("1e28", TooLarge),
            ("1e999999999", TooLarge),
            ("-1e99999999999999999999999999", TooLarge),
            ("1e-29", TooPrecise),
            ("1e-999999999", TooPrecise),
            ("0.12345678901234567890123456789", TooPrecise),
            ("12345678901234567890123456789", TooPrecise),
            (long.as_str(), TooLong),
        ] {
            assert_eq!(parse_decimal(text), Err(expected), "{text}");
        }
    }

    proptest! {
        #![proptest_config(crate::cases())]

        #[test]
        fn never_panics(text in "\\PC{0,40}|[-+0-9.eE]{0,300}") {
            let _read = parse_decimal(&text);
        }

        #[test]
        fn an_exponent_only_moves_the_point(units in -1_000_000_000_000_i64..1_000_000_000_000, shift in 0_u32..12) {
            let plain = Decimal::try_from_i128_with_scale(i128::from(units), shift).expect("small");
            prop_assert_eq!(parse_decimal(&format!("{units}e-{shift}")).expect("a number"), plain);
            prop_assert_eq!(parse_decimal(&plain.to_string()).expect("a number"), plain);
        }
    }
}
