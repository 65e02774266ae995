//! Do the benefits of the lines come from somewhere, fit their lines, and add up?

use super::{Check, number};
use crate::{
    Number,
    loyalty::{
        Benefit, KeptWhile, LoyaltyOfferResponse, SourceType, ThirdPartyLoyaltyOfferRequest, ViolationCode,
    },
};
use money::Amount;
use serde_json::Value;
use std::collections::HashMap;

/// Rules 4 to 7; gives what comes off the basket altogether.
pub(super) fn check(
    check: &mut Check,
    request: &ThirdPartyLoyaltyOfferRequest,
    response: &LoyaltyOfferResponse,
) -> Amount {
    check.unique(
        "generalDiscounts",
        "generalDiscountId",
        response.general_discounts.iter().map(|discount| discount.general_discount_id.as_str()),
    );
    check.unique(
        "itemBenefitsToApply",
        "checkItemId",
        response.item_benefits_to_apply.iter().map(|item| item.check_item_id.as_str()),
    );
    let mut sums = Sums::of(response);
    let off_lines = lines(check, request, response, &mut sums);
    let off_basket = discounts(check, response, &sums);
    kept_while(check, request, response);
    balances(check, response, &sums);
    off_lines + off_basket
}

/// What benefits name as their source: where it stands in the answer and what they take from it.
struct Sums<'a> {
    by_discount: HashMap<&'a str, Amount>,
    by_balance: HashMap<&'a str, Amount>,
}

impl<'a> Sums<'a> {
    fn of(response: &'a LoyaltyOfferResponse) -> Self {
        Self {
            by_discount: response
                .general_discounts
                .iter()
                .map(|discount| (discount.general_discount_id.as_str(), Amount::ZERO))
                .collect(),
            by_balance: response
                .balances
                .iter()
                .filter(|balance| balance.r#type.is_discount())
                .map(|balance| (balance.balance_id.as_str(), Amount::ZERO))
                .collect(),
        }
    }

    /// The sum that a benefit adds to, or what is wrong with its source.
    fn of_source(&mut self, benefit: &Benefit) -> Result<&mut Amount, String> {
        let discount = benefit.applied_from_general_discount_id.as_deref();
        let balance = benefit.applied_from_balance_id.as_deref();
        match (&benefit.source_type, discount, balance) {
            (SourceType::GeneralDiscount, Some(id), None) => self
                .by_discount
                .get_mut(id)
                .ok_or_else(|| format!("expected a discount of generalDiscounts, found {id}")),
            (SourceType::Balance, None, Some(id)) => self.by_balance.get_mut(id).ok_or_else(|| {
                format!("expected a balance of balances that lowers prices (voucher of one purpose, points), found {id}")
            }),
            (SourceType::Other(source), _, _) => {
                Err(format!("expected sourceType generalDiscount or balance, found {source}"))
            }
            (source, _, _) => Err(format!(
                "expected the id that belongs to sourceType {} and the other one null",
                source.as_str()
            )),
        }
    }
}

fn lines(
    check: &mut Check,
    request: &ThirdPartyLoyaltyOfferRequest,
    response: &LoyaltyOfferResponse,
    sums: &mut Sums<'_>,
) -> Amount {
    let mut prices: HashMap<&str, Amount> = HashMap::with_capacity(request.items_to_pay.len());
    for item in &request.items_to_pay {
        *prices.entry(item.check_item_id.as_str()).or_default() += check.rounded(item.total_price_with_vat);
    }
    let mut total = Amount::ZERO;
    for (index, item) in response.item_benefits_to_apply.iter().enumerate() {
        let path = format!("itemBenefitsToApply[{index}]");
        let price = prices.get(item.check_item_id.as_str()).copied();
        if price.is_none() {
            check.violated(
                ViolationCode::UnknownCheckItem,
                format!("{path}.checkItemId"),
                format!("expected a line of the question, found {}", item.check_item_id),
                Value::from(item.check_item_id.as_str()),
            );
        }
        let mut off_line = Amount::ZERO;
        for (index, benefit) in item.benefits.iter().enumerate() {
            let value = one(check, &format!("{path}.benefits[{index}]"), benefit, sums);
            off_line += value.or_zero();
            if let Some(price) = price
                && off_line > price.or_zero()
                && off_line - value.or_zero() <= price.or_zero()
            {
                // Said once per line, at the benefit that is one too many
                let price = Number::from_amount(price, check.precision);
                let off = Number::from_amount(off_line, check.precision);
                check.violated(
                    ViolationCode::BenefitExceedsItemPrice,
                    format!("{path}.benefits[{index}].absoluteTotalValue"),
                    format!("expected at most the line's price {price} to be taken off, found {off} with this benefit"),
                    number(benefit.absolute_total_value),
                );
            }
        }
        total += off_line;
    }
    total
}

fn one(check: &mut Check, path: &str, benefit: &Benefit, sums: &mut Sums<'_>) -> Amount {
    let value_path = format!("{path}.absoluteTotalValue");
    let value = check.amount(&value_path, benefit.absolute_total_value);
    if benefit.absolute_total_value <= Number::ZERO {
        check.violated(
            ViolationCode::NegativeValue,
            value_path,
            format!("expected more than 0, found {}", benefit.absolute_total_value),
            number(benefit.absolute_total_value),
        );
    }
    match sums.of_source(benefit) {
        Ok(sum) => *sum += value,
        Err(message) => {
            let named = benefit
                .applied_from_general_discount_id
                .as_deref()
                .or(benefit.applied_from_balance_id.as_deref());
            check.violated(
                ViolationCode::UnknownSource,
                path,
                message,
                named.map_or(Value::Null, Value::from),
            );
        }
    }
    value
}

/// Rules 5 and 7; gives what the discounts on the whole basket take off.
fn discounts(check: &mut Check, response: &LoyaltyOfferResponse, sums: &Sums<'_>) -> Amount {
    let mut off_basket = Amount::ZERO;
    for (index, discount) in response.general_discounts.iter().enumerate() {
        let path = format!("generalDiscounts[{index}].valueToUse");
        let value = check.amount(&path, discount.value_to_use);
        if value.is_negative() {
            check.violated(
                ViolationCode::NegativeValue,
                path.as_str(),
                format!("expected 0 or more, found {}", discount.value_to_use),
                number(discount.value_to_use),
            );
        }
        let on_lines =
            sums.by_discount.get(discount.general_discount_id.as_str()).copied().unwrap_or_default();
        let listed = Number::from_amount(on_lines, check.precision);
        // Within one minor unit, rule 5
        if discount.is_item_specific && (value - on_lines).0.abs() > 1 {
            check.violated(
                ViolationCode::SumMismatch,
                path,
                format!("expected the sum of its item benefits, {listed}, found {}", discount.value_to_use),
                number(discount.value_to_use),
            );
        } else if !discount.is_item_specific {
            off_basket += value.or_zero();
            if on_lines != Amount::ZERO {
                check.violated(
                    ViolationCode::SumMismatch,
                    format!("generalDiscounts[{index}].isItemSpecific"),
                    format!(
                        "expected no item benefits of a discount on the whole basket, found {listed} of them"
                    ),
                    Value::from(false),
                );
            }
        }
    }
    off_basket
}

/// What keeps a discount is an amount of the question's lines, and they come to it now.
fn kept_while(check: &mut Check, request: &ThirdPartyLoyaltyOfferRequest, response: &LoyaltyOfferResponse) {
    for (index, discount) in response.general_discounts.iter().enumerate() {
        let Some(KeptWhile { minimum_amount, lines, .. }) = &discount.kept_while else { continue };
        let path = format!("generalDiscounts[{index}].keptWhile");
        let minimum = check.amount(&format!("{path}.minimumAmount"), *minimum_amount);
        if *minimum_amount <= Number::ZERO {
            check.violated(
                ViolationCode::NegativeValue,
                format!("{path}.minimumAmount"),
                format!("expected more than 0, found {minimum_amount}"),
                number(*minimum_amount),
            );
        }
        check.unique(
            &format!("{path}.lines"),
            "checkItemId",
            lines.iter().map(|line| line.check_item_id.as_str()),
        );
        let mut sum = Amount::ZERO;
        for (at, line) in lines.iter().enumerate() {
            let path = format!("{path}.lines[{at}]");
            sum += check.amount(&format!("{path}.value"), line.value);
            if !request.items_to_pay.iter().any(|item| item.check_item_id == line.check_item_id) {
                check.violated(
                    ViolationCode::UnknownCheckItem,
                    format!("{path}.checkItemId"),
                    format!("expected a line of the question, found {}", line.check_item_id),
                    Value::from(line.check_item_id.as_str()),
                );
            }
        }
        if sum < minimum {
            let sum = Number::from_amount(sum, check.precision);
            check.violated(
                ViolationCode::SumMismatch,
                format!("{path}.lines"),
                format!("expected lines that come to at least {minimum_amount} now, found {sum}"),
                number(sum),
            );
        }
    }
}

/// Rule 5 for the balances that lower prices: exactly.
fn balances(check: &mut Check, response: &LoyaltyOfferResponse, sums: &Sums<'_>) {
    for (index, balance) in response.balances.iter().enumerate() {
        let Some(on_lines) = sums.by_balance.get(balance.balance_id.as_str()) else { continue };
        let value = balance.worth().unwrap_or_default();
        if check.rounded(value) != *on_lines {
            let listed = Number::from_amount(*on_lines, check.precision);
            check.violated(
                ViolationCode::SumMismatch,
                format!("balances[{index}].valueToUseInCurrency"),
                format!("expected the sum of its item benefits, {listed}, found {value}"),
                number(value),
            );
        }
    }
}
