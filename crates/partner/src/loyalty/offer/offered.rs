//! What did an offer promise of each balance? For the usage report that follows.

use super::balance_state::BalanceState;
use super::spend::Given;
use money::Amount;
use serde::{Deserialize, Serialize};

/// One balance as an offer gave it, in `partner_offer.balances`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OfferedBalance {
    /// Its id.
    pub(crate) balance_id: String,
    /// What the offer used of it, in the balance's unit (ledger minor units, or whole points); also what
    /// the check's hold kept.
    pub(crate) amount: i64,
    /// What that was worth on the bill, in minor units of the ledger, rounded down where the register
    /// counts finer.
    pub(crate) value: i64,
}

impl OfferedBalance {
    /// What a quote gave of a balance, in the ledger's units.
    pub(crate) fn of(given: &Given, state: &BalanceState, to_ledger: impl Fn(Amount) -> i64) -> Self {
        Self {
            balance_id: state.row.balance_id.clone(),
            amount: given.in_ledger(),
            value: to_ledger(given.value),
        }
    }
}
