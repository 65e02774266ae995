//! Do the books add up, row by row?
//!
//! Every invariant of the ledger over the whole database, in slices, each slice in one snapshot. A fault
//! names the rows: who finds one looks there (`stamgast verify`, loyalty.md acceptance property 3).

mod balances;
mod bills;
mod captured;
mod customers;
mod ends;
mod fault;
mod holes;
mod limits;
mod people;
mod slice;
mod usages;

pub use fault::Fault;

use db::{Db, Error, Never, Tx, TxError};
use slice::Slice;

/// Checks every invariant of the ledger.
///
/// # Errors
/// When the database cannot be read.
pub async fn verify(db: &Db) -> Result<Vec<Fault>, Error> {
    let mut faults = over(db, "verify_balances", balances::slice).await?;
    faults.extend(over(db, "verify_holes", holes::beside).await?);
    faults.extend(over(db, "verify_fills", holes::fills).await?);
    faults.extend(over(db, "verify_limits", limits::slice).await?);
    faults.extend(over(db, "verify_usages", usages::slice).await?);
    faults.extend(over(db, "verify_ends", ends::slice).await?);
    faults.extend(over(db, "verify_bills", bills::slice).await?);
    faults.extend(over(db, "verify_customers", customers::slice).await?);
    faults.extend(over(db, "verify_merged", people::merged).await?);
    faults.extend(over(db, "verify_came_balances", people::came_balances).await?);
    faults.extend(over(db, "verify_came_bills", people::came_bills).await?);
    faults.extend(over(db, "verify_came_codes", people::came_codes).await?);
    faults.extend(over(db, "verify_erasures", people::erasures).await?);
    faults.extend(over(db, "verify_left", people::left).await?);
    Ok(faults)
}

/// Runs slices until the last one.
async fn over<K: Clone + Default + Send + 'static>(
    db: &Db,
    name: &'static str,
    slice: fn(&mut Tx<'_>, &K) -> Result<Slice<K>, Error>,
) -> Result<Vec<Fault>, Error> {
    let (mut faults, mut after) = (Vec::new(), K::default());
    loop {
        let from = after.clone();
        let found = db.read(name, move |tx| slice(tx, &from).map_err(TxError::<Never>::from)).await?;
        faults.extend(found.faults);
        match found.next {
            Some(next) => after = next,
            None => return Ok(faults),
        }
    }
}
