//! How does every change of a synchronised record reach those who follow it?
//!
//! A record that DataSync sends is written through [`Platform::change`] and nowhere else: what writes it takes
//! [`Changes`], which only that gives, and whose list is appended to the feed as the last statements of the
//! transaction (sync.md §3). What is then sent of a domain is one [`Synchronized`].

mod changes;
mod records;

pub(crate) use changes::Changes;
pub(crate) use records::{Feed, Owner, Synchronized, many};

#[cfg(doc)]
use crate::Platform;
