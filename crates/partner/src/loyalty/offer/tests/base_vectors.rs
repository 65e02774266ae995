//! Of what is a percentage of the whole order taken, and by what weights is a capped discount spread?
//!
//! loyalty.md R0 and §2: worked numbers, then baskets at random against the arithmetic said another way.

use super::promotion_vectors::{basket, rule};
use super::sample::{Sample, benefits};
use crate::loyalty::offer::bill::Source;
use money::{Amount, percentage, spread};
use proptest::prelude::*;
use serde_json::{Value, json};

/// What one promotion takes off each line, in minor units.
fn taken_by(sample: &Sample, id: &str) -> Vec<Amount> {
    let source = Source::Promotion(sample.program().position(id).expect("a promotion of the sample"));
    sample.look(|quote, _, _| {
        let of = |shares: &Vec<crate::loyalty::offer::bill::Share>| {
            shares.iter().filter(|share| share.source == source).map(|share| share.value).sum()
        };
        quote.shares.iter().map(of).collect()
    })
}

fn sum(shares: &[Amount]) -> i64 {
    shares.iter().map(|share| share.0).sum()
}

fn order_percent(percent: i64, of: &str) -> Value {
    rule(
        &json!({ "percent": { "percent": percent, "of": of } }),
        &json!({ "scope": { "on": "order" }, "priority": 9 }),
    )
}

/// Two things of 100.00. However much another promotion or a floor leaves of the first one, 10 % of the initial prices
/// are 20.00: what cannot come off the first line comes off the second.
#[test]
fn a_line_with_nothing_left_to_lose_still_counts() {
    let two = || basket(&[("A", "a", "c", "1", "100.00"), ("B", "b", "c", "1", "100.00")]);
    // what comes off A first, by which kind
    for first in [
        json!({ "percent": { "percent": 100 } }),
        json!({ "amount": { "amount": 100 } }),
        json!({ "amount": { "amount": "99.99" } }),
        json!({ "amount": { "amount": 500, "per": "total" } }),
        json!({ "price": { "price": 0 } }),
        json!({ "freeUnit": { "units": 1 } }),
        json!({ "bundle": { "parts": [{ "products": ["a"] }], "percent": 100 } }),
    ] {
        let sample = two()
            .promotion("item", rule(&first, &json!({ "scope": { "products": ["a"] } })))
            .promotion("order", order_percent(10, "initial"));
        assert_eq!(sum(&taken_by(&sample, "order")), 2_000, "{first}");
    }
    for of in ["initial", "remaining"] {
        for floor in ["100", "99.99", "150"] {
            let mut sample = two().promotion("order", order_percent(10, of));
            sample.settings = json!({ "pricing": { "floors": { "a": floor } } });
            let taken = taken_by(&sample, "order");
            assert_eq!(sum(&taken), 2_000, "{of} above a floor of {floor}: {taken:?}");
        }
        // what no promotion may lower is no part of it, nor are lines that share their id
        let mut sample = two().promotion("order", order_percent(10, of));
        sample.settings = json!({ "pricing": { "neverDiscounted": { "products": ["a"] } } });
        assert_eq!(sum(&taken_by(&sample, "order")), 1_000, "{of}");
        let sample = basket(&[
            ("A", "a", "c", "1", "100.00"),
            ("B", "b", "c", "1", "100.00"),
            ("B", "c", "c", "1", "100.00"),
        ])
        .promotion("order", order_percent(10, of));
        assert_eq!(sum(&taken_by(&sample, "order")), 1_000, "{of}");
    }
    // nothing is left anywhere: nothing comes off
    let sample = two()
        .promotion("item", rule(&json!({ "percent": { "percent": 100 } }), &json!({})))
        .promotion("order", order_percent(10, "initial"));
    assert_eq!(sum(&taken_by(&sample, "order")), 0);
}

/// Uncapped, 1.00 over 1.00 and 0.50 is 0.67 and 0.33; its cap of 0.50 is spread by these, 0.34 and 0.16. By the prices it
/// would be 0.33 and 0.17.
#[test]
fn a_capped_total_is_spread_by_its_uncapped_discounts() {
    let total = json!({ "amount": { "amount": 1, "per": "total" } });
    let two = || basket(&[("A", "a", "c", "1", "1.00"), ("B", "b", "c", "1", "0.50")]);
    for (more, off) in [
        (json!({}), ["0.67", "0.33"]),
        (json!({ "maxDiscount": "0.50" }), ["0.34", "0.16"]),
        (json!({ "limits": [{ "per": "campaign", "amount": "0.50" }] }), ["0.34", "0.16"]),
        // a discount on the order is spread by what is still payable, capped or not
        (json!({ "maxDiscount": "0.50", "scope": { "on": "order" } }), ["0.33", "0.17"]),
    ] {
        let answer = two().promotion("p", rule(&total, &more)).answer();
        let found = ["A", "B"].map(|id| benefits(&answer, id).remove(0).1);
        assert_eq!(found, off, "{more}");
    }
    let bundle = |off: &Value| {
        let mut bundle = json!({ "parts": [{ "products": ["a"] }, { "products": ["b"] }] });
        bundle.as_object_mut().unwrap().extend(off.as_object().unwrap().clone());
        json!({ "bundle": bundle })
    };
    for off in [json!({ "amount": 1 }), json!({ "price": "0.50" })] {
        let sample = two().promotion("p", rule(&bundle(&off), &json!({ "maxDiscount": "0.50" })));
        assert_eq!(taken_by(&sample, "p"), [Amount(34), Amount(16)], "{off}");
    }
}

proptest! {
    #![proptest_config(crate::cases())]

    /// The base of an order percentage is the sum of its lines' prices, whatever was taken off them or may not be.
    #[test]
    fn an_order_percentage_is_taken_of_all_its_lines(
        prices in prop::collection::vec(1_i64..50_000, 1..7),
        first in prop::collection::vec((0_usize..7, 1_i64..=100), 0..4),
        floors in prop::collection::vec((0_usize..7, 0_i64..60_000), 0..3),
        percent in 1_i64..=100, initial in any::<bool>(),
    ) {
        let ids: Vec<String> = (0..prices.len()).map(|at| format!("p{at}")).collect();
        let text = |minor: i64| format!("{}.{:02}", minor / 100, minor % 100);
        let prices_text: Vec<String> = prices.iter().map(|price| text(*price)).collect();
        let lines: Vec<_> =
            ids.iter().zip(&prices_text).map(|(id, price)| (id.as_str(), id.as_str(), "c", "1", price.as_str())).collect();
        let mut sample = basket(&lines);
        for (at, (line, off)) in first.iter().enumerate() {
            let kind = json!({ "percent": { "percent": off } });
            let scope = json!({ "scope": { "products": [format!("p{line}")] } });
            sample = sample.promotion(["first", "second", "third"][at], rule(&kind, &scope));
        }
        sample = sample.promotion("order", order_percent(percent, if initial { "initial" } else { "remaining" }));
        let floor = |line: usize| floors.iter().rev().find(|(at, _)| *at == line).map(|(_, floor)| *floor);
        let set: serde_json::Map<String, Value> =
            floors.iter().map(|(line, floor)| (format!("p{line}"), json!(text(*floor)))).collect();
        sample.settings = json!({ "pricing": { "floors": set } });
        let taken = taken_by(&sample, "order");
        let mut left: Vec<i64> = prices.clone();
        for id in ["first", "second", "third"].into_iter().take(first.len()) {
            for (left, off) in left.iter_mut().zip(taken_by(&sample, id)) {
                *left -= off.0;
            }
        }
        let base: i64 = if initial { prices.iter().sum() } else { left.iter().sum() };
        let open: i64 = left.iter().enumerate().map(|(at, left)| (left - floor(at).unwrap_or(0)).max(0)).sum();
        let expected = percentage(Amount(base), money::Decimal::from(percent)).0.min(open);
        prop_assert_eq!(sum(&taken), expected, "{:?} left {:?}", prices, left);
    }

    /// A capped total lies over the lines as the uncapped one would, made smaller.
    #[test]
    fn a_capped_total_follows_the_uncapped_one(
        prices in prop::collection::vec(1_i64..50_000, 1..7), total in 1_i64..60_000, cap in 1_i64..60_000,
    ) {
        let text = |minor: i64| format!("{}.{:02}", minor / 100, minor % 100);
        let owned: Vec<(String, String)> =
            prices.iter().enumerate().map(|(at, price)| (format!("p{at}"), text(*price))).collect();
        let lines: Vec<_> =
            owned.iter().map(|(id, price)| (id.as_str(), id.as_str(), "c", "1", price.as_str())).collect();
        let of = |more: &Value| {
            let kind = json!({ "amount": { "amount": text(total), "per": "total" } });
            taken_by(&basket(&lines).promotion("p", rule(&kind, more)), "p")
        };
        let uncapped = of(&json!({}));
        let weights: Vec<Amount> = prices.iter().copied().map(Amount).collect();
        prop_assert_eq!(&uncapped, &spread(Amount(total), &weights));
        let capped = of(&json!({ "maxDiscount": text(cap) }));
        prop_assert_eq!(capped, spread(Amount(cap), &uncapped));
    }
}
