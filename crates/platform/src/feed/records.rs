//! What does the change feed send of a domain?

use courier::{ChangedRecord, FeedSource};
use db::{Asks, Param, Tx, json};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use wire::datasync::{Domain, Reach, Tombstone};

/// Whose records are read: those of the merchant, as `place` subscribed to them, or those of the place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Owner<'a> {
    pub(crate) merchant: &'a str,
    pub(crate) place: &'a str,
}

/// One domain of DataSync: its records as they are now. Version, time, tombstones and the member of the id are written
/// once, by [`Feed`].
pub(crate) trait Synchronized: Send + Sync + 'static {
    /// Which domain; its name, id member and reach stand in `wire`.
    const DOMAIN: Domain;
    /// A record without `_version` and `_lastModifiedAt`.
    type Record: Serialize;

    /// The records of these ids, by id; [`many`] reads them with a few statements however many there are.
    fn load(
        tx: &mut Tx<'_>,
        owner: Owner<'_>,
        ids: &[&str],
    ) -> Result<BTreeMap<String, Self::Record>, db::Error>;

    /// As [`Synchronized::load`], for records that time changes too: as they were when the newest of their changes was
    /// written. Each such instant is a change of its own, so the newest state is sent in the end.
    fn load_at(
        tx: &mut Tx<'_>,
        owner: Owner<'_>,
        ids: &[&str],
        _changed_at: Timestamp,
    ) -> Result<BTreeMap<String, Self::Record>, db::Error> {
        Self::load(tx, owner, ids)
    }
}

/// Ids of one [`many`] statement.
const IDS: usize = 32;

/// Runs a SELECT whose parameters are those of `key` and then 32 ids, once per 32 of `ids`, and gives `read` each row.
/// Ids that are too few for a statement are filled up with the last one.
pub(crate) fn many<Q: Asks>(
    tx: &mut Tx<'_>,
    statement: &'static Q,
    key: &[Param<'_>],
    ids: &[&str],
    mut read: impl FnMut(Q::Row),
) -> Result<(), db::Error> {
    for some in ids.chunks(IDS) {
        let Some(last) = some.last() else { continue };
        let mut row: Vec<Param<'_>> = key.to_vec();
        row.extend(some.iter().chain(std::iter::repeat(last)).take(IDS).map(|id| Param::from(*id)));
        for row in tx.query(statement, &row)? {
            read(row);
        }
    }
    Ok(())
}

/// The feed's source of one domain.
#[derive(Debug)]
pub(crate) struct Feed<S>(PhantomData<S>);

impl<S> Feed<S> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

/// A record as it is sent: the number of its newest change is its version, whatever the change was.
#[derive(Serialize)]
struct Sent<R> {
    #[serde(flatten)]
    record: R,
    #[serde(rename = "_version")]
    version: i64,
    #[serde(rename = "_lastModifiedAt")]
    last_modified_at: String,
}

impl<S: Synchronized> FeedSource for Feed<S> {
    fn domains(&self) -> &'static [courier::Domain] {
        const {
            let shared = matches!(S::DOMAIN.reach(), Reach::Merchant);
            &[courier::Domain { name: S::DOMAIN.name(), shared }]
        }
    }

    fn records(
        &self,
        tx: &mut Tx<'_>,
        merchant: &str,
        place: &str,
        _domain: &str,
        changes: &[ChangedRecord],
    ) -> Result<Vec<String>, db::Error> {
        let ids: Vec<&str> =
            changes.iter().filter(|change| !change.removed).map(|change| change.record.as_str()).collect();
        let changed_at = changes.iter().map(|change| change.changed_at).max().unwrap_or(Timestamp::MIN);
        let mut found = S::load_at(tx, Owner { merchant, place }, &ids, changed_at)?;
        changes.iter().map(|change| sent(S::DOMAIN, change, found.remove(&change.record))).collect()
    }
}

/// The text of one changed record. One that is missing although nobody removed it is a fault of ours: a tombstone
/// would make the receiver delete what it has.
fn sent<R: Serialize>(
    domain: Domain,
    change: &ChangedRecord,
    record: Option<R>,
) -> Result<String, db::Error> {
    if change.removed {
        return json(
            domain.name(),
            &Tombstone {
                domain,
                id: &change.record,
                version: change.number,
                last_modified_at: change.changed_at,
            },
        );
    }
    let Some(record) = record else {
        let message = format!("change {} names a record that is not there, and no removal", change.number);
        return Err(db::Error::Parameter { statement: domain.name(), message });
    };
    let last_modified_at = wire::time::utc_millis(change.changed_at);
    json(domain.name(), &Sent { record, version: change.number, last_modified_at })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json as object};

    fn change(removed: bool) -> ChangedRecord {
        let changed_at = "2026-03-01T10:00:00.25Z".parse().unwrap();
        ChangedRecord { record: "12".to_owned(), number: 7, removed, changed_at }
    }

    #[test]
    fn records_and_tombstones_carry_the_number_of_their_change() {
        let of = |removed, record: Option<Value>| {
            let text = sent(Domain::Desks, &change(removed), record).unwrap();
            serde_json::from_str::<Value>(&text).unwrap()
        };
        let at = "2026-03-01T10:00:00.250Z";
        assert_eq!(
            of(false, Some(object!({"deskId": "12", "name": "Okno"}))),
            object!({"deskId": "12", "name": "Okno", "_version": 7, "_lastModifiedAt": at})
        );
        let removed = object!({"deskId": "12", "_removed": true, "_version": 7, "_lastModifiedAt": at});
        assert_eq!(of(true, None), removed);
        assert_eq!(of(true, Some(object!({"deskId": "12"}))), removed);
    }

    #[test]
    fn a_record_that_is_missing_is_no_removed_one() {
        let error = sent::<Value>(Domain::Bills, &change(false), None).unwrap_err();
        assert!(error.to_string().contains("not there"), "{error}");
    }
}
