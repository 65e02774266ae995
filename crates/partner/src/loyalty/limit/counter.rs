//! What does a counter of a limit say?

use crate::loyalty::promotion::counts_money;

db::row! {
    /// A counter as its row says (table `partner_limit`), locked.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub(crate) struct Counter {
        /// Its key.
        pub(crate) limit_id: String,
        /// Whose limit it is.
        pub(crate) promotion_id: String,
        /// Used by bills: uses, or minor units of the ledger; at least 0.
        pub(crate) used: i64,
        /// Moved by every lock; numbers the holds.
        pub(crate) version: i64,
        /// The number of the newest entry.
        pub(crate) last_entry: i64,
    }
}

impl Counter {
    /// Whether it counts money; otherwise uses.
    pub(crate) fn counts_money(&self) -> bool {
        counts_money(&self.promotion_id, &self.limit_id)
    }
}
