//! Did a report of its check capture each hold that says so?

use super::slice::{Key, Keys, key};
use db::{Error, Row, Statement, Tx};
use std::collections::BTreeSet;

/// Place, register, id.
type Check = (String, i64, String);

fn check(row: &Row, first: usize) -> Result<Check, Error> {
    Ok((row.get(first)?, row.get(first + 1)?, row.get(first + 2)?))
}

/// The captured holds of a slice, by what they kept and their number, of whose check no report used it. `captured`
/// gives key, number and check, `used_by` key and check; not joined in the database, because without statistics
/// PostgreSQL would look for the checks of each hold anew.
pub(super) fn unreported(
    tx: &mut Tx<'_>,
    keys: &Keys,
    captured: &'static Statement,
    used_by: &'static Statement,
) -> Result<Vec<(Key, i64)>, Error> {
    let mut reported: BTreeSet<(Key, Check)> = BTreeSet::new();
    for row in keys.find(tx, used_by)? {
        reported.insert((key(&row)?, check(&row, 2)?));
    }
    let mut missing = Vec::new();
    for row in keys.find(tx, captured)? {
        let (of, number) = (key(&row)?, row.get(2)?);
        if !reported.contains(&(of.clone(), check(&row, 3)?)) {
            missing.push((of, number));
        }
    }
    Ok(missing)
}
