//! What does a request put on the table, in exact money?
//!
//! This is the border: JSON numbers become amounts at the request's `pricePrecision`, half-up, once.

use crate::loyalty::program::TillDiscounts;
use money::vat::VatRate;
use money::{Amount, Decimal, Precision};
use std::collections::HashMap;
use wire::loyalty::{MenuProductDefinition, ThirdPartyLoyaltyOfferRequest, topped_up};

/// More lines than any bill has.
const LINES_MAX: usize = 2_000;
/// More codes than any guest brings.
const INPUTS_MAX: usize = 100;

/// A request's basket, read into exact money.
#[derive(Debug, Clone)]
pub(crate) struct Basket {
    /// The request as it was read.
    pub(crate) request: ThirdPartyLoyaltyOfferRequest,
    /// The precision every amount of the quote has.
    pub(crate) precision: Precision,
    /// One per entry of `itemsToPay`, in order.
    pub(crate) lines: Vec<Line>,
}

/// One line's money.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    /// `totalPriceWithVat`; below zero for a returned thing (protocol.md §10.10).
    pub(crate) price: Rounded,
    /// `totalAppliedNonLoyaltyDiscounts`, where it is a plausible amount.
    pub(crate) till_discount: Option<Amount>,
    /// `vatRate` where it is one; examples carry nonsense.
    pub(crate) vat_rate: Option<VatRate>,
    /// Its `checkItemId` also stands on another line, so a benefit could not say which one it means.
    pub(crate) ambiguous: bool,
}

/// A price as it came, on the grid of the precision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rounded {
    /// Half-up: what percentages are taken of.
    pub(crate) amount: Amount,
    /// Rounded down: what benefits may take without exceeding the price as it was sent.
    pub(crate) ceiling: Amount,
}

/// What in a request cannot be read as money.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: expected {expected}, found {found}")]
pub(crate) struct Unreadable {
    /// Where, like `itemsToPay[0].totalPriceWithVat`.
    pub(crate) path: String,
    /// What should stand there.
    pub(crate) expected: &'static str,
    /// What stands there.
    pub(crate) found: String,
}

impl Basket {
    /// Reads the money of a request.
    ///
    /// # Errors
    /// A price no bill has, more lines or codes than any check has.
    pub(crate) fn read(request: ThirdPartyLoyaltyOfferRequest) -> Result<Self, Unreadable> {
        let precision = request.price_precision;
        at_most(LINES_MAX, request.items_to_pay.len(), "itemsToPay", "at most 2000 lines")?;
        at_most(INPUTS_MAX, request.benefit_inputs.len(), "benefitInputs", "at most 100 codes")?;
        at_most(INPUTS_MAX, request.balances.len(), "balances", "at most 100 balances")?;
        let mut seen: HashMap<&str, usize> = HashMap::with_capacity(request.items_to_pay.len());
        let mut lines: Vec<Line> = Vec::with_capacity(request.items_to_pay.len());
        let mut sum = 0_i128;
        for (index, item) in request.items_to_pay.iter().enumerate() {
            let price = rounded(item.total_price_with_vat.0, precision).ok_or_else(|| Unreadable {
                path: format!("itemsToPay[{index}].totalPriceWithVat"),
                expected: "an amount of money below 10^15 minor units",
                found: item.total_price_with_vat.0.to_string(),
            })?;
            let first = *seen.entry(item.check_item_id.as_str()).or_insert(index);
            if first != index
                && let Some(line) = lines.get_mut(first)
            {
                line.ambiguous = true;
            }
            sum += i128::from(price.amount.0.unsigned_abs());
            lines.push(Line {
                price,
                till_discount: item
                    .total_applied_non_loyalty_discounts
                    .as_ref()
                    .and_then(|number| rounded(number.0, precision))
                    .map(|discount| discount.amount),
                vat_rate: item.vat_rate.and_then(|written| VatRate::from_line(written.0)),
                ambiguous: first != index,
            });
        }
        if sum > i128::from(Amount::MAX_ABS) {
            return Err(Unreadable {
                path: "itemsToPay".to_owned(),
                expected: "lines that add up to less than 10^15 minor units",
                found: sum.to_string(),
            });
        }
        Ok(Self { request, precision, lines })
    }

    /// The product on a line.
    pub(crate) fn product(&self, line: usize) -> Option<&MenuProductDefinition> {
        self.request.items_to_pay.get(line).map(|item| &item.product)
    }

    /// A line's `checkItemId`.
    pub(crate) fn check_item_id(&self, line: usize) -> &str {
        self.request.items_to_pay.get(line).map_or("", |item| item.check_item_id.as_str())
    }

    /// Whether a line sells value for later use: no discount lowers it and none is owed to it (loyalty.md §11 T6).
    pub(crate) fn is_top_up(&self, line: usize) -> bool {
        let item = self.request.items_to_pay.get(line);
        item.is_some_and(|item| {
            topped_up(Some(&item.check_item_id), Some(&item.product.product_id)).is_some()
        })
    }

    /// What every line comes to, and whether nothing may be taken off it. A line that sells a top-up stands in the
    /// sum, but no discount lowers it and no balance pays it (loyalty.md §11 T6, protocol.md §10.6).
    pub(crate) fn payable_lines(&self, till: TillDiscounts) -> impl Iterator<Item = (Rounded, bool)> {
        self.lines.iter().enumerate().map(move |(index, line)| {
            let price = self.line_total(line, till);
            if !self.is_top_up(index) {
                return (price, line.ambiguous);
            }
            (Rounded { ceiling: price.ceiling.min(Amount::ZERO), ..price }, true)
        })
    }

    /// What a line comes to before any loyalty benefit.
    pub(crate) fn line_total(&self, line: &Line, till: TillDiscounts) -> Rounded {
        match (till, line.till_discount) {
            (TillDiscounts::StillOn, Some(discount)) if line.price.amount > Amount::ZERO => {
                let off = discount.max(Amount::ZERO);
                Rounded {
                    amount: (line.price.amount - off).max(Amount::ZERO),
                    ceiling: (line.price.ceiling - off).max(Amount::ZERO),
                }
            }
            _ => line.price,
        }
    }
}

fn at_most(limit: usize, length: usize, path: &str, expected: &'static str) -> Result<(), Unreadable> {
    if length <= limit {
        return Ok(());
    }
    Err(Unreadable { path: path.to_owned(), expected, found: length.to_string() })
}

fn rounded(number: Decimal, precision: Precision) -> Option<Rounded> {
    let half_up = Amount::from_decimal(number, precision).ok()?;
    let too_high = !half_up.exact && half_up.amount.to_decimal(precision) > number;
    let ceiling = if too_high { half_up.amount - Amount(1) } else { half_up.amount };
    Some(Rounded { amount: half_up.amount, ceiling })
}

/// An amount of a number, rounded down; `None` when no amount is that large.
pub(crate) fn floor_to(number: Decimal, precision: Precision) -> Option<Amount> {
    rounded(number, precision).map(|rounded| rounded.ceiling)
}
