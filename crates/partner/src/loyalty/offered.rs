//! What did an offer give of each balance, as the usage report that follows has to know it?
//!
//! The JSON of column `partner_offer.balances`: written with the offer, read when its bill is reported.

use serde::{Deserialize, Serialize};

/// What an offer gave of one balance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OfferedBalance {
    pub(crate) balance_id: String,
    /// What may be used, in the balance's unit (points, or minor units of the ledger).
    pub(crate) amount: i64,
}
