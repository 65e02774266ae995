//! How does the feed learn of every change, in the order in which changes were committed?
//!
//! Each insert, update and removal of a synchronised record appends a row in its own transaction. The number
//! comes from the merchant's counter row: whoever takes it holds that row to the commit, so numbers appear in
//! order and a reader that has seen one has seen all before it (sync.md §3).

use db::{Tx, params};
use jiff::Timestamp;

db::statement! {
    /// Draws numbers for the changes of a transaction and holds the merchant's counter to its commit.
    DRAW_CHANGE_NUMBERS -> i64 = "INSERT INTO courier_change_counter (merchant, last_number, changed_at) VALUES ($1, $2, $3)
        ON CONFLICT (merchant) DO UPDATE SET last_number = courier_change_counter.last_number + excluded.last_number,
            changed_at = excluded.changed_at
        RETURNING last_number";
    /// Appends one change.
    ADD_CHANGE = "INSERT INTO courier_change (merchant, number, domain, place, record, removed, changed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
}

/// One changed record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change<'a> {
    /// The data domain as DataSync writes it, such as `bills`.
    pub domain: &'a str,
    /// The place it belongs to; `None` for a domain all places of the merchant share.
    pub place: Option<&'a str>,
    /// The record's id in that domain.
    pub record: &'a str,
    /// Whether it was removed.
    pub removed: bool,
}

/// Appends changes. Call it **last** in a writing transaction: the counter row it takes lets no other change
/// of the merchant commit before this transaction does.
pub fn append(
    tx: &mut Tx<'_>,
    merchant: &str,
    changes: &[Change<'_>],
    now: Timestamp,
) -> Result<(), db::Error> {
    if changes.is_empty() {
        return Ok(());
    }
    let count = i64::try_from(changes.len()).unwrap_or(i64::MAX);
    let Some(last) = tx.optional(&DRAW_CHANGE_NUMBERS, params![merchant, count, now])? else {
        return Ok(());
    };
    let mut number = last.saturating_sub(count);
    for change in changes {
        number += 1;
        let place = change.place.unwrap_or_default();
        let row = params![merchant, number, change.domain, place, change.record, change.removed, now];
        tx.execute(&ADD_CHANGE, row)?;
    }
    Ok(())
}
