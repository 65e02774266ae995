//! What does the platform remember about the delivery of a usage report?

use super::BENEFIT_USAGE;
use super::store;
use courier::{Delivery, Listener};
use db::Tx;
use jiff::Timestamp;

/// Keeps the usage's row in step with its delivery. Every write sets what is so, and counts nothing by itself,
/// since the transaction may run again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UsageListener;

impl Listener for UsageListener {
    fn kind(&self) -> &'static str {
        BENEFIT_USAGE
    }

    /// The document asks for exactly 200 after a usage report.
    fn takes(&self, status: u16) -> bool {
        status == 200
    }

    fn delivered(&self, tx: &mut Tx<'_>, delivery: &Delivery, now: Timestamp) -> Result<(), db::Error> {
        store::delivered(tx, delivery, now)
    }

    fn attempted(
        &self,
        tx: &mut Tx<'_>,
        delivery: &Delivery,
        error: &str,
        _now: Timestamp,
    ) -> Result<(), db::Error> {
        store::attempted(tx, delivery, error)
    }

    fn failed(&self, tx: &mut Tx<'_>, delivery: &Delivery, _now: Timestamp) -> Result<(), db::Error> {
        store::failed(tx, delivery)
    }
}
