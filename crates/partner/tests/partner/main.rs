//! Does the partner's side keep its promises over its HTTP surface, on both engines?

mod side;

mod admin;
mod customers;
mod datasync;
mod offers_and_usages;
mod race;
mod refusals;
mod statements;
mod usages;
mod verify;
