//! `/pos/{sourceId}/…`: what does a register see?

mod checks;
mod condition_lost;
mod invalid_offers;
mod kept_value;
mod let_go;
mod lines;
mod many_registers;
mod open_checks;
mod partner_problems;
mod person;
mod refunds;
pub(crate) mod scripted;
mod taken_back;
