//! What does the merchant sell? Set by `/admin/v1`, used by the till.

pub(crate) mod store;
