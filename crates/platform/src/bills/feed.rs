//! What does the change feed send of bills? (protocol.md §11, sync.md §3)

use super::{shape, store};
use crate::access::SourceId;
use crate::column::json;
use crate::place::place_settings;
use courier::{ChangedRecord, Domain, FeedSource};
use db::Tx;
use serde_json::json as object;

/// The data domain of bills, as DataSync writes it.
pub(crate) const BILLS: &str = "bills";

/// The domain `bills`: a bill with its items, its merchant and place, and the version that only grows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BillsFeed;

impl FeedSource for BillsFeed {
    fn domains(&self) -> &'static [Domain] {
        const { &[Domain { name: BILLS, shared: false }] }
    }

    fn records(
        &self,
        tx: &mut Tx<'_>,
        merchant: &str,
        place: &str,
        _domain: &str,
        changes: &[ChangedRecord],
    ) -> Result<Vec<String>, db::Error> {
        let source = SourceId { merchant: merchant.to_owned(), place: place.to_owned() };
        let settings = place_settings(tx, merchant, place)?;
        let mut records = Vec::with_capacity(changes.len());
        for change in changes {
            let bill = match &settings {
                Some(_) if !change.removed => store::detail(tx, merchant, place, &change.record)?,
                _ => None,
            };
            let record = match (&settings, bill) {
                (Some(settings), Some(bill)) => {
                    json(BILLS, &shape::synchronized(&bill, &source, &settings.zone))?
                }
                _ => object!({
                    "billId": change.record,
                    "_removed": true,
                    "_version": change.number,
                    "_lastModifiedAt": wire::time::utc_millis(change.changed_at),
                })
                .to_string(),
            };
            records.push(record);
        }
        Ok(records)
    }
}
