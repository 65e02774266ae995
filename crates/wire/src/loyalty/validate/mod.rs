//! May the register use this offer?
//!
//! The invariants of protocol.md §10.5 with the codes of §10.7, as pure functions of question and answer.

mod balances;
mod benefits;
#[cfg(test)]
mod tests;

use super::{LoyaltyOfferResponse, ThirdPartyLoyaltyOfferRequest, ViolationCode};
use crate::{Number, read};
use money::{Amount, Precision};
use serde_json::Value;
use std::collections::HashSet;

/// One rule that an offer breaks.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation {
    /// Which rule.
    pub code: ViolationCode,
    /// The member at fault, empty for the answer as a whole.
    pub path: String,
    /// What was expected and what came.
    pub message: String,
    /// The value at fault.
    pub value: Value,
}

/// Reads an answer's body, saying in the codes of protocol.md §10.7 why it cannot be read.
///
/// # Errors
/// `INVALID_JSON` or `SCHEMA_VIOLATION`, boxed because it is rare and large.
pub fn read_offer(body: &[u8]) -> Result<LoyaltyOfferResponse, Box<Violation>> {
    let violation = |code, error: read::ReadError| {
        Box::new(Violation { code, message: error.to_string(), path: error.path, value: Value::Null })
    };
    let value = read::value_from_slice(body).map_err(|error| violation(ViolationCode::InvalidJson, error))?;
    read::from_value(value).map_err(|error| violation(ViolationCode::SchemaViolation, error))
}

/// Every rule that `response` breaks as an answer to `request`; empty when it may be used.
#[must_use]
pub fn validate(request: &ThirdPartyLoyaltyOfferRequest, response: &LoyaltyOfferResponse) -> Vec<Violation> {
    let mut check = Check { precision: request.price_precision, violations: Vec::new() };
    if response.loyalty_offer_id != request.loyalty_offer_id {
        check.violated(
            ViolationCode::OfferIdMismatch,
            "loyaltyOfferId",
            format!("expected the id of the question, {}, back", request.loyalty_offer_id),
            Value::from(response.loyalty_offer_id.as_str()),
        );
    }
    let paid = balances::check(&mut check, response);
    let taken_off = benefits::check(&mut check, request, response);
    payable(&mut check, request, paid + taken_off);
    check.violations
}

/// Rule 8: what is left to pay is not below zero. A bill of returns may be negative as long as nothing is spent on it.
fn payable(check: &mut Check, request: &ThirdPartyLoyaltyOfferRequest, spent: Amount) {
    let bill: Amount = request.items_to_pay.iter().map(|item| check.rounded(item.total_price_with_vat)).sum();
    if spent > bill.or_zero() {
        let [bill, spent] = [bill, spent].map(|amount| Number::from_amount(amount, check.precision));
        check.violated(
            ViolationCode::NegativeTotal,
            "",
            format!("the basket comes to {bill} and discounts and payments by balances to {spent}: expected no less than 0 left to pay"),
            number(spent),
        );
    }
}

/// The rules' notebook.
struct Check {
    precision: Precision,
    violations: Vec<Violation>,
}

impl Check {
    fn violated(
        &mut self,
        code: ViolationCode,
        path: impl Into<String>,
        message: impl Into<String>,
        value: Value,
    ) {
        self.violations.push(Violation { code, path: path.into(), message: message.into(), value });
    }

    /// An amount of the question: taken as it is, rounded to the precision (a value out of range counts as nothing,
    /// so nothing can be taken off it).
    fn rounded(&self, value: Number) -> Amount {
        value.amount(self.precision).map_or(Amount::ZERO, |rounded| rounded.amount)
    }

    /// An amount of the answer: within range and of no more decimals than the precision.
    fn amount(&mut self, path: &str, value: Number) -> Amount {
        match value.amount(self.precision) {
            Ok(rounded) => {
                if !rounded.exact {
                    let digits = self.precision.digits();
                    self.violated(
                        ViolationCode::PrecisionExceeded,
                        path,
                        format!("expected at most {digits} decimals, found {value}"),
                        number(value),
                    );
                }
                rounded.amount
            }
            Err(error) => {
                self.violated(ViolationCode::SchemaViolation, path, error.to_string(), number(value));
                Amount::ZERO
            }
        }
    }

    /// Rule 6: ids are unique in their list.
    fn unique<'a>(&mut self, list: &str, id_name: &str, ids: impl Iterator<Item = &'a str>) {
        let mut seen = HashSet::new();
        for (index, id) in ids.enumerate() {
            if !seen.insert(id) {
                self.violated(
                    ViolationCode::DuplicateId,
                    format!("{list}[{index}].{id_name}"),
                    format!("expected each {id_name} once, found {id} again"),
                    Value::from(id),
                );
            }
        }
    }
}

fn number(value: Number) -> Value {
    Value::Number(value.into())
}
