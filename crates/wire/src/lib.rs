//! Which messages cross the wire, what makes one valid, and how is a foreign one read?
//!
//! One file per page of the documents. Foreign messages are read tolerantly ([`read`]): a number may come as text,
//! an id as a number, an unknown member is kept. Own messages are written strictly by `Serialize`.
//! A value that money depends on is a [`Number`]: the decimal text of the JSON, never a binary float.

pub mod access;
pub mod admin;
pub mod bills;
pub mod canonical;
pub mod customers;
pub mod datasync;
pub mod delivery;
pub mod deskview;
pub mod errors;
mod json_kind;
pub mod list;
pub mod loyalty;
pub mod menu;
pub mod merchants;
pub mod number;
pub mod pos;
pub mod read;
pub mod reservations;
pub mod stocks;
pub mod time;

pub use number::Number;
pub use read::{Extra, Object, Read, ReadError};
