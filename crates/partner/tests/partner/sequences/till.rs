//! How does a register of a sequence ask and report, as the platform does?

use super::steps::{Line, Told};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A number of the wire in minor units.
pub(super) fn minor(value: &Value) -> i64 {
    let text = value.to_string();
    let text = text.trim_matches('"');
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, cents) = text.split_once('.').unwrap_or((text, ""));
    assert!(cents.len() <= 2, "{value}: an amount has two decimals");
    sign * (whole.parse::<i64>().unwrap() * 100 + format!("{cents:0<2}").parse::<i64>().unwrap())
}

/// Minor units as a number of the wire.
pub(super) fn money(minor: i64) -> Value {
    decimal(minor, 100, 2)
}

fn decimal(value: i64, scale: i64, digits: usize) -> Value {
    let sign = if value < 0 { "-" } else { "" };
    let (whole, part) = (value.abs() / scale, value.abs() % scale);
    serde_json::from_str(&format!("{sign}{whole}.{part:0digits$}")).unwrap()
}

fn product(name: &str) -> Value {
    json!({"productId": name, "name": name, "categories": [{"categoryId": "c", "parentCategoryId": null, "name": "Nápoje"}]})
}

/// A question for an offer.
pub(super) struct Asked<'a> {
    pub(super) merchant: &'a str,
    pub(super) offer: &'a str,
    pub(super) check: &'a str,
    pub(super) device: i64,
    pub(super) basket: &'a [Line],
    pub(super) codes: &'a [&'static str],
    /// What the cashier picked.
    pub(super) balances: Vec<Value>,
}

pub(super) fn question(asked: &Asked<'_>) -> Value {
    let inputs: Vec<Value> = asked.codes.iter().map(|code| json!({"inputCode": code})).collect();
    let items: Vec<Value> = (1..)
        .zip(asked.basket)
        .map(|(number, line): (usize, &Line)| {
            json!({"checkItemId": number.to_string(), "amount": decimal(line.amount, 1_000, 3), "measure": "pcs",
                "totalPriceWithVat": money(line.total), "totalAppliedNonLoyaltyDiscounts": 0,
                "vatRate": money(line.vat), "vatId": 1, "product": product(line.product)})
        })
        .collect();
    json!({
        "checkId": asked.check, "loyaltyOfferId": asked.offer, "deviceNumber": asked.device,
        "currencyCode": "CZK", "countryCode": "CZ", "posLang": "cs", "billLang": "cs", "pricePrecision": 2,
        "benefitInputs": inputs, "balances": asked.balances, "merchantId": asked.merchant, "placeId": "P",
        "itemsToPay": items
    })
}

/// What the cashier picks of the controllable balances of an answer, in percent of the most.
pub(super) fn choices(answer: &Value, percent: i64) -> Vec<Value> {
    let balances = answer["balances"].as_array().unwrap().iter();
    balances
        .filter(|one| !one["controllableStep"].is_null())
        .map(|one| {
            let step = minor(&one["controllableStep"]).max(1);
            let picked = minor(&one["maxControllableValue"]) * percent / 100 / step * step;
            json!({"balanceId": one["balanceId"], "controllableValueToUse": money(picked)})
        })
        .collect()
}

/// The report of a bill paid as the answer said, or with other values.
pub(super) fn report(
    merchant: &str,
    question: &Value,
    answer: &Value,
    bill: &str,
    told: Told,
    paid_at: &str,
) -> Value {
    let percent = match told {
        Told::Percent(percent) => percent,
        Told::AsGiven | Told::NoOffer => 100,
    };
    let part = |minor: i64| minor * percent / 100;
    let empty = Vec::new();
    let list = |value: &'_ Value| value.as_array().unwrap_or(&empty).clone();
    let mut off: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for item in list(&answer["itemBenefitsToApply"]) {
        let benefits = list(&item["benefits"]).into_iter().map(|mut benefit| {
            benefit["absoluteTotalValue"] = money(part(minor(&benefit["absoluteTotalValue"])));
            benefit["applicationType"] = json!("discount");
            benefit
        });
        off.entry(item["checkItemId"].as_str().unwrap().to_owned()).or_default().extend(benefits);
    }
    let (mut total, mut items) = (0, Vec::new());
    for item in list(&question["itemsToPay"]) {
        let id = item["checkItemId"].as_str().unwrap();
        let benefits = off.remove(id).unwrap_or_default();
        total += minor(&item["totalPriceWithVat"]);
        total -= benefits.iter().map(|benefit| minor(&benefit["absoluteTotalValue"])).sum::<i64>();
        items.push(json!({"originalCheckItemId": id, "amount": item["amount"], "measure": "pcs",
            "vatRate": item["vatRate"], "totalPriceWithVat": item["totalPriceWithVat"],
            "product": item["product"], "appliedBenefits": benefits}));
    }
    let (mut used, mut payments, mut by_balances) = (Vec::new(), Vec::new(), 0);
    for balance in list(&answer["balances"]) {
        let of = |name: &str| if balance[name].is_null() { 0 } else { part(minor(&balance[name])) };
        let id = &balance["balanceId"];
        // points are whole
        let whole = balance["type"] == "collectablePoints" && balance["unit"] != "CZK";
        let unit = |value: i64| if whole { value / 100 * 100 } else { value };
        let (picked, fixed) = (unit(of("controllableValueToUse")), unit(of("nonControllableValueToUse")));
        let prepaid = balance["prepayment"].get("value").map_or(0, |value| part(minor(value)));
        if picked + fixed + prepaid == 0 {
            continue;
        }
        used.push(json!({"balanceId": id, "usedNonControllableValue": money(fixed),
            "usedControllableValue": money(picked), "prepaidValue": money(prepaid)}));
        let tender =
            ["multiPurposePrepaidVoucher", "prepaidCredit"].contains(&balance["type"].as_str().unwrap());
        if tender && picked + fixed > 0 {
            by_balances += of("valueToUseInCurrency");
            payments.push(json!({"balanceId": id, "value": money(picked + fixed),
                "valueInCurrency": money(of("valueToUseInCurrency"))}));
        }
        if prepaid > 0 {
            total += prepaid;
            let line = format!("prepayment:{}", id.as_str().unwrap());
            items.push(json!({"originalCheckItemId": line, "amount": 1, "measure": "pcs", "vatRate": 0,
                "totalPriceWithVat": money(prepaid), "product": product("prepayment"), "appliedBenefits": []}));
        }
    }
    let discounts: Vec<Value> = list(&answer["generalDiscounts"])
        .iter()
        .map(|one| json!({"generalDiscountId": one["generalDiscountId"], "usedValue": money(part(minor(&one["valueToUse"])))}))
        .collect();
    let offer = match told {
        Told::NoOffer => json!(format!("unknown-{bill}")),
        _ => question["loyaltyOfferId"].clone(),
    };
    json!({
        "loyaltyOfferId": offer, "billId": bill, "billState": "paid", "deviceNumber": question["deviceNumber"],
        "merchantId": merchant, "placeId": "P", "benefitInputs": question["benefitInputs"],
        "customerId": answer["customer"].get("customerId"), "metadata": answer["metadata"].to_string(),
        "currencyCode": "CZK", "countryCode": "CZ", "paidAt": paid_at, "usedBalances": used,
        "usedGeneralDiscounts": discounts, "paidItems": items, "paymentsByBalances": payments,
        "otherPaymentsValue": money(total - by_balances), "totalWithVat": money(total)
    })
}

/// A refund of so many thousandths of some lines of a bill; without any line, of whatever is left.
pub(super) fn refund(paid: &Value, number: i64, lines: u64, thousandths: i64, tender: Option<i64>) -> Value {
    let (mut report, mut total) = (paid.clone(), 0);
    let items = paid["paidItems"].as_array().unwrap().iter().enumerate();
    let items: Vec<Value> = items
        .filter(|(index, _)| lines >> index & 1 == 1)
        .map(|(_, item)| {
            let gross = minor(&item["totalPriceWithVat"]) * thousandths / 1_000;
            total += gross;
            let mut item = item.clone();
            item["amount"] = decimal(thousandths, 1_000, 3);
            item["totalPriceWithVat"] = money(gross);
            item["appliedBenefits"] = json!([]);
            item
        })
        .collect();
    let payments = paid["paymentsByBalances"].as_array().unwrap().iter().filter_map(|payment| {
        let value = money(minor(&payment["valueInCurrency"]) * tender? / 100);
        Some(json!({"balanceId": payment["balanceId"], "value": value, "valueInCurrency": value}))
    });
    report["paymentsByBalances"] = payments.collect::<Vec<_>>().into();
    report["billState"] = json!("refunded");
    report["refundNumber"] = json!(number);
    report["correctiveBillId"] = json!(format!("corrective-{number}"));
    report["usedBalances"] = json!([]);
    report["paidItems"] = items.into();
    report["totalWithVat"] = money(total);
    report["otherPaymentsValue"] = money(total);
    report
}
