//! What of an answer tells who the guest is, and is therefore not kept with the offer?
//!
//! Names, numbers and addresses live in one table only (loyalty.md G1), and a card's code leads to a person like its
//! number does: taken out are the member's name and every scanned text that is not the code of a promotion, a voucher
//! or a top-up. So an erasure finds nothing of the person in an offer or a report.

use super::code::{self, KnownCode, Meaning};
use crate::loyalty::program::plain_text;
use serde_json::Value;
use wire::loyalty::LoyaltyOfferResponse;

/// What was taken out of an answer.
#[derive(Debug)]
pub(super) struct Named {
    full_name: Option<String>,
    /// Position in `benefitInputs`, and the text that stood there.
    scanned: Vec<(usize, String)>,
}

impl Named {
    /// Takes out what names a person; `None` when nothing does.
    pub(super) fn take(response: &mut LoyaltyOfferResponse, codes: &[KnownCode]) -> Option<Self> {
        let full_name = response.customer.as_mut().and_then(|customer| customer.full_name.take());
        let mut scanned = Vec::new();
        for (position, input) in response.benefit_inputs.iter_mut().enumerate() {
            if !is_thing(&input.input_code, codes) {
                let hidden = hidden(&input.input_code);
                scanned.push((position, std::mem::replace(&mut input.input_code, hidden)));
            }
        }
        (full_name.is_some() || !scanned.is_empty()).then_some(Self { full_name, scanned })
    }

    /// Puts everything back where it was.
    pub(super) fn put_back(self, response: &mut LoyaltyOfferResponse) {
        if let Some(customer) = &mut response.customer {
            customer.full_name = self.full_name;
        }
        for (position, input_code) in self.scanned {
            if let Some(input) = response.benefit_inputs.get_mut(position) {
                input.input_code = input_code;
            }
        }
    }
}

/// A report as it is kept: every scanned text in its `benefitInputs` is hidden. `None` where it has none.
pub(crate) fn without_scanned(body: &str) -> Option<String> {
    let mut body = wire::read::mended(wire::read::value_from_slice(body.as_bytes()).ok()?);
    let mut changed = false;
    for input in body.get_mut("benefitInputs")?.as_array_mut()? {
        let Some(input_code) = input.get_mut("inputCode") else { continue };
        let text = wire::read::text(input_code).unwrap_or_default();
        *input_code = Value::String(hidden(&text));
        changed = true;
    }
    changed.then(|| body.to_string())
}

/// Whether a scanned text is the code of a thing, and so leads to nobody.
fn is_thing(text: &str, codes: &[KnownCode]) -> bool {
    code::find(codes, text).is_some_and(|known| match &known.meaning {
        Meaning::Promotion { .. } | Meaning::Voucher { .. } | Meaning::TopUp { .. } => !known.code.is_empty(),
        Meaning::Card(_) | Meaning::Ambiguous => false,
    })
}

/// Shortest text of which the end is kept.
const TAIL_OF_CHARACTERS: usize = 7;

/// The text that is kept in place of a scanned one: of a long one its end, enough to recognise it by.
fn hidden(text: &str) -> String {
    let text = plain_text(text);
    if text.contains('@') {
        "…@…".to_owned()
    } else if text.chars().count() >= TAIL_OF_CHARACTERS {
        let tail: String = text.chars().rev().take(3).collect();
        format!("…{}", tail.chars().rev().collect::<String>())
    } else {
        "…".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_long_text_is_kept() {
        for (text, kept) in [
            ("+420 777 123 456", "…456"),
            ("8590000000017", "…017"),
            ("jana@example.com", "…@…"),
            ("a@b", "…@…"),
            ("CARD-1234567", "…567"),
            (" 1234567 ", "…567"),
            ("123456", "…"),
            ("ěšč", "…"),
            ("", "…"),
            ("\u{202a}+４２０ 777 123 456\u{202c}", "…456"),
        ] {
            assert_eq!(hidden(text), kept, "{text}");
        }
    }

    #[test]
    fn a_message_loses_its_scanned_texts_and_nothing_else() {
        let body = |first: &str, second: &str| {
            format!(
                r#"{{"benefitInputs":[{{"inputCode":{first}}},{{"inputCode":{second},"more":1.50}}],"total":1.10}}"#
            )
        };
        let kept = without_scanned(&body("\"jana@example.com\"", "420777123456"));
        assert_eq!(kept, Some(body("\"…@…\"", "\"…456\"")));
        assert_eq!(without_scanned(&body("\"CARD-1001\"", "\"c\"")), Some(body("\"…001\"", "\"…\"")));
        // nothing that the reader takes keeps a contact from being hidden
        let broken = body("\"jana@example.com\"", "\"\\ud83d\"");
        assert!(without_scanned(&format!("\u{feff}{broken}")).unwrap().contains("…@…"));
        for odd in ["", "[]", "{}", r#"{"benefitInputs":null}"#, r#"{"benefitInputs":[1,{}]}"#] {
            assert_eq!(without_scanned(odd), None, "{odd}");
        }
    }
}
