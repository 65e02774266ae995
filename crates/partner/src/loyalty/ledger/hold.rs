//! What does a check keep for itself on a balance?

use super::lot::LotPart;
use jiff::Timestamp;

/// The register and check a hold belongs to; one active hold per balance and check (loyalty.md §4).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct CheckKey {
    /// The place's id as the register sent it.
    pub(crate) place: String,
    pub(crate) device_number: i64,
    pub(crate) check_id: String,
}

/// A hold as its row says (table `partner_hold`), state `active`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct HoldRow {
    pub(crate) balance_id: String,
    /// Unique within its balance.
    pub(crate) hold_number: i64,
    pub(crate) check: CheckKey,
    /// The newest offer that placed or renewed it.
    pub(crate) offer_id: String,
    /// What is still held, in the balance's unit; the sum of `lots`.
    pub(crate) amount: i64,
    /// The concrete lots it keeps (loyalty.md §10 E3).
    pub(crate) lots: Vec<LotPart>,
    pub(crate) expires_at: Timestamp,
}

impl HoldRow {
    /// A hold counts while `now < expires_at`; at equality it is over (loyalty.md §4).
    pub(crate) fn counts(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }
}
