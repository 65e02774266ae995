//! What does a line cost before loyalty?

use crate::api::exact_amount;
use crate::menu::store::Product;
use crate::sale::check::Line;
use door::ApiError;
use money::{Amount, Decimal, Precision, percentage};
use wire::loyalty::{PREPAYMENT_PREFIX, is_of_top_up};
use wire::pos::{SetLine, SetLineDiscount};

/// Most lines of a check.
pub(crate) const LINES_MAX: usize = 500;
/// Longest id a register may give a line.
const CHECK_ITEM_ID_CHARACTERS_MAX: usize = 64;

/// Prices the basket: `products[n]` is the product of `set[n]`.
///
/// # Errors
/// 400 that names the member of `lines[n]` at fault.
pub(crate) fn priced(
    set: &[SetLine],
    products: &[Product],
    precision: Precision,
) -> Result<Vec<Line>, ApiError> {
    let ids = ids(set)?;
    set.iter()
        .zip(products)
        .zip(ids)
        .enumerate()
        .map(|(index, ((line, product), id))| price(index, line, product, id, precision))
        .collect()
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
    product: &Product,
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
        let product = Product {
            on_line: samples::line("beer", 5_990, "0.21").product,
            price: Amount(5_990),
            is_price_variable,
        };
        let line: SetLine = serde_json::from_value(line).unwrap();
        let priced = priced(&[line], &[product], Precision::new(2).unwrap());
        priced.map(|mut lines| lines.remove(0))
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
