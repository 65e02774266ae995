//! Who marks holds that have ended?
//!
//! The sweeper, now and then. It only tidies: every reader judges `expires_at` itself (loyalty.md §4), so
//! nothing depends on when it runs, how often, or whether two run at once.

use crate::Partner;
use crate::loyalty::limit;
use db::{Never, TxError, params};

db::statement! {
    /// Marks one slice of the holds that have ended. The state is asked once more where the row is written,
    /// so a hold that was renewed meanwhile stays. No index by time: it would cost every offer more than this
    /// walk over the few holds that are active; unordered, so that a slice ends as soon as it is full.
    MARK_ENDED_HOLDS = "UPDATE partner_hold SET state = 'expired'
        WHERE state = 'active' AND expires_at <= $1 AND (merchant, balance_id, hold_number) IN (
            SELECT merchant, balance_id, hold_number FROM partner_hold
            WHERE state = 'active' AND expires_at <= $1 LIMIT $2)";
}

impl Partner {
    /// Marks every hold that has ended as expired, a slice per transaction; how many it marked.
    pub async fn sweep(&self) -> Result<u64, db::Error> {
        let (now, rows) = (self.outside().now(), self.config().sweep_slice_rows.max(1));
        let mut marked = 0;
        loop {
            let slice = self.db().write("sweep_holds", move |tx| {
                Ok::<_, TxError<Never>>(
                    tx.execute(&MARK_ENDED_HOLDS, params![now, rows])? + limit::mark_ended(tx, now, rows)?,
                )
            });
            let slice = match slice.await {
                Ok(slice) => slice,
                Err(TxError::Failed(error)) => return Err(error),
                Err(TxError::Refused(never)) => match never {},
            };
            marked += slice;
            if slice < rows.unsigned_abs() {
                return Ok(marked);
            }
        }
    }
}
