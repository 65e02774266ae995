//! Which lanes of the feed does this process work on, and may work on one of them end?

use crate::feed::LaneKey;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// The lanes at work, and how often anybody looked for lanes with something to send.
///
/// Who looks does not find a lane that is at work. The change that it looked for may have come after the lane read its
/// last batch, so work on a lane ends only when nobody has looked since before that reading.
#[derive(Debug, Default)]
pub(super) struct Lanes(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    busy: BTreeSet<LaneKey>,
    looks: u64,
}

impl Lanes {
    /// Counts one look. Call it before the database is asked which lanes are due.
    pub(super) fn look(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).looks += 1;
    }

    /// How often anybody has looked so far. Read it before a batch is read.
    pub(super) fn looks(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).looks
    }

    /// Takes the lane for work; false if it is at work already.
    pub(super) fn enter(&self, key: &LaneKey) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).busy.insert(key.clone())
    }

    /// Ends the work on the lane unless somebody has looked since [`Lanes::looks`] gave `seen`; true if it ended.
    pub(super) fn leave_unless_looked(&self, key: &LaneKey, seen: u64) -> bool {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.looks == seen && {
            inner.busy.remove(key);
            true
        }
    }

    /// Ends the work on the lane whoever has looked.
    pub(super) fn leave(&self, key: &LaneKey) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).busy.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_on_a_lane_ends_when_nobody_has_looked_since() {
        let key = LaneKey { merchant: "m".into(), subscription_id: "s".into(), domain: "bills".into() };
        let lanes = Lanes::default();
        lanes.look();
        assert!(lanes.enter(&key));
        assert!(!lanes.enter(&key));
        let seen = lanes.looks();
        lanes.look();
        assert!(!lanes.leave_unless_looked(&key, seen));
        assert!(!lanes.enter(&key), "it is still at work");
        assert!(lanes.leave_unless_looked(&key, lanes.looks()));
        assert!(lanes.enter(&key));
        lanes.leave(&key);
        assert!(lanes.enter(&key));
    }
}
