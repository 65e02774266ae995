//! What does a line cost before loyalty?

use super::ordered::OrderedLine;
use crate::api::exact_amount;
use crate::menu::{DEFAULT_LEVEL, LineProduct, Product};
use crate::sale::check::Line;
use door::ApiError;
use money::{Amount, Decimal, Precision, percentage};
use std::collections::{BTreeMap, HashMap};
use wire::Number;
use wire::loyalty::{PREPAYMENT_PREFIX, is_of_top_up};
use wire::pos::{SetLine, SetLineDiscount};

/// Most lines of a check.
pub(crate) const LINES_MAX: usize = 500;
/// Longest id a register may give a line.
const CHECK_ITEM_ID_CHARACTERS_MAX: usize = 64;

/// Prices the basket: `products` are those of the menu, by id. A line of `before` that is set again, with the product and the
/// level of prices that it had, keeps what it showed: neither a new price nor a new rate of VAT reaches it.
///
/// # Errors
/// 400 that names the member of `lines[n]` at fault.
pub(crate) fn priced(
    set: &[SetLine],
    products: &HashMap<String, Product>,
    before: &[Line],
    precision: Precision,
) -> Result<Vec<Line>, ApiError> {
    let ids = ids(set)?;
    let priced = set.iter().zip(ids).enumerate().map(|(index, (line, id))| {
        let product = products.get(&line.product_id);
        let kept = before.iter().find(|kept| kept.check_item_id == id && is_set_again(kept, line));
        price(index, line, &Priced::of(index, line, product, kept)?, id, precision)
    });
    priced.collect()
}

/// How many pieces of each product lines take: what is sold of it, in whole pieces begun. A return takes none.
pub(super) fn pieces(lines: &[Line]) -> BTreeMap<String, i64> {
    let mut sold: BTreeMap<&str, Decimal> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.amount.0 > Decimal::ZERO) {
        let sum = sold.entry(&line.product.product_id).or_default();
        *sum = sum.saturating_add(line.amount.0);
    }
    let begun = |sum: Decimal| Number(sum.ceil()).integer().unwrap_or(i64::from(u32::MAX));
    sold.into_iter().map(|(id, sum)| (id.to_owned(), begun(sum).min(i64::from(u32::MAX)))).collect()
}

/// Whether a line is the one that stood under its id.
fn is_set_again(kept: &Line, set: &SetLine) -> bool {
    kept.product.product_id == set.product_id && kept.price_level == set.price_level
}

/// What a line takes of its product.
struct Priced<'a> {
    on_line: &'a LineProduct,
    price: Amount,
    is_price_variable: bool,
    beyond_remaining: bool,
}

impl<'a> Priced<'a> {
    fn of(
        index: usize,
        set: &SetLine,
        product: Option<&'a Product>,
        kept: Option<&'a Line>,
    ) -> Result<Self, ApiError> {
        let is_price_variable = product.is_some_and(|product| product.is_price_variable);
        if let Some(kept) = kept {
            // What the cashier typed was the price of that time only
            let price = product.filter(|product| product.is_price_variable);
            let price =
                price.and_then(|product| product.price(DEFAULT_LEVEL)).unwrap_or(Amount(kept.unit_price));
            let beyond_remaining = kept.beyond_remaining;
            return Ok(Self { on_line: &kept.product, price, is_price_variable, beyond_remaining });
        }
        let Some(product) = product else {
            let path = format!("lines[{index}].productId");
            return Err(ApiError::field(&path, "a product of the menu", &format!("{:?}", set.product_id)));
        };
        let level = set.price_level.as_deref().unwrap_or(DEFAULT_LEVEL);
        let price = product.price(level).ok_or_else(|| {
            let path = format!("lines[{index}].priceLevel");
            ApiError::field(&path, "a level of the product's prices at this place", &format!("{level:?}"))
        })?;
        Ok(Self { on_line: &product.on_line, price, is_price_variable, beyond_remaining: false })
    }
}

/// Prices the lines of an order that came from elsewhere, each with what the order takes off it: as the cashier prices a product
/// whose price is variable.
///
/// # Errors
/// 400 for a line that does not fit the currency.
pub(super) fn ordered<'a>(
    lines: impl Iterator<Item = (&'a OrderedLine, Amount)>,
    precision: Precision,
) -> Result<Vec<Line>, ApiError> {
    let number = |amount: Amount| Number::from_amount(amount, precision);
    let priced = lines.enumerate().map(|(index, (line, discount))| {
        let set = SetLine {
            check_item_id: None,
            product_id: line.product.product_id.clone(),
            price_level: None,
            amount: Number::from(line.count),
            unit_price_with_vat: Some(number(line.unit_price)),
            discount: (discount != Amount::ZERO)
                .then(|| SetLineDiscount { percent: None, value: Some(number(discount)) }),
        };
        let product = Priced {
            on_line: &line.product,
            price: line.unit_price,
            is_price_variable: true,
            beyond_remaining: false,
        };
        price(index, &set, &product, (index + 1).to_string(), precision)
    });
    priced.collect()
}

/// The register's own ids, and the smallest free number for each line that came without one.
fn ids(set: &[SetLine]) -> Result<Vec<String>, ApiError> {
    let mut taken = std::collections::BTreeSet::new();
    for (index, line) in set.iter().enumerate() {
        let Some(id) = &line.check_item_id else { continue };
        let path = format!("lines[{index}].checkItemId");
        if id.is_empty() || id.chars().count() > CHECK_ITEM_ID_CHARACTERS_MAX {
            return Err(ApiError::field(
                &path,
                "1 to 64 characters",
                &format!("{} of them", id.chars().count()),
            ));
        }
        if is_of_top_up(id) {
            let expected = format!(
                "an id that does not begin with {PREPAYMENT_PREFIX}, which names the line of a top-up"
            );
            return Err(ApiError::field(&path, &expected, &format!("{id:?}")));
        }
        if !taken.insert(id.clone()) {
            return Err(ApiError::field(&path, "an id of its own for each line", &format!("{id:?} again")));
        }
    }
    let mut next = 1_u32;
    Ok(set
        .iter()
        .map(|line| {
            line.check_item_id.clone().unwrap_or_else(|| {
                loop {
                    let id = next.to_string();
                    next += 1;
                    if taken.insert(id.clone()) {
                        break id;
                    }
                }
            })
        })
        .collect())
}

fn price(
    index: usize,
    set: &SetLine,
    product: &Priced<'_>,
    check_item_id: String,
    precision: Precision,
) -> Result<Line, ApiError> {
    let path = |member: &str| format!("lines[{index}].{member}");
    if set.amount.0.is_zero() {
        return Err(ApiError::field(&path("amount"), "a decimal other than 0", "0"));
    }
    let unit_price = match &set.unit_price_with_vat {
        None => product.price,
        Some(price) if product.is_price_variable => {
            exact_amount(&path("unitPriceWithVat"), price, precision)?
        }
        Some(price) => {
            let given = exact_amount(&path("unitPriceWithVat"), price, precision)?;
            if given != product.price {
                return Err(ApiError::field(
                    &path("unitPriceWithVat"),
                    &format!(
                        "the menu's price {}, which is not variable",
                        product.price.to_decimal(precision)
                    ),
                    &given.to_decimal(precision).to_string(),
                ));
            }
            given
        }
    };
    let full = unit_price
        .to_decimal(precision)
        .checked_mul(set.amount.0)
        .and_then(|full| Amount::from_decimal(full, precision).ok())
        .ok_or_else(|| {
            ApiError::field(&path("amount"), "a line of at most 10^15 minor units", "a larger one")
        })?
        .amount;
    let till_discount = match &set.discount {
        None => Amount::ZERO,
        Some(discount) => discounted(&path("discount"), discount, full, precision)?,
    };
    Ok(Line {
        check_item_id,
        product: product.on_line.clone(),
        price_level: set.price_level.clone(),
        beyond_remaining: product.beyond_remaining,
        amount: set.amount,
        unit_price: unit_price.0,
        till_discount: till_discount.0,
        total: (full - till_discount).0,
    })
}

/// The till's discount with the sign of the line.
fn discounted(
    path: &str,
    discount: &SetLineDiscount,
    full: Amount,
    precision: Precision,
) -> Result<Amount, ApiError> {
    let size = Amount(full.0.abs());
    let taken = match (&discount.percent, &discount.value) {
        (Some(percent), None) => {
            if percent.0 < Decimal::ZERO || percent.0 > Decimal::ONE_HUNDRED {
                let found = percent.0.to_string();
                return Err(ApiError::field(&format!("{path}.percent"), "0 to 100", &found));
            }
            percentage(size, percent.0)
        }
        (None, Some(value)) => {
            let value = exact_amount(&format!("{path}.value"), value, precision)?;
            if value < Amount::ZERO || value > size {
                let expected = format!("0 to the line's price {}", size.to_decimal(precision));
                let found = value.to_decimal(precision).to_string();
                return Err(ApiError::field(&format!("{path}.value"), &expected, &found));
            }
            value
        }
        _ => return Err(ApiError::field(path, "exactly one of percent and value", "none or both")),
    };
    Ok(if full < Amount::ZERO { -taken } else { taken })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sale::samples;
    use serde_json::{Value, json};

    /// Prices one line of a product for 59.90, or of one with a variable price.
    fn price_of(line: Value, is_price_variable: bool) -> Result<Line, ApiError> {
        let line: SetLine = serde_json::from_value(line).unwrap();
        let products = HashMap::from([(line.product_id.clone(), beer(5_990, is_price_variable))]);
        let priced = priced(&[line], &products, &[], Precision::new(2).unwrap());
        priced.map(|mut lines| lines.remove(0))
    }

    fn beer(price: i64, is_price_variable: bool) -> Product {
        let mut on_line = samples::line("beer", price, "0.21").product;
        "p:beer".clone_into(&mut on_line.product_id);
        let price_levels = BTreeMap::from([
            (DEFAULT_LEVEL.to_owned(), Amount(price)),
            ("happy".to_owned(), Amount(price / 2)),
        ]);
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
            let products =
                if price == 0 { HashMap::new() } else { HashMap::from([("p:beer".to_owned(), beer)]) };
            priced(&set, &products, before, precision).map(|lines| {
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
            (
                json!([{"productId": "p:beer", "amount": 2, "priceLevel": "night"}]),
                7_000,
                "lines[0].priceLevel",
            ),
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
            (
                json!({"productId": "p:beer", "amount": 2, "unitPriceWithVat": "10.00"}),
                true,
                (1_000, 0, 2_000),
            ),
            (
                json!({"productId": "p:beer", "amount": 2, "unitPriceWithVat": 59.9}),
                false,
                (5_990, 0, 11_980),
            ),
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
            (
                json!({"productId": "p", "amount": 1, "unitPriceWithVat": 1}),
                false,
                "lines[0].unitPriceWithVat",
            ),
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
        assert_eq!(ids(&set(&[None, Some("1"), None, Some("x")])).unwrap(), ["2", "1", "3", "x"]);
        let error = ids(&set(&[Some("a"), None, Some("a")])).unwrap_err();
        assert_eq!(error.extra["field"].as_str(), Some("lines[2].checkItemId"));
    }
}
