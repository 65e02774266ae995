//! What does an offer answer?

use super::basket::Basket;
use super::wishes::Wishes;
use crate::loyalty::ledger::CheckKey;
use jiff::Timestamp;

/// A question, ready for its transaction.
pub(super) struct OfferRequest {
    pub(super) merchant: String,
    pub(super) check: CheckKey,
    pub(super) basket: Basket,
    pub(super) wishes: Wishes,
    pub(super) question_hash: [u8; 32],
    pub(super) now: Timestamp,
}
