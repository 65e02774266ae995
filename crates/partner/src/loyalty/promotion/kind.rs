//! What does a promotion take off: a percentage, an amount, a price, free units, a bundle?

use super::Target;
use crate::loyalty::settings::not_below_zero;
use money::Decimal;
use serde::{Deserialize, Serialize};
use wire::Number;

/// Which price a percentage or a minimum is taken of (loyalty.md §2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum PercentOf {
    /// The price that earlier steps left.
    #[default]
    Remaining,
    /// The price the line came in with.
    Initial,
}

/// On what an amount counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum AmountPer {
    /// Each unit of a line; 0.35 kg is 0.35 of one.
    Unit,
    /// Each line.
    Line,
    /// All lines together.
    Total,
}

/// Which of the qualifying units are reduced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Pick {
    /// Those that cost least now; equal ones in the order of the lines.
    #[default]
    Cheapest,
    /// Those that cost most now; equal ones in the order of the lines.
    Dearest,
}

/// One thing a bundle needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Part {
    /// Product ids; with `categories` also empty: anything.
    #[serde(default)]
    pub(crate) products: Vec<String>,
    /// Category ids, as in a scope.
    #[serde(default)]
    pub(crate) categories: Vec<String>,
    /// How many units; at least 1.
    #[serde(default = "one")]
    pub(crate) count: u32,
}

/// What a promotion takes off. Money is in the merchant's currency and becomes minor units of the
/// request's precision once, half-up (loyalty.md R0). Units are whole: a line of 0.35 kg has none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub(crate) enum Kind {
    /// A percentage of the price. Counting several times adds the percentages up, at most to 100.
    Percent {
        /// Above 0, at most 100.
        percent: Number,
        /// Of which price.
        #[serde(default)]
        of: PercentOf,
    },
    /// An amount. Counting n times takes n times as much.
    Amount {
        /// Above 0.
        amount: Number,
        /// On what; by itself each unit on items and the total on the order.
        #[serde(default)]
        per: Option<AmountPer>,
    },
    /// A unit costs this and no more. Counting several times changes nothing.
    Price {
        /// At least 0.
        price: Number,
    },
    /// So many units cost nothing. Counting n times frees n times as many.
    FreeUnit {
        /// At least 1.
        units: u32,
        /// Which ones.
        #[serde(default)]
        pick: Pick,
    },
    /// For every `buy` units up to `get` more units are reduced; a unit is one or the other.
    BuyGet {
        /// At least 1.
        buy: u32,
        /// At least 1.
        get: u32,
        /// The percentage that comes off the given units; above 0, at most 100.
        #[serde(default = "whole")]
        percent: Number,
        /// The products that may be given; where this and `getCategories` are empty, those of the scope.
        #[serde(default)]
        get_products: Vec<String>,
        /// The categories that may be given.
        #[serde(default)]
        get_categories: Vec<String>,
        /// Which of them.
        #[serde(default)]
        pick: Pick,
        /// At most so many times on a check, for each time it counts.
        #[serde(default)]
        times_max: Option<u32>,
    },
    /// Units bought together, the dearest fitting ones first; exactly one of `price`, `percent` and `amount`.
    Bundle {
        /// The parts of one bundle; 1 to 20.
        parts: Vec<Part>,
        /// The price of one bundle.
        #[serde(default)]
        price: Option<Number>,
        /// The percentage that comes off a bundle's units.
        #[serde(default)]
        percent: Option<Number>,
        /// The amount that comes off one bundle.
        #[serde(default)]
        amount: Option<Number>,
        /// At most so many bundles on a check, for each time it counts.
        #[serde(default)]
        times_max: Option<u32>,
    },
}

fn one() -> u32 {
    1
}

fn whole() -> Number {
    Number(Decimal::ONE_HUNDRED)
}

/// More parts than any menu has.
const PARTS_MAX: usize = 20;
/// More units of one kind than any rule asks for.
const COUNT_MAX: u32 = 1_000;

impl Kind {
    /// Whether it names money, so that it means nothing in another currency.
    pub(crate) fn speaks_money(&self) -> bool {
        match self {
            Self::Amount { .. } | Self::Price { .. } => true,
            Self::Bundle { price, amount, .. } => price.is_some() || amount.is_some(),
            Self::Percent { .. } | Self::FreeUnit { .. } | Self::BuyGet { .. } => false,
        }
    }

    /// Whether the numbers make sense together and with the step.
    ///
    /// # Errors
    /// A sentence saying what was expected and what came.
    pub(super) fn check(&self, on: Target) -> Result<(), String> {
        let items_only = |kind: &str| match on {
            Target::Items => Ok(()),
            Target::Order => Err(format!("scope.on: expected items with kind {kind}, found order")),
        };
        match self {
            Self::Percent { percent, .. } => percentage("kind.percent.percent", percent),
            Self::Amount { amount, per } => {
                above_zero("kind.amount.amount", amount)?;
                match (on, per) {
                    (Target::Order, Some(per @ (AmountPer::Unit | AmountPer::Line))) => Err(format!(
                        "kind.amount.per: expected total where scope.on is order, found {}",
                        if *per == AmountPer::Unit { "unit" } else { "line" }
                    )),
                    _ => Ok(()),
                }
            }
            Self::Price { price } => {
                not_below_zero("kind.price.price", price)?;
                items_only("price")
            }
            Self::FreeUnit { units, .. } => {
                count("kind.freeUnit.units", *units)?;
                items_only("freeUnit")
            }
            Self::BuyGet { buy, get, percent, times_max, .. } => {
                count("kind.buyGet.buy", *buy)?;
                count("kind.buyGet.get", *get)?;
                percentage("kind.buyGet.percent", percent)?;
                times_max.map_or(Ok(()), |most| count("kind.buyGet.timesMax", most))?;
                items_only("buyGet")
            }
            Self::Bundle { parts, price, percent, amount, times_max } => {
                if parts.is_empty() || parts.len() > PARTS_MAX {
                    return Err(format!(
                        "kind.bundle.parts: expected 1 to {PARTS_MAX} parts, found {}",
                        parts.len()
                    ));
                }
                for (index, part) in parts.iter().enumerate() {
                    count(&format!("kind.bundle.parts[{index}].count"), part.count)?;
                }
                match (price, percent, amount) {
                    (Some(price), None, None) => not_below_zero("kind.bundle.price", price),
                    (None, Some(percent), None) => percentage("kind.bundle.percent", percent),
                    (None, None, Some(amount)) => above_zero("kind.bundle.amount", amount),
                    _ => {
                        let given = [price.is_some(), percent.is_some(), amount.is_some()];
                        let found = given.iter().filter(|given| **given).count();
                        Err(format!(
                            "kind.bundle: expected exactly one of price, percent and amount, found {found} of them"
                        ))
                    }
                }?;
                times_max.map_or(Ok(()), |most| count("kind.bundle.timesMax", most))?;
                items_only("bundle")
            }
        }
    }
}

fn percentage(path: &str, percent: &Number) -> Result<(), String> {
    if percent.0 > Decimal::ZERO && percent.0 <= Decimal::ONE_HUNDRED {
        return Ok(());
    }
    Err(format!("{path}: expected above 0 and at most 100, found {}", percent.0))
}

/// An amount of money above 0 that a bill can have.
pub(super) fn above_zero(path: &str, amount: &Number) -> Result<(), String> {
    if amount.0 > Decimal::ZERO {
        return not_below_zero(path, amount);
    }
    Err(format!("{path}: expected above 0, found {}", amount.0))
}

fn count(path: &str, units: u32) -> Result<(), String> {
    if (1..=COUNT_MAX).contains(&units) {
        return Ok(());
    }
    Err(format!("{path}: expected 1 to {COUNT_MAX}, found {units}"))
}
