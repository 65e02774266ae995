//! What do all documented APIs and all set-up share, and nothing about one of them?
//!
//! [`At`] and [`AtMerchant`] say who calls and give the platform, so that a documented route without a caller has
//! nothing to work with; [`list`](mod@list) is every list call; [`refusals`] is how refusals are described; [`Upsert`] is every
//! set-up that may be repeated.

mod amount;
mod at;
mod filters;
mod identifier;
mod list;
mod query;
mod refusals;
mod upsert;

pub(crate) use amount::exact_amount;
pub(crate) use at::{Application, At, AtMerchant, Documented, Grant};
pub(crate) use filters::{Filter, Filters, Flag, Instant, Limit, described as parameter, filters, page_size};
pub(crate) use identifier::{ID_CHARACTERS_MAX, identifier};
pub(crate) use list::{Listed, list, page, unknown_cursor};
pub(crate) use query::{NextPage, Query, instant};
pub(crate) use refusals::{ListRefusals, ReadRefusals, UpsertRefusals};
pub(crate) use upsert::{Upsert, upsert};
