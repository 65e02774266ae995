//! How are amounts kept exact, rounded once, spread over lines and split by VAT?
//!
//! Money is a whole number of minor units ([`Amount`]) at a [`Precision`] of 0 to 3 decimals. Pure: no I/O, no clock,
//! no JSON. The rules are loyalty.md §1 (spreading), §2 (points, VAT by rate) and protocol.md §1.5.

mod amount;
mod decimal;
mod lost;
mod millionths;
mod points;
mod ratio;
mod refund;
mod share;
mod spread;
pub mod vat;

pub use amount::{Amount, OutOfRange, Precision, Rounded};
pub use decimal::{ParseDecimalError, parse_decimal};
pub use lost::{Conditional, Standing, reprice, staying};
pub use millionths::{Millionths, worth};
pub use points::{points_for, times_rate};
pub use refund::{LinePart, cumulative, cumulative_floor, line_part, proportional, units_part};
pub use rust_decimal::Decimal;
pub use share::percentage;
pub use spread::{UNITS_MAX, spendable, spread, spread_over_units, unit_prices};

/// How many cases a property is tried with: 10,000, or what `PROPTEST_CASES` says.
#[cfg(test)]
pub(crate) fn cases() -> proptest::prelude::ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    proptest::prelude::ProptestConfig::with_cases(asked.unwrap_or(10_000))
}
