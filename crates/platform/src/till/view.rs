//! What does the register see of a check?

use crate::access::PosGrant;
use crate::loyalty::question::{fingerprint, question_at};
use crate::place::PlaceSettings;
use crate::sale::StoredCheck;
use crate::sale::{ReckonedLine, Reckoning, Source, reckon};
use door::ApiError;
use jiff::Timestamp;
use money::{Amount, Precision};
use wire::Number;
use wire::loyalty::{LoyaltyOfferResponse, OfferBalance};
use wire::pos::{
    Check, CheckBalance, CheckBenefit, CheckCode, CheckDiscount, CheckLine, CheckOffer, CheckPrepayment,
    CheckState, CheckVat, PayCheckPayment,
};
use wire::time::LocalTime;

/// The whole check. Prices count the offer while it answers what the check asks now.
///
/// # Errors
/// 500 when a stored offer does not work out, which it did when it was stored.
pub(super) fn shown(
    grant: &PosGrant,
    settings: &PlaceSettings,
    check: &StoredCheck,
) -> Result<Check, ApiError> {
    let current = current_offer(grant, settings, check)?;
    let precision = settings.precision;
    let money = |amount: Amount| Number::from_amount(amount, precision);
    let reckoning = reckon(&check.lines, current, precision, settings.is_vat_payer).map_err(|violation| {
        tracing::error!(check = %check.check_id, code = %violation.code, "a stored offer does not work out");
        ApiError::internal()
    })?;
    let opened_at = Timestamp::from_second(check.opened_at.as_second()).unwrap_or(check.opened_at);
    Ok(Check {
        check_id: check.check_id.clone(),
        merchant_id: grant.merchant.clone(),
        place_id: grant.place.clone(),
        device_number: check.device_number,
        state: check.state,
        version: check.version,
        opened_at: LocalTime::new(opened_at, &settings.zone).to_string(),
        desk_id: check.desk_id.clone(),
        person_count: check.person_count,
        opened_by: check.opened_by.clone(),
        currency_code: settings.currency_code.clone(),
        price_precision: precision.digits(),
        lines: reckoning.lines.iter().map(|line| line_of(line, check, precision)).collect(),
        prepaid_lines: reckoning.prepaid_lines.iter().map(|line| line_of(line, check, precision)).collect(),
        codes: codes_of(check, current),
        offer: check
            .offer
            .as_ref()
            .map(|offer| offer_of(offer, current.is_some(), check, &reckoning, precision)),
        offer_problem: check.offer_problem.clone(),
        total_with_vat: money(reckoning.total),
        paid_by_balances: money(reckoning.paid_by_balances),
        paid_already: check
            .already_paid
            .iter()
            .map(|paid| PayCheckPayment {
                payment_method: paid.payment_method.clone(),
                price_with_vat: money(Amount(paid.value)),
            })
            .collect(),
        to_pay: money(reckoning.to_pay - check.paid_before()),
        vat: reckoning
            .vat
            .iter()
            .map(|sum| CheckVat {
                vat_rate: Number(sum.rate.fraction()),
                total_with_vat: money(sum.gross),
                total_without_vat: money(sum.net),
                vat: money(sum.vat),
            })
            .collect(),
        bill_id: check.bill_id.clone(),
    })
}

/// The stored offer, if it answers the question the check asks now. A paid check keeps the one it was paid by.
pub(super) fn current_offer<'c>(
    grant: &PosGrant,
    settings: &PlaceSettings,
    check: &'c StoredCheck,
) -> Result<Option<&'c LoyaltyOfferResponse>, ApiError> {
    offer_that_counts(&grant.merchant, &grant.place, settings, check)
}

/// As [`current_offer`], for whoever looks at the checks of a place.
pub(super) fn offer_that_counts<'c>(
    merchant: &str,
    place: &str,
    settings: &PlaceSettings,
    check: &'c StoredCheck,
) -> Result<Option<&'c LoyaltyOfferResponse>, ApiError> {
    let Some(offer) = &check.offer else { return Ok(None) };
    if check.state == CheckState::Paid {
        return Ok(Some(offer));
    }
    let asked = fingerprint(&question_at(merchant, place, settings, check, ""))?;
    Ok((check.question.as_ref() == Some(&asked)).then_some(offer))
}

fn line_of(reckoned: &ReckonedLine, check: &StoredCheck, precision: Precision) -> CheckLine {
    let line = &reckoned.line;
    let money = |amount: Amount| Number::from_amount(amount, precision);
    CheckLine {
        check_item_id: line.check_item_id.clone(),
        product_id: line.product.product_id.clone(),
        name: line.product.name.clone(),
        price_level: line.price_level.clone(),
        beyond_remaining: line.beyond_remaining,
        amount: line.amount,
        measure: line.product.measure.clone(),
        unit_price_with_vat: money(Amount(line.unit_price)),
        discount: money(Amount(line.till_discount)),
        total_price_with_vat: money(line.total()),
        vat_rate: line.product.vat_rate,
        additions_of: line.addition.as_ref().map(|with| with.of.clone()),
        addition_id: line.addition.as_ref().map(|with| with.addition_id.clone()),
        note: line.note.clone(),
        entered_by: line.entered_by.clone(),
        benefits: reckoned
            .benefits
            .iter()
            .map(|benefit| CheckBenefit {
                source_id: match &benefit.source {
                    Source::Discount(id) | Source::Balance(id) => id.clone(),
                },
                pos_title: check.offer.as_ref().and_then(|offer| titles(offer, &benefit.source).0),
                value: money(benefit.value),
            })
            .collect(),
        final_price_with_vat: money(reckoned.after),
    }
}

/// What a source is called by the cashier and on the bill.
pub(super) fn titles(offer: &LoyaltyOfferResponse, source: &Source) -> (Option<String>, Option<String>) {
    match source {
        Source::Discount(id) => offer
            .general_discounts
            .iter()
            .find(|discount| discount.general_discount_id == *id)
            .map(|discount| (discount.pos_title.clone(), discount.bill_title.clone())),
        Source::Balance(id) => offer
            .balances
            .iter()
            .find(|balance| balance.balance_id == *id)
            .map(|balance| (balance.pos_title.clone(), balance.bill_title.clone())),
    }
    .unwrap_or_default()
}

/// The scanned codes in order. The answer has one entry per entry of the question (protocol.md §10.4); one that
/// answers fewer is matched by the code.
fn codes_of(check: &StoredCheck, current: Option<&LoyaltyOfferResponse>) -> Vec<CheckCode> {
    let answers = current.map_or(&[][..], |offer| &offer.benefit_inputs);
    check
        .codes
        .iter()
        .enumerate()
        .map(|(index, code)| {
            let answer = answers
                .get(index)
                .filter(|answer| answer.input_code == *code)
                .or_else(|| answers.iter().find(|answer| answer.input_code == *code));
            CheckCode {
                input_code: code.clone(),
                applicable: answer.map(|answer| answer.applicable),
                pos_title: answer.and_then(|answer| answer.pos_title.clone()),
                reason_code: answer.and_then(|answer| answer.reason_code.clone()),
            }
        })
        .collect()
}

fn offer_of(
    offer: &LoyaltyOfferResponse,
    current: bool,
    check: &StoredCheck,
    reckoning: &Reckoning,
    precision: Precision,
) -> CheckOffer {
    let customer = offer.customer.as_ref();
    CheckOffer {
        loyalty_offer_id: offer.loyalty_offer_id.clone(),
        current,
        customer_id: customer.map(|customer| customer.customer_id.clone()),
        customer_name: customer.and_then(|customer| customer.full_name.clone()),
        loyalty_status: customer.and_then(|customer| customer.loyalty_status.clone()),
        balances: offer.balances.iter().map(|balance| balance_of(balance, check)).collect(),
        general_discounts: offer
            .general_discounts
            .iter()
            .map(|discount| CheckDiscount {
                general_discount_id: discount.general_discount_id.clone(),
                pos_title: discount.pos_title.clone(),
                value: reckoning
                    .discounts
                    .iter()
                    .find(|(id, _)| *id == discount.general_discount_id)
                    .map_or(discount.value_to_use, |(_, used)| Number::from_amount(*used, precision)),
            })
            .collect(),
        pos_messages: offer.pos_messages.clone(),
        bill_messages: offer.bill_messages.clone(),
    }
}

fn balance_of(balance: &OfferBalance, check: &StoredCheck) -> CheckBalance {
    CheckBalance {
        balance_id: balance.balance_id.clone(),
        r#type: balance.r#type.as_str().to_owned(),
        pos_title: balance.pos_title.clone(),
        current_value: balance.current_value,
        unit: balance.unit.clone(),
        controllable_value_to_use: balance.controllable_value_to_use,
        min_controllable_value: balance.min_controllable_value,
        max_controllable_value: balance.max_controllable_value,
        controllable_step: balance.controllable_step,
        non_controllable_value_to_use: balance.non_controllable_value_to_use,
        value_to_use_in_currency: balance.worth(),
        prepaid_value: balance.prepayment.as_ref().map(|prepayment| prepayment.value),
        prepayment: balance.prepayment.as_ref().map(|prepayment| CheckPrepayment {
            value: prepayment.value,
            is_value_editable: prepayment.is_value_editable,
            min_value: prepayment.min_value,
            max_value: prepayment.max_value,
            preset_values: prepayment.preset_values.clone(),
            pos_title: prepayment.pos_title.clone().or_else(|| balance.pos_title.clone()),
        }),
        rejected: check.choices.get(&balance.balance_id).is_some_and(|choice| choice.rejected),
        reason_code: balance.reason_code.clone(),
    }
}
