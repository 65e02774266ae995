//! What do promotions do where a basket only half fits them, as docs/program.md says under "At the edges"?

use super::promotion_vectors::{basket, rule};
use super::sample::{Sample, benefits};
use serde_json::{Value, json};

/// What each line of a basket of A, B and C loses in all.
fn off(sample: &Sample) -> [String; 3] {
    let answer = sample.answer();
    ["A", "B", "C"].map(|line| {
        let shares = benefits(&answer, line);
        let sum: money::Decimal =
            shares.iter().map(|(_, value)| value.parse::<money::Decimal>().unwrap()).sum();
        sum.normalize().to_string()
    })
}

fn buy_and_get(buy: u32, get: u32) -> Value {
    json!({ "buyGet": { "buy": buy, "get": get } })
}

#[test]
fn a_set_that_is_not_full_gives_what_is_there() {
    // beers of 10.00; buy, get, free ones
    for (beers, buy, get, free) in [
        (2, 2, 2, 0),
        (3, 2, 2, 1),
        (4, 2, 2, 2),
        (5, 2, 2, 2),
        (6, 2, 2, 2),
        (7, 2, 2, 3),
        (3, 2, 1, 1),
        (5, 3, 3, 2),
    ] {
        let sample = basket(&[("A", "beer", "drinks", &beers.to_string(), &format!("{beers}0.00"))])
            .promotion("p", rule(&buy_and_get(buy, get), &json!({})));
        assert_eq!(off(&sample)[0], (free * 10).to_string(), "{beers} beers, buy {buy} get {get}");
    }
}

#[test]
fn a_unit_that_is_free_already_is_not_the_cheapest() {
    let all_off = json!({ "percent": { "percent": 100 } });
    let first = |what: &str| rule(&all_off, &json!({ "scope": { "products": [what] } }));
    // what is free already, what comes after it, what A of 30.00, B of 50.00 and C of 80.00 lose
    for (free, kind, expected) in [
        ("a", json!({ "freeUnit": { "units": 1 } }), ["30", "50", "0"]),
        ("b", json!({ "freeUnit": { "units": 1 } }), ["30", "50", "0"]),
        ("a", json!({ "freeUnit": { "units": 1, "pick": "dearest" } }), ["30", "0", "80"]),
        ("a", buy_and_get(1, 1), ["30", "50", "0"]),
        ("c", buy_and_get(1, 1), ["30", "0", "80"]),
    ] {
        let sample = basket(&[
            ("A", "a", "food", "1", "30.00"),
            ("B", "b", "food", "1", "50.00"),
            ("C", "c", "food", "1", "80.00"),
        ])
        .promotion("first", first(free))
        .promotion("second", rule(&kind, &json!({ "priority": 2 })));
        assert_eq!(off(&sample), expected, "{free} free, then {kind}");
    }
}

#[test]
fn a_line_of_a_fractional_quantity_has_no_units() {
    // A is 2.5 of something for 25.00, B two units for 60.00, C one for 90.00
    for (kind, expected) in [
        (json!({ "freeUnit": { "units": 1 } }), ["0", "30", "0"]),
        (json!({ "freeUnit": { "units": 9 } }), ["0", "60", "90"]),
        (buy_and_get(2, 1), ["0", "30", "0"]),
        (
            json!({ "bundle": { "parts": [{ "products": ["a"] }, { "products": ["c"] }], "price": 1 } }),
            ["0", "0", "0"],
        ),
        (json!({ "percent": { "percent": 10 } }), ["2.5", "6", "9"]),
        (json!({ "amount": { "amount": 2 } }), ["5", "4", "2"]),
    ] {
        let sample = basket(&[
            ("A", "a", "food", "2.5", "25.00"),
            ("B", "b", "food", "2", "60.00"),
            ("C", "c", "food", "1", "90.00"),
        ])
        .promotion("p", rule(&kind, &json!({})));
        assert_eq!(off(&sample), expected, "{kind}");
    }
}
