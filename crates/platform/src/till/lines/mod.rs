//! What does a line cost before loyalty, and what of what goes with it?

mod discount;
mod ids;

use super::ordered::OrderedLine;
use crate::api::exact_amount;
use crate::menu::{Addition, DEFAULT_LEVEL, LineProduct, Product};
use crate::sale::check::{Line, LineAddition};
use door::ApiError;
use ids::LineIds;
use money::{Amount, Decimal, Precision};
use std::collections::{BTreeMap, HashMap};
use wire::Number;
use wire::pos::{PosPerson, SetAddition, SetLine};

/// Most lines of a check, additions among them.
pub(crate) const LINES_MAX: usize = 500;
/// Most of an addition with one unit of what it goes with.
const ADDITION_COUNT_MAX: i64 = 9_999;
/// Longest note.
const NOTE_CHARACTERS_MAX: usize = 500;

/// What the menu knows of the products and additions that a basket names, by id; products of additions are among them.
#[derive(Debug, Default)]
pub(crate) struct Named {
    pub(crate) products: HashMap<String, Product>,
    pub(crate) additions: HashMap<String, Addition>,
}

/// Prices the basket: each line, and behind it what goes with it as lines of their own. A line of `before` that is set again,
/// with the product and the level of prices that it had, keeps what it showed, and so does what went with it: neither a new
/// price nor a new rate of VAT reaches it. New lines were entered by `entered_by`.
///
/// # Errors
/// 400 that names the member of `lines[n]` at fault.
pub(crate) fn priced(
    set: &[SetLine],
    menu: &Named,
    before: &[Line],
    entered_by: Option<&PosPerson>,
    precision: Precision,
) -> Result<Vec<Line>, ApiError> {
    let mut lines = Vec::with_capacity(set.len());
    for (index, (line, ids)) in set.iter().zip(ids::ids(set, before)?).enumerate() {
        let path = format!("lines[{index}]");
        let kept = kept_main(before, &ids.main, line);
        let mut parts = vec![main(&path, line, menu.products.get(&line.product_id), kept, precision)?];
        for (number, addition) in line.additions.iter().enumerate() {
            let path = format!("{path}.additions[{number}]");
            let kept =
                kept.and_then(|main| kept_addition(before, &main.check_item_id, &addition.addition_id));
            let found = menu.additions.get(&addition.addition_id);
            let goes_with =
                GoesWith { line, main_id: &ids.main, product: menu.products.get(&line.product_id) };
            let part = with_it(&path, addition, found, &goes_with, &parts, kept, precision)?;
            parts.push(part);
        }
        at_most_of_each_category(&path, &line.additions, menu)?;
        let note = note(&path, line)?;
        let discounts = discount::of(&path, line.discount.as_ref(), &parts, precision)?;
        lines.extend(finished(line, ids, note, parts, discounts, entered_by));
    }
    Ok(lines)
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

/// Prices the lines of an order that came from elsewhere, each with what the order takes off it: prices and discounts are the
/// order's, and stay so when a register sets such a line again.
///
/// # Errors
/// 400 for a line that does not fit the currency.
pub(super) fn ordered<'a>(
    lines: impl Iterator<Item = (&'a OrderedLine, Amount)>,
    precision: Precision,
) -> Result<Vec<Line>, ApiError> {
    let id = |index: usize| (index + 1).to_string();
    let priced = lines.enumerate().map(|(index, (line, discount))| {
        let amount = Number::from(line.count);
        let full = full(&format!("lines[{index}]"), line.unit_price, amount, precision)?;
        Ok(Line {
            check_item_id: id(index),
            product: line.product.clone(),
            price_level: None,
            beyond_remaining: line.beyond_remaining,
            amount,
            unit_price: line.unit_price.0,
            till_discount: discount.0,
            total: (full - discount).0,
            addition: line.goes_with.as_ref().map(|with| LineAddition {
                addition_id: with.addition_id.clone(),
                of: id(with.line),
                count: with.count,
            }),
            note: None,
            entered_by: None,
            ordered: true,
        })
    });
    priced.collect()
}

/// The line that stood under the id, if the product and the level of prices are those it had.
fn kept_main<'a>(before: &'a [Line], id: &str, set: &SetLine) -> Option<&'a Line> {
    before.iter().find(|kept| {
        kept.check_item_id == id
            && kept.addition.is_none()
            && kept.product.product_id == set.product_id
            && kept.price_level == set.price_level
    })
}

/// The line of an addition that went with the line `main`.
fn kept_addition<'a>(before: &'a [Line], main: &str, addition_id: &str) -> Option<&'a Line> {
    let is_it = |with: &LineAddition| with.of == main && with.addition_id == addition_id;
    before.iter().find(|kept| kept.addition.as_ref().is_some_and(is_it))
}

/// A line on its way, without its discount.
struct Part<'a> {
    product: LineProduct,
    addition: Option<LineAddition>,
    amount: Number,
    unit_price: Amount,
    /// Amount times price.
    full: Amount,
    /// What stood there before.
    kept: Option<&'a Line>,
}

/// The line itself.
fn main<'a>(
    path: &str,
    set: &SetLine,
    product: Option<&Product>,
    kept: Option<&'a Line>,
    precision: Precision,
) -> Result<Part<'a>, ApiError> {
    if set.amount.0.is_zero() {
        return Err(ApiError::field(&format!("{path}.amount"), "a decimal other than 0", "0"));
    }
    let (on_line, price, is_variable) = match kept {
        Some(kept) => {
            let variable = product.filter(|product| product.is_price_variable);
            // What the cashier typed was the price of that time only; what an order says is the order's
            let price = variable.filter(|_| !kept.ordered).and_then(|product| product.price(DEFAULT_LEVEL));
            let is_variable = variable.is_some() || kept.ordered;
            (kept.product.clone(), price.unwrap_or(Amount(kept.unit_price)), is_variable)
        }
        None => {
            let Some(product) = product else {
                let found = format!("{:?}", set.product_id);
                return Err(ApiError::field(&format!("{path}.productId"), "a product of the menu", &found));
            };
            let level = set.price_level.as_deref().unwrap_or(DEFAULT_LEVEL);
            let price = product.price(level).ok_or_else(|| {
                let expected = "a level of the product's prices at this place";
                ApiError::field(&format!("{path}.priceLevel"), expected, &format!("{level:?}"))
            })?;
            (product.on_line.clone(), price, product.is_price_variable)
        }
    };
    let unit_price = told(path, set, price, is_variable, precision)?;
    let full = full(path, unit_price, set.amount, precision)?;
    Ok(Part { product: on_line, addition: None, amount: set.amount, unit_price, full, kept })
}

/// The price of the line: the menu's, or where that is variable the one the register tells.
fn told(
    path: &str,
    set: &SetLine,
    price: Amount,
    is_variable: bool,
    precision: Precision,
) -> Result<Amount, ApiError> {
    let Some(told) = &set.unit_price_with_vat else { return Ok(price) };
    let path = format!("{path}.unitPriceWithVat");
    let told = exact_amount(&path, told, precision)?;
    if is_variable || told == price {
        return Ok(told);
    }
    let expected = format!("the menu's price {}, which is not variable", price.to_decimal(precision));
    Err(ApiError::field(&path, &expected, &told.to_decimal(precision).to_string()))
}

/// What an addition goes with.
struct GoesWith<'a> {
    line: &'a SetLine,
    /// The id of that line.
    main_id: &'a str,
    product: Option<&'a Product>,
}

/// An addition as a line of its own: so many as the line has units, times what goes with one.
fn with_it<'a>(
    path: &str,
    set: &SetAddition,
    addition: Option<&Addition>,
    main: &GoesWith<'_>,
    parts: &[Part<'_>],
    kept: Option<&'a Line>,
    precision: Precision,
) -> Result<Part<'a>, ApiError> {
    let found = format!("{:?}", set.addition_id);
    let is_named =
        |part: &Part<'_>| part.addition.as_ref().is_some_and(|one| one.addition_id == set.addition_id);
    if parts.iter().any(is_named) {
        let found = format!("{found} again");
        return Err(ApiError::field(
            &format!("{path}.additionId"),
            "each addition once, with its count",
            &found,
        ));
    }
    if !(1..=ADDITION_COUNT_MAX).contains(&set.count) {
        let expected = format!("1 to {ADDITION_COUNT_MAX}");
        return Err(ApiError::field(&format!("{path}.count"), &expected, &set.count.to_string()));
    }
    let (product, unit_price) = match (kept, addition, parts.first()) {
        (Some(kept), _, _) => (kept.product.clone(), Amount(kept.unit_price)),
        (None, Some(addition), Some(part))
            if main.product.is_some_and(|product| may_go_with(product, addition)) =>
        {
            (addition.sold_as(&set.addition_id, &part.product), addition.price)
        }
        _ => {
            let expected = "an addition of a category that the product has at this place";
            return Err(ApiError::field(&format!("{path}.additionId"), expected, &found));
        }
    };
    let amount = main.line.amount.0.checked_mul(Decimal::from(set.count)).map(Number);
    let amount = amount.ok_or_else(|| too_large(path))?;
    let full = full(path, unit_price, amount, precision)?;
    let of = main.main_id.to_owned();
    let addition = Some(LineAddition { addition_id: set.addition_id.clone(), of, count: set.count });
    Ok(Part { product, addition, amount, unit_price, full, kept })
}

fn may_go_with(product: &Product, addition: &Addition) -> bool {
    product.addition_category_ids.contains(&addition.category_id)
}

/// That no addition category gives more than it may. Least numbers are for whoever asks the guest.
fn at_most_of_each_category(path: &str, set: &[SetAddition], menu: &Named) -> Result<(), ApiError> {
    let mut counts: BTreeMap<&str, (i64, Option<u32>)> = BTreeMap::new();
    for one in set {
        let Some(addition) = menu.additions.get(&one.addition_id) else { continue };
        let count = counts.entry(&addition.category_id).or_insert((0, addition.category_max));
        count.0 = count.0.saturating_add(one.count);
    }
    for (category, (count, most)) in counts {
        if let Some(most) = most.filter(|most| count > i64::from(*most)) {
            let expected = format!("at most {most} of {category:?}");
            return Err(ApiError::field(&format!("{path}.additions"), &expected, &count.to_string()));
        }
    }
    Ok(())
}

/// The note of a line; an empty one is none. It may name a person: the message says its length only.
fn note(path: &str, set: &SetLine) -> Result<Option<String>, ApiError> {
    let Some(note) = set.note.as_deref().map(str::trim).filter(|note| !note.is_empty()) else {
        return Ok(None);
    };
    let length = note.chars().count();
    if length > NOTE_CHARACTERS_MAX {
        let expected = format!("at most {NOTE_CHARACTERS_MAX} characters");
        return Err(ApiError::field(&format!("{path}.note"), &expected, &format!("{length} of them")));
    }
    Ok(Some(note.to_owned()))
}

/// Amount times price.
fn full(path: &str, unit_price: Amount, amount: Number, precision: Precision) -> Result<Amount, ApiError> {
    let full = unit_price.to_decimal(precision).checked_mul(amount.0);
    let full = full.and_then(|full| Amount::from_decimal(full, precision).ok());
    full.map(|full| full.amount).ok_or_else(|| too_large(path))
}

fn too_large(path: &str) -> ApiError {
    ApiError::field(&format!("{path}.amount"), "a line of at most 10^15 minor units", "a larger one")
}

/// The lines of one set line: it and what goes with it, under their ids.
fn finished<'a>(
    set: &'a SetLine,
    ids: LineIds,
    note: Option<String>,
    parts: Vec<Part<'a>>,
    discounts: Vec<Amount>,
    entered_by: Option<&'a PosPerson>,
) -> impl Iterator<Item = Line> + 'a {
    let ids = std::iter::once(ids.main).chain(ids.additions);
    let mut note = note;
    parts.into_iter().zip(discounts).zip(ids).map(move |((part, discount), check_item_id)| {
        let kept = part.kept;
        let is_main = part.addition.is_none();
        Line {
            check_item_id,
            product: part.product,
            price_level: set.price_level.clone().filter(|_| is_main),
            beyond_remaining: kept.is_some_and(|kept| kept.beyond_remaining),
            amount: part.amount,
            unit_price: part.unit_price.0,
            till_discount: discount.0,
            total: (part.full - discount).0,
            addition: part.addition,
            note: if is_main { note.take() } else { None },
            entered_by: kept.map_or_else(|| entered_by.cloned(), |kept| kept.entered_by.clone()),
            ordered: kept.is_some_and(|kept| kept.ordered),
        }
    })
}

#[cfg(test)]
mod tests;
