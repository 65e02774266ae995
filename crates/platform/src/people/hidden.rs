//! What of a message names a guest, and what stands in its place?

use serde_json::Value;

/// What stands in place of a scanned text.
const HIDDEN: &str = "…";

/// A report or an answer without the name of the guest, without the texts that were scanned and without what was
/// printed for them. A text that is no JSON is none of ours and goes as a whole.
pub(super) fn without_guest(message: &str) -> String {
    let Ok(mut message) = serde_json::from_str::<Value>(message) else { return "{}".to_owned() };
    let inputs = message.get_mut("benefitInputs").and_then(Value::as_array_mut);
    for input in inputs.into_iter().flatten().filter_map(|input| input.get_mut("inputCode")) {
        *input = Value::from(HIDDEN);
    }
    if let Some(name) = message.get_mut("customer").and_then(|customer| customer.get_mut("fullName")) {
        *name = Value::Null;
    }
    for printed in ["posMessages", "billMessages"] {
        // a provider may greet the guest by name
        if let Some(texts) = message.get_mut(printed).and_then(Value::as_array_mut) {
            texts.clear();
        }
    }
    message.to_string()
}

/// The JSON of as many codes as there were, with nothing in them: the entries of an answer go by their places.
pub(super) fn hidden_codes(codes: &str) -> String {
    let count = serde_json::from_str::<Vec<Value>>(codes).map_or(0, |codes| codes.len());
    Value::from(vec![HIDDEN; count]).to_string()
}

/// Whether an answer is about this customer.
pub(super) fn is_of(answer: &str, customer_id: &str) -> bool {
    let answer: Value = serde_json::from_str(answer).unwrap_or_default();
    answer.get("customer").and_then(|customer| customer.get("customerId")).is_some_and(|id| id == customer_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guest_goes_and_the_rest_stays() {
        let answer = r#"{"loyaltyOfferId":"o","customer":{"customerId":"m","fullName":"Jana Nová","loyaltyStatus":"Gold"},
            "benefitInputs":[{"inputCode":"CARD-1","applicable":true},{"inputCode":"+420600000001","more":1.50}],
            "posMessages":["Dobrý den, Jano"],"billMessages":[],"balances":[{"balanceId":"b","currentValue":1.10}]}"#;
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(
            read(&without_guest(answer)),
            read(
                r#"{"loyaltyOfferId":"o","customer":{"customerId":"m","fullName":null,"loyaltyStatus":"Gold"},"benefitInputs":[{"inputCode":"…","applicable":true},{"inputCode":"…","more":1.50}],"posMessages":[],"billMessages":[],"balances":[{"balanceId":"b","currentValue":1.10}]}"#
            )
        );
        assert!(is_of(answer, "m") && !is_of(answer, "n") && !is_of("{}", "m") && !is_of("Jana", "m"));
        for (odd, kept) in [
            ("Jana Nová", "{}"),
            ("[1]", "[1]"),
            (r#"{"benefitInputs":{},"customer":null}"#, r#"{"benefitInputs":{},"customer":null}"#),
        ] {
            assert_eq!(without_guest(odd), kept);
        }
        assert_eq!(hidden_codes(r#"["CARD-1","x"]"#), r#"["…","…"]"#);
        assert_eq!((hidden_codes("[]"), hidden_codes("broken")), ("[]".to_owned(), "[]".to_owned()));
    }
}
