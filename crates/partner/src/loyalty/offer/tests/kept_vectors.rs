//! Does an offer say while what a refund leaves a discount as it is? (loyalty.md §6 C9)

use super::promotion_vectors::{basket, dinner, rule};
use serde_json::{Value, json};

/// loyalty.md C9: what was counted, as the rule counts it, so that a till can tell with a refund.
#[test]
fn an_offer_says_while_what_a_discount_is_kept() {
    let big = |minimum: Value, lost: &str| {
        let more = json!({ "scope": { "on": "order", "exceptCategories": ["deli"] }, "conditionLost": lost,
            "conditions": { "minimumAmount": minimum } });
        rule(&json!({ "percent": { "percent": 20 } }), &more)
    };
    // minimum, what is kept of it, what M, B, D and C counted
    for (minimum, least, counted) in [
        (json!({ "amount": 400 }), "400", ["200", "177", "95", "null"]),
        // after the ten off each beer
        (json!({ "amount": 400, "over": "basket" }), "400", ["200", "147", "95", "70"]),
        (json!({ "amount": 400, "over": "basket", "of": "initial" }), "400", ["200", "177", "95", "70"]),
        // 200.00, 177.00 and 95.00 hold 421.43 at 12 %, one by one 421.43 too
        (json!({ "amount": 400, "net": true }), "400", ["178.57", "158.04", "84.82", "null"]),
    ] {
        let mut sample = dinner();
        if minimum["over"] == "basket" {
            sample = sample.promotion(
                "beer",
                rule(&json!({ "amount": { "amount": 10 } }), &json!({ "scope": { "products": ["beer"] } })),
            );
        }
        let answer = sample.promotion("big", big(minimum.clone(), "reprice")).answer();
        let discounts = answer["generalDiscounts"].as_array().unwrap();
        let of = |id: &str| {
            discounts.iter().find(|one| one["generalDiscountId"] == id).cloned().unwrap_or_default()
        };
        let kept = &of("big")["keptWhile"];
        assert_eq!(kept["minimumAmount"].to_string(), least, "{minimum}");
        let lines = kept["lines"].as_array().unwrap();
        let found = ["M", "B", "D", "C"].map(|id| {
            let line = lines.iter().find(|line| line["checkItemId"] == id);
            line.map_or_else(|| "null".to_owned(), |line| line["value"].to_string())
        });
        assert_eq!(found, counted.map(str::to_owned), "{minimum}");
        assert!(of("beer")["keptWhile"].is_null(), "no condition, nothing to lose");
    }
    let kept = dinner().promotion("big", big(json!({ "amount": 400 }), "keep")).answer();
    assert!(kept["generalDiscounts"][0]["keptWhile"].is_null());
    let tiny =
        basket(&[("a", "a", "x", "1", "0.05"), ("b", "b", "x", "1", "0.05"), ("c", "c", "x", "1", "0.05")]);
    let answer = tiny.promotion("big", big(json!({ "amount": "0.13", "net": true }), "reprice")).answer();
    let lines = answer["generalDiscounts"][0]["keptWhile"]["lines"].as_array().unwrap().clone();
    let values: Vec<String> = lines.iter().map(|line| line["value"].to_string()).collect();
    // 0.15 hold 0.13; each 0.05 alone holds 0.04: the first line has the spare one
    assert_eq!(values, ["0.05", "0.04", "0.04"]);
}
