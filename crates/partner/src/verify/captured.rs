//! Did a report of its check capture each hold that says so?

use super::slice::{Key, Keys, Numbered};
use db::{Error, Joined, Query, Tx};
use std::collections::BTreeSet;

db::row! {
    /// A check: place, register, id.
    #[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub(super) struct Check {
        place: String,
        device_number: i64,
        check_id: String,
    }
}

db::row! {
    /// A captured hold with its check.
    pub(super) struct Captured {
        hold: Numbered as Joined,
        check: Check as Joined,
    }
}

db::row! {
    /// A check of which a report used something.
    #[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub(super) struct UsedBy {
        of: Key as Joined,
        check: Check as Joined,
    }
}

/// The captured holds of a slice, by what they kept and their number, of whose check no report used it. Not joined in
/// the database, because without statistics PostgreSQL would look for the checks of each hold anew.
pub(super) fn unreported<R: 'static>(
    tx: &mut Tx<'_>,
    keys: &Keys<R>,
    captured: &'static Query<Captured>,
    used_by: &'static Query<UsedBy>,
) -> Result<Vec<Numbered>, Error> {
    let reported: BTreeSet<UsedBy> = keys.find(tx, used_by)?.into_iter().collect();
    let mut missing = Vec::new();
    for Captured { hold, check } in keys.find(tx, captured)? {
        let use_of_it = UsedBy { of: hold.of, check };
        if !reported.contains(&use_of_it) {
            missing.push(Numbered { of: use_of_it.of, number: hold.number });
        }
    }
    Ok(missing)
}
