//! `/pos/{sourceId}/…`: what does a register see?

mod balances;
mod bills;
mod checks;
mod codes;
mod condition_lost;
mod invalid_offers;
mod kept_value;
mod let_go;
mod lines;
mod many_registers;
mod menu;
mod offer;
mod partner_problems;
mod person;
mod refunds;
mod reservations;
pub(crate) mod scripted;
mod stop_list;
mod taken_back;
