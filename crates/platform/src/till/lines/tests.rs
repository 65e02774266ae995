//! Are lines priced as the menu, the register and the order say?

use super::*;
use crate::sale::samples;
use serde_json::{Value, json};

/// Prices one line of a product for 59.90, or of one with a variable price.
fn price_of(line: Value, is_price_variable: bool) -> Result<Line, ApiError> {
    let line: SetLine = serde_json::from_value(line).unwrap();
    let menu = menu([(line.product_id.clone(), beer(5_990, is_price_variable))]);
    let priced = priced(&[line], &menu, &[], None, Precision::new(2).unwrap());
    priced.map(|mut lines| lines.remove(0))
}

fn menu<const N: usize>(products: [(String, Product); N]) -> Named {
    Named { products: HashMap::from(products), additions: HashMap::new() }
}

fn beer(price: i64, is_price_variable: bool) -> Product {
    let mut on_line = samples::line("beer", price, "0.21").product;
    "p:beer".clone_into(&mut on_line.product_id);
    let price_levels =
        BTreeMap::from([(DEFAULT_LEVEL.to_owned(), Amount(price)), ("happy".to_owned(), Amount(price / 2))]);
    Product::sample(on_line, price_levels, is_price_variable)
}

#[test]
fn a_line_that_is_set_again_keeps_what_it_showed() {
    let precision = Precision::new(2).unwrap();
    let of = |lines: Value, price, before: &[Line]| {
        let set: Vec<SetLine> = serde_json::from_value(lines).unwrap();
        let mut beer = beer(price, false);
        if price != 5_990 {
            beer.on_line.vat_rate = wire::Number::parse("0.25").unwrap();
        }
        let menu = if price == 0 { Named::default() } else { menu([("p:beer".to_owned(), beer)]) };
        priced(&set, &menu, before, None, precision).map(|lines| {
            let shown = |line: &Line| (line.unit_price, line.total, line.product.vat_rate.to_string());
            (lines.iter().map(shown).collect::<Vec<_>>(), lines)
        })
    };
    let entered = json!([{"checkItemId": "a", "productId": "p:beer", "amount": 1}]);
    let (_, before) = of(entered, 5_990, &[]).unwrap();
    let old = |total| (5_990, total, "0.21".to_owned());
    // lines set, price now, what they show
    let table = [
        (json!([{"checkItemId": "a", "productId": "p:beer", "amount": 3}]), 7_000, vec![old(17_970)]),
        (
            json!([{"checkItemId": "a", "productId": "p:beer", "amount": 1, "unitPriceWithVat": 59.9}]),
            7_000,
            vec![old(5_990)],
        ),
        (
            json!([{"checkItemId": "a", "productId": "p:beer", "amount": 1}, {"productId": "p:beer", "amount": 1}]),
            7_000,
            vec![old(5_990), (7_000, 7_000, "0.25".to_owned())],
        ),
        (
            json!([{"checkItemId": "a", "productId": "p:beer", "amount": 1, "priceLevel": "happy"}]),
            7_000,
            vec![(3_500, 3_500, "0.25".to_owned())],
        ),
        // taken off the menu meanwhile
        (json!([{"checkItemId": "a", "productId": "p:beer", "amount": 2}]), 0, vec![old(11_980)]),
    ];
    for (lines, price, expected) in table {
        assert_eq!(of(lines.clone(), price, &before).unwrap().0, expected, "{lines}");
    }
    for (lines, price, field) in [
        (json!([{"checkItemId": "b", "productId": "p:beer", "amount": 2}]), 0, "lines[0].productId"),
        (json!([{"productId": "p:beer", "amount": 2, "priceLevel": "night"}]), 7_000, "lines[0].priceLevel"),
    ] {
        let error = of(lines, price, &before).unwrap_err();
        assert_eq!((error.status.as_u16(), error.extra["field"].as_str()), (400, Some(field)));
    }
}

#[test]
fn a_line_is_amount_times_price_less_the_tills_discount() {
    // line, variable price, unit price, discount, total
    let table = [
        (json!({"productId": "p:beer", "amount": 3}), false, (5_990, 0, 17_970)),
        (json!({"productId": "p:beer", "amount": 0.35}), false, (5_990, 0, 2_097)),
        (json!({"productId": "p:beer", "amount": -1}), false, (5_990, 0, -5_990)),
        (
            json!({"productId": "p:beer", "amount": 1, "discount": {"percent": 25}}),
            false,
            (5_990, 1_498, 4_492),
        ),
        (
            json!({"productId": "p:beer", "amount": -1, "discount": {"percent": 25}}),
            false,
            (5_990, -1_498, -4_492),
        ),
        (
            json!({"productId": "p:beer", "amount": 2, "discount": {"value": 10.5}}),
            false,
            (5_990, 1_050, 10_930),
        ),
        (json!({"productId": "p:beer", "amount": 2, "unitPriceWithVat": "10.00"}), true, (1_000, 0, 2_000)),
        (json!({"productId": "p:beer", "amount": 2, "unitPriceWithVat": 59.9}), false, (5_990, 0, 11_980)),
    ];
    for (line, variable, expected) in table {
        let priced = price_of(line.clone(), variable).unwrap();
        assert_eq!((priced.unit_price, priced.till_discount, priced.total), expected, "{line}");
    }
}

#[test]
fn a_line_that_cannot_be_priced_is_named() {
    let table = [
        (json!({"productId": "p", "amount": 0}), false, "lines[0].amount"),
        (json!({"productId": "p", "amount": 1_000_000_000_000_000_i64}), false, "lines[0].amount"),
        (json!({"productId": "p", "amount": 1, "unitPriceWithVat": 1}), false, "lines[0].unitPriceWithVat"),
        (
            json!({"productId": "p", "amount": 1, "unitPriceWithVat": 1.001}),
            true,
            "lines[0].unitPriceWithVat",
        ),
        (json!({"productId": "p", "amount": 1, "discount": {}}), false, "lines[0].discount"),
        (
            json!({"productId": "p", "amount": 1, "discount": {"percent": 5, "value": 1}}),
            false,
            "lines[0].discount",
        ),
        (
            json!({"productId": "p", "amount": 1, "discount": {"percent": 101}}),
            false,
            "lines[0].discount.percent",
        ),
        (
            json!({"productId": "p", "amount": 1, "discount": {"value": 59.91}}),
            false,
            "lines[0].discount.value",
        ),
        (json!({"productId": "p", "amount": 1, "checkItemId": ""}), false, "lines[0].checkItemId"),
        (
            json!({"productId": "p", "amount": 1, "checkItemId": "prepayment:credit"}),
            false,
            "lines[0].checkItemId",
        ),
    ];
    for (line, variable, field) in table {
        let error = price_of(line.clone(), variable).unwrap_err();
        assert_eq!((error.status.as_u16(), error.extra["field"].as_str()), (400, Some(field)), "{line}");
    }
}

#[test]
fn pieces_are_begun_ones_of_what_is_sold() {
    let line = |id: &str, amount: &str| Line {
        amount: Number::parse(amount).unwrap(),
        ..samples::line(id, 100, "0.21")
    };
    let lines = [line("a", "2"), line("b", "0.5"), line("a", "-1"), line("b", "0.5"), line("c", "0.1")];
    let found = pieces(&lines);
    let found: Vec<(&str, i64)> = found.iter().map(|(id, pieces)| (id.as_str(), *pieces)).collect();
    assert_eq!(found, [("p:a", 2), ("p:b", 1), ("p:c", 1)]);
}

#[test]
fn lines_without_an_id_get_the_smallest_free_number() {
    let set = |ids: &[Option<&str>]| -> Vec<SetLine> {
        ids.iter()
            .map(|id| {
                serde_json::from_value(json!({"checkItemId": id, "productId": "p", "amount": 1})).unwrap()
            })
            .collect()
    };
    let found = ids::ids(&set(&[None, Some("1"), None, Some("x")]), &[]).unwrap();
    let found: Vec<String> = found.into_iter().map(|ids| ids.main).collect();
    assert_eq!(found, ["2", "1", "3", "x"]);
    let error = ids::ids(&set(&[Some("a"), None, Some("a")]), &[]).unwrap_err();
    assert_eq!(error.extra["field"].as_str(), Some("lines[2].checkItemId"));
}

/// A menu of a burger for 200.00 with 12 % VAT, with which cheese (20.00), at most two sauces (15.00) and a beer of its own rate
/// may go; an egg may not.
fn burgers() -> Named {
    let addition = |category: &str, title: &str, price, max, rate: Option<&str>| Addition {
        category_id: category.to_owned(),
        category_max: max,
        title: title.to_owned(),
        price: Amount(price),
        product_id: None,
        vat_rate: rate.map(|rate| Number::parse(rate).unwrap()),
        vat_id: None,
        measure: "pcs".to_owned(),
    };
    let product = |price| {
        let mut on_line = samples::line("burger", price, "0.12").product;
        "p:burger".clone_into(&mut on_line.product_id);
        Product::sample(on_line, BTreeMap::from([(DEFAULT_LEVEL.to_owned(), Amount(price))]), false)
    };
    let mut burger = product(20_000);
    burger.addition_category_ids.push("ac:sauces".to_owned());
    Named {
        products: HashMap::from([("p:burger".to_owned(), burger)]),
        additions: HashMap::from([
            ("a:cheese".to_owned(), addition("ac:any", "Cheese", 2_000, None, None)),
            ("a:beer".to_owned(), addition("ac:any", "Small beer", 3_000, None, Some("0.21"))),
            ("a:bbq".to_owned(), addition("ac:sauces", "BBQ", 1_500, Some(2), None)),
            ("a:egg".to_owned(), addition("ac:breakfast", "Egg", 1_000, None, None)),
        ]),
    }
}

fn set(lines: &Value) -> Vec<SetLine> {
    serde_json::from_value(lines.clone()).unwrap()
}

/// Prices a basket of burgers over what stood there; of each line its id, what it goes with, amount, VAT, discount and total.
fn of_burgers(lines: &Value, before: &[Line]) -> Result<(Vec<Line>, Vec<String>), ApiError> {
    let lines = priced(&set(lines), &burgers(), before, None, Precision::new(2).unwrap())?;
    let shown = lines.iter().map(|line| {
        let of =
            line.addition.as_ref().map_or_else(String::new, |with| format!("{}*{}", with.of, with.count));
        let (id, amount, rate) = (&line.check_item_id, line.amount, line.product.vat_rate);
        format!("{id} {of} {amount} {rate} {} {}", line.till_discount, line.total)
    });
    let shown = shown.collect();
    Ok((lines, shown))
}

#[test]
fn what_goes_with_a_line_is_a_line_behind_it() {
    let with = |more: Value| {
        let mut line = json!({"productId": "p:burger", "amount": 2, "additions": [{"additionId": "a:cheese", "count": 3}, {"additionId": "a:beer"}]});
        line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!([line, {"productId": "p:burger", "amount": 1}])
    };
    let table: [(Value, [&str; 4]); 4] = [
        (
            with(json!({})),
            ["1  2 0.12 0 40000", "2 1*3 6 0.12 0 12000", "3 1*1 2 0.21 0 6000", "4  1 0.12 0 20000"],
        ),
        (
            with(json!({"discount": {"percent": 10}})),
            ["1  2 0.12 4000 36000", "2 1*3 6 0.12 1200 10800", "3 1*1 2 0.21 600 5400", "4  1 0.12 0 20000"],
        ),
        // spread by what they come to: 580 in 58 parts
        (
            with(json!({"discount": {"value": "5.80"}})),
            ["1  2 0.12 400 39600", "2 1*3 6 0.12 120 11880", "3 1*1 2 0.21 60 5940", "4  1 0.12 0 20000"],
        ),
        (
            with(json!({"amount": -2, "discount": {"percent": 50}})),
            [
                "1  -2 0.12 -20000 -20000",
                "2 1*3 -6 0.12 -6000 -6000",
                "3 1*1 -2 0.21 -3000 -3000",
                "4  1 0.12 0 20000",
            ],
        ),
    ];
    for (lines, expected) in table {
        assert_eq!(of_burgers(&lines, &[]).unwrap().1, expected, "{lines}");
    }
    let (lines, _) = of_burgers(&with(json!({"note": " no onions "})), &[]).unwrap();
    let notes: Vec<Option<&str>> = lines.iter().map(|line| line.note.as_deref()).collect();
    assert_eq!(notes, [Some("no onions"), None, None, None]);
    assert!(lines[1].product.category_id.is_none() && lines[1].product.name == "Cheese");
}

#[test]
fn what_cannot_go_with_a_line_is_named() {
    let with = |additions: Value| json!([{"productId": "p:burger", "amount": 1, "additions": additions}]);
    for (lines, field) in [
        (with(json!([{"additionId": "a:none"}])), "lines[0].additions[0].additionId"),
        (
            with(json!([{"additionId": "a:cheese"}, {"additionId": "a:egg"}])),
            "lines[0].additions[1].additionId",
        ),
        (
            with(json!([{"additionId": "a:cheese"}, {"additionId": "a:cheese"}])),
            "lines[0].additions[1].additionId",
        ),
        (with(json!([{"additionId": "a:cheese", "count": 0}])), "lines[0].additions[0].count"),
        (with(json!([{"additionId": "a:cheese", "count": 10_000}])), "lines[0].additions[0].count"),
        (with(json!([{"additionId": "a:bbq", "count": 3}])), "lines[0].additions"),
        (
            json!([{"productId": "p:burger", "amount": 1_000_000_000, "additions": [{"additionId": "a:cheese", "count": 9_999}]}]),
            "lines[0].additions[0].amount",
        ),
        (json!([{"productId": "p:burger", "amount": 1, "note": "x".repeat(501)}]), "lines[0].note"),
    ] {
        let error = of_burgers(&lines, &[]).unwrap_err();
        assert_eq!((error.status.as_u16(), error.extra["field"].as_str()), (400, Some(field)), "{lines}");
    }
    of_burgers(&with(json!([{"additionId": "a:bbq", "count": 2}])), &[]).unwrap();
}

#[test]
fn what_went_with_a_line_keeps_its_id_and_what_it_showed() {
    let entered = json!([{"productId": "p:burger", "amount": 1, "additions": [{"additionId": "a:cheese"}]}, {"productId": "p:burger", "amount": 1}]);
    let (mut before, shown) = of_burgers(&entered, &[]).unwrap();
    assert_eq!(shown, ["1  1 0.12 0 20000", "2 1*1 1 0.12 0 2000", "3  1 0.12 0 20000"]);
    // the menu raises its prices
    before[0].unit_price = 19_000;
    before[1].unit_price = 1_900;
    // basket, what it shows
    for (lines, expected) in [
        (entered.clone(), vec!["1  1 0.12 0 19000", "2 1*1 1 0.12 0 1900", "3  1 0.12 0 20000"]),
        (
            json!([{"checkItemId": "1", "productId": "p:burger", "amount": 2, "additions": [{"additionId": "a:bbq"}, {"additionId": "a:cheese", "count": 2}]}, {"productId": "p:burger", "amount": 1}]),
            vec!["1  2 0.12 0 38000", "3 1*1 2 0.12 0 3000", "2 1*2 4 0.12 0 7600", "4  1 0.12 0 20000"],
        ),
        // an id that the register gives to another line is that line's
        (
            json!([{"checkItemId": "1", "productId": "p:burger", "amount": 1, "additions": [{"additionId": "a:cheese"}]}, {"checkItemId": "2", "productId": "p:burger", "amount": 1}]),
            vec!["1  1 0.12 0 19000", "3 1*1 1 0.12 0 1900", "2  1 0.12 0 20000"],
        ),
        (json!([{"checkItemId": "1", "productId": "p:burger", "amount": 1}]), vec!["1  1 0.12 0 19000"]),
    ] {
        assert_eq!(of_burgers(&lines, &before).unwrap().1, expected, "{lines}");
    }
}

#[test]
fn what_an_order_takes_off_stays_until_the_register_says_otherwise() {
    let precision = Precision::new(2).unwrap();
    let line = OrderedLine {
        product: burgers().products["p:burger"].on_line.clone(),
        count: 3,
        unit_price: Amount(18_000),
        beyond_remaining: false,
        goes_with: None,
    };
    let before = ordered([(&line, Amount(1_000))].into_iter(), precision).unwrap();
    let one = |more: Value| {
        let mut line = json!({"checkItemId": "1", "productId": "p:burger", "amount": 3});
        line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!([line])
    };
    // line set again, what it shows
    for (lines, expected) in [
        (one(json!({})), "1  3 0.12 1000 53000"),
        (one(json!({"amount": 1})), "1  1 0.12 333 17667"),
        (one(json!({"amount": 5})), "1  5 0.12 1000 89000"),
        (one(json!({"discount": {"value": 0}})), "1  3 0.12 0 54000"),
        (one(json!({"unitPriceWithVat": 200})), "1  3 0.12 1000 59000"),
        (one(json!({"checkItemId": "2"})), "2  3 0.12 0 60000"),
    ] {
        let (set_again, shown) = of_burgers(&lines, &before).unwrap();
        assert_eq!(shown, [expected], "{lines}");
        // and once more
        assert_eq!(of_burgers(&lines, &set_again).unwrap().1, [expected], "{lines}, twice");
    }
}

#[test]
fn a_line_is_of_whoever_entered_it_first() {
    let person = |id: i64| PosPerson { person_id: id, full_name: String::new(), user_name: String::new() };
    let (menu, precision) = (burgers(), Precision::new(2).unwrap());
    let lines = |ids: &[&str]| {
        set(&ids.iter().map(|id| json!({"checkItemId": id, "productId": "p:burger", "amount": 1})).collect())
    };
    let first = priced(&lines(&["a"]), &menu, &[], Some(&person(1)), precision).unwrap();
    let second = priced(&lines(&["a", "b"]), &menu, &first, Some(&person(2)), precision).unwrap();
    let third = priced(&lines(&["b", "c", "a"]), &menu, &second, None, precision).unwrap();
    let who: Vec<Option<i64>> =
        third.iter().map(|line| line.entered_by.as_ref().map(|one| one.person_id)).collect();
    assert_eq!(who, [Some(2), None, Some(1)]);
}
