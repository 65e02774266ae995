//! What does a line cost before loyalty?

use super::check::Line;
use crate::menu::store::Product;
use door::ApiError;
use money::{Amount, Decimal, Precision, percentage};
use wire::Number;
use wire::pos::{SetLine, SetLineDiscount};

/// Most lines of a check.
pub(crate) const LINES_MAX: usize = 500;
/// Longest id a register may give a line.
const CHECK_ITEM_ID_CHARACTERS_MAX: usize = 64;

/// Prices the basket: `products[n]` is the product of `set[n]`.
///
/// # Errors
/// 400 that names the member of `lines[n]` at fault.
pub(crate) fn priced(set: &[SetLine], products: &[Product], precision: Precision) -> Result<Vec<Line>, ApiError> {
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
            return Err(ApiError::field(&path, "1 to 64 characters", &format!("{} of them", id.chars().count())));
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
                    &format!("the menu's price {}, which is not variable", product.price.to_decimal(precision)),
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
        .ok_or_else(|| ApiError::field(&path("amount"), "a line of at most 10^15 minor units", "a larger one"))?
        .amount;
    let till_discount = match &set.discount {
        None => Amount::ZERO,
        Some(discount) => discounted(&path("discount"), discount, full, precision)?,
    };
    Ok(Line {
        check_item_id,
        product: product.on_line.clone(),
        amount: set.amount.clone(),
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

/// An amount of the register's, which must fit the currency's decimals.
pub(crate) fn exact_amount(path: &str, number: &Number, precision: Precision) -> Result<Amount, ApiError> {
    let expected = || format!("an amount with at most {} decimals, up to 10^15 minor units", precision.digits());
    match Amount::from_decimal(number.0, precision) {
        Ok(rounded) if rounded.exact => Ok(rounded.amount),
        _ => Err(ApiError::field(path, &expected(), &number.0.to_string())),
    }
}
