//! `POST /reservations/{sourceId}/reservations`: how do guests who booked get their check? (protocol.md §12.1)
//!
//! The call comes when the guests sit down. It opens a check at their desk, as a register would, and no register has it
//! yet: the first one that changes it does. What the guests paid in advance is a payment already made.

pub(crate) mod admin;
mod create;
pub(crate) mod register;
pub(crate) mod store;

pub(crate) use create::routes;
