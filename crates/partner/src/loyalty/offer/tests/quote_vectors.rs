//! Do the worked numbers of loyalty.md §2 and protocol.md §10.12 come out to the cent?

use super::sample::{
    Sample, benefits, credit, inputs, is_empty, line, lot, mpv, number, pairs, percent, points, spv,
    two_lines,
};
use jiff::Timestamp;
use money::Amount;
use serde_json::{Value, json};

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
    assert_eq!(
        benefits(&answer, "L2"),
        pairs(&[("beer_20", "35.4"), ("order_10", "14.16"), ("points", "13.47")])
    );
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
        let steps: Vec<&str> = quote.notes.steps.iter().map(|note| note.step).collect();
        assert_eq!(steps, ["item discount", "order discount", "spv", "points", "mpv", "credit"]);
        let payable: Vec<String> =
            quote.notes.steps.iter().map(|note| note.payable.unwrap().to_string()).collect();
        assert_eq!(payable, ["614.6", "553.14", "473.14", "423.14", "123.14", "23.14"]);
        // line by line through a discount, a voucher and points
        let lines: Vec<Vec<String>> = quote
            .notes
            .steps
            .iter()
            .map(|note| {
                note.lines.iter().map(|line| format!("{} {}", line.check_item_id, line.after)).collect()
            })
            .collect();
        assert_eq!(
            lines,
            [
                vec!["L2 141.6"],
                vec!["L1 340.2", "L2 127.44", "L3 85.5"],
                vec!["L3 5.5"],
                vec!["L1 304.25", "L2 113.97", "L3 4.92"],
                vec![],
                vec![]
            ]
        );
    });
}

#[test]
fn a_percentage_becomes_money_once() {
    // price, percent, precision, taken
    for (price, off, precision, taken) in [
        ("19.99", "25", 2, "5"),
        ("1155", "10", 0, "116"),
        ("0.01", "50", 2, "0.01"),
        ("9.999", "100", 3, "9.999"),
    ] {
        for on in ["items", "order"] {
            let sample = Sample::new(json!([line("A", "a", "c", price, "0.12")]))
                .ask("pricePrecision", json!(precision))
                .promotion("off", percent(on, off, "automatic", &json!({})));
            assert_eq!(
                number(&sample.answer(), "generalDiscounts", "off", "valueToUse"),
                taken,
                "{price} {on}"
            );
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
        assert_eq!(
            number(&answer, "balances", "points", "controllableValueToUse"),
            used,
            "{held} × {worth} of {bill}"
        );
        assert_eq!(
            number(&answer, "balances", "points", "valueToUseInCurrency"),
            value,
            "{held} × {worth} of {bill}"
        );
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
    assert_eq!(
        asked(json!({ "balanceId": "points", "controllableValueToUse": 100, "rejectedByPOS": true })),
        "0"
    );
}

#[test]
fn ten_percent_item_specific() {
    let answer = two_lines()
        .promotion(
            "discount_10",
            percent("order", "10", "code", &json!({ "titles": { "pos": { "cs": "Sleva" } } })),
        )
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
            let hit: Vec<&str> =
                ["A", "B", "C"].into_iter().filter(|id| !benefits(&answer, id).is_empty()).collect();
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
        .promotion(
            "over",
            percent("order", "50", "automatic", &json!({ "validUntil": "2026-03-01T10:00:00Z" })),
        )
        .answer();
    assert_eq!(
        benefits(&answer, "A"),
        pairs(&[
            ("items", "50"),
            ("soon", "25"),
            ("late", "12.5"),
            ("a", "6.25"),
            ("b", "3.13"),
            ("last", "1.56")
        ])
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
        state.free.lots[0].expires_at =
            day.map(|day| format!("2026-04-{day}T00:00:00Z").parse::<Timestamp>().unwrap());
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
    let sample =
        Sample::new(json!([line("A", "a", "c", "10.005", "0.12")])).voucher(mpv("MPV", 5_000)).scan(&["MPV"]);
    let answer = sample.answer();
    assert_eq!(
        number(&answer, "balances", "MPV", "valueToUseInCurrency"),
        "10",
        "never above the price as sent"
    );
    sample.look(|quote, _, _| {
        assert_eq!(quote.total, Amount(1_001));
        assert!(quote.notes.steps.iter().any(|note| note.step == "border" && note.about == "itemsToPay[0]"));
    });
}

#[test]
fn a_program_may_wait_for_the_cashier() {
    let mut sample =
        two_lines().card().owned(credit("credit", 90_000)).voucher(mpv("MPV", 100)).scan(&["card", "MPV"]);
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
