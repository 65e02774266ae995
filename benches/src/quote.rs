//! How long does the pure quote take, for a basket and a program that are larger than any restaurant's?

use anyhow::Context as _;
use jiff::Timestamp;
use partner::Trial;
use serde_json::{Value, json};
use std::hint::black_box;
use std::time::Instant;

const LINES: usize = 100;
const PROMOTIONS: usize = 50;
const CATEGORIES: usize = 10;

/// A basket of 100 lines under 50 promotions of every kind that all work on it.
pub(crate) fn measure() -> anyhow::Result<Value> {
    let promotions: Vec<(String, String)> = (0..PROMOTIONS)
        .map(|number| (format!("promotion-{number:02}"), promotion(number).to_string()))
        .collect();
    let rules: Vec<(&str, &str)> = promotions.iter().map(|(id, rule)| (id.as_str(), rule.as_str())).collect();
    let trial = Trial::read("{}", &rules, basket().to_string().as_bytes()).map_err(anyhow::Error::msg)?;
    let now: Timestamp = "2026-03-02T11:30:00Z".parse().context("the hour")?;

    let first = trial.quote(now);
    anyhow::ensure!(first.applied >= PROMOTIONS / 2, "only {} promotions apply", first.applied);
    anyhow::ensure!(
        first.payable.0 > 0 && first.total.0 == first.benefits.0 + first.payable.0,
        "the quote does not add up: {first:?}"
    );
    let mut times = Vec::with_capacity(5_000);
    for round in 0..6_000 {
        let started = Instant::now();
        let quoted = black_box(&trial).quote(black_box(now));
        let elapsed = started.elapsed();
        anyhow::ensure!(quoted == first, "the same question got {quoted:?} after {first:?}");
        // the first thousand warm up
        if round >= 1_000 {
            times.push(elapsed.as_micros());
        }
    }
    times.sort_unstable();
    let at = |hundredth: usize| times[(times.len() - 1) * hundredth / 100];
    Ok(json!({
        "lines": LINES,
        "promotions": PROMOTIONS,
        "promotionsApplied": first.applied,
        "quotes": times.len(),
        "p50Us": u64::try_from(at(50))?,
        "p99Us": u64::try_from(at(99))?,
    }))
}

/// Small ones, so that something is left for each: whole-basket and line by line, with conditions, groups and a
/// budget that looks at a minimum.
fn promotion(number: usize) -> Value {
    let category = json!([format!("c:{}", number % CATEGORIES)]);
    let items = json!({"on": "items", "categories": category});
    let (kind, scope) = match number % 8 {
        0 => (json!({"percent": {"percent": 1}}), json!({"on": "order"})),
        1 => (json!({"percent": {"percent": 2}}), items),
        2 => (json!({"amount": {"amount": 1, "per": "unit"}}), items),
        3 => (json!({"price": {"price": 30}}), json!({"on": "items", "products": [format!("p:{number}")]})),
        4 => (json!({"freeUnit": {"units": 1}}), items),
        5 => (json!({"buyGet": {"buy": 2, "get": 1, "percent": 10}}), items),
        6 => (
            json!({"bundle": {"parts": [{"categories": category, "count": 1}, {"count": 1}], "percent": 5, "timesMax": 2}}),
            json!({"on": "items"}),
        ),
        _ => (json!({"amount": {"amount": 3, "per": "total"}}), json!({"on": "order"})),
    };
    let mut rule = json!({"kind": kind, "scope": scope, "trigger": "automatic"});
    match number % 5 {
        1 => rule["conditions"] = json!({"minimumAmount": {"amount": 100}}),
        2 => rule["conditions"] = json!({"hours": [{"from": "10:00", "until": "14:00"}]}),
        3 => rule["group"] = json!({"id": format!("group-{}", number % 3), "mode": "highest", "per": "line"}),
        _ => {}
    }
    rule
}

fn basket() -> Value {
    let line = |number: usize| {
        let rate = if number.is_multiple_of(3) { 21 } else { 12 };
        json!({"checkItemId": number.to_string(), "amount": 1 + number % 4, "measure": "pcs", "vatRate": rate,
            "totalPriceWithVat": (100 + 7 * number) * (1 + number % 4), "totalAppliedNonLoyaltyDiscounts": 0,
            "product": {"productId": format!("p:{number}"), "name": format!("Dish {number}"), "categories": [
                {"categoryId": format!("c:{}", number % CATEGORIES), "parentCategoryId": "c:menu", "name": "Menu"}]}})
    };
    json!({"checkId": "check-1", "loyaltyOfferId": "68b43b9ab72957e8ff5a6699", "deviceNumber": 1, "merchantId": "m",
        "placeId": "p", "currencyCode": "CZK", "countryCode": "CZ", "posLang": "cs", "billLang": "cs", "pricePrecision": 2,
        "benefitInputs": [], "balances": [], "itemsToPay": (0..LINES).map(line).collect::<Vec<_>>()})
}
