//! Who works at a merchant's places, and who of them is signed in at a register? (protocol.md §4.4, §11.2)
//!
//! A person is set up with a code, which is kept sealed: a register hands over what was typed and is told who that is. From
//! then on checks are opened and paid in that person's name, until somebody else signs in or the person signs out.

pub(crate) mod admin;
mod code;
mod feed;
pub(crate) mod register;
mod store;

pub(crate) use feed::PersonRecords;
pub(crate) use store::signed_in;
