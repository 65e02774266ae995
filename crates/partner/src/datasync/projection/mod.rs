//! Of which domains is more kept than the record itself?
//!
//! A projection reads the records of its domain into what other parts of the partner look at. A record that it cannot
//! read is kept aside; one that it could is applied in the transaction that keeps it. A domain without one is kept as
//! it came.

mod bills;
mod told;

use crate::Partner;
use db::{Error, Tx};
use jiff::Timestamp;
use serde_json::Value;
use wire::bills::Bill;
use wire::datasync::Domain;

/// A record that a projection looks at.
pub(super) struct Kept<'a, R> {
    pub(super) record_id: &'a str,
    pub(super) place: Option<&'a str>,
    pub(super) removed: bool,
    pub(super) last_modified_at: Option<Timestamp>,
    /// `None`: a removed record that says no more than its id.
    pub(super) record: Option<&'a R>,
}

/// Whose records are applied, and when they came.
pub(super) struct Of<'a> {
    pub(super) partner: &'a Partner,
    pub(super) merchant: &'a str,
    pub(super) now: Timestamp,
}

/// What is made of the records of one domain.
trait Projection {
    const DOMAIN: Domain;
    /// A record as this projection needs it.
    type Record;

    /// Reads a record; the error says which member is at fault.
    fn read(value: &Value) -> Result<Self::Record, String>;

    /// Applies records that are new or changed, in the order of their ids.
    fn apply(tx: &mut Tx<'_>, of: &Of<'_>, records: &[Kept<'_, Self::Record>]) -> Result<(), Error>;
}

/// A record as the projection of its domain reads it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Projected {
    /// A bill, or a bill that was removed and says no more.
    Bill(Option<Box<Bill>>),
}

/// Reads a record for the projection of its domain; `None` for a domain that has none. A removed record need not be
/// whole.
pub(super) fn read(domain: Domain, value: &Value, removed: bool) -> Result<Option<Projected>, String> {
    if domain != bills::Bills::DOMAIN {
        return Ok(None);
    }
    let record = bills::Bills::read(value);
    let record = if removed { record.ok() } else { Some(record?) };
    Ok(Some(Projected::Bill(record.map(Box::new))))
}

/// Applies what has been kept of one domain's records.
pub(super) fn apply(tx: &mut Tx<'_>, of: &Of<'_>, kept: &[Kept<'_, Projected>]) -> Result<(), Error> {
    let bills: Vec<_> = kept
        .iter()
        .filter_map(|one| {
            let Projected::Bill(record) = one.record?;
            Some(Kept {
                record_id: one.record_id,
                place: one.place,
                removed: one.removed,
                last_modified_at: one.last_modified_at,
                record: record.as_deref(),
            })
        })
        .collect();
    if bills.is_empty() { Ok(()) } else { bills::Bills::apply(tx, of, &bills) }
}
