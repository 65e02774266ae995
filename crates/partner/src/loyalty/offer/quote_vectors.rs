//! Do the worked numbers of loyalty.md §2 and protocol.md §10.12 come out to the cent?

use super::code::CodeStatus;
use super::sample::{Sample, balance, credit, held_elsewhere, line, lot, mpv, percent, points, spv};
use crate::loyalty::ledger::BalanceStatus;
use jiff::Timestamp;
use money::Amount;
use serde_json::{Value, json};
use wire::loyalty::BalanceType;

/// The benefits of a line as (source id, value text).
fn benefits(answer: &Value, check_item_id: &str) -> Vec<(String, String)> {
    let lines = answer["itemBenefitsToApply"].as_array().unwrap();
    let Some(line) = lines.iter().find(|line| line["checkItemId"] == check_item_id) else { return Vec::new() };
    line["benefits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|benefit| {
            let id = benefit["appliedFromGeneralDiscountId"]
                .as_str()
                .or(benefit["appliedFromBalanceId"].as_str())
                .unwrap();
            (id.to_owned(), benefit["absoluteTotalValue"].to_string())
        })
        .collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(id, value)| ((*id).to_owned(), (*value).to_owned())).collect()
}

fn number(answer: &Value, list: &str, id: &str, member: &str) -> String {
    let found = answer[list]
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| entry["balanceId"] == id || entry["generalDiscountId"] == id);
    found.unwrap_or_else(|| panic!("no {id} in {answer:#}"))[member].to_string()
}

/// (applicable, reasonCode) of every entry, in order.
fn inputs(answer: &Value) -> Vec<(bool, Option<&str>)> {
    answer["benefitInputs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (entry["applicable"].as_bool().unwrap(), entry["reasonCode"].as_str()))
        .collect()
}

fn is_empty(list: &Value) -> bool {
    list.as_array().unwrap().is_empty()
}

fn worked_bill() -> Sample {
    let mut dessert = spv("SPV", 8_000, "0.12");
    dessert.row.settings.product_ids = vec!["dessert".to_owned()];
    let mut loyal = points("points", 500, "0.10");
    loyal.row.settings.point_step = Some(1);
    let mut sample = Sample::new(json!([
        line("L1", "main", "food", "378.00", "0.12"),
        line("L2", "beer", "drinks", "177.00", "0.21"),
        line("L3", "dessert", "food", "95.00", "0.12"),
    ]))
    .promotion("beer_20", percent("items", "20", "automatic", &json!({ "scope": { "products": ["beer"] } })))
    .promotion("order_10", percent("order", "10", "code", &json!({})))
    .card()
    .owned(loyal)
    .owned(credit("credit", 10_000))
    .voucher(dessert)
    .voucher(mpv("MPV", 30_000))
    .scan(&["card", "order_10", "SPV", "MPV"]);
    sample.request["itemsToPay"][0]["amount"] = json!(2);
    sample.request["itemsToPay"][1]["amount"] = json!(3);
    sample
}

#[test]
fn the_worked_bill() {
    let answer = worked_bill().answer();
    assert_eq!(benefits(&answer, "L1"), pairs(&[("order_10", "37.8"), ("points", "35.95")]));
    assert_eq!(benefits(&answer, "L2"), pairs(&[("beer_20", "35.4"), ("order_10", "14.16"), ("points", "13.47")]));
    assert_eq!(benefits(&answer, "L3"), pairs(&[("order_10", "9.5"), ("SPV", "80"), ("points", "0.58")]));
    for (list, id, member, value) in [
        ("generalDiscounts", "beer_20", "valueToUse", "35.4"),
        ("generalDiscounts", "order_10", "valueToUse", "61.46"),
        ("balances", "SPV", "valueToUseInCurrency", "80"),
        ("balances", "SPV", "nonControllableValueToUse", "80"),
        ("balances", "points", "controllableValueToUse", "500"),
        ("balances", "points", "valueToUseInCurrency", "50"),
        ("balances", "MPV", "valueToUseInCurrency", "300"),
        ("balances", "credit", "valueToUseInCurrency", "100"),
    ] {
        assert_eq!(number(&answer, list, id, member), value, "{id} {member}");
    }
    assert!(inputs(&answer).iter().all(|(applicable, _)| *applicable));
    assert_eq!(answer["customer"]["fullName"], "Jana Nová");
    worked_bill().look(|quote, _, _| {
        assert_eq!(quote.payable, Amount(2_314));
        assert_eq!((quote.benefits, quote.payments), (Amount(3_540 + 6_146 + 8_000 + 5_000), Amount(40_000)));
        let steps: Vec<&str> = quote.notes.iter().map(|note| note.step).collect();
        assert_eq!(steps, ["item discount", "order discount", "spv", "points", "mpv", "credit"]);
    });
}

#[test]
fn a_percentage_becomes_money_once() {
    // price, percent, precision, taken
    for (price, off, precision, taken) in
        [("19.99", "25", 2, "5"), ("1155", "10", 0, "116"), ("0.01", "50", 2, "0.01"), ("9.999", "100", 3, "9.999")]
    {
        for on in ["items", "order"] {
            let sample = Sample::new(json!([line("A", "a", "c", price, "0.12")]))
                .ask("pricePrecision", json!(precision))
                .promotion("off", percent(on, off, "automatic", &json!({})));
            assert_eq!(number(&sample.answer(), "generalDiscounts", "off", "valueToUse"), taken, "{price} {on}");
        }
    }
}

#[test]
fn points_are_whole() {
    // points, worth, bill, points used, worth of them
    for (held, worth, bill, used, value) in [
        (10, "0.30", "1.00", "3", "0.9"),
        (500, "0.10", "473.14", "500", "50"),
        (100, "0.50", "400.00", "100", "50"),
        (7, "1", "5.50", "5", "5"),
        (3, "2.00", "1.99", "0", "0"),
    ] {
        let answer = Sample::new(json!([line("A", "a", "c", bill, "0.12")]))
            .card()
            .owned(points("points", held, worth))
            .scan(&["card"])
            .answer();
        assert_eq!(number(&answer, "balances", "points", "controllableValueToUse"), used, "{held} × {worth} of {bill}");
        assert_eq!(number(&answer, "balances", "points", "valueToUseInCurrency"), value, "{held} × {worth} of {bill}");
    }
}

#[test]
fn points_move_in_steps_and_as_the_cashier_says() {
    let asked = |choice: Value| {
        let mut state = points("points", 355, "0.50");
        state.row.settings.point_step = Some(10);
        let answer = Sample::new(json!([line("A", "a", "c", "400.00", "0.12")]))
            .card()
            .owned(state)
            .scan(&["card"])
            .ask("balances", json!([choice]))
            .answer();
        assert_eq!(number(&answer, "balances", "points", "maxControllableValue"), "350");
        number(&answer, "balances", "points", "controllableValueToUse")
    };
    assert_eq!(asked(json!({ "balanceId": "points" })), "350");
    assert_eq!(asked(json!({ "balanceId": "points", "controllableValueToUse": 100 })), "100");
    assert_eq!(asked(json!({ "balanceId": "points", "usedControllableValue": 109 })), "100");
    assert_eq!(
        asked(json!({ "balanceId": "points", "usedControllableValue": 300, "controllableValueToUse": 40 })),
        "40"
    );
    assert_eq!(asked(json!({ "balanceId": "points", "controllableValueToUse": 9_999_999 })), "350");
    assert_eq!(asked(json!({ "balanceId": "points", "controllableValueToUse": -5 })), "0");
    assert_eq!(asked(json!({ "balanceId": "points", "controllableValueToUse": 100, "rejectedByPOS": true })), "0");
}

/// The basket of protocol.md §10.12.
fn two_lines() -> Sample {
    Sample::new(json!([line("A", "gulas", "food", "230.00", "0.12"), line("B", "pivo", "drinks", "170.00", "0.21")]))
}

#[test]
fn ten_percent_item_specific() {
    let answer = two_lines()
        .promotion("discount_10", percent("order", "10", "code", &json!({ "titles": { "pos": { "cs": "Sleva" } } })))
        .scan(&["discount_10"])
        .answer();
    assert_eq!(number(&answer, "generalDiscounts", "discount_10", "valueToUse"), "40");
    assert_eq!(answer["generalDiscounts"][0]["isItemSpecific"], true);
    assert_eq!(answer["generalDiscounts"][0]["posTitle"], "Sleva");
    assert_eq!(benefits(&answer, "A"), pairs(&[("discount_10", "23")]));
    assert_eq!(benefits(&answer, "B"), pairs(&[("discount_10", "17")]));
    assert_eq!(answer["itemBenefitsToApply"][0]["benefits"][0]["sourceType"], "generalDiscount");
}

#[test]
fn an_spv_comes_off_its_own_lines() {
    let by_rate = two_lines().voucher(spv("SPV", 15_000, "0.12")).scan(&["SPV"]).answer();
    assert_eq!(benefits(&by_rate, "A"), pairs(&[("SPV", "150")]));
    assert!(benefits(&by_rate, "B").is_empty());
    assert_eq!(number(&by_rate, "balances", "SPV", "nonControllableValueToUse"), "150");
    assert_eq!(number(&by_rate, "balances", "SPV", "valueToUseInCurrency"), "150");

    let large = two_lines().voucher(spv("SPV", 50_000, "0.21")).scan(&["SPV"]).answer();
    assert_eq!(benefits(&large, "B"), pairs(&[("SPV", "170")]), "the rest stays on the voucher");

    let foreign = two_lines().voucher(spv("SPV", 15_000, "0.05")).scan(&["SPV"]).answer();
    assert_eq!(inputs(&foreign), [(false, Some("NO_MATCHING_ITEMS"))]);
    assert!(is_empty(&foreign["balances"]) && is_empty(&foreign["itemBenefitsToApply"]));

    let mut other = spv("SPV", 15_000, "0.12");
    other.row.settings.product_ids = vec!["svickova".to_owned()];
    let other = two_lines().voucher(other).scan(&["SPV"]).answer();
    assert_eq!(inputs(&other), [(false, Some("NO_MATCHING_ITEMS"))]);
}

#[test]
fn each_lot_of_an_spv_covers_lines_of_its_own_rate() {
    let mut state = spv("SPV", 30_000, "0.12");
    state.free.lots = vec![lot("food", 10_000, Some("0.12")), lot("drinks", 20_000, Some("0.21"))];
    let sample = two_lines().voucher(state).scan(&["SPV"]);
    let answer = sample.answer();
    assert_eq!(benefits(&answer, "A"), pairs(&[("SPV", "100")]));
    assert_eq!(benefits(&answer, "B"), pairs(&[("SPV", "170")]));
    sample.look(|quote, _, _| {
        let mut parts: Vec<(&str, i64)> =
            quote.given[0].parts.iter().map(|part| (part.lot_id.as_str(), part.amount)).collect();
        parts.sort_unstable();
        assert_eq!(parts, [("drinks", 17_000), ("food", 10_000)]);
    });
}

#[test]
fn an_mpv_pays_and_leaves_the_lines_alone() {
    let answer = two_lines().voucher(mpv("MPV", 15_000)).scan(&["MPV"]).answer();
    assert_eq!(number(&answer, "balances", "MPV", "valueToUseInCurrency"), "150");
    assert_eq!(number(&answer, "balances", "MPV", "nonControllableValueToUse"), "150");
    assert!(is_empty(&answer["itemBenefitsToApply"]));
}

#[test]
fn the_cashier_chooses_300_of_900() {
    let answer = two_lines()
        .card()
        .owned(credit("credit", 90_000))
        .scan(&["card"])
        .ask("balances", json!([{ "balanceId": "credit", "controllableValueToUse": 300 }]))
        .answer();
    for (member, value) in [
        ("currentValue", "900"),
        ("maxControllableValue", "400"),
        ("controllableValueToUse", "300"),
        ("valueToUseInCurrency", "300"),
    ] {
        assert_eq!(number(&answer, "balances", "credit", member), value, "{member}");
    }
}

#[test]
fn a_hundred_points_at_a_half() {
    let answer = two_lines().card().owned(points("points", 100, "0.50")).scan(&["card"]).answer();
    assert_eq!(number(&answer, "balances", "points", "controllableValueToUse"), "100");
    assert_eq!(number(&answer, "balances", "points", "valueToUseInCurrency"), "50");
    assert_eq!(benefits(&answer, "A"), pairs(&[("points", "28.75")]));
    assert_eq!(benefits(&answer, "B"), pairs(&[("points", "21.25")]));
}

#[test]
fn only_returned_things_get_no_benefits() {
    for lines in [
        json!([line("R", "cup", "cups", "-50.00", "0.21")]),
        json!([line("R", "cup", "cups", "-50.00", "0.21"), line("A", "coffee", "drinks", "40.00", "0.21")]),
    ] {
        let sample = Sample::new(lines)
            .promotion("off", percent("order", "10", "automatic", &json!({})))
            .card()
            .owned(credit("credit", 90_000))
            .scan(&["card"]);
        let answer = sample.answer();
        assert!(is_empty(&answer["balances"]) && is_empty(&answer["generalDiscounts"]));
        assert!(is_empty(&answer["itemBenefitsToApply"]));
        assert!(!is_empty(&answer["posMessages"]) && !is_empty(&answer["billMessages"]));
        assert_eq!(inputs(&answer), [(true, None)], "the customer is recognised");
        sample.look(|quote, _, _| assert_eq!(quote.payable, quote.total));
    }
}

#[test]
fn a_positive_sum_with_returns_is_what_counts() {
    let sample = Sample::new(json!([
        line("A", "coffee", "drinks", "100.00", "0.21"),
        line("R", "cup", "cups", "-50.00", "0.21")
    ]))
    .promotion("off", percent("order", "10", "automatic", &json!({})))
    .card()
    .owned(credit("credit", 90_000))
    .scan(&["card"]);
    let answer = sample.answer();
    assert_eq!(number(&answer, "generalDiscounts", "off", "valueToUse"), "5", "10 % of the sum");
    assert_eq!(number(&answer, "balances", "credit", "valueToUseInCurrency"), "45");
    assert!(benefits(&answer, "R").is_empty());
    sample.look(|quote, _, _| assert_eq!(quote.payable, Amount(0)));
}

#[test]
fn a_zero_total_gets_no_balances() {
    let answer = Sample::new(json!([
        line("A", "coffee", "drinks", "50.00", "0.21"),
        line("R", "cup", "cups", "-50.00", "0.21")
    ]))
    .card()
    .owned(credit("credit", 90_000))
    .voucher(mpv("MPV", 100))
    .scan(&["card", "MPV"])
    .answer();
    assert!(is_empty(&answer["balances"]));
    assert_eq!(inputs(&answer), [(true, None), (false, Some("NO_MATCHING_ITEMS"))]);
}

#[test]
fn an_empty_basket_takes_no_code() {
    let answer = Sample::new(json!([])).card().voucher(mpv("MPV", 100)).scan(&["card", "MPV", "nobody"]).answer();
    let empty = (false, Some("EMPTY_BASKET"));
    assert_eq!(inputs(&answer), [empty, empty, (false, Some("NOT_FOUND"))]);
    assert!(is_empty(&answer["balances"]));
}

#[test]
fn duplicates_count_once_unless_the_promotion_repeats() {
    let with = |repeatable: bool| {
        two_lines()
            .promotion("off", percent("order", "10", "code", &json!({ "repeatable": repeatable })))
            .voucher(mpv("MPV", 1_000))
            .card()
            .scan(&["off", "MPV", "off", "card", "MPV", "off", "card"])
            .answer()
    };
    let (yes, again) = ((true, None), (false, Some("ALREADY_APPLIED")));
    let once = with(false);
    assert_eq!(inputs(&once), [yes, yes, again, yes, again, again, again]);
    assert_eq!(number(&once, "generalDiscounts", "off", "valueToUse"), "40");
    assert_eq!(number(&once, "balances", "MPV", "valueToUseInCurrency"), "10");
    let thrice = with(true);
    assert_eq!(inputs(&thrice), [yes, yes, yes, yes, again, yes, again]);
    assert_eq!(number(&thrice, "generalDiscounts", "off", "valueToUse"), "120");
}

#[test]
fn a_code_that_cannot_be_used_says_why() {
    let mut sample = two_lines()
        .voucher(mpv("frozen", 100))
        .voucher(mpv("inactive", 100))
        .voucher(mpv("expired", 100))
        .voucher(mpv("early", 100))
        .voucher(mpv("used", 0))
        .voucher(mpv("frozenCode", 100))
        .promotion("food", percent("items", "10", "code", &json!({ "scope": { "categories": ["toys"] } })))
        .scan(&["frozen", "inactive", "expired", "early", "used", "frozenCode", "food", "nobody"]);
    sample.balances[0].row.status = BalanceStatus::Frozen;
    sample.balances[1].row.status = BalanceStatus::Inactive;
    sample.codes[2].valid_until = Some(super::sample::now());
    sample.codes[3].valid_from = Some(super::sample::now() + jiff::SignedDuration::from_secs(1));
    sample.codes[5].status = CodeStatus::Frozen;
    let answer = sample.answer();
    let reasons: Vec<&str> = inputs(&answer).into_iter().map(|(_, reason)| reason.unwrap()).collect();
    assert_eq!(
        reasons,
        [
            "FROZEN",
            "INACTIVE",
            "EXPIRED",
            "NOT_YET_VALID",
            "ALREADY_USED",
            "FROZEN",
            "NO_MATCHING_ITEMS",
            "NOT_FOUND"
        ]
    );
    assert!(is_empty(&answer["balances"]) && is_empty(&answer["generalDiscounts"]));
    assert_eq!(answer["benefitInputs"][1]["posTitle"], "Gift voucher: not active");
    let czech = sample.ask("posLang", json!("cs-CZ")).answer();
    assert_eq!(czech["benefitInputs"][1]["posTitle"], "Dárkový poukaz: není aktivní");
}

#[test]
fn a_second_customer_is_not_combined() {
    let mut sample = two_lines().card().card().scan(&["card", "other"]);
    sample.codes[1].code = "other".to_owned();
    if let super::code::Meaning::Card(member) = &mut sample.codes[1].meaning {
        member.member_id = "member-2".to_owned();
    }
    let answer = sample.answer();
    assert_eq!(inputs(&answer), [(true, None), (false, Some("NOT_COMBINABLE"))]);
    assert_eq!(answer["customer"]["customerId"], "member-1");
}

#[test]
fn what_others_hold_is_said() {
    let partly = two_lines().voucher(held_elsewhere(mpv("MPV", 30_000), 20_000)).scan(&["MPV"]).answer();
    assert_eq!(inputs(&partly), [(true, None)]);
    assert_eq!(number(&partly, "balances", "MPV", "valueToUseInCurrency"), "100");
    assert_eq!(number(&partly, "balances", "MPV", "reasonCode"), "\"PARTLY_RESERVED\"");
    assert_eq!(partly["posMessages"], json!(["Gift voucher: 200 CZK is reserved by another check"]));

    let enough = two_lines().voucher(held_elsewhere(mpv("MPV", 90_000), 20_000)).scan(&["MPV"]).answer();
    assert!(is_empty(&enough["posMessages"]), "nothing is missing on this bill");

    let wholly = two_lines().voucher(held_elsewhere(mpv("MPV", 30_000), 30_000)).scan(&["MPV"]).answer();
    assert_eq!(inputs(&wholly), [(false, Some("LOCKED_BY_OTHER_DEVICE"))]);
    assert!(is_empty(&wholly["balances"]));

    let card = |points_held: i64| {
        two_lines()
            .card()
            .owned(held_elsewhere(credit("credit", 100), 100))
            .owned(held_elsewhere(points("points", 50, "1"), points_held))
            .scan(&["card"])
            .answer()
    };
    assert_eq!(inputs(&card(50)), [(false, Some("LOCKED_BY_OTHER_DEVICE"))]);
    let one_left = card(20);
    assert_eq!(inputs(&one_left), [(true, None)]);
    assert_eq!(number(&one_left, "balances", "credit", "reasonCode"), "\"LOCKED_BY_OTHER_DEVICE\"");
    assert_eq!(number(&one_left, "balances", "points", "valueToUseInCurrency"), "30");
}

#[test]
fn promotions_reach_lines_by_product_category_and_parent() {
    let lines = json!([
        line("A", "gulas", "soups", "100.00", "0.12"),
        line("B", "pivo", "drinks", "100.00", "0.21"),
        line("C", "kava", "hot", "100.00", "0.21"),
    ]);
    for (scope, reached) in [
        (json!({ "products": ["pivo"] }), vec!["B"]),
        (json!({ "categories": ["hot"] }), vec!["C"]),
        (json!({ "categories": ["soups-parent"] }), vec!["A"]),
        (json!({ "categories": ["hot"], "products": ["gulas"] }), vec!["A", "C"]),
        (json!({}), vec!["A", "B", "C"]),
    ] {
        for on in ["items", "order"] {
            let answer = Sample::new(lines.clone())
                .promotion("off", percent(on, "10", "automatic", &json!({ "scope": scope })))
                .answer();
            let hit: Vec<&str> = ["A", "B", "C"].into_iter().filter(|id| !benefits(&answer, id).is_empty()).collect();
            assert_eq!(hit, reached, "{scope} on {on}");
        }
    }
}

#[test]
fn promotions_go_by_priority_then_end_then_id() {
    let end = |day: &str| json!({ "validUntil": format!("2026-04-{day}T00:00:00Z") });
    let answer = Sample::new(json!([line("A", "a", "c", "100.00", "0.12")]))
        .promotion("b", percent("order", "50", "automatic", &json!({})))
        .promotion("a", percent("order", "50", "automatic", &json!({})))
        .promotion("late", percent("order", "50", "automatic", &end("02")))
        .promotion("soon", percent("order", "50", "automatic", &end("01")))
        .promotion("last", percent("order", "50", "automatic", &json!({ "priority": 2 })))
        .promotion("items", percent("items", "50", "automatic", &json!({ "priority": 9 })))
        .promotion("over", percent("order", "50", "automatic", &json!({ "validUntil": "2026-03-01T10:00:00Z" })))
        .answer();
    assert_eq!(
        benefits(&answer, "A"),
        pairs(&[("items", "50"), ("soon", "25"), ("late", "12.5"), ("a", "6.25"), ("b", "3.13"), ("last", "1.56")])
    );
}

#[test]
fn a_percentage_of_the_initial_price_ignores_earlier_steps() {
    let initial = json!({ "kind": { "percent": { "of": "initial" } }, "priority": 2 });
    let answer = Sample::new(json!([line("A", "a", "c", "100.00", "0.12")]))
        .promotion("first", percent("items", "60", "automatic", &json!({})))
        .promotion("second", percent("items", "30", "automatic", &initial))
        .promotion("order", percent("order", "30", "automatic", &initial))
        .answer();
    assert_eq!(benefits(&answer, "A"), pairs(&[("first", "60"), ("second", "30"), ("order", "10")]));
}

#[test]
fn balances_go_by_end_then_by_what_is_left_then_by_id() {
    let ending = |id: &str, posted: i64, day: Option<&str>| {
        let mut state = mpv(id, posted);
        state.free.lots[0].expires_at = day.map(|day| format!("2026-04-{day}T00:00:00Z").parse::<Timestamp>().unwrap());
        state
    };
    let answer = Sample::new(json!([line("A", "a", "c", "100.00", "0.12")]))
        .voucher(ending("never", 3_000, None))
        .voucher(ending("large", 4_000, Some("02")))
        .voucher(ending("small", 2_000, Some("02")))
        .voucher(ending("soon", 5_000, Some("01")))
        .scan(&["never", "large", "small", "soon"])
        .answer();
    let used: Vec<(String, String)> = answer["balances"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["balanceId"].as_str().unwrap().to_owned(), one["valueToUseInCurrency"].to_string()))
        .collect();
    assert_eq!(used, pairs(&[("soon", "50"), ("small", "20"), ("large", "30"), ("never", "0")]));
}

#[test]
fn a_coarser_register_spends_only_what_it_can_say() {
    let sample = Sample::new(json!([line("A", "a", "c", "400", "0.12")]))
        .ask("pricePrecision", json!(0))
        .card()
        .owned(credit("credit", 15_099))
        .scan(&["card"]);
    let answer = sample.answer();
    assert_eq!(number(&answer, "balances", "credit", "valueToUseInCurrency"), "150");
    sample.look(|quote, _, _| assert_eq!(quote.given[0].in_ledger(), 15_000));
}

#[test]
fn a_price_finer_than_the_precision_is_rounded_once_and_noted() {
    let sample = Sample::new(json!([line("A", "a", "c", "10.005", "0.12")])).voucher(mpv("MPV", 5_000)).scan(&["MPV"]);
    let answer = sample.answer();
    assert_eq!(number(&answer, "balances", "MPV", "valueToUseInCurrency"), "10", "never above the price as sent");
    sample.look(|quote, _, _| {
        assert_eq!(quote.total, Amount(1_001));
        assert!(quote.notes.iter().any(|note| note.step == "border" && note.about == "itemsToPay[0]"));
    });
}

#[test]
fn another_currency_uses_no_balance() {
    let answer = two_lines()
        .ask("currencyCode", json!("EUR"))
        .promotion("off", percent("order", "10", "automatic", &json!({})))
        .voucher(balance("MPV", BalanceType::MultiPurposePrepaidVoucher, 100))
        .scan(&["MPV"])
        .answer();
    assert_eq!(inputs(&answer), [(false, Some("CURRENCY_MISMATCH"))]);
    assert_eq!(number(&answer, "generalDiscounts", "off", "valueToUse"), "40");
    assert!(is_empty(&answer["balances"]) && !is_empty(&answer["posMessages"]));
}

#[test]
fn a_program_may_wait_for_the_cashier() {
    let mut sample = two_lines().card().owned(credit("credit", 90_000)).voucher(mpv("MPV", 100)).scan(&["card", "MPV"]);
    sample.settings = json!({ "defaultUse": "none" });
    let answer = sample.answer();
    assert_eq!(number(&answer, "balances", "credit", "controllableValueToUse"), "0");
    assert_eq!(number(&answer, "balances", "credit", "maxControllableValue"), "399");
    assert_eq!(number(&answer, "balances", "MPV", "valueToUseInCurrency"), "1", "vouchers are not picked");
}

#[test]
fn the_tills_own_discounts_may_still_be_on() {
    let mut sample = two_lines().promotion("off", percent("order", "10", "automatic", &json!({})));
    sample.request["itemsToPay"][0]["totalAppliedNonLoyaltyDiscounts"] = json!(30);
    let answer = |settings: Value, sample: &mut Sample| {
        sample.settings = settings;
        number(&sample.answer(), "generalDiscounts", "off", "valueToUse")
    };
    assert_eq!(answer(json!({}), &mut sample), "40");
    assert_eq!(answer(json!({ "tillDiscounts": "stillOn" }), &mut sample), "37");
}

#[test]
fn lines_that_share_an_id_get_no_benefits_but_can_be_paid() {
    let sample = Sample::new(json!([
        line("A", "a", "c", "100.00", "0.12"),
        line("A", "b", "c", "50.00", "0.12"),
        line("B", "b", "c", "50.00", "0.12")
    ]))
    .promotion("off", percent("items", "10", "automatic", &json!({})))
    .voucher(mpv("MPV", 50_000))
    .scan(&["MPV"]);
    let answer = sample.answer();
    assert!(benefits(&answer, "A").is_empty());
    assert_eq!(benefits(&answer, "B"), pairs(&[("off", "5")]));
    assert_eq!(number(&answer, "balances", "MPV", "valueToUseInCurrency"), "195");
}
