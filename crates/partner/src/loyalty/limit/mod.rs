//! How are a promotion's limits kept, so that no race gives the last use twice?
//!
//! A limit's counter is an aggregate like a balance: its row is locked first, in the order of the ids and after
//! every balance of the same command. An offer keeps what it used with a hold of its check (loyalty.md §4), the
//! paid bill's report makes an entry of it, a cancelled bill gives it back (§6 C4). How much is allowed stands
//! in the promotion's rule ([`crate::loyalty::promotion::Limit`]); here is only what is taken.

mod counter;
mod offer;
pub(crate) mod store;

pub(crate) use counter::Counter;
pub(crate) use offer::{Asking, Counters, release_offer};
pub(crate) use store::{LimitHold, active_holds, capture_hold, entries_of_offer, look, mark_ended};
