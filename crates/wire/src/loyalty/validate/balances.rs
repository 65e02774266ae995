//! Does each balance spend or top up within what it is?

use super::{Check, number};
use crate::{
    Number,
    loyalty::{BalanceType, LoyaltyOfferResponse, OfferBalance, ViolationCode},
};
use money::Amount;
use serde_json::Value;

/// Rules 1, 2, 3 and 6 for the balances; gives what the paying kinds (MPV, credit) pay.
pub(super) fn check(check: &mut Check, response: &LoyaltyOfferResponse) -> Amount {
    let ids = response.balances.iter().map(|balance| balance.balance_id.as_str());
    check.unique("balances", "balanceId", ids);
    let mut paid = Amount::ZERO;
    for (index, balance) in response.balances.iter().enumerate() {
        let path = format!("balances[{index}]");
        not_negative(check, &path, balance);
        within_the_balance(check, &path, balance);
        spend_or_prepay(check, &path, balance);
        let value = value_in_currency(check, &path, balance);
        if !balance.r#type.is_discount() {
            paid += value.or_zero();
        }
    }
    paid
}

fn not_negative(check: &mut Check, path: &str, balance: &OfferBalance) {
    let members = [
        ("currentValue", balance.current_value),
        ("controllableValueToUse", balance.controllable_value_to_use),
        ("nonControllableValueToUse", balance.non_controllable_value_to_use),
        ("valueToUseInCurrency", balance.value_to_use_in_currency),
        ("prepayment.value", balance.prepayment.as_ref().map(|prepayment| prepayment.value)),
    ];
    for (name, value) in members {
        if let Some(value) = value.filter(|value| *value < Number::ZERO) {
            check.violated(
                ViolationCode::NegativeValue,
                format!("{path}.{name}"),
                format!("expected 0 or more, found {value}"),
                number(value),
            );
        }
    }
}

fn within_the_balance(check: &mut Check, path: &str, balance: &OfferBalance) {
    let Some(used) = balance.spent().map(|spent| spent.whole) else {
        check.violated(
            ViolationCode::SchemaViolation,
            path,
            "expected values that can be added, found larger ones",
            Value::Null,
        );
        return;
    };
    if let Some(current) = balance.current_value.filter(|current| used > *current) {
        check.violated(
            ViolationCode::ValueExceedsBalance,
            path,
            format!("expected at most the current value {current} to be used, found {used}"),
            number(used),
        );
    }
    let chosen = balance.controllable_value_to_use.unwrap_or_default();
    if let Some(most) = balance.max_controllable_value.filter(|most| chosen > *most) {
        check.violated(
            ViolationCode::ValueExceedsBalance,
            format!("{path}.controllableValueToUse"),
            format!("expected at most maxControllableValue {most}, found {chosen}"),
            number(chosen),
        );
    }
}

fn spend_or_prepay(check: &mut Check, path: &str, balance: &OfferBalance) {
    let Some(prepayment) = &balance.prepayment else { return };
    let spending = [
        ("controllableValueToUse", balance.controllable_value_to_use),
        ("nonControllableValueToUse", balance.non_controllable_value_to_use),
        ("valueToUseInCurrency", balance.value_to_use_in_currency),
    ];
    for (name, value) in spending {
        if let Some(value) = value.filter(|value| *value != Number::ZERO) {
            check.violated(
                ViolationCode::SpendAndPrepay,
                format!("{path}.{name}"),
                format!(
                    "expected nothing to be spent beside a prepayment, found {value}: use two balance objects"
                ),
                number(value),
            );
        }
    }
    if !balance.r#type.takes_prepayment() {
        check.violated(
            ViolationCode::PrepaymentNotSupported,
            format!("{path}.prepayment"),
            "collectablePoints cannot be topped up",
            Value::Null,
        );
    }
    check.amount(&format!("{path}.prepayment.value"), prepayment.value);
}

/// What the balance does on this bill. Of all kinds but points a unit is worth a unit, so the parts must add up to it.
/// What points are worth only the partner knows, so both are said or none: points without a worth would be spent for
/// nothing, a worth without points would cost none.
fn value_in_currency(check: &mut Check, path: &str, balance: &OfferBalance) -> Amount {
    let path = format!("{path}.valueToUseInCurrency");
    let used = balance.used_value().unwrap_or_default();
    let is_points = balance.r#type == BalanceType::CollectablePoints;
    match balance.value_to_use_in_currency {
        None if is_points && used > Number::ZERO => check.violated(
            ViolationCode::SchemaViolation,
            path.as_str(),
            format!("expected the worth of {used} points, found nothing"),
            Value::Null,
        ),
        Some(value) if is_points && value > Number::ZERO && used == Number::ZERO => check.violated(
            ViolationCode::SchemaViolation,
            path.as_str(),
            format!("expected the points that are worth {value} beside it, found none"),
            number(value),
        ),
        Some(value) if is_points && value == Number::ZERO && used > Number::ZERO => check.violated(
            ViolationCode::SumMismatch,
            path.as_str(),
            format!("expected {used} points to be worth something, found 0"),
            number(value),
        ),
        Some(value) if !is_points && balance.names_parts() && used != value => check.violated(
            ViolationCode::SumMismatch,
            path.as_str(),
            format!("expected the sum of the values to use, {used}, found {value}"),
            number(value),
        ),
        _ => {}
    }
    check.amount(&path, balance.worth().unwrap_or_default())
}
