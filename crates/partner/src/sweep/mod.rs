//! Who marks holds that have ended, and books what ended with a date?
//!
//! The sweeper, now and then. It only tidies: every reader judges `expires_at` itself (loyalty.md §4, §10), so
//! nothing depends on when it runs, how often, or whether two run at once.

mod holes;
mod keys;
mod lots;
mod points;
mod tiers;

use crate::Partner;
use crate::loyalty::ledger::holds;
use crate::loyalty::limit;
use db::{Never, TxError};

impl Partner {
    /// Fills shortfalls with what holds left free, marks every hold that has ended, removes the keys of calls whose time
    /// is over, expires every lot that has ended, counts in points whose wait is over and judges every tier whose time is
    /// over, a slice per transaction; how many rows that were.
    pub async fn sweep(&self) -> Result<u64, db::Error> {
        let (now, rows) = (self.outside().now(), self.config().sweep_slice_rows.max(1));
        let mut marked = holes::sweep(self, now, rows).await?;
        loop {
            let slice = self.db().write("sweep_holds", move |tx| {
                Ok::<_, TxError<Never>>(holds::mark_ended(tx, now, rows)? + limit::mark_ended(tx, now, rows)?)
            });
            let slice = done(slice.await)?;
            marked += slice;
            if slice < rows.unsigned_abs() {
                break;
            }
        }
        marked += keys::sweep(self, now, rows).await?;
        marked += lots::sweep(self, now, rows).await?;
        marked += points::sweep(self, now, rows).await?;
        marked += tiers::sweep(self, now, rows).await?;
        Ok(marked)
    }
}

/// What a transaction that refuses nothing gave.
fn done<T>(outcome: Result<T, TxError<Never>>) -> Result<T, db::Error> {
    match outcome {
        Ok(value) => Ok(value),
        Err(TxError::Failed(error)) => Err(error),
        Err(TxError::Refused(never)) => match never {},
    }
}
