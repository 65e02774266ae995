//! Does an offer keep to what the cashier decided?
//!
//! It may give less than was chosen (the balance holds less, the basket needs less), never more, and nothing of
//! a balance that was rejected. What an offer must keep to by itself is [`wire::loyalty::validate`].

use serde_json::Value;
use wire::Number;
use wire::loyalty::{
    BalanceType, LoyaltyOfferResponse, ThirdPartyLoyaltyOfferRequest, Violation, ViolationCode,
};

/// Each place where the offer gives more than the question lets it.
pub(crate) fn unheeded(
    question: &ThirdPartyLoyaltyOfferRequest,
    offer: &LoyaltyOfferResponse,
) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (index, balance) in offer.balances.iter().enumerate() {
        let Some(wish) = question.balances.iter().find(|wish| wish.balance_id == balance.balance_id) else {
            continue;
        };
        let none = wish.rejected_by_pos.then_some(Number::ZERO);
        let chosen = wish.chosen_controllable_value();
        // An offer that says only what the balance pays leaves the fixed part no room beside the choice.
        let pays =
            chosen.filter(|_| !balance.names_parts() && balance.r#type != BalanceType::CollectablePoints);
        let prepaid = balance.prepayment.as_ref().map(|prepayment| prepayment.value);
        // member, offered, most that was chosen
        let members = [
            ("controllableValueToUse", balance.controllable_value_to_use, none.or(chosen)),
            ("nonControllableValueToUse", balance.non_controllable_value_to_use, none),
            ("valueToUseInCurrency", balance.value_to_use_in_currency, none.or(pays)),
            ("prepayment.value", prepaid, none.or(wish.prepaid_value)),
        ];
        for (member, offered, most) in members {
            let (Some(offered), Some(most)) = (offered, most) else { continue };
            if offered > most {
                violations.push(Violation {
                    code: ViolationCode::ValueExceedsBalance,
                    path: format!("balances[{index}].{member}"),
                    message: format!("the cashier chose at most {most}, found {offered}"),
                    value: serde_json::to_value(offered).unwrap_or(Value::Null),
                });
            }
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loyalty::question::question;
    use crate::sale::samples::{check, grant, line, offer, settings};
    use serde_json::json;

    #[test]
    fn less_is_fine_more_is_not() {
        // the cashier's decision, the offered balance, the member at fault
        let table = [
            (json!({"controllableValueToUse": 50}), json!({"controllableValueToUse": 50}), None),
            (json!({"controllableValueToUse": 50}), json!({"controllableValueToUse": 40}), None),
            (
                json!({"controllableValueToUse": 50}),
                json!({"controllableValueToUse": 50.01}),
                Some("controllableValueToUse"),
            ),
            (json!({"controllableValueToUse": 0}), json!({"nonControllableValueToUse": 150}), None),
            (json!({"controllableValueToUse": 50}), json!({"valueToUseInCurrency": 50}), None),
            (
                json!({"controllableValueToUse": 50}),
                json!({"valueToUseInCurrency": 51}),
                Some("valueToUseInCurrency"),
            ),
            (json!({"rejected": true}), json!({"currentValue": 900, "controllableValueToUse": 0}), None),
            (json!({"rejected": true}), json!({"controllableValueToUse": 1}), Some("controllableValueToUse")),
            (
                json!({"rejected": true}),
                json!({"nonControllableValueToUse": 1}),
                Some("nonControllableValueToUse"),
            ),
            (json!({"rejected": true}), json!({"valueToUseInCurrency": 1}), Some("valueToUseInCurrency")),
            (json!({"rejected": true}), json!({"prepayment": {"value": 1}}), Some("prepayment.value")),
            (json!({"prepaidValue": 200}), json!({"prepayment": {"value": 200}}), None),
            (json!({"prepaidValue": 200}), json!({"prepayment": {"value": 500}}), Some("prepayment.value")),
        ];
        for (choice, balance, fault) in table {
            let mut check = check(vec![line("a", 5_000, "0.21")]);
            check.choices.insert("b".to_owned(), serde_json::from_value(choice.clone()).unwrap());
            let mut offered = balance.clone();
            offered["balanceId"] = "b".into();
            offered["type"] = "prepaidCredit".into();
            let question = question(&grant(), &settings(), &check, "offer-1");
            let found = unheeded(&question, &offer(json!({"balances": [offered]})));
            let paths: Vec<_> = found.iter().map(|violation| violation.path.as_str()).collect();
            let expected: Vec<_> = fault.iter().map(|member| format!("balances[0].{member}")).collect();
            assert_eq!(paths, expected, "{choice} {balance}");
        }
    }
}
