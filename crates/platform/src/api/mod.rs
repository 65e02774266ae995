//! What do all documented APIs and all set-up share, and nothing about one of them?
//!
//! [`list`](mod@list) is every list call; [`refusals`] is how refusals are described; [`Upsert`] is every
//! set-up that may be repeated.

mod amount;
mod conditional;
mod filters;
pub(crate) mod ids;
mod list;
mod query;
mod refusals;
mod upsert;

pub(crate) use amount::exact_amount;
pub(crate) use conditional::{Known, Polled, Tag};
pub(crate) use filters::{
    Filter, Filters, Flag, Instant, Items, Limit, Text, described as parameter, filters, page_size,
};
pub(crate) use list::{Listed, list, page, unknown_cursor};
pub(crate) use query::{NextPage, Query, instant};
pub(crate) use refusals::{ListRefusals, ReadRefusals, UpsertRefusals};
pub(crate) use upsert::{Upsert, missing, place_is_known, upsert};
