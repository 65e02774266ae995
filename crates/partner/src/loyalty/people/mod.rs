//! Which rows are there of people, and who writes them?
//!
//! One file a table; whatever happens to people (a member changes, is erased or merged, reaches a tier) is a command in a folder
//! of its own that writes through these.

pub(crate) mod code;
pub(crate) mod customer;
pub(crate) mod member;
pub(crate) mod person;
