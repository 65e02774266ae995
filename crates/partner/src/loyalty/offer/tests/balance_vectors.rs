//! What do bonus money, stamp cards, single-purpose vouchers and point limits give, number by number?
//!
//! loyalty.md §2 steps 3–6, §3 V6 and V9, §10 E7.

use super::sample::{
    Sample, benefits, credit, held_elsewhere, inputs, line, lot, now, number, pairs, percent, points, spv,
    two_lines,
};
use crate::loyalty::ledger::LotKind;
use crate::loyalty::offer::balance_state::BalanceState;
use jiff::SignedDuration;
use money::Amount;
use serde_json::{Value, json};

/// Credit with what was paid and what was given on top.
pub(super) fn with_bonus(balance_id: &str, paid: i64, bonus: i64) -> BalanceState {
    let mut state = credit(balance_id, paid + bonus);
    let mut on_top = lot("lot-2", bonus, None);
    on_top.kind = LotKind::Bonus;
    state.free.lots = vec![lot("lot-1", paid, None), on_top];
    state.free.lots.retain(|lot| lot.remaining > 0);
    state.free.bonus = bonus;
    state
}

/// A member's stamps.
pub(super) fn stamps(balance_id: &str, posted: i64) -> BalanceState {
    let mut state = points(balance_id, posted, "1");
    state.row.settings.point_value = None;
    state.row.settings.stamp_card_id = Some("coffee".to_owned());
    state
}

fn piece(id: &str, product: &str, amount: &str, total: &str) -> Value {
    let mut line = line(id, product, "drinks", total, "0.21");
    line["amount"] = serde_json::from_str(amount).unwrap();
    line
}

/// loyalty.md V9: 1000 paid and 100 given on top. The bonus lowers prices, the rest pays.
#[test]
fn what_was_given_on_top_lowers_prices_and_what_was_paid_pays() {
    let answer = two_lines().card().owned(with_bonus("credit", 100_000, 10_000)).scan(&["card"]).answer();
    assert_eq!(answer["balances"][0]["balanceId"], "credit:bonus");
    assert_eq!(answer["balances"][0]["type"], "collectablePoints");
    assert_eq!(answer["balances"][0]["unit"], "CZK");
    assert_eq!(answer["balances"][0]["posTitle"], "Credit: bonus");
    assert_eq!(number(&answer, "balances", "credit:bonus", "currentValue"), "100");
    assert_eq!(number(&answer, "balances", "credit:bonus", "valueToUseInCurrency"), "100");
    assert_eq!(benefits(&answer, "A"), pairs(&[("credit:bonus", "57.5")]));
    assert_eq!(benefits(&answer, "B"), pairs(&[("credit:bonus", "42.5")]));
    assert_eq!(number(&answer, "balances", "credit", "currentValue"), "1000");
    assert_eq!(number(&answer, "balances", "credit", "valueToUseInCurrency"), "300");
    assert_eq!(answer["balances"][1]["type"], "prepaidCredit");
}

#[test]
fn the_cashier_picks_and_rejects_both_parts_apart() {
    let used = |choices: Value| {
        two_lines()
            .card()
            .owned(with_bonus("credit", 100_000, 10_000))
            .scan(&["card"])
            .ask("balances", choices)
            .look(|quote, _, _| quote.given.iter().map(|one| one.value.0).collect::<Vec<_>>())
    };
    let reject = |id: &str| json!({"balanceId": id, "rejectedByPOS": true});
    let pick = |id: &str, value: i64| json!({"balanceId": id, "controllableValueToUse": value});
    for (choices, bonus, paid) in [
        (json!([reject("credit")]), 10_000, 0),
        (json!([reject("credit:bonus")]), 0, 40_000),
        (json!([pick("credit:bonus", 40)]), 4_000, 36_000),
        (json!([pick("credit", 50)]), 10_000, 5_000),
        (json!([pick("credit:bonus", 40), pick("credit", 50)]), 4_000, 5_000),
        (json!([pick("credit:bonus", 999)]), 10_000, 30_000),
        (json!([reject("credit"), reject("credit:bonus")]), 0, 0),
    ] {
        assert_eq!(used(choices.clone()), [bonus, paid], "{choices}");
    }
}

#[test]
fn both_parts_together_never_exceed_what_is_there() {
    // posted 950: a hole of 50 beside 1000 paid and 100 on top
    let mut holed = with_bonus("credit", 100_000, 10_000);
    (holed.row.posted, holed.free.available) = (95_000, 95_000);
    let sample =
        Sample::new(json!([line("A", "gulas", "food", "2000", "0.12")])).card().owned(holed).scan(&["card"]);
    sample.look(|quote, _, _| {
        let used: Vec<i64> = quote.given.iter().map(crate::loyalty::offer::given::Given::in_ledger).collect();
        assert_eq!(used, [10_000, 85_000]);
    });
    sample.answer();
}

/// Within step 4 what ends first goes first, whether it is points or bonus (loyalty.md §2).
#[test]
fn points_and_bonus_share_one_order() {
    let order = |bonus_ends: Option<i64>| {
        let mut bonus = with_bonus("a-credit", 0, 5_000);
        bonus.free.lots[0].expires_at = bonus_ends.map(|hours| now() + SignedDuration::from_hours(hours));
        let mut earned = points("points", 100, "0.5");
        earned.free.lots[0].expires_at = Some(now() + SignedDuration::from_hours(500));
        let sample = Sample::new(json!([line("A", "gulas", "food", "60", "0.12")]));
        let answer = sample.card().owned(bonus).owned(earned).scan(&["card"]).answer();
        benefits(&answer, "A")
    };
    assert_eq!(order(Some(400)), pairs(&[("a-credit:bonus", "50"), ("points", "10")]));
    assert_eq!(order(None), pairs(&[("points", "50"), ("a-credit:bonus", "10")]));
}

#[test]
fn a_bonus_that_others_hold_is_said_of_the_bonus_alone() {
    let mut state = with_bonus("credit", 100_000, 10_000);
    state.free.lots[1].remaining = 3_000;
    (state.free.available, state.free.reserved_elsewhere, state.free.reserved_bonus) =
        (103_000, 7_000, 7_000);
    let answer = two_lines().card().owned(state).scan(&["card"]).answer();
    assert_eq!(number(&answer, "balances", "credit:bonus", "reasonCode"), "\"PARTLY_RESERVED\"");
    assert_eq!(number(&answer, "balances", "credit", "reasonCode"), "null");
    assert_eq!(number(&answer, "balances", "credit", "valueToUseInCurrency"), "370");
}

/// A full card gives the cheapest unit; several cards several units; only whole units, only what is reached.
#[test]
fn a_full_card_gives_a_unit() {
    let coffee = || piece("A", "espresso", "1", "55");
    let latte = || piece("B", "latte", "2", "140");
    let tea = || piece("C", "tea", "0.3", "30");
    // stamps, lines, pick, what is used, taken off A and B
    for (posted, lines, pick, used, a, b) in [
        (10, json!([coffee(), latte()]), "cheapest", 10, "55", ""),
        (9, json!([coffee(), latte()]), "cheapest", 0, "", ""),
        (19, json!([latte(), coffee()]), "cheapest", 10, "55", ""),
        (10, json!([coffee(), latte()]), "dearest", 10, "", "70"),
        (25, json!([coffee(), latte()]), "cheapest", 20, "55", "70"),
        (99, json!([coffee(), latte()]), "cheapest", 30, "55", "140"),
        (10, json!([tea(), latte()]), "cheapest", 10, "", "70"),
        (10, json!([piece("B", "latte", "3", "100")]), "cheapest", 10, "", "33.33"),
        (30, json!([piece("B", "latte", "3", "100")]), "cheapest", 30, "", "100"),
    ] {
        let mut sample = Sample::new(lines.clone()).card().owned(stamps("stamps", posted)).scan(&["card"]);
        sample.settings = json!({"stampCards": [{"stampCardId": "coffee", "needed": 10, "pick": pick,
            "categories": ["drinks"], "titles": {"pos": {"en": "Coffee card"}}}]});
        let answer = sample.answer();
        let case = format!("{posted} {pick} {lines}");
        assert_eq!(
            number(&answer, "balances", "stamps", "nonControllableValueToUse"),
            used.to_string(),
            "{case}"
        );
        assert_eq!(number(&answer, "balances", "stamps", "posTitle"), "\"Coffee card\"");
        assert_eq!(number(&answer, "balances", "stamps", "unit"), "\"stamps\"");
        let off = |id: &str| benefits(&answer, id).first().map_or(String::new(), |(_, value)| value.clone());
        assert_eq!((off("A").as_str(), off("B").as_str()), (a, b), "{case}");
    }
}

#[test]
fn a_free_unit_costs_what_earlier_steps_left_and_points_come_after() {
    let lines = json!([piece("A", "latte", "2", "140"), line("G", "gulas", "food", "230", "0.12")]);
    let mut sample = Sample::new(lines)
        .promotion("half", percent("items", "50", "automatic", &json!({"scope": {"categories": ["drinks"]}})))
        .card()
        .owned(points("a-points", 35, "1"))
        .owned(stamps("stamps", 10))
        .scan(&["card"]);
    sample.settings = json!({"stampCards": [{"stampCardId": "coffee", "needed": 10, "products": ["latte"]}]});
    sample.look(|quote, _, _| {
        let given: Vec<(i64, i64)> = quote.given.iter().map(|one| (one.used, one.value.0)).collect();
        assert_eq!(given, [(10, 3_500), (35, 3_500)]);
        let told = quote
            .notes
            .steps
            .iter()
            .any(|note| note.step == "stamps" && note.text == "one unit of A is free: 3500");
        assert!(told, "{:#?}", quote.notes);
    });
    sample.answer();
    let rejected = sample.ask("balances", json!([{"balanceId": "stamps", "rejectedByPOS": true}]));
    assert_eq!(number(&rejected.answer(), "balances", "stamps", "nonControllableValueToUse"), "0");
}

#[test]
fn a_card_gives_a_whole_unit_or_nothing() {
    let stamped = |lines: Value, state: BalanceState| {
        let mut sample = Sample::new(lines).card().owned(state).scan(&["card"]);
        sample.settings =
            json!({"stampCards": [{"stampCardId": "coffee", "needed": 10, "products": ["latte"]}]});
        let answer = sample.answer();
        (
            number(&answer, "balances", "stamps", "nonControllableValueToUse"),
            number(&answer, "balances", "stamps", "reasonCode"),
        )
    };
    let latte = || piece("A", "latte", "1", "70");
    // what is brought back leaves less than the unit costs
    let returned = json!([latte(), line("R", "cup", "cups", "-50", "0.21")]);
    assert_eq!(stamped(returned, stamps("stamps", 10)), ("0".to_owned(), "null".to_owned()));
    let nothing_fits = json!([line("G", "gulas", "food", "230", "0.12")]);
    assert_eq!(
        stamped(nothing_fits, stamps("stamps", 10)),
        ("0".to_owned(), "\"NO_MATCHING_ITEMS\"".to_owned())
    );
    let held = held_elsewhere(stamps("stamps", 20), 15);
    assert_eq!(stamped(json!([latte()]), held), ("0".to_owned(), "\"PARTLY_RESERVED\"".to_owned()));
    let all_held = held_elsewhere(stamps("stamps", 10), 10);
    assert_eq!(
        stamped(json!([latte()]), all_held),
        ("0".to_owned(), "\"LOCKED_BY_OTHER_DEVICE\"".to_owned())
    );
}

/// loyalty.md V6: own rate, own products, and the reason where nothing fits.
#[test]
fn a_single_purpose_voucher_fits_its_rate_and_its_products() {
    for (rate, products, given, reason) in [
        ("0.12", vec![], "230", None),
        ("0.21", vec![], "170", None),
        ("0.10", vec![], "", Some("NO_MATCHING_ITEMS")),
        ("0.12", vec!["gulas"], "230", None),
        ("0.12", vec!["pivo"], "", Some("NO_MATCHING_ITEMS")),
        ("0.12", vec!["toast"], "", Some("NO_MATCHING_ITEMS")),
    ] {
        let mut state = spv("SPV", 90_000, rate);
        state.row.settings.product_ids = products.iter().map(|product| (*product).to_owned()).collect();
        let answer = two_lines().voucher(state).scan(&["SPV"]).answer();
        assert_eq!(inputs(&answer), [(reason.is_none(), reason)], "{rate} {products:?}");
        if reason.is_none() {
            assert_eq!(number(&answer, "balances", "SPV", "valueToUseInCurrency"), given);
        } else {
            assert_eq!(answer["balances"], json!([]));
        }
    }
}

#[test]
fn points_go_in_steps_and_not_below_their_minimum() {
    // posted, step, minimum, choice, used
    for (posted, step, minimum, choice, used) in [
        (100, 1, None, None, 100),
        (100, 30, None, None, 90),
        (100, 1, Some(100), None, 100),
        (99, 1, Some(100), None, 0),
        (500, 1, Some(200), Some(150), 0),
        (500, 1, Some(200), Some(200), 200),
        (500, 150, Some(200), Some(350), 300),
        (500, 150, Some(200), Some(290), 0),
    ] {
        let mut state = points("points", posted, "0.5");
        (state.row.settings.point_step, state.row.settings.point_minimum) = (Some(step), minimum);
        let mut sample = two_lines().card().owned(state).scan(&["card"]);
        if let Some(choice) = choice {
            sample =
                sample.ask("balances", json!([{"balanceId": "points", "controllableValueToUse": choice}]));
        }
        let answer = sample.answer();
        let found = number(&answer, "balances", "points", "controllableValueToUse");
        assert_eq!(found, used.to_string(), "{posted} {step} {minimum:?} {choice:?}");
    }
}

#[test]
fn nothing_is_used_of_what_the_cashier_picks_where_the_program_says_so() {
    let mut sample = two_lines()
        .card()
        .owned(with_bonus("credit", 100_000, 10_000))
        .owned(points("points", 100, "0.5"))
        .scan(&["card"]);
    sample.settings = json!({"defaultUse": "none"});
    sample.look(|quote, _, _| assert_eq!((quote.benefits, quote.payments), (Amount(0), Amount(0))));
    let mut fixed = with_bonus("credit", 100_000, 10_000);
    fixed.row.settings.controllable = Some(false);
    let mut sample = two_lines().card().owned(fixed).scan(&["card"]);
    sample.settings = json!({"defaultUse": "none"});
    sample.look(|quote, _, _| assert_eq!((quote.benefits, quote.payments), (Amount(10_000), Amount(30_000))));
}

/// loyalty.md E7: 100 of 150 points end on the last day of March in Prague.
#[test]
fn what_ends_soon_is_announced() {
    let told = |days: Value| {
        let mut state = points("points", 150, "0.5");
        state.free.lots = vec![lot("lot-1", 40, None), lot("lot-2", 60, None), lot("lot-3", 50, None)];
        state.free.lots[0].expires_at = Some("2026-03-31T22:00:00Z".parse().unwrap());
        state.free.lots[1].expires_at = Some("2026-03-31T10:00:00Z".parse().unwrap());
        state.free.lots[2].expires_at = Some("2026-04-30T22:00:00Z".parse().unwrap());
        let mut sample = two_lines().card().owned(state).scan(&["card"]);
        sample.settings = json!({"placeTimeZones": {"p": "Europe/Prague"}, "announceExpiryDays": days});
        sample.answer()["posMessages"].clone()
    };
    assert_eq!(told(json!(29)), json!([]), "30 days before its end");
    assert_eq!(told(json!(30)), json!(["Points: 100 valid until 31 Mar 2026"]));
    assert_eq!(told(json!(0)), json!([]));
}
