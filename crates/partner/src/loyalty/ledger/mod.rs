//! How is value booked, so that it is never edited and always adds up?
//!
//! A balance is the aggregate: whoever books locks its row first (several balances: in the order of
//! their id), so the entries of a balance are numbered without gaps and one fact is booked after the
//! other. A [`Book`] is the set of balances one command has locked; what it books are transfers (one
//! debit and one credit of one amount each), lots, and the posted sum, written together.
//!
//! Rules: loyalty.md §6 (reversals), §8 (shortfalls), §10 (lots).

mod balance;
mod below_face;
mod bonus;
mod book;
pub(crate) mod expiry;
mod hold;
pub(crate) mod holds;
mod leaving;
mod lot;
mod opening;
mod prepayment;
pub(crate) mod standing;
pub(crate) mod store;
mod transfer;
pub(crate) mod voucher_class;

pub(crate) use balance::{BalanceRow, BalanceSettings, BalanceStatus};
pub(crate) use below_face::goes_along;
pub(crate) use bonus::{Part, balance_of, splits, wire_id};
pub(crate) use book::{Book, Credit, Spend, fill_holes, shortfall};
pub(crate) use hold::{CheckKey, Ended, HoldRow, Move, follow};
pub(crate) use leaving::{Price, sum};
pub(crate) use lot::{LotKind, LotPart, LotState, NewLot, by_lot, consume};
pub(crate) use opening::{NewBalanceRow, open};
pub(crate) use prepayment::{Prepayment, RateFrom};
pub(crate) use transfer::{Account, Link, Transfer, TransferKind};
