//! Do promotions of every kind, with conditions, groups and limits, come out to the cent?
//!
//! loyalty.md §1, §2 and §4; worked numbers, one table per rule.

use super::sample::{Sample, benefits, inputs, is_empty, line, number, two_lines};
use crate::loyalty::offer::code::{Meaning, Member};
use crate::loyalty::offer::quote::Sale;
use crate::loyalty::promotion::LimitUse;
use money::Amount;
use serde_json::{Value, json};

/// A rule by its kind, on items, automatic unless `more` says otherwise.
pub(super) fn rule(kind: &Value, more: &Value) -> Value {
    let mut rule = json!({ "kind": kind, "scope": { "on": "items" }, "trigger": "automatic" });
    for (name, value) in more.as_object().unwrap() {
        match (&mut rule[name], value) {
            (Value::Object(known), Value::Object(more)) => known.extend(more.clone()),
            (known, value) => *known = value.clone(),
        }
    }
    rule
}

/// Lines of (id, product, category, quantity, total).
pub(super) fn basket(lines: &[(&str, &str, &str, &str, &str)]) -> Sample {
    let lines = lines.iter().map(|(id, product, category, quantity, total)| {
        let mut line = line(id, product, category, total, "0.12");
        line["amount"] = serde_json::from_str(quantity).unwrap();
        line
    });
    Sample::new(lines.collect())
}

/// Two meals, three beers, a dessert, and 0.35 kg of cheese: 200.00, 177.00, 95.00, 70.00.
pub(super) fn dinner() -> Sample {
    basket(&[
        ("M", "meal", "food", "2", "200.00"),
        ("B", "beer", "drinks", "3", "177.00"),
        ("D", "dessert", "food", "1", "95.00"),
        ("C", "cheese", "deli", "0.35", "70.00"),
    ])
}

/// What each line of a basket loses in all.
fn off(answer: &Value, lines: &[&str]) -> Vec<String> {
    let sum = |id: &&str| {
        let shares = benefits(answer, id);
        let sum: money::Decimal =
            shares.iter().map(|(_, value)| value.parse::<money::Decimal>().unwrap()).sum();
        sum.normalize().to_string()
    };
    lines.iter().map(sum).collect()
}

fn dinner_off(sample: &Sample) -> Vec<String> {
    off(&sample.answer(), &["M", "B", "D", "C"])
}

#[test]
fn every_kind_by_the_numbers() {
    // kind, more of the rule, what M, B, D and C lose
    for (kind, more, expected) in [
        (json!({ "percent": { "percent": 10 } }), json!({}), ["20", "17.7", "9.5", "7"]),
        (json!({ "amount": { "amount": 10 } }), json!({}), ["20", "30", "10", "3.5"]),
        (json!({ "amount": { "amount": "10.005" } }), json!({}), ["20.02", "30.03", "10.01", "3.5"]),
        (json!({ "amount": { "amount": 80 } }), json!({}), ["160", "177", "80", "28"]),
        (json!({ "amount": { "amount": 80, "per": "line" } }), json!({}), ["80", "80", "80", "70"]),
        (json!({ "amount": { "amount": 54.2, "per": "total" } }), json!({}), ["20", "17.7", "9.5", "7"]),
        (
            json!({ "amount": { "amount": 54.2 } }),
            json!({ "scope": { "on": "order" } }),
            ["20", "17.7", "9.5", "7"],
        ),
        (json!({ "price": { "price": 90 } }), json!({}), ["20", "0", "5", "38.5"]),
        (
            json!({ "price": { "price": 0 } }),
            json!({ "scope": { "products": ["beer"] } }),
            ["0", "177", "0", "0"],
        ),
        (json!({ "freeUnit": { "units": 1 } }), json!({}), ["0", "59", "0", "0"]),
        (json!({ "freeUnit": { "units": 4 } }), json!({}), ["0", "177", "95", "0"]),
        (json!({ "freeUnit": { "units": 1, "pick": "dearest" } }), json!({}), ["100", "0", "0", "0"]),
        (
            json!({ "freeUnit": { "units": 9 } }),
            json!({ "scope": { "categories": ["food"] } }),
            ["200", "0", "95", "0"],
        ),
        (
            json!({ "freeUnit": { "units": 1 } }),
            json!({ "scope": { "exceptCategories": ["drinks-parent"] } }),
            ["0", "0", "95", "0"],
        ),
        (
            json!({ "buyGet": { "buy": 2, "get": 1 } }),
            json!({ "scope": { "products": ["beer"] } }),
            ["0", "59", "0", "0"],
        ),
        (
            json!({ "buyGet": { "buy": 1, "get": 1, "percent": 50 } }),
            json!({ "scope": { "products": ["beer"] } }),
            ["0", "29.5", "0", "0"],
        ),
        (
            json!({ "buyGet": { "buy": 1, "get": 1, "getProducts": ["dessert"] } }),
            json!({ "scope": { "products": ["meal"] } }),
            ["0", "0", "95", "0"],
        ),
        (
            json!({ "buyGet": { "buy": 1, "get": 1, "getCategories": ["drinks"], "timesMax": 1, "pick": "dearest" } }),
            json!({ "scope": { "products": ["meal"] } }),
            ["0", "59", "0", "0"],
        ),
        // meal 100.00 + beer 59.00 for 140.00, twice: 38.00 over 200.00 and 118.00
        (
            json!({ "bundle": { "parts": [{ "products": ["meal"] }, { "categories": ["drinks"] }], "price": 140 } }),
            json!({}),
            ["23.9", "14.1", "0", "0"],
        ),
        (
            json!({ "bundle": { "parts": [{ "products": ["meal"] }, { "products": ["beer"] }], "percent": 10, "timesMax": 1 } }),
            json!({}),
            ["10", "5.9", "0", "0"],
        ),
        (
            json!({ "bundle": { "parts": [{ "products": ["meal"], "count": 2 }, { "products": ["dessert"] }], "amount": 29.5 } }),
            json!({}),
            ["20", "0", "9.5", "0"],
        ),
        (
            json!({ "bundle": { "parts": [{ "products": ["meal"], "count": 3 }], "price": 1 } }),
            json!({}),
            ["0", "0", "0", "0"],
        ),
    ] {
        assert_eq!(dinner_off(&dinner().promotion("p", rule(&kind, &more))), expected, "{kind} {more}");
    }
}

#[test]
fn a_repeated_code_counts_several_times() {
    for (kind, expected) in [
        (json!({ "percent": { "percent": 60 } }), ["200", "177", "95", "70"]),
        (json!({ "amount": { "amount": 10, "per": "line" } }), ["20", "20", "20", "20"]),
        (json!({ "price": { "price": 90 } }), ["20", "0", "5", "38.5"]),
        (json!({ "freeUnit": { "units": 1 } }), ["0", "118", "0", "0"]),
        (json!({ "buyGet": { "buy": 1, "get": 1, "timesMax": 1 } }), ["0", "118", "0", "0"]),
    ] {
        let sample = dinner()
            .promotion("p", rule(&kind, &json!({ "trigger": "code", "repeatable": true })))
            .scan(&["p", "p"]);
        assert_eq!(dinner_off(&sample), expected, "{kind}");
    }
}

#[test]
fn over_its_cap_a_discount_is_spread_by_what_it_would_have_been() {
    // uncapped 20.00, 30.00, 10.00 and 3.50
    let capped = |cap: &str| {
        let cap: Value = serde_json::from_str(cap).unwrap();
        dinner_off(
            &dinner()
                .promotion("p", rule(&json!({ "amount": { "amount": 10 } }), &json!({ "maxDiscount": cap }))),
        )
    };
    assert_eq!(capped("63.50"), ["20", "30", "10", "3.5"]);
    assert_eq!(capped("31.75"), ["10", "15", "5", "1.75"]);
    assert_eq!(capped("0.01"), ["0", "0.01", "0", "0"]);
    // a return line leaves 10.00 to take: 20.00 and 10.00 are wanted
    let sample = basket(&[
        ("A", "a", "c", "2", "100.00"),
        ("B", "b", "c", "1", "50.00"),
        ("R", "r", "c", "1", "-140.00"),
    ])
    .promotion("p", rule(&json!({ "amount": { "amount": 10 } }), &json!({})));
    assert_eq!(off(&sample.answer(), &["A", "B", "R"]), ["6.67", "3.33", "0"]);
}

#[test]
fn no_promotion_goes_below_a_floor_or_touches_a_never_discounted_line() {
    // pricing, kind, step, what M, B, D and C lose
    let half = json!({ "percent": { "percent": 50 } });
    for (pricing, kind, on, expected) in [
        (json!({ "floors": { "beer": "39.50" } }), half.clone(), "items", ["100", "58.5", "47.5", "35"]),
        (json!({ "floors": { "beer": 59 } }), half.clone(), "items", ["100", "0", "47.5", "35"]),
        (json!({ "floors": { "beer": 70 } }), half.clone(), "items", ["100", "0", "47.5", "35"]),
        (json!({ "floors": { "cheese": 180 } }), half.clone(), "items", ["100", "88.5", "47.5", "7"]),
        (
            json!({ "neverDiscounted": { "categories": ["drinks"], "products": ["cheese"] } }),
            half.clone(),
            "items",
            ["100", "0", "47.5", "0"],
        ),
        (
            json!({ "neverDiscounted": { "categories": ["food-parent"] } }),
            half,
            "order",
            ["0", "88.5", "0", "35"],
        ),
        (
            json!({ "neverDiscounted": { "products": ["beer"] } }),
            json!({ "freeUnit": { "units": 1 } }),
            "items",
            ["0", "0", "95", "0"],
        ),
        // what may not be given may still be bought: meals and beer, the dessert given
        (
            json!({ "neverDiscounted": { "products": ["meal"] } }),
            json!({ "buyGet": { "buy": 2, "get": 1, "getProducts": ["dessert"] } }),
            "items",
            ["0", "0", "95", "0"],
        ),
    ] {
        let mut sample = dinner().promotion("p", rule(&kind, &json!({ "scope": { "on": on } })));
        sample.settings = json!({ "pricing": pricing });
        assert_eq!(dinner_off(&sample), expected, "{pricing} {kind}");
    }
    let mut voucher = two_lines().voucher(super::sample::spv("SPV", 50_000, "0.12")).scan(&["SPV"]);
    voucher.settings = json!({ "pricing": { "neverDiscounted": { "products": ["gulas"] } } });
    let answer = voucher.answer();
    assert_eq!(off(&answer, &["A", "B"]), ["230", "0"], "a voucher is the guest's own value");
}

/// The member of the sample's card, changed.
fn with_member(mut sample: Sample, change: impl Fn(&mut Member)) -> Sample {
    for code in &mut sample.codes {
        if let Meaning::Card(member) = &mut code.meaning {
            change(std::sync::Arc::make_mut(member));
        }
    }
    sample
}

#[test]
fn conditions_are_asked_and_a_code_says_which_one_failed() {
    // 2026-03-01 is a Sunday, 10:00 UTC is 11:00 in Prague; the basket comes to 400.00
    for (conditions, card, refusal) in [
        (json!({}), false, None),
        (json!({ "places": ["p", "q"] }), false, None),
        (json!({ "places": ["q"] }), false, Some("WRONG_PLACE")),
        (json!({ "days": ["sun"] }), false, None),
        (json!({ "days": ["sat", "mon"] }), false, Some("WRONG_TIME")),
        (json!({ "hours": [{ "from": "11:00", "until": "11:30" }] }), false, None),
        (json!({ "hours": [{ "from": "10:00", "until": "11:00" }] }), false, Some("WRONG_TIME")),
        (json!({ "member": "required" }), true, None),
        (json!({ "member": "required" }), false, Some("NOT_ELIGIBLE")),
        (json!({ "member": "none" }), true, Some("NOT_ELIGIBLE")),
        (json!({ "tiers": ["Gold"] }), true, None),
        (json!({ "tiers": ["Silver"] }), true, Some("NOT_ELIGIBLE")),
        (json!({ "tags": ["vip"] }), true, None),
        (json!({ "tags": ["staff"] }), true, Some("NOT_ELIGIBLE")),
        (json!({ "visit": { "every": 5 } }), true, None),
        (json!({ "visit": { "first": true } }), true, Some("NOT_ELIGIBLE")),
        (json!({ "birthday": { "daysBefore": 1 } }), true, None),
        (json!({ "birthday": { "daysAfter": 30 } }), true, Some("NOT_ELIGIBLE")),
        (json!({ "minimumAmount": { "amount": 400 } }), false, None),
        (json!({ "minimumAmount": { "amount": "400.01" } }), false, Some("MIN_AMOUNT_NOT_MET")),
        // 230.00 at 12 % and 170.00 at 21 % are 205.36 and 140.50 without VAT
        (json!({ "minimumAmount": { "amount": "345.86", "net": true } }), false, None),
        (json!({ "minimumAmount": { "amount": "345.87", "net": true } }), false, Some("MIN_AMOUNT_NOT_MET")),
    ] {
        let rule = rule(
            &json!({ "percent": { "percent": 10 } }),
            &json!({ "trigger": "code", "conditions": conditions }),
        );
        let mut sample = with_member(two_lines().card().promotion("p", rule), |member| {
            member.tier = Some("Gold".to_owned());
            member.tags = vec!["vip".to_owned()];
            member.birth_date = Some("1990-03-02".parse().unwrap());
            member.orders = 4;
        })
        .scan(if card { &["card", "p"] } else { &["p"] });
        sample.settings = json!({ "placeTimeZones": { "p": "Europe/Prague" } });
        let answer = sample.answer();
        let entry = *inputs(&answer).last().unwrap();
        assert_eq!(entry, (refusal.is_none(), refusal), "{conditions}");
        assert_eq!(is_empty(&answer["generalDiscounts"]), refusal.is_some(), "{conditions}");
    }
}

#[test]
fn a_minimum_looks_at_its_lines_at_its_step() {
    // gulas 230.00 loses 20 % = 46.00 first: 184.00 stay; beer 170.00
    for (minimum, scope, applies) in [
        (json!({ "amount": 184 }), json!({ "products": ["gulas"] }), true),
        (json!({ "amount": "184.01" }), json!({ "products": ["gulas"] }), false),
        (json!({ "amount": 230, "of": "initial" }), json!({ "products": ["gulas"] }), true),
        (json!({ "amount": 354, "over": "basket" }), json!({ "products": ["gulas"] }), true),
        (json!({ "amount": "354.01", "over": "basket" }), json!({ "products": ["gulas"] }), false),
        (json!({ "amount": 400, "over": "basket", "of": "initial" }), json!({ "products": ["gulas"] }), true),
    ] {
        let percent = json!({ "percent": { "percent": 20 } });
        let answer = two_lines()
            .promotion("first", rule(&percent, &json!({ "scope": { "products": ["gulas"] } })))
            .promotion(
                "second",
                rule(
                    &percent,
                    &json!({ "priority": 2, "scope": scope, "conditions": { "minimumAmount": minimum } }),
                ),
            )
            .answer();
        let applied = answer["generalDiscounts"].as_array().unwrap().len() == 2;
        assert_eq!(applied, applies, "{minimum}");
    }
    // what is given back counts against it
    let sample = basket(&[("A", "a", "c", "1", "100.00"), ("R", "r", "d", "1", "-10.00")]).promotion(
        "p",
        rule(
            &json!({ "percent": { "percent": 10 } }),
            &json!({ "scope": { "products": ["a"] }, "conditions": { "minimumAmount": { "amount": "90.01" } } }),
        ),
    );
    assert!(is_empty(&sample.answer()["generalDiscounts"]));
}

#[test]
fn nearly_there_is_said() {
    let sample = |within: &str| {
        let within: Value = serde_json::from_str(within).unwrap();
        let more = json!({
            "conditions": { "minimumAmount": { "amount": "412.50" } }, "hintWithin": within,
            "titles": { "pos": { "en": "free coffee", "cs": "kávu zdarma" } }
        });
        two_lines().promotion("p", rule(&json!({ "percent": { "percent": 10 } }), &more))
    };
    assert_eq!(sample("12.50").answer()["posMessages"], json!(["12.5 CZK more and you get: free coffee"]));
    assert_eq!(sample("12.49").answer()["posMessages"], json!([]));
    let czech = sample("50").ask("posLang", json!("cs")).answer();
    assert_eq!(czech["posMessages"], json!(["Ještě 12,5 CZK a získáte: kávu zdarma"]));
    sample("50").look(|quote, _, _| {
        assert_eq!(quote.sale, Sale::Positive);
        assert_eq!(quote.hints.iter().map(|hint| hint.missing).collect::<Vec<_>>(), [Amount(1_250)]);
    });
}

#[test]
fn a_group_lets_one_go_first() {
    let percent = |off: i64| json!({ "percent": { "percent": off } });
    let group = |mode: &str, per: &str, more: &Value| {
        let mut all = json!({ "group": { "id": "g", "mode": mode, "per": per } });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    // food: a takes 10 % of everything (40.00: 23.00 and 17.00), b 40.00 off the gulas, c 5.00 off each line
    for (mode, per, expected) in [
        ("stack", "bill", vec![("A", vec!["a", "b", "c"]), ("B", vec!["a", "c"])]),
        ("first", "bill", vec![("A", vec!["a"]), ("B", vec!["a"])]),
        ("highest", "bill", vec![("A", vec!["b"]), ("B", vec![])]),
        ("lowest", "bill", vec![("A", vec!["c"]), ("B", vec!["c"])]),
        ("first", "line", vec![("A", vec!["a"]), ("B", vec!["a"])]),
        ("highest", "line", vec![("A", vec!["b"]), ("B", vec!["a"])]),
        ("lowest", "line", vec![("A", vec!["c"]), ("B", vec!["c"])]),
    ] {
        let answer = two_lines()
            .promotion("a", rule(&percent(10), &group(mode, per, &json!({}))))
            .promotion(
                "b",
                rule(
                    &json!({ "amount": { "amount": "40.01" } }),
                    &group(mode, per, &json!({ "trigger": "code", "scope": { "products": ["gulas"] } })),
                ),
            )
            .promotion("c", rule(&json!({ "amount": { "amount": 5 } }), &group(mode, per, &json!({}))))
            .scan(&["b"])
            .answer();
        for (id, sources) in expected {
            let found: Vec<String> = benefits(&answer, id).into_iter().map(|(source, _)| source).collect();
            assert_eq!(found, sources, "{mode} per {per}, line {id}");
        }
        let lost = mode == "first" || mode == "lowest";
        assert_eq!(
            inputs(&answer),
            [if lost { (false, Some("NOT_COMBINABLE")) } else { (true, None) }],
            "{mode} {per}"
        );
    }
}

#[test]
fn equal_ones_of_a_group_go_by_their_order_and_a_misfit_leaves_room() {
    let member = |mode: &str, more: Value| {
        let mut rule = rule(&json!({ "percent": { "percent": 10 } }), &more);
        rule["group"] = json!({ "id": "g", "mode": mode });
        rule
    };
    for mode in ["highest", "lowest", "first"] {
        let answer = two_lines()
            .promotion("a", member(mode, json!({ "scope": { "products": ["nothing"] } })))
            .promotion("b", member(mode, json!({})))
            .promotion("c", member(mode, json!({ "scope": { "on": "order" } })))
            .answer();
        assert_eq!(benefits(&answer, "A"), super::sample::pairs(&[("b", "23")]), "{mode}");
    }
}

#[test]
fn an_exclusive_promotion_stands_alone_when_it_is_worth_more() {
    // the others: 10 % on items = 40.00, then 10 % of 360.00 = 36.00: 76.00 together
    for (alone, setting, winner) in
        [("76.01", "best", true), ("76", "best", false), ("20", "best", false), ("20", "always", true)]
    {
        let amount: Value = serde_json::from_str(alone).unwrap();
        let mut sample = two_lines()
            .promotion("items", rule(&json!({ "percent": { "percent": 10 } }), &json!({})))
            .promotion(
                "order",
                rule(&json!({ "percent": { "percent": 10 } }), &json!({ "scope": { "on": "order" } })),
            )
            .promotion("small", rule(&json!({ "amount": { "amount": 1 } }), &json!({ "exclusive": true })))
            .promotion(
                "alone",
                rule(
                    &json!({ "amount": { "amount": amount } }),
                    &json!({ "exclusive": true, "trigger": "code", "scope": { "on": "order" } }),
                ),
            )
            .scan(&["alone"]);
        sample.settings = json!({ "pricing": { "exclusive": setting } });
        sample.look(|quote, answer, _| {
            let ids: Vec<&str> =
                answer.general_discounts.iter().map(|one| one.general_discount_id.as_str()).collect();
            assert_eq!(ids, if winner { vec!["alone"] } else { vec!["items", "order"] }, "{alone} {setting}");
            let notes: Vec<(&str, &str)> = quote
                .notes
                .steps
                .iter()
                .map(|note| (note.about.as_str(), note.verdict.unwrap_or("")))
                .collect();
            let (on, other) = ("APPLIED", "NOT_COMBINABLE");
            let rest = if winner { (other, on) } else { (on, other) };
            assert_eq!(notes, [("items", rest.0), ("small", other), ("alone", rest.1), ("order", rest.0)]);
            let loser = if winner { "items" } else { "alone" };
            let text = &quote.notes.steps.iter().find(|note| note.about == loser).unwrap().text;
            assert!(
                text.contains(if winner { "alone went before" } else { "not exclusive, together" }),
                "{text}"
            );
        });
        assert_eq!(
            inputs(&sample.answer()),
            [if winner { (true, None) } else { (false, Some("NOT_COMBINABLE")) }]
        );
    }
}

fn limited(limits: &Value, more: &Value) -> Sample {
    let mut all =
        json!({ "trigger": "code", "repeatable": true, "limits": limits, "scope": { "on": "order" } });
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    two_lines().promotion("p", rule(&json!({ "amount": { "amount": 10 } }), &all))
}

#[test]
fn a_limit_lets_so_many_uses_count() {
    let (yes, no) = ((true, None), |reason| (false, Some(reason)));
    // used, held elsewhere, of 3: entries and what comes off
    for (used, held, expected, off) in [
        (0, 0, [yes, yes], Some("20")),
        (1, 0, [yes, yes], Some("20")),
        (2, 0, [yes, no("LIMIT_REACHED")], Some("10")),
        (1, 1, [yes, no("LOCKED_BY_OTHER_DEVICE")], Some("10")),
        (3, 0, [no("LIMIT_REACHED"), no("LIMIT_REACHED")], None),
        (2, 1, [no("LOCKED_BY_OTHER_DEVICE"), no("LOCKED_BY_OTHER_DEVICE")], None),
    ] {
        let mut sample = limited(&json!([{ "per": "campaign", "uses": 3 }]), &json!({})).scan(&["p", "p"]);
        let id = "p/uses/campaign/ever/".to_owned();
        sample.limits.used.insert(id.clone(), used);
        sample.limits.held.insert(id.clone(), held);
        let answer = sample.answer();
        assert_eq!(inputs(&answer), expected, "{used} {held}");
        let uses = sample.look(|quote, _, _| quote.limit_uses.clone());
        match off {
            Some(off) => {
                assert_eq!(number(&answer, "generalDiscounts", "p", "valueToUse"), off);
                let amount = if off == "20" { 2 } else { 1 };
                assert_eq!(uses, [LimitUse { limit_id: id, promotion_id: "p".to_owned(), amount }]);
            }
            None => assert!(is_empty(&answer["generalDiscounts"]) && uses.is_empty()),
        }
    }
}

#[test]
fn a_budget_gives_what_is_left_of_it() {
    // of 1000.00 in March; used and held in hellers
    for (used, held, precision, off, counted) in [
        (0, 0, 2, "10", 1_000),
        (99_450, 0, 2, "5.5", 550),
        (99_450, 500, 2, "0.5", 50),
        (99_450, 0, 0, "5", 500),
        (0, 0, 3, "10", 1_000),
    ] {
        let mut sample =
            limited(&json!([{ "per": "campaign", "amount": 1000, "period": "month" }]), &json!({}))
                .scan(&["p"])
                .ask("pricePrecision", json!(precision));
        let id = "p/amount/campaign/2026-03/".to_owned();
        sample.limits.used.insert(id.clone(), used);
        sample.limits.held.insert(id.clone(), held);
        assert_eq!(number(&sample.answer(), "generalDiscounts", "p", "valueToUse"), off, "{used} {held}");
        sample.look(|quote, _, _| assert_eq!(quote.limit_uses[0].amount, counted));
    }
    for (used, held, here, reason) in [
        (100_000, 0, false, "LIMIT_REACHED"),
        (90_000, 10_000, false, "LOCKED_BY_OTHER_DEVICE"),
        (90_000, 10_000, true, "LOCKED_BY_OTHER_CHECK"),
    ] {
        let mut sample = limited(&json!([{ "per": "campaign", "amount": 1000 }]), &json!({})).scan(&["p"]);
        let id = || "p/amount/campaign/ever/".to_owned();
        sample.limits.used.insert(id(), used);
        sample.limits.held.insert(id(), held);
        sample.limits.only_this_register.extend(here.then(id));
        assert_eq!(inputs(&sample.answer()), [(false, Some(reason))]);
    }
}

#[test]
fn limits_count_by_code_and_by_member() {
    // two codes of one promotion, each once: of three scans two count
    let mut sample =
        limited(&json!([{ "per": "code", "uses": 1 }, { "per": "member", "uses": 5 }]), &json!({}))
            .card()
            .scan(&["card", "p", "p", "other"]);
    let mut other = sample.codes[0].clone();
    other.code = "other".to_owned();
    other.scanned = "other".to_owned();
    sample.codes.push(other);
    let answer = sample.answer();
    let yes = (true, None);
    assert_eq!(inputs(&answer), [yes, yes, (false, Some("LIMIT_REACHED")), yes]);
    assert_eq!(number(&answer, "generalDiscounts", "p", "valueToUse"), "20");
    let uses = sample.look(|quote, _, _| quote.limit_uses.clone());
    let uses: Vec<(&str, i64)> = uses.iter().map(|one| (one.limit_id.as_str(), one.amount)).collect();
    assert_eq!(
        uses,
        [("p/uses/code/ever/p", 1), ("p/uses/member/ever/member-1", 2), ("p/uses/code/ever/other", 1)]
    );
    // without a card it would be no limit
    for limit in [json!({ "per": "member", "amount": 1 }), json!({ "per": "member", "uses": 1 })] {
        let nobody = limited(&json!([limit]), &json!({})).scan(&["p"]);
        assert_eq!(inputs(&nobody.answer()), [(false, Some("NOT_ELIGIBLE"))]);
        nobody.look(|quote, _, _| assert!(quote.discounts.is_empty() && quote.limit_uses.is_empty()));
    }
}

#[test]
fn money_of_another_currency_is_not_taken() {
    let sample = two_lines()
        .ask("currencyCode", json!("EUR"))
        .promotion("amount", rule(&json!({ "amount": { "amount": 10 } }), &json!({ "trigger": "code" })))
        .promotion("percent", rule(&json!({ "percent": { "percent": 10 } }), &json!({})))
        .scan(&["amount"]);
    let answer = sample.answer();
    assert_eq!(inputs(&answer), [(false, Some("CURRENCY_MISMATCH"))]);
    assert_eq!(off(&answer, &["A", "B"]), ["23", "17"]);
}

#[test]
fn every_promotion_gets_one_verdict_and_every_step_its_lines() {
    let sample = two_lines()
        .promotion(
            "off",
            rule(&json!({ "percent": { "percent": 10 } }), &json!({ "scope": { "products": ["pivo"] } })),
        )
        .promotion("coded", rule(&json!({ "percent": { "percent": 10 } }), &json!({ "trigger": "code" })))
        .promotion(
            "misfit",
            rule(&json!({ "price": { "price": 1 } }), &json!({ "scope": { "products": ["tea"] } })),
        )
        .voucher(super::sample::mpv("MPV", 10_000))
        .scan(&["MPV"]);
    let notes = sample.look(|quote, _, _| serde_json::to_value(&quote.notes).unwrap());
    assert_eq!(
        notes,
        json!({ "steps": [
            { "step": "item discount", "about": "coded", "verdict": "CODE_NOT_SCANNED",
              "text": "not applied: its code was not scanned" },
            { "step": "item discount", "about": "misfit", "verdict": "NO_MATCHING_ITEMS",
              "text": "not applied: no line it reaches has anything to take off" },
            { "step": "item discount", "about": "off", "verdict": "APPLIED", "text": "17 off", "payable": 383,
              "lines": [{ "checkItemId": "B", "before": 170, "off": 17, "after": 153 }] },
            { "step": "mpv", "about": "MPV", "verdict": "APPLIED",
              "text": "100 of at most 100 used, worth 100", "payable": 283 }
        ] })
    );
}
