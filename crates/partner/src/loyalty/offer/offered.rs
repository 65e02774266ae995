//! What did an offer give of each balance, as the usage report that follows has to know it?
//!
//! The JSON of column `partner_offer.balances`: written with the offer, read when its bill is reported.

use crate::loyalty::program::SoldAs;
use serde::{Deserialize, Serialize};

/// The use of one balance, or of its bonus part (`<balanceId>:bonus`), that an offer gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OfferedBalance {
    /// The balance, as the answer names it.
    pub(crate) balance_id: String,
    /// What may be used, in the balance's unit: points, or minor units of the ledger. The check's hold
    /// keeps as much.
    pub(crate) amount: i64,
    /// What may be topped up, in minor units of the ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) prepaid: Option<i64>,
    /// What is topped up is sold as this, whatever day it is when the report comes (loyalty.md §3 V5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sold_as: Option<SoldAs>,
}
