//! How is a scanned or typed text read: as a code, behind an address on the web, or as a person's contact?

use super::one_text::{one_text, plain_text};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Program setting `codes`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct CodeSettings {
    /// What stands before the code in the merchant's QR codes: `https://example.com/card/`. The longest that
    /// fits is taken off.
    pub(crate) url_prefixes: Vec<String>,
    /// The calling code of telephone numbers that come without one: `420`. Left out, the currency tells where it
    /// can. Numbers are compared in the form they had when the member was written: set it before there are any.
    pub(crate) phone_country_code: Option<String>,
}

/// A text by which a person can be found, in the one form in which it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Contact {
    /// Digits with the calling code.
    Phone(String),
    /// Lower case.
    Email(String),
}

/// Fewest and most digits of a telephone number (E.164 allows 15).
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;
/// A number this long behind the merchant's own calling code has it already.
const NATIONAL_DIGITS_MIN: usize = 9;
/// Settings are parsed for every offer of a changed program: enough for every system a merchant prints codes with.
const URL_PREFIXES_MAX: usize = 50;

/// Calling codes of the countries that are alone with their currency.
const CALLING_CODES: [(&str, &str); 10] = [
    ("CZK", "420"),
    ("PLN", "48"),
    ("HUF", "36"),
    ("RON", "40"),
    ("CHF", "41"),
    ("GBP", "44"),
    ("DKK", "45"),
    ("SEK", "46"),
    ("NOK", "47"),
    ("USD", "1"),
];

impl CodeSettings {
    /// Whether the settings make sense.
    ///
    /// # Errors
    /// A sentence saying what was expected and what came.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.url_prefixes.len() > URL_PREFIXES_MAX {
            let found = self.url_prefixes.len();
            return Err(format!("codes.urlPrefixes: expected at most {URL_PREFIXES_MAX}, found {found}"));
        }
        if let Some(at) = self.url_prefixes.iter().position(|prefix| prefix.trim().is_empty()) {
            return Err(format!(
                "codes.urlPrefixes[{at}]: expected what stands before the code, found nothing"
            ));
        }
        match &self.phone_country_code {
            Some(code)
                if code.is_empty()
                    || code.len() > 3
                    || code.starts_with('0')
                    || !code.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                Err(format!("codes.phoneCountryCode: expected 1 to 3 digits such as \"420\", found {code:?}"))
            }
            _ => Ok(()),
        }
    }

    /// The code in a scanned text, in the one form in which codes are compared ([`one_text`]) and without a prefix of
    /// the merchant's.
    pub(crate) fn bare<'t>(&self, scanned: &'t str) -> Cow<'t, str> {
        let text = one_text(scanned);
        let behind = self.url_prefixes.iter().filter_map(|prefix| text.strip_prefix(&*one_text(prefix)));
        match behind.min_by_key(|rest| rest.len()) {
            Some(rest) => Cow::Owned(rest.trim().to_owned()),
            None => text,
        }
    }

    /// The contact a text looks like, if any.
    pub(crate) fn contact(&self, text: &str, currency_code: &str) -> Option<Contact> {
        email_key(text)
            .map(Contact::Email)
            .or_else(|| self.phone_key(text, currency_code).map(Contact::Phone))
    }

    /// A telephone number as digits with its calling code: `+420 777 123 456`, `00420777123456` and `777123456`
    /// are one. Blanks and dashes of any kind and marks that show nothing mean nothing; `(0)` behind a calling code is
    /// what is dialled only within the country. `None` when the text is no number.
    pub(crate) fn phone_key(&self, text: &str, currency_code: &str) -> Option<String> {
        let text = plain_text(text);
        let (plus, rest) = match text.strip_prefix('+') {
            Some(rest) => (true, rest),
            None => (false, &*text),
        };
        let abroad = plus || rest.trim_start_matches(is_separator).starts_with("00");
        let rest = if abroad { rest.replacen("(0)", "", 1) } else { rest.to_owned() };
        if !rest.chars().all(|c| c.is_ascii_digit() || is_separator(c)) {
            return None;
        }
        let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
        let own = self.calling_code(currency_code);
        let key = if plus {
            Cow::Borrowed(digits.as_str())
        } else if let Some(rest) = digits.strip_prefix("00") {
            Cow::Borrowed(rest)
        } else if let Some(own) = own {
            let known = digits.strip_prefix(&*own).is_some_and(|rest| rest.len() >= NATIONAL_DIGITS_MIN);
            if known {
                Cow::Borrowed(digits.as_str())
            } else {
                // 0 before a number means: within this country
                Cow::Owned(format!("{own}{}", digits.strip_prefix('0').unwrap_or(&digits)))
            }
        } else {
            Cow::Borrowed(digits.as_str())
        };
        let fits =
            PHONE_DIGITS.contains(&digits.trim_start_matches('0').len()) && key.len() <= *PHONE_DIGITS.end();
        fits.then(|| key.into_owned())
    }

    fn calling_code(&self, currency_code: &str) -> Option<Cow<'_, str>> {
        match &self.phone_country_code {
            Some(code) => Some(Cow::Borrowed(code)),
            None => CALLING_CODES
                .iter()
                .find(|(currency, _)| *currency == currency_code)
                .map(|(_, code)| Cow::Borrowed(*code)),
        }
    }
}

/// What stands between the digits of a number and means nothing.
fn is_separator(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '-' | '(' | ')' | '.' | '/' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}'
        )
}

/// An address in the form in which it is kept; `None` when the text is none.
pub(crate) fn email_key(text: &str) -> Option<String> {
    let text = one_text(text);
    let (name, host) = text.split_once('@')?;
    let whole =
        !name.is_empty() && !host.is_empty() && !host.contains('@') && !text.contains(char::is_whitespace);
    whole.then(|| text.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_has_one_form() {
        let czech = CodeSettings::default();
        let german = CodeSettings { phone_country_code: Some("49".to_owned()), ..CodeSettings::default() };
        for (settings, currency, text, key) in [
            (&czech, "CZK", "+420 777 123 456", Some("420777123456")),
            (&czech, "CZK", "00420777123456", Some("420777123456")),
            (&czech, "CZK", "777123456", Some("420777123456")),
            (&czech, "CZK", " 777-123-456 ", Some("420777123456")),
            (&czech, "CZK", "420777123456", Some("420777123456")),
            (&czech, "CZK", "+421 903 123 456", Some("421903123456")),
            (&german, "EUR", "0171 1234567", Some("491711234567")),
            (&german, "EUR", "+49 (171) 1234567", Some("491711234567")),
            (&german, "EUR", "+49 (0)151 2345 6789", Some("4915123456789")),
            (&german, "EUR", "0049(0)151 2345 6789", Some("4915123456789")),
            (&german, "EUR", "(0)151 2345 6789", Some("4915123456789")),
            (&czech, "CZK", "\u{202a}+420 777 000 111\u{202c}", Some("420777000111")),
            (&czech, "CZK", "+420\u{2009}777\u{2011}000\u{2013}111\u{200b}", Some("420777000111")),
            (&czech, "CZK", "\u{ff0b}４２０ 777 000 111", Some("420777000111")),
            // nothing says where this is: it is kept as it is
            (&czech, "EUR", "0903 123 456", Some("0903123456")),
            (&czech, "CZK", "123456", None),
            (&czech, "CZK", "1234567890123456", None),
            (&czech, "CZK", "CARD-1001", None),
            (&czech, "CZK", "777+123456", None),
            (&czech, "CZK", "", None),
        ] {
            assert_eq!(settings.phone_key(text, currency).as_deref(), key, "{text}");
        }
    }

    #[test]
    fn one_address_has_one_form() {
        for (text, key) in [
            (" Jana@Example.COM ", Some("jana@example.com")),
            ("\u{202a}Ja\u{301}na@example.com\u{202c}", Some("jána@example.com")),
            ("jana@", None),
            ("@example.com", None),
            ("a@b@c", None),
            ("ja na@example.com", None),
            ("CARD-1001", None),
        ] {
            assert_eq!(email_key(text).as_deref(), key, "{text}");
        }
    }

    #[test]
    fn a_code_is_what_stands_behind_the_longest_prefix() {
        let settings = CodeSettings {
            url_prefixes: vec!["https://a.example/".to_owned(), "https://a.example/card/".to_owned()],
            ..CodeSettings::default()
        };
        for (scanned, bare) in [
            ("https://a.example/card/77", "77"),
            ("https://a.example/77", "77"),
            (" 77\r\n", "77"),
            ("https://b.example/77", "https://b.example/77"),
            ("HTTPS://A.EXAMPLE/77", "HTTPS://A.EXAMPLE/77"),
            ("card-a", "card-a"),
            ("https://a.example/card/KA\u{301}VA10\u{200b}", "KÁVA10"),
        ] {
            assert_eq!(settings.bare(scanned), bare, "{scanned}");
        }
    }

    #[test]
    fn settings_that_cannot_be_are_named() {
        for (json, says) in [
            (r#"{"phoneCountryCode":"+420"}"#, "codes.phoneCountryCode"),
            (r#"{"phoneCountryCode":""}"#, "codes.phoneCountryCode"),
            (r#"{"urlPrefixes":["a"," "]}"#, "codes.urlPrefixes[1]"),
        ] {
            let settings: CodeSettings = serde_json::from_str(json).unwrap();
            assert!(settings.check().unwrap_err().contains(says), "{json}");
        }
        assert_eq!(CodeSettings::default().check(), Ok(()));
    }
}
