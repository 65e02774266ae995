//! Which `Idempotency-Key`s are over, so that their answers are kept no longer?

use super::done;
use crate::Partner;
use db::{Error, Never, TxError, params};
use jiff::Timestamp;

db::statement! {
    /// Removes one slice of the keys whose time is over.
    REMOVE_ENDED_KEYS = "DELETE FROM partner_idempotency WHERE (merchant, operation, idempotency_key) IN (
            SELECT merchant, operation, idempotency_key FROM partner_idempotency WHERE kept_until <= $1 LIMIT $2)";
}

/// Removes the keys whose time is over, `rows` a slice; how many that were.
pub(super) async fn sweep(partner: &Partner, now: Timestamp, rows: i64) -> Result<u64, Error> {
    let mut removed = 0;
    loop {
        let slice = partner.db().write("sweep_keys", move |tx| {
            Ok::<_, TxError<Never>>(tx.execute(&REMOVE_ENDED_KEYS, params![now, rows])?)
        });
        let slice = done(slice.await)?;
        removed += slice;
        if slice < rows.unsigned_abs() {
            return Ok(removed);
        }
    }
}
