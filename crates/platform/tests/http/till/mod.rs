//! `/pos/{sourceId}/…`

mod checks;
mod offer;
mod pay;
mod refunds;
