//! What do all APIs of the platform share, and nothing about one of them?

mod amount;
pub(crate) mod query;

pub(crate) use amount::exact_amount;
