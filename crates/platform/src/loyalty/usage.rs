//! What is reported to the provider about a paid bill? (protocol.md §10.8, worked examples §10.12)

use super::question::{inputs, product};
use crate::access::PosGrant;
use crate::place::PlaceSettings;
use crate::sale::{ReckonedLine, Reckoning, Source, StoredCheck};
use jiff::Timestamp;
use money::{Amount, Precision};
use wire::loyalty::{
    ApplicationType, AppliedBenefit, BillState, LoyaltyBenefitUsagesPayload, LoyaltyOfferResponse,
    OfferBalance, PaidItem, PaymentByBalance, SourceType, UsedBalance, UsedGeneralDiscount,
};
use wire::{Extra, Number};

/// Everything from which a usage report is made.
#[derive(Debug)]
pub(crate) struct Paid<'a> {
    pub(crate) grant: &'a PosGrant,
    pub(crate) settings: &'a PlaceSettings,
    pub(crate) check: &'a StoredCheck,
    pub(crate) offer: &'a LoyaltyOfferResponse,
    pub(crate) reckoning: &'a Reckoning,
    pub(crate) loyalty_provider_id: &'a str,
    pub(crate) bill_id: &'a str,
    pub(crate) paid_at: Timestamp,
}

/// The report. It closes: `totalWithVat` = Σ lines − Σ applied discounts = Σ payments by balances +
/// `otherPaymentsValue`.
pub(crate) fn usage(paid: &Paid<'_>) -> LoyaltyBenefitUsagesPayload {
    let Paid { grant, settings, check, offer, reckoning, .. } = paid;
    let precision = settings.precision;
    LoyaltyBenefitUsagesPayload {
        loyalty_offer_id: offer.loyalty_offer_id.clone(),
        loyalty_provider_id: Some(paid.loyalty_provider_id.to_owned()),
        bill_id: paid.bill_id.to_owned(),
        bill_state: Some(BillState::Paid),
        merchant_id: Some(grant.merchant.clone()),
        place_id: Some(grant.place.clone()),
        device_number: check.device_number,
        benefit_inputs: inputs(check),
        customer_id: offer.customer.as_ref().map(|customer| customer.customer_id.clone()),
        metadata: offer.metadata.clone().into_text(),
        currency_code: settings.currency_code.clone(),
        country_code: Some(settings.country_code.clone()),
        paid_at: paid.paid_at,
        used_balances: offer.balances.iter().filter_map(used_balance).collect(),
        used_general_discounts: reckoning
            .discounts
            .iter()
            .filter(|(_, used)| *used != Amount::ZERO)
            .map(|(id, used)| UsedGeneralDiscount {
                general_discount_id: id.clone(),
                used_value: Some(Number::from_amount(*used, precision)),
                kept_while: offer
                    .general_discounts
                    .iter()
                    .find(|discount| discount.general_discount_id == *id)
                    .and_then(|discount| discount.kept_while.clone()),
                extra: Extra::new(),
            })
            .collect(),
        paid_items: reckoning
            .lines
            .iter()
            .chain(&reckoning.prepaid_lines)
            .map(|line| paid_item(line, precision))
            .collect(),
        payments_by_balances: offer
            .balances
            .iter()
            .filter_map(|balance| payment(balance, reckoning, precision))
            .collect(),
        other_payments_value: Number::from_amount(reckoning.to_pay, precision),
        total_with_vat: Number::from_amount(reckoning.total, precision),
        refund_number: None,
        corrective_bill_id: None,
        extra: Extra::new(),
    }
}

/// `None` for a balance that neither spends nor is topped up.
fn used_balance(balance: &OfferBalance) -> Option<UsedBalance> {
    // Validation refuses parts that are too large to add.
    let spent = balance.spent()?;
    let prepaid = balance.prepayment.as_ref().map(|prepayment| prepayment.value);
    let prepaid = prepaid.filter(|value| !value.0.is_zero());
    if spent.controllable.0.is_zero() && spent.fixed.0.is_zero() && prepaid.is_none() {
        return None;
    }
    Some(UsedBalance {
        balance_id: balance.balance_id.clone(),
        used_non_controllable_value: Some(spent.fixed),
        used_controllable_value: Some(spent.controllable),
        prepaid_value: prepaid,
        extra: Extra::new(),
    })
}

/// The amount that the balance paid; `None` for one that did not pay.
fn payment(balance: &OfferBalance, reckoning: &Reckoning, precision: Precision) -> Option<PaymentByBalance> {
    let paid = reckoning.balance_payments.iter().find(|payment| payment.balance_id == balance.balance_id)?;
    Some(PaymentByBalance {
        balance_id: balance.balance_id.clone(),
        value: Some(balance.spent()?.whole),
        value_in_currency: Some(Number::from_amount(paid.value_in_currency, precision)),
        extra: Extra::new(),
    })
}

fn paid_item(reckoned: &ReckonedLine, precision: Precision) -> PaidItem {
    let line = &reckoned.line;
    PaidItem {
        original_check_item_id: Some(line.check_item_id.clone()),
        product: product(&line.product),
        amount: line.amount,
        measure: Some(line.product.measure.clone()),
        vat_rate: Some(line.product.vat_rate),
        total_price_with_vat: Number::from_amount(line.total(), precision),
        applied_benefits: reckoned
            .benefits
            .iter()
            .map(|benefit| {
                let (source_type, discount, balance) = match &benefit.source {
                    Source::Discount(id) => (SourceType::GeneralDiscount, Some(id.clone()), None),
                    Source::Balance(id) => (SourceType::Balance, None, Some(id.clone())),
                };
                AppliedBenefit {
                    source_type,
                    applied_from_general_discount_id: discount,
                    applied_from_balance_id: balance,
                    absolute_total_value: Number::from_amount(benefit.value, precision),
                    application_type: Some(ApplicationType::Discount),
                    extra: Extra::new(),
                }
            })
            .collect(),
        extra: Extra::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sale::reckon;
    use crate::sale::samples::{check, grant, line, offer, settings};
    use serde_json::{Value, json};

    /// The report of a basket and an offer, as it goes over the wire.
    fn reported(lines: &[(&str, i64, &str)], offered: Value) -> Value {
        let check = check(lines.iter().map(|(id, total, rate)| line(id, *total, rate)).collect());
        let (grant, settings, offer) = (grant(), settings(), offer(offered));
        let reckoning = reckon(&check.lines, Some(&offer), settings.precision, true).unwrap();
        let payload = usage(&Paid {
            grant: &grant,
            settings: &settings,
            check: &check,
            offer: &offer,
            reckoning: &reckoning,
            loyalty_provider_id: "provider-1",
            bill_id: "QX2026000417",
            paid_at: "2026-03-01T13:40:02.5Z".parse().unwrap(),
        });
        let text = serde_json::to_string(&payload).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    fn decimal(value: &Value) -> money::Decimal {
        money::parse_decimal(&value.to_string()).unwrap()
    }

    fn sum<'v>(values: impl Iterator<Item = &'v Value>) -> money::Decimal {
        values.map(decimal).sum()
    }

    fn members<'v>(list: &'v Value, member: &str) -> Vec<&'v Value> {
        list.as_array().unwrap().iter().map(|entry| &entry[member]).collect()
    }

    const BASKET: &[(&str, i64, &str)] = &[("gulas", 23_000, "0.12"), ("pivo", 17_000, "0.21")];

    fn benefit(source: &str, id: &str, line: &str, value: f64) -> Value {
        let (discount, balance) = if source == "balance" { (None, Some(id)) } else { (Some(id), None) };
        json!({"checkItemId": line, "benefits": [{"sourceType": source, "appliedFromGeneralDiscountId": discount,
            "appliedFromBalanceId": balance, "absoluteTotalValue": value}]})
    }

    #[test]
    fn every_worked_example_closes() {
        let ten_percent = json!({
        "generalDiscounts": [{"generalDiscountId": "d", "isItemSpecific": true, "valueToUse": 40}],
        "itemBenefitsToApply": [
            benefit("generalDiscount", "d", "gulas", 23.0),
            benefit("generalDiscount", "d", "pivo", 17.0),
        ]});
        let whole_basket = json!({
            "generalDiscounts": [{"generalDiscountId": "d", "isItemSpecific": false, "valueToUse": 10}]});
        let spv = json!({
            "balances": [{"balanceId": "s", "type": "singlePurposePrepaidVoucher",
                "nonControllableValueToUse": 150, "valueToUseInCurrency": 150}],
            "itemBenefitsToApply": [benefit("balance", "s", "gulas", 150.0)]});
        let mpv = json!({"balances": [{"balanceId": "m", "type": "multiPurposePrepaidVoucher",
            "nonControllableValueToUse": 150, "valueToUseInCurrency": 150}]});
        let credit = json!({"balances": [{"balanceId": "c", "type": "prepaidCredit", "currentValue": 900,
            "controllableValueToUse": 300, "valueToUseInCurrency": 300}]});
        let points = json!({
        "balances": [{"balanceId": "p", "type": "collectablePoints", "controllableValueToUse": 100,
            "valueToUseInCurrency": 50}],
        "itemBenefitsToApply": [
            benefit("balance", "p", "gulas", 28.75),
            benefit("balance", "p", "pivo", 21.25),
        ]});
        let top_up =
            json!({"balances": [{"balanceId": "c", "type": "prepaidCredit", "prepayment": {"value": 500}}]});
        let returned = json!({"posMessages": ["50.00 credited"]});
        let three = &[("a", 5_000, "0.12"), ("b", 5_000, "0.12"), ("c", 5_000, "0.21")];
        let coffee = &[("coffee", 6_000, "0.21")];
        let cup = &[("cup", -5_000, "0.21")];

        // case, basket, offer, totalWithVat, otherPaymentsValue, benefits per line, payments by balances
        type Case<'c> =
            (&'c str, &'c [(&'c str, i64, &'c str)], Value, &'c str, &'c str, &'c [&'c str], &'c [&'c str]);
        let cases: &[Case<'_>] = &[
            ("10 % item-specific", BASKET, ten_percent, "360", "360", &["23", "17"], &[]),
            ("10.00 not item-specific", three, whole_basket, "140", "140", &["3.34", "3.33", "3.33"], &[]),
            ("SPV", BASKET, spv, "250", "250", &["150", "0"], &[]),
            ("MPV", BASKET, mpv, "400", "250", &["0", "0"], &["150"]),
            ("credit", BASKET, credit, "400", "100", &["0", "0"], &["300"]),
            ("points", BASKET, points, "350", "350", &["28.75", "21.25"], &[]),
            ("top-up with a coffee", coffee, top_up, "560", "560", &["0", "0"], &[]),
            ("a cup returned", cup, returned, "-50", "-50", &["0"], &[]),
        ];
        for (case, basket, offered, total, other, benefits, payments) in cases {
            let report = reported(basket, offered.clone());
            assert_eq!(report["totalWithVat"].to_string(), *total, "{case}");
            assert_eq!(report["otherPaymentsValue"].to_string(), *other, "{case}");
            let items = report["paidItems"].as_array().unwrap();
            let off: Vec<String> = items
                .iter()
                .map(|item| {
                    sum(members(&item["appliedBenefits"], "absoluteTotalValue").into_iter()).to_string()
                })
                .collect();
            assert_eq!(off, *benefits, "{case}");
            for item in items {
                for benefit in item["appliedBenefits"].as_array().unwrap() {
                    assert_eq!(benefit["applicationType"], "discount", "{case}");
                }
            }
            let paid: Vec<String> = members(&report["paymentsByBalances"], "valueInCurrency")
                .iter()
                .map(|value| value.to_string())
                .collect();
            assert_eq!(paid, *payments, "{case}");
            // Both definitions of the total.
            let lines = sum(members(&report["paidItems"], "totalPriceWithVat").into_iter());
            let off: money::Decimal = off.iter().map(|text| money::parse_decimal(text).unwrap()).sum();
            assert_eq!(lines - off, decimal(&report["totalWithVat"]), "{case}");
            let by_balances = sum(members(&report["paymentsByBalances"], "valueInCurrency").into_iter());
            assert_eq!(
                by_balances + decimal(&report["otherPaymentsValue"]),
                decimal(&report["totalWithVat"]),
                "{case}"
            );
        }
    }

    #[test]
    fn a_used_balance_says_which_part_was_used() {
        let balances = |report: &Value| report["usedBalances"].clone();
        let mixed = json!({"balances": [
            {"balanceId": "fixed", "type": "multiPurposePrepaidVoucher", "nonControllableValueToUse": 150,
                "valueToUseInCurrency": 150},
            {"balanceId": "chosen", "type": "prepaidCredit", "controllableValueToUse": 100, "valueToUseInCurrency": 100},
            {"balanceId": "topped", "type": "prepaidCredit", "prepayment": {"value": 500}},
            {"balanceId": "idle", "type": "prepaidCredit", "currentValue": 7, "controllableValueToUse": 0},
            {"balanceId": "parts", "type": "prepaidCredit", "controllableValueToUse": 60, "nonControllableValueToUse": 5},
            {"balanceId": "worth", "type": "multiPurposePrepaidVoucher", "currentValue": 80, "valueToUseInCurrency": 70},
        ]});
        let expected = json!([
            {"balanceId": "fixed", "usedNonControllableValue": 150, "usedControllableValue": 0, "prepaidValue": null},
            {"balanceId": "chosen", "usedNonControllableValue": 0, "usedControllableValue": 100, "prepaidValue": null},
            {"balanceId": "topped", "usedNonControllableValue": 0, "usedControllableValue": 0, "prepaidValue": 500},
            {"balanceId": "parts", "usedNonControllableValue": 5, "usedControllableValue": 60, "prepaidValue": null},
            {"balanceId": "worth", "usedNonControllableValue": 70, "usedControllableValue": 0, "prepaidValue": null},
        ]);
        let report = reported(BASKET, mixed);
        assert_eq!(balances(&report), expected);
        // Payments are what left the balances, whichever members the partner said it by.
        let paid = json!([
            {"balanceId": "fixed", "value": 150, "valueInCurrency": 150},
            {"balanceId": "chosen", "value": 100, "valueInCurrency": 100},
            {"balanceId": "parts", "value": 65, "valueInCurrency": 65},
            {"balanceId": "worth", "value": 70, "valueInCurrency": 70},
        ]);
        assert_eq!(report["paymentsByBalances"], paid);
        assert_eq!(report["otherPaymentsValue"], json!(515));
    }

    #[test]
    fn a_voucher_offered_by_its_worth_alone_is_used_by_as_much() {
        let spv = json!({
            "balances": [{"balanceId": "s", "type": "singlePurposePrepaidVoucher", "valueToUseInCurrency": 100}],
            "itemBenefitsToApply": [benefit("balance", "s", "gulas", 100.0)]});
        let report = reported(BASKET, spv);
        let used = json!([
            {"balanceId": "s", "usedNonControllableValue": 100, "usedControllableValue": 0, "prepaidValue": null}]);
        assert_eq!((&report["usedBalances"], &report["totalWithVat"]), (&used, &json!(300)));
    }

    #[test]
    fn names_and_metadata_go_along() {
        let offered = json!({"customer": {"customerId": "member-7"}, "metadata": {"k": [1, {"x": 2.5}]}});
        let report = reported(BASKET, offered);
        for (member, expected) in [
            ("loyaltyOfferId", json!("offer-1")),
            ("loyaltyProviderId", json!("provider-1")),
            ("billId", json!("QX2026000417")),
            ("billState", json!("paid")),
            ("merchantId", json!("merchant1")),
            ("placeId", json!("place1")),
            ("deviceNumber", json!(1)),
            ("customerId", json!("member-7")),
            ("paidAt", json!("2026-03-01T13:40:02.500Z")),
            ("currencyCode", json!("CZK")),
            ("countryCode", json!("CZ")),
            ("benefitInputs", json!([{"inputCode": "card"}, {"inputCode": "card"}])),
        ] {
            assert_eq!(report[member], expected, "{member}");
        }
        let metadata: Value = serde_json::from_str(report["metadata"].as_str().unwrap()).unwrap();
        assert_eq!(metadata, json!({"k": [1, {"x": 2.5}]}));
    }
}
