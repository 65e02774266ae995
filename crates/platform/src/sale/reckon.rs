//! What does a check come to, with what the offer takes off and what balances pay?
//!
//! The provider's numbers are final; the register spreads only a discount over the whole basket that came
//! without item benefits (protocol.md §10.5 no. 7). Benefits of points and SPV are discounts on lines,
//! MPV and credit only pay (loyalty.md §2).

use super::check::Line;
use crate::menu::LineProduct;
use money::{Amount, Precision, spendable, spread, vat};
use serde_json::Value;
use wire::Number;
use wire::loyalty::{BalanceType, LoyaltyOfferResponse, OfferBalance, Violation, ViolationCode, top_up_line};

/// What a benefit comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    Discount(String),
    Balance(String),
}

/// What is taken off one line by one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LineBenefit {
    pub(crate) source: Source,
    /// Positive, off the whole line.
    pub(crate) value: Amount,
}

/// A line with what loyalty does to it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ReckonedLine {
    pub(crate) line: Line,
    pub(crate) benefits: Vec<LineBenefit>,
    /// What it comes to in the end.
    pub(crate) after: Amount,
}

/// A payment by a balance: MPV or credit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BalancePayment {
    pub(crate) balance_id: String,
    pub(crate) r#type: BalanceType,
    pub(crate) value_in_currency: Amount,
}

/// A check added up. `total` = Σ lines after benefits = `paid_by_balances` + `to_pay`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reckoning {
    /// The basket, in its order.
    pub(crate) lines: Vec<ReckonedLine>,
    /// Lines the till adds for what is topped up, in the order of the offer's balances.
    pub(crate) prepaid_lines: Vec<ReckonedLine>,
    /// Each general discount with what it really took.
    pub(crate) discounts: Vec<(String, Amount)>,
    pub(crate) balance_payments: Vec<BalancePayment>,
    pub(crate) total: Amount,
    pub(crate) paid_by_balances: Amount,
    pub(crate) to_pay: Amount,
    /// Per VAT rate (a fraction's group): what lines come to, base and VAT.
    pub(crate) vat: Vec<RateSum>,
}

/// Lines of one VAT rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RateSum {
    pub(crate) rate: vat::VatRate,
    pub(crate) gross: Amount,
    pub(crate) net: Amount,
    pub(crate) vat: Amount,
}

/// Adds the check up, with the offer's benefits when there is one.
///
/// # Errors
/// An offer that [`wire::loyalty::validate`] let pass but that does not work out on this basket: a line or the
/// check would fall below zero, or a number does not fit the currency.
pub(crate) fn reckon(
    lines: &[Line],
    offer: Option<&LoyaltyOfferResponse>,
    precision: Precision,
    is_vat_payer: bool,
) -> Result<Reckoning, Violation> {
    let mut reckoned: Vec<ReckonedLine> = lines
        .iter()
        .map(|line| ReckonedLine { line: line.clone(), benefits: Vec::new(), after: line.total() })
        .collect();
    let mut discounts = Vec::new();
    let mut prepaid_lines = Vec::new();
    let mut balance_payments = Vec::new();
    if let Some(offer) = offer {
        take(&mut reckoned, offer, precision, Step::Discounts)?;
        discounts = spread_general_discounts(&mut reckoned, offer, precision)?;
        take(&mut reckoned, offer, precision, Step::Balances)?;
        for (index, balance) in offer.balances.iter().enumerate() {
            prepaid_lines.extend(prepaid_line(index, balance, precision)?);
            balance_payments.extend(balance_payment(index, balance, precision)?);
        }
    }
    add_up(reckoned, prepaid_lines, discounts, balance_payments, is_vat_payer)
}

/// Item benefits are taken in two steps, because a discount over the whole basket stands between them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Discounts,
    Balances,
}

fn take(
    reckoned: &mut [ReckonedLine],
    offer: &LoyaltyOfferResponse,
    precision: Precision,
    step: Step,
) -> Result<(), Violation> {
    for (index, item) in offer.item_benefits_to_apply.iter().enumerate() {
        let Some(line) = reckoned.iter_mut().find(|line| line.line.check_item_id == item.check_item_id)
        else {
            continue;
        };
        for (number, benefit) in item.benefits.iter().enumerate() {
            let path = format!("itemBenefitsToApply[{index}].benefits[{number}]");
            let (source, belongs) =
                match (&benefit.applied_from_general_discount_id, &benefit.applied_from_balance_id) {
                    (Some(id), None) => (Source::Discount(id.clone()), Step::Discounts),
                    (None, Some(id)) => (Source::Balance(id.clone()), Step::Balances),
                    _ => {
                        let message =
                            "expected exactly one of appliedFromGeneralDiscountId and appliedFromBalanceId";
                        return Err(violation(ViolationCode::UnknownSource, &path, message, None));
                    }
                };
            if belongs != step {
                continue;
            }
            let value =
                amount(&format!("{path}.absoluteTotalValue"), benefit.absolute_total_value, precision)?;
            line.benefits.push(LineBenefit { source, value });
            line.after -= value;
            if line.after.is_negative() && !line.line.total().is_negative() {
                let message = format!("line {} would fall below zero", item.check_item_id);
                return Err(violation(
                    ViolationCode::BenefitExceedsItemPrice,
                    &format!("{path}.absoluteTotalValue"),
                    &message,
                    Some(benefit.absolute_total_value),
                ));
            }
        }
    }
    Ok(())
}

/// What each general discount takes; those that are not item-specific are spread here over the sale lines, in
/// proportion to what is left of each (loyalty.md §1, R1–R6).
fn spread_general_discounts(
    reckoned: &mut [ReckonedLine],
    offer: &LoyaltyOfferResponse,
    precision: Precision,
) -> Result<Vec<(String, Amount)>, Violation> {
    let mut used = Vec::new();
    for (index, discount) in offer.general_discounts.iter().enumerate() {
        let value =
            amount(&format!("generalDiscounts[{index}].valueToUse"), discount.value_to_use, precision)?;
        if discount.is_item_specific {
            used.push((discount.general_discount_id.clone(), value));
            continue;
        }
        let weights: Vec<Amount> = reckoned.iter().map(|line| line.after.or_zero()).collect();
        let bill: Amount = reckoned.iter().map(|line| line.after).sum();
        let taken = spendable(value, &weights, bill);
        for (line, share) in reckoned.iter_mut().zip(spread(taken, &weights)) {
            if share.is_positive() {
                let source = Source::Discount(discount.general_discount_id.clone());
                line.benefits.push(LineBenefit { source, value: share });
                line.after -= share;
            }
        }
        used.push((discount.general_discount_id.clone(), taken));
    }
    Ok(used)
}

/// The bill item that stands for a top-up (protocol.md §10.6): VAT only where the goods are known, with an SPV.
fn prepaid_line(
    index: usize,
    balance: &OfferBalance,
    precision: Precision,
) -> Result<Option<ReckonedLine>, Violation> {
    let Some(prepayment) = &balance.prepayment else { return Ok(None) };
    let value = amount(&format!("balances[{index}].prepayment.value"), prepayment.value, precision)?;
    if value == Amount::ZERO {
        return Ok(None);
    }
    let written = match balance.r#type {
        BalanceType::SinglePurposePrepaidVoucher => prepayment.vat_rate.unwrap_or_default(),
        _ => Number::ZERO,
    };
    let Some(rate) = vat::VatRate::from_line(written.0) else {
        let path = format!("balances[{index}].prepayment.vatRate");
        let message = "expected a VAT rate: a fraction below 1, such as 0.12, or percent from 1 to below 100";
        return Err(violation(ViolationCode::SchemaViolation, &path, message, Some(written)));
    };
    let id = top_up_line(&balance.balance_id);
    let title = prepayment.bill_title.as_ref().or(balance.bill_title.as_ref()).unwrap_or(&balance.balance_id);
    let line = Line {
        check_item_id: id.clone(),
        product: LineProduct {
            product_id: id,
            decoded_id: None,
            category_id: None,
            name: title.clone(),
            measure: "pcs".to_owned(),
            ean: None,
            vat_rate: Number(rate.fraction()),
            vat_id: prepayment.vat_id.clone(),
            categories: Vec::new(),
        },
        price_level: None,
        beyond_remaining: false,
        amount: Number::from(1),
        unit_price: value.0,
        till_discount: 0,
        total: value.0,
        addition: None,
        note: None,
        entered_by: None,
        ordered: false,
    };
    Ok(Some(ReckonedLine { line, benefits: Vec::new(), after: value }))
}

/// What a balance pays: only MPV and credit do.
fn balance_payment(
    index: usize,
    balance: &OfferBalance,
    precision: Precision,
) -> Result<Option<BalancePayment>, Violation> {
    if balance.r#type.is_discount() {
        return Ok(None);
    }
    let value = balance.worth().unwrap_or_default();
    let value_in_currency = amount(&format!("balances[{index}].valueToUseInCurrency"), value, precision)?;
    Ok((value_in_currency != Amount::ZERO).then(|| BalancePayment {
        balance_id: balance.balance_id.clone(),
        r#type: balance.r#type,
        value_in_currency,
    }))
}

fn add_up(
    lines: Vec<ReckonedLine>,
    prepaid_lines: Vec<ReckonedLine>,
    discounts: Vec<(String, Amount)>,
    balance_payments: Vec<BalancePayment>,
    is_vat_payer: bool,
) -> Result<Reckoning, Violation> {
    let total: Amount = lines.iter().chain(&prepaid_lines).map(|line| line.after).sum();
    let paid_by_balances: Amount = balance_payments.iter().map(|payment| payment.value_in_currency).sum();
    // A top-up is never paid by a balance (protocol.md §10.6): only the basket can be.
    let basket: Amount = lines.iter().map(|line| line.after).sum();
    if paid_by_balances.is_positive() && paid_by_balances > basket {
        let message = "balances would pay more than the basket comes to without what is topped up";
        return Err(violation(ViolationCode::NegativeTotal, "balances", message, None));
    }
    let mut vat = Vec::new();
    if is_vat_payer {
        let by_line: Vec<_> =
            lines.iter().chain(&prepaid_lines).map(|line| (line.line.product.rate(), line.after)).collect();
        vat = vat::by_rate(&by_line)
            .into_iter()
            .map(|(rate, group)| RateSum { rate, gross: group.gross, net: group.net, vat: group.vat })
            .collect();
    }
    Ok(Reckoning {
        to_pay: total - paid_by_balances,
        lines,
        prepaid_lines,
        discounts,
        balance_payments,
        total,
        paid_by_balances,
        vat,
    })
}

fn amount(path: &str, number: Number, precision: Precision) -> Result<Amount, Violation> {
    match number.amount(precision) {
        Ok(rounded) if rounded.exact => Ok(rounded.amount),
        Ok(_) => {
            let message = format!("expected at most {} decimals", precision.digits());
            Err(violation(ViolationCode::PrecisionExceeded, path, &message, Some(number)))
        }
        Err(_) => Err(violation(
            ViolationCode::SchemaViolation,
            path,
            "expected at most 10^15 minor units",
            Some(number),
        )),
    }
}

fn violation(code: ViolationCode, path: &str, message: &str, value: Option<Number>) -> Violation {
    let value = value.map_or(Value::Null, |number| serde_json::to_value(number).unwrap_or(Value::Null));
    Violation { code, path: path.to_owned(), message: message.to_owned(), value }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{line, offer};
    use super::*;
    use serde_json::json;

    fn two() -> Precision {
        Precision::new(2).unwrap()
    }

    fn worked_offer() -> LoyaltyOfferResponse {
        let benefits = |line: &str, list: &[(&str, &str, f64)]| {
            let benefits: Vec<Value> = list
                .iter()
                .map(|(source, id, value)| {
                    let (discount, balance) =
                        if *source == "balance" { (None, Some(*id)) } else { (Some(*id), None) };
                    json!({"sourceType": source, "appliedFromGeneralDiscountId": discount,
                        "appliedFromBalanceId": balance, "absoluteTotalValue": value})
                })
                .collect();
            json!({"checkItemId": line, "benefits": benefits})
        };
        offer(json!({
            "generalDiscounts": [
                {"generalDiscountId": "beer", "isItemSpecific": true, "valueToUse": 35.4},
                {"generalDiscountId": "order", "isItemSpecific": false, "valueToUse": 61.46},
            ],
            "balances": [
                {"balanceId": "spv", "type": "singlePurposePrepaidVoucher", "nonControllableValueToUse": 80, "valueToUseInCurrency": 80},
                {"balanceId": "points", "type": "collectablePoints", "controllableValueToUse": 500, "valueToUseInCurrency": 50},
                {"balanceId": "mpv", "type": "multiPurposePrepaidVoucher", "nonControllableValueToUse": 300, "valueToUseInCurrency": 300},
                {"balanceId": "credit", "type": "prepaidCredit", "controllableValueToUse": 100, "valueToUseInCurrency": 100},
            ],
            "itemBenefitsToApply": [
                benefits("L1", &[("balance", "points", 35.95)]),
                benefits("L2", &[("generalDiscount", "beer", 35.4), ("balance", "points", 13.47)]),
                benefits("L3", &[("balance", "spv", 80.0), ("balance", "points", 0.58)]),
            ],
        }))
    }

    #[test]
    fn a_balance_pays_whichever_members_say_how_much() {
        for (balance, paid) in [
            (json!({"controllableValueToUse": 100}), 10_000),
            (json!({"nonControllableValueToUse": 100}), 10_000),
            (json!({"controllableValueToUse": 60, "nonControllableValueToUse": 40}), 10_000),
            (json!({"valueToUseInCurrency": 100}), 10_000),
            (json!({"currentValue": 500}), 0),
        ] {
            for kind in ["multiPurposePrepaidVoucher", "prepaidCredit"] {
                let mut offered = balance.clone();
                (offered["balanceId"], offered["type"]) = ("m1".into(), kind.into());
                let offer = offer(json!({"balances": [offered]}));
                let bill = reckon(&[line("L1", 37_800, "0.12")], Some(&offer), two(), true).unwrap();
                assert_eq!(
                    (bill.paid_by_balances.0, bill.to_pay.0),
                    (paid, 37_800 - paid),
                    "{kind} {balance}"
                );
            }
        }
    }

    #[test]
    fn the_worked_bill_of_the_loyalty_rules() {
        let lines = [line("L1", 37_800, "0.12"), line("L2", 17_700, "0.21"), line("L3", 9_500, "0.12")];
        let bill = reckon(&lines, Some(&worked_offer()), two(), true).unwrap();
        let after: Vec<i64> = bill.lines.iter().map(|line| line.after.0).collect();
        assert_eq!(after, [30_425, 11_397, 492]);
        // The register spread the order's 61.46 by what the beer discount had left.
        let order = |line: usize| {
            let found =
                bill.lines[line].benefits.iter().find(|b| b.source == Source::Discount("order".into()));
            found.unwrap().value.0
        };
        assert_eq!([order(0), order(1), order(2)], [3_780, 1_416, 950]);
        assert_eq!((bill.total.0, bill.paid_by_balances.0, bill.to_pay.0), (42_314, 40_000, 2_314));
        let vat: Vec<_> = bill
            .vat
            .iter()
            .map(|sum| (sum.rate.percent().to_string(), sum.gross.0, sum.net.0, sum.vat.0))
            .collect();
        assert_eq!(vat, [("12".into(), 30_917, 27_604, 3_313), ("21".into(), 11_397, 9_419, 1_978)]);
    }

    /// loyalty.md V4: sold 450, face 500: 34.00 and 16.00 come off, VAT 32.79 + 24.99; at its face 36.43 + 27.77.
    #[test]
    fn a_voucher_sold_below_its_face_is_taxed_by_what_was_paid() {
        let lines = [line("L1", 34_000, "0.12"), line("L2", 16_000, "0.21")];
        let off = |line: &str, value: f64| {
            json!({"checkItemId": line, "benefits": [{"sourceType": "balance",
                "appliedFromGeneralDiscountId": null, "appliedFromBalanceId": "V:bonus", "absoluteTotalValue": value}]})
        };
        let pays = |value: i64| {
            json!({"balanceId": "V", "type": "multiPurposePrepaidVoucher", "nonControllableValueToUse": value,
                "valueToUseInCurrency": value})
        };
        let below = offer(json!({
            "balances": [pays(450), {"balanceId": "V:bonus", "type": "collectablePoints",
                "nonControllableValueToUse": 50, "valueToUseInCurrency": 50}],
            "itemBenefitsToApply": [off("L1", 34.0), off("L2", 16.0)],
        }));
        let at_face = offer(json!({"balances": [pays(500)]}));
        for (offer, total, vat) in [(below, 45_000, [3_279, 2_499]), (at_face, 50_000, [3_643, 2_777])] {
            let bill = reckon(&lines, Some(&offer), two(), true).unwrap();
            assert_eq!(bill.vat.iter().map(|sum| sum.vat.0).collect::<Vec<_>>(), vat);
            assert_eq!((bill.total.0, bill.paid_by_balances.0, bill.to_pay.0), (total, total, 0));
        }
    }

    #[test]
    fn vat_does_not_depend_on_what_only_pays() {
        let lines = [line("L1", 37_800, "0.12"), line("L2", 17_700, "0.21"), line("L3", 9_500, "0.12")];
        let mut without = worked_offer();
        without.balances.retain(|balance| balance.r#type.is_discount());
        let (with, without) =
            (reckon(&lines, Some(&worked_offer()), two(), true), reckon(&lines, Some(&without), two(), true));
        assert_eq!(with.unwrap().vat, without.unwrap().vat);
        assert!(reckon(&lines, None, two(), false).unwrap().vat.is_empty());
    }

    #[test]
    fn a_discount_over_the_basket_never_takes_more_than_the_bill_comes_to() {
        let ten_off = offer(json!({
            "generalDiscounts": [{"generalDiscountId": "d", "isItemSpecific": false, "valueToUse": 10}]}));
        // lines, expected after, taken
        let table: &[(&[i64], &[i64], i64)] = &[
            (&[5_000, 5_000, 5_000], &[4_666, 4_667, 4_667], 1_000),
            (&[1_000, -500], &[500, -500], 500),
            (&[300], &[0], 300),
            (&[-500], &[-500], 0),
        ];
        for (totals, expected, taken) in table {
            let lines: Vec<Line> = totals
                .iter()
                .enumerate()
                .map(|(index, total)| line(&index.to_string(), *total, "0.21"))
                .collect();
            let bill = reckon(&lines, Some(&ten_off), two(), true).unwrap();
            let after: Vec<i64> = bill.lines.iter().map(|line| line.after.0).collect();
            assert_eq!((after.as_slice(), bill.discounts[0].1.0), (*expected, *taken), "{totals:?}");
        }
    }

    #[test]
    fn a_top_up_is_a_line_of_its_own_with_vat_only_for_an_spv() {
        let table = [
            ("prepaidCredit", json!(0.12), "0"),
            ("multiPurposePrepaidVoucher", json!(0.12), "0"),
            ("singlePurposePrepaidVoucher", json!(0.12), "0.12"),
            // a partner may write percent, and 1 is 1 %
            ("singlePurposePrepaidVoucher", json!(12), "0.12"),
            ("singlePurposePrepaidVoucher", json!("21"), "0.21"),
            ("singlePurposePrepaidVoucher", json!(1), "0.01"),
            ("singlePurposePrepaidVoucher", json!("0.01"), "0.01"),
        ];
        for (r#type, rate, expected) in table {
            let offer = offer(json!({"balances": [{"balanceId": "b", "type": r#type, "billTitle": "Kredit",
                "prepayment": {"value": 500, "vatRate": rate}}]}));
            let bill = reckon(&[line("coffee", 6_000, "0.21")], Some(&offer), two(), true).unwrap();
            let added = &bill.prepaid_lines[0];
            assert_eq!((added.after.0, added.line.product.name.as_str()), (50_000, "Kredit"));
            assert_eq!(added.line.product.vat_rate.to_string(), expected, "{type}", type = r#type);
            assert_eq!((bill.total.0, bill.to_pay.0), (56_000, 56_000));
        }
    }

    #[test]
    fn a_line_is_taxed_at_its_rate_however_that_is_written() {
        for (written, rate, net) in
            [("1", "0.01", 10_000), ("0.01", "0.01", 10_000), ("21", "0.21", 8_347), ("0.21", "0.21", 8_347)]
        {
            let bill = reckon(&[line("a", 10_100, written)], None, two(), true).unwrap();
            let sum = bill.vat[0];
            assert_eq!((sum.rate.fraction().to_string().as_str(), sum.net.0), (rate, net), "{written}");
        }
    }

    #[test]
    fn a_discount_over_the_basket_leaves_the_top_up_alone() {
        let offer = offer(json!({
            "balances": [{"balanceId": "c", "type": "prepaidCredit", "prepayment": {"value": 500}}],
            "generalDiscounts": [{"generalDiscountId": "d", "isItemSpecific": false, "valueToUse": 100}]}));
        let bill = reckon(&[line("a", 6_000, "0.21")], Some(&offer), two(), true).unwrap();
        assert_eq!(
            (bill.lines[0].after.0, bill.prepaid_lines[0].after.0, bill.to_pay.0),
            (0, 50_000, 50_000)
        );
    }

    #[test]
    fn what_does_not_work_out_is_named() {
        let over = offer(json!({
            "generalDiscounts": [{"generalDiscountId": "d", "isItemSpecific": false, "valueToUse": 10}],
            "balances": [{"balanceId": "s", "type": "singlePurposePrepaidVoucher", "valueToUseInCurrency": 50}],
            "itemBenefitsToApply": [{"checkItemId": "a", "benefits": [{"sourceType": "balance",
                "appliedFromBalanceId": "s", "absoluteTotalValue": 50}]}]}));
        let too_much = offer(json!({"balances": [
            {"balanceId": "m", "type": "multiPurposePrepaidVoucher", "valueToUseInCurrency": 60}]}));
        let too_fine = offer(json!({"balances": [
            {"balanceId": "m", "type": "multiPurposePrepaidVoucher", "valueToUseInCurrency": 1.001}]}));
        // 60.00 against 50.00 of basket: the top-up beside it does not make room (protocol.md §10.6).
        let pays_the_top_up = offer(json!({"balances": [
            {"balanceId": "m", "type": "multiPurposePrepaidVoucher", "valueToUseInCurrency": 60},
            {"balanceId": "c", "type": "prepaidCredit", "prepayment": {"value": 500}}]}));
        let no_rate = |rate: i64| {
            offer(json!({"balances": [{"balanceId": "s", "type": "singlePurposePrepaidVoucher",
                "prepayment": {"value": 500, "vatRate": rate}}]}))
        };
        for (offer, code) in [
            (no_rate(100), ViolationCode::SchemaViolation),
            (no_rate(-1), ViolationCode::SchemaViolation),
            (pays_the_top_up, ViolationCode::NegativeTotal),
            (over, ViolationCode::BenefitExceedsItemPrice),
            (too_much, ViolationCode::NegativeTotal),
            (too_fine, ViolationCode::PrecisionExceeded),
        ] {
            let violation = reckon(&[line("a", 5_000, "0.21")], Some(&offer), two(), true).unwrap_err();
            assert_eq!(violation.code, code, "{}", violation.path);
        }
    }
}
