//! Whose points have become usable?
//!
//! Points may wait (the refund window, loyalty.md §9 P8). The customers feed shows those that can be used, so when a wait
//! ends the customer is counted anew, which moves its `last_updated`.

use super::done;
use crate::Partner;
use crate::loyalty::merge;
use crate::loyalty::people::customer::Changed;
use db::{Error, Never, TxError, params};
use jiff::Timestamp;

db::statement! {
    /// Customers some of whose points became usable, the earliest first.
    DUE_POINTS -> DuePoints = "SELECT merchant, member_id FROM partner_customer
        WHERE points_due_at <= $1 ORDER BY points_due_at LIMIT $2";
}

db::row! {
    /// A customer who has more points than are shown.
    struct DuePoints {
        merchant: String,
        member_id: String,
    }
}

/// Counts every customer anew whose points became usable by `now`, `rows` a slice; how many they were.
pub(super) async fn sweep(partner: &Partner, now: Timestamp, rows: i64) -> Result<u64, Error> {
    let mut counted = 0;
    loop {
        let due = partner.db().read("due_points", move |tx| {
            Ok::<_, TxError<Never>>(tx.query(&DUE_POINTS, params![now, rows])?)
        });
        let due = done(due.await)?;
        let full = i64::try_from(due.len()).unwrap_or(i64::MAX) >= rows;
        for DuePoints { merchant, member_id } in due {
            let one = partner.db().write("sweep_points", move |tx| {
                merge::recompute(tx, &merchant, &member_id, Changed::Points, now)
                    .map_err(TxError::<Never>::from)
            });
            done(one.await)?;
            counted += 1;
        }
        if !full {
            return Ok(counted);
        }
    }
}
