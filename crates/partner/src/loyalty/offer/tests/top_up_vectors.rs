//! What is sold as a top-up, for which code, and what is refused (loyalty.md §11)?

use super::balance_vectors::with_bonus;
use super::sample::{
    Sample, benefits, credit, inputs, known, line, mpv, number, percent, points, spv, two_lines,
};
use crate::loyalty::ledger::BalanceStatus;
use crate::loyalty::offer::balance_state::BalanceState;
use crate::loyalty::offer::code::Meaning;
use serde_json::{Value, json};

/// The balance with a top-up for sale.
pub(super) fn sold(mut state: BalanceState, prepayment: Value) -> BalanceState {
    state.row.settings.prepayment = Some(serde_json::from_value(prepayment).unwrap());
    state
}

fn inactive(mut state: BalanceState) -> BalanceState {
    state.row.status = BalanceStatus::Inactive;
    state
}

/// Adds a code of kind `topUp`.
pub(super) fn top_up_code(mut sample: Sample, code: &str, balance_id: Option<&str>) -> Sample {
    sample.codes.push(known(code, Meaning::TopUp { balance_id: balance_id.map(str::to_owned) }));
    sample
}

fn prepaid(answer: &Value, id: &str) -> Value {
    let found = answer["balances"].as_array().unwrap().iter().find(|balance| balance["balanceId"] == id);
    found.map_or(Value::Null, |balance| balance["prepayment"]["value"].clone())
}

fn buttons() -> Value {
    json!({"value": 500, "min": 100, "max": 5000, "presets": [200, 500], "editable": true})
}

#[test]
fn an_inactive_voucher_is_bought_by_scanning_it() {
    let voucher = || sold(inactive(mpv("GIFT", 0)), json!({"value": 200}));
    let answer = two_lines().voucher(voucher()).scan(&["GIFT"]).answer();
    assert_eq!(inputs(&answer), [(true, None)]);
    assert_eq!(prepaid(&answer, "GIFT"), json!(200));
    assert_eq!(answer["balances"][0]["valueToUseInCurrency"], json!(0));
    assert_eq!(answer["balances"][0]["prepayment"]["isValueEditable"], json!(false));
    assert_eq!(answer["balances"][0]["prepayment"]["vatRate"], json!(0));

    // a product that costs nothing is enough (T5), nothing at all is not, nor are things given back
    let free = json!([line("A", "activation", "vouchers", "0", "0")]);
    let answer = Sample::new(free).voucher(voucher()).scan(&["GIFT"]).answer();
    assert_eq!((inputs(&answer), prepaid(&answer, "GIFT")), (vec![(true, None)], json!(200)));
    let answer = Sample::new(json!([])).voucher(voucher()).scan(&["GIFT"]).answer();
    assert_eq!(inputs(&answer), [(false, Some("EMPTY_BASKET"))]);
    let back = json!([line("R", "cup", "cups", "-50", "0.21")]);
    let answer = Sample::new(back).voucher(voucher()).scan(&["GIFT"]).answer();
    assert_eq!(
        (inputs(&answer), prepaid(&answer, "GIFT")),
        (vec![(false, Some("NO_MATCHING_ITEMS"))], Value::Null)
    );
    let answer = two_lines().voucher(voucher()).scan(&["GIFT", "GIFT"]).answer();
    assert_eq!(inputs(&answer), [(true, None), (false, Some("ALREADY_APPLIED"))]);
    let answer = two_lines().voucher(voucher()).scan(&["GIFT"]).ask("currencyCode", json!("EUR")).answer();
    assert_eq!(inputs(&answer), [(false, Some("CURRENCY_MISMATCH"))]);
}

#[test]
fn a_code_tops_up_or_says_why_not() {
    let mut frozen = sold(credit("frozen", 100), buttons());
    frozen.row.status = BalanceStatus::Frozen;
    let mut pretending = points("points", 100, "1");
    pretending.row.settings.prepayment = Some(serde_json::from_value(buttons()).unwrap());
    for (state, id, reason) in [
        (sold(credit("credit", 100), buttons()), "credit", None),
        (sold(mpv("GIFT", 100), json!({"value": 200})), "GIFT", Some("ALREADY_ACTIVE")),
        (sold(mpv("GIFT", 100), json!({"value": 200, "reloadable": true})), "GIFT", None),
        (credit("credit", 100), "credit", Some("TOP_UP_NOT_ALLOWED")),
        (pretending, "points", Some("TOP_UP_NOT_ALLOWED")),
        (frozen, "frozen", Some("FROZEN")),
        (credit("credit", 100), "gone", Some("NOT_FOUND")),
    ] {
        let answer = top_up_code(two_lines().voucher(state), "TOPUP", Some(id)).scan(&["TOPUP"]).answer();
        assert_eq!(inputs(&answer), [(reason.is_none(), reason)], "{id}");
        assert_eq!(prepaid(&answer, id).is_null(), reason.is_some(), "{id}");
    }
}

/// A code without a balance tops up what the member can top up, and what is topped up is not spent (T1).
#[test]
fn the_members_balances_are_topped_up_instead_of_spent() {
    let sample = || {
        let sample = two_lines()
            .card()
            .owned(sold(with_bonus("credit", 100_000, 10_000), buttons()))
            .owned(credit("other", 5_000))
            .owned(points("points", 100, "0.5"));
        top_up_code(sample, "TOPUP", None)
    };
    for codes in [["card", "TOPUP"], ["TOPUP", "card"]] {
        let answer = sample().scan(&codes).answer();
        assert_eq!(inputs(&answer), [(true, None), (true, None)]);
        assert_eq!(prepaid(&answer, "credit"), json!(500));
        assert_eq!(number(&answer, "balances", "other", "valueToUseInCurrency"), "50");
        assert_eq!(number(&answer, "balances", "points", "valueToUseInCurrency"), "50");
        let ids: Vec<&str> = answer["balances"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["balanceId"].as_str().unwrap())
            .collect();
        assert!(!ids.contains(&"credit:bonus"), "{ids:?}");
    }
    let alone = sample().scan(&["TOPUP"]).answer();
    assert_eq!(inputs(&alone), [(false, Some("TOP_UP_NOT_ALLOWED"))], "nobody's balances");
    let spent = sample().scan(&["card"]).answer();
    assert_eq!(prepaid(&spent, "credit"), Value::Null);
    assert_eq!(number(&spent, "balances", "credit:bonus", "valueToUseInCurrency"), "100");

    let both = two_lines().voucher(sold(credit("CREDIT", 5_000), buttons()));
    let both = top_up_code(both, "TOPUP", Some("CREDIT")).scan(&["CREDIT", "TOPUP"]).answer();
    assert_eq!(inputs(&both), [(false, Some("NOT_COMBINABLE")), (true, None)]);
    assert_eq!(prepaid(&both, "CREDIT"), json!(500));
}

#[test]
fn the_cashier_picks_the_value_within_its_limits() {
    // settings, choice, value, whether the cashier is told
    for (settings, choice, value, told) in [
        (buttons(), Value::Null, json!(500), false),
        (buttons(), json!(100), json!(100), false),
        (buttons(), json!(5000), json!(5000), false),
        (buttons(), json!(99.99), json!(500), true),
        (buttons(), json!(5000.01), json!(500), true),
        (buttons(), json!(250.505), json!(500), true),
        (buttons(), json!(-1), json!(500), true),
        (json!({"value": 500, "editable": true}), json!(0), json!(500), true),
        (json!({"value": 500}), json!(300), json!(500), false),
    ] {
        let sample = top_up_code(
            two_lines().voucher(sold(credit("CREDIT", 0), settings.clone())),
            "T",
            Some("CREDIT"),
        );
        let answer = sample
            .scan(&["T"])
            .ask("balances", json!([{"balanceId": "CREDIT", "prepaidValue": choice}]))
            .answer();
        assert_eq!(prepaid(&answer, "CREDIT"), value, "{settings} {choice}");
        assert_eq!(!answer["posMessages"].as_array().unwrap().is_empty(), told, "{settings} {choice}");
    }
    let rejected =
        top_up_code(two_lines().voucher(sold(credit("CREDIT", 0), buttons())), "T", Some("CREDIT"))
            .scan(&["T"])
            .ask("balances", json!([{"balanceId": "CREDIT", "rejectedByPOS": true}]));
    assert_eq!(rejected.answer()["balances"], json!([]));
}

/// loyalty.md V5: the rate of the day on the place's calendar, frozen at the sale.
#[test]
fn a_single_purpose_voucher_is_sold_at_the_rate_of_the_day() {
    // the sample's clock stands at 2026-03-01T10:00:00Z
    for (zone, from, rate) in [
        ("Europe/Berlin", "2026-03-01", "0.07"),
        ("Europe/Berlin", "2026-03-02", "0.19"),
        ("Pacific/Kiritimati", "2026-03-02", "0.07"),
    ] {
        let mut state = sold(inactive(spv("SPV", 0, "0.19")), json!({"value": 500}));
        state.row.settings.vat_rate = "0.19".parse().ok();
        state.row.settings.vat_rates = serde_json::from_value(json!([{"from": from, "rate": 0.07}])).unwrap();
        let mut sample = two_lines().voucher(state).scan(&["SPV"]);
        sample.settings = json!({"placeTimeZones": {"p": zone}});
        let found = sample.answer()["balances"][0]["prepayment"]["vatRate"].to_string();
        assert_eq!(found, rate, "{zone} {from}");
    }
}

/// loyalty.md V5: what is sold, and at which rate, is decided by the day on the place's wall; what was sold stays it.
#[test]
fn a_voucher_product_is_sold_as_what_it_is_today() {
    let program = |zone: &str| {
        json!({"placeTimeZones": {"p": zone}, "voucherProducts": [{"voucherProductId": "meal", "versions": [
            {"from": "2024-01-01", "type": "singlePurposePrepaidVoucher", "vatRate": 0.19},
            {"from": "2026-01-01", "type": "multiPurposePrepaidVoucher"}]}]})
    };
    let of_product = |mut state: BalanceState| {
        state.row.settings.voucher_product_id = Some("meal".to_owned());
        state
    };
    let (spv_name, mpv_name) = ("singlePurposePrepaidVoucher", "multiPurposePrepaidVoucher");
    // 23:59 and 00:01 in Berlin
    for (zone, at, class, rate) in [
        ("Europe/Berlin", "2025-12-31T22:59:00Z", spv_name, "0.19"),
        ("Europe/Berlin", "2025-12-31T23:01:00Z", mpv_name, "0"),
        ("Europe/London", "2025-12-31T23:01:00Z", spv_name, "0.19"),
    ] {
        let unsold = of_product(sold(inactive(mpv("GIFT", 0)), json!({"value": 50})));
        let mut sample = two_lines().voucher(unsold).scan(&["GIFT"]);
        (sample.settings, sample.at) = (program(zone), at.parse().unwrap());
        let answer = sample.answer();
        let shown = &answer["balances"][0];
        assert_eq!(
            (shown["type"].as_str(), shown["prepayment"]["vatRate"].to_string()),
            (Some(class), rate.to_owned()),
            "{zone} {at}"
        );
        // one that was sold in 2025 is spent as what it is: off the drinks' line, which is at its rate
        let mut old = of_product(spv("OLD", 5_000, "0.19"));
        old.row.settings.vat_rate = "0.19".parse().ok();
        let lines =
            json!([line("A", "gulas", "food", "230", "0.07"), line("B", "pivo", "drinks", "170", "0.19")]);
        let mut sample = Sample::new(lines).voucher(old).scan(&["OLD"]);
        (sample.settings, sample.at) = (program(zone), at.parse().unwrap());
        let answer = sample.answer();
        assert_eq!(answer["balances"][0]["type"], spv_name);
        assert_eq!(benefits(&answer, "B"), [("OLD".to_owned(), "50".to_owned())], "{zone} {at}");
    }
    let unsold = of_product(sold(inactive(mpv("GIFT", 0)), json!({"value": 50})));
    let mut early = two_lines().voucher(unsold).scan(&["GIFT"]);
    (early.settings, early.at) = (program("Europe/Berlin"), "2023-06-01T10:00:00Z".parse().unwrap());
    assert_eq!(early.answer()["benefitInputs"][0]["applicable"], false, "not sold before its first version");
}

/// loyalty.md T6: nothing lowers the line that sells a top-up, and no balance pays it.
#[test]
fn the_line_of_a_top_up_is_left_alone() {
    // its own id says so, or its product's
    for (id, product) in [("prepayment:other", "p"), ("T", "prepayment:other")] {
        let mut top_up = line(id, product, "food", "500", "0");
        top_up["vatRate"] = json!(0);
        let lines = json!([line("A", "gulas", "food", "100", "0.12"), top_up]);
        let answer = Sample::new(lines)
            .promotion("off", percent("order", "10", "automatic", &json!({})))
            .promotion("each", percent("items", "10", "automatic", &json!({})))
            .card()
            .owned(points("points", 20, "1"))
            .owned(credit("credit", 90_000))
            .scan(&["card"])
            .answer();
        assert!(benefits(&answer, id).is_empty());
        assert_eq!(number(&answer, "generalDiscounts", "each", "valueToUse"), "10", "{id}");
        assert_eq!(number(&answer, "generalDiscounts", "off", "valueToUse"), "9", "{id}");
        assert_eq!(number(&answer, "balances", "points", "valueToUseInCurrency"), "20", "{id}");
        assert_eq!(number(&answer, "balances", "credit", "valueToUseInCurrency"), "61", "{id}");
    }
}

/// loyalty.md T6, §2: a top-up is no good of the basket, so it helps no other line to a discount either.
#[test]
fn the_line_of_a_top_up_helps_no_other_line() {
    let lines = |goods: &[(&str, &str)]| {
        let goods = goods.iter().map(|(id, total)| line(id, "gulas", "food", total, "0.12"));
        goods.chain([line("prepayment:x", "gulas", "food", "500", "0")]).collect::<Value>()
    };
    let minimum = |over: &str, of: &str| json!({"conditions": {"minimumAmount": {"amount": 500, "over": over, "of": of}}});
    let pair =
        json!({"kind": {"buyGet": {"buy": 1, "get": 1}}, "scope": {"on": "items"}, "trigger": "automatic"});
    // goods, promotion, what it takes off; `None`: it does not apply
    for (goods, promotion, off) in [
        (&[("A", "60")][..], percent("order", "20", "automatic", &minimum("basket", "remaining")), None),
        (&[("A", "60")], percent("items", "20", "automatic", &minimum("basket", "initial")), None),
        (&[("A", "60")], percent("items", "20", "automatic", &minimum("eligible", "remaining")), None),
        (&[("A", "500")], percent("order", "20", "automatic", &minimum("basket", "remaining")), Some("100")),
        (&[("A", "60")], pair.clone(), None),
        (&[("A", "60"), ("B", "60")], pair, Some("60")),
        // what is given back counts against goods, not against the top-up
        (&[("A", "100"), ("R", "-50")], percent("order", "10", "automatic", &json!({})), Some("5")),
    ] {
        let answer = Sample::new(lines(goods)).promotion("off", promotion.clone()).answer();
        let found = answer["generalDiscounts"].as_array().unwrap();
        let found = found.first().map(|discount| discount["valueToUse"].to_string());
        assert_eq!(found.as_deref(), off, "{goods:?} {promotion}");
    }
}
