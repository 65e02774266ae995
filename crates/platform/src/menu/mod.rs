//! What does the merchant sell? Set by `/admin/v1`, used by the till.

pub(crate) mod admin;
mod feed;
mod product;
pub(crate) mod store;

pub(crate) use feed::{CategoryRecords, ItemRecords};
pub(crate) use product::{LineCategory, LineProduct};
