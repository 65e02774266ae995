//! What of an offer counts, when two offers for one check are compared?
//!
//! Right before payment the register asks once more, and goes on if nothing changed (protocol.md §10.2). What counts is
//! what moves money or says what is there; texts, reasons, messages and what comes back unread do not. Each message is
//! taken apart member by member, so a member that is added does not compile here until it is said whether it counts.

use super::{
    BalanceType, Benefit, BenefitInputResult, GeneralDiscount, ItemBenefits, LoyaltyOfferResponse,
    OfferBalance, OfferCustomer, Prepayment, SourceType,
};
use crate::{Number, loyalty::KeptWhile, loyalty::KeptWhileLine};
use serde_json::Value;

/// What counts of an offer. Equal for two offers that give and take the same.
#[derive(Debug, PartialEq)]
pub struct Substance<'a> {
    loyalty_offer_id: &'a str,
    customer_id: Option<&'a str>,
    /// Code; whether it has an effect.
    benefit_inputs: Vec<(&'a str, bool)>,
    balances: Vec<BalanceSubstance<'a>>,
    general_discounts: Vec<DiscountSubstance<'a>>,
    /// Line; its benefits.
    item_benefits: Vec<(&'a str, Vec<BenefitSubstance<'a>>)>,
}

#[derive(Debug, PartialEq)]
struct BalanceSubstance<'a> {
    balance_id: &'a str,
    r#type: BalanceType,
    current_value: Option<Number>,
    unit: Option<&'a str>,
    controllable_value_to_use: Option<Number>,
    min_controllable_value: Option<Number>,
    max_controllable_value: Option<Number>,
    controllable_step: Option<Number>,
    non_controllable_value_to_use: Option<Number>,
    value_to_use_in_currency: Option<Number>,
    valid_until: Option<&'a str>,
    prepayment: Option<PrepaymentSubstance<'a>>,
}

#[derive(Debug, PartialEq)]
struct PrepaymentSubstance<'a> {
    value: Number,
    is_value_editable: bool,
    min_value: Option<Number>,
    max_value: Option<Number>,
    preset_values: &'a [Number],
    vat_rate: Option<Number>,
    vat_id: Option<&'a Value>,
}

#[derive(Debug, PartialEq)]
struct DiscountSubstance<'a> {
    general_discount_id: &'a str,
    is_item_specific: bool,
    value_to_use: Number,
    /// Least amount; what each line counts towards it.
    kept_while: Option<(Number, Vec<(&'a str, Number)>)>,
}

#[derive(Debug, PartialEq)]
struct BenefitSubstance<'a> {
    source_type: &'a SourceType,
    discount_id: Option<&'a str>,
    balance_id: Option<&'a str>,
    absolute_total_value: Number,
}

impl LoyaltyOfferResponse {
    /// What of the offer counts.
    #[must_use]
    pub fn substance(&self) -> Substance<'_> {
        let Self {
            loyalty_offer_id,
            customer,
            benefit_inputs,
            balances,
            general_discounts,
            item_benefits_to_apply,
            pos_messages: _,
            bill_messages: _,
            metadata: _,
            extra: _,
        } = self;
        Substance {
            loyalty_offer_id,
            customer_id: customer.as_ref().map(of_customer),
            benefit_inputs: benefit_inputs.iter().map(of_input).collect(),
            balances: balances.iter().map(of_balance).collect(),
            general_discounts: general_discounts.iter().map(of_discount).collect(),
            item_benefits: item_benefits_to_apply.iter().map(of_item).collect(),
        }
    }
}

fn of_customer(customer: &OfferCustomer) -> &str {
    let OfferCustomer { customer_id, full_name: _, loyalty_status: _, extra: _ } = customer;
    customer_id
}

fn of_input(input: &BenefitInputResult) -> (&str, bool) {
    let BenefitInputResult { input_code, applicable, pos_title: _, reason_code: _, extra: _ } = input;
    (input_code, *applicable)
}

fn of_balance(balance: &OfferBalance) -> BalanceSubstance<'_> {
    let OfferBalance {
        balance_id,
        r#type,
        pos_title: _,
        bill_title: _,
        current_value,
        unit,
        controllable_value_to_use,
        min_controllable_value,
        max_controllable_value,
        controllable_step,
        non_controllable_value_to_use,
        value_to_use_in_currency,
        valid_until,
        prepayment,
        reason_code: _,
        extra: _,
    } = balance;
    BalanceSubstance {
        balance_id,
        r#type: *r#type,
        current_value: *current_value,
        unit: unit.as_deref(),
        controllable_value_to_use: *controllable_value_to_use,
        min_controllable_value: *min_controllable_value,
        max_controllable_value: *max_controllable_value,
        controllable_step: *controllable_step,
        non_controllable_value_to_use: *non_controllable_value_to_use,
        value_to_use_in_currency: *value_to_use_in_currency,
        valid_until: valid_until.as_deref(),
        prepayment: prepayment.as_ref().map(of_prepayment),
    }
}

fn of_prepayment(prepayment: &Prepayment) -> PrepaymentSubstance<'_> {
    let Prepayment {
        value,
        is_value_editable,
        min_value,
        max_value,
        preset_values,
        pos_title: _,
        bill_title: _,
        vat_rate,
        vat_id,
        extra: _,
    } = prepayment;
    PrepaymentSubstance {
        value: *value,
        is_value_editable: *is_value_editable,
        min_value: *min_value,
        max_value: *max_value,
        preset_values,
        vat_rate: *vat_rate,
        vat_id: vat_id.as_ref(),
    }
}

fn of_discount(discount: &GeneralDiscount) -> DiscountSubstance<'_> {
    let GeneralDiscount {
        general_discount_id,
        pos_title: _,
        bill_title: _,
        is_item_specific,
        value_to_use,
        kept_while,
        extra: _,
    } = discount;
    DiscountSubstance {
        general_discount_id,
        is_item_specific: *is_item_specific,
        value_to_use: *value_to_use,
        kept_while: kept_while.as_ref().map(of_kept),
    }
}

fn of_kept(kept: &KeptWhile) -> (Number, Vec<(&str, Number)>) {
    let KeptWhile { minimum_amount, lines, extra: _ } = kept;
    (*minimum_amount, lines.iter().map(of_kept_line).collect())
}

fn of_kept_line(line: &KeptWhileLine) -> (&str, Number) {
    let KeptWhileLine { check_item_id, value, extra: _ } = line;
    (check_item_id, *value)
}

fn of_item(item: &ItemBenefits) -> (&str, Vec<BenefitSubstance<'_>>) {
    let ItemBenefits { check_item_id, benefits, extra: _ } = item;
    (check_item_id, benefits.iter().map(of_benefit).collect())
}

fn of_benefit(benefit: &Benefit) -> BenefitSubstance<'_> {
    let Benefit {
        source_type,
        applied_from_general_discount_id,
        applied_from_balance_id,
        absolute_total_value,
        extra: _,
    } = benefit;
    BenefitSubstance {
        source_type,
        discount_id: applied_from_general_discount_id.as_deref(),
        balance_id: applied_from_balance_id.as_deref(),
        absolute_total_value: *absolute_total_value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn whole() -> Value {
        json!({
            "loyaltyOfferId": "o", "customer": {"customerId": "c", "fullName": "Jana", "loyaltyStatus": "Gold"},
            "benefitInputs": [{"inputCode": "card", "applicable": true, "posTitle": "Karta", "reasonCode": null}],
            "balances": [{"balanceId": "b", "type": "prepaidCredit", "posTitle": "Kredit", "billTitle": "Kredit",
                "currentValue": 900, "unit": "CZK", "controllableValueToUse": 100, "minControllableValue": 0,
                "maxControllableValue": 900, "controllableStep": 1, "nonControllableValueToUse": 0,
                "valueToUseInCurrency": 100, "validUntil": "2026-12-31", "reasonCode": "PARTLY_RESERVED",
                "prepayment": {"value": 500, "isValueEditable": true, "minValue": 100, "maxValue": 900,
                    "presetValues": [200], "posTitle": "Dobití", "billTitle": "Dobití", "vatRate": 0, "vatId": 1}}],
            "generalDiscounts": [{"generalDiscountId": "d", "posTitle": "Sleva", "billTitle": "Sleva",
                "isItemSpecific": true, "valueToUse": 10,
                "keptWhile": {"minimumAmount": 100, "lines": [{"checkItemId": "1", "value": 120}]}}],
            "itemBenefitsToApply": [{"checkItemId": "1", "benefits": [{"sourceType": "generalDiscount",
                "appliedFromGeneralDiscountId": "d", "appliedFromBalanceId": null, "absoluteTotalValue": 10}]}],
            "posMessages": ["Ahoj"], "billMessages": ["Děkujeme"], "metadata": {"a": 1}
        })
    }

    /// Every member of a JSON value, as pointers to its leaves.
    fn leaves(value: &Value, at: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                members.iter().for_each(|(name, one)| leaves(one, &format!("{at}/{name}"), found));
            }
            Value::Array(items) => {
                items
                    .iter()
                    .enumerate()
                    .for_each(|(index, one)| leaves(one, &format!("{at}/{index}"), found));
            }
            _ => found.push(at.to_owned()),
        }
    }

    /// Another value of the same kind, that the message takes too.
    fn other(value: &Value, at: &str) -> Value {
        match value {
            Value::Bool(flag) => json!(!flag),
            Value::Number(_) => json!(7),
            _ if at.ends_with("/type") => json!("multiPurposePrepaidVoucher"),
            _ if at.ends_with("/sourceType") => json!("balance"),
            _ => json!("another"),
        }
    }

    #[test]
    fn texts_reasons_messages_and_what_comes_back_unread_do_not_count_all_else_does() {
        let read =
            |value: &Value| -> LoyaltyOfferResponse { crate::read::from_value(value.clone()).unwrap() };
        let shown = read(&whole());
        let mut members = Vec::new();
        leaves(&whole(), "", &mut members);
        let mut counts_not = Vec::new();
        for at in &members {
            let mut changed = whole();
            let member = changed.pointer_mut(at).unwrap();
            *member = other(member, at);
            let changed = read(&changed);
            assert_ne!(changed, shown, "{at} was not read");
            if changed.substance() == shown.substance() {
                counts_not.push(at.rsplit('/').find(|name| name.parse::<u8>().is_err()).unwrap());
            }
        }
        counts_not.sort_unstable();
        counts_not.dedup();
        assert_eq!(
            counts_not,
            [
                "a",
                "billMessages",
                "billTitle",
                "fullName",
                "loyaltyStatus",
                "posMessages",
                "posTitle",
                "reasonCode"
            ]
        );
    }

    #[test]
    fn what_no_document_names_does_not_count() {
        let read = |value: Value| -> LoyaltyOfferResponse { crate::read::from_value(value).unwrap() };
        let shown = read(whole());
        for at in [
            "",
            "/customer",
            "/benefitInputs/0",
            "/balances/0",
            "/balances/0/prepayment",
            "/generalDiscounts/0",
            "/generalDiscounts/0/keptWhile",
            "/generalDiscounts/0/keptWhile/lines/0",
            "/itemBenefitsToApply/0",
            "/itemBenefitsToApply/0/benefits/0",
        ] {
            let mut more = whole();
            more.pointer_mut(at).unwrap()["colour"] = json!("red");
            let more = read(more);
            assert_ne!(more, shown, "{at}");
            assert_eq!(more.substance(), shown.substance(), "{at}");
        }
    }
}
