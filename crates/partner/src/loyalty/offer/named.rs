//! What of an answer tells who the guest is, and is therefore not kept with the offer?
//!
//! Names, numbers and addresses live in one table only (loyalty.md G1): the member's name, and a contact
//! that was scanned or typed instead of a code.

use super::code::{self, KnownCode};
use crate::loyalty::program::plain_text;
use serde_json::Value;
use wire::loyalty::LoyaltyOfferResponse;

/// What was taken out of an answer.
#[derive(Debug)]
pub(super) struct Named {
    full_name: Option<String>,
    /// Position in `benefitInputs`, and what stood there.
    contacts: Vec<(usize, String)>,
}

impl Named {
    /// Takes out what names a person; `None` when nothing does.
    pub(super) fn take(response: &mut LoyaltyOfferResponse, codes: &[KnownCode]) -> Option<Self> {
        let full_name = response.customer.as_mut().and_then(|customer| customer.full_name.take());
        let mut contacts = Vec::new();
        for (position, input) in response.benefit_inputs.iter_mut().enumerate() {
            if let Some(hidden) = hidden_unless_code(&input.input_code, codes) {
                contacts.push((position, std::mem::replace(&mut input.input_code, hidden)));
            }
        }
        (full_name.is_some() || !contacts.is_empty()).then_some(Self { full_name, contacts })
    }

    /// Puts everything back where it was.
    pub(super) fn put_back(self, response: &mut LoyaltyOfferResponse) {
        if let Some(customer) = &mut response.customer {
            customer.full_name = self.full_name;
        }
        for (position, input_code) in self.contacts {
            if let Some(input) = response.benefit_inputs.get_mut(position) {
                input.input_code = input_code;
            }
        }
    }
}

/// Whether a scanned text may be a contact, so that it has to be looked up before it is kept.
pub(crate) fn may_be_contact(text: &str) -> bool {
    hidden(text).is_some()
}

/// A message with `benefitInputs` as it is kept: contacts are hidden there. `None` when nothing has to be.
pub(crate) fn without_contacts(body: &str, codes: &[KnownCode]) -> Option<String> {
    let mut body = wire::read::mended(wire::read::value_from_slice(body.as_bytes()).ok()?);
    let mut changed = false;
    for input in body.get_mut("benefitInputs")?.as_array_mut()? {
        let Some(input_code) = input.get_mut("inputCode") else { continue };
        let Some(text) = wire::read::text(input_code) else { continue };
        if let Some(hidden) = hidden_unless_code(&text, codes) {
            *input_code = Value::String(hidden);
            changed = true;
        }
    }
    changed.then(|| body.to_string())
}

fn hidden_unless_code(text: &str, codes: &[KnownCode]) -> Option<String> {
    let is_code = code::find(codes, text).is_some_and(|known| !known.code.is_empty());
    hidden(text).filter(|_| !is_code)
}

/// What is kept of a text that may be a contact: enough to recognise it when it was a mistyped code.
fn hidden(text: &str) -> Option<String> {
    let text = plain_text(text);
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let letters = text.chars().any(char::is_alphabetic);
    if text.contains('@') {
        Some("…@…".to_owned())
    } else if digits >= 7 && !letters {
        let tail: String = text.trim_end().chars().rev().take(3).collect();
        Some(format!("…{}", tail.chars().rev().collect::<String>()))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_is_hidden_and_a_code_is_not() {
        for (text, kept) in [
            ("+420 777 123 456", Some("…456")),
            ("8590000000017", Some("…017")),
            ("jana@example.com", Some("…@…")),
            ("\u{202a}+４２０ 777 123 456\u{202c}", Some("…456")),
            ("CARD-1234567", None),
            ("123456", None),
        ] {
            assert_eq!(hidden(text).as_deref(), kept, "{text}");
        }
    }

    #[test]
    fn a_message_loses_its_contacts_and_nothing_else() {
        let body = |first: &str, second: &str| {
            format!(
                r#"{{"benefitInputs":[{{"inputCode":{first}}},{{"inputCode":{second},"more":1.50}}],"total":1.10}}"#
            )
        };
        let kept = without_contacts(&body("\"jana@example.com\"", "420777123456"), &[]);
        assert_eq!(kept, Some(body("\"…@…\"", "\"…456\"")));
        assert_eq!(without_contacts(&body("\"CARD-1001\"", "\"discount_10\""), &[]), None);
        // nothing that the reader takes keeps a contact from being hidden
        let broken = body("\"jana@example.com\"", "\"\\ud83d\"");
        assert!(without_contacts(&format!("\u{feff}{broken}"), &[]).unwrap().contains("…@…"));
        for odd in ["", "[]", "{}", r#"{"benefitInputs":null}"#, r#"{"benefitInputs":[1,{}]}"#] {
            assert_eq!(without_contacts(odd, &[]), None, "{odd}");
        }
    }
}
