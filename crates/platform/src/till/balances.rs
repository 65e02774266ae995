//! What may the cashier decide about a balance of the offer shown?

use super::change;
use crate::access::AtRegister;
use crate::api::exact_amount;
use crate::sale::check::Choice;
use axum::Json;
use axum::extract::Path;
use db::TxError;
use door::{ApiError, Strict};
use money::{Decimal, Precision};
use serde::Deserialize;
use wire::Number;
use wire::loyalty::OfferBalance;
use wire::pos::{Check, ChooseBalance};

/// A path to a balance of a check.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BalancePath {
    check_id: String,
    balance_id: String,
}

/// Sets how much of a balance to use or to top up, or that it is not to be used. The next offer follows it.
#[utoipa::path(
    put,
    path = "/pos/{sourceId}/checks/{checkId}/balances/{balanceId}",
    tag = "Till",
    params(
        ("sourceId" = String, Path, description = "`<merchantId>-<placeId>`"),
        ("checkId" = String, Path, description = "The check's id"),
        ("balanceId" = String, Path, description = "A balance of the newest offer")
    ),
    request_body = ChooseBalance,
    responses(
        (status = 200, description = "The check; the offer it showed is no longer current", body = Check),
        (status = 400, description = "The value lies outside of what the offer lets the cashier choose"),
        (status = 401, description = "No register's token"),
        (status = 403, description = "The check is open on another register"),
        (status = 404, description = "No such check here, or no such balance in its offer"),
        (status = 409, description = "`CHECK_PAID`: the check has a bill")
    )
)]
pub(super) async fn choose_balance(
    AtRegister { platform, grant }: AtRegister,
    Path(path): Path<BalancePath>,
    Strict(body): Strict<ChooseBalance>,
) -> Result<Json<Check>, ApiError> {
    let balance_id = path.balance_id;
    change(&platform, "choose_balance", grant, path.check_id, move |_, selling, check| {
        let offered = check
            .offer
            .iter()
            .flat_map(|offer| &offer.balances)
            .find(|balance| balance.balance_id == balance_id);
        if offered.is_none() && !check.choices.contains_key(&balance_id) {
            let noun = "balance in the offer of this check,";
            return Err(TxError::Refused(ApiError::not_found(noun, &balance_id)));
        }
        match choice(&body, offered, selling.settings.precision).map_err(TxError::Refused)? {
            Some(choice) => check.choices.insert(balance_id.clone(), choice),
            None => check.choices.remove(&balance_id),
        };
        Ok(())
    })
    .await
}

/// The decision, checked against what is offered; `None` takes an earlier one back.
fn choice(
    body: &ChooseBalance,
    offered: Option<&OfferBalance>,
    precision: Precision,
) -> Result<Option<Choice>, ApiError> {
    let values = (body.controllable_value_to_use, body.prepaid_value);
    match (values, body.rejected) {
        ((None, None), false) => Ok(None),
        ((None, None), true) => Ok(Some(Choice { rejected: true, ..Choice::default() })),
        (_, true) => Err(ApiError::field("rejected", "no value beside it", "one")),
        ((Some(_), Some(_)), false) => {
            Err(ApiError::field("prepaidValue", "either to spend or to top up", "both"))
        }
        ((Some(value), None), false) => {
            let balance = offered.ok_or_else(ask_first)?;
            controllable(value, balance)?;
            Ok(Some(Choice { controllable_value_to_use: Some(value), ..Choice::default() }))
        }
        ((None, Some(value)), false) => {
            prepaid(value, offered.ok_or_else(ask_first)?, precision)?;
            Ok(Some(Choice { prepaid_value: Some(value), ..Choice::default() }))
        }
    }
}

fn ask_first() -> ApiError {
    ApiError::conflict(
        "the newest offer does not show this balance; take the decision back or ask for an offer",
    )
    .with_name("BALANCE_NOT_OFFERED")
}

/// Inside the range and on a step of it. Without a range the most is what the offer uses or holds.
fn controllable(value: Number, balance: &OfferBalance) -> Result<(), ApiError> {
    let least = balance.min_controllable_value.unwrap_or_default();
    let most = balance.max_controllable_value.or(balance.controllable_value_to_use).unwrap_or_default();
    let refuse =
        |expected: String| Err(ApiError::field("controllableValueToUse", &expected, &value.to_string()));
    // Nothing is always a choice: a least value is for those who use some.
    if value.0 < Decimal::ZERO || (!value.0.is_zero() && value < least) || value > most {
        return refuse(format!("{least} to {most}"));
    }
    match balance.controllable_step {
        Some(step) if step.0 > Decimal::ZERO && value != most && !(value.0 % step.0).is_zero() => {
            refuse(format!("a multiple of {step}, or {most}"))
        }
        _ => Ok(()),
    }
}

/// Inside what the prepayment allows.
fn prepaid(value: Number, balance: &OfferBalance, precision: Precision) -> Result<(), ApiError> {
    let Some(prepayment) = &balance.prepayment else {
        let expected = "a balance that the offer tops up";
        return Err(ApiError::field("prepaidValue", expected, "one that it spends"));
    };
    exact_amount("prepaidValue", &value, precision)?;
    let (least, most) = if prepayment.is_value_editable {
        (prepayment.min_value.unwrap_or_default(), prepayment.max_value)
    } else {
        (prepayment.value, Some(prepayment.value))
    };
    if value < least || most.is_some_and(|most| value > most) {
        let expected = match most {
            Some(most) => format!("{least} to {most}"),
            None => format!("{least} or more"),
        };
        return Err(ApiError::field("prepaidValue", &expected, &value.to_string()));
    }
    Ok(())
}
