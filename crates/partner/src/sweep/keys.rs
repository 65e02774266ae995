//! Which `Idempotency-Key`s are over, so that their answers are kept no longer?

use super::done;
use crate::Partner;
use crate::admin::remove_ended_keys;
use db::{Error, Never, TxError};
use jiff::Timestamp;

/// Removes the keys whose time is over, `rows` a slice; how many that were.
pub(super) async fn sweep(partner: &Partner, now: Timestamp, rows: i64) -> Result<u64, Error> {
    let mut removed = 0;
    loop {
        let slice = partner
            .db()
            .write("sweep_keys", move |tx| remove_ended_keys(tx, now, rows).map_err(TxError::<Never>::from));
        let slice = done(slice.await)?;
        removed += slice;
        if slice < rows.unsigned_abs() {
            return Ok(removed);
        }
    }
}
