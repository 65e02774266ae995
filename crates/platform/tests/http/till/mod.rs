//! `/pos/{sourceId}/…`

mod checks;
mod offer;
mod pay;
