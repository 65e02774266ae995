//! How long before value ends is the guest told?

use serde::{Deserialize, Serialize};

/// The days before the end of a lot from which on offers announce it; 0: never (loyalty.md §10 E7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct AnnounceDays(pub(crate) i64);

impl Default for AnnounceDays {
    fn default() -> Self {
        Self(30)
    }
}

impl AnnounceDays {
    /// Whether the number makes sense.
    ///
    /// # Errors
    /// A sentence saying what was expected and what came.
    pub(crate) fn check(self) -> Result<(), String> {
        if (0..=3_660).contains(&self.0) {
            return Ok(());
        }
        Err(format!("announceExpiryDays: expected 0 to 3660, found {}", self.0))
    }
}
