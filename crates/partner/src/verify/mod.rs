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

/// What a verification read, and what it found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verified {
    /// The rows at fault; none when the ledger is in order.
    pub faults: Vec<Fault>,
    /// How many checks walked over the database.
    pub checks: usize,
    /// What was read, by the noun in the plural, in the order of the checks.
    pub read: Vec<(&'static str, u64)>,
}

/// Where a verification stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// How many checks are done.
    pub done: usize,
    /// How many there are.
    pub checks: usize,
    /// What the running one walks over.
    pub over: &'static str,
    /// How many of those it has seen.
    pub rows: u64,
}

/// Checks every invariant of the ledger.
///
/// # Errors
/// When the database cannot be read.
pub async fn verify(db: &Db) -> Result<Vec<Fault>, Error> {
    Ok(verify_telling(db, |_| {}).await?.faults)
}

/// As [`verify()`]; tells after each slice where it stands, and in the end what was read.
///
/// # Errors
/// As [`verify()`].
pub async fn verify_telling(db: &Db, told: impl Fn(Standing) + Send + Sync) -> Result<Verified, Error> {
    let mut walk = Walk { db, told, checks: CHECKS, found: Verified::default() };
    walk.over("verify_balances", "balances", true, balances::slice).await?;
    walk.over("verify_holes", "balances", false, holes::beside).await?;
    walk.over("verify_fills", "balances", false, holes::fills).await?;
    walk.over("verify_limits", "limits", true, limits::slice).await?;
    walk.over("verify_usages", "usage reports", true, usages::slice).await?;
    walk.over("verify_ends", "balances", false, ends::slice).await?;
    walk.over("verify_bills", "bills", true, bills::slice).await?;
    walk.over("verify_customers", "customers", true, customers::slice).await?;
    walk.over("verify_merged", "customers", false, people::merged).await?;
    walk.over("verify_came_balances", "balances", false, people::came_balances).await?;
    walk.over("verify_came_bills", "bills", false, people::came_bills).await?;
    walk.over("verify_came_codes", "codes", true, people::came_codes).await?;
    walk.over("verify_erasures", "erasures", true, people::erasures).await?;
    walk.over("verify_left", "balances", false, people::left).await?;
    Ok(walk.found)
}

/// How many checks there are.
const CHECKS: usize = 14;

/// A verification under way.
struct Walk<'d, F> {
    db: &'d Db,
    told: F,
    checks: usize,
    found: Verified,
}

impl<F: Fn(Standing) + Send + Sync> Walk<'_, F> {
    /// Runs the slices of one check until the last one. `first`: no check before has counted these rows.
    async fn over<K: Clone + Default + Send + 'static>(
        &mut self,
        name: &'static str,
        over: &'static str,
        first: bool,
        slice: fn(&mut Tx<'_>, &K) -> Result<Slice<K>, Error>,
    ) -> Result<(), Error> {
        let (mut after, mut rows) = (K::default(), 0);
        let mut beside: Vec<(&'static str, u64)> = Vec::new();
        loop {
            let from = after.clone();
            let found =
                self.db.read(name, move |tx| slice(tx, &from).map_err(TxError::<Never>::from)).await?;
            self.found.faults.extend(found.faults);
            rows += u64::try_from(found.rows).unwrap_or(0);
            for (noun, count) in found.beside {
                let count = u64::try_from(count).unwrap_or(0);
                match beside.iter_mut().find(|(known, _)| *known == noun) {
                    Some((_, sum)) => *sum += count,
                    None => beside.push((noun, count)),
                }
            }
            (self.told)(Standing { done: self.found.checks, checks: self.checks, over, rows });
            match found.next {
                Some(next) => after = next,
                None => break,
            }
        }
        self.found.checks += 1;
        if first {
            self.found.read.push((over, rows));
            self.found.read.extend(beside);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[tokio::test]
    async fn the_number_of_checks_that_is_told_is_the_number_that_ran() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("a.sqlite").display());
        let db = Db::open(db::Options::new(&url)).await.unwrap();
        db.migrate(&[crate::MIGRATIONS]).await.unwrap();
        let told = Mutex::new(Vec::new());
        let verified = verify_telling(&db, |standing| told.lock().unwrap().push(standing)).await.unwrap();
        let told = told.into_inner().unwrap();
        assert_eq!((verified.checks, told.len()), (CHECKS, CHECKS), "an empty ledger has a slice a check");
        assert!(told.iter().enumerate().all(|(at, one)| one.done == at && one.checks == CHECKS), "{told:?}");
        assert!(
            verified.faults.is_empty() && verified.read.iter().all(|(_, rows)| *rows == 0),
            "{verified:?}"
        );
    }
}
